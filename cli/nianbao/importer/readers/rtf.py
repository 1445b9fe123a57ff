"""Rich text (RTF): converted by LibreOffice, where it is installed, and then read as .docx files."""

from nianbao.importer.readers import docx, libreoffice
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.recognition.published import PublishedDocument
from nianbao.model.i18n import _

ORDER = 27


def claim(sample: Sample) -> Confidence:
    """Claim a file that begins as RTF does."""
    return Confidence.CERTAIN if sample.content.startswith(rb"{\rtf") else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Convert and read a file; raises `UnreadableError` where LibreOffice is missing or cannot convert it."""
    return docx.read(libreoffice.convert(content, "rtf", "docx", _("is-rtf"), _("save-as-docx-or-libreoffice")))
