"""文件里写的报告期与文件名不同。

复制以前的文件来改，最容易忘的就是这一行。

不对:

    # data/2020.toml
    year = 2019

对:

    # data/2020.toml
    year = 2020
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.period import parse_period

LEVEL = "error"
SCOPE = "figures"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find a report year that is missing, or is not the year in the name of the file."""
    report = context.report
    key = report.form.kind.period_fact
    name = report.facts.file.rpartition("/")[2]
    named = parse_period(name.removesuffix(".toml"))
    written = parse_period(str(report.values.get(key, "")))  # of any unit
    if key not in report.facts.tree:
        message, label = _("period-not-given", key=key, what=_(report.form.labels[key])), ""
    elif named and written and written != named:
        message = _("period-differs-from-file-name", what=_(report.form.labels[key]), period=written, named=name)
        label = _("expected-value", value=named)
    else:
        return
    yield context.make_finding(key, message, label=label)
