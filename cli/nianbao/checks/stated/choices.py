"""What figures that a text states may be: as written or, where one differs from the tables, as these have it.

That it differs is reported already, so that what follows from it is not wrong a second time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice, product

from nianbao.checks.stated.section_reading import StatedFigure
from nianbao.model.report import Number
from nianbao.model.text_rules import parse_sum

Wrong = Mapping[int, Sequence[Number]]  # by the id of a figure that differs from the tables: what it may be
_MOST = 64  # choices that are tried


def combine(choices: Iterable[Sequence[Number]]) -> Iterator[tuple[Number, ...]]:
    """Give the ways to choose one of each, up to a limit."""
    return islice(product(*choices), _MOST)


def list_values(stated: Mapping[str, StatedFigure], wrong: Wrong) -> Iterator[Mapping[str, Decimal]]:
    """Give the values of claims: first as they are stated, then with what wrong figures may be."""
    for values in combine([figure.value, *wrong.get(id(figure), ())] for figure in stated.values()):
        yield dict(zip(stated, map(Decimal, values), strict=True))


def add_up(side: str, values: Mapping[str, Decimal]) -> Decimal:
    """Add up the values of a sum of claims."""
    return sum((sign * values[claim] for sign, claim in parse_sum(side)), start=Decimal(0))
