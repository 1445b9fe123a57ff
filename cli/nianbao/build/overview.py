"""The state of every report of a folder: whether it is there, what was found in it, what was built of it, when due."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property, partial
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.build import fingerprints, outputs
from nianbao.build.cache import BuildCache, CachedFile
from nianbao.build.incremental import IncrementalBuild
from nianbao.build.output_folder import file_times, is_unchanged
from nianbao.build.worker import BuildOptions, run_locally
from nianbao.checks.check import load_policy
from nianbao.checks.results import CheckResult, FailedReport
from nianbao.compose.document import compose_author
from nianbao.model.finding import UserError, try_work
from nianbao.model.form import Form
from nianbao.model.period import Period
from nianbao.model.report import Report
from nianbao.model.units.states import find_due_day
from nianbao.workspace import selection
from nianbao.workspace.data_files.locating import is_of_gone_kind
from nianbao.workspace.files import fingerprint
from nianbao.workspace.selection import ReportRef
from nianbao.workspace.store import ReportKey, Store

State = Literal["missing", "broken", "errors", "warnings", "clean"]
# Of a file that was built: it is as the data file would give it now, or it is not.
FileState = Literal["current", "stale"]


class ReportState(Struct, frozen=True):
    """The state of one report: `check` and `error` say what was found, or why it could not be checked.

    `files` are those that were built, by format. `due` is the day on which it is due, where its kind knows that.
    """

    key: ReportKey
    data: str
    check: CheckResult | None = None
    error: UserError | None = None
    files: Mapping[str, FileState] = field(default_factory=dict)
    due: date | None = None
    published: date | None = None

    @property
    def state(self) -> State:
        """Say in a word how it is."""
        if self.error or (self.check and not self.check.readable):
            return "broken"
        if self.check is None:
            return "missing"
        levels = {finding.level for finding in self.check.findings}
        return "errors" if "error" in levels else "warnings" if "warning" in levels else "clean"

    def count_late_days(self, today: date) -> int:
        """Count the days by which it was published, or is still not published, after it was due."""
        return max(((self.published or today) - self.due).days, 0) if self.due else 0


class Listing(Struct, frozen=True):
    """The reports of one kind: those with a data file, and those that an office owes and does not have."""

    store: Store
    present: list[ReportRef]
    missing: list[ReportRef]


def list_reports(store: Store, words: Sequence[str], today: date, warn: Callable[[UserError], None]) -> list[Listing]:
    """List the reports of every kind, or those that words mean: kinds, periods, offices, patterns of offices.

    A kind with a mistake is left out with a warning, unless the words name it, so that the others go on. Raises
    `UserError` for a word that is none of these. An office owes a report for each period from its first one to the last
    that has ended; one that is only registered, or has an empty folder, owes the last one of the default kind.
    """
    kinds = store.list_kinds()
    chosen = [kind for kind in kinds if kind in words] or kinds
    rest = [word for word in words if word not in kinds]
    known = _find_offices(store, kinds, words, warn)
    chosen = [kind for kind in chosen if kind in known]
    named = _match_offices(store, rest, known)
    listings = []
    for kind in chosen:
        of_kind = store.of_kind(kind)
        owed = list(_list_owed(of_kind, known[kind], today))
        if kind == store.default_kind:
            owed += _list_idle(of_kind, known, today)
        periods, _offices = selection.split_periods(of_kind, rest)
        wanted = [
            (office, period)
            for office, period in owed
            if (period in periods or not periods) and (named is None or office.office in named)
        ]
        present = [ref for ref in wanted if ref[1] in known[kind].get(ref[0].office, ())]
        missing = [ref for ref in wanted if ref[1] not in known[kind].get(ref[0].office, ())]
        listings.append(Listing(of_kind, present, missing))
    return listings


def _find_offices(
    store: Store, kinds: Sequence[str], words: Sequence[str], warn: Callable[[UserError], None]
) -> dict[str, dict[str, list[Period]]]:
    """Find the offices that have reports of each kind that can be used."""
    known = {}
    if store.default_kind not in kinds:
        try:
            store.kind  # noqa: B018  # it says where the kind is named
        except UserError as error:
            warn(error)
    for kind in kinds:
        try:
            known[kind] = store.of_kind(kind).offices()
        except UserError as error:
            if kind in words:
                raise
            warn(error)
    return known


def _match_offices(
    store: Store, words: Sequence[str], known: Mapping[str, Mapping[str, list[Period]]]
) -> set[str] | None:
    """Find the offices that words mean which are no periods of any kind; None for all offices."""
    names = set(words)
    for kind in known:
        names &= set(selection.split_periods(store.of_kind(kind), words)[1])
    if not names:
        return None
    everywhere = {office: list[Period]() for office in (*store.register().units, *store.folders())}
    for by_office in known.values():
        everywhere |= by_office
    return {office for name in names for office in selection.match_offices(store, name, everywhere)}


def _list_owed(store: Store, offices: Mapping[str, list[Period]], today: date) -> Iterator[ReportRef]:
    calendar = store.kind.settings.calendar
    for name, periods in offices.items():
        owed = set(periods)
        if calendar.unit != "event":
            owed.update(_list_until(periods[0], calendar.find_ended(today)))
        owed = {period for period in owed if period in periods or name not in store.register(period).absent}
        yield from ((store.of_office(name), period) for period in sorted(owed))


def _list_idle(store: Store, known: Mapping[str, Mapping[str, list[Period]]], today: date) -> Iterator[ReportRef]:
    """List the last report of each office that has none of any kind."""
    calendar = store.kind.settings.calendar
    last = calendar.find_ended(today)
    register = store.register(last)
    others = {office for by_office in known.values() for office in by_office} | register.absent
    for office in dict.fromkeys((*register.units, *store.folders())):
        if office not in others and calendar.unit != "event" and not is_of_gone_kind(store, office):
            yield store.of_office(office), last


def _list_until(first: Period, last: Period) -> Iterator[Period]:
    period: Period | None = first
    while period and period <= last:
        yield period
        period = period.get_next()


class Overview:
    """Finds the states of reports of one kind; what was found before, by a build too, is taken from the cache."""

    def __init__(self, listing: Listing, cache: BuildCache, today: date) -> None:
        self.listing, self.cache, self.today = listing, cache, today

    def run(self, jobs: int = 0) -> Iterator[ReportState]:
        """Yield the state of each report, those that need no check first."""
        store, present = self.listing.store, self.listing.present
        built: dict[ReportKey, dict[str, CachedFile]] = {}
        for (key, suffix), file in self.cache.read_files({period for _store, period in present}).items():
            built.setdefault(key, {})[suffix] = file
        known: dict[ReportKey, ReportState] = {}
        authors: dict[str, str] = {}
        for office, period in present:
            files = self._compare_files(office, period, built.get(office.key(period), {}))
            read = try_work(partial(office.report, period), office.data(period))
            report = read if isinstance(read, Report) else None
            author = compose_author(report) if report else ""
            authors[office.office] = author or authors.get(office.office, "")
            published = report.values.get("published") if report else None
            due = find_due_day(report.form if report else _find_form(office, period), author, period)
            day = published if isinstance(published, date) else None
            known[office.key(period)] = ReportState(
                office.key(period), office.data(period), None, None, files, due, day
            )
        for office, period in self.listing.missing:
            author = authors.get(office.office) or store.register(period).get_unit(office.office).name
            due = find_due_day(_find_form(office, period), author, period)
            yield ReportState(office.key(period), office.data(period), due=due)
        options = BuildOptions((), policy=load_policy(store), today=self.today)
        for result in IncrementalBuild(store, options, self.cache).run(present, run_locally(jobs)):
            if isinstance(result, FailedReport):
                yield replace(known[result.key], error=result.error)
            else:
                yield replace(known[result.check.key], check=result.check)

    @cached_property
    def _inputs(self) -> dict[str, str]:
        """The fingerprints of programs and templates, by name."""
        return fingerprints.program_fingerprints() | fingerprints.template_fingerprints(self.listing.store)

    def _compare_files(self, store: Store, period: Period, files: Mapping[str, CachedFile]) -> dict[str, FileState]:
        """Compare the files that were built of a report with what they were made from."""
        if not files:
            return {}
        content = try_work(partial(store.content, period), store.data(period))
        facts = "" if isinstance(content, UserError) else fingerprint(content)
        return {
            suffix: "current" if file.key.facts == facts and self._is_current(store, period, suffix, file) else "stale"
            for suffix, file in files.items()
        }

    def _is_current(self, store: Store, period: Period, suffix: str, file: CachedFile) -> bool:
        """Tell whether a file is there as it was written, by the same programs and templates."""
        made_with = self.cache.read_context(file.key.context)
        if any(
            made_with.get(name) != value
            for name, value in self._inputs.items()
            if not name.startswith("formats/") or name.startswith(f"formats/{suffix}/")
        ):
            return False
        path = outputs.output_path(store, period, suffix)
        try:
            known = (file.size, file.modified_ns, file.changed_ns)
            return file_times(os.lstat(path)) == known or is_unchanged(store, path, file)
        except OSError:
            return False


def _find_form(store: Store, period: Period) -> Form | None:
    try:
        return store.kind.form_in_force(period)
    except UserError:
        return None
