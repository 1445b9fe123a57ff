"""Figures as they are printed: what a cell says, or that it cannot be said."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from nianbao.importer.recognition.labels import normalize
from nianbao.model.table import Slot

Number = int | Decimal

BLANK_MARKS = frozenset(["", *"-—–―/\\|*无空ー一·", "--", "---", "——", "没有"]) - {""}  # signs for nothing
_TEN_THOUSAND = 10_000
_YUAN = {"元": Decimal(1), "万元": Decimal(_TEN_THOUSAND), "亿元": Decimal(_TEN_THOUSAND**2)}
_MINUS = str.maketrans("−–—﹣－", "-----")
_BRACKET = re.compile(r"[(\[][^()\[\]]*[)\]]$")
_UNITS = "亿元|万元|元|[件项条个宗份次人家起篇]"
_UNIT = re.compile(rf"(?:{_UNITS})$")
_CHANGE = "[+-]|增加|减少|增|减|新增|下降"
_NUMBER = re.compile(rf"(?P<sign>{_CHANGE})?(?P<digits>\d{{1,3}}(?:[,，']\d{{3}})+|\d+)(?P<rest>\.\d+)?")
_NEGATIVE = ("-", "减", "下降")
_LEADING_ZERO = re.compile(r"^0\d")  # no number is written so: the digits of several cells ran together
_VALUE_START = re.compile(rf"^(?:{_CHANGE}|约|共)?[\d,.]+(?:(?![\w、.)）])|(?:亿|万|\(|{_UNITS}))")


_MAX_LENGTH = 24  # characters of a figure; no form takes half as many


@dataclass(frozen=True, slots=True)
class PrintedValue:
    """What stands in a cell: the text, what it says in the form's unit, and what keeps it from being read.

    `value` is None for a cell without a figure. `number` is the figure as printed, in the printed unit.
    """

    text: str
    value: Number | None = None
    number: Number | None = None
    blank: bool = False  # nothing stands there, or a sign for nothing
    why: str = ""  # an id of what is wrong, for one that cannot be read
    told: bool = False  # the text says more than the figure: keep it


def may_be_value(text: str) -> bool:
    """Tell whether a text is a figure or a sign for none, rather than words."""
    flat = _normalize(text)
    return flat in BLANK_MARKS or bool(_VALUE_START.match(flat) or re.fullmatch(r"[+-]?[\d.,，]+", flat))


def read_value(text: str, slot: Slot, unit: str = "") -> PrintedValue:
    """Read what is printed in the cell of a figure; `unit` is what the published head says of it, if anything."""
    flat = _normalize(text)
    if not flat or flat in BLANK_MARKS:
        return PrintedValue(text, blank=True, told=bool(flat))
    bare = flat
    while (match := _BRACKET.search(bare)) and match.start():
        bare = bare[: match.start()]
    own = match[0] if (match := _UNIT.search(bare)) else ""
    found = _NUMBER.fullmatch(bare.removesuffix(own))
    if found and (_LEADING_ZERO.match(found["digits"]) or _has_separate_numbers(text)):
        return PrintedValue(text, why="together")
    number = _parse_number(found, slot) if found else None
    if number is None or (own in _YUAN and slot.kind != "money"):
        return PrintedValue(text, why="words")
    if slot.kind != "money":
        return PrintedValue(text, int(number), int(number), told=bare != flat or flat.startswith("+"))
    printed_unit = own or unit
    value = convert_unit(number, printed_unit, slot.unit)
    told = bare != flat or printed_unit not in {"", slot.unit}
    return PrintedValue(text, _simplify(value), _simplify(number), told=told)


def _parse_number(found: re.Match[str], slot: Slot) -> Decimal | None:
    """Return the number with its sign, or None where the kind of figure has no such number."""
    sign = found["sign"] or ""
    digits = re.sub(r"[,，']", "", found["digits"]) + (found["rest"] or "")
    if len(digits) > _MAX_LENGTH:
        return None
    number = Decimal(digits)
    if (slot.kind != "change" and sign not in {"", "+", "-"}) or (slot.kind != "money" and number % 1):
        return None
    return -number if sign.startswith(_NEGATIVE) else number


def _simplify(number: Decimal) -> Number:
    return int(number) if number == number.to_integral_value() else number


def convert_unit(number: Decimal, printed: str, wanted: str) -> Decimal:
    """Turn an amount of money from the printed unit (元, 万元, 亿元) into the form's."""
    if printed not in _YUAN or wanted not in _YUAN or printed == wanted:
        return number
    return (number * _YUAN[printed] / _YUAN[wanted]).normalize()


def find_unit(head: str) -> str:
    """Return the unit of money that a published head names, or an empty text."""
    match = re.search(r"(亿元|万元|元)[)\]]?$", _normalize(head))
    return match[1] if match else ""


def _normalize(text: str) -> str:
    return normalize(text).translate(_MINUS)


def _has_separate_numbers(text: str) -> bool:
    """Tell whether blanks part the digits other than into thousands: it may be more than one figure."""
    parts = unicodedata.normalize("NFKC", text).split()
    digits = [part for part in parts if re.search(r"\d", part)]
    if len(digits) < 2:  # noqa: PLR2004  # two figures
        return False
    return not re.fullmatch(r"[+-]?\d{1,3}(?:[\s,]+\d{3})+(?:\.\d+)?\D*", " ".join(parts))
