"""Compare two texts by words and figures: no number and no word of letters is ever split."""

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from nianbao.checks.own_prose import split_parts

_LETTERS = r"[A-Za-z\u00c0-\u1fff]+"
# A number with its separators, a word of letters, blanks, or one character: a Chinese one, or a sign.
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|{_LETTERS}(?:['’-]{_LETTERS})*| +|.", re.DOTALL)
_MAX_TABLE = 400_000_000  # bits to compare two lists of tokens; longer texts are compared by sentences
_MAX_ISLAND = 3  # tokens between two larger changes that are the same by chance
_MIN_SIMILARITY = 0.4  # of two paragraphs of which one is a new wording of the other
_MAX_PAIRS = 2_500  # of paragraphs that are compared with each other


class TokenRun(NamedTuple):
    """The words that a part of two texts has in each of them."""

    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        """Return whether the texts differ here."""
        return self.before != self.after


Runs = tuple[TokenRun, ...]


def split_tokens(text: str) -> list[str]:
    """Split a text into what is compared: numbers, words, blanks, single characters."""
    return _TOKEN.findall(text)


def compare_texts(before: str, after: str, end: re.Pattern[str]) -> Runs:
    """Return two texts as runs that make either again; `end` is where sentences end, by which long ones are compared.

    A change takes in the few tokens that are the same by chance between it and the next one.
    """
    old, new = split_tokens(before), split_tokens(after)
    if len(old) * len(new) > _MAX_TABLE:
        old, new = split_parts(before, end), split_parts(after, end)
    if len(old) * len(new) > _MAX_TABLE:
        return (TokenRun(before, after),)
    parts = ((old[at:to], new[start:stop]) for _tag, at, to, start, stop in _list_blocks(old, new))
    return tuple(TokenRun("".join(words), "".join(others)) for words, others in _join_changes(parts))


def _join_changes(parts: Iterable[tuple[list[str], list[str]]]) -> list[tuple[list[str], list[str]]]:
    """Join changes between which no more is the same than by chance: fewer tokens than each of them has."""
    found: list[tuple[list[str], list[str]]] = []
    for words, others in parts:
        if len(found) > 1 and words != others:
            same = len(found[-1][0])
            sizes = (max(map(len, found[-2])), len(words), len(others))
            if same <= _MAX_ISLAND and same < sizes[0] and same < max(sizes[1:]):
                (first, first_others), (island, _same) = found[-2:]
                found[-2:] = [(first + island + words, first_others + island + others)]
                continue
        found.append((words, others))
    return found


def compare_paragraphs(before: Sequence[str], after: Sequence[str], end: re.Pattern[str]) -> tuple[Runs, ...]:
    """Return the paragraphs of two texts in their order, each as runs; one without a counterpart is one run."""
    found: list[Runs] = []
    for tag, at, to, start, stop in _list_blocks(before, after):
        old, new = before[at:to], after[start:stop]
        if tag == "equal":
            found += [(TokenRun(text, text),) for text in new]
        else:
            found += _compare_different(old, new, end)
    return tuple(found)


def _compare_different(before: Sequence[str], after: Sequence[str], end: re.Pattern[str]) -> Iterator[Runs]:
    """Compare paragraphs of which none is the same; one that was taken out stands beside one that was put in there."""
    removed: list[str] = []
    added: list[str] = []
    for text, other in (*_pair_similar(before, after), ("", "")):
        if text and not other:
            removed.append(text)
        elif other and not text:
            added.append(other)
        else:
            yield from ((TokenRun(*both),) for both in zip_longest(removed, added, fillvalue=""))
            removed, added = [], []
            if text:
                yield compare_texts(text, other, end)


def _list_blocks(before: Sequence[Hashable], after: Sequence[Hashable]) -> Iterator[tuple[str, int, int, int, int]]:
    """Yield where two sequences are equal and where they differ, what is left out together with what is put in."""
    from rapidfuzz.distance import Indel  # noqa: PLC0415  # slow to import

    numbers: dict[Hashable, int] = {}  # so that no two have the same hash
    old, new = ([numbers.setdefault(item, len(numbers)) for item in items] for items in (before, after))
    at = start = 0
    for block in Indel.opcodes(old, new):
        if block.tag == "equal":
            if (at, start) != (block.src_start, block.dest_start):
                yield "replace", at, block.src_start, start, block.dest_start
            yield "equal", block.src_start, block.src_end, block.dest_start, block.dest_end
            at, start = block.src_end, block.dest_end
    if (at, start) != (len(old), len(new)):
        yield "replace", at, len(old), start, len(new)


def _pair_similar(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pair paragraphs so that, in their order, they are most similar; one without a counterpart goes with no text."""
    from rapidfuzz.distance import Indel  # noqa: PLC0415  # slow to import

    if len(before) * len(after) > _MAX_PAIRS:
        yield from ((text, "") for text in before)
        yield from (("", text) for text in after)
        return
    best = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]  # of the texts from there on
    pairs: dict[tuple[int, int], float] = {}
    for row in reversed(range(len(before))):
        for column in reversed(range(len(after))):
            similarity = Indel.normalized_similarity(before[row], after[column])
            pairs[row, column] = similarity + best[row + 1][column + 1] if similarity >= _MIN_SIMILARITY else 0.0
            best[row][column] = max(best[row + 1][column], best[row][column + 1], pairs[row, column])
    row = column = 0
    while row < len(before) and column < len(after):
        if pairs[row, column] and pairs[row, column] == best[row][column]:
            yield before[row], after[column]
            row, column = row + 1, column + 1
        elif best[row + 1][column] >= best[row][column + 1]:
            yield before[row], ""
            row += 1
        else:
            yield "", after[column]
            column += 1
    yield from ((text, "") for text in before[row:])
    yield from (("", text) for text in after[column:])
