"""Rollup: the sums of the units' reports written into the data file of their parent office."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from nianbao.checks import check, drafts, subordinates
from nianbao.datafiles.patch import make_notes, update_figures
from nianbao.model.aggregate import ROLLUP_DIFFERS, Aggregate, RollupRecord, find_differences
from nianbao.model.facts import Facts, parse
from nianbao.model.finding import Finding, UserError, try_work
from nianbao.model.i18n import _
from nianbao.model.offices import Register, Unit
from nianbao.model.period import Period
from nianbao.model.report import Number, Report, fill_form
from nianbao.rollup.collect import RollupOptions, collect, find_office, read_own_report
from nianbao.workspace.files import SavedFile
from nianbao.workspace.store import Store


@dataclass(frozen=True, slots=True)
class ChangedCell:
    """A figure in the data file of the parent office that differs from the sum `total`.

    `figure` is what the file has, None where it has none, `last` what the last rollup wrote, None where there was none.
    """

    address: str
    figure: Number | None
    last: Number | None
    total: Number


@dataclass(frozen=True, slots=True)
class RollupResult:
    """The result of a rollup into the data file `file` of the office `unit`.

    `findings` are errors because of which nothing was added up. `missing` are units without a report; `outdated` are
    units whose report is not the sum of their own units; `unlisted` are folders of `data/` that the register does not
    list. `changed` are cells that get a new sum; `accepted` those that the file accepts as other than the sum;
    `edited` those that were edited by hand, because of which nothing was written. `saved` is None where nothing was
    written: in a dry run too. `hints` are notes on a new data file.
    """

    unit: Unit
    file: str
    findings: Sequence[Finding] = ()
    aggregate: Aggregate | None = None
    missing: Sequence[Unit] = ()
    outdated: Sequence[Unit] = ()
    unlisted: Sequence[str] = ()
    changed: Sequence[ChangedCell] = ()
    accepted: Sequence[ChangedCell] = ()
    edited: Sequence[ChangedCell] = ()
    saved: SavedFile | None = None
    hints: Sequence[str] = ()

    @property
    def is_blocked(self) -> bool:
        """Whether the file stays as it was because of findings or of edits by hand."""
        return self.aggregate is None or bool(self.edited)


def roll_up(store: Store, period: Period, into: str, options: RollupOptions) -> list[RollupResult]:
    """Add units up into the data file of the office `into`; with `deep`, first into those of its units with units.

    Returns a result for each office in the order of writing. Raises `UserError` where there is nothing to add up. A
    deep rollup ends with the first office whose file stays as it was.
    """
    register = store.register()
    office = find_office(store, into)
    if register.findings:
        return [RollupResult(Unit(office, office), store.of_office(office).data(period), register.findings)]
    if options.deep and (options.dry_run or options.units):
        raise UserError(_("deep-excludes-dry-run"), _("leave-deep-out"))
    results: list[RollupResult] = []
    for name in [*(_list_intermediate_offices(register, office) if options.deep else ()), office]:
        results.append(_roll_up_office(store, period, name, options))
        if results[-1].is_blocked:
            break
    return results


def _list_intermediate_offices(register: Register, office: str) -> Iterator[str]:
    """List the offices below one that have units of their own, each after those below it."""
    for unit in register.list_children(office):
        if register.list_children(unit.id):
            yield from _list_intermediate_offices(register, unit.id)
            yield unit.id


def _roll_up_office(store: Store, period: Period, office: str, options: RollupOptions) -> RollupResult:
    parent, register = store.of_office(office), store.register()
    unit, file = register.get_unit(office), parent.data(period)
    old = read_own_report(parent, period) if parent.has(period) else None
    if isinstance(old, list):
        return RollupResult(unit, file, old)
    found = collect(store, period, old.form if old else store.kind.form_in_force(period), office, options)
    if not found.aggregate.counted:
        raise UserError(
            _("no-usable-unit-reports", office=unit, count=len(found.members), year=period), _("collect-or-with-broken")
        )
    changed, accepted, edited = _compare(old, found.aggregate, parent.record(period))
    result = RollupResult(
        unit,
        file,
        aggregate=found.aggregate,
        missing=found.missing,
        outdated=[member for member in found.members if not options.deep and _is_outdated(store, period, member)],
        unlisted=[name for name in store.folders() if name not in register.units and not options.units],
        changed=[*changed, *edited] if options.force else changed,
        accepted=accepted,
        edited=() if options.force else edited,
    )
    return result if result.edited or options.dry_run else _save(parent, period, result, old, options)


def _save(
    parent: Store, period: Period, result: RollupResult, old: Report | None, options: RollupOptions
) -> RollupResult:
    """Write the sums into the data file `old`, or into a new one."""
    aggregate = result.aggregate
    if aggregate is None:
        return result
    name = result.unit.name if result.unit.name != result.unit.id else ""
    draft = drafts.DataFileDraft(old.facts.text, {}, []) if old else drafts.make_draft(parent, period, author=name)
    text = _insert_sums(draft.text, aggregate, result)
    record = RollupRecord(aggregate.figures, includes_own=options.own, includes_broken=options.with_broken)
    return replace(result, saved=parent.write_rollup(period, text, record, draft.other_files), hints=draft.notes)


def _is_outdated(store: Store, period: Period, unit: Unit) -> bool:
    """Return whether a unit that has units of its own has no report yet, or one that is not their sum."""
    if not store.register().list_children(unit.id):
        return False
    office = store.of_office(unit.id)
    report = try_work(partial(read_own_report, office, period), office.data(period)) if office.has(period) else None
    if not isinstance(report, Report):
        return True
    totals = subordinates.add_up_children(office, report, check.load_policy(store, (), ()))
    accepted = _find_acceptances(report)
    return totals is not None and any(address not in accepted for address, _total in find_differences(report, totals))


# ── the data file ────────────────────────────────────────────────────────────────────


def _compare(
    old: Report | None, aggregate: Aggregate, record: RollupRecord | None
) -> tuple[list[ChangedCell], list[ChangedCell], list[ChangedCell]]:
    """Compare a data file with the sums: cells to change, cells accepted as they are, cells edited by hand."""
    changed: list[ChangedCell] = []
    accepted: list[ChangedCell] = []
    edited: list[ChangedCell] = []
    acceptances = _find_acceptances(old) if old else {}
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


def _find_acceptances(report: Report) -> Mapping[str, str]:
    """Find the cells that the data file accepts as other than the sum: address -> reason.

    An acceptance counts as long as the figure is the value that was accepted.
    """
    entries = report.facts.tree.get("accept", [])
    return {
        entry["at"]: str(entry["because"])
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict)
        and entry.get("rule") == ROLLUP_DIFFERS
        and entry.get("because")
        and isinstance(entry.get("at"), str)
        and entry["at"] in report.figures
        and report.figures[entry["at"]] == entry.get("value")
    }


def _insert_sums(text: str, aggregate: Aggregate, result: RollupResult) -> str:
    """Insert the sums into the text of a data file and check that it has them; raises `UserError` where it cannot."""
    form, file = aggregate.form, result.file
    accepted = {cell.address for cell in result.accepted}
    figures = {address: total for address, total in aggregate.figures.items() if address not in accepted}
    notes = make_notes(aggregate, result.missing)
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
    return updated
