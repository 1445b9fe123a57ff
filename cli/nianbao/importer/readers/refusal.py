"""Why a file cannot be read, and what to do about it."""

import lzma
import zipfile
import zlib

from nianbao.model.finding import UserError
from nianbao.model.i18n import _

MAX_FILE_BYTES = 200 * 2**20  # bytes of a file, which may hold pictures
MAX_TEXT_BYTES = 32 * 2**20  # bytes of a text, or of all texts in an office file; the largest report has a few

DAMAGE_ERRORS = (  # what a package that is damaged raises, wherever it is
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
    """A file that no reader can read."""


def limit_size(content: bytes, limit: int) -> None:
    """Raise `UnreadableError` for a content of more bytes than that."""
    if len(content) > limit:
        raise UnreadableError(
            _("文件超过 {limit} MB", limit=limit >> 20),
            _("从原文件里删去图片，或只留年报那几页，再导入"),
        )
