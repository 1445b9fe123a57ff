"""The figures of a site as data: a table for each edition in several formats, and `datapackage.json` that describes it.

The description is a Frictionless Data Package, version 1: https://specs.frictionlessdata.io/data-package/
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from nianbao.export.duckdb import Database
from nianbao.export.file_formats import COPY_FORMATS
from nianbao.export.pipeline import make_database
from nianbao.export.rows import ReportRows
from nianbao.export.tables import KEYS
from nianbao.model.form import Form
from nianbao.model.locale import Locale
from nianbao.workspace.files import write_by
from nianbao.workspace.store import Store

FOLDER = "data"
DESCRIPTION = f"{FOLDER}/datapackage.json"
_MEDIA_TYPES = {"csv": "text/csv", "json": "application/json", "parquet": "application/vnd.apache.parquet"}
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


def make_databases(store: Store, rows: Sequence[ReportRows]) -> dict[str, Database]:
    """Make a database of the reports of each edition, which writes each file in one thread."""
    by_edition: dict[str, list[ReportRows]] = {}
    for report in rows:
        by_edition.setdefault(report.edition, []).append(report)
    databases = {edition: make_database(store, reports) for edition, reports in sorted(by_edition.items())}
    for database in databases.values():
        database.use_one_thread()
    return databases


def write_tables(databases: Mapping[str, Database], top: Path) -> dict[str, bool]:
    """Write the tables of all editions, a row for each report and a column for each figure; returns what changed."""
    changed: dict[str, bool] = {}
    for edition, database in databases.items():
        names = {suffix: name for (_edition, suffix), name in name_files([edition]).items()}
        statement = database.materialize(database.make_wide_select())
        makers = {top / name: _make_copier(database, statement, suffix) for suffix, name in names.items()}
        saved = write_by(makers, top, threads=len(makers))
        changed |= {name: file.changed for name, file in zip(names.values(), saved, strict=True)}
    return changed


def _make_copier(database: Database, statement: str, suffix: str) -> Any:  # noqa: ANN401  # a function of a path
    return lambda path: database.copy(statement, suffix, path)


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
