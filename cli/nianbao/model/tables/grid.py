"""The grid of a table: the cells that its headings and figures are printed in."""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from nianbao.model.tables.headings import Block, Heading, join_ids, list_paths, measure_breadth, measure_depth
from nianbao.model.tables.slots import Slot

Role = Literal["banner", "corner", "header", "label", "figure"]


class Cell(Struct, frozen=True):
    """A cell of the grid: row and column, counted from 0, spans, and a text or the slot of a figure.

    Of a row's label, `ids` are the ids of the row or the rows that it is of.
    """

    row: int
    column: int
    rowspan: int
    colspan: int
    role: Role
    text: str = ""
    slot: Slot | None = None
    ids: str = ""


class BlockRows(Struct, frozen=True):
    """The numbers of grid rows of one block: of its banner and column headers, and of its body."""

    header_rows: int
    body_rows: int


class Grid(Struct, frozen=True):
    """The grid of a table: `cells` fill the rectangle of `rows` × `columns`, without gap or overlap."""

    rows: int
    columns: int
    label_columns: int  # how many columns at the left hold row labels
    blocks: tuple[BlockRows, ...]
    cells: tuple[Cell, ...]


def make_grid(blocks: Sequence[tuple[Block, Sequence[Slot]]], *, has_labels: bool = True) -> Grid:
    """Make the grid of blocks, each with its slots row by row: a cell for every heading and figure."""
    label_columns = max((measure_depth(block.rows) for block, _slots in blocks), default=0) if has_labels else 0
    width = label_columns + max((measure_breadth(block.columns) for block, _slots in blocks), default=0)
    cells: list[Cell] = []
    block_rows: list[BlockRows] = []
    top = 0
    for block, slots in blocks:
        header = measure_depth(block.columns)
        body = measure_breadth(block.rows, span=False) or 1
        banner = 1 if block.banner else 0
        if banner:
            cells.append(Cell(top, 0, 1, width, "banner", block.banner))
        cells += _place_block(block, slots, top + banner, label_columns, width)
        block_rows.append(BlockRows(banner + header, body))
        top += banner + header + body
    cells.sort(key=lambda cell: (cell.row, cell.column))
    return Grid(top, width, label_columns, tuple(block_rows), tuple(cells))


def _place_block(block: Block, slots: Sequence[Slot], top: int, label_columns: int, width: int) -> Iterator[Cell]:
    header = measure_depth(block.columns)
    if label_columns:
        yield Cell(top, 0, header, label_columns, "corner", block.corner)
    yield from _place_column_headers(block.columns, top, label_columns, header, width)
    first = top + header
    if label_columns:
        yield from _place_row_labels(block.rows, first, 0, label_columns, "")
        if not block.rows:
            yield Cell(first, 0, 1, label_columns, "label")
    leaves, rest = list_paths(block.columns), iter(slots)
    for row in range(measure_breadth(block.rows, span=False) or 1):
        column = label_columns
        for number, leaf in enumerate(leaves):
            span = leaf[-1].span if number + 1 < len(leaves) else width - column
            yield Cell(first + row, column, 1, span, "figure", slot=next(rest))
            column += span


def _place_column_headers(headings: tuple[Heading, ...], top: int, left: int, levels: int, end: int) -> Iterator[Cell]:
    """Place column headers; the last one extends to the column `end`, so that a narrow block fills its table."""
    for number, heading in enumerate(headings):
        right = left + measure_breadth((heading,)) if number + 1 < len(headings) else end
        rowspan = 1 if heading.below else levels
        yield Cell(top, left, rowspan, right - left, "header", heading.label)
        yield from _place_column_headers(heading.below, top + 1, left, levels - 1, right)
        left = right


def _place_row_labels(headings: tuple[Heading, ...], top: int, left: int, end: int, above: str) -> Iterator[Cell]:
    """Place row labels; one that has none below it extends to the first column of figures, `end`."""
    for heading in headings:
        rowspan = measure_breadth((heading,), span=False)
        colspan = 1 if heading.below else end - left
        ids = join_ids(above, heading.id)
        yield Cell(top, left, rowspan, colspan, "label", heading.label, ids=ids)
        yield from _place_row_labels(heading.below, top, left + 1, end, ids)
        top += rowspan
