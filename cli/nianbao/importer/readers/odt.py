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
_FRAME, _TEXT_BOX = (f"{{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}}{name}" for name in ("frame", "text-box"))
_TEXT, _STYLE = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("text", "style"))
_PARAGRAPH = f"{_TEXT}p"
_UNSEEN = frozenset({"collapse", "filter"})
_FIELDS = frozenset(
    f"{_TEXT}{name}"
    for name in (
        "expression",
        "placeholder",
        "table-formula",
        "conditional-text",
        "text-input",
        "drop-down",
        "variable-get",
        "variable-input",
        "user-field-get",
        "user-field-input",
        "ruby",
        "ruby-base",
        "ruby-text",
    )
)
_MAX_COLUMNS = 200  # of a table; spreadsheets repeat empty columns without limit


def claim(sample: Sample) -> Confidence:
    """Claim a package whose media type is that of an OpenDocument text."""
    return Confidence.CERTAIN if b"opendocument.text" in sample.mimetype else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read an OpenDocument text; raises `UnreadableError` for one that is damaged or defines entities."""
    with open_package(content) as package:
        facts = read_part(package, _FACTS, _MAX_FACTS_BYTES).decode("utf-8", errors="replace").strip()
        return read_by_pandoc(_copy_package(package), "odt", embedded_facts=facts)


def _copy_package(old: zipfile.ZipFile) -> bytes:
    """Return the package with what pandoc 3.9 would leave out put where it reads it."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename.endswith("/") or not re.fullmatch(r"[\w./ -]+", part.filename):
                continue
            if part.filename.endswith((".xml", "mimetype")):
                xml = read_part(old, part.filename)
                new.writestr(part.filename, _prepare_content(xml) if part.filename == _CONTENT else xml)
    return target.getvalue()


def _prepare_content(xml: bytes) -> bytes:
    root = parse_xml(xml)
    _settle_words(root)
    _add_rows(root)
    _lift_text_boxes(root)
    prepared: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return prepared


def _settle_words(root: ET.Element) -> None:
    """Empty what is hidden and how words are read, and make the other fields, which pandoc drops, words."""
    hidden = {
        style.get(f"{_STYLE}name")
        for style in root.iter(f"{_STYLE}style")
        if any(part.get(f"{_TEXT}display") == "none" for part in style.iter(f"{_STYLE}text-properties"))
    }
    for element in root.iter():
        is_hidden = hidden and element.get(f"{_TEXT}style-name") in hidden
        if element.tag == f"{_TEXT}ruby-text" or is_hidden:
            element[:], element.text = [], ""
        elif element.tag == f"{_TABLE_NAMESPACE}table-row" and element.get(f"{_TABLE_NAMESPACE}visibility") in _UNSEEN:
            for cell in element:
                cell[:] = []
        if element.tag in _FIELDS:
            element.tag = f"{_TEXT}span"


def _add_rows(root: ET.Element) -> None:
    """Give each table an empty row with a cell for every column.

    Pandoc takes as the width of a table the number of cells of its longest row, ignoring spans, and drops cells further
    right.
    """
    for table in root.iter(f"{_TABLE_NAMESPACE}table"):
        row = ET.SubElement(table, f"{_TABLE_NAMESPACE}table-row")
        for _cell in range(_count_columns(table)):
            ET.SubElement(row, f"{_TABLE_NAMESPACE}table-cell")


def _lift_text_boxes(root: ET.Element) -> None:
    """Put the paragraphs of a text box behind the one that it is anchored to: pandoc drops text boxes."""
    boxes = {frame: box for frame in root.iter(_FRAME) if (box := frame.find(_TEXT_BOX)) is not None}
    if not boxes:
        return
    for parent in list(root.iter()):
        for anchor in [child for child in parent if child.tag == _PARAGRAPH]:
            place = list(parent).index(anchor)
            for frame in [child for child in anchor if child in boxes]:
                box = boxes[frame]
                for part in list(box):
                    place += 1
                    box.remove(part)
                    parent.insert(place, part)


def _count_columns(table: ET.Element) -> int:
    columns = table.iter(f"{_TABLE_NAMESPACE}table-column")
    return min(
        _MAX_COLUMNS, sum(int(column.get(f"{_TABLE_NAMESPACE}number-columns-repeated", "1")) for column in columns)
    )
