"""What readers know of a file before one is chosen, and errors for files that no reader claims."""

import zipfile
from enum import IntEnum
from functools import cached_property
from io import BytesIO

from nianbao.importer.readers.refusal import (
    DAMAGE_ERRORS,
    MAX_TEXT_BYTES,
    UnreadableError,
    limit_size,
    make_damage_error,
)
from nianbao.model.i18n import N_, _

_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SAMPLE_BYTES = 4096
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16
_PICTURE_SUFFIXES = (
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".bmp",
    ".tif",
    ".tiff",
    ".emf",
    ".wmf",
    ".svg",
    ".wdp",
    ".bin",
    ".odttf",
    ".ttf",
)
_PICTURE_MESSAGES = (N_("is-picture"), N_("run-ocr-for-picture"))
_UNSUPPORTED = {  # message and fix of formats that cannot be read, by their first bytes
    b"GIF8": _PICTURE_MESSAGES,
    b"II*\x00": _PICTURE_MESSAGES,
    b"MM\x00*": _PICTURE_MESSAGES,
    b"BM": _PICTURE_MESSAGES,
}


class Confidence(IntEnum):
    """How certainly a file has a reader's format: not, by resemblance, or by its signature or suffix."""

    NO = 0
    LIKELY = 1
    CERTAIN = 2


class Sample:
    """A file as readers see it before one is chosen: its `content`, and its `suffix` in lower case without the dot.

    `parts` and `mimetype` raise `UnreadableError` for a package that is damaged, encrypted or too large, `beginning`
    for a text that is too large.
    """

    def __init__(self, content: bytes, suffix: str) -> None:
        self.content = content
        self.suffix = suffix.lower().lstrip(".")

    @property
    def is_package(self) -> bool:
        """Whether it is a ZIP package, as office files are."""
        return self.content.startswith(b"PK")

    @property
    def is_office_file(self) -> bool:
        """Whether it is an office file (a ZIP package or an older OLE file), so no text whatever its suffix is."""
        return self.content.startswith((b"PK", _OLE_SIGNATURE))

    @cached_property
    def parts(self) -> frozenset[str]:
        """The names of the parts of a package; empty where it is no package."""
        return self._package[0]

    @property
    def mimetype(self) -> bytes:
        """The media type that a package states, as OpenDocument files do; empty where it states none."""
        return self._package[1]

    @cached_property
    def beginning(self) -> bytes:
        """The beginning of a text, after its byte order mark and white space; empty for an office file."""
        if self.is_office_file:
            return b""
        limit_size(self.content, MAX_TEXT_BYTES)
        return self.content[: 16 * _SAMPLE_BYTES].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")

    @cached_property
    def is_text(self) -> bool:
        """Whether it is a text in any encoding, as far as its beginning shows."""
        return not self.is_office_file and (
            b"\x00" not in self.content[:_SAMPLE_BYTES] or self.content.startswith(_BYTE_ORDER_MARKS)
        )

    def has_stream(self, name: str) -> bool:
        """Return whether it is an OLE file, not encrypted, with a stream of this name."""
        is_open = self.content.startswith(_OLE_SIGNATURE) and _ENCRYPTED not in self.content
        return is_open and name.encode("utf-16-le") in self.content

    def has_suffix(self, suffixes: frozenset[str]) -> bool:
        """Return whether it is a text with one of these suffixes, which only distinguish between text formats."""
        return self.is_text and self.suffix in suffixes

    @cached_property
    def _package(self) -> tuple[frozenset[str], bytes]:
        """The names of the parts, and the media type; rejects a package that is too large when decompressed."""
        if not self.is_package:
            return frozenset(), b""
        try:
            with zipfile.ZipFile(BytesIO(self.content)) as package:
                parts = package.infolist()
                sizes = (part.file_size for part in parts if not part.filename.lower().endswith(_PICTURE_SUFFIXES))
                if sum(sizes) > MAX_TEXT_BYTES or len(parts) > _SAMPLE_BYTES:
                    raise UnreadableError(_("archive-swells"), _("check-source-of-file"))
                if any(part.flag_bits & 1 for part in parts):
                    raise UnreadableError(_("file-has-password"), _("remove-password"))
                names = frozenset(part.filename for part in parts)
                return names, package.read("mimetype")[:80] if "mimetype" in names else b""
        except DAMAGE_ERRORS as error:
            raise make_damage_error() from error


def reject_unsupported(content: bytes) -> None:
    """Raise `UnreadableError` for a format that no reader reads and that its first bytes identify."""
    for signature, (message, fix) in _UNSUPPORTED.items():
        if content.startswith(signature):
            raise UnreadableError(_(message), _(fix))


def make_unclaimed_error(sample: Sample, formats: str) -> UnreadableError:
    """Return the error for a file that no reader claims; `formats` lists the names of those that can be read."""
    if sample.content.startswith(_OLE_SIGNATURE):
        return _describe_ole(sample.content)
    if b"epub" in sample.mimetype:
        return UnreadableError(_("is-ebook"), _("get-source-of-ebook"))
    if sample.is_package:
        return UnreadableError(_("is-archive"), _("unpack-and-import"))
    return UnreadableError(_("unknown-kind-of-file"), _("formats-importable", formats=formats))


def _describe_ole(content: bytes) -> UnreadableError:
    if _ENCRYPTED in content:
        return UnreadableError(_("file-has-password"), _("remove-password"))
    return UnreadableError(_("is-unknown-ole"), _("save-as-docx-in-word"))
