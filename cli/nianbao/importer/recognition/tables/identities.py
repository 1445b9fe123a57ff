"""The identities of a form as equations over printed rows, and the search for figures and places that satisfy them."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from nianbao.importer.recognition.printed_values import Number
from nianbao.model.relations import Check
from nianbao.model.tables.slots import Slot

MAX_LOST = 3  # figures that may have been lost in one table, and found again by an identity
_MAX_STEPS = 50_000  # of the search through the rows of a table
_MAX_SOLUTIONS = 500

RowFigures = tuple[Number, ...]  # a row: 0 for a blank cell, and for a lost figure what the identities make of it


# ── within a row ─────────────────────────────────────────────────────────────────────


def make_row_equations(checks: Sequence[Check], slots: Sequence[Slot]) -> list[dict[int, int]]:
    """Write the identities within a row as factors by column."""
    columns = {slot.address: column for column, slot in enumerate(slots)}
    return [equation for check in checks if (equation := _make_row_equation(check, columns))]


def _make_row_equation(check: Check, columns: Mapping[str, int]) -> dict[int, int] | None:
    if check.relation.sign != "=" or check.uses_previous or not check.is_linear:
        return None
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


class Choice(NamedTuple):
    """What a printed row may be: figures for slots of the form, at a cost: how many of them are lost.

    `place` counts the rows of its table; of a row that has its label it says nothing.
    """

    cost: int
    figures: RowFigures
    slots: tuple[Slot, ...]
    place: int = 0


class PrintedRow(Struct, frozen=True):
    """A printed row as a variable: its choices, the cheapest first.

    Rows of one `sequence` stand in the order of the form, each in a later place than the one before.
    """

    choices: tuple[Choice, ...]
    sequence: str = ""

    @property
    def least_cost(self) -> int:
        """The cost of the cheapest choice."""
        return self.choices[0].cost


class Equation(Struct, frozen=True):
    """An identity over the rows that are searched: factors by address, and what the known figures add."""

    factors: Mapping[str, int]
    constant: Number
    within: Number = 0

    def add_up(self, choice: Choice) -> Number:
        """Return what a choice adds to the difference of the sides."""
        pairs = zip(choice.slots, choice.figures, strict=True)
        return sum(self.factors.get(slot.address, 0) * figure for slot, figure in pairs)

    def is_satisfied(self, choices: Iterable[Choice]) -> bool:
        """Tell whether the sides are equal with a choice for every row."""
        total = self.constant + sum(map(self.add_up, choices))
        return -self.within <= total <= self.within


def make_equations(
    rows: Sequence[PrintedRow], known: Mapping[str, Number | None], checks: Sequence[Check]
) -> list[Equation]:
    """Write the identities between rows that can be checked.

    `known` gives the figures of all other rows by address, None for one that could not be read.
    """
    touched: dict[str, set[int]] = {}
    for number, row in enumerate(rows):
        for address in {slot.address for choice in row.choices for slot in choice.slots}:
            touched.setdefault(address, set()).add(number)
    made = []
    for check in checks:
        equation = _make_equation(check, touched.keys(), known)
        numbers = set().union(*(touched[address] for address in equation.factors)) if equation else set()
        is_open = any(rows[number].sequence for number in numbers)
        if equation and (is_open or len(numbers) > 1 or (numbers and equation.constant)):
            made.append(equation)
    return made


def _make_equation(check: Check, searched: Container[str], known: Mapping[str, Number | None]) -> Equation | None:
    """Return None for a check that is no identity, or needs a figure that is not known."""
    if check.relation.sign != "=" or check.uses_previous or not check.is_linear:
        return None
    factors: dict[str, int] = {}
    constant: Number = 0
    for sign, side in ((1, check.left), (-1, check.right)):
        for part in side:
            constant += sign * part.term.factor * (part.constant or 0)
            for slot in part.slots:
                if slot.address in searched:
                    factors[slot.address] = factors.get(slot.address, 0) + sign * int(part.term.factor)
                    continue
                figure = known.get(slot.address)
                if figure is None:
                    return None
                constant += sign * part.term.factor * figure
    return Equation(factors, constant, check.relation.within)


Solution = tuple[Choice, ...]  # one for each row


class _Search:
    """A search with backtracking: chooses for one row after the other, those in sequence first.

    What the rows that are left can add to an equation at least and at most ends a branch early.
    """

    def __init__(self, rows: Sequence[PrintedRow], equations: Sequence[Equation], budget: int) -> None:
        self.rows, self.equations, self.budget = rows, equations, budget
        in_sequence = [number for number, row in enumerate(rows) if row.sequence]
        others = [number for number, row in enumerate(rows) if not row.sequence]
        self.order = [*in_sequence, *sorted(others, key=lambda number: len(rows[number].choices))]
        self.parts = [
            [(choice, [equation.add_up(choice) for equation in equations]) for choice in rows[number].choices]
            for number in self.order
        ]
        self.rest = self.bound_rest()
        self.cheapest = [rows[number].least_cost for number in self.order]
        self.chosen: dict[int, Choice] = {}
        self.solutions: list[Solution] = []
        self.steps = 0

    def bound_rest(self) -> list[list[tuple[Number, Number]]]:
        """Return for each depth what the rows behind it add to each equation at least and at most."""
        bounds: list[list[tuple[Number, Number]]] = [[(0, 0) for _ in self.equations]]
        for parts in reversed(self.parts[1:]):
            columns = list(zip(*(sums for _, sums in parts), strict=True))
            behind = bounds[0]
            bounds.insert(
                0, [(low + min(sums), high + max(sums)) for (low, high), sums in zip(behind, columns, strict=True)]
            )
        return bounds

    def run(self, depth: int, spent: int, totals: Sequence[Number]) -> None:
        """Choose for the rows from `depth` on, for which `spent` of the budget is gone."""
        if depth == len(self.order):
            self.solutions.append(tuple(self.chosen[number] for number in range(len(self.rows))))
            return
        number = self.order[depth]
        first = self.find_first_place(depth)
        least = spent + sum(self.cheapest[depth + 1 :])
        for choice, sums in self.parts[depth]:
            self.steps += 1
            if self.is_exhausted:
                return
            if least + choice.cost > self.budget:
                break
            if choice.place < first:
                continue
            added = [total + one for total, one in zip(totals, sums, strict=True)]
            if all(map(_may_be_satisfied, added, self.rest[depth], self.equations)):
                self.chosen[number] = choice
                self.run(depth + 1, spent + choice.cost, added)

    def find_first_place(self, depth: int) -> int:
        """Return the first place that a row may have: the one behind the row before it in its sequence."""
        sequence = self.rows[self.order[depth]].sequence
        before = self.order[depth - 1] if depth else None
        if not sequence or before is None or self.rows[before].sequence != sequence:
            return 0
        return self.chosen[before].place + 1

    @property
    def is_exhausted(self) -> bool:
        """Whether there are more steps, or more solutions, than are worth going through."""
        return self.steps > _MAX_STEPS or len(self.solutions) > _MAX_SOLUTIONS


def _may_be_satisfied(total: Number, rest: tuple[Number, Number], equation: Equation) -> bool:
    return total + rest[0] <= equation.within and total + rest[1] >= -equation.within


def solve(rows: Sequence[PrintedRow], equations: Sequence[Equation]) -> list[Solution] | None:
    """Choose for every row so that the identities between rows are satisfied, with the fewest losses.

    Returns every such solution; None where there are too many of them, or of the steps of the search.
    """
    least = sum(row.least_cost for row in rows)
    for more in range(MAX_LOST + 1):
        search = _Search(rows, equations, least + more)
        search.run(0, 0, [equation.constant for equation in equations])
        if search.is_exhausted:
            return None
        if search.solutions:
            return search.solutions
    return []


def part_rows(
    rows: Sequence[PrintedRow], equations: Sequence[Equation]
) -> list[tuple[tuple[int, ...], list[Equation]]]:
    """Part rows that no identity and no sequence joins: the indexes of each part, and its equations."""
    addresses = [{slot.address for choice in row.choices for slot in choice.slots} for row in rows]
    part_of = list(range(len(rows)))
    joined = [[n for n, found in enumerate(addresses) if not found.isdisjoint(one.factors)] for one in equations]
    sequences = {row.sequence for row in rows if row.sequence}
    joined += [[number for number, row in enumerate(rows) if row.sequence == sequence] for sequence in sequences]
    for numbers in joined:
        parts = {part_of[number] for number in numbers}
        part_of = [min(parts) if part in parts else part for part in part_of]
    return [
        (
            tuple(number for number, own in enumerate(part_of) if own == part),
            [one for one, numbers in zip(equations, joined, strict=False) if numbers and part_of[numbers[0]] == part],
        )
        for part in sorted(set(part_of))
    ]
