"""The rules of a form about its texts: topics that they must mention, and phrases by which they state figures.

Patterns are regular expressions with more special characters: `#` is a number, `…` stands for a few characters
without a digit or a punctuation mark, `……` for more of them within a sentence, and `<name>` for a pattern of `terms`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import Annotated, TypeAlias, TypeVar

from msgspec import Meta, Struct, field, structs

from nianbao.model.finding import Level, WrittenLevel
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault, Keys, suggest
from nianbao.model.loading.shapes import Shape, Text
from nianbao.model.wordings.patterns import Phrase, PhraseIndex, WordFinder, compile_pattern
from nianbao.model.wordings.prose_context import Author, Change, Parts, Scope, Topic

Sum: TypeAlias = tuple[tuple[int, str], ...]  # (1 or -1, address); `*` in an address stands for any one key
Filled = TypeVar("Filled", Parts, Author)


_WORDS = Meta(description="field-words-pattern")
_SECTION = Meta(description="field-section-name")
_Power: TypeAlias = Annotated[int, Meta(ge=-12, le=12)]


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

    `none` are phrases that state 0. A claim counts only while its `topic` is spoken of, in a paragraph where `near` is
    found, and not if `unless` is found between the same two punctuation marks: then it is about a part, or
    about something else. The years there must be the report year, or differ from it by one of `years`. What is not
    `certain` may be right although it differs. Of several claims that a figure may make, one must be right; and those
    that it makes `also`. With a `power` it is that power of ten of its unit in the table, and may be rounded.
    """

    id: Annotated[Text, Meta(description="field-claim-id")]
    what: Annotated[Text, Meta(description="field-claim-what")]
    says: Annotated[tuple[Text, ...], _WORDS]
    equals: Annotated[tuple[Text, ...], Meta(description="field-claim-equals")] = ()
    none: Annotated[tuple[Text, ...], Meta(description="field-claim-none")] = ()
    near: Annotated[str, Meta(description="field-claim-near")] = ""
    unless: Annotated[str, Meta(description="field-claim-unless")] = ""
    sections: Annotated[tuple[Text, ...], Meta(description="field-claim-sections")] = ()
    topic: Annotated[str, Meta(description="field-claim-topic")] = ""
    years: Annotated[tuple[Annotated[int, Meta(ge=-9, le=9)], ...], Meta(description="field-claim-years")] = (0,)
    certain: Annotated[bool, Meta(description="field-claim-certain")] = True
    also: Annotated[bool, Meta(description="field-claim-also")] = False
    power: Annotated[_Power | None, Meta(description="field-claim-power")] = None

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
    topics: Annotated[tuple[Topic, ...], Meta(description="field-vocabulary-topics")] = ()
    scopes: Annotated[tuple[Scope, ...], Meta(description="field-vocabulary-scopes")] = ()
    changes: Annotated[tuple[Change, ...], Meta(description="field-vocabulary-changes")] = ()
    parts: Annotated[Parts, Meta(description="field-vocabulary-parts")] = Parts()
    author: Annotated[Author, Meta(description="field-vocabulary-author")] = Author()
    names: Annotated[tuple[Text, ...], Meta(description="field-vocabulary-names")] = ()
    terms: Annotated[dict[str, Text], Meta(description="field-vocabulary-terms")] = field(default_factory=dict)

    @cached_property
    def rules(self) -> frozenset[str]:
        """The rules that are named for topics that texts must mention."""
        return frozenset({expected.rule for expected in self.expected} | {pair.rule for pair in self.pairs})

    @cached_property
    def claims_by_topic(self) -> Mapping[str, PhraseIndex[Claim]]:
        """The claims that may be made while a topic is spoken of, each with the phrases that state its figure."""
        found: dict[str, list[tuple[Claim, tuple[Phrase, ...]]]] = {
            topic: [] for topic in ("", *(topic.id for topic in self.topics))
        }
        for claim in self.claims:
            entry = claim, tuple(map(Phrase, claim.says))
            for topic in [claim.topic] if claim.topic else found:
                found[topic].append(entry)
        return {topic: PhraseIndex(entries) for topic, entries in found.items()}

    @cached_property
    def none_phrases(self) -> Sequence[tuple[Claim, tuple[Phrase, ...]]]:
        """The claims with phrases that state 0, and these."""
        return [(claim, tuple(map(Phrase, claim.none))) for claim in self.claims if claim.none]

    @cached_property
    def name_phrases(self) -> tuple[Phrase, ...]:
        """The phrases that name the office whose report it is."""
        return tuple(map(Phrase, self.names))

    @cached_property
    def topic_words(self) -> WordFinder:
        """What finds the words of every topic."""
        return WordFinder(tuple(topic.words for topic in self.topics))

    @cached_property
    def scope_words(self) -> WordFinder:
        """What finds the words of every scope."""
        return WordFinder(tuple(scope.words for scope in self.scopes))


