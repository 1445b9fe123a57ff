"""Bounds of memory and time for work on a file that a stranger may have made.

They hold where the system has them: memory on Linux, time on every Unix in the main thread of a process. Work of a
native library that listens to neither is watched from outside, on every system; its memory on Linux.
"""

import mmap
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from time import monotonic
from types import FrameType
from typing import Any, NamedTuple, TypeVar

from nianbao.model.finding import UserError
from nianbao.model.i18n import N_, _

Result = TypeVar("Result")

MEMORY_LIMIT = 2 * 2**30  # bytes of addresses that a piece of work may take; an import takes a tenth
TIME_LIMIT = 120
_POLL_SECONDS = 0.05  # seconds between two looks at the memory of watched work
_MIN_TIMER_SECONDS = 0.001  # seconds until an outer bound ends the work where its time is over already


class LimitError(UserError):
    """A piece of work went beyond its bounds."""


@contextmanager
def name_file_in_errors(name: str) -> Iterator[None]:
    """Put the name of a file to what is said where work on it goes beyond its bounds."""
    try:
        yield
    except LimitError as error:
        raise LimitError(f"{name}：{error.message}", error.fix) from None


class LimitMessages(NamedTuple):
    """What is said where work takes too long, or too much memory, and what to do then."""

    late: str
    large: str
    fix: str


READING_MESSAGES = LimitMessages(
    N_("{seconds} 秒还没有读完"), N_("读它要用的内存太多"), N_("用原程序打开，只留年报那几页，另存一份再导入")
)


@contextmanager
def limit(
    memory: int = MEMORY_LIMIT, seconds: float = TIME_LIMIT, words: LimitMessages = READING_MESSAGES
) -> Iterator[None]:
    """Do a piece of work within bounds; raises `LimitError` where it would go beyond them.

    Bounds within bounds: the shorter time ends the work, and only the piece whose time is over says so.
    """
    late = _TimeOverError()
    try:
        with _limit_memory(memory), _limit_time(seconds, late):
            yield
    except MemoryError:
        raise LimitError(_(words.large), _(words.fix)) from None
    except _TimeOverError as error:
        if error is not late:  # the time of a piece that this one is a part of
            raise
        raise LimitError(_(words.late, seconds=round(seconds)), _(words.fix)) from None


class _TimeOverError(BaseException):
    """The time is over: no `except Exception` of a library may take it for an error of the file."""


@contextmanager
def _limit_memory(memory: int) -> Iterator[None]:
    try:
        import resource  # noqa: PLC0415  # Windows has none
    except ImportError:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bounds = [bound for bound in (_measure_memory() + memory, soft, hard) if bound != resource.RLIM_INFINITY]
    with suppress(ValueError, OSError):  # macOS may refuse
        resource.setrlimit(resource.RLIMIT_AS, (min(bounds), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _measure_memory(*, resident: bool = False) -> int:
    """Return the bytes of addresses that the process has, or of memory that it uses; 0 where nobody tells.

    Some libraries set aside gigabytes of addresses, and use none of them.
    """
    try:
        file = os.open("/proc/self/statm", os.O_RDONLY)  # twice as fast as a path, thousands of times
    except OSError:
        return 0
    try:
        return int(os.read(file, 100).split()[resident]) * mmap.PAGESIZE
    finally:
        os.close(file)


@contextmanager
def _limit_time(seconds: float, late: _TimeOverError) -> Iterator[None]:
    """Raise `late` after so many seconds, unless an outer bound ends the work before."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    left, _interval = signal.getitimer(signal.ITIMER_REAL)  # of an outer bound; 0 where there is none
    if 0 < left <= seconds:
        yield
        return

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise late

    began = monotonic()
    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (monotonic() - began), _MIN_TIMER_SECONDS))


# ── work of native libraries ─────────────────────────────────────────────────────────────────────────


class _WorkThread(threading.Thread):
    """A thread that does one piece of work after the other: one that has worked before has its memory at hand."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._work: SimpleQueue[tuple[Callable[[], Any], SimpleQueue[Any]]] = SimpleQueue()
        self.start()

    def do(self, work: Callable[[], Result]) -> "SimpleQueue[Result | BaseException]":
        """Begin a piece of work; its result, or what it raised, is put into the queue that is returned."""
        answer: SimpleQueue[Result | BaseException] = SimpleQueue()
        self._work.put((work, answer))
        return answer

    def run(self) -> None:
        """Work."""
        while True:
            work, answer = self._work.get()
            try:
                answer.put(work())
            except BaseException as error:  # noqa: BLE001  # it is raised where the work was asked for
                answer.put(error)
            del work, answer  # which hold on to what was worked on


_idle_threads: list[_WorkThread] = []
_unread_answers: list[SimpleQueue[Any]] = []  # answers that nobody waits for any more
_thread_process = 0  # the process in which native libraries began their threads


def run_watched(
    work: Callable[[], Result],
    seconds: float,
    memory: int,
    words: LimitMessages,
    interrupt: Callable[[], object] | None = None,
) -> Result:
    """Do work of a native library that lets other threads run, and return its result.

    Raises `LimitError` where it takes more seconds, or more bytes of memory than there were in use before. If it goes
    on all the same after `interrupt`, it is `has_unfinished_work`: only the end of the process ends it, which is due.
    """
    global _thread_process  # noqa: PLW0603  # a process has its threads or has them not
    if _thread_process != os.getpid():
        _thread_process = os.getpid()
        _idle_threads.clear()  # those of the process that was forked
    end, most = monotonic() + seconds, _measure_memory(resident=True) + memory
    thread = _idle_threads.pop() if _idle_threads else _WorkThread()
    answer = thread.do(work)
    while True:
        try:
            result = answer.get(timeout=_POLL_SECONDS)
        except Empty:
            late = monotonic() > end
            if not late and _measure_memory(resident=True) <= most:
                continue
            _unread_answers.append(answer)
            if interrupt:
                interrupt()
                with suppress(Empty):
                    answer.get(timeout=1)
                    _unread_answers.remove(answer)
            raise LimitError(_(words.late if late else words.large, seconds=round(seconds)), _(words.fix)) from None
        _idle_threads.append(thread)
        if isinstance(result, BaseException):
            raise result
        return result


def has_unfinished_work() -> bool:
    """Tell whether a native library goes on with what nobody waits for any more."""
    return any(answer.empty() for answer in _unread_answers)


def can_fork() -> bool:
    """Tell whether native libraries work in a fork of this process: it would have none of the threads they began."""
    return hasattr(os, "fork") and _thread_process != os.getpid()
