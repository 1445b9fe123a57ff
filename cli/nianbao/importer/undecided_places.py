"""The places of an imported file that a person has to decide or to compare, and the file itself beside them."""

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import PurePath
from typing import Literal

from msgspec import Struct

from nianbao.importer import readers
from nianbao.importer.notes import describe_place
from nianbao.importer.readers import eml, ofd
from nianbao.importer.readers import zip as archive
from nianbao.importer.recognition import RecognizedReport
from nianbao.importer.recognition.data_files.comments import describe_undecided
from nianbao.importer.recognition.proof import find_unproven
from nianbao.importer.recognition.published import NOWHERE, Paragraph, Place, PublishedTable
from nianbao.importer.recognition.recognized_report import match_cells
from nianbao.importer.recognition.tables.cells import RecognizedCell, RecognizedRow
from nianbao.model.i18n import N_, _

Drawable = Literal["", "pdf", "picture", "pictures"]

_DRAWABLE: dict[str, Drawable] = {"pdf": "pdf", "png": "picture", "jpeg": "picture", "zip": "pictures"}  # by format
_SHEET_CELL = re.compile(r"(?P<sheet>.*)!(?P<column>[A-Z]+)(?P<row>\d{1,7})", re.DOTALL)
_BY_ORDER = {"sums": N_("compare-row-by-order-and-sums"), "order": N_("compare-row-by-order-alone")}


class UndecidedPlace(Struct, frozen=True):
    """A row of an imported file that a person has to look at: what it is, and why.

    `figures` are addresses of figures, each with its column. They are missing from the data file, or, where the row
    `is_read`, are to be compared with the source. `comments` are what the data file says at the row. `block` is the
    number of the block that it stands in, None where that is not known.
    """

    label: str
    message: str = ""
    location: str = ""
    comments: tuple[str, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    place: Place = NOWHERE
    block: int | None = None
    is_read: bool = False


class ShownFile(Struct, frozen=True):
    """An imported file as it is shown beside its data file: its blocks, and its undecided places.

    `content` are its bytes where its pages can be drawn, and `drawable` says as what; else both are empty.
    """

    name: str
    blocks: tuple[Paragraph | PublishedTable, ...]
    places: tuple[UndecidedPlace, ...]
    content: bytes = b""
    drawable: Drawable = ""


def make_shown_file(
    name: str, content: bytes, suffix: str, recognized: RecognizedReport, *, is_carried: bool
) -> ShownFile:
    """Make a file as it is shown, its undecided places before those to compare; of a mail the attached file.

    Nothing is missing from a report that the file carries itself.
    """
    file_format = readers.choose_format(content, suffix)
    if file_format == "eml" and (found := eml.find_file(content)):
        name, content = found
        file_format = readers.choose_format(content, PurePath(name).suffix)
    if file_format == "ofd" and (pictures := ofd.find_page_pictures(content)):
        file_format, content = "zip", archive.pack(pictures)
    drawable = _DRAWABLE.get(file_format, "")
    missing = () if is_carried else _list_missing(recognized)
    places = (*_list_undecided(recognized), *missing, *_list_places(recognized))
    return ShownFile(name, recognized.document.blocks, places, content if drawable else b"", drawable)


def _list_places(recognized: RecognizedReport) -> Iterator[UndecidedPlace]:
    for invalid in recognized.invalid_cells:
        place, block = _find_sheet_place(invalid.location, recognized)
        yield UndecidedPlace(invalid.label, invalid.text, invalid.location, place=place, block=block)
    for place, row in recognized.tables.unread_rows:
        block = _find_block(place, recognized)
        yield UndecidedPlace(row, _("compare-row-left-out"), describe_place(place), place=place, block=block)
    for row in recognized.tables.truncated_rows:
        yield UndecidedPlace(row, _("compare-row-truncated"))
    yield from _list_read(recognized, lambda row, _address: _BY_ORDER.get(row.evidence, ""))
    unproven = set(find_unproven(recognized))
    yield from _list_read(recognized, lambda _row, address: N_("compare-row-of-scan") if address in unproven else "")


def _list_undecided(recognized: RecognizedReport) -> Iterator[UndecidedPlace]:
    """Give the rows with cells that could not be read, in the order of the file."""
    form = recognized.form
    for row in recognized.tables.rows:
        cells = [cell for cell in row.cells if cell.state == "undecided"]
        if not cells:
            continue
        matched = [(form.slots[address], cell) for address, cell in match_cells(row, form) if cell in cells]
        comments = tuple(describe_undecided(matched, row, form.locale))
        location, place, block = _locate(row, cells[0], recognized)
        figures = tuple((slot.address, slot.columns[-1].label) for slot, _cell in matched)
        yield UndecidedPlace(cells[0].slot.row_label, "", location, comments, figures, place, block)


def _list_missing(recognized: RecognizedReport) -> Iterator[UndecidedPlace]:
    """Give the rows of which the file has nothing, or not all, in the order of the form; nobody knows their place."""
    slots = (recognized.form.slots[address] for address in recognized.missing_addresses)
    for _row, group in groupby(slots, lambda slot: slot.address.removesuffix(slot.column)):
        row = list(group)
        figures = tuple((slot.address, slot.columns[-1].label) for slot in row)
        yield UndecidedPlace(row[0].row_label, _("row-not-in-file"), figures=figures)


def _list_read(
    recognized: RecognizedReport, find_reason: Callable[[RecognizedRow, str], str]
) -> Iterator[UndecidedPlace]:
    """Give the rows with figures that were read and are to be compared; the reason is the key of a message, or none."""
    form = recognized.form
    for row in recognized.tables.rows:
        found = [(address, cell) for address, cell in match_cells(row, form) if cell.state == "read"]
        reasons = {address: find_reason(row, address) for address, _cell in found}
        found = [(address, cell) for address, cell in found if reasons[address]]
        if found:
            address, cell = found[0]
            location, place, block = _locate(row, cell, recognized)
            figures = tuple((one, form.slots[one].columns[-1].label) for one, _cell in found)
            why = _(reasons[address])
            yield UndecidedPlace(cell.slot.row_label, why, location, (), figures, place, block, is_read=True)


def _locate(row: RecognizedRow, cell: RecognizedCell, recognized: RecognizedReport) -> tuple[str, Place, int | None]:
    """Return where a cell of a row stands: in words, as a place, and in which block."""
    if location := recognized.spreadsheet_cells.get(cell.slot.address):
        return location, *_find_sheet_place(location, recognized)
    return describe_place(row.place, cell.left), row.place, row.block


def _find_sheet_place(location: str, recognized: RecognizedReport) -> tuple[Place, int | None]:
    """Return the place of a spreadsheet's cell, and the block that is its sheet."""
    match = _SHEET_CELL.fullmatch(location)
    place = Place(sheet=match["sheet"], row=int(match["row"])) if match else NOWHERE
    return place, _find_block(place, recognized)


def _find_block(place: Place, recognized: RecognizedReport) -> int | None:
    """Return the number of the block at a place: of its table, sheet or line; None where that is not known."""
    blocks = recognized.document.blocks
    tables = [number for number, block in enumerate(blocks) if isinstance(block, PublishedTable)]
    if place.table:
        return tables[place.table - 1] if place.table <= len(tables) else None
    if place.sheet:
        return next((number for number in tables if blocks[number].place.sheet == place.sheet), None)
    return next((number for number, block in enumerate(blocks) if place.line and block.place == place), None)
