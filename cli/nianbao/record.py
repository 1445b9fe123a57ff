"""The record of what was built: a small SQLite file beside the outputs. To lose it costs time, nothing else."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from nianbao.choice import Accepted
from nianbao.files import fingerprint
from nianbao.finding import Finding, Place
from nianbao.make import Checked
from nianbao.rules import Crash

_TABLES = """
create table if not exists context (id text primary key, parts text) without rowid;
create table if not exists checked (
    office text, year integer, context text, facts text, beside text, told text, primary key (office, year)
) without rowid;
create table if not exists printed (
    office text, year integer, format text, context text, facts text,
    path text, size integer, mtime integer, content text, pages integer, pictures text,
    primary key (office, year, format)
) without rowid;
"""


@dataclass(frozen=True, slots=True)
class Made:
    """What one thing was made from: the context (programs, templates, choices) and the data files, by fingerprint."""

    context: str
    facts: str
    beside: str = ""  # of the other data files that a check reads


@dataclass(frozen=True, slots=True)
class PrintedFile:
    """A file that a build wrote: what it was made from, where it is, and how to know it again."""

    made: Made
    path: str  # below the folder of outputs
    size: int
    mtime: int  # ns; a file with another one is known again by its content
    content: str
    pages: int
    pictures: tuple[str, ...]  # that were left out


class Record:
    """The record of what was built into a folder, held in a file; use it in a `with` line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: set[str] = set()

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._open(self.path)
        except (OSError, sqlite3.OperationalError):  # a folder that is only to be read, or a full disk
            self._open(":memory:")
        except sqlite3.DatabaseError:  # damaged, or of another version of ours
            self.path.unlink(missing_ok=True)
            self._open(self.path)
        return self

    def __exit__(self, *_error: object) -> None:
        self._base.close()

    def checks(self, years: Iterable[int]) -> dict[tuple[str, int], tuple[Made, str]]:
        """Give for the reports of some years what was found in them, and what it was found from."""
        rows = self._rows("checked", "office, year, context, facts, beside, told", years)
        return {(office, year): (Made(*made), told) for office, year, *made, told in rows}

    def files(self, years: Iterable[int]) -> dict[tuple[str, int, str], PrintedFile]:
        """Give for the reports of some years, and each format, the file that was written."""
        columns = "office, year, format, context, facts, path, size, mtime, content, pages, pictures"
        rows = self._rows("printed", columns, years)
        return {
            (office, year, suffix): PrintedFile(
                Made(context, facts), path, size, mtime, content, pages, _listed(pictures)
            )
            for office, year, suffix, context, facts, path, size, mtime, content, pages, pictures in rows
        }

    def context(self, parts: Mapping[str, str]) -> str:
        """Keep a context; return its fingerprint."""
        text = json.dumps(parts, sort_keys=True)
        name = fingerprint(text)
        if name not in self._known:
            self._write("insert or replace into context values (?, ?)", name, text)
            self._known.add(name)
        return name

    def parts(self, context: str) -> dict[str, str]:
        """Return a context; an empty one where it is not known."""
        row = self._base.execute("select parts from context where id = ?", (context,)).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def keep_check(self, office: str, year: int, made: Made, checked: Checked) -> None:
        """Keep what was found in a report."""
        values = (made.context, made.facts, made.beside, told(checked))
        self._write("insert or replace into checked values (?, ?, ?, ?, ?, ?)", office, year, *values)

    def keep_file(self, office: str, year: int, suffix: str, file: PrintedFile) -> None:
        """Keep what a file was made from."""
        known = (file.path, file.size, file.mtime, file.content, file.pages, json.dumps(file.pictures))
        marks = ", ".join("?" * 11)
        self._write(
            f"insert or replace into printed values ({marks})",  # noqa: S608  # marks
            *(office, year, suffix, file.made.context, file.made.facts, *known),
        )

    def paths(self) -> list[tuple[str, str]]:
        """Every file that was written, below the folder of outputs, with the fingerprint of its content."""
        return self._base.execute("select path, content from printed order by path").fetchall()

    def _open(self, where: Path | str) -> None:
        self._base = sqlite3.connect(where, isolation_level=None)
        self._base.executescript(f"pragma journal_mode = wal; pragma synchronous = normal; {_TABLES}")
        for table, columns in (("context", 2), ("checked", 6), ("printed", 11)):
            if len(self._base.execute(f"pragma table_info({table})").fetchall()) != columns:
                self._base.close()
                raise sqlite3.DatabaseError(table)

    def _rows(self, table: str, columns: str, years: Iterable[int]) -> list[tuple[Any, ...]]:
        wanted = tuple(years)
        marks = ", ".join("?" * len(wanted))
        return self._base.execute(f"select {columns} from {table} where year in ({marks})", wanted).fetchall()  # noqa: S608  # names of ours

    def _write(self, words: str, *values: object) -> None:
        # What cannot be written down is made again next time: a full disk is told by the files themselves.
        with suppress(sqlite3.OperationalError):
            self._base.execute(words, values)


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
