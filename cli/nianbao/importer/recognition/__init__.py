"""Published reports: what a reader gives, recognized by the forms, as a data file and as figures by label."""

from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedDocument, PublishedTable
from nianbao.importer.recognition.recognized_report import RecognizedReport, recognize, recognize_filled

__all__ = [
    "Paragraph",
    "PublishedCell",
    "PublishedDocument",
    "PublishedTable",
    "RecognizedReport",
    "recognize",
    "recognize_filled",
]
