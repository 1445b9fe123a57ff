"""Tables of forms: trees of row and column headings with ids, and the grid of cells that they make.

Rendering prints the grid, rules use the addresses of its figures, and an import recognizes it; no other module
defines the position of a figure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

from msgspec import Meta

from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.value_types import MONEY_DECIMALS, ValueType, ValueTypeName, make_value_type

PLACES = Meta(ge=0, le=MONEY_DECIMALS)  # as many as exports and spreadsheets keep
ROLLUP = r"^(sum|max|min|none|weighted:[\w.]+)?$"
_UNSAID: tuple[object, ...] = (None, "", (), False)  # of a key of a heading
Role = Literal["banner", "corner", "header", "label", "figure"]


class Heading(Shape, frozen=True):
    """A label of a row or column; a heading without an id only groups others and is not part of addresses."""

    label: Annotated[str, Meta(description="field-heading-label")]
    id: Annotated[str, Meta(description="field-heading-id")] = ""
    aliases: Annotated[tuple[Text, ...], Meta(description="field-heading-aliases")] = ()
    type: Annotated[ValueTypeName | Literal[""], Meta(description="field-heading-type")] = ""
    choices: Annotated[tuple[Text, ...], Meta(description="field-type-choices")] = ()
    places: Annotated[Annotated[int, PLACES] | None, Meta(description="field-type-places")] = None
    currency: Annotated[str, Meta(description="field-type-currency")] = ""
    optional: Annotated[bool, Meta(description="field-heading-optional")] = False
    nothing: Annotated[str | None, Meta(description="field-heading-nothing")] = None
    rollup: Annotated[str, Meta(description="field-heading-rollup", pattern=ROLLUP)] = ""
    unit: Annotated[str, Meta(description="field-heading-unit")] = ""
    unit_in_cell: Annotated[bool, Meta(description="field-heading-unit-in-cell")] = False
    span: Annotated[int, Meta(description="field-heading-span", ge=1, le=100)] = 1
    below: Annotated[tuple["Heading", ...], Meta(description="field-heading-below")] = ()


class Block(Shape, frozen=True):
    """Rows below one set of column headers; a table has one block, or several below each other."""

    columns: Annotated[tuple[Heading, ...], Meta(description="field-block-columns", min_length=1)]
    rows: Annotated[tuple[Heading, ...], Meta(description="field-block-rows")] = ()
    banner: Annotated[str, Meta(description="field-block-banner")] = ""
    corner: Annotated[str, Meta(description="field-block-corner")] = ""


@dataclass(frozen=True)
class Slot:
    """The position of one figure in a table: its address and the headings of its row and column, outermost first."""

    address: str
    rows: tuple[Heading, ...]
    columns: tuple[Heading, ...]

    @cached_property
    def value_type(self) -> ValueType:
        """The type of the value: that of its column, else of its row, else `count`; ValueError says what it lacks."""
        name, choices, places = self._find("type") or "count", self._find("choices"), self._find("places")
        return make_value_type(name, choices or (), places, self._find("currency") or "")

    @cached_property
    def is_optional(self) -> bool:
        """Whether the value is absent where it is left out, rather than 0."""
        return not self.value_type.is_number or bool(self._find("optional"))

    @cached_property
    def nothing(self) -> str | None:
        """What is printed where the value is absent; None as the language has it."""
        nothing: str | None = self._find("nothing")
        return nothing

    @cached_property
    def rollup(self) -> str:
        """How the values of several offices make one: sum, max, min, none, or `weighted:` and a column."""
        return str(self._find("rollup") or ("sum" if self.value_type.adds_up else "none"))

    @cached_property
    def weight(self) -> str:
        """The address of the figure that weighs this one in a rollup, or an empty text."""
        way, _colon, column = self.rollup.partition(":")
        return self.address.removesuffix(self.column) + column if way == "weighted" else ""

    @cached_property
    def unit(self) -> str:
        """The unit of the figure (件, 元, 万元 …), or an empty text."""
        return str(self._find("unit") or "")

    @cached_property
    def suffix(self) -> str:
        """The text after the figure in its cell: the unit, if a heading has `unit_in_cell`, or an empty text."""
        return self.unit if any(part.unit_in_cell for part in (*self.rows, *self.columns)) else ""

    @property
    def row(self) -> str:
        """The ids of the row, joined with dots, or of the group of columns in a table of one unlabelled row."""
        return ".".join(part.id for part in self.rows or self.columns[:-1] if part.id)

    @property
    def column(self) -> str:
        """The ids of the column, joined with dots, without those in `row`."""
        return ".".join(part.id for part in (self.columns if self.rows else self.columns[-1:]) if part.id)

    @property
    def row_label(self) -> str:
        """The label of the row, or of the group of columns in a table of one unlabelled row."""
        path = self.rows or self.columns[:-1]
        return path[-1].label if path else ""

    def _find(self, attribute: str) -> Any:  # noqa: ANN401  # of the attribute's type
        """Find what the nearest heading says, of the column first; None where none says anything."""
        values = (getattr(heading, attribute) for heading in (*reversed(self.columns), *reversed(self.rows)))
        return next((value for value in values if value not in _UNSAID), None)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the grid: row and column, counted from 0, spans, and a text or the slot of a figure."""

    row: int
    column: int
    rowspan: int
    colspan: int
    role: Role
    text: str = ""
    slot: Slot | None = None


