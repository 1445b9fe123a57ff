"""`report export`."""

from typing import Annotated, Literal

import typer

from nianbao.cli.command import command
from nianbao.cli.completion import complete_export_formats
from nianbao.cli.errors import (
    exit_command,
    print_double_counts,
    print_error,
    print_register_errors,
    print_warning,
    report_errors,
    show_progress,
    split_errors,
)
from nianbao.cli.options import AllOffices, Jobs, Kind, Out, Reports, Root, split_list
from nianbao.model.i18n import _


@command(help=_("help-export"), epilog=_("example-export"))
def export(
    reports: Reports = None,
    to: Annotated[
        str, typer.Option("--to", help=_("option-to-export"), autocompletion=complete_export_formats, metavar="FORMATS")
    ] = "csv",
    layout: Annotated[
        Literal["long", "wide"],
        typer.Option("--layout", help=_("option-layout")),
    ] = "long",
    kind: Kind = "",
    root: Root = None,
    out: Out = None,
    jobs: Jobs = 0,
    *,
    all_offices: AllOffices = False,
    force: Annotated[bool, typer.Option("--force", help=_("option-replace-out"))] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=_("option-quiet-export"))] = False,
) -> None:
    """Export reports for other programs."""
    from nianbao.cli.output.query import print_export
    from nianbao.export import pipeline
    from nianbao.workspace import selection

    with report_errors():
        options = pipeline.ExportOptions(pipeline.check_formats(split_list(to)), layout, out, force)
        store = selection.open_store(reports or [], root, None, print_warning).of_kind(kind)
        selected = selection.select(store, reports or [], all_offices=all_offices)
        store = selected.store
        pipeline.check_size(selected.reports, options)
        read, errors = split_errors(
            show_progress(
                pipeline.read_all(selected.reports, jobs), len(selected.reports), _("progress-reading"), quiet=quiet
            )
        )
        saved = pipeline.write_files(store, pipeline.make_database(store, read), options) if read else []
        print_export(saved, len(read), selected.missing, quiet=quiet)
        print_register_errors(store)
        if all_offices and not quiet:
            print_double_counts(store, selected.reports)
        for error in errors:  # a report that cannot be read is an error in the data: the exit code is 1
            print_error(error)
        exit_command([], blocked=bool(errors))
