"""A look: the page's measurements and faces as data, converted to the units of Word and of templates."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta

from nianbao.model.facts import Facts
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import BASE, Fault, suggest
from nianbao.model.loading.loader import load, merge_sources, raise_faults
from nianbao.model.loading.shapes import Shape, Text

PARTS = ("title", "body", "heading1", "heading2", "heading3", "heading4", "table", "number")
TWIPS_PER_MM = 1440 / 25.4
# The characters that the fonts which come with nianbao are known to have: a test looks up every one of them.
COVERED_CHARACTERS = re.compile(r"[\x20-\x7e\s\u3000-\u303f\u4e00-\u9fa5\uff01-\uff5e“”‘’…—·《》〈〉【】〔〕、。]*")
_TWIPS_PER_POINT = 20  # of a point
_HEADER_MM = 15  # from the paper's edge to the draft mark


# Word's longest length, 22 inches (31680 twips), bounds the paper and every size of type on it.
_LONGEST_MM, _LONGEST_PT = 558.8, 1584
_THICKEST_PT = 12  # Word's thickest border, 96 eighths of a point
Length: TypeAlias = Annotated[float, Meta(ge=0, le=_LONGEST_MM)]  # mm
Paper: TypeAlias = Annotated[float, Meta(gt=0, le=_LONGEST_MM)]  # mm
Size: TypeAlias = Annotated[float, Meta(gt=0, le=_LONGEST_PT)]  # pt
Gap: TypeAlias = Annotated[float, Meta(ge=0, le=_LONGEST_PT)]  # pt
Characters: TypeAlias = Annotated[float, Meta(ge=0, le=100)]
FaceName: TypeAlias = Annotated[Text, Meta(description="字体，写 faces 里的名称")]
FontSize: TypeAlias = Annotated[Size, Meta(description="字号，磅")]
Pitch: TypeAlias = Annotated[Size, Meta(description="行距，磅")]


class PageShape(Shape, frozen=True):
    """The paper and its margins, in mm."""

    width: Annotated[Paper, Meta(description="纸宽，毫米")]
    height: Annotated[Paper, Meta(description="纸高，毫米")]
    top: Annotated[Length, Meta(description="上边距，毫米")]
    bottom: Annotated[Length, Meta(description="下边距，毫米")]
    left: Annotated[Length, Meta(description="左边距，毫米")]
    right: Annotated[Length, Meta(description="右边距，毫米")]


class BodyShape(Shape, frozen=True):
    """Running text."""

    face: FaceName
    size: FontSize
    pitch: Pitch
    characters: Annotated[int, Meta(description="每行字数", ge=1, le=1000)]
    indent: Annotated[Characters, Meta(description="首行缩进，字")]
    latin: Annotated[Text, Meta(description="Word 文件里西文和数字的字体")]


class TitleShape(Shape, frozen=True):
    """The title of the report."""

    face: FaceName
    size: FontSize
    pitch: Pitch


class HeadingShape(Shape, frozen=True):
    """Headings of one level."""

    face: FaceName
    size: FontSize


class TableShape(Shape, frozen=True):
    """Tables of figures."""

    face: FaceName
    size: FontSize
    pitch: Pitch
    line: Annotated[float, Meta(description="框线粗细，磅", ge=0, le=_THICKEST_PT)]
    inset: Annotated[Gap, Meta(description="格内左右留空，磅")]
    pad: Annotated[Gap, Meta(description="格内上下留空，磅")]


class NumberShape(Shape, frozen=True):
    """Page numbers."""

    face: FaceName
    size: FontSize
    gap: Annotated[Length, Meta(description="版心到页码的距离，毫米")]


class SignatureShape(Shape, frozen=True):
    """The day of issue."""

    indent: Annotated[Characters, Meta(description="成文日期右空，字")]


class FaceShape(Shape, frozen=True):
    """A face: its usual name, and the font families used for it."""

    name: Annotated[Text, Meta(description="人们怎样称呼它")]
    word: Annotated[Text, Meta(description="Word 文件里写的字体名")]
    official: Annotated[tuple[Text, ...], Meta(description="规定的字体的英文族名，取第一个已安装的")]
    free: Annotated[Text, Meta(description="没有规定的字体时替代的自由字体")]
    generic: Annotated[
        Literal["serif", "sans-serif", "monospace", "cursive", "fantasy", "system-ui"],
        Meta(description="网页里都没有时用哪一类"),
    ]


class LookFile(Shape, frozen=True):
    """A look, merged with those that it is based on."""

    page: Annotated[PageShape, Meta(description="纸和边距")]
    body: Annotated[BodyShape, Meta(description="正文")]
    title: Annotated[TitleShape, Meta(description="标题")]
    heading1: Annotated[HeadingShape, Meta(description="一级标题")]
    heading2: Annotated[HeadingShape, Meta(description="二级标题")]
    heading3: Annotated[HeadingShape, Meta(description="三级标题")]
    heading4: Annotated[HeadingShape, Meta(description="四级标题")]
    table: Annotated[TableShape, Meta(description="表")]
    number: Annotated[NumberShape, Meta(description="页码")]
    signature: Annotated[SignatureShape, Meta(description="成文日期")]
    faces: Annotated[dict[str, FaceShape], Meta(description="字体，名称自定")]
    name: Annotated[str, Meta(description="版式的名称")] = ""
    base: Annotated[str, Meta(description="底本：另一个版式的名称，这里只写与它不同的")] = ""


def load_look(sources: Sequence[Facts]) -> dict[str, Any]:
    """Load a look from its file and those that it is based on, its own first; return its tables as templates use them.

    Raises `UserError` with the faults found.
    """
    look = load(LookFile, sources)
    if faults := list(_find_faults(look)):
        raise_faults(sources, faults)
    return {key: value for key, value in merge_sources(sources).items() if key != BASE}


def _find_faults(look: LookFile) -> Iterator[Fault]:
    """Find faces that the look does not define, and margins that leave no space."""
    known = list(look.faces)
    for part in PARTS:
        face = getattr(look, part).face
        if face not in look.faces:
            yield Fault((part, "face"), _("no-such-face", face=face) + suggest(face, known))
    page = look.page
    for first, last, side, size in (("left", "right", "width", page.width), ("top", "bottom", "height", page.height)):
        if getattr(page, first) + getattr(page, last) >= size:
            yield Fault(("page", first), _("margins-fill-side", first=first, last=last, side=side))
    if look.number.gap > page.bottom:
        yield Fault(("number", "gap"), _("page-number-off-paper"))


def to_word_units(look: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return the measurements of a look in Word's units, by part of the page and name.

    Lengths on the page (mm) and pitches (pt) become twips, font sizes (pt) half points, lines of tables (pt)
    eighths of a point, indents (characters) hundredths of a character, and also twips as `…_wide` for programs that
    do not support indents in characters.
    """
    units: dict[str, dict[str, int]] = {}
    for part in PARTS:
        size, pitch = look[part]["size"], look[part].get("pitch")
        units[part] = {"size": round(size * 2)} | ({"pitch": round(pitch * _TWIPS_PER_POINT)} if pitch else {})
    body, table, page = look["body"], look["table"], look["page"]
    units["body"] |= _to_indent(body["indent"], body["size"])
    units["signature"] = _to_indent(look["signature"]["indent"], body["size"])
    units["number"] |= _to_indent(1, look["number"]["size"])
    units["table"] |= {name: round(table[name] * _TWIPS_PER_POINT) for name in ("inset", "pad")}
    units["table"]["line"] = round(table["line"] * 8)
    units["page"] = {key: round(value * TWIPS_PER_MM) for key, value in page.items()}
    below = page["bottom"] - look["number"]["gap"]  # from the paper's edge to the top of the page number
    units["page"]["footer"] = round(below * TWIPS_PER_MM - look["number"]["size"] * _TWIPS_PER_POINT * 1.2)
    units["page"]["header"] = round(_HEADER_MM * TWIPS_PER_MM)
    # Space between the characters of a line beyond their size, in twips: 28 characters fit 156 mm.
    width = units["page"]["width"] - units["page"]["left"] - units["page"]["right"]
    units["body"]["apart"] = math.floor(width / body["characters"] - body["size"] * _TWIPS_PER_POINT)
    return units


