"""A look: the page's measurements and faces as data, converted to the units of Word and of templates."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from nianbao.model.facts import Facts
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import BASE, Fault, suggest
from nianbao.model.loading.loader import load, raise_faults
from nianbao.model.loading.shapes import Shape, Text

PARTS = ("title", "body", "heading1", "heading2", "heading3", "heading4", "table", "number")
# The characters that the fonts which come with nianbao are known to have: a test looks up every one of them.
COVERED_CHARACTERS = re.compile(r"[\x20-\x7e\s\u3000-\u303f\u4e00-\u9fa5\uff01-\uff5e“”‘’…—·]*")
HEADER_MM = 15  # from the paper's edge to the draft mark
QUOTE_INDENT = 2  # characters


# Word's longest length, 22 inches (31680 twips), bounds the paper and every size of type on it.
_LONGEST_MM, _LONGEST_PT = 558.8, 1584
_THICKEST_PT = 12  # Word's thickest border, 96 eighths of a point
Length: TypeAlias = Annotated[float, Meta(ge=0, le=_LONGEST_MM)]  # mm
Paper: TypeAlias = Annotated[float, Meta(gt=0, le=_LONGEST_MM)]  # mm
Size: TypeAlias = Annotated[float, Meta(gt=0, le=_LONGEST_PT)]  # pt
Gap: TypeAlias = Annotated[float, Meta(ge=0, le=_LONGEST_PT)]  # pt
Characters: TypeAlias = Annotated[float, Meta(ge=0, le=100)]
Lines: TypeAlias = Annotated[float, Meta(ge=0, le=100)]
FaceName: TypeAlias = Annotated[Text, Meta(description="field-face-of-look")]
FontSize: TypeAlias = Annotated[Size, Meta(description="field-font-size")]
Pitch: TypeAlias = Annotated[Size, Meta(description="field-line-pitch")]


class PageShape(Shape, frozen=True):
    """The paper and its margins, in mm."""

    width: Annotated[Paper, Meta(description="field-page-width")]
    height: Annotated[Paper, Meta(description="field-page-height")]
    top: Annotated[Length, Meta(description="field-page-top")]
    bottom: Annotated[Length, Meta(description="field-page-bottom")]
    left: Annotated[Length, Meta(description="field-page-left")]
    right: Annotated[Length, Meta(description="field-page-right")]


class BodyShape(Shape, frozen=True):
    """Running text."""

    face: FaceName
    size: FontSize
    pitch: Pitch
    characters: Annotated[
        Annotated[int, Meta(ge=1, le=1000)] | None, Meta(description="field-look-body-characters")
    ] = None
    indent: Annotated[Characters, Meta(description="field-look-body-indent")] = 0
    gap: Annotated[Gap, Meta(description="field-look-body-gap")] = 0
    latin: Annotated[str, Meta(description="field-look-body-latin")] = ""


class TitleShape(Shape, frozen=True):
    """The title of the report."""

    face: FaceName
    size: FontSize
    pitch: Pitch
    bold: Annotated[bool, Meta(description="field-look-title-bold")] = False
    pen: Annotated[float, Meta(description="field-look-title-pen", ge=0, le=1)] = 0


class HeadingShape(Shape, frozen=True):
    """Headings of one level."""

    face: FaceName
    size: FontSize
    bold: Annotated[bool, Meta(description="field-look-heading-bold")] = False
    above: Annotated[Gap, Meta(description="field-look-heading-above")] = 0
    below: Annotated[Gap, Meta(description="field-look-heading-below")] = 0
    indent: Annotated[Characters | None, Meta(description="field-look-heading-indent")] = None


class StressShape(Shape, frozen=True):
    """Strong and stressed words, as fonts with one weight and no slant show them."""

    pen: Annotated[float, Meta(description="field-look-stress-pen", ge=0, le=1)] = 0
    face: Annotated[str, Meta(description="field-look-stress-face")] = ""


class TableShape(Shape, frozen=True):
    """Tables of figures."""

    face: FaceName
    size: FontSize
    pitch: Pitch
    line: Annotated[float, Meta(description="field-look-table-line", ge=0, le=_THICKEST_PT)]
    inset: Annotated[Gap, Meta(description="field-look-table-inset")]
    pad: Annotated[Gap, Meta(description="field-look-table-pad")]
    band: Annotated[str, Meta(description="field-look-table-band", pattern="^([0-9A-Fa-f]{6})?$")] = ""
    gap: Annotated[Gap, Meta(description="field-look-table-gap")] = 0


class NumberShape(Shape, frozen=True):
    """Page numbers."""

    face: FaceName
    size: FontSize
    gap: Annotated[Length, Meta(description="field-look-number-gap")]
    place: Annotated[Literal["outer", "center"], Meta(description="field-look-number-place")] = "center"


class SignatureShape(Shape, frozen=True):
    """The office that issues the document, and below it the day of issue."""

    form: Annotated[Literal["flush", "seal", "plain"], Meta(description="field-look-signature-form")] = "flush"
    indent: Annotated[Characters, Meta(description="field-look-signature-indent")] = 0
    above: Annotated[Lines, Meta(description="field-look-signature-above")] = 1


class RedHeadShape(Shape, frozen=True):
    """The head of a letter: the name of the office, the number of the letter and its signers, a line."""

    face: FaceName
    names: Annotated[Text, Meta(description="field-look-redhead-names")]
    size: FontSize
    colour: Annotated[str, Meta(description="field-look-redhead-colour", pattern="^#[0-9A-Fa-f]{6}$")]
    top: Annotated[Length, Meta(description="field-look-redhead-top")]
    above: Annotated[Lines, Meta(description="field-look-redhead-above")]
    gap: Annotated[Annotated[float, Meta(ge=0, le=10)], Meta(description="field-look-redhead-gap")]
    line: Annotated[float, Meta(description="field-look-redhead-line", ge=0, le=_THICKEST_PT)]
    below: Annotated[Lines, Meta(description="field-look-redhead-below")]
    indent: Annotated[Characters, Meta(description="field-look-redhead-indent")] = 1


class ColophonShape(Shape, frozen=True):
    """What stands at the foot of the last page of a letter: who gets copies, who printed it, and when."""

    face: FaceName
    size: FontSize
    pitch: Pitch
    thick: Annotated[float, Meta(description="field-look-colophon-thick", ge=0, le=_THICKEST_PT)]
    thin: Annotated[float, Meta(description="field-look-colophon-thin", ge=0, le=_THICKEST_PT)]
    indent: Annotated[Characters, Meta(description="field-look-colophon-indent")] = 1


class FaceShape(Shape, frozen=True):
    """A face: its usual name, and the font families used for it."""

    name: Annotated[Text, Meta(description="field-face-name")]
    word: Annotated[Text, Meta(description="field-face-word")]
    official: Annotated[tuple[Text, ...], Meta(description="field-face-official")]
    free: Annotated[Text, Meta(description="field-face-free")]
    generic: Annotated[
        Literal["serif", "sans-serif", "monospace", "cursive", "fantasy", "system-ui"],
        Meta(description="field-face-generic"),
    ]
    latin: Annotated[bool, Meta(description="field-face-latin")] = False
    substitutes: Annotated[tuple[Text, ...], Meta(description="field-face-substitutes")] = ()


class LookFile(Shape, frozen=True):
    """A look, merged with those that it is based on."""

    page: Annotated[PageShape, Meta(description="field-look-page")]
    body: Annotated[BodyShape, Meta(description="field-look-body")]
    title: Annotated[TitleShape, Meta(description="field-look-title")]
    heading1: Annotated[HeadingShape, Meta(description="field-look-heading1")]
    heading2: Annotated[HeadingShape, Meta(description="field-look-heading2")]
    heading3: Annotated[HeadingShape, Meta(description="field-look-heading3")]
    heading4: Annotated[HeadingShape, Meta(description="field-look-heading4")]
    table: Annotated[TableShape, Meta(description="field-look-table")]
    number: Annotated[NumberShape, Meta(description="field-look-number")]
    signature: Annotated[SignatureShape, Meta(description="field-look-signature")]
    faces: Annotated[dict[str, FaceShape], Meta(description="field-look-faces")]
    stress: Annotated[StressShape, Meta(description="field-look-stress")] = StressShape()
    redhead: Annotated[RedHeadShape | None, Meta(description="field-look-redhead")] = None
    colophon: Annotated[ColophonShape | None, Meta(description="field-look-colophon")] = None
    name: Annotated[str, Meta(description="field-look-name")] = ""
    base: Annotated[str, Meta(description="field-look-base")] = ""


def load_look(sources: Sequence[Facts]) -> dict[str, Any]:
    """Load a look from its file and those that it is based on, its own first; return its tables as templates use them.

    Raises `UserError` with the faults found.
    """
    look = load(LookFile, sources)
    if faults := list(_find_faults(look)):
        raise_faults(sources, faults)
    return {key: value for key, value in _fill_in(look).items() if key != BASE}


def _fill_in(look: LookFile) -> dict[str, Any]:
    """Return the tables of a look with what is left out: the face of Latin letters, and the indents of headings.

    Only faces that a part uses are kept, so that a look knows nothing of the fonts of its base.
    """
    tables: dict[str, Any] = msgspec.to_builtins(look)
    body = tables["body"]
    body["latin"] = body["latin"] or tables["faces"][body["face"]]["word"]
    for part in PARTS:
        if part.startswith("heading") and tables[part]["indent"] is None:
            tables[part]["indent"] = body["indent"]
    used = set(list_roles(tables).values())
    tables["faces"] = {name: face for name, face in tables["faces"].items() if name in used}
    if body["characters"] is None:
        del body["characters"]
    return {name: table for name, table in tables.items() if table is not None}


def list_roles(look: Mapping[str, Any]) -> dict[str, str]:
    """Return the name of the face of each part of the page, also of those that not every look has."""
    roles = {part: look[part]["face"] for part in PARTS}
    if look["stress"]["face"]:
        roles["stress"] = look["stress"]["face"]
    if redhead := look.get("redhead"):
        roles |= {"redhead": redhead["face"], "signers": redhead["names"]}
    if colophon := look.get("colophon"):
        roles["colophon"] = colophon["face"]
    return roles


def _find_faults(look: LookFile) -> Iterator[Fault]:
    """Find faces that the look does not define, and margins that leave no space."""
    known = list(look.faces)
    for part in PARTS:
        face = getattr(look, part).face
        if face not in look.faces:
            yield Fault((part, "face"), _("no-such-face", face=face) + suggest(face, known))
    more = [("stress", "face", look.stress.face)]
    if look.redhead:
        more += [("redhead", "face", look.redhead.face), ("redhead", "names", look.redhead.names)]
    if look.colophon:
        more += [("colophon", "face", look.colophon.face)]
    for part, key, face in more:
        if face and face not in look.faces:
            yield Fault((part, key), _("no-such-face", face=face) + suggest(face, known))
    page = look.page
    for first, last, side, size in (("left", "right", "width", page.width), ("top", "bottom", "height", page.height)):
        if getattr(page, first) + getattr(page, last) >= size:
            yield Fault(("page", first), _("margins-fill-side", first=first, last=last, side=side))
    if look.number.gap > page.bottom:
        yield Fault(("number", "gap"), _("page-number-off-paper"))


def list_face_names(look: Mapping[str, Any]) -> dict[str, dict[str, str | bool]]:
    """Return the font names of each part: `word` for a Word file, `css` as the list of a web page, best first.

    `free` is the family that stands in where no official one is installed.
    `latin` says whether Latin letters are set in the face too.
    """
    face_names: dict[str, dict[str, str | bool]] = {}
    for part, role in list_roles(look).items():
        face = look["faces"][role]
        names = dict.fromkeys((face["word"], *face["official"], *face["substitutes"], face["free"]))
        face_names[part] = {
            "word": face["word"],
            "free": face["free"],
            "latin": face["latin"],
            "css": ", ".join([*(f'"{name}"' for name in names), face["generic"]]),
        }
    return face_names


def derive_measures(look: Mapping[str, Any]) -> dict[str, Any]:
    """Return what templates cannot compute: indents in pt, the page footer in mm, headings by level, and conditions.

    `signature` has the name of its form as a condition, and the space above it in pt. The footer is as high as a page
    number; `below` is the distance from it to the paper's edge.
    """
    body, number = look["body"]["size"], look["number"]
    height = number["size"] * 1.2 * 25.4 / 72
    faces = list_face_names(look)
    return {
        "indent": {part: look[part]["indent"] * body for part in ("body", "signature")}
        | {"quote": QUOTE_INDENT * body},
        "heading": {
            name + wide: height
            for wide, top in (("", look["page"]["top"]), ("_wide", look["page"]["right"]))
            for name, height in (("above", min(top, HEADER_MM)), ("height", max(0, top - HEADER_MM)))
        },
        "footing": {"height": height, "below": look["page"]["bottom"] - number["gap"] - height},
        "headings": [
            look[part]
            | {"level": level, "tag": level + 1, "indent": look[part]["indent"] * body, "css": faces[part]["css"]}
            for level, part in enumerate((part for part in PARTS if part.startswith("heading")), 1)
        ],
        "text_width": look["page"]["width"] - look["page"]["left"] - look["page"]["right"],
        "cover_space": to_cover_space(look["page"]),
        "grid": "characters" in look["body"],
        "outer": number["place"] == "outer",
        "pen": look["stress"]["pen"] > 0,
        "redhead_colour": look["redhead"]["colour"].removeprefix("#") if "redhead" in look else "",
        "signature": {look["signature"]["form"]: True, "above": look["signature"]["above"] * look["body"]["pitch"]},
    }


def to_cover_space(page: Mapping[str, float]) -> float:
    """Return the space above the title of a cover, in mm."""
    return (page["height"] - page["top"] - page["bottom"]) / 4
