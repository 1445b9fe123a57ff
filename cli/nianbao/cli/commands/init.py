"""`report init`."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import report_errors
from nianbao.cli.options import Edition, Kind
from nianbao.cli.terminal import echo
from nianbao.model.i18n import _


@command(help=_("help-init"), epilog=_("example-init"))
def init(
    folder: Annotated[Path, typer.Argument(help=_("argument-new-folder"), metavar="DIR")],
    year: Annotated[
        str,
        typer.Option("--year", help=_("help-init-period"), metavar="PERIOD", show_default=False),
    ] = "",
    kind: Kind = "",
    edition: Edition = "",
) -> None:
    """Create an office's folder."""
    from nianbao.checks import drafts
    from nianbao.model.kind import DEFAULT_KIND
    from nianbao.workspace import selection
    from nianbao.workspace.store import Store

    with report_errors():
        store = Store(folder)
        store.set_default_kind(kind or DEFAULT_KIND)
        due = selection.read_period(store, year) if year else drafts.find_next_due_period(store.kind)
        files = {
            ".gitignore": store.kind.template("starter/gitignore")[0],
            ".gitattributes": "data/**/*.toml diff=nianbao\n",
            "README.md": store.kind.template("starter/README.md")[0].replace("YEAR", str(due)),
        }
        if kind not in {"", DEFAULT_KIND}:
            files["report.toml"] = f'kind = "{kind}"\n'
        for saved in drafts.create_files(store, due, more_files=files, edition=edition).saved:
            echo(_("wrote-path", path=saved.path))
        for note in drafts.write_register_schema(store):
            echo(note)
        change_folder = "" if folder.samefile(".") else f"cd {shlex.quote(str(folder))} && "
        echo(_("next-command", command=f"{change_folder}report build {due}"))
        echo(_("git-diff-with-labels", command='git config diff.nianbao.textconv "report compare --labels"'))
