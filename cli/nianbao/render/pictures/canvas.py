"""A canvas of SVG: what pictures are drawn with. Nothing on it can become markup, and it needs no style sheet.

Everything has a class too, by which a web page gives it other colours on a dark screen: `ink` is text, `edge` the
outline of a bar and the line of a series, `rule` an axis, `paper` the ground under a number.
"""

from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

SIZE = 13  # of letters; lengths on a canvas are in units, of which its width has `WIDTH`
WIDTH = 400
LINE = 16  # from one line of text to the next
_LATIN_WIDTH = 0.6  # em, of a character that is not square
INK, PAPER, RULE = "#000000", "#ffffff", "#b0b0b0"
# Each lightness is told from the next without colour; from the fifth series on, bars are hatched too.
FILLS = ("#0b3c6f", "#a9cbe8", "#4a86bd", "#f2f2f2")
_HATCH_INK = ("#ffffff", "#000000", "#ffffff", "#000000")
_HATCH_GAP = 5


class Canvas:
    """An SVG image whose height grows with what is drawn on it."""

    def __init__(self, title: str, description: str) -> None:
        self.root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img"})
        self.root.set("aria-label", description)
        ET.SubElement(self.root, "title").text = title
        ET.SubElement(self.root, "desc").text = description
        self.height = 0.0

    def write(self) -> str:
        """Return the image."""
        height = _number(self.height)
        for name, value in (("viewBox", f"0 0 {WIDTH} {height}"), ("width", f"{WIDTH}"), ("height", height)):
            self.root.set(name, value)
        return ET.tostring(self.root, encoding="unicode")

    def text(self, x: float, y: float, text: str, anchor: str = "start", *, bold: bool = False) -> None:
        """Write a line of text; `y` is its base line, `anchor` says which end of it `x` is."""
        more = {"font-weight": "bold"} if bold else {}
        place = {"x": _number(x), "y": _number(y), "text-anchor": anchor}
        self._add("text", "ink", place | {"font-size": f"{SIZE}", "fill": INK} | more).text = text

    def line(self, points: list[tuple[float, float]], kind: str = "rule", dash: str = "") -> None:
        """Draw a line: an axis (`rule`), or that of a series (`edge`)."""
        look = {"stroke": RULE, "stroke-width": "1"} if kind == "rule" else {"stroke": INK, "stroke-width": "1.5"}
        path = "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points)
        self._add("path", kind, {"d": path, "fill": "none"} | look | ({"stroke-dasharray": dash} if dash else {}))

    def bar(self, x: float, y: float, width: float, height: float, series: int) -> None:
        """Draw a bar with the look of a series, counted from 0."""
        box = {"x": _number(x), "y": _number(y), "width": _number(width), "height": _number(height)}
        edge = {"stroke": INK, "stroke-width": "0.75"}
        self._add("rect", "edge", box | {"fill": FILLS[series % len(FILLS)]} | edge)
        if series >= len(FILLS):
            hatch = _hatch(x, y, width, height, rising=series % 2 == 0)
            ink = _HATCH_INK[series % len(FILLS)]
            if hatch:
                self._add("path", "hatch", {"d": hatch, "fill": "none", "stroke": ink, "stroke-width": "1"})

    def ground(self, x: float, y: float, width: float) -> None:
        """Lay the colour of the paper under a number whose base line is at `y`."""
        box = {"x": _number(x), "y": _number(y - SIZE + 1), "width": _number(width), "height": _number(SIZE + 2)}
        self._add("rect", "paper", box | {"fill": PAPER})

    def marker(self, x: float, y: float, series: int) -> None:
        """Draw the marker of a series at a point of its line."""
        shapes = ("M-4 -4H4V4H-4Z", "M0 -5L5 4H-5Z", "M0 -5L5 0L0 5L-5 0Z", "M-4 -4L4 4M-4 4L4 -4M0 -5V5")
        fill = FILLS[series % len(FILLS)]
        look = {"fill": fill, "stroke": INK, "stroke-width": "1", "transform": f"translate({_number(x)} {_number(y)})"}
        self._add("path", "edge", {"d": shapes[series % len(shapes)]} | look)

    def _add(self, name: str, kind: str, attributes: dict[str, str]) -> ET.Element:
        return ET.SubElement(self.root, name, {"class": kind} | attributes)


def measure(text: str) -> float:
    """Estimate the width of a text, rather too great."""
    return SIZE * sum(1 if east_asian_width(one) in "WFA" else _LATIN_WIDTH for one in text)


def wrap(text: str, width: float) -> list[str]:
    """Break a text into lines that fit a width: at blanks, between wide characters, and where nothing else helps."""
    lines, line = [], ""
    for word in _split_words(text):
        if line and measure(line + word.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += word if line or word.strip() else ""
        while measure(line.rstrip()) > width and len(line) > 1:
            fit = max((size for size in range(1, len(line)) if measure(line[:size]) <= width), default=1)
            lines.append(line[:fit])
            line = line[fit:]
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


_NOT_LAST = frozenset("（《「『“‘([")
_NOT_FIRST = frozenset("，。、；：！？）》」』”’%,.;:!?)")


def _split_words(text: str) -> list[str]:
    words: list[str] = []
    for one in text:
        if words and (one in _NOT_FIRST or one.isspace() or not _may_break(words[-1], one)):
            words[-1] += one
        else:
            words.append(one)
    return words


def _may_break(word: str, after: str) -> bool:
    """Return whether a line may end between a word and the character after it."""
    is_wide = any(east_asian_width(one) in "WF" for one in (word[-1], after))
    return word[-1] not in _NOT_LAST and (word[-1].isspace() or is_wide)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def _hatch(x: float, y: float, width: float, height: float, *, rising: bool) -> str:
    """Return the path of parallel lines within a box: no viewer has to know patterns."""
    parts = []
    for at in range(1, int((width + height) / _HATCH_GAP) + 1):
        offset = at * _HATCH_GAP
        low, high = max(0.0, offset - height), min(width, offset)
        if high - low < 1:
            continue
        ends = [(low, offset - low), (high, offset - high)]  # from the left edge or the bottom up to the right
        if not rising:
            ends = [(px, height - py) for px, py in ends]
        parts.append("M" + "L".join(f"{_number(x + px)} {_number(y + py)}" for px, py in ends))
    return "".join(parts)
