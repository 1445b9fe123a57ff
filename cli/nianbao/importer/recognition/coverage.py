"""The coverage of an import: for each table how many cells were read, blank, ambiguous, in conflict, or missing."""

from typing import Any

from nianbao.importer.recognition.recognized_report import RecognizedReport


def count_cells(recognized: RecognizedReport, conflicts: frozenset[str] = frozenset()) -> dict[str, dict[str, Any]]:
    """Count the cells of each table of the form, by table id.

    `conflicts` are the addresses of figures that break an identity of the form. `elsewhere` counts figures of
    another edition that this one has no place for. `by_order` is true where columns were taken in order because
    their headers say something else.
    """
    counts: dict[str, dict[str, Any]] = {}
    for table in recognized.form.tables:
        addresses = [slot.address for slot in table.slots]
        cells = recognized.cells_by_address
        states = [cells[address].state for address in addresses if address in cells]
        heading = next((part.heading for part in recognized.form.sections if part.table == table.id), table.label)
        rows = [row for row in recognized.tables.rows if row.layout.table.id == table.id]
        counts[table.id] = {
            "label": heading,
            "cells": len(addresses),
            "read": states.count("read"),
            "blank": states.count("blank"),
            "ambiguous": states.count("undecided"),
            "missing": len(addresses) - len(states),
            "conflict": sum(address in conflicts for address in addresses),
            "elsewhere": sum(row.layout.table.id == table.id for row, _ in recognized.cells_of_other_editions),
            "by_order": any(row.by_order for row in rows),
        }
    return counts
