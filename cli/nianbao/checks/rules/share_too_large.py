"""不会超过 100% 的比例写得比 100% 大。

答复率、覆盖率、占总数的比例是部分与全部之比，最大是 100%；增长率、完成率可以更大，不看。
多半是多打了一位，或者分子、分母拿错了。看哪些说法，由语言文件的 shares 列出。这是提醒，不妨碍生成。

不对:

    [prose]
    other = "按时答复率达105%。"

对:

    [prose]
    other = "按时答复率达100%。"
"""

from collections.abc import Iterator
from decimal import Decimal

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_in_texts, find_place, shorten
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "warning"
SCOPE = "texts"

_WHOLE = 100


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every share of a whole that is larger than it."""
    for pattern in context.report.form.locale.text.shares:
        for section, match in find_in_texts(context, pattern):
            if Decimal(match[1]) > _WHOLE:
                address, place = find_place(context, section, match[0])
                message = _("share-above-whole", words=shorten(match[0]))
                yield context.make_finding(address, message, label=_("at-most-hundred"), place=place)
