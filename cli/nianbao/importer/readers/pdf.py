"""PDFs with a text layer: lines of text and ruled tables, page by page, and the facts embedded in our own PDFs."""

import logging
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.importer.readers import scanned_file, scans
from nianbao.importer.readers.attached import read_attached_facts
from nianbao.importer.readers.page_layout import (
    MAX_PAGES,
    MIN_PAGE_CHARACTERS,
    Box,
    find_direction,
    lay_out_page,
    list_printed_lines,
    remove_running_lines,
    turn_box,
    turn_characters,
)
from nianbao.importer.readers.page_lines import UNMAPPED_PREFIX, Char, TextLine, join_lines, select_characters
from nianbao.importer.readers.page_marks import mark_digits
from nianbao.importer.readers.page_wrapped import unwrap_cells
from nianbao.importer.readers.refusal import UnreadableError, make_damage_error
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.recognition.published import Place, PublishedDocument, PublishedTable
from nianbao.model.i18n import _
from nianbao.workspace.processes.limits import limit

ORDER = 10
_MAX_SECONDS = 60  # for the text of all pages
_MIN_PICTURE = 0.5  # of a page that is a scan
_MAX_UNMAPPED_SHARE = 0.3  # of the characters; with more of them unmapped no table can be recognized


def claim(sample: Sample) -> Confidence:
    """Claim a file with the signature of PDF near its beginning; some programs write something else before it."""
    return Confidence.CERTAIN if b"%PDF-" in sample.content[:1024] else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read a PDF; raises `UnreadableError` for one that has a password, is damaged, or has no text and is not read.

    Pages that are pictures are read as scans, where something is installed that reads them.
    """
    with limit(seconds=_MAX_SECONDS):
        pages = _read_text(content)
    if pages.scanned:
        for number, blocks in scanned_file.read_pages(content, pages.scanned).items():
            pages.blocks[number] = blocks
            if pages.embedded_facts:
                pages.unmoved[number] = blocks
    _check_text(pages)
    return PublishedDocument(
        tuple(join_lines(remove_running_lines([block for blocks in pages.blocks for block in blocks]))),
        pages.title,
        embedded_facts=pages.embedded_facts,
        exact=False,
        lines=tuple(list_printed_lines(block for blocks in pages.unmoved for block in blocks)),
        scanned=bool(pages.scanned),
        notes=tuple(pages.notes),
    )


def _read_text(content: bytes) -> "_Pages":
    """Read the pages, but not those that are pictures."""
    import pdfplumber  # noqa: PLC0415  # heavy
    from pdfminer.pdfdocument import PDFPasswordIncorrect  # noqa: PLC0415  # see above

    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    try:
        with pdfplumber.open(BytesIO(content)) as pdf:
            return _read_pages(pdf)
    except PDFPasswordIncorrect as error:
        raise UnreadableError(_("file-has-password"), _("remove-password")) from error
    except (MemoryError, UnreadableError):
        raise
    except Exception as error:  # a broken file breaks its parser in any way
        if "PDFPasswordIncorrect" in repr(error):
            raise UnreadableError(_("file-has-password"), _("remove-password")) from error
        raise make_damage_error() from error


class _Pages(Struct):
    """What was read of the pages: `characters` counts them, `unmapped` those for which the file has no text.

    `scanned` are the numbers of pages, from 0, that are pictures and can be read as such. `unmoved` has, of a file with
    embedded facts, each page with all its words, and no cell put into another row.
    """

    title: str = ""
    embedded_facts: str = ""
    count: int = 0
    characters: int = 0
    unmapped: int = 0
    scanned: list[int] = field(default_factory=list)
    blocks: list[list[TextLine | PublishedTable]] = field(default_factory=list)
    unmoved: list[list[TextLine | PublishedTable]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _check_text(pages: _Pages) -> None:
    """Raise `UnreadableError` where the pages have no text, or too much of it is not mapped to characters."""
    if pages.characters < MIN_PAGE_CHARACTERS * (pages.count - len(pages.scanned)):
        raise UnreadableError(_("pdf-is-scanned"), _("install-ocr-for-pdf"))
    if pages.unmapped > _MAX_UNMAPPED_SHARE * pages.characters:
        raise UnreadableError(_("pdf-text-garbled"), _("ask-issuer-for-word"))


def _read_pages(pdf: Any) -> _Pages:  # noqa: ANN401  # pdfplumber has no types
    pages = _Pages(str(pdf.metadata.get("Title") or ""), read_attached_facts(pdf.doc))
    for page in pdf.pages:
        pages.count += 1
        if pages.count > MAX_PAGES:
            pages.notes.append(_("first-pages-read", pages=MAX_PAGES))
            break
        pages.characters += len(page.chars)
        pages.unmapped += sum(char["text"].startswith(UNMAPPED_PREFIX) for char in page.chars)
        if _is_picture(page) and scans.is_installed():
            pages.scanned.append(len(pages.blocks))
            pages.blocks.append([])
            pages.unmoved.append([])
        else:
            chars, tables, height = page.chars, [table.cells for table in page.find_tables()], page.height
            if direction := find_direction(chars):
                chars, tables, height = _turn_page(page, tables, direction)
            chars = select_characters(chars)
            marked = chars if direction else mark_digits(chars, page.lines, page.rects)
            blocks = list(lay_out_page(unwrap_cells(marked), tables, height, pages.count))
            pages.blocks.append([_drop_place(block) for block in blocks] if direction else blocks)
            if pages.embedded_facts:
                pages.unmoved.append(list(lay_out_page(chars, tables, height, pages.count, keep_all=True)))
        page.close()
    return pages


def _turn_page(page: Any, tables: Sequence[Sequence[Box]], direction: int) -> tuple[list[Char], list[list[Box]], float]:  # noqa: ANN401  # see above
    """Turn a page that lies on its side or stands on its head: its characters, the cells of its tables, its height."""
    size = page.width, page.height
    turned = [[turn_box(cell, direction, *size) for cell in cells] for cells in tables]
    return turn_characters(page.chars, direction, *size), turned, size[direction == 2]  # noqa: PLR2004  # upside down


def _drop_place(block: TextLine | PublishedTable) -> TextLine | PublishedTable:
    """Return a block of a turned page without its place on it, which is that before it was turned."""
    place = Place(page=block.place.page)
    return replace(block, place=place, edges=()) if isinstance(block, PublishedTable) else replace(block, place=place)


def _is_picture(page: Any) -> bool:  # noqa: ANN401  # see above
    """Tell whether a page is nothing but a picture; raises `UnreadableError` for one that is too large to decode."""
    if len(page.chars) >= MIN_PAGE_CHARACTERS:
        return False
    sizes = [image["width"] * image["height"] for image in page.images]
    is_picture = bool(sum(sizes) > _MIN_PICTURE * page.width * page.height)
    for image in page.images if is_picture else ():
        scans.limit_pixels(*image["srcsize"])
    return is_picture
