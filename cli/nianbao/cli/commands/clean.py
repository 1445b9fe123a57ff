"""`report clean`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import print_note, report_errors
from nianbao.cli.options import Out, Root
from nianbao.cli.terminal import echo
from nianbao.model.i18n import _


@command(help=_("help-clean"), epilog=_("example-clean"))
def clean(
    root: Root = None,
    out: Out = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("option-dry-run-clean"))] = False,
) -> None:
    """Remove the files that builds wrote, and the build cache."""
    from nianbao.build import output_folder
    from nianbao.workspace.store import Store, find_root

    with report_errors():
        store = Store(find_root(root), out)
        paths = output_folder.remove_outputs(store, print_note, dry_run=dry_run)
        for path in paths:
            echo(path)
        echo(_("files-count", count=len(paths)))
