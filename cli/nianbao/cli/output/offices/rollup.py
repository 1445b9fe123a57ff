"""The output of rollups: which units add up to a sum, and which are not in it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from nianbao.cli.output import findings
from nianbao.cli.output.finding_printer import FindingPrinter
from nianbao.cli.output.offices.status import MAX_NAMES, print_names, print_states
from nianbao.cli.terminal import echo
from nianbao.model.aggregate import Aggregate, UnitReport
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, join_words
from nianbao.model.report import Number
from nianbao.model.units.states import UnitGroups
from nianbao.model.value_types import format_number
from nianbao.rollup.register_changes import RegisterChanges
from nianbao.rollup.roll_up import ChangedCell, RollupResult

_MAX_ROWS = 50  # of a table, and units with errors of which these are printed; --json has all


def print_rollups(results: Sequence[RollupResult], period: str, today: date) -> None:
    """Print for each office above others what was added up, what was not, and whether its data file was written.

    Then the states of the units of the last office, and which files were written.
    """
    printer = FindingPrinter()
    for result in results:
        if result.aggregate:
            _print_rollup(result, result.aggregate, period, printer)
        printer.print_all(result.findings)
    print_names(_("folders-not-in-register"), results[-1].unlisted)
    if results[-1].state:
        echo("")
        print_states([results[-1].state], period, today, deep=len(results) > 1)
    if len(results) > 1:
        echo("")
        print_names(_("files-written"), [one.file for one in results if one.saved and one.saved.changed])
        print_names(_("files-unchanged"), [one.file for one in results if one.saved and not one.saved.changed])
        print_names(_("files-to-write"), [one.file for one in results if not (one.saved or one.is_blocked)])
        print_names(_("files-not-written"), [one.file for one in results if one.is_blocked])


def _print_rollup(result: RollupResult, aggregate: Aggregate, period: str, printer: FindingPrinter) -> None:
    count = len(aggregate.counted)
    echo(_("units-added-up", unit=result.unit, year=period, count=count))
    groups = result.state.group() if result.state else UnitGroups()
    print_names(_("units-missing"), groups.missing)
    print_names(_("units-late"), groups.late)
    print_names(_("units-with-errors-counted"), [report.unit for report in aggregate.counted if report.errors])
    accepted = [report.unit for report in aggregate.counted if report.has_accepted]
    print_names(_("units-with-accepted-errors", file=result.file), accepted)
    print_names(_("with-errors-not-counted"), [report.unit for report in aggregate.broken])
    print_names(_("units-with-errors-below"), groups.list_faulty_below())
    printer.print_all(_list_faults(aggregate))
    _print_differing_cells(aggregate)
    for unit in (placed.state.unit for placed in groups.outdated[:MAX_NAMES]):
        command = f"report rollup {period} --into {unit.id}"
        echo("  " + _("units-below-not-rolled-up", unit=unit, command=command))
    _print_register_changes(result.register_changes, period)
    _print_cells(_("cells-kept-as-accepted"), result.accepted)
    _print_cells(_("was-changed"), result.changed)
    _print_cells(_("cells-edited-by-hand"), result.edited)
    for hint in result.hints:
        echo(f"  {hint}")
    echo("  " + _describe_end(result))


def _print_register_changes(changes: RegisterChanges, period: str) -> None:
    """Print what the register says otherwise than at the last rollup."""
    print_names(_("units-joined"), changes.joined)
    for unit, parent in changes.left.items():
        echo("  " + (_("unit-left-for", unit=unit, parent=parent) if parent else _("unit-not-listed-now", unit=unit)))
    for unit, former in changes.renamed.items():
        echo("  " + _("unit-renamed", office=unit.id, former=former, name=unit))
    for unit, other in changes.counted_elsewhere.items():
        command = f"report rollup {period} --into {other.id}"
        echo("  " + _("unit-counted-elsewhere", unit=unit, office=other, command=command))


def _list_faults(aggregate: Aggregate) -> list[Finding]:
    """Return the errors of units, the first three of each, and the findings about doubtful amounts of money."""
    faulty = [*aggregate.broken, *(report for report in aggregate.counted if report.errors)]
    errors = [fault for report in faulty[:_MAX_ROWS] for fault in report.errors[:3]]
    return errors + [doubt for report in aggregate.counted for doubt in report.warnings][:_MAX_ROWS]


def _print_differing_cells(aggregate: Aggregate) -> None:
    """Print the units of another edition, the figures that this form has no cell for, and the cells that units lack."""
    if aggregate.units_of_other_edition:
        editions = join_words(sorted({report.edition for report in aggregate.units_of_other_edition}))
        units = [report.unit for report in aggregate.units_of_other_edition]
        print_names(_("units-of-editions", editions=editions), units)
    if aggregate.unplaced:
        counts = {"count": len(aggregate.unplaced), "edition": aggregate.form.edition}
        echo("  " + _("figures-without-place", **counts))
        rows = [
            (str(one.report.unit), one.address, format_number(one.figure)) for one in aggregate.unplaced[:_MAX_ROWS]
        ]
        findings.print_table((_("head-unit"), _("head-address"), _("head-figure")), rows)
        _print_rest(len(aggregate.unplaced))
    for row, columns, count in aggregate.list_rows_without_cells():
        cells = f"{row} {join_words(columns)}".strip()
        echo("  " + _("cells-not-in-edition", cells=cells, count=count))


def _print_cells(label: str, cells: Sequence[ChangedCell]) -> None:
    if cells:
        echo(f"  {label}:")
        rows = [
            (
                cell.address,
                show_figure(cell.figure),
                show_figure(cell.last),
                format_number(cell.total),
            )
            for cell in cells[:_MAX_ROWS]
        ]
        findings.print_table((_("head-address"), _("head-in-file"), _("head-last-sum"), _("head-sum-now")), rows)
        _print_rest(len(cells))


def show_figure(figure: Number | None) -> str:
    """Show a figure with all its digits; an empty text where there is none."""
    return "" if figure is None else format_number(figure)


def _print_rest(size: int) -> None:
    if size > _MAX_ROWS:
        echo("  " + _("more-items-see-json", count=size - _MAX_ROWS))


def _describe_end(result: RollupResult) -> str:
    if result.findings:
        return _("not-written-because-of-findings", file=result.file)
    if result.edited:
        state = _("not-written-edited-by-hand", file=result.file, count=len(result.edited))
        return state + _("force-or-accept-in-file")
    if result.saved is None:
        return _("would-write-target", target=result.file)
    if result.saved.changed:
        return _("wrote-target", target=result.file)
    return _("target-unchanged", target=result.file)


# ── for programs ─────────────────────────────────────────────────────────────────────


def rollup_data(result: RollupResult) -> dict[str, Any]:
    """Return a rollup as plain values for JSON; figures are texts, so that no digit is lost."""
    aggregate = result.aggregate
    return {
        "office": result.unit.id,
        "file": result.file,
        "ok": not result.is_blocked,
        "written": result.saved is not None,
        "changed": bool(result.saved and result.saved.changed),
        "findings": [findings.finding_data(finding) for finding in result.findings],
        "counted": [_unit_data(report) for report in aggregate.counted] if aggregate else [],
        "broken": [_unit_data(report) for report in aggregate.broken] if aggregate else [],
        "incomplete": result.incomplete,
        "missing": [unit.id for unit in result.missing],
        "outdated": [unit.id for unit in result.outdated],
        "below": result.state.group().list_ids() if result.state else {},
        "register": _register_changes_data(result.register_changes),
        "unlisted": list(result.unlisted),
        "figures": {at: format_number(figure) for at, figure in aggregate.figures.items()} if aggregate else {},
        "unplaced": [
            {"unit": one.report.unit.id, "address": one.address, "figure": format_number(one.figure)}
            for one in (aggregate.unplaced if aggregate else ())
        ],
        "lacking": {
            at: [report.unit.id for report in units]
            for at, units in (aggregate.units_without_cell if aggregate else {}).items()
        },
        "cells": {
            name: list(map(_cell_data, cells))
            for name, cells in (
                ("changed", result.changed),
                ("accepted", result.accepted),
                ("edited", result.edited),
            )
        },
    }


def _register_changes_data(changes: RegisterChanges) -> dict[str, Any]:
    return {
        "joined": [unit.id for unit in changes.joined],
        "left": {unit.id: parent.id if parent else None for unit, parent in changes.left.items()},
        "renamed": {unit.id: former for unit, former in changes.renamed.items()},
        "counted_elsewhere": {unit.id: other.id for unit, other in changes.counted_elsewhere.items()},
    }


def _unit_data(report: UnitReport) -> dict[str, Any]:
    return {
        "unit": report.unit.id,
        "name": report.unit.name,
        "kind": report.unit.kind or None,
        "own": report.unit.own,
        "file": report.file,
        "edition": report.edition or None,
        "late": report.late is not None,
        "faults": [findings.finding_data(fault) for fault in report.errors],
        "doubts": [findings.finding_data(doubt) for doubt in report.warnings],
    }


def _cell_data(cell: ChangedCell) -> dict[str, str | None]:
    return {
        "address": cell.address,
        "figure": show_figure(cell.figure) or None,
        "last": show_figure(cell.last) or None,
        "sum": format_number(cell.total),
    }
