"""Files that are scans: a picture, several in one archive, or the pages of a PDF or an OFD without text."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from nianbao.importer.readers import scans
from nianbao.importer.readers.page_layout import lay_out_page, remove_running_lines
from nianbao.importer.readers.page_lines import TextLine, join_lines, select_characters
from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.recognition.published import PublishedDocument, PublishedTable
from nianbao.model.finding import UserError
from nianbao.model.i18n import _, join_words

MAX_SCANNED_PAGES = 30  # of one file; a report has six
_DPI = 200
_MAX_RENDERED_SIDE = 3_300  # pixels: A3 at 200 dpi


def read_picture(content: bytes) -> PublishedDocument:
    """Read the picture of one page; raises `UnreadableError` where that is not possible."""
    if not scans.is_installed():
        raise UnreadableError(_("is-picture"), _("install-ocr-for-picture"))
    page = scans.read_page(partial(scans.open_picture, content))
    blocks = _lay_out(page)
    return PublishedDocument(tuple(join_lines(remove_running_lines(blocks))), exact=False, scanned=True)


def read_pictures(pictures: Sequence[tuple[str, bytes]]) -> PublishedDocument:
    """Read pictures with their names as the pages of one report; raises `UnreadableError` that names one of them."""
    if not scans.is_installed():
        raise UnreadableError(_("is-picture"), _("install-ocr-for-picture"))
    limit_pages(len(pictures))
    blocks = [
        replace(block, place=replace(block.place, picture=name))
        for number, (name, content) in enumerate(pictures, 1)
        for block in read_picture_of_page(name, content, number)
    ]
    note = _("pictures-read-as-pages", names=join_words(name for name, _content in pictures))
    return PublishedDocument(tuple(join_lines(remove_running_lines(blocks))), exact=False, scanned=True, notes=(note,))


def read_picture_of_page(name: str, content: bytes, page: int) -> list[TextLine | PublishedTable]:
    """Read the picture of a page; errors have its name."""
    try:
        return _lay_out(scans.read_page(partial(scans.open_picture, content)), page)
    except UserError as error:
        raise UnreadableError(_("at-place", place=name, message=error.message), error.fix) from error


def limit_pages(count: int) -> None:
    """Raise `UnreadableError` for more pages than are read as pictures."""
    if count > MAX_SCANNED_PAGES:
        raise UnreadableError(_("too-many-scanned-pages", limit=MAX_SCANNED_PAGES), _("keep-report-pages"))


def read_pages(content: bytes, numbers: Sequence[int]) -> dict[int, list[TextLine | PublishedTable]]:
    """Read pages of a PDF as pictures; returns what is on each, by its number from 0.

    Raises `UnreadableError` for too many pages, or a picture in them that is too large.
    """
    import pypdfium2  # noqa: PLC0415  # heavy

    limit_pages(len(numbers))
    blocks = {}
    with pypdfium2.PdfDocument(content) as pdf:
        for number in numbers:
            page = scans.read_page(partial(_render, pdf, number))
            blocks[number] = _lay_out(page, number + 1)
    return blocks


def _lay_out(page: scans.ScannedPage, number: int = 0) -> list[TextLine | PublishedTable]:
    """Return the lines and tables of a page; of one that was turned, nobody knows where in the file they are."""
    blocks = list(lay_out_page(select_characters(page.chars), page.tables, page.height, number))
    if not page.is_turned:
        return blocks
    places = (replace(block.place, top=0.0, bottom=0.0) for block in blocks)
    return [
        replace(block, place=place, edges=()) if isinstance(block, PublishedTable) else replace(block, place=place)
        for block, place in zip(blocks, places, strict=True)
    ]


def _render(pdf: Any, number: int) -> Any:  # noqa: ANN401  # pypdfium2 and numpy have no types
    page = pdf[number]
    scale = min(_DPI / 72, _MAX_RENDERED_SIDE / max(page.get_size()))
    return scans.remove_red(page.render(scale=scale).to_pil())
