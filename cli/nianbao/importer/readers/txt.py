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
_DASHES = r"[-—–\N{FULLWIDTH HYPHEN-MINUS}―─]+"
_PAGE_NUMBER = re.compile(rf"^\s*{_DASHES}\s*\d{{1,4}}\s*{_DASHES}\s*$")


def claim(sample: Sample) -> Confidence:
    """Claim every text that no other reader claims."""
    return Confidence.CERTAIN if sample.has_suffix(SUFFIXES) else Confidence.LIKELY if sample.is_text else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read a text line by line, without page numbers."""
    lines = decode_text(content).replace("\f", "\n").splitlines()
    lines = [line for line in lines if line.strip() and not _PAGE_NUMBER.match(line)]
    return PublishedDocument(
        tuple(block for has_tab, run in groupby(lines, _has_tab) for block in _make_blocks(list(run), has_tab=has_tab))
    )


def _has_tab(line: str) -> bool:
    return "\t" in line


def _make_blocks(lines: Sequence[str], *, has_tab: bool) -> Iterator[Paragraph | PublishedTable]:
    """Make a table of lines with the same number of cells, as copied from a spreadsheet; else paragraphs."""
    rows = [line.split("\t") for line in lines]
    if has_tab and len(rows) > 1 and len({len(row) for row in rows}) == 1:
        yield PublishedTable(
            tuple(
                PublishedCell(cell.strip(), top, top + 1, left, left + 1)
                for top, row in enumerate(rows)
                for left, cell in enumerate(row)
            )
        )
    else:
        yield from (Paragraph(line, escape_markdown(line.strip())) for line in lines)
