"""PNG pictures of pages: scans, where the extra `ocr` is installed."""

from nianbao.importer.readers.scanned_file import read_picture
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.recognition.published import PublishedDocument

ORDER = 12


def claim(sample: Sample) -> Confidence:
    """Claim a file with the signature of PNG."""
    return Confidence.CERTAIN if sample.content.startswith(b"\x89PNG\r\n\x1a\n") else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read the picture of one page; raises `UnreadableError` where that is not possible."""
    return read_picture(content)
