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
from nianbao.checks.rules import unknown_key
from nianbao.model.finding import Finding, Place
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
    if not report.facts.tree:
        fix = _("remove-and-begin-anew", year=named or "")
        yield context.make_finding(key, _("file-has-nothing"), fix=fix, place=Place(report.facts.file))
        return
    if key not in report.facts.tree:
        if key in unknown_key.find_misspelt(report):
            return
        yield _make_missing_finding(context, key, str(context.report.form.kind.write_period(named)) if named else "")
        return
    if named and written and written != named:
        message = _("period-differs-from-file-name", what=_(report.form.labels[key]), period=written, named=name)
        label = _("expected-value", value=named)
        yield context.make_finding(key, message, label=label)


def _make_missing_finding(context: CheckContext, key: str, value: str) -> Finding:
    """Make the finding that the period is missing: at another table that has it, else at the file as a whole."""
    report = context.report
    written = value if value.isdigit() else f'"{value}"'
    tables = (table for table, entries in report.facts.tree.items() if isinstance(entries, dict) and key in entries)
    table = next(tables, "")
    if table:
        place = report.facts.find_key(f"{table}.{key}")
        message = _("period-in-other-table", key=key, what=_(report.form.labels[key]), table=table)
    else:
        place = report.facts.find_place(key)
        message = _("period-not-given", key=key, what=_(report.form.labels[key]))
    fix = _("write-period-at-top", line=f"{key} = {written}") if value else ""
    return context.make_finding(key, message, fix=fix, place=place)
