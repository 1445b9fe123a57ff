"""The figures of a recognised report keyed by the form's own labels, for programs that do not know our addresses."""

import re
from decimal import Decimal
from typing import Any

from nianbao.importer.recognition.coverage import count_cells
from nianbao.importer.recognition.recognized_report import RecognizedReport
from nianbao.importer.recognition.tables.cells import RecognizedCell
from nianbao.model.table import Slot

_ORDINAL = re.compile(r"^[^（(]{1,3}?、")
_EXPLANATION = re.compile(r"(?<=[^）)])[（(][^（()）]*[）)]$")


def collect_figures(recognised: RecognizedReport) -> dict[str, Any]:
    """Return a recognised report as plain values.

    A table is an object of rows of columns. A figure is as printed, in the printed unit; it is None where the
    cell is blank or undecided, and a row that is not in the file is not there. `raw_cells` has the print of
    cells that say more than a figure, `ambiguous_cells` and `blank_cells` name cells, `count_cells` counts them.
    """
    form, said = recognised.form, recognised.told
    tables: dict[str, dict[str, Any]] = {table.id: {} for table in form.tables}
    raw: dict[str, str] = {}
    ambiguous: list[dict[str, Any]] = []
    blank: list[str] = []
    editions: dict[str, list[str]] = {}
    for line in recognised.tables.lines:
        table = line.shape.table.id
        editions.setdefault(table, [])
        if line.shape.form.edition not in editions[table]:
            editions[table].append(line.shape.form.edition)
        for cell in line.cells:
            row, column = format_row_label(cell.slot), cell.slot.columns[-1].label
            tables.setdefault(table, {}).setdefault(row, {})[column] = _to_json(cell.number)
            name = f"{table}/{row}/{column}"
            if cell.told and cell.printed:
                raw[name] = cell.printed
            if cell.state == "undecided":
                ambiguous.append(_describe_ambiguous(name, cell))
            elif cell.state == "blank":
                blank.append(name)
    return {
        "title": said.title or None,
        "agency": said.office or None,
        "year": recognised.year,
        "edition": form.edition,
        "editions": editions,
        "published": said.published.isoformat() if said.published else None,
        **tables,
        "raw_cells": raw,
        "ambiguous_cells": ambiguous,
        "blank_cells": blank,
        "other_rows": recognised.tables.notes,
        "account": count_cells(recognised),
    }


def format_row_label(slot: Slot) -> str:
    """Name a row as reports are cited: the labels on the way to it, an outermost one by its ordinal only."""
    path = slot.rows or slot.columns[:-1]
    labels = [_EXPLANATION.sub("", part.label) for part in path]
    ordinal = _ORDINAL.match(labels[0]) if len(labels) > 1 else None
    return ordinal[0] + "/".join(labels[1:]) if ordinal else "/".join(labels)


def _describe_ambiguous(name: str, cell: RecognizedCell) -> dict[str, Any]:
    return {
        "cell": name,
        "printed": cell.printed,
        "why": cell.why,
        "readings": [_to_json(option) for option in cell.options],
    }


def _to_json(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value
