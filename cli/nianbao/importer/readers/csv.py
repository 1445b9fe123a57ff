"""Values separated by commas, semicolons or tabs, as spreadsheets export them: one table."""

import csv
from collections import Counter

from nianbao.importer.readers.refusal import make_damage_error
from nianbao.importer.readers.sheets import MAX_COLUMNS, MAX_ROWS, make_sheet
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.readers.texts import decode_text
from nianbao.importer.recognition.published import PublishedCell, PublishedDocument
from nianbao.model.i18n import _

ORDER = 34
SUFFIXES = frozenset({"csv", "tsv"})
_SEPARATORS = (",", ";", "\t", "\N{FULLWIDTH COMMA}")


def claim(sample: Sample) -> Confidence:
    """Claim a text with the suffix of such a file: only that distinguishes it from plain text."""
    return Confidence.CERTAIN if sample.has_suffix(SUFFIXES) else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read values by the separator that most lines have; raises `UnreadableError` for a quotation without end."""
    lines = decode_text(content).splitlines()
    counts = Counter(separator for line in lines for separator in _SEPARATORS if separator in line)
    separator = counts.most_common(1)[0][0] if counts else _SEPARATORS[0]
    try:
        rows = [row for row in csv.reader(lines, delimiter=separator) if any(text.strip() for text in row)]
    except csv.Error as error:
        raise make_damage_error() from error
    notes = (_("first-rows-of-file-read", rows=MAX_ROWS),) if len(rows) > MAX_ROWS else ()
    width = min(MAX_COLUMNS, max((len(row) for row in rows[:MAX_ROWS]), default=0))
    cells = [
        PublishedCell(row[column].strip() if column < len(row) else "", top, top + 1, column, column + 1)
        for top, row in enumerate(rows[:MAX_ROWS])
        for column in range(width)
    ]
    return PublishedDocument(tuple(make_sheet(cells)), notes=notes)
