"""Figures whose digits ran together in copying: the readings that the identities of the form allow.

A copy of a web page as text may lose the borders of cells (`272720` for three) and the blank cells with
them (`100001` for seven). A reading parts the digits into figures without leading zeros, in the order of
the columns; a cell that got none was blank or lost. Readings that satisfy an identity as they stand come
before those that need a lost figure to satisfy it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from nianbao.importer.recognition.printed_values import BLANK_MARKS, Number
from nianbao.model.form import Check
from nianbao.model.table import Slot

_MAX_CANDIDATES = 20_000  # of one row; a row with more is told to have too many
_MAX_STEPS = 50_000  # of the search through the rows of a table
_MAX_SOLUTIONS = 500
_MAX_LOST = 3  # figures that may have been lost in one table, and found again by an identity
_INCONSISTENT_COST = _MAX_LOST + 1  # what a reading costs that satisfies no identity
_MAX_DECIMALS = 4

Candidate = tuple[Number | None, ...]  # None for a cell that got no digits: it was blank, or its figure was lost
RowFigures = tuple[Number, ...]  # the same as figures, a blank cell as 0, a lost figure as the identities have it


@dataclass(frozen=True, slots=True)
class AmbiguousRow:
    """A row whose figures stand together: its slots in order, and the texts that hold them.

    `whole` texts hold one figure each, as cells do: only which column each belongs to is not known.
    """

    slots: tuple[Slot, ...]
    texts: tuple[str, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a run may say: pairs of a reading and its figures; none where there are too many to list."""

    pairs: tuple[tuple[Candidate, RowFigures], ...]

    @property
    def full(self) -> tuple[RowFigures, ...]:
        """The readings with a figure for every cell."""
        return tuple(dict.fromkeys(vector for reading, vector in self.pairs if None not in reading))

    @property
    def figures_of_all(self) -> tuple[RowFigures, ...]:
        """The figures of every reading, each once."""
        return tuple(dict.fromkeys(vector for _, vector in self.pairs))

    def cell(self, at: int) -> tuple[set[Number], bool, set[Number]]:
        """Return what a cell may print, whether it may be blank, and the figures that it may have lost."""
        printed = {figure for reading, _ in self.pairs if (figure := reading[at]) is not None}
        lost = {vector[at] for reading, vector in self.pairs if reading[at] is None and vector[at]}
        return printed, any(reading[at] is None for reading, _ in self.pairs), lost


@dataclass(frozen=True, slots=True)
class _Domain:
    """The readings of one run by their figures, with what each supposes lost, the cheapest first."""

    costs: tuple[tuple[int, RowFigures], ...]
    readings: Mapping[RowFigures, Sequence[Candidate]]

    @property
    def least(self) -> int:
        return self.costs[0][0]

    def pairs(self, vectors: Iterable[RowFigures]) -> tuple[tuple[Candidate, RowFigures], ...]:
        return tuple((reading, vector) for vector in sorted(vectors) for reading in self.readings[vector])


def find_candidates(
    runs: Sequence[AmbiguousRow], known: Mapping[str, Number | None], checks: Sequence[Check]
) -> list[Candidates]:
    """List for each run the readings that satisfy the identities together with the figures known.

    `known` gives the figures of the other rows by address, 0 for a blank one and None for one that could
    not be read. Where the identities between rows allow no reading at all the report itself is wrong, and a
    row is judged alone. A reading that supposes a lost figure needs the identities of every column to bear
    it out, and so does every reading of whole cells: what a cell held that is gone, nobody knows. Otherwise
    all readings of the row are listed.
    """
    found = [_make_domain(run, checks) for run in runs]
    whole = [at for at, domain in enumerate(found) if domain]
    domains = [domain for domain in found if domain]
    some = [runs[at] for at in whole]
    equations = _make_equations(some, known, checks)
    solutions = _solve_rows(domains, equations)
    answers = [Candidates(())] * len(runs)
    for place, (at, domain) in enumerate(zip(whole, domains, strict=True)):
        borne_out = all(
            any((place, column) in one.factors for one in equations) for column in range(len(runs[at].slots))
        )
        fits = domain.least == 0 and not runs[at].whole
        if solutions and (fits or borne_out):
            answers[at] = Candidates(domain.pairs({solution[place] for solution in solutions}))
        else:
            top = 0 if fits else _INCONSISTENT_COST
            answers[at] = Candidates(domain.pairs({vector for cost, vector in domain.costs if cost <= top}))
    return answers


def _make_domain(run: AmbiguousRow, checks: Sequence[Check]) -> _Domain | None:
    """List the readings of one run; None for too many, or for none."""
    listed = list(islice(_split_row(run), _MAX_CANDIDATES + 1))
    if len(listed) > _MAX_CANDIDATES or not listed:
        return None
    sums = [equation for check in checks if (equation := _make_row_equation(check, run.slots))]
    costs: dict[RowFigures, int] = {}
    readings: dict[RowFigures, list[Candidate]] = {}
    for listing in listed:
        for cost, vector in _complete(listing, sums):
            costs[vector] = min(cost, costs.get(vector, cost))
            readings.setdefault(vector, []).append(tuple(listing))
    return _Domain(tuple(sorted((cost, vector) for vector, cost in costs.items())), readings)


def is_consistent(slots: Sequence[Slot], figures: Sequence[Number], checks: Sequence[Check]) -> bool:
    """Tell whether a row of figures satisfies the identities within it, of which there is at least one."""
    sums = [equation for check in checks if (equation := _make_row_equation(check, slots))]
    return bool(sums) and not any(_evaluate(equation, figures) for equation in sums)


