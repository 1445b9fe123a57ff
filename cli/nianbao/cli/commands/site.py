"""`report site`."""

from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.crash import report_crash
from nianbao.cli.errors import (
    collect_results,
    exit_command,
    list_crashes,
    print_error,
    print_note,
    print_warning,
    report_errors,
    show_progress,
)
from nianbao.cli.options import (
    DEFAULT_FORMATS,
    AllOffices,
    Formats,
    Ignore,
    Jobs,
    Look,
    Reports,
    Root,
    Select,
    split_list,
)
from nianbao.cli.terminal import echo
from nianbao.model.i18n import _


@command(help=_("help-site"), epilog=_("example-site"))
def site(
    reports: Reports = None,
    out: Annotated[Path, typer.Option("--out", help=_("option-out-site"), metavar="DIR")] = Path("site"),
    to: Formats = DEFAULT_FORMATS,
    title: Annotated[
        str, typer.Option("--title", help=_("option-site-title"), metavar="TEXT", show_default=False)
    ] = "",
    address: Annotated[
        str, typer.Option("--address", help=_("option-site-address"), metavar="URL", show_default=False)
    ] = "",
    look: Look = "",
    root: Root = None,
    select: Select = "",
    ignore: Ignore = "",
    jobs: Jobs = 0,
    *,
    all_offices: AllOffices = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=_("option-quiet-export"))] = False,
) -> None:
    """Make a static site of reports."""
    from nianbao.build import incremental, output_folder, outputs, worker
    from nianbao.checks import check
    from nianbao.cli.output import builds
    from nianbao.site import make
    from nianbao.site.entries import REPORTS
    from nianbao.workspace import selection

    with report_errors():
        start = perf_counter()
        options = make.SiteOptions(out, title, make.check_address(address))
        store = selection.open_store(reports or [], root, out / REPORTS, print_warning)
        store.register().require_right()
        selected = selection.select(store, reports or [], all_offices=all_offices)
        store = selected.store
        formats = tuple(outputs.name_formats(store, split_list(to)))
        folder = make.claim_folder(store, options, selected.reports, formats)
        build = worker.BuildOptions(
            formats, look, policy=check.load_policy(store, split_list(select), split_list(ignore))
        )
        track = partial(show_progress, text=_("progress-reading"), quiet=quiet)
        with report_crash(None), output_folder.open_cache(store, print_note) as cache:
            run = incremental.IncrementalBuild(store, build, cache).run(selected.reports, worker.run_locally(jobs))
            bar = show_progress(run, len(selected.reports), _("progress-building"), quiet=quiet)
            done, failed = collect_results(bar, selected.reports, lambda result: result.check, build.is_refused)
            result = make.make_site(store, options, build, folder, selected.reports, done, cache, track, jobs)
        failed += list_crashes([one.check for one in done])
        if not quiet:
            builds.print_summary(builds.BuildRun(done, failed, selected.missing, perf_counter() - start))
            if result.unpublished:
                echo(_("site-lacks-reports", count=result.unpublished))
            echo(_("site-written", folder=out, files=result.files, changed=result.changed, removed=len(result.removed)))
        for error in result.errors:
            print_error(error)
        exit_command([one.error for one in failed], blocked=bool(result.errors or result.unpublished))
