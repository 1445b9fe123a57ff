"""正文里手写了一个数，而这个数是数据文件里已有的事实。

改了事实，手写的数不会跟着改；写成占位就不会不一致。看 10 以上的数：正文的说法说明了是表里哪一格的，
或者后面是同一个计量单位、而且只等于一个事实的。表格的格子多，碰巧相等的也多，说法不明的要到 100 以上才算。
这只是告知，不妨碍生成。

不对:

    [requests]
    received        = { person = 26 }
    outcome.granted = { person = 26 }

    [prose]
    overview = "全年新收政府信息公开申请26件，全部答复。"

对:

    [requests]
    received        = { person = 26 }
    outcome.granted = { person = 26 }

    [prose]
    overview = "全年新收政府信息公开申请{{ requests.received.total }}件，全部答复。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.typed_numbers import find_typed_numbers
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "note"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every number in the prose that a placeholder could replace."""
    for typed in find_typed_numbers(context.report):
        prose = context.report.prose[typed.section]
        figure = prose[typed.start : typed.end]
        line = prose.count("\n", 0, typed.start) + 1
        address = f"prose.{typed.section}"
        place = context.report.facts.find_place(address, text_line=line, words=figure)
        message = _("figure-typed-by-hand", figure=figure)
        label = _("can-be-written-as-placeholder", expression=typed.expression)
        yield context.make_finding(address, message, label=label, place=place)
