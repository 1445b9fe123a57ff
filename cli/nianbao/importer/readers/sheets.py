"""What readers of spreadsheets share: a sheet as a heading and a table."""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from nianbao.importer.recognition.published import Paragraph, Place, PublishedCell, PublishedTable

MAX_ROWS, MAX_COLUMNS = 5_000, 200  # of one sheet; Excel forms of 27 states and 91 categories have over 3,000 rows
STRUCK, RAISED = "~~{}~~", "[{}]"  # how words are marked that are no part of a figure, as pandoc's reader marks them
_FIGURE = re.compile(r"[-+]?[\d.,%]+")


def make_sheet(cells: Sequence[PublishedCell], title: str = "") -> list[Paragraph | PublishedTable]:
    """Return a sheet as a table, after the first text that is alone in its row as a paragraph; empty without cells.

    `title` is that of the sheet, where a file has several.
    """
    table = PublishedTable(tuple(cells), Place(sheet=title))
    for _row, group in groupby(cells, lambda cell: cell.top):
        texts = [cell.text for cell in group if cell.text.strip()]
        if len(texts) == 1 and not _FIGURE.fullmatch(texts[0].strip()):
            return [Paragraph(texts[0], texts[0]), table]
    return [table] if any(cell.text.strip() for cell in cells) else []


def format_number(value: float) -> str:
    """Write a number with as many digits as a spreadsheet keeps."""
    return format(Decimal(f"{value:.15g}"), "f")
