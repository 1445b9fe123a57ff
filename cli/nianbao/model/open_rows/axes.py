"""Axes, groups of headings and conditions, as an edition writes them."""

from typing import Annotated, Any

from msgspec import Meta, field

from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.tables.headings import Heading


class Code(Shape, frozen=True):
    """One code of an axis: a state, a language."""

    id: Annotated[str, Meta(description="field-code-id", pattern=r"^\w+$")]
    label: Annotated[Text, Meta(description="field-code-label")]
    aliases: Annotated[tuple[Text, ...], Meta(description="field-code-aliases")] = ()


class Axis(Shape, frozen=True):
    """A dimension of a table beside rows and columns, of which a report has only some codes."""

    id: Annotated[Text, Meta(description="field-axis-id")]
    codes: Annotated[tuple[Code, ...], Meta(description="field-axis-codes", min_length=1)]
    label: Annotated[str, Meta(description="field-axis-label")] = ""

    @property
    def by_name(self) -> dict[str, Code]:
        """The codes by their ids and aliases."""
        return {name: code for code in self.codes for name in (code.id, *code.aliases)}


class Group(Shape, frozen=True):
    """Headings that stand below several others, written once."""

    id: Annotated[Text, Meta(description="field-group-id")]
    headings: Annotated[tuple[Heading, ...], Meta(description="field-group-headings", min_length=1)]


class Condition(Shape, frozen=True):
    """A condition on which rows, columns and facts apply: a fact is one of some values."""

    id: Annotated[Text, Meta(description="field-condition-id")]
    label: Annotated[Text, Meta(description="field-condition-label")]
    fact: Annotated[Text, Meta(description="field-condition-fact")]
    values: Annotated[tuple[Text, ...], Meta(description="field-condition-is", min_length=1)] = field(name="is")

    def may_hold(self, value: Any) -> bool:  # noqa: ANN401  # of whatever type the fact is
        """Return whether the condition holds for a value of its fact; without a value it may."""
        return value is None or any(one in self.values for one in (value if isinstance(value, list) else [value]))
