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

from nianbao.build.seal import Sealer
from nianbao.checks.policy import Accepted
from nianbao.checks.results import Checked
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
_TABLES = "".join(
    f"create table if not exists {table} ({', '.join(columns)}, seal, primary key ({_KEYS[table]})) without rowid;"
    for table, columns in _COLUMNS.items()
)
_OF_THE_DISK = frozenset(
    getattr(sqlite3, f"SQLITE_{name}") for name in ("FULL", "READONLY", "CANTOPEN", "IOERR", "PERM", "BUSY", "LOCKED")
)
_BESIDE = ("-wal", "-shm", "-journal")  # ends of the names of files that SQLite keeps beside its own
DAMAGED = ".damaged"
_LONGEST = 2**24  # bytes of a value

Report = tuple[str, int]  # an office and a year


@dataclass(frozen=True, slots=True)
class Made:
    """What one thing was made from: the context (programs, templates, choices) and the data files, by fingerprint."""

    context: str
    facts: str
    beside: str = ""  # of the other data files that a check reads


@dataclass(frozen=True, slots=True)
class PrintedFile:
    """A file that a build wrote: what it was made from, and how to know it again."""

    made: Made
    size: int
    modified: int  # ns; a file with other times is known again by its content
    changed: int  # ns; when the system last wrote anything of it, which nobody can set
    content: str
    pages: int
    pictures: tuple[str, ...]  # that were left out


