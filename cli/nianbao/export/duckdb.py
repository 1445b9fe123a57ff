"""The only module that uses DuckDB: reports as tables, which answer queries and are written to files."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from nianbao.export import query_errors
from nianbao.export.rows import (
    CELL_SEPARATOR,
    FIGURE_SOURCES,
    FORMULA_PATTERN,
    FigureColumn,
    ReportRows,
    StatedFact,
    escape_formula,
    list_figure_columns,
)
from nianbao.model.finding import UserError
from nianbao.model.form import Form
from nianbao.model.i18n import N_, _
from nianbao.model.value_types import PLACES_LIMIT
from nianbao.workspace.processes.limits import LimitError, LimitMessages, run_watched

_BATCH_SIZE = 500  # reports, or rows, that are inserted or fetched at once
_TIME_LIMIT = 60  # seconds that a query may take
_MEMORY_LIMIT = 2 * 2**30  # bytes of memory that it may take
_ANSWER_LIMIT = 200_000_000  # characters of a result
_VALUE_SIZE = 8  # characters that a value which is no text counts as
_LIMIT_MESSAGES = LimitMessages(N_("query-too-slow"), N_("query-result-too-large"), N_("add-conditions-or-export"))
_SETTINGS = {
    "memory_limit": "1GB",
    "max_temp_directory_size": "0KB",
    # Without these, joins stay as they are written (the names of figures are looked up for each report), so that rows
    # keep the order of the reports.
    "disabled_optimizers": "join_order,build_side_probe_side",
    # Nothing is downloaded, and no name in a query is looked up among Python's variables.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
_DECIMAL = f"decimal({16 + PLACES_LIMIT}, {PLACES_LIMIT})"  # the largest amount has 16 digits before the point
_CELLS = f"string_split(figures, '{CELL_SEPARATOR}')"
_SOURCE_CASES = " ".join(f"when '{letter}' then '{word}'" for letter, word in FIGURE_SOURCES.items())
# What tells a report from others, in this order in every table; these are fields of `ReportRows` too.
_KEYS = ("office", "name", "kind", "year", "period", "edition")
_KEY = ", ".join(_KEYS)
_get_keys = attrgetter(*_KEYS)
_KEY_COLUMNS = ", ".join(f"{name} {'integer' if name == 'year' else 'varchar'}" for name in _KEYS)
_TABLES = {
    "report_rows": f"report integer, {_KEY_COLUMNS}, figures varchar, sources varchar",
    "figure_columns": "kind varchar, edition varchar, position integer, table_id varchar, address varchar, "
    "row_label varchar, column_label varchar, label varchar, unit varchar, type varchar, is_number boolean",
    "stated_facts": "report integer, address varchar, item integer, label varchar, value varchar, number varchar, "
    "unit varchar, type varchar",
}
# What can be queried and exported: name -> description, and the statement that makes it.
VIEWS = {
    "figures": (
        N_("table-figures-described"),
        f"""select {_KEY}, position, table_id, address, row_label, column_label, label,
              case when is_number then nullif(cell, '')::{_DECIMAL} end as value,
              case when not is_number then nullif(cell, '') end as text,
              nullif(unit, '') as unit, case letter {_SOURCE_CASES} end as given
            from (select {_KEY}, unnest({_CELLS}) as cell,
                    unnest(string_split(sources, '')) as letter, unnest(range(1, len(sources) + 1)) as position
                  from report_rows)
            join figure_columns using (kind, edition, position)""",
    ),
    "facts": (
        N_("table-facts-described"),
        f"""select {_KEY}, address, item, label, value,
              nullif(number, '')::{_DECIMAL} as number, nullif(unit, '') as unit, type
            from stated_facts join report_rows using (report)""",
    ),
    "reports": (N_("table-reports-described"), f"select {_KEY} from report_rows"),
    "offices": (
        N_("table-offices-described"),
        """select office, arg_max(name, period) as name, kind, min(year) as first_year, max(year) as last_year,
              count(*) as reports
            from report_rows group by office, kind order by office, kind""",
    ),
    "addresses": (
        N_("table-names-described"),
        "select kind, edition, table_id, address, row_label, column_label, label, unit, type from figure_columns",
    ),
}


class QueryResult(NamedTuple):
    """The result of a query; `has_more` where it has more rows than were asked for, which are left out."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    has_more: bool


