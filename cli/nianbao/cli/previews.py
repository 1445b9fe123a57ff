"""Previews that commands run: of a report, and of one that was imported, with the file that it was read from."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from nianbao.cli.errors import print_warning
from nianbao.cli.terminal import echo
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.workspace import selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nianbao.importer.file_sets.sources import Source
    from nianbao.importer.pipeline import ImportedReport
    from nianbao.importer.undecided_places import ShownFile


class PreviewOptions(Struct, frozen=True):
    """The options of a preview on the command line."""

    port: int
    editor: str
    should_open: bool
    poll: bool
    look: str = ""
    strict: bool = False


def require_packages() -> None:
    """Raise `UserError` where the packages that a preview needs are not installed."""
    try:
        from nianbao.preview import serving  # noqa: F401, PLC0415  # heavy
    except ImportError as error:
        raise UserError(_("preview-not-installed"), _("install-preview")) from error


def run_preview(report: selection.ReportRef, options: PreviewOptions, imported: "ShownFile | None" = None) -> None:
    """Show a report in the browser until Ctrl-C, with the file that it was imported from, if there is one."""
    from nianbao.cli.output.acceptances import format_accept_command  # noqa: PLC0415  # heavy
    from nianbao.preview.serving import Options, Preview  # noqa: PLC0415  # heavy
    from nianbao.preview.session import Commands  # noqa: PLC0415  # heavy

    store, period = report
    key = store.key(period)
    fix = " ".join(filter(None, ("report validate", key.office, key.kind, str(period), "--fix")))
    commands = Commands(fix, partial(format_accept_command, key), options.editor)
    wanted = Options(options.port, options.look, options.strict, options.poll)
    running = Preview(store, period, wanted, commands, imported)
    echo(_("preview-runs", url=running.url))
    echo(_("preview-stop"))
    running.run(should_open=options.should_open, on_no_browser=lambda: print_warning(_("no-browser", url=running.url)))


def check_showing(sources: "Sequence[Source]", *, is_written: bool) -> None:
    """Raise `UserError` for an import that cannot be shown: of several reports, or one that is not written."""
    require_packages()
    if not is_written:
        raise UserError(_("show-needs-data-file"), _("leave-out-dry-run"))
    if len(sources) != 1:
        raise UserError(_("show-one-file", count=len(sources)), _("import-one-file"))


def show_imported(report: "ImportedReport", root: Path | None, options: PreviewOptions) -> None:
    """Show the undecided places of an imported report in a preview; where there are none, say so and open nothing."""
    if not report.shown or not report.shown.places:
        echo(_("nothing-to-decide"))
        return
    target = str(report.target)
    store = selection.open_store([target], root, None, print_warning)
    found = selection.select(store, [target]).reports
    run_preview(found[0], options, report.shown)
