"""The account of an import: for each table how many cells were read, blank, ambiguous, in conflict, or not there."""

from typing import Any

from nianbao.importer.recognition.recognized_report import RecognizedReport


def count_cells(recognised: RecognizedReport, conflicts: frozenset[str] = frozenset()) -> dict[str, dict[str, Any]]:
    """Count the cells of each table of the form.

    `conflicts` are the addresses of figures that break an identity of the form. `elsewhere` counts figures of
    another edition that this one has no place for.
    """
    found: dict[str, dict[str, Any]] = {}
    for table in recognised.form.tables:
        addresses = [slot.address for slot in table.slots]
        states = [recognised.placed[address].state for address in addresses if address in recognised.placed]
        heading = next((part.heading for part in recognised.form.sections if part.table == table.id), table.label)
        found[table.id] = {
            "label": heading,
            "cells": len(addresses),
            "read": states.count("read"),
            "blank": states.count("blank"),
            "ambiguous": states.count("undecided"),
            "missing": len(addresses) - len(states),
            "conflict": sum(address in conflicts for address in addresses),
            "elsewhere": sum(line.shape.table.id == table.id for line, _ in recognised.unplaced),
            "by_order": any(line.by_order for line in recognised.tables.lines if line.shape.table.id == table.id),
        }
    return found
