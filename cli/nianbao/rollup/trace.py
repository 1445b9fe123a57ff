"""Where a figure of an office above comes from: the units that give it, down to the last level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from nianbao.model.aggregate import Given, Record
from nianbao.model.finding import Finding, Stop
from nianbao.model.i18n import _
from nianbao.model.offices import Unit
from nianbao.model.report import Number, Report
from nianbao.rollup.collect import Wanted, collect, office_of, own_report
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
    gifts: Sequence[tuple[Given, Number]]
    zeros: int
    without: Sequence[Given]
    broken: Sequence[Given]
    missing: Sequence[Unit]
    parts: Mapping[str, Number] = field(default_factory=dict)
    below: Mapping[str, "Trace"] = field(default_factory=dict)


def trace(store: Store, year: int, office: str, address: str, wanted: Wanted) -> Trace | list[Finding]:
    """Lead a figure of an office back to its units; findings where the register is broken.

    Raises `Stop` for an address that is no figure, with the nearest one, and where there are no units.
    """
    if store.register().findings:
        return list(store.register().findings)
    return _trace(store, year, office_of(store, office), address, wanted)


def _trace(store: Store, year: int, office: str, address: str, wanted: Wanted) -> Trace:
    register, above = store.register(), store.of_office(office)
    report = own_report(above, year) if above.has(year) else None
    form = report.form if isinstance(report, Report) else store.form_in_force(year)
    if address not in form.slots:
        near = get_close_matches(address, [*form.slots], 1)
        tip = _("是不是 {near}？", near=near[0]) if near else _("例如 {address}", address=next(iter(form.slots)))
        raise Stop(_("{edition} 版格式没有 {address} 这一格", edition=form.edition, address=address), tip)
    record = above.record(year) or Record({})
    asked = replace(wanted, own=wanted.own and record.own, broken=wanted.broken or record.broken)
    found = collect(store, year, form, office, asked)
    origin, gifts = found.rolled.origin(address), found.rolled.biggest(address)
    inner = replace(wanted, named=())
    return Trace(
        register.unit(office),
        address,
        form.labels[address],
        found.rolled.figures[address],
        report.figures[address] if isinstance(report, Report) else None,
        gifts,
        sum(1 for _given, figure in origin if figure == 0),
        [given for given, figure in origin if figure is None],
        found.rolled.broken,
        found.missing,
        {part: found.rolled.figures[part] for part in form.totals.get(address, ())},
        {
            given.unit.id: _trace(store, year, given.unit.id, address, inner)
            for given, _figure in gifts
            if wanted.deep and register.below(given.unit.id)
        },
    )
