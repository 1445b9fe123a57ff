"""The reports of the units of an office, read on several processes and added up, and the office's own report."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial

from msgspec import Struct, field

from nianbao.checks import check, rules, subordinates
from nianbao.checks.policy import Policy
from nianbao.checks.subordinates import UnitTree
from nianbao.model.aggregate import Aggregate, UnitReport
from nianbao.model.file_names import is_portable
from nianbao.model.finding import Finding, UserError
from nianbao.model.form import Form
from nianbao.model.i18n import _, join_words
from nianbao.model.loading.inheritance import find_nearest
from nianbao.model.offices import Register, Unit
from nianbao.model.period import Period
from nianbao.model.report import Report
from nianbao.model.units.states import UnitState
from nianbao.workspace import selection
from nianbao.workspace.processes import pool
from nianbao.workspace.store import Store

UnitChunk = tuple[int, list[Unit]]  # the index of the first unit, and the units that one task reads
ReadChunk = tuple[int, list[UnitReport | None]]  # the same index, and their reports
_CHUNK_SIZE = 50  # reports of units that one task of a worker reads


class RollupOptions(Struct, frozen=True):
    """The options of `report rollup` and `report trace`.

    `units` are words that name offices or data files; without any the units are those that the register lists right
    below the office. `own`: the office's own figures (本级) are added too; `with_broken`: reports with errors too;
    `deep`: the units' own rollups come first; `force`: cells that were edited by hand are replaced; `jobs`: processes,
    0 for as many as there are processors.
    """

    units: Sequence[str] = ()
    own: bool = True
    with_broken: bool = False
    deep: bool = False
    force: bool = False
    dry_run: bool = False
    jobs: int = 0


def find_office(store: Store, word: str) -> str:
    """Return the folder of an office that a word names; it need not exist.

    Raises `UserError` for what names no folder.
    """
    name = selection.make_folder_name(word)
    if name.startswith(".") or not (is_portable(name) or (name in store.folders())):
        raise UserError(_("word-is-no-office", word=word), _("write-office-above"))
    for other in {*store.folders(), *store.register().units}:
        selection.check_distinct([other, name])
    return name


def read_own_report(parent: Store, period: Period) -> Report | list[Finding]:
    """Read the report that takes the sums; where its figures cannot be read, return the findings that say why."""
    report = parent.report(period)
    if isinstance(report, Finding):
        return report.split()
    if report.unread:
        judged = rules.list_names_of_scope("figures")
        findings = check.judge_report(parent, report).findings
        return [finding for finding in findings if finding.level == "error" and finding.rule in judged]
    return report


def _find_members(store: Store, period: Period, office: str, options: RollupOptions) -> list[Unit]:
    """Find the units: those of the options, else of the register.

    Raises `UserError` for none, or for one counted twice.
    """
    register = store.register(period)
    if not options.units:
        children = [unit for unit in register.list_children(office) if options.own or not unit.own]
        if not children:
            raise describe_missing_units(register, office)
        return children
    others = [name for name in _find_named_offices(store, period, options.units) if name not in {"", office}]
    for name in others:
        if twice := set(register.list_ancestors(name)) & set(others):
            raise UserError(
                _("unit-below-other-unit", unit=name, above=join_words(sorted(twice))), _("units-of-one-level")
            )
        if name in set(register.list_ancestors(office)):
            raise UserError(_("unit-is-above-office", unit=name, office=office), _("not-among-units"))
    if not others:
        raise UserError(_("no-unit-named", office=office), _("name-units"))
    return [unit for unit in map(register.get_unit, others) if options.own or not unit.own]


def _find_named_offices(store: Store, period: Period, words: Sequence[str]) -> list[str]:
    """Find the offices that words name.

    Raises `UserError` for a word that names none, or a data file of another year.
    """
    files = [word for word in words if word.endswith(".toml")]
    names = [word for word in words if word not in files]
    reports = selection.select(store, files).reports if files else []
    for of_store, of in reports:
        if of != period:
            raise UserError(
                _("file-of-other-year", file=of_store.data(of), of=of), _("rollup-of-one-year", year=period)
            )
    if names:
        selected = selection.select(store, [str(period), *names])
        reports = [*reports, *selected.reports, *selected.missing]
    return list(dict.fromkeys(office.office for office, _year in reports))


def list_unlisted(store: Store, period: Period) -> list[str]:
    """Name the folders that the register does not list, and those with a report that it lists for other years."""
    register = store.register(period)
    names = filter(register.lacks, store.folders())
    return [name for name in names if name not in register.absent or store.of_office(name).has(period)]


def describe_missing_units(register: Register, office: str) -> UserError:
    """Return the error for an office that has no units in the register, with the nearest name that has."""
    near = find_nearest(office, [unit.parent for unit in register.units.values() if unit.parent])
    message = _("register-without-units", office=office)
    if near:
        return UserError(message, _("is-it-nearest", near=near))
    return UserError(message, _("write-parent-or-name-units", office=office))


class CollectedReports(Struct, frozen=True):
    """The reports of the units of an office added up, and the state of the office with those of all below it."""

    state: UnitState
    aggregate: Aggregate


class UnitReader(Struct, dict=True):
    """Reads the reports of all units below an office, once, for the rollups into it and into offices below it.

    `reports` are those read so far, by folder; of the offices `summed` it is the report that was just added up, whether
    it was written or not.
    """

    store: Store
    period: Period
    options: RollupOptions
    reports: dict[str, UnitReport | None] = field(default_factory=dict)
    summed: set[str] = field(default_factory=set)

    @cached_property
    def policy(self) -> Policy:
        """The levels that the folder sets for rules."""
        return check.load_policy(self.store)

    def collect(self, office: str, form: Form) -> CollectedReports:
        """Add the reports of the units of an office up into a form.

        Raises `UserError` where it has no units, or one would count twice.
        """
        register = self.store.register(self.period)
        members = _find_members(self.store, self.period, office, self.options)
        self._read(unit for member in members for unit in (member, *register.list_below(member.id)))
        tree = UnitTree(
            self.store, self.period, self.reports, self.summed, own=self.options.own or not self.options.deep
        )
        state = tree.make_state(register.get_unit(office), below=members, form=form)
        reports = [report for unit in members if (report := self.reports[unit.id])]
        return CollectedReports(state, subordinates.add_up(self.store, form, reports, broken=self.options.with_broken))

    def read_ahead(self, office: str) -> None:
        """Read the reports of all units below an office that have no units themselves, at once."""
        register = self.store.register(self.period)
        self._read(unit for unit in register.list_below(office) if not register.list_children(unit.id))

    def _read(self, units: Iterable[Unit]) -> None:
        unread = list({unit.id: unit for unit in units if unit.id not in self.reports}.values())
        self.reports |= read_by_office(self.store, self.period, unread, self.policy, self.options.jobs)

    def use_sums(self, unit: Unit, report: Report) -> None:
        """Take the report of an office that was just added up, in the place of the one in its file."""
        self.summed.add(unit.id)
        self.reports[unit.id] = subordinates.judge_unit(unit, report, self.policy, self.store.kind)


def read_by_office(
    store: Store, period: Period, units: Sequence[Unit], policy: Policy, jobs: int = 0
) -> dict[str, UnitReport | None]:
    """Read the reports of units on several processes, by folder; None for a unit that has none."""
    reports = (report for chunk in read_all(store, period, units, policy, jobs) for report in chunk)
    return {unit.id: report for unit, report in zip(units, reports, strict=True)}


def read_all(
    store: Store, period: Period, units: Sequence[Unit], policy: Policy, jobs: int = 0
) -> Iterator[list[UnitReport | None]]:
    """Read the reports of many units on several processes, a list for each chunk, in the order of the units.

    None stands for a unit that has no report of that year. Raises `UserError` where a worker process has died.
    """
    chunks = [(start, list(units[start : start + _CHUNK_SIZE])) for start in range(0, len(units), _CHUNK_SIZE)]
    results = pool.run_all(chunks, partial(_read_chunk, store, period, policy), _raise_lost_worker, jobs)
    waiting: dict[int, list[UnitReport | None]] = {}  # chunks that were ready before an earlier one
    next_start = 0
    for start, reports in results:
        waiting[start] = reports
        while next_start in waiting:
            yield (ready := waiting.pop(next_start))
            next_start += len(ready)


def _read_chunk(store: Store, period: Period, policy: Policy, chunk: UnitChunk) -> ReadChunk:
    return chunk[0], subordinates.read_units(store, period, chunk[1], policy)


def _raise_lost_worker(_chunk: UnitChunk) -> ReadChunk:
    raise UserError(_("unit-process-gone"), _("rerun-with-one-job"))
