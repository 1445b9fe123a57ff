"""An OFD package: the parts, each filled from its template, the fonts, and the facts as an attachment."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from io import BytesIO
from itertools import count
from pathlib import Path as FilePath
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nianbao import __version__
from nianbao.compose.document import ILLEGAL_CHARACTERS
from nianbao.compose.templating import fill_template
from nianbao.model.i18n import N_
from nianbao.render.ofd.drawing import Bookmark, Drawing, DrawnPage, Font, GlyphRun, Link, Target
from nianbao.render.ofd.fonts import make_truetype
from nianbao.render.ofd.objects import Values, describe_path, describe_run, write_number, write_numbers
from nianbao.render.ofd.pdf_reader import read_pdf
from nianbao.workspace.formats import Format, OutputFile
from nianbao.workspace.processes.limits import PATIENCE, LimitMessages, limit

_MAX_SECONDS = 120  # for one report
_MAX_MEMORY = 2 * 2**30  # bytes, for one report
_LIMIT_MESSAGES = LimitMessages(N_("ofd-too-slow"), N_("ofd-needs-too-much-memory"), N_("shorten-prose-or-skip-ofd"))
_DATE = (1980, 1, 1, 0, 0, 0)  # of the entries of the package: the same document always has the same bytes
_FACTS = "facts.toml"


def convert_pdf(part: Format, pdf: OutputFile, day: date, facts: str, families: Mapping[str, str]) -> OutputFile:
    """Return the pages of a PDF as an OFD document.

    `day` is its date; `facts` are attached, unless empty; `families` are the names under which fonts are embedded, by
    their names of PostScript. Raises `UserError` where the PDF has what OFD cannot carry, where a template cannot be
    filled, or where that takes too long.
    """
    with limit(_MAX_MEMORY, _MAX_SECONDS, _LIMIT_MESSAGES, PATIENCE):
        drawing = read_pdf(pdf.content)
        identity = sha256(pdf.content + facts.encode()).hexdigest()[:32]
        parts = _make_parts(part, drawing, {"id": identity, "day": day.isoformat(), "facts": facts}, families)
        return OutputFile(part.suffix, _pack(parts), len(drawing.pages))


def _make_parts(
    part: Format, drawing: Drawing, about: Mapping[str, str], families: Mapping[str, str]
) -> dict[str, bytes]:
    """Return every file of the package by its name, in their order."""
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(FilePath(part.folder) / part.reference),
        autoescape=True,
        finalize=_replace_illegal,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def fill(name: str, values: Mapping[str, Any]) -> bytes:
        return fill_template(environment, f"{name}.xml.j2", values).encode()

    ids = count(1)
    font_ids = {id(font): next(ids) for font in drawing.fonts}
    page_ids = [next(ids) for _page in drawing.pages]
    styles: dict[str, int] = {}
    contents = [
        {"page": _describe_page(page, font_ids, styles, ids) | _describe_links(page.links, page_ids)}
        for page in drawing.pages
    ]
    fonts = list(_describe_fonts(drawing.fonts, font_ids, families))
    pages = [{"id": page_id, "box": one["page"]["box"]} for page_id, one in zip(page_ids, contents, strict=True)]
    bookmarks = _nest(drawing.bookmarks, page_ids)
    facts = about["facts"].encode()
    attached = {"name": _FACTS, "kilobytes": write_number(len(facts) / 1024)} if facts else None
    shared = {**about, "facts": attached, "title": drawing.title, "author": drawing.author, "version": __version__}
    parts = {
        "OFD.xml": fill("OFD", shared),
        "Doc_0/Document.xml": fill("Document", shared | {"max_id": next(ids), "pages": pages, "bookmarks": bookmarks}),
        "Doc_0/PublicRes.xml": fill("PublicRes", {"fonts": fonts, "styles": styles}),
    }
    for number, values in enumerate(contents):
        parts[f"Doc_0/Pages/Page_{number}/Content.xml"] = fill("Content", values)
    for font, named in zip(drawing.fonts, fonts, strict=True):
        parts[f"Doc_0/Res/{named['file']}"] = make_truetype(font, named["name"])
    if attached:
        parts["Doc_0/Attachs/Attachments.xml"] = fill("Attachments", shared)
        parts[f"Doc_0/Attachs/{_FACTS}"] = facts
    return parts


def _replace_illegal(value: object) -> object:
    """Replace the characters of a text that XML cannot hold; what a macro has made is no text, but markup."""
    return ILLEGAL_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", value) if type(value) is str else value


def _describe_fonts(
    fonts: Sequence[Font], font_ids: Mapping[int, int], families: Mapping[str, str]
) -> Iterator[Values]:
    """Name fonts by their families, and those of one family by their own names."""
    named = [families.get(font.name, font.name) for font in fonts]
    for font, family in zip(fonts, named, strict=True):
        number = font_ids[id(font)]
        name = family if named.count(family) == 1 else font.name
        yield {"id": number, "name": name, "family": family, "file": f"font_{number}.ttf"}


def _describe_page(page: DrawnPage, font_ids: Mapping[int, int], styles: dict[str, int], ids: Iterator[int]) -> Values:
    """Describe what a page has; the widths of lines around letters get IDs in `styles`."""
    layer = next(ids)
    objects = [
        values | {"id": next(ids)}
        for one in page.objects
        for values in (describe_run(one, font_ids[id(one.font)]) if isinstance(one, GlyphRun) else [describe_path(one)])
    ]
    for values in objects:
        if values["kind"] == "text" and values["pen"]:
            values["style"] = styles.setdefault(values["pen"]["width"], next(ids))
    return {"box": write_numbers((0, 0, page.width, page.height)), "layer": layer, "objects": objects}


def _describe_links(links: Sequence[Link], page_ids: Sequence[int]) -> Values:
    found = []
    for link in links:
        left, top, width, height = link.box
        corners = [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
        place = _describe_target(link.target, page_ids) if link.target else {}
        found.append({"corners": [write_numbers(corner) for corner in corners], "uri": link.uri, **place})
    return {"links": found}


def _describe_target(target: Target, page_ids: Sequence[int]) -> Values:
    return {"page": page_ids[target.page], "left": write_number(target.left), "top": write_number(target.top)}


def _nest(bookmarks: Sequence[Bookmark], page_ids: Sequence[int]) -> list[Values]:
    """Put each bookmark below the last one of a lower level."""
    top: list[Values] = []
    open_lists = [(0, top)]
    for level, title, target in bookmarks:
        while open_lists[-1][0] >= level:
            open_lists.pop()
        below: list[Values] = []
        open_lists[-1][1].append({"title": title, "below": below, **_describe_target(target, page_ids)})
        open_lists.append((level, below))
    return top


def _pack(parts: Mapping[str, bytes]) -> bytes:
    with BytesIO() as buffer:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
            for name, content in parts.items():
                entry = zipfile.ZipInfo(name, _DATE)
                entry.create_system, entry.external_attr = 3, 0o644 << 16  # on every system
                entry.compress_type = zipfile.ZIP_DEFLATED
                package.writestr(entry, content)
        return buffer.getvalue()
