"""`report schema`."""

from typing import Annotated, Literal

import typer

from nianbao.cli.command import command
from nianbao.cli.completion import complete_edition
from nianbao.cli.errors import report_errors
from nianbao.cli.options import Kind, Root
from nianbao.cli.terminal import print_text
from nianbao.model.i18n import _


@command(help=_("help-schema"), epilog=_("example-schema"))
def schema(
    edition: Annotated[
        str,
        typer.Option(
            "--edition",
            help=_("option-edition-schema"),
            autocompletion=complete_edition,
            metavar="EDITION",
            show_default=False,
        ),
    ] = "",
    of: Annotated[
        Literal["data", "kind", "edition", "form", "reading", "files", "locale", "look", "format", "register"],
        typer.Option("--of", help=_("option-schema-of"), metavar="TYPE"),
    ] = "data",
    kind: Kind = "",
    root: Root = None,
) -> None:
    """Print a JSON Schema: of the data files, of the register, or of what people write below `templates/`."""
    from nianbao.checks import drafts
    from nianbao.model.finding import UserError
    from nianbao.workspace import template_schema
    from nianbao.workspace.store import Store

    with report_errors():
        if of != "data":
            if edition or kind:
                raise UserError(_("edition-for-data-schema-only"), _("leave-out-edition-or-of"))
            print_text(template_schema.format_schema("edition" if of == "form" else of), nl=False)
            return
        print_text(drafts.format_schema(Store.open(root).of_kind(kind), edition), nl=False)
