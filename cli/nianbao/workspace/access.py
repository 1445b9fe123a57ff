"""Files of a folder that a stranger may have made: regular files of bounded size, and links only within the folder.

On systems without descriptors of folders (Windows) a path is judged before it is opened; elsewhere while it is.
"""

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from nianbao.model.i18n import _

LIMIT = 8 * 2**20  # bytes of a file that people write; the largest seen have 100 KB
_FOLDER_FLAGS = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
_FILE_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)  # a FIFO without a writer opens
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_LINK_ERRORS = frozenset({errno.ELOOP, errno.EMLINK, errno.ENOTDIR})  # what systems say of a link that is not followed


class RefusedError(OSError):
    """A file that is there, and is not to be read or written; its text says why."""


def read(top: Path, name: str, limit: int = LIMIT) -> bytes:
    """Read a regular file by its name below a folder; links are followed to what lies below the folder, too.

    Raises `RefusedError` for a link that leads outside, for what is no regular file, and for more bytes than the
    limit; another OSError where it cannot be read.
    """
    file = _open(str(top), name)
    try:
        found = os.fstat(file)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(found.st_mode):
            raise RefusedError(_("不是普通文件"))
        return _read_bytes(file, found.st_size, limit)
    finally:
        os.close(file)


def make_size_error(limit: int) -> RefusedError:
    """Return the error of a file that has more bytes than the limit."""
    return RefusedError(_("超过 {limit} MB", limit=limit // 2**20))


def resolve_target(path: Path, top: Path) -> Path:
    """Return where a file, or a folder, is when it is written; the file itself may be a link, which is replaced.

    Raises `RefusedError` where its folder is a link, or below one, that leads out of the folder `top`.
    """
    folder = os.path.realpath(path.parent)
    if not is_below(folder, os.path.realpath(top)):
        raise _make_outside_error()
    return Path(folder, path.name)


def is_below(path: str, top: str) -> bool:
    """Tell whether a real path is a folder's, or below it."""
    return path == top or path.startswith(top.rstrip(os.sep) + os.sep)


def is_regular(path: Path) -> bool:
    """Tell whether a path is that of a regular file, and no link to one."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _make_outside_error() -> RefusedError:
    return RefusedError(_("是指到目录之外的链接"))


def _open(top: str, name: str) -> int:
    """Open a file for reading; where links are on the way, judge what they lead to, and open that without links."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise _make_outside_error()
    if os.open not in os.supports_dir_fd:
        return os.open(Path(top, *_resolve_links(top, parts)), _FILE_FLAGS)
    try:
        return _open_without_links(top, parts)
    except OSError as error:
        if error.errno not in _LINK_ERRORS:
            raise
    return _open_without_links(top, _resolve_links(top, parts))


def _resolve_links(top: str, parts: Sequence[str]) -> list[str]:
    base = os.path.realpath(top)
    real = os.path.realpath(os.path.join(base, *parts))  # noqa: PTH118  # asked of thousands
    if not is_below(real, base):
        raise _make_outside_error()
    return list(Path(real).relative_to(base).parts)


def _open_without_links(top: str, parts: Sequence[str]) -> int:
    """Open a file folder by folder, none of which may be a link but the first, which a person named."""
    first = f"{top}/{parts[0]}"
    if len(parts) == 1:
        return os.open(first, _FILE_FLAGS | _NOFOLLOW)
    folder = os.open(first, _FOLDER_FLAGS | _NOFOLLOW)
    try:
        for part in parts[1:-1]:
            inner = os.open(part, _FOLDER_FLAGS | _NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], _FILE_FLAGS | _NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)


def _read_bytes(file: int, size: int, limit: int) -> bytes:
    """Read what a file has, which may be more than its size says, as with files that the system makes up."""
    content = b""
    while size <= limit and (more := os.read(file, max(size + 1 - len(content), 4096))):
        content += more
        size = max(size, len(content))
    if size > limit:
        raise make_size_error(limit)
    return content
