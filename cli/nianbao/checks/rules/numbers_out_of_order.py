r"""条目的序号重了、漏了或者颠倒了。

例如（一）之后又是（一），或者接着是（三）；“一是……三是……”也算。增删段落以后最容易忘记改序号。
看哪些写法，由语言文件的 numbering 列出。这是提醒，不妨碍生成。

不对:

    [prose]
    other = "（一）举办培训。\n\n（三）开展检查。"

对:

    [prose]
    other = "（一）举办培训。\n\n（二）开展检查。"
"""

import re
from collections.abc import Iterator

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
            message = _("number-does-not-follow", words=shorten(words), before=before.lstrip(_BEFORE))
            yield context.make_finding(address, message, place=place)


def _find_wrong_numbers(text: str, written: TextFormats) -> Iterator[tuple[re.Match[str], str]]:
    """Find the first wrong number of each way of writing, and the words of the number before it."""
    found = [
        (match.start(), style, match, read_number(match[1], written))
        for style, pattern in enumerate(written.numbering)
        for match in compile_pattern(pattern).finditer(text)
    ]
    last: dict[int, tuple[int, str]] = {}
    told: set[int] = set()
    for _start, style, match, number in sorted(found, key=lambda one: one[:2]):
        before, words = last.get(style, (0, ""))
        starts_again = number == 1 and before != 1  # another list
        if words and number != before + 1 and not starts_again and style not in told:
            told.add(style)
            yield match, words
        last = {one: value for one, value in last.items() if one <= style} | {style: (number, match[0])}
