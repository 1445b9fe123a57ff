"""The types of the values of a report: what a data file may hold, and how values are printed."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache, partial
from typing import Literal, TypeAlias

from msgspec import Struct

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

PLACES_LIMIT = 10  # of a number, as exports keep them

# Those of `make_value_type` beside the name.
Parameters: TypeAlias = tuple[tuple[str, ...], int | None, str, int | None, int | None]
_NO_PARAMETERS: Parameters = ((), None, "", None, None)


class ValueType(Struct, frozen=True, eq=False):
    """One type of value.

    `description` is the key of its words in a locale; `find_fault` returns why a value is not of this type, or an empty
    text; `format` returns the text that is printed for one that is; `json_schema` is the schema for editors.
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
    parameters: Parameters = _NO_PARAMETERS

    @property
    def choices(self) -> tuple[str, ...]:
        """The texts of which a choice is one; none of other types."""
        return self.parameters[0]

    @property
    def currency(self) -> str:
        """The code of its currency, "EUR"; empty for other types."""
        return self.parameters[2]

    def __reduce__(self) -> tuple[object, ...]:
        return make_value_type, (self.name, *self.parameters)  # its functions cannot be sent to another process

    @property
    def has_number_schema(self) -> bool:
        """Whether its values are numbers in TOML and in spreadsheets: also a year, which is never added up."""
        return self.is_whole or self.json_schema.get("type") == "number"

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers."""
        return self.json_schema.get("type") == "integer"

    def describe(self, locale: Locale) -> str:
        """Say in a language what its values are."""
        *_others, least, most = self.parameters
        return locale.say(
            self.description,
            choices=locale.join(self.choices),
            places=self.places,
            currency=self.currency,
            least=-MONEY_LIMIT if least is None else least,
            most=MONEY_LIMIT if most is None else most,
        )


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
    parameters: Parameters = _NO_PARAMETERS,
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
            "type-count",
            partial(faults.check_integer, negative=False),
            _print_number,
            {"type": "integer", "minimum": 0, "maximum": COUNT_LIMIT - 1},
            is_number=True,
            adds_up=True,
        ),
        ValueType(
            "change",
            "type-change",
            partial(faults.check_integer, negative=True),
            _print_number,
            {"type": "integer", "minimum": 1 - COUNT_LIMIT, "maximum": COUNT_LIMIT - 1},
            is_number=True,
            adds_up=True,
        ),
        _make_number_type("money", "type-money", (0, MONEY_LIMIT), MONEY_DECIMALS, adds_up=True),
        _make_number_type("share", "type-share", (0, 100), MONEY_DECIMALS),
        ValueType(
            "year",
            "type-year",
            faults.check_year,
            _print_as_written,
            {"type": "integer", "minimum": FIRST_YEAR, "maximum": LAST_YEAR},
        ),
        ValueType(
            "period",
            "type-period",
            faults.check_period,
            _print_period,
            {"type": "string", "pattern": f"^(?:{NAME.pattern})$"},
        ),
        ValueType(
            "duration",
            "type-duration",
            faults.check_duration,
            lambda value, locale: locale.format_duration(str(value)),
            {"type": "string", "pattern": f"^{DURATION_PATTERN.pattern}$"},
        ),
        ValueType("date", "type-date", faults.check_date, _print_date, {"type": "string", "format": "date"}),
        ValueType(
            "yes-no",
            "type-yes-no",
            faults.check_yes_no,
            lambda value, locale: locale.format_yes_no(bool(value)),
            {"type": "boolean"},
        ),
        ValueType(
            "url",
            "type-url",
            faults.check_url,
            _print_as_written,
            {"type": "string", "pattern": "^https?://"},
        ),
        ValueType("text", "type-text", faults.check_text, _print_as_written, _TEXT_SCHEMA),
        ValueType("texts", "type-texts", faults.check_texts, _print_texts, {"type": "array", "items": _TEXT_SCHEMA}),
    )
}


@cache
def make_value_type(  # noqa: PLR0913, PLR0917  # all parameters of types
    name: str,
    choices: tuple[str, ...] = (),
    places: int | None = None,
    currency: str = "",
    least: int | None = None,
    most: int | None = None,
) -> ValueType:
    """Make the value type of a name with its parameters; raises ValueError with the reason for a wrong one."""
    parameters = (choices, places, currency, least, most)
    bounds = (-MONEY_LIMIT if least is None else least, MONEY_LIMIT if most is None else most)
    digits = MONEY_DECIMALS if places is None else places
    if name == "choice":
        return _make_choice_type(choices, parameters)
    if name == "decimal":
        words = "type-decimal" if (least, most) == (None, None) else "type-decimal-within"
        return _make_number_type("decimal", words, bounds, digits, adds_up=True, parameters=parameters)
    if name == "percent":
        return _make_number_type("percent", "type-percent", bounds, digits, _print_percent, parameters=parameters)
    if name == "currency":
        digits = find_currency_places(currency) if places is None else places

        def print_currency(value: Value, locale: Locale) -> str:
            return locale.format_money(value, currency) if isinstance(value, int | Decimal) else str(value)

        return _make_number_type(
            "currency", "type-currency", bounds, digits, print_currency, adds_up=True, parameters=parameters
        )
    return VALUE_TYPES[name]


def _make_choice_type(choices: tuple[str, ...], parameters: Parameters) -> ValueType:
    if not choices:
        raise ValueError(_("choice-needs-choices"))
    return ValueType(
        "choice",
        "type-choice",
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


def choose_value(value_type: ValueType, candidates: Iterable[object]) -> object:
    """Return the first value of a type: of its choices, else of the candidates; None where none of them is one."""
    return next((value for value in (*value_type.choices, *candidates) if not value_type.find_fault(value)), None)


def guess_value_type(value: object) -> ValueType | None:
    """Guess the type of a value that has no declared one; None for a value that a report cannot hold."""
    return next((known for known in OWN_TYPES if not known.find_fault(value)), None)


# The types that the office's own facts may have, the first that fits.
OWN_TYPES = (
    *(VALUE_TYPES[name] for name in ("text", "date", "change", "money")),
    make_value_type("decimal"),
    *(VALUE_TYPES[name] for name in ("yes-no", "texts")),
)
