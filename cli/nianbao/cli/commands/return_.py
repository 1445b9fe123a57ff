"""`report return`."""

from datetime import date
from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.errors import exit_command, print_note, print_warning, report_errors, show_progress, split_errors
from nianbao.cli.options import Jobs, Json, Kind, Look, OfficeAbove, Out, ReportPeriod, Root, Units
from nianbao.model.i18n import _


@command(name="return", help=_("help-return"), epilog=_("example-return"))
def return_(  # the options
    period: ReportPeriod,
    units: Units = None,
    into: OfficeAbove = "",
    root: Root = None,
    out: Out = None,
    jobs: Jobs = 0,
    kind: Kind = "",
    *,
    all_levels: Annotated[bool, typer.Option("--all", help=_("option-return-all"))] = False,
    any_error: Annotated[bool, typer.Option("--any-error", help=_("option-return-any-error"))] = False,
    by: Annotated[str, typer.Option("--by", help=_("option-return-by"), metavar="DATE", show_default=False)] = "",
    look: Look = "",
    as_json: Json = False,
) -> None:
    """Write a sheet for each unit whose report is missing or not right, and its Excel form with the cells marked."""
    from nianbao.build import output_folder
    from nianbao.checks.check import load_policy
    from nianbao.cli.output.findings import print_json
    from nianbao.cli.output.offices import returns as output
    from nianbao.returns import write
    from nianbao.returns.choose import choose_units, parse_day, read_status_for_units
    from nianbao.workspace import selection

    with report_errors():
        store = selection.open_store(units or [], root, None, print_warning)
        store = store.of_kind(kind) if kind else store
        read = selection.read_period(store, period)
        today = date.today()  # noqa: DTZ011  # in the office's time zone
        options = write.ReturnOptions(read, parse_day(by, today) if by else None, today, out, look, load_policy(store))
        status = read_status_for_units(store, read, into, jobs)
        chosen = choose_units(status, units or [], all_levels=all_levels, any_error=any_error)
        store.look(look)  # one that is not there ends the command before it writes
        with output_folder.open_cache(store, print_note) as cache:
            made = write.write_all(store, chosen.units, options, cache, jobs)
            results, errors = split_errors(
                show_progress(made, len(chosen.units), _("progress-writing-returns"), quiet=as_json)
            )
            former = write.find_files_of_former_units(store, options, cache)
        order = {placed.state.unit.id: at for at, placed in enumerate(chosen.units)}
        results.sort(key=lambda one: order[one.unit.id])
        done = [placed.state.unit.id for placed in chosen.done]
        done += [one.unit.id for one in results if one.what == "nothing"]
        outdated = write.find_outdated_files(store, options, done)
        if as_json:
            print_json(output.returns_data(results, str(read), outdated, former, errors))
        else:
            output.print_returns(results, len(done), outdated, former)
        exit_command(errors, blocked=False)
