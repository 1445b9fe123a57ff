"""PDFs with a text layer: lines of text and ruled tables, page by page, and the facts embedded in our own PDFs."""

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import pairwise
from typing import Any

from nianbao.importer.readers.attached import read_attached_facts
from nianbao.importer.readers.pdf_lines import (
    UNMAPPED_PREFIX,
    Char,
    TextLine,
    group_into_lines,
    join_lines,
    select_characters,
)
from nianbao.importer.readers.pdf_wrapped import unwrap_cells
from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.recognition.published import Place, PublishedCell, PublishedDocument, PublishedTable
from nianbao.model.i18n import _

ORDER = 10
MAX_PAGES = 300  # of one file; a report has six
_MERGE_DISTANCE = 3.0  # pt; lines of a table that are closer are one
_MIN_PAGE_CHARACTERS = 30  # of a page on average; with fewer it is a scan
_MAX_UNMAPPED_SHARE = 0.3  # of the characters; with more of them unmapped no table can be recognized
_MIN_INDENT = 12.0  # pt; a line that begins further right begins a paragraph
_MAX_PAGE_NUMBER_LENGTH = 12  # characters of a page number with its dashes

Box = tuple[float, float, float, float]  # left, top, right, bottom in pt


def claim(sample: Sample) -> Confidence:
    """Claim a file with the signature of PDF near its beginning; some programs write something else before it."""
    return Confidence.CERTAIN if b"%PDF-" in sample.content[:1024] else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read a PDF; raises `UnreadableError` for one that has a password, is damaged, or has no text."""
    import pdfplumber  # noqa: PLC0415  # heavy
    from pdfminer.pdfdocument import PDFPasswordIncorrect  # noqa: PLC0415  # see above

    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    try:
        with pdfplumber.open(BytesIO(content)) as pdf:
            pages = _read_pages(pdf)
    except PDFPasswordIncorrect as error:
        raise UnreadableError(_("file-has-password"), _("remove-password")) from error
    except MemoryError:
        raise
    except Exception as error:  # a broken file breaks its parser in any way
        if "PDFPasswordIncorrect" in repr(error):
            raise UnreadableError(_("file-has-password"), _("remove-password")) from error
        raise UnreadableError(_("file-damaged", error=error), _("get-file-again")) from error
    _check_text(pages)
    return PublishedDocument(
        tuple(join_lines(_remove_running_lines(pages.blocks))),
        pages.title,
        embedded_facts=pages.embedded_facts,
        exact=False,
        notes=tuple(pages.notes),
    )


@dataclass(slots=True)
class _Pages:
    """What was read of the pages: `characters` counts them, `unmapped` those for which the file has no text."""

    title: str = ""
    embedded_facts: str = ""
    count: int = 0
    characters: int = 0
    unmapped: int = 0
    blocks: list[TextLine | PublishedTable] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _check_text(pages: _Pages) -> None:
    """Raise `UnreadableError` where the pages have no text, or too much of it is not mapped to characters."""
    if pages.characters < _MIN_PAGE_CHARACTERS * pages.count:
        raise UnreadableError(_("pdf-is-scanned"), _("run-ocr-for-pdf"))
    if pages.unmapped > _MAX_UNMAPPED_SHARE * pages.characters:
        raise UnreadableError(_("pdf-text-garbled"), _("ask-issuer-for-word"))


def _read_pages(pdf: Any) -> _Pages:  # noqa: ANN401  # pdfplumber has no types
    pages = _Pages(str(pdf.metadata.get("Title") or ""), read_attached_facts(pdf.doc))
    for page in pdf.pages:
        pages.count += 1
        if pages.count > MAX_PAGES:
            pages.notes.append(_("first-pages-read", pages=MAX_PAGES))
            break
        pages.characters += len(page.chars)
        pages.unmapped += sum(char["text"].startswith(UNMAPPED_PREFIX) for char in page.chars)
        pages.blocks += (replace(block, place=Place(page=pages.count)) for block in _read_page(page))
        page.close()
    return pages


def _read_page(page: Any) -> Iterator[TextLine | PublishedTable]:  # noqa: ANN401  # see above
    """Yield the lines of text and the tables of a page from top to bottom."""
    tables = [(table, _find_edges(table)) for table in page.find_tables()]
    tables = [(table, edges) for table, edges in tables if len(edges[0]) > 2 and len(table.cells) > 1]  # noqa: PLR2004  # one column is a frame or a shaded area
    chars_of_tables, chars_of_text = _assign_characters(
        unwrap_cells(select_characters(page.chars)), [table.bbox for table, _edges in tables]
    )
    positioned: list[tuple[float, TextLine | PublishedTable]] = []
    for (table, edges), chars in zip(tables, chars_of_tables, strict=True):
        parts, full_width_chars = _split_table(table, edges, chars)
        positioned += parts
        chars_of_text += full_width_chars
    lines = [line for line in group_into_lines(chars_of_text) if not _is_page_number(line, page.height)]
    left = min((line.left for line in lines), default=0.0)
    right = max((line.right for line in lines), default=0.0)
    for line in lines:
        begins, ends = line.left > left + _MIN_INDENT, line.right < right - 2 * line.size
        at_edge = _is_at_edge(line, page.height)
        positioned.append((line.top, replace(line, begins=begins, ends=ends, at_edge=at_edge)))
    yield from (block for _top, block in sorted(positioned, key=lambda pair: pair[0]))


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


def _remove_running_lines(blocks: list[TextLine | PublishedTable]) -> list[TextLine | PublishedTable]:
    """Remove page headers and footers: lines at the edge of several pages that differ only in their digits."""
    counts = Counter(_remove_digits(block.text) for block in blocks if isinstance(block, TextLine) and block.at_edge)
    return [
        block
        for block in blocks
        if isinstance(block, PublishedTable) or not block.at_edge or counts[_remove_digits(block.text)] == 1
    ]


def _remove_digits(line: str) -> str:
    """Return a line without its digits, or the line itself where it has no words."""
    words = re.sub(r"\d+", "", line)
    return words if re.search(r"\w", words) else line


def _find_edges(table: Any) -> tuple[list[float], list[float]]:  # noqa: ANN401  # see above
    """Return the x positions of vertical lines and the y positions of horizontal lines; close ones count as one."""
    return tuple(
        _merge_close_values(sorted({cell[axis] for cell in table.cells} | {cell[axis + 2] for cell in table.cells}))
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
    table: Any,  # noqa: ANN401  # see above
    edges: tuple[list[float], list[float]],
    chars: list[Char],
) -> tuple[list[tuple[float, PublishedTable]], list[Char]]:
    """Split a table at rows with one cell of its full width; return the parts, each with its top, and their characters.

    Such a row is a banner, or a paragraph on a shaded area that touches the table.
    """
    x_edges, y_edges = edges
    boxes = sorted(table.cells, key=lambda box: (box[1], box[0]))
    cells: list[PublishedCell] = []
    full_width_chars: list[Char] = []
    full_width_rows: set[int] = set()
    for box, chars_of_box in zip(boxes, _assign_characters(chars, boxes)[0], strict=True):
        top, bottom = _find_nearest(y_edges, box[1]), _find_nearest(y_edges, box[3])
        if box[2] - box[0] > x_edges[-1] - x_edges[0] - _MERGE_DISTANCE:
            full_width_chars += chars_of_box
            full_width_rows.update(range(top, bottom))
        elif bottom > top and box[2] - box[0] > _MERGE_DISTANCE:
            text = "".join(line.text for line in group_into_lines(chars_of_box))
            cells.append(PublishedCell(text, top, bottom, box[0], box[2]))
    return list(_make_tables(cells, full_width_rows, x_edges, y_edges)), full_width_chars


def _make_tables(
    cells: list[PublishedCell], full_width_rows: set[int], x_edges: list[float], y_edges: list[float]
) -> Iterator[tuple[float, PublishedTable]]:
    """Yield the tables between the rows of full width, each with its top."""
    part: list[PublishedCell] = []
    for row in range(len(y_edges)):
        part += [cell for cell in cells if cell.top == row]
        if part and (row in full_width_rows or row == len(y_edges) - 1):
            yield y_edges[part[0].top], PublishedTable(tuple(_add_missing_cells(part, x_edges)))
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
