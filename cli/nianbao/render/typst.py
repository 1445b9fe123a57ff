"""The only module that uses Typst and fonts: the faces of a page, characters that no font has, and PDF files."""

import json
import re
from collections.abc import Container, Mapping, Sequence
from functools import cache
from threading import Thread
from typing import Any
from unicodedata import category

from nianbao.model.finding import UserError
from nianbao.model.i18n import N_, _
from nianbao.model.locale import Locale
from nianbao.render.pdf_objects import rewrite_pdf
from nianbao.workspace.formats import Face, Format, OutputFile
from nianbao.workspace.processes.limits import PATIENCE, LimitMessages, run_watched
from nianbao.workspace.theme import COVERED_CHARACTERS, list_roles

_MAX_SECONDS = 60  # for one report
_MAX_MEMORY = 2 * 2**30  # bytes, for one report
_LIMIT_MESSAGES = LimitMessages(
    N_("typst-too-slow"), N_("typst-needs-too-much-memory"), N_("shorten-prose-or-check-pdf-templates")
)
_EMBEDDED = frozenset({"Libertinus Serif"})  # families that come with Typst
_FALLBACK = ("Noto Serif SC",)  # that comes with nianbao, for characters that the families of a look lack
_PRIVATE = "Co"  # the Unicode category of private use
_PAGE_COUNT = re.compile(rb"/Type\s*/Pages\s*/Count (\d+)")  # the root of Typst's page tree


def choose_faces(look: Mapping[str, Any]) -> list[Face]:
    """Choose a family for each face of the look: the first installed one, official ones first, else the free one."""
    installed = set(_load_fonts(embedded=False).families())
    faces = []
    for role, face in look["faces"].items():
        names = (*face["official"], *face["substitutes"])
        family = next((name for name in names if name in installed), face["free"])
        faces.append(Face(role, face["name"], family, family in face["official"]))
    return faces


def families_by_part(look: Mapping[str, Any], faces: Sequence[Face], text: str = "") -> dict[str, list[str]]:
    """Return the font families of each part of the page, preferred ones first; nothing where there are no faces.

    The last ones draw what in the text no family of the look has: Typst's own search for such a font may fail.
    """
    chosen = {face.role: face.family for face in faces}
    free = [face["free"] for face in look["faces"].values()]
    roles = list_roles(look)
    roles["emph"] = roles.pop("stress", look["body"]["face"])
    rare = sorted(set(_find_families(_list_rare(text), look).values()) - {""}) if chosen else []
    more = (*free, *_FALLBACK, *rare)
    return {part: list(dict.fromkeys([chosen[role], *more])) for part, role in roles.items() if chosen}


def list_families() -> list[str]:
    """List the families of fonts that a page can be set in: installed, or of nianbao and Typst."""
    return sorted({*_load_fonts(embedded=False).families(), *_EMBEDDED})


def list_fonts() -> dict[str, str]:
    """Return the path of every font file, by the font's family and its index in the file: "family index"."""
    return {f"{font.family} {font.index}": font.path for font in _load_fonts(embedded=False).fonts() if font.path}


@cache
def name_faces(faces: tuple[Face, ...]) -> dict[str, str]:
    """Return names for the fonts of faces, by their names of PostScript: the usual name of the only face they draw.

    A family that draws several faces keeps its own name.
    """
    from fontTools.ttLib import TTFont  # noqa: PLC0415  # heavy

    names: dict[str, str] = {}
    drawn = [face.family for face in faces]
    for font in _load_fonts(embedded=False).fonts():
        if font.family not in drawn or not font.path:
            continue
        with TTFont(font.path, fontNumber=font.index, lazy=True) as opened:
            name = opened["name"].getDebugName(6)
        usual = faces[drawn.index(font.family)].name
        names[name] = usual if drawn.count(font.family) == 1 else font.family
    return names


def find_undrawable(characters: frozenset[str], look: Mapping[str, Any]) -> frozenset[str]:
    """Return those of some characters that no font has, which would be empty boxes in the PDF, and private ones.

    The fonts of the look are searched first, then all others that are installed. What a private character (a bullet of
    a symbol font, a character made for one system) looks like depends on the font, and PDF/A-3a does not allow any.
    """
    private = frozenset(character for character in characters if category(character) == _PRIVATE)
    families = _find_families(characters - private, look)
    return private.union(character for character, family in families.items() if not family)


def _find_families(characters: frozenset[str], look: Mapping[str, Any]) -> dict[str, str]:
    """Return the family that draws each of some characters; an empty text where no font has it."""
    if not characters:
        return {}  # as of most reports: no font need be read
    preferred = {face.family for face in choose_faces(look)} | {face["free"] for face in look["faces"].values()}
    known = _known_families(frozenset(preferred))
    if left := characters - known.keys():
        fonts = {font.family: font for font in _load_fonts(embedded=False).fonts() if font.path}
        for family in sorted(fonts, key=lambda family: family not in preferred):
            codes = _read_characters(fonts[family].path, fonts[family].index)
            drawable = {character for character in left if ord(character) in codes}
            known.update(dict.fromkeys(drawable, family))
            left -= drawable
            if not left:
                break
        known.update(dict.fromkeys(left, ""))
    return {character: known[character] for character in characters}


