"""Texts that are not saved as UTF-8: which encoding it seems to be, and how to save the file again."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from contextlib import suppress

from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import _

_SAMPLE = 4096  # bytes that show whether every other byte is 0
_LEAST_ZEROS = 5  # the least share of them in UTF-16 is one of so many bytes


def find_other_encoding(content: bytes, file: str) -> Finding | None:
    """Return the finding that a file is not UTF-8, and where; None for one that is."""
    if text := _decode_utf16(content):
        source = text.partition("\n")[0].rstrip("\r")
        place = Place(file, 1, 1, max(1, len(source)), source)
        return Finding("not-text", "error", place, _("file-utf16"), fix=_("save-as-utf8"))
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return _make_finding(content, file, error)
    return None


def _decode_utf16(content: bytes) -> str:
    """Decode UTF-16, with its mark at the beginning or without; an empty text for anything else."""
    codec = "utf-16" if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else ""
    sample = content[:_SAMPLE]
    if not codec and sample.count(0) * _LEAST_ZEROS > len(sample):
        codec = "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    with suppress(UnicodeDecodeError, LookupError):
        text = content.decode(codec) if codec else ""
        return "" if "\0" in text else text
    return ""


def _make_finding(content: bytes, file: str, error: UnicodeDecodeError) -> Finding:
    line = content.count(b"\n", 0, error.start) + 1
    with suppress(UnicodeDecodeError):
        source = content.decode("gb18030").split("\n")[line - 1].rstrip("\r")
        place = Place(file, line, 1, max(1, len(source)), source)
        return Finding("not-text", "error", place, _("file-gb18030"), fix=_("save-as-utf8"))
    return Finding("not-text", "error", Place(file), _("file-no-utf8-text"), fix=_("check-right-file"))
