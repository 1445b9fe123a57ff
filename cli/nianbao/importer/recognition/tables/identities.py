"""The identities of a form as equations over rows of figures, and the search for figures that satisfy them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nianbao.importer.recognition.printed_values import Number
from nianbao.model.relations import Check
from nianbao.model.tables.slots import Slot

MAX_LOST = 3  # figures that may have been lost in one table, and found again by an identity
_MAX_STEPS = 50_000  # of the search through the rows of a table
_MAX_SOLUTIONS = 500

RowFigures = tuple[Number, ...]  # a row: 0 for a blank cell, and for a lost figure what the identities make of it
CostedFigures = tuple[int, RowFigures]  # figures that a row may have, behind their cost: how many of them are lost


# ── within a row ─────────────────────────────────────────────────────────────────────


def make_row_equation(check: Check, slots: Sequence[Slot]) -> dict[int, int] | None:
    """Write an identity within a row as factors by column; None for any other."""
    if check.relation.sign != "=" or check.uses_previous or not check.is_linear:
        return None
    columns = {slot.address: column for column, slot in enumerate(slots)}
    factors: dict[int, int] = {}
    for sign, side in ((1, check.left), (-1, check.right)):
        for part in side:
            for slot in part.slots:
                if slot.address not in columns:
                    return None
                column = columns[slot.address]
                factors[column] = factors.get(column, 0) + sign * int(part.term.factor)
    return factors


def evaluate(equation: Mapping[int, int], figures: Sequence[Number]) -> Number:
    """Return by how much the sides of an equation differ."""
    return sum(factor * figures[column] for column, factor in equation.items())


# ── between rows ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Equation:
    """An identity between rows: factors by row and column of the ambiguous rows, and what the known figures add."""

    factors: dict[tuple[int, int], int]
    constant: Number

    @classmethod
    def from_check(
        cls, check: Check, where: Mapping[str, tuple[int, int]], known: Mapping[str, Number | None]
    ) -> "Equation | None":
        """Return None for a check that is no identity, needs a figure that is not known, or joins no rows."""
        if check.relation.sign != "=" or check.uses_previous or not check.is_linear:
            return None
        factors: dict[tuple[int, int], int] = {}
        constant: Number = 0
        for sign, side in ((1, check.left), (-1, check.right)):
            for part in side:
                for slot in part.slots:
                    if slot.address in where:
                        factors[where[slot.address]] = sign * int(part.term.factor)
                        continue
                    figure = known.get(slot.address)
                    if figure is None:
                        return None
                    constant += sign * part.term.factor * figure
        return cls(factors, constant) if len({row for row, _ in factors}) > 1 or (factors and constant) else None


def make_equations(
    rows: Sequence[Sequence[Slot]], known: Mapping[str, Number | None], checks: Sequence[Check]
) -> list[Equation]:
    """Write the identities between rows that can be checked.

    `known` gives the figures of all other rows by address, None for one that could not be read.
    """
    where = {slot.address: (number, column) for number, row in enumerate(rows) for column, slot in enumerate(row)}
    return [equation for check in checks if (equation := Equation.from_check(check, where, known))]


class _Search:
    """A search with backtracking: chooses figures for one row after the other, the row with the fewest first."""

    def __init__(self, rows: Sequence[Sequence[CostedFigures]], equations: Sequence[Equation], budget: int) -> None:
        self.rows = rows
        self.budget = budget
        self.order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        depth = {row: number for number, row in enumerate(self.order)}
        self.equations: list[list[Equation]] = [[] for _ in rows]
        for equation in equations:  # checked when the figures of its last row are chosen
            self.equations[max(depth[row] for row, _ in equation.factors)].append(equation)
        self.cheapest = [min((cost for cost, _ in rows[row]), default=0) for row in self.order]
        self.chosen: dict[int, RowFigures] = {}
        self.solutions: list[tuple[RowFigures, ...]] = []
        self.steps = 0

    def run(self, depth: int = 0, spent: int = 0) -> None:
        """Choose the figures of the rows from `depth` on, for which `spent` of the budget is gone."""
        if depth == len(self.order):
            self.solutions.append(tuple(self.chosen[row] for row in range(len(self.rows))))
            return
        row = self.order[depth]
        rest = sum(self.cheapest[depth + 1 :])
        for cost, figures in self.rows[row]:
            self.steps += 1
            if self.steps > _MAX_STEPS or len(self.solutions) > _MAX_SOLUTIONS:
                self.steps = _MAX_STEPS + 1
                return
            if spent + cost + rest > self.budget:
                break
            self.chosen[row] = figures
            if all(self.is_satisfied(equation) for equation in self.equations[depth]):
                self.run(depth + 1, spent + cost)

    def is_satisfied(self, equation: Equation) -> bool:
        """Tell whether the chosen figures satisfy an equation."""
        total = equation.constant
        for (row, column), factor in equation.factors.items():
            total += factor * self.chosen[row][column]
        return total == 0


def solve(rows: Sequence[Sequence[CostedFigures]], equations: Sequence[Equation]) -> list[tuple[RowFigures, ...]]:
    """Choose figures for every row that satisfy the identities between rows, with the fewest losses.

    Returns every such solution, the figures of each row in order; none where the search has too many steps.
    """
    least = sum(figures[0][0] for figures in rows)  # the cheapest stand first
    for more in range(MAX_LOST + 1):
        search = _Search(rows, equations, least + more)
        search.run()
        if search.solutions or search.steps > _MAX_STEPS:
            return search.solutions if search.steps <= _MAX_STEPS else []
    return []
