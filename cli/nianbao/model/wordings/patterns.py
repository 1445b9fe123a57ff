"""Patterns of a form: compiled when a text may match them, and found by the words that a match needs."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, cached_property, lru_cache
from typing import Generic, TypeVar

_NUMBER = r"(?<![\d.])(\d+(?:\.\d+)?)"
_OPTIONAL = ("?", "*", "{")
_DIGITS = re.compile(r"\d+")
T = TypeVar("T")


@cache
def compile_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of a form whose gaps are filled; raises `re.error` for an invalid one."""
    return re.compile(text.replace("#", _NUMBER), re.MULTILINE)


class Phrase:
    """A pattern that is compiled only when a text may match it: most claims are made by few reports."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _words(self) -> tuple[tuple[str, ...], ...]:
        return find_needed_words(self._text)

    def may_match(self, text: str) -> bool:
        """Return whether a text has the words that a match needs."""
        for words in self._words:
            for word in words:
                if word in text:
                    break
            else:
                return False
        return True

    def find(self, text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
        """Find its matches between two positions of a text."""
        return compile_pattern(self._text).finditer(text, start, len(text) if end is None else end)


class PhraseIndex(Generic[T]):
    """Phrases, each group with its owner.

    It remembers which of them may match a text: those of many offices differ only in figures.
    """

    def __init__(self, groups: Sequence[tuple[T, tuple[Phrase, ...]]]) -> None:
        self._groups = groups

    def list_possible(self, text: str) -> Sequence[tuple[T, tuple[Phrase, ...]]]:
        """List the phrases that may match a text, with their owners."""
        return _list_possible(self, _DIGITS.sub("0", text))

    def judge(self, text: str) -> Iterator[tuple[T, tuple[Phrase, ...]]]:
        """Find the phrases that may match a text whose figures stand for any."""
        for owner, phrases in self._groups:
            if found := tuple(phrase for phrase in phrases if phrase.may_match(text)):
                yield owner, found


@lru_cache(maxsize=2048)
def _list_possible(index: PhraseIndex[T], text: str) -> Sequence[tuple[T, tuple[Phrase, ...]]]:
    return tuple(index.judge(text))


def find_words(text: str, words: str) -> Iterator[int]:
    """Find where words stand in a text; a pattern for each would take longer to compile than to find."""
    at = text.find(words) if words else -1
    while at >= 0:
        yield at
        at = text.find(words, at + len(words))


class WordFinder:
    """It finds the matches of several patterns, and which one each is of: of the first one there.

    It is fast where each alternative of a pattern begins with a character.
    """

    def __init__(self, words: Sequence[str]) -> None:
        alternatives = [
            f"{alternative}(?P<n{number}_{position}>)"
            for number, text in enumerate(words)
            for position, alternative in enumerate(_split(text))
        ]
        self._pattern = re.compile("|".join(alternatives) or "(?!)", re.MULTILINE)

    def find(self, text: str) -> Iterator[tuple[re.Match[str], int]]:
        """Yield each match, and the number of its pattern."""
        for match in self._pattern.finditer(text):
            yield match, int((match.lastgroup or "n0_")[1:].partition("_")[0])


def find_needed_words(pattern: str) -> tuple[tuple[str, ...], ...]:
    """Return sets of words: a text that the pattern matches has at least one of each; those that tell most first."""
    alternatives = _split(pattern)
    if len(alternatives) == 1:
        return tuple(tuple(sorted(words)) for words in sorted(set(_list_candidates(pattern)), key=_weigh, reverse=True))
    found: set[str] = set()
    for alternative in alternatives:
        words = max(_list_candidates(alternative), key=_weigh, default=frozenset[str]())
        if not words:
            return ()
        found |= words
    return (tuple(sorted(found)),)


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
        if piece.startswith("(") and not piece.startswith("(?P") and not is_optional:
            yield from map(frozenset, find_needed_words(piece[3:-1] if piece.startswith("(?:") else piece[1:-1]))
    if run:
        yield frozenset({run})
