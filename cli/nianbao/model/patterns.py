"""Patterns of a form: compiled when a text may match them, and found by the words that a match needs."""

import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache, cached_property

_NUMBER = r"(?<![\d.])(\d+(?:\.\d+)?)"
_OPTIONAL = ("?", "*", "{")


@cache
def compile_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of a form whose gaps are filled; raises `re.error` for an invalid one."""
    return re.compile(text.replace("#", _NUMBER), re.MULTILINE)


class Phrase:
    """A pattern that is compiled only when a text may match it: most claims are made by few reports."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _words(self) -> tuple[str, ...]:
        return find_needed_words(self._text)

    def find(self, text: str, start: int = 0, end: int = sys.maxsize, words: str = "") -> Iterator[re.Match[str]]:
        """Find its matches between two positions of a text; `words` are those between them, if they are at hand."""
        between = words or text
        if self._words and not any(word in between for word in self._words):
            return iter(())
        return compile_pattern(self._text).finditer(text, start, end)


class WordFinder:
    """It finds the matches of several patterns, and which one each is of: of the first one there."""

    def __init__(self, words: Sequence[str]) -> None:
        self._any = compile_pattern("|".join(words) or "(?!)")
        self._each = tuple(map(compile_pattern, words))

    def find(self, text: str) -> Iterator[tuple[re.Match[str], int]]:
        """Yield each match, and the number of its pattern."""
        numbers: dict[str, int] = {}  # few words are found often
        for match in self._any.finditer(text):
            words = match[0]
            if words not in numbers:
                numbers[words] = next(
                    number for number, pattern in enumerate(self._each) if pattern.match(text, match.start())
                )
            yield match, numbers[words]


def find_needed_words(pattern: str) -> tuple[str, ...]:
    """Return words of which a text has at least one where the pattern matches; none if that is not certain."""
    found: set[str] = set()
    for alternative in _split(pattern):
        words = max(_list_candidates(alternative), key=_weigh, default=frozenset())
        if not words:
            return ()
        found |= words
    return tuple(sorted(found))


def _weigh(words: frozenset[str]) -> tuple[int, int]:
    """Return how well words tell texts apart: long ones, and few of them."""
    return min(map(len, words)), -len(words)


def _split(pattern: str) -> list[str]:
    """Split a pattern at the bars that stand in no group and no class."""
    parts, start, position = [], 0, 0
    while position < len(pattern):
        if pattern[position] == "|":
            parts.append(pattern[start:position])
            start = position + 1
        position = _skip(pattern, position)
    return [*parts, pattern[start:]]


def _skip(pattern: str, position: int) -> int:
    """Return the end of the character, class or group that begins at a position."""
    if pattern[position] == "\\":
        return position + 2
    if pattern[position] == "[":
        position += 2 if pattern.startswith("[^", position) else 1
        position += 1 if pattern.startswith("]", position) else 0
        while position < len(pattern) and pattern[position] != "]":
            position += 2 if pattern[position] == "\\" else 1
    elif pattern[position] == "(":
        position += 1
        while position < len(pattern) and pattern[position] != ")":
            position = _skip(pattern, position)
    return position + 1


def _list_candidates(pattern: str) -> Iterator[frozenset[str]]:
    """Yield sets of words of a pattern without bars, of each of which a match has at least one."""
    run, position = "", 0
    while position < len(pattern):
        end = _skip(pattern, position)
        piece, is_optional = pattern[position:end], pattern.startswith(_OPTIONAL, end)
        position = end
        if piece.startswith(("(?!", "(?=", "(?<")):
            continue
        if len(piece) == 1 and piece.isalpha() and not is_optional:
            run += piece
            continue
        if run:
            yield frozenset({run})
        run = ""
        if piece.startswith("(") and not is_optional:
            inner = find_needed_words(piece[3:-1] if piece.startswith("(?:") else piece[1:-1])
            if inner:
                yield frozenset(inner)
    if run:
        yield frozenset({run})
