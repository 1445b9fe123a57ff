"""Changes of data files that people have written: only of what was read, and of no file that is read-only."""

import stat

from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.model.parsing.encoding import find_no_data_file
from nianbao.model.period import Period
from nianbao.workspace.files import SavedFile
from nianbao.workspace.store import Store

_BYTE_ORDER_MARK = "\ufeff"
_ANY_MAY_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def read_data_text(store: Store, period: Period) -> tuple[bytes, str]:
    """Read a data file: its bytes, and its text without a byte order mark; raises `UserError` where it is no UTF-8."""
    content = store.content(period)
    if finding := find_no_data_file(content, store.data(period)):
        raise UserError(f"{finding.place}: {finding.message}", finding.fix)
    return content, content.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)


def keep_mark(before: bytes, text: str) -> str:
    """Return a text with a byte order mark if the bytes before had one."""
    return (_BYTE_ORDER_MARK if before.startswith(_BYTE_ORDER_MARK.encode()) else "") + text


def write_changed_text(store: Store, period: Period, before: bytes, text: str, *, check: bool = False) -> SavedFile:
    """Put a text in the place of the data file that had the bytes `before`, where it differs from them.

    To check is to say only whether it would change. Raises `UserError`, and writes nothing, where the file has other
    bytes by now, or is read-only.
    """
    content = text.encode()
    if check or content == before:
        return SavedFile(store.data(period), content != before)
    if not store.path(period).stat().st_mode & _ANY_MAY_WRITE:
        raise UserError(_("data-file-read-only", path=store.data(period)), _("make-writable-and-rerun"))
    if store.content(period) != before:
        raise UserError(_("data-file-changed-meanwhile", path=store.data(period)), _("save-elsewhere-and-rerun"))
    return store.rewrite(period, content)
