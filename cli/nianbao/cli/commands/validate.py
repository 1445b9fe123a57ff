"""`report validate`."""

from nianbao.cli.command import command
from nianbao.cli.errors import collect_results, exit_command, list_crashes, print_warning, report_errors, show_progress
from nianbao.cli.options import (
    AllOffices,
    FailFast,
    FindingFormat,
    Ignore,
    Jobs,
    Json,
    Reports,
    Root,
    Select,
    Strict,
    split_list,
)
from nianbao.cli.terminal import print_text
from nianbao.model.i18n import _


@command(
    help=_("只核对，不生成。"), epilog=_("例：report validate 2020　·　report validate --format sarif > findings.sarif")
)
def validate(
    reports: Reports = None,
    root: Root = None,
    select: Select = "",
    ignore: Ignore = "",
    style: FindingFormat = "text",
    jobs: Jobs = 0,
    *,
    everyone: AllOffices = False,
    strict: Strict = False,
    fail_fast: FailFast = False,
    as_json: Json = False,
) -> None:
    """Check only."""
    from nianbao.checks import batch, check
    from nianbao.cli.output import builds, findings, sarif_junit
    from nianbao.workspace import selection

    with report_errors():
        store = selection.opened(reports or [], root, None, print_warning)
        choice = check.load_policy(store, split_list(select), split_list(ignore), strict=strict)
        asked = selection.select(store, reports or [], everyone=everyone)
        machines = as_json or style != "text"
        bar = show_progress(
            batch.check_all(store, asked.reports, choice, jobs), len(asked.reports), _("正在核对"), quiet=machines
        )
        checked, failed = collect_results(
            bar, asked.reports, lambda one: one, lambda one: one.blocked, fail_fast=fail_fast
        )
        failed += list_crashes(checked)
        stops = [one.error for one in failed]
        if as_json or style == "json":
            findings.print_json(builds.check_run_data(checked, failed, asked.missing))
        elif machines:
            print_text(sarif_junit.FORMATTERS[style](checked, stops))
        elif len(asked.reports) > builds.MAX_LISTED or asked.missing:
            builds.print_check_summary(checked, failed, asked.missing)
        else:
            findings.print_checks(checked)
        exit_command(stops, blocked=any(report.blocked for report in checked))
