"""Rows of which it is not certain which row of the form they are, or where they end."""

from collections.abc import Container, Sequence
from dataclasses import replace

from nianbao.importer.recognition.labels import MIN_SIMILARITY, parse_label, split_labels
from nianbao.importer.recognition.tables.ambiguous_rows import is_consistent
from nianbao.importer.recognition.tables.layouts import Layout
from nianbao.importer.recognition.tables.rows import PublishedRow


def has_other_label(texts: Sequence[str], index: int, layout: Layout, found: Container[int] = ()) -> bool:
    """Tell whether the texts of a label have that of another row before it: it is not known whose the figures are.

    A heading above the row stands before it as well, and the rest of a label of one of the rows `found` before.
    """
    pieces = [piece for text in texts for piece in split_labels(text, layout.reading)]
    above = [parse_label(heading.label, layout.reading) for heading in layout.rows[index][:-1]]
    for given in (parse_label(piece, layout.reading) for piece in pieces[: -1 if texts[-1] else None]):
        own = max((given.compare_to(label) for label in (*above, *layout.row_labels[index])), default=0.0)
        others = (
            given.compare_to(label)
            for number, labels in enumerate(layout.row_labels)
            if number != index and number not in found
            for label in labels
        )
        if max(others, default=0.0) >= max(own, MIN_SIMILARITY):
            return True
    return False


def drop_next_ordinal(row: PublishedRow, index: int | None, layout: Layout) -> PublishedRow:
    """Leave out the last figure of a text that ends inside the next label, in the number before it.

    It stays where it makes a row that its sums confirm.
    """
    behind = layout.row_labels[index + 1][0].ordinal if index is not None and index + 1 < len(layout.rows) else None
    size = len(layout.columns)
    if index is None or not behind or row.stripped or not 0 <= len(row.cells) - size <= 1:
        return row
    texts = [cell.text for cell in row.cells]
    is_ordinal = texts[-1].isdecimal() and str(behind[1]).startswith(texts[-1])
    numbers = [int(text) for text in texts if text.isdecimal()]
    if not is_ordinal or (len(numbers) == size and is_consistent(layout.slots[index], numbers, layout.form.checks)):
        return row
    return replace(row, cells=row.cells[:-1])
