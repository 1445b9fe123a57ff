"""A form, as the law prescribes it: sections, tables, relations between figures, and facts outside tables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Annotated, Literal

from msgspec import Meta

from nianbao.model.finding import Level
from nianbao.model.kind import Due, Kind
from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.locale import Locale
from nianbao.model.period import Period
from nianbao.model.table import Block, Heading, Slot, Table
from nianbao.model.text_rules import TextRules
from nianbao.model.value_types import ValueTypeName

Each = Literal["row", "column"]
Sign = Literal["=", ">=", "<=", "!=", "<=>"]

# What every data file may hold beside its period, whatever its form: address -> value type.
COMMON_FACTS = {"edition": "text", "title": "text", "published": "date"}
OWN_FACTS = "own"  # the table of the office's own facts, with any names and simple values
# Tables of a data file whose keys the form does not define.
OPEN_TABLES = frozenset({OWN_FACTS, "headings", "prose", "accept"})


@dataclass(frozen=True)
class Term:
    """A row or column, a group of them, or a number, on one side of a relation.

    `factor` is 1 or -1; with `previous` the figures are those of last year's report.
    """

    path: str
    factor: int
    previous: bool = False

    @cached_property
    def constant(self) -> int | None:
        """The value of a term that is a number, or None."""
        return int(self.path) if self.path.isdecimal() else None


@dataclass(frozen=True)
class Relation:
    """A relation that must hold between figures (勾稽关系), for each row or for each column of a table."""

    rule: str
    each: Each
    left: tuple[Term, ...]
    sign: Sign
    right: tuple[Term, ...]
    level: Level = "error"
    why: str = ""  # a reason for people, for a rule without a page
    at: tuple[str, ...] = ()  # if given, it applies only to these rows or columns
    but: tuple[str, ...] = ()  # it does not apply to these
    when: str = ""  # it applies only if this pattern is found in the name of the author

    @cached_property
    def total(self) -> str:
        """The path of the row or column that the relation defines as a total, or an empty text."""
        is_sum = self.sign == "=" and len(self.left) == 1 and all(term.factor == 1 for term in self.right)
        return self.left[0].path if is_sum and not self.uses_previous else ""

    @cached_property
    def uses_previous(self) -> bool:
        """Tell whether last year's figures take part."""
        return any(term.previous for term in (*self.left, *self.right))


