"""Totals of rows in a data file, all written or all left out: in each table the way of most of its rows."""

import re
from collections.abc import Iterator

from msgspec import Struct, field

from nianbao.datafiles.edits import Span, find_spans
from nianbao.model.report import Report
from nianbao.model.table import Table
from nianbao.model.tables.slots import Slot
from nianbao.model.value_types import format_number

_KEY_BEFORE = re.compile(r"""([,{])\s*(?:[\w.\s-]+|"[^"]*"|'[^']*')\s*=\s*$""")


class TotalEdit(Struct, frozen=True):
    """A change of a row: the part of the text, what stands there instead, and the total that is written or left out."""

    span: Span
    text: str
    address: str
    is_written: bool


class _Totals(Struct):
    """The totals of the rows of a table: those that are written, right or wrong, and those that are left out."""

    right: list[Slot] = field(default_factory=list)
    wrong: list[Slot] = field(default_factory=list)
    omitted: list[Slot] = field(default_factory=list)


def find_total_edits(report: Report) -> Iterator[TotalEdit]:
    """Find the totals to write and to leave out; only of rows on one line, and never a wrong one."""
    text = report.facts.text
    for table in report.form.tables:
        totals = _sort_totals(report, table)
        is_written = len(totals.right) + len(totals.wrong) > len(totals.omitted)
        chosen = totals.omitted if is_written else totals.right
        if chosen and totals.omitted and (totals.right or totals.wrong):
            addresses = [*(slot.address for slot in chosen), *(_name_row(table.id, slot) for slot in chosen)]
            spans = find_spans(text, addresses)
            for slot in chosen:
                row = spans.get(_name_row(table.id, slot))
                if row and text[row.start] == "{" and "\n" not in text[row.start : row.end]:
                    yield from _edit_row(report, slot, row, spans.get(slot.address))


def _sort_totals(report: Report, table: Table) -> _Totals:
    """Sort the totals of rows that are in the file and can be read; a total of other rows is none of them."""
    written = {entry.address for entry in report.entries if entry.valid}
    cells = {slot.address: slot.row for slot in table.slots}
    rows = {row for address, row in cells.items() if address in written}
    totals = _Totals()
    for slot in table.slots:
        parts = report.form.totals.get(slot.address, ())
        is_total = bool(parts) and all(cells.get(part) == slot.row for part in parts)
        if not is_total or slot.row not in rows or not report.unread.isdisjoint((*parts, slot.address)):
            continue
        if slot.address in report.computed:
            totals.omitted.append(slot)
        elif slot.address in written and slot.address in report.figures:
            is_right = report.figures[slot.address] == sum(report.figures.get(part, 0) for part in parts)
            (totals.right if is_right else totals.wrong).append(slot)
    return totals


def _name_row(table: str, slot: Slot) -> str:
    return f"{table}.{slot.row}"


def _edit_row(report: Report, slot: Slot, row: Span, cell: Span | None) -> Iterator[TotalEdit]:
    """Write the total of a row behind its last cell, or take it out with its comma."""
    text = report.facts.text
    if cell is None:
        end = len(text[: row.end - 1].rstrip())
        written = f", {slot.column} = {format_number(report.figures[slot.address])}"
        yield TotalEdit(Span(end, end), written, slot.address, is_written=True)
    elif key := _KEY_BEFORE.search(text, row.start, cell.start):
        if key[1] == ",":
            yield TotalEdit(Span(key.start(), cell.end), "", slot.address, is_written=False)
        elif comma := re.compile(r"\s*,").match(text, cell.end):
            yield TotalEdit(Span(key.start() + 1, comma.end()), "", slot.address, is_written=False)
