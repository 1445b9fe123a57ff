"""Relations that must hold between figures (勾稽关系), and what they say of the figures of a form."""

from decimal import Decimal
from functools import cached_property
from typing import Literal

from msgspec import Struct

from nianbao.model.finding import Level
from nianbao.model.relation_language.parser import Side, Sides, Sign, Term
from nianbao.model.tables.headings import Heading
from nianbao.model.tables.slots import Slot

Each = Literal["row", "column"]  # of a table; a relation of the whole report is for neither
Blanks = Literal["skip", "zero"]


class Relation(Struct, frozen=True, dict=True):
    """A relation that must hold between figures (勾稽关系), for each row or column of a table or in a whole report.

    One of its `alternatives` must hold, wherever its `condition` does. With `blanks` as zero, cells without a figure
    count nothing where each side has a figure; otherwise it is not judged where one is absent.
    """

    rule: str
    each: Each | None
    alternatives: tuple[Sides, ...]
    level: Level = "error"
    why: str = ""  # a reason for people, for a rule without a page
    source: str = ""  # the article of a law that asks for it
    at: tuple[str, ...] = ()  # if given, it applies only to these rows or columns
    but: tuple[str, ...] = ()  # it does not apply to these
    when: str = ""  # it applies only if this pattern is found in the name of the author
    within: Decimal = Decimal(0)  # how far the sides may be apart
    condition: Sides | None = None
    blanks: Blanks = "skip"

    @property
    def left(self) -> Side:
        """The left side, of the first alternative."""
        return self.alternatives[0].left

    @property
    def sign(self) -> Sign:
        """The sign, of the first alternative."""
        return self.alternatives[0].sign

    @property
    def right(self) -> Side:
        """The right side, of the first alternative."""
        return self.alternatives[0].right

    @cached_property
    def all_sides(self) -> tuple[Sides, ...]:
        """The alternatives, and the condition if there is one."""
        return (*self.alternatives, *([self.condition] if self.condition else []))

    @cached_property
    def terms(self) -> Side:
        """The terms of all sides."""
        return tuple(term for sides in self.all_sides for term in sides.terms)

    @cached_property
    def is_linear(self) -> bool:
        """Whether it compares plain sums of figures."""
        plain = (isinstance(term.factor, int) and term.function in {"", "sum"} for term in self.terms)
        return len(self.alternatives) == 1 and all(plain)

    @cached_property
    def total(self) -> str:
        """The path of the row or column that the relation defines as a total, or an empty text."""
        is_sum = self.sign == "=" and len(self.left) == 1 and self.is_linear and self.condition is None
        is_sum = is_sum and all(term.factor == 1 for term in (*self.left, *self.right))
        is_sum = is_sum and self.each is not None and not self.within and "*" not in self.left[0].path
        return self.left[0].path if is_sum and not self.uses_previous else ""

    @property
    def computes_total(self) -> bool:
        """Whether the total is computed where it is left out."""
        return bool(self.total) and self.blanks == "skip"

    @cached_property
    def uses_previous(self) -> bool:
        """Tell whether last year's figures take part."""
        return any(term.previous for term in self.terms)

    def holds(self, left: int | Decimal, right: int | Decimal) -> bool:
        """Return whether the relation holds between the values of its sides."""
        return self.alternatives[0].holds(left, right, self.within)


class Part(Struct, frozen=True, gc=False):  # there may be 100,000, and none refers back to itself
    """A term applied to one row or column: a group of rows has several slots, a number has none.

    `addresses` are those of the slots. `depth` is how many ids the path of the term takes.
    """

    term: Term
    slots: tuple[Slot, ...]
    addresses: tuple[str, ...]
    depth: int = 0

    @property
    def constant(self) -> int | Decimal | None:
        """The value of a term that is a number, or None."""
        return self.term.constant


class Check(Struct, frozen=True, eq=False, dict=True):
    """A relation applied to one row or column of its table."""

    relation: Relation
    label: str  # of that row or column
    left: tuple[Part, ...]
    right: tuple[Part, ...]
    sides: Sides
    others: "tuple[Check, ...]" = ()  # the other alternatives
    condition: "Check | None" = None
    has_long_names: bool = False  # lines are named with all headings above them, where a table repeats rows

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of both sides."""
        return (*self.left, *self.right)

    @property
    def uses_previous(self) -> bool:
        """Tell whether last year's figures take part."""
        return self.relation.uses_previous

    @property
    def is_linear(self) -> bool:
        """Whether it compares plain sums of figures, wherever they are."""
        return self.relation.is_linear and self.condition is None

    @property
    def is_equality(self) -> bool:
        """Whether sums must be exactly equal; those that are only noted where they are not, need not be."""
        relation = self.relation
        return relation.sign == "=" and relation.level != "note" and not relation.within and relation.is_linear

    def name_part(self, part: Part) -> str:
        """Name a part by the label of its row, its column or its group of them; of a whole report, by its cells.

        Of several cells it is what they have in common, or the first where that is nothing.
        """
        if not part.slots:  # of an open row without entries
            return part.term.path
        if self.relation.each is None:
            paths = [(*slot.rows, *slot.columns) for slot in part.slots]
            shared = [heading for heading in paths[0] if heading.id and all(heading in path for path in paths)]
            return " · ".join(heading.label for heading in shared or paths[0] if heading.id)
        path = self._find_path(part)
        return name_line(path[self._shared_headings :]) if self.has_long_names else path[-1].label

    @cached_property
    def where(self) -> str:
        """Name its row or column, and the headings that all its lines share, which `name_part` leaves out."""
        part = next((one for one in self.parts if one.slots), None)
        if part is None or self.relation.each is None or not self.has_long_names:
            return self.label
        names = [name_line(self._find_path(part)[: self._shared_headings]), self.label]
        return " · ".join(filter(None, names if self.relation.each == "column" else reversed(names)))

    def _find_path(self, part: Part) -> tuple[Heading, ...]:
        first = part.slots[0]
        return _cut_path(first.rows if self.relation.each == "column" else first.columns, part.depth)

    @cached_property
    def _shared_headings(self) -> int:
        """How many headings all lines begin with, which need not be named; at least one is left to each line."""
        paths = [self._find_path(part) for part in self.parts if part.slots]
        count = 0
        while all(len(path) > count + 1 and path[count] == paths[0][count] for path in paths):
            count += 1
        return count

    @cached_property
    def side_addresses(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The addresses on each side, if figures of one report are only added up, as in most checks; else None."""
        if self.relation.blanks == "zero" or not self.sides.is_plain:
            return None
        left, right = ([address for part in side for address in part.addresses] for side in (self.left, self.right))
        return tuple(left), tuple(right)


def _cut_path(path: tuple[Heading, ...], depth: int) -> tuple[Heading, ...]:
    """Cut a path behind the heading in which so many ids end."""
    size = 0
    for number, heading in enumerate(path, 1):
        size += heading.id.count(".") + 1 if heading.id else 0
        if size >= depth:
            return path[:number]
    return path


def name_line(path: tuple[Heading, ...]) -> str:
    """Name a row or column by all its headings."""
    return " · ".join(heading.label for heading in path if heading.label)
