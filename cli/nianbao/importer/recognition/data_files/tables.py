"""The tables of a data file: a line for each row, with comments on what was not read."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from msgspec.structs import replace

from nianbao.datafiles.syntax_tree import BLANK, EntryNode, SectionNode
from nianbao.importer.recognition.data_files.comments import (
    describe_blank_row,
    describe_cells,
    describe_undecided,
    describe_unproven,
)
from nianbao.importer.recognition.data_files.entries import list_arrays, make_array
from nianbao.importer.recognition.data_files.toml_values import format_value, make_cell, make_entry
from nianbao.importer.recognition.proof import find_unproven
from nianbao.importer.recognition.recognized_report import RecognizedReport
from nianbao.importer.recognition.tables.cells import RecognizedCell
from nianbao.model.table import Table
from nianbao.model.tables.slots import Slot

_Rows: TypeAlias = dict[str, list[Slot]]


def list_tables(recognized: RecognizedReport, *, found: bool) -> Iterator[tuple[str, Table]]:
    """Give the tables of which something was found, or nothing, each with the heading of its section."""
    form = recognized.form
    for table in form.tables:
        if table.slots and any(slot.address in recognized.cells_by_address for slot in table.slots) == found:
            yield next((part.heading for part in form.sections if part.table == table.id), table.label), table


def make_table_sections(recognized: RecognizedReport, heading: str, table: Table) -> Iterator[SectionNode]:
    """Write the figures of a table, a line for each row, with comments above a row on what was left out.

    Entries of open rows are written as arrays, behind the other rows.
    """
    found, locale = recognized.cells_by_address, recognized.form.locale
    unproven, arrays = set(find_unproven(recognized)), list_arrays(table)
    rows = _group_rows(slot for slot in table.slots if not slot.address.startswith(tuple(f"{at}." for at in arrays)))
    missing = [slots[0].row_label for slots in rows.values() if all(slot.address not in found for slot in slots)]
    join = locale.file.lists.join.join
    comments = [f"# {locale.say('import-missing-rows', rows=join(missing))}"] if missing else []
    entries: list[EntryNode] = []
    if _is_blank(found[slot.address] for slot in table.slots if slot.address in found):
        comments.append(f"# {locale.say('import-blank-table')}")
        rows = {}
    for row, slots in rows.items():
        cells = [(slot, found[slot.address]) for slot in slots if slot.address in found]
        if not cells:
            continue
        published_row = recognized.rows_by_address[cells[0][0].address]
        comments += [f"# {words}" for words in describe_undecided(cells, published_row, locale)]
        keys = (table.id, *row.split("."))
        figures = [
            make_entry(slot.column, format_value(cell.content), keys).cell
            for slot, cell in cells
            if cell.content is not None
        ]
        if figures:
            separator = locale.say("import-separator")
            evidence = [] if published_row.evidence == "label" else [locale.say(f"import-by-{published_row.evidence}")]
            notes = [*describe_cells(cells, len(slots), locale), *describe_unproven(cells, unproven, locale)]
            beside = separator.join([slots[0].row_label, *evidence, *notes])
            entries.append(EntryNode(make_cell(keys, "{}"), tuple(figures), tuple(comments), f"# {beside}"))
            comments = []
        elif any(cell.state == "blank" for _, cell in cells):
            what = describe_blank_row(cells, locale)
            comments.append(f"# {locale.say('import-row', label=slots[0].row_label, what=what)}")
    below = [node for array in arrays for node in make_array(recognized, array)]
    entries += [node for node in below if isinstance(node, EntryNode)]
    above: tuple[str, ...] = (BLANK, f"# {heading}")
    if table.id not in arrays:
        yield SectionNode((table.id,), (table.id,), above=above, entries=tuple(entries), tail=tuple(comments))
        above = (BLANK,)
    for node in below:
        if isinstance(node, SectionNode):
            yield replace(node, above=(*above, *node.above))
            above = (BLANK,)


def _group_rows(slots: Iterable[Slot]) -> _Rows:
    rows: _Rows = {}
    for slot in slots:
        rows.setdefault(slot.row, []).append(slot)
    return rows


def _is_blank(cells: Iterable[RecognizedCell]) -> bool:
    """Return whether nothing at all stands in some cells."""
    return all(cell == RecognizedCell(cell.slot, "blank", left=cell.left) for cell in cells)
