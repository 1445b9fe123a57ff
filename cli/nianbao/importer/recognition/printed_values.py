"""Figures as they are printed: the value of a cell, or why it has none."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from nianbao.importer.recognition.labels import normalize
from nianbao.model.table import Slot

Number = int | Decimal

BLANK_MARKS = frozenset(["", *"-—–―/\\|*无空ー一·", "--", "---", "——", "没有"]) - {
    ""
}  # printed where there is no figure
_TEN_THOUSAND = 10_000
_YUAN = {"元": Decimal(1), "万元": Decimal(_TEN_THOUSAND), "亿元": Decimal(_TEN_THOUSAND**2)}
_MINUS = str.maketrans("−–—﹣－", "-----")
_BRACKET = re.compile(r"[(\[][^()\[\]]*[)\]]$")
_UNITS = "亿元|万元|元|[件项条个宗份次人家起篇]"
_UNIT = re.compile(rf"(?:{_UNITS})$")
_CHANGE = "[+-]|增加|减少|增|减|新增|下降"
_NUMBER = re.compile(rf"(?P<sign>{_CHANGE})?(?P<digits>\d{{1,3}}(?:[,，']\d{{3}})+|\d+)(?P<rest>\.\d+)?")
_NEGATIVE = ("-", "减", "下降")
_LEADING_ZERO = re.compile(r"^0\d")  # no number is written so: it is the digits of several cells
_VALUE_START = re.compile(rf"^(?:{_CHANGE}|约|共)?[\d,.]+(?:(?![\w、.)）])|(?:亿|万|\(|{_UNITS}))")
_MAX_LENGTH = 24  # characters of a figure; no form accepts half as many


@dataclass(frozen=True, slots=True)
class PrintedValue:
    """The text of a cell, its figure, or the reason why it has none.

    `value` is the figure in the form's unit, `number` the figure as printed, in the printed unit; both are None
    for a cell without a figure.
    """

    text: str
    value: Number | None = None
    number: Number | None = None
    blank: bool = False  # the cell is empty, or has a mark for no figure
    reason: str = ""  # an id of why it cannot be read
    keep_text: bool = False  # the text says more than the figure


def may_be_value(text: str) -> bool:
    """Tell whether a text is a figure or a mark for none, rather than words."""
    plain = _normalize(text)
    return plain in BLANK_MARKS or bool(_VALUE_START.match(plain) or re.fullmatch(r"[+-]?[\d.,，]+", plain))


def read_value(text: str, slot: Slot, unit: str = "") -> PrintedValue:
    """Read what is printed in the cell of a figure.

    `unit` is the unit of money that the published header names, if any. A text that is no figure of this cell gives
    a value with a reason: "together" for what may be several figures, "words" for anything else.
    """
    plain = _normalize(text)
    if not plain or plain in BLANK_MARKS:
        return PrintedValue(text, blank=True, keep_text=bool(plain))
    outside = plain  # of brackets at the end
    while (match := _BRACKET.search(outside)) and match.start():
        outside = outside[: match.start()]
    own_unit = match[0] if (match := _UNIT.search(outside)) else ""
    found = _NUMBER.fullmatch(outside.removesuffix(own_unit))
    if found and (_LEADING_ZERO.match(found["digits"]) or _has_separate_numbers(text)):
        return PrintedValue(text, reason="together")
    number = _parse_number(found, slot) if found else None
    if number is None or (own_unit in _YUAN and slot.value_type.name != "money"):
        return PrintedValue(text, reason="words")
    if slot.value_type.name != "money":
        figure = _simplify(number)
        return PrintedValue(text, figure, figure, keep_text=outside != plain or plain.startswith("+"))
    printed_unit = own_unit or unit
    value = convert_unit(number, printed_unit, slot.unit)
    keep_text = outside != plain or printed_unit not in {"", slot.unit}
    return PrintedValue(text, _simplify(value), _simplify(number), keep_text=keep_text)


def _parse_number(found: re.Match[str], slot: Slot) -> Decimal | None:
    """Return the number with its sign, or None where the kind of figure has no such number."""
    sign = found["sign"] or ""
    digits = re.sub(r"[,，']", "", found["digits"]) + (found["rest"] or "")
    if len(digits) > _MAX_LENGTH:
        return None
    number = Decimal(digits)
    may_be_negative = slot.value_type.json_schema.get("minimum") != 0
    if (not may_be_negative and sign not in {"", "+", "-"}) or (not slot.value_type.places and number % 1):
        return None
    return -number if sign.startswith(_NEGATIVE) else number


def _simplify(number: Decimal) -> Number:
    return int(number) if number == number.to_integral_value() else number


def convert_unit(number: Decimal, printed_unit: str, form_unit: str) -> Decimal:
    """Convert an amount of money from the printed unit (元, 万元, 亿元) into the form's, if both are such units."""
    if printed_unit not in _YUAN or form_unit not in _YUAN or printed_unit == form_unit:
        return number
    return (number * _YUAN[printed_unit] / _YUAN[form_unit]).normalize()


def find_unit(header: str) -> str:
    """Return the unit of money that a published header names, or an empty text."""
    match = re.search(r"(亿元|万元|元)[)\]]?$", _normalize(header))
    return match[1] if match else ""


def _normalize(text: str) -> str:
    return normalize(text).translate(_MINUS)


def _has_separate_numbers(text: str) -> bool:
    """Tell whether white space splits the digits other than into thousands: it may be more than one figure."""
    parts = unicodedata.normalize("NFKC", text).split()
    if sum(bool(re.search(r"\d", part)) for part in parts) < 2:  # noqa: PLR2004  # two figures
        return False
    return not re.fullmatch(r"[+-]?\d{1,3}(?:[\s,]+\d{3})+(?:\.\d+)?\D*", " ".join(parts))
