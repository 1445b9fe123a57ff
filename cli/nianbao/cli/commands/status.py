"""`report status`."""

from datetime import date
from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import exit_command, report_errors, show_spinner
from nianbao.cli.options import Jobs, Json, Kind, OfficeAbove, ReportPeriod, Root
from nianbao.model.i18n import _


@command(help=_("help-status"), epilog=_("example-status"))
def status(
    period: ReportPeriod,
    into: OfficeAbove = "",
    root: Root = None,
    jobs: Jobs = 0,
    kind: Kind = "",
    *,
    deep: Annotated[bool, typer.Option("--deep", help=_("option-deep-status"))] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help=_("option-csv"))] = False,
    as_json: Json = False,
) -> None:
    """Print which units have reported, which reports are right, and what is still missing."""
    from nianbao.cli.output.findings import print_json
    from nianbao.cli.output.offices import status as output
    from nianbao.rollup.status import read_status
    from nianbao.workspace import selection
    from nianbao.workspace.store import Store

    with report_errors():
        today = date.today()  # noqa: DTZ011  # in the office's time zone
        store = Store.open(root).of_kind(kind)
        with show_spinner(_("progress-checking"), quiet=as_json or as_csv):
            read = selection.read_period(store, period)
            found = read_status(store, read, into, jobs)
        if as_csv:
            output.print_csv(found.states, today, deep=deep)
        elif as_json:
            print_json(output.status_data(found, str(read), today, deep=deep))
        else:
            output.print_status(found, str(read), today, deep=deep)
        exit_command([], blocked=not found.is_complete)
