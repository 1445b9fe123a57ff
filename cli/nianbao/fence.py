"""Bounds of memory and time for work on a file that a stranger may have made.

They hold where the system has them: memory on Linux, time on every Unix in the main thread of a process.
"""

import mmap
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from nianbao.finding import Stop
from nianbao.language import _

MEMORY = 2 * 2**30  # bytes of addresses that a piece of work may take; an import takes a tenth
SECONDS = 120


@contextmanager
def fenced(memory: int = MEMORY, seconds: float = SECONDS) -> Iterator[None]:
    """Do a piece of work within bounds; raises `Stop` where it would go beyond them."""
    fix = _("用原程序打开，只留年报那几页，另存一份再导入")
    try:
        with _bounded(memory), _timed(seconds):
            yield
    except MemoryError:
        raise Stop(_("读它要用的内存太多"), fix) from None
    except _LateError:
        raise Stop(_("{seconds} 秒还没有读完", seconds=round(seconds)), fix) from None


class _LateError(BaseException):
    """The time is over: no `except Exception` of a library may take it for an error of the file."""


@contextmanager
def _bounded(memory: int) -> Iterator[None]:
    try:
        import resource  # noqa: PLC0415  # Windows has none
    except ImportError:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bounds = [bound for bound in (_taken() + memory, soft, hard) if bound != resource.RLIM_INFINITY]
    with suppress(ValueError, OSError):  # macOS may refuse
        resource.setrlimit(resource.RLIMIT_AS, (min(bounds), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _taken() -> int:
    """Return the bytes of addresses that the process has: some libraries set aside gigabytes, and use none of them."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * mmap.PAGESIZE
    except OSError:
        return 0


@contextmanager
def _timed(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(_signal: int, _frame: FrameType | None) -> None:
        raise _LateError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
