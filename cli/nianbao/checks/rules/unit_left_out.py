"""下级单位的报告有错误或者读不出，没有计入合计。

各级都查：再下一级的单位没有计入，它的上级、上级的上级也就不齐。自己有下级的单位，数不是下级之和的，也在此列。
改正以后逐级重新汇总：report rollup --deep。

不对:

    # data/offices.toml
    [city]
    name = "某市"
    [dist-1]
    name = "某区"
    parent = "city"
    # data/dist-1/2023.toml
    [requests]
    received        = { person = 3 }
    outcome.granted = { person = 2 }
    # data/city/2023.toml
    [requests]
    received        = { person = 3 }
    outcome.granted = { person = 3 }

对:

    # data/offices.toml
    [city]
    name = "某市"
    [dist-1]
    name = "某区"
    parent = "city"
    # data/dist-1/2023.toml
    [requests]
    received        = { person = 3 }
    outcome.granted = { person = 3 }
    # data/city/2023.toml
    [requests]
    received        = { person = 3 }
    outcome.granted = { person = 3 }
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.units.states import PlacedUnit, UnitGroups

LEVEL = "warning"
SCOPE = "units"
_MAX_REASONS = 3  # that are notes of a finding


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find the units on every level that are in no sum, and those whose figures are not the sum of their own units."""
    groups = context.units.state.group() if context.units else UnitGroups()
    for placed in (*groups.broken, *groups.errors):
        yield _make_finding(context, placed, _("unit-not-in-sum", unit=placed, file=placed.state.file))
    for placed in groups.outdated:
        yield _make_finding(context, placed, _("unit-is-not-sum", unit=placed, file=placed.state.file))


def _make_finding(context: CheckContext, placed: PlacedUnit, message: str) -> Finding:
    office = placed.state.unit.id
    notes = tuple(f"{reason.place}: {reason.message}" for reason in placed.state.reasons[:_MAX_REASONS])
    return context.make_finding(office, message, place=context.register.find_place(office), notes=notes)
