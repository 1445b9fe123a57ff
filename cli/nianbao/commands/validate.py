"""`report validate`."""

from nianbao.command import command
from nianbao.edge import collected, counted, crashed, edge, leave, warned
from nianbao.language import _
from nianbao.options import Everyone, FailFast, Ignore, Jobs, Json, Reports, Root, Select, Strict, Style, listed
from nianbao.terminal import document


@command(
    help=_("只核对，不生成。"), epilog=_("例：report validate 2020　·　report validate --format sarif > findings.sarif")
)
def validate(
    reports: Reports = None,
    root: Root = None,
    select: Select = "",
    ignore: Ignore = "",
    style: Style = "text",
    jobs: Jobs = 0,
    *,
    everyone: Everyone = False,
    strict: Strict = False,
    fail_fast: FailFast = False,
    as_json: Json = False,
) -> None:
    """Check only."""
    from nianbao import checks, machine, make, say, selection, summary

    with edge():
        store = selection.opened(reports or [], root, None, warned)
        choice = make.chosen(store, listed(select), listed(ignore), strict=strict)
        asked = selection.select(store, reports or [], everyone=everyone)
        machines = as_json or style != "text"
        bar = counted(
            checks.check_all(store, asked.reports, choice, jobs), len(asked.reports), _("正在核对"), quiet=machines
        )
        checked, failed = collected(bar, asked.reports, lambda one: one, lambda one: one.blocked, fail_fast=fail_fast)
        failed += crashed(checked)
        stops = [one.stop for one in failed]
        if as_json or style == "json":
            say.machine(summary.checked_data(checked, failed, asked.missing))
        elif machines:
            document(machine.FORMATS[style](checked, stops))
        elif len(asked.reports) > summary.FEW or asked.missing:
            summary.checked(checked, failed, asked.missing)
        else:
            say.checked(checked)
        leave(stops, blocked=any(report.blocked for report in checked))
