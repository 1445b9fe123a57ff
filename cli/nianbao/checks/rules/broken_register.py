"""单位名册 data/offices.toml 写错了。

名册写明每个机关的文件夹、名称和上级，汇总凭它知道该把谁的数加给谁。认不出的键、没有列出的上级、几个上级、
绕成圈的上级，都会让数少加或加两次。同一个名称写了两次，只是提醒：同一个上级下面多半写错了，不同的上级下面可以同名。

不对:

    # data/offices.toml
    [city]
    name = "某市"
    parent = "province"
    # data/city/2023.toml
    [requests]
    received        = { person = 1 }
    outcome.granted = { person = 1 }

对:

    # data/offices.toml
    [city]
    name = "某市"
    # data/city/2023.toml
    [requests]
    received        = { person = 1 }
    outcome.granted = { person = 1 }
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding

LEVEL = "error"
SCOPE = "register"


def judge(context: CheckContext) -> Iterator[Finding]:
    """List the findings about the entry of this office in the register, and about the register as a whole."""
    yield from context.register.list_findings(context.office)
