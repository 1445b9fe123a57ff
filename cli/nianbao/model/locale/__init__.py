"""The language of a document: how it writes dates, numbers and lists, and the words that are put into its files.

It belongs to the kind of document, not to the person who runs the command: messages to people are in `i18n`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from string import Formatter
from typing import Annotated

from msgspec import Meta

from nianbao.model.i18n import _, join_words
from nianbao.model.loading.inheritance import Fault, Keys, suggest
from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.locale.text_formats import TextFormats
from nianbao.model.period import Period
from nianbao.model.values.durations import UNITS as DURATION_UNITS
from nianbao.model.values.durations import parse_duration

_NAMES = re.compile("MMM|E")  # fields of a date that are names of months or days
_NUMERIC_FIELDS = re.compile(r"y|MM?|dd?")


class DateFormats(Shape, frozen=True):
    """How dates and periods are written."""

    day: Annotated[Text, Meta(description="field-dates-day")]
    month: Annotated[Text, Meta(description="field-dates-month")]
    quarter: Annotated[Text, Meta(description="field-dates-quarter")]
    half_year: Annotated[Text, Meta(description="field-dates-half-year")]
    year: Annotated[Text, Meta(description="field-dates-year")] = "{year}"


class NumberFormats(Shape, frozen=True):
    """How numbers are written."""

    group: Annotated[str, Meta(description="field-numbers-group")] = ""
    decimal: Annotated[Text, Meta(description="field-numbers-decimal")] = "."
    percent: Annotated[Text, Meta(description="field-numbers-percent")] = "{number}%"


class DurationFormats(Shape, frozen=True):
    """How durations are written: each unit with {number}, and in the plural where that differs."""

    day: Annotated[Text, Meta(description="field-durations-day")] = "{number} d"
    hour: Annotated[Text, Meta(description="field-durations-hour")] = "{number} h"
    minute: Annotated[Text, Meta(description="field-durations-minute")] = "{number} min"
    second: Annotated[Text, Meta(description="field-durations-second")] = "{number} s"
    days: Annotated[str, Meta(description="field-durations-days")] = ""
    hours: Annotated[str, Meta(description="field-durations-hours")] = ""
    minutes: Annotated[str, Meta(description="field-durations-minutes")] = ""
    seconds: Annotated[str, Meta(description="field-durations-seconds")] = ""
    join: Annotated[str, Meta(description="field-durations-join")] = " "


class ListFormats(Shape, frozen=True):
    """How words are listed in a sentence."""

    join: Annotated[Text, Meta(description="field-lists-join")]
    last: Annotated[str, Meta(description="field-lists-last")] = ""
    pair: Annotated[str, Meta(description="field-lists-pair")] = ""


class Marks(Shape, frozen=True):
    """Signs and short words on a page."""

    draft: Annotated[Text, Meta(description="field-marks-draft")]
    draft_title: Annotated[Text, Meta(description="field-marks-draft-title")]
    page_number: Annotated[Text, Meta(description="field-marks-page-number")]
    no_glyph: Annotated[Text, Meta(description="field-marks-no-glyph")]
    yes: Annotated[Text, Meta(description="field-marks-yes")]
    no: Annotated[Text, Meta(description="field-marks-no")]
    nothing: Annotated[str, Meta(description="field-marks-nothing")] = ""
    does_not_apply: Annotated[str, Meta(description="field-marks-does-not-apply")] = "–"
    colon: Annotated[Text, Meta(description="field-marks-colon")] = ": "
    brackets: Annotated[Text, Meta(description="field-marks-brackets")] = " ({words})"


class TitleFormats(Shape, frozen=True):
    """Where a title that takes several lines breaks: behind a name, and not inside a word that begins with its end."""

    name_ends: Annotated[str, Meta(description="field-titles-name-ends")] = ""
    other_words: Annotated[tuple[Text, ...], Meta(description="field-titles-other-words")] = ()


class LocaleFile(Shape, frozen=True):
    """The file of a locale, `templates/locales/<language>.toml`."""

    name: Annotated[Text, Meta(description="field-locale-name")]
    dates: Annotated[DateFormats, Meta(description="field-locale-dates")]
    lists: Annotated[ListFormats, Meta(description="field-locale-lists")]
    marks: Annotated[Marks, Meta(description="field-locale-marks")]
    words: Annotated[dict[str, str], Meta(description="field-locale-words")]
    numbers: Annotated[NumberFormats, Meta(description="field-locale-numbers")] = NumberFormats()
    text: Annotated[TextFormats, Meta(description="field-locale-text")] = TextFormats()
    durations: Annotated[DurationFormats, Meta(description="field-locale-durations")] = DurationFormats()
    titles: Annotated[TitleFormats, Meta(description="field-locale-titles")] = TitleFormats()
    base: Annotated[str, Meta(description="field-locale-base")] = ""


# The values that may be put into formats, by table and key.
_VALUES = {
    ("dates", "quarter"): ("year", "number"),
    ("dates", "half_year"): ("year", "number"),
    ("dates", "year"): ("year",),
    ("numbers", "percent"): ("number",),
    **{("durations", unit + ending): ("number",) for unit in DURATION_UNITS for ending in ("", "s")},
    ("marks", "page_number"): ("number",),
    ("marks", "no_glyph"): ("code",),
    ("marks", "brackets"): ("words",),
}


def find_faults(file: LocaleFile, needed: Mapping[str, str]) -> Iterator[Fault]:
    """Find words that a locale lacks or misspells, and formats that take other values than they get.

    `needed` has every word that the program says, in any language.
    """
    for (table, key), values in _VALUES.items():
        yield from _find_value_faults(
            (table, key), getattr(getattr(file, table), key), set(values), may_lack=key != "percent"
        )
    for key, text in needed.items():
        if key not in file.words:
            yield Fault(("words",), _("word-missing", key=key))
        else:
            yield from _find_value_faults(("words", key), file.words[key], _list_values(text))
    groups = {key.partition("-")[0] for key in needed if "-" in key}
    for key in sorted(file.words.keys() - needed.keys()):
        if key.partition("-")[0] in groups:  # formats of an author's own may have words of their own
            yield Fault(("words", key), _("word-unknown", key=key) + suggest(key, list(needed)), at_key=True)


def _find_value_faults(keys: Keys, text: str, values: set[str], *, may_lack: bool = False) -> Iterator[Fault]:
    try:
        found = _list_values(text)
    except ValueError as error:
        yield Fault(keys, _("braces-unreadable", error=error))
        return
    if found and not values:
        yield Fault(keys, _("takes-no-values"))
    elif found - values or (values - found and not may_lack):
        yield Fault(keys, _("takes-other-values", values=join_words(f"{{{value}}}" for value in sorted(values))))


def _list_values(text: str) -> set[str]:
    """List the names in braces of a text; raises ValueError where braces are not closed."""
    parts = Formatter().parse(text)
    return {f"{name}{how or ''}{spec or ''}" for _words, name, spec, how in parts if name is not None}


class Locale:
    """A language with its formats; `language` is a tag of BCP 47, such as zh-CN."""

    def __init__(self, language: str, file: LocaleFile) -> None:
        self.language, self.file = language, file
        self.text = file.text

    @cached_property
    def gaps(self) -> dict[str, str]:
        """The patterns that `……` and `…` stand for in phrases of a form: characters that are no digits.

        `…` stands for a few without punctuation marks, `……` for three times as many within a sentence.
        """
        signs = re.escape(self.text.clause_end + self.file.lists.join.strip())
        ends = "".join(sorted(set(self.text.sentence_end) & set(self.text.clause_end))) or "."
        return {
            "……": rf"[^{re.escape(ends)}\d\n]{{0,{3 * self.text.gap}}}?",
            "…": rf"[^{signs}\d\n]{{0,{self.text.gap}}}?",
        }

    @cached_property
    def sentence_end(self) -> re.Pattern[str]:
        """The end of a sentence or a line."""
        return re.compile(rf"{self.text.sentence_end}|\n")

    @cached_property
    def part_end(self) -> re.Pattern[str]:
        """The end of a sentence, of an independent part of one, or of a line."""
        return re.compile(rf"{self.text.part_end}|\n")

    @property
    def _babel_name(self) -> str:
        return self.language.replace("-", "_")

    def say(self, key: str, /, **values: object) -> str:
        """Return words to be put into a file, by their key in `words`, with the values filled in."""
        return self.file.words[key].format(**values)

    def format_date(self, day: date, pattern: str = "") -> str:
        """Write a date, by a pattern of CLDR or as the language does; raises ValueError for a faulty pattern."""
        return self._format_date(day, pattern or self.file.dates.day)

    def format_period(self, period: Period) -> str:
        """Write a period: 2024年, 2024年第3季度, the third quarter of 2024."""
        dates = self.file.dates
        if period.unit == "event":
            return self.format_date(date.fromisoformat(str(period)))
        if period.unit == "month":
            return self._format_date(date(period.year, period.number, 1), dates.month)
        words = {"year": dates.year, "half-year": dates.half_year, "quarter": dates.quarter}[period.unit]
        return words.format(year=period.year, number=period.number)

    def name_period(self, period: Period) -> str:
        """Name the period of a report in a data file or a spreadsheet: 2024 年度, the third quarter of 2024."""
        return self.say("period-year", year=period) if period.unit == "year" else self.format_period(period)

    def put_in_brackets(self, words: str) -> str:
        """Put words in brackets, to follow other words; nothing stays nothing."""
        return self.file.marks.brackets.format(words=words) if words else ""

    def add_unit(self, label: str, unit: str) -> str:
        """Put a unit in brackets behind a label, unless the label ends with it, as some on forms do."""
        words = self.put_in_brackets(unit)
        return label if label.endswith(words[1:]) else label + words

    def join(self, items: Iterable[object]) -> str:
        """Put items side by side, as in a table or a note: as in a list, without a word before the last one."""
        return self.file.lists.join.join(map(str, items))

    def format_number(self, number: int | Decimal) -> str:
        """Write a number with all its digits, without an exponent."""
        numbers = self.file.numbers
        if not numbers.group and numbers.decimal == ".":
            return format(number, "f") if isinstance(number, Decimal) else str(number)
        text = f"{number:,f}" if isinstance(number, Decimal) else f"{number:,}"
        return text.translate({ord(","): numbers.group, ord("."): numbers.decimal})

    def format_percent(self, number: int | Decimal) -> str:
        """Write a percentage, with the sign."""
        return self.file.numbers.percent.format(number=self.format_number(number))

    def format_money(self, number: int | Decimal, currency: str) -> str:
        """Write an amount of a currency, such as USD, with its sign and its usual digits after the point."""
        from babel.numbers import format_currency  # noqa: PLC0415  # slow to import, and few documents need it

        return format_currency(number, currency, locale=self._babel_name)

    def format_duration(self, text: str) -> str:
        """Write a duration such as 1h30m; a text that is none stays as it is."""
        formats = self.file.durations
        return (
            formats.join.join(
                ((number != 1 and getattr(formats, f"{unit}s")) or getattr(formats, unit)).format(
                    number=self.format_number(number)
                )
                for unit, number in parse_duration(text).items()
            )
            or text
        )

    def format_yes_no(self, value: bool) -> str:  # noqa: FBT001  # the value that is printed
        """Write yes or no."""
        return self.file.marks.yes if value else self.file.marks.no

    def format_list(self, items: Sequence[str]) -> str:
        """Write words as a list within a sentence."""
        lists = self.file.lists
        last = lists.last or lists.join
        if len(items) == 2:  # noqa: PLR2004  # a pair
            return (lists.pair or last).join(items)
        return last.join(filter(None, (lists.join.join(items[:-1]), *items[-1:])))

    def _format_date(self, day: date, pattern: str) -> str:
        if _NAMES.search(pattern):
            from babel.dates import format_date  # noqa: PLC0415  # slow to import, and only some languages need it

            return format_date(day, pattern, locale=self._babel_name)
        fields = {"y": f"{day.year}", "M": f"{day.month}", "MM": f"{day:%m}", "d": f"{day.day}", "dd": f"{day:%d}"}
        return _NUMERIC_FIELDS.sub(lambda match: fields[match[0]], pattern)
