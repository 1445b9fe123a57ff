"""The only module that uses DuckDB: reports as tables, which answer queries and are written to files."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from nianbao.export import query_errors
from nianbao.export.file_formats import COPY_FORMATS, quote_name, quote_text
from nianbao.export.finding_rows import FindingRow
from nianbao.export.list_views import make_list_views
from nianbao.export.office_rows import OfficeRow
from nianbao.export.rows import (
    CELL_SEPARATOR,
    ReportRows,
    escape_formula,
    list_figure_columns,
)
from nianbao.export.state_rows import StateRow
from nianbao.export.tables import CELLS, EXAMPLE_QUERIES, KEY, TABLES, VIEWS, choose_column_type, get_row
from nianbao.model.finding import UserError
from nianbao.model.form import Form
from nianbao.model.i18n import N_, _
from nianbao.workspace.processes.limits import LimitError, LimitMessages, run_interruptibly, run_watched

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


class QueryResult(NamedTuple):
    """The result of a query; `has_more` where it has more rows than were asked for, which are left out."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    has_more: bool


class ReportFigures(NamedTuple):
    """The figures of a report in the order of its form, None for a cell without one.

    `office` is its name, or the folder where it has none. A year is a number, any other period a text. `leaf`: they
    are not the sum of the figures of other offices.
    """

    office: str
    period: int | str
    leaf: bool
    values: list[Decimal | str | None]


