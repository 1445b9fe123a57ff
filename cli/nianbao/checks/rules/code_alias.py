"""代码用了别的写法。

轴上的每个代码有一个规定的写法。别的写法能认出来，照规定的代码算，但公布的文件里应当用规定的写法。

不对:

    [orders.state.GR]
    total = { received = 0, items = 0 }

对:

    [orders.state.EL]
    total = { received = 0, items = 0 }
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "warning"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every code that is written as one of its aliases."""
    facts = context.report.facts
    for keys, written in facts.renamed.items():
        if not keys[-1].isdecimal():
            yield context.make_finding(
                ".".join(keys),
                _("code-written-otherwise", written=written, code=keys[-1]),
                label=_("is-it-nearest", near=keys[-1]),
                place=facts.find_key(keys),
            )
