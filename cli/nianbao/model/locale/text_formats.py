"""How the rules read prose in a language: where sentences end, what is no count, what is to be filled in."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated

from msgspec import Meta

from nianbao.model.i18n import N_, _
from nianbao.model.loading.inheritance import Fault, Keys
from nianbao.model.loading.shapes import Shape, Text

_SIZE = Meta(ge=1, le=10_000)
_PATTERN = Meta(pattern=r"\S")
_PATTERN_KEYS = (
    "sentence_end", "part_end", "year", "not_count_before", "not_count_after",
    "numeral_before", "numeral_after", "inexact_before", "inexact_after", "office_words", "doubled", "days",
    "doubled_words", "period_end", "shares_of_one",
)  # fmt: skip

# How many groups the pattern of a key has, which are numbers or words, and the message on one that has others.
_GROUPS = {
    "year": (1, N_("year-pattern-needs-group")),
    "days": (3, N_("days-pattern-needs-groups")),
    "period_end": (2, N_("period-end-pattern-needs-groups")),
    "shares_of_one": (1, N_("shares-pattern-needs-group")),
    "doubled_words": (1, N_("doubled-words-pattern-needs-group")),
}
_OF_NUMBERS = ("numbering", "shares")  # each pattern has one group, which is the number


class LeastCharacters(Shape, frozen=True):
    """From how many characters on texts are compared; shorter ones may be equal by chance."""

    paragraph: Annotated[int, _SIZE, Meta(description="field-least-paragraph")] = 80
    section: Annotated[int, _SIZE, Meta(description="field-least-section")] = 200
    sentence: Annotated[int, _SIZE, Meta(description="field-least-sentence")] = 120
    fact: Annotated[int, _SIZE, Meta(description="field-least-fact")] = 48
    run: Annotated[int, _SIZE, Meta(description="field-least-run")] = 40


class TextFormats(Shape, frozen=True):
    """How prose is read by the rules: patterns are regular expressions."""

    sentence_end: Annotated[str, _PATTERN, Meta(description="field-text-sentence-end")] = r"[.?!](?=\s|$)"
    part_end: Annotated[str, _PATTERN, Meta(description="field-text-part-end")] = r"[.?!;](?=\s|$)"
    clause_end: Annotated[Text, Meta(description="field-text-clause-end")] = ",;:()"
    gap: Annotated[int, _SIZE, Meta(description="field-text-gap")] = 48
    year: Annotated[str, _PATTERN, Meta(description="field-text-year")] = r"\b((?:19|20)\d\d)\b"
    digits: Annotated[str, Meta(description="field-text-digits")] = ""
    zeros: Annotated[str, Meta(description="field-text-zeros")] = ""
    twos: Annotated[str, Meta(description="field-text-twos")] = ""
    tens: Annotated[str, Meta(description="field-text-tens")] = ""
    myriads: Annotated[str, Meta(description="field-text-myriads")] = ""
    numeral_before: Annotated[str, Meta(description="field-text-numeral-before")] = ""
    numeral_after: Annotated[str, Meta(description="field-text-numeral-after")] = ""
    inexact_before: Annotated[str, Meta(description="field-text-inexact-before")] = ""
    inexact_after: Annotated[str, Meta(description="field-text-inexact-after")] = ""
    blanks: Annotated[bool, Meta(description="field-text-blanks")] = True
    not_count_before: Annotated[str, _PATTERN, Meta(description="field-text-not-count-before")] = "[(#]"
    not_count_after: Annotated[str, _PATTERN, Meta(description="field-text-not-count-after")] = "[%:-]"
    prompts: Annotated[tuple[Annotated[str, _PATTERN], ...], Meta(description="field-text-prompts")] = ()
    notes: Annotated[tuple[Annotated[str, _PATTERN], ...], Meta(description="field-text-notes")] = ()
    marks: Annotated[tuple[Annotated[str, Meta(min_length=2)], ...], Meta(description="field-text-marks")] = ()
    mistyped: Annotated[tuple[Annotated[str, _PATTERN], ...], Meta(description="field-text-mistyped")] = ()
    doubled: Annotated[str, Meta(description="field-text-doubled")] = ""
    doubled_words: Annotated[str, Meta(description="field-text-doubled-words")] = ""
    days: Annotated[str, Meta(description="field-text-days")] = ""
    period_end: Annotated[str, Meta(description="field-text-period-end")] = ""
    numbering: Annotated[tuple[Annotated[str, _PATTERN], ...], Meta(description="field-text-numbering")] = ()
    shares_of_one: Annotated[str, Meta(description="field-text-shares-of-one")] = ""
    shares: Annotated[tuple[Annotated[str, _PATTERN], ...], Meta(description="field-text-shares")] = ()
    office_words: Annotated[str, Meta(description="field-text-office-words")] = ""
    optional_in_names: Annotated[str, Meta(description="field-text-optional-in-names")] = ""
    least: Annotated[LeastCharacters, Meta(description="field-text-least")] = LeastCharacters()


def find_text_faults(formats: TextFormats) -> Iterator[Fault]:
    """Find patterns of a locale that are no regular expressions, or that lack the group of a year."""
    patterns: list[tuple[Keys, str]] = [(("text", key), getattr(formats, key)) for key in _PATTERN_KEYS]
    for key in ("prompts", "notes", "mistyped", *_OF_NUMBERS):
        patterns += [(("text", key, number), text) for number, text in enumerate(getattr(formats, key))]
    for keys, text in patterns:
        try:
            groups = re.compile(text).groups
        except re.error as error:
            yield Fault(keys, _("not-regular-expression", text=text, error=error))
        else:
            wanted, message = _GROUPS.get(str(keys[1]), (groups, ""))
            if text and groups != wanted:
                yield Fault(keys, _(message))
            if keys[1] in _OF_NUMBERS and groups != 1:
                yield Fault(keys, _("number-pattern-needs-group"))
    if len(formats.digits) not in {0, 10}:
        yield Fault(("text", "digits"), _("digits-should-be-ten"))


def write_years(text: str, formats: TextFormats) -> str:
    """Write years in the numerals of a language (二〇二四年) in as many digits."""
    if not formats.digits:
        return text
    digits = str.maketrans(formats.digits, "0123456789") | str.maketrans(dict.fromkeys(formats.zeros, "0"))
    return _compile_year(f"{formats.digits}{formats.zeros}").sub(lambda match: match[0].translate(digits), text)


@cache
def _compile_year(numerals: str) -> re.Pattern[str]:
    one = f"[{re.escape(numerals)}]"
    return re.compile(rf"(?<!{one}){one}{{4}}(?!{one})")
