"""表外的事实与表格里的数不相容。

例如“按时答复的”比答复的总数还多，或者写下的比率不是由表格里的数得出的。
多半是改了表格而没有改事实，或者照抄了上期的。比率四舍五入或截去尾数都算相符。
格式文件在事实的 at_most 和 rates 里写明与哪些数比。这是提醒，不妨碍生成。

不对:

    [requests]
    received        = { person = 20 }
    outcome.granted = { person = 20 }

    [facts]
    answered_in_time = 21
    problems         = ["栏目更新较慢"]
    improvements     = ["按月检查栏目"]

对:

    [requests]
    received        = { person = 20 }
    outcome.granted = { person = 20 }

    [facts]
    answered_in_time = 20
    problems         = ["栏目更新较慢"]
    improvements     = ["按月检查栏目"]
"""

from collections.abc import Iterator
from decimal import Decimal

from nianbao.checks.context import CheckContext
from nianbao.checks.stated.rounding import is_written_as
from nianbao.checks.wording import add_up_claim
from nianbao.model.finding import Finding
from nianbao.model.form import Fact
from nianbao.model.i18n import _, translate
from nianbao.model.report import Report
from nianbao.model.value_types import format_number

LEVEL = "warning"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every fact that is above its limit, or that is none of its rates."""
    report = context.report
    for fact in report.form.facts:
        value = report.values.get(fact.id) if fact.at_most or fact.rates else None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            continue
        limit = add_up_claim(report, fact.at_most) if fact.at_most else None
        if limit is not None and value > limit:
            message = _("fact-above-limit", label=translate(fact.label), limit=format_number(limit))
            yield context.make_finding(fact.id, message, notes=(f"{format_number(limit)} = {fact.at_most}",))
        rates = _list_rates(report, fact)
        if rates and not any(is_written_as(rate, Decimal(value)) for rate in rates.values()):
            right = _("or-between-figures").join(dict.fromkeys(f"{rate:.2f}%" for rate in rates.values()))
            message = _("fact-is-no-rate", label=translate(fact.label), right=right)
            notes = tuple(f"{rate:.2f}% = {text}" for text, rate in rates.items())
            yield context.make_finding(fact.id, message, notes=notes)


def _list_rates(report: Report, fact: Fact) -> dict[str, Decimal]:
    """List the rates that a fact may be, in percent; without those of nothing, and those that its type forbids."""
    found: dict[str, Decimal] = {}
    for text in fact.rates:
        part, whole = (add_up_claim(report, side) for side in text.split("/"))
        if part is not None and whole:
            rate = 100 * Decimal(part) / Decimal(whole)
            found |= {} if fact.value_type.find_fault(round(rate, 2)) else {text: rate}
    return found
