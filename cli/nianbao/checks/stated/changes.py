"""Judge how a text compares figures with last year's."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from re import Match

from nianbao.checks.context import CheckContext
from nianbao.checks.stated.choices import Wrong
from nianbao.checks.stated.rounding import is_written_as
from nianbao.checks.stated.section_reading import StatedFigure
from nianbao.checks.wording import add_up_claim, find_place, shorten
from nianbao.model.finding import Finding
from nianbao.model.i18n import N_, _
from nianbao.model.report import Number, Report
from nianbao.model.text_rules import parse_sum
from nianbao.model.value_types import format_number
from nianbao.model.wordings.patterns import compile_pattern
from nianbao.model.wordings.prose_context import Change

_BRACKETED = re.compile("[(\uff08][^(\uff08)\uff09]*[)\uff09]")
_NUMBER = re.compile(r"(?<![\d.])\d+(?:\.\d+)?")
_DIRECTIONS = {
    "difference": (N_("change-more"), N_("change-less")),
    "percent": (N_("change-grew"), N_("change-fell")),
}


def judge(context: CheckContext, figures: Sequence[StatedFigure], wrong: Wrong) -> Iterator[Finding]:
    """Find phrases of a sentence that compare a figure with last year's, which last year's report does not bear out."""
    previous = context.report.previous
    told: dict[int, list[Decimal]] = {}  # by figure: what the sentence has for last year's, where it is another number
    found = list(_find_changes(context.report, figures[0].sentence.text)) if previous else []
    spans = [match.span() for _change, match in found]
    for change, match in found:
        figure = _find_compared(context.report, figures, spans, match.start())
        thens = _list_previous(context.report, previous, figure) if figure and previous else []
        if not figure or not thens or _may_be_of_another(context.report, figures, figure, change, match):
            continue
        written, sign = Decimal(match[1]), -1 if change.down else 1
        nows = [figure.number, *map(Decimal, _list_nows(context.report, figure, wrong.get(id(figure), ())))]
        rights = _compare_all(change.of, nows[1:] or nows, thens)
        known = _compare_all(change.of, nows, [*thens, *told.get(id(figure), ())])
        if not rights or any(_is_right(change.of, sign * number, written) for number in known):
            continue
        if change.of == "figure":
            told.setdefault(id(figure), []).append(written)
        words = figure.sentence.quote(*match.span())
        unit = match[0][match.end(1) - match.start() :]
        right = _("or-between-figures").join(dict.fromkeys(_describe(change.of, number, unit) for number in rights))
        message = _("change-differs", words=shorten(words), right=right)
        notes = tuple(
            _("figure-then-was", then=format_number(then), now=format_number(figure.number)) for then in thens
        )
        is_certain = figure.certain and id(figure) not in wrong and len(thens) == 1
        address, place = find_place(context, figure.sentence.section, words)
        yield context.make_finding(address, message, level=None if is_certain else "note", notes=notes, place=place)


def _find_changes(report: Report, text: str) -> Iterator[tuple[Change, Match[str]]]:
    """Find the phrases that compare with the year before, and no other: first those with its figures."""
    rules, year = report.form.text_rules.changes, compile_pattern(report.form.locale.text.year)
    found: set[int] = set()  # where their numbers stand: several phrases may be found of one
    for change in sorted(rules, key=lambda one: one.of != "figure"):
        for match in (match for says in change.says for match in compile_pattern(says).finditer(text)):
            if match.start(1) not in found and {int(one) for one in year.findall(match[0])} <= {report.year - 1}:
                found.add(match.start(1))
                yield change, match


def _find_compared(
    report: Report, figures: Sequence[StatedFigure], spans: Sequence[tuple[int, int]], position: int
) -> StatedFigure | None:
    """Find the figure that a comparison at a position is about: the last number before it, in the same part.

    It is not one of a year, of another comparison (`spans`), or in brackets that are closed.
    """
    text = _BRACKETED.sub(_blank, figures[0].sentence.text[:position])
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:] if end <= position else text
    text = compile_pattern(report.form.locale.text.year).sub(_blank, text)
    last = next(reversed(list(_NUMBER.finditer(text))), None)
    if last is None or report.form.locale.part_end.search(text, last.start()):
        return None
    return next((figure for figure in figures if figure.start == last.start()), None)


def _may_be_of_another(
    report: Report, figures: Sequence[StatedFigure], compared: StatedFigure, change: Change, match: Match[str]
) -> bool:
    """Return whether a comparison is right of an earlier figure in the same part: that between may be an aside."""
    written = Decimal(match[1]) * (-1 if change.down else 1)
    for figure in (one for one in figures if one.start < compared.start):
        is_near = not report.form.locale.part_end.search(figure.sentence.text, figure.start, match.start())
        thens = _list_previous(report, report.previous, figure) if is_near and report.previous else []
        if any(_is_right(change.of, number, written) for number in _compare_all(change.of, [figure.number], thens)):
            return True
    return False


def _blank(match: Match[str]) -> str:
    return " " * len(match[0])


def _list_nows(report: Report, figure: StatedFigure, told: Sequence[Number]) -> Sequence[Number]:
    """List what the table has for a figure that is wrong, or that is rounded."""
    if told or figure.claim.power is None:
        return told
    sums = [add_up_claim(report, text) for text in figure.claim.equals]
    return [total for total in sums if total is not None and figure.agrees_with(total)]


def _list_previous(report: Report, previous: Report, figure: StatedFigure) -> list[Decimal]:
    """List what last year's report has for the sums that a figure is equal to; for all if it is equal to none."""
    sums = {text: add_up_claim(report, text) for text in figure.claim.equals}
    equal = [text for text, total in sums.items() if total is not None and figure.agrees_with(total)]
    known = [text for text in equal or figure.claim.equals if _has_addresses(previous, text)]
    thens = [add_up_claim(previous, text) for text in known]
    return list(dict.fromkeys(Decimal(total) for total in thens if total is not None))


def _has_addresses(report: Report, text: str) -> bool:
    return all("*" in path or path in report.form.value_types for _sign, path in parse_sum(text))


def _compare_all(of: str, nows: Sequence[Decimal], thens: Sequence[Decimal]) -> list[Decimal]:
    compared = [_compare(of, now, then) for now in nows for then in thens]
    return [number for number in compared if number is not None]


def _compare(of: str, now: Decimal, then: Decimal) -> Decimal | None:
    """Return the number that a comparison should have, negative for a fall; None where there was nothing to grow."""
    if of == "figure":
        return then
    if of == "difference":
        return now - then
    return 100 * (now - then) / then if then else None


def _is_right(of: str, number: Decimal, written: Decimal) -> bool:
    return is_written_as(number, written) if of == "percent" else number == written


def _describe(of: str, number: Decimal, unit: str) -> str:
    """Describe a change with its direction, in the unit in which the text has it."""
    if of == "figure":
        return f"{format_number(number)}{unit}"
    if not number:
        return _("change-none")
    shown = abs(number).quantize(Decimal("0.01")) if of == "percent" else abs(number)
    return _(_DIRECTIONS[of][number < 0], number=f"{format_number(shown)}{unit}")
