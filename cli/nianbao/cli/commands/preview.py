"""`report preview`."""

from nianbao.cli.command import command
from nianbao.cli.errors import print_warning, report_errors
from nianbao.cli.options import Editor, Look, Poll, Port, Reports, Root, ShouldOpen, Strict
from nianbao.model.finding import UserError
from nianbao.model.i18n import _


@command(help=_("help-preview"), epilog=_("example-preview"))
def preview(
    reports: Reports = None,
    root: Root = None,
    port: Port = 0,
    look: Look = "",
    editor: Editor = "vscode",
    *,
    strict: Strict = False,
    should_open: ShouldOpen = True,
    poll: Poll = False,
) -> None:
    """Show a report in the browser while its file is edited."""
    from nianbao.cli import previews
    from nianbao.workspace import selection

    with report_errors():
        previews.require_packages()
        store = selection.open_store(reports or [], root, None, print_warning)
        selected = selection.select(store, reports or []).reports
        if len(selected) != 1:
            raise UserError(_("preview-one-report", count=len(selected)), _("name-one-report"))
        previews.run_preview(selected[0], previews.PreviewOptions(port, editor, should_open, poll, look, strict))
