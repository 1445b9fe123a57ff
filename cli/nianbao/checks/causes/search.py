"""Choose the causes of broken equations among all hypotheses: one if the evidence leaves only one, else several."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from nianbao.checks.causes import slips
from nianbao.checks.causes.components import find_independent, group_connected
from nianbao.checks.causes.evidence import Equation, Known
from nianbao.checks.causes.hypotheses import Hypothesis, list_moves, propose_figures, propose_rows
from nianbao.model.report import Number

_MOST_BROKEN = 60  # equations; a file with more is wrong as a whole, and each is told by itself
_MOST_PAIRS = 40_000  # changes of two figures that are tried


class Cause(Struct, frozen=True):
    """Why some equations do not hold: the hypotheses, the likeliest first.

    It `is_certain` if the first is the only one that agrees with all that is known.
    """

    equations: tuple[Equation, ...]
    hypotheses: tuple[Hypothesis, ...]
    is_certain: bool = False


def find_causes(known: Known) -> Iterator[Cause]:
    """Find the causes of all broken equations of a report."""
    broken = [one for one in known.equations if one.is_equality and not one.holds]
    told: set[Equation] = set()
    for cause in _explain(known, broken) if 0 < len(broken) <= _MOST_BROKEN else ():
        yield _add_equations(known, cause, told)
    for equation in broken:  # those that depend on several causes, or that are too many
        if equation.is_internal and equation not in told:
            told.add(equation)
            yield Cause((equation,), ())
    yield from _explain_by_last_year(known, told)


def _add_equations(known: Known, cause: Cause, told: set[Equation]) -> Cause:
    """Add to a cause what its likeliest hypothesis mends besides, and note all as told."""
    mended = cause.hypotheses[0].outcome.mended if cause.hypotheses else ()
    told.update(cause.equations)
    more = [one for one in known.sort(mended) if one not in told]
    told.update(more)
    return Cause((*cause.equations, *more), cause.hypotheses, cause.is_certain)


def _explain(known: Known, broken: Sequence[Equation]) -> Iterator[Cause]:
    """Explain broken equations: all by one cause, else by wrong rows, else the internal ones group by group."""
    independent = set(find_independent([one for one in known.equations if one.is_equality]))
    pool = [one for one in broken if one in independent]
    left = [one for one in broken if one.is_internal and one in independent]
    for wanted in (pool, left) if left and len(pool) > len(left) else ([left] if left else []):
        if found := _propose_all(known, wanted):
            yield _choose(known, wanted, found)
            return
    while rows := [one for one in propose_rows(known, pool) if len(one.outcome.mended.intersection(pool)) > 1]:
        most = max(len(one.outcome.mended.intersection(pool)) for one in rows)
        best = next(one for one in rows if len(one.outcome.mended.intersection(pool)) == most)
        mended = [one for one in pool if one in best.outcome.mended]
        mended.sort(key=lambda one: not one.is_internal)
        whole = all(set(group) <= set(mended) or set(group).isdisjoint(mended) for group in group_connected(left))
        found = [one for one in rows if one.outcome.mended.issuperset(mended)]
        yield _choose(known, mended, found, may_be_certain=whole)
        pool = [one for one in pool if one not in mended]
        left = [one for one in left if one not in mended]
    for group in group_connected(left):
        yield from _explain_group(known, group)


def _propose_all(known: Known, broken: Sequence[Equation]) -> list[Hypothesis]:
    """List the hypotheses that explain all of some equations; each change once."""
    rows = (one for one in propose_rows(known, broken) if one.outcome.mended.issuperset(broken))
    found = {frozenset(one.values.items()): one for one in rows if len(one.values) > 1}
    return [*propose_figures(known, broken), *found.values()]


def _explain_group(known: Known, broken: Sequence[Equation]) -> Iterator[Cause]:
    """Explain connected equations by one figure, else by two, else each by itself."""
    if found := _propose_all(known, broken):
        yield _choose(known, broken, found)
        return
    pairs = _propose_pairs(known, broken)
    causes = _split_pair(broken, *pairs[0]) if len(pairs) == 1 else []
    if causes:
        yield from causes
        return
    rest = list(broken)
    while rest:
        group = max((_list_mended(rest, cell) for cell in rest[0].factors), key=len)
        yield _choose(known, group, list(propose_figures(known, group)), may_be_certain=False)
        rest = [one for one in rest if one not in group]


def _list_mended(broken: Sequence[Equation], cell: str) -> list[Equation]:
    """List the equations that hold with the value of a figure that the first of them needs."""
    first, factor = broken[0], broken[0].factors[cell]
    return [one for one in broken if cell in one.factors and one.gap * factor == first.gap * one.factors[cell]]


def _propose_pairs(known: Known, broken: Sequence[Equation]) -> list[tuple[Hypothesis, Hypothesis]]:
    """List the pairs of figures that explain connected equations which no single one explains; at most two pairs.

    One of the two alone mends one of the equations, or it would not matter which of them changed.
    """
    found: dict[frozenset[str], tuple[Hypothesis, Hypothesis]] = {}
    tried = 0
    for move in dict.fromkeys(move for one in broken for move in list_moves(known, one)):
        deltas = dict([move])
        outcome = known.judge(deltas)
        rest = [one for one in known.sort((*broken, *outcome.spoilt)) if one.is_internal and not one.would_hold(deltas)]
        first = min(rest, key=lambda one: len(one.factors), default=None)
        for cell in first.factors if first else ():
            tried += 1
            gap = first.left.add(deltas) - first.right.add(deltas) if first else 0
            if cell == move[0] or tried > _MOST_PAIRS or not all(cell in one.factors for one in rest):
                continue
            second = -gap * first.factors[cell] if first and abs(first.factors[cell]) == 1 else None
            if second is None or not known.is_possible(cell, known.report.figures[cell] + second):
                continue
            both = known.judge(deltas | {cell: second})
            if both.keeps_sums and both.mended.issuperset(broken):
                one, other = _set_figure(known, *move), _set_figure(known, cell, second)
                found.setdefault(frozenset((one.address, other.address)), (one, other))
            if len(found) > 1:
                return list(found.values())
    return list(found.values())


def _set_figure(known: Known, cell: str, delta: Number) -> Hypothesis:
    return Hypothesis("figure", {cell: known.report.figures[cell] + delta}, (cell,), known.judge({cell: delta}))


def _split_pair(broken: Sequence[Equation], one: Hypothesis, other: Hypothesis) -> list[Cause]:
    """Make the causes of two figures: each has the equations that it alone is in, and one of them the common ones.

    None if one of them is left without an equation.
    """
    first = [equation for equation in broken if one.address in equation.factors]
    second = [equation for equation in broken if equation not in first]
    if not first or not second:
        return []
    causes = []
    for hypothesis, other_address, equations in ((one, other.address, first), (other, one.address, second)):
        own = [one for one in broken if hypothesis.address in one.factors and other_address not in one.factors]
        causes.append(Cause(tuple(equations), (hypothesis,), len(own) > 1))
    return causes


def _choose(
    known: Known, broken: Sequence[Equation], found: Sequence[Hypothesis], *, may_be_certain: bool = True
) -> Cause:
    """Make the cause of equations: drop what last year's report contradicts, and sort the likeliest to the front.

    It is certain if one is left that the prose does not contradict, or if only one agrees with prose or relations
    that the figures as they are do not agree with.
    """
    left = [one for one in found if one.outcome.keeps_last_year] or list(found)
    left.sort(key=lambda one: _rank(known, one))
    confirmed = [one for one in left if one.outcome.is_confirmed]
    only = confirmed if len(confirmed) == 1 else left
    if may_be_certain and len(only) == 1 and _is_certain(broken, only[0]):
        return Cause(tuple(broken), (only[0],), is_certain=True)
    return Cause(tuple(broken), tuple(left))


def _is_certain(broken: Sequence[Equation], best: Hypothesis) -> bool:
    """Return whether the only hypothesis that is left is certain.

    It is not where a total of 0 stands for parts that are not 0: one of them may have been split as well.
    """
    (first, *others) = broken
    may_be_blank = first.check.relation.total and not first.left.value and not others
    # Other changes are so many that the prose agrees with one of them by chance.
    told = len(broken) + (len(best.outcome.statements) if best.way == "rows-swapped" else 0)
    return best.is_only and not best.outcome.is_denied and not may_be_blank and told >= best.least


def _rank(known: Known, one: Hypothesis) -> tuple[int, int, float]:
    """Return a sort key: confirmed from outside, not contradicted, and a slip of the pen that people make."""
    mended = sum(not evidence.is_internal for evidence in one.outcome.mended)
    return -mended, len(one.outcome.spoilt), -slips.rate(known, one)


def _explain_by_last_year(known: Known, told: set[Equation]) -> Iterator[Cause]:
    """Explain what does not follow last year's report, once for each row."""
    groups: dict[tuple[str, str], list[Equation]] = {}
    for one in known.equations:
        if one.is_equality and not one.is_internal and not one.holds and one not in told:
            slots = one.check.left[0].slots
            row = slots[0].address.removesuffix(slots[0].column) if slots else ""
            groups.setdefault((one.check.relation.rule, row), []).append(one)
    for group in groups.values():
        group.sort(key=lambda one: one.check.relation.level != "error")
        found = _propose_all(known, group) if len(group) <= _MOST_BROKEN else []
        yield _add_equations(known, _choose(known, group, found, may_be_certain=False), told)
