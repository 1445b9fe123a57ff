"""`report trace`."""

from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.completion import complete_office
from nianbao.cli.errors import exit_command, print_warning, report_errors
from nianbao.cli.options import IncludeOwn, Jobs, Json, Kind, ReportPeriod, Root, Units, WithBroken
from nianbao.model.i18n import _


@command(help=_("help-trace"), epilog=_("example-trace"))
def trace(
    period: ReportPeriod,
    office: Annotated[
        str, typer.Argument(help=_("option-office-above"), autocompletion=complete_office, metavar="OFFICE")
    ],
    address: Annotated[str, typer.Argument(help=_("argument-cell-address"), metavar="ADDRESS")],
    units: Units = None,
    root: Root = None,
    jobs: Jobs = 0,
    kind: Kind = "",
    *,
    own: IncludeOwn = True,
    broken: WithBroken = False,
    deep: Annotated[bool, typer.Option("--deep", help=_("option-deep-trace"))] = False,
    as_json: Json = False,
) -> None:
    """Print which units' figures add up to a figure."""
    from nianbao.cli.output.finding_printer import print_findings
    from nianbao.cli.output.findings import print_json
    from nianbao.cli.output.offices.trace import print_trace, trace_data
    from nianbao.rollup import collect
    from nianbao.rollup.trace import trace as trace_figure
    from nianbao.workspace import selection

    with report_errors():
        store = selection.open_store(units or [], root, None, print_warning)
        store = store.of_kind(kind) if kind else store
        options = collect.RollupOptions(units or [], own, broken, deep, jobs=jobs)
        traced = trace_figure(store, selection.read_period(store, period), office, address, options)
        if as_json:
            print_json(trace_data(traced))
        elif isinstance(traced, list):
            print_findings(traced)
        else:
            print_trace(traced)
        exit_command([], blocked=isinstance(traced, list))
