"""名册上的下级单位没有这一期的报告。

上级的数是下级相加而成，缺一个单位，各级上级的合计就都少一份。单位撤销了，从名册里删去。

不对:

    # data/offices.toml
    [city]
    name = "某市"
    [dist-1]
    name = "某区"
    parent = "city"
    [dist-2]
    name = "某县"
    parent = "city"
    # data/dist-1/2023.toml
    [requests]
    received        = { person = 3 }
    outcome.granted = { person = 3 }
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

LEVEL = "warning"
SCOPE = "units"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find the units on every level below this office that have no report of its year."""
    for placed in context.units.state.group().missing if context.units else ():
        unit = placed.state.unit
        message = _("unit-without-report", unit=placed, office=unit.id, year=context.report.year)
        notes = tuple(reason.message for reason in placed.state.reasons)
        yield context.make_finding(unit.id, message, place=context.register.find_place(unit.id), notes=notes)
