"""Corrections of slips of the pen that are certain: signs and digits of full width, dates, thousands separators."""

from collections.abc import Iterator
from dataclasses import dataclass

from nianbao.model.facts import parse
from nianbao.model.finding import Finding
from nianbao.model.parsing.errors import describe_slip, split_by_line
from nianbao.model.parsing.scanner import find_slips
from nianbao.model.parsing.signs import Slip, correct


@dataclass(frozen=True, slots=True)
class Change:
    """One correction of a text: line and column count characters from 1, `reason` is a message for people."""

    line: int
    column: int
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """A text with its corrections made, in the order of their places; without any it is the text that was given."""

    text: str
    changes: tuple[Change, ...] = ()


def correct_text(text: str) -> Corrected:
    """Make all corrections that are certain; what stands in strings and comments stays as it is.

    A text that is TOML has nothing to correct, nor has one that must not be parsed.
    """
    found = parse(text, "")
    if not isinstance(found, Finding) or found.rule != "broken-toml":
        return Corrected(text)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix(mark)
    slips = [slip for slip in find_slips(body) if slip.certain]
    return Corrected(mark + correct(body, slips), tuple(_list_changes(slips, body)))


def _list_changes(slips: list[Slip], text: str) -> Iterator[Change]:
    for line, source, of_line in split_by_line(slips, text):
        for slip in of_line:
            before = source[slip.start : slip.end]
            yield Change(line, slip.start + 1, before, slip.after or "", describe_slip(slip, [before]))
