"""不适用的格子或事实里写了值。

格式按机关的种类规定哪些行、列、事实适用，机关也可以在 does_not_apply 里写明哪些地址不适用。
不适用的格子应当空着：它的值不印、不相加，也不核对。适用而结果是零的，写 0。
does_not_apply 里的地址可以用 * 代替一个或几个键；一个也对不上的，多半是写错了。

不对:

    [service]
    name       = "Market"
    kind       = "host"
    governance = "A board."

对:

    [service]
    name       = "Market"
    kind       = "large"
    governance = "A board."
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.form import EXCLUDED
from nianbao.model.i18n import _, translate
from nianbao.model.open_rows.applicability import find_idle_patterns
from nianbao.model.open_rows.axes import Condition
from nianbao.model.report import Report

LEVEL = "error"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every value at an address that does not apply, and exclusions of addresses that are not there."""
    report = context.report
    for entry in report.entries:
        if entry.value_type and entry.address in report.excluded:
            label = translate(report.form.labels.get(entry.address, entry.address))
            broken = _find_condition(report, entry.address)
            message = _("value-does-not-apply", label=label, why=translate(broken.label) if broken else EXCLUDED)
            yield context.make_finding(
                entry.address, message, fix=_("leave-blank-or-mend", fact=broken.fact if broken else EXCLUDED)
            )
    patterns = report.values.get(EXCLUDED)
    idle = find_idle_patterns(report.form, patterns) if isinstance(patterns, list) else []
    for pattern in idle:
        yield context.make_finding(EXCLUDED, _("excluded-address-unknown", address=pattern))


def _find_condition(report: Report, address: str) -> Condition | None:
    """Find the condition for which an address does not apply; None where the data excludes it itself."""
    broken = (one for one in report.form.conditions if not one.may_hold(report.values.get(one.fact)))
    return next((one for one in broken if address in report.form.conditional.get(one.id, ())), None)
