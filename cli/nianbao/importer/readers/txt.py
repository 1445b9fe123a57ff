"""Plain text, such as a web page copied into an editor: a paragraph for each line, a table of lines with tabs."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import NamedTuple

from nianbao.importer.readers import refusal
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.readers.texts import decode_text
from nianbao.importer.recognition.markdown import escape_markdown
from nianbao.importer.recognition.published import Paragraph, Place, PublishedCell, PublishedDocument, PublishedTable

ORDER = 99
SUFFIXES = frozenset({"txt", "text"})
_PAGE_NUMBER = re.compile(r"\d{1,4}")
_BAR = re.compile("[|\N{FULLWIDTH VERTICAL LINE}]")
_GAP = re.compile(r"[^\W\d]\s*\|\s*\|[|\s]*[^\W\d]")  # a blank cell between words
_FIGURE = re.compile(r"\|\s*\d+\s*(?=\|)")
_LAST_FIGURE = re.compile(r"\d\s*\|?\s*$")


def claim(sample: Sample) -> Confidence:
    """Claim every text that no other reader claims."""
    return Confidence.CERTAIN if sample.has_suffix(SUFFIXES) else Confidence.LIKELY if sample.is_text else Confidence.NO


class _Line(NamedTuple):
    """A line that is not blank, and its number."""

    number: int
    text: str


def read(content: bytes) -> PublishedDocument:
    """Read a text line by line, without the numbers of its pages."""
    lines = [line for page in _drop_page_numbers(_list_pages(decode_text(content))) for line in page]
    runs = groupby(lines, lambda line: _find_separator(line.text))
    blocks = (block for separator, run in runs for block in _make_blocks(list(run), separator))
    # Of two blocks one at least has words, and a file with more of those than may be is refused.
    return PublishedDocument(tuple(islice(blocks, 2 * refusal.MAX_BLOCKS + 2)))


def _list_pages(text: str) -> list[list[_Line]]:
    """Return the lines of each page; a form feed ends a page."""
    pages, number = [], 1
    for page in text.split("\f"):
        pages.append([_Line(number + at, line) for at, line in enumerate(page.splitlines()) if line.strip()])
        number += page.count("\n")
    return pages


def _drop_page_numbers(pages: list[list[_Line]]) -> list[list[_Line]]:
    """Drop the last line of each page, or the first, where these are the numbers of all pages that have one."""
    for at in (-1, 0):
        numbers = [page[at].text.strip() if page else "" for page in pages]
        is_number = [bool(_PAGE_NUMBER.fullmatch(text)) for text in numbers]
        offsets = {int(text) - index for index, text in enumerate(numbers) if is_number[index]}
        if len(offsets) == 1 and sum(is_number) > 1:
            for page, has_number in zip(pages, is_number, strict=True):
                if has_number:
                    del page[at]
    return pages


def _find_separator(line: str) -> str:
    return "\t" if "\t" in line else "|" if _BAR.search(line) else ""


def _make_blocks(lines: Sequence[_Line], separator: str) -> Iterator[Paragraph | PublishedTable]:
    """Make a table of lines with the same number of cells, as copied from a spreadsheet; else paragraphs."""
    plain = [_BAR.sub("|", line.text) for line in lines]
    is_grid = separator == "\t" or (separator == "|" and _is_grid(plain))
    rows = [line.split(separator) for line in plain] if is_grid else []
    if len(rows) > 1 and len({len(row) for row in rows}) == 1:
        yield PublishedTable(
            tuple(
                PublishedCell(cell.strip(), top, top + 1, left, left + 1)
                for top, row in enumerate(rows)
                for left, cell in enumerate(row)
            )
        )
    else:
        for number, text in lines:
            yield Paragraph(text, escape_markdown(text.strip()), place=Place(line=number))


def _is_grid(lines: Sequence[str]) -> bool:
    """Tell whether there is a cell between bars for every place: programs also fill up rows that have fewer.

    Then blank cells stand between words for what spans columns, and most rows of figures have one at their end.
    """
    of_figures = [line for line in lines if _FIGURE.search(line)]
    return any(map(_GAP.search, lines)) and sum(bool(_LAST_FIGURE.search(line)) for line in of_figures) * 2 > len(
        of_figures
    )
