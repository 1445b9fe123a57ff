"""不会超过 100% 的比例写得比 100% 大。

答复率、覆盖率、占总数的比例是部分与全部之比，最大是 100%；增长率、完成率可以更大，不看。
一句里连着写的几个比例（其中甲占 60%，乙占 55%）加起来也不会超过 100%，超过的作为提示。
多半是多打了一位，或者分子、分母拿错了。看哪些说法，由语言文件的 shares、shares_of_one 列出。这是提醒，不妨碍生成。

不对:

    [prose]
    other = "按时答复率达105%。"

对:

    [prose]
    other = "按时答复率达100%。"
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_in_texts, find_place, shorten
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.value_types import format_number

LEVEL = "warning"
SCOPE = "texts"

_PERCENT = re.compile("[%\uff05]")
_WHOLE = 100
_ROUNDING = Decimal("0.5")  # of a share without decimals


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every share of a whole that is larger than it."""
    for pattern in context.report.form.locale.text.shares:
        for section, match in find_in_texts(context, pattern):
            if Decimal(match[1]) > _WHOLE:
                address, place = find_place(context, section, match[0])
                message = _("share-above-whole", words=shorten(match[0]))
                yield context.make_finding(address, message, label=_("at-most-hundred"), place=place)
    yield from _judge_lists(context)


def _judge_lists(context: CheckContext) -> Iterator[Finding]:
    """Find shares that follow each other, as those of one whole, and are more than it, but for rounding."""
    run: list[re.Match[str]] = []
    last = ""
    texts = {section: text for section, text in context.texts.items() if len(_PERCENT.findall(text)) > 1}
    for section, match in find_in_texts(context, context.report.form.locale.text.shares_of_one, texts):
        if not run or section != last or match.start() != run[-1].end() or _is_whole(run):
            run = []
        run.append(match)
        last = section
        total = _add_up(run)
        if len(run) > 1 and not _is_whole(run) and total > _WHOLE and all(Decimal(one[1]) <= _WHOLE for one in run):
            words = "".join(one[0] for one in run)
            address, place = find_place(context, section, words)
            message = _("shares-above-whole", words=shorten(words), sum=format_number(total))
            yield context.make_finding(address, message, level="note", place=place)
            run = []


def _is_whole(shares: list[re.Match[str]]) -> bool:
    """Return whether shares are the whole, each of them rounded."""
    return abs(_add_up(shares) - _WHOLE) <= len(shares) * _ROUNDING


def _add_up(shares: list[re.Match[str]]) -> Decimal:
    return sum((Decimal(one[1]) for one in shares), Decimal(0))
