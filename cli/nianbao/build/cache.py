"""The record of what was built: a small SQLite file beside the outputs. To lose it costs time, nothing else.

It lies in a folder that a stranger may have handed over, so that nothing in it is believed without this user's seal.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from nianbao.build.signatures import Signer
from nianbao.checks.policy import Accepted
from nianbao.checks.results import CheckResult
from nianbao.checks.rules import Crash
from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import _
from nianbao.workspace.access import is_regular
from nianbao.workspace.files import fingerprint, shown

_COLUMNS = {
    "context": ("id", "parts"),
    "checked": ("office", "year", "context", "facts", "beside", "told"),
    "printed": (
        *("office", "year", "format", "context", "facts"),
        *("size", "modified", "changed", "content", "pages", "pictures"),
    ),
}
_KEYS = {"context": "id", "checked": "office, year", "printed": "office, year, format"}
_SCHEMA = "".join(
    f"create table if not exists {table} ({', '.join(columns)}, seal, primary key ({_KEYS[table]})) without rowid;"
    for table, columns in _COLUMNS.items()
)
_DISK_ERRORS = frozenset(
    getattr(sqlite3, f"SQLITE_{name}") for name in ("FULL", "READONLY", "CANTOPEN", "IOERR", "PERM", "BUSY", "LOCKED")
)
_SQLITE_SUFFIXES = ("-wal", "-shm", "-journal")  # ends of the names of files that SQLite keeps beside its own
DAMAGED_SUFFIX = ".damaged"
_MAX_VALUE_BYTES = 2**24  # bytes of a value

ReportKey = tuple[str, int]  # an office and a year


@dataclass(frozen=True, slots=True)
class CacheKey:
    """What one thing was made from: the context (programs, templates, choices) and the data files, by fingerprint."""

    context: str
    facts: str
    related_facts: str = ""  # of the other data files that a check reads


@dataclass(frozen=True, slots=True)
class CachedFile:
    """A file that a build wrote: what it was made from, and how to know it again."""

    key: CacheKey
    size: int
    modified_ns: int  # ns; a file with other times is known again by its content
    changed_ns: int  # ns; when the system last wrote anything of it, which nobody can set
    fingerprint: str  # of its content
    pages: int
    dropped_pictures: tuple[str, ...]  # that were left out


class BuildCache:
    """The record of what was built into a folder, held in a file; use it in a `with` line.

    One that cannot be read is set aside, which is said by `say`, and another is begun. Where no file can be written,
    or there is no `path`, it is held in memory.
    """

    def __init__(self, path: Path | None, say: Callable[[str], None]) -> None:
        self.path, self._say = path, say
        self._seal = Signer()
        self._known: set[str] = set()
        self._again = False
        self._strange = 0  # rows that another hand wrote
        self._base = sqlite3.connect(":memory:")

    def __enter__(self) -> Self:
        self._open_file()
        return self

    def __exit__(self, *_error: object) -> None:
        self._base.close()
        if self._strange:
            self._say(_("生成的记录里有 {count} 条不是你写的，没有采用", count=self._strange))

    def read_checks(self, years: Iterable[int]) -> dict[ReportKey, tuple[CacheKey, str]]:
        """Give for the reports of some years what was found in them, and what it was found from."""
        rows = self._read_years("checked", years)
        return {(office, year): (CacheKey(*made), told) for office, year, *made, told in rows}

    def read_files(self, years: Iterable[int] | None = None) -> dict[tuple[str, int, str], CachedFile]:
        """Give for the reports of some years, or of all, and each format, the file that was written."""
        rows = self._read_years("printed", years)
        return {
            (office, year, suffix): CachedFile(
                CacheKey(context, facts), size, modified, changed, content, pages, _parse_list(pictures)
            )
            for office, year, suffix, context, facts, size, modified, changed, content, pages, pictures in rows
        }

    def save_context(self, parts: Mapping[str, str]) -> str:
        """Keep a context; return its fingerprint."""
        text = json.dumps(parts, sort_keys=True)
        name = fingerprint(text)
        if name not in self._known:
            self._write_row("context", name, text)
            self._known.add(name)
        return name

    def read_context(self, context: str) -> dict[str, str]:
        """Return a context; an empty one where it is not known."""
        for _name, text in self._read_rows("context", "where id = ?", (context,)):
            return dict(json.loads(text))
        return {}

    def save_check(self, office: str, year: int, made: CacheKey, checked: CheckResult) -> None:
        """Keep what was found in a report."""
        self._write_row(
            "checked", office, year, made.context, made.facts, made.related_facts, serialize_result(checked)
        )

    def save_file(self, office: str, year: int, suffix: str, file: CachedFile) -> None:
        """Keep what a file was made from."""
        known = (
            file.size,
            file.modified_ns,
            file.changed_ns,
            file.fingerprint,
            file.pages,
            json.dumps(file.dropped_pictures),
        )
        self._write_row("printed", office, year, suffix, file.key.context, file.key.facts, *known)

    def _read_years(self, table: str, years: Iterable[int] | None) -> Iterator[tuple[Any, ...]]:
        if years is None:
            return self._read_rows(table)
        wanted = tuple(years)
        return self._read_rows(table, f"where year in ({', '.join('?' * len(wanted))})", wanted)

    def _read_rows(self, table: str, where: str = "", values: tuple[object, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Give the rows of a table that were written by this user; those of another hand are as if not there."""
        try:
            for *row, seal in self._base.execute(f"select * from {table} {where}", values):  # noqa: S608  # ours
                if seal == self._seal(table, *row):
                    yield tuple(row)
                else:
                    self._strange += 1
        except sqlite3.Error as error:
            self._recover(error)

    def _write_row(self, table: str, *values: str | int) -> None:
        marks = ", ".join("?" * (len(values) + 1))
        try:
            self._base.execute(
                f"insert or replace into {table} values ({marks})",  # noqa: S608  # a name of ours, and marks
                (*values, self._seal(table, *values)),
            )
        except sqlite3.Error as error:
            if not _is_disk_error(error):  # else it is made again next time: files themselves tell of a full disk
                self._recover(error)

    # ── the file ─────────────────────────────────────────────────────────────

    def _open_file(self) -> None:
        if self.path is None:
            self._connect(":memory:")
            return
        try:
            if not all(is_regular(file) for file in list_cache_files(self.path)[:-1] if os.path.lexists(file)):
                raise sqlite3.DatabaseError(_("不是普通文件"))
            self._connect(self.path)
        except sqlite3.Error as error:
            self._recover(error)

    def _recover(self, error: sqlite3.Error) -> None:
        """Go on with another file, where this one is damaged or of another version, or else without."""
        self._base.close()
        self._known.clear()
        if self._again or _is_disk_error(error) or not self._move_aside(error):
            self.path = None
        self._again = True
        self._open_file()

    def _connect(self, where: Path | str) -> None:
        self._base.close()
        self._base = sqlite3.connect(where, isolation_level=None)
        self._base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE_BYTES)
        self._base.executescript(f"pragma trusted_schema = off; {_SCHEMA}")
        if _read_schema(self._base) != _expected_schema():
            raise sqlite3.DatabaseError(_("不是这一版 nianbao 的"))
        self._base.executescript("pragma journal_mode = wal; pragma synchronous = normal")

    def _move_aside(self, why: sqlite3.Error) -> bool:
        """Move the file out of the way, and say so; tell whether that was done."""
        if self.path is None:
            return False
        file, *beside, aside = list_cache_files(self.path)
        try:
            if os.path.lexists(file):
                file.replace(aside)
            for one in beside:
                one.unlink(missing_ok=True)
        except OSError:
            return False
        self._say(_("生成的记录读不了（{why}），已移到 {aside}；这次全部重做", why=why, aside=shown(aside)))
        return True