_PATTERN_FIELDS = ("words", "other_words", "says", "none", "near", "unless", "own", "ends")
_LIST_FIELDS = ("expected", "pairs", "claims", "balances", "shares", "years", "topics", "scopes", "changes")
_TERM_DEPTH = 3  # of terms that name others
_TERM = re.compile(r"(?<!\(\?P)(?<!\(\?)<([a-z_]+)>")


def find_faults(text_rules: TextRules, addresses: Mapping[str, object], sections: Sequence[str]) -> Iterator[Fault]:
    """Find names of sections, addresses, claims and topics that the form does not have."""
    for section, keys in _list_sections(text_rules):
        if section not in sections:
            yield Fault(keys, _("no-such-section", section=section) + suggest(section, sections))
    topics = [topic.id for topic in text_rules.topics]
    for text, keys in _list_texts(text_rules, ("topic",)):
        if text not in topics:
            yield Fault(keys, _("no-such-topic", name=text) + suggest(text, topics))
    for text, keys in _list_texts(text_rules, ("equals",)):
        for _sign, path in parse_sum(text):
            if not resolve_path(path, addresses):
                yield Fault(keys, _("no-such-address", path=path) + suggest(path, list(addresses)))
    yield from _find_sum_faults(text_rules)


def find_pattern_faults(text_rules: TextRules, gaps: Mapping[str, str]) -> Iterator[Fault]:
    """Find patterns that are no regular expressions, and terms in them that the form does not have."""
    for text, keys in (*_list_texts(text_rules, _PATTERN_FIELDS), *_list_parts_texts(text_rules)):
        for name in _TERM.findall(text):
            if name not in text_rules.terms:
                yield Fault(keys, _("no-such-term", name=name) + suggest(name, list(text_rules.terms)))
        try:
            compile_pattern(_fill(text, gaps=gaps, terms=text_rules.terms))
        except re.error as error:
            yield Fault(keys, _("not-regular-expression", text=text, error=error))


def complete(text_rules: TextRules, gaps: Mapping[str, str], levels: Mapping[str, Level]) -> TextRules:
    """Return the rules with the patterns of the locale for gaps, those of terms, and the levels of the kind's rules."""
    fill = partial(_fill, gaps=gaps, terms=text_rules.terms)
    lists = {
        name: tuple(_complete(entry, fill, levels) for entry in getattr(text_rules, name)) for name in _LIST_FIELDS
    }
    parts, author = _fill_fields(text_rules.parts, fill), _fill_fields(text_rules.author, fill)
    names = tuple(map(fill, text_rules.names))
    return structs.replace(text_rules, parts=parts, author=author, names=names, **lists)


def _fill_fields(entry: Filled, fill: Callable[[str], str]) -> Filled:
    """Fill every field of an entry, all of which are patterns."""
    return structs.replace(entry, **{key: fill(getattr(entry, key)) for key in entry.__struct_fields__})


def fill_terms(text: str, terms: Mapping[str, str]) -> str:
    """Return a pattern with those of terms in the place of their names; a term may name earlier ones."""
    for _time in range(_TERM_DEPTH):
        text = _TERM.sub(lambda match: terms.get(match[1], match[0]), text)
    return text


def _fill(text: str, gaps: Mapping[str, str], terms: Mapping[str, str]) -> str:
    text = fill_terms(text, terms)
    for mark, gap in gaps.items():
        text = text.replace(mark, gap)
    return text


def _complete(entry: Struct, fill: Callable[[str], str], levels: Mapping[str, Level]) -> Struct:
    changes: dict[str, object] = {}
    for key in (key for key in _PATTERN_FIELDS if key in entry.__struct_fields__):
        texts = getattr(entry, key)
        changes[key] = fill(texts) if isinstance(texts, str) else tuple(map(fill, texts))
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


def _list_parts_texts(text_rules: TextRules) -> Iterator[tuple[str, Keys]]:
    """List the patterns of `parts`, of `author`, of names and of terms, with the paths to them."""
    yield from ((text, ("vocabulary", "names", number)) for number, text in enumerate(text_rules.names))
    for name, entry in (("parts", text_rules.parts), ("author", text_rules.author)):
        yield from ((getattr(entry, key), ("vocabulary", name, key)) for key in entry.__struct_fields__)
    yield from ((text, ("vocabulary", "terms", key)) for key, text in text_rules.terms.items())


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
