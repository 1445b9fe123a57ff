"""Read a section for its figures: in which sentence they stand, what they are about, and whose they are."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Literal, TypeAlias

from msgspec import Struct, field

from nianbao.checks.stated.numerals import DigitText, write_in_digits
from nianbao.checks.stated.own_names import list_own_names
from nianbao.checks.stated.rounding import is_rounded
from nianbao.model.report import Report
from nianbao.model.text_rules import Claim, TextRules
from nianbao.model.wordings.patterns import Phrase, compile_pattern
from nianbao.model.wordings.prose_context import Scope

_NUMBER = re.compile(r"(?<![\d.])\d+(?:\.\d+)?")
_CLAUSE_LIMIT = 500  # characters on each side of a figure; real clauses are shorter
_FIGURES_BEFORE = 2  # a phrase may have another figure, or a year, before its own
_MASK = "\ufffc"  # in the place of a character of the office's own name
Whose: TypeAlias = Literal["own", "unsure", "other"]  # figures of this report, perhaps, or of another scope
_BRACKETS = re.compile("[(（]|[)）]")
_HEADING_LIMIT = 40  # characters of a line without the end of a sentence that is the heading of the next


class Sentence(Struct, frozen=True):
    """A sentence of a section with numbers in digits, and its position there."""

    section: str
    text: str
    start: int = 0
    written: DigitText | None = None

    def quote(self, start: int, end: int) -> str:
        """Return the words of a range as they are written."""
        return self.written.quote(self.start + start, self.start + end) if self.written else self.text[start:end]


class StatedFigure(Struct, frozen=True):
    """A figure that a sentence states: the claim, the words as written, the number, and its position in the sentence.

    What is not `certain` may be right although it differs: it can be of another scope.
    """

    claim: Claim
    sentence: Sentence
    words: str
    value: Decimal
    start: int
    certain: bool = True

    @property
    def position(self) -> int:
        """The position in the section."""
        return self.sentence.start + self.start

    @property
    def number(self) -> Decimal:
        """The number in the unit of the table."""
        return self.value.scaleb(self.claim.power) if self.claim.power else self.value

    def agrees_with(self, number: int | Decimal) -> bool:
        """Return whether a number of the table may be written so."""
        if self.claim.power is None:
            return self.value == number
        return is_rounded(Decimal(number).scaleb(-self.claim.power), self.value)

    def write(self, number: int | Decimal) -> Decimal:
        """Return a number of the table in the unit of the text."""
        return Decimal(number).scaleb(-self.claim.power).normalize() if self.claim.power else Decimal(number)


class SectionReading(Struct, dict=True):
    """The text of a section with numbers in digits; in `masked` the names of the office itself are left out."""

    report: Report
    author: str
    section: str
    written: DigitText
    _near: dict[tuple[str, int], bool] = field(default_factory=dict)  # by pattern and line

    @property
    def text(self) -> str:
        """The text."""
        return self.written.text

    @property
    def _rules(self) -> TextRules:
        return self.report.form.text_rules

    @cached_property
    def figures(self) -> list[tuple[int, int]]:
        """The range of each number."""
        return [match.span() for match in _NUMBER.finditer(self.text)]

    @cached_property
    def masked(self) -> str:
        """The text without the names of the office, by which words of another scope would be found."""
        text = self.text
        for name in list_own_names(self.report, self.author):
            text = text.replace(name, _MASK * len(name))
        return text

    @cached_property
    def sentences(self) -> list[Sentence]:
        """The sentences, without those of blanks only."""
        found, start = [], 0
        ends = [match.span() for match in self.report.form.locale.sentence_end.finditer(self.text)]
        for end, following in (*ends, (len(self.text), 0)):
            part = self.text[start:end]
            if bare := part.lstrip():
                found.append(Sentence(self.section, bare.rstrip(), end - len(bare), self.written))
            start = following
        return found

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [0, *(match.end() for match in self.report.form.locale.sentence_end.finditer(self.text))]

    @cached_property
    def _part_starts(self) -> list[int]:
        return [0, *(match.end() for match in self.report.form.locale.part_end.finditer(self.text))]

    def find_part_end(self, position: int) -> int:
        """Return the end of the independent part of a sentence at a position."""
        number = bisect_right(self._part_starts, position)
        return self._part_starts[number] if number < len(self._part_starts) else len(self.text)

    def find_sentence_range(self, position: int) -> tuple[int, int]:
        """Return the range of the sentence at a position."""
        number = bisect_right(self._sentence_starts, position)
        end = self._sentence_starts[number] if number < len(self._sentence_starts) else len(self.text)
        return self._sentence_starts[number - 1], end

    def find_phrase(self, phrase: Phrase) -> Iterator[re.Match[str]]:
        """Find a phrase in each sentence that has its words."""
        if phrase.may_match(self.text):
            for sentence in self.sentences:
                if phrase.may_match(sentence.text):
                    yield from phrase.find(self.text, sentence.start, sentence.start + len(sentence.text))

    def find_window(self, number: int, limit: int) -> tuple[int, int]:
        """Return the range around a figure in which its phrase may stand: at most of its sentence."""
        start, end = self.figures[number]
        first, last = self.find_sentence_range(start)
        before = self.figures[number - _FIGURES_BEFORE][1] if number >= _FIGURES_BEFORE else 0
        return max(first, before, start - limit), min(last, end + limit // 2)

    # ── what it is about ─────────────────────────────────────────────────────────────

    @cached_property
    def _topics(self) -> tuple[list[int], list[str]]:
        """The positions of words of topics, and the topics, without those that another keeps out."""
        positions, topics, kept_until = [0], [""], 0
        for match, number in self._rules.topic_words.find(self.masked):
            topic, start = self._rules.topics[number], match.start()
            if topic.lasts:
                kept_until = self.find_sentence_range(start)[1]
            if topic.lasts or start >= kept_until:
                positions.append(start)
                topics.append(topic.id)
        return positions, topics

    def find_topic(self, number: int) -> str:
        """Return the topic of a figure: that of the last words before it, or right behind it; else the first one."""
        positions, topics = self._topics
        found = bisect_left(positions, self._find_limit(number), lo=1)
        if found == 1 and len(topics) > 1 and positions[1] < self.find_sentence_range(self.figures[number][0])[1]:
            return topics[1]
        return topics[found - 1]

    def _find_limit(self, number: int) -> int:
        """Return the end of the words behind a figure that may belong to it."""
        end = self.figures[number][1]
        following = self.figures[number + 1][0] if number + 1 < len(self.figures) else len(self.text)
        found = self._marks.search(self.text, end, following)
        return found.start() if found else following

    @cached_property
    def _marks(self) -> re.Pattern[str]:
        locale = self.report.form.locale
        return re.compile(f"[{re.escape(locale.text.clause_end + locale.file.lists.join.strip())}\n]")

    @cached_property
    def _scopes(self) -> list[tuple[int, int, Scope]]:
        """The ranges of words of another scope, and these scopes."""
        found: list[tuple[int, int, Scope]] = []
        for match, number in self._rules.scope_words.find(self.masked):
            scope = self._rules.scopes[number]
            if not (scope.own and compile_pattern(scope.own).search(self.author)):
                found.append((*match.span(), scope))
        return found

    def tell_whose(self, number: int) -> Whose:
        """Tell whether a figure is of this report."""
        return self.tell_whose_at(self.figures[number][0], self._find_limit(number))

    def tell_whose_at(self, start: int, limit: int) -> Whose:
        """Tell whether words between two positions are about this report."""
        if not self._scopes:
            return "own"
        number = bisect_left(self._scopes, limit, key=lambda scope: scope[0]) - 1
        first = self._part_starts[bisect_right(self._part_starts, start) - 1]
        if number < 0 or self._scopes[number][0] < first or self._is_left(self._scopes[number][1], start):
            return "own"
        _begin, end, scope = self._scopes[number]
        if scope.ends and end < start and self._names_office(scope, end, start):
            return "own"
        return "unsure" if scope.noted else "other"

    def _names_office(self, scope: Scope, start: int, end: int) -> bool:
        """Return whether the office itself is named between two positions."""
        return _MASK in self.masked[start:end] or bool(compile_pattern(scope.ends).search(self.masked, start, end))

    def _is_left(self, start: int, end: int) -> bool:
        """Return whether a bracket is closed between two positions that was opened before."""
        depth = 0
        for match in _BRACKETS.finditer(self.text, start, min(end, start + _CLAUSE_LIMIT)):
            depth += 1 if match[0] in "(（" else -1
            if depth < 0:
                return True
        return False

    # ── what stands beside it ────────────────────────────────────────────────────────

    def find_clause(self, start: int, end: int) -> str:
        """Return the words between the punctuation marks around a range, without names of the office."""
        marks = f"{self.report.form.locale.text.clause_end}\n"
        text, (first, last) = self.masked, self.find_sentence_range(start)
        first, last = max(first, start - _CLAUSE_LIMIT), min(last, end + _CLAUSE_LIMIT)
        left = max(max(text.rfind(mark, first, start) for mark in marks) + 1, first)
        right = min((position for mark in marks if (position := text.find(mark, end, last)) >= 0), default=last)
        return text[left:right]

    def list_years(self, clause: str) -> set[int]:
        """List the years that a clause names."""
        return {int(year) for year in compile_pattern(self.report.form.locale.text.year).findall(clause)}

    def list_first_years(self, position: int) -> set[int]:
        """List the year with which a sentence begins, if it does."""
        first = self.find_sentence_range(position)[0]
        match = compile_pattern(rf"\s*(?:{self.report.form.locale.text.year})").match(self.text, first)
        return {int(match[1])} if match else set()

    def has_near(self, claim: Claim, position: int) -> bool:
        """Return whether a paragraph, or the heading above it, has the words that a claim needs."""
        if not claim.near:
            return True
        line = bisect_right(self._line_ends, position)
        if (claim.near, line) not in self._near:
            start = self._line_ends[line - 2] if self._is_heading(line - 1) else self._line_ends[line - 1]
            end = self._line_ends[line] if line < len(self._line_ends) else len(self.text)
            found = compile_pattern(claim.near).search(self.text, start, end)
            self._near[claim.near, line] = bool(found)
        return self._near[claim.near, line]

    @cached_property
    def _line_ends(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def _is_heading(self, line: int) -> bool:
        """Return whether a line, counted from 1, looks like the heading of the next one."""
        text = self.text[self._line_ends[line - 1] : self._line_ends[line]].strip() if line else ""
        return 0 < len(text) <= _HEADING_LIMIT and not self.report.form.locale.sentence_end.search(text)

    @staticmethod
    def is_excluded(claim: Claim, clause: str) -> bool:
        """Return whether a clause has words by which it is about a part, or about something else."""
        return bool(claim.unless and compile_pattern(claim.unless).search(clause))

    def make_figure(
        self, claim: Claim, match: re.Match[str], value: Decimal, start: int, *, certain: bool
    ) -> StatedFigure:
        """Make the figure that a phrase states."""
        number = bisect_right(self.sentences, start, key=lambda sentence: sentence.start) - 1
        sentence = self.sentences[max(number, 0)]
        words = self.written.quote(match.start(), match.end())
        return StatedFigure(claim, sentence, words, value, start - sentence.start, certain)


@lru_cache(maxsize=32)  # several rules read the same sections
def read_section(report: Report, author: str, section: str, text: str, *, written: bool = False) -> SectionReading:
    """Read the text of a section, with numbers without separators; with `written` numerals stay as they are."""
    digits = DigitText(text, text) if written else write_in_digits(text, report.form.locale.text)
    return SectionReading(report, author, section, digits)
