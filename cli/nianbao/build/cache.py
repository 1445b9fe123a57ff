"""The build cache: a small SQLite file next to the outputs that lists what was built. Losing it costs only time.

The folder may come from a stranger, so no row is used that does not have this user's signature.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from nianbao.build.signatures import Signer
from nianbao.checks.policy import AcceptedFinding
from nianbao.checks.results import CheckResult
from nianbao.checks.rules import Crash
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.period import Period, parse_period
from nianbao.workspace.access import is_regular
from nianbao.workspace.files import display_path, fingerprint
from nianbao.workspace.store import ReportKey

# With other names of tables and columns, every cache file that exists would be replaced.
_COLUMNS = {
    "context": ("id", "parts"),
    "checked": ("office", "kind", "period", "context", "facts", "beside", "told"),
    "printed": (
        *("office", "kind", "period", "format", "context", "facts"),
        *("size", "modified", "changed", "content", "pages", "pictures"),
    ),
    "judged": ("office", "kind", "period", "compared", "inputs", "told", "digest"),
    "made": ("command", "name", "inputs", "content"),
}
_KEYS = {
    "context": "id",
    "checked": "office, kind, period",
    "printed": "office, kind, period, format",
    "judged": "office, kind, period, compared",
    "made": "command, name",
}
_SCHEMA = "".join(
    f"create table if not exists {table} ({', '.join(columns)}, seal, primary key ({_KEYS[table]})) without rowid;"
    for table, columns in _COLUMNS.items()
)
_DISK_ERRORS = frozenset(
    getattr(sqlite3, f"SQLITE_{name}") for name in ("FULL", "READONLY", "CANTOPEN", "IOERR", "PERM", "BUSY", "LOCKED")
)
_SQLITE_SUFFIXES = ("-wal", "-shm", "-journal")  # of the files that SQLite keeps next to a database
DAMAGED_SUFFIX = ".damaged"
_MAX_VALUE_BYTES = 2**24


class CacheKey(Struct, frozen=True):
    """Fingerprints of the inputs of a result: the context (programs, templates, options) and the data files."""

    context: str
    facts: str
    related_facts: str = ""  # of the other data files that a check reads


class CachedFile(Struct, frozen=True):
    """A file that a build wrote: its inputs, and what shows that it has not changed since."""

    key: CacheKey
    size: int  # bytes
    modified_ns: int  # modification time; if it differs, the content is compared
    changed_ns: int  # status change time, which is the system's own: nobody can set it
    fingerprint: str  # of its content
    pages: int
    dropped_pictures: tuple[str, ...]


class BuildCache:
    """The list of what was built into a folder, stored in a SQLite file; use it in a `with` statement.

    A file that cannot be read is moved aside, which is reported by `warn`, and a new one is created. Without a
    `path`, or where no file can be written, the cache is held in memory.
    """

    def __init__(self, path: Path | None, warn: Callable[[str], None]) -> None:
        self.path, self._warn = path, warn
        self._signer = Signer()
        self._saved_contexts: set[str] = set()
        self._recovered = False
        self._foreign_rows = 0  # read, without this user's signature
        self._database = sqlite3.connect(":memory:")

    def __enter__(self) -> Self:
        self._open_file()
        return self

    def __exit__(self, *_error: object) -> None:
        self._database.close()
        if self._foreign_rows:
            self._warn(_("foreign-build-records-ignored", count=self._foreign_rows))

    def read_checks(self, periods: Iterable[Period]) -> dict[ReportKey, tuple[CacheKey, str]]:
        """Return the inputs and the serialized check result of each report of some periods."""
        rows = self._read_periods("checked", periods)
        return {
            _make_key(*report): (CacheKey(context, facts, related), result)
            for *report, context, facts, related, result in rows
        }

    def read_files(self, periods: Iterable[Period] | None = None) -> dict[tuple[ReportKey, str], CachedFile]:
        """Return the files that were written for the reports of some periods, or of all, by report and format."""
        rows = self._read_periods("printed", periods)
        return {
            (_make_key(*report), suffix): CachedFile(
                CacheKey(context, facts), size, modified_ns, changed_ns, content, pages, _parse_list(pictures)
            )
            for *report, suffix, context, facts, size, modified_ns, changed_ns, content, pages, pictures in rows
        }

    def save_context(self, parts: Mapping[str, str]) -> str:
        """Write the parts of a context, which are fingerprints by name; return the fingerprint of them all."""
        text = json.dumps(parts, sort_keys=True)
        name = fingerprint(text)
        if name not in self._saved_contexts:
            self._write_row("context", name, text)
            self._saved_contexts.add(name)
        return name

    def read_context(self, context: str) -> dict[str, str]:
        """Return the parts of a context; an empty dict if there is no such context."""
        for _name, text in self._read_rows("context", "where id = ?", (context,)):
            return dict(json.loads(text))
        return {}

    def save_check(self, report: ReportKey, key: CacheKey, result: CheckResult) -> None:
        """Write what was found in a report, and its inputs."""
        text = serialize_result(result)
        self._write_row("checked", *map(str, report), key.context, key.facts, key.related_facts, text)

    def save_file(self, report: ReportKey, suffix: str, file: CachedFile) -> None:
        """Write the inputs of an output file, and how to recognize it."""
        pictures = json.dumps(file.dropped_pictures)
        values = (file.size, file.modified_ns, file.changed_ns, file.fingerprint, file.pages, pictures)
        self._write_row("printed", *map(str, report), suffix, file.key.context, file.key.facts, *values)

    def read_judged(self) -> dict[tuple[ReportKey, bool], tuple[str, str, str]]:
        """Return of reports that were judged beside others the inputs, the serialized result, and the digest.

        They are by report, and by whether it was `compared` with others that share sections with it.
        """
        return {
            (_make_key(*report), bool(compared)): (inputs, result, digest)
            for *report, compared, inputs, result, digest in self._read_rows("judged")
        }

    def save_judged(self, report: ReportKey, inputs: str, result: CheckResult, digest: str, *, compared: bool) -> None:
        """Write what was found in a report that was judged beside others."""
        self._write_row("judged", *map(str, report), int(compared), inputs, serialize_result(result), digest)

    def find_made(self, command: str, name: str) -> tuple[str, str]:
        """Return the fingerprint of the inputs, and the content, of one thing that a command made; else empty texts."""
        rows = self._read_rows("made", "where command = ? and name = ?", (command, name))
        return next(((inputs, content) for *_key, inputs, content in rows), ("", ""))

    def read_made(self, command: str) -> dict[str, tuple[str, str]]:
        """Return what a command made of reports: the fingerprint of the inputs, and the content, by the name."""
        rows = self._read_rows("made", "where command = ?", (command,))
        return {name: (inputs, content) for _command, name, inputs, content in rows}

    def save_made(self, command: str, name: str, inputs: str, content: str) -> None:
        """Write something that a command made, and the fingerprint of its inputs."""
        self._write_row("made", command, name, inputs, content)

    def _read_periods(self, table: str, periods: Iterable[Period] | None) -> Iterator[tuple[Any, ...]]:
        if periods is None:
            return self._read_rows(table)
        values = tuple(map(str, periods))
        return self._read_rows(table, f"where period in ({', '.join('?' * len(values))})", values)

    def _read_rows(self, table: str, where: str = "", values: tuple[object, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table that this user wrote; others are counted and skipped."""
        try:
            for *row, signature in self._database.execute(f"select * from {table} {where}", values):  # noqa: S608  # ours
                if signature == self._signer.sign(table, *row):
                    yield tuple(row)
                else:
                    self._foreign_rows += 1
        except sqlite3.Error as error:
            self._recover(error)

    def _write_row(self, table: str, *values: str | int) -> None:
        marks = ", ".join("?" * (len(values) + 1))
        try:
            self._database.execute(
                f"insert or replace into {table} values ({marks})",  # noqa: S608  # a name of ours, and marks
                (*values, self._signer.sign(table, *values)),
            )
        except sqlite3.Error as error:
            if not _is_disk_error(error):  # else the row is written next time: writing the outputs reports a full disk
                self._recover(error)

    # ── the file ─────────────────────────────────────────────────────────────

    def _open_file(self) -> None:
        if self.path is None:
            self._connect(":memory:")
            return
        try:
            if not all(is_regular(file) for file in list_cache_files(self.path)[:-1] if os.path.lexists(file)):
                raise sqlite3.DatabaseError(_("not-regular-file"))
            self._connect(self.path)
        except sqlite3.Error as error:
            self._recover(error)

    def _recover(self, error: sqlite3.Error) -> None:
        """Replace a file that is damaged or of another version; if that is not possible, go on in memory."""
        self._database.close()
        self._saved_contexts.clear()
        if self._recovered or _is_disk_error(error) or not self._move_aside(error):
            self.path = None
        self._recovered = True
        self._open_file()

    def _connect(self, path: Path | str) -> None:
        self._database.close()
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE_BYTES)
        # One transaction for all tables: each would wait for the disk.
        self._database.executescript(
            f"pragma trusted_schema = off; pragma synchronous = normal; begin; {_SCHEMA} commit"
        )
        if _read_schema(self._database) != _expected_schema():
            raise sqlite3.DatabaseError(_("of-other-nianbao-version"))
        self._database.execute("pragma journal_mode = wal")

    def _move_aside(self, why: sqlite3.Error) -> bool:
        """Rename the file and report it; return whether that succeeded."""
        if self.path is None:
            return False
        file, *sqlite_files, aside = list_cache_files(self.path)
        try:
            if os.path.lexists(file):
                file.replace(aside)
            for sqlite_file in sqlite_files:
                sqlite_file.unlink(missing_ok=True)
        except OSError:
            return False
        self._warn(_("build-record-unreadable", why=why, aside=display_path(aside)))
        return True


