"""没有上期的数据文件，与上期对照的核对没有做。

结转、存量、抄袭上期等都要和上期的报告对照。把上期的报告也写成数据文件放进 data/，就会核对。

不对:

    # data/2020.toml
    year = 2020

对:

    # data/2019.toml
    year = 2019
    # data/2020.toml
    year = 2020
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import _, join_words
from nianbao.model.period import parse_period

LEVEL = "note"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Make one finding that lists the rules that were skipped without last year's report."""
    report = context.report
    skipped = sorted({check.relation.rule for check in report.form.checks if check.relation.uses_previous})
    if report.previous is None and skipped:
        # The year is taken from the name of the file; `year` in it may be wrong, which is another finding.
        folder, slash, own = report.facts.file.rpartition("/")
        period = parse_period(own.removesuffix(".toml")) or report.period
        earlier = period.get_previous() if period else None
        name = f"{folder}{slash}{earlier}.toml" if earlier else _("data-file-of-period-before")
        message = _("last-year-not-compared", name=name, across=join_words(skipped))
        yield context.make_finding("", message, place=Place(report.facts.file))
