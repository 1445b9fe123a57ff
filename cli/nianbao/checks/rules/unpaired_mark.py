"""括号、引号或书名号不成对。

多半是漏打了一半，或者前后两个打成了同一个。一段一段地看，行首条目的“1）”不算。这是提醒，不妨碍生成。

不对:

    [prose]
    other = "印发《政府信息公开指南，并在网站公布。"

对:

    [prose]
    other = "印发《政府信息公开指南》，并在网站公布。"
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from itertools import groupby

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import list_own_texts, shorten
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.locale.text_formats import TextFormats

LEVEL = "warning"

_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")
_BEFORE = 6  # characters before a mark that may be the number of an item
_AFTER = 12  # characters of the text that are quoted


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every bracket and quotation mark of the texts of the data file that has no other one."""
    written = context.report.form.locale.text
    for address, text in list_own_texts(context.report):
        for kind in (kind for kind in written.marks if not set(kind).isdisjoint(text)):
            for at in _find_unpaired(text, kind, written):
                place_of_other = 1 if text[at] in kind[::2] else -1
                other = kind[kind.index(text[at]) + place_of_other]
                words = text[at : at + _AFTER].partition("\n")[0]
                place = context.report.facts.find_place_in_text(address, text, at, words)
                message = _("mark-without-other", mark=text[at], other=other, words=shorten(words))
                yield context.make_finding(address, message, label=_("mark-missing", other=other), place=place)


def _find_unpaired(text: str, kind: str, written: TextFormats) -> Iterator[int]:
    """Find the positions of marks of one kind without the other one, the first of each paragraph."""
    marks = [(match.start(), match[0] in kind[::2]) for match in _compile(kind).finditer(text)]
    ends = [match.start() for match in _PARAGRAPH_END.finditer(text)] if marks else []
    alone: list[tuple[int, int, bool]] = []  # paragraph, position, whether it opens
    for paragraph, group in groupby(marks, key=lambda mark: bisect_left(ends, mark[0])):
        opened: list[int] = []
        closing: list[int] = []
        for at, opens in group:
            if opens:
                opened.append(at)
            elif opened:
                opened.pop()
            elif not _compile_item(written.digits + written.tens).search(text[max(0, at - _BEFORE) : at]):
                closing.append(at)
        # A paragraph that an import has torn in two is one.
        is_torn = len(closing) == 1 and alone and alone[-1][0] == paragraph - 1 and alone[-1][2]
        alone = alone[:-1] if is_torn else alone
        alone += [(paragraph, at, False) for at in closing[:1] if not is_torn]
        alone += [(paragraph, at, True) for at in opened[:1]]
    yield from (at for _paragraph, at, _opens in alone)


@cache
def _compile(kind: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(kind)}]")


@cache
def _compile_item(numerals: str) -> re.Pattern[str]:
    """Return the pattern of what stands in front of a bracket that ends the number of an item: 1), a), ii)."""
    numeral = f"|[{re.escape(numerals)}]{{1,3}}" if numerals else ""
    return re.compile(rf"(?:^|\W)(?:\d{{1,3}}|[a-zA-Z]|[ivx]{{1,4}}{numeral})\Z")
