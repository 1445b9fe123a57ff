"""Find figures and topics in the texts of a report by the rules of its form, and their places in the data file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache

from msgspec import Struct

from nianbao.checks.context import CheckContext
from nianbao.checks.stated.section_reading import SectionReading, StatedFigure, read_section
from nianbao.compose import document
from nianbao.compose.prose import DroppedMarkup
from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import _
from nianbao.model.report import Number, Report
from nianbao.model.text_rules import Claim, parse_sum, resolve_path
from nianbao.model.wordings.patterns import compile_pattern, find_words

_FULL_WIDTH = str.maketrans("０１２３４５６７８９．％", "0123456789.%")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SPACE = re.compile(r"(?<=[^\x00-\x7f\u3000])[ \u3000]+(?=\d)|(?<=\d)[ \u3000]+(?=[^\x00-\x7f]|%)")
_IGNORED = " \u3000,"  # ignored when words are searched
_SEARCH_FORM = str.maketrans(
    dict(zip("０１２３４５６７８９．％", "0123456789.%", strict=True)) | dict.fromkeys(_IGNORED)
)
_WINDOW = 8  # gaps before a figure in which its phrase begins
_NEAR = 4  # characters before a figure that may say that it is not exact
_NO_WORDS = re.compile(r"[\W_]+")
_MOST_OF_PROMPT = 0.7  # of its letters: less may be the name of the fact, or a value


@lru_cache(maxsize=64)  # several rules read the same texts
def normalize(text: str) -> str:
    """Return a text with numbers in ASCII digits, without thousands separators and without blanks around them."""
    return _SPACE.sub("", _THOUSANDS.sub("", text.translate(_FULL_WIDTH)))


def find_stated_figures(
    context: CheckContext, readings: Sequence[SectionReading] | None = None
) -> Iterator[StatedFigure]:
    """Find every figure that the texts state in phrases of the form, for the whole report and its year.

    `readings` are the texts, if they were read before.
    """
    if context.report.form.text_rules.claims:
        for reading in read_texts(context) if readings is None else readings:
            found = [*_find_none_phrases(context.report, reading), *_find_claim_figures(context.report, reading)]
            yield from sorted(found, key=lambda figure: (figure.position, figure.claim.also))


def read_texts(context: CheckContext) -> Iterator[SectionReading]:
    """Read the texts for their figures, in the order of the form."""
    for section, text in context.texts.items():
        yield read_section(context.report, context.author, section, normalize(text))


def _find_claim_figures(report: Report, reading: SectionReading) -> Iterator[StatedFigure]:
    """Find the figures that phrases with a number state."""
    locale = report.form.locale.text
    before, after = _compile_or_never(locale.inexact_before), _compile_or_never(locale.inexact_after)
    begin = _compile_or_never(report.form.text_rules.parts.begin)
    other = OtherFigures()
    for number, (start, end) in enumerate(reading.figures):
        if before.search(reading.text, max(0, start - _NEAR), start) or after.match(reading.text, end):
            continue
        if start < other.part_until and begin.search(reading.text, other.part_from, start):
            continue
        matches = list(match_claims(reading, number))
        is_part = bool(matches)
        for claim, match in matches:
            clause = reading.find_clause(match.start(), match.end())
            years = reading.list_years(clause) or reading.list_first_years(start)
            if not years <= {report.year + shift for shift in claim.years}:
                other.year_until, is_part = reading.find_part_end(start), False
            elif not years and start < other.year_until:
                is_part = False
            elif not reading.is_excluded(claim, clause):
                whose, is_part = reading.tell_whose(number), False
                if whose != "other":
                    value, certain = Decimal(match[1]), claim.certain and whose == "own"
                    yield reading.make_figure(claim, match, value, start, certain=certain)
        if is_part:
            other.part_from, other.part_until = end, reading.find_part_end(start)


class OtherFigures(Struct):
    """Ranges of figures that are none of the report: up to where those of another year stand, and parts of a part."""

    year_until: int = 0
    part_from: int = 0
    part_until: int = 0


def match_claims(reading: SectionReading, number: int) -> Iterator[tuple[Claim, re.Match[str]]]:
    """Find the claims that phrases around a figure of a section may make, each with its first match."""
    claims = reading.report.form.text_rules.claims_by_topic[reading.find_topic(number)]
    start = reading.figures[number][0]
    left, right = reading.find_window(number, _WINDOW * reading.report.form.locale.text.gap)
    for claim, phrases in claims.list_possible(reading.text[left:right]):
        for phrase in phrases if not claim.sections or reading.section in claim.sections else ():
            matches = phrase.find(reading.text, left, right)
            match = next((match for match in matches if match.start(1) == start), None)
            if match and reading.has_near(claim, start):
                yield claim, match
                break


def _find_none_phrases(report: Report, reading: SectionReading) -> Iterator[StatedFigure]:
    """Find the phrases that state 0."""
    found: set[tuple[str, str, int]] = set()
    for claim, phrases in report.form.text_rules.none_phrases:
        if claim.sections and reading.section not in claim.sections:
            continue
        for match in (match for phrase in phrases for match in reading.find_phrase(phrase)):
            key, start = (claim.id, claim.what, match.start()), match.start()
            clause = reading.find_clause(start, match.end())
            years = reading.list_years(clause) or reading.list_first_years(start)
            is_own_year = years <= {report.year + shift for shift in claim.years}
            if key not in found and is_own_year and reading.has_near(claim, start):
                found.add(key)
                if not reading.is_excluded(claim, clause) and reading.tell_whose_at(start, match.end()) == "own":
                    yield reading.make_figure(claim, match, Decimal(0), start, certain=claim.certain)


@cache
def _compile_or_never(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern or "(?!)")


def add_up_claim(report: Report, text: str) -> Number | None:
    """Add up the values of a sum of addresses; None if one of them is missing or cannot be read."""
    total: Number = 0
    for sign, path in parse_sum(text):
        for address in resolve_path(path, report.form.value_types):
            number = report.figures.get(address, report.values.get(address))
            if not isinstance(number, int | Decimal) or not report.unknown.isdisjoint(report.list_parts(address)):
                return None
            total += sign * number
    return total


def list_key_figures(report: Report, previous: Report) -> Iterator[tuple[str, Number, Number]]:
    """List the key figures of a form that both reports have: the address, the figure, and last year's."""
    for address in report.form.key_figures:
        if address not in previous.form.value_types:
            continue
        figure, previous_figure = add_up_claim(report, address), add_up_claim(previous, address)
        if figure is not None and previous_figure is not None:
            yield address, figure, previous_figure


