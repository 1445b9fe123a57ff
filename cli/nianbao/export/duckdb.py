"""The only door to DuckDB: reports as tables that answer questions and are copied out as files."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from nianbao.export.rows import (
    FIGURE_SOURCES,
    FORMULA_PATTERN,
    FigureColumn,
    ReportRows,
    StatedFact,
    escape_formula,
    list_figure_columns,
)
from nianbao.model.finding import Stop
from nianbao.model.form import Form
from nianbao.model.i18n import N_, _
from nianbao.workspace.limits import Exceeded, Words, watched

_BATCH_SIZE = 500  # reports that are put in at once
_TIME_LIMIT = 60  # that a question may take
_MEMORY_LIMIT = 2 * 2**30  # bytes that it may take
_ANSWER_LIMIT = 200_000_000  # characters of an answer, of which a number counts as some
_VALUE_SIZE = 8
_LIMIT_MESSAGES = Words(
    N_("查了 {seconds} 秒还没有查完"),
    N_("结果太大，内存不够；加上条件，或少取几列"),
    N_("加上条件，或用 report export 取出全部"),
)
_SETTINGS = {
    "memory_limit": "1GB",
    "max_temp_directory_size": "0KB",
    # Joins stay as they are written, the names of the figures looked up: rows keep the order of the reports.
    "disabled_optimizers": "join_order,build_side_probe_side",
    # Nothing is fetched, and no name in a question is looked up among Python's variables.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
_DECIMAL = "decimal(20, 4)"  # the largest amount has 16 digits before the point, money four behind it
_SOURCE_CASES = " ".join(f"when '{letter}' then '{word}'" for letter, word in FIGURE_SOURCES.items())
_TABLES = {
    "packed": "office varchar, name varchar, year integer, edition varchar, figures varchar, given varchar",
    "places": "edition varchar, position integer, table_id varchar, address varchar, row_label varchar, "
    "column_label varchar, label varchar, unit varchar, kind varchar",
    "stated": "office varchar, name varchar, year integer, edition varchar, address varchar, item integer, "
    "label varchar, value varchar, number varchar, unit varchar, kind varchar",
}
# What is asked about and exported: name -> what it holds, and how it is made.
VIEWS = {
    "figures": (
        N_("每份报告表里的每个数字一行；given：written 写明的，computed 相加得出的，omitted 没有写、算 0 的"),
        f"""select office, name, year, edition, position, table_id, address, row_label, column_label, label,
              digits::{_DECIMAL} as value, nullif(unit, '') as unit, case letter {_SOURCE_CASES} end as given
            from (select office, name, year, edition, unnest(string_split(figures, ' ')) as digits,
                    unnest(string_split(given, '')) as letter, unnest(range(1, len(given) + 1)) as position
                  from packed)
            join places using (edition, position)""",
    ),
    "facts": (
        N_("表外的事实一个一行；并列几项的一项一行，item 是第几项，number 是可以计算的数"),
        f"""select office, name, year, edition, address, item, label, value,
              nullif(number, '')::{_DECIMAL} as number, nullif(unit, '') as unit, kind
            from stated""",
    ),
    "reports": (N_("一份报告一行"), "select office, name, year, edition from packed"),
    "offices": (
        N_("一个机关一行：最近的名称、从哪年到哪年、几份报告"),
        """select office, arg_max(name, year) as name, min(year) as first_year, max(year) as last_year,
              count(*) as reports
            from packed group by office order by office""",
    ),
    "addresses": (
        N_("各版格式里每个数字的名称"),
        "select edition, table_id, address, row_label, column_label, label, unit, kind from places",
    ),
}


class QueryResult(NamedTuple):
    """What a question gave: the names of its columns, and its rows, which may be more than were asked for."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    has_more: bool


