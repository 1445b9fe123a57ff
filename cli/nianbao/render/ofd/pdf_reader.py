"""Read what the pages of a PDF draw, as exactly as its page descriptions say it."""

import math
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any
from unicodedata import bidirectional

from pdfminer import utils
from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdfdocument import PDFDocument, PDFNoOutlines
from pdfminer.pdffont import PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFGraphicState, PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import resolve1
from pdfminer.psparser import PSLiteral

from nianbao.model.finding import UserError
from nianbao.model.i18n import N_, _
from nianbao.render.ofd.drawing import (
    Bookmark,
    Box,
    Colour,
    Drawing,
    Font,
    Glyph,
    Link,
    Matrix,
    Page,
    Path,
    Pen,
    Run,
    Segment,
    Target,
)

_MM = 25.4 / 72  # of a point
_NO_TEXT = "\N{REPLACEMENT CHARACTER}"  # of a glyph of which the PDF does not say what it stands for
_LETTERS = {"m": "M", "l": "L", "c": "B", "h": "C"}  # of parts of an outline, in PDF and in OFD


def read_pdf(content: bytes) -> Drawing:
    """Read a PDF; raises `UserError` where its pages have what is neither text nor an outline in one colour."""
    document = PDFDocument(PDFParser(BytesIO(content)))
    recorder = _Recorder()
    interpreter = _Interpreter(recorder.rsrcmgr, recorder)
    pages = list(PDFPage.create_pages(document))
    for page in pages:
        interpreter.process_page(page)
    places = _Places(document, pages)
    for page, read in zip(pages, recorder.drawing.pages, strict=True):
        read.links = list(_read_links(page, read.height, places))
    drawing = recorder.drawing
    drawing.bookmarks = list(_read_bookmarks(document, places))
    info = document.info[0] if document.info else {}
    drawing.title, drawing.author = (_read_text(info.get(key, b"")) for key in ("Title", "Author"))
    return drawing


class _GraphicState(PDFGraphicState):  # type: ignore[misc]  # pdfminer has no types
    """The graphic state with what pdfminer leaves out: how opaque fills (`ca`) and strokes (`CA`) are."""

    alphas = (255, 255)

    def copy(self) -> "_GraphicState":
        """Copy all of it."""
        other = _GraphicState()
        vars(other).update(vars(self))
        return other


class _Interpreter(PDFPageInterpreter):  # type: ignore[misc]  # pdfminer has no types
    """Runs page descriptions, and refuses what it does not know rather than leave it out."""

    def init_state(self, ctm: Matrix) -> None:
        """Begin a page."""
        super().init_state(ctm)
        self.graphicstate = _GraphicState()

    def do_gs(self, name: PSLiteral) -> None:
        """Take over how opaque things are."""
        state = resolve1(resolve1(self.resources["ExtGState"])[name.name])
        if isinstance(resolve1(state.get("SMask")), dict):
            _refuse("transparency")
        fill, stroke = self.graphicstate.alphas
        new = (float(state.get("ca", fill / 255)), float(state.get("CA", stroke / 255)))
        self.graphicstate.alphas = (round(new[0] * 255), round(new[1] * 255))

    def do_W(self) -> None:  # noqa: N802  # the names of operators
        """Refuse to clip."""
        _refuse("clipping")

    do_W_a = do_W  # noqa: N815  # see above

    def do_sh(self, _name: object) -> None:
        """Refuse a gradient."""
        _refuse("gradient")


_REFUSED = {
    "picture": N_("drawn-picture"),
    "gradient": N_("drawn-gradient"),
    "clipping": N_("drawn-clipping"),
    "transparency": N_("drawn-transparency"),
    "font": N_("drawn-colour-glyph"),
}


def _refuse(what: str) -> None:
    raise UserError(_("ofd-cannot-carry", what=_(_REFUSED[what])), _("leave-out-of-pdf-template"))


