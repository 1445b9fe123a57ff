"""A look: the measures of a page as data, and what they are in the units of Word."""

import math
import re
from collections.abc import Mapping
from typing import Any

PARTS = ("title", "body", "heading1", "heading2", "heading3", "heading4", "table", "number")
TWIPS_PER_MM = 1440 / 25.4
# The signs that the faces which come along are known to draw: a test looks every one of these up.
SURE = re.compile(r"[\x20-\x7e\s\u3000-\u303f\u4e00-\u9fa5\uff01-\uff5e“”‘’…—·《》〈〉【】〔〕、。]*")
_TWIPS = 20  # of a point
_HEADER_MM = 15  # from the paper's edge to the mark of a draft


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a look with the changes that another makes to it, measure by measure."""
    looks = dict(base)
    for name, value in changes.items():
        looks[name] = merged(looks.get(name, {}), value) if isinstance(value, Mapping) else value
    return looks


def worded(look: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Give the measures of a look in Word's units, part by part.

    Lengths on the page (mm) and pitches (pt) become twips, type (pt) half points, lines of tables (pt)
    eighths of a point, indents (characters) hundredths of a character, and twips as `…_wide` for readers that
    know no characters.
    """
    units: dict[str, dict[str, int]] = {}
    for part in PARTS:
        size, pitch = look[part]["size"], look[part].get("pitch")
        units[part] = {"size": round(size * 2)} | ({"pitch": round(pitch * _TWIPS)} if pitch else {})
    body, table, page = look["body"], look["table"], look["page"]
    units["body"] |= _indent(body["indent"], body["size"])
    units["signature"] = _indent(look["signature"]["indent"], body["size"])
    units["number"] |= _indent(1, look["number"]["size"])
    units["table"] |= {name: round(table[name] * _TWIPS) for name in ("inset", "pad")}
    units["table"]["line"] = round(table["line"] * 8)
    units["page"] = {key: round(value * TWIPS_PER_MM) for key, value in page.items()}
    below = page["bottom"] - look["number"]["gap"]  # from the paper's edge to the top of the page number
    units["page"]["footer"] = round(below * TWIPS_PER_MM - look["number"]["size"] * _TWIPS * 1.2)
    units["page"]["header"] = round(_HEADER_MM * TWIPS_PER_MM)
    # What a line's characters are apart beyond their size, in twips: 28 characters fit 156 mm.
    width = units["page"]["width"] - units["page"]["left"] - units["page"]["right"]
    units["body"]["apart"] = math.floor(width / body["characters"] - body["size"] * _TWIPS)
    return units


def faces(look: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Name the face of each part: `word` as a Word file names it, `css` as a page lists it, best first."""
    found = {}
    for part in PARTS:
        face = look["faces"][look[part]["face"]]
        names = dict.fromkeys((face["word"], *face["official"], face["free"]))
        found[part] = {"word": face["word"], "css": ", ".join([*(f'"{name}"' for name in names), face["generic"]])}
    return found


def fonts(look: Mapping[str, Any]) -> list[dict[str, str]]:
    """List the faces for a Word file's table of fonts: the name, and the names that stand in for it."""
    return [{"word": face["word"], "others": ",".join(face["official"])} for face in look["faces"].values()]


def derived(look: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Give what templates cannot reckon: indents in pt, and the foot of the page in mm.

    The foot is as high as a page number; `below` is what is left to the paper's edge.
    """
    body, number = look["body"]["size"], look["number"]
    height = number["size"] * 1.2 * 25.4 / 72
    return {
        "indent": {"body": look["body"]["indent"] * body, "signature": look["signature"]["indent"] * body},
        "footing": {"height": height, "below": look["page"]["bottom"] - number["gap"] - height},
    }


def _indent(characters: float, size: float) -> dict[str, int]:
    return {"indent": round(characters * 100), "indent_wide": round(characters * size * _TWIPS)}
