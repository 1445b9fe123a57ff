"""Relations that must hold between figures (勾稽关系), and their application to the rows and columns of tables."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from nianbao.model.finding import Level
from nianbao.model.table import Block, Heading, Slot, Table

Each = Literal["row", "column"]
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