def list_cache_files(path: Path) -> list[Path]:
    """Name the files of a record that may be there: its own, those that SQLite keeps beside it, one set aside."""
    return [path.with_name(f"{path.name}{end}") for end in ("", *_SQLITE_SUFFIXES, DAMAGED_SUFFIX)]


def _read_schema(base: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return base.execute("select type, name, tbl_name, sql from sqlite_master order by name").fetchall()


def _expected_schema() -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(":memory:")) as base:
        base.executescript(_SCHEMA)
        return _read_schema(base)


def _is_disk_error(error: sqlite3.Error) -> bool:
    """Tell a disk that is full, or may not be written, from a file that makes no sense."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DISK_ERRORS


def _parse_list(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))  # as with nearly every one of thousands


def serialize_result(checked: CheckResult) -> str:
    """Write down what was found in a report, without the report itself."""
    return json.dumps(asdict(checked.without_report()), ensure_ascii=False)


def deserialize_result(text: str) -> CheckResult:
    """Read what `serialize_result` wrote."""
    data = json.loads(text)
    data["findings"] = [_load_finding(one) for one in data["findings"]]
    data["accepted"] = tuple(Accepted(_load_finding(one["finding"]), one["because"]) for one in data["accepted"])
    data["crashes"] = tuple(Crash(**one) for one in data["crashes"])
    return CheckResult(**data)


def _load_finding(data: dict[str, Any]) -> Finding:
    return Finding(**data | {"place": Place(**data["place"]), "notes": tuple(data["notes"])})
