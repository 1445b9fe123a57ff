"""Published tables that are lists: found by their heads, which are the columns of a list, in whatever order."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.importer.recognition.labels import MIN_SIMILARITY, normalize, parse_label
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedDocument, PublishedTable
from nianbao.importer.recognition.tables.columns import Alignment, align_heads
from nianbao.importer.recognition.tables.layouts import Layout, list_layouts
from nianbao.importer.recognition.tables.page_breaks import is_continuation
from nianbao.model.form import Form
from nianbao.model.i18n import _, join_words
from nianbao.model.tables.headings import list_paths

_MAX_TITLES = 3  # rows above the heads, each with one text
_MAX_CONTEXT = 3  # texts before a table that may say which list it is


class ListTable(Struct, frozen=True):
    """A published table that is a list: the index of its block, and its heads aligned with the columns of the list.

    `first` is the row below all `heads`; those that are `unknown` are no column. `missing` are columns without a head.
    """

    block: int
    table: PublishedTable
    layout: Layout
    alignment: Alignment
    first: int = 0
    heads: tuple[PublishedCell, ...] = ()
    unknown: tuple[PublishedCell, ...] = ()
    missing: tuple[str, ...] = ()


class FoundLists(Struct, frozen=True):
    """The tables of a report that are lists, and by block why others are not read, whose heads are those of a list."""

    tables: tuple[ListTable, ...] = ()
    doubtful: Mapping[int, str] = field(default_factory=dict)

    @property
    def blocks(self) -> set[int]:
        """The indexes of the blocks that are lists."""
        return {one.block for one in self.tables}


def find_lists(document: PublishedDocument, form: Form) -> FoundLists:
    """Find the tables of a report that are lists of a form; one may go on in the next table, on another page."""
    lists = _list_layouts_of_lists(form)
    if not lists:
        return FoundLists()
    others = list_layouts([form])
    found: list[ListTable] = []
    doubtful: dict[int, str] = {}
    number, last = 0, None
    for index, block in enumerate(document.blocks):
        if isinstance(block, Paragraph):
            last = None if block.level else last
            continue
        number += 1
        table = replace(block, place=replace(block.place, table=number))
        near = [one for layout in lists if (one := _match_heads(index, table, layout, others))]
        fits = [one for one in near if not one.missing]
        chosen = fits[0] if len(fits) == 1 else _choose_by_context(fits, document, index)
        if near and not chosen:
            doubtful[index] = _describe_doubt(table, fits or near)
        elif not chosen and last and table.place.page > last.table.place.page and is_continuation(last.table, table):
            chosen = ListTable(index, table, last.layout, last.alignment, heads=last.heads)
        last = chosen
        found += [chosen] if chosen else []
    return FoundLists(tuple(found), doubtful)


def _list_layouts_of_lists(form: Form) -> list[Layout]:
    """Make a layout of the columns of each list, with no rows."""
    tables = [table for table in form.fixed.open_tables.values() if table.list_rules]
    return [
        Layout(form, table, block, (), tuple(list_paths(block.columns)), ())
        for table in tables
        for block in table.blocks
        if not any(column.has_open for column in block.columns)
    ]


def _match_heads(index: int, table: PublishedTable, layout: Layout, others: Sequence[Layout]) -> ListTable | None:
    """Find the heads of a list, below titles of the whole table: most columns but those that are printed as notes."""
    rows = sorted({cell.top for cell in table.cells if cell.text.strip()})
    depth = len(layout.header_levels)
    needed = [column for column, path in enumerate(layout.columns) if not path[-1].note]
    for top in rows[: _MAX_TITLES + 1]:
        heads = [cell for cell in table.cells if top <= cell.top < top + depth and cell.text.strip()]
        alignment = align_heads(heads, layout)
        named = {column: head for head, column in alignment.headers}
        missing = tuple(layout.columns[column][-1].label for column in needed if column not in named)
        unknown = tuple(head for head in heads if _is_unknown(head, named.values(), layout))
        is_near = len(named) > max(1, len(missing)) or (named and not (unknown or missing))
        if is_near and not _is_of_table(heads, others, len(named)):
            return ListTable(index, table, layout, alignment, top + depth, tuple(heads), unknown, missing)
        if sum(cell.top == top for cell in heads) > 1:
            break  # no title of the table
    return None


def _is_of_table(heads: Sequence[PublishedCell], others: Sequence[Layout], size: int) -> bool:
    """Tell whether as many heads are those of a table with fixed rows, its corner among them."""
    for layout in others:
        count = len(align_heads(heads, layout).headers)
        corner = parse_label(layout.block.corner, layout.reading)
        corners = [parse_label(head.text, layout.reading).compare_to(corner) >= MIN_SIMILARITY for head in heads]
        if count == len(layout.columns) and count + any(corners) >= size:
            return True
    return False


def _is_unknown(head: PublishedCell, named: Collection[PublishedCell], layout: Layout) -> bool:
    """Tell whether a head is no column, stands over none, and is not that of a column that numbers the rows."""
    is_number = normalize(head.text, layout.reading) in layout.reading.file.ordinals.headers
    return not is_number and head not in named and not any(head.overlap(one) > 0 for one in named)


def _choose_by_context(fits: Sequence[ListTable], document: PublishedDocument, index: int) -> ListTable | None:
    """Choose the list whose label or heading stands before a table whose heads are those of several."""
    texts = [block.plain for block in document.blocks[:index] if isinstance(block, Paragraph)][-_MAX_CONTEXT:]
    named = [one for one in fits if any(_is_name(text, one.layout) for text in texts)]
    return named[0] if len(named) == 1 else None


def _is_name(text: str, layout: Layout) -> bool:
    """Tell whether a text is the label of a list, or the heading of its section."""
    labels = [layout.table.label, *(one.heading for one in layout.form.sections if one.table == layout.table.id)]
    given = parse_label(text, layout.reading)
    return any(given.compare_to(parse_label(label, layout.reading)) >= MIN_SIMILARITY for label in labels if label)


def _describe_doubt(table: PublishedTable, near: Sequence[ListTable]) -> str:
    """Say why a table is not read whose heads are those of several lists, or lack some of one."""
    lists = join_words(f"“{one.layout.table.label}”" for one in near)
    if missing := near[0].missing:
        heads = join_words(f"“{head}”" for head in missing)
        return _("list-lacks-heads", table=table.place.table, list=lists, heads=heads)
    return _("heads-of-several-lists", table=table.place.table, lists=lists)
