"""`report new`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.completion import complete_new_period, complete_period
from nianbao.cli.errors import print_warning, report_errors
from nianbao.cli.options import Edition, Kind, Root
from nianbao.cli.terminal import echo
from nianbao.model.i18n import _


@command(help=_("help-new"), epilog=_("example-new"))
def new(
    period: Annotated[str, typer.Argument(help=_("help-period"), autocompletion=complete_new_period, metavar="PERIOD")],
    root: Root = None,
    kind: Kind = "",
    edition: Edition = "",
    last: Annotated[
        str,
        typer.Option(
            "--from", help=_("option-from-year"), autocompletion=complete_period, metavar="PERIOD", show_default=False
        ),
    ] = "",
) -> None:
    """Create a year's data file."""
    from nianbao.checks import drafts
    from nianbao.workspace import selection
    from nianbao.workspace.data_files.unread import find_unread_of
    from nianbao.workspace.store import Store

    with report_errors():
        store = Store.open(root)
        store = store.of_kind(kind) if kind else store
        source = selection.read_period(store, last) if last else None
        created = drafts.create_files(store, selection.read_period(store, period), source, edition=edition)
        words = " ".join(filter(None, (kind, period)))
        echo(_("wrote-now-fill-in", path=created.saved[0].path, year=words))
        for note in created.notes:
            echo(note)
        for file in find_unread_of(store, [store.office], ()):
            print_warning(f"{file.message}{_('clause-separator')}{file.fix}")
