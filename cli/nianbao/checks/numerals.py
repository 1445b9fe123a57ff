"""Write the numbers of a text in digits, whatever their script: 三十七件, 3.2万件; and find how they are written."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from nianbao.model.locale.text_formats import TextFormats

_MYRIAD_DIGITS = 4  # zeros of the first numeral for groups; each one more has as many more


@dataclass(frozen=True, slots=True)
class Replacement:
    """A number that is written in digits: its range in the new text, and in the source."""

    start: int
    end: int
    source_start: int
    source_end: int


@dataclass(frozen=True, slots=True)
class DigitText:
    """A text with numbers in digits, and the source that it was made of."""

    text: str
    source: str
    replacements: tuple[Replacement, ...] = ()

    def quote(self, start: int, end: int) -> str:
        """Return the words of the source for a range of the text."""
        if not self.replacements:
            return self.source[start:end]
        return self.source[self._locate(start, at_end=False) : self._locate(end, at_end=True)]

    def _locate(self, position: int, *, at_end: bool) -> int:
        number = bisect_right(self.replacements, position, key=lambda one: one.start) - 1
        if number < 0:
            return position
        found = self.replacements[number]
        if position == found.start:
            return found.source_start
        if position < found.end:
            return found.source_end if at_end else found.source_start
        return found.source_end + position - found.end


def write_in_digits(text: str, formats: TextFormats) -> DigitText:
    """Write the numerals of a language that stand before a counting word in digits."""
    if not (formats.tens or formats.myriads):
        return DigitText(text, text)
    pattern = _compile(formats)
    parts: list[str] = []
    replacements: list[Replacement] = []
    last = length = 0
    for match in pattern.finditer(text):
        value = _read(match, formats)
        if value is None:
            continue
        parts += [text[last : match.start()], value]
        start = length + match.start() - last
        length = start + len(value)
        last = match.end()
        replacements.append(Replacement(start, length, match.start(), last))
    return DigitText("".join((*parts, text[last:])), text, tuple(replacements)) if parts else DigitText(text, text)


@lru_cache(maxsize=8)
def _compile(formats: TextFormats) -> re.Pattern[str]:
    characters = f"{formats.digits}{formats.zeros}{formats.twos}{formats.tens}{formats.myriads}"
    numeral = f"[{re.escape(characters)}]"
    return re.compile(
        rf"(?:(?<![\d.])(\d+(?:\.\d+)?)([{re.escape(formats.myriads)}])|(?<!{numeral}){formats.numeral_before}({numeral}++))"
        rf"(?={formats.numeral_after})"
        r"|(?<![\d.])(\d{1,3}(?: \d{3})++)(?![\d.])"
    )


def _read(match: re.Match[str], formats: TextFormats) -> str | None:
    if match[1]:
        return _read_digits(match[1], match[2], formats)
    return _read_numeral(match[3], formats) if match[3] else match[4].replace(" ", "")


def _read_digits(digits: str, myriad: str, formats: TextFormats) -> str:
    value = Decimal(digits).scaleb(_MYRIAD_DIGITS * (formats.myriads.index(myriad) + 1))
    return format(value.quantize(Decimal(1)) if value == value.to_integral_value() else value, "f")


def _read_numeral(numeral: str, formats: TextFormats) -> str | None:
    """Read a numeral of hundreds and tens, or of digits only; None for what is no number."""
    total = group = 0
    digit: int | None = None
    for character in numeral:
        if character in formats.tens:
            group += (1 if digit is None else digit) * 10 ** (formats.tens.index(character) + 1)
            digit = None
        elif character in formats.myriads:
            total += (group + (digit or 0)) * 10 ** (_MYRIAD_DIGITS * (formats.myriads.index(character) + 1))
            group, digit = 0, None
        else:
            if digit:
                return None  # two digits side by side: a year, a number of a document
            digit = 2 if character in formats.twos else max(formats.digits.find(character), 0)
    return str(total + group + (digit or 0))
