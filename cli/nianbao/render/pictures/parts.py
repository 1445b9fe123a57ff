"""The pictures of a page in the raw text of each format that has them."""

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from nianbao.compose.pictures import DrawnPicture
from nianbao.render.pictures.svg import draw_svg
from nianbao.render.pictures.word_chart import add_charts, make_chart, make_paragraph
from nianbao.workspace.formats import Format, OutputFile
from nianbao.workspace.theme import list_face_names

_WORD = "openxml"


def write_pictures(
    pictures: Sequence[DrawnPicture], look: Mapping[str, Any], replacements: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Write each picture for pandoc, by its name: as raw HTML, Typst and OpenXML, and as SVG for an image.

    `replacements` are those of characters that no font of the PDF has.
    """
    written = {}
    for number, picture in enumerate(pictures, 1):
        svg = draw_svg(picture)
        typst, description = svg, picture.description
        for character, instead in replacements.items():
            typst, description = typst.replace(character, instead), description.replace(character, instead)
        font = escape(str(list_face_names(look)["table"]["css"]))
        written[picture.name] = {
            "html": f'<div class="picture">{svg}</div>',
            "typst": f"#picture({_quote(typst)}, {_quote(description)})",
            _WORD: make_paragraph(picture, number, look["page"]),
            "image": svg.replace("<svg ", f'<svg font-family="{font}" ', 1),
            "title": picture.title,
            "description": picture.description,
        }
    return written


def _quote(text: str) -> str:
    """Return a text as a string of Typst."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def finish_file(
    part: Format, content: bytes, pictures: Sequence[DrawnPicture], look: Mapping[str, Any], day: date
) -> OutputFile:
    """Return the file that pandoc wrote, with the parts of charts where its format has them."""
    if part.pictures == _WORD and pictures:
        font = str(list_face_names(look)["table"]["word"])
        content = add_charts(content, [make_chart(picture, font, day) for picture in pictures])
    return OutputFile(part.suffix, content)
