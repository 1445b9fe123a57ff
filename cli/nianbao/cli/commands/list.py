"""`report list`."""

from datetime import date
from typing import TYPE_CHECKING

from nianbao.cli.command import command
from nianbao.cli.errors import exit_command, print_note, print_warning, report_errors, show_progress
from nianbao.cli.options import Jobs, Json, Out, Reports, Root
from nianbao.model.i18n import _

if TYPE_CHECKING:
    from nianbao.model.finding import UserError


@command(name="list", help=_("help-list"), epilog=_("example-list"))
def list_reports(
    reports: Reports = None, root: Root = None, out: Out = None, jobs: Jobs = 0, *, as_json: Json = False
) -> None:
    """List the reports of all offices with their state."""
    from nianbao.build import output_folder, overview
    from nianbao.cli.output import findings, listing
    from nianbao.workspace import selection

    with report_errors():
        today = date.today()  # noqa: DTZ011  # in the office's time zone
        store = selection.open_store(reports or [], root, out, print_warning)
        unusable: list[UserError] = []
        found = overview.list_reports(store, reports or [], today, unusable.append)
        for error in unusable:
            print_warning(_("kind-left-out", why=error.message))
        size = sum(len(one.present) + len(one.missing) for one in found)
        with output_folder.open_cache(store, print_note) as cache:
            states = [
                state
                for one in found
                for state in show_progress(
                    overview.Overview(one, cache, today).run(jobs), size, _("progress-checking"), quiet=as_json
                )
            ]
        states.sort(key=lambda state: (state.key.kind, state.key.office, state.key.period))
        if as_json:
            findings.print_json(listing.listing_data(states, today))
        else:
            listing.print_listing(states, today)
        exit_command([], blocked=bool(unusable))
