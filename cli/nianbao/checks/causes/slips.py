"""Slips of the pen that turn one figure into another: why a figure may be the wrong one of several."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice

from nianbao.checks.causes.evidence import Equation, Known, Statement
from nianbao.checks.causes.hypotheses import Hypothesis
from nianbao.checks.wording import shorten
from nianbao.model.i18n import N_, _
from nianbao.model.report import Number

_FACTORS = (100, 1000, 10_000)
_ROW_LEFT_OUT, _CARRIED_SWAPPED, _OTHER_WAY = 3.5, 5, 1.2  # only one gap fits a swap, and any gap a wrong digit
_MOST_QUOTED = 2  # statements of the prose
_TWO_DIGITS = 10  # figures of one digit differ by one digit anyway, and are the same as others by chance
# How much a slip says, where it says less than that digits are nearly the same.
_WEIGHTS = {"slip-last-years-figure": 2, "slip-neighbours-figure": 1}
Slip = tuple[str, dict[str, str | int]]  # the key of its words, and their values


def rate(known: Known, hypothesis: Hypothesis) -> float:
    """Rate how likely a change is: a known slip before any other, a figure that is not 0 before one that is.

    Each further reason counts, too.
    """
    if hypothesis.way == "rows-swapped" and hypothesis.address in (row.address for row, _source in known.rows.carried):
        return _CARRIED_SWAPPED
    if hypothesis.way != "figure":
        was_there = any(True for _slip in _list_slips_of_rows(known, hypothesis))
        return _ROW_LEFT_OUT + 2 * was_there if hypothesis.way == "row-left-out" else _OTHER_WAY
    now = known.report.figures[hypothesis.address]
    weights = [_WEIGHTS.get(key, 3) for key, _values in _list_slips(known, hypothesis)]
    slips = max(weights, default=0) + max(0, len(weights) - 1)  # of two likely slips, the one with more reasons
    if not now and hypothesis.address in known.report.form.totals:  # a total that was not filled in
        slips += 3
    written = 0.5 if hypothesis.address in known.rows.written else 0
    return slips + (1 if now else written) + (0.5 if len(known.list_evidence(hypothesis.address)) > 1 else 0)


def describe(known: Known, hypothesis: Hypothesis, mended: Sequence[Equation] = ()) -> str:
    """Say why a change may be the cause, besides that it mends some equations; empty if nothing else speaks for it."""
    reasons = [*_list_confirmations(known, hypothesis, mended)]
    find = _list_slips if hypothesis.way == "figure" else _list_slips_of_rows
    reasons += [_(key, **values) for key, values in islice(find(known, hypothesis), 2)]
    return _("clause-separator").join(reasons)


def _list_confirmations(known: Known, hypothesis: Hypothesis, mended: Sequence[Equation]) -> Iterator[str]:
    """List the evidence from outside the sums that speaks for a change or against it."""
    for key, changed in (
        (N_("prose-says-so"), hypothesis.outcome.mended),
        (N_("prose-says-as-is"), hypothesis.outcome.spoilt),
    ):
        words = [one.figure.words for one in known.statements if one in changed]
        longest = [one for one in dict.fromkeys(words) if not any(one in other != one for other in words)]
        yield from (_(key, words=shorten(one)) for one in longest[:_MOST_QUOTED])
    if any(_follows(one) for one in hypothesis.outcome.mended.difference(mended)) and known.report.previous:
        yield _("then-follows-last-year", file=known.report.previous.facts.file)


def _follows(one: Equation | Statement) -> bool:
    return isinstance(one, Equation) and one.check.uses_previous


def _list_slips(known: Known, hypothesis: Hypothesis) -> Iterator[Slip]:
    """List the slips that make the figure in the file of the one that is needed."""
    cell = hypothesis.address
    now, needed = known.report.figures[cell], hypothesis.values[cell]
    if now and needed == -now:
        yield N_("slip-sign-lost"), {}
    digits, wanted = (str(abs(value)).lstrip("0") for value in (now, needed))
    if now and needed and now != -needed:
        yield from _compare_digits(digits, wanted)
        yield from _compare_size(now, needed)
    previous = known.report.previous
    if now >= _TWO_DIGITS and previous and previous.figures.get(cell) == now and cell in previous.form.slots:
        yield N_("slip-last-years-figure"), {"file": previous.facts.file}
    row = known.rows.by_cell[cell]
    at = row.cells.index(cell)
    beside = [row.cells[position] for position in (at - 1, at + 1) if 0 <= position < len(row.cells)]
    if now and any(known.report.figures.get(other) == now for other in beside):
        yield N_("slip-neighbours-figure"), {}


def _list_slips_of_rows(known: Known, hypothesis: Hypothesis) -> Iterator[Slip]:
    """List what speaks for a row that was left out: last year's report has it."""
    previous = known.report.previous
    if hypothesis.way == "row-left-out" and previous and any(map(previous.figures.get, hypothesis.values)):
        yield N_("row-not-zero-last-year"), {"file": previous.facts.file}


def _compare_digits(digits: str, wanted: str) -> Iterator[Slip]:
    if max(len(digits), len(wanted)) == 1:
        return
    if sorted(digits) == sorted(wanted):
        yield N_("slip-digits-swapped"), {}
    elif len(digits) == len(wanted) and sum(one != other for one, other in zip(digits, wanted, strict=True)) == 1:
        yield N_("slip-one-digit"), {}
    elif any(digits[:at] + digits[at + 1 :] == wanted for at in range(len(digits))):
        yield N_("slip-digit-added"), {}
    elif any(wanted[:at] + wanted[at + 1 :] == digits for at in range(len(wanted))):
        yield N_("slip-digit-lost"), {}


def _compare_size(now: Number, needed: Number) -> Iterator[Slip]:
    for factor in _FACTORS:
        if Decimal(now) == Decimal(needed) * factor or Decimal(now) * factor == needed:
            yield N_("slip-factor"), {"factor": factor}
