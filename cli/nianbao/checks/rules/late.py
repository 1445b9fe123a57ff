"""报告成文晚于期限，或期限将到还没有成文。

期限由格式文件的 due 规定，取第一条机关名称相符的。期限前两周起提醒。

不对:

    published = 2021-02-03

对:

    published = 2021-01-28
"""

from collections.abc import Iterator
from datetime import date, timedelta

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, translate

LEVEL = "error"
SCOPE = "figures"
# The time around the due date in which an unpublished report gives a finding.
BEFORE_DUE, AFTER_DUE = timedelta(days=14), timedelta(days=31)


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find a report published after its due date, or not yet published around it."""
    form, period = context.report.form, context.report.period
    due = form.find_due(context.author)
    if due is None or not period:
        return
    day = form.get_due_day(due, period)
    published = context.report.values.get("published")
    if isinstance(published, date):
        if published > day:
            message = _("issued-after-term", signed=published, day=day, basis=translate(due.basis))
            yield context.make_finding("published", message, label=_("term-is", day=day))
    elif day - BEFORE_DUE <= context.today <= day + AFTER_DUE:
        days = (context.today - day).days
        delay = _("days-since-term", day=day, gone=days) if days > 0 else _("days-until-term", day=day, gone=-days)
        message = _("issue-date-missing", said=delay, basis=translate(due.basis))
        yield context.make_finding("published", message, level="warning")
