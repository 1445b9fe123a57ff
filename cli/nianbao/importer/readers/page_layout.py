"""The characters and ruled lines of a page, whatever file it is in, as lines of text and tables from top to bottom."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from msgspec.structs import replace

from nianbao.importer.readers.page_lines import Char, TextLine, group_into_lines, join_cell
from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.recognition.published import SOFT_HYPHEN, Place, PrintedLine, PublishedCell, PublishedTable
from nianbao.model.i18n import _

MAX_PAGES = 300  # of one file; a report has six
MIN_PAGE_CHARACTERS = 30  # of a page on average; with fewer it is a scan
_MERGE_DISTANCE = 3.0  # pt; lines of a table that are closer are one
_OTHER_SIZE = 0.85  # of the type of the line above: it is of another figure
_WIDE_ROOM = 1.8  # of the font size: that of a digit and of the margins of a cell
_MIN_INDENT = 12.0  # pt; a line that begins further right begins a paragraph
_MAX_PAGE_NUMBER_LENGTH = 12  # characters of a page number with its dashes
_MIN_RULE = 3.0  # pt; shorter lines are none of a table
_MAX_RULES = 2_000  # of a page; the largest form has two hundred

Box = tuple[float, float, float, float]  # left, top, right, bottom in pt


def find_ruled_tables(rules: Iterable[Box]) -> list[list[Box]]:
    """Return the cells of each table that horizontal and vertical lines make, as PDFs are read.

    A line is a box without width or height. Raises `UnreadableError` for more lines than a page of tables has.
    """
    from pdfplumber import table  # noqa: PLC0415  # heavy

    edges = [_describe_edge(rule) for rule in rules]
    if len(edges) > _MAX_RULES:
        raise UnreadableError(_("too-many-lines-on-page"), _("keep-report-pages"))
    merged = table.merge_edges(edges, *[_MERGE_DISTANCE] * 4)
    long = [edge for edge in merged if max(edge["width"], edge["height"]) >= _MIN_RULE]
    cells = table.intersections_to_cells(table.edges_to_intersections(long, _MERGE_DISTANCE, _MERGE_DISTANCE))
    return [list(group) for group in table.cells_to_tables(cells)]


def _describe_edge(rule: Box) -> dict[str, object]:
    left, top, right, bottom = rule
    size = {"width": right - left, "height": bottom - top}
    is_flat = size["width"] >= size["height"]
    return {"x0": left, "x1": right, "top": top, "bottom": bottom, "orientation": "h" if is_flat else "v", **size}


def lay_out_page(
    chars: list[Char], ruled_tables: Sequence[Sequence[Box]], height: float, page: int = 0, *, keep_all: bool = False
) -> Iterator[TextLine | PublishedTable]:
    """Yield the lines of text and the tables of a page of this height from top to bottom.

    `chars` are what `select_characters` keeps. `page` is the number of the page, from 1; 0 where the file has no pages.
    `ruled_tables` has the cells of each table. All positions are in points from the left upper corner. With `keep_all`,
    what stands between the cells of a table is a text, as in a drawing whose lines look like cells.
    """
    tables = [(cells, _find_edges(cells)) for cells in ruled_tables]
    tables = [(cells, edges) for cells, edges in tables if len(edges[0]) > 2 and len(cells) > 1]  # noqa: PLR2004  # one column is a frame or a shaded area
    chars_of_tables, chars_of_text = _assign_characters(chars, [_surround(cells) for cells, _edges in tables])
    positioned: list[tuple[float, TextLine | PublishedTable]] = []
    for (cells, edges), chars_of_table in zip(tables, chars_of_tables, strict=True):
        parts, full_width_chars, chars_between = _split_table(cells, edges, chars_of_table)
        positioned += parts
        chars_of_text += full_width_chars + (chars_between if keep_all else [])
    lines = [replace(line, is_number=_is_page_number(line, height)) for line in group_into_lines(chars_of_text)]
    left = min((line.left for line in lines if not line.is_number), default=0.0)
    right = max((line.right for line in lines if not line.is_number), default=0.0)
    for line in lines:
        begins, ends = line.left > left + _MIN_INDENT, line.right < right - 2 * line.size
        at_edge = _is_at_edge(line, height)
        positioned.append((line.top, replace(line, begins=begins, ends=ends, at_edge=at_edge)))
    for _top, block in sorted(positioned, key=lambda pair: pair[0]):
        yield _place_block(block, height, page)


def find_direction(chars: Sequence[Char]) -> int:
    """Return in which direction most of the text of a page runs: 0 right, 1 up, 2 left, 3 down."""
    counts = Counter(_find_direction_of(*char["matrix"][:2]) for char in chars)
    return max(counts, key=counts.__getitem__, default=0)


def _find_direction_of(a: float, b: float) -> int:
    if abs(a) >= abs(b):
        return 0 if a >= 0 else 2
    return 1 if b > 0 else 3


def turn_characters(chars: Sequence[Char], direction: int, width: float, height: float) -> list[Char]:
    """Turn characters of a page so that text in a direction runs right; others lie on their side."""
    turned = []
    for char in chars:
        box = turn_box((char["x0"], char["top"], char["x1"], char["bottom"]), direction, width, height)
        edges = dict(zip(("x0", "top", "x1", "bottom"), box, strict=True))
        size = box[3] - box[1]
        sine = size * (_find_direction_of(*char["matrix"][:2]) != direction)
        turned.append({**char, **edges, "size": size, "matrix": (size - sine, sine, -sine, size - sine, 0.0, 0.0)})
    return turned


def turn_box(box: Box, direction: int, width: float, height: float) -> Box:
    """Turn a box of a page, of this width and height, so that text in a direction runs right."""
    left, top, right, bottom = box
    if direction == 1:
        return height - bottom, left, height - top, right
    if direction == 2:  # noqa: PLR2004  # left, see above
        return width - right, height - bottom, width - left, height - top
    return top, width - right, bottom, width - left


def _place_block(block: TextLine | PublishedTable, height: float, page: int) -> TextLine | PublishedTable:
    if isinstance(block, PublishedTable):
        edges = tuple(_compute_share(edge, height) for edge in block.edges)
        return replace(block, place=Place(page=page), edges=edges)
    top, bottom = _compute_share(block.top, height), _compute_share(block.top + block.size, height)
    return replace(block, place=Place(page=page, top=top, bottom=bottom))


def _compute_share(value: float, height: float) -> float:
    return min(max(value / height, 0.0), 1.0) if height > 0 else 0.0


def _assign_characters(chars: list[Char], boxes: Sequence[Box]) -> tuple[list[list[Char]], list[Char]]:
    """Assign each character to the first box in which its centre is; return those of each box, and the others."""
    inside: list[list[Char]] = [[] for _ in boxes]
    outside: list[Char] = []
    for char in chars:
        centre = ((char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2)
        target = next((inside[i] for i, box in enumerate(boxes) if _contains(box, centre)), outside)
        target.append(char)
    return inside, outside


def _is_page_number(line: TextLine, height: float) -> bool:
    """Return whether a line is a page number: short, of digits, and at the edge of the page."""
    digits = re.sub(r"[^\w/]", "", line.text)
    return _is_at_edge(line, height) and len(line.text) <= _MAX_PAGE_NUMBER_LENGTH and digits.replace("/", "").isdigit()


def _is_at_edge(line: TextLine, height: float) -> bool:
    return line.top > 0.9 * height or line.top < 0.06 * height


def remove_running_lines(blocks: list[TextLine | PublishedTable]) -> list[TextLine | PublishedTable]:
    """Remove page headers, footers and numbers: lines at the edge of several pages that differ only in their digits."""
    blocks = [block for block in blocks if isinstance(block, PublishedTable) or not block.is_number]
    counts = Counter(_remove_digits(block.text) for block in blocks if isinstance(block, TextLine) and block.at_edge)
    return [
        block
        for block in blocks
        if isinstance(block, PublishedTable) or not block.at_edge or counts[_remove_digits(block.text)] == 1
    ]


def list_printed_lines(blocks: Iterable[TextLine | PublishedTable]) -> Iterator[PrintedLine | PublishedTable]:
    """Give all lines of text and all tables of pages, as they stand there."""
    for block in blocks:
        if isinstance(block, PublishedTable):
            yield block
        else:
            # One of a word, or there because the line ends: who compares lines allows for both.
            text = block.text.replace(SOFT_HYPHEN, "-")
            yield PrintedLine(text, block.place.page, block.is_number)


def _remove_digits(line: str) -> str:
    """Return a line without its digits, or the line itself where it has no words."""
    words = re.sub(r"\d+", "", line)
    return words if re.search(r"\w", words) else line


def _surround(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _find_edges(cells: Sequence[Box]) -> tuple[list[float], list[float]]:
    """Return the x positions of vertical lines and the y positions of horizontal lines; close ones count as one."""
    return tuple(
        _merge_close_values(sorted({cell[axis] for cell in cells} | {cell[axis + 2] for cell in cells}))
        for axis in (0, 1)
    )  # type: ignore[return-value]


def _merge_close_values(values: list[float]) -> list[float]:
    merged: list[float] = []
    for value in values:
        if not merged or value - merged[-1] > _MERGE_DISTANCE:
            merged.append(value)
    return merged


def _contains(box: Box, point: tuple[float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _split_table(
    ruled_cells: Sequence[Box],
    edges: tuple[list[float], list[float]],
    chars: list[Char],
) -> tuple[list[tuple[float, PublishedTable]], list[Char], list[Char]]:
    """Split a table at rows with one cell of its full width; return the parts, each with its top, and their characters.

    Such a row is a banner, or a paragraph on a shaded area that touches the table. Also returns the characters that
    stand in no cell.
    """
    x_edges, y_edges = edges
    boxes = sorted(ruled_cells, key=lambda box: (box[1], box[0]))
    cells: list[PublishedCell] = []
    full_width_chars: list[Char] = []
    full_width_rows: set[int] = set()
    chars_of_boxes, chars_between = _assign_characters(chars, boxes)
    lines_of_boxes = [group_into_lines(chars_of_box) for chars_of_box in chars_of_boxes]
    # Then no other figure of the table wraps, either.
    are_two = any(map(_has_two_figures, lines_of_boxes, (box[2] - box[0] for box in boxes)))
    for box, chars_of_box, lines in zip(boxes, chars_of_boxes, lines_of_boxes, strict=True):
        top, bottom = _find_nearest(y_edges, box[1]), _find_nearest(y_edges, box[3])
        if box[2] - box[0] > x_edges[-1] - x_edges[0] - _MERGE_DISTANCE:
            full_width_chars += chars_of_box
            full_width_rows.update(range(top, bottom))
        elif bottom > top and box[2] - box[0] > _MERGE_DISTANCE:
            text = join_cell(_part_figures(lines) if are_two else (line.text for line in lines))
            cells.append(PublishedCell(text, top, bottom, box[0], box[2]))
    return list(_make_tables(cells, full_width_rows, x_edges, y_edges)), full_width_chars, chars_between


def _has_two_figures(lines: Sequence[TextLine], width: float) -> bool:
    """Tell whether a cell has digits on two lines that are no figure that wrapped.

    Their sizes differ, or the first line has room for one of the digits below it.
    """
    return any(
        _are_digits(above, line)
        and (
            min(above.size, line.size) <= _OTHER_SIZE * max(above.size, line.size)
            or width - (above.right - above.left) > _WIDE_ROOM * above.size
        )
        for above, line in pairwise(lines)
    )


def _are_digits(above: TextLine, line: TextLine) -> bool:
    return above.text[-1:].isdigit() and line.text[:1].isdigit()


def _part_figures(lines: Sequence[TextLine]) -> Iterator[str]:
    """Give the lines of a cell, with a break between digits."""
    for above, line in pairwise([None, *lines]):
        if line:
            yield f"\n{line.text}" if above and _are_digits(above, line) else line.text


def _make_tables(
    cells: list[PublishedCell], full_width_rows: set[int], x_edges: list[float], y_edges: list[float]
) -> Iterator[tuple[float, PublishedTable]]:
    """Yield the tables between the rows of full width, each with its top."""
    part: list[PublishedCell] = []
    for row in range(len(y_edges)):
        part += [cell for cell in cells if cell.top == row]
        if part and (row in full_width_rows or row == len(y_edges) - 1):
            table = PublishedTable(tuple(_add_missing_cells(part, x_edges)), edges=tuple(y_edges))
            yield y_edges[part[0].top], table
            part = []


def _add_missing_cells(cells: list[PublishedCell], x_edges: list[float]) -> Iterator[PublishedCell]:
    """Yield the cells, and empty ones where a line of the table is missing, as for a cell cut by a page break."""
    yield from cells
    for row in sorted({cell.top for cell in cells}):
        in_row = [cell for cell in cells if cell.top <= row < cell.bottom]
        for left, right in pairwise(x_edges):
            if not any(cell.left < (left + right) / 2 < cell.right for cell in in_row):
                yield PublishedCell("", row, row + 1, left, right)


def _find_nearest(values: list[float], value: float) -> int:
    return min(range(len(values)), key=lambda index: abs(values[index] - value))
