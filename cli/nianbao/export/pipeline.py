"""`report export`: figures and facts as rows, reports as rows, or the official tables, written to files."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from nianbao.export import official_sheets, plain_sheets
from nianbao.export.duckdb import COPY_FORMATS, Database
from nianbao.export.rows import ReportRows, make_rows
from nianbao.model.finding import Finding, UserError, try_work
from nianbao.model.i18n import N_, _, join_words
from nianbao.model.loading.inheritance import suggest
from nianbao.model.period import Period
from nianbao.workspace.files import SavedFile, write_by
from nianbao.workspace.processes import pool
from nianbao.workspace.selection import ReportRef
from nianbao.workspace.store import Store

Layout = Literal["long", "wide"]
XLSX = "xlsx"
FORMATS = (*COPY_FORMATS, XLSX)
_LONG_TABLES, _WIDE_TABLE = ("figures", "facts"), "reports"  # the tables of each layout, one file each
_FIX = N_("see-validate")
_CHUNK_SIZE = 50  # reports that one task of a worker reads

RowsOrError = ReportRows | UserError


def read_all(reports: Sequence[ReportRef], jobs: int = 0) -> Iterator[RowsOrError]:
    """Read reports on several processes, in the order in which they are ready; for one that fails, a `UserError`.

    `jobs` is the number of processes, 0 for as many as there are processors.
    """
    chunks = [tuple(reports[at : at + _CHUNK_SIZE]) for at in range(0, len(reports), _CHUNK_SIZE)]
    for results in pool.run_all(chunks, _read_chunk, _describe_lost_worker, jobs):
        yield from results


def _read_chunk(chunk: Sequence[ReportRef]) -> list[RowsOrError]:
    return [try_work(partial(_read_report, store, period), store.data(period)) for store, period in chunk]


def _describe_lost_worker(chunk: Sequence[ReportRef]) -> list[RowsOrError]:
    return [UserError(_("read-process-gone", data=store.data(period)), _("run-once-more")) for store, period in chunk]


def _read_report(store: Store, period: Period) -> RowsOrError:
    """Read a report; one with a figure that cannot be read is not exported, since the figure would be a 0."""
    report = store.report(period)
    if isinstance(report, Finding):
        return UserError(_("data-unreadable", data=store.data(period), why=report.message), _(_FIX))
    if report.unread:
        labels = report.form.labels
        first = next(labels[address] for address in report.form.slots if address in report.unread)
        count = len(report.unread)
        return UserError(_("figures-unreadable", data=store.data(period), count=count, first=first), _(_FIX))
    return make_rows(report, store.office, period)


def make_database(store: Store, rows: Iterable[ReportRows]) -> Database:
    """Make a database of reports, sorted by office, kind and period."""
    reports = sorted(rows, key=lambda report: (report.office, report.kind, report.period))
    used = sorted({(report.kind, report.edition) for report in reports})
    database = Database([store.find_kind(kind).edition(edition) for kind, edition in used])
    database.insert_reports(reports)
    return database


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The options of `report export`. Without `out` files go to `build/export`, where existing ones are replaced.

    Those of another kind than the default one go into a folder with its id there. In a folder that the user names
    existing files are replaced only with `force`.
    """

    formats: Sequence[str]
    layout: Layout = "long"
    out: Path | None = None
    force: bool = False


def check_formats(formats: Sequence[str]) -> list[str]:
    """Return the formats without repetitions.

    Raises `UserError` for an unknown one, with the list of those there are.
    """
    names = [name.casefold() for name in formats]
    for name in names:
        if name not in FORMATS:
            raise UserError(
                _("cannot-export-as", name=name) + suggest(name, FORMATS),
                _("output-formats-available", choices=join_words(FORMATS)),
            )
    return list(dict.fromkeys(names))


def write_files(store: Store, database: Database, options: ExportOptions) -> list[SavedFile]:
    """Write the files of an export: all of them or, on an error, none; files with the same bytes are not touched.

    Raises `UserError` where a file in a folder that the user named would be replaced without `force`.
    """
    folder = options.out or store.out / "export" / store.kind_folder
    if options.layout == "long":
        statements = {name: f"from {name}" for name in _LONG_TABLES}
        write_workbook = partial(plain_sheets.write_plain_sheets, database, _LONG_TABLES)
    else:
        statements = {_WIDE_TABLE: database.make_wide_select()}
        write_workbook = partial(official_sheets.write_official_sheets, database)
    writers: dict[Path, Callable[[Path], None]] = {}
    for suffix in options.formats:
        if suffix == XLSX:
            writers[folder / f"{next(iter(statements))}.{suffix}"] = write_workbook
        else:
            for name, statement in statements.items():
                writers[folder / f"{name}.{suffix}"] = partial(database.copy, statement, suffix)
    return write_by(writers, options.out or store.within, replace=options.force or options.out is None)
