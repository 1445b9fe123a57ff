"""Judge the figures of a text among themselves: balances, shares, lists of parts, and changes from last year."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

from nianbao.checks.context import CheckContext
from nianbao.checks.stated import parts
from nianbao.checks.stated.section_reading import SectionReading, StatedFigure
from nianbao.checks.wording import add_up_claim, find_place, shorten
from nianbao.model.finding import Finding, Level
from nianbao.model.i18n import _
from nianbao.model.report import Report
from nianbao.model.text_rules import Balance, Share, parse_sum
from nianbao.model.value_types import format_number
from nianbao.model.wordings.patterns import compile_pattern

WHOLE_PERCENT = 100


def judge(
    context: CheckContext, readings: list[SectionReading], figures: list[StatedFigure], wrong: set[int]
) -> Iterator[Finding]:
    """Find what does not add up; `wrong` has the figures that differ from the tables."""
    yield from _judge_sentences(context, figures, wrong)
    for _key, group in groupby(figures, key=lambda figure: figure.sentence.section):
        group_figures = list(group)
        for share in context.report.form.text_rules.shares:
            if not share.part:
                yield from _find_wrong_shares(context, group_figures, share)
    for reading in readings:
        own = (figure for figure in figures if figure.sentence.section == reading.section)
        yield from parts.judge(context, reading, {figure.position for figure in own if id(figure) not in wrong})


def _judge_sentences(context: CheckContext, figures: list[StatedFigure], wrong: set[int]) -> Iterator[Finding]:
    text_rules = context.report.form.text_rules
    for _key, group in groupby(figures, key=lambda figure: figure.sentence):
        group_figures = list(group)
        # If all agree with the table, only the balance of the table is judged.
        if any(id(figure) in wrong for figure in group_figures):
            yield from _find_broken_balances(context, group_figures, text_rules.balances)
        for share in text_rules.shares:
            if share.part:
                yield from _find_wrong_shares(context, group_figures, share)
        yield from _find_wrong_changes(context, group_figures, wrong)


def _find_broken_balances(
    context: CheckContext, group_figures: list[StatedFigure], balances: tuple[Balance, ...]
) -> Iterator[Finding]:
    for balance in balances:
        named = {figure for side in balance.holds.split("=") for _, figure in parse_sum(side)}
        values = {figure.claim.id: figure.value for figure in reversed(group_figures) if figure.claim.id in named}
        if named == set(values) and not any(_is_balanced(text, values) for text in (balance.holds, *balance.or_else)):
            words = {figure.claim.id: figure for figure in reversed(group_figures)}
            parts = [
                " + ".join(format_number(values[figure]) for _, figure in parse_sum(side))
                + f" = {format_number(_add_up_side(side, values))}"
                for side in balance.holds.split("=")
            ]
            message = _("figures-in-sentence-disagree", left=parts[0], right=parts[1])
            notes = tuple(f"“{shorten(words[figure].words)}”" for figure in values)
            yield _make_finding(context, group_figures[0], message, group_figures[0].words, notes=notes)


def _is_balanced(text: str, values: dict[str, Decimal]) -> bool:
    left, right = text.split("=")
    return _add_up_side(left, values) == _add_up_side(right, values)


def _add_up_side(side: str, values: dict[str, Decimal]) -> Decimal:
    return sum((sign * values[figure] for sign, figure in parse_sum(side)), start=Decimal(0))


def _find_wrong_shares(context: CheckContext, group_figures: list[StatedFigure], share: Share) -> Iterator[Finding]:
    values = {figure.claim.id: figure.value for figure in reversed(group_figures)}
    known_wholes = [text for text in share.whole if all(figure in values for _, figure in parse_sum(text))]
    wholes = [whole for text in known_wholes if (whole := _add_up_side(text, values))]
    if not wholes or (share.part and share.part not in values):
        return
    for sentence in dict.fromkeys(figure.sentence for figure in group_figures):
        for match in (match for text in share.says for match in compile_pattern(text).finditer(sentence.text)):
            *own_numbers, written = map(Decimal, match.groups())
            part = values[share.part] if share.part else own_numbers[0]
            rates = [100 * part / whole for whole in wholes]
            if not any(is_written_as(rate, written) for rate in rates):
                right = _("or-between-figures").join(f"{rate.quantize(Decimal('0.01'))}%" for rate in rates)
                notes = tuple(f"{format_number(part)} ÷ {format_number(whole)}" for whole in wholes)
                message = _("text-differs-from-own-figures", words=shorten(sentence.quote(*match.span())), right=right)
                yield _make_finding(context, group_figures[0], message, sentence.quote(*match.span()), notes=notes)


def is_written_as(rate: Decimal, written: Decimal) -> bool:
    """Return whether a percentage may be written so: rounded or cut off, but 100 only if it is exactly 100."""
    exponent = written.as_tuple().exponent
    unit = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    if WHOLE_PERCENT in (written, rate):
        return rate == written
    return 0 <= rate - written < unit or abs(rate - written) <= unit / 2


# ── changes from last year ───────────────────────────────────────────────────────────


def _find_wrong_changes(context: CheckContext, figures: list[StatedFigure], wrong: set[int]) -> Iterator[Finding]:
    """Find phrases that compare a figure with last year's, which last year's report does not bear out."""
    previous = context.report.previous
    for change in context.report.form.text_rules.changes if previous else ():
        text = figures[0].sentence.text
        for match in (match for says in change.says for match in compile_pattern(says).finditer(text)):
            figure = _find_compared(context.report, figures, match.start())
            thens = _list_previous(context.report, previous, figure) if figure and previous else []
            if not figure or not thens:
                continue
            written, sign = Decimal(match[1]), -1 if change.down else 1
            rights = [right for then in thens if (right := _compare(change.of, figure.value, then, sign)) is not None]
            if rights and not any(
                is_written_as(right, written) if change.of == "percent" else right == written for right in rights
            ):
                words = figure.sentence.quote(*match.span())
                right_words = _("or-between-figures").join(dict.fromkeys(_format(right, change.of) for right in rights))
                message = _("change-differs", words=shorten(words), right=right_words)
                notes = tuple(
                    _("figure-then-was", then=format_number(then), now=format_number(figure.value)) for then in thens
                )
                is_certain = figure.certain and id(figure) not in wrong and len(thens) == 1
                yield _make_finding(context, figure, message, words, notes=notes, level=None if is_certain else "note")


def _find_compared(report: Report, figures: list[StatedFigure], position: int) -> StatedFigure | None:
    """Find the figure that a comparison at a position is about: the last one before it, in the same part."""
    before = [figure for figure in figures if figure.start < position]
    is_near = before and not report.form.locale.part_end.search(before[-1].sentence.text, before[-1].start, position)
    return before[-1] if is_near else None


def _list_previous(report: Report, previous: Report, figure: StatedFigure) -> list[Decimal]:
    """List what last year's report has for the sums that a figure is equal to; for all if it is equal to none."""
    equal = [text for text in figure.claim.equals if add_up_claim(report, text) == figure.value]
    known = [text for text in equal or figure.claim.equals if _has_addresses(previous, text)]
    sums = [add_up_claim(previous, text) for text in known]
    return list(dict.fromkeys(Decimal(total) for total in sums if total is not None))


def _has_addresses(report: Report, text: str) -> bool:
    return all("*" in path or path in report.form.value_types for _sign, path in parse_sum(text))


def _compare(of: str, now: Decimal, then: Decimal, sign: int) -> Decimal | None:
    """Return the number that a comparison should have; None where there was nothing to grow."""
    if of == "figure":
        return then
    if of == "difference":
        return sign * (now - then)
    return sign * 100 * (now - then) / then if then else None


def _format(number: Decimal, of: str) -> str:
    return f"{number.quantize(Decimal('0.01'))}%" if of == "percent" else format_number(number)


def _make_finding(  # noqa: PLR0913, PLR0917  # the fields of a finding
    context: CheckContext,
    figure: StatedFigure,
    message: str,
    words: str,
    notes: tuple[str, ...] = (),
    level: Level | None = None,
) -> Finding:
    address, place = find_place(context, figure.sentence.section, words)
    return context.make_finding(address, message, level=level, notes=notes, place=place)
