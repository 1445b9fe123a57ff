"""正文里的日期不存在。

例如 2 月 30 日、13 月 1 日：多半是打错了一位。看哪些写法，由语言文件的 days 规定。这是提醒，不妨碍生成。

不对:

    [prose]
    other = "2020年11月31日举办培训。"

对:

    [prose]
    other = "2020年11月30日举办培训。"
"""

from calendar import monthrange
from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_in_texts, find_place
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "warning"
SCOPE = "texts"

_MONTHS = 12
_LEAP_YEAR = 2000  # for a day without its year: 29 February may be right


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every day of a text that no calendar has."""
    for section, match in find_in_texts(context, context.report.form.locale.text.days):
        year, month, day = int(match[1] or _LEAP_YEAR), int(match[2]), int(match[3])
        if not 1 <= month <= _MONTHS or not 1 <= day <= monthrange(year or _LEAP_YEAR, month)[1]:
            address, place = find_place(context, section, match[0])
            yield context.make_finding(address, _("text-names-no-day", words=match[0]), place=place)
