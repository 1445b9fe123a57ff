"""Last rows of published lists that are the totals of the others: no list of a form has such an entry."""

from collections.abc import Sequence

from nianbao.importer.recognition.tables.cells import RecognizedCell, RecognizedRow

_MIN_ENTRIES = 2  # above a total


def is_total(last: RecognizedRow, entries: Sequence[RecognizedRow]) -> bool:
    """Tell whether the last row of a list is the total of the entries above it.

    Then all its figures are their sums, not all of them 0, and it has one text at most, where each entry has more.
    """
    if len(entries) < _MIN_ENTRIES:
        return False
    columns = {cell.slot.column: [_find_cell(row, cell.slot.column) for row in entries] for cell in last.cells}
    figures = [cell for cell in last.cells if cell.slot.value_type.adds_up and cell.state != "blank"]
    texts = [cell for cell in last.cells if not cell.slot.value_type.adds_up]
    if not any(cell.value for cell in figures) or len({cell.printed for cell in texts if cell.state != "blank"}) > 1:
        return False
    is_bare = any(
        cell.state != "read" and all(one and one.state == "read" for one in columns[cell.slot.column]) for cell in texts
    )
    return is_bare and all(cell.value == _add_up(columns[cell.slot.column]) for cell in figures)


def _find_cell(row: RecognizedRow, column: str) -> RecognizedCell | None:
    return next((cell for cell in row.cells if cell.slot.column == column), None)


def _add_up(cells: Sequence[RecognizedCell | None]) -> object:
    """Return the sum of cells, of which blank ones add nothing; None where one could not be read."""
    if any(cell and cell.state == "undecided" for cell in cells):
        return None
    return sum(cell.value for cell in cells if cell and cell.value is not None)