class _Recorder(PDFTextDevice):  # type: ignore[misc]  # pdfminer has no types
    """Records what is drawn, in millimetres from the left upper corner."""

    def __init__(self) -> None:
        super().__init__(PDFResourceManager())
        self.drawing = Drawing()
        self._fonts: dict[int, Font] = {}
        self._glyphs: list[tuple[Matrix, int, str]] = []  # of the current run
        self._tags: list[str | None] = []  # the text that an open tag states for what is drawn in it
        self._to_page: Matrix = utils.MATRIX_IDENTITY

    def begin_page(self, page: Any, _ctm: Matrix) -> None:  # noqa: ANN401  # pdfminer's
        """Add a page."""
        left, bottom, right, top = page.mediabox
        self._to_page = (_MM, 0, 0, -_MM, 0, (top - bottom) * _MM)
        self.drawing.pages.append(Page((right - left) * _MM, (top - bottom) * _MM))
        self._tags.clear()

    def set_ctm(self, ctm: Matrix) -> None:
        """Draw with a matrix from now on."""
        super().set_ctm(utils.mult_matrix(ctm, self._to_page))

    def begin_tag(self, _tag: object, props: Any = None) -> None:  # noqa: ANN401  # pdfminer's
        """Remember the text of what is drawn, where a tag states it."""
        text = resolve1(props.get("ActualText")) if isinstance(props, dict) else None
        self._tags.append(None if text is None else _read_text(text))

    def end_tag(self) -> None:
        """Forget the text again."""
        if self._tags:
            self._tags.pop()

    def render_image(self, _name: object, _stream: object) -> None:
        """Refuse a picture."""
        _refuse("picture")

    def paint_path(self, state: Any, stroke: Any, fill: Any, evenodd: Any, path: Any) -> None:  # noqa: ANN401  # pdfminer's
        """Record an outline."""
        segments = list(self._move_to_page(path))
        pen = _read_pen(state, _scale(self.ctm)) if stroke else None
        colour = _read_colour(state.ncs, state.ncolor, state.alphas[0]) if fill else None
        if len(segments) > 1:
            self.drawing.pages[-1].objects.append(Path(segments, colour, pen, bool(evenodd)))

    def _move_to_page(self, path: Iterable[Sequence[Any]]) -> Iterator[Segment]:
        last: tuple[float, ...] = (0, 0)
        for letter, *values in path:
            points = [utils.apply_matrix_pt(self.ctm, pair) for pair in zip(values[::2], values[1::2], strict=True)]
            if letter == "v":
                points.insert(0, last)
            elif letter == "y":
                points.append(points[-1])
            last = points[-1] if points else last
            yield Segment(_LETTERS.get(letter, "B"), tuple(value for point in points for value in point))

    def render_string(self, text: Any, seq: Any, ncs: Any, state: Any) -> None:  # noqa: ANN401  # pdfminer's
        """Record a run of glyphs."""
        self._glyphs.clear()
        super().render_string(text, seq, ncs, state)
        if not self._glyphs or text.render == 3:  # noqa: PLR2004  # invisible, see ISO 32000-1, table 106
            return
        matrix = self._glyphs[0][0]
        scale = _scale(matrix)
        a, b, c, d, e, f = matrix
        distances = [((m[4] - e) * a + (m[5] - f) * b) / scale for m, _index, _text in self._glyphs]
        glyphs = [Glyph(index, said, x) for (_m, index, said), x in zip(self._glyphs, distances, strict=True)]
        if any(bidirectional(sign) in {"R", "AL"} for glyph in glyphs for sign in glyph.text):
            glyphs.reverse()  # written from right to left
        upright = (a / scale, b / scale, -c / scale, -d / scale, e, f)
        fill = _read_colour(ncs, state.ncolor, state.alphas[0]) if text.render in {0, 2} else None
        pen = _read_pen(state, _scale(self.ctm)) if text.render in {1, 2} else None
        font = self._fonts[id(text.font)]
        self.drawing.pages[-1].objects.append(Run(font, text.fontsize * scale, upright, glyphs, fill, pen))

    def render_char(  # noqa: PLR0913, PLR0917  # pdfminer's
        self, matrix: Matrix, font: Any, size: float, scaling: float, _rise: float, cid: int, _ncs: Any, _state: Any
    ) -> float:
        """Record a glyph; return how far the next one is."""
        own = self._fonts.get(id(font)) or self._add_font(font)
        stated = next((text for text in reversed(self._tags) if text is not None), None)
        if stated is None:
            said = _read_character(font, cid)
        else:
            said = stated
            self._tags = [None if text is None else "" for text in self._tags]  # for the first glyph that has it
        if len(said) == 1:
            own.codes.setdefault(said, cid)
        self._glyphs.append((matrix, cid, said))
        width: float = font.char_width(cid)
        own.widths[cid] = width * 1000
        return width * size * scaling

    def _add_font(self, font: Any) -> Font:  # noqa: ANN401  # pdfminer's
        descriptor = font.descriptor
        if "FontFile2" in descriptor:
            kind, stream = "SFNT", resolve1(descriptor["FontFile2"])
        elif "FontFile3" in descriptor:
            stream = resolve1(descriptor["FontFile3"])
            kind = "SFNT" if resolve1(stream.get("Subtype")).name == "OpenType" else "CFF"
        else:
            _refuse("font")
        name = str(font.fontname).partition("+")[2] or str(font.fontname)
        own = Font(name, kind, stream.get_data(), font.get_ascent(), font.get_descent())
        self._fonts[id(font)] = own
        self.drawing.fonts.append(own)
        return own