class Database:
    """Reports in DuckDB, in memory, within limits: inserted in order, then queried or written to files."""

    def __init__(self, forms: Sequence[Form], lists: Sequence[Form] = ()) -> None:
        """Make the tables for reports in the editions `forms`, and one for each list of those and of `lists`."""
        self._connection = _import_duckdb().connect(config=_SETTINGS)
        self._is_interrupted = False
        for name, columns in TABLES.items():
            self._connection.execute(f"create table {name} ({columns})")
        self._forms = {(form.kind.id, form.edition): form for form in forms}
        self._insert_rows("figure_columns", [column for form in forms for column in list_figure_columns(form)])
        self.lists = make_list_views([*forms, *(form for form in lists if form not in forms)])
        views = [(name, statement) for name, (_description, statement) in VIEWS.items()]
        for name, statement in (*views, *((name, view.statement) for name, view in self.lists.items())):
            self._connection.execute(f"create view {quote_name(name)} as {statement}")

    def insert_reports(self, reports: Iterable[ReportRows], today: date) -> None:
        """Insert reports, in the order in which they shall be returned; `today` says how late those not issued are."""
        ((count,),) = self._connection.execute("select count(*) from report_rows").fetchall()
        rest = enumerate(reports, count)
        while batch := list(islice(rest, _BATCH_SIZE)):
            rows = [(number, *get_row(report, today)) for number, report in batch]
            facts = [(number, *fact) for number, report in batch for fact in report.facts]
            texts = [(number, *text) for number, report in batch for text in report.texts]
            self._insert_rows("report_rows", rows)
            self._insert_rows("stated_facts", facts)
            self._insert_rows("section_texts", texts)

    def insert_offices(self, offices: Sequence[OfficeRow]) -> None:
        """Insert the offices, with reports or without."""
        self._insert_rows("office_rows", offices)

    def insert_states(self, states: Sequence[StateRow]) -> None:
        """Insert the states of offices."""
        self._insert_rows("state_rows", [(*state.place, *state[1:]) for state in states])

    def insert_findings(self, findings: Sequence[FindingRow]) -> None:
        """Insert what the rules found."""
        self._insert_rows("finding_rows", findings)

    @query_errors.keep_interruption()
    def _insert_rows(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows by columns: DuckDB takes lists much faster than rows."""
        if rows:
            lists = ", ".join(f"unnest(${index})" for index in range(1, len(rows[0]) + 1))
            columns = [list(column) for column in zip(*rows, strict=True)]
            statement = f"insert into {table} select {lists}"
            try:
                self._connection.execute(statement, columns)
            except _import_duckdb().InvalidInputException:  # some text is no Unicode, such as the name of a folder
                self._connection.execute(statement, [list(map(_replace_surrogates, column)) for column in columns])

    @property
    def editions(self) -> list[Form]:
        """The editions that reports are in, oldest first within a kind."""
        used = self._connection.execute("select distinct kind, edition from report_rows order by all").fetchall()
        return [self._forms[kind, edition] for kind, edition in used]

    def make_wide_select(self) -> str:
        """Return the statement that makes the wide table: a row for each report, a column for each address."""
        tables = " union all by name ".join(map(self.select_wide, self.editions))
        return f"select * from ({tables}) order by office, kind, period"

    def select_wide(self, form: Form) -> str:
        """Return the statement for the reports of an edition, in the order of their insertion."""
        figures = ", ".join(
            f"nullif(cells[{index}], '')::{choose_column_type(slot.value_type)} as {quote_name(address)}"
            for index, (address, slot) in enumerate(form.slots.items(), 1)
        )
        source = f"select *, {CELLS} as cells from report_rows where {_match_edition(form)}"
        return f"select {KEY}, {figures} from ({source})"

    def list_columns(self, statement: str) -> dict[str, str]:
        """Return the columns of a table or a statement: name -> type."""
        rows = self._connection.cursor().execute(f"describe {statement}").fetchall()
        return {name: column_type for name, column_type, *_rest in rows}

    def is_empty(self, table: str) -> bool:
        """Return whether a table has no row."""
        return not self._connection.execute(f"select 1 from {quote_name(table)} limit 1").fetchall()

    @property
    def has_sums(self) -> bool:
        """Whether the figures of some report are the sum of others, since units report to its office."""
        return bool(self._connection.execute("select 1 from report_rows where not leaf limit 1").fetchall())

    def read_figures(self, form: Form) -> Iterator[ReportFigures]:
        """Read the figures of each report of an edition."""
        are_numbers = [slot.value_type.has_number_schema for slot in form.slots.values()]
        period = form.kind.period_fact
        statement = f"select office, name, {period}, leaf, figures from report_rows where {_match_edition(form)}"
        for office, name, at, leaf, figures in self.fetch_rows(statement):
            cells = zip(figures.split(CELL_SEPARATOR), are_numbers, strict=True)
            values = [Decimal(cell) if cell and number else cell or None for cell, number in cells]
            yield ReportFigures(name or office, at, leaf, values)

    def fetch_rows(self, statement: str) -> Iterator[tuple[Any, ...]]:
        """Fetch the rows of a statement, a batch in memory at a time."""
        cursor = self._execute(statement)
        while batch := cursor.fetchmany(_BATCH_SIZE):
            yield from batch

    def copy(self, statement: str, suffix: str, path: Path, more_options: str = "") -> None:
        """Write the rows of a statement to a file in one of `COPY_FORMATS`, in any thread; raises OSError."""
        options, prefix, select = COPY_FORMATS[suffix]
        columns = self.list_columns(statement)
        headers = [escape_formula(name) if suffix == "csv" else name for name in columns]
        headers[0] = prefix + headers[0]
        source = ", ".join(
            f"{select(name, column_type)} as {quote_name(header)}"
            for (name, column_type), header in zip(columns.items(), headers, strict=True)
        )
        try:
            self._execute(
                f"copy (select {source} from ({statement})) to {quote_text(str(path))} ({options}{more_options})"
            )
        except _import_duckdb().Error as error:
            if code := re.search(r'"errno":"(\d+)"', str(error)):  # DuckDB's message has more text around it
                raise OSError(int(code[1]), os.strerror(int(code[1]))) from error
            raise OSError(str(error).partition("\n")[0]) from error

    def save_memory(self) -> None:
        """Execute each statement in one thread, and give memory back at once: slower, but many reports take a third."""
        self._connection.execute("set threads = 1; set allocator_bulk_deallocation_flush_threshold = '1MB'")

    def interrupt(self) -> None:
        """End what other threads execute, and all that they would begin."""
        self._is_interrupted = True

    def _execute(self, statement: str) -> Any:  # noqa: ANN401  # DuckDB's own
        """Execute a statement, in any thread, that a signal or `interrupt` ends; return its cursor."""
        cursor = self._connection.cursor()
        run_interruptibly(partial(cursor.execute, statement), cursor.interrupt, self._raise_if_interrupted)
        return cursor

    def _raise_if_interrupted(self) -> None:
        if self._is_interrupted:
            raise InterruptedError

    # ── queries ──────────────────────────────────────────────────────────────

    def check_query(self, query: str) -> None:
        """Raise `UserError` for a query that is no `select` or names what is not there, without running it."""
        statement = self._parse(query)
        if statement.type.name == "SELECT":  # the columns of a pivot are known only while it runs
            with self._report_broken_query(query, first_line=2):  # DuckDB calculates with constants even here
                explain = partial(self._connection.execute, f"explain\n{statement.query}")
                run_watched(explain, _TIME_LIMIT, _MEMORY_LIMIT, _LIMIT_MESSAGES, self._connection.interrupt)

    def run_query(self, query: str, limit: int = 0) -> QueryResult:
        """Run one `select`, which can reach the tables and nothing else: no file, no network, no setting.

        With `limit`, return at most so many rows. Raises `UserError` that says what is wrong with the query.
        """
        statement = self._parse(query)
        self._connection.execute("set enable_external_access = false; set lock_configuration = true")
        with self._report_broken_query(query):
            fetch = partial(self._fetch_result, statement, limit)
            return run_watched(fetch, _TIME_LIMIT, _MEMORY_LIMIT, _LIMIT_MESSAGES, self._connection.interrupt)

    def _parse(self, query: str) -> Any:  # noqa: ANN401  # DuckDB's own
        """Return the one statement of a query; raises `UserError` where it is no `select`."""
        with self._report_broken_query(query):
            statements = self._connection.extract_statements(query)
        names = [statement.type.name for statement in statements]
        if names == ["SELECT"] or (names == ["MULTI"] and self._is_select(query)):
            return statements[0]
        raise UserError(_("one-select-only"), _("for-example-query", example=EXAMPLE_QUERIES[0]))

    def _is_select(self, query: str) -> bool:
        """Tell whether a query that DuckDB runs in several steps, as it does with a pivot, only selects.

        Within brackets nothing else may stand.
        """
        try:
            self._connection.extract_statements(f"from (\n{query.strip().rstrip(';')}\n)")
        except _import_duckdb().Error:
            return False
        return True

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
        has_more = bool(limit) and len(rows) > limit
        if has_more:
            self._connection.interrupt()  # else it goes on to the last row, which an endless query does not have
            cursor.close()
        return QueryResult(names, rows[:limit] if limit else rows, has_more)

    @contextmanager
    def _report_broken_query(self, query: str, first_line: int = 1) -> Iterator[None]:
        """Turn an error of DuckDB into a `UserError` that says what is wrong with the query, and where.

        `first_line` is that of the query in what DuckDB is given.
        """
        try:
            yield
        except _import_duckdb().Error as error:
            tables = {view: list(self.list_columns(quote_name(view))) for view in (*VIEWS, *self.lists)}
            raise query_errors.describe(str(error), query, tables, first_line) from error


def _replace_surrogates(value: object) -> object:
    """Return a value of which a text has question marks in place of bytes that are no text."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _match_edition(form: Form) -> str:
    """Return the condition for reports of an edition."""
    return f"kind = {quote_text(form.kind.id)} and edition = {quote_text(form.edition)}"


def _import_duckdb() -> Any:  # noqa: ANN401  # a module
    try:
        import duckdb  # noqa: PLC0415  # large, and only needed here
    except ImportError:
        raise UserError(_("duckdb-not-installed"), _("install-duckdb")) from None
    return duckdb
