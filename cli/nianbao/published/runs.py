"""Figures whose digits ran together in copying: the readings that the identities of the form allow.

A copy of a web page as text may lose the borders of cells (`272720` for three) and the blank cells with
them (`100001` for seven). A reading parts the digits into figures without leading zeros, in the order of
the columns; a cell that got none was blank or lost. Readings that satisfy an identity as they stand come
before those that need a lost figure to satisfy it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from nianbao.form import Check
from nianbao.grid import Slot
from nianbao.published.values import NOTHING, Number

_READINGS = 2_000  # of one row; a row with more is told to have too many
_STEPS = 50_000  # of the search through the rows of a table
_SOLUTIONS = 500
_LOST = 3  # figures that may have been lost in one table, and found again by an identity
_DECIMALS = 4

Vector = tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A row whose figures stand together: its slots in order, and the texts that hold them."""

    slots: tuple[Slot, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readings:
    """The figures that a run may be, one for each slot; `complete` unless there were too many to list.

    `full` are those that have a figure for every cell; the others suppose blank cells, which count as 0.
    """

    vectors: tuple[Vector, ...]
    full: tuple[Vector, ...] = ()
    complete: bool = True


def solve(runs: Sequence[Run], known: Mapping[str, Number | None], checks: Sequence[Check]) -> list[Readings]:
    """List for each run the readings that satisfy the identities together with the figures known.

    `known` gives the figures of the other rows by address, 0 for a blank one and None for one that could
    not be read. A row is judged alone where the identities between rows allow no reading at all: then the
    report itself is wrong, and the validator will say so.
    """
    domains = [_domain(run, checks) for run in runs]
    whole = [at for at, domain in enumerate(domains) if domain is not None]
    found = _together([runs[at] for at in whole], [domains[at] or [] for at in whole], known, checks)
    answers = [Readings((), complete=False)] * len(runs)
    for place, at in enumerate(whole):
        alone = sorted({vector for cost, vector in domains[at] or [] if cost == min(one for one, _ in domains[at] or [])})
        vectors = sorted({solution[place] for solution in found}) if found else alone
        every = {tuple(reading) for reading in _parted(runs[at]) if None not in reading}
        answers[at] = Readings(tuple(vectors), tuple(vector for vector in vectors if vector in every))
    return answers


def _domain(run: Run, checks: Sequence[Check]) -> list[tuple[int, Vector]] | None:
    """List the readings of one run with what each supposes lost; None for too many."""
    listed = list(islice(_parted(run), _READINGS + 1))
    if len(listed) > _READINGS or not listed:
        return None
    sums = [equation for check in checks if (equation := _within(check, run))]
    costs: dict[Vector, int] = {}
    for reading in listed:
        for cost, vector in _settled(reading, sums):
            costs[vector] = min(cost, costs.get(vector, cost))
    return sorted((cost, vector) for vector, cost in costs.items())


def _within(check: Check, run: Run) -> dict[int, int] | None:
    """Write an identity within a row as factors by column; None for any other."""
    if check.relation.sign != "=" or check.relation.across:
        return None
    places = {slot.address: at for at, slot in enumerate(run.slots)}
    factors: dict[int, int] = {}
    for sign, side in ((1, check.left), (-1, check.right)):
        for part in side:
            for slot in part.slots:
                if slot.address not in places:
                    return None
                factors[places[slot.address]] = factors.get(places[slot.address], 0) + sign * part.term.factor
    return factors


def _settled(reading: Sequence[Number | None], sums: Sequence[dict[int, int]]) -> Iterator[tuple[int, Vector]]:
    """Give the reading with its blanks as 0, or with one blank filled so that the identities hold; the cost is 0, 1 or 2."""
    vector = tuple(figure or 0 for figure in reading)
    wrong = [equation for equation in sums if _left(equation, vector)]
    if not wrong:
        yield 0, vector
        return
    filled = False
    for at in (at for at, figure in enumerate(reading) if figure is None):
        for equation in wrong:
            factor = equation.get(at, 0)
            if not factor:
                continue
            lost = -_left(equation, vector) / factor
            full = (*vector[:at], int(lost), *vector[at + 1 :])
            if lost > 0 and lost == int(lost) and not any(_left(other, full) for other in sums):
                filled = True
                yield 1, full
    if not filled:
        yield _LOST + 1, vector


def _left(equation: Mapping[int, int], vector: Sequence[Number]) -> Number:
    return sum(factor * vector[at] for at, factor in equation.items())


def _parted(run: Run) -> Iterator[list[Number | None]]:
    """Part the texts into figures in every way that their number and their signs allow."""
    texts = [re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)) for text in run.texts]
    yield from _fill(texts, run.slots)


