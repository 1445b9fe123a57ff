"""The types of the values of a report: what a data file may hold, and how values are printed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Literal, TypeAlias

from nianbao.model.i18n import _
from nianbao.model.locale import Locale
from nianbao.model.period import FIRST_YEAR, LAST_YEAR, NAME, parse_period
from nianbao.model.values import faults
from nianbao.model.values.durations import PATTERN as DURATION_PATTERN
from nianbao.model.values.faults import COUNT_LIMIT

ValueTypeName: TypeAlias = Literal[
    "count",
    "change",
    "money",
    "currency",
    "decimal",
    "percent",
    "share",
    "year",
    "period",
    "duration",
    "date",
    "yes-no",
    "choice",
    "url",
    "text",
    "texts",
]
Value: TypeAlias = bool | int | Decimal | str | date | list[str]

MONEY_LIMIT = 10**15
MONEY_DECIMALS = 4  # 万元 with four decimals is exact to 1 元 (59237.2449 is a real value)


@dataclass(frozen=True, slots=True, eq=False)
class ValueType:
    """One type of value.

    `description` is for people, in Chinese; `find_fault` returns why a value is not of this type, or an empty text;
    `format` returns the text that is printed for one that is; `json_schema` is the schema for editors.
    A figure of a type that `is_number` is 0 where it is left out, any other is absent. `places` are the digits that
    may follow the decimal point; values `add_up` where they are sums of the same values of several offices.
    """

    name: ValueTypeName
    description: str
    find_fault: Callable[[object], str]
    format: Callable[[Value, Locale], str]
    json_schema: Mapping[str, object]
    is_number: bool = False
    places: int = 0
    adds_up: bool = False
    parameters: tuple[object, ...] = ()  # those of `make_value_type` beside the name

    def __reduce__(self) -> tuple[object, ...]:
        return make_value_type, (self.name, *self.parameters)  # its functions cannot be sent to another process

    @property
    def has_number_schema(self) -> bool:
        """Whether its values are numbers in TOML and in spreadsheets: also a year, which is never added up."""
        return self.json_schema.get("type") in {"integer", "number"}


def format_number(value: Value) -> str:
    """Format a number for programs: with all its digits, without an exponent and without separators."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _print_number(value: Value, locale: Locale) -> str:
    return locale.format_number(value) if isinstance(value, int | Decimal) else str(value)


def _print_period(value: Value, locale: Locale) -> str:
    period = parse_period(str(value))
    return locale.format_period(period) if period else str(value)


def _print_date(value: Value, locale: Locale) -> str:
    return locale.format_date(value) if isinstance(value, date) else str(value)


def _print_texts(value: Value, locale: Locale) -> str:
    return locale.format_list(value) if isinstance(value, list) else str(value)


def _print_as_written(value: Value, _locale: Locale) -> str:
    return str(value)


_TEXT_SCHEMA = {"type": "string", "pattern": r"\S"}


def _make_number_type(  # noqa: PLR0913  # what number types differ in
    name: ValueTypeName,
    description: str,
    bounds: tuple[int, int],
    places: int,
    print_number: Callable[[Value, Locale], str] = _print_number,
    *,
    adds_up: bool = False,
    parameters: tuple[object, ...] = (),
) -> ValueType:
    """Make the type of numbers between two bounds, with at most so many digits after the point."""
    least, most = bounds

    def find_fault(value: object) -> str:
        return faults.check_decimal(value, least=least, most=most, places=places)

    schema = {"type": "number", "minimum": least, "maximum": most}
    return ValueType(name, description, find_fault, print_number, schema, True, places, adds_up, parameters)  # noqa: FBT003  # one of many


