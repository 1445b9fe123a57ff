"""A look: the page's measurements and faces as data, converted to the units of Word and of templates."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from nianbao.model.facts import Facts
from nianbao.model.loading.inheritance import BASE
from nianbao.model.loading.loader import load, raise_faults
from nianbao.workspace.looks.faults import find_faults
from nianbao.workspace.looks.shapes import PARTS, LookFile

# The characters that the fonts which come with nianbao are known to have: a test looks up every one of them.
COVERED_CHARACTERS = re.compile(r"[\x20-\x7e\s\u3000-\u303f\u4e00-\u9fa5\uff01-\uff5e“”‘’…—·]*")
HEADER_MM = 15  # from the paper's edge to the draft mark
QUOTE_INDENT = 2  # characters


def load_look(sources: Sequence[Facts]) -> dict[str, Any]:
    """Load a look from its file and those that it is based on, its own first; return its tables as templates use them.

    Raises `UserError` with the faults found.
    """
    look = load(LookFile, sources)
    if faults := list(find_faults(look)):
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
        "text_width": (wide := look["page"]["width"] - look["page"]["left"] - look["page"]["right"]),
        "entry_width": wide - body * 25.4 / 72,  # of the contents, below others
        "cover_space": to_cover_space(look["page"]),
        "cover_page": "characters" not in look["body"] or look["cover"],  # whether there is one without a number
        "grid": "characters" in look["body"],
        "outer": number["place"] == "outer",
        "pen": look["stress"]["pen"] > 0,
        "redhead_colour": look["redhead"]["colour"].removeprefix("#") if "redhead" in look else "",
        "signature": {look["signature"]["form"]: True, "above": look["signature"]["above"] * look["body"]["pitch"]},
    }


def to_cover_space(page: Mapping[str, float]) -> float:
    """Return the space above the title of a cover, in mm."""
    return (page["height"] - page["top"] - page["bottom"]) / 4