class Database:
    """Reports in DuckDB, in memory, within bounds: put in in order, then asked about or copied out."""

    def __init__(self, forms: Sequence[Form]) -> None:
        self._base = _import_duckdb().connect(config=_SETTINGS)
        for name, columns in _TABLES.items():
            self._base.execute(f"create table {name} ({columns})")
        self._forms = {form.edition: form for form in forms}
        self._insert_rows(
            "places", len(FigureColumn._fields), [place for form in forms for place in list_figure_columns(form)]
        )
        for name, (_what, made) in VIEWS.items():
            self._base.execute(f"create view {name} as {made}")

    def insert_reports(self, reports: Sequence[ReportRows]) -> None:
        """Put reports in, in the order in which they shall come out."""
        rest = iter(reports)
        while batch := list(islice(rest, _BATCH_SIZE)):
            about = [(one.office, one.name, one.year, one.edition) for one in batch]
            rows = [(*which, one.figures, one.sources) for which, one in zip(about, batch, strict=True)]
            facts = [(*which, *fact) for which, one in zip(about, batch, strict=True) for fact in one.facts]
            self._insert_rows("packed", 6, rows)
            self._insert_rows("stated", 4 + len(StatedFact._fields), facts)

    def _insert_rows(self, table: str, width: int, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows by columns: DuckDB takes lists much faster than rows."""
        if rows:
            lists = ", ".join(f"unnest(${at})" for at in range(1, width + 1))
            columns = [list(column) for column in zip(*rows, strict=True)]
            self._base.execute(f"insert into {table} select {lists}", columns)

    # ── copied out ───────────────────────────────────────────────────────────

    @property
    def editions(self) -> list[Form]:
        """The editions that reports are in, oldest first."""
        used = self._base.execute("select distinct edition from packed order by edition").fetchall()
        return [self._forms[edition] for (edition,) in used]

    def make_wide_select(self) -> str:
        """Say how to make the wide table: a report a row, a column for each address of its edition."""
        tables = []
        for form in self.editions:
            figures = ", ".join(
                f"digits[{at}]::{_DECIMAL} as {_quote_name(address)}" for at, address in enumerate(form.slots, 1)
            )
            edition = _quote_text(form.edition)
            source = f"select *, string_split(figures, ' ') as digits from packed where edition = {edition}"
            tables.append(f"select office, name, year, edition, {figures} from ({source})")
        return f"select * from ({' union all by name '.join(tables)}) order by office, year"

    def list_columns(self, made: str) -> dict[str, str]:
        """Name the columns of a table or a statement, with their types."""
        return {name: kind for name, kind, *_rest in self._base.execute(f"describe {made}").fetchall()}

    def read_figures(self, form: Form) -> Iterator[tuple[str, int, list[Decimal]]]:
        """Give each report of an edition: what to call it, its year, its figures in the order of the form."""
        wanted = f"select office, name, year, figures from packed where edition = {_quote_text(form.edition)}"
        for office, name, year, figures in self.fetch_rows(wanted):
            yield name or office, year, list(map(Decimal, figures.split(" ")))

    def fetch_rows(self, made: str) -> Iterator[tuple[Any, ...]]:
        """Give the rows of a statement, a batch in memory at a time."""
        cursor = self._base.cursor().execute(made)
        while batch := cursor.fetchmany(_BATCH_SIZE):
            yield from batch

    def copy(self, made: str, suffix: str, path: Path) -> None:
        """Write the rows of a statement to a file of one of `COPY_FORMATS`; raises OSError where it is refused."""
        options, mark, written = COPY_FORMATS[suffix]
        columns = self.list_columns(made)
        headers = [escape_formula(name) if suffix == "csv" else name for name in columns]
        headers[0] = mark + headers[0]
        source = ", ".join(
            f"{written(name, kind)} as {_quote_name(header)}"
            for (name, kind), header in zip(columns.items(), headers, strict=True)
        )
        try:
            self._base.execute(f"copy (select {source} from ({made})) to {_quote_text(str(path))} ({options})")
        except _import_duckdb().Error as error:
            if known := re.search(r'"errno":"(\d+)"', str(error)):  # DuckDB says much around it
                raise OSError(int(known[1]), os.strerror(int(known[1]))) from error
            raise OSError(str(error).partition("\n")[0]) from error

    # ── asked ────────────────────────────────────────────────────────────────

    def run_query(self, question: str, most: int = 0) -> QueryResult:
        """Answer one `select`, which sees the tables and nothing else: no file, no network, no setting.

        With `most`, no more rows than that. Raises `Stop` that says what is wrong with the question.
        """
        with self._report_broken_query():
            statements = self._base.extract_statements(question)
        if len(statements) != 1 or statements[0].type.name != "SELECT":
            raise Stop(_("只能问一条 select 语句"), _("例如 {example}", example=EXAMPLE_QUERIES[0]))
        self._base.execute("set enable_external_access = false; set lock_configuration = true")
        with self._report_broken_query():
            answered = partial(self._fetch_result, statements[0], most)
            return watched(answered, _TIME_LIMIT, _MEMORY_LIMIT, _LIMIT_MESSAGES, self._base.interrupt)

    def _fetch_result(self, statement: Any, most: int) -> QueryResult:  # noqa: ANN401  # DuckDB's own
        cursor = self._base.execute(statement)
        names = [column[0] for column in cursor.description or ()]
        rows: list[tuple[Any, ...]] = []
        size = 0
        while len(rows) <= (most or len(rows)) and (batch := cursor.fetchmany(_BATCH_SIZE)):
            rows += batch
            size += sum(len(value) if isinstance(value, str | bytes) else _VALUE_SIZE for row in batch for value in row)
            if size > _ANSWER_LIMIT:
                raise Exceeded(_(_LIMIT_MESSAGES.large), _(_LIMIT_MESSAGES.fix))
        return QueryResult(names, rows[:most] if most else rows, bool(most) and len(rows) > most)

    @contextmanager
    def _report_broken_query(self) -> Iterator[None]:
        """Say what is wrong with a question in the words of a person, with the place that DuckDB marks."""
        try:
            yield
        except _import_duckdb().Error as error:
            known = [*VIEWS, *dict.fromkeys(name for view in VIEWS for name in self.list_columns(view))]
            raise _describe_error(str(error), known) from error


EXAMPLE_QUERIES = (
    "select office, value from figures where address = 'requests.received.total' order by value desc",
    "select year, sum(value) from figures where address = 'requests.received.total' group by year",
    "select office, value from facts where address = 'agency.phone'",
)


def _quote_text(text: str) -> str:
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


def _quote_name(name: str) -> str:
    quoted = name.replace('"', '""')
    return f'"{quoted}"'


def _select_unchanged(name: str, _kind: str) -> str:
    return _quote_name(name)


def _select_for_json(name: str, kind: str) -> str:
    return f"({_format_decimal(name)})::json" if _is_decimal(kind) else _quote_name(name)


def _select_for_csv(name: str, kind: str) -> str:
    """Put a sign before texts that a spreadsheet would take for formulas; numbers stay numbers."""
    if kind != "VARCHAR":
        return _format_decimal(name) if _is_decimal(kind) else _quote_name(name)
    column = _quote_name(name)
    return f"if(regexp_matches({column}, {_quote_text(FORMULA_PATTERN)}), '''' || {column}, {column})"


# How files are written: DuckDB's options, the sign that a file begins with, and how a column is written.
COPY_FORMATS = {
    "csv": ("format csv", "\ufeff", _select_for_csv),  # the sign by which Excel knows UTF-8
    "json": ("format json, array true", "", _select_for_json),
    "parquet": ("format parquet, compression zstd", "", _select_unchanged),
}


def _is_decimal(kind: str) -> bool:
    return kind.startswith("DECIMAL")


def _format_decimal(name: str) -> str:
    """Write a decimal without the noughts that its type puts behind it."""
    return f"rtrim(rtrim({_quote_name(name)}::varchar, '0'), '.')"


def _import_duckdb() -> Any:  # noqa: ANN401  # a module
    try:
        import duckdb  # noqa: PLC0415  # large, and only needed here
    except ImportError:
        raise Stop(
            _("导出和查询要用 DuckDB，这里没有装"), _('运行 pip install "nianbao[export]"，或 uv sync --extra export')
        ) from None
    return duckdb


_QUERY_ERRORS = (
    (re.compile(r'syntax error at or near "(?P<name>.*?)"'), N_("{name} 这里读不下去")),
    (re.compile(r"syntax error at end of input"), N_("语句没有写完")),
    (re.compile(r'(?:column "|column named ")(?P<name>[^"]+)"'), N_("没有 {name} 这一列")),
    (re.compile(r"Table with name (?P<name>\S+) does not exist"), N_("没有 {name} 这张表")),
    (re.compile(r"Function with name (?P<name>\S+) does not exist"), N_("没有 {name} 这个函数")),
    (
        re.compile(r"(?:file system operations|external access).*disabled|configuration has been locked"),
        N_("只能查这里的表，不能读写文件或改设置"),
    ),
    (re.compile(r"[Oo]ut of [Mm]emory|could not allocate"), N_("结果太大，内存不够；加上条件，或少取几列")),
)


def _describe_error(said: str, known: Sequence[str]) -> Stop:
    """Turn what DuckDB says of a question into our words; what is not among the usual mistakes stays as it says it."""
    marked = re.search(r"^LINE \d+: (.*\n *\^+)", said, re.MULTILINE)
    found = next(((match, words) for pattern, words in _QUERY_ERRORS if (match := pattern.search(said))), None)
    message = _(found[1], **found[0].groupdict()) if found else said.partition("\n")[0]
    near = get_close_matches((found[0].groupdict() if found else {}).get("name", "").lower(), known, n=1)
    tip = _("是不是 {near}？", near=near[0]) if near else _("不带语句运行 report query，看有哪些表和列")
    return Stop(_("查询读不懂：{message}", message=message) + (f"\n{marked[0]}" if marked else ""), tip)
