"""一个主要的数比上期多到五倍以上，或者少到五分之一以下。

可能是真的，也可能是多写或少写了一位、弄混了单位、统计口径变了。请核对；属实的，最好在正文里说明原因。
看哪些数，由格式文件的 key_figures 列出；两期都不到 10 的不看。这只是告知，不妨碍生成。

不对:

    # data/2019.toml
    [requests]
    received        = { person = 12 }
    outcome.granted = { person = 12 }
    # data/2020.toml
    [requests]
    received        = { person = 120 }
    outcome.granted = { person = 120 }

对:

    # data/2019.toml
    [requests]
    received        = { person = 12 }
    outcome.granted = { person = 12 }
    # data/2020.toml
    [requests]
    received        = { person = 21 }
    outcome.granted = { person = 21 }
"""

from collections.abc import Iterator
from decimal import Decimal

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import list_key_figures
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, translate
from nianbao.model.report import Number
from nianbao.model.value_types import format_number

LEVEL = "note"
SCOPE = "last_year"
FACTOR = 5
SMALL_FIGURE = 10  # smaller figures change that much by chance


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every key figure that is much larger or smaller than last year's."""
    report, previous = context.report, context.report.previous
    if previous is None:
        return
    for address, figure, previous_figure in list_key_figures(report, previous):
        if max(figure, previous_figure) < SMALL_FIGURE:
            continue
        if figure > FACTOR * previous_figure or previous_figure > FACTOR * figure:
            label = report.form.labels.get(address, address)
            message = _(
                "figure-then-and-now",
                label=translate(label),
                then=format_number(previous_figure),
                now=format_number(figure),
                times=_describe_factor(figure, previous_figure),
            )
            yield context.make_finding(address, message, notes=(_("last-years-file", file=previous.facts.file),))


def _describe_factor(figure: Number, previous_figure: Number) -> str:
    if not figure or not previous_figure:
        return _("zero-in-one-year")
    factor = max(Decimal(figure) / previous_figure, Decimal(previous_figure) / figure)
    return _("times-last-year", rate=factor) if figure > previous_figure else _("last-year-times-this", rate=factor)
