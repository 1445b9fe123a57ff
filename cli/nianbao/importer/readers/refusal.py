"""The error for a file that cannot be read, and limits of size."""

import lzma
import zipfile
import zlib

from nianbao.model.finding import UserError
from nianbao.model.i18n import _

MAX_FILE_BYTES = 200 * 2**20  # which may contain pictures
MAX_TEXT_BYTES = 32 * 2**20  # of a text, or of all texts in an office file; the largest report has a few megabytes
MAX_BLOCKS = 30_000  # paragraphs and cells that are not empty; the largest report has two thousand

DAMAGE_ERRORS = (  # what `zipfile` raises for a damaged package, wherever the damage is
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    ValueError,
)


class UnreadableError(UserError):
    """A file that no reader can read: the message has the reason, the fix what to do."""


def make_damage_error() -> UnreadableError:
    """Return the error for a damaged file: what a library says of it would help nobody."""
    return UnreadableError(_("file-damaged"), _("get-file-again"))


def limit_size(content: bytes, limit: int) -> None:
    """Raise `UnreadableError` where the content has more bytes than the limit."""
    if len(content) > limit:
        raise UnreadableError(_("file-larger-than", limit=limit >> 20), _("delete-pictures-or-pages"))


def limit_blocks(count: int) -> None:
    """Raise `UnreadableError` for more paragraphs and cells than a report has."""
    if count > MAX_BLOCKS:
        raise UnreadableError(_("too-many-paragraphs"), _("keep-report-pages"))
