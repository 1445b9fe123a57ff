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
    """Read the page of an archive that has most cells of tables, the first of several: other pages are its frames.

    Raises `UnreadableError` for one that has none.
    """
    parts = (part for part in message_from_bytes(content).walk() if part.get_content_type() == "text/html")
    pages = [(page, part) for part in parts if isinstance(page := part.get_payload(decode=True), bytes)]
    page, part = max(pages, key=lambda one: one[0].lower().count(b"<td"), default=(b"", None))
    if part is None or not page.strip():
        raise UnreadableError(_("mht-without-page"), _("save-as-html-only"))
    return html.read(page, _find_charset(part))


def _find_charset(part: Message) -> str:
    return str(part.get_content_charset() or "")
