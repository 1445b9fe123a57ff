"""Values of any type as documents print them: a value is read where its text is the one that is printed for it."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from itertools import combinations, product

from nianbao.importer.recognition.labels import normalize
from nianbao.importer.recognition.printed_values import read_value
from nianbao.importer.recognition.published import SOFT_HYPHEN, is_wide
from nianbao.importer.recognition.tables.cells import RecognizedCell
from nianbao.model.form import Form
from nianbao.model.locale import Locale
from nianbao.model.period import PARTS, Period, parse_period
from nianbao.model.tables.slots import Slot
from nianbao.model.value_types import Value
from nianbao.model.values.durations import UNITS, parse_duration

_DAY = re.compile(r"(\d{4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})\D?")  # the year first
_LONGEST, _MAX_NUMBERS = 80, 4  # characters of a date, a period or a duration, and the numbers in it


def read_printed(text: str, slot: Slot, form: Form, *, exact: bool = True) -> RecognizedCell:
    """Read what is printed in a cell; it is undecided where nobody can tell which value was meant.

    Texts of a file that is not `exact` stand on the lines of a page: a hyphen at the end of one may be of the word.
    """
    value_type, reading, marks = slot.value_type, form.kind.signs, form.locale.file.marks
    plain, shown = normalize(text, reading), " ".join(text.split())
    nothing = {"", *reading.blanks, *(normalize(sign, reading) for sign in (marks.nothing, marks.does_not_apply))}
    if plain in nothing:
        return RecognizedCell(slot, "blank", printed=shown)
    if value_type.is_number:
        return _read_number(text, slot, form)
    values = _list_values(text, slot, form, exact=exact)
    if len(values) != 1 or value_type.find_fault(values[0]):
        reason = "several" if value_type.name == "texts" else "other"
        if SOFT_HYPHEN in shown and not exact:
            reason = "wrapped"
        return RecognizedCell(slot, "undecided", printed=shown, reason=reason)
    return RecognizedCell(slot, "read", other=values[0], printed=shown)


def _read_number(text: str, slot: Slot, form: Form) -> RecognizedCell:
    """Read a figure without the signs of its currency, of a percentage or of its unit beside it."""
    plain = normalize(text, form.kind.signs)
    for sign in _list_signs(slot, form):
        plain = plain.removeprefix(sign).removesuffix(sign)
    read = read_value(plain, slot, form.kind.signs)
    if read.reason or read.blank or slot.value_type.find_fault(read.value):
        return RecognizedCell(slot, "undecided", printed=text, reason=read.reason or "words")
    return RecognizedCell(slot, "read", read.value, read.number, text.strip(), keep_text=read.keep_text)


def _list_signs(slot: Slot, form: Form) -> list[str]:
    kind, said = slot.value_type.name, [slot.unit]
    if kind == "currency":
        from babel.numbers import get_currency_symbol  # noqa: PLC0415  # slow to import, and few lists need it

        currency = slot.value_type.currency
        said += [currency, get_currency_symbol(currency, form.locale.language.replace("-", "_"))]
    if kind in {"percent", "share"}:
        said += ["%", form.locale.file.numbers.percent.format(number="")]
    return [sign for one in said if (sign := normalize(one, form.kind.signs))]


def _list_values(text: str, slot: Slot, form: Form, *, exact: bool) -> list[Value]:
    """List every value that a text may mean."""
    kind, plain = slot.value_type.name, " ".join(text.split())
    if kind in {"text", "choice"}:
        joined = _join_lines(text, exact=exact)
        return [] if joined is None else [joined]
    if kind == "texts":
        return _list_texts(text, form, exact=exact)
    if kind == "url":
        return ["".join(text.split())]
    if kind == "yes-no":
        return [one for one in (True, False) if _is_same(form.locale.format_yes_no(one), plain)]
    numbers = [int(number) for number in re.findall(r"\d+", plain[: _LONGEST + 1])]
    if len(plain) > _LONGEST or len(numbers) > _MAX_NUMBERS:
        return []
    find: dict[str, Callable[[str, list[int], Form], Iterator[Value]]]
    find = {"date": _find_days, "period": _find_periods, "year": _find_years, "duration": _find_durations}
    return list(dict.fromkeys(find[kind](plain, numbers, form)))


def _is_same(printed: str, text: str) -> bool:
    """Compare texts without white space, which pages lose."""
    return "".join(printed.split()) == "".join(text.split())


# ── texts ────────────────────────────────────────────────────────────────────────────


def _join_lines(text: str, *, exact: bool) -> str | None:
    """Put the lines of a text on one; None where nobody knows whether a hyphen at the end of one is of the word."""
    if SOFT_HYPHEN in text and not exact:
        return None
    lines = [" ".join(line.split()) for line in text.replace(SOFT_HYPHEN, "").split("\n") if line.strip()]
    joined = lines[0]
    for line in lines[1:]:
        joined += ("" if is_wide(joined[-1] + line[0]) else " ") + line
    return joined


def _list_texts(text: str, form: Form, *, exact: bool) -> list[Value]:
    """List the texts of a cell: one on each line, or one alone; what may be several on a line cannot be parted."""
    if exact and "\n" in text.strip():
        return [[" ".join(line.split()) for line in text.split("\n") if line.strip()]]
    joined, lists = _join_lines(text, exact=exact), form.locale.file.lists
    signs = {sign.strip() for sign in (lists.join, lists.last, lists.pair)} - {""}
    may_be_several = joined is None or any(
        re.search(rf"\b{re.escape(sign)}\b" if sign[0].isalnum() else re.escape(sign), joined) for sign in signs
    )
    return [] if may_be_several else [[joined]]  # type: ignore[list-item]  # it is a text here


# ── days, periods, durations ─────────────────────────────────────────────────────────


def _find_days(text: str, numbers: list[int], form: Form) -> Iterator[date]:
    """Find the day that a text names with the year first, else those for which the language prints it."""
    if match := _DAY.fullmatch(text):
        with suppress(ValueError):  # there is no such day
            yield date(*map(int, match.groups()))
        return
    for pattern in form.kind.signs.file.dates.days:
        with suppress(ValueError):  # written in another way
            yield datetime.strptime(normalize(text, form.kind.signs), pattern).date()  # noqa: DTZ007  # a day has no time zone
    shape = _drop_digits(text)
    months = [month for month, printed in enumerate(_print_months(form.locale), 1) if printed == shape]
    for year, day, month in product(numbers, numbers, months):
        with suppress(ValueError):  # see above
            found = date(year, month, day)
            if _is_same(form.locale.format_date(found), text):
                yield found


@lru_cache(maxsize=16)
def _print_months(locale: Locale) -> list[str]:
    """Print a day of each month without its digits: the name of the month, or the same in all."""
    return [_drop_digits(locale.format_date(date(2000, month, 1))) for month in range(1, 13)]


def _drop_digits(text: str) -> str:
    return re.sub(r"[\d\s]+", "", text)


def _find_periods(text: str, numbers: list[int], form: Form) -> Iterator[str]:
    if found := parse_period(text):
        yield str(found)
    for year in numbers:
        for part in ("", *(part for parts in PARTS.values() for part in parts)):
            period = Period(year, part)
            if any(_is_same(words(period), text) for words in (form.locale.format_period, form.locale.name_period)):
                yield str(period)


def _find_years(text: str, numbers: list[int], form: Form) -> Iterator[int]:
    for year in numbers[:1]:
        if text == str(year) or _is_same(form.locale.format_period(Period(year)), text):
            yield year


def _find_durations(text: str, numbers: list[int], form: Form) -> Iterator[str]:
    if parse_duration(text):
        yield text
    for units in combinations(UNITS, len(numbers)):
        duration = "".join(f"{number}{unit[0]}" for number, unit in zip(numbers, units, strict=True))
        if duration and _is_same(form.locale.format_duration(duration), text):
            yield duration
