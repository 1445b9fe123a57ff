"""Texts of files that people copy and type: compared without what gets lost on the way."""

import re
from collections.abc import Collection

from rapidfuzz.distance import DamerauLevenshtein

_BLANKS = re.compile(r"\s+")
_QUOTES = str.maketrans("‘’‚“”„´`", "'''\"\"\"''")
_MIN_LENGTH = 8  # characters of a text in which a slip is recognized; short codes differ by one letter
_MAX_SLIPS = 2  # characters that may be wrong
_NO_NAME = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Return a text as it is compared: one kind of blank and of quotes, no blanks around it, without case."""
    return _BLANKS.sub(" ", text.translate(_QUOTES)).strip().casefold()


def fold_name(name: str) -> str:
    """Return the name of a file as it is compared: its letters and digits."""
    return _NO_NAME.sub("", name).casefold()


def find_slip(text: str, known: Collection[str]) -> str:
    """Find the one known text of which another is a slip; an empty text where none is near, or several are."""
    if len(text) < _MIN_LENGTH:
        return ""
    best, found = _MAX_SLIPS + 1, ""
    for one in known:
        slips = DamerauLevenshtein.distance(text, one, score_cutoff=_MAX_SLIPS)
        if slips < best:
            best, found = slips, one
        elif slips == best <= _MAX_SLIPS:
            found = ""
    return found
