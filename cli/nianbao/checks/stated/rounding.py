"""Whether a number may be written with fewer digits: rounded, or cut off."""

from decimal import Decimal

WHOLE_PERCENT = 100


def is_rounded(number: Decimal, written: Decimal) -> bool:
    """Return whether a number is written with fewer decimals: rounded or cut off."""
    exponent = written.as_tuple().exponent
    unit = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    return 0 <= number - written < unit or abs(number - written) <= unit / 2


def is_written_as(rate: Decimal, written: Decimal) -> bool:
    """Return whether a percentage may be written so: rounded or cut off, but 100 only if it is exactly 100."""
    return rate == written if WHOLE_PERCENT in (written, rate) else is_rounded(rate, written)
