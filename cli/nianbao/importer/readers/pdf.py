"""PDFs with a text layer: lines of text and ruled tables, page by page, and the facts that one of ours carries."""

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from typing import Any

from nianbao.importer.readers.attached import read_attached_facts
from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.readers.sniff import Claim, Sample
from nianbao.importer.recognition.markdown import escape_markdown
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedDocument, PublishedTable
from nianbao.model.i18n import _

ORDER = 10
MAX_PAGES = 300  # of one file; a report has six
_MERGE_DISTANCE = 3.0  # pt between two lines of a grid that are one
_MIN_PAGE_CHARACTERS = 30  # characters of a page on average; with fewer it is a picture
_UNMAPPED_PREFIX = "(cid:"  # how the library shows a sign of which the file does not say which letter it is
_REPLACEMENT = "\ufffd"
_MAX_UNMAPPED_SHARE = 0.3  # of the letters; with as many unknown no table can be recognised
_MIN_BLANK_WIDTH = 0.6  # of its size, between two figures or letters: a blank
_MIN_INDENT = 12.0  # pt; a line that begins further right begins a paragraph
_MAX_SINE = 0.01  # sine of the angle at which a sign is turned
_MAX_FONT_SIZE = 100.0  # pt; no title is set as large
_MAX_PAGE_NUMBER_LENGTH = 12  # characters of a page number with its dashes
_RADICAL = re.compile("[\u2e80-\u2fdf]")  # what some fonts say instead of the character that looks the same
_HEADING_START = re.compile(r"[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)]")
_FIGURE_ROW = re.compile(r"(?:^|.*\s)[\d.,，]+")  # a line of cells, the last of them a figure


def claim(sample: Sample) -> Claim:
    """Take what says so near its beginning, where some programs have put something else first."""
    return Claim.CERTAIN if b"%PDF-" in sample.content[:1024] else Claim.NO