VALUE_TYPES: dict[str, ValueType] = {
    known.name: known
    for known in (
        ValueType(
            "count",
            "件数，不小于 0 的整数",
            lambda value: faults.check_integer(value, negative=False),
            _print_number,
            {"type": "integer", "minimum": 0, "maximum": COUNT_LIMIT - 1},
            is_number=True,
            adds_up=True,
        ),
        ValueType(
            "change",
            "增减数，整数，可为负",
            lambda value: faults.check_integer(value, negative=True),
            _print_number,
            {"type": "integer", "minimum": 1 - COUNT_LIMIT, "maximum": COUNT_LIMIT - 1},
            is_number=True,
            adds_up=True,
        ),
        _make_number_type("money", "金额，最多四位小数", (0, MONEY_LIMIT), MONEY_DECIMALS, adds_up=True),
        _make_number_type("share", "百分比，0 到 100", (0, 100), MONEY_DECIMALS),
        ValueType(
            "year",
            "四位数的年度",
            faults.check_year,
            _print_as_written,
            {"type": "integer", "minimum": FIRST_YEAR, "maximum": LAST_YEAR},
        ),
        ValueType(
            "period",
            "报告期",
            faults.check_period,
            _print_period,
            {"type": "string", "pattern": f"^(?:{NAME.pattern})$"},
        ),
        ValueType(
            "duration",
            "时长，如 2d、1h30m、86m",
            faults.check_duration,
            lambda value, locale: locale.format_duration(str(value)),
            {"type": "string", "pattern": f"^{DURATION_PATTERN.pattern}$"},
        ),
        ValueType("date", "日期", faults.check_date, _print_date, {"type": "string", "format": "date"}),
        ValueType(
            "yes-no",
            "是或否，写 true 或 false",
            faults.check_yes_no,
            lambda value, locale: locale.format_yes_no(bool(value)),
            {"type": "boolean"},
        ),
        ValueType(
            "url",
            "网址，以 http:// 或 https:// 开头",
            faults.check_url,
            _print_as_written,
            {"type": "string", "pattern": "^https?://"},
        ),
        ValueType("text", "文字", faults.check_text, _print_as_written, _TEXT_SCHEMA),
        ValueType("texts", "文字的数组", faults.check_texts, _print_texts, {"type": "array", "items": _TEXT_SCHEMA}),
    )
}


@cache
def make_value_type(
    name: str, choices: tuple[str, ...] = (), places: int | None = None, currency: str = ""
) -> ValueType:
    """Make the value type of a name with its parameters; raises ValueError with the reason for a wrong one."""
    parameters = (choices, places, currency)
    bounds, digits = (-MONEY_LIMIT, MONEY_LIMIT), MONEY_DECIMALS if places is None else places
    if name == "choice":
        return _make_choice_type(choices, parameters)
    if name == "decimal":
        words = f"数，可为负，最多 {digits} 位小数"
        return _make_number_type("decimal", words, bounds, digits, adds_up=True, parameters=parameters)
    if name == "percent":
        words = "百分比，不写百分号，可为负"
        return _make_number_type("percent", words, bounds, digits, _print_percent, parameters=parameters)
    if name == "currency":
        digits = find_currency_places(currency) if places is None else places

        def print_currency(value: Value, locale: Locale) -> str:
            return locale.format_money(value, currency) if isinstance(value, int | Decimal) else str(value)

        words = f"金额（{currency}），可为负，最多 {digits} 位小数"
        return _make_number_type("currency", words, bounds, digits, print_currency, adds_up=True, parameters=parameters)
    return VALUE_TYPES[name]


def _make_choice_type(choices: tuple[str, ...], parameters: tuple[object, ...]) -> ValueType:
    if not choices:
        raise ValueError(_("choice-needs-choices"))
    return ValueType(
        "choice",
        "只能是：" + "、".join(choices),
        lambda value: faults.check_choice(value, choices),
        _print_as_written,
        {"type": "string", "enum": list(choices)},
        parameters=parameters,
    )


def _print_percent(value: Value, locale: Locale) -> str:
    return locale.format_percent(value) if isinstance(value, int | Decimal) else str(value)


def find_currency_places(code: str) -> int:
    """Return how many digits after the point amounts of a currency have; raises ValueError for an unknown code."""
    from babel.numbers import get_currency_precision, list_currencies  # noqa: PLC0415  # slow to import

    if code not in list_currencies():
        raise ValueError(_("no-such-currency", currency=code))
    return get_currency_precision(code)


def guess_value_type(value: object) -> ValueType | None:
    """Guess the type of a value that has no declared one; None for a value that a report cannot hold."""
    return next((known for known in OWN_TYPES if not known.find_fault(value)), None)


# The types that the office's own facts may have, the first that fits.
OWN_TYPES = (
    *(VALUE_TYPES[name] for name in ("text", "date", "change", "money")),
    make_value_type("decimal"),
    *(VALUE_TYPES[name] for name in ("yes-no", "texts")),
)
