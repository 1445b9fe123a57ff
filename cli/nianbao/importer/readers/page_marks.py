"""Digits of a page that are none of the figure they stand at: references to notes, and those struck out or not seen."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from nianbao.importer.readers.page_lines import REPLACEMENT, Char

_SMALL = 0.85  # of the size of the digit before: a smaller one refers to a note
_NEAR = 0.6  # of that size: a digit further right is one of another figure
_THIN = 2.0  # pt: what is thicker is no line through words
_MIDDLE = (0.3, 0.7)  # of the height of a character: where a line strikes it out
_FULL = 0.99  # of each colour in white


def mark_digits(chars: Sequence[Char], lines: Iterable[dict[str, Any]], areas: Iterable[dict[str, Any]]) -> list[Char]:
    """Put references to notes in brackets, and a sign for digits that are struck out, or white on no other colour.

    `lines` and `areas` are what pdfplumber gives as lines and rectangles of the page.
    """
    areas = list(areas)
    papers = [area for area in areas if area.get("fill") and not _is_white(area.get("non_stroking_color"))]
    strokes = sorted(
        ((one["top"] + one["bottom"]) / 2, one["x0"], one["x1"])
        for one in (*lines, *areas)
        if one["bottom"] - one["top"] <= _THIN < one["x1"] - one["x0"]
    )
    marked = [_mark_unseen(char, strokes, papers) if char["text"].isdecimal() else char for char in chars]
    return _mark_references(marked)


def _mark_unseen(char: Char, strokes: Sequence[tuple[float, float, float]], papers: Iterable[dict[str, Any]]) -> Char:
    """Put a sign for a digit that is struck out, or white on none of the `papers`, which have another colour."""
    is_unseen = _is_white(char.get("non_stroking_color")) and not any(_is_behind(paper, char) for paper in papers)
    return {**char, "text": REPLACEMENT} if is_unseen or _is_struck(char, strokes) else char


def _is_struck(char: Char, strokes: Sequence[tuple[float, float, float]]) -> bool:
    top, bottom = (char["top"] + share * (char["bottom"] - char["top"]) for share in _MIDDLE)
    middle = (char["x0"] + char["x1"]) / 2
    for at in range(bisect_left(strokes, (top,)), len(strokes)):
        height, left, right = strokes[at]
        if height > bottom:
            return False
        if left < middle < right:
            return True
    return False


def _is_white(color: Any) -> bool:  # noqa: ANN401  # pdfplumber has no types
    parts = color if isinstance(color, tuple | list) else (color,)
    if not all(isinstance(part, int | float) for part in parts):
        return False
    return not any(parts) if len(parts) == 4 else bool(parts) and min(parts) >= _FULL  # noqa: PLR2004  # CMYK


def _is_behind(area: dict[str, Any], char: Char) -> bool:
    x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
    return bool(area["x0"] < x < area["x1"] and area["top"] < y < area["bottom"])


def _mark_references(chars: Sequence[Char]) -> list[Char]:
    """Put digits right behind a larger one on its line in brackets."""
    sizes = {round(char["size"], 1) for char in chars if char["text"].isdecimal()}
    if not sizes or min(sizes) > _SMALL * max(sizes):
        return list(chars)
    marked = list(chars[:1])
    inside: Char | None = None  # the digit behind which those in brackets stand
    for before, char in pairwise(chars):
        is_next = inside is not None and _is_reference(inside, before, char)
        if inside is not None and not is_next:
            marked[-1] = {**marked[-1], "text": marked[-1]["text"] + "]"}
            inside = None
        begins = inside is None and before["text"].isdecimal() and _is_reference(before, before, char)
        inside = before if begins else inside
        marked.append({**char, "text": f"[{char['text']}"} if begins else char)
    if inside is not None:
        marked[-1] = {**marked[-1], "text": marked[-1]["text"] + "]"}
    return marked


def _is_reference(figure: Char, before: Char, char: Char) -> bool:
    """Tell whether a character is a digit much smaller than that of a figure, right behind another one on its line."""
    is_small = char["text"].isdecimal() and char["size"] <= _SMALL * figure["size"]
    is_near = -_NEAR * char["size"] < char["x0"] - before["x1"] < _NEAR * figure["size"]
    is_beside = figure["top"] - char["size"] < char["top"] < figure["bottom"]
    return bool(is_small and is_near and is_beside)
