"""`report schema`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import report_errors
from nianbao.cli.options import Root
from nianbao.cli.terminal import print_text
from nianbao.model.i18n import _


@command(help=_("写出数据文件的 JSON Schema，编辑器凭它提示和检查。"), epilog=_("例：report schema --edition 2021"))
def schema(
    edition: Annotated[str, typer.Option("--edition", help=_("格式版本；不写就用最近一年的"), show_default=False)] = "",
    root: Root = None,
) -> None:
    """Print the JSON Schema of the data files."""
    from nianbao.checks import drafts
    from nianbao.workspace.store import Store

    with report_errors():
        print_text(drafts.describe(Store.at(root), edition), nl=False)
