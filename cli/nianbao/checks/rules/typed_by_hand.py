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
from itertools import groupby

from nianbao.checks.context import CheckContext
from nianbao.checks.typed_numbers import TypedNumber, find_typed_numbers
from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import _

LEVEL = "note"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find the numbers in the prose that placeholders could replace: a finding for each section that has some."""
    for section, group in groupby(find_typed_numbers(context.report), key=lambda typed: typed.section):
        numbers = list(group)
        figures = [context.report.prose[section][typed.start : typed.end] for typed in numbers]
        places = [_find_place(context, typed) for typed in numbers]
        yield context.make_finding(
            f"prose.{section}",
            _("figure-typed-by-hand", figure=figures[0])
            if len(figures) == 1
            else _("figures-typed-by-hand", count=len(figures)),
            label=_("can-be-written-as-placeholder", expression=numbers[0].expression),
            place=places[0],
            words=context.report.form.locale.join(figures),
            notes=tuple(
                _("other-figure-as-placeholder", place=place.position, figure=figure, expression=typed.expression)
                for typed, figure, place in zip(numbers[1:], figures[1:], places[1:], strict=True)
            ),
        )


def _find_place(context: CheckContext, typed: TypedNumber) -> Place:
    prose = context.report.prose[typed.section]
    line = prose.count("\n", 0, typed.start) + 1
    words = prose[typed.start : typed.end]
    return context.report.facts.find_place(f"prose.{typed.section}", text_line=line, words=words)
