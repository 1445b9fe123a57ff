"""The output of traces: which units add up to a figure, and which are not in it."""

from collections.abc import Iterator
from typing import Any

from nianbao.cli.output import findings
from nianbao.cli.output.offices.rollup import show_figure
from nianbao.cli.output.offices.status import print_names
from nianbao.cli.terminal import echo
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.value_types import format_number
from nianbao.rollup.trace import Trace


def print_trace(trace: Trace) -> None:
    """Print which units' figures add up to a figure, the largest first, and what the report itself has."""
    label = f"{trace.address} {trace.label}"
    echo(_("trace-total", unit=trace.unit, label=label, total=show_figure(trace.total) or "—"))
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
    groups = trace.state.group()
    for words, units in (
        (_("units-missing"), groups.missing),
        (_("units-unreadable"), groups.broken),
        (_("units-with-errors"), groups.errors),
        (_("units-outdated"), groups.outdated),
        (_("units-late"), groups.late),
        (_("units-of-other-edition"), groups.other_edition),
    ):
        print_names(words, units)
    levels = list(_walk_levels(trace))
    print_names(_("edition-without-cell"), [report.unit for level in levels for report in level.without_cell])


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


def trace_data(trace: Trace | list[Finding]) -> dict[str, Any]:
    """Return a trace as plain values for JSON, or the findings in the register of offices."""
    if isinstance(trace, list):
        return {"findings": [findings.finding_data(finding) for finding in trace]}
    return {
        "office": trace.unit.id,
        "address": trace.address,
        "label": trace.label,
        "sum": show_figure(trace.total) or None,
        "figure": show_figure(trace.figure) or None,
        "units": [
            {"unit": report.unit.id, "name": report.unit.name, "figure": format_number(figure)}
            | ({"below": trace_data(trace.below[report.unit.id])} if report.unit.id in trace.below else {})
            for report, figure in trace.contributions
        ],
        "zeros": trace.zeros,
        "parts": {part: format_number(figure) for part, figure in trace.parts.items()},
        "missing": [state.unit.id for state in trace.state.below if state.condition == "missing"],
        "broken": [state.unit.id for state in trace.state.below if state.condition in {"broken", "errors"}],
        "below": trace.state.group().list_ids(),
        "without": [report.unit.id for report in trace.without_cell],
    }
