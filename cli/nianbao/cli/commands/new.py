"""`report new`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import report_errors
from nianbao.cli.options import Root
from nianbao.cli.terminal import echo
from nianbao.model.i18n import _


@command(
    help=_("新建一年的数据文件：格式的每一行都在里面，年年相同的和结转的照抄上一年。"),
    epilog=_("例：report new 2021　·　report new 2021 --from 2020"),
)
def new(
    year: Annotated[int, typer.Argument(help=_("报告年度"), min=1980, max=9998)],
    root: Root = None,
    last: Annotated[
        int | None,
        typer.Option("--from", help=_("从哪一年照抄；不写就是上一年"), metavar="YEAR", show_default=False),
    ] = None,
) -> None:
    """Create a year's data file."""
    from nianbao.checks import drafts
    from nianbao.workspace.store import Store

    with report_errors():
        created = drafts.create_files(Store.at(root), year, last)
        echo(_("已写 {path}；填好后运行 report build {year}", path=created.saved[0].path, year=year))
        for note in created.notes:
            echo(note)
