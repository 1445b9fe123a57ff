"""文件里的 year 与文件名不是同一年。

复制去年的文件来改，最容易忘的就是这一行。

不对:

    # data/2020.toml
    year = 2019

对:

    # data/2020.toml
    year = 2020
"""

import re
from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "error"
SCOPE = "figures"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find a report year that is missing, or is not the year in the name of the file."""
    report = context.report
    name = re.search(r"(\d{4})\.toml$", report.facts.file)
    year = report.facts.tree.get("year")
    if "year" not in report.facts.tree:
        message, label = _("report-year-not-written"), ""
    elif name and isinstance(year, int) and year != int(name[1]):
        message, label = (
            _("year-differs-from-file-name", year=year, named=name[0]),
            _("expected-value", value=name[1]),
        )
    else:
        return
    yield context.make_finding("year", message, label=label)
