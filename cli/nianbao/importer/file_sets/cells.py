"""The text of one cell as a value of its type, with the names of all ways in which it departs from the template."""

import re
from datetime import date
from decimal import Decimal

from msgspec import Struct

from nianbao.model.i18n import N_
from nianbao.model.loading.reading import NumberEntry
from nianbao.model.value_types import Value, ValueType

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+", re.ASCII)
_LONGEST = 40  # characters of a number
_BLANKS = "\\s\u00a0\u202f"
_DATE = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)


class ReadCell(Struct, frozen=True):
    """What a cell says: its value, None for nothing, how it departs from the template, and whether it is lost."""

    value: Value | None = None
    whats: tuple[str, ...] = ()
    lost: bool = False


BLANK_CELL = ReadCell()


def read_cell(text: str, value_type: ValueType, numbers: NumberEntry, prompt: str = "") -> ReadCell:
    """Read the text of a cell; `prompt` is the text of the blank form that asks for a value."""
    plain = text.strip()
    if not plain:
        return ReadCell(whats=(N_("set-cell-blanks"),)) if text else BLANK_CELL
    if prompt and " ".join(plain.split()).casefold() == prompt.casefold():
        return ReadCell(whats=(N_("set-prompt-left"),))
    if value_type.is_number:
        return _read_number(text, value_type, numbers)
    if value_type.name == "date":
        return _read_date(text)
    is_wrong = bool(value_type.find_fault(text))
    return ReadCell(whats=(N_("set-cell-not-of-type"),), lost=True) if is_wrong else ReadCell(text)


def _read_number(text: str, value_type: ValueType, numbers: NumberEntry) -> ReadCell:
    whats: list[str] = []
    plain = text.strip()
    if plain != text:
        whats.append(N_("set-cell-blanks"))
    if plain in numbers.nothing:
        return ReadCell(whats=(*whats, N_("set-sign-for-nothing")))
    is_percentage = plain.endswith("%")
    if is_percentage:
        plain = plain.removesuffix("%").rstrip()
        whats.append(N_("set-per-cent"))
    if _make_grouped(numbers).fullmatch(plain):
        plain = re.sub(f"[{re.escape(numbers.group)}{_BLANKS}]", "", plain)
        whats.append(N_("set-thousands"))
    elif _DECIMAL_COMMA.fullmatch(plain):
        plain = plain.replace(",", ".")
        whats.append(N_("set-decimal-comma"))
    if not _NUMBER.fullmatch(plain) or len(plain) > _LONGEST:
        return ReadCell(whats=(N_("set-cell-no-number"),), lost=True)
    number = Decimal(plain)
    if is_percentage and value_type.name not in {"percent", "share"}:
        number = number.scaleb(-2)
    value: int | Decimal = number if number.as_tuple().exponent else int(number)
    if value_type.json_schema.get("type") == "integer" and number == number.to_integral_value():
        value = int(number)
        whats += [N_("set-count-as-decimal")] if "." in plain else []
    if value_type.find_fault(value):
        whats.append(N_("set-value-refused"))  # and kept: the check of the report says why
    return ReadCell(value, tuple(whats))


def _make_grouped(numbers: NumberEntry) -> re.Pattern[str]:
    """Return the pattern of numbers with separators of thousands, one and the same between all groups."""
    return re.compile(
        rf"-?\d{{1,3}}(?P<sign>[{re.escape(numbers.group)}{_BLANKS}])\d{{3}}(?:(?P=sign)\d{{3}})*(?:\.\d+)?", re.ASCII
    )


def _read_date(text: str) -> ReadCell:
    day = parse_day(text)
    if day is None:
        return ReadCell(whats=(N_("set-cell-no-date"),), lost=True)
    return ReadCell(day, () if text == day.isoformat() else (N_("set-date-form"),))


def parse_day(text: str) -> date | None:
    """Return the day that a text names, the year first, with slashes or a time of 0:00 too; None for no day."""
    match = _DATE.fullmatch(text.strip())
    try:
        return date(int(match[1]), int(match[3]), int(match[4])) if match else None
    except ValueError:
        return None


def compare_text(text: str, expected: str) -> str:
    """Return how a text departs from the one that the template has in its cell; nothing where it does not."""
    if text == expected:
        return ""
    if not text.strip():
        return N_("set-text-missing")
    return N_("set-text-blanks") if text.split() == expected.split() else N_("set-text-differs")
