"""`report validate`."""

from typing import TYPE_CHECKING, Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import (
    collect_results,
    exit_command,
    list_crashes,
    print_warning,
    report_errors,
    show_progress,
    split_errors,
)
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
from nianbao.model.finding import UserError
from nianbao.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nianbao.workspace.selection import ReportRef


@command(help=_("help-validate"), epilog=_("example-validate"))
def validate(
    reports: Reports = None,
    root: Root = None,
    select: Select = "",
    ignore: Ignore = "",
    style: FindingFormat = "text",
    jobs: Jobs = 0,
    *,
    all_offices: AllOffices = False,
    strict: Strict = False,
    fail_fast: FailFast = False,
    fix: Annotated[bool, typer.Option("--fix", help=_("option-fix"))] = False,
    diff: Annotated[bool, typer.Option("--diff", help=_("option-diff"))] = False,
    as_json: Json = False,
) -> None:
    """Check reports without building them."""
    from nianbao.checks import batch, check
    from nianbao.checks.policy import select_reported
    from nianbao.cli.output import builds, findings, sarif_junit
    from nianbao.workspace import selection

    with report_errors():
        store = selection.open_store(reports or [], root, None, print_warning)
        selected = selection.select(store, reports or [], all_offices=all_offices)
        store = selected.store
        policy = check.load_policy(store, split_list(select), split_list(ignore), strict=strict)
        for_programs = as_json or style != "text"
        unfixed = _fix(selected.reports, diff=diff, for_programs=for_programs) if fix or diff else []
        bar = show_progress(
            batch.check_all(store, selected.reports, policy, jobs),
            len(selected.reports),
            _("progress-checking"),
            quiet=for_programs,
        )
        results, failed = collect_results(
            bar, selected.reports, lambda one: one, lambda one: one.blocked, fail_fast=fail_fast
        )
        failed += list_crashes(results)
        errors = [*unfixed, *(one.error for one in failed)]
        unread = select_reported(selection.find_unread(selected, all_offices=all_offices), policy)
        if as_json or style == "json":
            findings.print_json(builds.check_run_data(results, failed, selected.missing, unread))
        elif for_programs:
            print_text(sarif_junit.format_for_programs(style, results, errors, store, unread))
        elif len(selected.reports) > builds.MAX_LISTED or selected.missing:
            builds.print_check_summary(results, failed, selected.missing, unread)
        else:
            findings.print_checks(results, unread)
        exit_command(errors, blocked=any(result.blocked for result in results) or policy.is_blocking(unread))


def _fix(reports: "Sequence[ReportRef]", *, diff: bool, for_programs: bool) -> list[UserError]:
    """Fix data files, or show what would be fixed; return the errors of those that could not be."""
    from nianbao.checks.answers.fixing import fix_all
    from nianbao.cli.output import fixes

    fixed, errors = split_errors(fix_all(reports, write=not diff))
    if diff:
        fixes.print_diffs(fixed, for_programs=for_programs)
    else:
        fixes.print_changes(fixed, for_programs=for_programs)
    return errors