def find_place(context: CheckContext, section: str, words: str, default: str = "") -> tuple[str, Place]:
    """Find the text of the data file that contains words: its address, and the place of the words.

    If no text contains them, because a template made them of facts: the prose of the section, else `default`.
    """
    facts = context.report.facts
    prose = f"prose.{section}"
    own_prose = context.report.prose.get(section)
    texts = (item for item in facts.texts if not item[0].startswith("accept."))  # which quote the others
    candidates = [*([(prose, own_prose)] if own_prose else []), *texts]
    wanted = _normalize_for_search(words)
    for address, text in candidates:
        at = _normalize_for_search(text).find(wanted)
        if at >= 0 and (address == prose or not address.startswith("prose.")):
            if not wanted:
                return address, facts.find_place(address)
            positions = _map_positions(text)
            start, end = positions[at], positions[at + len(wanted) - 1] + 1
            return address, facts.find_place_in_text(address, text, start, text[start:end])
    address = prose if own_prose else default or prose
    return address, facts.find_place(address)


@lru_cache(maxsize=512)
def _normalize_for_search(text: str) -> str:
    """Return a text with ASCII digits and without blanks and commas, to find words whatever their spacing is."""
    return text.translate(_SEARCH_FORM)


@lru_cache(maxsize=8)
def _map_positions(text: str) -> list[int]:
    """Return the position in a text of each character of its search form."""
    return [position for position, character in enumerate(text) if character not in _IGNORED]


def shorten(text: str, limit: int = 30) -> str:
    """Cut a text after `limit` characters, with an ellipsis."""
    return f"{text[:limit]}…" if len(text) > limit else text


def list_own_texts(report: Report) -> Iterator[tuple[str, str]]:
    """List the texts of the data file that are printed: prose, facts, headings and the title, by address."""
    for address, text in report.facts.text_values:
        if not address.startswith("accept."):
            yield address, text


