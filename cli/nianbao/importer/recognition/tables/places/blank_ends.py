"""Rows of a text that end with blank cells, read as they stand where the sums leave their figures no other place.

Programs fill up rows with blank cells. A row with fewer figures than columns may have a blank cell at its end, or may
have lost one before it. Where its last figure is less than those before it, it is not their total: then all stand as
they are printed. This trusts the totals of a report, and so counts only where those of its other rows hold.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from nianbao.importer.recognition.printed_values import Number
from nianbao.importer.recognition.tables.ambiguous_rows import AmbiguousRow, Candidate, list_candidates
from nianbao.importer.recognition.tables.cells import RecognizedRow
from nianbao.importer.recognition.tables.identities import evaluate, make_row_equations
from nianbao.model.relations import Check
from nianbao.model.tables.slots import Slot

_MIN_ROWS = 3  # with a total that is right and not 0


def find_rows_in_place(
    rows: Mapping[int, AmbiguousRow], others: Iterable[RecognizedRow], checks: Sequence[Check]
) -> Iterator[int]:
    """Give the numbers of the rows whose figures stand as printed, judged by the totals of the `others`."""
    short = {number: row for number, row in rows.items() if row.ends_blank}
    if short and _has_right_totals(others, checks):
        yield from (number for number, row in short.items() if _is_in_place(row, checks))


def _has_right_totals(rows: Iterable[RecognizedRow], checks: Sequence[Check]) -> bool:
    """Tell whether the identities within rows that were read hold, those with blank cells for some figures in these."""
    right = 0
    for row in rows:
        slots = [cell.slot for cell in row.cells]
        figures = tuple(cell.value for cell in row.cells)
        for equation in make_row_equations(checks, slots):
            if not _may_hold(equation, figures, slots):
                return False
            right += not evaluate(equation, _fill(figures)) and any(figures[column] for column in equation)
    return right >= _MIN_ROWS


def _is_in_place(row: AmbiguousRow, checks: Sequence[Check]) -> bool:
    """Tell whether the identities within a row leave its figures only the first columns, one in each."""
    equations = make_row_equations(checks, row.slots)
    possible = [
        candidate
        for candidate in list_candidates(row) or ()
        if all(_may_hold(equation, candidate, row.slots) for equation in equations)
    ]
    return len(possible) == 1 and not any(figure is not None for figure in possible[0][len(row.texts) :])


def _may_hold(equation: Mapping[int, int], figures: Candidate, slots: Sequence[Slot]) -> bool:
    """Tell whether an identity holds with some figures in the cells that have none."""
    difference = evaluate(equation, _fill(figures))
    return not difference or any(
        figures[column] is None and (factor * difference < 0 or slots[column].value_type.name == "change")
        for column, factor in equation.items()
    )


def _fill(figures: Candidate) -> tuple[Number, ...]:
    return tuple(figure or 0 for figure in figures)