@dataclass(frozen=True, slots=True)
class BlockRows:
    """The numbers of grid rows of one block: of its banner and column headers, and of its body."""

    header_rows: int
    body_rows: int


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of a table: `cells` fill the rectangle of `rows` × `columns`, without gap or overlap."""

    rows: int
    columns: int
    label_columns: int  # how many columns at the left hold row labels
    blocks: tuple[BlockRows, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table of a form: blocks of rows and columns; `widths` are relative, one for each grid column."""

    id: str
    label: str
    blocks: tuple[Block, ...]
    widths: tuple[float, ...] = ()

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The slots of all figures of the table, in the order in which they are printed."""
        return tuple(slot for block in self.blocks for slot in self.list_slots(block))

    def list_slots(self, block: Block) -> Iterator[Slot]:
        """List the slots of one block, row by row."""
        for rows in list_paths(block.rows) or [()]:
            for columns in list_paths(block.columns):
                yield Slot(join_address(self.id, rows, columns), rows, columns)

    def make_grid(self) -> Grid:
        """Make the grid of the table, with a cell for every heading and figure."""
        label_columns = max(measure_depth(block.rows) for block in self.blocks)
        width = label_columns + max(measure_breadth(block.columns) for block in self.blocks)
        cells: list[Cell] = []
        block_rows: list[BlockRows] = []
        top = 0
        for block in self.blocks:
            header = measure_depth(block.columns)
            body = measure_breadth(block.rows, span=False) or 1
            banner = 1 if block.banner else 0
            if banner:
                cells.append(Cell(top, 0, 1, width, "banner", block.banner))
            cells += self._place_block(block, top + banner, label_columns, width)
            block_rows.append(BlockRows(banner + header, body))
            top += banner + header + body
        cells.sort(key=lambda cell: (cell.row, cell.column))
        return Grid(top, width, label_columns, tuple(block_rows), tuple(cells))

    def _place_block(self, block: Block, top: int, label_columns: int, width: int) -> Iterator[Cell]:
        header = measure_depth(block.columns)
        if label_columns:
            yield Cell(top, 0, header, label_columns, "corner", block.corner)
        yield from _place_column_headers(block.columns, top, label_columns, header, width)
        first = top + header
        yield from _place_row_labels(block.rows, first, 0, label_columns)
        if label_columns and not block.rows:
            yield Cell(first, 0, 1, label_columns, "label")
        slots = self.list_slots(block)
        for row in range(measure_breadth(block.rows, span=False) or 1):
            column = label_columns
            leaves = list_paths(block.columns)
            for number, leaf in enumerate(leaves):
                span = leaf[-1].span if number + 1 < len(leaves) else width - column
                yield Cell(first + row, column, 1, span, "figure", slot=next(slots))
                column += span


def join_address(table: str, rows: tuple[Heading, ...], columns: tuple[Heading, ...]) -> str:
    """Return the address of a figure: the id of the table and those of its headings, joined with dots."""
    return ".".join([table, *(heading.id for heading in (*rows, *columns) if heading.id)])


def list_paths(headings: tuple[Heading, ...]) -> list[tuple[Heading, ...]]:
    """List the path to each innermost heading of a tree, in order; a path begins with the outermost heading."""
    found: list[tuple[Heading, ...]] = []
    for heading in headings:
        found += [(heading, *rest) for rest in list_paths(heading.below) or [()]]
    return found


def measure_depth(headings: tuple[Heading, ...]) -> int:
    """Count the levels of a tree of headings; 0 for none."""
    return max((1 + measure_depth(heading.below) for heading in headings), default=0)


def measure_breadth(headings: tuple[Heading, ...], *, span: bool = True) -> int:
    """Count the grid rows or columns that a tree of headings takes; without `span`, its innermost headings."""
    return sum(
        measure_breadth(heading.below, span=span) if heading.below else heading.span if span else 1
        for heading in headings
    )


def _place_column_headers(headings: tuple[Heading, ...], top: int, left: int, levels: int, end: int) -> Iterator[Cell]:
    """Place column headers; the last one extends to the column `end`, so that a narrow block fills its table."""
    for number, heading in enumerate(headings):
        right = left + measure_breadth((heading,)) if number + 1 < len(headings) else end
        rowspan = 1 if heading.below else levels
        yield Cell(top, left, rowspan, right - left, "header", heading.label)
        yield from _place_column_headers(heading.below, top + 1, left, levels - 1, right)
        left = right


def _place_row_labels(headings: tuple[Heading, ...], top: int, left: int, end: int) -> Iterator[Cell]:
    """Place row labels; one that has none below it extends to the first column of figures, `end`."""
    for heading in headings:
        rowspan = measure_breadth((heading,), span=False)
        colspan = 1 if heading.below else end - left
        yield Cell(top, left, rowspan, colspan, "label", heading.label)
        yield from _place_row_labels(heading.below, top, left + 1, end)
        top += rowspan
