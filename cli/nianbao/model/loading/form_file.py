"""What a form file may hold: its keys, with the types of their values."""

from typing import Annotated, Literal

from msgspec import Meta, field

from nianbao.model.finding import WrittenLevel
from nianbao.model.form import Fact, Section
from nianbao.model.kind import Due
from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.open_rows.axes import Axis, Condition, Group
from nianbao.model.period import Period, PeriodUnit
from nianbao.model.pictures import Picture
from nianbao.model.relations import Blanks, Each
from nianbao.model.tables.headings import Block, Heading
from nianbao.model.text_rules import TextRules

_YEAR = Meta(ge=0, le=9999)
_AT_LEAST_0 = Meta(ge=0)
_WIDTH = Meta(gt=0, le=10_000)


class YearsEntry(Shape, frozen=True):
    """The report years for which an edition is in force, for periods of one unit or of all."""

    first: Annotated[int, _YEAR, Meta(description="field-years-first")] = field(default=0, name="from")
    last: Annotated[Annotated[int, _YEAR] | None, Meta(description="field-years-last")] = field(default=None, name="to")
    unit: Annotated[PeriodUnit | Literal[""], Meta(description="field-years-unit")] = ""

    def has(self, period: Period) -> bool:
        """Return whether a period is of one of them, and of their unit."""
        is_of_year = self.first <= period.year and (self.last is None or period.year <= self.last)
        return is_of_year and self.unit in {"", period.unit}


class ReportRelationEntry(Shape, frozen=True):
    """A relation of the whole report in a form file; see `Relation`."""

    rule: Annotated[Text, Meta(description="field-relation-rule")]
    # Without bounds: msgspec 0.22 crashes on a union of a text with a pattern and an array with a least length.
    holds: Annotated[str | tuple[str, ...], Meta(description="field-relation-holds")]
    level: Annotated[WrittenLevel, Meta(description="field-relation-level")] = ""
    why: Annotated[str, Meta(description="field-relation-why")] = ""
    when: Annotated[str, Meta(description="field-relation-when")] = ""
    within: Annotated[
        Annotated[int, _AT_LEAST_0] | Annotated[float, _AT_LEAST_0], Meta(description="field-relation-within")
    ] = 0
    condition: Annotated[str, Meta(description="field-relation-if")] = field(default="", name="if")
    blanks: Annotated[Blanks, Meta(description="field-relation-blanks")] = "skip"
    source: Annotated[str, Meta(description="field-relation-source")] = ""

    @property
    def alternatives(self) -> tuple[str, ...]:
        """What must hold: one of these."""
        return (self.holds,) if isinstance(self.holds, str) else self.holds or ("",)


class RelationEntry(ReportRelationEntry, frozen=True, kw_only=True):
    """A relation of a table in a form file; see `Relation`."""

    each: Annotated[Each, Meta(description="field-relation-each")]
    at: Annotated[tuple[Text, ...], Meta(description="field-relation-at")] = ()
    but: Annotated[tuple[Text, ...], Meta(description="field-relation-but")] = ()


class TableEntry(Shape, frozen=True):
    """A table in a form file, with its relations; see `Table`."""

    id: Annotated[Text, Meta(description="field-table-id")]
    blocks: Annotated[tuple[Block, ...], Meta(description="field-table-blocks", min_length=1)]
    label: Annotated[str, Meta(description="field-table-label")] = ""
    widths: Annotated[
        tuple[Annotated[int, _WIDTH] | Annotated[float, _WIDTH], ...], Meta(description="field-table-widths")
    ] = ()
    relations: Annotated[tuple[RelationEntry, ...], Meta(description="field-table-relations")] = ()
    fold: Annotated[bool, Meta(description="field-table-fold")] = False
    outline: Annotated[bool, Meta(description="field-table-outline")] = False


class ListEntry(Shape, frozen=True):
    """A list in a form file: a table of which the data says the rows."""

    id: Annotated[Text, Meta(description="field-list-id")]
    label: Annotated[Text, Meta(description="field-list-label")]
    columns: Annotated[tuple[Heading, ...], Meta(description="field-list-columns", min_length=1)]
    key: Annotated[tuple[Text, ...], Meta(description="field-list-key")] = ()
    sort: Annotated[tuple[Text, ...], Meta(description="field-list-sort")] = ()
    at_least: Annotated[Annotated[int, _AT_LEAST_0], Meta(description="field-list-at-least")] = 0
    at_most: Annotated[Annotated[int, _AT_LEAST_0] | None, Meta(description="field-list-at-most")] = None
    none: Annotated[str, Meta(description="field-list-none")] = ""
    widths: Annotated[
        tuple[Annotated[int, _WIDTH] | Annotated[float, _WIDTH], ...], Meta(description="field-table-widths")
    ] = ()
    relations: Annotated[tuple[RelationEntry, ...], Meta(description="field-table-relations")] = ()


class FormFile(Shape, frozen=True):
    """A form file; see `Form`."""

    name: Annotated[Text, Meta(description="field-edition-name")]
    template: Annotated[Text, Meta(description="field-edition-template")] = "page.md.j2"
    base: Annotated[str, Meta(description="field-edition-base")] = ""
    language: Annotated[str, Meta(description="field-edition-language")] = ""
    document: Annotated[str, Meta(description="field-edition-document")] = ""
    years: Annotated[YearsEntry, Meta(description="field-edition-years")] = YearsEntry()
    title: Annotated[Text, Meta(description="field-edition-title")] = "{{ year }}"
    author: Annotated[str, Meta(description="field-edition-author")] = ""
    sections: Annotated[tuple[Section, ...], Meta(description="field-edition-sections")] = ()
    tables: Annotated[tuple[TableEntry, ...], Meta(description="field-edition-tables")] = ()
    lists: Annotated[tuple[ListEntry, ...], Meta(description="field-edition-lists")] = ()
    groups: Annotated[tuple[Group, ...], Meta(description="field-edition-groups")] = ()
    axes: Annotated[tuple[Axis, ...], Meta(description="field-edition-axes")] = ()
    conditions: Annotated[tuple[Condition, ...], Meta(description="field-edition-conditions")] = ()
    relations: Annotated[tuple[ReportRelationEntry, ...], Meta(description="field-edition-relations")] = ()
    facts: Annotated[tuple[Fact, ...], Meta(description="field-edition-facts")] = ()
    due: Annotated[tuple[Due, ...], Meta(description="field-edition-due")] = ()
    pictures: Annotated[tuple[Picture, ...], Meta(description="field-edition-pictures")] = ()
    key_figures: Annotated[tuple[Text, ...], Meta(description="field-edition-key-figures")] = ()
    carries: Annotated[dict[str, str], Meta(description="field-edition-carries")] = field(default_factory=dict)
    takes: Annotated[dict[str, dict[str, tuple[str, ...]]], Meta(description="field-edition-takes")] = field(
        default_factory=dict
    )
    vocabulary: Annotated[TextRules, Meta(description="field-edition-vocabulary")] = TextRules()
