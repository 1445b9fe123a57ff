"""Which units an office above adds up, and its own report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial

from nianbao.checks import check, subordinates
from nianbao.checks.policy import Choice
from nianbao.model.aggregate import Aggregate, UnitReport
from nianbao.model.file_names import portable
from nianbao.model.finding import Finding, Stop
from nianbao.model.form import Form
from nianbao.model.i18n import _, series
from nianbao.model.offices import Register, Unit
from nianbao.model.report import Report
from nianbao.workspace import process_pool, selection
from nianbao.workspace.store import Store

UnitChunk = tuple[int, list[Unit]]  # units that one process reads, from the first one's number on
ReadChunk = tuple[int, list[UnitReport | None]]
_CHUNK_SIZE = 50  # reports of units that are read in one go


@dataclass(frozen=True, slots=True)
class RollupOptions:
    """What a person asks of a rollup; without names the units are those that the register has right below."""

    units: Sequence[str] = ()
    own: bool = True
    with_broken: bool = False
    deep: bool = False
    force: bool = False
    dry_run: bool = False
    jobs: int = 0


def find_office(store: Store, word: str) -> str:
    """Return the folder that a word means, which may not be there yet."""
    name = selection.folder_name(word)
    if name.startswith(".") or not (portable(name) or (name in store.folders())):
        raise Stop(_("{word} 不是机关", word=word), _("写 data/ 下文件夹的名称，例如 --into city"))
    for other in {*store.folders(), *store.register().units}:
        selection.apart([other, name])
    return name


def read_own_report(above: Store, year: int) -> Report | list[Finding]:
    """Read the report that is to take the sums; where its own figures cannot be read, the findings that say so."""
    report = above.report(year)
    if isinstance(report, Finding):
        return [report]
    if report.unread:
        return [
            one
            for one in check.judge_report(above, report).findings
            if one.level == "error" and one.rule in subordinates.FIGURE_RULES
        ]
    return report


def _find_members(store: Store, year: int, office: str, wanted: RollupOptions) -> list[Unit]:
    """Find the units: those named, else those right below in the register; raises `Stop` for none, or one twice."""
    register = store.register()
    if not wanted.units:
        found = [unit for unit in register.list_children(office) if wanted.own or not unit.own]
        if not found:
            raise _describe_missing_units(register, office)
        return found
    others = [name for name in _find_named_offices(store, year, wanted.units) if name not in {"", office}]
    for name in others:
        above = set(register.list_ancestors(name))
        if twice := above & set(others):
            raise Stop(
                _("{unit} 在 {above} 之下，它的数会加两次", unit=name, above=series(sorted(twice))),
                _("只写同一级的单位"),
            )
        if name in set(register.list_ancestors(office)):
            raise Stop(_("{unit} 是 {office} 的上级", unit=name, office=office), _("不要把它写进单位"))
    if not others:
        raise Stop(_("没有写 {office} 的单位", office=office), _("写单位的名称，例如 data/dist-*/"))
    return [unit for unit in map(register.get_unit, others) if wanted.own or not unit.own]


def _find_named_offices(store: Store, year: int, words: Sequence[str]) -> list[str]:
    """Find the offices that words name; raises `Stop` for a word that names none, or a data file of another year."""
    files = [word for word in words if word.endswith(".toml")]
    names = [word for word in words if word not in files]
    for file in files:
        if (of := Store.of(file, store.root)[1]) != year:
            raise Stop(_("{file} 是 {of} 年度的", file=file, of=of), _("一次汇总一年：{year}", year=year))
    reports = selection.select(store, files).reports if files else []
    if names:
        chosen = selection.select(store, [str(year), *names])
        reports = [*reports, *chosen.reports, *chosen.missing]
    return list(dict.fromkeys(one.office for one, _year in reports))


def _describe_missing_units(register: Register, office: str) -> Stop:
    near = get_close_matches(office, [unit.parent for unit in register.units.values() if unit.parent], 1)
    told = _("data/offices.toml 里没有 {office} 的下级单位", office=office)
    if near:
        return Stop(told, _("是不是 {near}？", near=near[0]))
    return Stop(told, _('在单位那一段写 parent = "{office}"，或在命令里写明单位：data/dist-*/', office=office))


@dataclass(frozen=True, slots=True)
class CollectedReports:
    """The reports of units that are there, added up, and the units without one."""

    members: Sequence[Unit]
    missing: Sequence[Unit]
    aggregate: Aggregate


def collect(store: Store, year: int, form: Form, office: str, wanted: RollupOptions) -> CollectedReports:
    """Read the reports of the units of an office on several processes and add them up into a form.

    Raises `Stop` where it has no units, or one would count twice.
    """
    members = _find_members(store, year, office, wanted)
    shares = read_all(store, year, members, check.load_policy(store, (), ()), wanted.jobs)
    found: list[UnitReport | None] = [one for share in shares for one in share]
    missing = [member for member, one in zip(members, found, strict=True) if not one]
    return CollectedReports(
        members, missing, subordinates.add_up(store, form, [one for one in found if one], broken=wanted.with_broken)
    )


def read_all(
    store: Store, year: int, given: Sequence[Unit], choice: Choice, jobs: int = 0
) -> Iterator[list[UnitReport | None]]:
    """Read the reports of many units, some at a time; None for one that has none of that year."""
    shares = [(at, list(given[at : at + _CHUNK_SIZE])) for at in range(0, len(given), _CHUNK_SIZE)]
    found = process_pool.spread(shares, partial(_read_chunk, store, year, choice), _raise_lost_worker, jobs)
    waiting: dict[int, list[UnitReport | None]] = {}
    first = 0
    for at, share in found:
        waiting[at] = share
        while first in waiting:
            yield (done := waiting.pop(first))
            first += len(done)


def _read_chunk(store: Store, year: int, choice: Choice, share: UnitChunk) -> ReadChunk:
    return share[0], subordinates.read_units(store, year, share[1], choice)


def _raise_lost_worker(_share: UnitChunk) -> ReadChunk:
    raise Stop(_("读单位的进程没有了，多半是内存不够"), _("没有写文件；用 --jobs 1 再运行"))
