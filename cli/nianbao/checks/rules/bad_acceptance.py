"""[[accept]] 写得不完整。

看过一条发现、认为不必改的，可以在数据文件里接受它：写明规则 rule、地址 at、当时的值 value 和理由 because。
report accept 2024:50:109 --because "理由" 照这四项写好；地址和值 validate 印在发现下面。
正文里的发现，值是它划出的那几个字；说的是整段、整张表或者没有写的东西的，值是 ""。
值一变，接受就失效。缺了哪一项，或者没有这条规则，都说不清接受的是什么，所以算错。

不对:

    [proactive]
    normative = { made = 27, disclosed = 27, public = 20 }

    [[accept]]
    rule = "public-fewer-than-new"
    at   = "proactive.normative.public"

对:

    [proactive]
    normative = { made = 27, disclosed = 27, public = 20 }

    [[accept]]
    rule    = "public-fewer-than-new"
    at      = "proactive.normative.public"
    value   = 20
    because = "年内废止七件"
"""

from collections.abc import Iterator

from nianbao.checks.answers import acceptances
from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "error"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find acceptances that are incomplete or invalid."""
    for address, why in acceptances.find_faults(context.report, context.rules).items():
        yield context.make_finding(address, why, fix=_("write-entry-or-let-accept"))