class Database:
    """Reports in DuckDB, in memory, within limits: inserted in order, then queried or written to files."""

    def __init__(self, forms: Sequence[Form]) -> None:
        self._connection = _import_duckdb().connect(config=_SETTINGS)
        for name, columns in _TABLES.items():
            self._connection.execute(f"create table {name} ({columns})")
        self._forms = {(form.kind.id, form.edition): form for form in forms}
        self._insert_rows(
            "figure_columns",
            len(FigureColumn._fields),
            [column for form in forms for column in list_figure_columns(form)],
        )
        for name, (_description, statement) in VIEWS.items():
            self._connection.execute(f"create view {name} as {statement}")

    def insert_reports(self, reports: Sequence[ReportRows]) -> None:
        """Insert reports, in the order in which they shall be returned."""
        ((count,),) = self._connection.execute("select count(*) from report_rows").fetchall()
        rest = enumerate(reports, count)
        while batch := list(islice(rest, _BATCH_SIZE)):
            rows = [(number, *_get_keys(report), report.figures, report.sources) for number, report in batch]
            facts = [(number, *fact) for number, report in batch for fact in report.facts]
            self._insert_rows("report_rows", 1 + len(_KEYS) + 2, rows)
            self._insert_rows("stated_facts", 1 + len(StatedFact._fields), facts)

    def _insert_rows(self, table: str, width: int, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows by columns: DuckDB takes lists much faster than rows."""
        if rows:
            lists = ", ".join(f"unnest(${index})" for index in range(1, width + 1))
            columns = [list(column) for column in zip(*rows, strict=True)]
            self._connection.execute(f"insert into {table} select {lists}", columns)

    # ── export ───────────────────────────────────────────────────────────────

    @property
    def editions(self) -> list[Form]:
        """The editions that reports are in, oldest first within a kind."""
        used = self._connection.execute("select distinct kind, edition from report_rows order by all").fetchall()
        return [self._forms[kind, edition] for kind, edition in used]

    def make_wide_select(self) -> str:
        """Return the statement that makes the wide table: a row for each report, a column for each address."""
        tables = []
        for form in self.editions:
            figures = ", ".join(
                f"nullif(cells[{index}], '')::{_DECIMAL if slot.value_type.has_number_schema else 'varchar'}"
                f" as {_quote_name(address)}"
                for index, (address, slot) in enumerate(form.slots.items(), 1)
            )
            source = f"select *, {_CELLS} as cells from report_rows where {_match_edition(form)}"
            tables.append(f"select {_KEY}, {figures} from ({source})")
        return f"select * from ({' union all by name '.join(tables)}) order by office, kind, period"

    def list_columns(self, statement: str) -> dict[str, str]:
        """Return the columns of a table or a statement: name -> type."""
        return {
            name: column_type
            for name, column_type, *_rest in self._connection.execute(f"describe {statement}").fetchall()
        }

    def read_figures(self, form: Form) -> Iterator[tuple[str, int | str, list[Decimal | str | None]]]:
        """Read each report of an edition: the office's name or folder, the period, figures in the order of the form.

        A year is a number, any other period a text. A cell without a figure has None.
        """
        are_numbers = [slot.value_type.has_number_schema for slot in form.slots.values()]
        period = form.kind.period_fact
        statement = f"select office, name, {period}, figures from report_rows where {_match_edition(form)}"
        for office, name, at, figures in self.fetch_rows(statement):
            cells = zip(figures.split(CELL_SEPARATOR), are_numbers, strict=True)
            yield name or office, at, [Decimal(cell) if cell and number else cell or None for cell, number in cells]

    def fetch_rows(self, statement: str) -> Iterator[tuple[Any, ...]]:
        """Fetch the rows of a statement, a batch in memory at a time."""
        cursor = self._connection.cursor().execute(statement)
        while batch := cursor.fetchmany(_BATCH_SIZE):
            yield from batch

    def copy(self, statement: str, suffix: str, path: Path) -> None:
        """Write the rows of a statement to a file in one of `COPY_FORMATS`; raises OSError where that fails."""
        options, prefix, select = COPY_FORMATS[suffix]
        columns = self.list_columns(statement)
        headers = [escape_formula(name) if suffix == "csv" else name for name in columns]
        headers[0] = prefix + headers[0]
        source = ", ".join(
            f"{select(name, column_type)} as {_quote_name(header)}"
            for (name, column_type), header in zip(columns.items(), headers, strict=True)
        )
        try:
            self._connection.execute(
                f"copy (select {source} from ({statement})) to {_quote_text(str(path))} ({options})"
            )
        except _import_duckdb().Error as error:
            if code := re.search(r'"errno":"(\d+)"', str(error)):  # DuckDB's message has more text around it
                raise OSError(int(code[1]), os.strerror(int(code[1]))) from error
            raise OSError(str(error).partition("\n")[0]) from error

    # ── queries ──────────────────────────────────────────────────────────────

    def run_query(self, query: str, limit: int = 0) -> QueryResult:
        """Run one `select`, which can reach the tables and nothing else: no file, no network, no setting.

        With `limit`, return at most so many rows. Raises `UserError` that says what is wrong with the query.
        """
        with self._report_broken_query():
            statements = self._connection.extract_statements(query)
        if len(statements) != 1 or statements[0].type.name != "SELECT":
            raise UserError(_("one-select-only"), _("for-example-query", example=EXAMPLE_QUERIES[0]))
        self._connection.execute("set enable_external_access = false; set lock_configuration = true")
        with self._report_broken_query():
            fetch = partial(self._fetch_result, statements[0], limit)
            return run_watched(fetch, _TIME_LIMIT, _MEMORY_LIMIT, _LIMIT_MESSAGES, self._connection.interrupt)

    def _fetch_result(self, statement: Any, limit: int) -> QueryResult:  # noqa: ANN401  # DuckDB's own
        cursor = self._connection.execute(statement)
        names = [column[0] for column in cursor.description or ()]
        rows: list[tuple[Any, ...]] = []
        size = 0
        while len(rows) <= (limit or len(rows)) and (batch := cursor.fetchmany(_BATCH_SIZE)):
            rows += batch
            size += sum(len(value) if isinstance(value, str | bytes) else _VALUE_SIZE for row in batch for value in row)
            if size > _ANSWER_LIMIT:
                raise LimitError(_(_LIMIT_MESSAGES.large), _(_LIMIT_MESSAGES.fix))
        return QueryResult(names, rows[:limit] if limit else rows, bool(limit) and len(rows) > limit)

    @contextmanager
    def _report_broken_query(self) -> Iterator[None]:
        """Turn an error of DuckDB into a `UserError` that says what is wrong with the query, and where."""
        try:
            yield
        except _import_duckdb().Error as error:
            names = [*VIEWS, *dict.fromkeys(name for view in VIEWS for name in self.list_columns(view))]
            raise query_errors.describe(str(error), names) from error


EXAMPLE_QUERIES = (
    "select office, value from figures where address = 'requests.received.total' order by value desc",
    "select year, sum(value) from figures where address = 'requests.received.total' group by year",
    "select office, value from facts where address = 'agency.phone'",
)


def _match_edition(form: Form) -> str:
    """Return the condition for reports of an edition."""
    return f"kind = {_quote_text(form.kind.id)} and edition = {_quote_text(form.edition)}"


def _quote_text(text: str) -> str:
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


def _quote_name(name: str) -> str:
    quoted = name.replace('"', '""')
    return f'"{quoted}"'


def _select_unchanged(name: str, _column_type: str) -> str:
    return _quote_name(name)


def _select_for_json(name: str, column_type: str) -> str:
    return f"({_format_decimal(name)})::json" if _is_decimal(column_type) else _quote_name(name)


def _select_for_csv(name: str, column_type: str) -> str:
    """Put an apostrophe before texts that a spreadsheet would take for formulas; numbers stay numbers."""
    if column_type != "VARCHAR":
        return _format_decimal(name) if _is_decimal(column_type) else _quote_name(name)
    column = _quote_name(name)
    return f"if(regexp_matches({column}, {_quote_text(FORMULA_PATTERN)}), '''' || {column}, {column})"


# How files are written: DuckDB's options, what a file begins with, and the expression that selects a column.
COPY_FORMATS = {
    "csv": ("format csv", "\ufeff", _select_for_csv),  # the byte order mark by which Excel recognizes UTF-8
    "json": ("format json, array true", "", _select_for_json),
    "parquet": ("format parquet, compression zstd", "", _select_unchanged),
}


def _is_decimal(column_type: str) -> bool:
    return column_type.startswith("DECIMAL")


def _format_decimal(name: str) -> str:
    """Return the expression for a decimal without the zeros that its type adds at the end."""
    return f"rtrim(rtrim({_quote_name(name)}::varchar, '0'), '.')"


def _import_duckdb() -> Any:  # noqa: ANN401  # a module
    try:
        import duckdb  # noqa: PLC0415  # large, and only needed here
    except ImportError:
        raise UserError(_("duckdb-not-installed"), _("install-duckdb")) from None
    return duckdb
