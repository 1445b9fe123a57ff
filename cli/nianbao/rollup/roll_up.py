"""The office above: its data file made from the reports of its units."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from nianbao.checks import check, drafts, subordinates
from nianbao.datafiles.patch import make_notes, update_figures
from nianbao.model.aggregate import ROLLUP_DIFFERS, Aggregate, RollupRecord, find_differences
from nianbao.model.facts import Facts, parse
from nianbao.model.finding import Finding, Stop, attempt
from nianbao.model.i18n import _
from nianbao.model.offices import Register, Unit
from nianbao.model.report import Number, Report, fill
from nianbao.rollup.collect import RollupOptions, collect, find_office, read_own_report
from nianbao.workspace.files import Saved
from nianbao.workspace.store import Store


@dataclass(frozen=True, slots=True)
class ChangedCell:
    """A figure that stands in the data file of the office above: what it is, was by the last rollup, and should be."""

    address: str
    figure: Number
    last: Number | None
    total: Number


@dataclass(frozen=True, slots=True)
class RollupResult:
    """What a rollup did: what was added up, what was missing, and which cells changed, stay, or stopped it.

    `outdated` are units that have units of their own, whose sum is not theirs. `saved` is None where nothing was
    written: in a dry run, or because cells were edited by hand. `findings` kept it from even adding up.
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
    saved: Saved | None = None
    hints: Sequence[str] = ()

    @property
    def is_blocked(self) -> bool:
        """Tell whether findings or edits by hand kept the file as it was."""
        return self.aggregate is None or bool(self.edited)


def roll_up(store: Store, year: int, into: str, wanted: RollupOptions) -> list[RollupResult]:
    """Add units up into the data file of the office above; deep, first into those of the units that have units.

    Raises `Stop` where there is nothing to add up. A deep rollup ends with the first office that it cannot write.
    """
    register = store.register()
    office = find_office(store, into)
    if register.findings:
        return [RollupResult(Unit(office, office), store.of_office(office).data(year), register.findings)]
    if wanted.deep and (wanted.dry_run or wanted.units):
        raise Stop(_("--deep 逐级写各级的文件，不能与 --dry-run 或点名的单位合用"), _("去掉 --deep，一级一级地汇总"))
    made: list[RollupResult] = []
    for one in [*(_list_intermediate_offices(register, office) if wanted.deep else ()), office]:
        made.append(_roll_up_office(store, year, one, wanted))
        if made[-1].is_blocked:
            break
    return made


def _list_intermediate_offices(register: Register, office: str) -> Iterator[str]:
    """Give the offices below one that have units of their own, each after those below it."""
    for unit in register.list_children(office):
        if register.list_children(unit.id):
            yield from _list_intermediate_offices(register, unit.id)
            yield unit.id


def _roll_up_office(store: Store, year: int, office: str, wanted: RollupOptions) -> RollupResult:
    above, register = store.of_office(office), store.register()
    unit, file = register.get_unit(office), above.data(year)
    old = read_own_report(above, year) if above.has(year) else None
    if isinstance(old, list):
        return RollupResult(unit, file, old)
    found = collect(store, year, old.form if old else store.form_in_force(year), office, wanted)
    if not found.aggregate.counted:
        raise Stop(
            _(
                "{office} 的 {count} 个单位都没有能用的 {year} 年度报告",
                office=unit,
                count=len(found.members),
                year=year,
            ),
            _("缺的收齐、有错的改正后再汇总；有错也要计入，加 --with-broken"),
        )
    changed, accepted, edited = _compare(old, found.aggregate, above.record(year))
    account = RollupResult(
        unit,
        file,
        aggregate=found.aggregate,
        missing=found.missing,
        outdated=[one for one in found.members if not wanted.deep and _is_outdated(store, year, one)],
        unlisted=[name for name in store.folders() if name not in register.units and not wanted.units],
        changed=[*changed, *edited] if wanted.force else changed,
        accepted=accepted,
        edited=() if wanted.force else edited,
    )
    return account if account.edited or wanted.dry_run else _save(above, year, account, old, wanted)


def _save(above: Store, year: int, account: RollupResult, old: Report | None, wanted: RollupOptions) -> RollupResult:
    """Write the sums into the data file, or into a new one."""
    rolled = account.aggregate
    if rolled is None:
        return account
    name = account.unit.name if account.unit.name != account.unit.id else ""
    draft = drafts.DataFileDraft(old.facts.text, {}, []) if old else drafts.make_draft(above, year, author=name)
    text = _insert_sums(draft.text, rolled, account)
    record = RollupRecord(rolled.figures, includes_own=wanted.own, includes_broken=wanted.with_broken)
    return replace(account, saved=above.keep(year, text, record, draft.other_files), hints=draft.notes)


def _is_outdated(store: Store, year: int, unit: Unit) -> bool:
    """Tell whether a unit that has units has no report yet, or one that is not their sum."""
    if not store.register().list_children(unit.id):
        return False
    office = store.of_office(unit.id)
    report = attempt(partial(read_own_report, office, year), office.data(year)) if office.has(year) else None
    if not isinstance(report, Report):
        return True
    below = subordinates.add_up_children(office, report, check.load_policy(store, (), ()))
    kept = _find_acceptances(report)
    return below is not None and any(address not in kept for address, _total in find_differences(report, below))


# ── the file ─────────────────────────────────────────────────────────────────────────


def _compare(
    old: Report | None, rolled: Aggregate, record: RollupRecord | None
) -> tuple[list[ChangedCell], list[ChangedCell], list[ChangedCell]]:
    """Compare a data file with the sums: cells that change, that are accepted as they are, that a person edited."""
    changed: list[ChangedCell] = []
    accepted: list[ChangedCell] = []
    edited: list[ChangedCell] = []
    kept = _find_acceptances(old) if old else {}
    for address, total in rolled.figures.items() if old else ():
        figure = old.figures[address] if old else 0
        if figure == total or (old and address in old.computed):
            continue
        last = record.figures.get(address, 0) if record else None
        cell = ChangedCell(address, figure, last, total)
        if address in kept:
            accepted.append(cell)
        elif figure == (last or 0):  # as the last rollup wrote it, or the empty form
            changed.append(cell)
        else:
            edited.append(cell)
    return changed, accepted, edited


def _find_acceptances(report: Report) -> Mapping[str, str]:
    """Return the cells that the data file accepts as other than the sum, as long as they are what was accepted."""
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


def _insert_sums(text: str, rolled: Aggregate, account: RollupResult) -> str:
    """Write the sums into a data file, and make sure that it says them; raises `Stop` where it cannot."""
    form, file = rolled.form, account.file
    kept = {cell.address for cell in account.accepted}
    figures = {address: total for address, total in rolled.figures.items() if address not in kept}
    try:
        made = update_figures(text, form, figures, rolled.list_figures_to_write(), make_notes(rolled, account.missing))
        facts = parse(made, file)
        report = fill(form, facts) if isinstance(facts, Facts) else None
        if report is None or any(report.figures[at] != figures[at] for at in figures if at not in report.computed):
            raise ValueError(file)  # noqa: TRY301  # the same way out as for amend
    except ValueError:
        raise Stop(
            _("{path} 的写法没法自动改，没有改动它", path=file), _("照 report new 写出的样子改写，再运行一次")
        ) from None
    return made
