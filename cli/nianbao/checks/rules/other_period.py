"""正文说明的统计期限，最后一天不是报告期的最后一天。

例如年度报告写成“1月1日起至12月30日止”：多半是打错了一位。年份由 wrong-year 核对；机关可能是年中成立的，所以第一天
不看。看哪些说法，由语言文件的 period_end 规定。这是提醒，不妨碍生成。

不对:

    [prose]
    other = "所列数据的统计期限自2020年1月1日起至2020年12月30日止。"

对:

    [prose]
    other = "所列数据的统计期限自2020年1月1日起至2020年12月31日止。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_in_texts, find_place, shorten
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "warning"
SCOPE = "texts"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every period of figures that ends, as a text says, on another day than that of the report."""
    report = context.report
    if not report.period:
        return
    last = report.form.kind.calendar.get_last_day(report.period)
    for section, match in find_in_texts(context, report.form.locale.text.period_end):
        if (int(match[1]), int(match[2])) != (last.month, last.day):
            address, place = find_place(context, section, match[0])
            label = _("should-end-on", day=report.form.locale.format_date(last))
            message = _("period-ends-otherwise", words=shorten(match[0], 60))
            yield context.make_finding(address, message, label=label, place=place)
