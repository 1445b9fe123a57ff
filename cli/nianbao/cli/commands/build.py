"""`report build`."""

from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.crash import report_crash
from nianbao.cli.errors import (
    collect_results,
    exit_command,
    list_crashes,
    print_note,
    print_warning,
    report_errors,
    show_progress,
)
from nianbao.cli.options import (
    DEFAULT_FORMATS,
    AllOffices,
    FailFast,
    Formats,
    Ignore,
    Jobs,
    Json,
    Look,
    Out,
    Reports,
    Root,
    SchedulerAddress,
    Select,
    Strict,
    split_list,
)
from nianbao.model.finding import UserError
from nianbao.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from nianbao.build.remote_copy import RemoteFolder
    from nianbao.build.worker import RunJobs
    from nianbao.cli.output.builds import BuildRun


@command(help=_("help-build"), epilog=_("example-build"))
def build(
    reports: Reports = None,
    to: Formats = DEFAULT_FORMATS,
    root: Root = None,
    out: Out = None,
    select: Select = "",
    ignore: Ignore = "",
    jobs: Jobs = 0,
    cluster: SchedulerAddress = "",
    copy_to: Annotated[
        str, typer.Option("--copy-to", help=_("option-copy-to"), metavar="ADDRESS", show_default=False)
    ] = "",
    *,
    all_offices: AllOffices = False,
    strict: Strict = False,
    draft: Annotated[bool, typer.Option("--draft", help=_("option-draft"))] = False,
    look: Look = "",
    facts: Annotated[bool, typer.Option("--facts/--no-facts", help=_("option-carry-facts"))] = True,
    force: Annotated[bool, typer.Option("--force", help=_("option-rebuild"))] = False,
    explain: Annotated[bool, typer.Option("--explain", help=_("option-explain-builds"))] = False,
    fail_fast: FailFast = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=_("option-quiet-build"))] = False,
    as_json: Json = False,
) -> None:
    """Check reports and write them in every format."""
    from nianbao.build import incremental, output_folder, outputs, worker
    from nianbao.checks import check
    from nianbao.checks.policy import select_reported
    from nianbao.cli.output import builds
    from nianbao.workspace import selection

    with report_errors():
        start = perf_counter()
        store = selection.open_store(reports or [], root, out, print_warning)
        formats = tuple(outputs.name_formats(store, split_list(to) or split_list(DEFAULT_FORMATS)))
        selected = selection.select(store, reports or [], all_offices=all_offices)
        store = selected.store
        policy = check.load_policy(store, split_list(select), split_list(ignore), strict=strict)
        options = worker.BuildOptions(formats, look, draft, facts, policy)
        run_jobs, describe_state = _choose_workers(jobs, cluster)
        remote = _open_remote_folder(copy_to)
        names = [report_store.data(year) for report_store, year in selected.reports]
        lost_error = worker.make_lost_error(names[0]) if len(names) == 1 else None
        with report_crash(lost_error), output_folder.open_cache(store, print_note) as cache:
            results = incremental.IncrementalBuild(store, options, cache, force=force).run(selected.reports, run_jobs)
            bar = show_progress(
                results,
                len(selected.reports),
                _("progress-building"),
                quiet=quiet or as_json,
                describe_state=describe_state,
            )
            done, failed = collect_results(
                bar, selected.reports, lambda result: result.check, options.is_refused, fail_fast=fail_fast
            )
        failed += list_crashes([result.check for result in done])
        unread = select_reported(selection.find_unread(selected, all_offices=all_offices), policy)
        run = builds.BuildRun(done, failed, selected.missing, perf_counter() - start, unread)
        _print_run(run, many=len(selected.reports) > builds.MAX_LISTED, quiet=quiet, explain=explain, as_json=as_json)
        if remote:
            counts = remote.copy(store, done)
            print_note(_("copied-files", address=copy_to, sent=counts.sent, unchanged=counts.unchanged))
        refused = any(options.is_refused(result.check) for result in done)
        exit_command([one.error for one in failed], blocked=refused or policy.is_blocking(unread))


def _choose_workers(jobs: int, address: str) -> "tuple[RunJobs, Callable[[], str]]":
    """Return what runs the jobs, processes here or a cluster, and a function that describes its state for the bar."""
    from nianbao.build import worker

    if not address:
        return worker.run_locally(jobs), str
    if jobs:
        raise UserError(_("jobs-and-cluster-exclude"), _("leave-jobs-out"))
    try:
        from nianbao.build.dask_client import DaskClient
    except ImportError as error:
        raise UserError(_("dask-not-installed"), _("install-dask")) from error
    client = DaskClient(address)
    return client, client.describe_workers


def _open_remote_folder(address: str) -> "RemoteFolder | None":
    if not address:
        return None
    try:
        from nianbao.build.remote_copy import RemoteFolder
    except ImportError as error:
        raise UserError(_("fsspec-not-installed"), _("install-fsspec")) from error
    return RemoteFolder(address)


def _print_run(run: "BuildRun", *, many: bool, quiet: bool, explain: bool, as_json: bool) -> None:
    from nianbao.cli.output import builds, finding_printer, findings

    if as_json:
        findings.print_json(builds.build_run_data(run))
        return
    if many or run.missing:
        builds.print_summary(run)
    else:
        finding_printer.print_findings(run.unread)
        findings.print_builds(run.results, quiet=quiet)
    if explain:
        builds.print_reasons(run)
