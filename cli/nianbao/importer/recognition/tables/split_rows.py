"""Rows of a table that a program or a person split over two: the second has the rest of the label or of the figures.

Read by itself, the first would have blank cells, which count as 0, or the first digits of a figure that wraps.
"""

from collections.abc import Sequence
from itertools import pairwise

from msgspec.structs import replace

from nianbao.importer.recognition.labels import parse_label
from nianbao.importer.recognition.published import PublishedCell
from nianbao.importer.recognition.tables.ambiguous_rows import is_consistent
from nianbao.importer.recognition.tables.columns import find_figures, find_labels
from nianbao.importer.recognition.tables.places.open_rows import MatchedRow

_MAX_DIGITS = 24  # of a figure; no form accepts half as many
_SHARED = " ┐"  # behind a figure of several rows, which is not read
_CONFLICT = " / "  # between two figures for one cell, of which neither is read


def join_split_rows(rows: Sequence[MatchedRow]) -> list[MatchedRow]:
    """Join the rows of a region that are one; a cell for which both have a figure has both texts, and is no figure.

    The cells of a row without figures have all texts of the rest of it where these do not fit.
    """
    joined: list[MatchedRow] = []
    for number, one in enumerate(rows):
        behind = next((row.index for row in rows[number + 1 :] if row.index is not None), _count_rows(one))
        whole = _join(joined[-1], one, behind) if joined else None
        joined[-1:] = [whole] if whole else [*joined[-1:], one]
    return _leave_out_parts(joined)


def mark_shared_figures(rows: Sequence[MatchedRow]) -> list[MatchedRow]:
    """Mark each figure whose cell reaches into the next row that has a label of the form: it may be of both."""
    of_form = [one for one in rows if one.index is not None and not one.row.from_text]
    pairs = ((one, following) for one, following in pairwise(of_form) if one.row.block == following.row.block)
    tops = {id(one): min(cell.top for cell in following.row.cells) for one, following in pairs if following.row.cells}
    return [_mark_shared(one, tops[id(one)]) if id(one) in tops else one for one in rows]


def _mark_shared(one: MatchedRow, top: float) -> MatchedRow:
    """Mark the figures of a row whose cells reach below the top of the next one."""
    figures = find_figures(one.row, one.alignment)
    shared = {id(cell) for cell in figures if cell.top < top < cell.bottom and cell.text.strip()}
    cells = (replace(cell, text=cell.text + _SHARED) if id(cell) in shared else cell for cell in one.row.cells)
    return replace(one, row=replace(one.row, cells=tuple(cells))) if shared else one


def _leave_out_parts(rows: Sequence[MatchedRow]) -> list[MatchedRow]:
    """Leave out the parts of the only row of a table where a text has several, which are not all of it."""
    parts = [one for one in rows if one.layout and not one.layout.rows and one.index is not None and one.row.from_text]
    short = {id(one) for one in parts if one.layout and len(one.row.cells) < len(one.layout.columns)}
    return [replace(one, index=None) if id(one) in short and len(parts) > 1 else one for one in rows]


def _count_rows(one: MatchedRow) -> int:
    return len(one.layout.rows) if one.layout else 0


def _join(first: MatchedRow, second: MatchedRow, behind: int) -> MatchedRow | None:
    """Return the row that two make together, where `behind` is that of the next label; None where they are two.

    The figures may stand beside the first part of the label, too, by which no row was found.
    """
    if first.layout is None or first.row.from_text:
        return _join_parts(first, second)
    main, rest = (first, second) if first.index is not None else (second, first)
    figures, others = (find_figures(one.row, one.alignment) for one in (main, rest))
    if main.index is None or not figures or _is_blank(others) or (main is second and not _is_blank(figures)):
        return None
    pairs = _pair_cells(figures, others)
    if not (pairs or _is_blank(figures)):
        return None
    both = [bool(one.text.strip() and other.text.strip()) for one, other in pairs]
    if own := _find_label(rest, others):
        is_one = _make_one_label(main, own, is_behind=main is first, is_free=rest.index is None and not any(both))
    else:
        is_one = main is first and rest.index is None and (not both or not all(both) or behind == main.index + 1)
    return _merge(main, figures, pairs, others) if is_one else None


def _join_parts(first: MatchedRow, second: MatchedRow) -> MatchedRow | None:
    """Return a row of a text whose figures other lines interrupt, where all are there, and its sums hold."""
    layout, cells = first.layout, (*first.row.cells, *second.row.cells)
    if layout is None or first.index is None or second.row.label or not second.row.from_text:
        return None
    numbers = [int(cell.text) for cell in cells if cell.text.isdecimal() and len(cell.text) <= _MAX_DIGITS]
    is_whole = bool(first.row.cells) and len(numbers) == len(cells) == len(layout.columns) and any(numbers)
    if not is_whole or not is_consistent(layout.slots[first.index], numbers, layout.form.checks):
        return None
    return replace(first, row=replace(first.row, cells=cells), is_joined=True)


def _is_blank(cells: Sequence[PublishedCell]) -> bool:
    return not any(cell.text.strip() for cell in cells)


def _find_label(one: MatchedRow, figures: Sequence[PublishedCell]) -> str:
    """Return the last text of a row before its figures, without what stands beside other rows too."""
    texts = [cell.text for cell in one.row.cells if cell.text.strip() and not any(cell is other for other in figures)]
    return texts[-1] if texts else ""


def _make_one_label(main: MatchedRow, own: str, *, is_behind: bool, is_free: bool) -> bool:
    """Tell whether a label with a text before or behind it is more like that of its row; as like, if it `is_free`."""
    if main.layout is None or main.index is None or not main.layout.rows:
        return False
    layout, found = main.layout, (find_labels(main.row, main.alignment) or [""])[-1]
    alone, whole = (
        max(parse_label(text, layout.reading).compare_to(label) for label in layout.row_labels[main.index])
        for text in (found, found + own if is_behind else own + found)
    )
    return whole > alone or (whole == alone and is_free)


def _merge(
    main: MatchedRow,
    figures: Sequence[PublishedCell],
    pairs: Sequence[tuple[PublishedCell, PublishedCell]],
    others: Sequence[PublishedCell],
) -> MatchedRow:
    """Return a row with the figures of another one in its cells, or all of them in each where they do not fit."""
    all_texts = _CONFLICT + _CONFLICT.join(cell.text.strip() for cell in others if cell.text.strip())
    texts = {id(one): _join_texts(one.text, other.text) for one, other in pairs}
    texts = texts or dict.fromkeys(map(id, figures), all_texts)
    cells = tuple(replace(cell, text=texts.get(id(cell), cell.text)) for cell in main.row.cells)
    return replace(main, row=replace(main.row, cells=cells), is_joined=True)


def _join_texts(first: str, second: str) -> str:
    return _CONFLICT.join(filter(None, (first.strip(), second.strip())))


def _pair_cells(
    first: Sequence[PublishedCell], second: Sequence[PublishedCell]
) -> list[tuple[PublishedCell, PublishedCell]]:
    """Pair figures with those below them: by their place, else by their order; none where neither fits."""
    places = {(cell.left, cell.right): cell for cell in first}
    pairs = [(places.get((cell.left, cell.right)), cell) for cell in second]
    by_place = [(above, cell) for above, cell in pairs if above]
    if all(above or not cell.text.strip() for above, cell in pairs):
        return by_place
    return list(zip(first, second, strict=True)) if len(first) == len(second) else []