def list_cache_files(path: Path) -> list[Path]:
    """List the files of a cache that may exist: its own, those that SQLite keeps next to it, a damaged one."""
    return [path.with_name(f"{path.name}{suffix}") for suffix in ("", *_SQLITE_SUFFIXES, DAMAGED_SUFFIX)]


def _read_schema(database: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return database.execute("select type, name, tbl_name, sql from sqlite_master order by name").fetchall()


def _expected_schema() -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(_SCHEMA)
        return _read_schema(database)


def _is_disk_error(error: sqlite3.Error) -> bool:
    """Return whether the disk is full or may not be written, rather than the file damaged."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DISK_ERRORS


def _make_key(office: str, kind: str, period: str) -> ReportKey:
    return ReportKey(office, kind, parse_period(period) or Period(0))


def _parse_list(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))  # nearly all of thousands are empty


class _KeptResult(Struct, frozen=True):
    """What is kept of a check result."""

    key: ReportKey
    findings: list[Finding]
    crashes: tuple[Crash, ...]
    accepted: tuple[AcceptedFinding, ...]
    strict: bool
    readable: bool
    prompts: int


def serialize_result(result: CheckResult) -> str:
    """Return a check result as JSON, without the report itself."""
    return json.dumps(msgspec.to_builtins(result.without_report()), ensure_ascii=False)  # integers of any size


def deserialize_result(text: str) -> CheckResult:
    """Return the check result that `serialize_result` wrote."""
    return CheckResult(report=None, **asdict(msgspec.convert(json.loads(text), _KeptResult)))