@dataclass(frozen=True)
class Part:
    """A term applied to one row or column: a group of rows has several slots, a number has none."""

    term: Term
    slots: tuple[Slot, ...]

    @cached_property
    def constant(self) -> int | None:
        """The value of a term that is a number, or None."""
        return self.term.constant

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of the slots."""
        return tuple(slot.address for slot in self.slots)


@dataclass(frozen=True, eq=False)
class Check:
    """A relation applied to one row or column of its table."""

    relation: Relation
    label: str  # of that row or column
    left: tuple[Part, ...]
    right: tuple[Part, ...]

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts of both sides."""
        return (*self.left, *self.right)

    @cached_property
    def uses_previous(self) -> bool:
        """Tell whether last year's figures take part."""
        return self.relation.uses_previous

    @cached_property
    def side_addresses(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The addresses on each side, if figures of one report are only added up, as in most checks; else None."""
        if any(part.term.factor != 1 or part.term.previous or part.constant is not None for part in self.parts):
            return None
        left, right = (
            tuple(address for part in side for address in part.addresses) for side in (self.left, self.right)
        )
        return left, right


class Section(Shape, frozen=True):
    """A section of the report: a heading, and text from a template or a table."""

    id: Annotated[Text, Meta(description="field-section-id")]
    heading: Annotated[str, Meta(description="field-section-heading")] = ""
    text: Annotated[str, Meta(description="field-section-text")] = ""
    table: Annotated[str, Meta(description="field-section-table")] = ""
    landscape: Annotated[bool, Meta(description="field-section-landscape")] = False
    aliases: Annotated[tuple[Text, ...], Meta(description="field-section-aliases")] = ()


class Fact(Shape, frozen=True):
    """A fact outside tables: its address, label, value type and unit."""

    id: Annotated[Text, Meta(description="field-fact-id")]
    label: Annotated[Text, Meta(description="field-fact-label")]
    kind: Annotated[ValueTypeName, Meta(description="field-fact-kind")] = "count"
    unit: Annotated[str, Meta(description="field-fact-unit")] = ""
    required: Annotated[bool, Meta(description="field-fact-required")] = False
    ask: Annotated[str | int | float | tuple[str, ...] | None, Meta(description="field-fact-ask")] = None
    standing: Annotated[bool, Meta(description="field-fact-standing")] = False


@dataclass(frozen=True, eq=False)
class Form:
    """One edition of a form: everything that the law or an office prescribes for a document."""

    kind: Kind
    locale: Locale
    edition: str
    name: str
    document: str
    first_year: int
    last_year: int | None
    template: str
    title: str
    author: str
    sections: tuple[Section, ...]
    tables: tuple[Table, ...]
    relations: Mapping[str, tuple[Relation, ...]]
    facts: tuple[Fact, ...]
    due: tuple[Due, ...] = ()
    key_figures: tuple[str, ...] = ()  # addresses; large changes of these are reported
    text_rules: TextRules = field(default_factory=TextRules)
    carries: Mapping[str, str] = field(default_factory=dict)  # row of this year <- row of last year
    takes: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)  # edition -> row <- its rows

    def get_due_day(self, due: Due, period: Period) -> date:
        """Return the day on which the report of a period is due; raises ValueError for a day that does not exist."""
        end = self.kind.calendar.get_last_day(period)
        if due.days is not None:
            return end + timedelta(days=due.days)
        day = date(end.year, due.month, due.day)
        return day if day > end else date(end.year + 1, due.month, due.day)

    def is_in_force(self, year: int) -> bool:
        """Return whether reports of that year use this edition."""
        return self.first_year <= year and (self.last_year is None or year <= self.last_year)

    @cached_property
    def author_address(self) -> str:
        """The address of the fact that is the author's name; an empty text if the name is made of several facts."""
        match = re.fullmatch(r"\{\{\s*([\w.]+)\s*\}\}", self.author)
        return match[1] if match else ""

    @cached_property
    def rules(self) -> frozenset[str]:
        """The rules that the form names: for its relations, and for topics that its texts must mention."""
        return frozenset({relation.rule for own in self.relations.values() for relation in own} | self.text_rules.rules)

    @cached_property
    def slots(self) -> dict[str, Slot]:
        """The slot of every figure of every table, by address."""
        return {slot.address: slot for table in self.tables for slot in table.slots}

    @cached_property
    def value_types(self) -> dict[str, str]:
        """The name of the type of every value that a data file may hold, by address."""
        facts = {fact.id: fact.kind for fact in self.facts}
        period = self.kind.period_fact
        return (
            {period: period} | COMMON_FACTS | facts | {address: slot.value_type for address, slot in self.slots.items()}
        )

    @cached_property
    def groups(self) -> frozenset[str]:
        """Addresses of tables, which contain further addresses."""
        found = set(OPEN_TABLES)
        for address in self.value_types:
            keys = address.split(".")
            found.update(".".join(keys[:size]) for size in range(1, len(keys)))
        return frozenset(found)

    @cached_property
    def first_keys(self) -> tuple[str, ...]:
        """The first keys of all addresses, each once, in the order of the form."""
        return tuple(dict.fromkeys(address.split(".")[0] for address in self.value_types))

    @cached_property
    def labels(self) -> dict[str, str]:
        """The label of every address, for people."""
        facts = {fact.id: fact.label for fact in self.facts}
        figures = {
            slot.address: " · ".join(part.label for part in (*slot.rows, *slot.columns) if part.id)
            for slot in self.slots.values()
        }
        common = {address: self.locale.say(f"label-{address}") for address in (self.kind.period_fact, *COMMON_FACTS)}
        return common | facts | figures

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Every relation applied to every row or column to which it applies."""
        return tuple(
            check
            for table in self.tables
            for relation in self.relations.get(table.id, ())
            for block in table.blocks
            for check in _apply_relation(relation, table, block)
        )

    @cached_property
    def totals(self) -> dict[str, tuple[str, ...]]:
        """The summands of every total that is one figure, by its address; a total comes after those it contains.

        Raises `graphlib.CycleError` if totals contain each other, which no loaded form does.
        """
        found: dict[str, tuple[str, ...]] = {}
        for check in self.checks:
            if check.relation.total and len(check.left[0].slots) == 1:
                parts = tuple(address for part in check.right for address in part.addresses)
                found.setdefault(check.left[0].slots[0].address, parts)
        return {address: found[address] for address in TopologicalSorter(found).static_order() if address in found}


def _apply_relation(relation: Relation, table: Table, block: Block) -> list[Check]:
    """Apply a relation to one block; no checks if the block lacks one of its terms."""
    lines: dict[str, list[tuple[str, Slot]]] = {}  # slots by row or column, each with its position in it
    for slot in table.list_slots(block):
        rows, columns = _list_ids(slot.rows), _list_ids(slot.columns)
        line, position = (columns, rows) if relation.each == "column" else (rows, columns)
        lines.setdefault(line, []).append((f"{position}.", slot))
    checks = []
    for line, slots in lines.items():
        if (relation.at and line not in relation.at) or line in relation.but:
            continue
        sides = (relation.left, relation.right)
        left, right = (tuple(Part(term, _find_slots(term, slots)) for term in side) for side in sides)
        if all(part.slots or part.term.constant is not None for part in (*left, *right)):
            first_slot = next(slot for part in (*left, *right) for slot in part.slots)
            label = first_slot.columns[-1].label if relation.each == "column" else first_slot.row_label
            checks.append(Check(relation, label, left, right))
    return checks


def _find_slots(term: Term, slots: list[tuple[str, Slot]]) -> tuple[Slot, ...]:
    prefix = f"{term.path}."
    return tuple(slot for position, slot in slots if position.startswith(prefix))


def _list_ids(path: tuple[Heading, ...]) -> str:
    return ".".join(heading.id for heading in path if heading.id)
