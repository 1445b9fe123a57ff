"""What is known about the figures of a report: relations between them, and figures that its own prose states.

A total that is left out says nothing about its parts: it is replaced by them everywhere.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from nianbao.checks.causes.rows import Rows
from nianbao.checks.context import CheckContext
from nianbao.checks.stated.section_reading import StatedFigure
from nianbao.checks.typed_numbers import mask_placeholders
from nianbao.checks.wording import find_stated_figures
from nianbao.model.relations import Check, Part
from nianbao.model.report import Number, Report
from nianbao.model.text_rules import parse_sum, resolve_path

Deltas = Mapping[str, Number]  # what is added to figures, by address


class LinearSum(Struct, frozen=True):
    """A sum of written figures: how often each counts, and what it comes to now."""

    factors: Mapping[str, int]
    value: Number

    def add(self, deltas: Deltas) -> Number:
        """Return what it would come to if figures changed."""
        return self.value + sum([self.factors[cell] * delta for cell, delta in deltas.items() if cell in self.factors])


class Equation(Struct, frozen=True, eq=False, dict=True):
    """A relation between figures. It is `internal` if it must hold within the report itself."""

    check: Check
    left: LinearSum
    right: LinearSum

    @cached_property
    def factors(self) -> dict[str, int]:
        """How often each figure counts in the left side less the right one."""
        factors: Counter[str] = Counter(self.left.factors)
        factors.subtract(self.right.factors)
        return {cell: factor for cell, factor in factors.items() if factor}

    @cached_property
    def cells(self) -> Mapping[str, int]:
        """The written figures in it."""
        return self.factors if self.is_equality else {**self.left.factors, **self.right.factors}

    @property
    def gap(self) -> Number:
        """The left side less the right one."""
        return self.left.value - self.right.value

    @cached_property
    def is_equality(self) -> bool:
        """Whether the sides must be exactly equal; what is only noted where they are not, need not be."""
        return self.check.is_equality

    @cached_property
    def is_internal(self) -> bool:
        """Whether it must hold within the report itself."""
        return self.is_equality and not self.check.uses_previous

    @property
    def is_of_last_year(self) -> bool:
        """Whether a figure must be exactly what last year's report makes it."""
        return self.is_equality and self.check.uses_previous

    @cached_property
    def holds(self) -> bool:
        """Whether the relation holds now."""
        return self.check.relation.holds(self.left.value, self.right.value)

    def would_hold(self, deltas: Deltas) -> bool:
        """Return whether it would hold if figures changed."""
        return self.check.relation.holds(self.left.add(deltas), self.right.add(deltas))


class Statement(Struct, frozen=True, eq=False, dict=True):
    """A figure that the prose states in its own words, and the sums to one of which it is equal."""

    figure: StatedFigure
    sums: tuple[LinearSum, ...]
    is_internal = False
    is_equality = True
    is_of_last_year = False

    @property
    def cells(self) -> Iterable[str]:
        """The written figures in it."""
        return {cell: None for one in self.sums for cell in one.factors}

    @cached_property
    def holds(self) -> bool:
        """Whether the prose agrees with the figures now."""
        return any(self.figure.agrees_with(one.value) for one in self.sums)

    def would_hold(self, deltas: Deltas) -> bool:
        """Return whether the prose would agree if figures changed."""
        return any(self.figure.agrees_with(one.add(deltas)) for one in self.sums)


Evidence = Equation | Statement


def is_outside(one: Evidence) -> bool:
    """Return whether evidence is independent of the sums of the report."""
    return isinstance(one, Statement) or one.is_of_last_year


class Outcome(Struct, frozen=True):
    """What a change of figures does: evidence that it mends, and evidence that it breaks."""

    mended: frozenset[Evidence]
    spoilt: frozenset[Evidence]

    @property
    def keeps_sums(self) -> bool:
        """Whether all internal equations that hold still do."""
        return not any(one.is_internal for one in self.spoilt)

    @property
    def statements(self) -> frozenset[Statement]:
        """The figures of the prose that did not agree and do now."""
        return frozenset(one for one in self.mended if isinstance(one, Statement))

    @property
    def is_confirmed(self) -> bool:
        """Whether what did not agree does now: the prose, or what follows last year's report."""
        return any(map(is_outside, self.mended))

    @property
    def is_denied(self) -> bool:
        """Whether the prose, or what follows last year's report, agreed before."""
        return any(map(is_outside, self.spoilt))

    @property
    def keeps_last_year(self) -> bool:
        """Whether all that follows last year's report still does."""
        return not any(one.is_of_last_year for one in self.spoilt)


