"""Read the facts attached to a PDF, decompressed only up to the greatest size that facts may have."""

import zlib
from typing import Any

_FACTS_NAMES = (b"facts.toml", b"\xfe\xff" + "facts.toml".encode("utf-16-be"))
_MAX_BYTES = 2**20  # bytes of facts
_MAX_ENTRIES = 200  # of the array of names and attachments that are examined
_MAX_LEVELS = 5  # of the name tree


def read_attached_facts(document: Any) -> str:  # noqa: ANN401  # pdfminer's
    """Return the facts attached to a PDF that nianbao made, as TOML.

    Returns an empty text where there are none, or where they are encoded otherwise than nianbao does.
    """
    from pdfminer.pdftypes import resolve1  # noqa: PLC0415  # heavy

    try:
        names = resolve1(resolve1(document.catalog["Names"])["EmbeddedFiles"])
        for _level in range(_MAX_LEVELS):  # our attachment is the first, mostly the only one; the tree may have cycles
            names = resolve1(resolve1(names["Kids"])[0]) if "Kids" in names else names
        entries = [resolve1(entry) for entry in resolve1(names["Names"])[:_MAX_ENTRIES]]
        for name, specification in zip(entries[::2], entries[1::2], strict=False):
            if name in _FACTS_NAMES:
                return _unpack(resolve1(resolve1(specification["EF"])["F"]))
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, zlib.error):
        return ""
    return ""


def _unpack(stream: Any) -> str:  # noqa: ANN401  # see above
    """Decompress a stream with at most one filter; returns an empty text where it is longer than facts may be."""
    raw, filters = stream.get_rawdata(), [name.name for name, _parameters in stream.get_filters()]
    if filters == ["FlateDecode"]:
        raw = zlib.decompressobj().decompress(raw, _MAX_BYTES + 1)
    return str(raw.decode("utf-8")) if filters in ([], ["FlateDecode"]) and len(raw) <= _MAX_BYTES else ""
