"""The vocabulary of a form: what its texts must speak of, and in which words they state figures.

Patterns are regular expressions with two signs of their own: `#` is a number, and `…` a few words
without a number or a punctuation mark between them.
"""

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import Any, NoReturn, TypeAlias

from nianbao.model.i18n import _

Fail: TypeAlias = Callable[[str, str], NoReturn]  # says at which key of the form, and why
Sum: TypeAlias = tuple[tuple[int, str], ...]  # signs and addresses; `*` stands for any one key

_NUMBER = r"(?<![\d.])(\d+(?:\.\d+)?)"
_GAP = r"[^，,。；;：:、？！（）()\d\n]{0,16}?"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a section must speak of: `what` in the words for people, `words` as a pattern."""

    rule: str
    section: str
    what: str
    words: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two things of which a section speaks together or not at all."""

    section: str
    what: str
    words: str
    other: str
    other_words: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Words that state a figure of the report, and the sums of addresses that it may equal.

    `none` are words that state 0. A claim counts only in a sentence that has `near`, and not where
    the words between two punctuation marks have `unless`: they speak of a part or of another thing.
    """

    id: str
    what: str
    says: tuple[str, ...]
    equals: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    near: str = ""
    unless: str = ""
    sections: tuple[str, ...] = ()  # none: all

    @property
    def sums(self) -> tuple[Sum, ...]:
        """The sums that the figure may equal."""
        return tuple(terms(text) for text in self.equals)


@dataclass(frozen=True, slots=True)
class Balance:
    """What holds between claims of one sentence that states them all: `holds`, or else one of `or_else`."""

    holds: str
    or_else: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """Words that state a percentage: of `part` in the same sentence, or of the first of their own two numbers.

    Any of `whole` may be meant; it stands in the same sentence, or in the section where the words have two numbers.
    """

    says: tuple[str, ...]
    whole: tuple[str, ...]
    part: str = ""


@dataclass(frozen=True, slots=True)
class Years:
    """Words that state the report year; with `within`, only years so far from it are a slip."""

    what: str
    says: tuple[str, ...]
    within: int = 0
    sections: tuple[str, ...] = ()  # none: all


@dataclass(frozen=True)
class Vocabulary:
    """All that a form lays down about its texts."""

    title: tuple[str, ...] = ()  # what a title must hold besides the author and the year
    afresh: tuple[str, ...] = ()  # sections of which no sentence may be last year's
    least: tuple[tuple[str, int], ...] = ()  # section and the characters that it has at least
    expected: tuple[Expected, ...] = ()
    pairs: tuple[Pair, ...] = ()
    claims: tuple[Claim, ...] = ()
    balances: tuple[Balance, ...] = ()
    shares: tuple[Share, ...] = ()
    years: tuple[Years, ...] = ()

    @cached_property
    def sought(self) -> tuple[tuple[Claim, tuple[re.Pattern[str], ...]], ...]:
        """The claims, each with the patterns of which a sentence has one that states its figure."""
        return tuple((claim, tuple(map(pattern, (*claim.says, *claim.none)))) for claim in self.claims)

    @property
    def sections(self) -> set[str]:
        """Every section that it names."""
        one = {*self.afresh, *(section for section, _ in self.least)}
        one |= {part.section for part in self.expected} | {part.section for part in self.pairs}
        return one.union(*(part.sections for part in self.claims), *(part.sections for part in self.years))


SHAPES: dict[str, type[Any]] = {
    "expected": Expected,
    "pairs": Pair,
    "claims": Claim,
    "balances": Balance,
    "shares": Share,
    "years": Years,
}
_PATTERNS = ("words", "other_words", "says", "none", "near", "unless")


def read(raw: object, fail: Fail) -> Vocabulary:
    """Read a form's vocabulary, strict about every key and every pattern."""
    values = dict(_of(raw, Vocabulary, "vocabulary", fail))
    for key, shape in SHAPES.items():
        values[key] = tuple(_made(shape, item, f"vocabulary.{key}", fail) for item in values.get(key, []))
    least = values.get("least", {})
    if not isinstance(least, dict) or not all(isinstance(size, int) for size in least.values()):
        fail("vocabulary.least", _("应写 部分 = 字数"))
    values["least"] = tuple(least.items())
    for key in ("title", "afresh"):
        values[key] = tuple(values.get(key, []))
    made = Vocabulary(**values)
    sides = [
        side for balance in made.balances for text in (balance.holds, *balance.or_else) for side in text.split("=")
    ]
    sides += [text for share in made.shares for text in (share.part, *share.whole)]
    for unknown in sorted(
        {path for side in sides for _sign, path in terms(side)} - {claim.id for claim in made.claims}
    ):
        fail("vocabulary", _("没有 id 为 {unknown} 的说法", unknown=unknown))
    return made


def check(
    vocabulary: Vocabulary,
    figures: tuple[str, ...],
    addresses: Mapping[str, object],
    sections: AbstractSet[str],
    fail: Fail,
) -> None:
    """Refuse a vocabulary, or key figures, that name sections or addresses which the form does not have."""
    for section in sorted(vocabulary.sections - sections):
        fail("vocabulary", _("没有名为 {section} 的部分", section=section))
    for path in (path for claim in vocabulary.claims for terms in claim.sums for _sign, path in terms):
        if not resolve(path, addresses):
            fail("vocabulary.claims", _("没有地址 {path}", path=path))
    for path in figures:
        if path not in addresses:
            fail("key_figures", _("没有地址 {path}", path=path))


@cache
def terms(text: str) -> Sum:
    """Read a sum of addresses: `a + b - c`."""
    return tuple((-1 if sign == "-" else 1, path) for sign, path in re.findall(r"([+-]?)\s*([\w.*]+)", text))


def resolve(path: str, addresses: Mapping[str, object]) -> tuple[str, ...]:
    """Find the addresses that a path means, in which `*` stands for any one key."""
    if "*" not in path:
        return (path,) if path in addresses else ()
    wanted = re.compile(re.escape(path).replace(r"\*", "[^.]+"))
    return tuple(address for address in addresses if wanted.fullmatch(address))


@cache
def pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of a form; raises `re.error`."""
    return re.compile(text.replace("#", _NUMBER).replace("…", _GAP), re.MULTILINE)


def _of(raw: object, shape: type[Any], at: str, fail: Fail) -> dict[str, Any]:
    if not isinstance(raw, dict):
        fail(at, _("应为表"))
    known = {field.name for field in fields(shape)}
    for key in raw:
        if key not in known:
            fail(f"{at}.{key}", _("不认识的键；这里可以写 {known}", known=" ".join(sorted(known))))
    return raw


def _made(shape: type[Any], raw: object, at: str, fail: Fail) -> Any:  # noqa: ANN401  # one reader for all shapes
    values = {
        key: tuple(value) if isinstance(value, list) else value for key, value in _of(raw, shape, at, fail).items()
    }
    for key in _PATTERNS:
        given = values.get(key, ())
        for text in (given,) if isinstance(given, str) else given:
            try:
                pattern(text)
            except re.error as error:
                fail(f"{at}.{key}", _("{text}：{error}", text=text, error=error))
    try:
        return shape(**values)
    except TypeError as error:
        return fail(at, str(error))
