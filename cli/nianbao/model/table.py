"""Tables of forms: trees of row and column headings with ids, and the figures that they make.

Rendering prints the grid, rules use the addresses of its figures, and an import recognizes it; no other module
defines the position of a figure.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct, field

from nianbao.model.tables.grid import Grid, make_grid
from nianbao.model.tables.headings import Block, Heading, Line, join_ids, list_block_lines
from nianbao.model.tables.slots import Slot, TraitsOfLines


class ListRules(Struct, frozen=True):
    """What a list must be: which columns are unique together, how many entries it has, and how it is printed."""

    key: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    at_least: int = 0
    at_most: int | None = None
    none: str = ""  # printed where there is no entry


class Opened(NamedTuple):
    """The open headings among the rows and the columns of a block, by the ids of the row or column that they make."""

    rows: Mapping[str, Heading]
    columns: Mapping[str, Heading]


class BlockLines(NamedTuple):
    """The rows and columns of one block, and its slots row by row."""

    rows: list[Line]
    columns: list[Line]
    slots: list[Slot]


class Table(Struct, frozen=True, dict=True):
    """A table of a form: blocks of rows and columns; `widths` are relative, one for each grid column.

    Of a table with open rows or columns, `blocks` has those that the data of a report has, and `opened` the open
    headings of each block; `open_rows` has open rows by address, those of blocks without a row too. `names` has the
    addresses of texts by which entries are named, with their labels.
    """

    id: str
    label: str
    blocks: tuple[Block, ...]
    widths: tuple[float, ...] = ()
    list_rules: ListRules | None = None
    fold: bool = False  # rows without a figure other than 0, and blank columns, are not printed
    outline: bool = False  # labels of rows are printed in one column, indented
    name: str = ""  # on a page, of a part of a table
    opened: tuple[Opened, ...] = ()
    open_rows: Mapping[str, Heading] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def page_id(self) -> str:
        """The id that it has on a page."""
        return self.name or self.id

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The slots of all figures of the table, in the order in which they are printed."""
        return tuple(slot for lines in self.lines for slot in lines.slots)

    @cached_property
    def expected_slots(self) -> tuple[Slot, ...]:
        """The slots of figures and values that the form expects to be filled."""
        return tuple(slot for slot in self.slots if slot.traits.said.get("expected") and not slot.is_note)

    @cached_property
    def lines(self) -> tuple[BlockLines, ...]:
        """The rows, columns and slots of every block."""
        return tuple(self._list_lines(block) for block in self.blocks)

    @cached_property
    def has_open(self) -> bool:
        """Whether the data decides rows or columns of it."""
        return any(heading.has_open for block in self.blocks for heading in (*block.rows, *block.columns))

    def list_slots(self, block: Block) -> list[Slot]:
        """List the slots of one block, row by row."""
        return next(
            (lines for known, lines in zip(self.blocks, self.lines, strict=True) if known is block),
            self._list_lines(block),
        ).slots

    def _list_lines(self, block: Block) -> BlockLines:
        rows, columns, traits = list_block_lines(block.rows), list_block_lines(block.columns), TraitsOfLines()
        slots = []
        for row in rows:
            prefix = join_ids(self.id, row.ids)
            slots += [
                Slot(join_ids(prefix, column.ids), row.path, column.path, traits.find(row, column))
                for column in columns
            ]
        return BlockLines(rows, columns, slots)

    def make_grid(self) -> Grid:
        """Make the grid of the table, with a cell for every heading and figure."""
        blocks = [(block, lines.slots) for block, lines in zip(self.blocks, self.lines, strict=True)]
        return make_grid(blocks, has_labels=self.list_rules is None)
