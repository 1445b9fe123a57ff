"""一个很大的数与上期一个不差。

几百以上的数很少两年正好一样，多半是照抄了上期的。看哪些数，由格式文件的 key_figures 列出；
本来要由上期推算的数（例如存量）不看，表格全都一样的由另一条规则报告。属实的不必改，这只是告知。

不对:

    # data/2023.toml
    [proactive]
    penalties = { decisions = 48213 }
    # data/2024.toml
    [proactive]
    penalties = { decisions = 48213 }
    licences  = { decisions = 15 }

对:

    # data/2023.toml
    [proactive]
    penalties = { decisions = 48213 }
    # data/2024.toml
    [proactive]
    penalties = { decisions = 51960 }
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import list_key_figures
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, translate
from nianbao.model.value_types import format_number

LEVEL = "note"
SCOPE = "last_year"
LARGE = 300  # smaller figures are the same by chance


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every large key figure that is the same as last year's."""
    report, previous = context.report, context.report.previous
    if previous is None or (report.figures == previous.figures and any(report.figures.values())):
        return
    same = {
        address: figure
        for address, figure, previous_figure in list_key_figures(report, previous)
        if figure == previous_figure and figure >= LARGE
    }
    if not same:  # as in nearly every report
        return
    follows = {
        address
        for check in report.form.checks
        if check.uses_previous
        for part in check.left
        if not part.term.previous
        for address in part.addresses
    }
    for address, figure in same.items():
        if address in follows:
            continue
        label = translate(report.form.labels.get(address, address))
        message = _("figure-same-as-last-year", label=label, figure=format_number(figure))
        yield context.make_finding(address, message, notes=(_("last-years-file", file=previous.facts.file),))
