"""Rows of which it is not certain which row of the form they are, or where they end."""

from collections.abc import Container, Sequence

from msgspec.structs import replace

from nianbao.importer.recognition.labels import MIN_SIMILARITY, Label, parse_label, split_labels
from nianbao.importer.recognition.published import Place
from nianbao.importer.recognition.tables.ambiguous_rows import is_consistent
from nianbao.importer.recognition.tables.cells import describe_extra_row
from nianbao.importer.recognition.tables.columns import Alignment, find_labels
from nianbao.importer.recognition.tables.layouts import Layout
from nianbao.importer.recognition.tables.rows import PublishedRow
from nianbao.model.loading.reading import Reading

_MAX_DIGITS = 24  # of a figure; no form accepts half as many


def has_other_label(texts: Sequence[str], index: int, layout: Layout, found: Container[int] | None = None) -> bool:
    """Tell whether the texts of a label have that of another row, too: it is not known whose the figures are.

    A heading above the row may stand before it, and the rest of a label of one of the rows `found` before.
    """
    pieces = [piece for text in texts for piece in split_labels(text, layout.reading)]
    if len(pieces) < 2 and found is None:  # noqa: PLR2004  # the label itself
        return False
    above = [parse_label(heading.label, layout.reading) for heading in layout.rows[index][:-1]]
    for given in (parse_label(piece, layout.reading) for piece in pieces):
        own = max((given.compare_to(label) for label in (*above, *layout.row_labels[index])), default=0.0)
        others = (
            given.compare_to(label)
            for number, labels in enumerate(layout.row_labels)
            if number != index and number not in (found or ())
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
    numbers = [int(text) for text in texts if text.isdecimal() and len(text) <= _MAX_DIGITS]
    if not is_ordinal or (len(numbers) == size and is_consistent(layout.slots[index], numbers, layout.form.checks)):
        return row
    return replace(row, cells=row.cells[:-1])


def sort_left_out(
    rows: Sequence[tuple[PublishedRow, Layout, Alignment]], found: set[str]
) -> tuple[list[str], list[tuple[Place, str]]]:
    """Describe the rows that were left out: those that are not of the form, and those that were not `found`."""
    extra: list[str] = []
    unread: list[tuple[Place, str]] = []
    for row, layout, alignment in rows:
        texts = describe_extra_row(row, alignment)
        labels = find_labels(row, alignment)
        of_form = [
            slots
            for slots, wordings in zip(layout.slots, layout.row_labels, strict=False)
            if layout.rows and compare_label(labels, wordings, row.reading) >= MIN_SIMILARITY
        ]
        if any(slot.address not in found for slots in of_form for slot in slots):
            unread += [(row.place, text) for text in texts]
        else:
            extra += texts
    return extra, unread


def compare_label(
    texts: Sequence[str], labels: Sequence[Label], reading: Reading, groups: Sequence[Label] = ()
) -> float:
    """Compare a label, which may be split over several cells, with the wordings of a row's label.

    What is rather the label of one of the `groups` of rows names none of them.
    """
    best = 0.0
    for size in range(1, min(4, len(texts)) + 1):
        given = parse_label("".join(texts[-size:]), reading)
        score = max((given.compare_to(label) for label in labels), default=0.0)
        if score > best and all(given.compare_to(group) <= score for group in groups):
            best = score
    return best
