r"""条目的序号重了、漏了或者颠倒了。

例如（一）之后又是（一），或者接着是（三），或者从（二）开始；“一是……三是……”也算。增删段落以后最容易忘记改序号。
自己写的标题（[headings]），序号与它在报告里的次序不合的也算。看哪些写法，由语言文件的 numbering 列出。
这是提醒，不妨碍生成。

不对:

    [prose]
    other = "（一）举办培训。\n\n（三）开展检查。"

对:

    [prose]
    other = "（一）举办培训。\n\n（二）开展检查。"
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from nianbao.checks.context import CheckContext
from nianbao.checks.stated.numerals import read_number
from nianbao.checks.wording import find_place, shorten
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.locale.text_formats import TextFormats
from nianbao.model.wordings.patterns import compile_pattern

LEVEL = "warning"
SCOPE = "texts"

_BEFORE = " \t\n。；：，"  # what may stand before a number
_AFTER = 12  # characters behind a number that are quoted


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every number of an item that does not follow the one before."""
    written = context.report.form.locale.text
    for section, text in context.texts.items():
        for match, before in _find_wrong_numbers(text, written):
            words = text[match.start() : match.end() + _AFTER].lstrip(_BEFORE).partition("\n")[0]
            address, place = find_place(context, section, words)
            if before:
                message = _("number-does-not-follow", words=shorten(words), before=before.lstrip(_BEFORE))
            else:
                message = _("number-is-not-first", words=shorten(words))
            yield context.make_finding(address, message, place=place)
    yield from _judge_headings(context)


def _judge_headings(context: CheckContext) -> Iterator[Finding]:
    """Find headings of the data file with another number than the form has for their section, or with none."""
    report, written = context.report, context.report.form.locale.text
    if not report.headings:
        return
    headings = {one.id: (one.heading, report.headings.get(one.id, one.heading)) for one in report.form.sections}
    numbers = [number for _form, own in headings.values() if (number := _read_heading(own, written)[0])]
    if all(after == before + 1 for before, after in pairwise(numbers)) and len(numbers) == len(headings):
        return  # an order of its own
    for section, (of_form, own) in headings.items():
        number, words = _read_heading(of_form, written)
        if number and section in report.headings and _read_heading(own, written)[0] != number:
            message = _("heading-number-differs", heading=shorten(own), number=words)
            yield context.make_finding(f"headings.{section}", message)


def _read_heading(heading: str, written: TextFormats) -> tuple[int, str]:
    """Read the number with which a heading begins, and its words; 0 where it has none."""
    for match in filter(None, (compile_pattern(pattern).match(heading) for pattern in written.numbering)):
        return read_number(match[1], written), match[0].strip()
    return 0, ""


def _find_wrong_numbers(text: str, written: TextFormats) -> Iterator[tuple[re.Match[str], str]]:
    """Find the first wrong number of each way of writing, and the words of the number before it."""
    found = [
        (match.start(), style, match, read_number(match[1], written))
        for style, pattern in enumerate(written.numbering)
        for match in compile_pattern(pattern).finditer(text)
    ]
    last: dict[int, tuple[int, str]] = {}
    told: set[int] = set()
    met: set[int] = set()
    for _start, style, match, number in sorted(found, key=lambda one: one[:2]):
        before, words = last.get(style, (0, ""))
        is_first = style not in met and number > 1 and written.numbering[style].startswith("^")
        met.add(style)
        starts_again = number == 1 and before != 1  # another list
        is_wrong = words and number != before + 1 and not starts_again
        if (is_wrong or is_first) and style not in told:
            told.add(style)
            yield match, words
        last = {one: value for one, value in last.items() if one <= style} | {style: (number, match[0])}
