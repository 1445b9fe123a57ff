"""Plain text, such as a web page copied into an editor: a paragraph for each line, a table of lines with tabs."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.readers.texts import decode_text
from nianbao.importer.recognition.markdown import escape_markdown
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedDocument, PublishedTable

ORDER = 99
SUFFIXES = frozenset({"txt", "text"})
_BAR = re.compile("[|\N{FULLWIDTH VERTICAL LINE}]")
_GAP = re.compile(r"[^\W\d]\s*\|\s*\|[|\s]*[^\W\d]")  # a blank cell between words
_FIGURE = re.compile(r"\|\s*\d+\s*(?=\|)")
_LAST_FIGURE = re.compile(r"\d\s*\|?\s*$")


def claim(sample: Sample) -> Confidence:
    """Claim every text that no other reader claims."""
    return Confidence.CERTAIN if sample.has_suffix(SUFFIXES) else Confidence.LIKELY if sample.is_text else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read a text line by line, without the numbers of its pages."""
    pages = [[line for line in page.splitlines() if line.strip()] for page in decode_text(content).split("\f")]
    lines = [line for page in _drop_page_numbers(pages) for line in page]
    return PublishedDocument(
        tuple(
            block for separator, run in groupby(lines, _find_separator) for block in _make_blocks(list(run), separator)
        )
    )


def _drop_page_numbers(pages: list[list[str]]) -> list[list[str]]:
    """Drop the last line of each page, or the first, where these are the numbers of all pages that have one."""
    for at in (-1, 0):
        numbers = [page[at].strip() if page else "" for page in pages]
        offsets = {int(text) - index for index, text in enumerate(numbers) if text.isdecimal()}
        if len(offsets) == 1 and sum(map(str.isdecimal, numbers)) > 1:
            for page, text in zip(pages, numbers, strict=True):
                if text.isdecimal():
                    del page[at]
    return pages


def _find_separator(line: str) -> str:
    return "\t" if "\t" in line else "|" if _BAR.search(line) else ""


def _make_blocks(lines: Sequence[str], separator: str) -> Iterator[Paragraph | PublishedTable]:
    """Make a table of lines with the same number of cells, as copied from a spreadsheet; else paragraphs."""
    plain = [_BAR.sub("|", line) for line in lines]
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
        yield from (Paragraph(line, escape_markdown(line.strip())) for line in lines)


def _is_grid(lines: Sequence[str]) -> bool:
    """Tell whether there is a cell between bars for every place: programs also fill up rows that have fewer.

    Then blank cells stand between words for what spans columns, and most rows of figures have one at their end.
    """
    of_figures = [line for line in lines if _FIGURE.search(line)]
    return any(map(_GAP.search, lines)) and sum(bool(_LAST_FIGURE.search(line)) for line in of_figures) * 2 > len(
        of_figures
    )
