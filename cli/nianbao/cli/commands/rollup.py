"""`report rollup`."""

from datetime import date
from typing import Annotated

import typer

from nianbao.cli.command import command
from nianbao.cli.completion import complete_office
from nianbao.cli.errors import exit_command, print_warning, report_errors, show_spinner
from nianbao.cli.options import IncludeOwn, Jobs, Json, Kind, ReportPeriod, Root, Units, WithBroken
from nianbao.cli.terminal import echo
from nianbao.model.i18n import _


@command(help=_("help-rollup"), epilog=_("example-rollup"))
def rollup(
    period: ReportPeriod,
    into: Annotated[
        str, typer.Option("--into", help=_("option-office-above"), autocompletion=complete_office, metavar="OFFICE")
    ],
    units: Units = None,
    root: Root = None,
    jobs: Jobs = 0,
    kind: Kind = "",
    *,
    own: IncludeOwn = True,
    broken: WithBroken = False,
    deep: Annotated[bool, typer.Option("--deep", help=_("option-deep-rollup"))] = False,
    force: Annotated[bool, typer.Option("--force", help=_("option-force-rollup"))] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("option-dry-run-rollup"))] = False,
    incomplete: Annotated[bool, typer.Option("--allow-incomplete", help=_("option-allow-incomplete"))] = False,
    as_json: Json = False,
) -> None:
    """Add the figures of units up into the data file of the office above them."""
    from nianbao.checks import drafts
    from nianbao.cli.output.builds import unread_data
    from nianbao.cli.output.finding_printer import print_findings
    from nianbao.cli.output.findings import print_json
    from nianbao.cli.output.offices.rollup import print_rollups, rollup_data
    from nianbao.rollup import collect
    from nianbao.rollup.roll_up import is_failed, roll_up
    from nianbao.workspace import selection
    from nianbao.workspace.data_files.unread import find_unread_of

    with report_errors():
        store = selection.open_store(units or [], root, None, print_warning)
        store = store.of_kind(kind) if kind else store
        options = collect.RollupOptions(units or [], own, broken, deep, force, dry_run, jobs)
        with show_spinner(_("progress-adding-up", year=period), quiet=as_json):
            read = selection.read_period(store, period)
            results = roll_up(store, read, into, options)
            notes = [] if dry_run else drafts.write_register_schema(store)
        offices = [unit.id for result in results for unit in result.missing]
        found = [file.make_finding() for file in find_unread_of(store, offices, [read])]
        if as_json:
            print_json({"rollups": [rollup_data(result) for result in results]} | unread_data(found))
        else:
            print_findings([*store.register().list_warnings(), *found])
            print_rollups(results, str(read), date.today())  # noqa: DTZ011  # in the office's time zone
            for note in notes:
                echo(note)
        exit_command([], blocked=is_failed(results, allow_incomplete=incomplete))
