"""Headings of rows and columns, which form trees, and the blocks of a table that they make."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta

from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.value_types import PLACES_LIMIT, ValueTypeName

PLACES = Meta(ge=0, le=PLACES_LIMIT)
ROLLUP = r"^(sum|max|min|none|weighted:[\w.]+)?$"
ENTRY = "entry"  # `each` of a heading that stands for the entries of an array of tables
Layout = Literal["rows", "blocks", "tables"]
_AT_LEAST_1 = Meta(ge=1)
# What the nearest heading of a figure says holds for it; conditions add up, and a unit in the cell is said by any.
_INHERITED = (
    *("type", "choices", "places", "currency", "least", "most", "optional", "nothing", "rollup", "unit"),
    *("unit_in_cell", "when", "expected", "note", "pattern", "max_length", "unique"),
)


class Heading(Shape, frozen=True):
    """A label of a row or column; a heading without an id only groups others and is not part of addresses."""

    label: Annotated[str, Meta(description="field-heading-label")]
    id: Annotated[str, Meta(description="field-heading-id")] = ""
    aliases: Annotated[tuple[Text, ...], Meta(description="field-heading-aliases")] = ()
    code: Annotated[str, Meta(description="field-heading-code")] = ""
    type: Annotated[ValueTypeName | Literal[""], Meta(description="field-heading-type")] = ""
    choices: Annotated[tuple[Text, ...], Meta(description="field-type-choices")] = ()
    places: Annotated[Annotated[int, PLACES] | None, Meta(description="field-type-places")] = None
    currency: Annotated[str, Meta(description="field-type-currency")] = ""
    least: Annotated[int | None, Meta(description="field-type-least")] = None
    most: Annotated[int | None, Meta(description="field-type-most")] = None
    optional: Annotated[bool, Meta(description="field-heading-optional")] = False
    expected: Annotated[bool, Meta(description="field-heading-expected")] = False
    nothing: Annotated[str | None, Meta(description="field-heading-nothing")] = None
    rollup: Annotated[str, Meta(description="field-heading-rollup", pattern=ROLLUP)] = ""
    unit: Annotated[str, Meta(description="field-heading-unit")] = ""
    unit_in_cell: Annotated[bool, Meta(description="field-heading-unit-in-cell")] = False
    span: Annotated[int, Meta(description="field-heading-span", ge=1, le=100)] = 1
    note: Annotated[bool, Meta(description="field-heading-note")] = False
    pattern: Annotated[str, Meta(description="field-text-pattern")] = ""
    max_length: Annotated[Annotated[int, _AT_LEAST_1] | None, Meta(description="field-text-max-length")] = None
    unique: Annotated[bool, Meta(description="field-heading-unique")] = False
    when: Annotated[str, Meta(description="field-heading-when")] = ""
    each: Annotated[str, Meta(description="field-heading-each")] = ""
    same_line: Annotated[bool, Meta(description="field-heading-same-line")] = False
    layout: Annotated[Layout, Meta(description="field-heading-layout")] = "rows"
    named_by: Annotated[str, Meta(description="field-heading-named-by")] = ""
    group: Annotated[str, Meta(description="field-heading-group")] = ""
    below: Annotated[tuple["Heading", ...], Meta(description="field-heading-below")] = ()

    @property
    def has_open(self) -> bool:
        """Whether the data decides how often it, or one below it, stands in its table."""
        return bool(self.each) or any(heading.has_open for heading in self.below)


class Block(Shape, frozen=True):
    """Rows below one set of column headers; a table has one block, or several below each other."""

    columns: Annotated[tuple[Heading, ...], Meta(description="field-block-columns", min_length=1)]
    rows: Annotated[tuple[Heading, ...], Meta(description="field-block-rows")] = ()
    banner: Annotated[str, Meta(description="field-block-banner")] = ""
    corner: Annotated[str, Meta(description="field-block-corner")] = ""


class Line(NamedTuple):
    """A row or column: the path to its heading, outermost first, its ids joined with dots, and what headings say."""

    path: tuple[Heading, ...]
    ids: str
    said: Mapping[str, Any]


_NO_LINE = Line((), "", {})


def list_lines(headings: Sequence[Heading], above: Line = _NO_LINE) -> Iterator[Line]:
    """List the lines of a tree of headings, in order."""
    for heading in headings:
        said = {key: value for key in _INHERITED if _is_said(value := getattr(heading, key))}
        line = Line(
            (*above.path, heading),
            join_ids(above.ids, heading.id),
            _inherit(above.said, said) if said else above.said,
        )
        if heading.below:
            yield from list_lines(heading.below, line)
        else:
            yield line


def _is_said(value: object) -> bool:
    """Return whether a heading says the value of a key; 0 is one."""
    return value not in {None, "", ()} and value is not False


def list_block_lines(headings: Sequence[Heading]) -> list[Line]:
    """List the rows or columns of a block; one without an id where it has no headings."""
    return list(list_lines(headings)) or [_NO_LINE]


def _inherit(above: Mapping[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    return {**above, **said, "when": (*above.get("when", ()), *([said["when"]] if "when" in said else ()))}


def join_ids(first: str, second: str) -> str:
    """Join two ids or paths of ids with a dot; either may be empty."""
    return f"{first}.{second}" if first and second else first or second


def list_paths(headings: tuple[Heading, ...]) -> list[tuple[Heading, ...]]:
    """List the path to each innermost heading of a tree, in order; a path begins with the outermost heading."""
    return [line.path for line in list_lines(headings)]


def measure_depth(headings: tuple[Heading, ...]) -> int:
    """Count the levels of a tree of headings; 0 for none."""
    return max((1 + measure_depth(heading.below) for heading in headings), default=0)


def measure_breadth(headings: tuple[Heading, ...], *, span: bool = True) -> int:
    """Count the grid rows or columns that a tree of headings takes; without `span`, its innermost headings."""
    return sum(
        measure_breadth(heading.below, span=span) if heading.below else heading.span if span else 1
        for heading in headings
    )
