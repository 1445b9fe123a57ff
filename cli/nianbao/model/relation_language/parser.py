"""Parse relations between figures: sums of rows, columns or addresses on both sides of a sign.

A side is made of terms: a path, a number, a number `*` a path, or `sum`, `count`, `min` or `max` of a path. The ids of
a path may be `*`, any one id, whose figures are added up; `<name>`, one id that is the same wherever the name stands;
and `<name..>`, one or more ids.
"""

import re
from decimal import Decimal
from functools import cached_property
from typing import Literal, TypeAlias, cast, get_args

from msgspec import Struct

from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import suggest

Sign = Literal["=", ">=", "<=", "!=", "<=>", "<", ">"]
Function = Literal["", "sum", "count", "min", "max"]
_FUNCTIONS: tuple[str, ...] = get_args(Function)
_SEGMENT = r"(?:\*|<\w+(?:\.\.)?>|\w+)"
_TERM = re.compile(
    rf"\s*(?P<mark>[+-]?)\s*(?:(?P<number>\d+(?:\.\d+)?)(?![\w.])(?:\s*(?P<times>\*)\s*)?)?"
    rf"(?:(?P<function>[a-z]+)\(\s*(?P<argument>{_SEGMENT}(?:\.{_SEGMENT})*)\s*\)"
    rf"|(?P<path>{_SEGMENT}(?:\.{_SEGMENT})*))?\s*"
)
_SIGN = re.compile(r"<\w+(?:\.\.)?>|(<=>|>=|<=|!=|=|<|>)")
_NAME = re.compile(r"<(\w+)(\.\.)?>")


class Term(Struct, frozen=True, dict=True):
    """A row or column, a group of them, or a number, on one side of a relation.

    Its figures are multiplied by `factor`; with `previous` they are those of last year's report.
    """

    path: str
    factor: int | Decimal
    previous: bool = False
    function: Function = ""

    @cached_property
    def constant(self) -> int | Decimal | None:
        """The value of a term that is a number, or None."""
        if self.path.isdecimal():
            return int(self.path)
        return Decimal(self.path) if self.path[:1].isdecimal() and re.fullmatch(r"\d+\.\d+", self.path) else None

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The ids of the path, with `*`, `<name>` and `<name..>` as they are written."""
        return tuple(re.findall(_SEGMENT, self.path))

    @cached_property
    def literal_start(self) -> str:
        """The ids of the path before the first that stands for several; an empty text for a number."""
        return "" if self.constant is not None else re.split(r"\.?[*<]", self.path, maxsplit=1)[0]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that are bound to ids."""
        return frozenset(match[1] for match in _NAME.finditer(self.path))


Side: TypeAlias = tuple[Term, ...]


class Sides(Struct, frozen=True, dict=True):
    """Two sides and the sign between them."""

    left: Side
    sign: Sign
    right: Side

    @cached_property
    def terms(self) -> Side:
        """The terms of both sides."""
        return (*self.left, *self.right)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that the terms bind to ids."""
        return frozenset(name for term in self.terms for name in term.names)

    @cached_property
    def is_plain(self) -> bool:
        """Whether figures of one report are only added up."""
        return all(
            term.factor == 1 and not term.previous and not term.function and term.constant is None
            for term in self.terms
        )

    def holds(self, left: int | Decimal, right: int | Decimal, within: Decimal) -> bool:  # noqa: PLR0911  # one a sign
        """Return whether it holds between the values of its sides, which may be `within` apart."""
        match self.sign:
            case "=":
                return left == right if not within else abs(Decimal(left) - right) <= within
            case ">=":
                return Decimal(left) - right >= -within
            case "<=":
                return Decimal(left) - right <= within
            case "!=":
                return left != right or left == 0
            case "<=>":
                return (left == 0) == (right == 0)
            case "<":
                return left < right
            case ">":
                return left > right


def parse_sides(text: str) -> Sides:
    """Parse a relation; raises ValueError with the reason."""
    signs = [match for match in _SIGN.finditer(text) if match[1]]
    if len(signs) != 1 or not text[: signs[0].start()].strip() or not text[signs[0].end() :].strip():
        raise ValueError(_("write-relation"))
    sign = signs[0]
    return Sides(_parse_side(text[: sign.start()]), cast("Sign", sign[1]), _parse_side(text[sign.end() :]))


def _parse_side(side: str) -> Side:
    """Parse one side: terms that are added or subtracted; raises ValueError with the reason."""
    terms: list[Term] = []
    position = 0
    while position < len(side):
        match = _TERM.match(side, position)
        is_term = match and match.end() > position and (match["mark"] or not terms) and _is_whole(match)
        if not match or not is_term:
            raise ValueError(_("side-not-understood", side=side.strip()))
        terms.append(_make_term(match))
        position = match.end()
    return tuple(terms)


def _is_whole(match: re.Match[str]) -> bool:
    """Return whether a term has a path or a number, and both only where they are multiplied."""
    has_path = bool(match["path"] or match["function"])
    return has_path == bool(match["times"]) if match["number"] else has_path


def _make_term(match: re.Match[str]) -> Term:
    sign, function = -1 if match["mark"] == "-" else 1, match["function"] or ""
    if function not in _FUNCTIONS:
        raise ValueError(_("no-such-function", name=function) + suggest(function, _FUNCTIONS[1:]))
    path = match["argument"] or match["path"]
    if path is None:
        return Term(match["number"], sign)
    factor = sign * _read_number(match["number"]) if match["number"] else sign
    return Term(path.removeprefix("before."), factor, path.startswith("before."), cast("Function", function))


def _read_number(text: str) -> int | Decimal:
    return Decimal(text) if "." in text else int(text)
