"""下级单位的报告用的是另一版格式。

各级都查。另一版没有的格，合计里就没有这些单位的数；那一版独有的数，合计里没有地方放。

不对:

    # data/offices.toml
    [city]
    name = "某市"
    [dist-1]
    name = "某区"
    parent = "city"
    # data/dist-1/2023.toml
    edition = "2019"
    [requests]
    received        = { person = 3 }
    outcome.granted = { person = 3 }
    # data/city/2023.toml
    edition = "2021"
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
from nianbao.model.units.states import name_units

LEVEL = "note"
SCOPE = "units"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Say which units on every level use another edition than the office above them."""
    units = context.units.state.group().other_edition if context.units else []
    if units:
        yield context.make_finding("", _("units-use-other-edition", count=len(units), names=name_units(units)))
