"""Wrapped texts of cells that reach over their row, as spreadsheets print them: put back into the row of their cell.

A row that is too low clips the lines of its cells on the page, not in the text of the file. There these lines stand in
the rows above and below, over the lines of other cells. But programs draw the lines of a cell one after the other, so
each cell is known by the order of drawing, and its row by the alignment that all cells of the page share.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from nianbao.importer.readers.page_lines import REPLACEMENT, Char

_MAX_GAP = 0.5  # of the font size, between characters of a cell's line
_SAME = 1.5  # pt; edges and lines that are closer are the same
_SAME_ROW = 0.5  # pt; a line of a cell may be as far from that of another row as the heights of both differ
_MIN_PITCH, _MAX_PITCH = 0.9, 2.2  # of the font size, from line to line of a cell
_MAX_FREE = 1.5  # of the font size, at the end of a line that goes on on the next
_MIN_OVERLAP = 0.95  # of the font size: lines that are closer cover each other
_MIN_SHARED = 0.6  # of the font size; punctuation is half as wide as its box, which the next sign may cover
_MIN_SHARE, _MAX_OTHER_SHARE = 0.6, 0.5  # of the cells that stand in a row by the alignment taken, and by any other


class _Line(Struct):
    """Characters that were drawn behind each other on one line."""

    chars: list[Char]

    @property
    def left(self) -> float:
        return float(self.chars[0]["x0"])

    @property
    def right(self) -> float:
        return float(self.chars[-1]["x1"])

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def middle(self) -> float:
        return float(self.chars[0]["top"] + self.chars[0]["bottom"]) / 2

    @property
    def size(self) -> float:
        return float(self.chars[0]["size"])

    @property
    def is_figure(self) -> bool:
        return not any(char["text"].isalpha() for char in self.chars)


_Cell = list[_Line]
_ALIGNMENTS: tuple[Callable[[_Cell], float], ...] = (  # where the row of a cell is
    lambda cell: cell[0].middle,
    lambda cell: (cell[0].middle + cell[-1].middle) / 2,
    lambda cell: cell[-1].middle,
)


def unwrap_cells(chars: list[Char]) -> list[Char]:
    """Put each wrapped cell whose lines cover others on one line, that of its row.

    Where no row is its own for certain, its characters become unreadable: they would be read in the wrong row.
    """
    cells = _list_cells(_list_lines(chars))
    wrapped = [cell for cell in cells if len(cell) > 1]
    covered = [cell for cell in wrapped if any(_cover(cell, other) for other in cells if other is not cell)]
    if not covered:
        return chars
    rows = _Rows([cell[0] for cell in cells if len(cell) == 1])
    align = _choose_alignment(covered, rows)
    placed: dict[int, Char] = {}  # by the id of the character before
    for cell in wrapped:
        row = rows.find(cell, align(cell)) if align else None
        if row is not None:
            placed |= dict(_put_on_line(cell, row))
        elif cell in covered:
            placed |= {id(char): {**char, "text": REPLACEMENT} for line in cell for char in line.chars}
    return [placed.get(id(char), char) for char in chars]


class _Rows:
    """The rows of a page, known by the cells that have one line.

    Figures may be set in another font than words, and stand higher or lower on their line: by the same `offset`
    everywhere.
    """

    def __init__(self, lines: Sequence[_Line]) -> None:
        self.lines = lines
        figures = [line for line in lines if line.is_figure]
        words = [line for line in lines if not line.is_figure]
        near = [
            round(word.middle - figure.middle, 1)
            for word in words
            for figure in figures
            if abs(word.middle - figure.middle) < word.size / 2
        ]
        offset = Counter(near).most_common(1)[0][0] if near else 0.0
        self.places = [(line.middle + (offset if line.is_figure else 0.0), line.middle) for line in lines]

    def find(self, cell: _Cell, at: float) -> float | None:
        """Return the middle of the row at a place, where no other words stand in the column of the cell."""
        near = [(abs(place - at), middle) for place, middle in self.places if abs(place - at) < _SAME_ROW]
        if not near:
            return None
        middle = min(near)[1]
        beside = [line for line in self.lines if abs(line.middle - middle) < line.size / 2]
        return None if any(_overlap(line, other) for line in beside for other in cell) else middle


def _list_lines(chars: Sequence[Char]) -> list[_Line]:
    lines: list[_Line] = []
    for char in chars:
        last = lines[-1].chars[-1] if lines else None
        if (
            last
            and abs(last["top"] - char["top"]) < _SAME
            and -_SAME < char["x0"] - last["x1"] < _MAX_GAP * char["size"]
        ):
            lines[-1].chars.append(char)
        else:
            lines.append(_Line([char]))
    return lines


def _list_cells(lines: Sequence[_Line]) -> list[_Cell]:
    """Join lines that were drawn one below the other, at the distance that most have, each but the last a full one."""
    distances = [round(below.middle - above.middle, 1) for above, below in pairwise(lines) if _may_follow(above, below)]
    usual = Counter(distances).most_common(1)[0][0] if distances else 0
    cells: list[_Cell] = []
    for line in lines:
        above = cells[-1][-1] if cells else None
        if (
            above
            and _may_follow(above, line)
            and abs(line.middle - above.middle - usual) < 1
            and _is_full(above, [*cells[-1], line])
        ):
            cells[-1].append(line)
        else:
            cells.append([line])
    return cells


def _may_follow(above: _Line, below: _Line) -> bool:
    """Tell whether a line may go on on the next: below it, with the same left edge, middle, or right edge."""
    aligned = (above.left - below.left, above.right - below.right, above.left + above.right - below.left - below.right)
    distance = (below.middle - above.middle) / above.size
    return _MIN_PITCH < distance < _MAX_PITCH and min(map(abs, aligned)) < _SAME


def _is_full(line: _Line, cell: _Cell) -> bool:
    """Tell whether a line of a cell is about as long as the others: else it is the last."""
    return line.width > max(other.width for other in cell) - _MAX_FREE * line.size


def _cover(cell: _Cell, other: _Cell) -> bool:
    return any(
        abs(line.middle - covered.middle) < _MIN_OVERLAP * line.size and _overlap(line, covered)
        for line in cell
        for covered in other
    )


def _overlap(line: _Line, other: _Line) -> bool:
    return min(line.right, other.right) - max(line.left, other.left) > _MIN_SHARED * line.size


def _choose_alignment(cells: Sequence[_Cell], rows: _Rows) -> Callable[[_Cell], float] | None:
    """Choose the alignment by which most cells stand in a row; None where another one would do as well."""
    counts = [sum(rows.find(cell, align(cell)) is not None for cell in cells) for align in _ALIGNMENTS]
    best, second = sorted(counts, reverse=True)[:2]
    if best < _MIN_SHARE * len(cells) or second > _MAX_OTHER_SHARE * best:
        return None
    return _ALIGNMENTS[counts.index(best)]


def _put_on_line(cell: _Cell, middle: float) -> Iterator[tuple[int, Char]]:
    """Give the characters of a cell on one line of its width, one behind the other."""
    chars = [char for line in cell for char in line.chars]
    left, right = min(line.left for line in cell), max(line.right for line in cell)
    width = (right - left) / len(chars)
    for number, char in enumerate(chars):
        half = (char["bottom"] - char["top"]) / 2
        x0 = left + number * width
        moved = {"x0": x0, "x1": x0 + width, "top": middle - half, "bottom": middle + half}
        yield id(char), {**char, **moved}
