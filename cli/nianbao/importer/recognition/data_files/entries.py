"""The entries of open rows, which a data file has as arrays."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from nianbao.datafiles.syntax_tree import EntryNode, Keys, SectionNode
from nianbao.importer.recognition.data_files.comments import describe_undecided
from nianbao.importer.recognition.data_files.toml_values import format_inline, format_keys, make_cell, make_entry
from nianbao.importer.recognition.recognized_report import RecognizedReport
from nianbao.importer.recognition.tables.cells import RecognizedCell
from nianbao.model.facts import find_value
from nianbao.model.open_rows.filling import make_arrays
from nianbao.model.report import nest_values
from nianbao.model.table import Table
from nianbao.model.tables.headings import ENTRY
from nianbao.model.tables.slots import Slot

_Rows: TypeAlias = dict[str, list[tuple[Slot, RecognizedCell]]]  # the cells of each row of an entry


def list_arrays(table: Table) -> list[str]:
    """List the addresses of open rows whose entries are arrays in a data file, without those within others."""
    found = [address for address, heading in table.open_rows.items() if heading.each == ENTRY]
    return [address for address in found if not any(address.startswith(f"{other}.") for other in found)]


def make_array(recognized: RecognizedReport, array: str) -> Iterator[EntryNode | SectionNode]:
    """Write the entries of an array: each on a line of its own, or below a header where it has rows itself."""
    items, keys = list(_list_items(recognized, array)), tuple(array.split("."))
    if len(keys) > 1 and not any(isinstance(value, dict) for item, _comments in items for value in item.values()):
        lines = [line for item, comments in items for line in (*comments, f"{format_inline(item)},")]
        if lines:
            yield EntryNode(make_cell(keys, "\n  ".join(["[", *lines]) + "\n]"))
    else:
        for item, comments in items:
            entries = tuple(_make_leaves(item, keys))
            yield SectionNode(keys, format_keys(keys), is_array=True, above=comments, entries=entries)


def _list_items(recognized: RecognizedReport, array: str) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
    """Give the values of each entry of an array, as a tree, and comments on what was left out."""
    form, size = recognized.form, array.count(".") + 2
    entries: dict[str, _Rows] = {}  # by address
    for address, cell in recognized.cells_by_address.items():
        if address.startswith(f"{array}."):
            slot = form.slots[address]
            rows = entries.setdefault(".".join(address.split(".")[:size]), {})
            rows.setdefault(slot.row, []).append((slot, cell))
    for entry, rows in entries.items():
        values = {at: value for at, value in recognized.texts.facts.items() if at.startswith(f"{entry}.")}
        cells = [cell for of_row in rows.values() for cell in of_row]
        values |= {slot.address: cell.content for slot, cell in cells if cell.content is not None}
        tree = make_arrays(form, nest_values(values or {entry: {}}))
        comments = [
            f"# {words}"
            for of_row in rows.values()
            for words in describe_undecided(of_row, recognized.rows_by_address[of_row[0][0].address], form.locale)
        ]
        item = find_value(tree, f"{array}.0")
        yield item if isinstance(item, dict) else {}, tuple(comments)


def _make_leaves(item: Mapping[str, Any], keys: Keys) -> Iterator[EntryNode]:
    for key, value in item.items():
        if isinstance(value, dict) and any(isinstance(below, dict | list) for below in value.values()):
            yield from _make_leaves(value, (*keys, key))
        else:
            yield make_entry(key, format_inline(value), keys)
