"""Runs the page descriptions of a PDF, and records what they draw."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, cast
from unicodedata import bidirectional, category

from pdfminer import utils
from pdfminer.pdfcolor import PDFColorSpace
from pdfminer.pdfdevice import PDFTextDevice, PDFTextSeq
from pdfminer.pdffont import PDFFont, PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFGraphicState, PDFPageInterpreter, PDFResourceManager, PDFTextState
from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import resolve1
from pdfminer.psparser import PSLiteral

from nianbao.model.finding import UserError
from nianbao.model.i18n import N_, _
from nianbao.render.ofd.drawing import Colour, Drawing, DrawnPage, Font, Glyph, GlyphRun, Matrix, Path, Pen, Segment

if TYPE_CHECKING:
    from pdfminer.psparser import PSStackType

MM = 25.4 / 72  # of a point
_NO_TEXT = "\N{REPLACEMENT CHARACTER}"  # of a glyph of which the PDF does not say what it stands for
_LETTERS = {"m": "M", "l": "L", "h": "C"}  # of parts of an outline, in PDF and in OFD; the others are curves
_FILLED, _DRAWN, _INVISIBLE = (0, 2), (1, 2), 3  # ways to draw a text: ISO 32000-1, table 106
_CMYK = 4
_INK = 0.7  # em: how far letters and digits reach up
_NEAR = 0.1  # mm


def read_text(value: Any) -> str:  # noqa: ANN401  # any object of a PDF
    """Read a text of a PDF."""
    value = resolve1(value)
    return utils.decode_text(value) if isinstance(value, bytes) else str(value)


class _GraphicState(PDFGraphicState):
    """The graphic state with what pdfminer leaves out: how opaque fills (`ca`) and strokes (`CA`) are, and what clips.

    `clip` is a rectangle of the page: left, top, right and bottom.
    """

    def __init__(self) -> None:
        super().__init__()
        self.linewidth = 1  # as the standard of PDF has it
        self.alphas = (255, 255)
        self.clip: tuple[float, float, float, float] | None = None

    def copy(self) -> "_GraphicState":
        """Copy all of it."""
        other = _GraphicState()
        vars(other).update(vars(self))
        return other


class Interpreter(PDFPageInterpreter):
    """Runs page descriptions, and refuses what is left out elsewhere."""

    graphicstate: _GraphicState

    def init_state(self, ctm: Matrix) -> None:
        """Begin a page."""
        super().init_state(ctm)
        self.graphicstate = _GraphicState()

    def do_gs(self, name: Any) -> None:  # noqa: ANN401  # a name
        """Take over how opaque things are."""
        state = resolve1(resolve1(self.resources["ExtGState"])[name.name])
        if isinstance(resolve1(state.get("SMask")), dict):
            _refuse(N_("drawn-transparency"))
        fill, stroke = self.graphicstate.alphas
        fill, stroke = round(255 * state.get("ca", fill / 255)), round(255 * state.get("CA", stroke / 255))
        self.graphicstate.alphas = (fill, stroke)

    def do_W(self) -> None:  # noqa: N802  # the names of operators
        """Clip what is drawn from now on."""
        cast("Recorder", self.device).clip(self.graphicstate, self.curpath)

    def do_W_a(self) -> None:  # noqa: N802  # see above
        """Clip, by a rule that makes no difference to a rectangle."""
        self.do_W()

    def do_sh(self, name: object) -> None:  # noqa: ARG002  # pdfminer's
        """Refuse a gradient."""
        _refuse(N_("drawn-gradient"))


def _refuse(what: str) -> NoReturn:
    raise UserError(_("ofd-cannot-carry", what=_(what)), _("leave-out-of-pdf-template"))


class Recorder(PDFTextDevice):
    """Records what is drawn as `drawing`, in millimetres from the left upper corner of each page."""

    def __init__(self) -> None:
        super().__init__(PDFResourceManager())
        self.drawing = Drawing()
        self._fonts: dict[PDFFont, Font] = {}
        self._glyphs: list[tuple[Matrix, int, str]] = []  # of the current run
        self._tags: list[str | None] = []  # the text that an open tag states for what is drawn in it
        self._to_page: Matrix = utils.MATRIX_IDENTITY
        self._matrix: Matrix = utils.MATRIX_IDENTITY

    def begin_page(self, page: PDFPage, ctm: Matrix) -> None:  # noqa: ARG002  # pdfminer's
        """Add a page."""
        left, bottom, right, top = page.mediabox
        self._to_page = (MM, 0, 0, -MM, 0, (top - bottom) * MM)
        self.drawing.pages.append(DrawnPage((right - left) * MM, (top - bottom) * MM))
        self._tags.clear()

    def set_ctm(self, ctm: Matrix) -> None:
        """Draw with a matrix from now on."""
        self._matrix = utils.mult_matrix(ctm, self._to_page)
        super().set_ctm(self._matrix)

    def begin_tag(self, tag: PSLiteral, props: "PSStackType[Any] | None" = None) -> None:  # noqa: ARG002  # pdfminer's
        """Remember the text of what is drawn, where a tag states it."""
        text = props.get("ActualText") if isinstance(props, dict) else None
        self._tags.append(None if text is None else read_text(text))

    def end_tag(self) -> None:
        """Forget the text again."""
        if self._tags:
            self._tags.pop()

    def render_image(self, name: str, stream: object) -> None:  # noqa: ARG002  # pdfminer's
        """Refuse a picture."""
        _refuse(N_("drawn-picture"))

    def clip(self, state: _GraphicState, path: Sequence[Any]) -> None:
        """Remember the rectangle in which all that is drawn must stand; any other outline is refused."""
        segments = [segment for segment in self._move_to_page(path) if segment.values]
        columns, rows = (sorted({round(segment.values[at], 3) for segment in segments}) for at in (0, 1))
        if (len(columns), len(rows)) != (2, 2) or any(segment.letter == "B" for segment in segments):
            _refuse(N_("drawn-clipping"))
        left, top, right, bottom = state.clip or (-math.inf, -math.inf, math.inf, math.inf)
        state.clip = max(left, columns[0]), max(top, rows[0]), min(right, columns[1]), min(bottom, rows[1])

    def paint_path(
        self,
        graphicstate: PDFGraphicState,
        stroke: bool,  # noqa: FBT001  # pdfminer's
        fill: bool,  # noqa: FBT001  # see above
        evenodd: bool,  # noqa: FBT001  # see above
        path: Sequence[Any],
    ) -> None:
        """Record an outline."""
        segments = list(self._move_to_page(path))
        _refuse_outside(graphicstate, [pair for one in segments for pair in zip(*[iter(one.values)] * 2, strict=True)])
        pen = _read_pen(graphicstate, _scale(self._matrix)) if stroke else None
        colour = _read_fill(graphicstate) if fill else None
        if len(segments) > 1:
            self.drawing.pages[-1].objects.append(Path(segments, colour, pen, bool(evenodd)))

    def _move_to_page(self, path: Iterable[Sequence[Any]]) -> Iterator[Segment]:
        last: tuple[float, float] = (0, 0)
        for letter, *values in path:
            points = [utils.apply_matrix_pt(self._matrix, pair) for pair in zip(*[iter(values)] * 2, strict=True)]
            if letter == "v":
                points.insert(0, last)
            elif letter == "y":
                points.append(points[-1])
            last = points[-1] if points else last
            yield Segment(_LETTERS.get(letter, "B"), tuple(value for point in points for value in point))

    def render_string(
        self, textstate: PDFTextState, seq: PDFTextSeq, ncs: PDFColorSpace, graphicstate: PDFGraphicState
    ) -> None:
        """Record a run of glyphs."""
        self._glyphs.clear()
        super().render_string(textstate, seq, ncs, graphicstate)
        if not self._glyphs or textstate.font is None or textstate.render == _INVISIBLE:
            return
        a, b, c, d, e, f = self._glyphs[0][0]
        scale = _scale(self._glyphs[0][0])
        glyphs = [
            Glyph(index, text, ((matrix[4] - e) * a + (matrix[5] - f) * b) / scale)
            for matrix, index, text in self._glyphs
        ]
        if any(bidirectional(sign) in {"R", "AL"} for glyph in glyphs for sign in glyph.text):
            glyphs.reverse()  # written from right to left
        run = GlyphRun(
            self._fonts[textstate.font],
            textstate.fontsize * scale,
            (a / scale, b / scale, -c / scale, -d / scale, e, f),
            glyphs,
            _read_fill(graphicstate) if textstate.render in _FILLED else None,
            _read_pen(graphicstate, _scale(self._matrix)) if textstate.render in _DRAWN else None,
        )
        reach = (glyphs[-1].x, run.font.widths[glyphs[-1].number] / 1000 * run.size)
        ends = [(x, y) for x in (glyphs[0].x, sum(reach)) for y in (0, -_INK * run.size)]
        _refuse_outside(graphicstate, [utils.apply_matrix_pt(run.matrix, end) for end in ends])
        self.drawing.pages[-1].objects.append(run)

    def render_char(  # noqa: PLR0913, PLR0917  # pdfminer's
        self,
        matrix: Matrix,
        font: PDFFont,
        fontsize: float,
        scaling: float,
        rise: float,  # noqa: ARG002  # Typst moves its baselines
        cid: int,
        ncs: PDFColorSpace,  # noqa: ARG002  # it is in the state of the run
        graphicstate: PDFGraphicState,  # noqa: ARG002  # see above
    ) -> float:
        """Record a glyph; return how far the next one is."""
        own = self._fonts.get(font) or self._add_font(font)
        text = self._take_stated_text()
        if text is None:
            text = _read_character(font, cid)
        if len(text) == 1:
            own.codes.setdefault(text, cid)
        self._glyphs.append((matrix, cid, text))
        width = font.char_width(cid)
        own.widths[cid] = width * 1000
        return width * fontsize * scaling

    def _take_stated_text(self) -> str | None:
        """Return the text that a tag states, for the first glyph in it, and none for the others; None without a tag."""
        for at in reversed(range(len(self._tags))):
            text = self._tags[at]
            if text is not None:
                self._tags[at] = ""
                return _leave_out_breaks(text)
        return None

    def _add_font(self, font: PDFFont) -> Font:
        descriptor = font.descriptor
        if "FontFile2" in descriptor:
            kind, stream = "SFNT", resolve1(descriptor["FontFile2"])
        elif "FontFile3" in descriptor:
            stream = resolve1(descriptor["FontFile3"])
            kind = "SFNT" if resolve1(stream.get("Subtype")).name == "OpenType" else "CFF"
        else:
            _refuse(N_("drawn-colour-glyph"))
        name = str(font.fontname).rpartition("+")[2]
        own = self._fonts[font] = Font(name, kind, stream.get_data(), font.get_ascent(), font.get_descent())
        self.drawing.fonts.append(own)
        return own


def _scale(matrix: Matrix) -> float:
    return math.hypot(matrix[0], matrix[1]) or 1


def _read_character(font: PDFFont, cid: int) -> str:
    try:
        text = str(font.to_unichr(cid))
    except PDFUnicodeNotDefined:
        text = ""
    return _leave_out_breaks(text) or _NO_TEXT


def _leave_out_breaks(text: str) -> str:
    """Leave out of the text of a glyph what only says where a line may break."""
    return "".join(sign for sign in text if category(sign) != "Cf") or text


def _read_fill(state: PDFGraphicState) -> Colour:
    return _read_colour(state.ncs, state.ncolor, _alphas(state)[0])


def _refuse_outside(state: PDFGraphicState, points: Iterable[tuple[float, float]]) -> None:
    """Refuse what is drawn beyond the rectangle that clips it: it would be seen."""
    if isinstance(state, _GraphicState) and state.clip:
        left, top, right, bottom = state.clip
        if not all(left - _NEAR < x < right + _NEAR and top - _NEAR < y < bottom + _NEAR for x, y in points):
            _refuse(N_("drawn-clipping"))


def _alphas(state: PDFGraphicState) -> tuple[int, int]:
    return state.alphas if isinstance(state, _GraphicState) else (255, 255)


def _read_colour(space: PDFColorSpace, value: Any, alpha: int) -> Colour:  # noqa: ANN401  # a number, or several
    if space.name == "Pattern":
        _refuse(N_("drawn-gradient"))
    parts = value if isinstance(value, tuple) else (value, value, value)
    if len(parts) == _CMYK:
        parts = tuple((1 - part) * (1 - parts[3]) for part in parts[:3])
    red, green, blue = (round(255 * part) for part in parts)
    return Colour((red, green, blue), alpha)


def _read_pen(state: Any, scale: float) -> Pen:  # noqa: ANN401  # a `_GraphicState`, whose numbers have no types
    dash, offset = state.dash or ((), 0)
    return Pen(
        _read_colour(state.scs, state.scolor, _alphas(state)[1]),
        state.linewidth * scale,
        state.linecap or 0,
        state.linejoin or 0,
        state.miterlimit or 10,
        tuple(length * scale for length in dash),
        offset * scale,
    )
