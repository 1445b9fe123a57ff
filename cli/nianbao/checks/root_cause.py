"""Which figure is to blame: one wrong cell breaks several sums and is told once, with its effects."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from nianbao.model.form import Check
from nianbao.model.report import Number, Report


@dataclass(frozen=True, slots=True)
class RootCause:
    """A figure, the value that would make things right (None where that is open), and what it breaks."""

    address: str
    value: Number | None
    checks: tuple[Check, ...]


def find_root_causes(report: Report) -> Iterator[RootCause]:
    """Explain the broken equalities of a report by as few figures as possible, most effects first.

    A figure explains several equalities when one and the same change of it mends them all.
    """
    left = {check: _make_equation(report, check) for check in report.broken if _is_equality(check)}
    while left:
        chosen = max(_find_candidates(report, left), key=lambda blame: _rank(report, blame))
        about = [check for check in chosen.checks if _find_total(check) == chosen.address]
        checks = tuple(dict.fromkeys([*about, *chosen.checks]))  # what is wrong with a total comes first
        yield RootCause(chosen.address, chosen.value, checks)
        for check in chosen.checks:
            del left[check]


def _make_equation(report: Report, check: Check) -> Counter[str]:
    """Write left minus right over the figures that the file gives, computed totals resolved."""
    form: Counter[str] = Counter()
    for sign, side in ((1, check.left), (-1, check.right)):
        for part in side:
            for slot in part.slots:
                for address in report.list_parts(slot.address):
                    form[address] += sign * part.term.factor
    return form


def _is_equality(check: Check) -> bool:
    """Tell the sums of one report, which share their cells, from other relations, which are told singly."""
    return check.relation.sign == "=" and not check.uses_previous


def _find_candidates(report: Report, left: dict[Check, Counter[str]]) -> Iterator[RootCause]:
    mended: dict[tuple[str, Number], list[Check]] = {}
    for check, form in left.items():
        one, other = report.add_up_sides(check)
        for address, factor in form.items():
            if factor:
                exact = report.figures[address] - Decimal(one - other) / factor
                value: Number = int(exact) if exact == int(exact) else exact
                mended.setdefault((address, value), []).append(check)
        yield RootCause(_choose_figure(report, check), None, (check,))  # so that each is told, whatever the arithmetic
    sound = _find_confirmed_figures(report) if any(len(checks) > 1 for checks in mended.values()) else frozenset()
    for (address, value), checks in mended.items():
        whole = report.form.slots[address].value_type != "count" or (value >= 0 and isinstance(value, int))
        if len(checks) > 1 and whole and address not in sound:
            yield RootCause(address, value, tuple(checks))


def _find_confirmed_figures(report: Report) -> frozenset[str]:
    """Collect the figures that stand in an equality that holds: to change one would break it."""
    found: set[str] = set()
    for check in report.judged:
        if _is_equality(check) and report.is_satisfied(check):
            found.update(address for address, factor in _make_equation(report, check).items() if factor)
    return frozenset(found)


def _choose_figure(report: Report, check: Check) -> str:
    """Take the figure that a broken check is told at: the total it is about, or its first one written."""
    addresses = [slot.address for part in check.parts for slot in part.slots]
    given = [address for address in addresses if address not in report.computed] or addresses
    if (total := _find_total(check)) in given:
        return total
    return next((address for address in given if report.figures[address]), given[0])


def _find_total(check: Check) -> str:
    """Return the address of the total that a check is about, or an empty text."""
    return check.left[0].slots[0].address if check.relation.total else ""


def _rank(report: Report, blame: RootCause) -> tuple[int, bool]:
    """Prefer what explains most; among those, a figure that is not zero."""
    return len(blame.checks), bool(report.figures[blame.address])
