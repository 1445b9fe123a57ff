"""Files that are no texts in UTF-8: which format or encoding it seems to be, and what to do."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from contextlib import suppress

from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import N_, _

_SAMPLE = 4096  # bytes that show whether every other byte is 0
_LEAST_ZEROS = 5  # the least share of them in UTF-16 is one of so many bytes

_PACKAGE, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# By what they begin with, and a name that they have inside: their suffix, and what they are.
_FORMATS = (
    (_PACKAGE, b"word/", ".docx", N_("is-word-file")),
    (_PACKAGE, b"xl/", ".xlsx", N_("is-excel-file")),
    (_PACKAGE, b"opendocument.text", ".odt", N_("is-writer-file")),
    (_PACKAGE, b"opendocument.spreadsheet", ".ods", N_("is-excel-file")),
    (_PACKAGE, b"OFD.xml", ".ofd", N_("is-ofd-file")),
    (_PACKAGE, b"", ".zip", N_("is-zip-file")),
    (_OLE, "WordDocument".encode("utf-16-le"), ".doc", N_("is-word-file")),
    (_OLE, "Workbook".encode("utf-16-le"), ".xls", N_("is-excel-file")),
    (b"%PDF-", b"", ".pdf", N_("is-pdf-file")),
    (b"{\\rtf", b"", ".rtf", N_("is-rtf-file")),
    (b"\x89PNG", b"", ".png", N_("is-picture-file")),
    (b"\xff\xd8\xff", b"", ".jpg", N_("is-picture-file")),
)
_TEXT_FORMATS = (  # of texts, whatever their encoding is: none can be the beginning of a data file
    (re.compile(r"\s*<(?:!DOCTYPE html|html|head|body|table)\b", re.IGNORECASE), ".html", N_("is-web-page")),
    (re.compile(r"\s*\{\s*\"[^\"\n]*\"\s*:"), ".json", N_("is-json-file")),
)
_FEW_LINES = 2  # of a table of which every line has as many separators


def find_no_data_file(content: bytes, file: str) -> Finding | None:
    """Return the finding that a file is of another format, or is not UTF-8; None for one that may be a data file."""
    for start, inside, suffix, what in _FORMATS:
        if content.startswith(start) and inside in content:
            return _make_format_finding(file, suffix, what)
    for encoding in ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            if found := _find_text_format(content.decode(encoding)):
                return _make_format_finding(file, *found)
            break
    return find_other_encoding(content, file)


def _find_text_format(text: str) -> tuple[str, str] | None:
    """Return the suffix of the format that a text has, and what it is; None where it has none of these."""
    found = next(((suffix, what) for begin, suffix, what in _TEXT_FORMATS if begin.match(text)), None)
    lines = [] if found or "=" in text else [line for line in text.splitlines() if line.strip()]
    for sign in ",\t":
        counts = {line.count(sign) for line in lines}
        if len(lines) >= _FEW_LINES and len(counts) == 1 and counts != {0}:
            return ".csv", N_("is-csv-file")
    return found


def _make_format_finding(file: str, suffix: str, what: str) -> Finding:
    name = file.rpartition("/")[2]
    right = name.rpartition(".")[0] + suffix
    return Finding("not-text", "error", Place(file), _(what), fix=_("rename-and-import", name=name, right=right))


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
