"""A published set as it is shown beside its data file: the files of which something was left out, and the rows."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from nianbao.importer.file_sets.deviations import Deviation, name_column, shorten
from nianbao.importer.file_sets.parts import PublishedPart
from nianbao.importer.file_sets.set_reading import ReadSet
from nianbao.importer.recognition.published import NOWHERE, Place, PublishedCell, PublishedTable
from nianbao.importer.undecided_places import ShownFile, UndecidedPlace
from nianbao.model.i18n import _


def make_shown_set(name: str, read: ReadSet) -> ShownFile:
    """Make a set as it is shown: its files with cells that are not in the data file, and each row with such cells."""
    lost = [one for one in read.deviations if one.lost]
    names = {one.part for one in lost}
    parts = [one.part for one in read.parts if one.part.name in names]
    numbers = {part.name: number for number, part in enumerate(parts)}
    lost.sort(key=lambda one: (numbers.get(one.part, len(numbers)), one.part, one.row))
    return ShownFile(name, tuple(map(_make_table, parts)), tuple(_list_places(lost, numbers)))


def _make_table(part: PublishedPart) -> PublishedTable:
    cells = (
        PublishedCell(text, record.row - 1, record.row, column, column + 1)
        for record in part.records
        for column, text in enumerate(record.cells)
        if text.strip()
    )
    return PublishedTable(tuple(cells), Place(sheet=part.name))


def _list_places(lost: Sequence[Deviation], numbers: dict[str, int]) -> Iterator[UndecidedPlace]:
    """Give a place for each row, or for a whole file; `numbers` are those of the files that are shown."""
    for (part, row), group in groupby(lost, lambda one: (one.part, one.row)):
        place = Place(sheet=part, row=row) if row else NOWHERE
        location = _("file-and-rows", file=part, rows=row) if row else ""
        comments = tuple(map(_describe, group))
        yield UndecidedPlace(part, "", location, comments, place=place, block=numbers.get(part))


def _describe(one: Deviation) -> str:
    said = _(one.what, printed=f"“{shorten(one.printed)}”")
    if one.column is None:
        return said
    place = _("place-and-column", place=one.part, column=name_column(one.column))
    return _("at-place", place=place, message=said)
