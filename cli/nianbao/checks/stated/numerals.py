"""Write the numbers of a text in digits, whatever their script: 三十七件, 3.2万件; and find how they are written."""

import re
from bisect import bisect_right
from decimal import Decimal
from functools import cache, lru_cache

from msgspec import Struct

from nianbao.model.locale.text_formats import TextFormats

_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_ASCII_DIGIT = re.compile("[0-9.]")
_MYRIAD_DIGITS = 4  # zeros of the first numeral for groups; each one more has as many more


class Replacement(Struct, frozen=True):
    """A number that is written in digits: its range in the new text, and in the source."""

    start: int
    end: int
    source_start: int
    source_end: int


class DigitText(Struct, frozen=True):
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
    before = _compile_before(formats.numeral_before)
    parts: list[str] = []
    replacements: list[Replacement] = []
    last = length = 0
    for match in _compile(formats).finditer(text):
        value = None if before.search(text, match.start(), match.start()) is None else _read(match[0], formats)
        if value is None or value == match[0]:
            continue
        parts += [text[last : match.start()], value]
        start = length + match.start() - last
        length = start + len(value)
        last = match.end()
        replacements.append(Replacement(start, length, match.start(), last))
    return DigitText("".join((*parts, text[last:])), text, tuple(replacements)) if parts else DigitText(text, text)


def read_number(written: str, formats: TextFormats) -> int:
    """Read a number in digits, or in the numerals of a language; 0 for what is none."""
    number = written if written.isdecimal() else _read_numeral(written, formats) or "0"
    return int(number)


@lru_cache(maxsize=8)
def _compile(formats: TextFormats) -> re.Pattern[str]:
    characters = f"{formats.digits}{formats.zeros}{formats.twos}{formats.tens}{formats.myriads}"
    numeral = rf"{re.escape(characters)}\d"
    # It begins with one class of characters, by which the search is fast.
    return re.compile(
        rf"[{numeral}](?<![{numeral}.][{numeral}])[{numeral}.]*+(?>(?: \d{{3}})*)(?={formats.numeral_after})"
    )


@cache
def _compile_before(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _read(written: str, formats: TextFormats) -> str | None:
    """Read a number; None for what is no number, such as a year or a date in numerals."""
    bare = written.replace(" ", "")
    if bare[0].isascii():
        if bare[-1] in formats.myriads:
            return _read_digits(bare[:-1], bare[-1], formats) if _DECIMAL.fullmatch(bare[:-1]) else None
        return bare if _DECIMAL.fullmatch(bare) else None
    return None if _ASCII_DIGIT.search(bare) else _read_numeral(bare, formats)


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
