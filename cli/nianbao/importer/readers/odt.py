"""OpenDocument texts: by pandoc's reader."""

import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree as ET

from nianbao.importer.readers.refusal import DAMAGE_ERRORS, MAX_TEXT_BYTES, UnreadableError
from nianbao.importer.readers.sniff import Claim, Sample
from nianbao.importer.readers.texts import read_by_pandoc
from nianbao.importer.recognition.published import PublishedDocument
from nianbao.model.i18n import _

ORDER = 22
_CONTENT = "content.xml"
_TABLE_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_MAX_COLUMNS = 200  # of a table; spreadsheets repeat empty columns without end


def claim(sample: Sample) -> Claim:
    """Take a package that says it is an OpenDocument text."""
    return Claim.CERTAIN if b"opendocument.text" in sample.mimetype else Claim.NO


def read(content: bytes) -> PublishedDocument:
    """Read an OpenDocument text; raises `UnreadableError` for one that is damaged or has entities of its own."""
    try:
        return read_by_pandoc(_widen_tables(content), "odt")
    except (*DAMAGE_ERRORS, ET.ParseError) as error:
        raise UnreadableError(
            _("文件损坏了：{error}", error=error), _("请重新取得这个文件，或用原程序打开后另存")
        ) from error


def _widen_tables(content: bytes) -> bytes:
    """Give each table an empty row with a cell for every column.

    Pandoc 3.9 takes a table to be as wide as its row with the most cells has cells, spans left aside, and
    drops what stands further right.
    """
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename.endswith("/") or not re.fullmatch(r"[\w./ -]+", part.filename):
                continue
            if part.filename.endswith((".xml", "mimetype")):
                with old.open(part) as opened:  # what the package says of its size may be a lie
                    told = opened.read(min(part.file_size, MAX_TEXT_BYTES))
                new.writestr(part.filename, _add_rows(told) if part.filename == _CONTENT else told)
    return made.getvalue()


def _add_rows(text: bytes) -> bytes:
    if b"<!ENTITY" in text or b"<!DOCTYPE" in text:
        raise UnreadableError(_("文件里定义了实体，不是文字处理程序存的"), _("用原程序打开，另存一份再导入"))
    root = ET.fromstring(text)  # noqa: S314  # no entities, see above
    for table in root.iter(f"{_TABLE_NAMESPACE}table"):
        row = ET.SubElement(table, f"{_TABLE_NAMESPACE}table-row")
        for _cell in range(_count_columns(table)):
            ET.SubElement(row, f"{_TABLE_NAMESPACE}table-cell")
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _count_columns(table: ET.Element) -> int:
    columns = table.iter(f"{_TABLE_NAMESPACE}table-column")
    return min(
        _MAX_COLUMNS, sum(int(column.get(f"{_TABLE_NAMESPACE}number-columns-repeated", "1")) for column in columns)
    )
