"""Reports carried out for others: every figure and fact as a row, every report as a row, or as the official tables."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from nianbao.export import official_sheets, plain_sheets
from nianbao.export.duckdb import COPY_FORMATS, Database
from nianbao.export.rows import ReportRows, make_rows
from nianbao.model.finding import Finding, Stop, attempt
from nianbao.model.i18n import N_, _, series
from nianbao.workspace import process_pool
from nianbao.workspace.files import Saved, produce
from nianbao.workspace.selection import Asked
from nianbao.workspace.store import Store

Layout = Literal["long", "wide"]
XLSX = "xlsx"
FORMATS = (*COPY_FORMATS, XLSX)
_LONG_TABLES, _WIDE_TABLE = ("figures", "facts"), "reports"  # the files of each layout
_FIX = N_("report validate 说明每一处；改正后再运行")
_CHUNK_SIZE = 50  # reports that a process reads in one go

RowsOrError = ReportRows | Stop


def read_all(reports: Sequence[Asked], jobs: int = 0) -> Iterator[RowsOrError]:
    """Read reports on several processes, each as it is done, in no order, or the `Stop` that says why not."""
    chunks = [tuple(reports[at : at + _CHUNK_SIZE]) for at in range(0, len(reports), _CHUNK_SIZE)]
    for done in process_pool.spread(chunks, _read_chunk, _describe_lost_worker, jobs):
        yield from done


def _read_chunk(chunk: Sequence[Asked]) -> list[RowsOrError]:
    return [attempt(partial(_read_report, store, year), store.data(year)) for store, year in chunk]


def _describe_lost_worker(chunk: Sequence[Asked]) -> list[RowsOrError]:
    return [Stop(_("{data}：读它的进程没有了", data=store.data(year)), _("再运行一次")) for store, year in chunk]


def _read_report(store: Store, year: int) -> RowsOrError:
    """Read a report; what cannot be read would be a 0 among the figures, so that it is not exported at all."""
    report = store.report(year)
    if isinstance(report, Finding):
        return Stop(_("{data} 读不出来：{why}", data=store.data(year), why=report.message), _(_FIX))
    if report.unread:
        labels = report.form.labels
        first = next(labels[address] for address in report.form.slots if address in report.unread)
        count = len(report.unread)
        return Stop(
            _("{data} 有 {count} 格读不出来，第一格是 {first}", data=store.data(year), count=count, first=first),
            _(_FIX),
        )
    return make_rows(report, store.office, year)


def make_database(store: Store, found: Iterable[ReportRows]) -> Database:
    """Put reports into a warehouse, by office and year."""
    reports = sorted(found, key=lambda one: (one.office, one.year))
    warehouse = Database([store.edition(edition) for edition in sorted({one.edition for one in reports})])
    warehouse.insert_reports(reports)
    return warehouse


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What a person asks of an export. An empty `out` is the folder below `build/` that exports have for their own."""

    formats: Sequence[str]
    layout: Layout = "long"
    out: Path | None = None
    force: bool = False


def check_formats(formats: Sequence[str]) -> list[str]:
    """Find the formats asked for; raises `Stop` that lists those there are."""
    for name in formats:
        if name not in FORMATS:
            raise Stop(_("不能导出成 {name}", name=name), _("可用的格式：{choices}", choices=series(FORMATS)))
    return list(dict.fromkeys(formats))


def write_files(store: Store, warehouse: Database, wanted: ExportOptions) -> list[Saved]:
    """Write the files of an export: all of them or, on an error, none; those with the same bytes stay.

    Raises `Stop` rather than replace another file in a folder that a person named, unless told to.
    """
    folder = wanted.out or store.out / "export"
    long = wanted.layout == "long"
    tables = {name: f"from {name}" for name in _LONG_TABLES} if long else {_WIDE_TABLE: warehouse.make_wide_select()}
    makers: dict[Path, Callable[[Path], None]] = {}
    for suffix in wanted.formats:
        if suffix == XLSX:
            book = (
                partial(plain_sheets.write_plain_sheets, warehouse, _LONG_TABLES)
                if long
                else partial(official_sheets.write_official_sheets, warehouse)
            )
            makers[folder / f"{next(iter(tables))}.{suffix}"] = book
        else:
            makers |= {
                folder / f"{name}.{suffix}": partial(warehouse.copy, made, suffix) for name, made in tables.items()
            }
    return produce(makers, wanted.out or store.within, replace=wanted.force or wanted.out is None)
