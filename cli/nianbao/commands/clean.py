"""`report clean`."""

from typing import Annotated

import typer

from nianbao.command import command
from nianbao.edge import edge, noted
from nianbao.language import _
from nianbao.options import Out, Root
from nianbao.terminal import echo


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
    """Remove what builds wrote."""
    from nianbao import recording
    from nianbao.store import Store, nearest

    with edge():
        store = Store(nearest(root), out)
        found = recording.clean(store, noted, dry=dry_run)
        for path in found:
            echo(path)
        echo(_("{count} 个文件", count=len(found)))
