"""所有表格都与上期一模一样。

多半是复制了上期的文件而没有改数字。全是 0 的不算：没有发生的时候本来一样。
只有一张表一模一样，并且因此与上期接不上的，也在这里报，接不上的各处列在下面。
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

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from nianbao.checks import relation
from nianbao.checks.context import CheckContext
from nianbao.checks.relation_words import describe_check
from nianbao.model.finding import Finding, FindingKey, Place
from nianbao.model.i18n import _
from nianbao.model.relations import Check

LEVEL = "warning"
SCOPE = "last_year"
_FILLED = 3  # figures that are not 0; fewer may be the same by chance


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find a report whose figures are all last year's, and a table for which that breaks what must follow last year."""
    report, previous = context.report, context.report.previous
    if previous is None or previous.form.edition != report.form.edition or report.unread or previous.unread:
        return
    note = _("last-years-file", file=previous.facts.file)
    if report.figures == previous.figures and any(report.figures.values()):
        count = sum(1 for figure in report.figures.values() if figure)
        message = _("figures-all-as-last-year", count=len(report.figures), filled=count)
        finding = context.make_finding("", message, notes=(note,), place=Place(report.facts.file))
        yield replace(finding, effects=_list_effects(context, report.broken))
        return
    for table in report.form.tables if report.broken else ():
        cells = [slot.address for slot in table.slots if slot.address in report.figures]
        filled = sum(1 for cell in cells if report.figures[cell])
        effects = _list_effects(context, [one for one in report.broken if one.parts[0].addresses[0] in cells])
        is_same = all(report.figures[cell] == previous.figures.get(cell) for cell in cells)
        if effects and is_same and filled >= _FILLED:
            message = _("table-as-last-year", id=table.id, filled=filled)
            place = report.facts.find_key(table.id)
            yield replace(context.make_finding(table.id, message, notes=(note,), place=place), effects=effects)


def _list_effects(context: CheckContext, broken: Sequence[Check]) -> tuple[FindingKey, ...]:
    """List the findings that something does not follow last year's report."""
    said = {describe_check(context.report, check) for check in broken if check.uses_previous}
    return tuple(one.key for one in relation.judge(context) if one.message in said) if said else ()
