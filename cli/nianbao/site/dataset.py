"""The figures of a site as data: a table for each edition in several formats, and `datapackage.json` that describes it.

The description is a Frictionless Data Package, version 1: https://specs.frictionlessdata.io/data-package/
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec import Struct

from nianbao.export.duckdb import Database
from nianbao.export.file_formats import COPY_FORMATS
from nianbao.export.pipeline import mark_sums
from nianbao.export.rows import CELL_SEPARATOR, ReportRows
from nianbao.export.tables import KEY, KEYS
from nianbao.model.form import Form
from nianbao.model.locale import Locale
from nianbao.workspace.files import write_by
from nianbao.workspace.store import Store

FOLDER = "data"
DESCRIPTION = f"{FOLDER}/datapackage.json"
_MEDIA_TYPES = {"csv": "text/csv", "json": "application/json", "parquet": "application/vnd.apache.parquet"}
_BATCH_SIZE = 500  # reports
_ROW_GROUPS = ", row_group_size 10240"  # each is in memory until it is written
_KEY_TYPES = {"year": "integer", "leaf": "boolean"}  # of the columns that every table has; others are texts


class DataFile(Struct, frozen=True):
    """A file of data: its name below the site, its edition, format, size in bytes and SHA-256."""

    name: str
    edition: str
    suffix: str
    size: int
    digest: str


def name_files(editions: Iterable[str]) -> dict[tuple[str, str], str]:
    """Name the files of each edition and format."""
    return {
        (edition, suffix): f"{FOLDER}/{edition}/figures.{suffix}" for edition in editions for suffix in COPY_FORMATS
    }


def make_databases(store: Store, rows: Iterable[ReportRows], editions: Iterable[str]) -> dict[str, Database]:
    """Make a database of the reports of each edition, which takes little memory.

    `rows` are sorted by office, kind and period, and need not be in memory at once.
    """
    databases = {edition: Database([store.kind.edition(edition)]) for edition in sorted(editions)}
    today = date.today()  # noqa: DTZ011  # in the office's time zone
    for database in databases.values():
        database.save_memory()
    marked = mark_sums(store, rows)
    while batch := list(islice(marked, _BATCH_SIZE)):
        for edition, database in databases.items():
            database.insert_reports([report for report in batch if report.edition == edition], today)
    return databases


def write_tables(databases: Mapping[str, Database], top: Path) -> dict[str, bool]:
    """Write the tables of all editions, a row for each report and a column for each figure; returns what changed.

    One file after the other: each takes memory while it is written.
    """
    changed: dict[str, bool] = {}
    for edition, database in databases.items():
        (form,) = database.editions
        names = {suffix: name for (_edition, suffix), name in name_files([edition]).items()}
        makers = {top / name: partial(_write_table, database, form, suffix) for suffix, name in names.items()}
        saved = write_by(makers, top)
        changed |= {name: file.changed for name, file in zip(names.values(), saved, strict=True)}
    return changed


def _write_table(database: Database, form: Form, suffix: str, path: Path) -> None:
    """Write the table of an edition in the order in which its reports were inserted: to sort it takes memory."""
    if suffix == "json":
        _write_json(database, form, path)
    else:
        options = _ROW_GROUPS if suffix == "parquet" else ""
        database.copy(database.select_wide(form), suffix, path, options)


def _write_json(database: Database, form: Form, path: Path) -> None:
    """Write the table as DuckDB does, a report at a time: it formats 2,048 at once, each of several KB."""
    keys = (_format_json(name).replace("%", "%%") for name in (*KEYS, *form.slots))
    template = f"{{{','.join(f'{key}:%s' for key in keys)}}}"
    are_numbers = [slot.value_type.has_number_schema for slot in form.slots.values()]
    with path.open("w", encoding="utf-8", newline="") as file:
        before = "[\n\t"
        for *names, figures in database.fetch_rows(f"select {KEY}, figures from report_rows"):  # noqa: S608  # ours
            cells = map(_format_json_cell, figures.split(CELL_SEPARATOR), are_numbers)
            file.write(before + template % (*map(_format_json, names), *cells))
            before = ",\n\t"
        file.write("\n]\n")


def _format_json_cell(text: str, is_number: bool) -> str:  # noqa: FBT001  # one of many
    """Format a cell of a report's row, a number without zeros at the end of its fraction."""
    if is_number and "." in text:
        return text.rstrip("0").rstrip(".")
    return (text if is_number else _format_json(text)) if text else "null"


def _format_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def describe(
    forms: Mapping[str, Form], files: Sequence[DataFile], title: str, locale: Locale, address: str
) -> dict[str, Any]:
    """Return the data package: for each file what its columns mean, with unit, edition and source."""
    return {
        "profile": "data-package",
        "name": "figures",
        "title": title,
        **({"homepage": address} if address else {}),
        "resources": [
            {
                "name": f"figures-{file.edition}-{file.suffix}".lower(),
                "title": locale.say("site-figures-of-edition", edition=file.edition),
                "path": file.name.removeprefix(f"{FOLDER}/"),
                "format": file.suffix,
                "mediatype": _MEDIA_TYPES[file.suffix],
                "encoding": "utf-8",
                "bytes": file.size,
                "hash": f"sha256:{file.digest}",
                "schema": {
                    "fields": _describe_columns(forms[file.edition], locale),
                    "primaryKey": ["office", "period"],
                    "missingValues": [""],
                },
            }
            for file in files
        ],
    }


def format_description(package: Mapping[str, Any]) -> bytes:
    """Return the bytes of `datapackage.json`."""
    return (json.dumps(package, ensure_ascii=False, indent=1) + "\n").encode()


def _describe_columns(form: Form, locale: Locale) -> list[dict[str, Any]]:
    """Describe each column: `title` is its meaning; `unit`, `edition` and `source` are properties of our own."""
    columns: list[dict[str, Any]] = [
        {"name": name, "type": _KEY_TYPES.get(name, "string"), "title": locale.say(f"site-column-{name}")}
        for name in KEYS
    ]
    tables = {slot.address: table for table in form.tables for slot in table.slots}
    for address, slot in form.slots.items():
        column_type = "number" if slot.value_type.has_number_schema else "string"
        columns.append(
            {
                "name": address,
                "type": "integer" if slot.value_type.is_whole else column_type,
                "title": form.labels[address],
                "unit": slot.unit,
                "edition": form.edition,
                "source": " ".join(filter(None, (form.name, tables[address].label))),
            }
        )
    return columns
