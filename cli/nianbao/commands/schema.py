"""`report schema`."""

from typing import Annotated

import typer

from nianbao.command import command
from nianbao.edge import edge
from nianbao.language import _
from nianbao.options import Root
from nianbao.terminal import document


@command(help=_("写出数据文件的 JSON Schema，编辑器凭它提示和检查。"), epilog=_("例：report schema --edition 2021"))
def schema(
    edition: Annotated[str, typer.Option("--edition", help=_("格式版本；不写就用最近一年的"), show_default=False)] = "",
    root: Root = None,
) -> None:
    """Write the JSON Schema of the data files."""
    from nianbao import datafile
    from nianbao.store import Store

    with edge():
        document(datafile.describe(Store.at(root), edition), nl=False)
