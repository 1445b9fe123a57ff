"""Slots: the positions of figures in tables, each with an address, and what the headings say of its value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from msgspec import Struct

from nianbao.model.tables.headings import Heading, Line, list_lines
from nianbao.model.value_types import ValueType, make_value_type


class Traits(Struct, frozen=True, eq=False, dict=True):
    """What the headings of a figure say of its value: of each key the nearest one, of the column first."""

    said: Mapping[str, Any]

    @cached_property
    def value_type(self) -> ValueType:
        """The type of the value, `count` if nothing is said; ValueError says what it lacks."""
        said = self.said
        return make_value_type(
            said.get("type") or "count",
            said.get("choices") or (),
            said.get("places"),
            said.get("currency") or "",
            said.get("least"),
            said.get("most"),
        )

    @cached_property
    def is_optional(self) -> bool:
        """Whether the value is absent where it is left out, rather than 0."""
        return not self.value_type.is_number or bool(self.said.get("optional"))

    @cached_property
    def rollup(self) -> str:
        """How the values of several offices make one: sum, max, min, none, or `weighted:` and a column."""
        return str(self.said.get("rollup") or ("sum" if self.value_type.adds_up else "none"))

    @cached_property
    def unit(self) -> str:
        """The unit of the figure, or an empty text."""
        return str(self.said.get("unit") or "")

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that must all hold if the cell is to apply."""
        return tuple(dict.fromkeys(self.said.get("when", ())))


class TraitsOfLines:
    """The traits of figures by row and column; figures of which the same is said share theirs."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Traits] = {}

    def find(self, row: Line, column: Line) -> Traits:
        """Return the traits of the figure of a row and a column, which both must be kept by the caller."""
        key = id(row.said), id(column.said)
        traits = self._known.get(key)
        if traits is None:
            conditions = (*row.said.get("when", ()), *column.said.get("when", ()))
            traits = self._known[key] = Traits({**row.said, **column.said, "when": conditions})
        return traits


@dataclass(frozen=True)
class Slot:
    """The position of one figure in a table: its address and the headings of its row and column, outermost first."""

    address: str
    rows: tuple[Heading, ...]
    columns: tuple[Heading, ...]
    given_traits: Traits | None = field(default=None, compare=False, repr=False)

    @property
    def traits(self) -> Traits:
        """What the headings say of the value."""
        return self.given_traits or TraitsOfLines().find(_say(self.rows), _say(self.columns))

    @property
    def value_type(self) -> ValueType:
        """The type of the value: that of its column, else of its row, else `count`; ValueError says what it lacks."""
        return self.traits.value_type

    @property
    def is_optional(self) -> bool:
        """Whether the value is absent where it is left out, rather than 0."""
        return self.traits.is_optional

    @property
    def nothing(self) -> str | None:
        """What is printed where the value is absent; None as the language has it."""
        nothing: str | None = self.traits.said.get("nothing")
        return nothing

    @property
    def rollup(self) -> str:
        """How the values of several offices make one: sum, max, min, none, or `weighted:` and a column."""
        return self.traits.rollup

    @property
    def weight(self) -> str:
        """The address of the figure that weighs this one in a rollup, or an empty text."""
        way, _colon, column = self.rollup.partition(":")
        return self.address.removesuffix(self.column) + column if way == "weighted" else ""

    @property
    def unit(self) -> str:
        """The unit of the figure (件, 元, 万元 …), or an empty text."""
        return self.traits.unit

    @property
    def suffix(self) -> str:
        """The text after the figure in its cell: the unit, if a heading has `unit_in_cell`, or an empty text."""
        return self.unit if self.traits.said.get("unit_in_cell") else ""

    @property
    def is_note(self) -> bool:
        """Whether the value is a text that is printed below the table."""
        return bool(self.traits.said.get("note"))

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
        """The label of the row, or of the group of columns in a table of one unlabelled row.

        A row on the same line as the heading above it has the label of that.
        """
        path = self.rows or self.columns[:-1]
        while len(path) > 1 and path[-1].same_line:
            path = path[:-1]
        return path[-1].label if path else ""


def _say(path: tuple[Heading, ...]) -> Line:
    """Return the line of one path of headings."""
    line = Line((), "", {})
    for heading in path:
        (line,) = list_lines([_without_below(heading)], line)
    return line


def _without_below(heading: Heading) -> Heading:
    from msgspec.structs import replace  # noqa: PLC0415  # rarely needed

    return replace(heading, below=()) if heading.below else heading
