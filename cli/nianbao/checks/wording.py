"""What the texts of a report say in the words of its form, and where in the data file they say it."""

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
from nianbao.model.i18n import _, join_words
from nianbao.model.report import Number, Report
from nianbao.model.text_rules import Claim, compile_pattern, parse_sum, resolve_path

_FULL_WIDTH = str.maketrans("０１２３４５６７８９．％", "0123456789.%")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SPACE = re.compile(r"(?<=[^\x00-\x7f\u3000])[ \u3000]+(?=\d)|(?<=\d)[ \u3000]+(?=[^\x00-\x7f]|%)")
_LOOSE = " \u3000,"  # may stand anywhere among words, as a person wrote them
_SQUEEZED = str.maketrans(dict(zip("０１２３４５６７８９．％", "0123456789.%", strict=True)) | dict.fromkeys(_LOOSE))
_STOPS = "，,。；;：:？！（）()\n"
_CLAUSE = 500  # characters at most on each side of a figure: longer ones are not written
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)年")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a section, its numbers in plain digits."""

    section: str
    text: str


@dataclass(frozen=True, slots=True)
class StatedFigure:
    """A figure that a sentence states: the claim, its words as they stand there, the number."""

    claim: Claim
    sentence: Sentence
    words: str
    value: Decimal
    start: int


@lru_cache(maxsize=64)  # rule after rule reads the same texts
def normalize(text: str) -> str:
    """Write numbers in plain digits, without thousands separators and blanks around them."""
    return _SPACE.sub("", _THOUSANDS.sub("", text.translate(_FULL_WIDTH)))


def split_sentences(case: CheckContext) -> Iterator[Sentence]:
    """Give every sentence of the texts, in the order of the form."""
    for section, text in case.texts.items():
        for part in re.split(r"[。？！\n]", normalize(text)):
            if part.strip():
                yield Sentence(section, part.strip())


def find_stated(case: CheckContext) -> Iterator[StatedFigure]:
    """Find every figure that the texts state in words of the form, about this report as a whole."""
    for sentence in split_sentences(case):
        near: dict[str, bool] = {}  # many claims ask for the same words
        for claim, patterns in case.report.form.vocabulary.sought:
            if claim.sections and sentence.section not in claim.sections:
                continue
            if claim.near not in near:
                near[claim.near] = bool(compile_pattern(claim.near).search(sentence.text))
            if near[claim.near]:
                for words in patterns:  # most find nothing, in thousands of reports
                    if words.search(sentence.text):
                        yield from _find_stated(case.report, claim, sentence)
                        break


def _find_stated(report: Report, claim: Claim, sentence: Sentence) -> Iterator[StatedFigure]:
    found: dict[int, StatedFigure] = {}
    for text in (*claim.says, *claim.none):
        for match in compile_pattern(text).finditer(sentence.text):
            clause = _find_clause(sentence.text, match.start(), match.end())
            years = {int(year) for year in _YEAR.findall(clause)}
            if years <= {report.year} and not (claim.unless and compile_pattern(claim.unless).search(clause)):
                value = Decimal(0) if text in claim.none else Decimal(match[1])
                at = match.start() if text in claim.none else match.start(1)
                found.setdefault(at, StatedFigure(claim, sentence, match[0], value, at))
    yield from (found[at] for at in sorted(found))


def _find_clause(text: str, start: int, end: int) -> str:
    """Widen a stretch of a sentence to the punctuation marks around it."""
    first, last = max(0, start - _CLAUSE), min(len(text), end + _CLAUSE)
    left = max(max(text.rfind(stop, first, start) for stop in _STOPS) + 1, first)
    right = min((at for stop in _STOPS if (at := text.find(stop, end, last)) >= 0), default=last)
    return text[left:right]