def list_face_names(look: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the font names of each part: `word` for a Word file, `css` as the list of a web page, best first."""
    face_names = {}
    for part in PARTS:
        face = look["faces"][look[part]["face"]]
        names = dict.fromkeys((face["word"], *face["official"], face["free"]))
        face_names[part] = {"word": face["word"], "css": ", ".join([*(f'"{name}"' for name in names), face["generic"]])}
    return face_names


def list_fonts(look: Mapping[str, Any]) -> list[dict[str, str]]:
    """List the faces for a Word file's font table: the name, and the names of its alternatives."""
    return [{"word": face["word"], "others": ",".join(face["official"])} for face in look["faces"].values()]


def derive_measures(look: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return what templates cannot compute: indents in pt, and the page footer in mm.

    The footer is as high as a page number; `below` is the distance from it to the paper's edge.
    """
    body, number = look["body"]["size"], look["number"]
    height = number["size"] * 1.2 * 25.4 / 72
    return {
        "indent": {"body": look["body"]["indent"] * body, "signature": look["signature"]["indent"] * body},
        "footing": {"height": height, "below": look["page"]["bottom"] - number["gap"] - height},
    }


def _to_indent(characters: float, size: float) -> dict[str, int]:
    return {"indent": round(characters * 100), "indent_wide": round(characters * size * _TWIPS_PER_POINT)}
