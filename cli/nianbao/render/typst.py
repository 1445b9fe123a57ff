"""The only door to Typst and to fonts: which faces draw a page, which signs none can draw, and the PDF itself."""

import json
import re
from collections.abc import Container, Mapping, Sequence
from functools import cache
from typing import Any
from unicodedata import category

from nianbao.model.finding import Stop
from nianbao.model.i18n import N_, _
from nianbao.workspace.formats import Face, Format, Printed
from nianbao.workspace.limits import Words, watched
from nianbao.workspace.theme import PARTS, SURE

_MAX_SECONDS = 60  # that Typst may take for a report
_MAX_MEMORY = 2 * 2**30  # bytes that it may take for it
_LIMIT_MESSAGES = Words(
    N_("typst {seconds} 秒还没有排完"),
    N_("typst 排它要用的内存太多"),
    N_("缩短正文；若改过 templates/formats/pdf，请检查模板"),
)
_PAGES = re.compile(rb"/Type\s*/Pages\s*/Count (\d+)")  # the root of Typst's page tree


def choose_faces(look: Mapping[str, Any]) -> list[Face]:
    """Choose a family for each face of the look: the first official one that is installed, else the free one."""
    known = set(_load_fonts().families())
    chosen = []
    for role, face in look["faces"].items():
        family = next((name for name in face["official"] if name in known), face["free"])
        chosen.append(Face(role, face["name"], family, family in face["official"]))
    return chosen


def families_by_part(look: Mapping[str, Any], chosen: Sequence[Face]) -> dict[str, list[str]]:
    """Return, for each part of the page, the families that draw it, best first; none where none were chosen."""
    drawn = {face.role: face.family for face in chosen}
    free = [face["free"] for face in look["faces"].values()]
    return {part: list(dict.fromkeys([drawn[look[part]["face"]], *free])) for part in PARTS if drawn}


def list_fonts() -> dict[str, str]:
    """Return every font there is, by family and index in its file, with the path of the file."""
    return {f"{font.family} {font.index}": font.path for font in _load_fonts().fonts() if font.path}


def find_undrawable(signs: frozenset[str], look: Mapping[str, Any]) -> frozenset[str]:
    """Return those of some signs that no face can draw: empty boxes in the PDF.

    The faces of the look come first; Typst falls back on any other that is installed.
    """
    answers = _known_characters()
    left = signs - answers.keys()
    if left:  # else no font need be read
        wanted = {face.family for face in choose_faces(look)} | {face["free"] for face in look["faces"].values()}
        known = {font.family: font for font in _load_fonts().fonts() if font.path}
        for family in sorted(known, key=lambda family: family not in wanted):
            drawn = _read_characters(known[family].path, known[family].index)
            found = {sign for sign in left if ord(sign) in drawn}
            answers.update(dict.fromkeys(found, True))
            left -= found
            if not left:
                break
        answers.update(dict.fromkeys(left, False))
    return frozenset(sign for sign in signs if not answers[sign])


@cache
def _known_characters() -> dict[str, bool]:
    """Keep which signs can be drawn: looking through every font takes a while."""
    return {}


def _read_characters(path: str, index: int) -> Container[int]:
    from fontTools.ttLib import TTFont  # noqa: PLC0415  # heavy; asked for by rare signs only

    with TTFont(path, fontNumber=index, lazy=True) as font:
        font.setGlyphOrder([str(at) for at in range(font["maxp"].numGlyphs)])  # their real names take long to read
        signs: dict[int, str] = font.getBestCmap()
        return signs


def make_replacements(text: str, look: Mapping[str, Any]) -> dict[str, str]:
    """Give for each sign that no face draws what is printed in the PDF: its number, and for a joiner nothing."""
    missing = find_undrawable(frozenset(SURE.sub("", text)), look)
    return {sign: "" if category(sign) == "Cf" else f"〔U+{ord(sign):04X}〕" for sign in sorted(missing)}


def compile_pdf(part: Format, content: bytes, stamp: int, facts: str, drawn: Mapping[str, Sequence[str]]) -> Printed:
    """Set what pandoc wrote for a format as a PDF, dated `stamp` (seconds since 1970); raises `Stop` where it fails.

    `facts` are attached, unless empty; `drawn` are the families of each part of the page.
    """
    import typst  # noqa: PLC0415  # heavy; imported where it is used

    fonts = _load_fonts()

    def compiled() -> bytes:
        return typst.compile(
            content,
            root=part.folder,  # the page may read its own template's folder and no other file
            font_paths=fonts,
            sys_inputs={"facts": facts, "faces": json.dumps(drawn)},
            pdf_standards=list(part.standards),
            timestamp=stamp,
        )

    try:
        made = watched(compiled, _MAX_SECONDS, _MAX_MEMORY, _LIMIT_MESSAGES)
    except typst.TypstError as error:
        raise Stop(
            _("typst 没有排成：{message}", message=error.message), _("若改过 templates/formats/pdf，请检查模板")
        ) from error
    pages = _PAGES.search(made)
    return Printed(part.suffix, made, int(pages[1]) if pages else 0)


@cache
def _load_fonts() -> Any:  # noqa: ANN401  # typst.Fonts, imported where it is used
    import pylopdf_fonts_zh_cn  # noqa: PLC0415  # see above
    import typst  # noqa: PLC0415  # heavy; imported where it is used

    return typst.Fonts(
        include_system_fonts=True,
        include_embedded_fonts=False,
        font_paths=[str(pylopdf_fonts_zh_cn.serif_path().parent)],
    )
