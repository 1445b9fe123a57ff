"""What a file looks like to the readers that are asked for it, and what no reader takes, whatever its name says."""

import zipfile
from enum import IntEnum
from functools import cached_property
from io import BytesIO

from nianbao.importer.readers.refusal import DAMAGE_ERRORS, MAX_TEXT_BYTES, UnreadableError, limit_size
from nianbao.model.i18n import N_, _

_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
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
_PICTURE_MESSAGES = (N_("这是图片，里面没有文字"), N_("先做文字识别（OCR），存成 .docx 或 .txt 再导入"))
_UNSUPPORTED = {  # what cannot be read, and what to do, by how it begins
    rb"{\rtf": (N_("这是 RTF 文件"), N_("用 Word 或 WPS 打开，另存为 .docx 再导入")),
    b"\xff\xd8\xff": _PICTURE_MESSAGES,
    b"\x89PNG": _PICTURE_MESSAGES,
    b"GIF8": _PICTURE_MESSAGES,
    b"II*\x00": _PICTURE_MESSAGES,
    b"MM\x00*": _PICTURE_MESSAGES,
    b"BM": _PICTURE_MESSAGES,
}


class Claim(IntEnum):
    """How surely a file is of a reader's kind: not at all, as it looks, or as it says by its content or its name."""

    NO = 0
    LIKELY = 1
    CERTAIN = 2


class Sample:
    """A file as the readers see it before one is chosen: its `content`, and its `suffix` without the dot.

    What it tells of a package or a text raises `UnreadableError` where the package is damaged, or either is too large.
    """

    def __init__(self, content: bytes, suffix: str) -> None:
        self.content = content
        self.suffix = suffix.lower().lstrip(".")

    @property
    def is_package(self) -> bool:
        """Tell whether it is a ZIP package, as office files are."""
        return self.content.startswith(b"PK")

    @property
    def is_office_file(self) -> bool:
        """Tell whether it is an office file, of today or of old, and so no text whatever its name says."""
        return self.content.startswith((b"PK", _OLE_SIGNATURE))

    @cached_property
    def parts(self) -> frozenset[str]:
        """The names of the parts of a package; none where it is no package."""
        return self._package[0]

    @property
    def mimetype(self) -> bytes:
        """What a package says that it is, as OpenDocument files do; empty where it says nothing."""
        return self._package[1]

    @cached_property
    def beginning(self) -> bytes:
        """How a text begins, after its byte order mark and blanks; empty for an office file."""
        if self.is_office_file:
            return b""
        limit_size(self.content, MAX_TEXT_BYTES)
        return self.content[: 16 * _SAMPLE_BYTES].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")

    @cached_property
    def is_text(self) -> bool:
        """Tell whether it is a text in any encoding, as far as its beginning tells."""
        return not self.is_office_file and (
            b"\x00" not in self.content[:_SAMPLE_BYTES] or self.content.startswith(_BYTE_ORDER_MARKS)
        )

    def has_suffix(self, suffixes: frozenset[str]) -> bool:
        """Tell whether it is a text with one of these suffixes: a name decides between kinds of text only."""
        return self.is_text and self.suffix in suffixes

    @cached_property
    def _package(self) -> tuple[frozenset[str], bytes]:
        """Look into a package, and refuse one that would grow beyond all bounds when opened."""
        if not self.is_package:
            return frozenset(), b""
        try:
            with zipfile.ZipFile(BytesIO(self.content)) as package:
                parts = package.infolist()
                texts = (part.file_size for part in parts if not part.filename.lower().endswith(_PICTURE_SUFFIXES))
                if sum(texts) > MAX_TEXT_BYTES or len(parts) > _SAMPLE_BYTES:
                    raise UnreadableError(_("压缩包展开后太大"), _("这不像一份年报；检查文件的来源"))
                if any(part.flag_bits & 1 for part in parts):
                    raise UnreadableError(_("文件加了密码"), _("用原程序打开，去掉密码再导入"))
                names = frozenset(part.filename for part in parts)
                return names, package.read("mimetype")[:80] if "mimetype" in names else b""
        except DAMAGE_ERRORS as error:
            raise UnreadableError(
                _("文件损坏了：{error}", error=error), _("请重新取得这个文件，或用原程序打开后另存")
            ) from error


def reject_unsupported(content: bytes) -> None:
    """Raise `UnreadableError` for a kind of file that no reader takes and that its first bytes name."""
    for start, (what, fix) in _UNSUPPORTED.items():
        if content.startswith(start):
            raise UnreadableError(_(what), _(fix))


def make_untaken_error(sample: Sample, known: str) -> UnreadableError:
    """Say what a file is that no reader has taken."""
    if sample.content.startswith(_OLE_SIGNATURE):
        return _describe_ole(sample.content)
    if b"epub" in sample.mimetype:
        return UnreadableError(_("这是电子书"), _("从它的来源取网页、Word 或 PDF 文件再导入"))
    if sample.is_package:
        return UnreadableError(_("这是压缩包，不是年报文件"), _("先解压，再导入里面的文件"))
    return UnreadableError(_("看不出这是什么文件"), _("能导入的格式：{formats}", formats=known))


def _describe_ole(content: bytes) -> UnreadableError:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return UnreadableError(_("文件加了密码"), _("用原程序打开，去掉密码再导入"))
    if "Workbook".encode("utf-16-le") in content:
        return UnreadableError(_("这是旧式的 .xls 表格"), _("用 Excel 或 WPS 打开，另存为 .xlsx 再导入"))
    return UnreadableError(_("这是旧式的 .doc 文件"), _("用 Word 或 WPS 打开，另存为 .docx 再导入"))
