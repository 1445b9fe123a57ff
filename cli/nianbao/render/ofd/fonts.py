"""Fonts for readers of OFD: TrueType outlines, which all of them draw, under the names that documents go by."""

from io import BytesIO
from typing import Any

from fontTools.cffLib import CFFFontSet
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from nianbao.render.ofd.drawing import Font

_TOLERANCE = 0.001  # em, by which quadratic curves may differ from cubic ones


def make_truetype(font: Font, family: str) -> bytes:
    """Return a font as a TrueType file, its glyphs by the same indices as in the PDF, named as a family."""
    builder = _convert_cff(font) if font.kind == "CFF" else _open_sfnt(font)
    order = builder.font.getGlyphOrder()
    builder.setupCharacterMap({ord(sign): order[index] for sign, index in sorted(font.codes.items())})
    names = {"familyName": family, "styleName": "Regular", "fullName": family, "psName": font.name}
    builder.setupNameTable(names, mac=False)
    upem = builder.font["head"].unitsPerEm
    up, down = round(font.ascent * upem), round(-font.descent * upem)
    builder.setupOS2(sTypoAscender=up, sTypoDescender=-down, usWinAscent=max(up, 0), usWinDescent=max(down, 0))
    builder.setupPost(keepGlyphNames=False)
    builder.updateHead(created=0, modified=0)  # the same document always has the same bytes
    builder.font.recalcTimestamp = False
    with BytesIO() as file:
        builder.save(file)
        return file.getvalue()


def _open_sfnt(font: Font) -> FontBuilder:
    opened = TTFont(BytesIO(font.program), recalcTimestamp=False)
    if "glyf" in opened:
        return FontBuilder(font=opened)
    glyph_set, order = opened.getGlyphSet(), opened.getGlyphOrder()
    outlines = {name: _trace(glyph_set[name], opened["head"].unitsPerEm) for name in order}
    return _build(font, order, outlines, opened["head"].unitsPerEm)


def _convert_cff(font: Font) -> FontBuilder:
    fonts = CFFFontSet()
    fonts.decompile(BytesIO(font.program), None)
    top = fonts[0]
    order = [f"glyph{index:05}" for index in range(len(top.CharStrings))]
    upem = round(1 / top.FontMatrix[0])
    outlines = {
        name: _trace(top.CharStrings[charstring], upem)
        for name, charstring in zip([".notdef", *order[1:]], top.charset, strict=True)
    }
    return _build(font, list(outlines), outlines, upem)


def _trace(glyph: Any, upem: int) -> Any:  # noqa: ANN401  # fontTools has no types
    pen = TTGlyphPen(None)
    glyph.draw(Cu2QuPen(pen, _TOLERANCE * upem, reverse_direction=True))
    return pen.glyph()


def _build(font: Font, order: list[str], outlines: dict[str, Any], upem: int) -> FontBuilder:
    builder = FontBuilder(upem, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupGlyf(outlines)
    table = builder.font["glyf"]
    widths = [round(font.widths.get(index, 0) * upem / 1000) for index in range(len(order))]
    builder.setupHorizontalMetrics(
        {name: (width, getattr(table[name], "xMin", 0)) for name, width in zip(order, widths, strict=True)}
    )
    builder.setupHorizontalHeader(ascent=round(font.ascent * upem), descent=round(font.descent * upem))
    return builder
