"""The cells of a row by the columns of the form: those of headers that they stand under, else in their order."""

from collections.abc import Sequence

from msgspec import Struct

from nianbao.importer.recognition.published import PublishedCell
from nianbao.importer.recognition.tables.columns import MIN_OVERLAP, Alignment


class PlacedCells(Struct, frozen=True):
    """The figures of one row by column; `unclear` columns have a text whose column nobody can know."""

    cells: dict[int, str]
    unclear: dict[int, str]


def place_cells(
    cells: Sequence[PublishedCell], alignment: Alignment, size: int, *, lacks_cell: bool = False
) -> PlacedCells | None:
    """Assign the figures of a row to the columns, of which there are `size`.

    None where only their order is known: where no header says anything and their number is another, and where
    the row lacks a cell or a header has nothing under it, since then it may have lost a cell anywhere.
    """
    if lacks_cell:
        return None
    headers = alignment.headers
    if not headers:
        return PlacedCells({column: cell.text for column, cell in enumerate(cells)}, {}) if len(cells) == size else None
    if len(cells) == len(headers) and all(
        cell.overlap(header) > 0 and _is_under_headers(cell, headers)
        for cell, (header, _) in zip(cells, headers, strict=True)
    ):
        return PlacedCells({column: cell.text for cell, (_, column) in zip(cells, headers, strict=True)}, {})
    if any(all(header.overlap(cell) < MIN_OVERLAP for cell in cells) for header, _ in headers):
        return None
    return _place_by_position(cells, alignment)


def _is_under_headers(cell: PublishedCell, headers: Sequence[tuple[PublishedCell, int]]) -> bool:
    """Tell whether a cell stands under headers with nearly all of its width."""
    shared = sum(max(0.0, min(cell.right, header.right) - max(cell.left, header.left)) for header, _ in headers)
    narrowest = min(header.right - header.left for header, _ in headers)
    return cell.right - cell.left - shared <= MIN_OVERLAP * narrowest


def _place_by_position(cells: Sequence[PublishedCell], alignment: Alignment) -> PlacedCells:
    under: dict[int, list[str]] = {}
    unclear: dict[int, str] = {}
    for cell in cells:
        columns = [column for header, column in alignment.headers if header.overlap(cell) >= MIN_OVERLAP]
        if len(columns) == 1 and _is_under_headers(cell, alignment.headers):
            under.setdefault(columns[0], []).append(cell.text)
        elif cell.text.strip():
            unclear.update(dict.fromkeys(columns, cell.text))
        else:
            for column in columns:
                under.setdefault(column, []).append(cell.text)
    placed = {}
    for column, found in under.items():
        texts = list(dict.fromkeys(text for text in found if text.strip()))  # one may be repeated over a span
        if len(texts) > 1:
            unclear[column] = " ".join(texts)
        else:
            placed[column] = texts[0] if texts else ""
    return PlacedCells({column: text for column, text in placed.items() if column not in unclear}, unclear)