def _make_row_equation(check: Check, slots: Sequence[Slot]) -> dict[int, int] | None:
    """Write an identity within a row as factors by column; None for any other."""
    if check.relation.sign != "=" or check.relation.across:
        return None
    places = {slot.address: at for at, slot in enumerate(slots)}
    factors: dict[int, int] = {}
    for sign, side in ((1, check.left), (-1, check.right)):
        for part in side:
            for slot in part.slots:
                if slot.address not in places:
                    return None
                factors[places[slot.address]] = factors.get(places[slot.address], 0) + sign * part.term.factor
    return factors


def _complete(reading: Sequence[Number | None], sums: Sequence[dict[int, int]]) -> Iterator[tuple[int, RowFigures]]:
    """Give a reading with its blanks as 0, or each way to fill one blank so that the identities hold; with its cost."""
    vector = tuple(figure or 0 for figure in reading)
    wrong = [equation for equation in sums if _evaluate(equation, vector)]
    if not wrong:
        yield 0, vector
        return
    filled = False
    for at in (at for at, figure in enumerate(reading) if figure is None):
        for equation in wrong:
            factor = equation.get(at, 0)
            if not factor:
                continue
            lost = -_evaluate(equation, vector) / factor
            full = (*vector[:at], int(lost), *vector[at + 1 :])
            if lost > 0 and lost == int(lost) and not any(_evaluate(other, full) for other in sums):
                filled = True
                yield 1, full
    if not filled:
        yield _INCONSISTENT_COST, vector


def _evaluate(equation: Mapping[int, int], vector: Sequence[Number]) -> Number:
    return sum(factor * vector[at] for at, factor in equation.items())


def _split_row(run: AmbiguousRow) -> Iterator[list[Number | None]]:
    """Part the texts into figures in every way that their number and their signs allow."""
    texts = [re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)) for text in run.texts]
    yield from _split_texts(texts, run.slots, whole=run.whole)


def _split_texts(texts: Sequence[str], slots: Sequence[Slot], *, whole: bool) -> Iterator[list[Number | None]]:
    if not texts:
        yield [None] * len(slots)
        return
    if not slots:
        return
    first, rest = texts[0], texts[1:]
    if not first or first in BLANK_MARKS:
        for tail in _split_texts(rest, slots[1:], whole=whole):
            yield [None, *tail]
    else:
        for size in range(len(first) if whole else 1, len(first) + 1):
            figure = _parse_figure(first[:size], slots[0])
            if figure is not None:
                left = first[size:]
                for tail in _split_texts([left, *rest] if left else rest, slots[1:], whole=whole):
                    yield [figure, *tail]
    if len(slots) > len(texts):
        for tail in _split_texts(texts, slots[1:], whole=whole):
            yield [None, *tail]


def _parse_figure(text: str, slot: Slot) -> Number | None:
    """Read digits as one figure of the slot, or None where it cannot be written so."""
    if slot.kind == "money":
        match = re.fullmatch(rf"((?:0|[1-9]\d*)(?:\.\d{{1,{_MAX_DECIMALS}}})?)(?:元|万元)?", text)
        return Decimal(match[1]) if match else None
    match = re.fullmatch(r"(-?)(0|[1-9]\d*)[件项]?" if slot.kind == "change" else r"()(0|[1-9]\d*)[件项]?", text)
    return int(match[1] + match[2]) if match and match[0] != "-0" else None


# ── rows together ────────────────────────────────────────────────────────────────────


def _make_equations(
    runs: Sequence[AmbiguousRow], known: Mapping[str, Number | None], checks: Sequence[Check]
) -> list["_Equation"]:
    """Write the identities between rows that can be judged."""
    where = {slot.address: (row, at) for row, run in enumerate(runs) for at, slot in enumerate(run.slots)}
    return [equation for check in checks if (equation := _Equation.of(check, where, known))]


def _solve_rows(domains: Sequence[_Domain], equations: Sequence["_Equation"]) -> list[tuple[RowFigures, ...]]:
    """Find the figures of all runs that satisfy the identities between rows, those with the fewest losses."""
    base = sum(domain.least for domain in domains)
    for more in range(_MAX_LOST + 1):
        search = _Search([domain.costs for domain in domains], equations, base + more)
        search.go()
        if search.found or search.steps > _MAX_STEPS:
            return search.found if search.steps <= _MAX_STEPS else []
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
        self, domains: Sequence[Sequence[tuple[int, RowFigures]]], equations: Sequence[_Equation], budget: int
    ) -> None:
        self.domains = domains
        self.budget = budget
        self.order = sorted(range(len(domains)), key=lambda row: len(domains[row]))
        place = {row: at for at, row in enumerate(self.order)}
        self.equations = [[] for _ in domains]  # type: list[list[_Equation]]
        for equation in equations:  # judged when its last run is taken
            self.equations[max(place[row] for row, _ in equation.factors)].append(equation)
        self.cheapest = [min((cost for cost, _ in domains[row]), default=0) for row in self.order]
        self.taken: dict[int, RowFigures] = {}
        self.found: list[tuple[RowFigures, ...]] = []
        self.steps = 0

    def go(self, at: int = 0, spent: int = 0) -> None:
        if at == len(self.order):
            self.found.append(tuple(self.taken[row] for row in range(len(self.domains))))
            return
        row = self.order[at]
        rest = sum(self.cheapest[at + 1 :])
        for cost, vector in self.domains[row]:
            self.steps += 1
            if self.steps > _MAX_STEPS or len(self.found) > _MAX_SOLUTIONS:
                self.steps = _MAX_STEPS + 1
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
