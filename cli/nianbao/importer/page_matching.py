"""A printed page followed line by line through the page that its facts give: every character has its place in both."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from nianbao.compose.document import Document
from nianbao.compose.pictures import Earlier
from nianbao.importer.carried_page import LEADER, GivenNote, GivenPage, GivenPicture, give_page
from nianbao.importer.printed_page import PrintedUnit, Token, list_units, normalize_words
from nianbao.importer.recognition.published import PublishedDocument
from nianbao.model.i18n import _

_SHOWN = 40  # characters that name a difference
_SHOWN_BEFORE = 16  # of them, those that are the same
_PAGE_NUMBER = re.compile(r"[.\u2026]*\d{1,3}")  # behind an entry of contents, with its dots
_HYPHENS = frozenset("-\u2010")
_MAX_STEPS = 20_000  # to find the texts of a picture in its lines
_BEFORE_NOTES, _IN_NOTES, _BEHIND_NOTES = range(3)  # phases of a page


class _State(Struct, frozen=True):
    """How far the page that the facts give was followed: tokens, notes, tokens of the next note, and the phase."""

    at: int = 0
    notes: int = 0
    in_note: int = 0
    phase: int = _BEFORE_NOTES


def find_page_difference(
    composed: Document, published: PublishedDocument, earlier: Earlier | None = None, *, tables_only: bool = False
) -> str:
    """Return where a file first prints otherwise than its facts give it, with both texts, or an empty text.

    Every word and every cell counts, in their order. A file may have more only where its format adds it, and what is
    added is compared as a whole: captions, the mark of a draft, contents, and on pages of paper their numbers, notes at
    the foot, and the headers of a table that goes on. `earlier` has the reports that pictures draw too. With
    `tables_only` it is enough that the rows of tables agree.
    """
    page = give_page(composed, earlier, title=published.title, exact=published.exact)
    units = list_units(published, page.added)
    difference = _Search(page, units).find_difference()
    if difference and tables_only:
        rows = [unit for unit in units if isinstance(unit.tokens[0], tuple)]
        return _Search(page.keep_rows(), rows).find_difference()
    return difference


class _Search:
    """Follows all ways in which lines may have come from a page; few lines allow more than one."""

    def __init__(self, page: GivenPage, units: Sequence[PrintedUnit]) -> None:
        self.page, self.units = page, units
        self.best = (0, -1, "", 0)  # the unit and its token where the way that led furthest ended, and what was given

    def find_difference(self) -> str:
        reached: dict[int, set[_State]] = defaultdict(set)
        reached[0] = {_State()}
        for number, unit in enumerate(self.units):
            states = reached.pop(number, set())
            if number and unit.page != self.units[number - 1].page:
                states = {_State(state.at, state.notes, state.in_note) for state in states}
            for state in states:
                for following, after in self._step(number, state):
                    reached[following].add(after)
            if not reached:
                return self._describe()
        return self._find_rest(reached[len(self.units)])

    def _find_rest(self, states: set[_State]) -> str:
        """Return what the facts give beyond the end of the file."""
        ends = {at: state for state in states for at in self._skip(state.at)}
        last = max(ends)
        state = ends[last]
        if last < len(self.page.tokens):
            text, offset = self.page.sources[last]
        elif state.notes < len(self.page.notes):
            text, offset = self.page.notes[state.notes].text, 0
        else:
            return ""
        return _("page-ends-before", given=_quote(text, offset))

    def _step(self, number: int, state: _State) -> Iterator[tuple[int, _State]]:
        """Give each way to go on with a unit: the number of the unit after it, and the state there."""
        unit = self.units[number]
        if unit.is_addition:
            yield number + 1, state
        phase = _BEHIND_NOTES if state.phase == _IN_NOTES else state.phase
        for end in self._follow(number, state.at):
            yield number + 1, _State(end, state.notes, state.in_note, phase)
        yield from self._step_into_note(number, state)
        for header in self.page.headers:
            if length := self._count_units(number, header):
                yield number + length, state
        for at in self._skip(state.at):
            token = self.page.tokens[at] if at < len(self.page.tokens) else None
            if isinstance(token, GivenPicture) and (length := self._count_lines(number, token)):
                yield number + length, _State(at + 1, state.notes, state.in_note, phase)

    def _skip(self, at: int) -> list[int]:
        """List the places that are reached from one by what the page may lack."""
        places = [at]
        while places[-1] in self.page.skips:
            places.append(self.page.skips[places[-1]])
        return places

    # ── a line of the text ───────────────────────────────────────────────────────────

    def _follow(self, number: int, start: int) -> set[int]:
        """Return where a unit may end that begins at a token."""
        unit, ends = self.units[number], set[int]()
        open_ways = [(start, 0)]
        while open_ways:
            at, done = open_ways.pop()
            while done < len(unit.tokens):
                if at in self.page.skips:
                    open_ways.append((self.page.skips[at], done))
                if at >= len(self.page.tokens) or self.page.tokens[at] != unit.tokens[done]:
                    ends |= self._end_otherwise(unit.tokens, at, done)
                    self._remember(number, done, at)
                    break
                at, done = at + 1, done + 1
            else:
                ends.add(at)
        return ends

    def _end_otherwise(self, tokens: Sequence[Token], at: int, done: int) -> set[int]:
        """Return where a line ends whose rest is no text: the number of a page in contents, or a hyphen."""
        is_entry = at < len(self.page.tokens) and self.page.tokens[at] == LEADER
        if is_entry and _PAGE_NUMBER.fullmatch("".join(map(str, tokens[done:]))):
            return {at + 1}
        return set() if self.page.exact or not _is_last_hyphen(tokens, done) else {at}

    def _remember(self, number: int, done: int, at: int) -> None:
        if (number, done) > self.best[:2]:
            sources = self.page.sources
            text, offset = sources[at] if at < len(sources) else ("", 0)
            before = max(0, at - min(done, _SHOWN_BEFORE))
            self.best = (number, done, text, sources[before][1] if text and sources[before][0] is text else offset)

    # ── notes, headers and pictures ──────────────────────────────────────────────────

    def _step_into_note(self, number: int, state: _State) -> Iterator[tuple[int, _State]]:
        """Go on with a line of a note: notes stand together on a page, behind what refers to them."""
        if state.phase == _BEHIND_NOTES or state.notes >= len(self.page.notes):
            return
        note = self.page.notes[state.notes]
        if note.reference >= state.at:
            return
        end = self._follow_note(number, note, state.in_note)
        if end == len(note.tokens):
            yield number + 1, _State(state.at, state.notes + 1, 0, _IN_NOTES)
        elif end:
            yield number + 1, _State(state.at, state.notes, end, _IN_NOTES)

    def _follow_note(self, number: int, note: GivenNote, start: int) -> int:
        """Return where in a note a line ends that begins at a token of it; 0 where it is no line of the note."""
        tokens = self.units[number].tokens
        given = note.tokens[start : start + len(tokens)]
        same = next((at for at, pair in enumerate(zip(tokens, given, strict=False)) if pair[0] != pair[1]), len(given))
        if same == len(tokens) or (same and _is_last_hyphen(tokens, same)):
            return start + same
        if same and (number, same) > self.best[:2]:
            self.best = (number, same, note.text, 0)
        return 0

    def _count_units(self, number: int, header: Sequence[Token]) -> int:
        """Return how many units from one on are a header; 0 where they are none."""
        found, count = list[Token](), 0
        while len(found) < len(header) and number + count < len(self.units):
            found += self.units[number + count].tokens
            count += 1
        return count if found == list(header) else 0

    def _count_lines(self, number: int, picture: GivenPicture) -> int:
        """Return how many units from one on hold the texts of a picture, each once; 0 where they do not."""
        left, count = Counter(picture.texts), 0
        while left and number + count < len(self.units):
            for words in _list_words(self.units[number + count]):
                taken = _take_texts(words, left)
                if taken is None:
                    return 0
                left -= taken
            count += 1
        return 0 if left else count

    def _describe(self) -> str:
        number, done, text, offset = self.best
        unit = self.units[number]
        printed = unit.quote(max(0, done - _SHOWN_BEFORE))
        if number + 1 < len(self.units) and len(printed) < _SHOWN:
            printed = f"{printed} {self.units[number + 1].text}"
        if not text:
            return _("page-goes-on", printed=_quote(printed))
        return _("page-differs-at", printed=_quote(printed), given=_quote(text, offset))


def _is_last_hyphen(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether only a hyphen behind a letter is left of a line: it may be there because the line ends."""
    return at == len(tokens) - 1 and tokens[at] in _HYPHENS and at > 0 and str(tokens[at - 1]).isalpha()


def _quote(text: str, offset: int = 0) -> str:
    """Return some characters of a text for people."""
    return " ".join("".join(sign for sign in text[max(0, offset) :] if sign >= " " or sign.isspace()).split())[:_SHOWN]


def _list_words(unit: PrintedUnit) -> Sequence[str]:
    """Return the texts of a unit: its line, or its cells."""
    if unit.tokens and isinstance(unit.tokens[0], tuple):
        return [normalize_words(cell) for cell in unit.tokens[0]]
    return ["".join(map(str, unit.tokens))]


def _take_texts(words: str, left: Counter[str]) -> Counter[str] | None:
    """Return the texts, of those that are left, that words are put together from; None where they are not."""
    open_ways: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    for _step in range(_MAX_STEPS):
        if not open_ways:
            break
        at, taken = open_ways.pop()
        if at == len(words):
            return Counter(taken)
        fitting = [text for text in left if words.startswith(text, at) and left[text] > taken.count(text)]
        open_ways += [
            (at + len(text), (*taken, text)) for text in sorted(fitting, key=len)
        ]  # the longest is tried first
    return None
