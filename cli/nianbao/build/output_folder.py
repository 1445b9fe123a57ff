"""The record of a folder of outputs: opened for one build at a time, compared with what is there, and cleaned up."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from nianbao.build import outputs
from nianbao.build.cache import BuildCache, CachedFile, list_cache_files
from nianbao.model.finding import Stop
from nianbao.model.i18n import _
from nianbao.workspace.access import is_regular, placed, read
from nianbao.workspace.files import fingerprint, reason, shown, unwritable
from nianbao.workspace.staging import sweep
from nianbao.workspace.store import Store


@contextmanager
def open_cache(store: Store, say: Callable[[str], None]) -> Iterator[BuildCache]:
    """Open the record of a folder of outputs, for one build at a time; another waits, after it said so.

    Raises `Stop` where the folder of outputs is a link that leads out of the repository.
    """
    _require_inside(store.out, store.within)
    lock = FileLock(store.build_record.with_suffix(".lock"))
    path: Path | None = None
    with suppress(OSError):  # where nothing can be written there is no record, and nothing to lock
        folder = placed(store.build_record, store.root).parent
        folder.mkdir(parents=True, exist_ok=True)
        path = store.build_record
        if not is_regular(Path(lock.lock_file)):
            Path(lock.lock_file).unlink(missing_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(_("另一个 report build 正在写 {out}，等它做完", out=store.out))
            lock.acquire()
    try:
        with BuildCache(path, say) as record:
            yield record
    finally:
        lock.release()


def _require_inside(out: Path, within: Path) -> None:
    try:
        placed(out / "any", within)
    except OSError as error:
        raise unwritable(out, error) from error


def remove_outputs(store: Store, say: Callable[[str], None], *, dry: bool = False) -> list[str]:
    """Remove the files that this user's builds wrote, as they wrote them, and the record; return what they were.

    A file that was changed since stays. Raises `Stop` where one cannot be removed.
    """
    if not os.path.lexists(store.build_record):
        return []
    with open_cache(store, say) as record:
        paths = [
            (outputs.output_path(store.of_office(office), year, suffix), file)
            for (office, year, suffix), file in sorted(record.read_files().items())
        ]
        ours = [path for path, file in paths if is_unchanged(store, path, file)]
        found = [*ours, *filter(os.path.lexists, list_cache_files(store.build_record) if record.path else ())]
        if not dry:
            _remove(found)
            for folder in {path.parent for path in ours}:
                sweep(folder)
                with suppress(OSError):  # where there are other files
                    folder.rmdir()
    return [shown(path) for path in found]


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise Stop(_("删不了 {at}：{error}", at=shown(path), error=reason(error))) from error


def file_times(known: os.stat_result) -> tuple[int, int, int]:
    """Return by what a file is known without reading it: its size, and when it was modified, and anything of it."""
    return known.st_size, known.st_mtime_ns, known.st_ctime_ns


def is_unchanged(store: Store, path: Path, file: CachedFile) -> bool:
    """Tell whether an output is a file, no link to one, with the content that a build wrote."""
    try:
        name = path.relative_to(store.within).as_posix()
        return is_regular(path) and fingerprint(read(store.within, name, file.size)) == file.fingerprint
    except OSError:
        return False
