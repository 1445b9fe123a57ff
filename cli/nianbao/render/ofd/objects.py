"""What is drawn on a page as objects of OFD: the values that its templates print."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any, TypeAlias

from nianbao.render.ofd.drawing import Colour, Font, Glyph, GlyphRun, Matrix, Path, Pen

Values: TypeAlias = dict[str, Any]

_MARGIN = 0.2  # em, by which glyphs may reach beyond their own width
_CAPS = ("Butt", "Round", "Square")
_JOINS = ("Miter", "Round", "Bevel")
_REPEATS = 3  # equal distances that are written as one with their number


def write_number(value: float) -> str:
    """Write a number as exactly as a tenth of a thousandth."""
    return f"{round(value, 4) + 0:.4f}".rstrip("0").rstrip(".")  # + 0: there is no minus zero


def write_numbers(values: Iterable[float]) -> str:
    """Write numbers with a space between them."""
    return " ".join(map(write_number, values))


def describe_path(path: Path) -> Values:
    """Describe an outline."""
    reach = path.pen.width / 2 if path.pen else 0
    left, top, right, bottom = _surround(
        [pair for part in path.segments for pair in zip(part.values[::2], part.values[1::2], strict=True)], reach
    )
    origin = (left, top)
    data = (
        " ".join((part.letter, *(write_number(value - origin[at % 2]) for at, value in enumerate(part.values))))
        for part in path.segments
    )
    return {
        "kind": "path",
        "box": write_numbers((left, top, right - left, bottom - top)),
        "data": " ".join(data),
        "even_odd": path.even_odd,
        "fill": _describe_colour(path.fill),
        "pen": _describe_pen(path.pen),
    }


def describe_run(run: GlyphRun, font_id: int) -> Iterator[Values]:
    """Describe the glyphs of a line: one object, or several where readers might count characters in other ways.

    Those are glyphs that are not what the font has for a character, characters beyond the first 65 536, and spaces that
    an object would begin with: some readers leave them out.
    """
    paint = {"font": font_id, "fill": _describe_colour(run.fill), "pen": _describe_pen(run.pen)}
    for clusters in _split(run.font, run.glyphs):
        glyphs = [glyph for cluster in clusters for glyph in cluster]
        is_plain = _is_plain(run.font, clusters[0])
        codes = "".join(glyph.text for glyph in glyphs)
        places = [glyph.x for glyph in glyphs]
        if not is_plain and len(codes) > 1:  # the distances of characters: each has an equal part of the glyph
            step = _end(run, glyphs[-1]) - places[0]
            places = [places[0] + step * at / len(codes) for at in range(len(codes))]
        yield {
            "kind": "text",
            **paint,
            **_place(run, glyphs),
            "size": write_number(run.size),
            "delta_x": _write_distances([after - before for before, after in pairwise(places)]),
            "glyphs": [] if is_plain else [glyph.number for glyph in glyphs],
            "code": codes,
        }


def _place(run: GlyphRun, glyphs: Sequence[Glyph]) -> Values:
    """Return the box around glyphs, and where in it the first one begins."""
    margin = _MARGIN * run.size + (run.pen.width if run.pen else 0)
    left = min(glyph.x for glyph in glyphs) - margin
    right = max(_end(run, glyph) for glyph in glyphs) + margin
    top, bottom = -run.font.ascent * run.size - margin, -run.font.descent * run.size + margin
    corners = [_apply(run.matrix, x, y) for x in (left, right) for y in (top, bottom)]
    box = _surround(corners)
    x, y = _apply(run.matrix, glyphs[0].x, 0)
    here = (x - box[0], y - box[1])
    turned = write_numbers(run.matrix[:4])
    upright = turned == "1 0 0 1"
    return {
        "box": write_numbers((*box[:2], box[2] - box[0], box[3] - box[1])),
        "ctm": "" if upright else f"{turned} {write_numbers(here)}",
        "x": write_number(here[0] if upright else 0),
        "y": write_number(here[1] if upright else 0),
    }


def _split(font: Font, glyphs: Sequence[Glyph]) -> list[list[list[Glyph]]]:
    """Split glyphs into those that one object draws, in clusters that stand for a text together."""
    clusters: list[list[Glyph]] = []
    for glyph in glyphs:
        if glyph.text or not clusters:
            clusters.append([])
        clusters[-1].append(glyph)
    pieces: list[list[list[Glyph]]] = []
    ends, is_blank = True, False  # whether the last piece takes no more clusters, and whether it has spaces only
    for cluster in clusters:
        is_alone = not _is_plain(font, cluster) or cluster[0].text > "\uffff"
        is_space = cluster[0].text.isspace()
        if ends or is_alone or is_blank > is_space:
            pieces.append([])
            is_blank = is_space
        pieces[-1].append(cluster)
        ends, is_blank = is_alone, is_blank and is_space
    return pieces


def _is_plain(font: Font, cluster: Sequence[Glyph]) -> bool:
    """Tell whether a cluster is the glyph that the font has for a character."""
    return len(cluster) == 1 and font.codes.get(cluster[0].text) == cluster[0].number


def _end(run: GlyphRun, glyph: Glyph) -> float:
    return glyph.x + run.font.widths[glyph.number] * run.size / 1000


def _write_distances(values: Sequence[float]) -> str:
    """Write distances; `g 3 5.5` stands for three that are equal."""
    parts: list[str] = []
    for text, group in groupby(map(write_number, values)):
        count = len(list(group))
        parts += ["g", str(count), text] if count >= _REPEATS else [text] * count
    return " ".join(parts)


def _apply(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _surround(points: Sequence[tuple[float, float]], reach: float = 0) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of points, with a margin around them."""
    columns, rows = zip(*points, strict=True)
    return min(columns) - reach, min(rows) - reach, max(columns) + reach, max(rows) + reach


def _describe_colour(colour: Colour | None) -> Values | None:
    return {"value": write_numbers(colour.value), "alpha": colour.alpha} if colour else None


def _describe_pen(pen: Pen | None) -> Values | None:
    if pen is None:
        return None
    return {
        "colour": _describe_colour(pen.colour),
        "width": write_number(pen.width),
        "cap": _CAPS[pen.cap],
        "join": _JOINS[pen.join],
        "miter": write_number(pen.miter),
        "dash": write_numbers(pen.dash),
        "dash_offset": write_number(pen.dash_offset),
    }
