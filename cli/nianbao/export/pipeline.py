"""`report export`: figures and facts as rows, reports as rows, or the official tables, written to files."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from nianbao.export import official_sheets, plain_sheets
from nianbao.export.duckdb import Database
from nianbao.export.file_formats import COPY_FORMATS, quote_name
from nianbao.export.office_rows import list_offices
from nianbao.export.rows import ReportRows, make_rows
from nianbao.export.workbook import ROW_LIMIT
from nianbao.model.finding import Finding, UserError, try_work
from nianbao.model.i18n import N_, _, join_words
from nianbao.model.loading.inheritance import suggest
from nianbao.model.period import Period
from nianbao.model.tables.headings import list_paths
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
Result = TypeVar("Result")


def read_all(
    reports: Sequence[ReportRef], jobs: int = 0, *, titles: bool = False, texts: bool = False
) -> Iterator[RowsOrError]:
    """Read reports on several processes, in the order in which they are ready; for one that fails, a `UserError`.

    With `titles` they have their titles too, with `texts` the texts of their sections; each takes longer. `jobs` is the
    number of processes, 0 for as many as there are processors.
    """
    yield from read_each(partial(_read_report, titles=titles, texts=texts), reports, jobs)


def read_each(
    read: Callable[[Store, Period], Result], reports: Sequence[ReportRef], jobs: int
) -> Iterator[Result | UserError]:
    """Read reports as `read_all` does, by a function: give what it returns, or the `UserError` that it raises."""
    chunks = [tuple(reports[at : at + _CHUNK_SIZE]) for at in range(0, len(reports), _CHUNK_SIZE)]
    work: Callable[[Sequence[ReportRef]], Sequence[Result | UserError]] = partial(_read_chunk, read)
    for results in pool.run_all(chunks, work, _list_lost_errors, jobs):
        yield from results


def _read_chunk(read: Callable[[Store, Period], Result], chunk: Sequence[ReportRef]) -> Sequence[Result | UserError]:
    return [try_work(partial(read, store, period), store.data(period)) for store, period in chunk]


def _list_lost_errors(chunk: Sequence[ReportRef]) -> Sequence[UserError]:
    return [pool.make_lost_error(store.data(period)) for store, period in chunk]


def _read_report(store: Store, period: Period, *, titles: bool, texts: bool) -> ReportRows:
    """Read a report; raises `UserError` where a figure cannot be read, since it would be a 0 in the export."""
    report = store.report(period)
    if isinstance(report, Finding):
        raise UserError(_("data-unreadable", data=store.data(period), why=report.message), _(_FIX))
    if report.unread:
        labels = report.form.labels
        first = next(labels[address] for address in report.form.slots if address in report.unread)
        count = len(report.unread)
        raise UserError(_("figures-unreadable", data=store.data(period), count=count, first=first), _(_FIX))
    return make_rows(report, store.office, period, store.kind.template if texts else None, has_title=titles)


def make_database(
    store: Store, rows: Iterable[ReportRows], today: date | None = None, *, all_lists: bool = False
) -> Database:
    """Make a database of reports, sorted by office, kind and period, and of the offices of the folder.

    `today` says how late reports are that have no day of issue; by default it is the current date. There is a table
    for each list of the editions of the reports, with `all_lists` of every edition.
    """
    reports = sorted(rows, key=lambda report: (report.office, report.kind, report.period))
    used = sorted({(report.kind, report.edition) for report in reports})
    lists = [store.kind.edition(name) for name in store.kind.editions()] if all_lists else []
    database = Database([store.find_kind(kind).edition(edition) for kind, edition in used], lists)
    database.insert_offices(list_offices(store, (report.office for report in reports)))
    database.insert_reports(mark_sums(store, reports), today or date.today())  # noqa: DTZ011  # in the office's time zone
    return database


def mark_sums(store: Store, rows: Iterable[ReportRows]) -> Iterator[ReportRows]:
    """Mark the reports whose figures are the sum of others, by the register of their year: they are no leaf."""
    register = store.register()
    for report in rows:
        is_leaf = not register.of_year(report.year).list_children(report.office)
        yield report if is_leaf else replace(report, leaf=False)


class ExportOptions(Struct, frozen=True):
    """The options of `report export`. Without `out` files go to `build/export`, where existing ones are replaced.

    Those of another kind than the default one go into a folder with its id there. In a folder that the user names
    existing files are replaced only with `force`.
    """

    formats: Sequence[str]
    layout: Layout = "long"
    out: Path | None = None
    force: bool = False


def check_size(reports: Sequence[ReportRef], options: ExportOptions) -> None:
    """Raise `UserError` where a sheet of Excel cannot hold so many reports, before any of them is read.

    They are taken to be of the editions in force.
    """
    if XLSX not in options.formats or not reports:
        return
    kind = reports[0][0].kind
    rows: Counter[tuple[str, str]] = Counter()  # by sheet: in the long layout there is one for all figures
    for period, count in Counter(period for _store, period in reports).items():
        with suppress(UserError):
            form = kind.form_in_force(period)
            if options.layout == "long":
                rows["", ""] += count * len(form.slots)
            for table in form.tables if options.layout == "wide" else ():
                rows[form.edition, table.id] += count * sum(
                    max(len(list_paths(block.rows)), 1) for block in table.blocks
                )
    if (most := max(rows.values(), default=0)) >= ROW_LIMIT:
        raise UserError(
            _("too-many-rows-for-excel", reports=len(reports), rows=most, limit=ROW_LIMIT), _("use-parquet-or-csv")
        )


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
    lists = {name: f"from {quote_name(name)}" for name in database.lists if not database.is_empty(name)}
    if options.layout == "long":
        statements = {name: f"from {name}" for name in _LONG_TABLES} | lists
        write_workbook = partial(plain_sheets.write_plain_sheets, database, tuple(statements))
    else:
        statements = {_WIDE_TABLE: database.make_wide_select()} | lists
        write_workbook = partial(official_sheets.write_official_sheets, database, tuple(lists))
    writers: dict[Path, Callable[[Path], None]] = {}
    for suffix in options.formats:
        if suffix == XLSX:
            writers[folder / f"{next(iter(statements))}.{suffix}"] = write_workbook
        else:
            for name, statement in statements.items():
                writers[folder / f"{name}.{suffix}"] = partial(database.copy, statement, suffix)
    return write_by(writers, options.out or store.within, replace=options.force or options.out is None)
