"""格式规定的表整个没有写。

一格不写就是 0，但整张表不写，可能是忘了；没有发生也要写出来，例如一行 0。

不对:

    # 没有 [review_litigation]

对:

    [review_litigation]
    review = { total = 0 }
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import _

LEVEL = "error"
SCOPE = "figures"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every table of the form that is not in the data file."""
    report = context.report
    for table in report.form.tables:
        if table.id not in report.facts.tree:
            message = _("table-missing", id=table.id, label=table.label)
            fix = _("add-table-with-rows", id=table.id)
            yield context.make_finding(table.id, message, fix=fix, place=Place(report.facts.file))
