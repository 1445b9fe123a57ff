"""The file that a report was imported from, beside the report: its pages as pictures, or its text line by line."""

import asyncio
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedTable
from nianbao.importer.undecided_places import ShownFile, UndecidedPlace
from nianbao.model.finding import UserError
from nianbao.model.i18n import N_, _
from nianbao.preview.source_drawing import MAX_SECONDS, Size, SourceViewer
from nianbao.preview.view_process import ViewProcess


class SourceCell(Struct, frozen=True):
    """A cell of a table that is shown: its text, and over how many columns and rows it reaches."""

    text: str
    columns: int
    rows: int


class SourceRow(Struct, frozen=True):
    """A line of text, or a row of a table: its id on the page, its number in the file, 0 for none, and its cells."""

    id: str
    number: int
    cells: tuple[SourceCell, ...]


class SourcePart(Struct, frozen=True):
    """Lines of text, or a table with its id; `heading` is that of the part: the page, the sheet, the table."""

    id: str
    heading: str
    rows: tuple[SourceRow, ...]
    is_table: bool = False


class SourcePages:
    """What the server sends of an imported file; a page is drawn when it is asked for, one after the other."""

    def __init__(self, file: ShownFile) -> None:
        self._file = file
        self._process = ViewProcess(partial(SourceViewer, file), N_("open-source-itself"), MAX_SECONDS)
        self._sizes: list[Size] | None = None
        self._measuring = asyncio.Lock()
        self._drawing = asyncio.Lock()
        self._is_closed = False

    @property
    def name(self) -> str:
        """The name of the file."""
        return self._file.name

    async def measure(self) -> list[Size]:
        """Return the size of each page in pixels; none where the text is shown, since pages cannot be drawn."""
        async with self._measuring:
            if self._sizes is None:
                try:
                    self._sizes = await self._process.ask("measure") if self._file.drawable else []
                except UserError:
                    self._sizes = []
        return self._sizes

    async def draw(self, number: int) -> bytes:
        """Draw a page, counted from 1; raises `UserError` where there is none, or it cannot be drawn."""
        if not 1 <= number <= len(await self.measure()):
            raise UserError(_("source-has-no-page", number=number), _("open-source-itself"))
        async with self._drawing:
            if self._is_closed:  # while this page waited for others
                raise UserError(_("preview-process-gone"), _("open-source-itself"))
            drawn: bytes = await self._process.ask("draw", number)
        return drawn

    def list_parts(self) -> list[SourcePart]:
        """Return the text of the file, in parts."""
        return list(_list_parts(self._file.blocks))

    def describe_places(self, decided: Collection[str]) -> list[dict[str, Any]]:
        """Return the places as plain values; `decided` are the addresses of figures that the data file now has."""
        return [self._describe(place, decided) for place in self._file.places]

    def close(self) -> None:
        """End the process, and with it the page that is being drawn."""
        self._is_closed = True
        self._process.close()

    def _describe(self, place: UndecidedPlace, decided: Collection[str]) -> dict[str, Any]:
        figures = [
            {"address": address, "column": column, "decided": address in decided} for address, column in place.figures
        ]
        return {
            "label": place.label,
            "message": place.message,
            "location": place.location,
            "comments": list(place.comments),
            "figures": figures,
            "is_read": place.is_read,
            "is_decided": not place.is_read and bool(figures) and all(one["decided"] for one in figures),
            "id": self._name_target(place),
            "top": place.place.top,
            "bottom": place.place.bottom,
        }

    def _name_target(self, place: UndecidedPlace) -> str:
        """Return the id of what is scrolled to: the page where pages are drawn, else the row, the table or the line."""
        if self._sizes:
            return f"page-{place.place.page or 1}"
        if place.block is None:
            return ""
        block = self._file.blocks[place.block]
        is_row = isinstance(block, PublishedTable) and place.place.row
        return _name_row(place.block, place.place.row - 1) if is_row else _name_block(place.block)


def _name_block(number: int) -> str:
    return f"block-{number}"


def _name_row(block: int, row: int) -> str:
    return f"row-{block}-{row}"


def _list_parts(blocks: Sequence[Paragraph | PublishedTable]) -> Iterator[SourcePart]:
    """Give the blocks in parts: each table, and the lines between two tables on a page."""
    lines: list[SourceRow] = []
    page = tables = 0
    for number, block in enumerate(blocks):
        is_new_page = block.place.page != page
        if lines and (is_new_page or isinstance(block, PublishedTable)):
            yield SourcePart("", "", tuple(lines))
            lines = []
        if is_new_page:
            page = block.place.page
            yield SourcePart("", _("place-page", number=page), ())
        if isinstance(block, PublishedTable):
            tables += 1
            heading = block.place.sheet or _("place-table", number=tables)
            yield SourcePart(_name_block(number), heading, tuple(_list_rows(number, block)), is_table=True)
        else:
            cell = SourceCell(block.plain, 1, 1)
            lines.append(SourceRow(_name_block(number), block.place.line, (cell,)))
    if lines:
        yield SourcePart("", "", tuple(lines))


def _list_rows(block: int, table: PublishedTable) -> Iterator[SourceRow]:
    """Give the rows of a table, with blank cells where it has none, so that columns stand under each other."""
    edges = sorted({edge for cell in table.cells for edge in (cell.left, cell.right)})
    column = {edge: number for number, edge in enumerate(edges)}
    tops = sorted({cell.top for cell in table.cells})
    for starts, above in table.iterate_rows():
        taken = sorted([*((cell, True) for cell in starts), *((cell, False) for cell in above)], key=_find_left)
        cells: list[SourceCell] = []
        reached = 0
        for cell, is_start in taken:
            left, right = column[cell.left], column[cell.right]
            if left > reached:
                cells.append(SourceCell("", left - reached, 1))
            if is_start:
                rows = bisect_left(tops, cell.bottom) - bisect_left(tops, cell.top)
                cells.append(SourceCell(cell.text, max(1, right - max(left, reached)), max(1, rows)))
            reached = max(reached, right)
        top = starts[0].top
        yield SourceRow(_name_row(block, top), top + 1, tuple(cells))


def _find_left(item: tuple[PublishedCell, bool]) -> float:
    return item[0].left
