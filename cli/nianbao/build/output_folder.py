"""A folder of outputs: its build cache, opened by one build at a time, and the removal of what builds wrote."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG

from filelock import FileLock, Timeout

from nianbao.build import outputs
from nianbao.build.cache import BuildCache, CachedFile, list_cache_files
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.workspace.access import describe_reason, is_regular, read, resolve_target
from nianbao.workspace.files import display_path, fingerprint, make_read_error, make_write_error
from nianbao.workspace.staging import remove_abandoned
from nianbao.workspace.store import Store

LOG_FILE = ".cluster.log"  # what the workers of the last build on a cluster logged


@contextmanager
def open_cache(store: Store, warn: Callable[[str], None]) -> Iterator[BuildCache]:
    """Open the build cache of a folder of outputs and lock it; if another build has the lock, warn and wait.

    Raises `UserError` where the folder of outputs is a link that leads out of the repository.
    """
    _require_inside(store.out, store.within)
    lock = FileLock(store.build_record.with_suffix(".lock"))
    path: Path | None = None
    with suppress(OSError):  # where no file can be written there is no cache file, and nothing to lock
        folder = resolve_target(store.build_record, store.root).parent
        folder.mkdir(parents=True, exist_ok=True)
        path = store.build_record
        if not is_regular(Path(lock.lock_file)):
            Path(lock.lock_file).unlink(missing_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            warn(_("waiting-for-other-build", out=store.out))
            lock.acquire()
    try:
        with BuildCache(path, warn) as cache:
            yield cache
    finally:
        lock.release()


def _require_inside(out: Path, within: Path) -> None:
    try:
        resolve_target(out / "any", within)
    except OSError as error:
        raise make_write_error(out, error) from error


def remove_outputs(store: Store, warn: Callable[[str], None], *, dry_run: bool = False) -> list[str]:
    """Remove the files that this user's builds wrote, and the build cache; return their paths as printed.

    A file that was changed since it was written stays. With `dry_run` nothing is removed. Raises `UserError` where a
    file cannot be removed, and where nobody knows which there are: SQLite opens no cache in a folder that is read-only.
    """
    try:
        store.build_record.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise make_read_error(display_path(store.out), error) from error
    with open_cache(store, warn) as cache:
        if not cache.path:
            at = display_path(store.build_record)
            raise UserError(_("build-record-not-opened", at=at), _("allow-writing-and-rerun"))
        files = [
            (outputs.output_path(store.of_report(key), key.period, suffix), file)
            for (key, suffix), file in sorted(cache.read_files().items())
        ]
        unchanged = [path for path, file in files if is_unchanged(store, path, file)]
        own = [*list_cache_files(store.build_record), store.out / LOG_FILE]
        paths = [*unchanged, *filter(os.path.lexists, own)]
        if not dry_run:
            _remove(paths)
            for folder in {path.parent for path in unchanged}:
                remove_abandoned(folder)
                with suppress(OSError):  # the folder has other files
                    folder.rmdir()
    return [display_path(path) for path in paths]


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            message = _("cannot-remove", at=display_path(path), error=describe_reason(error))
            raise UserError(message, _("remove-cause-and-rerun")) from error


def file_times(status: os.stat_result) -> tuple[int, int, int]:
    """Return what shows without reading a file that it is the same: its size (bytes), mtime and ctime (both ns)."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def describe_times(path: Path) -> str:
    """Describe what shows without reading a file that it is the same; an empty text where there is none."""
    try:
        status = os.lstat(path)
    except OSError:
        return ""
    return " ".join(map(str, file_times(status))) if S_ISREG(status.st_mode) else ""


def is_unchanged(store: Store, path: Path, file: CachedFile) -> bool:
    """Return whether an output is a regular file, not a link, with the content that a build wrote."""
    try:
        name = path.relative_to(store.within).as_posix()
        return is_regular(path) and fingerprint(read(store.within, name, file.size)) == file.fingerprint
    except OSError:
        return False
