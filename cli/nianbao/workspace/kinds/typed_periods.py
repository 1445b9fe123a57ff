"""Periods as people type them: in full-width digits, with blanks, as the language of the kind names them, as a file."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import PurePath

from nianbao.model.finding import UserError
from nianbao.model.locale.text_formats import write_years
from nianbao.model.period import PARTS, Period, parse_period
from nianbao.workspace.kinds import KindFolder

_YEAR = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")


def parse_typed_period(kind: KindFolder, word: str) -> Period | None:
    """Return the period that a word means: ２０２５, 二〇二五, 2025-q3, 2025.toml, or its name in a language."""
    text = _write_year(kind, fold_width(word))
    period = parse_period(text.removesuffix(".toml").upper())
    year = _YEAR.search(text)
    if period or not year or PurePath(text).name != text:
        return period
    try:
        candidates = {name: one for one in _list_periods(kind, int(year[0])) for name in _list_names(kind, one)}
    except UserError:  # a mistake in the files of the kind is told to whoever needs them
        return None
    return candidates.get(_squeeze(text))


def _write_year(kind: KindFolder, text: str) -> str:
    """Return a word with a year in digits that is in the numerals of a language of the kind."""
    if text.isascii():
        return text
    try:
        for language in kind.settings.languages:
            text = write_years(text, kind.read_locale(language).text)
    except UserError:  # see above
        pass
    return text


def fold_width(word: str) -> str:
    """Return a word with full-width letters, digits and signs as the usual ones, without blanks around it."""
    return unicodedata.normalize("NFKC", word).strip()


def _squeeze(text: str) -> str:
    return "".join(fold_width(text).casefold().split())


def _list_names(kind: KindFolder, period: Period) -> Iterator[str]:
    """Yield the names of a period in the languages of a kind, without blanks."""
    for language in kind.settings.languages:
        locale = kind.read_locale(language)
        yield _squeeze(locale.format_period(period))
        yield _squeeze(locale.name_period(period))


def _list_periods(kind: KindFolder, year: int) -> Iterator[Period]:
    """Yield the periods of a year of a kind."""
    for unit in kind.settings.calendar.units:
        if unit == "event":
            days = (date(year, 1, 1) + timedelta(days=count) for count in range(366))
            yield from (Period(day.year, f"{day:%m-%d}") for day in days if year == day.year)
        else:
            yield from (Period(year, part) for part in PARTS[unit])
