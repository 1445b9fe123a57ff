"""What a query says: its answer as a table for people, as JSON or CSV for programs, and the tables that there are."""

import csv
import io
import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from nianbao.cli.output import findings
from nianbao.cli.terminal import StyledText, echo, print_text
from nianbao.export.duckdb import EXAMPLES, VIEWS, Answer, Warehouse
from nianbao.export.excel_form.batch import Made
from nianbao.export.rows import defused
from nianbao.model.i18n import _
from nianbao.workspace.files import Saved
from nianbao.workspace.selection import Asked


def print_views(warehouse: Warehouse) -> None:
    """Say which tables and columns there are, with questions to begin with."""
    for name, (what, _made) in VIEWS.items():
        echo(StyledText(name, bold=True), f"  {_(what)}")
        columns = warehouse.columns(name)
        findings.print_table((_("列"), _("类型")), [(column, kind.lower()) for column, kind in columns.items()])
        echo("")
    echo(_("例如："))
    for example in EXAMPLES:
        echo(f'  report query "{example}"')


def print_answer(given: Answer, form: str) -> None:
    """Say an answer as text, json or csv; text and csv with the names of the columns first."""
    _PRINTERS[form](given)
    if given.more:
        echo(_("只印了前 {count} 行；要更多，用 --rows 0", count=len(given.rows)), err=True)


def _print_text(given: Answer) -> None:
    findings.print_table(given.columns, [[_format_value(value) for value in row] for row in given.rows])
    echo(_("{count} 行", count=len(given.rows)), err=True)


def _print_json(given: Answer) -> None:
    findings.print_json([dict(zip(given.columns, map(_json_value, row), strict=True)) for row in given.rows])


def _print_csv(given: Answer) -> None:
    into = io.StringIO()
    writer = csv.writer(into, lineterminator="\n")
    writer.writerow([defused(" ".join(name.split())) for name in given.columns])
    writer.writerows([_format_for_spreadsheets(value) for value in row] for row in given.rows)
    print_text(into.getvalue(), nl=False)


def print_export(saved: Sequence[Saved], count: int, missing: Sequence[Asked], *, quiet: bool) -> None:
    """Say what an export wrote, and which offices have no report for it."""
    for store, year in missing:
        echo(_("{office} 没有 {year} 年度的数据文件", office=store.office, year=year), err=True)
    if not quiet:
        for one in saved:
            echo(f"{one.path}  " + (_("已写") if one.changed else _("未变")))
        echo(_("{count} 份报告", count=count))


def print_forms(made: Sequence[Made], *, quiet: bool) -> None:
    """Say which forms were made, in order, and what was left out of them."""
    for one in sorted(made, key=lambda one: one.saved.path):
        for note in one.notes:
            echo(note, err=True)
        if not quiet:
            echo(f"{one.saved.path}  " + (_("已写") if one.saved.changed else _("未变")))


_PRINTERS: dict[str, Callable[[Answer], None]] = {"text": _print_text, "json": _print_json, "csv": _print_csv}


def _format_value(value: object) -> str:
    """Write a value on one line, a decimal without the noughts that its type puts behind it."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return "" if value is None else " ".join(str(value).split())


def _format_for_spreadsheets(value: object) -> str:
    number = isinstance(value, int | float | Decimal)  # whose minus is no sign of a formula
    return _format_value(value) if number else defused(_format_value(value))


def _json_value(value: object) -> object:
    """Give a value to JSON; a decimal as a number where that loses nothing, else as its digits."""
    if isinstance(value, Decimal):
        number = int(value) if value == value.to_integral_value() else float(value)
        return number if Decimal(str(number)) == value else _format_value(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no word for it
    return value if isinstance(value, str | int | float | bool | None) else str(value)
