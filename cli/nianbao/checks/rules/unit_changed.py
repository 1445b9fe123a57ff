"""金额比上期多到或少到一千倍以上，像是换了单位。

多半是该填万元的填了元，或者反过来。上期或本期是 0 的不比。
单位没有弄错的，请在正文里说明原因。这是提醒，不妨碍生成。

不对:

    # data/2023.toml
    [proactive]
    fees = { amount = 86.5 }
    # data/2024.toml
    [proactive]
    fees = { amount = 914000 }

对:

    # data/2023.toml
    [proactive]
    fees = { amount = 86.5 }
    # data/2024.toml
    [proactive]
    fees = { amount = 91.4 }
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

from msgspec.structs import replace

from nianbao.checks import relation
from nianbao.checks.context import CheckContext
from nianbao.checks.rules import jump
from nianbao.model.finding import Finding, FindingKey
from nianbao.model.i18n import _, translate
from nianbao.model.value_types import format_number

LEVEL = "warning"
SCOPE = "last_year"
FACTOR = 1000
_FACTORS = (10_000, 1000)  # between units in use


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every amount of money that is far larger or smaller than last year's."""
    report, previous = context.report, context.report.previous
    for slot in report.form.slots.values() if previous else ():
        if previous is None or slot.value_type.name != "money" or slot.address not in previous.form.slots:
            continue
        now, then = (Decimal(one.figures.get(slot.address, 0)) for one in (report, previous))
        if now > 0 and then > 0 and max(now / then, then / now) >= FACTOR:
            message = _(
                "amount-in-other-unit",
                label=translate(report.form.labels.get(slot.address, slot.address)),
                then=format_number(then),
                now=format_number(now),
                unit=slot.unit,
            )
            note = _("last-years-file", file=previous.facts.file)
            label = _suggest(now, then, slot.value_type.find_fault)
            finding = context.make_finding(slot.address, message, label=label, notes=(note,))
            yield replace(finding, effects=tuple(_list_effects(context, slot.address)))


def _suggest(now: Decimal, then: Decimal, find_fault: Callable[[Decimal], str]) -> str:
    """Say what an amount is in the unit of last year's, where that is of the same order; else an empty text."""
    for factor in _FACTORS:
        value = now / factor if now > then else now * factor
        if then / 10 <= value <= then * 10 and not find_fault(value):
            return _(
                "in-other-unit-it-is",
                factor=factor,
                value=format_number(int(value) if value == int(value) else value.normalize()),
            )
    return ""


def _list_effects(context: CheckContext, address: str) -> Iterator[FindingKey]:
    """List what else is said of an amount because it is so much larger or smaller."""
    others = (*jump.judge(context.for_rule("jump", "note")), *relation.judge(context))
    return (one.key for one in others if one.address == address)
