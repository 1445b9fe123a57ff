"""`report validate`."""

from nianbao.cli.command import command
from nianbao.cli.errors import collected, counted, crashed, edge, leave, warned
from nianbao.cli.options import Everyone, FailFast, Ignore, Jobs, Json, Reports, Root, Select, Strict, Style, listed
from nianbao.cli.terminal import document
from nianbao.model.i18n import _


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
    from nianbao.checks import batch, check
    from nianbao.cli.output import builds, findings, sarif_junit
    from nianbao.workspace import selection

    with edge():
        store = selection.opened(reports or [], root, None, warned)
        choice = check.load_policy(store, listed(select), listed(ignore), strict=strict)
        asked = selection.select(store, reports or [], everyone=everyone)
        machines = as_json or style != "text"
        bar = counted(
            batch.check_all(store, asked.reports, choice, jobs), len(asked.reports), _("正在核对"), quiet=machines
        )
        checked, failed = collected(bar, asked.reports, lambda one: one, lambda one: one.blocked, fail_fast=fail_fast)
        failed += crashed(checked)
        stops = [one.stop for one in failed]
        if as_json or style == "json":
            findings.machine(builds.checked_data(checked, failed, asked.missing))
        elif machines:
            document(sarif_junit.FORMATS[style](checked, stops))
        elif len(asked.reports) > builds.FEW or asked.missing:
            builds.checked(checked, failed, asked.missing)
        else:
            findings.checked(checked)
        leave(stops, blocked=any(report.blocked for report in checked))
