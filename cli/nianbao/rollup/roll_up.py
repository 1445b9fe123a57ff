"""Rollup: the sums of the units' reports written into the data file of their parent office."""

from collections.abc import Iterator, Sequence
from functools import partial

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.checks import drafts
from nianbao.checks.subordinates import CHILD_MISSING, UNREADABLE
from nianbao.datafiles.patch import make_notes, update_figures
from nianbao.model.aggregate import Aggregate, find_accepted_cells
from nianbao.model.facts import Facts, parse
from nianbao.model.finding import Finding, Place, UserError, try_work
from nianbao.model.i18n import _
from nianbao.model.offices import Register, Unit
from nianbao.model.period import Period
from nianbao.model.report import Number, Report, fill_form
from nianbao.model.units.record import RollupRecord
from nianbao.model.units.states import UnitState
from nianbao.model.value_types import format_number
from nianbao.rollup.collect import (
    CollectedReports,
    RollupOptions,
    UnitReader,
    find_office,
    list_unlisted,
    read_own_report,
)
from nianbao.rollup.register_changes import RegisterChanges, find_register_changes
from nianbao.workspace.files import SavedFile
from nianbao.workspace.store import Store

_LISTED_UNITS = 5  # in the finding of a sum that is too large


class ChangedCell(Struct, frozen=True):
    """A figure in the data file of the parent office that differs from the sum `total`.

    `figure` is what the file has, None where it has none, `last` what the last rollup wrote, None where there was none.
    """

    address: str
    figure: Number | None
    last: Number | None
    total: Number


class RollupResult(Struct, frozen=True):
    """The result of a rollup into the data file `file` of the office `unit`.

    `findings` are errors because of which nothing was written. It is `incomplete` where units are missing from the
    sums, or left out, on any level, or are not the sum of their own; `state` has the states of all these units.
    `unlisted` are folders of `data/` that the register does not list; `register_changes` is what the register says
    otherwise than at the last rollup. `changed` are cells that get a new sum; `accepted` those that the file accepts
    as other than the sum; `edited` those that were edited by hand, because of which nothing was written. `saved` is
    None where nothing was written: in a dry run too. `hints` are notes on a new data file.
    """

    unit: Unit
    file: str
    findings: Sequence[Finding] = ()
    aggregate: Aggregate | None = None
    state: UnitState | None = None
    incomplete: bool = False
    unlisted: Sequence[str] = ()
    register_changes: RegisterChanges = field(default_factory=RegisterChanges)
    changed: Sequence[ChangedCell] = ()
    accepted: Sequence[ChangedCell] = ()
    edited: Sequence[ChangedCell] = ()
    saved: SavedFile | None = None
    hints: Sequence[str] = ()

    @property
    def missing(self) -> list[Unit]:
        """The units directly below without a report."""
        return [below.unit for below in self._below if below.condition == "missing"]

    @property
    def outdated(self) -> list[Unit]:
        """The units directly below whose report is not the sum of their own units."""
        return [below.unit for below in self._below if below.is_outdated]

    @property
    def _below(self) -> Sequence[UnitState]:
        return self.state.below if self.state else ()

    @property
    def is_blocked(self) -> bool:
        """Whether the file stays as it was because of findings or of edits by hand."""
        return self.aggregate is None or bool(self.findings or self.edited)

    @property
    def lacks_units(self) -> bool:
        """Whether the only reason why nothing was written is that no unit has a report that counts."""
        return [finding.rule for finding in self.findings] == [CHILD_MISSING]


def roll_up(store: Store, period: Period, into: str, options: RollupOptions) -> list[RollupResult]:
    """Add units up into the data file of the office `into`; with `deep`, first into those of its units with units.

    Returns a result for each office in the order of writing. An office below `into` whose file stays as it was does not
    stop the others: what that file has is added up, and the offices above are incomplete.
    """
    register = store.register(period)
    office = find_office(store, into)
    if register.errors:
        return [RollupResult(Unit(office, office), store.of_office(office).data(period), register.errors)]
    if options.deep and options.units:
        raise UserError(_("deep-excludes-units"), _("leave-deep-out"))
    reader = UnitReader(store, period, options)
    if not options.deep:
        return [_roll_up_office(reader, office)]
    reader.read_ahead(office)
    return [_try_office(reader, name) for name in (*_list_intermediate_offices(register, office), office)]


def is_failed(results: Sequence[RollupResult], *, allow_incomplete: bool) -> bool:
    """Return whether a command has to end with findings: a file was not written, or its sums lack units.

    Where that is allowed, also an office below the last one may have no units that can be added up.
    """
    *below, last = results
    if allow_incomplete:
        return last.is_blocked or any(result.is_blocked and not result.lacks_units for result in below)
    return any(result.is_blocked or result.incomplete for result in results)


def _list_intermediate_offices(register: Register, office: str) -> Iterator[str]:
    """List the offices below one that have units of their own, each after those below it."""
    for unit in register.list_children(office):
        if register.list_children(unit.id):
            yield from _list_intermediate_offices(register, unit.id)
            yield unit.id


def _try_office(reader: UnitReader, office: str) -> RollupResult:
    """Roll up into one of several offices; an error is a finding of this one, so that the others go on."""
    file = reader.store.of_office(office).data(reader.period)
    result = try_work(partial(_roll_up_office, reader, office), file)
    if not isinstance(result, UserError):
        return result
    finding = Finding(UNREADABLE, "error", Place(file), result.message, fix=result.fix)
    return RollupResult(reader.store.register(reader.period).get_unit(office), file, [finding])


