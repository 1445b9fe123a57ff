"""`report preview`."""

from functools import partial
from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import print_warning, report_errors
from nianbao.cli.options import Look, Reports, Root, Strict
from nianbao.cli.terminal import echo
from nianbao.model.finding import UserError
from nianbao.model.i18n import _


@command(help=_("help-preview"), epilog=_("example-preview"))
def preview(
    reports: Reports = None,
    root: Root = None,
    port: Annotated[
        int, typer.Option("--port", help=_("option-port"), min=0, max=65535, metavar="N", show_default=False)
    ] = 0,
    look: Look = "",
    editor: Annotated[str, typer.Option("--editor", help=_("option-editor"), metavar="NAME")] = "vscode",
    *,
    strict: Strict = False,
    should_open: Annotated[bool, typer.Option("--open/--no-open", help=_("option-open"))] = True,
    poll: Annotated[bool, typer.Option("--poll", help=_("option-poll"))] = False,
) -> None:
    """Show a report in the browser while its file is edited."""
    from nianbao.cli.output.acceptances import format_accept_command
    from nianbao.workspace import selection

    with report_errors():
        try:
            from nianbao.preview.serving import Options, Preview
            from nianbao.preview.session import Commands
        except ImportError as error:
            raise UserError(_("preview-not-installed"), _("install-preview")) from error
        store = selection.open_store(reports or [], root, None, print_warning)
        selected = selection.select(store, reports or []).reports
        if len(selected) != 1:
            raise UserError(_("preview-one-report", count=len(selected)), _("name-one-report"))
        report_store, period = selected[0]
        key = report_store.key(period)
        fix = " ".join(filter(None, ("report validate", key.office, key.kind, str(period), "--fix")))
        commands = Commands(fix, partial(format_accept_command, key), editor)
        running = Preview(report_store, period, Options(port, look, strict, poll), commands)
        echo(_("preview-runs", url=running.url))
        echo(_("preview-stop"))
        running.run(should_open=should_open)
