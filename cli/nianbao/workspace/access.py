"""Read and write files of an untrusted folder: regular files of limited size, and links only within the folder.

On systems where files cannot be opened relative to a folder's descriptor (Windows) a path is checked before it is
opened; elsewhere it is checked while it is opened, folder by folder.
"""

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from nianbao.model.i18n import N_, _

LIMIT = 8 * 2**20  # bytes of a file that people write; the largest known have 100 KB
_FOLDER_FLAGS = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
_FILE_FLAGS = (
    os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
)  # opening a FIFO without a writer does not block
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_LINK_ERRORS = frozenset(
    {errno.ELOOP, errno.EMLINK, errno.ENOTDIR}
)  # what systems report for a link that is not followed


class RefusedError(OSError):
    """A file that exists, but must not be read or written; its text is the reason."""


def read(top: Path, name: str, limit: int = LIMIT) -> bytes:
    """Read a regular file by its name below the folder `top`; links are followed to targets below the folder only.

    Raises `RefusedError` for a link that leads outside, for what is no regular file, and for more than `limit` bytes;
    another OSError where it cannot be read.
    """
    descriptor = _open(str(top), name)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(status.st_mode):
            raise RefusedError(_("not-regular-file"))
        return _read_bytes(descriptor, status.st_size, limit)
    finally:
        os.close(descriptor)


def make_size_error(limit: int) -> RefusedError:
    """Return the error for a file that has more bytes than the limit."""
    return RefusedError(_("file-over-limit", limit=limit // 2**20))


def resolve_target(path: Path, top: Path) -> Path:
    """Return the real path to which a file or folder is written; if it is a link itself, the link is replaced.

    Raises `RefusedError` where its parent folder is a link, or below one, that leads out of the folder `top`.
    """
    folder = os.path.realpath(path.parent)
    if not is_below(folder, os.path.realpath(top)):
        raise _make_outside_error()
    return Path(folder, path.name)


def is_below(path: str, top: str) -> bool:
    """Return whether a real path is the folder `top` or below it."""
    return path == top or path.startswith(top.rstrip(os.sep) + os.sep)


def is_regular(path: Path) -> bool:
    """Return whether a path is that of a regular file, and not of a link to one."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _make_outside_error() -> RefusedError:
    return RefusedError(_("link-leads-outside"))


def _open(top: str, name: str) -> int:
    """Open a file for reading and return its descriptor; links in its path are resolved and checked first."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise _make_outside_error()
    if not parts:  # the folder itself
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
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
    real = os.path.realpath(os.path.join(base, *parts))  # noqa: PTH118  # faster: called for thousands of files
    if not is_below(real, base):
        raise _make_outside_error()
    return list(Path(real).relative_to(base).parts)


def _open_without_links(top: str, parts: Sequence[str]) -> int:
    """Open a file folder by folder below `top`, which the user named and which may be a link; no other may be one."""
    first = f"{top}/{parts[0]}"
    if len(parts) == 1:
        return os.open(first, _FILE_FLAGS | _NOFOLLOW)
    folders = [os.open(first, _FOLDER_FLAGS | _NOFOLLOW)]
    try:
        for part in parts[1:-1]:
            folders.append(os.open(part, _FOLDER_FLAGS | _NOFOLLOW, dir_fd=folders[-1]))
        return os.open(parts[-1], _FILE_FLAGS | _NOFOLLOW, dir_fd=folders[-1])
    finally:  # each is closed once, wherever Ctrl-C comes in between
        for folder in folders:
            os.close(folder)


def _read_bytes(descriptor: int, size: int, limit: int) -> bytes:
    """Read all bytes of a file, which may be more than its size states, as with virtual files of the system."""
    content = b""
    while size <= limit and (more := os.read(descriptor, max(size + 1 - len(content), 4096))):
        content += more
        size = max(size, len(content))
    if size > limit:
        raise make_size_error(limit)
    return content


FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_REASONS = {
    errno.EACCES: N_("no-permission"),
    errno.EPERM: N_("no-permission"),
    errno.EROFS: N_("disk-read-only"),
    errno.ENOSPC: N_("disk-full"),
    errno.EDQUOT: N_("disk-quota-used-up"),
    errno.ENOTDIR: N_("parent-is-no-folder"),
    errno.EEXIST: N_("parent-is-no-folder"),
    errno.ENOENT: N_("parent-folder-missing"),
    errno.EISDIR: N_("folder-of-that-name"),
    errno.ENAMETOOLONG: N_("file-name-too-long"),
    errno.ELOOP: N_("links-in-circle"),
    errno.ENXIO: N_("not-regular-file"),
    errno.EIO: N_("disk-failed"),
}


def describe_reason(error: OSError) -> str:
    """Say why the system refused a file."""
    return _(_REASONS.get(error.errno or 0, error.strerror or str(error)))
