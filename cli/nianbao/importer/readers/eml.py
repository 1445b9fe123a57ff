"""Mails: the one file attached that can be read, else the text of the mail itself."""

import re
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from itertools import islice
from pathlib import PurePath

from msgspec.structs import replace

from nianbao.importer import readers
from nianbao.importer.readers import html, txt
from nianbao.importer.readers.refusal import UnreadableError, make_damage_error
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.recognition.published import PublishedDocument
from nianbao.model.i18n import _, join_words

ORDER = 29
SUFFIXES = frozenset({"eml"})
_START = re.compile(rb"[!-9;-~]+:[ \t]")
_POSTED = re.compile(rb"(?im)^(?:To|Cc|Received|Delivered-To|Return-Path|Message-ID):")  # web archives have none
_MAX_PARTS = 200  # of a mail that are looked at


def claim(sample: Sample) -> Confidence:
    """Claim a file that begins with the headers of a mail, or has the suffix of one."""
    head = sample.beginning.partition(b"\n\n")[0].partition(b"\r\n\r\n")[0]
    is_mail = _START.match(head) and (sample.suffix in SUFFIXES or _POSTED.search(head))
    return Confidence.CERTAIN if is_mail else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read the file attached to a mail, with a note which; raises `UnreadableError` where several can be read.

    Mails attached as files are not opened.
    """
    text, attached = _open_mail(content)
    if found := _choose_file(attached):
        name, file = found
        document = readers.read(file, PurePath(name).suffix)
        return replace(document, notes=(_("attachment-read", name=name), *document.notes))
    if not text.strip():
        raise UnreadableError(_("mail-without-report"), _("save-attachment-and-import"))
    return html.read(text.encode()) if text.lstrip().startswith("<") else txt.read(text.encode())


def find_file(content: bytes) -> tuple[str, bytes] | None:
    """Return name and bytes of the attached file that is read; None where the text of the mail is."""
    return _choose_file(_open_mail(content)[1])


def _choose_file(attached: Sequence[tuple[str, bytes]]) -> tuple[str, bytes] | None:
    """Return the one attached file that can be read, if any; raises `UnreadableError` where there are several."""
    readable = [(name, file) for name, file in attached if _can_be_read(name, file)]
    if len(readable) > 1:
        names = join_words(name for name, _file in readable)
        raise UnreadableError(_("mail-with-several-files", names=names), _("save-attachment-and-import"))
    return readable[0] if readable else None


def _open_mail(content: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text of a mail, and the names and bytes of the files that are attached to it."""
    from email import policy  # noqa: PLC0415  # takes time, and few files are mails

    try:
        mail = message_from_bytes(content, policy=policy.default)
        attached = [
            (part.get_filename(""), payload)
            for part in islice(mail.walk(), _MAX_PARTS)
            if _is_attachment(part) and isinstance(payload := part.get_payload(decode=True), bytes)
        ]
        body = mail.get_body(("html", "plain"))
        return body.get_content() if body else "", attached
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # broken headers break their parser in any way
        raise make_damage_error() from error


def _is_attachment(part: EmailMessage) -> bool:
    """Tell whether a part is a file that someone attached, and no picture within the text."""
    is_shown = part.get_content_maintype() == "image" and "Content-ID" in part
    return bool(part.get_filename()) and not is_shown


def _can_be_read(name: str, file: bytes) -> bool:
    """Tell whether a file surely has a format that can be read; a damaged one counts, so that its reader says why."""
    sample = Sample(file, PurePath(name).suffix)
    others = (reader for name, reader in readers.load_readers().items() if name != "eml")
    try:
        return any(reader.claim(sample) is Confidence.CERTAIN for reader in others)
    except UnreadableError:
        return True
