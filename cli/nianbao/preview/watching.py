"""Folders watched for changes: editors replace files, so that a watched file would be lost with the first save."""

import asyncio
import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Protocol

from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

_STEP_MS = 20  # without a change, after which changes are taken as complete
_MAX_STEPS_MS = 1600  # after which they are taken so in any case
_POLL_SECONDS = 0.3  # between two looks at all files, where the system reports no changes
_FOLDERS, _SETTINGS = frozenset({"data", "templates"}), "report.toml"


class OnChange(Protocol):
    """What is called when data files have changed or, with `templates`, templates or settings."""

    def __call__(self, *, templates: bool) -> None:
        """Take notice of the change."""


class _Changes(Protocol):
    """Notices what changes in a folder from the moment on at which it is made."""

    def wait(self, stop: Event) -> frozenset[str]:
        """Return the names of files that have changed since the last call, or none where it is to stop."""


class Watch:
    """Watches the data files, the templates and the settings of a folder, and calls `on_change`.

    `added` are folders of templates elsewhere. With `poll` the
    files are looked at again and again: network drives, and those of Windows under WSL, report no changes.
    """

    def __init__(self, root: Path, added: Sequence[Path], on_change: OnChange, *, poll: bool) -> None:
        self._root, self._on_change, self._poll = root, on_change, poll
        self._folders = {root / "data": False, root / "templates": True} | dict.fromkeys(added, True)

    async def run(self) -> None:
        """Watch without end; folders that are made, removed or renamed below the root are noticed.

        `on_change` is called as soon as all folders are watched: what is read from then on misses no change.
        """
        with ThreadPoolExecutor(2 * len(self._folders) + 1) as threads:  # some may still end while others begin
            root = await self._open(self._root, recursive=False)
            while True:
                opened = [
                    (await self._open(folder, recursive=True), is_template)
                    for folder, is_template in self._folders.items()
                    if folder.is_dir()
                ]
                self._on_change(templates=True)
                below = [asyncio.create_task(self._follow(*one, threads)) for one in opened]
                try:
                    await self._follow_root(root, threads)
                finally:
                    for task in below:
                        task.cancel()
                    await asyncio.gather(*below, return_exceptions=True)

    async def _follow_root(self, root: _Changes, threads: ThreadPoolExecutor) -> None:
        """Follow the settings in the root, until a watched folder comes or goes."""
        while not (names := await _wait(root, threads)) & _FOLDERS:
            if _SETTINGS in names:
                self._on_change(templates=True)

    async def _follow(self, folder: _Changes, is_template: bool, threads: ThreadPoolExecutor) -> None:  # noqa: FBT001  # of a pair
        while True:
            names = await _wait(folder, threads)
            if any(not name.startswith(".") and not name.endswith("~") for name in names):  # else an editor's own
                self._on_change(templates=is_template)

    async def _open(self, folder: Path, *, recursive: bool) -> _Changes:
        return await asyncio.to_thread(_open_changes, folder, recursive=recursive, poll=self._poll)


async def _wait(changes: _Changes, threads: ThreadPoolExecutor) -> frozenset[str]:
    stop = Event()
    try:
        return await asyncio.get_running_loop().run_in_executor(threads, changes.wait, stop)
    finally:
        stop.set()  # else its thread would wait on after this task was cancelled


def _open_changes(folder: Path, *, recursive: bool, poll: bool) -> _Changes:
    """Begin to watch a folder; where the system has no more means for it, by looking at its files."""
    if not poll:
        with suppress(OSError, WatchfilesRustInternalError):
            return _ReportedChanges(folder, recursive=recursive)
    return _PolledChanges(folder, recursive=recursive)


class _ReportedChanges:
    """Changes that the system reports.

    The functions of watchfiles itself do not say from when on a folder is watched.
    """

    def __init__(self, folder: Path, *, recursive: bool) -> None:
        self._notify = RustNotify([str(folder)], False, False, 0, recursive, False)  # noqa: FBT003  # it takes no names

    def wait(self, stop: Event) -> frozenset[str]:
        """See `_Changes`."""
        changes = self._notify.watch(_MAX_STEPS_MS, _STEP_MS, 0, stop)
        return frozenset() if isinstance(changes, str) else frozenset(Path(path).name for _kind, path in changes)


class _PolledChanges:
    """Changes that are found by looking at all files again and again.

    watchfiles can poll too, but compares times in whole seconds: it misses a second save within one.
    """

    def __init__(self, folder: Path, *, recursive: bool) -> None:
        self._folder, self._recursive = folder, recursive
        self._before = self._list_states()

    def wait(self, stop: Event) -> frozenset[str]:
        """See `_Changes`."""
        while not stop.wait(_POLL_SECONDS):
            before, self._before = self._before, self._list_states()
            if changed := before.items() ^ self._before.items():
                return frozenset(Path(path).name for path, _state in changed)
        return frozenset()

    def _list_states(self) -> dict[str, tuple[int, ...]]:
        """Return by the path of each file what tells that it has changed; a file that goes meanwhile is left out."""
        states: dict[str, tuple[int, ...]] = {}
        for above, folders, files in os.walk(self._folder):
            for name in (*files, *folders):
                path = os.path.join(above, name)  # noqa: PTH118  # of thousands of files
                with suppress(OSError):
                    found = os.lstat(path)
                    is_file = not stat.S_ISDIR(found.st_mode)
                    states[path] = (found.st_ino, found.st_mtime_ns, found.st_size) if is_file else ()
            if not self._recursive:
                break
        return states
