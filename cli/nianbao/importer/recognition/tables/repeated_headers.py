"""Headers that stand before the figures in the cells under them, too, as pages for phones have them."""

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from nianbao.importer.recognition.labels import normalize
from nianbao.importer.recognition.printed_values import may_be_value
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedTable
from nianbao.model.loading.reading import Reading

_MIN_CELLS = 3  # of a file that repeat a header: fewer are rather labels with a number
_MAX_HEADERS, _MAX_LENGTH = 100, 200  # texts of a column, characters of a cell
_WORDS_AND_FIGURE = re.compile(r"(?s)\s*[^\W\d].*[^\d.,\s+-]\s*[-+]?\d[\d.,\s]*")


def leave_out_repeated_headers(
    blocks: Sequence[Paragraph | PublishedTable], reading: Reading
) -> tuple[Paragraph | PublishedTable, ...]:
    """Return blocks without the headers in the cells of figures that stand above these in the same columns."""
    tables = [block for block in blocks if isinstance(block, PublishedTable)]
    figures = {id(cell): figure for table in tables for cell, figure in _find_figures(table, reading)}
    if len(figures) < _MIN_CELLS:
        return tuple(blocks)
    return tuple(_replace_texts(block, figures) if isinstance(block, PublishedTable) else block for block in blocks)


def _replace_texts(table: PublishedTable, texts: Mapping[int, str]) -> PublishedTable:
    return replace(table, cells=tuple(replace(cell, text=texts.get(id(cell), cell.text)) for cell in table.cells))


def _find_figures(table: PublishedTable, reading: Reading) -> Iterator[tuple[PublishedCell, str]]:
    """Give the cells that have nothing but headers from above and a figure, each with its figure."""
    headers: dict[tuple[float, float], list[PublishedCell]] = {}
    short = (cell for cell in table.cells if len(cell.text) <= _MAX_LENGTH)
    for cell in (cell for cell in short if _WORDS_AND_FIGURE.fullmatch(cell.text)):
        column = (cell.left, cell.right)
        if column not in headers:
            over = (one for one in table.cells if one.left <= cell.left and cell.right <= one.right)
            headers[column] = sorted((one for one in over if _is_header(one)), key=lambda one: one.top)[:_MAX_HEADERS]
        text = normalize(cell.text, reading)
        for header in (header for header in headers[column] if header.bottom <= cell.top):
            text = text.removeprefix(normalize(header.text, reading)).lstrip(":")
        if text != normalize(cell.text, reading) and may_be_value(text, reading):
            yield cell, text


def _is_header(cell: PublishedCell) -> bool:
    """Tell whether a cell has words, and no digit at its end, which would be one of the figure behind it."""
    text = cell.text.strip()
    return bool(text) and not text[-1].isdigit() and any(map(str.isalpha, text))
