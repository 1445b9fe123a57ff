"""Characters of a page grouped into lines, and lines joined to paragraphs."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from msgspec import Struct

from nianbao.importer.recognition.markdown import escape_markdown
from nianbao.importer.recognition.published import NOWHERE, SOFT_HYPHEN, Paragraph, Place, PublishedTable, is_wide

UNMAPPED_PREFIX = "(cid:"  # how pdfplumber shows a glyph for which the file does not state the character
REPLACEMENT = "\ufffd"
_MIN_BLANK_WIDTH = 0.6  # of the font size, next to an ASCII character (else twice the size): a space
_TWICE, _MIN_TWICE = 0.2, 0.1  # of the font size, and in pt: characters that are closer are one that was drawn twice
_HYPHENS = f"-{SOFT_HYPHEN}\u2010"
_MAX_SINE = 0.01  # of the angle at which a character is rotated
_MAX_FONT_SIZE = 100.0  # pt; no title is as large
_RADICAL = re.compile("[\u2e80-\u2fdf]")  # some fonts map to these instead of the characters that look the same
_SENTENCE_ENDS = ":;!?\N{IDEOGRAPHIC FULL STOP}"  # after the width of characters is made the same
_FIGURE_ROW = re.compile(r"(?:^|.*\s)[\d.,\N{FULLWIDTH COMMA}]+")  # a line of cells, the last of them a figure

Char = dict[str, Any]  # as pdfplumber describes a character


class TextLine(Struct, frozen=True):
    """A line of text: its position and font size in points, and whether a paragraph begins or ends with it."""

    text: str
    left: float
    right: float
    top: float
    size: float
    begins: bool = False
    ends: bool = False
    at_edge: bool = False  # at the top or bottom of the page: it may be on every page
    is_number: bool = False  # it may be the number of the page
    place: Place = NOWHERE


def select_characters(chars: list[Char]) -> list[Char]:
    """Drop blanks, characters drawn twice to look bold, and rotated or huge ones, as in a watermark.

    A digit that lies on its side stays as a sign that nobody can read: its cell is not blank. A character behind a
    blank is marked as `after_blank`.
    """
    seen: set[tuple[str, float, int, int]] = set()
    selected = []
    is_after_blank = False
    for char in chars:
        unit = max(min(1.0, _TWICE * char["size"]), _MIN_TWICE)
        key = (char["text"], unit, round(char["x0"] / unit), round(char["top"] / unit))
        is_upright = abs(char["matrix"][1]) < _MAX_SINE and char["size"] < _MAX_FONT_SIZE
        lies = not is_upright and abs(char["matrix"][0]) < _MAX_SINE and char["text"].isdecimal()
        if char["text"].strip() and (is_upright or lies) and key not in seen:
            seen.add(key)
            is_unknown = lies or char["text"].startswith(UNMAPPED_PREFIX)
            more = ({"after_blank": True} if is_after_blank else {}) | ({"text": REPLACEMENT} if is_unknown else {})
            selected.append({**char, **more} if more else char)
        is_after_blank = not char["text"].strip()
    return selected


def group_into_lines(chars: list[Char]) -> list[TextLine]:
    """Group characters into lines by their vertical middle."""
    lines: list[list[Char]] = []
    for char in sorted(chars, key=lambda char: (char["top"] + char["bottom"]) / 2):
        middle = (char["top"] + char["bottom"]) / 2
        if lines and abs(middle - _average_middle(lines[-1])) < 0.5 * max(char["size"], 1):
            lines[-1].append(char)
        else:
            lines.append([char])
    return [_make_line(line) for line in lines]


def _average_middle(line: list[Char]) -> float:
    return float(sum(char["top"] + char["bottom"] for char in line)) / 2 / len(line)


def _make_line(chars: list[Char]) -> TextLine:
    """Join the characters of a line from left to right; a wide gap becomes a space.

    So does a blank that is drawn between words of a script that has blanks; between Chinese signs it is none. Fonts
    have one sign for hyphens of all kinds, so that a soft one within a line is any of them.
    """
    chars = sorted(chars, key=lambda char: char["x0"])
    size = max(char["size"] for char in chars)
    text = chars[0]["text"]
    for before, char in pairwise(chars):
        gap = char["x0"] - before["x1"]
        is_ascii = char["text"].isascii() or before["text"].isascii()
        is_blank = "after_blank" in char and not (is_wide(before["text"]) or is_wide(char["text"]))
        text += (" " if is_blank or gap > (_MIN_BLANK_WIDTH if is_ascii else 2) * size else "") + char["text"]
    text = text[:-1].replace(SOFT_HYPHEN, "-") + text[-1:]
    text = _RADICAL.sub(lambda radical: unicodedata.normalize("NFKC", radical[0]), text)
    return TextLine(text, chars[0]["x0"], chars[-1]["x1"], min(char["top"] for char in chars), size)


def join_cell(lines: Iterable[str]) -> str:
    """Join the lines of a cell; a hyphen behind a letter at the end of one becomes soft: it may be one of the word."""
    joined = ""
    for line in lines:
        if joined[-1:] in _HYPHENS and joined[-2:-1].isalpha():
            joined = joined[:-1] + SOFT_HYPHEN
        joined += _part_lines(joined, line) + line
    return joined


def _part_lines(text: str, line: str) -> str:
    """Return the blank that parts the last word of a line from the first one of the next, where they have blanks."""
    ends = text[-1:], line[:1]
    is_word = any(map(str.isalpha, ends)) and not any(map(is_wide, ends)) and text[-1:] not in _HYPHENS
    return " " if is_word and text else ""


def join_lines(blocks: list[TextLine | PublishedTable]) -> Iterator[Paragraph | PublishedTable]:
    """Join the lines of each paragraph, also across a page break."""
    paragraph, is_ended, place = "", True, NOWHERE
    for block in blocks:
        if isinstance(block, PublishedTable) or block.begins or is_ended or _begins_paragraph(paragraph, block.text):
            if paragraph:
                yield Paragraph(paragraph, escape_markdown(paragraph), place=place)
            paragraph, place = "", block.place
        if isinstance(block, PublishedTable):
            yield block
            is_ended = True
        else:
            paragraph += _part_lines(paragraph, block.text) + block.text
            is_ended = block.ends
    if paragraph:
        yield Paragraph(paragraph, escape_markdown(paragraph), place=place)


def _begins_paragraph(paragraph: str, line: str) -> bool:
    """Return whether a line after a full one begins a paragraph.

    It does where it is a heading, and where it or the text before it is a row of figures.
    """
    is_heading = _begins_with_numeral(line) and unicodedata.normalize("NFKC", paragraph[-1:]) in _SENTENCE_ENDS
    return bool(is_heading or _FIGURE_ROW.fullmatch(paragraph) or _FIGURE_ROW.fullmatch(line))


def _begins_with_numeral(line: str) -> bool:
    """Return whether a line begins with a numeral that is no digit, such as a heading's, and punctuation behind it."""
    rest = line[1:] if unicodedata.category(line[:1] or " ") == "Ps" else line
    behind = rest.lstrip("".join(sign for sign in set(rest) if sign.isnumeric() and not sign.isdecimal()))
    wanted = "Po" if rest is line else "Pe"
    return behind != rest and unicodedata.category(behind[:1] or " ") == wanted
