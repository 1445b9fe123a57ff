"""Plain text, as a web page is copied into an editor: one block for each line, a grid where tabs make one."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from nianbao.importer.readers.sniff import Claim, Sample
from nianbao.importer.readers.texts import decode_text
from nianbao.importer.recognition.markdown import escape_markdown
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedDocument, PublishedTable

ORDER = 99
SUFFIXES = frozenset({"txt", "text"})
_PAGE_NUMBER = re.compile(r"^\s*(?:[-—–－―─]+\s*\d{1,4}\s*[-—–－―─]+|第\s*\d{1,4}\s*页.{0,10})\s*$")


def claim(sample: Sample) -> Claim:
    """Take every text that no other reader takes."""
    return Claim.CERTAIN if sample.has_suffix(SUFFIXES) else Claim.LIKELY if sample.is_text else Claim.NO


def read(content: bytes) -> PublishedDocument:
    """Read a text line by line, without page numbers."""
    lines = decode_text(content).replace("\f", "\n").splitlines()
    kept = [line for line in lines if line.strip() and not _PAGE_NUMBER.match(line)]
    return PublishedDocument(
        tuple(block for tabbed, some in groupby(kept, _has_tab) for block in _make_blocks(list(some), tabbed))
    )


def _has_tab(line: str) -> bool:
    return "\t" in line


def _make_blocks(lines: Sequence[str], tabbed: bool) -> Iterator[Paragraph | PublishedTable]:  # noqa: FBT001  # as groupby tells it
    """Make a grid of lines with the same number of cells, as a spreadsheet copies them; else texts."""
    rows = [line.split("\t") for line in lines]
    if tabbed and len(rows) > 1 and len({len(row) for row in rows}) == 1:
        yield PublishedTable(
            tuple(
                PublishedCell(cell.strip(), top, top + 1, left, left + 1)
                for top, row in enumerate(rows)
                for left, cell in enumerate(row)
            )
        )
    else:
        yield from (Paragraph(line, escape_markdown(line.strip())) for line in lines)
