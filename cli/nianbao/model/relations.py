"""Relations that must hold between figures (勾稽关系), and their application to the rows and columns of tables."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

from nianbao.model.finding import Level
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import suggest
from nianbao.model.table import Block, Heading, Slot, Table

Each = Literal["row", "column"]  # of a table; a relation of the whole report is for neither
Sign = Literal["=", ">=", "<=", "!=", "<=>"]


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
    """A relation that must hold between figures (勾稽关系), for each row or column of a table or in a whole report."""

    rule: str
    each: Each | None
    left: tuple[Term, ...]
    sign: Sign
    right: tuple[Term, ...]
    level: Level = "error"
    why: str = ""  # a reason for people, for a rule without a page
    at: tuple[str, ...] = ()  # if given, it applies only to these rows or columns
    but: tuple[str, ...] = ()  # it does not apply to these
    when: str = ""  # it applies only if this pattern is found in the name of the author
    within: Decimal = Decimal(0)  # how far the sides may be apart

    @cached_property
    def total(self) -> str:
        """The path of the row or column that the relation defines as a total, or an empty text."""
        is_sum = self.sign == "=" and len(self.left) == 1 and all(term.factor == 1 for term in self.right)
        is_sum = is_sum and self.each is not None and not self.within
        return self.left[0].path if is_sum and not self.uses_previous else ""

    @cached_property
    def uses_previous(self) -> bool:
        """Tell whether last year's figures take part."""
        return any(term.previous for term in (*self.left, *self.right))

    def holds(self, left: int | Decimal, right: int | Decimal) -> bool:
        """Return whether the relation holds between the sums of its sides."""
        match self.sign:
            case "=":
                return left == right if not self.within else abs(Decimal(left) - right) <= self.within
            case ">=":
                return Decimal(left) - right >= -self.within
            case "<=":
                return Decimal(left) - right <= self.within
            case "!=":
                return left != right or left == 0
            case "<=>":
                return (left == 0) == (right == 0)


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

    def name_part(self, part: Part) -> str:
        """Name a part by the label of its row, its column or its group of them; of a whole report, of its cell."""
        first = part.slots[0]
        if self.relation.each is None:
            return " · ".join(heading.label for heading in (*first.rows[-1:], *first.columns[-1:]) if heading.id)
        path = first.rows if self.relation.each == "column" else first.columns
        return [heading for heading in path if heading.id][part.term.path.count(".")].label

    @cached_property
    def side_addresses(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The addresses on each side, if figures of one report are only added up, as in most checks; else None."""
        if any(part.term.factor != 1 or part.term.previous or part.constant is not None for part in self.parts):
            return None
        left, right = (
            tuple(address for part in side for address in part.addresses) for side in (self.left, self.right)
        )
        return left, right


def parse_terms(side: str) -> tuple[Term, ...]:
    """Parse one side of a relation: terms that are added or subtracted; raises ValueError with the reason."""
    parts = re.findall(r"([+-]?)\s*([\w.]+)", side)
    if re.sub(r"[+-]?\s*[\w.]+", "", side).strip() or not parts:
        raise ValueError(_("side-not-understood", side=side.strip()))
    return tuple(
        Term(path.removeprefix("before."), -1 if mark == "-" else 1, path.startswith("before.")) for mark, path in parts
    )


def apply_to_report(relation: Relation, slots: Mapping[str, Slot]) -> Check | None:
    """Apply a relation of the whole report, whose terms are addresses; None if one of them has no numbers."""
    lines = [(f"{address}.", slot) for address, slot in slots.items()]
    left, right = (
        tuple(Part(term, _find_slots(term, lines)) for term in side) for side in (relation.left, relation.right)
    )
    if not all(map(_can_be_added, (*left, *right))):
        return None
    first = next(slot for part in (*left, *right) for slot in part.slots)
    return Check(relation, first.row_label or first.columns[-1].label, left, right)


def apply_relation(relation: Relation, table: Table, block: Block) -> list[Check]:
    """Apply a relation to one block; no checks if the block lacks one of its terms, or it is no number."""
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
        if all(map(_can_be_added, (*left, *right))):
            first_slot = next(slot for part in (*left, *right) for slot in part.slots)
            label = first_slot.columns[-1].label if relation.each == "column" else first_slot.row_label
            checks.append(Check(relation, label, left, right))
    return checks


def _can_be_added(part: Part) -> bool:
    return part.term.constant is not None or (
        bool(part.slots) and all(slot.value_type.is_number for slot in part.slots)
    )


def _find_slots(term: Term, slots: list[tuple[str, Slot]]) -> tuple[Slot, ...]:
    prefix = f"{term.path}."
    return tuple(slot for position, slot in slots if position.startswith(prefix))


def _list_ids(path: tuple[Heading, ...]) -> str:
    return ".".join(heading.id for heading in path if heading.id)


def suggest_term(table: Table, terms: Sequence[str]) -> str:
    """Return the question whether another row or column was meant, for the first term that names none."""
    known = sorted({path for slot in table.slots for path in (slot.row, slot.column)})
    unknown = (term for term in terms if not any(f"{path}.".startswith(f"{term}.") for path in known))
    return next((suggest(term, known) for term in unknown), "")
