"""Old Excel files (.xls): converted by LibreOffice, where it is installed, and then read as .xlsx files."""

from nianbao.importer.readers import libreoffice, xlsx
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.recognition.published import PublishedDocument
from nianbao.model.i18n import _

ORDER = 26


def claim(sample: Sample) -> Confidence:
    """Claim an OLE file with the stream of such a file."""
    return Confidence.CERTAIN if sample.has_stream("Workbook") else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Convert and read a file; raises `UnreadableError` where LibreOffice is missing or cannot convert it."""
    return xlsx.read(libreoffice.convert(content, "xls", "xlsx", _("is-old-xls"), _("save-as-xlsx-or-libreoffice")))
