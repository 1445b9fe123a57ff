"""`report validate`."""

import typer

from nianbao.command import command
from nianbao.edge import crashed, each, edge, leave
from nianbao.language import _
from nianbao.options import Everyone, Ignore, Json, Reports, Root, Select, Strict, Style, listed


@command(
    help=_("只核对，不生成。"), epilog=_("例：report validate 2020　·　report validate --format sarif > findings.sarif")
)
def validate(
    reports: Reports = None,
    root: Root = None,
    select: Select = "",
    ignore: Ignore = "",
    style: Style = "text",
    *,
    everyone: Everyone = False,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Check only."""
    from nianbao import machine, make, say, selection

    with edge():
        store = selection.opened(reports or [], root)
        choice = make.chosen(store, listed(select), listed(ignore), strict=strict)
        asked = selection.select(store, reports or [], everyone=everyone).reports
        checked, stops = each(asked, lambda one: make.check(*one, choice))
        stops += crashed(checked)
        if as_json or style == "json":
            found = [say.checked_data(report) for report in checked]
            say.machine({"reports": found, "stops": say.stops_data(stops)})
        elif style == "text":
            say.checked(checked)
        else:
            typer.echo(machine.FORMATS[style](checked, stops))
        leave(stops, blocked=any(report.blocked for report in checked))
