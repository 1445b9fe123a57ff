"""Judge whether the parts that a sentence lists add up to the figure before them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from itertools import accumulate

from msgspec import Struct

from nianbao.checks.context import CheckContext
from nianbao.checks.stated.choices import combine
from nianbao.checks.stated.section_reading import SectionReading
from nianbao.checks.wording import find_place
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.report import Number, Report
from nianbao.model.value_types import format_number
from nianbao.model.wordings.patterns import compile_pattern

_NEVER = "(?!)"
_LEAST_PARTS = 2
_REACH = 400  # characters of a list, or before one
_NEAR = 6  # characters between a figure and the words that begin the list of its parts
_OPEN, _CLOSE = "(\uff08", ")\uff09"
_BRACKETED = re.compile(rf"[{_OPEN}]([^{_OPEN}{_CLOSE}\n]{{1,200}})[{_CLOSE}]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class PartsList(Struct, frozen=True):
    """A list of parts: where the words before it begin, and its range. A complete one names every part."""

    position: int
    start: int
    end: int
    is_complete: bool


def judge(
    context: CheckContext,
    reading: SectionReading,
    right: AbstractSet[int],
    told: Mapping[int, Sequence[Number]],
) -> Iterator[Finding]:
    """Find lists of parts in a section that do not add up.

    `right` has the positions of figures that are right, `told` those that are wrong, with what they may be. Parts that
    are less than the whole are certainly wrong only in brackets: others may name some parts only.
    """
    text, words = reading.text, context.report.form.text_rules.parts
    number = compile_pattern(f"#({words.units})")
    for one in _find_lists(context.report, reading) if words.units else ():
        wholes = _find_wholes(reading, one, number)
        if not wholes:
            continue
        items = [match for match in number.finditer(text, one.start, one.end) if match[2] == wholes[-1][2]]
        if compile_pattern(words.open or _NEVER).search(text, one.start, one.end):
            continue
        if one.is_complete and len(items) < len(_NUMBER.findall(text, one.start, one.end)):
            continue
        if any(match.start(1) not in right and match.start(1) not in told for match in items):
            yield from _judge_items(context, reading, one, (wholes, items), told)


def _find_wholes(reading: SectionReading, one: PartsList, number: re.Pattern[str]) -> list[re.Match[str]]:
    """Find the figures of which a list may be, all in one unit.

    It is the one right before the list; if the list begins a sentence, any of those in the sentence before.
    """
    text, first = reading.text, reading.find_sentence_range(one.position)[0]
    if one.is_complete or text[first : one.position].strip():
        found = list(number.finditer(text, max(first, one.position - _REACH), one.position))[-1:]
        is_near = found and _is_followed_by_list(reading.report, text[found[0].end() : one.position], one)
        return found if is_near else []
    before = reading.find_sentence_range(max(0, first - 1))[0]
    before = max(before, text.rfind("\n", 0, first) + 1, one.position - _REACH)
    found = list(number.finditer(text, before, first))
    return [match for match in found if match[2] == found[-1][2]]


def _find_lists(report: Report, reading: SectionReading) -> Iterator[PartsList]:
    words, text = report.form.text_rules.parts, reading.text
    begins = list(compile_pattern(words.begin or _NEVER).finditer(text))
    starts = {match.start() for match in begins}
    stop = compile_pattern(f"{words.end or _NEVER}|{words.begin or _NEVER}|[{_CLOSE}]")
    for match in begins:
        last = reading.find_part_end(match.start())
        found = stop.search(text, match.end(), min(last, match.end() + _REACH))
        yield PartsList(match.start(), match.end(), found.start() if found else last, is_complete=False)
    for match in _BRACKETED.finditer(text):
        has_begin = any(position in starts for position in range(match.start(), match.end()))
        if not has_begin and not stop.search(text, *match.span(1)):
            yield PartsList(match.start(), *match.span(1), is_complete=True)


def _is_followed_by_list(report: Report, between: str, one: PartsList) -> bool:
    if one.is_complete:
        return not between
    has_end = report.form.locale.part_end.search(between) or any(mark in between for mark in _CLOSE)
    return len(between) <= _NEAR and not has_end


def _judge_items(
    context: CheckContext,
    reading: SectionReading,
    one: PartsList,
    found: tuple[list[re.Match[str]], list[re.Match[str]]],
    told: Mapping[int, Sequence[Number]],
) -> Iterator[Finding]:
    """Find items of which no first ones add up to a whole: what follows may be another list of its parts.

    They are right if they add up with what a wrong figure, which is reported already, may be.
    """
    wholes, items = found
    if len(items) < _LEAST_PARTS or any(_adds_up(whole, items, {}) or _adds_up(whole, items, told) for whole in wholes):
        return
    whole = wholes[-1]
    sums = list(accumulate(Decimal(item[1]) for item in items))
    count = _choose_count(sums, Decimal(whole[1]))
    made = " + ".join(item[1] for item in items[:count])
    message = _("parts-do-not-add-up", parts=made, sum=format_number(sums[count - 1]), whole=whole[1])
    words = reading.written.quote(whole.start(), items[count - 1].end())
    address, place = find_place(context, reading.section, words)
    is_certain = len(wholes) == 1 and (one.is_complete or sums[-1] > Decimal(whole[1]))
    yield context.make_finding(address, message, level=None if is_certain else "note", place=place)


def _adds_up(whole: re.Match[str], items: list[re.Match[str]], told: Mapping[int, Sequence[Number]]) -> bool:
    """Return whether some first items, at least two, add up to a whole, if wrong figures were what they may be."""
    totals = told.get(whole.start(1), (Decimal(whole[1]),))
    choices = [told.get(item.start(1), (Decimal(item[1]),)) for item in items]
    for values in combine(choices):
        if any(total in totals for total in list(accumulate(values))[_LEAST_PARTS - 1 :]):
            return True
    return False


def _choose_count(sums: list[Decimal], whole: Decimal) -> int:
    """Choose how many first items are meant as all parts: up to the whole, or one less where that comes nearer.

    What follows is another list then. If all are needed to come up to the whole, all are meant.
    """
    least = next((number for number, total in enumerate(sums, 1) if total >= whole), len(sums))
    if least in {len(sums), 1} or least - 1 < _LEAST_PARTS:
        return max(least, _LEAST_PARTS)
    return min(least, least - 1, key=lambda number: abs(sums[number - 1] - whole))
