"""下级单位的报告晚于期限。

各级都查。逾期的报告照样计入合计；上级对外说明时用得着这份名单。

不对:

    # data/offices.toml
    [city]
    name = "某市"
    [dist-1]
    name = "某区"
    parent = "city"
    # data/dist-1/2023.toml
    published = 2024-02-03
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
    published = 2024-01-20
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
from nianbao.model.units.states import name_units

LEVEL = "note"
SCOPE = "units"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Say which units on every level issued their reports late."""
    units = context.units.state.group().late if context.units else []
    if units:
        yield context.make_finding("", _("units-issued-late", count=len(units), names=name_units(units)))
