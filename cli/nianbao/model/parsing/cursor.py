"""A place in a text that is read from its beginning to its end, and the slips found so far."""

import re
from bisect import bisect_right
from functools import cached_property

from nianbao.model.i18n import N_
from nianbao.model.parsing.signs import WIDE_RUN, Slip, fold, is_blank, replace_signs

_BLANKS = re.compile(r"[ \t\r]*+")
_BLANK_LINES = re.compile(r"[ \t\r\n]*+")


class Cursor:
    """A place `at` in a text; `folded` is the text in signs of TOML, `passed` the parts whose signs may be any."""

    def __init__(self, text: str) -> None:
        self.text, self.folded, self.size = text, fold(text), len(text)
        self.at = 0
        self.last = 0  # the end of the last sign that counts
        self.slips: list[Slip] = []
        self.passed: list[tuple[int, int]] = []
        self._line_end = -1

    def is_at(self, signs: str) -> bool:
        """Return whether one of some signs is here."""
        return self.at < self.size and self.folded[self.at] in signs

    def is_at_line_end(self) -> bool:
        """Return whether nothing more is on this line but a comment."""
        return self.at >= self.size or self.folded[self.at] in "\n#"

    def skip_blanks(self) -> None:
        """Go to the next sign on this line."""
        self.at = match.end() if (match := _BLANKS.match(self.folded, self.at)) else self.at

    def skip_blank_lines(self) -> None:
        """Go to the next sign, on this line or on another one."""
        self.at = match.end() if (match := _BLANK_LINES.match(self.folded, self.at)) else self.at

    def find_line_end(self, at: int) -> int:
        """Find the end of the line of a place, which must not lie before the line that was last asked for."""
        if at > self._line_end:
            end = self.text.find("\n", at)
            self._line_end = end if end >= 0 else self.size
        return self._line_end

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def count_line(self, at: int) -> int:
        """Return the number of the line of a place."""
        return bisect_right(self._line_starts, at)

    def add(  # noqa: PLR0913  # what a slip is
        self,
        start: int,
        end: int,
        key: str,
        after: str | None = None,
        *,
        certain: bool = False,
        stand_in: str = "0",
        **values: object,
    ) -> None:
        """Add a slip."""
        self.slips.append(Slip(start, end, key, after, certain, stand_in, tuple(values.items())))

    def list_slips(self, sign_key: str) -> list[Slip]:
        """List the slips in their order, with those of single signs outside of the parts that were passed."""
        spans = iter(sorted([*self.passed, *((slip.start, slip.end) for slip in self.slips)]))
        nowhere = (self.size, self.size)
        start, end = next(spans, nowhere)
        found = list(self.slips)
        for match in WIDE_RUN.finditer(self.text):
            while end <= match.start():
                start, end = next(spans, nowhere)
            if start > match.start():
                after = replace_signs(match[0], self.text[match.end() : match.end() + 1])
                key = N_("slip-odd-blank") if is_blank(match[0]) else sign_key
                found.append(Slip(match.start(), match.end(), key, after, certain=True))
        return sorted(found, key=lambda slip: (slip.start, slip.end))
