"""The measures of a look in the units of Word."""

import math
from collections.abc import Mapping
from typing import Any

from nianbao.workspace.theme import HEADER_MM, PARTS, QUOTE_INDENT, to_cover_space

_TWIPS_PER_MM = 1440 / 25.4
_TWIPS_PER_POINT = 20
# The part of a character that stays free at the end of a full line of Word: LibreOffice drops a punctuation mark there
# that does not fit by a fraction of a point.
_SPARE_CHARACTERS = 1 / 3
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
    return units


def get_character_spacing(look: Mapping[str, Any]) -> float:
    """Return the space between the characters of running text beyond their size, in pt."""
    return to_word_units(look)["body"].get("apart", 0) / _TWIPS_PER_POINT


def list_fonts(look: Mapping[str, Any]) -> list[dict[str, str]]:
    """List the faces for a Word file's font table: the name, the names of its alternatives, and the kind of face."""
    return [
        {
            "word": face["word"],
            "others": ",".join(face["official"]),
            "family": _FAMILIES.get(face["generic"], "auto"),
        }
        for face in look["faces"].values()
    ]


def _to_indent(characters: float, size: float) -> dict[str, int]:
    return {"indent": round(characters * 100), "indent_wide": round(characters * size * _TWIPS_PER_POINT)}
