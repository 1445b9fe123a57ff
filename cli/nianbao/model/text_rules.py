"""The rules of a form about its texts: topics that they must mention, and phrases by which they state figures.

Patterns are regular expressions with two more special characters: `#` is a number, and `…` stands for a few
characters without a digit or a punctuation mark.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct, field, structs

from nianbao.model.finding import Level, WrittenLevel
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault, Keys, suggest
from nianbao.model.loading.shapes import Shape, Text

Sum: TypeAlias = tuple[tuple[int, str], ...]  # (1 or -1, address); `*` in an address stands for any one key

_NUMBER = r"(?<![\d.])(\d+(?:\.\d+)?)"

_WORDS = Meta(description="field-words-pattern")
_SECTION = Meta(description="field-section-name")


class Expected(Shape, frozen=True):
    """A topic that a section must mention: `what` describes it for people, `words` is the pattern to find it by."""

    rule: Annotated[Text, Meta(description="field-expected-rule")]
    section: Annotated[Text, _SECTION]
    what: Annotated[Text, Meta(description="field-expected-what")]
    words: Annotated[Text, _WORDS]
    level: Annotated[WrittenLevel, Meta(description="field-expected-level")] = ""


class Pair(Shape, frozen=True):
    """Two topics of which a section must mention both or neither."""

    rule: Annotated[Text, Meta(description="field-pair-rule")]
    section: Annotated[Text, _SECTION]
    what: Annotated[Text, Meta(description="field-pair-what")]
    words: Annotated[Text, _WORDS]
    other: Annotated[Text, Meta(description="field-pair-other")]
    other_words: Annotated[Text, _WORDS]
    level: Annotated[WrittenLevel, Meta(description="field-pair-level")] = ""


class Claim(Shape, frozen=True):
    """Phrases that state a figure of the report, and the sums of addresses that it may equal.

    `none` are phrases that state 0. A claim counts only in a sentence where the pattern `near` is found, and not if
    `unless` is found between the same two punctuation marks: then it is about a part, or about something else.
    """

    id: Annotated[Text, Meta(description="field-claim-id")]
    what: Annotated[Text, Meta(description="field-claim-what")]
    says: Annotated[tuple[Text, ...], _WORDS]
    equals: Annotated[tuple[Text, ...], Meta(description="field-claim-equals")] = ()
    none: Annotated[tuple[Text, ...], Meta(description="field-claim-none")] = ()
    near: Annotated[str, Meta(description="field-claim-near")] = ""
    unless: Annotated[str, Meta(description="field-claim-unless")] = ""
    sections: Annotated[tuple[Text, ...], Meta(description="field-claim-sections")] = ()

    @property
    def sums(self) -> tuple[Sum, ...]:
        """The sums that the figure may equal."""
        return tuple(parse_sum(text) for text in self.equals)


class Balance(Shape, frozen=True):
    """An equation between claims that are all stated in one sentence: `holds`, or one of `or_else`, must be true."""

    holds: Annotated[Text, Meta(description="field-balance-holds")]
    or_else: Annotated[tuple[Text, ...], Meta(description="field-balance-or-else")] = ()


class Share(Shape, frozen=True):
    """Phrases that state a percentage: of `part` in the same sentence, or of the first of two numbers in the phrase.

    Any of `whole` may be the total. It is stated in the same sentence; if the phrase has two numbers, in the section.
    """

    says: Annotated[tuple[Text, ...], _WORDS]
    whole: Annotated[tuple[Text, ...], Meta(description="field-share-whole")]
    part: Annotated[str, Meta(description="field-share-part")] = ""


class Years(Shape, frozen=True):
    """Phrases that state the report year; with `within`, only years at most that far from it are reported as wrong."""

    what: Annotated[Text, Meta(description="field-stated-years-what")]
    says: Annotated[tuple[Text, ...], _WORDS]
    within: Annotated[int, Meta(description="field-stated-years-within", ge=0, le=100)] = 0
    sections: Annotated[tuple[Text, ...], Meta(description="field-stated-years-sections")] = ()


class TextRules(Shape, frozen=True, dict=True):
    """All rules of a form about its texts; the table `vocabulary` of its file."""

    title: Annotated[tuple[Text, ...], Meta(description="field-vocabulary-title")] = ()
    afresh: Annotated[tuple[Text, ...], Meta(description="field-vocabulary-afresh")] = ()
    minimum_lengths: Annotated[dict[str, Annotated[int, Meta(ge=0)]], Meta(description="field-vocabulary-least")] = (
        field(default_factory=dict, name="least")
    )
    expected: Annotated[tuple[Expected, ...], Meta(description="field-vocabulary-expected")] = ()
    pairs: Annotated[tuple[Pair, ...], Meta(description="field-vocabulary-pairs")] = ()
    claims: Annotated[tuple[Claim, ...], Meta(description="field-vocabulary-claims")] = ()
    balances: Annotated[tuple[Balance, ...], Meta(description="field-vocabulary-balances")] = ()
    shares: Annotated[tuple[Share, ...], Meta(description="field-vocabulary-shares")] = ()
    years: Annotated[tuple[Years, ...], Meta(description="field-vocabulary-years")] = ()

    @cached_property
    def rules(self) -> frozenset[str]:
        """The rules that are named for topics that texts must mention."""
        return frozenset({expected.rule for expected in self.expected} | {pair.rule for pair in self.pairs})

    @cached_property
    def claim_patterns(self) -> tuple[tuple[Claim, tuple[re.Pattern[str], ...]], ...]:
        """The claims, each with the patterns by one of which a sentence states its figure."""
        return tuple((claim, tuple(map(compile_pattern, (*claim.says, *claim.none)))) for claim in self.claims)


_PATTERN_FIELDS = ("words", "other_words", "says", "none", "near", "unless")
_LIST_FIELDS = ("expected", "pairs", "claims", "balances", "shares", "years")


def find_faults(text_rules: TextRules, addresses: Mapping[str, object], sections: Sequence[str]) -> Iterator[Fault]:
    """Find invalid patterns, and names of sections, addresses and claims that the form does not have."""
    for section, keys in _list_sections(text_rules):
        if section not in sections:
            yield Fault(keys, _("no-such-section", section=section) + suggest(section, sections))
    for text, keys in _list_texts(text_rules, _PATTERN_FIELDS):
        try:
            compile_pattern(text)
        except re.error as error:
            yield Fault(keys, _("not-regular-expression", text=text, error=error))
    for text, keys in _list_texts(text_rules, ("equals",)):
        for _sign, path in parse_sum(text):
            if not resolve_path(path, addresses):
                yield Fault(keys, _("no-such-address", path=path) + suggest(path, list(addresses)))
    yield from _find_sum_faults(text_rules)


def complete(text_rules: TextRules, gap: str, levels: Mapping[str, Level]) -> TextRules:
    """Return the rules with the pattern of the locale for `…`, and with the levels of the kind's rules."""
    lists = {name: tuple(_complete(entry, gap, levels) for entry in getattr(text_rules, name)) for name in _LIST_FIELDS}
    return structs.replace(text_rules, **lists)


