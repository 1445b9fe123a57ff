"""Changes that may be the cause of broken equations: of one figure, or of rows in one of the ways they go wrong."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Literal, cast

from msgspec import Struct

from nianbao.checks.causes.evidence import Deltas, Equation, Known, Outcome
from nianbao.checks.causes.rows import Row
from nianbao.model.report import Number, Report

Way = Literal["figure", "row-left-out", "row-of-last-year", "rows-swapped", "row-shifted", "figures-swapped"]


_SOLVED = ("row-left-out", "row-of-last-year")  # every figure of the row is what an equation needs


class Hypothesis(Struct, frozen=True):
    """A change: the value of each figure that it sets, and in which way they went wrong, at which rows or figures."""

    way: Way
    values: Mapping[str, Number]
    places: tuple[str, ...]
    outcome: Outcome
    least: int = 1  # how many equations it must mend to be certain
    is_only: bool = True  # whether no other figure would do, not even with a value that it may not have

    @property
    def address(self) -> str:
        """The address of the figure or of the first row that it changes."""
        return self.places[0]


def propose_figures(known: Known, broken: Sequence[Equation]) -> Iterator[Hypothesis]:
    """Propose each change of one figure that mends all of some broken equations, and breaks no internal one."""
    first = min(broken, key=lambda one: len(one.factors))
    found: list[tuple[str, Number, Outcome]] = []
    for cell, delta in _list_moves(first):
        if all(cell in one.factors for one in broken):
            outcome = known.judge({cell: delta})
            if outcome.keeps_sums and outcome.mended.issuperset(broken):
                found.append((cell, known.report.figures[cell] + delta, outcome))
    confirmed = [cell for cell, _value, outcome in found if outcome.is_confirmed]
    is_only = sum(outcome.keeps_last_year for _cell, _value, outcome in found) == 1
    for cell, value, outcome in found:
        if known.is_possible(cell, value):
            row = known.rows.by_cell[cell]
            is_absent = known.rows.is_left_out(row)
            way, place = ("row-left-out", row.address) if is_absent else ("figure", cell)
            yield Hypothesis(cast("Way", way), {cell: value}, (place,), outcome, is_only=is_only or confirmed == [cell])


def list_moves(known: Known, equation: Equation) -> Iterator[tuple[str, Number]]:
    """List each figure of a broken equation with what may be added to it so that the equation holds."""
    for cell, delta in _list_moves(equation):
        if known.is_possible(cell, known.report.figures[cell] + delta):
            yield cell, delta


def _list_moves(equation: Equation) -> Iterator[tuple[str, Number]]:
    """List each figure of a broken equation with what must be added to it, whether it may have that value or not."""
    for cell, factor in equation.factors.items():
        yield cell, divide(-equation.gap, factor)


def divide(gap: Number, factor: int) -> Number:
    """Divide a gap by a factor; a whole number stays one."""
    result = Decimal(gap) / factor
    return int(result) if result == int(result) else result


def propose_rows(known: Known, broken: Sequence[Equation]) -> Iterator[Hypothesis]:
    """Propose each change of rows that mends some broken equations, all that it touches, and breaks no internal one."""
    cells = {cell for one in broken for cell in one.factors}
    seen: set[frozenset[tuple[str, Number]]] = set()
    for way, places, values, least in _list_changes(known, cells):
        figures = known.report.figures
        deltas = {cell: value - figures[cell] for cell, value in values.items() if value != figures[cell]}
        key = frozenset(deltas.items())
        if not deltas or key in seen or not any(one.would_hold(deltas) for one in broken):  # most of them mend nothing
            continue
        if not all(known.is_possible(cell, values[cell]) for cell in deltas):
            continue
        outcome = known.judge(deltas)
        mends_enough = len(outcome.mended.intersection(broken)) >= least
        if mends_enough and outcome.keeps_sums and _mends_all(outcome, broken, deltas):
            seen.add(key)
            solved = len(deltas) if way in _SOLVED else least
            yield Hypothesis(way, {cell: values[cell] for cell in deltas}, places, outcome, solved + 1)


def _mends_all(outcome: Outcome, broken: Sequence[Equation], deltas: Deltas) -> bool:
    """Return whether every broken equation whose sides a change moves is mended by it."""
    return all(
        one in outcome.mended or not sum(one.factors.get(cell, 0) * delta for cell, delta in deltas.items())
        for one in broken
    )


# In which way, at which rows or figures, the new values, and how many equations it must mend to be worth telling.
Change = tuple[Way, tuple[str, ...], dict[str, Number], int]


def _list_changes(known: Known, cells: set[str]) -> Iterator[Change]:
    """List the changes of rows that have one of some figures."""
    figures = known.report.figures
    touched = {known.rows.by_cell[cell].address for cell in cells}
    for row in known.rows.all:
        if row.address not in touched:
            continue
        own = [cell for cell in row.cells if cell in figures]
        if known.rows.is_left_out(row):
            yield "row-left-out", (row.address,), _solve(known, own), 1
            continue
        yield from _list_shifts(known, row)
        if _is_of_last_year(known.report, own):
            yield "row-of-last-year", (row.address,), _solve(known, own), 1
        for first, second in pairwise(cell for cell in own if cell not in known.report.computed):
            yield "figures-swapped", (first, second), {first: figures[second], second: figures[first]}, 1
    for one, other in dict.fromkeys((*known.rows.carried, *known.rows.neighbours)):
        if not touched.isdisjoint((one.address, other.address)):
            yield from _list_swaps(known, one, other)


def _list_swaps(known: Known, one: Row, other: Row) -> Iterator[Change]:
    """List the exchange of two rows, and of two figures in one column of them."""
    figures, computed = known.report.figures, known.report.computed
    pairs = [
        (first, second)
        for first, second in zip(one.cells, other.cells, strict=True)
        if first in figures and second in figures and not {first, second} & computed.keys()
    ]
    swapped = [{first: figures[second], second: figures[first]} for first, second in pairs]
    together = {cell: value for pair in swapped for cell, value in pair.items()}
    yield "rows-swapped", (one.address, other.address), together, 1
    for pair in swapped:
        yield "figures-swapped", tuple(pair), pair, 1


def _is_of_last_year(report: Report, cells: Sequence[str]) -> bool:
    """Return whether all figures of a row are last year's, and one of them is not 0."""
    before = report.previous.figures if report.previous else {}
    return any(report.figures[cell] for cell in cells) and all(
        before.get(cell) == report.figures[cell] for cell in cells
    )


