"""Temporary folders: unpredictable names, created by nobody else, and removed by a later run if theirs was killed.

Each is locked as long as its process lives, so that a later run sees which ones are left over. Where the system has
no locks of folders (Windows) they are kept for a day.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from time import time

from nianbao.model.finding import UserError
from nianbao.model.i18n import _

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

BESIDE_AFFIXES = (
    ".nianbao-",
    ".part",
)  # how the name begins and ends of a folder for files that go into the one around it
SCRATCH_AFFIXES = ("nianbao-", "")  # the same where the system keeps temporary files
_DAY = 24 * 3600  # s


class TemporaryFolder:
    """A temporary folder, there until it is closed; raises OSError."""

    def __init__(self, above: Path, named: tuple[str, str]) -> None:
        from tempfile import mkdtemp  # noqa: PLC0415  # not every command makes one

        remove_abandoned(above, named)
        self._lock = -1
        while self._lock < 0:  # another run may take it for left over before it is locked
            self.path = Path(mkdtemp(named[1], named[0], above))
            self._lock = _lock(self.path) if fcntl else 0

    def close(self) -> None:
        """Remove it, unless that was done."""
        _remove_tree(self.path)
        if self._lock > 0:
            os.close(self._lock)
        self._lock = 0


def make_scratch_folder() -> TemporaryFolder:
    """Create a folder for work where the system keeps temporary files; raises `UserError` where there is no room."""
    from tempfile import gettempdir  # noqa: PLC0415  # see above

    try:
        above = gettempdir()
        if "TMPDIR" in os.environ:  # which may name no folder: Python then looks further, and pandoc fails
            os.environ["TMPDIR"] = above
        return TemporaryFolder(Path(above), SCRATCH_AFFIXES)
    except OSError as error:
        raise UserError(
            _("建不了临时文件夹：{error}", error=error.strerror or error),
            _("腾出空间，或让 TMPDIR 指到可以写的文件夹，再运行"),
        ) from error


@contextmanager
def make_folder_beside(above: Path) -> Iterator[Path]:
    """Give a folder for files that are to be moved into the one around it; raises OSError."""
    folder = TemporaryFolder(above, BESIDE_AFFIXES)
    try:
        yield folder.path
    finally:
        folder.close()


@cache
def remove_abandoned(above: Path, named: tuple[str, str] = BESIDE_AFFIXES) -> None:
    """Remove the temporary folders of runs that were killed; a process does so once for each folder around them."""
    with suppress(OSError):
        for entry in os.scandir(above):
            if entry.name.startswith(named[0]) and entry.name.endswith(named[1]):
                with suppress(OSError):
                    _remove_if_abandoned(entry)


def _remove_if_abandoned(entry: "os.DirEntry[str]") -> None:
    """Remove a folder if it is this user's, and its process is gone."""
    found = entry.stat(follow_symlinks=False)
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
        return
    if not fcntl:
        if time() - found.st_mtime > _DAY:
            _remove_tree(entry.path)
        return
    file = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove_tree(entry.path)
    finally:
        os.close(file)


def _remove_tree(path: Path | str) -> None:
    from shutil import rmtree  # noqa: PLC0415  # see above

    rmtree(path, ignore_errors=True)


def _lock(path: Path) -> int:
    """Lock a folder; return its descriptor, or -1 where it is gone already."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return -1
    with suppress(OSError):  # a disk without locks, where nothing is taken for left over either
        fcntl.flock(file, fcntl.LOCK_SH)
    if path.exists():
        return file
    os.close(file)
    return -1
