"""Corrections of slips of the pen that are certain: signs and digits of full width, dates, thousands separators."""

from dataclasses import dataclass


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
    """Make all corrections that are certain; what stands in strings and comments stays as it is."""
    return Corrected(text)
