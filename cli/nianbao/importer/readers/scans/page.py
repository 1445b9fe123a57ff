"""A scanned page: its ruled lines to cells, and its lines of text, each read in its own cell."""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct

from nianbao.importer.readers.page_layout import Box, find_ruled_tables
from nianbao.importer.readers.page_lines import Char
from nianbao.importer.readers.scans.engine import Picture, find_lines, read_lines
from nianbao.importer.readers.scans.picture import (
    SMALL_SIDE,
    find_ink,
    normalize,
    remove_specks,
    straighten,
    turn_upright,
)
from nianbao.importer.readers.scans.rules import find_rules

_POINTS = 72 / 200  # in a pixel of the page that is read
_INSET = 5  # pixels of a cell at its lines that are not looked at
_MIN_INK = 12  # pixels of a cell that is not blank
_MIN_HEIGHT = 10  # pixels of a line; what is lower belongs to another line, if one is near
_NEAR = 8  # rows of pixels between the parts of one line
_MARGINS, _SCALES = (6, 12), (1.0, 0.8)  # of the two pictures of a figure that must read the same
_DARK_PERCENT = 2  # of the pixels of a line that are the darkest
_MIN_SCORE = 0.9  # of a figure that is believed
_MAX_LETTERS = 2  # of a text that counts as a figure, such as a unit
_UNSURE = "\ufffd"  # behind a figure that is not believed, so that it counts as none
_SPECKS = " .,:'`\u00b7\u2026\u3001\u3002\uff1a\uff0c"  # marks that a speck beside a figure is taken for
_WHITE = 255


Part = tuple[slice, slice]  # rows and columns of a page


class _Line(NamedTuple):
    """Where a line of text is on the page, in pixels, and whether it is in a cell."""

    left: int
    top: int
    right: int
    bottom: int
    in_cell: bool


class ScannedPage(Struct, frozen=True):
    """A page that was read: its characters and the cells of its tables in points, and its height.

    Where it `is_turned`, these are not where they are in the file.
    """

    chars: list[Char]
    tables: list[list[Box]]
    height: float
    is_turned: bool = False


def read_scan(picture: Picture) -> ScannedPage:
    """Read a grey picture of a page; figures that are not sure have a sign behind them, and count as none."""
    upright, turns = turn_upright(picture)
    page = straighten(normalize(upright))
    ink = find_ink(page)
    rules, on_rules = find_rules(page)
    tables = find_ruled_tables([_scale(rule, _POINTS) for rule in rules])
    lines: list[_Line] = []
    for part in (_surround(cells) for cells in tables):
        ink[part][on_rules[part] > 0] = 0
        page[part][on_rules[part] > 0] = _WHITE
    remove_specks(page, ink)
    lines += [line for cells in tables for cell in cells for line in _find_lines_of_cell(ink, cell)]
    lines += _find_free_lines(page, ink, [_surround(cells) for cells in tables])
    texts = _read_texts(page, lines)
    chars = [_make_char(line, text) for line, text in zip(lines, texts, strict=True) if text.strip()]
    return ScannedPage(chars, tables, page.shape[0] * _POINTS, is_turned=bool(turns))


def _scale(box: Sequence[float], factor: float) -> Box:
    left, top, right, bottom = (float(value) * factor for value in box)
    return left, top, right, bottom


def _make_char(line: _Line, text: str) -> Char:
    left, top, right, bottom = _scale(line[:4], _POINTS)
    place = {"x0": left, "x1": right, "top": top, "bottom": bottom}
    return {"text": text, **place, "size": bottom - top, "matrix": (1, 0, 0, 1, 0, 0)}


def _find_lines_of_cell(ink: Picture, cell: Box) -> Iterator[_Line]:
    """Find the lines of a cell: rows of pixels with ink, without a gap between them."""
    left, top, right, bottom = (round(value) for value in _scale(cell, 1 / _POINTS))
    inside = ink[top + _INSET : bottom - _INSET, left + _INSET : right - _INSET]
    if int((inside > 0).sum()) < _MIN_INK:
        return
    for first, last in _find_runs((inside > 0).any(axis=1).tolist()):
        columns = (inside[first:last] > 0).any(axis=0).nonzero()[0]
        x, y = left + _INSET, top + _INSET
        yield _Line(x + int(columns[0]), y + first, x + int(columns[-1]) + 1, y + last, in_cell=True)


