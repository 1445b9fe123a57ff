"""The measures of a look in the units of Word."""

import math
from collections.abc import Mapping
from typing import Any

from nianbao.workspace.looks.shapes import PARTS
from nianbao.workspace.theme import HEADER_MM, QUOTE_INDENT, to_cover_space

_TWIPS_PER_MM = 1440 / 25.4
_TWIPS_PER_POINT = 20
# The part of a character that stays free at the end of a full line of Word: LibreOffice drops a punctuation mark there
# that does not fit by a fraction of a point.
_SPARE_CHARACTERS = 1 / 3
_RED_HEAD_PITCH = 1.05  # em: the ink of a square character begins at the top of such a line
_FAMILIES = {"serif": "roman", "sans-serif": "swiss", "monospace": "modern", "cursive": "script"}


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
    units["quote"] = _to_indent(QUOTE_INDENT, body["size"])
    units["contents"] = _to_indent(1, body["size"])
    units["signature"]["above"] = round(look["signature"]["above"] * body["pitch"] * _TWIPS_PER_POINT)
    units["number"] |= _to_indent(1, look["number"]["size"])
    units["table"] |= {name: round(table[name] * _TWIPS_PER_POINT) for name in ("inset", "pad", "gap")}
    units["table"]["line"] = round(table["line"] * 8)
    units["page"] = {key: round(value * _TWIPS_PER_MM) for key, value in page.items()}
    below = page["bottom"] - look["number"]["gap"]  # from the paper's edge to the top of the page number
    units["page"]["footer"] = round(below * _TWIPS_PER_MM - look["number"]["size"] * _TWIPS_PER_POINT * 1.2)
    units["page"]["header"] = round(HEADER_MM * _TWIPS_PER_MM)
    units["page"]["cover"] = round(to_cover_space(page) * _TWIPS_PER_MM)
    units["body"]["gap"] = round(body["gap"] * _TWIPS_PER_POINT)
    for part in PARTS:
        if part.startswith("heading"):
            heading = look[part]
            units[part] |= {name: round(heading[name] * _TWIPS_PER_POINT) for name in ("above", "below")}
            units[part] |= _to_indent(heading["indent"], body["size"])
    if characters := body.get("characters"):
        # Space between the characters of a line beyond their size, in twips: 28 characters fit 156 mm.
        width = units["page"]["width"] - units["page"]["left"] - units["page"]["right"]
        size = body["size"] * _TWIPS_PER_POINT
        units["body"]["apart"] = math.floor((width - _SPARE_CHARACTERS * size) / characters - size)
    return units | _to_letter_units(look)


def _to_letter_units(look: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return the measurements of a letter's red head and colophon, as far as the look has them.

    In lines of an exact height the baseline is at four fifths; from there, a square character reaches up 0.84 em and
    down 0.12 em. Space above and below counts from the characters, that of a border from the line.
    """
    units: dict[str, dict[str, int]] = {}
    body, title = look["body"], look["title"]
    if redhead := look.get("redhead"):
        size, reach = redhead["size"], _RED_HEAD_PITCH * 0.2 - 0.12
        below = (redhead["below"] + 0.5) * body["pitch"] - title["pitch"] * 0.8 + title["size"] * 0.34
        gap = redhead["gap"] * 72 / 25.4 - body["pitch"] * 0.2 + body["size"] * 0.12
        units["redhead"] = {
            "size": round(size * 2),
            "pitch": round(size * _RED_HEAD_PITCH * _TWIPS_PER_POINT),
            "top": round(redhead["top"] * _TWIPS_PER_MM),
            "above": max(0, round((redhead["above"] * body["pitch"] - size * reach) * _TWIPS_PER_POINT)),
            "gap": max(0, round(gap)),
            "line": round(redhead["line"] * 8),
            "below": max(0, round(below * _TWIPS_PER_POINT)),
        }
    if colophon := look.get("colophon"):
        units["colophon"] = {
            "size": round(colophon["size"] * 2),
            "pitch": round(colophon["pitch"] * _TWIPS_PER_POINT),
            "thick": round(colophon["thick"] * _TWIPS_PER_POINT),
            "thin": round(colophon["thin"] * _TWIPS_PER_POINT),
        }
    return units


def get_character_spacing(look: Mapping[str, Any]) -> float:
    """Return the space between the characters of running text beyond their size, in pt."""
    return to_word_units(look)["body"].get("apart", 0) / _TWIPS_PER_POINT


def list_fonts(look: Mapping[str, Any]) -> list[dict[str, str]]:
    """List the faces for a Word file's font table: the name, the names of its alternatives, and the kind of face."""
    return [
        {
            "word": face["word"],
            "others": ",".join((*face["official"], *face["substitutes"])),
            "family": _FAMILIES.get(face["generic"], "auto"),
        }
        for face in look["faces"].values()
    ]


def _to_indent(characters: float, size: float) -> dict[str, int]:
    return {"indent": round(characters * 100), "indent_wide": round(characters * size * _TWIPS_PER_POINT)}
