"""`report form`."""

from typing import Annotated, Literal

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import exit_command, print_warning, report_errors, show_progress, split_errors
from nianbao.cli.options import AllOffices, Jobs, Out, Reports, Root, split_list
from nianbao.model.i18n import _

_MAX_ROWS = 100  # in every place for entries; a form of the EU has over a hundred such places


@command(help=_("help-form"), epilog=_("example-form"))
def form(
    reports: Reports = None,
    to: Annotated[Literal["xlsx"], typer.Option("--to", help=_("option-edition-of-form"))] = "xlsx",
    office: Annotated[
        str, typer.Option("--office", help=_("option-office-without-data"), metavar="NAME", show_default=False)
    ] = "",
    rows: Annotated[
        int | None,
        typer.Option("--rows", help=_("option-form-rows"), metavar="N", min=0, max=_MAX_ROWS, show_default=False),
    ] = None,
    codes: Annotated[str, typer.Option("--codes", help=_("option-codes"), metavar="CODES", show_default=False)] = "",
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
    from nianbao.model.open_rows.blank_rows import BlankRows
    from nianbao.workspace import selection

    del to  # the only one there is
    with report_errors():
        store = selection.open_store(reports or [], root, None, print_warning)
        selected = batch.select_forms(store, reports or [], all_offices=all_offices, new=bool(office))
        blank = BlankRows(rows, tuple(split_list(codes)))
        written = batch.write_all(selected, batch.FormOptions(office, out, blank), jobs)
        forms, errors = split_errors(show_progress(written, len(selected), _("progress-making-forms"), quiet=quiet))
        print_forms(forms, quiet=quiet)
        exit_command(errors, blocked=False)
