"""Web pages as archives in one file (MHTML), as browsers and Word save them, also with the suffix .doc."""

import re
from email import message_from_bytes
from email.message import Message

from nianbao.importer.readers import html
from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.recognition.published import PublishedDocument
from nianbao.model.i18n import _

ORDER = 30
SUFFIXES = frozenset({"mht", "mhtml"})
_MESSAGE_START = re.compile(rb"(?i)(?:MIME-Version|From|Content-Type|Date|Subject):")


def claim(sample: Sample) -> Confidence:
    """Claim a file that begins with the headers of a message, or has the suffix of an archive."""
    is_archive = _MESSAGE_START.match(sample.beginning) or (sample.suffix in SUFFIXES and not sample.is_office_file)
    return Confidence.CERTAIN if is_archive else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read the first page of an archive; raises `UnreadableError` for one that has none."""
    for part in message_from_bytes(content).walk():
        page = part.get_payload(decode=True) if part.get_content_type() == "text/html" else None
        if isinstance(page, bytes) and page.strip():
            return html.read(page, _find_charset(part))
    raise UnreadableError(_("mht-without-page"), _("save-as-html-only"))


def _find_charset(part: Message) -> str:
    return str(part.get_content_charset() or "")
