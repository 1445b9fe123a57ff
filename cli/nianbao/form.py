"""A form: the law as data. Sections, tables, relations between figures, and facts outside tables."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NoReturn, cast

from nianbao.finding import LEVELS, Level, Stop
from nianbao.grid import Block, Heading, Slot, Table
from nianbao.kind import KINDS

Each = Literal["row", "column"]
Sign = Literal["=", ">=", "<="]

# What every data file may say, whatever its form: address -> kind.
COMMON = {"year": "count", "edition": "text", "title": "text", "published": "date"}
OWN = "own"  # the office's own facts: any name, any plain value
OPEN = frozenset({OWN, "headings", "prose"})  # tables whose keys are no addresses of the form


@dataclass(frozen=True, slots=True)
class Term:
    """A row or column, or a group of them, on one side of a relation; `factor` is 1 or -1."""

    path: str
    factor: int


@dataclass(frozen=True, slots=True)
class Relation:
    """What must hold between figures, for each row or for each column of a table (勾稽关系)."""

    rule: str
    each: Each
    left: tuple[Term, ...]
    sign: Sign
    right: tuple[Term, ...]
    level: Level = "error"
    why: str = ""  # for a rule that has no page of its own

    @property
    def total(self) -> str:
        """The row or column that this relation makes a total, or an empty text."""
        plain = self.sign == "=" and len(self.left) == 1 and all(term.factor == 1 for term in self.right)
        return self.left[0].path if plain else ""


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """A relation at one row or column: the slots on both sides, a group of rows being several slots."""

    relation: Relation
    where: str  # label of that row or column
    left: tuple[tuple[int, tuple[Slot, ...]], ...]
    right: tuple[tuple[int, tuple[Slot, ...]], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report: prose made by a template, or a table, under a heading."""

    id: str
    heading: str = ""
    text: str = ""
    table: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that stands in no table: its address, what it is, and its kind and unit."""

    id: str
    label: str
    kind: str = "count"
    unit: str = ""
    required: bool = False
    ask: Any = None  # what a new data file says here, for a person to replace
    standing: bool = False  # true of the years to come too: a new data file takes it over


@dataclass(frozen=True)
class Form:
    """One edition of a form: everything that the law or an office lays down about a document."""

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
    carries: Mapping[str, str] = field(default_factory=dict)  # row of this year <- row of the year before

    def in_force(self, year: int) -> bool:
        """Tell whether reports of that year use this edition."""
        return self.first_year <= year and (self.last_year is None or year <= self.last_year)

    @cached_property
    def slots(self) -> dict[str, Slot]:
        """Every figure of every table by its address."""
        return {slot.address: slot for table in self.tables for slot in table.slots()}

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The kind of every value that a data file may hold, by address."""
        facts = {fact.id: fact.kind for fact in self.facts}
        return COMMON | facts | {address: slot.kind for address, slot in self.slots.items()}

    @cached_property
    def groups(self) -> frozenset[str]:
        """Addresses that hold a table of further values."""
        found = set(OPEN)
        for address in self.kinds:
            keys = address.split(".")
            found.update(".".join(keys[:size]) for size in range(1, len(keys)))
        return frozenset(found)

    @cached_property
    def labels(self) -> dict[str, str]:
        """What to call an address in front of people."""
        facts = {fact.id: fact.label for fact in self.facts}
        figures = {
            slot.address: " · ".join(part.label for part in (*slot.rows, *slot.columns) if part.id)
            for slot in self.slots.values()
        }
        common = {"year": "报告年度", "edition": "格式版本", "title": "标题", "published": "成文日期"}
        return common | facts | figures

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Every relation at every row or column where it applies."""
        return tuple(check for table in self.tables for check in self._checks(table))

    def _checks(self, table: Table) -> Iterator[Check]:
        for relation in self.relations.get(table.id, ()):
            before = len(found := [])
            for block in table.blocks:
                found += _applied(relation, table, block)
            if len(found) == before:
                terms = " ".join(term.path for term in (*relation.left, *relation.right))
                _bad(self.edition, f"tables.{table.id}.relations", f"没有哪一行列同时有 {terms}")
            yield from found


def _applied(relation: Relation, table: Table, block: Block) -> list[Check]:
    """Apply a relation to one block; nothing where the block lacks one of its terms."""
    lines: dict[str, list[Slot]] = {}
    for slot in table.slots_of(block):
        rows, columns = _ids(slot.rows), _ids(slot.columns)
        lines.setdefault(columns if relation.each == "column" else rows, []).append(slot)
    checks = []
    for slots in lines.values():
        left = [(term.factor, _under(term, relation, slots)) for term in relation.left]
        right = [(term.factor, _under(term, relation, slots)) for term in relation.right]
        if all(found for _, found in (*left, *right)):
            first = left[0][1][0]
            where = first.columns[-1].label if relation.each == "column" else first.row_label
            checks.append(Check(relation, where, tuple(left), tuple(right)))
    return checks


def _under(term: Term, relation: Relation, slots: list[Slot]) -> tuple[Slot, ...]:
    def named(slot: Slot) -> str:
        return _ids(slot.rows if relation.each == "column" else slot.columns)

    return tuple(slot for slot in slots if f"{named(slot)}.".startswith(f"{term.path}."))


def _ids(path: tuple[Heading, ...]) -> str:
    return ".".join(heading.id for heading in path if heading.id)


# ── from the form's file ─────────────────────────────────────────────────────────────


def read(raw: Mapping[str, Any], edition: str) -> Form:
    """Read a form from its values; raises `Stop` that names the place of what a form cannot say."""
    reader = _Reader(edition)
    top = reader.of(raw, "", "name document years template title author sections tables facts carries")
    years = reader.of(top.get("years", {}), "years", "from to")
    tables = [reader.table(item, f"tables[{at}]") for at, item in enumerate(top.get("tables", []))]
    form = Form(
        edition=edition,
        name=str(top.get("name") or _bad(edition, "name", "缺名称")),
        document=str(top.get("document", "")),
        first_year=int(years.get("from", 0)),
        last_year=int(years["to"]) if "to" in years else None,
        template=str(top.get("template") or _bad(edition, "template", "缺模板")),
        title=str(top.get("title", "{{ year }}")),
        author=str(top.get("author", "")),
        sections=tuple(reader.made(Section, item, "sections") for item in top.get("sections", [])),
        tables=tuple(table for table, _ in tables),
        relations={table.id: relations for table, relations in tables},
        facts=tuple(reader.made(Fact, item, "facts") for item in top.get("facts", [])),
        carries=reader.carries(top.get("carries", {})),
    )
    for row in (*form.carries, *form.carries.values()):
        if not any(f"{address}.".startswith(f"{row}.") for address in form.slots):
            _bad(edition, "carries", f"没有名为 {row} 的行")
    known = {table.id for table in form.tables}
    for section in form.sections:
        if section.table not in known | {""}:
            _bad(edition, f"sections.{section.id}", f"没有名为 {section.table} 的表")
    for address, kind in form.kinds.items():
        if kind not in KINDS:
            _bad(edition, address, f"没有 {kind} 这种值，只有 {' '.join(KINDS)}")
    if len(form.slots) != sum(1 for table in form.tables for _ in table.slots()):
        _bad(edition, "tables", "两个数字的地址相同")
    _ = form.checks  # a relation that applies nowhere is a mistake of the form, told at once
    return form


class _Reader:
    """Turns the plain values of a form's file into the model, strict about every key."""

    def __init__(self, edition: str) -> None:
        self.edition = edition

    def of(self, raw: object, at: str, known: str) -> dict[str, Any]:
        """Return a table of values whose keys are all known."""
        if not isinstance(raw, dict):
            _bad(self.edition, at, "应为表")
        for key in raw:
            if key not in known.split():
                _bad(self.edition, f"{at}.{key}".strip("."), f"不认识的键；这里可以写 {known}")
        return raw

    def made(self, shape: type[Any], raw: object, at: str) -> Any:  # noqa: ANN401  # one reader for all shapes
        """Make a frozen record, its lists turned into tuples, its headings read."""
        values = self.of(raw, at, " ".join(shape.__dataclass_fields__))
        made: dict[str, object] = {}
        for key, value in values.items():
            if key in {"below", "rows", "columns"}:
                made[key] = tuple(self.made(Heading, item, f"{at}.{key}") for item in value)
            else:
                made[key] = tuple(value) if isinstance(value, list) else value
        try:
            return shape(**made)
        except TypeError as error:
            return _bad(self.edition, at, str(error))

    def carries(self, raw: object) -> dict[str, str]:
        rows = raw if isinstance(raw, dict) else _bad(self.edition, "carries", "应为表")
        return {str(into): str(row) for into, row in rows.items()}

    def table(self, raw: object, at: str) -> tuple[Table, tuple[Relation, ...]]:
        values = self.of(raw, at, "id label widths relations blocks")
        blocks = tuple(self.made(Block, item, f"{at}.blocks") for item in values.get("blocks", []))
        if not blocks or not all(block.columns for block in blocks):
            _bad(self.edition, at, "表至少要有一块，每块至少要有一列")
        table = Table(str(values["id"]), str(values.get("label", "")), blocks, tuple(values.get("widths", ())))
        if table.widths and len(table.widths) != table.lay_out().columns:
            _bad(self.edition, f"{at}.widths", f"应有 {table.lay_out().columns} 个宽度")
        relations = tuple(self.relation(item, f"{at}.relations") for item in values.get("relations", []))
        return table, relations

    def relation(self, raw: object, at: str) -> Relation:
        values = self.of(raw, at, "rule each holds level why")
        match = re.fullmatch(r"([^<>=]+)(>=|<=|=)([^<>=]+)", values.get("holds", ""))
        if not match or values.get("each") not in {"row", "column"} or "rule" not in values:
            _bad(self.edition, at, "应写 rule、each（row 或 column）和形如 a + b = c 的 holds")
        level = values.get("level", "error")
        if level not in LEVELS:
            _bad(self.edition, at, f"level 只能是 {'、'.join(LEVELS)}")
        left, sign, right = match.groups()
        return Relation(
            rule=values["rule"],
            each=values["each"],
            left=self.terms(left, at),
            sign=cast("Sign", sign),
            right=self.terms(right, at),
            level=level,
            why=values.get("why", ""),
        )

    def terms(self, side: str, at: str) -> tuple[Term, ...]:
        parts = re.findall(r"([+-]?)\s*([\w.]+)", side)
        if re.sub(r"[+-]?\s*[\w.]+", "", side).strip() or not parts:
            _bad(self.edition, at, f"看不懂 {side.strip()}，只能用 + 和 - 连接地址")
        return tuple(Term(path, -1 if mark == "-" else 1) for mark, path in parts)


def _bad(edition: str, at: str, why: str) -> NoReturn:
    raise Stop(f"格式文件 forms/{edition}.toml：{at}：{why}", "改正格式文件后再运行")
