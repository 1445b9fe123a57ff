"""What a file is, by its first bytes, whatever its name says."""

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO

from nianbao.importer.readers.refusal import DAMAGED, TEXT, Unreadable, bounded
from nianbao.model.i18n import N_, _, series

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PEEK = 4096
_ALIASES = {
    "htm": "html",
    "shtml": "html",
    "xhtml": "html",
    "mhtml": "mht",
    "markdown": "md",
    "text": "txt",
    "xlsm": "xlsx",
}
_PICTURES = (
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
_TEXTS = frozenset({"md", "txt"})
_MARKUP = re.compile(
    rb"(?i)<(?:!doctype|html|head|body|meta|div|table|p|\?xml|!--|script|span|section|article)|.{0,65536}?<t[dr][ >]",
    re.DOTALL,
)
_PAGE = re.compile(rb"(?i)(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b")
_MARKDOWN = re.compile(rb"(?m)^(?=[ :-]*\|)(?=[^\n]*---)[ :|-]+$|^#{1,6} ")
_ARCHIVED = re.compile(rb"(?i)(?:MIME-Version|From|Content-Type|Date|Subject):")
_PICTURE = (N_("这是图片，里面没有文字"), N_("先做文字识别（OCR），存成 .docx 或 .txt 再导入"))
_REFUSED = {  # what cannot be read, and what to do, by how it begins
    rb"{\rtf": (N_("这是 RTF 文件"), N_("用 Word 或 WPS 打开，另存为 .docx 再导入")),
    b"\xff\xd8\xff": _PICTURE,
    b"\x89PNG": _PICTURE,
    b"GIF8": _PICTURE,
    b"II*\x00": _PICTURE,
    b"MM\x00*": _PICTURE,
    b"BM": _PICTURE,
}


def sniff(content: bytes, suffix: str, known: Sequence[str]) -> str:
    """Tell the format of a file; its suffix counts among kinds of text only.

    Raises `Unreadable` for a file of a kind that is not among those known.
    """
    for start, (what, fix) in _REFUSED.items():
        if content.startswith(start):
            raise Unreadable(_(what), _(fix))
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if content.startswith(_OLE):
        raise _ole(content)
    return _zip(content) if content.startswith(b"PK") else _text(content, _ALIASES.get(suffix, suffix), known)


def _text(content: bytes, suffix: str, known: Sequence[str]) -> str:
    bounded(content, TEXT)
    head = content[: 16 * _PEEK].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if suffix == "mht" or _ARCHIVED.match(head):
        return "mht"
    if b"\x00" in content[:_PEEK] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(_("看不出这是什么文件"), _("能导入的格式：{formats}", formats=series(known)))
    if suffix == "json" or (head[:1] in {b"{", b"["} and not suffix):
        return "json"
    if suffix == "html" or _PAGE.match(head) or (suffix not in _TEXTS and _MARKUP.match(head)):
        return "html"
    if suffix in _TEXTS:
        return suffix
    return "md" if _MARKDOWN.search(head) else "txt"


def _zip(content: bytes) -> str:
    """Tell the kind of an office file, and refuse one that would grow beyond all bounds when opened."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            parts = package.infolist()
            texts = (part.file_size for part in parts if not part.filename.lower().endswith(_PICTURES))
            if sum(texts) > TEXT or len(parts) > _PEEK:
                raise Unreadable(_("压缩包展开后太大"), _("这不像一份年报；检查文件的来源"))
            if any(part.flag_bits & 1 for part in parts):
                raise Unreadable(_("文件加了密码"), _("用原程序打开，去掉密码再导入"))
            names = {part.filename for part in parts}
            mimetype = package.read("mimetype")[:80] if "mimetype" in names else b""
    except DAMAGED as error:
        raise Unreadable(
            _("文件损坏了：{error}", error=error), _("请重新取得这个文件，或用原程序打开后另存")
        ) from error
    if "word/document.xml" in names or any(re.fullmatch(r"word/document\d*\.xml", name) for name in names):
        return "docx"
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if b"opendocument.text" in mimetype:
        return "odt"
    if b"epub" in mimetype:
        raise Unreadable(_("这是电子书"), _("从它的来源取网页、Word 或 PDF 文件再导入"))
    raise Unreadable(_("这是压缩包，不是年报文件"), _("先解压，再导入里面的文件"))


def _ole(content: bytes) -> Unreadable:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return Unreadable(_("文件加了密码"), _("用原程序打开，去掉密码再导入"))
    if "Workbook".encode("utf-16-le") in content:
        return Unreadable(_("这是旧式的 .xls 表格"), _("用 Excel 或 WPS 打开，另存为 .xlsx 再导入"))
    return Unreadable(_("这是旧式的 .doc 文件"), _("用 Word 或 WPS 打开，另存为 .docx 再导入"))
