"""Folders watched for changes: editors replace files, so that a watched file would be lost with the first save."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from watchfiles import awatch

_STEP_MS = 20  # without a change, after which changes are taken as complete
_POLL_SECONDS = 0.3  # between two looks at all files, where the system reports no changes
_FOLDERS, _SETTINGS = frozenset({"data", "templates"}), "report.toml"


class OnChange(Protocol):
    """What is called when data files have changed or, with `templates`, templates or settings."""

    def __call__(self, *, templates: bool) -> None:
        """Take notice of the change."""


class Watch:
    """Watches the data files, the templates and the settings of a folder, and calls `on_change`.

    `added` are folders of templates elsewhere. With `poll` the
    files are looked at again and again: network drives, and those of Windows under WSL, report no changes.
    """

    def __init__(self, root: Path, added: Sequence[Path], on_change: OnChange, *, poll: bool) -> None:
        self._root, self._added, self._on_change, self._poll = root, added, on_change, poll

    async def run(self) -> None:
        """Watch without end; folders that are made, removed or renamed below the root are noticed."""
        while True:
            below = asyncio.create_task(self._watch_folders())
            try:
                await self._watch_root()
            finally:
                below.cancel()
                await asyncio.gather(below, return_exceptions=True)  # a folder that is gone

    async def _watch_root(self) -> None:
        """Watch the names in the root, until a watched folder comes or goes."""
        async for names in self._iterate_changes(self._root, recursive=False):
            if names & {*_FOLDERS, _SETTINGS}:
                self._on_change(templates=True)
            if names & _FOLDERS:
                return

    async def _watch_folders(self) -> None:
        folders = {self._root / "data": False, self._root / "templates": True} | dict.fromkeys(self._added, True)
        there = [
            self._watch_folder(folder, is_template=is_template)
            for folder, is_template in folders.items()
            if folder.is_dir()
        ]
        await asyncio.gather(*there)

    async def _watch_folder(self, folder: Path, *, is_template: bool) -> None:
        async for names in self._iterate_changes(folder, recursive=True):
            if any(not name.startswith(".") and not name.endswith("~") for name in names):  # else an editor's own
                self._on_change(templates=is_template)

    async def _iterate_changes(self, folder: Path, *, recursive: bool) -> AsyncIterator[frozenset[str]]:
        """Yield the names of files that have changed."""
        if self._poll:
            async for names in _poll(folder, recursive=recursive):
                yield names
        else:
            async for changes in awatch(folder, watch_filter=None, step=_STEP_MS, recursive=recursive):
                yield frozenset(Path(path).name for _kind, path in changes)


async def _poll(folder: Path, *, recursive: bool) -> AsyncIterator[frozenset[str]]:
    """Look at all files again and again, and yield the names of those that have changed.

    watchfiles can poll too, but compares times in whole seconds: it misses a second save within one.
    """
    before = await asyncio.to_thread(_list_states, folder, recursive=recursive)
    while True:
        await asyncio.sleep(_POLL_SECONDS)
        now = await asyncio.to_thread(_list_states, folder, recursive=recursive)
        if changed := before.items() ^ now.items():
            yield frozenset(Path(path).name for path, _state in changed)
        before = now


def _list_states(folder: Path, *, recursive: bool) -> dict[str, tuple[int, ...]]:
    """Return by the path of each file what tells that it has changed; a file that goes meanwhile is left out."""
    states: dict[str, tuple[int, ...]] = {}
    for above, folders, files in os.walk(folder):
        for name in (*files, *folders):
            path = os.path.join(above, name)  # noqa: PTH118  # of thousands of files
            with suppress(OSError):
                found = os.lstat(path)
                is_file = not stat.S_ISDIR(found.st_mode)
                states[path] = (found.st_ino, found.st_mtime_ns, found.st_size) if is_file else ()
        if not recursive:
            break
    return states