def read(content: bytes) -> PublishedDocument:
    """Read a PDF; raises `UnreadableError` for one that has a password, is damaged, or has no text."""
    import pdfplumber  # noqa: PLC0415  # heavy
    from pdfminer.pdfdocument import PDFPasswordIncorrect  # noqa: PLC0415  # see above

    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    blocks: list[_Line | PublishedTable] = []
    notes: list[str] = []
    try:
        with pdfplumber.open(BytesIO(content)) as pdf:
            title = str(pdf.metadata.get("Title") or "")
            carried = read_attached_facts(pdf.doc)
            count, letters, unknown = 0, 0, 0
            for page in pdf.pages:
                count += 1
                if count > MAX_PAGES:
                    notes.append(_("只读了前 {pages} 页", pages=MAX_PAGES))
                    break
                letters += len(page.chars)
                unknown += sum(char["text"].startswith(_UNMAPPED_PREFIX) for char in page.chars)
                blocks += _read_page(page)
                page.close()
    except PDFPasswordIncorrect as error:
        raise UnreadableError(_("文件加了密码"), _("用原程序打开，去掉密码再导入")) from error
    except MemoryError:
        raise
    except Exception as error:  # a broken file breaks its parser in any way
        if "PDFPasswordIncorrect" in repr(error):
            raise UnreadableError(_("文件加了密码"), _("用原程序打开，去掉密码再导入")) from error
        raise UnreadableError(
            _("文件损坏了：{error}", error=error), _("请重新取得这个文件，或用原程序打开后另存")
        ) from error
    if letters < _MIN_PAGE_CHARACTERS * count:
        raise UnreadableError(
            _("这是扫描的 PDF，里面没有文字"), _("先做文字识别（OCR），存成带文字的 PDF 或 .docx 再导入")
        )
    if unknown > _MAX_UNMAPPED_SHARE * letters:
        raise UnreadableError(
            _("PDF 里的字没有对应的文字，复制出来是乱码"), _("向发文的人要 Word 文件或网页；没有就先做文字识别（OCR）")
        )
    return PublishedDocument(
        tuple(_join_lines(_remove_running_lines(blocks))),
        title,
        embedded_facts=carried,
        exact=False,
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of text: where it stands in points, and whether a paragraph begins or ends with it."""

    text: str
    left: float
    right: float
    top: float
    size: float
    begins: bool = False
    ends: bool = False
    edge: bool = False  # of the page: it may stand on every one


def _read_page(page: Any) -> Iterator[_Line | PublishedTable]:  # noqa: ANN401  # pdfplumber carries no types
    """Give the lines of text and the tables of a page from top to bottom."""
    tables = [(table, _find_edges(table)) for table in page.find_tables()]
    tables = [(table, edges) for table, edges in tables if len(edges[0]) > 2 and len(table.cells) > 1]  # noqa: PLR2004  # one column is a frame or a shade
    chars = _select_characters(page.chars)
    inside: dict[int, list[dict[str, Any]]] = {}
    outside = []
    for char in chars:
        middle = ((char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2)
        at = next((at for at, (table, _) in enumerate(tables) if _contains(table.bbox, middle)), None)
        if at is None:
            outside.append(char)
        else:
            inside.setdefault(at, []).append(char)
    found: list[tuple[float, _Line | PublishedTable]] = []
    for at, (table, edges) in enumerate(tables):
        grids, texts = _split_table(table, edges, inside.get(at, []))
        found += grids
        outside += texts
    lines = [line for line in _group_into_lines(outside) if not _is_page_number(line, page.height)]
    left = min((line.left for line in lines), default=0.0)
    right = max((line.right for line in lines), default=0.0)
    for line in lines:
        begins, ends = line.left > left + _MIN_INDENT, line.right < right - 2 * line.size
        edge = _is_at_edge(line, page.height)
        found.append((line.top, replace(line, begins=begins, ends=ends, edge=edge)))
    yield from (block for _top, block in sorted(found, key=lambda pair: pair[0]))


def _select_characters(chars: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the blanks, signs drawn twice for a bold look, and those that stand askew, as in a watermark."""
    seen: set[tuple[str, int, int]] = set()
    kept = []
    for char in chars:
        key = (char["text"], round(char["x0"]), round(char["top"]))
        straight = abs(char["matrix"][1]) < _MAX_SINE and char["size"] < _MAX_FONT_SIZE
        if char["text"].strip() and straight and key not in seen:
            seen.add(key)
            kept.append({**char, "text": _REPLACEMENT} if char["text"].startswith(_UNMAPPED_PREFIX) else char)
    return kept


def _is_page_number(line: _Line, height: float) -> bool:
    """Tell a page number from the text; it stands at the edge of the page."""
    digits = re.sub(r"[-—– －─·第页共\u3000]", "", line.text)
    return _is_at_edge(line, height) and len(line.text) <= _MAX_PAGE_NUMBER_LENGTH and digits.replace("/", "").isdigit()


def _is_at_edge(line: _Line, height: float) -> bool:
    return line.top > 0.9 * height or line.top < 0.06 * height


def _remove_running_lines(blocks: list[_Line | PublishedTable]) -> list[_Line | PublishedTable]:
    """Leave out the lines that stand at the edge of several pages, but for their numbers."""
    said = Counter(_remove_digits(block.text) for block in blocks if isinstance(block, _Line) and block.edge)
    return [
        block
        for block in blocks
        if isinstance(block, PublishedTable) or not block.edge or said[_remove_digits(block.text)] == 1
    ]


def _remove_digits(line: str) -> str:
    """Return the words of a line, or the line itself where it has none."""
    words = re.sub(r"\d+", "", line)
    return words if re.search(r"\w", words) else line


def _find_edges(table: Any) -> tuple[list[float], list[float]]:  # noqa: ANN401  # see above
    """Return the upright and the level lines of a table, those close together as one."""
    return tuple(
        _merge_close_values(sorted({cell[at] for cell in table.cells} | {cell[at + 2] for cell in table.cells}))
        for at in (0, 1)
    )  # type: ignore[return-value]


def _merge_close_values(values: list[float]) -> list[float]:
    kept: list[float] = []
    for value in values:
        if not kept or value - kept[-1] > _MERGE_DISTANCE:
            kept.append(value)
    return kept


def _contains(box: tuple[float, float, float, float], point: tuple[float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _split_table(
    table: Any,  # noqa: ANN401  # see above
    edges: tuple[list[float], list[float]],
    chars: list[dict[str, Any]],
) -> tuple[list[tuple[float, PublishedTable]], list[dict[str, Any]]]:
    """Part a table into its grids, each with its top, and the characters of lines over its full width.

    Such a line is a banner, or a paragraph with a shade that touches the table.
    """
    across, down = edges
    cells = sorted(table.cells, key=lambda cell: (cell[1], cell[0]))
    held: list[list[dict[str, Any]]] = [[] for _ in cells]
    for char in chars:
        middle = ((char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2)
        at = next((at for at, cell in enumerate(cells) if _contains(cell, middle)), None)
        if at is not None:
            held[at].append(char)
    boxes: list[PublishedCell] = []
    free: list[dict[str, Any]] = []
    whole: set[int] = set()
    for cell, own in zip(cells, held, strict=True):
        top, bottom = _find_nearest(down, cell[1]), _find_nearest(down, cell[3])
        if cell[2] - cell[0] > across[-1] - across[0] - _MERGE_DISTANCE:
            free += own
            whole.update(range(top, bottom))
        elif bottom > top and cell[2] - cell[0] > _MERGE_DISTANCE:
            text = "".join(line.text for line in _group_into_lines(own))
            boxes.append(PublishedCell(text, top, bottom, cell[0], cell[2]))
    grids: list[tuple[float, PublishedTable]] = []
    rows: list[PublishedCell] = []
    for at in range(len(down)):
        rows += [box for box in boxes if box.top == at]
        if rows and (at in whole or at == len(down) - 1):
            grids.append((down[rows[0].top], PublishedTable(tuple(_add_missing_cells(rows, across)))))
            rows = []
    return grids, free


def _add_missing_cells(boxes: list[PublishedCell], across: list[float]) -> Iterator[PublishedCell]:
    """Give the boxes, and blank ones where a table lacks a line: a cell cut by the end of a page has none."""
    yield from boxes
    rows = sorted({box.top for box in boxes})
    for row in rows:
        covered = [box for box in boxes if box.top <= row < box.bottom]
        for left, right in pairwise(across):
            if not any(box.left < (left + right) / 2 < box.right for box in covered):
                yield PublishedCell("", row, row + 1, left, right)


def _find_nearest(values: list[float], value: float) -> int:
    return min(range(len(values)), key=lambda at: abs(values[at] - value))


def _group_into_lines(chars: list[dict[str, Any]]) -> list[_Line]:
    """Put characters into lines; a wide gap is a blank."""
    lines: list[list[dict[str, Any]]] = []
    for char in sorted(chars, key=lambda char: (char["top"] + char["bottom"]) / 2):
        middle = (char["top"] + char["bottom"]) / 2
        if lines and abs(middle - _average_middle(lines[-1])) < 0.5 * max(char["size"], 1):
            lines[-1].append(char)
        else:
            lines.append([char])
    return [_make_line(line) for line in lines]


def _average_middle(line: list[dict[str, Any]]) -> float:
    return float(sum(char["top"] + char["bottom"] for char in line)) / 2 / len(line)


def _make_line(line: list[dict[str, Any]]) -> _Line:
    ordered = sorted(line, key=lambda char: char["x0"])
    size = max(char["size"] for char in ordered)
    text = ordered[0]["text"]
    for before, char in pairwise(ordered):
        gap = char["x0"] - before["x1"]
        ascii_near = char["text"].isascii() or before["text"].isascii()
        text += (" " if gap > (_MIN_BLANK_WIDTH if ascii_near else 2) * size else "") + char["text"]
    text = _RADICAL.sub(lambda radical: unicodedata.normalize("NFKC", radical[0]), text)
    return _Line(text, ordered[0]["x0"], ordered[-1]["x1"], min(char["top"] for char in line), size)


def _join_lines(blocks: list[_Line | PublishedTable]) -> Iterator[Paragraph | PublishedTable]:
    """Join the lines of a paragraph, also over the end of a page."""
    paragraph, ended = "", True
    for block in blocks:
        if isinstance(block, PublishedTable) or block.begins or ended or _begins_paragraph(paragraph, block.text):
            if paragraph:
                yield Paragraph(paragraph, escape_markdown(paragraph))
            paragraph = ""
        if isinstance(block, PublishedTable):
            yield block
            ended = True
        else:
            paragraph += block.text
            ended = block.ends
    if paragraph:
        yield Paragraph(paragraph, escape_markdown(paragraph))


def _begins_paragraph(paragraph: str, line: str) -> bool:
    """Tell whether a line begins anew though the one before fills its width: a heading, or next to rows of figures."""
    heading = _HEADING_START.match(line) and re.search("[。；：！？]$", paragraph)
    return bool(heading or _FIGURE_ROW.fullmatch(paragraph) or _FIGURE_ROW.fullmatch(line))