def _fill(texts: Sequence[str], slots: Sequence[Slot]) -> Iterator[list[Number | None]]:
    if not texts:
        yield [None] * len(slots)
        return
    if not slots:
        return
    first, rest = texts[0], texts[1:]
    if not first or first in NOTHING:
        for tail in _fill(rest, slots[1:]):
            yield [None, *tail]
    else:
        for size in range(1, len(first) + 1):
            figure = _figure(first[:size], slots[0])
            if figure is not None:
                left = first[size:]
                for tail in _fill([left, *rest] if left else rest, slots[1:]):
                    yield [figure, *tail]
    if len(slots) > len(texts):
        for tail in _fill(texts, slots[1:]):
            yield [None, *tail]


def _figure(text: str, slot: Slot) -> Number | None:
    """Read digits as one figure of the slot, or None where it cannot be written so."""
    if slot.kind == "money":
        match = re.fullmatch(rf"((?:0|[1-9]\d*)(?:\.\d{{1,{_DECIMALS}}})?)(?:元|万元)?", text)
        return Decimal(match[1]) if match else None
    match = re.fullmatch(r"(-?)(0|[1-9]\d*)[件项]?" if slot.kind == "change" else r"()(0|[1-9]\d*)[件项]?", text)
    return int(match[1] + match[2]) if match and match[0] != "-0" else None


# ── rows together ────────────────────────────────────────────────────────────────────


def _together(
    runs: Sequence[Run],
    domains: Sequence[Sequence[tuple[int, Vector]]],
    known: Mapping[str, Number | None],
    checks: Sequence[Check],
) -> list[tuple[Vector, ...]]:
    """Find the readings of all runs that satisfy the identities between rows, those with the fewest losses."""
    where = {slot.address: (row, at) for row, run in enumerate(runs) for at, slot in enumerate(run.slots)}
    equations = [equation for check in checks if (equation := _Equation.of(check, where, known))]
    base = sum(min((cost for cost, _ in domain), default=0) for domain in domains)
    for more in range(_LOST + 1):
        search = _Search(domains, equations, base + more)
        search.go()
        if search.found or search.steps > _STEPS:
            return search.found if search.steps <= _STEPS else []
    return []


@dataclass(frozen=True, slots=True)
class _Equation:
    """An identity between rows: factors by row and column of the runs, and what the known figures add."""

    factors: dict[tuple[int, int], int]
    constant: Number

    @classmethod
    def of(
        cls, check: Check, where: Mapping[str, tuple[int, int]], known: Mapping[str, Number | None]
    ) -> "_Equation | None":
        if check.relation.sign != "=" or check.relation.across:
            return None
        factors: dict[tuple[int, int], int] = {}
        constant: Number = 0
        for sign, side in ((1, check.left), (-1, check.right)):
            for part in side:
                for slot in part.slots:
                    if slot.address in where:
                        factors[where[slot.address]] = sign * part.term.factor
                        continue
                    figure = known.get(slot.address)
                    if figure is None:
                        return None
                    constant += sign * part.term.factor * figure
        return cls(factors, constant) if len({row for row, _ in factors}) > 1 or (factors and constant) else None


class _Search:
    """Takes a reading for one run after the other, the run with the fewest first."""

    def __init__(
        self, domains: Sequence[Sequence[tuple[int, Vector]]], equations: Sequence[_Equation], budget: int
    ) -> None:
        self.domains = domains
        self.budget = budget
        self.order = sorted(range(len(domains)), key=lambda row: len(domains[row]))
        place = {row: at for at, row in enumerate(self.order)}
        self.equations = [[] for _ in domains]  # type: list[list[_Equation]]
        for equation in equations:  # judged when its last run is taken
            self.equations[max(place[row] for row, _ in equation.factors)].append(equation)
        self.cheapest = [min((cost for cost, _ in domains[row]), default=0) for row in self.order]
        self.taken: dict[int, Vector] = {}
        self.found: list[tuple[Vector, ...]] = []
        self.steps = 0

    def go(self, at: int = 0, spent: int = 0) -> None:
        if at == len(self.order):
            self.found.append(tuple(self.taken[row] for row in range(len(self.domains))))
            return
        row = self.order[at]
        rest = sum(self.cheapest[at + 1 :])
        for cost, vector in self.domains[row]:
            self.steps += 1
            if self.steps > _STEPS or len(self.found) > _SOLUTIONS:
                self.steps = _STEPS + 1
                return
            if spent + cost + rest > self.budget:
                break
            self.taken[row] = vector
            if all(self.holds(equation) for equation in self.equations[at]):
                self.go(at + 1, spent + cost)

    def holds(self, equation: _Equation) -> bool:
        total = equation.constant
        for (row, column), factor in equation.factors.items():
            total += factor * self.taken[row][column]
        return total == 0
