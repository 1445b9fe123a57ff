"""What a person meant by a value that TOML does not have: a number with separators or units, a date, a bare text."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import NamedTuple
from unicodedata import numeric

from nianbao.model.i18n import N_
from nianbao.model.parsing.signs import DOUBLE_QUOTES, QUOTES


class ScalarReading(NamedTuple):
    """How a value is read: the key of the message, what it should be if that is known, and whether it is certain."""

    key: str
    after: str | None = None
    certain: bool = False


_VALID = re.compile(
    r"""
      [+-]?(?:0|[1-9](?:_?\d)*)(?:\.\d(?:_?\d)*)?(?:[eE][+-]?\d+)?
    | 0x[\dA-Fa-f_]+ | 0o[0-7_]+ | 0b[01_]+ | [+-]?(?:inf|nan) | true | false
    | \d\d:\d\d(?::\d\d(?:\.\d+)?)?
    | \d{4}-\d\d-\d\d(?:[Tt\ ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)?)?
    """,
    re.VERBOSE | re.ASCII,
)
_DATE = re.compile(r"(\d{4})[ ]?[^\d\s][ ]?(\d\d?)[ ]?[^\d\s][ ]?(\d\d?)[ ]?([^\d\s]?)", re.ASCII)
# Two of a year, a month and a day, with words between them.
_PART_OF_DATE = re.compile(r"\d{4}[^\x00-\x7f]\d\d?[^\x00-\x7f]?|\d\d?[^\x00-\x7f]\d\d?[^\x00-\x7f]")
_SEPARATED = re.compile(r"[+-]?\d{1,3}(?:[, '][ ]?\d{3})+(?:\.\d+)?", re.ASCII)
_SIGN_APART = re.compile(r"([+-])[ ]+(\d+(?:\.\d+)?)", re.ASCII)
_NO_INTEGER_PART = re.compile(r"([+-]?)(\.\d+)", re.ASCII)
_NO_DECIMALS = re.compile(r"([+-]?\d+)\.", re.ASCII)
_LEADING_ZEROS = re.compile(r"([+-]?)0+(\d+(?:\.\d+)?)", re.ASCII)
_WITH_UNIT = re.compile(r"([+-]?\d[\d,]*(?:\.\d+)?)[ ]*([^\d\s+*/=,.-][^\d,;:]{0,11})", re.ASCII)
_WITH_WORDS = re.compile(r"[^\x00-\x7f]{1,2}(\d+(?:\.\d+)?)", re.ASCII)
_WITH_BLANKS = re.compile(r"[+-]?\d+(?:[ ]*\.)?(?:[ ]+\d+)+(?:\.\d+)?", re.ASCII)
_LETTERS_AS_DIGITS = re.compile(r"(?=.*\d)[\dOolI]+", re.ASCII)
_DATE_BACKWARDS = re.compile(r"(\d\d?)[-/.](\d\d?)[-/.](\d{4})", re.ASCII)
_FIGURE = r"\d+(?:\.\d+)?"
_FIGURES = re.compile(rf"{_FIGURE}(?:(?:[ \t]*[,;|][ \t]*{_FIGURE}){{2,}}|(?:[ \t]+{_FIGURE}){{3,}})", re.ASCII)
_COMMA_IN_NUMBER = re.compile(r"[+-]?\d+(?:,\d+)+", re.ASCII)
_SUM = re.compile(r"\d+(?:\s*[+*]\s*\d+)+", re.ASCII)
_IN_BRACKETS = re.compile(r"\((\d+(?:\.\d+)?)\)", re.ASCII)
_YEAR_DIGITS, _TEN, _MYRIAD, _MONTHS = 4, 10, 10_000, 12
_CODE_DIGITS = 9  # from which on digits with a zero before them are a number of a telephone, or a code
_BOOLEANS = {"true", "false"}
_NOTHING = {"null", "none", "nil", "n/a", "na", "undefined"}


def read_value(token: str, original: str, *, in_row: bool) -> ScalarReading | None:
    """Read a value in signs of TOML, without quotes; None if it is one of TOML.

    `original` is the same as it was typed, and `in_row` tells that it is a cell of a table.
    """
    if _VALID.fullmatch(token):
        return ScalarReading(N_("slip-no-such-day")) if _is_impossible_day(token) else None
    return next(_list_readings(token, original, in_row=in_row))


def read_separated(text: str, at: int) -> str:
    """Return the number with commas within, as between thousands, that begins at a place of a text, or nothing."""
    match = _SEPARATED.match(text, at)
    if not match or "," not in match[0]:
        match = _COMMA_IN_NUMBER.match(text, at)
    return match[0] if match else ""


def _list_readings(token: str, original: str, *, in_row: bool) -> Iterator[ScalarReading]:
    """List the readings of a value, the first of which counts."""
    if token.lower() in _NOTHING or not any(sign.isalnum() or sign in QUOTES for sign in token):
        yield ScalarReading(N_("slip-no-figure"))
    if _SEPARATED.fullmatch(token):
        yield ScalarReading(N_("slip-separators"), re.sub("[, ']", "", token), certain=True)
    yield from _list_days(token)
    if token.lower() in _BOOLEANS:
        yield ScalarReading(N_("slip-boolean"), token.lower(), certain=True)
    yield from _list_numbers(token, in_row=in_row)
    if token[-1] in DOUBLE_QUOTES:
        yield ScalarReading(N_("slip-quote-missing"), _quote(original[:-1]))
    yield ScalarReading(N_("slip-text-in-row")) if in_row else ScalarReading(N_("slip-text"), _quote(original))


def _list_days(token: str) -> Iterator[ScalarReading]:
    if match := _DATE.fullmatch(token):
        yield _make_day(match[1], match[2], match[3])
    if match := _DATE_BACKWARDS.fullmatch(token):
        yield _turn_day(match[1], match[2], match[3])
    if numerals := _read_date_in_words(token):
        yield _make_day(*numerals)
    if _PART_OF_DATE.fullmatch(token):
        yield ScalarReading(N_("slip-part-of-date"))


def _make_day(year: str, month: str, day: str) -> ScalarReading:
    text = "-".join((year, month.zfill(2), day.zfill(2)))
    if not _VALID.fullmatch(text) or _is_impossible_day(text):
        return ScalarReading(N_("slip-no-such-day"))
    return ScalarReading(N_("slip-date"), text, certain=True)


def _turn_day(first: str, second: str, year: str) -> ScalarReading:
    """Make a day of one written backwards: where either number may be the month, nobody can tell."""
    if int(first) <= _MONTHS and int(second) <= _MONTHS:
        return ScalarReading(N_("slip-part-of-date"))
    month, day = sorted((first, second), key=int)
    return _make_day(year, month, day)._replace(certain=False)


def _read_date_in_words(text: str) -> list[str]:
    """Read the year, month and day of a date in Chinese numerals, each of which one character follows; else none."""
    parts = [(known, list(signs)) for known, signs in groupby(text, lambda sign: numeric(sign, None) is not None)]
    if text.isascii() or len(parts[0][1]) != _YEAR_DIGITS or [known for known, _signs in parts] != [True, False] * 3:
        return []
    if any(len(signs) > 1 for known, signs in parts if not known):
        return []
    return [_read_numeral([int(numeric(sign)) for sign in signs]) for known, signs in parts if known]


def _read_numeral(values: list[int]) -> str:
    """Read a numeral of digits, or of units and powers of ten below 10,000, as 2 10 5."""
    if max(values) < _TEN:
        return "".join(map(str, values))
    total = digit = 0
    for value in values:
        total, digit = (total, value) if value < _TEN else (total + max(digit, 1) * value, 0)
    return str(total + digit)


def _list_numbers(token: str, *, in_row: bool) -> Iterator[ScalarReading]:
    if not in_row and token[0] != "0" and _FIGURES.fullmatch(token):
        yield ScalarReading(N_("slip-row-without-names"))
    if in_row and _COMMA_IN_NUMBER.fullmatch(token):
        yield ScalarReading(N_("slip-comma-in-number"))
    if match := _SIGN_APART.fullmatch(token):
        yield ScalarReading(N_("slip-blank-in-number"), match[1] + match[2], certain=True)
    if match := _NO_INTEGER_PART.fullmatch(token):
        yield ScalarReading(N_("slip-point"), f"{match[1]}0{match[2]}", certain=True)
    if match := _NO_DECIMALS.fullmatch(token):
        yield ScalarReading(N_("slip-point"), match[1], certain=True)
    if match := _LEADING_ZEROS.fullmatch(token):  # outside of a row it may be a code, or a number of a telephone
        is_code = not in_row and len(match[2]) >= _CODE_DIGITS
        yield ScalarReading(N_("slip-leading-zeros"), _quote(token) if is_code else match[1] + match[2], certain=in_row)
    if _LETTERS_AS_DIGITS.fullmatch(token):
        digits = token.translate(str.maketrans("OolI", "0011"))
        yield ScalarReading(N_("slip-letter-for-digit"), digits)
    if match := _IN_BRACKETS.fullmatch(token):
        yield ScalarReading(N_("slip-number-in-brackets"), f"-{match[1]}")
    if _SUM.fullmatch(token):
        yield ScalarReading(N_("slip-sum"))
    yield from _list_numbers_in_words(token)


def _list_numbers_in_words(token: str) -> Iterator[ScalarReading]:
    """List the readings of a number with blanks or words, or in numerals of words."""
    if _WITH_BLANKS.fullmatch(token):
        yield ScalarReading(N_("slip-blanks-within"), token.replace(" ", ""))
    if all(not sign.isascii() and numeric(sign, 0.5).is_integer() for sign in token):
        values = [int(numeric(sign)) for sign in token]
        yield (
            ScalarReading(N_("slip-numeral"), _read_numeral(values))
            if max(values) < _MYRIAD
            else ScalarReading(N_("slip-scale"))
        )
    if match := _WITH_WORDS.fullmatch(token):
        yield ScalarReading(N_("slip-unit"), match[1])
    if match := _WITH_UNIT.fullmatch(token):
        scaled = any(numeric(sign, None) is not None for sign in match[2])
        yield ScalarReading(N_("slip-scale")) if scaled else ScalarReading(N_("slip-unit"), match[1].replace(",", ""))


def _quote(text: str) -> str | None:
    return None if "\\" in text or '"' in text else f'"{text}"'


def _is_impossible_day(token: str) -> bool:
    if not re.match(r"\d{4}-\d\d-\d\d", token, re.ASCII):
        return False
    try:
        date.fromisoformat(token[:10])
    except ValueError:
        return True
    return False
