"""A form, as the law prescribes it: sections, tables, relations between figures, and facts outside tables."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import repeat
from typing import Annotated, Literal

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from nianbao.model.kind import Due, Kind
from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.locale import Locale
from nianbao.model.open_rows.axes import Axis, Condition
from nianbao.model.period import Calendar, Period, PeriodUnit, add_months
from nianbao.model.pictures import PICTURES, Picture
from nianbao.model.relation_language.applying import apply_relations, apply_to_report
from nianbao.model.relations import Check, Relation
from nianbao.model.table import Table
from nianbao.model.tables.headings import PLACES, join_ids
from nianbao.model.tables.slots import Slot
from nianbao.model.text_rules import TextRules
from nianbao.model.value_types import VALUE_TYPES, ValueType, ValueTypeName, make_value_type

# What every data file may hold beside its period, whatever its form: address -> value type.
COMMON_FACTS = {"edition": "text", "title": "text", "published": "date"}
EXCLUDED = "does_not_apply"  # addresses that do not apply to the office, in forms of which some figures may be absent
OWN_FACTS = "own"  # the table of the office's own facts, with any names and simple values
# Tables of a data file whose keys the form does not define.
OPEN_TABLES = frozenset({OWN_FACTS, "headings", "prose", "accept", PICTURES})
UNTYPED_TABLES = OPEN_TABLES - {OWN_FACTS}  # the rules look at what is in these


class Section(Shape, frozen=True):
    """A section of the report: a heading, and text from a template or a table."""

    id: Annotated[Text, Meta(description="field-section-id")]
    heading: Annotated[str, Meta(description="field-section-heading")] = ""
    text: Annotated[str, Meta(description="field-section-text")] = ""
    table: Annotated[str, Meta(description="field-section-table")] = ""
    landscape: Annotated[bool, Meta(description="field-section-landscape")] = False
    aliases: Annotated[tuple[Text, ...], Meta(description="field-section-aliases")] = ()
    when: Annotated[str, Meta(description="field-section-when")] = ""


class Fact(Shape, frozen=True):
    """A fact outside tables: its address, label, value type and unit.

    It is not above the sum of addresses `at_most`; as a percentage it is one of `rates`, a sum / a sum; as a date it is
    before the one at the address `before`.
    """

    id: Annotated[Text, Meta(description="field-fact-id")]
    label: Annotated[Text, Meta(description="field-fact-label")]
    type: Annotated[ValueTypeName, Meta(description="field-fact-type")] = "count"
    choices: Annotated[tuple[Text, ...], Meta(description="field-type-choices")] = ()
    places: Annotated[Annotated[int, PLACES] | None, Meta(description="field-type-places")] = None
    currency: Annotated[str, Meta(description="field-type-currency")] = ""
    unit: Annotated[str, Meta(description="field-fact-unit")] = ""
    required: Annotated[bool, Meta(description="field-fact-required")] = False
    ask: Annotated[bool | str | int | float | tuple[str, ...] | None, Meta(description="field-fact-ask")] = None
    standing: Annotated[bool, Meta(description="field-fact-standing")] = False
    at_most: Annotated[str, Meta(description="field-fact-at-most")] = ""
    rates: Annotated[tuple[Text, ...], Meta(description="field-fact-rates")] = ()
    before: Annotated[str, Meta(description="field-fact-before")] = ""
    when: Annotated[str, Meta(description="field-fact-when")] = ""
    pattern: Annotated[str, Meta(description="field-text-pattern")] = ""
    max_length: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description="field-text-max-length")] = None

    @property
    def value_type(self) -> ValueType:
        """The type of its value; raises ValueError with the reason where a parameter of the type is wrong."""
        return make_value_type(self.type, self.choices, self.places, self.currency)


class Form(Struct, frozen=True, eq=False, dict=True):
    """One edition of a form: everything that the law or an office prescribes for a document."""

    kind: Kind
    locale: Locale
    edition: str
    name: str
    document: str
    first_year: int
    last_year: int | None
    unit: PeriodUnit | Literal[""]  # of the periods for which it is in force; empty: of all
    template: str
    title: str
    author: str
    sections: tuple[Section, ...]
    tables: tuple[Table, ...]
    relations: Mapping[str, tuple[Relation, ...]]  # by table; those of the whole report under an empty text
    facts: tuple[Fact, ...]
    due: tuple[Due, ...] = ()
    pictures: tuple[Picture, ...] = ()
    key_figures: tuple[str, ...] = ()  # addresses; large changes of these are reported
    text_rules: TextRules = field(default_factory=TextRules)
    carries: Mapping[str, str] = field(default_factory=dict)  # row or fact <- that of the period before
    takes: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)  # edition -> row <- its rows
    axes: Mapping[str, Axis] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    open_tables: Mapping[str, Table] = field(default_factory=dict)  # those with open rows or columns, as written
    unexpanded: "Form | None" = None  # of a form expanded with the rows of a report

    @cached_property
    def calendar(self) -> Calendar:
        """The calendar of its periods: that of the kind, with the unit for which the edition is in force."""
        return replace(self.kind.calendar, unit=self.unit, also=()) if self.unit else self.kind.calendar

    @property
    def fixed(self) -> "Form":
        """The form with nothing in its open rows, which all reports of the edition have in common."""
        return self.unexpanded or self

    def find_due(self, author: str) -> Due | None:
        """Find by when an author owes the report: the first entry for authors of that name."""
        return next((due for due in self.due if re.search(due.author, author)), None)

    def get_due_day(self, due: Due, period: Period) -> date:
        """Return the day on which the report of a period is due; raises ValueError for a day that does not exist."""
        try:
            return self._count_due_day(due, period)
        except OverflowError as error:  # after the last day that there is
            raise ValueError from error

    def _count_due_day(self, due: Due, period: Period) -> date:
        end = self.kind.calendar.get_last_day(period)
        if due.days is not None:
            return end + timedelta(days=due.days)
        if due.months is not None:  # the end of the last of these months, as the period ends with one
            return add_months(end + timedelta(days=1), due.months) - timedelta(days=1)
        day = date(end.year, due.month, due.day)
        return day if day > end else date(end.year + 1, due.month, due.day)

    def is_in_force(self, period: Period) -> bool:
        """Return whether reports of that period use this edition."""
        is_of_year = self.first_year <= period.year and (self.last_year is None or period.year <= self.last_year)
        return is_of_year and self.unit in {"", period.unit}

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
    def common_facts(self) -> dict[str, str]:
        """What a data file may hold beside the facts and figures of the form: address -> value type."""
        common = {self.kind.period_fact: self.kind.period_fact} | COMMON_FACTS
        may_exclude = bool(self.conditions) or None in self.omitted_figures.values()
        return common | ({EXCLUDED: "texts"} if may_exclude else {})

    @cached_property
    def value_types(self) -> dict[str, ValueType]:
        """The type of every value that a data file may hold, by address."""
        return (
            {address: VALUE_TYPES[name] for address, name in self.common_facts.items()}
            | {fact.id: fact.value_type for fact in self.facts}
            | {address: slot.value_type for address, slot in self.slots.items()}
            | {address: VALUE_TYPES["text"] for table in self.tables for address in table.names}
        )

    @cached_property
    def expansions(self) -> "dict[object, Form]":
        """The forms that it was expanded to last, by what the data of reports has in open rows."""
        return {}

    @cached_property
    def conditional(self) -> dict[str, list[str]]:
        """The addresses to which each condition belongs."""
        found: dict[str, list[str]] = {}
        for address, names in (
            *((fact.id, (fact.when,) if fact.when else ()) for fact in self.facts),
            *((address, slot.traits.conditions) for address, slot in self.slots.items() if self.conditions),
        ):
            for name in names:
                found.setdefault(name, []).append(address)
        return found

    @cached_property
    def values_below(self) -> dict[str, dict[str, tuple[str, ValueType]]]:
        """The values by the table that they are in and their key there: their address and type."""
        found: dict[str, dict[str, tuple[str, ValueType]]] = {}
        for address, value_type in self.value_types.items():
            table, _dot, key = address.rpartition(".")
            found.setdefault(table, {})[key] = address, value_type
        return found

    @cached_property
    def omitted_figures(self) -> dict[str, int | None]:
        """What every figure is where it is left out, by address: 0, or None where it is absent then.

        Only numbers are figures: what a table holds of texts, dates and the like are values as those outside tables.
        """
        return {
            address: None if slot.is_optional else 0
            for address, slot in self.slots.items()
            if slot.value_type.is_number
        }

    @cached_property
    def groups(self) -> frozenset[str]:
        """Addresses of tables, which contain further addresses."""
        found = {*OPEN_TABLES, *(table.id for table in self.tables)}
        for address in self.value_types.keys() - self.slots.keys():
            found.update(list_above(address))
        for table in self.tables:
            found.update(above for address in table.open_rows for above in (address, *list_above(address)))
            for lines, opened in zip(table.lines, table.opened or repeat(None), strict=False):
                columns = {above for line in lines.columns for above in list_above(line.ids)}
                columns.update(opened.columns if opened else ())
                for row in lines.rows:
                    address = join_ids(table.id, row.ids)
                    found.update((address, *list_above(address)))
                    found.update(join_ids(address, column) for column in columns)
        return frozenset(found - self.value_types.keys())

    def list_codes(self, address: str) -> list[str]:
        """List the addresses of codes that may stand below an open row, whether or not the data has them."""
        opened = (table.open_rows.get(address) for table in self.tables)
        axis = next((self.axes.get(heading.each) for heading in opened if heading), None)
        return [f"{address}.{code.id}" for code in axis.codes] if axis else []

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
        common = {address: self.locale.say(f"label-{address}") for address in self.common_facts}
        names = {address: label for table in self.tables for address, label in table.names.items()}
        return common | facts | figures | names

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Every relation applied to every row or column to which it applies, then those of the whole report."""
        checks = [check for table in self.tables for check in apply_relations(self.relations.get(table.id, ()), table)]
        if across := self.relations.get("", ()):
            opened = [address for table in self.tables for address in table.open_rows]
            checks += apply_to_report(across, self.slots, opened)
        return tuple(checks)

    @cached_property
    def totals(self) -> dict[str, tuple[str, ...]]:
        """The summands of every total that is one figure, by its address; a total comes after those it contains.

        Raises `graphlib.CycleError` if totals contain each other, which no loaded form does.
        """
        found: dict[str, tuple[str, ...]] = {}
        for check in self.checks:
            if check.relation.computes_total and len(check.left[0].slots) == 1:
                parts = tuple(address for part in check.right for address in part.addresses)
                found.setdefault(check.left[0].slots[0].address, parts)
        return {address: found[address] for address in TopologicalSorter(found).static_order() if address in found}


def list_above(address: str) -> list[str]:
    """List the addresses of the tables that contain an address."""
    keys = address.split(".")
    return [".".join(keys[:size]) for size in range(1, len(keys))]