def _list_shifts(known: Known, row: Row) -> Iterator[Change]:
    """List what a row would be if its figures stood one column further left or right.

    The column that has none then is 0, or has what its equation needs. A total may have been shifted, or not.
    """
    report = known.report
    written = [cell for cell in row.cells if cell in report.figures and cell not in report.computed]
    parts = [cell for cell in written if cell not in report.form.totals]
    for cells in (written, parts) if len(parts) < len(written) else (written,):
        for step in (1, -1):
            moved = cells[::-step]
            values: dict[str, Number] = {cell: report.figures[source] for source, cell in pairwise(moved)}
            for last in moved[:1] if len(moved) > 1 else ():
                yield "row-shifted", (row.address,), values | {last: 0}, 1
                yield "row-shifted", (row.address,), values | {last: report.figures[moved[-1]]}, 1
                yield "row-shifted", (row.address,), _solve(known, [last], values), 2


def _solve(known: Known, cells: Iterable[str], values: Mapping[str, Number] | None = None) -> dict[str, Number]:
    """Return values of figures by which broken equations hold, each that has one of them, after other changes."""
    figures = known.report.figures
    found = dict(values or {})
    deltas: dict[str, Number] = {cell: value - figures[cell] for cell, value in found.items()}
    open_cells = {cell for cell in cells if cell not in known.report.computed}
    equations = known.list_equalities(open_cells)
    for equation in sorted(equations, key=lambda one: (not one.is_internal, len(open_cells & one.factors.keys()))):
        own = [cell for cell in equation.factors if cell in open_cells and cell not in deltas]
        if len(own) == 1 and (not equation.holds or values):
            gap = equation.left.add(deltas) - equation.right.add(deltas)
            deltas[own[0]] = divide(-gap, equation.factors[own[0]])
            found[own[0]] = figures[own[0]] + deltas[own[0]]
    return found
