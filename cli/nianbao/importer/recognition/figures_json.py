"""The figures of a recognized report keyed by the form's own labels, for programs that do not know our addresses."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from nianbao.importer.recognition.coverage import count_cells
from nianbao.importer.recognition.proof import find_unproven
from nianbao.importer.recognition.recognized_report import RecognizedReport
from nianbao.importer.recognition.tables.cells import RecognizedCell
from nianbao.model.loading.reading import Reading
from nianbao.model.tables.slots import Slot


def collect_figures(recognized: RecognizedReport) -> dict[str, Any]:
    """Return a recognized report as plain values.

    A table is an object of rows of columns. A figure is as printed, in the printed unit; it is None where the
    cell is blank or undecided, and a row that is not in the file is not there. `raw_cells` has the printed text of
    cells that say more than a figure, `ambiguous_cells`, `blank_cells` and `unproven_cells` (of a scan) name cells,
    `account` counts them. `rows_by_order` has the rows without a label that were taken by order: with "sums" that
    prove their places, or by "order" alone.
    """
    tables: dict[str, dict[str, Any]] = {table.id: {} for table in recognized.form.tables}
    editions: dict[str, list[str]] = {}
    for published_row in recognized.tables.rows:
        of_table = editions.setdefault(published_row.layout.table.id, [])
        if published_row.layout.form.edition not in of_table:
            of_table.append(published_row.layout.form.edition)
    cells = list(_name_cells(recognized))
    for table, row, column, cell in cells:
        tables.setdefault(table, {}).setdefault(row, {})[column] = _to_json(
            cell.number if cell.other is None else cell.other
        )
    named = [(f"{table}/{row}/{column}", cell) for table, row, column, cell in cells]
    texts, unproven = recognized.texts, set(find_unproven(recognized))
    return {
        "title": texts.title or None,
        "agency": texts.office or None,
        recognized.form.kind.period_fact: recognized.form.kind.write_period(recognized.period),
        "edition": recognized.form.edition,
        "editions": editions,
        "published": texts.published.isoformat() if texts.published else None,
        **tables,
        "raw_cells": {name: cell.printed for name, cell in named if cell.keep_text and cell.printed},
        "ambiguous_cells": [_describe_ambiguous(name, cell) for name, cell in named if cell.state == "undecided"],
        "blank_cells": [name for name, cell in named if cell.state == "blank"],
        "rows_by_order": {
            f"{row.layout.table.id}/{format_row_label(row.cells[0].slot, recognized.form.kind.signs)}": row.evidence
            for row in recognized.tables.rows
            if row.evidence != "label"
        },
        "unproven_cells": [name for name, cell in named if cell.slot.address in unproven],
        "other_rows": list(recognized.tables.extra_rows),
        "account": count_cells(recognized),
    }


def _name_cells(recognized: RecognizedReport) -> Iterator[tuple[str, str, str, RecognizedCell]]:
    """Give each recognized cell with its table, its row and its column, in the order of publication."""
    for row in recognized.tables.rows:
        for cell in row.cells:
            yield (
                row.layout.table.id,
                format_row_label(cell.slot, recognized.form.kind.signs),
                cell.slot.columns[-1].label,
                cell,
            )


def format_row_label(slot: Slot, reading: Reading) -> str:
    """Return a row's name as reports are cited: the labels above it and its own, an outermost one by its ordinal."""
    path = slot.rows or slot.columns[:-1]
    labels = [reading.explanation.sub("", part.label) for part in path]
    ordinal = reading.ordinal.match(labels[0]) if len(labels) > 1 else None
    return ordinal[0] + "/".join(labels[1:]) if ordinal else "/".join(labels)


def _describe_ambiguous(name: str, cell: RecognizedCell) -> dict[str, Any]:
    return {
        "cell": name,
        "printed": cell.printed,
        "why": cell.reason,
        "readings": [_to_json(option) for option in cell.options],
    }


def _to_json(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value) if isinstance(value, date) else value
