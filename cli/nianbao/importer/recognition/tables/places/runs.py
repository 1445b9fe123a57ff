"""Runs: the figures of several rows behind each other in a text, whose labels stand before them all, if anywhere."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby, pairwise

from msgspec.structs import replace

from nianbao.importer.recognition.tables.places.form_rows import FormRows
from nianbao.importer.recognition.tables.rows import PublishedRow

_MIN_ROWS = 2  # whose figures a run has: one with fewer is one row


def is_run(row: PublishedRow, columns: int) -> bool:
    """Tell whether the figures behind a label are those of several rows with so many columns."""
    return row.from_text and len(row.cells) >= _MIN_ROWS * columns


def split_run(row: PublishedRow, form_rows: FormRows) -> Iterator[tuple[PublishedRow, Sequence[int]]]:
    """Split a run into rows, each with the places that it may have; what is one row is given as it is.

    Gives a row without a place where nobody can know where its parts begin.
    """
    everywhere = range(len(form_rows.rows))
    if not row.from_text or any(len(form.slots) == len(row.cells) for form in form_rows.rows):
        yield row, everywhere
        return
    lines = [len(list(cells)) for _, cells in groupby(row.cells, key=lambda cell: cell.top)]
    by_line = max(lines) > 1
    for places in (_find_labelled(row, form_rows), everywhere):
        sizes = [len(form_rows.rows[place].slots) for place in places]
        if sizes == lines if by_line else sum(sizes) == len(row.cells):
            yield from ((part, (place,)) for part, place in zip(_cut(row, sizes), places, strict=True))
            return
    if by_line:
        yield from ((part, everywhere) for part in _cut(row, lines))
    else:
        yield row, ()


def _cut(row: PublishedRow, sizes: Sequence[int]) -> Iterator[PublishedRow]:
    for start, end in pairwise([0, *accumulate(sizes)]):
        yield replace(row, cells=row.cells[start:end], label=())


def _find_labelled(row: PublishedRow, form_rows: FormRows) -> list[int]:
    """Find the places of the rows whose labels stand before a run, in their order."""
    found: list[int] = []
    for text in row.texts:
        first = found[-1] + 1 if found else 0
        found += [place for place in range(first, len(form_rows.rows)) if form_rows.rows[place].is_labelled(text)][:1]
    return found
