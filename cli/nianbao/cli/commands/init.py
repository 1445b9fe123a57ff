"""`report init`."""

from pathlib import Path
from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import report_errors
from nianbao.cli.terminal import echo
from nianbao.model.i18n import _


@command(help=_("help-init"), epilog=_("example-init"))
def init(
    folder: Annotated[Path, typer.Argument(help=_("argument-new-folder"), metavar="DIR")],
    year: Annotated[
        int | None,
        typer.Option("--year", help=_("option-year-due"), min=1980, max=9998, show_default=False),
    ] = None,
) -> None:
    """Create an office's folder."""
    from nianbao.checks import drafts
    from nianbao.workspace.store import Store

    with report_errors():
        due = year or drafts.find_next_due_year()
        store = Store(folder)
        files = {
            ".gitignore": store.template("starter/gitignore"),
            "README.md": store.template("starter/README.md").replace("YEAR", str(due)),
        }
        for saved in drafts.create_files(store, due, more_files=files).saved:
            echo(_("wrote-path", path=saved.path))
        echo(_("next-cd-and-build", folder=folder, due=due))