class Known:
    """All that is known about the figures of a report. What only the search for causes needs is made for it."""

    def __init__(self, context: CheckContext) -> None:
        self.report = context.report
        self.rows = Rows(context.report)
        self._context = context

    @cached_property
    def equations(self) -> list[Equation]:
        """The equations of all checks of sums that can be judged, in the order of the form."""
        checks = self.list_checks(self.report.judged)
        return [make_equation(self.report, check) for check in checks if check.relation.is_linear]

    @cached_property
    def statements(self) -> list[Statement]:
        """The figures that the prose states."""
        return _make_statements(self._context)

    @cached_property
    def _order(self) -> dict[Equation, int]:
        return {one: number for number, one in enumerate(self.equations)}

    @cached_property
    def _by_cell(self) -> dict[str, list[Evidence]]:
        evidence: list[Evidence] = [*self.equations, *self.statements]
        found: dict[str, list[Evidence]] = {}
        for one in evidence:
            for cell in one.cells:
                found.setdefault(cell, []).append(one)
        return found

    def list_checks(self, checks: Iterable[Check]) -> list[Check]:
        """List those of some checks that are made for an office of this name."""
        return [check for check in checks if re.search(check.relation.when, self._context.author)]

    def judge(self, deltas: Deltas) -> Outcome:
        """Judge a change of figures by all evidence about them."""
        touched = {one for cell in deltas for one in self._by_cell.get(cell, ())}
        after = {one: one.would_hold(deltas) for one in touched}
        return Outcome(
            frozenset(one for one, holds in after.items() if holds and not one.holds),
            frozenset(one for one, holds in after.items() if one.holds and not holds),
        )

    def list_evidence(self, cell: str) -> Sequence[Evidence]:
        """List the evidence about a figure."""
        return self._by_cell.get(cell, ())

    def list_equalities(self, cells: Iterable[str]) -> list[Equation]:
        """List the equalities that have one of some figures, in the order of the form."""
        return [
            one for one in self.sort({one for cell in cells for one in self.list_evidence(cell)}) if one.is_equality
        ]

    def sort(self, evidence: Iterable[Evidence]) -> list[Equation]:
        """List the equations of some evidence, each once, in the order of the form."""
        return sorted({one for one in evidence if isinstance(one, Equation)}, key=self._order.__getitem__)

    def is_possible(self, cell: str, value: Number) -> bool:
        """Return whether a figure may have a value."""
        return cell in self.report.figures and not self.report.form.slots[cell].value_type.find_fault(value)


def make_equation(report: Report, check: Check) -> Equation:
    """Make the equation of a check, in terms of the figures in the file."""
    return Equation(check, *(_add_up(report, side) for side in (check.left, check.right)))


def _add_up(report: Report, side: tuple[Part, ...]) -> LinearSum:
    factors: Counter[str] = Counter()
    total: Number = 0
    for part in side:
        total += part.term.factor * report.add_up_part(part)
        # How many cells are filled in says nothing of the figures in them.
        if part.constant is None and not part.term.previous and part.term.function != "count":
            for address in part.addresses:
                for cell in report.list_parts(address):
                    if cell in report.figures:
                        factors[cell] += int(part.term.factor)
    return LinearSum(factors, total)


def _make_statements(context: CheckContext) -> list[Statement]:
    """List the figures that the data file itself states in prose; those of placeholders are no evidence."""
    report = context.report
    if not report.prose:
        return []
    own = replace(context, texts={section: mask_placeholders(text, "\0") for section, text in report.prose.items()})
    statements = []
    for figure in (one for one in find_stated_figures(own) if one.certain):
        sums = [_add_up_claim(report, text) for text in figure.claim.equals]
        if found := tuple(one for one in sums if one):
            statements.append(Statement(figure, found) if len(found) == len(sums) else Statement(figure, ()))
    return [one for one in statements if one.sums]


def _add_up_claim(report: Report, text: str) -> LinearSum | None:
    """Add up a sum of figures; None if one of them is none, or cannot be read."""
    factors: Counter[str] = Counter()
    total: Number = 0
    for sign, path in parse_sum(text):
        for address in resolve_path(path, report.form.value_types):
            number = report.figures.get(address, report.values.get(address))
            parts = report.list_parts(address)
            if not isinstance(number, int | Decimal) or not report.unknown.isdisjoint(parts):
                return None
            total += sign * number
            for cell in parts if address in report.figures else ():
                factors[cell] += sign
    return LinearSum(factors, total)
