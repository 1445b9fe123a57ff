"""Web pages as archives of one file, as browsers and Word save them, also under the name of .doc."""

from email import message_from_bytes
from email.message import Message

from nianbao.importer.readers import html
from nianbao.importer.readers.refusal import Unreadable
from nianbao.importer.recognition.published import PublishedDocument
from nianbao.model.i18n import _


def read(content: bytes) -> PublishedDocument:
    """Read the first page of an archive; raises `Unreadable` for one that has none."""
    for part in message_from_bytes(content).walk():
        page = part.get_payload(decode=True) if part.get_content_type() == "text/html" else None
        if isinstance(page, bytes) and page.strip():
            return html.read(page, _charset(part))
    raise Unreadable(_("这是 MHT 网页存档，里面没有网页"), _("在浏览器里打开，另存为“网页，仅 HTML”再导入"))


def _charset(part: Message) -> str:
    return str(part.get_content_charset() or "")
