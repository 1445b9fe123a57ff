"""The shape of a look: the tables and keys of its file."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from nianbao.model.loading.shapes import Shape, Text

PARTS = ("title", "body", "heading1", "heading2", "heading3", "heading4", "table", "number")
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
    cover: Annotated[bool, Meta(description="field-look-cover")] = False
    contents: Annotated[bool, Meta(description="field-look-contents")] = False
    name: Annotated[str, Meta(description="field-look-name")] = ""
    base: Annotated[str, Meta(description="field-look-base")] = ""
