"""由上期照抄的事实，与上期报告里写的不同。

例如“上一份报告的公布日期”，上期报告自己写明了哪一天公布。哪些事实由上期照抄，由格式文件的 carries 规定。
上期公布以后改过的，写明理由接受即可。

不对:

    # data/2024.toml
    published = 2025-02-21
    # data/2025.toml
    published = 2026-02-20

    [report]
    previous = 2025-02-12

对:

    # data/2024.toml
    published = 2025-02-21
    # data/2025.toml
    published = 2026-02-20

    [report]
    previous = 2025-02-21
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, translate

LEVEL = "warning"
SCOPE = "figures"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every fact that is not what the report of the period before says."""
    report, before = context.report, context.report.previous
    if before is None:
        return
    for fact in report.form.facts:
        value, last = report.values.get(fact.id), before.values.get(report.form.carries.get(fact.id, ""))
        if value is not None and last is not None and value != last:
            said = {"value": value, "last": last, "file": before.facts.file}
            message = _("fact-differs-from-last", label=translate(fact.label), **said)
            yield context.make_finding(fact.id, message, label=_("last-period-says", value=last))
