"""格式版本不是这个报告期应当用的版本。

每一版用于哪些年度，由格式文件的 years 规定。不写 edition 就用报告期应当用的版本。

不对:

    year    = 2020
    edition = "2021"

对:

    year    = 2020
    edition = "2019"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.period import EXAMPLES

LEVEL = "error"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find an edition that is not in force for the report year."""
    report = context.report
    form = report.form
    if report.period and not form.is_in_force(report.period):
        values = {"year": report.year, "edition": form.edition, "document": form.document, "first": form.first_year}
        if form.unit not in {"", report.period.unit}:
            message = _("edition-for-other-periods", period=report.period, example=EXAMPLES[form.unit], **values)
        elif form.last_year:
            message = _("edition-for-years-only", last=form.last_year, **values)
        else:
            message = _("edition-from-year-on", **values)
        yield context.make_finding("edition", message, label=_("right-edition-without-line"))
