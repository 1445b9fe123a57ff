"""The output of queries, exports and forms: answers as text, JSON or CSV, the tables to query, the files written."""

import csv
import io
import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from nianbao.cli.output import findings
from nianbao.cli.terminal import StyledText, echo, print_text
from nianbao.export.duckdb import Database, QueryResult
from nianbao.export.excel_form.batch import WrittenForm
from nianbao.export.file_formats import quote_name
from nianbao.export.rows import escape_formula
from nianbao.export.tables import EXAMPLE_QUERIES, VIEWS
from nianbao.model.i18n import _
from nianbao.model.value_types import format_number
from nianbao.workspace.files import SavedFile
from nianbao.workspace.selection import ReportRef


def print_views(warehouse: Database) -> None:
    """Print the tables and columns that can be queried, with example queries."""
    descriptions = {name: _(description) for name, (description, _query) in VIEWS.items()}
    descriptions |= {name: _("table-list-described", label=view.label) for name, view in warehouse.lists.items()}
    for name, description in descriptions.items():
        echo(StyledText(name, bold=True), f"  {description}")
        columns = warehouse.list_columns(quote_name(name))
        findings.print_table(
            (_("head-column"), _("head-type")), [(column, value_type.lower()) for column, value_type in columns.items()]
        )
        echo("")
    echo(_("for-example-heading"))
    for example in EXAMPLE_QUERIES:
        echo(f'  report query "{example}"')


def print_answer(answer: QueryResult, style: str) -> None:
    """Print an answer as text, json or csv; text and csv have the names of the columns in the first line."""
    _PRINTERS[style](answer)
    if answer.has_more:
        echo(_("first-rows-shown", count=len(answer.rows)), err=True)


def _print_text(answer: QueryResult) -> None:
    findings.print_table(answer.columns, [[_format_value(value) for value in row] for row in answer.rows])
    echo(_("rows-count", count=len(answer.rows)), err=True)


def _print_json(answer: QueryResult) -> None:
    findings.print_json([dict(zip(answer.columns, map(_json_value, row), strict=True)) for row in answer.rows])


def _print_csv(answer: QueryResult) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([escape_formula(" ".join(name.split())) for name in answer.columns])
    writer.writerows([_format_for_spreadsheets(value) for value in row] for row in answer.rows)
    print_text(text.getvalue(), nl=False)


def print_export(saved: Sequence[SavedFile], count: int, missing: Sequence[ReportRef], *, quiet: bool) -> None:
    """Print which files an export wrote, and which offices have no data file for it."""
    for store, period in missing:
        echo(_("office-without-year", office=store.office, year=period), err=True)
    if not quiet:
        findings.print_saved(saved)
        echo(_("reports-count", count=count))


def print_forms(forms: Sequence[WrittenForm], *, quiet: bool) -> None:
    """Print which forms were written, in the order of their paths, and notes on what they lack."""
    for one in sorted(forms, key=lambda one: one.saved.path):
        for note in one.notes:
            echo(note, err=True)
        if not quiet:
            findings.print_saved([one.saved])


_PRINTERS: dict[str, Callable[[QueryResult], None]] = {"text": _print_text, "json": _print_json, "csv": _print_csv}


def _format_value(value: object) -> str:
    """Return a value as one line of text, a decimal without trailing zeros, which its SQL type adds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = format_number(value)
        return text.rstrip("0").rstrip(".") if "." in text else text
    return "" if value is None else " ".join(str(value).split())


def _format_for_spreadsheets(value: object) -> str:
    is_number = isinstance(value, int | float | Decimal)  # whose minus does not begin a formula
    return _format_value(value) if is_number else escape_formula(_format_value(value))


def _json_value(value: object) -> object:
    """Return a value for JSON; a decimal as a number where that is exact, else as the text of its digits."""
    if isinstance(value, Decimal):
        number = int(value) if value == value.to_integral_value() else float(value)
        return number if Decimal(str(number)) == value else _format_value(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON cannot express it
    return value if isinstance(value, str | int | float | bool | None) else str(value)
