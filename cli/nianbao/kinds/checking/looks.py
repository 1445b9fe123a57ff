"""Check a look for what is within bounds and can still not be read: lines that overlap, a font that nobody has."""

from collections.abc import Iterator, Mapping
from typing import Any

from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault, suggest
from nianbao.render.typst import list_families

_MM = 25.4 / 72  # of a point
_CLOSEST = 0.8  # of its size: how close a character may stand to the next


def find_look_faults(look: Mapping[str, Any]) -> Iterator[Fault]:
    """Find lines closer than their type is high, more characters than fit on one, and fonts that are not there."""
    families = {name.lower(): name for name in list_families()}
    for role, face in look["faces"].items():
        if face["free"].lower() not in families:
            why = _("no-such-free-font", font=face["free"]) + suggest(face["free"], list(families.values()))
            yield Fault(("faces", role, "free"), why)
    for part, table in look.items():
        if isinstance(table, dict) and {"pitch", "size"} <= table.keys() and table["pitch"] < table["size"]:
            yield Fault((part, "pitch"), _("lines-overlap", pitch=table["pitch"], size=table["size"]))
    page, body = look["page"], look["body"]
    width = page["width"] - page["left"] - page["right"]
    most = int(width / (body["size"] * _MM * _CLOSEST))
    if body.get("characters", 0) > most:
        yield Fault(("body", "characters"), _("characters-overlap", count=body["characters"], most=most))
