"""Judge whether the parts that a sentence lists add up to the figure before them."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from nianbao.checks.context import CheckContext
from nianbao.checks.stated.section_reading import SectionReading
from nianbao.checks.wording import find_place
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.report import Report
from nianbao.model.value_types import format_number
from nianbao.model.wordings.patterns import compile_pattern

_NEVER = "(?!)"
_LEAST_PARTS = 2
_REACH = 400  # characters of a list, or before one
_NEAR = 6  # characters between a figure and the words that begin the list of its parts
_OPEN, _CLOSE = "(\uff08", ")\uff09"
_BRACKETED = re.compile(rf"[{_OPEN}]([^{_OPEN}{_CLOSE}\n]{{1,200}})[{_CLOSE}]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class PartsList:
    """A list of parts: where the words before it begin, and its range. A complete one names every part."""

    position: int
    start: int
    end: int
    is_complete: bool


def judge(context: CheckContext, reading: SectionReading, right: AbstractSet[int]) -> Iterator[Finding]:
    """Find lists of parts in a section that do not add up; `right` has the positions of figures that are right.

    Parts that are less than the whole are certainly wrong only in brackets: others may name some parts only.
    """
    text, words = reading.text, context.report.form.text_rules.parts
    number = compile_pattern(f"#({words.units})")
    for one in _find_lists(context.report, reading) if words.units else ():
        first = max(reading.find_sentence_range(one.position)[0], one.position - _REACH)
        whole = next(reversed(list(number.finditer(text, first, one.position))), None)
        if whole is None or not _is_followed_by_list(context.report, text[whole.end() : one.position], one):
            continue
        items = [match for match in number.finditer(text, one.start, one.end) if match[2] == whole[2]]
        if compile_pattern(words.open or _NEVER).search(text, one.start, one.end):
            continue
        if one.is_complete and len(items) < len(_NUMBER.findall(text, one.start, one.end)):
            continue
        if any(match.start(1) not in right for match in items):
            yield from _judge_items(context, reading, whole, items, is_complete=one.is_complete)


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
    whole: re.Match[str],
    items: list[re.Match[str]],
    *,
    is_complete: bool,
) -> Iterator[Finding]:
    """Find items of which no first ones add up to the whole: what follows may be another list of its parts."""
    total = Decimal(whole[1])
    sums = list(accumulate(Decimal(item[1]) for item in items))
    if len(items) < _LEAST_PARTS or total in sums[_LEAST_PARTS - 1 :]:
        return
    count = min(range(_LEAST_PARTS, len(items) + 1), key=lambda number: abs(sums[number - 1] - total))
    made = " + ".join(item[1] for item in items[:count])
    message = _("parts-do-not-add-up", parts=made, sum=format_number(sums[count - 1]), whole=whole[1])
    words = reading.written.quote(whole.start(), items[count - 1].end())
    address, place = find_place(context, reading.section, words)
    is_certain = is_complete or sums[-1] > total
    yield context.make_finding(address, message, level=None if is_certain else "note", place=place)
