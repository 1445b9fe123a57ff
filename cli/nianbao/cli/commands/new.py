"""`report new`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import report_errors
from nianbao.cli.options import Root
from nianbao.cli.terminal import echo
from nianbao.model.i18n import _


@command(help=_("help-new"), epilog=_("example-new"))
def new(
    year: Annotated[int, typer.Argument(help=_("argument-report-year"), min=1980, max=9998)],
    root: Root = None,
    last: Annotated[
        int | None,
        typer.Option("--from", help=_("option-from-year"), metavar="YEAR", show_default=False),
    ] = None,
) -> None:
    """Create a year's data file."""
    from nianbao.checks import drafts
    from nianbao.workspace.store import Store

    with report_errors():
        created = drafts.create_files(Store.open(root), year, last)
        echo(_("wrote-now-fill-in", path=created.saved[0].path, year=year))
        for note in created.notes:
            echo(note)
