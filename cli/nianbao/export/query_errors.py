"""Errors of DuckDB: those in a user's query, described in the language of the user, and Ctrl-C, which stays Ctrl-C."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from nianbao.model.finding import UserError
from nianbao.model.i18n import N_, _, join_words
from nianbao.model.loading.inheritance import find_nearest

_NO_COLUMN, _NO_TABLE = N_("no-such-column"), N_("no-such-query-table")
_NOT_GROUPED = N_("column-not-grouped")
_QUERY_ERRORS = (
    (re.compile(r'column "(?P<name>[^"]+)" must appear in the GROUP BY clause'), _NOT_GROUPED),
    (re.compile(r"No function matches .*?'(?P<call>[^']+)'"), N_("function-not-of-these")),
    (re.compile(r'best candidate function for the function call "(?P<call>.*?)"\.'), N_("function-not-of-these")),
    (
        re.compile(r"Could not convert string '(?P<text>.*?)' to U?(?:INT|DEC|DOU|FLO)"),
        N_("text-no-number"),
    ),
    (re.compile(r'(?:date|timestamp) field value out of range: "(?P<text>.*?)"'), N_("text-no-date")),
    (re.compile(r"WHERE clause cannot contain aggregates"), N_("aggregate-in-where")),
    (re.compile(r"aggregate function calls cannot be nested"), N_("aggregates-nested")),
    (re.compile(r"Set operations can only apply"), N_("union-of-unlike-columns")),
    (re.compile(r"More than one row returned by a subquery"), N_("subquery-of-many-rows")),
    (re.compile(r'syntax error at or near "(?P<name>.*?)"'), N_("sql-unreadable-at")),
    (re.compile(r"syntax error at end of input"), N_("sql-incomplete")),
    (re.compile(r'(?:[Cc]olumn "|column named ")(?P<name>[^"]+)"'), _NO_COLUMN),
    (re.compile(r"Table with name (?P<name>\S+) does not exist"), _NO_TABLE),
    (re.compile(r'Referenced table "(?P<name>[^"]+)" not found'), _NO_TABLE),
    (re.compile(r"Function with name (?P<name>\S+) does not exist"), N_("no-such-function")),
    (re.compile(r"No files found that match"), N_("query-reads-tables-only")),
    (
        re.compile(r"(?:file system operations|external access).*disabled|configuration has been locked"),
        N_("query-reads-tables-only"),
    ),
    (re.compile(r"[Oo]ut of [Mm]emory|could not allocate"), N_("query-result-too-large")),
)


@contextmanager
def keep_interruption() -> Iterator[None]:
    """Raise `KeyboardInterrupt` where a signal has ended a statement; DuckDB makes a plain error of it."""
    try:
        yield
    except RuntimeError as error:
        if str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from error


def describe(error: str, query: str, tables: Mapping[str, Sequence[str]], first_line: int = 1) -> UserError:
    """Describe an error of DuckDB in a query, with the line that it marks; an unusual one in its own words.

    `tables` are those that can be queried, with their columns, among which the right one is offered. `first_line` is
    the number that the query's first line has in the error.
    """
    line = re.search(r"^LINE (\d+)(: .*\n *\^+)", error, re.MULTILINE)
    match, key = next(((match, key) for pattern, key in _QUERY_ERRORS if (match := pattern.search(error))), (None, ""))
    message = _(key, **match.groupdict()) if match else _("in-words-of-duckdb", words=error.partition("\n")[0])
    name = match.groupdict().get("name", "") if match else ""
    if name != (usual := unicodedata.normalize("NFKC", name)):
        return UserError(_("cannot-answer-query", message=message), _("write-usual-signs", usual=usual))
    advice = "" if key == _NOT_GROUPED else _advise(key, name, query, tables)
    marked = f"\nLINE {int(line[1]) - first_line + 1}{line[2]}" if line else ""
    return UserError(_("cannot-answer-query", message=message) + marked, advice or _("see-query-tables"))


def _advise(key: str, name: str, query: str, tables: Mapping[str, Sequence[str]]) -> str:
    """Advise what to write in the place of a name: the nearest one, another table, or a text in its quotes."""
    if key == _NO_TABLE:
        choices = list(tables)
    elif key == _NO_COLUMN:
        used = [table for table in tables if re.search(rf"\b{table}\b", query, re.IGNORECASE)]
        choices = list(dict.fromkeys(column for table in used or tables for column in tables[table]))
    else:
        choices = list(dict.fromkeys([*tables, *(column for columns in tables.values() for column in columns)]))
    if near := find_nearest(name.lower(), choices) if name else "":
        return _("is-it-nearest", near=near)
    if key not in {_NO_TABLE, _NO_COLUMN}:
        return ""
    if f'"{name}"' in query or "." in name or re.search(rf"\b{re.escape(name)}\.\w+\.", query):
        return _("write-text-in-single-quotes")
    if having := [table for table, columns in tables.items() if key == _NO_COLUMN and name.lower() in columns]:
        return _("column-is-of-tables", name=name, tables=join_words(having))
    return _("names-that-are-there", names=join_words(choices))
