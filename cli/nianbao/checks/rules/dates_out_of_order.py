"""两个日期的先后不对。

例如上一份报告的公布日期不早于这一份的。多半是把今年的日期抄到了去年的位置，或者改了一个没有改另一个。
格式文件在事实的 before 里写明它早于哪一个日期。

不对:

    published = 2025-02-20

    [report]
    previous = 2025-02-20

对:

    published = 2025-02-20

    [report]
    previous = 2024-02-21
"""

from collections.abc import Iterator
from datetime import date

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, translate

LEVEL = "error"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every date that is not before the one that the form says."""
    report = context.report
    for fact in report.form.facts:
        day, later = report.values.get(fact.id), report.values.get(fact.before)
        if isinstance(day, date) and isinstance(later, date) and day >= later:
            label = translate(report.form.labels[fact.before])
            message = _("date-not-before", label=translate(fact.label), day=day, other=label, later=later)
            yield context.make_finding(fact.id, message, label=_("must-be-before", day=later))
