"""Reports as tidy data: every figure and every other fact of a report as a row of its own, with what it is called.

A report is packed into few texts, which travel between processes and into a database at little cost; what its
figures are called is said once for each edition.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from nianbao.compose import document
from nianbao.model.form import OWN, Form
from nianbao.model.report import Report
from nianbao.model.table import Slot
from nianbao.model.value_types import Value, natural

FigureSource = Literal["written", "computed", "omitted"]
FIGURE_SOURCES: dict[str, FigureSource] = {"w": "written", "c": "computed", "o": "omitted"}  # as packed
_REPORT_COLUMNS = frozenset({"year", "edition"})  # facts that are columns of every table

# The beginning of a text that a spreadsheet may take for a formula: a sign of one, also in full width or another form
# of it, after whatever does not show; or a tab or a line break, by which some spreadsheets begin another cell. Python
# and DuckDB read it alike.
FORMULA_PATTERN = (
    "^(?:[\\x00-\\x20\\x7f\x80-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]*"
    "[=+\\-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212]|[\\t\\n\\r])"
)
_FORMULA_REGEX = re.compile(FORMULA_PATTERN)


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet may take a text for a formula."""
    return _FORMULA_REGEX.match(text) is not None


def escape_formula(text: str) -> str:
    """Put before a text that passes for a formula the sign by which a spreadsheet knows a text."""
    return f"'{text}" if is_formula(text) else text


class FigureColumn(NamedTuple):
    """What one figure of an edition is: where it stands, counted from 1, and what it is called."""

    edition: str
    position: int
    table_id: str
    address: str
    row_label: str
    column_label: str
    label: str
    unit: str
    value_type: str


class StatedFact(NamedTuple):
    """A fact that stands in no table; a fact of several texts is one for each, counted from 1."""

    address: str
    item: int
    label: str
    value: str
    number: str  # decimal digits, empty for what is no number
    unit: str
    value_type: str


@dataclass(frozen=True, slots=True)
class ReportRows:
    """A report ready to travel: its figures in the order of the form, parted by blanks, a letter for each how given."""

    office: str
    name: str
    year: int
    edition: str
    figures: str
    sources: str
    facts: tuple[StatedFact, ...]


def make_rows(report: Report, office: str, year: int) -> ReportRows:
    """Pack a report of an office's folder and a year; its name is that of its author, empty where it has none."""
    written = {entry.address for entry in report.written if entry.good}
    letters = ("w" if at in written else "c" if at in report.computed else "o" for at in report.figures)
    return ReportRows(
        office,
        document.author(report),
        year,
        report.form.edition,
        " ".join(map(_format_number, report.figures.values())),
        "".join(letters),
        tuple(_list_facts(report)),
    )


def list_figure_columns(form: Form) -> Iterator[FigureColumn]:
    """Say of every figure of an edition, in the order of its tables, what it is."""
    tables = {slot.address: table.id for table in form.tables for slot in table.slots}
    for at, (address, slot) in enumerate(form.slots.items(), 1):
        row, column = _format_labels(slot)
        yield FigureColumn(
            form.edition, at, tables[address], address, row, column, form.labels[address], slot.unit, slot.kind
        )


def _format_labels(slot: Slot) -> tuple[str, str]:
    """Name the row and the column of a figure by the labels that have a part in its address."""
    paths = (slot.rows, slot.columns) if slot.rows else (slot.columns[:-1], slot.columns[-1:])
    row, column = (" · ".join(part.label for part in path if part.id) for path in paths)
    return row, column


def _list_facts(report: Report) -> Iterator[StatedFact]:
    units = {fact.id: fact.unit for fact in report.form.facts}
    for address, value in report.values.items():
        if address in _REPORT_COLUMNS:
            continue
        own = natural(value) if address.startswith(f"{OWN}.") else None
        kind = own.name if own else report.form.kinds[address]
        label = address.removeprefix(f"{OWN}.") if own else report.form.labels[address]
        for item, one in enumerate(value if isinstance(value, list) else [value], 1):
            number = _format_number(one) if isinstance(one, int | Decimal) else ""
            yield StatedFact(address, item, label, _format_value(one), number, units.get(address, ""), kind)


def _format_value(value: Value) -> str:
    """Write a value for programs: a date as ISO 8601 has it, a number by its digits."""
    return (
        value.isoformat()
        if isinstance(value, date)
        else _format_number(value)
        if isinstance(value, int | Decimal)
        else str(value)
    )


def _format_number(value: int | Decimal) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)
