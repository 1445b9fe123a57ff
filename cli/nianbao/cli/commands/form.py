"""`report form`."""

from typing import Annotated, Literal

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import exit_command, print_warning, report_errors, show_progress, split_errors
from nianbao.cli.options import AllOffices, Jobs, Out, Reports, Root
from nianbao.model.i18n import _


@command(help=_("help-form"), epilog=_("example-form"))
def form(
    reports: Reports = None,
    to: Annotated[Literal["xlsx"], typer.Option("--to", help=_("option-edition-of-form"))] = "xlsx",
    office: Annotated[
        str, typer.Option("--office", help=_("option-office-without-data"), metavar="NAME", show_default=False)
    ] = "",
    root: Root = None,
    out: Out = None,
    jobs: Jobs = 0,
    *,
    all_offices: AllOffices = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=_("option-quiet-form"))] = False,
) -> None:
    """Write Excel forms to be filled in."""
    from nianbao.cli.output.query import print_forms
    from nianbao.export.excel_form import batch
    from nianbao.workspace import selection

    del to  # the only one there is
    with report_errors():
        store = selection.open_store(reports or [], root, None, print_warning)
        selected = batch.select_forms(store, reports or [], all_offices=all_offices, new=bool(office))
        forms, errors = split_errors(
            show_progress(
                batch.write_all(selected, office, out, jobs), len(selected), _("progress-making-forms"), quiet=quiet
            )
        )
        print_forms(forms, quiet=quiet)
        exit_command(errors, blocked=False)
