"""Where a figure of an office above comes from: the units that give it, down to the last level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from nianbao.model.aggregate import RollupRecord, UnitReport
from nianbao.model.finding import Finding, Stop
from nianbao.model.i18n import _
from nianbao.model.offices import Unit
from nianbao.model.report import Number, Report
from nianbao.rollup.collect import RollupOptions, collect, find_office, read_own_report
from nianbao.workspace.store import Store


@dataclass(frozen=True)
class Trace:
    """One figure of an office above and the units that give it; `figure` is what its own report says, if it has one.

    `parts` are the figures of the same table that make it up where it is a total, with their sums. `below` has the
    traces of the units that have units of their own, by folder.
    """

    unit: Unit
    address: str
    label: str
    total: Number
    figure: Number | None
    contributions: Sequence[tuple[UnitReport, Number]]
    zeros: int
    without_cell: Sequence[UnitReport]
    broken: Sequence[UnitReport]
    missing: Sequence[Unit]
    parts: Mapping[str, Number] = field(default_factory=dict)
    below: Mapping[str, "Trace"] = field(default_factory=dict)


def trace(store: Store, year: int, office: str, address: str, wanted: RollupOptions) -> Trace | list[Finding]:
    """Lead a figure of an office back to its units; findings where the register is broken.

    Raises `Stop` for an address that is no figure, with the nearest one, and where there are no units.
    """
    if store.register().findings:
        return list(store.register().findings)
    return _trace_office(store, year, find_office(store, office), address, wanted)


def _trace_office(store: Store, year: int, office: str, address: str, wanted: RollupOptions) -> Trace:
    register, above = store.register(), store.of_office(office)
    report = read_own_report(above, year) if above.has(year) else None
    form = report.form if isinstance(report, Report) else store.form_in_force(year)
    if address not in form.slots:
        near = get_close_matches(address, [*form.slots], 1)
        tip = _("是不是 {near}？", near=near[0]) if near else _("例如 {address}", address=next(iter(form.slots)))
        raise Stop(_("{edition} 版格式没有 {address} 这一格", edition=form.edition, address=address), tip)
    record = above.record(year) or RollupRecord({})
    asked = replace(
        wanted, own=wanted.own and record.includes_own, with_broken=wanted.with_broken or record.includes_broken
    )
    found = collect(store, year, form, office, asked)
    origin, gifts = found.aggregate.find_contributions(address), found.aggregate.sort_contributions(address)
    inner = replace(wanted, units=())
    return Trace(
        register.get_unit(office),
        address,
        form.labels[address],
        found.aggregate.figures[address],
        report.figures[address] if isinstance(report, Report) else None,
        gifts,
        sum(1 for _given, figure in origin if figure == 0),
        [given for given, figure in origin if figure is None],
        found.aggregate.broken,
        found.missing,
        {part: found.aggregate.figures[part] for part in form.totals.get(address, ())},
        {
            given.unit.id: _trace_office(store, year, given.unit.id, address, inner)
            for given, _figure in gifts
            if wanted.deep and register.list_children(given.unit.id)
        },
    )
