"""Figures whose digits ran together in copying: the candidates that the identities of the form allow.

A copy of a web page as text may lose the borders of cells (`272720` for three) and the blank cells with
them (`100001` for seven). A candidate splits the digits into figures without leading zeros, in the order of
the columns; a cell that got none was blank or lost. Candidates that satisfy an identity as they are come
before those that need a lost figure to satisfy it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from itertools import islice

from msgspec import Struct

from nianbao.importer.recognition.printed_values import Number, mark_notes
from nianbao.importer.recognition.tables.identities import (
    MAX_LOST,
    Choice,
    Equation,
    PrintedRow,
    RowFigures,
    Solution,
    evaluate,
    make_equations,
    make_row_equations,
    part_rows,
    solve,
)
from nianbao.model.loading.reading import Reading
from nianbao.model.relations import Check
from nianbao.model.tables.slots import Slot

_MAX_CANDIDATES = 20_000  # of one row; of a row with more none is listed
_INCONSISTENT_COST = MAX_LOST + 1  # the cost of a candidate that satisfies no identity
_MIXED_COST = 1  # of a candidate by which borders of cells were lost, and others were not
_MAX_DECIMALS = 4

Candidate = tuple[Number | None, ...]  # None for a cell that got no digits: it was blank, or its figure was lost


class AmbiguousRow(Struct, frozen=True):
    """A row whose figures stand together: its slots in order, and the texts that hold them.

    With `one_figure_each` a text holds one figure, as a cell does: only which column each belongs to is not known.
    `ends_blank` says that blank cells stand behind the texts, so many that each column has a cell.
    """

    slots: tuple[Slot, ...]
    texts: tuple[str, ...]
    reading: Reading
    one_figure_each: bool = False
    ends_blank: bool = False


class Candidates(Struct, frozen=True):
    """What an ambiguous row may say: pairs of a candidate and its figures; none where there are `too_many` to list."""

    pairs: tuple[tuple[Candidate, RowFigures], ...]
    too_many: bool = False

    @property
    def complete(self) -> tuple[RowFigures, ...]:
        """The figures of the candidates that have one for every cell."""
        return tuple(dict.fromkeys(figures for candidate, figures in self.pairs if None not in candidate))

    @property
    def distinct(self) -> tuple[RowFigures, ...]:
        """The figures of all candidates, each row of figures once."""
        return tuple(dict.fromkeys(figures for _, figures in self.pairs))

    def collect_options(self, column: int) -> tuple[set[Number], bool, set[Number]]:
        """Return what a cell may print, whether it may be blank, and the figures that it may have lost."""
        printed = {figure for candidate, _ in self.pairs if (figure := candidate[column]) is not None}
        lost = {figures[column] for candidate, figures in self.pairs if candidate[column] is None and figures[column]}
        return printed, any(candidate[column] is None for candidate, _ in self.pairs), lost


class Solved(Struct, frozen=True):
    """What solves some open rows, whose indexes are `rows`: every solution, or None where there are too many.

    `equations` are the identities that the rows are in.
    """

    rows: tuple[int, ...]
    solutions: list[Solution] | None
    equations: tuple[Equation, ...]


class _Domain(Struct, frozen=True):
    """The candidates of one row by their figures, and the cost of those figures: how many are lost, cheapest first."""

    costs: tuple[tuple[int, RowFigures], ...]
    candidates: Mapping[RowFigures, Sequence[Candidate]]

    @property
    def least_cost(self) -> int:
        return self.costs[0][0]

    def to_printed(self, slots: tuple[Slot, ...]) -> PrintedRow:
        """Return the row as a variable of the search."""
        return PrintedRow(tuple(Choice(cost, figures, slots) for cost, figures in self.costs))

    def select(self, rows: Iterable[RowFigures]) -> Candidates:
        """Return the candidates with these figures."""
        return Candidates(
            tuple((candidate, figures) for figures in sorted(rows) for candidate in self.candidates[figures])
        )


def find_candidates(
    rows: Sequence[AmbiguousRow],
    known: Mapping[str, Number | None],
    checks: Sequence[Check],
    open_rows: Sequence[PrintedRow] = (),
) -> tuple[list[Candidates], list[Solved]]:
    """List for each row the candidates that satisfy the identities together with the known figures.

    `known` gives the figures of the other rows by address, 0 for a blank one and None for one that could
    not be read. Where the identities between rows allow no candidate at all the report itself is wrong, and a
    row is judged alone. A candidate that supposes a lost figure or a lost blank cell needs the identities of every
    column to confirm it, and so does every candidate of a row with one figure in each text: nobody knows what a lost
    cell held. Otherwise all candidates of the row are listed. Also returns what solves the `open_rows`, whose places in
    the form are searched together with the figures of the rows.
    """
    splits = [list_candidates(row) for row in rows]
    domains = {index: _make_domain(rows[index], split, checks) for index, split in enumerate(splits) if split}
    printed = [*(domain.to_printed(rows[index].slots) for index, domain in domains.items()), *open_rows]
    equations = make_equations(printed, known, checks)
    indexes = list(domains)
    found = [Candidates((), too_many=split is None) for split in splits]
    solved: list[Solved] = []
    for numbers, own in part_rows(printed, equations):
        solutions = solve([printed[number] for number in numbers], own)
        if any(number >= len(indexes) for number in numbers):
            in_part = [n for n, number in enumerate(numbers) if number >= len(indexes)]
            places = None if solutions is None else [tuple(one[n] for n in in_part) for one in solutions]
            solved.append(Solved(tuple(numbers[n] - len(indexes) for n in in_part), places, tuple(own)))
        for position, number in enumerate(numbers):
            if number < len(indexes):
                index = indexes[number]
                chosen = {one[position].figures for one in solutions or ()}
                found[index] = _select_candidates(rows[index], domains[index], chosen, own)
    return found, solved


def list_candidates(row: AmbiguousRow) -> list[Candidate] | None:
    """List every way to split the texts of a row into figures; None where there are too many."""
    found = [tuple(one) for one in islice(_split_row(row), _MAX_CANDIDATES + 1)]
    return found if len(found) <= _MAX_CANDIDATES else None


def _select_candidates(
    row: AmbiguousRow, domain: _Domain, chosen: AbstractSet[RowFigures], equations: Sequence[Equation]
) -> Candidates:
    """Select the candidates of a row that solve the equations, or all where they are not sure."""
    confirmed = all(any(slot.address in equation.factors for equation in equations) for slot in row.slots)
    cheapest = domain.select({figures for cost, figures in domain.costs if not cost}).pairs
    is_whole = bool(cheapest) and all(None not in candidate for candidate, _ in cheapest)
    is_sufficient = is_whole and not row.one_figure_each
    if chosen and (is_sufficient or confirmed):
        return domain.select(chosen)
    highest = 0 if is_sufficient else _INCONSISTENT_COST
    return domain.select({figures for cost, figures in domain.costs if cost <= highest})


def _make_domain(row: AmbiguousRow, listed: Sequence[Candidate], checks: Sequence[Check]) -> _Domain:
    """Complete the candidates of one row."""
    equations = make_row_equations(checks, row.slots)
    costs: dict[RowFigures, int] = {}
    candidates: dict[RowFigures, list[Candidate]] = {}
    for candidate in listed:
        mixed = _MIXED_COST * _is_mixed(candidate, row)
        for cost, figures in _complete(candidate, equations):
            cost = min(cost + mixed, _INCONSISTENT_COST)  # noqa: PLW2901  # the cost in this row
            costs[figures] = min(cost, costs.get(figures, cost))
            candidates.setdefault(figures, []).append(candidate)
    return _Domain(tuple(sorted((cost, figures) for figures, cost in costs.items())), candidates)


def _is_mixed(candidate: Candidate, row: AmbiguousRow) -> bool:
    """Tell whether a candidate splits one of several texts: as likely, a figure is lost, and its cell with it."""
    figures = len(candidate) - candidate.count(None)
    return len(row.texts) > 1 and figures > len(row.texts)


def is_consistent(slots: Sequence[Slot], figures: Sequence[Number], checks: Sequence[Check]) -> bool:
    """Tell whether a row of figures satisfies the identities within it, of which there is at least one."""
    equations = make_row_equations(checks, slots)
    return bool(equations) and not any(evaluate(equation, figures) for equation in equations)


def _complete(candidate: Candidate, equations: Sequence[dict[int, int]]) -> Iterator[tuple[int, RowFigures]]:
    """Give the figures of a candidate with their cost.

    Its blanks are 0 if the identities hold so; else there is one for each way to fill one blank so that they hold.
    Identities of nothing but zeros say nothing of a figure beside them.
    """
    blanks_as_zero = tuple(figure or 0 for figure in candidate)
    broken = [equation for equation in equations if evaluate(equation, blanks_as_zero)]
    if not broken:
        is_judged = any(blanks_as_zero[column] for equation in equations for column in equation)
        yield 0 if is_judged or not equations or not any(blanks_as_zero) else _INCONSISTENT_COST, blanks_as_zero
        return
    completed = False
    for column in (column for column, figure in enumerate(candidate) if figure is None):
        for equation in broken:
            factor = equation.get(column, 0)
            if not factor:
                continue
            lost = -evaluate(equation, blanks_as_zero) / factor
            figures = (*blanks_as_zero[:column], int(lost), *blanks_as_zero[column + 1 :])
            if lost > 0 and lost == int(lost) and not any(evaluate(other, figures) for other in equations):
                completed = True
                yield 1, figures
    if not completed:
        yield _INCONSISTENT_COST, blanks_as_zero


def _split_row(row: AmbiguousRow) -> Iterator[list[Number | None]]:
    """Split the texts into figures in every way that their number and their characters allow."""
    texts = [re.sub(r"\s+", "", unicodedata.normalize("NFKC", mark_notes(text))) for text in row.texts]
    yield from _split_texts(texts, row.slots, row.reading, one_figure_each=row.one_figure_each)


def _split_texts(
    texts: Sequence[str], slots: Sequence[Slot], reading: Reading, *, one_figure_each: bool
) -> Iterator[list[Number | None]]:
    if not texts:
        yield [None] * len(slots)
        return
    if not slots:
        return
    first, rest = texts[0], texts[1:]
    if not first or first in reading.blanks:
        for tail in _split_texts(rest, slots[1:], reading, one_figure_each=one_figure_each):
            yield [None, *tail]
    else:
        for size in range(len(first) if one_figure_each else 1, len(first) + 1):
            figure = _parse_figure(first[:size], slots[0], reading)
            if figure is not None:
                after = [first[size:], *rest] if first[size:] else rest
                for tail in _split_texts(after, slots[1:], reading, one_figure_each=one_figure_each):
                    yield [figure, *tail]
    if len(slots) > len(texts):
        for tail in _split_texts(texts, slots[1:], reading, one_figure_each=one_figure_each):
            yield [None, *tail]


def _parse_figure(text: str, slot: Slot, reading: Reading) -> Number | None:
    """Return digits as one figure of the slot, or None where it cannot be written so."""
    if slot.value_type.name == "money":
        match = re.fullmatch(rf"((?:0|[1-9]\d*)(?:\.\d{{1,{_MAX_DECIMALS}}})?)(?:{reading.units})?", text)
        return Decimal(match[1]) if match else None
    sign = "-?" if slot.value_type.name == "change" else ""
    match = re.fullmatch(rf"({sign})(0|[1-9]\d*)(?:{reading.units})?", text)
    return int(match[1] + match[2]) if match and match[0] != "-0" else None
