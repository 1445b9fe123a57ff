"""The facts attached to a PDF, unpacked no further than facts may be long."""

import zlib
from typing import Any

_FACTS_NAMES = (b"facts.toml", b"\xfe\xff" + "facts.toml".encode("utf-16-be"))
_MAX_BYTES = 2**20  # bytes of facts
_MAX_ENTRIES = 200  # that are looked at
_MAX_LEVELS = 5  # of the tree of their names


def read_attached_facts(document: Any) -> str:  # noqa: ANN401  # pdfminer's
    """Return the facts attached to a PDF of ours, or an empty text; what is packed otherwise than ours is none."""
    from pdfminer.pdftypes import resolve1  # noqa: PLC0415  # heavy

    try:
        names = resolve1(resolve1(document.catalog["Names"])["EmbeddedFiles"])
        for _level in range(_MAX_LEVELS):  # ours is the first, and most often the only one; a tree may run in a circle
            names = resolve1(resolve1(names["Kids"])[0]) if "Kids" in names else names
        listed = [resolve1(one) for one in resolve1(names["Names"])[:_MAX_ENTRIES]]
        for name, specification in zip(listed[::2], listed[1::2], strict=False):
            if name in _FACTS_NAMES:
                return _unpack(resolve1(resolve1(specification["EF"])["F"]))
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, zlib.error):
        return ""
    return ""


def _unpack(stream: Any) -> str:  # noqa: ANN401  # see above
    """Unpack a stream that was packed once, no further than facts may be long."""
    raw, filters = stream.get_rawdata(), [name.name for name, _how in stream.get_filters()]
    if filters == ["FlateDecode"]:
        raw = zlib.decompressobj().decompress(raw, _MAX_BYTES + 1)
    return str(raw.decode("utf-8")) if filters in ([], ["FlateDecode"]) and len(raw) <= _MAX_BYTES else ""