def _find_runs(has_ink: Sequence[bool]) -> list[tuple[int, int]]:
    """Return where rows with ink begin and end; low parts belong to what is near."""
    edges = [index for index, (before, now) in enumerate(pairwise([False, *has_ink, False])) if before != now]
    runs: list[tuple[int, int]] = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        is_low = last - first < _MIN_HEIGHT or (runs and runs[-1][1] - runs[-1][0] < _MIN_HEIGHT)
        if runs and is_low and first - runs[-1][1] <= _NEAR:
            runs[-1] = (runs[-1][0], last)
        else:
            runs.append((first, last))
    return runs


def _surround(cells: Sequence[Box]) -> Part:
    """Return the part of a page that a table takes, with its lines."""
    boxes = [_scale(cell, 1 / _POINTS) for cell in cells]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    rows = slice(max(0, round(min(tops)) - _INSET), round(max(bottoms)) + _INSET)
    return rows, slice(max(0, round(min(lefts)) - _INSET), round(max(rights)) + _INSET)


def _find_free_lines(page: Picture, ink: Picture, tables: Sequence[Part]) -> Iterator[_Line]:
    """Find the lines that are in no table."""
    free = page.copy()
    for part in tables:
        free[part] = _WHITE
    scale = max(page.shape) / SMALL_SIDE
    for corners in find_lines(normalize(free, SMALL_SIDE)):
        xs, ys = zip(*corners, strict=True)
        left, top, right, bottom = (max(0, round(value * scale)) for value in (min(xs), min(ys), max(xs), max(ys)))
        inside = ink[top:bottom, left:right] > 0
        rows, columns = inside.any(axis=1).nonzero()[0], inside.any(axis=0).nonzero()[0]
        if rows.size:
            ends = left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1
            yield _Line(*ends, in_cell=False)


def _read_texts(page: Picture, lines: Sequence[_Line]) -> list[str]:
    """Read lines; what may be a figure of a table is read from a second picture, too."""
    first = [_strip_specks(text, score) for text, score in read_lines([_cut(page, line, 0) for line in lines])]
    doubtful = [index for index, (text, _score) in enumerate(first) if lines[index].in_cell and _may_be_figure(text)]
    again = [
        _strip_specks(text, score) for text, score in read_lines([_cut(page, lines[index], 1) for index in doubtful])
    ]
    second = dict(zip(doubtful, again, strict=True))
    texts = []
    for index, (text, score) in enumerate(first):
        other, sureness = second.get(index, (text, 1.0))
        is_sure = other == text and (index not in second or min(score, sureness) >= _MIN_SCORE)
        texts.append(text if is_sure else f"{text}{_UNSURE}")
    return texts


def _strip_specks(text: str, score: float) -> tuple[str, float]:
    """Remove what a speck beside a figure is read as: no figure begins or ends with such a sign."""
    figure = text.strip(_SPECKS)
    return (figure, score) if figure.isascii() and figure.isdigit() else (text, score)


def _may_be_figure(text: str) -> bool:
    return sum(unicodedata.category(sign) == "Lo" for sign in text) <= _MAX_LETTERS


def _cut(page: Picture, line: _Line, attempt: int) -> Picture:
    """Cut a line out of the page, with white around it; the second attempt leaves out pale ink, as of a watermark."""
    import cv2  # noqa: PLC0415  # heavy
    import numpy as np  # noqa: PLC0415  # heavy

    margin, scale = _MARGINS[attempt], _SCALES[attempt]
    part = page[line.top : line.bottom, line.left : line.right]
    if attempt:
        pale = (float(np.percentile(part, _DARK_PERCENT)) + _WHITE) / 2
        part = np.where(part > pale, _WHITE, part).astype(np.uint8)
    framed = cv2.copyMakeBorder(part, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=_WHITE)
    return cv2.resize(framed, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale != 1 else framed
