"""Figures as they are printed: the value of a cell, or why it has none."""

import re
import unicodedata
from decimal import Decimal

from msgspec import Struct

from nianbao.importer.recognition.labels import normalize
from nianbao.model.loading.reading import Reading
from nianbao.model.tables.slots import Slot

Number = int | Decimal

_MINUS = str.maketrans("−–—", "---")
_BRACKET = re.compile(r"[(\[][^()\[\]]*[)\]]$")
_LEADING_ZERO = re.compile(r"^0\d")  # no number is written so: it is the digits of several cells
_TWO_LINES = re.compile(r"\d[^\S\n]*\n\s*\d")
_MAX_LENGTH = 24  # characters of a figure; no form accepts half as many


class PrintedValue(Struct, frozen=True):
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


def may_be_value(text: str, reading: Reading) -> bool:
    """Tell whether a text is a figure or a mark for none, rather than words."""
    plain = _normalize(text, reading)
    return plain in reading.blanks or bool(reading.value_start.match(plain) or re.fullmatch(r"[+-]?[\d.,]+", plain))


def read_value(text: str, slot: Slot, reading: Reading, unit: str = "") -> PrintedValue:
    """Read what is printed in the cell of a figure.

    `unit` is the unit of money that the published header names, if any. A text that is no figure of this cell gives
    a value with a reason: "together" for what may be several figures, "words" for anything else.
    """
    plain = _normalize(text, reading)
    if not plain or plain in reading.blanks:
        return PrintedValue(text, blank=True, keep_text=bool(plain))
    outside = plain  # of brackets at the end
    while (match := _BRACKET.search(outside)) and match.start():
        outside = outside[: match.start()]
    own_unit = match[0] if (match := reading.unit_at_end.search(outside)) else ""
    found = reading.number.fullmatch(outside.removesuffix(own_unit))
    if found and (_LEADING_ZERO.match(found["digits"]) or _has_separate_numbers(text)):
        return PrintedValue(text, reason="together")
    number = _parse_number(found, slot, reading) if found else None
    if number is None or (own_unit in reading.file.numbers.money and slot.value_type.name != "money"):
        return PrintedValue(text, reason="words")
    if slot.value_type.name != "money":
        figure = _simplify(number)
        return PrintedValue(text, figure, figure, keep_text=outside != plain or plain.startswith("+"))
    printed_unit = own_unit or unit
    value = convert_unit(number, printed_unit, slot.unit, reading)
    keep_text = outside != plain or printed_unit not in {"", slot.unit}
    return PrintedValue(text, _simplify(value), _simplify(number), keep_text=keep_text)


def _parse_number(found: re.Match[str], slot: Slot, reading: Reading) -> Decimal | None:
    """Return the number with its sign, or None where the kind of figure has no such number."""
    sign = found["sign"] or ""
    digits = reading.remove_groups(found["digits"]) + (f".{found['rest'][1:]}" if found["rest"] else "")
    if len(digits) > _MAX_LENGTH:
        return None
    number = Decimal(digits)
    may_be_negative = slot.value_type.json_schema.get("minimum") != 0
    if (not may_be_negative and sign not in {"", "+", "-"}) or (not slot.value_type.places and number % 1):
        return None
    return -number if sign.startswith(reading.decreases) else number


def _simplify(number: Decimal) -> Number:
    return int(number) if number == number.to_integral_value() else number


def convert_unit(number: Decimal, printed_unit: str, form_unit: str, reading: Reading) -> Decimal:
    """Convert an amount of money from the printed unit into the form's, if both are units of money."""
    factors = reading.file.numbers.money
    if printed_unit not in factors or form_unit not in factors or printed_unit == form_unit:
        return number
    return (number * factors[printed_unit] / factors[form_unit]).normalize()


def find_unit(header: str, reading: Reading) -> str:
    """Return the unit of money that a published header names, or an empty text."""
    match = reading.money_unit_at_end.search(_normalize(header, reading))
    return match[1] if match else ""


def mark_notes(text: str) -> str:
    """Put brackets for each number that is no digit, as `²` and `①` are: it refers to a note, and ends no figure."""
    return "".join("[]" if unicodedata.category(character) == "No" else character for character in text)


def _normalize(text: str, reading: Reading) -> str:
    return normalize(mark_notes(text), reading).translate(_MINUS)


def _has_separate_numbers(text: str) -> bool:
    """Tell whether white space splits the digits other than into thousands: it may be more than one figure.

    A break of lines parts figures, unless a comma stands before it.
    """
    plain = unicodedata.normalize("NFKC", text)
    if _TWO_LINES.search(plain):
        return True
    parts = plain.split()
    if sum(bool(re.search(r"\d", part)) for part in parts) < 2:  # noqa: PLR2004  # two figures
        return False
    return not re.fullmatch(r"[+-]?\d{1,3}(?:[\s,]+\d{3})+(?:\.\d+)?\D*", " ".join(parts))
