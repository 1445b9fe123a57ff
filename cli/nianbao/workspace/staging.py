"""Temporary folders with unpredictable names, created exclusively, and removed by a later run if theirs was killed.

Each is locked as long as its process lives, so that a later run recognizes abandoned ones. Where the system cannot
lock folders (Windows) they are kept for a day.
"""

import atexit
import os
import stat
from collections.abc import Iterable, Iterator
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

# Prefix and suffix of the name of a temporary folder
BESIDE_AFFIXES = (".nianbao-", ".part")  # for files that are moved into its parent folder
SCRATCH_AFFIXES = ("nianbao-", "")  # in the system's folder for temporary files
_DAY = 24 * 3600  # s
_open: dict[Path, int] = {}  # folders that are not closed, each with the process that made it


class TemporaryFolder:
    """A temporary folder in `parent` that exists until it is closed; raises OSError where it cannot be created."""

    def __init__(self, parent: Path, affixes: tuple[str, str]) -> None:
        remove_abandoned(parent, affixes)
        self._lock = -1
        try:
            while self._lock < 0:  # another run may remove it as abandoned before it is locked
                # Its name is known before it is there: a signal may come in between, and it would stay.
                self.path = parent.absolute() / os.urandom(8).hex().join(affixes)
                _open[self.path] = os.getpid()
                self.path.mkdir(0o700)
                self._lock = _lock(self.path) if fcntl else 0
        except OSError:
            raise
        except BaseException:  # a signal to end this process
            _remove_tree(self.path)
            raise

    def close(self) -> None:
        """Remove it; does nothing the second time."""
        _remove_tree(self.path)
        _open.pop(self.path, None)
        lock, self._lock = self._lock, 0  # before it is closed: a signal may come in between
        if lock > 0:
            os.close(lock)


@atexit.register
def remove_open_folders() -> None:
    """Remove the folders that a signal has kept from being closed; for the end of a process, which may be a fork."""
    for path in [path for path, process in _open.items() if process == os.getpid()]:
        _remove_tree(path)


def make_scratch_folder() -> TemporaryFolder:
    """Create a folder in the system's folder for temporary files; raises `UserError` where that is impossible."""
    from tempfile import gettempdir  # noqa: PLC0415  # not every command makes one

    try:
        parent = gettempdir()
        if "TMPDIR" in os.environ:  # if it is no folder, Python uses another one, but pandoc fails
            os.environ["TMPDIR"] = parent
        return TemporaryFolder(Path(parent), SCRATCH_AFFIXES)
    except OSError as error:
        raise UserError(
            _("no-temporary-folder", error=error.strerror or error), _("free-space-or-set-tmpdir")
        ) from error


def remove_abandoned_scratch() -> None:
    """Remove the scratch folders of runs that were killed; for a run that may need none of its own, which does so."""
    from tempfile import gettempdir  # noqa: PLC0415  # see above

    with suppress(OSError):
        remove_abandoned(Path(gettempdir()), SCRATCH_AFFIXES)


@contextmanager
def make_folder_beside(parent: Path) -> Iterator[Path]:
    """Create a temporary folder for files that are to be moved into its parent; raises OSError."""
    folder = TemporaryFolder(parent, BESIDE_AFFIXES)
    try:
        yield folder.path
    finally:
        folder.close()


@cache
def remove_abandoned(parent: Path, affixes: tuple[str, str] = BESIDE_AFFIXES) -> None:
    """Remove the temporary folders of runs that were killed; a process does so once for each parent folder."""
    with suppress(OSError):
        for entry in os.scandir(parent):
            if entry.name.startswith(affixes[0]) and entry.name.endswith(affixes[1]):
                with suppress(OSError):
                    _remove_if_abandoned(entry)


def remove_abandoned_beside(paths: Iterable[Path]) -> None:
    """Remove what killed runs left in the folders of files that are to be written."""
    for folder in {path.parent for path in paths}:
        remove_abandoned(folder)


def _remove_if_abandoned(entry: "os.DirEntry[str]") -> None:
    """Remove a folder if it belongs to this user and its process has ended; raises OSError while it is locked."""
    status = entry.stat(follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
        return
    if not fcntl:
        if time() - status.st_mtime > _DAY:
            _remove_tree(entry.path)
        return
    descriptor = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove_tree(entry.path)
    finally:
        os.close(descriptor)


def _remove_tree(path: Path | str) -> None:
    from shutil import rmtree  # noqa: PLC0415  # see above

    rmtree(path, ignore_errors=True)


def _lock(path: Path) -> int:
    """Lock a folder; return its descriptor, or -1 where it was removed already."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return -1
    with suppress(OSError):  # a disk without locks, where nothing is removed as abandoned either
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    if path.exists():
        return descriptor
    os.close(descriptor)
    return -1
