"""What a site shows of each report and of each office, without the reports themselves."""

from collections.abc import Iterator, Sequence
from os import SEEK_END
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from nianbao.build import outputs
from nianbao.build.worker import BuildOptions
from nianbao.checks.results import BuildResult, BuiltFile
from nianbao.compose.document import format_figure
from nianbao.export.pipeline import read_each
from nianbao.export.rows import ReportRows, make_rows
from nianbao.model.finding import Finding, UserError
from nianbao.model.i18n import _
from nianbao.model.offices import Unit
from nianbao.model.period import Period
from nianbao.workspace.files import make_write_error
from nianbao.workspace.selection import ReportRef
from nianbao.workspace.store import ReportKey, Store

State = Literal["published", "withheld", "missing"]
REPORTS = "reports"  # the folder of built files below the site


class ReportFacts(Struct, frozen=True):
    """What a site says of a report: its rows for the data, and key figures: a label, and the figure as printed."""

    rows: ReportRows
    key_figures: tuple[tuple[str, str], ...]

    @property
    def published(self) -> str:
        """The day of issue as in ISO 8601; empty where there is none."""
        return self.rows.published.isoformat() if self.rows.published else ""

    def format(self) -> str:
        """Return it as JSON."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def parse(cls, text: str) -> "ReportFacts":
        """Parse what `format` wrote."""
        return msgspec.json.decode(text, type=cls)


class StoredFacts:
    """What a site says of each report, in a temporary file: of 10,000 reports it would take 40 MB of memory.

    It is to be closed.
    """

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  # `close` closes it
        self._places: dict[ReportKey, tuple[int, int]] = {}
        self.editions: set[str] = set()

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def add(self, key: ReportKey, content: str) -> None:
        """Keep the facts of a report, as `ReportFacts.format` writes them; raises `UserError` on a full disk."""
        raw = content.encode()
        try:
            place = self._file.seek(0, SEEK_END)
            self._file.write(raw)
            self._file.flush()
        except OSError as error:
            raise make_write_error(Path(gettempdir()), error) from error
        self._places[key] = place, len(raw)
        self.editions.add(ReportFacts.parse(content).rows.edition)

    def __contains__(self, key: ReportKey) -> bool:
        """Tell whether the facts of a report are there."""
        return key in self._places

    def get(self, key: ReportKey) -> ReportFacts:
        """Return the facts of a report that is there."""
        place, size = self._places[key]
        self._file.seek(place)
        return ReportFacts.parse(self._file.read(size).decode())

    def list_rows(self) -> Iterator[ReportRows]:
        """List the rows of all reports by office, kind and period."""
        return (self.get(key).rows for key in sorted(self._places))


class SiteFile(Struct, frozen=True):
    """A built file of a report: its name below the site, format, size in bytes, and whether this run has changed it."""

    name: str
    format: str
    size: int
    changed: bool


class SiteReport(Struct, frozen=True):
    """A report on a site; one is `withheld` where its errors forbid to publish it, and has neither facts nor files.

    There are facts of those that are published.

    One that has prompts left is published as a `draft`.
    """

    key: ReportKey
    state: State
    files: tuple[SiteFile, ...] = ()
    draft: bool = False

    @property
    def period(self) -> Period:
        """The period of the report."""
        return self.key.period


class SiteOffice(Struct, frozen=True):
    """An office on a site: its reports, newest first, and the offices directly below it."""

    unit: Unit
    reports: tuple[SiteReport, ...] = ()
    below: tuple["SiteOffice", ...] = ()

    def walk(self) -> Iterator["SiteOffice"]:
        """List the office and those on every level below it."""
        yield self
        for office in self.below:
            yield from office.walk()


def read_facts(reports: Sequence[ReportRef], jobs: int) -> Iterator[tuple[ReportKey, ReportFacts] | UserError]:
    """Read what a site says of reports, on several processes, in the order in which they are ready."""
    return read_each(_read_report, reports, jobs)


def _read_report(store: Store, period: Period) -> tuple[ReportKey, ReportFacts]:
    report = store.report(period)
    if isinstance(report, Finding):  # it was built a moment ago
        raise UserError(_("data-unreadable", data=store.data(period), why=report.message), _("run-once-more"))
    figures = tuple(
        (report.form.labels[address], format_figure(report, address))
        for address in report.form.key_figures
        if address in report.figures
    )
    rows = make_rows(report, store.office, period, has_title=True)
    return store.key(period), ReportFacts(replace(rows, facts=()), figures)  # the site has no table of facts


def make_offices(
    store: Store,
    options: BuildOptions,
    results: Sequence[BuildResult],
    facts: StoredFacts,
    asked: Sequence[ReportRef],
) -> list[SiteOffice]:
    """Make the offices of a site from built reports; returns those that report to nobody, in the order of the register.

    `asked` has all reports that were asked for: those without a result are missing or withheld.
    """
    built = {result.check.key: result for result in results if result.files and not options.is_refused(result.check)}
    by_office: dict[str, list[SiteReport]] = {}
    for of_office, period in asked:
        key = of_office.key(period)
        if key in built and key in facts:
            files = tuple(_make_file(of_office, period, file) for file in built[key].files)
            report = SiteReport(key, "published", files, built[key].draft)
        else:
            report = SiteReport(key, "withheld" if of_office.has(period) else "missing")
        by_office.setdefault(of_office.office, []).append(report)
    register = store.register()
    listed = {*by_office, *(above for office in by_office for above in register.list_ancestors(office))}
    order = [*(office for office in register.units if office in listed), *sorted(listed - register.units.keys())]

    def make_office(office: str) -> SiteOffice:
        reports = sorted(by_office.get(office, ()), key=lambda report: report.period, reverse=True)
        below = [unit.id for unit in register.list_children(office) if unit.id in listed]
        unit = register.units.get(office) or register.get_unit(office, find_name(reports))
        return SiteOffice(unit, tuple(reports), tuple(map(make_office, below)))

    def find_name(reports: Sequence[SiteReport]) -> str:
        names = (facts.get(report.key).rows.name for report in reports if report.state == "published")
        return next(filter(None, names), "")

    return [make_office(office) for office in order if not register.get_unit(office).parent]


def _make_file(store: Store, period: Period, file: BuiltFile) -> SiteFile:
    name = f"{REPORTS}/{outputs.output_name(store, period, file.format)}"
    return SiteFile(name, file.format, file.size, file.saved.changed)


def list_asked(store: Store, periods: Sequence[Period], selected: Sequence[ReportRef]) -> list[ReportRef]:
    """List every report that the site should have: those selected, and of every office of the register each period."""
    of_register = [(store.of_office(office), period) for period in periods for office in store.register(period).units]
    return list(
        {of_office.key(period): (of_office, period) for of_office, period in (*selected, *of_register)}.values()
    )
