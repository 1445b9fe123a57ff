"""The layouts in which the figures of a form are published: rows of labels, columns of headers, a slot for each."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from msgspec import Struct

from nianbao.importer.recognition.labels import Label, parse_label
from nianbao.model.form import Form
from nianbao.model.loading.reading import Reading
from nianbao.model.table import Table
from nianbao.model.tables.headings import Block, Heading, list_paths
from nianbao.model.tables.slots import Slot

Path = tuple[Heading, ...]  # the headings on the way to a row or a column, the outermost first


class Layout(Struct, frozen=True, eq=False, dict=True):
    """One way to print the rows of a form's table.

    `block` is the first of the blocks that have these columns; `slots` has a tuple for each row, a slot for each
    column.
    """

    form: Form
    table: Table
    block: Block
    rows: tuple[Path, ...]  # none: one row without a label
    columns: tuple[Path, ...]
    slots: tuple[tuple[Slot, ...], ...]

    @property
    def reading(self) -> Reading:
        """What is known for reading reports of this kind."""
        return self.form.kind.signs

    def _parse(self, *labels: str) -> tuple[Label, ...]:
        return tuple(parse_label(label, self.reading) for label in labels)

    @cached_property
    def row_labels(self) -> tuple[tuple[Label, ...], ...]:
        """The wordings of each row label: its own words, or all labels on the way to it behind each other."""
        return tuple(_list_wordings(path, self.reading) for path in self.rows)

    @cached_property
    def row_groups(self) -> tuple[tuple[Label, ...], ...]:
        """The labels above each row label: of the rows that it is one of."""
        return tuple(self._parse(*(heading.label for heading in path[:-1])) for path in self.rows)

    @cached_property
    def row_aliases(self) -> tuple[tuple[Label, ...], ...]:
        """The aliases of each row label."""
        return tuple(self._parse(*path[-1].aliases) for path in self.rows)

    @cached_property
    def all_row_labels(self) -> frozenset[Label]:
        """Every wording of any row."""
        return frozenset(label for labels in (*self.row_labels, *self.row_aliases) for label in labels)

    @cached_property
    def column_labels(self) -> tuple[tuple[Label, ...], ...]:
        """The wordings of each column's lowest header."""
        return tuple((*_list_wordings(path, self.reading), *self._parse(*path[-1].aliases)) for path in self.columns)

    @cached_property
    def group_labels(self) -> tuple[Label, ...]:
        """The headers that stand over others."""
        return tuple(dict.fromkeys(self._parse(*(heading.label for path in self.columns for heading in path[:-1]))))

    @cached_property
    def header_levels(self) -> tuple[tuple[Heading, ...], ...]:
        """The headers line by line."""
        levels = [self.block.columns]
        while level := tuple(below for heading in levels[-1] for below in heading.below):
            levels.append(level)
        return tuple(levels)

    @cached_property
    def header_cells(self) -> tuple[tuple[Label, ...], ...]:
        """All headers line by line, as the cells of a text have them, with and without the corner."""
        headers = self._parse(*(heading.label for level in self.header_levels for heading in level))
        return ((*self._parse(self.block.corner), *headers), headers) if self.rows else (headers,)

    @cached_property
    def header_texts(self) -> tuple[str, ...]:
        """All headers behind each other, line by line, as plain text has them; with and without the corner."""
        text = "".join(heading.label for level in self.header_levels for heading in level)
        corners = (self.block.corner if self.rows else "", "")
        return tuple(dict.fromkeys(label.full for label in self._parse(*(corner + text for corner in corners))))


def list_layouts(forms: Iterable[Form]) -> tuple[Layout, ...]:
    """List every layout of every table of some forms.

    Blocks with the same columns are one layout, since some print their rows under one set of headers; a row of
    groups may also be printed as a row for each group.
    """
    return tuple(layout for form in forms for table in form.tables for layout in _list_table_layouts(form, table))


def _list_table_layouts(form: Form, table: Table) -> Iterator[Layout]:
    by_columns: dict[tuple[str, ...], list[Block]] = {}
    for block in table.blocks:
        labels = tuple(heading.label for path in list_paths(block.columns) for heading in path)
        by_columns.setdefault(labels, []).append(block)
    for blocks in by_columns.values():
        columns = tuple(list_paths(blocks[0].columns))
        rows = tuple(path for block in blocks for path in list_paths(block.rows))
        slots = [slot for block in blocks for slot in table.list_slots(block)]
        size = len(columns)
        row_slots = tuple(tuple(slots[start : start + size]) for start in range(0, len(slots), size))
        if not row_slots:  # whose rows the data decides, and it has none
            continue
        yield Layout(form, table, blocks[0], rows, columns, row_slots)
        if not rows and (transposed := _transpose_groups(columns, row_slots[0])):
            yield Layout(form, table, blocks[0], *transposed)


def _transpose_groups(
    columns: Sequence[Path], slots: Sequence[Slot]
) -> tuple[tuple[Path, ...], tuple[Path, ...], tuple[tuple[Slot, ...], ...]] | None:
    """Make each group of columns a row, where all groups have the same columns under them.

    Returns the rows, the columns and the slots of the new layout, or None.
    """
    groups: dict[Path, list[tuple[Heading, Slot]]] = {}
    for path, slot in zip(columns, slots, strict=True):
        groups.setdefault(path[:-1], []).append((path[-1], slot))
    column_labels = {tuple(heading.label for heading, _ in group) for group in groups.values()}
    if len(column_labels) != 1 or () in groups:
        return None
    first = next(iter(groups.values()))
    row_slots = tuple(tuple(slot for _, slot in group) for group in groups.values())
    return tuple(groups), tuple((heading,) for heading, _ in first), row_slots


def _list_wordings(path: Path, reading: Reading) -> tuple[Label, ...]:
    """Word a path by its last label, and by all its labels behind each other."""
    wordings = [parse_label(path[-1].label, reading)]
    if len(path) > 1:
        joined = "".join(parse_label(part.label, reading).core for part in path)
        wordings.append(Label(wordings[0].ordinal, joined, joined))
    return tuple(wordings)
