"""Read a PDF as a drawing: what its pages draw, exactly as their descriptions say it, its links and bookmarks."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from pdfminer.pdfdocument import PDFDocument, PDFNoOutlines
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import resolve1

from nianbao.render.ofd.drawing import Bookmark, Box, Drawing, Link, Target
from nianbao.render.ofd.recorder import MM, Interpreter, Recorder, read_text


def read_pdf(content: bytes) -> Drawing:
    """Read a PDF; raises `UserError` where its pages have what is neither text nor an outline in one colour."""
    document = PDFDocument(PDFParser(BytesIO(content)))
    recorder = Recorder()
    interpreter = Interpreter(recorder.rsrcmgr, recorder)
    pages = list(PDFPage.create_pages(document))
    for page in pages:
        interpreter.process_page(page)
    drawing = recorder.drawing
    places = _Places(document, pages)
    for page, drawn in zip(pages, drawing.pages, strict=True):
        drawn.links = list(_read_links(page, places))
    drawing.bookmarks = list(_read_bookmarks(document, places))
    for info in document.info:
        drawing.title, drawing.author = (read_text(info.get(key, b"")) for key in ("Title", "Author"))
    return drawing


class _Places:
    """Finds the places of a PDF that its links and bookmarks name."""

    def __init__(self, document: PDFDocument, pages: Sequence[PDFPage]) -> None:
        self._document = document
        self._pages = {page.pageid: (number, page) for number, page in enumerate(pages)}

    def find(self, named: Any) -> Target:  # noqa: ANN401  # any object of a PDF
        """Find the place that a link or bookmark names: an array, the name of one, or a dictionary with one."""
        named = resolve1(named)
        if isinstance(named, bytes):
            named = resolve1(self._document.get_dest(named))
        if isinstance(named, dict):
            named = resolve1(named["D"])
        reference, _how, left, top, *_zoom = named
        number, page = self._pages[reference.objid]
        return Target(number, left * MM, (page.mediabox[3] - top) * MM)


def _read_links(page: PDFPage, places: _Places) -> Iterator[Link]:
    for annotation in map(resolve1, resolve1(page.annots) or ()):
        if resolve1(annotation["Subtype"]).name != "Link":
            continue
        left, bottom, right, top = (value * MM for value in resolve1(annotation["Rect"]))
        box: Box = (left, page.mediabox[3] * MM - top, right - left, top - bottom)
        action = resolve1(annotation.get("A")) or {}
        if "URI" in action:
            yield Link(box, read_text(action["URI"]), None)
        else:
            yield Link(box, "", places.find(annotation.get("Dest") or action["D"]))


def _read_bookmarks(document: PDFDocument, places: _Places) -> Iterator[Bookmark]:
    try:
        for level, title, named, action, _element in document.get_outlines():
            yield Bookmark(level, title, places.find(named or resolve1(action)["D"]))
    except PDFNoOutlines:
        return
