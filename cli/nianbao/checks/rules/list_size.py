"""列表的行太多或太少。

格式文件用 at_least、at_most 写明列表最少、最多几行。

不对:

    bodies = [{ name = "Athens" }, { name = "Bern" }, { name = "Rome" }, { name = "Vienna" }]

对:

    bodies = [{ name = "Athens" }, { name = "Bern" }, { name = "Vienna" }]
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, translate

LEVEL = "error"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every list that has more or fewer entries than the form allows."""
    report = context.report
    for table in report.form.tables:
        rules = table.list_rules
        size = sum(len(lines.rows) for lines in table.lines)
        if not rules or (size >= rules.at_least and (rules.at_most is None or size <= rules.at_most)):
            continue
        label, place = translate(table.label), report.facts.find_key(table.id)
        if size < rules.at_least:
            message = _("list-too-short", label=label, size=size, limit=rules.at_least)
        else:
            message = _("list-too-long", label=label, size=size, limit=rules.at_most)
        yield context.make_finding(table.id, message, place=place)