def _complete(entry: Struct, gap: str, levels: Mapping[str, Level]) -> Struct:
    changes: dict[str, object] = {}
    for key in (key for key in _PATTERN_FIELDS if key in entry.__struct_fields__):
        texts = getattr(entry, key)
        is_one = isinstance(texts, str)
        changes[key] = texts.replace("…", gap) if is_one else tuple(text.replace("…", gap) for text in texts)
    if isinstance(entry, Expected | Pair) and not entry.level:
        changes["level"] = levels.get(entry.rule, "")
    return structs.replace(entry, **changes)


def _find_sum_faults(text_rules: TextRules) -> Iterator[Fault]:
    """Find balances and shares that are no equations or that name claims which the form does not have."""
    known = [claim.id for claim in text_rules.claims]
    for text, keys in _list_texts(text_rules, ("holds", "or_else")):
        if text.count("=") != 1:
            yield Fault(keys, _("write-equation"))
    for text, keys in _list_texts(text_rules, ("holds", "or_else", "part", "whole")):
        for path in (path for side in text.split("=") for _sign, path in parse_sum(side)):
            if path not in known:
                yield Fault(keys, _("no-such-claim", unknown=path) + suggest(path, known))


def _list_sections(text_rules: TextRules) -> Iterator[tuple[str, Keys]]:
    """List the names of sections that the rules use, with the paths to them."""
    yield from ((section, ("vocabulary", "afresh", number)) for number, section in enumerate(text_rules.afresh))
    yield from ((section, ("vocabulary", "least", section)) for section in text_rules.minimum_lengths)
    yield from _list_texts(text_rules, ("section", "sections"))


def _list_texts(text_rules: TextRules, fields: Sequence[str]) -> Iterator[tuple[str, Keys]]:
    """List the texts in some fields of the entries of all lists, with the paths to them."""
    for name in _LIST_FIELDS:
        for number, entry in enumerate(getattr(text_rules, name)):
            for key in (key for key in fields if key in entry.__struct_fields__):
                value, keys = getattr(entry, key), ("vocabulary", name, number, key)
                if isinstance(value, str):
                    yield from [(value, keys)] if value else []
                else:
                    yield from ((text, (*keys, position)) for position, text in enumerate(value))


@cache
def parse_sum(text: str) -> Sum:
    """Parse a sum of addresses: `a + b - c`."""
    return tuple((-1 if sign == "-" else 1, path) for sign, path in re.findall(r"([+-]?)\s*([\w.*]+)", text))


def resolve_path(path: str, addresses: Mapping[str, object]) -> tuple[str, ...]:
    """List the addresses that match a path, in which `*` stands for any one key."""
    if "*" not in path:
        return (path,) if path in addresses else ()
    pattern = re.compile(re.escape(path).replace(r"\*", "[^.]+"))
    return tuple(address for address in addresses if pattern.fullmatch(address))


@cache
def compile_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of a form whose gaps are filled; raises `re.error` for an invalid one."""
    return re.compile(text.replace("#", _NUMBER), re.MULTILINE)
