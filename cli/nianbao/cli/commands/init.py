"""`report init`."""

from pathlib import Path
from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import report_errors
from nianbao.cli.terminal import echo
from nianbao.model.i18n import _


@command(
    help=_("新建一个机关的目录：数据文件、.gitignore 和说明，马上就能生成。"),
    epilog=_("例：report init 某局 && cd 某局 && report build"),
)
def init(
    folder: Annotated[Path, typer.Argument(help=_("新目录"), metavar="DIR")],
    year: Annotated[
        int | None,
        typer.Option("--year", help=_("报告年度；不写就是下一份要报的"), min=1980, max=9998, show_default=False),
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
            echo(_("已写 {path}", path=saved.path))
        echo(_("下一步：cd {folder} && report build {due}", folder=folder, due=due))
