"""`report schema`."""

from typing import Annotated, Literal

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import report_errors
from nianbao.cli.options import Root
from nianbao.cli.terminal import print_text
from nianbao.model.i18n import _


@command(
    help=_("写出数据文件、格式、版式或输出格式的 JSON Schema，编辑器凭它提示和检查。"),
    epilog=_("例：report schema --edition 2021　·　report schema --of look > look.schema.json"),
)
def schema(
    edition: Annotated[str, typer.Option("--edition", help=_("格式版本；不写就用最近一年的"), show_default=False)] = "",
    of: Annotated[
        Literal["data", "form", "look", "format"],
        typer.Option("--of", help=_("哪种文件：数据文件，或 templates/ 里的 forms、looks、formats")),
    ] = "data",
    root: Root = None,
) -> None:
    """Print a JSON Schema: of the data files, or of what people write below `templates/`."""
    from nianbao.checks import drafts
    from nianbao.model.finding import UserError
    from nianbao.workspace import template_schema
    from nianbao.workspace.store import Store

    with report_errors():
        if of != "data":
            if edition:
                raise UserError(_("--edition 只用于数据文件的 schema"), _("去掉 --edition，或去掉 --of"))
            print_text(template_schema.format_schema(of), nl=False)
            return
        print_text(drafts.format_schema(Store.at(root), edition), nl=False)
