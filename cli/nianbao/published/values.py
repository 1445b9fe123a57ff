"""Figures as they are printed: what a cell says, or that it cannot be said."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from nianbao.grid import Slot
from nianbao.published.words import flat

Number = int | Decimal

NOTHING = frozenset({"-", "--", "---", "—", "——", "–", "―", "/", "\\", "|", "*", "无", "没有", "空", "ー", "一", "·", "…", "/0"})
_TEN_THOUSAND = 10_000
_YUAN = {"元": Decimal(1), "万元": Decimal(_TEN_THOUSAND), "亿元": Decimal(_TEN_THOUSAND**2)}
_MINUS = str.maketrans("−–—﹣－", "-----")
_BRACKET = re.compile(r"[(\[][^()\[\]]*[)\]]$")
_UNIT = re.compile(r"(?:亿元|万元|元|[件项条个宗份次人家起篇])$")
_NUMBER = re.compile(r"(?P<sign>[+-]|增加|减少|增|减|新增|下降)?(?P<digits>\d{1,3}(?:[,，']\d{3})+|\d+)(?P<rest>\.\d+)?")
_LESS = ("-", "减", "下降")
_RUN = re.compile(r"^0\d")  # no number is written so: the digits of several cells ran together
_STARTS = re.compile(r"^(?:[+-]|增加?|减少?|约|共)?[\d,.]+(?![\w、.)）])|^(?:[+-]|增加?|减少?)?[\d,.]+(?:亿|万|元|件|项|条|个|宗|份|次|人|家|起|篇|\()")


@dataclass(frozen=True, slots=True)
class Printed:
    """What stands in a cell: the text, what it says in the form's unit, and what keeps it from being read.

    `value` is None for a cell without a figure. `number` is the figure as printed, in the printed unit.
    """

    text: str
    value: Number | None = None
    number: Number | None = None
    blank: bool = False  # nothing stands there, or a sign for nothing
    why: str = ""  # an id of what is wrong, for one that cannot be read
    told: bool = False  # the text says more than the figure: keep it


def looks_like_value(text: str) -> bool:
    """Tell whether a text is a figure or a sign for none, rather than words."""
    flat = _flat(text)
    return flat in NOTHING or bool(_STARTS.match(flat)) or bool(re.fullmatch(r"[+-]?[\d.,，\s]+", flat))


def read(text: str, slot: Slot, unit: str = "") -> Printed:
    """Read what is printed in the cell of a figure; `unit` is what the published head says of it, if anything."""
    flat = _flat(text)
    if not flat:
        return Printed(text, blank=True)
    if flat in NOTHING:
        return Printed(text, blank=True, told=True)
    bare = flat
    while (match := _BRACKET.search(bare)) and match.start():
        bare = bare[: match.start()]
    own = match[0] if (match := _UNIT.search(bare)) else ""
    bare = bare.removesuffix(own)
    match = _NUMBER.fullmatch(bare)
    if not match:
        return Printed(text, why="words")
    if _RUN.match(match["digits"]) or _apart(text):
        return Printed(text, why="together")
    sign = match["sign"] or ""
    if sign and slot.kind != "change" and sign not in "+-":
        return Printed(text, why="words")
    number: Number = Decimal(re.sub(r"[,，']", "", match["digits"]) + (match["rest"] or ""))
    if sign.startswith(_LESS):
        number = -number
    value, told = number, bare != flat or bool(sign == "+")
    if slot.kind == "money":
        value = in_unit(number, own or unit, slot.unit)
        told = (own or unit) not in {"", slot.unit} or bare + own != flat
    elif own in _YUAN:
        return Printed(text, why="words")
    if number == number.to_integral_value():
        number = int(number)
    if value == value.to_integral_value():
        value = int(value)
    elif slot.kind != "money":
        return Printed(text, why="words")
    return Printed(text, value, number, told=told)


def in_unit(number: Decimal, printed: str, wanted: str) -> Decimal:
    """Turn an amount of money from the printed unit (元, 万元, 亿元) into the form's."""
    if printed not in _YUAN or wanted not in _YUAN or printed == wanted:
        return number
    return (number * _YUAN[printed] / _YUAN[wanted]).normalize()


def unit_of(head: str) -> str:
    """Return the unit of money that a published head names, or an empty text."""
    match = re.search(r"(亿元|万元|元)[)\]]?$", _flat(head))
    return match[1] if match else ""


def _flat(text: str) -> str:
    return flat(text).translate(_MINUS)


def _apart(text: str) -> bool:
    """Tell whether blanks part the digits other than into thousands: it may be more than one figure."""
    parts = unicodedata.normalize("NFKC", text).split()
    digits = [part for part in parts if re.search(r"\d", part)]
    if len(digits) < 2:  # noqa: PLR2004  # two figures
        return False
    return not re.fullmatch(r"[+-]?\d{1,3}(?:[\s,]+\d{3})+(?:\.\d+)?\D*", " ".join(parts))
