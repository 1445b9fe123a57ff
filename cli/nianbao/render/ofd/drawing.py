"""What stands on the pages of a document: text with the place of every glyph, lines and areas, links, bookmarks.

Lengths are in millimetres, from the left upper corner of a page.
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct, field

# (a, b, c, d, e, f) maps (x, y) to (ax + cy + e, bx + dy + f).
Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]  # left, top, width, height


class Colour(Struct, frozen=True):
    """A colour of three parts from 0 to 255, and how opaque it is, likewise."""

    value: tuple[int, int, int] = (0, 0, 0)
    alpha: int = 255


class Pen(Struct, frozen=True):
    """How a line is drawn; `cap` and `join` are numbers as in a PDF, `dash` are lengths of strokes and gaps."""

    colour: Colour
    width: float
    cap: int = 0
    join: int = 0
    miter: float = 10
    dash: tuple[float, ...] = ()
    dash_offset: float = 0


class Glyph(NamedTuple):
    """A glyph of a font: its number in the font, the text it stands for, and its distance from the start of the run.

    The text has several characters for a ligature; it is empty for a glyph that draws the text of the one before.
    """

    number: int
    text: str
    x: float


class Font(Struct):
    """A font that the document embeds.

    `program` is what the PDF embeds of it, as `kind` says: "CFF", or a file of TrueType or OpenType ("SFNT"). Widths
    are in thousandths of the size. `codes` are the glyphs of single characters, as far as the document has them.
    """

    name: str  # of PostScript
    kind: str
    program: bytes
    ascent: float
    descent: float  # below zero
    widths: dict[int, float] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)


class GlyphRun(Struct, frozen=True):
    """Glyphs on a line: `matrix` maps the run, which starts at (0, 0) and goes to the right, to the page."""

    font: Font
    size: float
    matrix: Matrix
    glyphs: Sequence[Glyph]
    fill: Colour | None
    pen: Pen | None


class Segment(NamedTuple):
    """A part of an outline: a letter as in OFD (M, L, B, C), and the coordinates that belong to it."""

    letter: str
    values: tuple[float, ...]


class Path(Struct, frozen=True):
    """An outline that is drawn, filled or both."""

    segments: Sequence[Segment]
    fill: Colour | None
    pen: Pen | None
    even_odd: bool = False


class Target(NamedTuple):
    """A place in the document."""

    page: int  # from 0
    left: float
    top: float


class Link(NamedTuple):
    """An area of a page that leads to an address, or to a place in the document."""

    box: Box
    uri: str
    target: Target | None


class DrawnPage(Struct):
    """A page, with what is drawn in the order in which it is."""

    width: float
    height: float
    objects: list[GlyphRun | Path] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


class Bookmark(NamedTuple):
    """An entry of the outline; its level counts from 1."""

    level: int
    title: str
    target: Target


class Drawing(Struct):
    """A document as it is drawn."""

    title: str = ""
    author: str = ""
    pages: list[DrawnPage] = field(default_factory=list)
    fonts: list[Font] = field(default_factory=list)
    bookmarks: list[Bookmark] = field(default_factory=list)
