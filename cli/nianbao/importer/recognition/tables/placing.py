"""Open rows in their places: one solution is taken, several are told, and none leaves the cells undecided."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nianbao.importer.recognition.printed_values import Number
from nianbao.importer.recognition.tables.ambiguous_rows import Solved
from nianbao.importer.recognition.tables.cells import Evidence, RecognizedCell, RecognizedRow
from nianbao.importer.recognition.tables.identities import Choice, Equation, Solution
from nianbao.importer.recognition.tables.open_rows import OpenRow

_MAX_OPTIONS = 24  # figures of a cell that are told


def place_rows(open_rows: Sequence[OpenRow], solved: Sequence[Solved]) -> Iterator[RecognizedRow]:
    """Give a row for each place that an open row may have."""
    for one in solved:
        rows = [open_rows[number] for number in one.rows]
        keys = sorted({(row.form_rows.table.id, place) for row in rows for place in row.places})
        for table, place in keys:
            able = [n for n, row in enumerate(rows) if row.form_rows.table.id == table and place in row.places]
            first = rows[able[0]].places[place]
            if not one.solutions:
                yield _leave_undecided(first, "order" if one.solutions is None else "no-order")
                continue
            taken = [_find_choice(solution, able, place) for solution in one.solutions]
            figures = {found[1].figures if found else None for found in taken}
            if figures == {None}:
                continue
            if len(figures) == 1 and taken[0]:
                number = taken[0][0]
                evidence: Evidence = "order" if _is_by_order(one.solutions[0], number, one.equations) else "sums"
                yield replace(rows[number].places[place], evidence=evidence)
            else:
                options = [found[1].figures if found else (0,) * len(first.cells) for found in taken]
                yield _leave_undecided(first, "order", options)


def _find_choice(solution: Solution, able: Sequence[int], place: int) -> tuple[int, Choice] | None:
    """Return which of the rows that are able to has a place in a solution."""
    return next(((number, solution[number]) for number in able if solution[number].place == place), None)


def _leave_undecided(row: RecognizedRow, reason: str, figures: Sequence[Sequence[Number]] = ()) -> RecognizedRow:
    """Return a row with undecided cells, which may have the figures of any of the rows given."""
    cells = []
    for column, cell in enumerate(row.cells):
        options = tuple(sorted({one[column] for one in figures}))[:_MAX_OPTIONS]
        cells.append(RecognizedCell(cell.slot, "undecided", reason=reason, options=options))
    return replace(row, cells=tuple(cells), evidence="order")


def _is_by_order(solution: Solution, number: int, equations: Sequence[Equation]) -> bool:
    """Tell whether the figures of a row could be exchanged with those of another open row, and all identities hold."""
    own = solution[number]
    for other, choice in enumerate(solution):
        if other == number or choice.figures == own.figures or len(choice.figures) != len(own.figures):
            continue
        exchanged = list(solution)
        exchanged[number] = own._replace(figures=choice.figures)
        exchanged[other] = choice._replace(figures=own.figures)
        if all(equation.is_satisfied(exchanged) for equation in equations):
            return True
    return False