def find_in_texts(
    context: CheckContext, pattern: str, texts: Mapping[str, str] | None = None
) -> Iterator[tuple[str, re.Match[str]]]:
    """Find a pattern of the locale in the texts, or some, in their normal form, by section; an empty one is in none."""
    for section, text in (context.texts if texts is None else texts).items() if pattern else ():
        for match in compile_pattern(pattern).finditer(normalize(text)):
            yield section, match


def find_in_own_texts(context: CheckContext, pattern: str) -> Iterator[tuple[str, str, re.Match[str]]]:
    """Find a pattern of the locale in the texts of the data file: address, text and match; an empty one is in none."""
    for address, text in list_own_texts(context.report) if pattern else ():
        for match in compile_pattern(pattern).finditer(text):
            yield address, text, match


def find_around_facts(context: CheckContext, pattern: str) -> Iterator[tuple[str, str, re.Match[str]]]:
    """Find where a pattern begins in a template and ends in a fact, or the other way: address, text and match."""
    found = [match for text in context.texts.values() if pattern for match in compile_pattern(pattern).finditer(text)]
    for address, text in list_own_texts(context.report) if found else ():
        is_fact = text.strip() and not address.startswith(("prose.", "headings.", "title"))
        if match := next((one for one in found if is_fact and _begins_or_ends_in(one, text)), None):
            yield address, text, match


def _begins_or_ends_in(match: re.Match[str], text: str) -> bool:
    """Return whether a text begins or ends within a match."""
    first = max(0, match.start() - len(text) + 1)
    starts = find_words(match.string[first : match.end() + len(text) - 1], text)
    edges = (edge - match.start() for start in starts for edge in (first + start, first + start + len(text)))
    return any(0 < edge < len(match[0]) for edge in edges)


def find_placeholder_faults(context: CheckContext) -> Iterator[Finding]:
    """Find the faulty placeholders in the prose that the current rule reports."""
    for address, fault in document.find_placeholder_faults(context.report):
        if fault.rule == context.rule:
            place = context.report.facts.find_place(address, text_line=fault.line, words=fault.words)
            yield context.make_finding(address, fault.message, label=fault.label, place=place)


def find_markup(context: CheckContext, kind: str, message: str, fix: str) -> Iterator[Finding]:
    """Find the markup of one kind; `message` is the key of what is said of its `words`."""
    for item in context.dropped_markup:
        if item.kind == kind:
            yield make_markup_finding(context, item, _(message, words=quote_markup(item)), fix)


def make_markup_finding(context: CheckContext, item: DroppedMarkup, message: str, fix: str = "") -> Finding:
    """Make a finding at markup of the prose that is not printed."""
    prose, address = context.report.prose[item.section], f"prose.{item.section}"
    line = prose.count("\n", 0, prose.find(item.words)) + 1 if item.words and item.words in prose else 0
    place = context.report.facts.find_place(address, text_line=line, words=item.words if line else "")
    return context.make_finding(address, message, fix=fix, place=place)


def quote_markup(item: DroppedMarkup) -> str:
    """Quote markup of the prose that is not printed."""
    return shorten(item.words, 60)


def find_prompts(report: Report) -> dict[str, str]:
    """Find the prompts that are still in a data file, by address: as written there, with or without brackets."""
    found: dict[str, str] = {}
    for fact in report.form.facts:
        value = report.values.get(fact.id)
        if isinstance(fact.ask, str) and isinstance(value, str) and _is_prompt(value, fact.ask):
            found[fact.id] = value
        elif isinstance(fact.ask, list | tuple) and isinstance(value, list):
            for number, text in enumerate(value):
                if any(_is_prompt(text, prompt) for prompt in fact.ask):
                    found[f"{fact.id}.{number}"] = text
    return found


def _is_prompt(text: str, prompt: str) -> bool:
    """Return whether a text is a prompt, whatever stands around its words, and though its first ones may be cut off."""
    if text == prompt:
        return True
    words, asked = _NO_WORDS.sub("", text), _NO_WORDS.sub("", prompt)
    return asked.endswith(words) and len(words) > _MOST_OF_PROMPT * len(asked)
