"""Rows of a text whose labels may be those of other rows: the labels are taken off, and their order and sums decide.

A program that takes the text out of a page, and a person who copies it, gives it in an order of its own: the figures of
a row may stand before its label, since that wraps over lines and the figures stand beside its middle. They would be
read as those of the label before. Signs show it: a whole row of figures right behind headers, without a label; one
between the rows of two labels that follow each other in the form; and the figures of several rows behind a label.
"""

from collections.abc import Sequence
from itertools import accumulate

from msgspec.structs import replace

from nianbao.importer.recognition.labels import MIN_SIMILARITY, parse_label, split_labels
from nianbao.importer.recognition.tables.cells import RecognizedRow, read_row
from nianbao.importer.recognition.tables.identities import evaluate, make_row_equations
from nianbao.importer.recognition.tables.layouts import Layout, list_layouts
from nianbao.importer.recognition.tables.places.open_rows import MatchedRow

_MIN_SURPLUS = 2  # figures behind those of a row; one may be the number of the next label
_MIN_LABELS = 3  # before the figures of their rows, where all labels stand first
_MIN_HOLDING = 3  # identities that hold for each that does not, in a report with a mistake


def drop_doubted_labels(rows: Sequence[MatchedRow]) -> list[MatchedRow]:
    """Take the labels off the rows whose figures may be those of other rows, so that these rows are open."""
    texts = [row for row in rows if row.row.from_text and row.layout and row.layout.rows and not row.row.is_separated]
    doubted: set[int] = set()
    for layout in dict.fromkeys(row.layout for row in texts if row.layout):
        own = [row for row in texts if row.layout is layout]
        has_sign = any(_is_right_behind_headers(row, layout) or _has_too_many(row, layout) for row in own)
        if (has_sign or _has_row_without_place(own, layout)) and not _is_confirmed(own):
            doubted |= {id(row) for row in _find_shifted(own, layout)}
    return [_drop_label(row) if id(row) in doubted else row for row in rows]


def _is_right_behind_headers(one: MatchedRow, layout: Layout) -> bool:
    """Tell whether a row with all its figures has no label between itself and the headers."""
    is_first = bool(one.region.header_text) and one.region.rows[0].cells is one.row.cells
    return is_first and not one.row.label and len(layout.columns) <= len(one.row.cells)


def _has_too_many(one: MatchedRow, layout: Layout) -> bool:
    """Tell whether a label has the figures of more than its row, and not those of all labels before them."""
    if one.index is None or len(one.row.cells) < len(layout.columns) + _MIN_SURPLUS:
        return False
    known = {label for other in list_layouts([layout.form]) for labels in other.row_labels for label in labels}
    return sum(parse_label(text, layout.reading) in known for text in one.row.texts) < _MIN_LABELS


def _has_row_without_place(rows: Sequence[MatchedRow], layout: Layout) -> bool:
    """Tell whether a row without a label stands between two rows that follow each other in the form."""
    before = accumulate(rows, _keep_last, initial=-1)
    behind = [*accumulate(reversed(rows), _keep_last, initial=len(layout.rows))]
    return any(
        row.index is None and len(row.row.cells) == len(layout.columns) and first == last - 1
        for row, first, last in zip(rows, before, reversed(behind[:-1]), strict=False)
    )


def _keep_last(last: int, row: MatchedRow) -> int:
    return last if row.index is None else row.index


def _find_shifted(rows: Sequence[MatchedRow], layout: Layout) -> Sequence[MatchedRow]:
    """Return the rows from the first to the last at which figures may have been shifted.

    Where they begin to stand before their labels, a row has none or that of two rows, and where they end to, a label
    has none or too few: outside of these every label has the figures of one row. So has a label between them before
    which there are as many figures as the rows before it have.
    """
    indexes = [-1, *(row.index for row in rows), len(layout.rows)]
    odd = [
        number
        for number, row in enumerate(rows)
        if row.index is None
        or len(row.row.cells) < len(layout.columns)
        or _has_too_many(row, layout)
        or indexes[number] != row.index - 1
        or indexes[number + 2] != row.index + 1
    ]
    if not odd:
        return ()
    in_step = _find_rows_in_step(rows, layout)
    return [row for number, row in enumerate(rows) if odd[0] <= number <= odd[-1] and number not in in_step]


def _find_rows_in_step(rows: Sequence[MatchedRow], layout: Layout) -> set[int]:
    """Find the rows before which there are as many figures as the labels before them need, and that have their own."""
    size, found = len(layout.columns), set()
    labels = figures = since_label = 0
    last = -1
    for number, row in enumerate(rows):
        count = size if len(row.row.cells) - size in range(_MIN_SURPLUS) else len(row.row.cells)
        if row.index is not None:
            labels += sum(_is_printed(index, row, layout) for index in range(last + 1, row.index))
            is_behind_whole = figures == size * labels and last == row.index - 1 and since_label in {0, size}
            found |= {number} if is_behind_whole and count == size else set()
            labels, last, since_label = labels + 1, row.index, 0
        figures, since_label = figures + count, since_label + count
    return found


def _is_printed(index: int, one: MatchedRow, layout: Layout) -> bool:
    """Tell whether the label of a row of the form stands among the texts before some figures."""
    pieces = (piece for text in one.row.texts for piece in split_labels(text, layout.reading))
    given = [parse_label(piece, layout.reading) for piece in pieces]
    return any(text.compare_to(label) >= MIN_SIMILARITY for text in given for label in layout.row_labels[index])


def _drop_label(one: MatchedRow) -> MatchedRow:
    return replace(one, row=replace(one.row, label=(), texts=()), index=None, doubted=one.row)


def _is_confirmed(rows: Sequence[MatchedRow]) -> bool:
    """Tell whether each label of a table has a row of figures, and the identities between the rows hold."""
    read = [row for one in rows if one.index is not None and one.layout for row in [_read(one, one.layout, one.index)]]
    cells = [(cell, number) for number, row in enumerate(read) for cell in row.cells if cell.state != "undecided"]
    found = {cell.slot.address for cell, _ in cells}
    if any(slot.address not in found for row in read for slots in row.layout.slots for slot in slots):
        return False
    checks = list(dict.fromkeys(check for row in read for check in row.layout.form.checks))
    figures = [cell.value or 0 for cell, _ in cells]
    differences = [
        evaluate(equation, figures)
        for equation in make_row_equations(checks, [cell.slot for cell, _ in cells])
        if len({cells[column][1] for column in equation}) > 1 and any(figures[column] for column in equation)
    ]
    return differences.count(0) >= max(1, _MIN_HOLDING * sum(map(bool, differences)))


def _read(one: MatchedRow, layout: Layout, index: int) -> RecognizedRow:
    return read_row(one.row, layout, one.alignment, index, has_headers=one.has_headers)[0]
