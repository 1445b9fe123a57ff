"""The output of rollups and traces: which units add up to a sum, and which are not in it."""

from collections.abc import Iterator, Sequence
from typing import Any

from nianbao.cli.output import findings
from nianbao.cli.output.finding_printer import FindingPrinter
from nianbao.cli.terminal import echo
from nianbao.model.aggregate import Aggregate, UnitReport
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, join_words
from nianbao.model.report import Number
from nianbao.model.value_types import format_number
from nianbao.rollup.roll_up import ChangedCell, RollupResult
from nianbao.rollup.trace import Trace

_MAX_NAMES = 20  # of units, in one line
_MAX_ROWS = 50  # of a table, and units with errors of which these are printed; --json has all


def print_rollups(results: Sequence[RollupResult], period: str) -> None:
    """Print for each office above others what was added up, what was not, and whether its data file was written."""
    printer = FindingPrinter()
    for result in results:
        printer.print_all(result.findings)
        if result.aggregate:
            _print_rollup(result, result.aggregate, period, printer)


def _print_rollup(result: RollupResult, aggregate: Aggregate, period: str, printer: FindingPrinter) -> None:
    count = len(aggregate.counted)
    echo(_("units-added-up", unit=result.unit, year=period, count=count))
    _print_names(_("units-missing"), result.missing)
    _print_names(_("units-late"), [report.unit for report in aggregate.counted if report.late])
    _print_names(_("units-with-errors-counted"), [report.unit for report in aggregate.counted if report.errors])
    _print_names(_("with-errors-not-counted"), [report.unit for report in aggregate.broken])
    printer.print_all(_list_faults(aggregate))
    _print_other_editions(aggregate)
    for unit in result.outdated:
        command = f"report rollup {period} --into {unit.id}"
        echo("  " + _("units-below-not-rolled-up", unit=unit, command=command))
    _print_names(_("folders-not-in-register"), result.unlisted)
    _print_cells(_("cells-kept-as-accepted"), result.accepted)
    _print_cells(_("was-changed"), result.changed)
    _print_cells(_("cells-edited-by-hand"), result.edited)
    for hint in result.hints:
        echo(f"  {hint}")
    echo("  " + _describe_end(result))


def _print_names(label: str, names: Sequence[object]) -> None:
    if names:
        more = _("and-other-names") if len(names) > _MAX_NAMES else ""
        shown = join_words(names[:_MAX_NAMES])
        echo("  " + _("names-with-count", words=label, count=len(names), names=shown, more=more))


def _list_faults(aggregate: Aggregate) -> list[Finding]:
    """Return the errors of units, the first three of each, and the findings about doubtful amounts of money."""
    faulty = [*aggregate.broken, *(report for report in aggregate.counted if report.errors)]
    errors = [fault for report in faulty[:_MAX_ROWS] for fault in report.errors[:3]]
    return errors + [doubt for report in aggregate.counted for doubt in report.warnings][:_MAX_ROWS]


def _print_other_editions(aggregate: Aggregate) -> None:
    """Print the figures of units of another edition that this form has no cell for, and the cells that they lack."""
    if not aggregate.units_of_other_edition:
        return
    editions = join_words(sorted({report.edition for report in aggregate.units_of_other_edition}))
    _print_names(
        _("units-of-editions", editions=editions), [report.unit for report in aggregate.units_of_other_edition]
    )
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
                _show(cell.figure),
                _show(cell.last),
                format_number(cell.total),
            )
            for cell in cells[:_MAX_ROWS]
        ]
        findings.print_table((_("head-address"), _("head-in-file"), _("head-last-sum"), _("head-sum-now")), rows)
        _print_rest(len(cells))


def _show(figure: Number | None) -> str:
    return "" if figure is None else format_number(figure)


def _print_rest(size: int) -> None:
    if size > _MAX_ROWS:
        echo("  " + _("more-items-see-json", count=size - _MAX_ROWS))


def _describe_end(result: RollupResult) -> str:
    if result.edited:
        state = _("not-written-edited-by-hand", file=result.file, count=len(result.edited))
        return state + _("force-or-accept-in-file")
    if result.saved is None:
        return _("would-write-target", target=result.file)
    if result.saved.changed:
        return _("wrote-target", target=result.file)
    return _("target-unchanged", target=result.file)


def print_trace(trace: Trace) -> None:
    """Print which units' figures add up to a figure, the largest first, and what the report itself has."""
    label = f"{trace.address} {trace.label}"
    echo(_("trace-total", unit=trace.unit, label=label, total=_show(trace.total) or "—"))
    if trace.figure is not None and trace.figure != trace.total:
        echo("  " + _("own-report-says", figure=format_number(trace.figure)))
    rows = list(_make_rows(trace, 0))
    if rows:
        findings.print_table((_("head-unit-folder"), _("head-unit"), _("head-figure"), _("head-share")), rows)
    if trace.zeros:
        echo("  " + _("units-with-zero", count=trace.zeros))
    if trace.parts:
        parts = " + ".join(f"{part} {format_number(figure)}" for part, figure in trace.parts.items() if figure)
        echo("  " + _("is-sum-of-parts", parts=parts or "0"))
    levels = list(_walk_levels(trace))
    _print_names(_("units-missing"), [unit for level in levels for unit in level.missing])
    _print_names(_("with-errors-not-counted"), [report.unit for level in levels for report in level.broken])
    _print_names(_("edition-without-cell"), [report.unit for level in levels for report in level.without_cell])


def _walk_levels(trace: Trace) -> Iterator[Trace]:
    yield trace
    for inner in trace.below.values():
        yield from _walk_levels(inner)


def _make_rows(trace: Trace, depth: int) -> Iterator[tuple[str, str, str, str]]:
    for report, figure in trace.contributions:
        share = f"{100 * figure / trace.total:.1f}%" if trace.total and trace.total > 0 else ""
        yield "  " * depth + report.unit.id, str(report.unit), format_number(figure), share
        inner = trace.below.get(report.unit.id)
        if inner:
            yield from _make_rows(inner, depth + 1)


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
        "missing": [unit.id for unit in result.missing],
        "outdated": [unit.id for unit in result.outdated],
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
        "figure": _show(cell.figure) or None,
        "last": _show(cell.last) or None,
        "sum": format_number(cell.total),
    }


def trace_data(trace: Trace | list[Finding]) -> dict[str, Any]:
    """Return a trace as plain values for JSON, or the findings in the register of offices."""
    if isinstance(trace, list):
        return {"findings": [findings.finding_data(finding) for finding in trace]}
    return {
        "office": trace.unit.id,
        "address": trace.address,
        "label": trace.label,
        "sum": _show(trace.total) or None,
        "figure": _show(trace.figure) or None,
        "units": [
            {"unit": report.unit.id, "name": report.unit.name, "figure": format_number(figure)}
            | ({"below": trace_data(trace.below[report.unit.id])} if report.unit.id in trace.below else {})
            for report, figure in trace.contributions
        ],
        "zeros": trace.zeros,
        "parts": {part: format_number(figure) for part, figure in trace.parts.items()},
        "missing": [unit.id for unit in trace.missing],
        "broken": [report.unit.id for report in trace.broken],
        "without": [report.unit.id for report in trace.without_cell],
    }
