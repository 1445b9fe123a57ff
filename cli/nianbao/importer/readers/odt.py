"""OpenDocument texts: read by pandoc, with the facts embedded in those that nianbao made."""

import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree as ET

from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.readers.texts import read_by_pandoc
from nianbao.importer.readers.xml_parts import open_package, parse_xml, read_part
from nianbao.importer.recognition.published import PublishedDocument

ORDER = 22
_CONTENT = "content.xml"
_FACTS = "facts.toml"
_MAX_FACTS_BYTES = 10 * 2**20
_TABLE_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_MAX_COLUMNS = 200  # of a table; spreadsheets repeat empty columns without limit


def claim(sample: Sample) -> Confidence:
    """Claim a package whose media type is that of an OpenDocument text."""
    return Confidence.CERTAIN if b"opendocument.text" in sample.mimetype else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read an OpenDocument text; raises `UnreadableError` for one that is damaged or defines entities."""
    with open_package(content) as package:
        facts = read_part(package, _FACTS, _MAX_FACTS_BYTES).decode("utf-8", errors="replace").strip()
        return read_by_pandoc(_widen_tables(package), "odt", embedded_facts=facts)


def _widen_tables(old: zipfile.ZipFile) -> bytes:
    """Give each table an empty row with a cell for every column.

    Pandoc 3.9 takes as the width of a table the number of cells of its longest row, ignoring spans, and drops cells
    further right.
    """
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename.endswith("/") or not re.fullmatch(r"[\w./ -]+", part.filename):
                continue
            if part.filename.endswith((".xml", "mimetype")):
                xml = read_part(old, part.filename)
                new.writestr(part.filename, _add_rows(xml) if part.filename == _CONTENT else xml)
    return target.getvalue()


def _add_rows(xml: bytes) -> bytes:
    root = parse_xml(xml)
    for table in root.iter(f"{_TABLE_NAMESPACE}table"):
        row = ET.SubElement(table, f"{_TABLE_NAMESPACE}table-row")
        for _cell in range(_count_columns(table)):
            ET.SubElement(row, f"{_TABLE_NAMESPACE}table-cell")
    widened: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return widened


def _count_columns(table: ET.Element) -> int:
    columns = table.iter(f"{_TABLE_NAMESPACE}table-column")
    return min(
        _MAX_COLUMNS, sum(int(column.get(f"{_TABLE_NAMESPACE}number-columns-repeated", "1")) for column in columns)
    )
