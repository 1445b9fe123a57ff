"""Find figures and topics in the texts of a report by the rules of its form, and their places in the data file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from nianbao.checks.context import CheckContext
from nianbao.compose import document
from nianbao.compose.prose import DroppedMarkup
from nianbao.model.facts import list_texts
from nianbao.model.finding import Finding, Place
from nianbao.model.report import Number, Report
from nianbao.model.text_rules import Claim, compile_pattern, parse_sum, resolve_path

_FULL_WIDTH = str.maketrans("０１２３４５６７８９．％", "0123456789.%")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SPACE = re.compile(r"(?<=[^\x00-\x7f\u3000])[ \u3000]+(?=\d)|(?<=\d)[ \u3000]+(?=[^\x00-\x7f]|%)")
_IGNORED = " \u3000,"  # ignored when words are searched
_SEARCH_FORM = str.maketrans(
    dict(zip("０１２３４５６７８９．％", "0123456789.%", strict=True)) | dict.fromkeys(_IGNORED)
)
_CLAUSE_LIMIT = 500  # characters on each side of a figure; real clauses are shorter


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a section, with normalized numbers."""

    section: str
    text: str


@dataclass(frozen=True, slots=True)
class StatedFigure:
    """A figure that a sentence states: the claim, the matched words, the number, and its position in the sentence."""

    claim: Claim
    sentence: Sentence
    words: str
    value: Decimal
    start: int


@lru_cache(maxsize=64)  # several rules read the same texts
def normalize(text: str) -> str:
    """Return a text with numbers in ASCII digits, without thousands separators and without blanks around them."""
    return _SPACE.sub("", _THOUSANDS.sub("", text.translate(_FULL_WIDTH)))


def split_sentences(context: CheckContext) -> Iterator[Sentence]:
    """Split the texts into sentences, in the order of the form."""
    for section, text in context.texts.items():
        for part in context.report.form.locale.sentence_end.split(normalize(text)):
            if part.strip():
                yield Sentence(section, part.strip())


def find_stated_figures(context: CheckContext) -> Iterator[StatedFigure]:
    """Find every figure that the texts state in phrases of the form, for the whole report and its year."""
    for sentence in split_sentences(context):
        has_near: dict[str, bool] = {}  # many claims have the same pattern
        for claim, patterns in context.report.form.text_rules.claim_patterns:
            if claim.sections and sentence.section not in claim.sections:
                continue
            if claim.near not in has_near:
                has_near[claim.near] = bool(compile_pattern(claim.near).search(sentence.text))
            if has_near[claim.near]:
                for pattern in patterns:  # most are not found
                    if pattern.search(sentence.text):
                        yield from _find_claim_figures(context.report, claim, sentence)
                        break


def _find_claim_figures(report: Report, claim: Claim, sentence: Sentence) -> Iterator[StatedFigure]:
    found: dict[int, StatedFigure] = {}
    marks, year = report.form.locale.text.clause_end + "\n", re.compile(report.form.locale.text.year)
    for text in (*claim.says, *claim.none):
        for match in compile_pattern(text).finditer(sentence.text):
            clause = _find_clause(sentence.text, match.start(), match.end(), marks)
            years = {int(written) for written in year.findall(clause)}
            if years <= {report.year} and not (claim.unless and compile_pattern(claim.unless).search(clause)):
                value = Decimal(0) if text in claim.none else Decimal(match[1])
                start = match.start() if text in claim.none else match.start(1)
                found.setdefault(start, StatedFigure(claim, sentence, match[0], value, start))
    yield from (found[start] for start in sorted(found))


def _find_clause(text: str, start: int, end: int, marks: str) -> str:
    """Return the part of a sentence between the punctuation marks around a range."""
    first, last = max(0, start - _CLAUSE_LIMIT), min(len(text), end + _CLAUSE_LIMIT)
    left = max(max(text.rfind(mark, first, start) for mark in marks) + 1, first)
    right = min((position for mark in marks if (position := text.find(mark, end, last)) >= 0), default=last)
    return text[left:right]


def add_up_claim(report: Report, text: str) -> Number | None:
    """Add up the values of a sum of addresses; None if one of them is missing or cannot be read."""
    total: Number = 0
    for sign, path in parse_sum(text):
        for address in resolve_path(path, report.form.value_types):
            number = report.figures.get(address, report.values.get(address))
            if not isinstance(number, int | Decimal) or not report.unread.isdisjoint(report.list_parts(address)):
                return None
            total += sign * number
    return total


def find_place(context: CheckContext, section: str, words: str, default: str = "") -> tuple[str, Place]:
    """Find the text of the data file that contains words: its address, and the place of the words.

    If no text contains them, because a template made them of facts: the prose of the section, else `default`.
    """
    facts = context.report.facts
    prose = f"prose.{section}"
    own_prose = context.report.prose.get(section)
    texts = (item for item in list_texts(facts.tree) if not item[0].startswith("accept."))  # which quote the others
    candidates = [*([(prose, own_prose)] if own_prose else []), *texts]
    wanted = _normalize_for_search(words)
    for address, text in candidates:
        at = _normalize_for_search(text).find(wanted)
        if at >= 0 and (address == prose or not address.startswith("prose.")):
            if not wanted:
                return address, facts.find_place(address)
            positions = _map_positions(text)
            start, end = positions[at], positions[at + len(wanted) - 1] + 1
            line = text.count("\n", 0, start) + 1
            return address, facts.find_place(address, text_line=line, words=text[start:end])
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


def find_placeholder_faults(context: CheckContext) -> Iterator[Finding]:
    """Find the faulty placeholders in the prose that the current rule reports."""
    for address, fault in document.find_placeholder_faults(context.report):
        if fault.rule == context.rule:
            place = context.report.facts.find_place(address, text_line=fault.line, words=fault.words)
            yield context.make_finding(address, fault.message, label=fault.label, place=place)


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
    """Find the prompts that are still in a data file, by address."""
    found: dict[str, str] = {}
    for fact in report.form.facts:
        value = report.values.get(fact.id)
        if isinstance(fact.ask, str) and value == fact.ask:
            found[fact.id] = fact.ask
        elif isinstance(fact.ask, list | tuple) and isinstance(value, list):
            found |= {f"{fact.id}.{number}": text for number, text in enumerate(value) if text in fact.ask}
    return found
