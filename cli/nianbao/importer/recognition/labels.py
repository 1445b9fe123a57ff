"""Labels as published reports print them: the same words in other widths, scripts and spacings, with small errors."""

import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise

from msgspec import Struct
from rapidfuzz import fuzz

from nianbao.model.loading.reading import Reading

MIN_SIMILARITY = 0.75  # of two labels that are taken to be the same
MIN_LEAD = 0.04  # by which the best of several labels must be better than the next
_EXPLAINED = 0.98  # the similarity of a label that runs on behind a colon
_MIN_FUZZY_LENGTH = 4  # characters; shorter labels that differ in one character are different labels
_MIN_FUZZY_RATIO = 0.72
_MIN_PREFIX = 3  # characters of a truncated label (2 where the ordinal is there and agrees): fewer begin many labels
_MAX_COMPARISONS = 50_000  # that are kept
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00ad]+")
_PUNCTUATION = re.compile(r"[^\w]|_")


class Label(Struct, frozen=True):
    """A parsed label: its ordinal, and its words without punctuation.

    `ordinal` is its style, one of `reading.toml`, and its number, `core` the words without what stands in
    brackets, `full` the words with it, `lead` the core before a colon, behind which it is explained.
    """

    ordinal: tuple[str, int] | None
    core: str
    full: str
    lead: str = ""

    def compare_to(self, other: "Label") -> float:
        """Return how likely this text, as published, means that label of a form, from 0 to 1; the start must agree.

        The same ordinal adds 0.1, another one takes 0.15 off.
        """
        return _compare_labels(self, other)


@cache
def parse_label(label: str, reading: Reading) -> Label:
    """Split a label into its ordinal and its words."""
    plain = normalize(label, reading)
    for word, usual in reading.file.words.items():  # not in other texts, where they may be part of a name
        plain = plain.replace(word, usual)
    ordinal = None
    for style, pattern in reading.ordinals:
        if match := pattern.match(plain):
            ordinal = (style, reading.parse_numeral(next(filter(None, match.groups()), "")))
            plain = plain[match.end() :]
            break
    outside = reading.unclosed.sub("", reading.bracketed.sub("", plain))
    lead, colon, _explanation = outside.partition(":")
    return Label(
        ordinal,
        _PUNCTUATION.sub("", outside),
        _PUNCTUATION.sub("", plain),
        _PUNCTUATION.sub("", lead) if colon else "",
    )


@cache
def normalize(text: str, reading: Reading) -> str:
    """Return a text in its normal form: half width, no white space, and the characters that `reading` takes for it."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    if reading.file.simplify and not plain.isascii():
        plain = _load_simplifier().convert(plain)
    return plain.translate(reading.variants)


def remove_white_space(text: str) -> str:
    """Return a text without white space, all else as it is."""
    return re.sub(r"\s+", "", text)


def split_labels(label: str, reading: Reading) -> list[str]:
    """Split a text in which several labels follow each other, at their ordinals."""
    plain = normalize(label, reading)
    starts = [match.start() for match in reading.ordinal.finditer(plain)]
    edges = [0, *(start for start in starts if start), len(plain)]
    return [plain[start:end] for start, end in pairwise(edges) if plain[start:end]]


@lru_cache(maxsize=_MAX_COMPARISONS)  # the labels of a report are compared with all those of the form, row by row
def _compare_labels(given: Label, other: Label) -> float:
    prefix = 2 if given.ordinal and given.ordinal == other.ordinal else _MIN_PREFIX
    # The end of a label alone may mean it, but not with more text behind it: that belongs to the row before.
    typo = not set(given.core[:2]).isdisjoint(other.core[:2]) or other.core.endswith(given.full)
    best = _compare(given.core, other.core, prefix, typo=typo)
    if (given.full, other.full) != (given.core, other.core):
        best = max(best, _compare(given.full, other.full, prefix, typo=typo))
    if given.lead and given.lead == other.core:
        best = max(best, _EXPLAINED)
    if not best or given.ordinal is None or other.ordinal is None:
        return best
    return best + 0.1 if given.ordinal == other.ordinal else best - 0.15


def _compare(given: str, label: str, prefix: int, *, typo: bool) -> float:
    """Compare a text with a label, from 0 to 1.

    `prefix` is how many characters of the label a truncated text must have; `typo` permits errors.
    """
    if not given or not label:
        return 0.0
    if given == label:
        return 1.0
    short, long = sorted((given, label), key=len)
    if long.startswith(short) and len(short) >= (prefix if short == given else 2):
        share = len(short) / len(long)
        return 0.75 + 0.2 * share if short == given else 0.6 + 0.3 * share
    if not typo or len(short) < _MIN_FUZZY_LENGTH:
        return 0.0
    ratio = fuzz.ratio(given, label) / 100
    return ratio if ratio >= _MIN_FUZZY_RATIO else 0.0


@cache
def _load_simplifier():  # type: ignore[no-untyped-def]  # noqa: ANN202  # opencc has no types
    import opencc  # noqa: PLC0415  # loads its dictionary, which takes time

    return opencc.OpenCC("t2s")
