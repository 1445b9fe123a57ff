"""`report clean`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import print_note, report_errors
from nianbao.cli.options import Out, Root
from nianbao.cli.terminal import echo
from nianbao.model.i18n import _


@command(
    help=_("删去生成过的文件和生成的记录；别的文件不动。"),
    epilog=_("例：report clean　·　report clean --dry-run　·　report clean --out 公示"),
)
def clean(
    root: Root = None,
    out: Out = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("只说会删哪些，不删"))] = False,
) -> None:
    """Remove the files that builds wrote, and the build cache."""
    from nianbao.build import output_folder
    from nianbao.workspace.store import Store, find_root

    with report_errors():
        store = Store(find_root(root), out)
        paths = output_folder.remove_outputs(store, print_note, dry_run=dry_run)
        for path in paths:
            echo(path)
        echo(_("{count} 个文件", count=len(paths)))