class Record:
    """The record of what was built into a folder, held in a file; use it in a `with` line.

    One that cannot be read is set aside, which is said by `say`, and another is begun. Where no file can be written,
    or there is no `path`, it is held in memory.
    """

    def __init__(self, path: Path | None, say: Callable[[str], None]) -> None:
        self.path, self._say = path, say
        self._seal = Sealer()
        self._known: set[str] = set()
        self._again = False
        self._strange = 0  # rows that another hand wrote
        self._base = sqlite3.connect(":memory:")

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(self, *_error: object) -> None:
        self._base.close()
        if self._strange:
            self._say(_("生成的记录里有 {count} 条不是你写的，没有采用", count=self._strange))

    def checks(self, years: Iterable[int]) -> dict[Report, tuple[Made, str]]:
        """Give for the reports of some years what was found in them, and what it was found from."""
        rows = self._of_years("checked", years)
        return {(office, year): (Made(*made), told) for office, year, *made, told in rows}

    def files(self, years: Iterable[int] | None = None) -> dict[tuple[str, int, str], PrintedFile]:
        """Give for the reports of some years, or of all, and each format, the file that was written."""
        rows = self._of_years("printed", years)
        return {
            (office, year, suffix): PrintedFile(
                Made(context, facts), size, modified, changed, content, pages, _listed(pictures)
            )
            for office, year, suffix, context, facts, size, modified, changed, content, pages, pictures in rows
        }

    def context(self, parts: Mapping[str, str]) -> str:
        """Keep a context; return its fingerprint."""
        text = json.dumps(parts, sort_keys=True)
        name = fingerprint(text)
        if name not in self._known:
            self._keep("context", name, text)
            self._known.add(name)
        return name

    def parts(self, context: str) -> dict[str, str]:
        """Return a context; an empty one where it is not known."""
        for _name, text in self._rows("context", "where id = ?", (context,)):
            return dict(json.loads(text))
        return {}

    def keep_check(self, office: str, year: int, made: Made, checked: Checked) -> None:
        """Keep what was found in a report."""
        self._keep("checked", office, year, made.context, made.facts, made.beside, told(checked))

    def keep_file(self, office: str, year: int, suffix: str, file: PrintedFile) -> None:
        """Keep what a file was made from."""
        known = (file.size, file.modified, file.changed, file.content, file.pages, json.dumps(file.pictures))
        self._keep("printed", office, year, suffix, file.made.context, file.made.facts, *known)

    def _of_years(self, table: str, years: Iterable[int] | None) -> Iterator[tuple[Any, ...]]:
        if years is None:
            return self._rows(table)
        wanted = tuple(years)
        return self._rows(table, f"where year in ({', '.join('?' * len(wanted))})", wanted)

    def _rows(self, table: str, where: str = "", values: tuple[object, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Give the rows of a table that were written by this user; those of another hand are as if not there."""
        try:
            for *row, seal in self._base.execute(f"select * from {table} {where}", values):  # noqa: S608  # ours
                if seal == self._seal(table, *row):
                    yield tuple(row)
                else:
                    self._strange += 1
        except sqlite3.Error as error:
            self._begin_again(error)

    def _keep(self, table: str, *values: str | int) -> None:
        marks = ", ".join("?" * (len(values) + 1))
        try:
            self._base.execute(
                f"insert or replace into {table} values ({marks})",  # noqa: S608  # a name of ours, and marks
                (*values, self._seal(table, *values)),
            )
        except sqlite3.Error as error:
            if not _is_of_the_disk(error):  # else it is made again next time: files themselves tell of a full disk
                self._begin_again(error)

    # ── the file ─────────────────────────────────────────────────────────────

    def _begin(self) -> None:
        if self.path is None:
            self._open(":memory:")
            return
        try:
            if not all(is_regular(file) for file in names(self.path)[:-1] if os.path.lexists(file)):
                raise sqlite3.DatabaseError(_("不是普通文件"))
            self._open(self.path)
        except sqlite3.Error as error:
            self._begin_again(error)

    def _begin_again(self, error: sqlite3.Error) -> None:
        """Go on with another file, where this one is damaged or of another version, or else without."""
        self._base.close()
        self._known.clear()
        if self._again or _is_of_the_disk(error) or not self._set_aside(error):
            self.path = None
        self._again = True
        self._begin()

    def _open(self, where: Path | str) -> None:
        self._base.close()
        self._base = sqlite3.connect(where, isolation_level=None)
        self._base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        self._base.executescript(f"pragma trusted_schema = off; {_TABLES}")
        if _schema(self._base) != _own_schema():
            raise sqlite3.DatabaseError(_("不是这一版 nianbao 的"))
        self._base.executescript("pragma journal_mode = wal; pragma synchronous = normal")

    def _set_aside(self, why: sqlite3.Error) -> bool:
        """Move the file out of the way, and say so; tell whether that was done."""
        if self.path is None:
            return False
        file, *beside, aside = names(self.path)
        try:
            if os.path.lexists(file):
                file.replace(aside)
            for one in beside:
                one.unlink(missing_ok=True)
        except OSError:
            return False
        self._say(_("生成的记录读不了（{why}），已移到 {aside}；这次全部重做", why=why, aside=shown(aside)))
        return True


def names(path: Path) -> list[Path]:
    """Name the files of a record that may be there: its own, those that SQLite keeps beside it, one set aside."""
    return [path.with_name(f"{path.name}{end}") for end in ("", *_BESIDE, DAMAGED)]


def _schema(base: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return base.execute("select type, name, tbl_name, sql from sqlite_master order by name").fetchall()


def _own_schema() -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(":memory:")) as base:
        base.executescript(_TABLES)
        return _schema(base)


def _is_of_the_disk(error: sqlite3.Error) -> bool:
    """Tell a disk that is full, or may not be written, from a file that makes no sense."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK


def _listed(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))  # as with nearly every one of thousands


def told(checked: Checked) -> str:
    """Write down what was found in a report, without the report itself."""
    return json.dumps(asdict(checked.told()), ensure_ascii=False)


def heard(text: str) -> Checked:
    """Read what `told` wrote."""
    data = json.loads(text)
    data["findings"] = [_finding(one) for one in data["findings"]]
    data["accepted"] = tuple(Accepted(_finding(one["finding"]), one["because"]) for one in data["accepted"])
    data["crashes"] = tuple(Crash(**one) for one in data["crashes"])
    return Checked(**data)


def _finding(data: dict[str, Any]) -> Finding:
    return Finding(**data | {"place": Place(**data["place"]), "notes": tuple(data["notes"])})
