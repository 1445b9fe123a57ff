"""所有表格都与上期一模一样。

多半是复制了上期的文件而没有改数字。全是 0 的不算：没有发生的时候本来一样。
上期用的是另一版格式，或者有数字读不出来，就不判断。这是提醒，不妨碍生成。

不对:

    # data/2019.toml
    [requests]
    received        = { person = 4, business = 1 }
    outcome.granted = { person = 4, business = 1 }
    # data/2020.toml
    [requests]
    received        = { person = 4, business = 1 }
    outcome.granted = { person = 4, business = 1 }

对:

    # data/2019.toml
    [requests]
    received        = { person = 4, business = 1 }
    outcome.granted = { person = 4, business = 1 }
    # data/2020.toml
    [requests]
    received        = { person = 6, business = 1 }
    outcome.granted = { person = 6, business = 1 }
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import _

LEVEL = "warning"
SCOPE = "last_year"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find a report whose figures are all the same as last year's."""
    report, previous = context.report, context.report.previous
    if previous is None or previous.form.edition != report.form.edition or report.unread or previous.unread:
        return
    if report.figures == previous.figures and any(report.figures.values()):
        count = sum(1 for figure in report.figures.values() if figure)
        message = _("figures-all-as-last-year", count=len(report.figures), filled=count)
        note = _("last-years-file", file=previous.facts.file)
        place = Place(report.facts.file)
        yield context.make_finding("", message, notes=(note,), place=place)
