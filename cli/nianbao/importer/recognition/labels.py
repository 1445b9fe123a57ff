"""Labels as they are met in the field: the same words in other widths, scripts and spacings, with small mistakes."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from rapidfuzz import fuzz

MIN_SIMILARITY = 0.75  # from here on two labels are taken to be the same
MIN_LEAD = 0.04  # and the best of several must be better than the next by this much
_MIN_FUZZY_LENGTH = 4  # shorter labels differ in one character only because they are different
_MIN_FUZZY_RATIO = 0.72
_MIN_PREFIX = 3  # characters of a label that was cut off, and of one with its number two: those begin many
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00ad]+")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|〔[^〔〕]*〕|【[^【】]*】")
_UNCLOSED_BRACKET = re.compile(r"[(\[〔【][^()\[\]〔〕【】]*$")  # a bracket that was never closed, or was cut off
_NUMERALS = "一二三四五六七八九十"
_ORDINAL = re.compile(
    rf"(?:第?(?P<plain>[{_NUMERALS}]+)[、.,:]|\((?P<paren>[{_NUMERALS}]+)\)[、.,]?|(?P<digit>\d{{1,2}})[、.,)](?!\d)"
    r"|\((?P<round>\d{1,2})\)[、.,]?)"
)
_PUNCTUATION = re.compile(r"[^\w]|_")
_TRADITIONAL = re.compile("[\u4e00-\u9fff]")
_VARIANTS = str.maketrans("它", "他")


@dataclass(frozen=True, slots=True)
class Label:
    """A label taken apart: its ordinal (一、 or （一） or 1.), and its words without signs and explanations."""

    ordinal: tuple[str, int] | None
    core: str
    whole: str  # with what stands in brackets

    def compare_to(self, other: "Label") -> float:
        """Tell how sure it is that these words mean that label, from 0 to 1; the start must agree."""
        begun = 2 if self.ordinal and self.ordinal == other.ordinal else _MIN_PREFIX
        # The end of a label is one, but not with more behind it: that is of the row before.
        typo = not set(self.core[:2]).isdisjoint(other.core[:2]) or other.core.endswith(self.whole)
        best = max(
            _compare(self.core, other.core, begun, typo=typo), _compare(self.whole, other.whole, begun, typo=typo)
        )
        if not best or self.ordinal is None or other.ordinal is None:
            return best
        return best + 0.1 if self.ordinal == other.ordinal else best - 0.15


@cache
def parse_label(label: str) -> Label:
    """Take a label apart."""
    plain = normalize(label)
    match = _ORDINAL.match(plain)
    ordinal = None
    if match:
        style, number = next((style, text) for style, text in match.groupdict().items() if text)
        ordinal = (
            "digit" if style == "round" else style,
            int(number) if number.isdecimal() else _parse_numeral(number),
        )
        plain = plain[match.end() :]
    bare = _UNCLOSED_BRACKET.sub("", _BRACKETS.sub("", plain))
    return Label(ordinal, _PUNCTUATION.sub("", bare), _PUNCTUATION.sub("", plain))


@cache
def normalize(text: str) -> str:
    """Write a text in one way: half width, simplified characters, no blanks."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    if _TRADITIONAL.search(plain):
        plain = _load_simplifier().convert(plain)
    return plain.translate(_VARIANTS)


def split_labels(label: str) -> list[str]:
    """Part a text in which several labels stand behind each other, at their ordinals: 三、…（一）… ."""
    plain = normalize(label)
    starts = [match.start() for match in _ORDINAL.finditer(plain)]
    starts = [at for at in starts if at == 0 or plain[at - 1] not in "(第" + _NUMERALS]
    edges = [0, *(at for at in starts if at), len(plain)]
    return [plain[start:end] for start, end in pairwise(edges) if plain[start:end]]


def _compare(given: str, label: str, begun: int, *, typo: bool) -> float:
    if not given or not label:
        return 0.0
    if given == label:
        return 1.0
    short, long = sorted((given, label), key=len)
    if long.startswith(short) and len(short) >= (begun if short == given else 2):
        share = len(short) / len(long)
        return 0.75 + 0.2 * share if short == given else 0.6 + 0.3 * share
    if not typo or len(short) < _MIN_FUZZY_LENGTH:
        return 0.0
    ratio = fuzz.ratio(given, label) / 100
    return ratio if ratio >= _MIN_FUZZY_RATIO else 0.0


def _parse_numeral(numeral: str) -> int:
    """Read a Chinese numeral below one hundred."""
    tens, ten, ones = numeral.rpartition("十")
    high = (_NUMERALS.find(tens) + 1 if tens else 1) * 10 if ten else 0
    return high + (_NUMERALS.find(ones) + 1 if ones else 0)


@cache
def _load_simplifier():  # type: ignore[no-untyped-def]  # noqa: ANN202  # a class without types
    import opencc  # noqa: PLC0415  # reads its dictionary

    return opencc.OpenCC("t2s")
