"""成文日期在报告期结束之前，或在今天之后。

报告说的是整个报告期的情况，要在报告期结束后成文；写成将来的日期，多半是年份抄错了。

不对:

    # data/2020.toml
    published = 2020-01-28

对:

    # data/2020.toml
    published = 2021-01-28
"""

from collections.abc import Iterator
from datetime import date, timedelta

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "error"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find a day of issue that is before the end of the report year, or in the future."""
    published = context.report.values.get("published")
    period = context.report.period
    if not isinstance(published, date) or not period:
        return
    end = context.report.form.kind.calendar.get_last_day(period)
    if published <= end:
        message = _("issued-before-year-end", signed=published, year=period)
        yield context.make_finding(
            "published", message, label=_("should-be-in-year", year=(end + timedelta(days=1)).year)
        )
    elif published > context.today:
        yield context.make_finding("published", _("issued-after-today", signed=published, today=context.today))