def _scale(matrix: Matrix) -> float:
    return math.hypot(matrix[0], matrix[1]) or 1


def _read_character(font: Any, cid: int) -> str:  # noqa: ANN401  # pdfminer's
    try:
        return str(font.to_unichr(cid)) or _NO_TEXT
    except PDFUnicodeNotDefined:
        return _NO_TEXT


def _read_colour(space: Any, value: Any, alpha: int) -> Colour:  # noqa: ANN401  # pdfminer's
    if space.name == "Pattern":
        _refuse("gradient")
    parts = value if isinstance(value, tuple) else (value,)
    if len(parts) == 4:  # noqa: PLR2004  # CMYK
        parts = tuple((1 - part) * (1 - parts[3]) for part in parts[:3])
    red, green, blue = (round(255 * part) for part in (parts * 3 if len(parts) == 1 else parts))
    return Colour((red, green, blue), alpha)


def _read_pen(state: Any, scale: float) -> Pen:  # noqa: ANN401  # pdfminer's
    dash, offset = state.dash or ((), 0)
    return Pen(
        _read_colour(state.scs, state.scolor, state.alphas[1]),
        state.linewidth * scale,
        state.linecap or 0,
        state.linejoin or 0,
        state.miterlimit or 10,
        tuple(length * scale for length in dash),
        offset * scale,
    )


def _read_text(value: Any) -> str:  # noqa: ANN401  # pdfminer's
    value = resolve1(value)
    return str(utils.decode_text(value)) if isinstance(value, bytes) else str(value)


class _Places:
    """Finds the places of a PDF that its links and bookmarks name."""

    def __init__(self, document: Any, pages: Sequence[Any]) -> None:  # noqa: ANN401  # pdfminer's
        self._document = document
        self._pages = {page.pageid: (number, page) for number, page in enumerate(pages)}

    def find(self, named: Any) -> Target | None:  # noqa: ANN401  # pdfminer's
        """Find the place that a link or bookmark names: an array, the name of one, or a dictionary with one."""
        named = resolve1(named)
        if isinstance(named, bytes):
            named = resolve1(self._document.get_dest(named))
        if isinstance(named, dict):
            named = resolve1(named["D"])
        reference, _fit, *rest = named
        number, page = self._pages[reference.objid]
        left, top = (*rest, None, None)[:2]
        x, y = (0 if left is None else left), (page.mediabox[3] if top is None else top)
        return Target(number, x * _MM, (page.mediabox[3] - y) * _MM)


def _read_links(page: Any, height: float, places: _Places) -> Iterator[Link]:  # noqa: ANN401  # pdfminer's
    for annotation in map(resolve1, resolve1(page.annots) or ()):
        if resolve1(annotation.get("Subtype")).name != "Link":
            continue
        left, bottom, right, top = (value * _MM for value in resolve1(annotation["Rect"]))
        box: Box = (left, height - top, right - left, top - bottom)
        action = resolve1(annotation.get("A")) or {}
        if "URI" in action:
            yield Link(box, _read_text(action["URI"]), None)
        elif named := annotation.get("Dest") or action.get("D"):
            yield Link(box, "", places.find(named))


def _read_bookmarks(document: Any, places: _Places) -> Iterator[Bookmark]:  # noqa: ANN401  # pdfminer's
    try:
        for level, title, named, action, _element in document.get_outlines():
            target = places.find(named or resolve1(action)["D"])
            if target:
                yield Bookmark(level, title, target)
    except PDFNoOutlines:
        return
