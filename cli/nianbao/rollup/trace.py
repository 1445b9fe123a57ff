"""The origin of a sum: which units contribute what to a figure of the parent office, down to the last level."""

from collections.abc import Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.model.aggregate import UnitReport
from nianbao.model.finding import Finding, UserError
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import find_nearest
from nianbao.model.offices import Unit
from nianbao.model.period import Period
from nianbao.model.report import Number, Report
from nianbao.model.units.record import RollupRecord
from nianbao.model.units.states import UnitState
from nianbao.rollup.collect import RollupOptions, UnitReader, find_office, read_own_report
from nianbao.workspace.store import Store


class Trace(Struct, frozen=True):
    """One figure of a parent office and the units that contribute to it.

    `total` is the sum, None where the form does not add such figures up; `figure` is what the office's own report has,
    None without one. `contributions` are those other than 0, the largest first; `zeros` is how many units have 0;
    `without_cell` are units whose edition has no such figure. `state` has the states of the units on every level, from
    which it follows what the figure lacks. `parts` are the addresses that add up to the figure where it is a total,
    with their sums. `below` are the traces of the units that have units of their own, by folder.
    """

    unit: Unit
    address: str
    label: str
    total: Number | None
    figure: Number | None
    contributions: Sequence[tuple[UnitReport, Number]]
    zeros: int
    without_cell: Sequence[UnitReport]
    state: UnitState
    parts: Mapping[str, Number] = field(default_factory=dict)
    below: Mapping[str, "Trace"] = field(default_factory=dict)


def trace(store: Store, period: Period, office: str, address: str, options: RollupOptions) -> Trace | list[Finding]:
    """Trace a figure of an office back to its units; return findings where the register has errors.

    Raises `UserError` for an address that is no figure, with the nearest one, and where there are no units.
    """
    if store.register().errors:
        return store.register().errors
    return _trace_office(UnitReader(store, period, options), find_office(store, office), address)


def _trace_office(reader: UnitReader, office: str, address: str) -> Trace:
    store, period, options = reader.store, reader.period, reader.options
    register, parent = store.register(period), store.of_office(office)
    report = read_own_report(parent, period) if parent.has(period) else None
    form = report.form if isinstance(report, Report) else store.kind.form_in_force(period)
    if address not in form.omitted_figures:
        known = [*form.omitted_figures]
        near = find_nearest(address, known)
        tip = _("is-it-nearest", near=near) if near else _("for-example-address", address="".join(known[:1]))
        raise UserError(_("no-such-cell", edition=form.edition, address=address), tip)
    record = parent.record(period) or RollupRecord({})
    own, broken = options.own and record.includes_own, options.with_broken or record.includes_broken
    reader = replace(reader, options=replace(options, own=own, with_broken=broken))
    found = reader.collect(office, form)
    sums, figures = found.aggregate.figures, found.aggregate.find_contributions(address)
    contributions = found.aggregate.sort_contributions(address)
    below = replace(reader, options=replace(options, units=()))
    return Trace(
        register.get_unit(office),
        address,
        form.labels[address],
        sums.get(address),
        report.figures.get(address) if isinstance(report, Report) else None,
        contributions,
        sum(1 for _report, figure in figures if figure == 0),
        [unit for unit, figure in figures if figure is None],
        found.state,
        {part: sums[part] for part in form.totals.get(address, ()) if part in sums},
        {
            unit.unit.id: _trace_office(below, unit.unit.id, address)
            for unit, _figure in contributions
            if options.deep and register.list_children(unit.unit.id)
        },
    )
