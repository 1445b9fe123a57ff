"""What must be known to read published reports of a kind: its file `reading.toml`, with the patterns compiled.

All texts are compared in their normal form: half width, without white space; see `importer.recognition.labels`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Annotated

import msgspec
from msgspec import Meta, field

from nianbao.model.facts import Facts
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault, Keys
from nianbao.model.loading.loader import load, raise_faults
from nianbao.model.loading.shapes import Shape, Text

Words = tuple[Text, ...]


class OrdinalEntry(Shape, frozen=True):
    """The ordinals before headings and labels."""

    styles: Annotated[dict[str, Text], Meta(description="field-reading-ordinal-styles")] = field(default_factory=dict)
    numerals: Annotated[dict[str, int], Meta(description="field-reading-ordinal-numerals")] = field(
        default_factory=dict
    )
    headers: Annotated[Words, Meta(description="field-reading-ordinal-headers")] = ()


class NumberEntry(Shape, frozen=True):
    """How figures are printed."""

    nothing: Annotated[Words, Meta(description="field-reading-number-nothing")] = (*"-–—―/\\|*·", "--", "---", "——")
    group: Annotated[Text, Meta(description="field-reading-number-group")] = ",'"
    decimal: Annotated[Text, Meta(description="field-reading-number-decimal")] = "."
    units: Annotated[Words, Meta(description="field-reading-number-units")] = ()
    money: Annotated[dict[str, int], Meta(description="field-reading-number-money")] = field(default_factory=dict)
    multiples: Annotated[Words, Meta(description="field-reading-number-multiples")] = ()
    about: Annotated[Words, Meta(description="field-reading-number-about")] = ()
    increase: Annotated[Words, Meta(description="field-reading-number-increase")] = ()
    decrease: Annotated[Words, Meta(description="field-reading-number-decrease")] = ()
    listing: Annotated[str, Meta(description="field-reading-number-listing")] = ""


class DateEntry(Shape, frozen=True):
    """How years and days are printed."""

    years: Annotated[Words, Meta(description="field-reading-date-years")] = (r"((?:19|20)\d{2})",)
    first_days: Annotated[Words, Meta(description="field-reading-date-first-days")] = ()
    mentions: Annotated[Words, Meta(description="field-reading-date-mentions")] = ()
    days: Annotated[Words, Meta(description="field-reading-date-days")] = ("%Y-%m-%d",)


class TextEntry(Shape, frozen=True):
    """Signs and words of titles, headings and prose."""

    brackets: Annotated[Words, Meta(description="field-reading-text-brackets")] = ("()", "[]")
    sentence: Annotated[Text, Meta(description="field-reading-text-sentence")] = r"[.;!?](?:\s|$)"
    heading_end: Annotated[Text, Meta(description="field-reading-text-heading-end")] = "[.:]+"
    title_before: Annotated[Words, Meta(description="field-reading-text-title-before")] = ()
    title_behind: Annotated[Words, Meta(description="field-reading-text-title-behind")] = ()
    title_quotes: Annotated[str, Meta(description="field-reading-text-title-quotes")] = ""
    no_name: Annotated[Text, Meta(description="field-reading-text-no-name")] = r"\d{4}|[,.:]"
    not_prose: Annotated[Words, Meta(description="field-reading-text-not-prose")] = ()
    page_numbers: Annotated[Words, Meta(description="field-reading-text-page-numbers")] = ()


class ReadingFile(Shape, frozen=True):
    """The file `reading.toml` of a kind: words, signs and patterns, which are regular expressions of Python."""

    simplify: Annotated[bool, Meta(description="field-reading-simplify")] = False
    variants: Annotated[dict[str, str], Meta(description="field-reading-variants")] = field(default_factory=dict)
    words: Annotated[dict[str, str], Meta(description="field-reading-words")] = field(default_factory=dict)
    ordinals: Annotated[OrdinalEntry, Meta(description="field-reading-ordinals")] = OrdinalEntry()
    numbers: Annotated[NumberEntry, Meta(description="field-reading-numbers")] = NumberEntry()
    dates: Annotated[DateEntry, Meta(description="field-reading-dates")] = DateEntry()
    texts: Annotated[TextEntry, Meta(description="field-reading-texts")] = TextEntry()


class Reading:
    """A `reading.toml` with its patterns compiled; two of the same content are equal."""

    def __init__(self, file: ReadingFile) -> None:
        self.file = file
        self._content = msgspec.json.encode(file)
        self._hash = hash(self._content)

    def __eq__(self, other: object) -> bool:
        """Compare by content."""
        return isinstance(other, Reading) and self._content == other._content

    def __hash__(self) -> int:
        """Hash the content, once."""
        return self._hash

    @cached_property
    def main_style(self) -> str:
        """The style of the ordinals of sections."""
        return next(iter(self.file.ordinals.styles), "")

    @cached_property
    def ordinals(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """Every style of ordinals with its pattern."""
        return tuple((style, re.compile(pattern)) for style, pattern in self.file.ordinals.styles.items())

    @cached_property
    def ordinal(self) -> re.Pattern[str]:
        """An ordinal of any style."""
        return _join_patterns(self.file.ordinals.styles.values())

    def parse_numeral(self, numeral: str) -> int:
        """Return the number below one hundred that a numeral says, or that several say as tens and ones."""
        if numeral.isdecimal():
            return int(numeral)
        tens, ones = 0, 0
        for value in (self.file.ordinals.numerals.get(sign, 0) for sign in numeral):
            tens, ones = (tens + (ones or 1) * value, 0) if value >= 10 else (tens, value)  # noqa: PLR2004  # ten
        return tens + ones

    def parse_year(self, year: str) -> int:
        """Return the year that is written in digits, of whatever script."""
        return int("".join(str(self.file.ordinals.numerals.get(sign, sign)) for sign in year))

    @cached_property
    def variants(self) -> dict[int, str]:
        """The characters that are read as others, for `str.translate`."""
        return str.maketrans(self.file.variants)

    @cached_property
    def bracketed(self) -> re.Pattern[str]:
        """A text in brackets."""
        pairs = [(re.escape(pair[0]), re.escape(pair[1])) for pair in self.file.texts.brackets]
        return _join_patterns(f"{opening}[^{opening}{closing}]*{closing}" for opening, closing in pairs)

    @cached_property
    def unclosed(self) -> re.Pattern[str]:
        """A bracket that was never closed, or was truncated."""
        opening, closing = self._brackets
        return re.compile(f"[{opening}][^{opening}{closing}]*$")

    @cached_property
    def explanation(self) -> re.Pattern[str]:
        """A text in brackets at the end of another one that ends with no bracket."""
        opening, closing = self._brackets
        return re.compile(f"(?<=[^{closing}])[{opening}][^{opening}{closing}]*[{closing}]$")

    @property
    def _brackets(self) -> tuple[str, str]:
        opening, closing = ("".join(re.escape(pair[side]) for pair in self.file.texts.brackets) for side in (0, 1))
        return opening, closing

    @cached_property
    def blanks(self) -> frozenset[str]:
        """The marks for no figure."""
        return frozenset(self.file.numbers.nothing)

    @cached_property
    def units(self) -> str:
        """A pattern of a unit behind a figure, the longest first."""
        return _join_words([*self.file.numbers.money, *self.file.numbers.units])

    @cached_property
    def unit_at_end(self) -> re.Pattern[str]:
        """A unit at the end of a text."""
        return re.compile(f"(?:{self.units})$")

    @cached_property
    def money_unit_at_end(self) -> re.Pattern[str]:
        """A unit of money at the end of a text, also in brackets."""
        return re.compile(rf"({_join_words(self.file.numbers.money)})[)\]]?$")

    @cached_property
    def number(self) -> re.Pattern[str]:
        """A figure with its sign: `sign`, `digits`, and the `rest` behind the decimal point."""
        group, decimal = f"[{re.escape(self.file.numbers.group)}]", re.escape(self.file.numbers.decimal)
        return re.compile(
            rf"(?P<sign>{self._change})?(?P<digits>\d{{1,3}}(?:{group}\d{{3}})+|\d+)(?P<rest>{decimal}\d+)?"
        )

    @cached_property
    def value_start(self) -> re.Pattern[str]:
        """The start of a text that is a figure rather than words."""
        numbers = self.file.numbers
        about, behind = _join_words(numbers.about), _join_words(numbers.multiples)
        return re.compile(
            rf"^(?:{self._change}|{about})?[\d,.]+(?:(?![\w{re.escape(numbers.listing)}.)])|(?:{behind}|\(|{self.units}))"
        )

    @cached_property
    def _change(self) -> str:
        return "[+-]|" + _join_words([*self.file.numbers.increase, *self.file.numbers.decrease])

    @cached_property
    def decreases(self) -> tuple[str, ...]:
        """What stands before a negative figure."""
        return ("-", *self.file.numbers.decrease)

    def remove_groups(self, digits: str) -> str:
        """Remove the signs between groups of digits."""
        return digits.translate(dict.fromkeys(map(ord, self.file.numbers.group)))

    @cached_property
    def year(self) -> re.Pattern[str]:
        """The year in a title; the group that matched has it."""
        return _join_patterns(self.file.dates.years)

    @cached_property
    def first_day(self) -> re.Pattern[str]:
        """The first day of the period; the group that matched has the year."""
        return _join_patterns(self.file.dates.first_days)

    @cached_property
    def mention(self) -> re.Pattern[str]:
        """A year in the prose; the group that matched has it."""
        return _join_patterns(self.file.dates.mentions)

    @cached_property
    def sentence(self) -> re.Pattern[str]:
        """The end of a sentence."""
        return re.compile(self.file.texts.sentence)

    @cached_property
    def heading_end(self) -> re.Pattern[str]:
        """The punctuation behind a heading within a paragraph."""
        return re.compile(self.file.texts.heading_end)

    @cached_property
    def around_office(self) -> re.Pattern[str]:
        """What stands around the name of the office in a title."""
        texts = self.file.texts
        before, behind = (_join_patterns(words).pattern for words in (texts.title_before, texts.title_behind))
        return re.compile(f"^(?:{before})|(?:{behind})$")

    @cached_property
    def no_name(self) -> re.Pattern[str]:
        """What no name of an office has."""
        return re.compile(self.file.texts.no_name)

    @cached_property
    def not_prose(self) -> re.Pattern[str]:
        """The start of a line that belongs to the page, not to the report."""
        return re.compile(_join_words(self.file.texts.not_prose))

    @cached_property
    def page_number(self) -> re.Pattern[str]:
        """A whole line that is a page number."""
        return _join_patterns(self.file.texts.page_numbers)


def load_reading(sources: Sequence[Facts]) -> Reading:
    """Load what is known for reading; raises `UserError` that lists the faults."""
    file = load(ReadingFile, sources)
    if faults := list(_find_faults(file)):
        raise_faults(sources, faults)
    return Reading(file)


def _find_faults(file: ReadingFile) -> Iterator[Fault]:
    """Find patterns that are none, years and ordinals without a group, and brackets that are no pair."""
    grouped = {("ordinals", "styles"), ("dates", "years"), ("dates", "first_days"), ("dates", "mentions")}
    for keys, pattern in _list_patterns(file):
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            yield Fault(keys, _("pattern-is-wrong", error=error))
        else:
            if keys[:2] in grouped and not groups:
                yield Fault(keys, _("pattern-lacks-group"))
    for index, pair in enumerate(file.texts.brackets):
        if len(pair) != 2:  # noqa: PLR2004  # an opening and a closing one
            yield Fault(("texts", "brackets", index), _("brackets-should-be-pair", found=pair))


def _list_patterns(file: ReadingFile) -> Iterator[tuple[Keys, str]]:
    """Give every pattern of the file with its keys."""
    for style, pattern in file.ordinals.styles.items():
        yield ("ordinals", "styles", style), pattern
    lists = {"dates": ("years", "first_days", "mentions"), "texts": ("title_before", "title_behind", "page_numbers")}
    for group, key in ((group, key) for group, keys in lists.items() for key in keys):
        for index, pattern in enumerate(getattr(getattr(file, group), key)):
            yield (group, key, index), pattern
    for key in ("sentence", "heading_end", "no_name"):
        yield ("texts", key), getattr(file.texts, key)


def _join_words(words: Iterable[str]) -> str:
    """Return a pattern of any of some words, the longest first; without words one that matches nothing."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)"


def _join_patterns(patterns: Iterable[str]) -> re.Pattern[str]:
    """Compile a pattern of any of some patterns; without any one that matches nothing."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or "(?!)")


PLAIN_READING = Reading(ReadingFile())  # of a kind without the file: no words, no units
