"""Why a value of a data file is not of a type: each function returns the reason, or an empty text."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from nianbao.model.i18n import _, join_words
from nianbao.model.period import FIRST_YEAR, LAST_YEAR, parse_period
from nianbao.model.values.durations import parse_duration

COUNT_LIMIT = 10**12  # no office counts more; limits sums and the width of columns
# No space, quote, bracket or backslash: it is printed as a link, and stands for itself in every format.
_URL = re.compile(r"https?://[^\s<>\"'`\\^{}|\[\]]{1,2000}")


def describe_value(value: object) -> str:
    """Name the TOML type of a value for people."""
    if isinstance(value, bool):
        return _("type-true-or-false")
    names: list[tuple[type, str]] = [
        (int, _("type-whole-number")),
        (Decimal, _("type-decimal")),
        (float, _("type-decimal")),
        (str, _("type-text")),
        (datetime, _("type-date-time")),
        (date, _("type-date")),
        (list, _("type-array")),
        (dict, _("type-table")),
    ]
    return next((words for known, words in names if isinstance(value, known)), _("type-time"))


def check_integer(value: object, *, negative: bool) -> str:
    """Check a whole number."""
    if type(value) is int and 0 <= value < COUNT_LIMIT:  # nearly all of the 200 of each report
        return ""
    if isinstance(value, bool) or not isinstance(value, int):
        return _("must-be-whole-number", value=describe_value(value))
    if value < 0 and not negative:
        return _("must-not-be-negative")
    if abs(value) >= COUNT_LIMIT:
        return _("number-over-twelve-digits")
    return ""


def check_year(value: object) -> str:
    """Check the number of a year."""
    if why := check_integer(value, negative=True):
        return why
    return "" if isinstance(value, int) and FIRST_YEAR <= value <= LAST_YEAR else _("must-be-year")


def check_period(value: object) -> str:
    """Check the name of a period."""
    if isinstance(value, str) and parse_period(value):
        return ""
    return _("should-be-a-period")


def check_decimal(value: object, *, least: int, most: int, places: int) -> str:
    """Check a number between two bounds with at most so many digits after the point."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return _("must-be-number", value=describe_value(value))
    number = Decimal(value)
    if not number.is_finite():
        return _("must-be-definite-number")
    if why := _check_bounds(number, least, most):
        return why
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > places:
        return _("too-many-decimals", decimals=places)
    return ""


def _check_bounds(number: Decimal, least: int, most: int) -> str:
    if number.is_signed() and not least:  # -0.0 too
        return _("must-not-be-negative")
    if number > most:
        return _("number-above-limit", limit=most)
    return _("number-below-limit", limit=least) if number < least else ""


def check_text(value: object) -> str:
    """Check a text, which is not blank."""
    if not isinstance(value, str):
        return _("must-be-text", value=describe_value(value))
    return "" if value.strip() else _("text-must-not-be-empty")


def check_texts(value: object) -> str:
    """Check a list of texts."""
    if not isinstance(value, list):
        return _("must-be-texts", value=describe_value(value))
    return next((_("fault-in-array", why=why) for why in map(check_text, value) if why), "")


def check_date(value: object) -> str:
    """Check a day."""
    if isinstance(value, datetime) or not isinstance(value, date):
        return _("must-be-date", value=describe_value(value))
    return ""


def check_yes_no(value: object) -> str:
    """Check true or false."""
    return "" if isinstance(value, bool) else _("must-be-true-or-false", value=describe_value(value))


def check_choice(value: object, choices: Sequence[str]) -> str:
    """Check a text that is one of several."""
    if isinstance(value, str) and value in choices:
        return ""
    return _("must-be-one-of", choices=join_words(choices))


def check_duration(value: object) -> str:
    """Check a duration."""
    return "" if isinstance(value, str) and parse_duration(value) else _("must-be-duration")


def check_url(value: object) -> str:
    """Check an address of the web."""
    return "" if isinstance(value, str) and _URL.fullmatch(value) else _("must-be-url")
