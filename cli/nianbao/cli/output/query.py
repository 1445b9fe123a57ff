"""What a query says: its answer as a table for people, as JSON or CSV for programs, and the tables that there are."""

import csv
import io
import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from nianbao.cli.output import findings
from nianbao.cli.terminal import Styled, document, echo
from nianbao.export.duckdb import EXAMPLE_QUERIES, VIEWS, Database, QueryResult
from nianbao.export.excel_form.batch import WrittenForm
from nianbao.export.rows import escape_formula
from nianbao.model.i18n import _
from nianbao.model.value_types import digits
from nianbao.workspace.files import Saved
from nianbao.workspace.selection import Asked


def tables(warehouse: Database) -> None:
    """Say which tables and columns there are, with questions to begin with."""
    for name, (what, _made) in VIEWS.items():
        echo(Styled(name, bold=True), f"  {_(what)}")
        columns = warehouse.list_columns(name)
        findings.table((_("列"), _("类型")), [(column, kind.lower()) for column, kind in columns.items()])
        echo("")
    echo(_("例如："))
    for example in EXAMPLE_QUERIES:
        echo(f'  report query "{example}"')


def answer(given: QueryResult, form: str) -> None:
    """Say an answer as text, json or csv; text and csv with the names of the columns first."""
    WAYS[form](given)
    if given.has_more:
        echo(_("只印了前 {count} 行；要更多，用 --rows 0", count=len(given.rows)), err=True)


def _text(given: QueryResult) -> None:
    findings.table(given.columns, [[_shown(value) for value in row] for row in given.rows])
    echo(_("{count} 行", count=len(given.rows)), err=True)


def _json(given: QueryResult) -> None:
    findings.machine([dict(zip(given.columns, map(_plain, row), strict=True)) for row in given.rows])


def _csv(given: QueryResult) -> None:
    into = io.StringIO()
    writer = csv.writer(into, lineterminator="\n")
    writer.writerow([escape_formula(" ".join(name.split())) for name in given.columns])
    writer.writerows([_for_spreadsheets(value) for value in row] for row in given.rows)
    document(into.getvalue(), nl=False)


def exported(saved: Sequence[Saved], count: int, missing: Sequence[Asked], *, quiet: bool) -> None:
    """Say what an export wrote, and which offices have no report for it."""
    for store, year in missing:
        echo(_("{office} 没有 {year} 年度的数据文件", office=store.office, year=year), err=True)
    if not quiet:
        for one in saved:
            echo(f"{one.path}  " + (_("已写") if one.changed else _("未变")))
        echo(_("{count} 份报告", count=count))


def forms(made: Sequence[WrittenForm], *, quiet: bool) -> None:
    """Say which forms were made, in order, and what was left out of them."""
    for one in sorted(made, key=lambda one: one.saved.path):
        for note in one.notes:
            echo(note, err=True)
        if not quiet:
            echo(f"{one.saved.path}  " + (_("已写") if one.saved.changed else _("未变")))


WAYS: dict[str, Callable[[QueryResult], None]] = {"text": _text, "json": _json, "csv": _csv}


def _shown(value: object) -> str:
    """Write a value on one line, a decimal without the noughts that its type puts behind it."""
    if isinstance(value, Decimal):
        text = digits(value)
        return text.rstrip("0").rstrip(".") if "." in text else text
    return "" if value is None else " ".join(str(value).split())


def _for_spreadsheets(value: object) -> str:
    number = isinstance(value, int | float | Decimal)  # whose minus is no sign of a formula
    return _shown(value) if number else escape_formula(_shown(value))


def _plain(value: object) -> object:
    """Give a value to JSON; a decimal as a number where that loses nothing, else as its digits."""
    if isinstance(value, Decimal):
        number = int(value) if value == value.to_integral_value() else float(value)
        return number if Decimal(str(number)) == value else _shown(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no word for it
    return value if isinstance(value, str | int | float | bool | None) else str(value)