def _roll_up_office(reader: UnitReader, office: str) -> RollupResult:
    store, period, options = reader.store, reader.period, reader.options
    parent, register = store.of_office(office), store.register(period)
    unit, file = register.get_unit(office), parent.data(period)
    old = read_own_report(parent, period) if parent.has(period) else None
    if isinstance(old, list):
        return RollupResult(unit, file, old)
    found = reader.collect(office, old.form if old else store.kind.form_in_force(period))
    record = parent.record(period)
    changed, accepted, edited = _compare(old, found.aggregate, record)
    result = RollupResult(
        unit,
        file,
        _find_obstacles(unit, file, found, period),
        found.aggregate,
        found.state,
        found.state.lacks_units(with_broken=options.with_broken, deep=options.deep),
        unlisted=[] if options.units else list_unlisted(store, period),
        register_changes=find_register_changes(parent, period, record, found.state, reader.summed),
        changed=[*changed, *edited] if options.force else changed,
        accepted=accepted,
        edited=() if options.force else edited,
    )
    return result if result.is_blocked else _write(reader, result, found, old)


def _find_obstacles(unit: Unit, file: str, found: CollectedReports, period: Period) -> list[Finding]:
    """Find the errors because of which sums cannot be written: there are none, or some are too large for their cell."""
    if not found.aggregate.counted:
        message = _("no-usable-unit-reports", office=unit, count=len(found.state.below), year=period)
        return [Finding(CHILD_MISSING, "error", Place(file), message, fix=_("collect-or-with-broken"))]
    form = found.aggregate.form
    return [
        Finding(
            "wrong-type",
            "error",
            Place(file),
            _("sum-not-allowed", label=form.labels[address], total=format_number(total), why=fault),
            address,
            notes=tuple(
                _("unit-and-figure", unit=f"{one.unit} {one.file}", figure=format_number(figure))
                for one, figure in found.aggregate.sort_contributions(address)[:_LISTED_UNITS]
            ),
            fix=_("look-for-wrong-unit-of-measure"),
        )
        for address, total in found.aggregate.figures.items()
        if (fault := form.slots[address].value_type.find_fault(total))
    ]


def _write(reader: UnitReader, result: RollupResult, found: CollectedReports, old: Report | None) -> RollupResult:
    """Write the sums into the data file `old`, or into a new one; in a dry run only for the offices above."""
    parent, period, options = reader.store.of_office(result.unit.id), reader.period, reader.options
    name = result.unit.name if result.unit.name != result.unit.id else ""
    draft = drafts.DataFileDraft(old.facts.text, {}, []) if old else drafts.make_draft(parent, period, author=name)
    text, report = _insert_sums(draft.text, found, result)
    reader.use_sums(result.unit, report)
    if options.dry_run:
        return result
    record = RollupRecord(
        found.aggregate.figures,
        options.own,
        options.with_broken,
        {below.unit.id: below.unit.name for below in found.state.below},
        found.state.group().list_ids(),
    )
    return replace(result, saved=parent.write_rollup(period, text, record, draft.other_files), hints=draft.notes)


# ── the data file ────────────────────────────────────────────────────────────────────


def _compare(
    old: Report | None, aggregate: Aggregate, record: RollupRecord | None
) -> tuple[list[ChangedCell], list[ChangedCell], list[ChangedCell]]:
    """Compare a data file with the sums: cells to change, cells accepted as they are, cells edited by hand."""
    changed: list[ChangedCell] = []
    accepted: list[ChangedCell] = []
    edited: list[ChangedCell] = []
    acceptances = find_accepted_cells(old) if old else {}
    for address, total in aggregate.figures.items() if old else ():
        figure = old.figures.get(address) if old else 0
        if figure == total or (old and address in old.computed):
            continue
        last = record.figures.get(address, 0) if record else None
        cell = ChangedCell(address, figure, last, total)
        if address in acceptances:
            accepted.append(cell)
        elif figure in {None, last or 0}:  # as the last rollup wrote it, or left out or 0 as in a new file
            changed.append(cell)
        else:
            edited.append(cell)
    return changed, accepted, edited


def _insert_sums(text: str, found: CollectedReports, result: RollupResult) -> tuple[str, Report]:
    """Insert the sums into the text of a data file; return it with the report that it makes.

    Raises `UserError` where the report does not have the sums.
    """
    aggregate, file = found.aggregate, result.file
    form, accepted = aggregate.form, {cell.address for cell in result.accepted}
    figures = {address: total for address, total in aggregate.figures.items() if address not in accepted}
    notes = make_notes(aggregate, found.state)
    try:
        updated = update_figures(text, form, figures, aggregate.list_figures_to_write(), notes)
        facts = parse(updated, file)
        report = fill_form(form, facts) if isinstance(facts, Facts) else None
        if report is None or any(
            report.figures.get(address) != total for address, total in figures.items() if address not in report.computed
        ):
            raise ValueError(file)  # noqa: TRY301  # reported as an error of update_figures is
    except ValueError:
        raise UserError(_("cannot-edit-file", path=file), _("write-as-report-new-does")) from None
    return updated, report
