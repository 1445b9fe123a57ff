"""Old Word files (.doc): converted by LibreOffice, where it is installed, and then read as .docx files."""

from nianbao.importer.readers import docx, libreoffice
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.recognition.published import PublishedDocument
from nianbao.model.i18n import _

ORDER = 25


def claim(sample: Sample) -> Confidence:
    """Claim an OLE file with the stream of such a file."""
    return Confidence.CERTAIN if sample.has_stream("WordDocument") else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Convert and read a file; raises `UnreadableError` where LibreOffice is missing or cannot convert it."""
    return docx.read(libreoffice.convert(content, "doc", "docx", _("is-old-doc"), _("save-as-docx-or-libreoffice")))
