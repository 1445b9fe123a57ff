"""The rows of published lists as entries of a report: the form with a row for each, and each cell read or undecided."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from nianbao.importer.recognition.labels import normalize
from nianbao.importer.recognition.lists.list_tables import FoundLists, ListTable
from nianbao.importer.recognition.lists.printed_words import read_printed
from nianbao.importer.recognition.lists.total_rows import is_total
from nianbao.importer.recognition.published import PublishedCell
from nianbao.importer.recognition.tables.cells import RecognizedCell, RecognizedRow
from nianbao.importer.recognition.tables.layouts import list_layouts
from nianbao.importer.recognition.tables.places.placed_cells import place_cells
from nianbao.model.facts import Facts, Tree
from nianbao.model.form import Form
from nianbao.model.i18n import _, join_words
from nianbao.model.report import fill_form
from nianbao.model.tables.slots import Slot

_MIN_COLUMNS = 2  # with no more nobody can tell what is no entry
_MAX_UNKNOWN = 3  # texts without a column that a note names


class ReadLists(Struct, frozen=True):
    """What the lists of a report say: the form with their entries, a row for each, and what has no place in them."""

    form: Form
    rows: tuple[RecognizedRow, ...] = ()
    extra_rows: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Entry(Struct, frozen=True):
    """A row of a list, its cells by column; of an undecided one the text that stands there."""

    table: ListTable
    top: int
    texts: Mapping[int, str]
    undecided: Mapping[int, str]


def read_lists(found: FoundLists, form: Form, *, exact: bool) -> ReadLists:
    """Read the lists of a form, each in its order; the form that is returned has a row for each of their entries."""
    entries: dict[str, list[_Entry]] = {}
    extra: list[str] = []
    for one in found.tables:
        own = entries.setdefault(one.layout.table.id, [])
        for top, cells in _list_rows(one):
            placed = None if _is_no_entry(one, top, cells) else _place(one, top, cells)
            if placed:
                own.append(placed)
            else:
                extra.append(" | ".join(cell.text for cell in cells))
    read = _read_entries(entries, form, exact=exact)
    totals = [name for name, rows in read.rows.items() if is_total(rows[-1], rows[:-1])]
    for name in totals:
        last = entries[name].pop()
        extra.append(" | ".join({**last.texts, **last.undecided}.values()))
    read = _read_entries(entries, form, exact=exact) if totals else read
    rows = tuple(row for of_list in read.rows.values() for row in of_list)
    return ReadLists(read.form, rows, tuple(extra), tuple(_describe_unknown(found.tables)))


class _ReadEntries(Struct, frozen=True):
    """The form with a row for each entry, and these rows by their list."""

    form: Form
    rows: Mapping[str, list[RecognizedRow]]


def _read_entries(entries: Mapping[str, Sequence[_Entry]], form: Form, *, exact: bool) -> _ReadEntries:
    if not any(entries.values()):
        return _ReadEntries(form, {})
    tree: Tree = {name: {str(number): {} for number, _one in enumerate(own, 1)} for name, own in entries.items()}
    numbers: dict[tuple[str, ...], str] = {(name, key): key for name, own in tree.items() for key in own}
    expanded = fill_form(form, Facts("", "", tree, numbers)).form
    rows: dict[str, list[RecognizedRow]] = {}
    for layout in list_layouts([expanded]):
        for index, entry in enumerate(entries.get(layout.table.id, ())):
            cells = tuple(_read_cells(entry, layout.slots[index], expanded, exact=exact))
            place = entry.table.table.locate_row(entry.top)
            row = RecognizedRow(layout, index, cells, entry.table.block, place=place)
            rows.setdefault(layout.table.id, []).append(row)
    return _ReadEntries(expanded, rows)


def _list_rows(one: ListTable) -> Iterator[tuple[int, list[PublishedCell]]]:
    """Give the rows below the heads that say something, with the cells that reach into them; heads may be repeated."""
    heads = {" ".join(head.text.split()) for head, _column in one.alignment.headers}
    for starts, above in one.table.iterate_rows():
        cells = sorted([*starts, *above], key=lambda cell: cell.left)
        filled = [cell for cell in cells if cell.text.strip()]
        is_head = heads <= {" ".join(cell.text.split()) for cell in filled}
        if filled and starts and starts[0].top >= one.first and not is_head:
            yield starts[0].top, cells


def _is_no_entry(one: ListTable, top: int, cells: Sequence[PublishedCell]) -> bool:
    """Tell whether a row has one text, as a title or a remark has, or is the first one and numbers the columns.

    In a list of one or two columns it may be an entry.
    """
    reading = one.layout.reading
    numbers = [reading.parse_numeral(normalize(cell.text, reading)) for cell in cells]
    are_numbers = top == one.first and numbers == [*range(1, len(numbers) + 1)]
    is_alone = sum(bool(cell.text.strip()) for cell in cells) == 1
    return len(one.layout.columns) > _MIN_COLUMNS and (are_numbers or is_alone)


def _place(one: ListTable, top: int, cells: Sequence[PublishedCell]) -> _Entry | None:
    """Put the cells of a row under the heads; None for one of which no text stands under one head alone."""
    size = len(one.layout.columns)
    placed = place_cells(cells, one.alignment, size)
    if placed is None:
        text = " ".join(cell.text for cell in cells if cell.text.strip())
        return _Entry(one, top, {}, {column: text for _head, column in one.alignment.headers})
    texts, undecided = dict(placed.cells), dict(placed.unclear)
    for head, column in one.alignment.headers:
        spanning = [cell for cell in cells if cell.bottom > cell.top + 1 and cell.overlap(head) > 0]
        if spanning and column in texts:
            undecided[column] = texts.pop(column)  # one cell for several rows
    return _Entry(one, top, texts, undecided) if any(text.strip() for text in texts.values()) else None


def _read_cells(entry: _Entry, slots: Sequence[Slot], form: Form, *, exact: bool) -> Iterator[RecognizedCell]:
    lefts = {column: head.left for head, column in entry.table.alignment.headers}
    for column, slot in enumerate(slots):
        if column in entry.undecided:
            printed = entry.undecided[column]
            yield RecognizedCell(slot, "undecided", printed=printed, reason="column", left=lefts[column])
        elif column in entry.texts:
            cell = read_printed(entry.texts[column], slot, form, exact=exact)
            yield replace(cell, left=lefts[column])


def _describe_unknown(found: Sequence[ListTable]) -> Iterator[str]:
    """Say which columns of the file a list has not, and what stands under no head at all."""
    for one in found:
        label = one.layout.table.label
        if one.unknown:
            heads = join_words(f"“{' '.join(head.text.split())}”" for head in one.unknown)
            yield _("list-columns-unknown", list=label, heads=heads)
        stray = [
            cell.text
            for _top, cells in _list_rows(one)
            for cell in cells
            if cell.text.strip() and not any(cell.overlap(head) > 0 for head in one.heads)
        ]
        if stray:
            texts = join_words(f"“{' '.join(text.split())}”" for text in stray[:_MAX_UNKNOWN])
            yield _("list-texts-without-column", list=label, count=len(stray), texts=texts)
