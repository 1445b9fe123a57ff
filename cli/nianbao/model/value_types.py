"""The types of the values of a report: what a data file may hold, and how values are printed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from nianbao.model.i18n import _
from nianbao.model.period import FIRST_YEAR, LAST_YEAR, NAME, parse_period

ValueTypeName: TypeAlias = Literal["count", "change", "money", "share", "year", "period", "text", "texts", "date"]
Value: TypeAlias = int | Decimal | str | date | list[str]

COUNT_LIMIT = 10**12  # no office counts more; limits sums and the width of columns
MONEY_LIMIT = 10**15
MONEY_DECIMALS = 4  # 万元 with four decimals is exact to 1 元 (59237.2449 is a real value)


@dataclass(frozen=True, slots=True)
class ValueType:
    """One type of value.

    `description` is the key of its words in a locale; `find_fault` returns why a value is not of this type, or an empty
    text; `format` returns the text that is printed for one that is; `json_schema` is the schema for editors.
    """

    name: ValueTypeName
    description: str
    find_fault: Callable[[object], str]
    format: Callable[[Value], str]
    json_schema: Mapping[str, object]


def get_value_type(name: str) -> ValueType:
    """Return the value type of that name; raises KeyError for an unknown name."""
    return VALUE_TYPES[name]


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


def format_number(value: Value) -> str:
    """Format a number with all its digits, without an exponent and without separators."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _check_integer(value: object, *, negative: bool) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return _("must-be-whole-number", value=describe_value(value))
    if value < 0 and not negative:
        return _("must-not-be-negative")
    if abs(value) >= COUNT_LIMIT:
        return _("number-over-twelve-digits")
    return ""


def _check_year(value: object) -> str:
    if why := _check_integer(value, negative=True):
        return why
    return "" if isinstance(value, int) and FIRST_YEAR <= value <= LAST_YEAR else _("must-be-year")


def _check_period(value: object) -> str:
    if isinstance(value, str) and parse_period(value):
        return ""
    return _("should-be-a-period")


def _check_decimal(value: object, *, limit: int) -> str:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return _("must-be-number", value=describe_value(value))
    number = Decimal(value)
    if not number.is_finite():
        return _("must-be-definite-number")
    if number.is_signed():  # -0.0 too
        return _("must-not-be-negative")
    if number > limit:
        return _("number-above-limit", limit=limit)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > MONEY_DECIMALS:
        return _("too-many-decimals", decimals=MONEY_DECIMALS)
    return ""


def _check_text(value: object) -> str:
    if not isinstance(value, str):
        return _("must-be-text", value=describe_value(value))
    return "" if value.strip() else _("text-must-not-be-empty")


def _check_texts(value: object) -> str:
    if not isinstance(value, list):
        return _("must-be-texts", value=describe_value(value))
    return next((_("fault-in-array", why=why) for why in map(_check_text, value) if why), "")


def _check_date(value: object) -> str:
    if isinstance(value, datetime) or not isinstance(value, date):
        return _("must-be-date", value=describe_value(value))
    return ""


def _format_date(value: Value) -> str:
    return f"{value.year}年{value.month}月{value.day}日" if isinstance(value, date) else str(value)


def _format_texts(value: Value) -> str:
    return "、".join(value) if isinstance(value, list) else str(value)


_TEXT_SCHEMA = {"type": "string", "pattern": r"\S"}

VALUE_TYPES: dict[str, ValueType] = {
    known.name: known
    for known in (
        ValueType(
            "count",
            "type-count",
            lambda value: _check_integer(value, negative=False),
            format_number,
            {"type": "integer", "minimum": 0, "maximum": COUNT_LIMIT - 1},
        ),
        ValueType(
            "change",
            "type-change",
            lambda value: _check_integer(value, negative=True),
            format_number,
            {"type": "integer", "minimum": 1 - COUNT_LIMIT, "maximum": COUNT_LIMIT - 1},
        ),
        ValueType(
            "money",
            "type-money",
            lambda value: _check_decimal(value, limit=MONEY_LIMIT),
            format_number,
            {"type": "number", "minimum": 0, "maximum": MONEY_LIMIT},
        ),
        ValueType(
            "share",
            "type-share",
            lambda value: _check_decimal(value, limit=100),
            format_number,
            {"type": "number", "minimum": 0, "maximum": 100},
        ),
        ValueType(
            "year",
            "type-year",
            _check_year,
            format_number,
            {"type": "integer", "minimum": FIRST_YEAR, "maximum": LAST_YEAR},
        ),
        ValueType("period", "type-period", _check_period, str, {"type": "string", "pattern": f"^(?:{NAME.pattern})$"}),
        ValueType("text", "type-text", _check_text, str, _TEXT_SCHEMA),
        ValueType("texts", "type-texts", _check_texts, _format_texts, {"type": "array", "items": _TEXT_SCHEMA}),
        ValueType("date", "type-date", _check_date, _format_date, {"type": "string", "format": "date"}),
    )
}


def guess_value_type(value: object) -> ValueType | None:
    """Guess the type of a value that has no declared one; None for a value that a report cannot hold."""
    order = ("text", "date", "change", "money", "texts")
    return next((VALUE_TYPES[name] for name in order if not VALUE_TYPES[name].find_fault(value)), None)
