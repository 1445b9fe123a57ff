"""Broken equations that are independent of each other, and groups of them that share figures."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from nianbao.checks.causes.evidence import Equation

_MOST_EQUATIONS = 600  # beyond these, none is left out: elimination takes the cube of their number


def find_independent(equations: Sequence[Equation]) -> list[Equation]:
    """Find equations of which all others are sums, short ones first: if these hold, so do all.

    Where totals are left out, the balance of totals says no more than those of the columns.
    """
    if len(equations) > _MOST_EQUATIONS:
        return list(equations)
    kept: list[Equation] = []
    pivots: dict[str, dict[str, Fraction]] = {}
    for equation in sorted(equations, key=lambda one: len(one.factors)):
        rest = _reduce({cell: Fraction(factor) for cell, factor in equation.factors.items()}, pivots)
        if rest:
            pivots[next(iter(rest))] = rest
            kept.append(equation)
    return kept


def _reduce(row: dict[str, Fraction], pivots: Mapping[str, dict[str, Fraction]]) -> dict[str, Fraction]:
    """Subtract multiples of rows, each from its pivot on, until the row has none of the pivots."""
    waiting = [cell for cell in row if cell in pivots]
    while waiting:
        cell = waiting.pop()
        if cell not in row:
            continue
        other = pivots[cell]
        times = row[cell] / other[cell]
        for key, factor in other.items():
            value = row.get(key, Fraction(0)) - times * factor
            if value:
                row[key] = value
                if key in pivots and key != cell:
                    waiting.append(key)
            else:
                row.pop(key, None)
    return row


def group_connected(equations: Sequence[Equation]) -> list[list[Equation]]:
    """Group equations that share figures, directly or through others, in their order."""
    groups: list[tuple[set[str], list[Equation]]] = []
    for equation in equations:
        cells, members = set(equation.cells), [equation]
        for group in [group for group in groups if not group[0].isdisjoint(cells)]:
            groups.remove(group)
            cells |= group[0]
            members = [*group[1], *members]
        groups.append((cells, members))
    return [members for _cells, members in groups]
