"""Words of a text that are a name but for one slip: a character that is another, lost, doubled or exchanged."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from nianbao.model.wordings.patterns import find_words

Slip = Literal["other", "lost", "doubled", "exchanged"]
_LEAST = 5  # characters: shorter names are one character from others by chance
_LEAST_ASCII = 12


class NearName(Struct, frozen=True):
    """Words that are a name but for one slip, and where: their range in the text, the position in the name."""

    start: int
    end: int
    slip: Slip
    at: int

    def quote(self, text: str) -> str:
        """Return the words in the text in which they were found."""
        return text[self.start : self.end]


def find_near_names(text: str, name: str) -> Iterator[NearName]:
    """Find the words of a text that are a name but for one slip.

    One third of such words is as in the name, at its place or one beside it: only these are looked at.
    """
    if len(name) < (_LEAST_ASCII if name.isascii() else _LEAST):
        return
    third = len(name) // 3
    starts: set[int] = set()
    for first in (0, third, 2 * third):
        part = name[first : first + third]
        for at in find_words(text, part) if part in text else ():
            starts.update(at - first + step for step in ((0,) if not first else (-1, 0, 1)))
    end = 0
    for start in sorted(start for start in starts if start >= 0):
        found = None if start < end or text.startswith(name, start) else _compare(text, start, name)
        if found and name not in text[start : found.end + 1]:
            end = found.end
            yield found


def _compare(text: str, start: int, name: str) -> NearName | None:
    """Compare the words from a position on with a name."""
    words, size = text[start : start + len(name) + 1], len(name)
    at = next((at for at, (one, other) in enumerate(zip(words, name, strict=False)) if one != other), len(words))
    if f"{name[:at]}{name[at + 1 : at + 2]}{name[at : at + 1]}{name[at + 2 :]}" == words[:size]:
        return NearName(start, start + size, "exchanged", at)
    if at > 0 and words[at - 1] == words[at : at + 1] and words[at + 1 :] == name[at:]:
        return NearName(start, start + size + 1, "doubled", at)
    if len(words) >= size and words[at + 1 : size] == name[at + 1 :]:
        return NearName(start, start + size, "other", at)
    if 0 < at < size - 1 and words[at : size - 1] == name[at + 1 :]:
        return NearName(start, start + size - 1, "lost", at)
    return None
