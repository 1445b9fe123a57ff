"""Find the figures that cause broken sums: a wrong cell that breaks several sums is reported once, with its effects."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from nianbao.model.relations import Check
from nianbao.model.report import Number, Report


@dataclass(frozen=True, slots=True)
class RootCause:
    """A figure, the value that would satisfy the checks (None if it is not known), and the checks that it breaks."""

    address: str
    value: Number | None
    checks: tuple[Check, ...]


def find_root_causes(report: Report) -> Iterator[RootCause]:
    """Explain the broken equalities of a report by as few figures as possible, those with most effects first.

    A figure explains several equalities if the same change of it satisfies them all.
    """
    equations = {check: _make_equation(report, check) for check in report.broken if _is_equality(check)}
    while equations:
        best = max(_find_candidates(report, equations), key=lambda cause: _rank(report, cause))
        own_totals = [check for check in best.checks if _find_total(check) == best.address]
        checks = tuple(dict.fromkeys([*own_totals, *best.checks]))  # checks in which the figure is the total come first
        yield RootCause(best.address, best.value, checks)
        for check in best.checks:
            del equations[check]


def _make_equation(report: Report, check: Check) -> Counter[str]:
    """Return left minus right as factors of the figures in the file, with computed totals resolved."""
    factors: Counter[str] = Counter()
    for sign, side in ((1, check.left), (-1, check.right)):
        for part in side:
            for slot in part.slots:
                for address in report.list_parts(slot.address):
                    factors[address] += sign * part.term.factor
    return factors


def _is_equality(check: Check) -> bool:
    """Return whether a check is a sum of one report; those share cells, all other relations are reported one by one."""
    return check.relation.sign == "=" and not check.uses_previous


def _find_candidates(report: Report, equations: dict[Check, Counter[str]]) -> Iterator[RootCause]:
    changes: dict[tuple[str, Number], list[Check]] = {}
    for check, factors in equations.items():
        left, right = report.add_up_sides(check)
        for address, factor in factors.items():
            if factor:
                needed = report.figures[address] - Decimal(left - right) / factor
                value: Number = int(needed) if needed == int(needed) else needed
                changes.setdefault((address, value), []).append(check)
        # So that each check is reported, even if no change of one figure satisfies it.
        yield RootCause(_choose_figure(report, check), None, (check,))
    confirmed = _find_confirmed_figures(report) if any(len(checks) > 1 for checks in changes.values()) else frozenset()
    for (address, value), checks in changes.items():
        is_possible = not report.form.slots[address].value_type.find_fault(value)
        if len(checks) > 1 and is_possible and address not in confirmed:
            yield RootCause(address, value, tuple(checks))


def _find_confirmed_figures(report: Report) -> frozenset[str]:
    """Find the figures of equalities that are satisfied: to change one would break these."""
    addresses: set[str] = set()
    for check in report.judged:
        if _is_equality(check) and report.is_satisfied(check):
            addresses.update(address for address, factor in _make_equation(report, check).items() if factor)
    return frozenset(addresses)


def _choose_figure(report: Report, check: Check) -> str:
    """Choose the figure at which a broken check is reported: its total, or its first written figure that is not 0."""
    addresses = [slot.address for part in check.parts for slot in part.slots]
    written = [address for address in addresses if address not in report.computed] or addresses
    if (total := _find_total(check)) in written:
        return total
    return next((address for address in written if report.figures[address]), written[0])


def _find_total(check: Check) -> str:
    """Return the address of the total of a check, or an empty text."""
    return check.left[0].slots[0].address if check.relation.total else ""


def _rank(report: Report, cause: RootCause) -> tuple[int, bool]:
    """Return a sort key: causes of most checks are best, and of those, figures that are not 0."""
    return len(cause.checks), bool(report.figures[cause.address])
