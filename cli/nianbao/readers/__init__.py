"""Readers of published reports, one file per format: `read(content) -> Published`.

A reader understands nothing of a report: it gives texts and grids. It fetches nothing, executes nothing,
and raises `Unreadable` for a file that it cannot read, with what to do.
"""

import re
import zipfile
from importlib import import_module
from io import BytesIO
from pkgutil import iter_modules

from nianbao.language import _
from nianbao.published.page import Published
from nianbao.readers.refusal import Unreadable

LIMIT = 200 * 2**20  # bytes of a file
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PEEK = 4096
_ALIASES = {"htm": "html", "shtml": "html", "xhtml": "html", "mht": "mht", "markdown": "md", "text": "txt", "xlsm": "xlsx"}
_TEXTS = frozenset({"md", "txt"})


def formats() -> list[str]:
    """Name every format that can be read: the files of this folder."""
    return sorted(module.name for module in iter_modules(__path__) if module.name not in {"refusal", "texts"})


def read(content: bytes, suffix: str = "") -> Published:
    """Read a file by what it holds; its suffix decides between kinds of text only.

    Raises `Unreadable` for a file that no reader knows, or that its reader cannot read.
    """
    if not content.strip():
        raise Unreadable(_("文件是空的"), _("检查是不是选错了文件"))
    if len(content) > LIMIT:
        raise Unreadable(
            _("文件有 {size} MB，最多读 {limit} MB", size=len(content) >> 20, limit=LIMIT >> 20),
            _("从原文件里删去图片，或只留年报那几页，再导入"),
        )
    kind = sniff(content, suffix.lower().lstrip("."))
    made: Published = import_module(f"nianbao.readers.{kind}").read(content)
    return made


def sniff(content: bytes, suffix: str = "") -> str:
    """Tell the format of a file from its first bytes; raises `Unreadable` for one that is known not to be readable."""
    suffix = _ALIASES.get(suffix, suffix)
    head = content[:_PEEK].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if content.startswith(_OLE):
        raise _ole(content)
    if content.startswith(b"PK"):
        return _zip(content)
    if content.startswith(b"{\\rtf"):
        raise Unreadable(_("这是 RTF 文件"), _("用 Word 或 WPS 打开，另存为 .docx 再导入"))
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\x00", b"MM\x00*", b"BM")):
        raise Unreadable(_("这是图片，里面没有文字"), _("先做文字识别（OCR），存成 .docx 或 .txt 再导入"))
    if re.match(rb"(?i)(?:MIME-Version|From|Content-Type|Date|Subject):", head) or suffix == "mht":
        raise Unreadable(_("这是 MHT 网页存档"), _("在浏览器里打开，另存为“网页，仅 HTML”再导入"))
    if head[:1] in {b"{", b"["} and suffix in {"json", ""}:
        return "json"
    if suffix in {"html", "json"} or re.match(rb"(?i)<(?:!doctype|html|head|body|meta|div|table|p|\?xml|!--|script|span|section|article)", head):
        return "html" if suffix != "json" else "json"
    if suffix in _TEXTS:
        return suffix
    if b"\x00" in content[:_PEEK] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(_("看不出这是什么文件"), _("能导入的格式：{formats}", formats="、".join(formats())))
    text = content[: 64 * _PEEK]
    if re.search(rb"(?m)^\|?[ :|-]*-{3,}[ :|-]*\|[ :|-]*$|^#{1,6} ", text):
        return "md"
    return "html" if re.search(rb"(?i)<t[dr][ >]", text) else "txt"


def _zip(content: bytes) -> str:
    """Tell the kind of an office file, and refuse one that would grow beyond all bounds when opened."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            parts = package.infolist()
            if sum(part.file_size for part in parts) > 4 * LIMIT or len(parts) > _PEEK:
                raise Unreadable(_("压缩包展开后太大"), _("这不像一份年报；检查文件的来源"))
            if any(part.flag_bits & 1 for part in parts):
                raise Unreadable(_("文件加了密码"), _("用原程序打开，去掉密码再导入"))
            names = {part.filename for part in parts}
            mimetype = package.read("mimetype")[:80] if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, EOFError, KeyError) as error:
        raise Unreadable(_("文件损坏了：{error}", error=error), _("请重新取得这个文件，或用原程序打开后另存")) from error
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
