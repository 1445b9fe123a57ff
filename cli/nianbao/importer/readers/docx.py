"""Word files: read by pandoc, with the facts embedded in those that nianbao made."""

import re
import zipfile
from html import unescape
from io import BytesIO

from nianbao.importer.readers.docx_markup import prepare_package
from nianbao.importer.readers.refusal import DAMAGE_ERRORS
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.readers.texts import read_by_pandoc
from nianbao.importer.recognition.published import PublishedDocument

ORDER = 20
_MAIN_PART = re.compile(r"word/document\d*\.xml")
_FACTS = re.compile(r"(?s)<facts\b[^>]*urn:nianbao:facts:1[^>]*>(.*?)</facts>")
_MAX_PART_BYTES = 10 * 2**20  # of a part that may have facts


def claim(sample: Sample) -> Confidence:
    """Claim a package with the main part of a Word file."""
    return Confidence.CERTAIN if any(_MAIN_PART.fullmatch(name) for name in sample.parts) else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read a Word file; tracked changes count as accepted. Raises `UnreadableError` for a damaged file."""
    main = next((name for name in sorted(Sample(content, "").parts) if _MAIN_PART.fullmatch(name)), "")
    shown = prepare_package(content, main)
    return read_by_pandoc(shown, "docx", cover="author", embedded_facts=_read_embedded_facts(content))


def _read_embedded_facts(content: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            for part in package.infolist():
                if re.fullmatch(r"customXml/item\d+\.xml", part.filename):
                    with package.open(part) as file:
                        text = file.read(_MAX_PART_BYTES).decode("utf-8", errors="replace")
                    if match := _FACTS.search(text):
                        return unescape(match[1]).strip()
    except DAMAGE_ERRORS:
        return ""
    return ""