@cache
def _known_families(_preferred: frozenset[str]) -> dict[str, str]:
    """Return the family of each character that was asked for so far: reading every font takes a while."""
    return {}


def _list_rare(text: str) -> frozenset[str]:
    """List the characters of a text that the fonts which come with nianbao may lack."""
    return frozenset(COVERED_CHARACTERS.sub("", text))


def _read_characters(path: str, index: int) -> Container[int]:
    from fontTools.ttLib import TTFont  # noqa: PLC0415  # heavy; needed for rare characters only

    with TTFont(path, fontNumber=index, lazy=True) as font:
        font.setGlyphOrder([str(at) for at in range(font["maxp"].numGlyphs)])  # their real names take long to read
        characters: dict[int, str] = font.getBestCmap()
        return characters


def make_replacements(text: str, look: Mapping[str, Any], locale: Locale) -> dict[str, str]:
    """Return what the PDF has instead of each character that no font has: its code point, nothing for a joiner."""
    missing = find_undrawable(_list_rare(text), look)
    mark = locale.file.marks.no_glyph
    return {one: "" if category(one) == "Cf" else mark.format(code=f"{ord(one):04X}") for one in sorted(missing)}


def compile_pdf(
    part: Format,
    content: bytes,
    epoch: int,
    facts: str,
    families: Mapping[str, Sequence[str]],
) -> OutputFile:
    """Compile Typst markup, as pandoc wrote it for a format, to a PDF; raises `UserError` where that fails.

    `epoch` is its date in seconds since 1970; `facts` are attached, unless empty; `families` are the font families of
    each part of the page.
    """
    pdf: bytes = _compile(part, content, epoch, families, {"facts": facts}, {"pdf_standards": list(part.standards)})
    pages = _PAGE_COUNT.search(pdf)
    return OutputFile(part.suffix, rewrite_pdf(pdf), int(pages[1]) if pages else 0)


def compile_svg(part: Format, content: bytes, epoch: int, families: Mapping[str, Sequence[str]]) -> OutputFile:
    """Compile Typst markup to its pages in SVG, one after the other; see `compile_pdf`."""
    pages = _compile(part, content, epoch, families, {"facts": ""}, {"format": "svg"})
    pages = [pages] if isinstance(pages, bytes) else pages
    return OutputFile(part.suffix, b"\n".join(pages), len(pages))


def _compile(  # noqa: PLR0913, PLR0917  # all that a page depends on
    part: Format,
    content: bytes,
    epoch: int,
    families: Mapping[str, Sequence[str]],
    inputs: Mapping[str, str],
    options: Mapping[str, Any],
) -> Any:  # noqa: ANN401  # as typst has it: the bytes of one file, or of several
    import typst  # noqa: PLC0415  # heavy; imported where it is used

    fonts = _load_fonts(embedded=any(not _EMBEDDED.isdisjoint(names) for names in families.values()))

    def compile_page() -> Any:  # noqa: ANN401  # see above
        return typst.compile(
            content,
            root=part.folder,  # the page can read files of its template's folder only
            font_paths=fonts,
            sys_inputs={"faces": json.dumps(families), **inputs},
            timestamp=epoch,
            **options,
        )

    try:
        return run_watched(compile_page, _MAX_SECONDS, _MAX_MEMORY, _LIMIT_MESSAGES, patience=PATIENCE)
    except typst.TypstError as error:
        raise UserError(_("typst-failed", message=error.message), _("check-pdf-templates")) from error


def preload_fonts() -> None:
    """Begin to load the fonts, which takes 40 ms, while this thread goes on."""
    _get_font_loader(embedded=False)


def _load_fonts(*, embedded: bool) -> Any:  # noqa: ANN401  # typst.Fonts, imported where it is used
    """Return the fonts of the system and those that come with nianbao, with or without those that come with Typst."""
    return _get_font_loader(embedded=embedded).wait()


class _FontLoader(Thread):
    """Loads fonts; Typst does so without the lock of the interpreter."""

    def __init__(self, *, embedded: bool) -> None:
        super().__init__(daemon=True)
        self._embedded = embedded
        self._fonts: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            import pylopdf_fonts_zh_cn  # noqa: PLC0415  # see above
            import typst  # noqa: PLC0415  # heavy; imported where it is used

            self._fonts = typst.Fonts(
                include_system_fonts=True,
                include_embedded_fonts=self._embedded,
                font_paths=[str(pylopdf_fonts_zh_cn.serif_path().parent)],
            )
        except BaseException as error:  # noqa: BLE001  # for the thread that waits
            self._error = error

    def wait(self) -> Any:  # noqa: ANN401  # typst.Fonts
        """Return the fonts once they are loaded; raises what loading them raised."""
        self.join()
        if self._error:
            raise self._error
        return self._fonts


@cache
def _get_font_loader(*, embedded: bool) -> _FontLoader:
    loader = _FontLoader(embedded=embedded)
    loader.start()
    return loader