def add_up_claim(report: Report, text: str) -> Number | None:
    """Add up a sum of addresses; None where one of them is left out or cannot be read."""
    total: Number = 0
    for sign, path in parse_sum(text):
        for address in resolve_path(path, report.form.kinds):
            number = report.figures.get(address, report.values.get(address))
            if not isinstance(number, int | Decimal) or not report.unread.isdisjoint(report.parts(address)):
                return None
            total += sign * number
    return total


def find_place(case: CheckContext, section: str, words: str, otherwise: str = "") -> tuple[str, Place]:
    """Find the text of the data file that holds these words: its address and their place.

    Where a template has made them of facts: the section's own prose, else the address given.
    """
    facts = case.report.facts
    prose = f"prose.{section}"
    own = case.report.prose.get(section)
    candidates = ([(prose, own)] if own else []) + list_texts(facts.tree)
    sought = _squeeze(words)
    for address, text in candidates:
        at = _squeeze(text).find(sought)
        if at >= 0 and (address == prose or not address.startswith("prose.")):
            kept = _keep(text)
            start, end = (kept[at], kept[at + len(sought) - 1] + 1) if sought else (0, 0)
            line = text.count("\n", 0, start) + 1
            return address, facts.place(address, inside=line, words=text[start:end])
    address = prose if own else otherwise or prose
    return address, facts.place(address)


@lru_cache(maxsize=512)
def _squeeze(text: str) -> str:
    """Write a text so that words are found however a person spaced them: digits plain, without blanks and commas."""
    return text.translate(_SQUEEZED)


@lru_cache(maxsize=8)
def _keep(text: str) -> list[int]:
    """Say where each character of a squeezed text stands in the text itself."""
    return [at for at, character in enumerate(text) if character not in _LOOSE]


def shorten(text: str, most: int = 30) -> str:
    """Quote the beginning of a text."""
    return f"{text[:most]}…" if len(text) > most else text


def find_unspoken(case: CheckContext) -> Iterator[Finding]:
    """Find what each section must speak of, under the rule that judges, and does not."""
    missing: dict[str, list[str]] = {}
    for expected in case.report.form.vocabulary.expected:
        text = case.texts.get(expected.section, "")
        if expected.rule == case.rule and text and not compile_pattern(expected.words).search(text):
            missing.setdefault(expected.section, []).append(_(expected.what))
    for section, things in missing.items():
        message = _("{heading}: 没有写到{things}", heading=case.report.heading(section), things=join_words(things))
        yield case.find(f"prose.{section}", message)


def find_faulty(case: CheckContext) -> Iterator[Finding]:
    """Find the faulty placeholders of the prose that go under the rule that judges."""
    for section, fault in document.find_placeholder_faults(case.report):
        if fault.rule == case.rule:
            address = f"prose.{section}"
            place = case.report.facts.place(address, inside=fault.line, words=fault.words)
            yield case.find(address, fault.message, label=fault.label, place=place)


def find_unprinted(case: CheckContext, item: DroppedMarkup, message: str, fix: str = "") -> Finding:
    """Make a finding at words of the prose that nothing prints."""
    raw, address = case.report.prose[item.section], f"prose.{item.section}"
    line = raw.count("\n", 0, raw.find(item.words)) + 1 if item.words and item.words in raw else 0
    place = case.report.facts.place(address, inside=line, words=item.words if line else "")
    return case.find(address, message, fix=fix, place=place)


def quote(item: DroppedMarkup) -> str:
    """Quote the words of the prose that nothing prints."""
    return shorten(item.words, 60)


def find_prompts(report: Report) -> dict[str, str]:
    """Give the prompts that still stand in a data file, by address."""
    found: dict[str, str] = {}
    for fact in report.form.facts:
        value = report.values.get(fact.id)
        if isinstance(fact.ask, str) and value == fact.ask:
            found[fact.id] = fact.ask
        elif isinstance(fact.ask, list | tuple) and isinstance(value, list):
            found |= {f"{fact.id}.{at}": text for at, text in enumerate(value) if text in fact.ask}
    return found
