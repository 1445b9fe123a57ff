"""The screen: how wide it is, what its encoding can show, and texts measured, wrapped and cut to it.

A Chinese character takes two cells, and an escape as many as it has characters: the text is measured as it is shown.
"""

import codecs
import os
import re
import sys
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from nianbao.cli.console import ERRORS

_MIN_WIDTH = 40  # cells; a narrower screen breaks lines itself
_MAX_EXCERPT = 100  # cells of a line of the data file where the output is no screen
_MIN_CONTEXT = 8  # cells before an underlined value
# Signs of our messages that a console may lack, and what stands for them; other characters are escaped.
_ASCII = {
    "…": "...", "·": "-", "–": "-", "—": "-", "→": "->", "×": "x", "“": '"', "”": '"', "‘": "'", "’": "'",
    "−": "-", "≠": "!=", "≤": "<=", "≥": ">=", "\u3000": "  ", "\xa0": " ",
}  # fmt: skip
# Consoles of these encodings give a character as many cells as it has bytes, also signs that are narrow elsewhere: “…”
_WIDE_ENCODINGS = {"gbk", "gb2312", "big5", "cp950", "cp932", "cp949"}
_WIDE = (
    r"[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60"
    r"\uffe0-\uffe6\U0001f300-\U0003fffd]"
)
_OPENING = rf"(?:[（〔［｛〈《「『【“‘]|[(\[{{](?={_WIDE}))"  # stays with what follows
_CLOSING = r"[、。，．：；？！）〕］｝〉》」』】％”’…)\]},.:;?!]"  # stays with what it follows
_PLACEHOLDER = r"\{\{[^{}\n]*\}\}"
# What a line is not broken within, and the blanks before it: a word, a placeholder, or a Chinese character, each with
# its punctuation.
_UNIT = rf"(\s*)({_OPENING}*(?:{_PLACEHOLDER}|{_WIDE}|(?:(?!{_WIDE}|{_OPENING})\S)+)?{_CLOSING}*)"


class Screen(Struct, frozen=True, dict=True):
    """Where a text is shown: `width` in cells, 0 for a file or another program, and the name of the encoding."""

    width: int = 0
    encoding: str = "utf-8"

    @cached_property
    def _codec(self) -> str:
        try:
            return codecs.lookup(self.encoding).name
        except LookupError:
            return "ascii"

    def show(self, text: str) -> str:
        """Return a text with what the encoding lacks: signs in ASCII, other characters escaped."""
        if self._codec.startswith("utf") or text.isascii():
            return text
        try:
            text.encode(self._codec)
        except UnicodeEncodeError:
            for sign, plain in _ASCII.items():
                if sign in text and not self._has(sign):
                    text = text.replace(sign, plain)
            return text.encode(self._codec, ERRORS).decode(self._codec)
        return text

    def _has(self, sign: str) -> bool:
        try:
            return bool(sign.encode(self._codec))
        except UnicodeEncodeError:
            return False

    def measure(self, text: str) -> int:
        """Return how many cells a text takes."""
        shown = self.show(text)
        if shown.isascii():
            return len(shown)
        if self._codec in _WIDE_ENCODINGS:
            return len(shown.encode(self._codec))
        from rich.cells import cell_len  # noqa: PLC0415  # few commands print so much

        return cell_len(shown)

    def pad(self, text: str, width: int) -> str:
        """Return a text with blanks added up to a width in cells."""
        return text + " " * (width - self.measure(text))

    def wrap(self, text: str, hang: int = 0, width: int = 0) -> Iterator[tuple[int, int]]:
        """Yield the lines of a text as they fit `width`, by default the screen: the start and end of each in the text.

        The first begins with the blanks of the text, the others are to be indented by `hang` cells.
        """
        width = width or (self.width and max(self.width, _MIN_WIDTH))
        start = end = used = 0
        for unit in re.finditer(_UNIT, text) if width else ():
            size = self.measure(unit[0])
            if end and used + size > width and unit[2]:
                yield start, end
                start, used = unit.start(2), hang + self.measure(unit[2])
            else:
                used += size
            end = unit.end(2)
        yield start, len(text)

    def wrap_text(self, text: str, width: int) -> list[str]:
        """Return a text as lines of a width in cells."""
        return [text[start:end] for start, end in self.wrap(text, width=width)]

    def cut(self, before: str, value: str, after: str, *, margin: int, label: int) -> tuple[str, str, str]:
        """Shorten what stands before, in and after an underlined value to one line of the screen.

        `margin` is the number of cells before the line, `label` of what is written after the underline.
        """
        room = max(self.width, _MIN_WIDTH) - margin if self.width else max(_MAX_EXCERPT, label + _MAX_EXCERPT // 2)
        tail = self.measure(after)
        context = min(_MIN_CONTEXT, self.measure(before) + max(tail - label, 0))
        value = self._cut_end(value, max(room - context - label, room // 2))
        free = max(room - self.measure(value), 0)
        right = min(max(label, min(tail, free // 3)), max(free - _MIN_CONTEXT, 0))
        before = self._cut_start(before, max(free - max(tail, label), free - right))
        return before, value, self._cut_end(after, free - self.measure(before))

    def _cut_end(self, text: str, size: int) -> str:
        if len(text) <= size and self.measure(text) <= size:
            return text
        return self._take(text, size - self.measure("…")) + "…" if size > self.measure("…") else ""

    def _cut_start(self, text: str, size: int) -> str:
        if len(text) <= size and self.measure(text) <= size:
            return text
        return "…" + self._take(text[::-1], size - self.measure("…"))[::-1] if size > self.measure("…") else ""

    def _take(self, text: str, size: int) -> str:
        used = 0
        for at, character in enumerate(text):
            used += self.measure(character)
            if used > size:
                return text[:at]
        return text


def get_screen(*, err: bool = False) -> Screen:
    """Return the screen that standard output, or standard error, is shown on; COLUMNS sets its width."""
    stream = sys.stderr if err else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit():
        return Screen(min(int(columns[:5]), 1000), encoding)
    try:
        return Screen(os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0, encoding)
    except (OSError, ValueError, AttributeError):
        return Screen(0, encoding)
