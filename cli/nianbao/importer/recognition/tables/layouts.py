"""The shapes in which the figures of a form are published: rows of labels, columns of heads, a slot for each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from nianbao.importer.recognition.labels import Label, parse_label
from nianbao.model.form import Form
from nianbao.model.table import Block, Heading, Slot, Table, paths

Path = tuple[Heading, ...]


@dataclass(frozen=True, eq=False)
class Layout:
    """One way to print a block of a form, the first of those with its columns: `slots` has a line for each row."""

    form: Form
    table: Table
    block: Block
    rows: tuple[Path, ...]  # none: one row without a label
    columns: tuple[Path, ...]
    slots: tuple[tuple[Slot, ...], ...]

    @cached_property
    def row_labels(self) -> tuple[tuple[Label, ...], ...]:
        """The ways to word each row label: by itself, or by all labels on the way to it behind each other."""
        return tuple(_list_wordings(path) for path in self.rows)

    @cached_property
    def row_aliases(self) -> tuple[tuple[Label, ...], ...]:
        """The aliases of each row label."""
        return tuple(tuple(map(parse_label, path[-1].aliases)) for path in self.rows)

    @cached_property
    def labels(self) -> frozenset[Label]:
        """Every way to word any row."""
        return frozenset(way for ways in (*self.row_labels, *self.row_aliases) for way in ways)

    @cached_property
    def column_labels(self) -> tuple[tuple[Label, ...], ...]:
        """The ways to word each last column head."""
        return tuple((*_list_wordings(path), *map(parse_label, path[-1].aliases)) for path in self.columns)

    @cached_property
    def group_labels(self) -> tuple[Label, ...]:
        """The heads that stand over others."""
        return tuple(dict.fromkeys(parse_label(heading.label) for path in self.columns for heading in path[:-1]))

    @cached_property
    def levels(self) -> tuple[tuple[Heading, ...], ...]:
        """The heads line by line."""
        found = [self.block.columns]
        while level := tuple(below for heading in found[-1] for below in heading.below):
            found.append(level)
        return tuple(found)

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """All heads behind each other, line by line, as a text without a grid has them; with the corner and without."""
        said = "".join(heading.label for level in self.levels for heading in level)
        return tuple(
            dict.fromkeys(parse_label(corner + said).whole for corner in (self.block.corner if self.rows else "", ""))
        )


def list_layouts(forms: Iterable[Form]) -> tuple[Layout, ...]:
    """Every shape of every table of some forms.

    Blocks with the same columns are one shape, since some print their rows under one set of heads; a row of
    groups may also be printed as a row for each group.
    """
    return tuple(shape for form in forms for table in form.tables for shape in _list_table_layouts(form, table))


def _list_table_layouts(form: Form, table: Table) -> Iterator[Layout]:
    alike: dict[tuple[str, ...], list[Block]] = {}
    for block in table.blocks:
        alike.setdefault(tuple(heading.label for path in paths(block.columns) for heading in path), []).append(block)
    for blocks in alike.values():
        columns = tuple(paths(blocks[0].columns))
        rows = tuple(path for block in blocks for path in paths(block.rows))
        slots = [slot for block in blocks for slot in table.slots_of(block)]
        size = len(columns)
        lines = tuple(tuple(slots[at : at + size]) for at in range(0, len(slots), size))
        yield Layout(form, table, blocks[0], rows, columns, lines)
        if not rows and (turned := _transpose_groups(columns, lines[0])):
            yield Layout(form, table, blocks[0], *turned)


def _transpose_groups(
    columns: Sequence[Path], slots: Sequence[Slot]
) -> tuple[tuple[Path, ...], tuple[Path, ...], tuple[tuple[Slot, ...], ...]] | None:
    """Make each group of columns a row, where all groups have the same columns under them."""
    groups: dict[Path, list[tuple[Heading, Slot]]] = {}
    for path, slot in zip(columns, slots, strict=True):
        groups.setdefault(path[:-1], []).append((path[-1], slot))
    heads = {tuple(heading.label for heading, _ in group) for group in groups.values()}
    if len(heads) != 1 or () in groups:
        return None
    first = next(iter(groups.values()))
    lines = tuple(tuple(slot for _, slot in group) for group in groups.values())
    return tuple(groups), tuple((heading,) for heading, _ in first), lines


def _list_wordings(path: Path) -> tuple[Label, ...]:
    """Word a path by its last label, or by all its labels behind each other."""
    ways = [parse_label(path[-1].label)]
    if len(path) > 1:
        ways.append(Label(ways[0].ordinal, *["".join(parse_label(part.label).core for part in path)] * 2))
    return tuple(ways)
