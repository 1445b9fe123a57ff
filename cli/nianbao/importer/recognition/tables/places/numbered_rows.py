"""Rows whose first figure may be their number: where a figure was lost, too, there is one for each column again.

A number is told from a figure by its place where the row has headers over its cells. Where only the order of the
cells is known, the first figures of the rows of a table that count 1, 2, 3 are their numbers if they count far, or if
the report numbers rows elsewhere. Else the sums decide, and where they do not, nobody knows.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct
from msgspec.structs import replace

from nianbao.importer.recognition.printed_values import Number, read_value
from nianbao.importer.recognition.published import PublishedCell
from nianbao.importer.recognition.tables.ambiguous_rows import is_consistent
from nianbao.importer.recognition.tables.cells import RecognizedRow
from nianbao.importer.recognition.tables.columns import find_figures
from nianbao.importer.recognition.tables.identities import make_row_equations
from nianbao.importer.recognition.tables.places.open_rows import MatchedRow
from nianbao.importer.recognition.tables.row_numbers import MIN_NUMBERS, NumberedRows
from nianbao.model.tables.slots import Slot

_MAX_DIGITS = 4  # of the number of a row
_MIN_UNSURE = 2  # rows of a report that count, by which a figure may be a number where no sum says anything


class _Counted(Struct):
    """A row that begins with the number that follows on the row before, and its figures from this number on."""

    row: MatchedRow
    figures: list[PublishedCell]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """What the form has for its figures; nothing for a row that is not known."""
        one = self.row
        return one.layout.slots[one.index] if one.layout and one.index is not None else ()

    @property
    def is_in_order(self) -> bool:
        """Whether nothing but the order of its cells says which column each belongs to."""
        return self.row.row.from_text or self.row.row.lacks_cell

    def is_numbered(self, numbered: NumberedRows) -> bool:
        """Tell whether rows elsewhere in the report have numbers in the place where this one would have its own."""
        has_label = bool(self.row.layout and self.row.layout.rows)
        return bool({0} & numbered.last_numbers if has_label else numbered.last_numbers)

    def read(self, start: int) -> list[Number] | None:
        """Return its figures from one on, of which there is one for each column; else None."""
        texts = [cell.text for cell in self.figures[start:]]
        if len(texts) != len(self.slots):
            return None
        reading = self.row.row.reading
        return [read_value(text, slot, reading).value or 0 for text, slot in zip(texts, self.slots, strict=True)]

    def holds(self, start: int) -> bool | None:
        """Tell whether the identities within the row hold with its figures from one on; None where there are none."""
        figures = self.read(start)
        checks = self.row.layout.form.checks if self.row.layout else ()
        if figures is None or not make_row_equations(checks, self.slots):
            return None
        return any(figures[1:]) and is_consistent(self.slots, figures, checks)


def leave_out_leading_numbers(rows: Sequence[MatchedRow], numbered: NumberedRows) -> list[MatchedRow]:
    """Leave out the numbers before the figures of rows, and mark the rows of which it is not certain.

    `numbered` says where numbers of rows were left out before: such a table has no others.
    """
    tables: dict[str, list[MatchedRow]] = {}
    for one in rows:
        if one.layout and one.row.block not in numbered.tables:
            tables.setdefault(one.layout.table.id, []).append(one)
    counted: list[list[_Counted]] = []
    for own in tables.values():
        counted.append(_find_counted(own, {0, sum(map(len, counted)), *numbered.last_numbers}))
    found = [one for own in counted for one in own if one.is_in_order]
    surplus = any(one.holds(1) for one in found)
    is_numbered = surplus or any(len(own) >= MIN_NUMBERS for own in counted)
    sure = [one for one in found if is_numbered or one.is_numbered(numbered)]
    changed = {id(one.row): _leave_out_number(one) for one in sure}
    rest = [one for one in found if id(one.row) not in changed]
    if not any(one.holds(0) for one in rest):
        unsure = [one for one in rest if one.holds(0) is False or len(found) >= _MIN_UNSURE]
        changed |= {id(one.row): replace(one.row, may_begin_with_number=True) for one in unsure}
    return [changed.get(id(one), one) for one in rows]


def _find_counted(rows: Sequence[MatchedRow], last: AbstractSet[int]) -> list[_Counted]:
    """Return the rows of a table that count on from one of the `last` numbers, if all that have a place in it do."""
    found: list[_Counted] = []
    expected = {number + 1 for number in last}
    for one in rows:
        figures = find_figures(one.row, one.alignment)
        while figures and not figures[0].text.strip():
            figures = figures[1:]
        text = figures[0].text.strip() if figures else ""
        if text.isdecimal() and len(text) <= _MAX_DIGITS and int(text) in expected:
            found.append(_Counted(one, figures))
            expected = {int(text) + 1}
        elif one.index is None:
            expected |= {number + 1 for number in expected}
        else:
            return []
    return found


def _leave_out_number(one: _Counted) -> MatchedRow:
    """Leave out the number of a row, which lacks a cell where there is none for each column then."""
    cells = tuple(cell for cell in one.row.row.cells if cell is not one.figures[0])
    lacks_cell = one.row.row.lacks_cell or len(one.figures) - 1 < len(one.slots)
    return replace(one.row, row=replace(one.row.row, cells=cells, lacks_cell=lacks_cell))


def doubt_columns(row: RecognizedRow, one: MatchedRow) -> RecognizedRow:
    """Return a row of which nobody knows which column each figure belongs to."""
    printed = " ".join(cell.text for cell in find_figures(one.row, one.alignment) if cell.text.strip())
    cells = (
        replace(cell, state="undecided", value=None, number=None, printed=printed, reason="column", options=())
        for cell in row.cells
    )
    return replace(row, cells=tuple(cells))
