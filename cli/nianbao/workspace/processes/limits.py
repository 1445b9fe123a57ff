"""Limits of memory and time for work on untrusted files.

They apply where the system supports them: memory on Linux, time on every Unix in the main thread of a process. Work
of a native library, which neither can interrupt, is watched from another thread on every system; its memory on Linux.

Time is that of the clock. Where there is `patience`, work that got too little of a busy machine may take so many times
as long, until the process has had the seconds of the processor.
"""

import mmap
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from time import monotonic, process_time
from types import FrameType
from typing import Any, NamedTuple, TypeVar

from nianbao.model.finding import UserError
from nianbao.model.i18n import N_, _

Result = TypeVar("Result")

MEMORY_LIMIT = 2 * 2**30  # bytes of address space that a piece of work may take; an import takes a tenth
TIME_LIMIT = 120  # s
PATIENCE = 4  # times as long as it may take of the processor, work may take by the clock on a busy machine
_POLL_SECONDS = 0.05  # between two measurements of the memory of watched work
_INTERRUPTS = 100  # of work, one in _POLL_SECONDS
_REPEAT_SECONDS = 1  # until a limit that was ignored ends the work
_MIN_TIMER_SECONDS = 0.001  # until an outer limit ends the work where its time is over already


class LimitError(UserError):
    """A piece of work exceeded a limit."""


@contextmanager
def name_file_in_errors(name: str) -> Iterator[None]:
    """Add the name of a file to the message of a `LimitError` that work on it raises."""
    try:
        yield
    except LimitError as error:
        raise LimitError(_("at-place", place=name, message=error.message), error.fix) from None


class LimitMessages(NamedTuple):
    """Messages for work that takes too long (`late`) or too much memory (`large`), and what to do then."""

    late: str
    large: str
    fix: str


READING_MESSAGES = LimitMessages(N_("not-read-in-time"), N_("reading-takes-too-much-memory"), N_("keep-report-pages"))


class _Time:
    """The time that work takes, which begins now."""

    def __init__(self, seconds: float, patience: float) -> None:
        self._seconds, self._patience = seconds, patience
        self._start, self._processor_start = monotonic(), process_time()

    @property
    def elapsed(self) -> float:
        return monotonic() - self._start

    @property
    def is_over(self) -> bool:
        """Whether the processor worked so long since, or the clock says that patience is over."""
        used = min(self.elapsed, process_time() - self._processor_start)
        return used >= self._seconds or self.elapsed >= self._patience * self._seconds


@contextmanager
def limit(
    memory: int = MEMORY_LIMIT,
    seconds: float = TIME_LIMIT,
    messages: LimitMessages = READING_MESSAGES,
    patience: float = 1,
) -> Iterator[None]:
    """Limit the memory (bytes) and the time of a piece of work; raises `LimitError` where it exceeds them.

    Limits may be nested: the shorter time ends the work, and only the piece whose time is over raises the error.
    """
    late = _TimeOverError()
    try:
        with _limit_memory(memory), _limit_time(seconds, late, patience):
            yield
    except MemoryError:
        raise LimitError(_(messages.large), _(messages.fix)) from None
    except _TimeOverError as error:
        if error is not late:  # the time of a piece that this one is a part of
            raise
        raise LimitError(_(messages.late, seconds=round(seconds)), _(messages.fix)) from None


class _TimeOverError(BaseException):
    """The time is over: no Exception, so that no library takes it for an error of the file and catches it."""


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
    """Return the bytes of address space of the process, or of memory that it uses; 0 where the system has no statm.

    Some libraries reserve gigabytes of address space and use none of it.
    """
    try:
        file = os.open("/proc/self/statm", os.O_RDONLY)  # called thousands of times; twice as fast as `Path`
    except OSError:
        return 0
    try:
        return int(os.read(file, 100).split()[resident]) * mmap.PAGESIZE
    finally:
        os.close(file)


@contextmanager
def _limit_time(seconds: float, late: _TimeOverError, patience: float) -> Iterator[None]:
    """Raise `late` after so many seconds, unless an outer limit ends the work before."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    outer_seconds, outer_interval = signal.getitimer(signal.ITIMER_REAL)  # 0 where there is no outer limit
    if 0 < outer_seconds <= seconds:
        yield
        return

    def end(_signal: int, frame: FrameType | None) -> None:
        if time.is_over and _may_end(frame):
            raise late

    time = _Time(seconds, patience)
    outer_handler = signal.signal(signal.SIGALRM, end)
    # It comes again, since Python ignores what is raised within a finalizer or a callback.
    signal.setitimer(signal.ITIMER_REAL, seconds, _REPEAT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, outer_handler)
        if outer_seconds:
            left = max(outer_seconds - time.elapsed, _MIN_TIMER_SECONDS)
            signal.setitimer(signal.ITIMER_REAL, left, outer_interval)


_BOUNDS = frozenset(vars(bound)["__wrapped__"].__code__ for bound in (limit, _limit_memory, _limit_time))


def _may_end(frame: FrameType | None) -> bool:
    """Return whether work may be ended: not while bounds are removed, nor in a `__del__`, where Python ignores it."""
    may_end = not frame or frame.f_code.co_filename != contextmanager.__code__.co_filename
    while may_end and frame:
        may_end = frame.f_code.co_name != "__del__" and frame.f_code not in _BOUNDS
        frame = frame.f_back
    return may_end


# ── work of native libraries ─────────────────────────────────────────────────────────────────────────


class _WorkThread(threading.Thread):
    """A thread that does one piece of work after the other; it is reused, since its memory is allocated already."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._work: SimpleQueue[tuple[Callable[[], Any], SimpleQueue[Any]]] = SimpleQueue()
        self.start()

    def submit(self, work: Callable[[], Result]) -> "SimpleQueue[Result | BaseException]":
        """Start a piece of work; its result, or what it raised, is put into the queue that is returned."""
        answer: SimpleQueue[Result | BaseException] = SimpleQueue()
        self._work.put((work, answer))
        return answer

    def run(self) -> None:
        """Do the submitted pieces of work, without end."""
        while True:
            work, answer = self._work.get()
            try:
                answer.put(work())
            except BaseException as error:  # noqa: BLE001  # it is raised where the work was submitted
                answer.put(error)
            del work, answer  # they would keep what was worked on in memory


_UNFINISHED = object()
_idle_threads: list[_WorkThread] = []
_unread_answers: list[SimpleQueue[Any]] = []  # of work whose result is no longer needed
_thread_process = 0  # id of the process in which native libraries started their threads


def run_watched(  # noqa: PLR0913  # all bounds of the work
    work: Callable[[], Result],
    seconds: float,
    memory: int,
    messages: LimitMessages,
    interrupt: Callable[[], object] | None = None,
    *,
    patience: float = 1,
) -> Result:
    """Do work of a native library that releases the interpreter's lock, and return its result.

    Raises `LimitError` where it takes more than `seconds`, or more than `memory` bytes in addition to those in use
    before. If it goes on even after `interrupt`, `has_unfinished_work` returns True from then on, and the caller
    should end the process, since nothing else ends the work.
    """
    time, max_memory = _Time(seconds, patience), _measure_memory(resident=True) + memory

    def check_limits() -> None:
        is_late = time.is_over
        if is_late or _measure_memory(resident=True) > max_memory:
            message = messages.late if is_late else messages.large
            raise LimitError(_(message, seconds=round(seconds)), _(messages.fix))

    return run_interruptibly(work, interrupt, check_limits)


def run_interruptibly(
    work: Callable[[], Result], interrupt: Callable[[], object] | None, check: Callable[[], object]
) -> Result:
    """Do work of a native library, which would not hear a signal, in another thread, and return its result.

    `check` is called again and again meanwhile. Where it raises an error, or a signal comes, `interrupt` ends the work.
    Where that has no effect, or only a signal ends what has no `interrupt`, see `run_watched`.
    """
    thread = _take_thread()
    answer = thread.submit(work)
    try:
        while (found := _wait(answer)) is _UNFINISHED:
            check()
    except BaseException as error:
        if interrupt or isinstance(error, LimitError):  # else the process ends, and its threads with it
            _abandon(answer, interrupt)
        raise
    _idle_threads.append(thread)
    result: Result | BaseException = found
    if isinstance(result, BaseException):
        raise result
    return result


def _wait(answer: SimpleQueue[Any]) -> Any:  # noqa: ANN401  # what the work returns
    """Wait a moment for the answer; return `_UNFINISHED` where there is none yet."""
    try:
        return answer.get(timeout=_POLL_SECONDS)
    except Empty:
        return _UNFINISHED


def _take_thread() -> _WorkThread:
    global _thread_process  # noqa: PLW0603  # threads belong to one process
    if _thread_process != os.getpid():
        _thread_process = os.getpid()
        _idle_threads.clear()  # those of the parent process, which a fork does not have
    try:
        return _idle_threads.pop()
    except IndexError:
        return _WorkThread()


def _abandon(answer: SimpleQueue[Any], interrupt: Callable[[], object] | None) -> None:
    """Interrupt work whose result is no longer needed; without effect it counts as unfinished."""
    _unread_answers.append(answer)
    if not interrupt:
        return
    for _try in range(_INTERRUPTS):
        interrupt()  # again and again: work that has not begun yet would not hear it
        if _wait(answer) is not _UNFINISHED:
            _unread_answers.remove(answer)
            return


def has_unfinished_work() -> bool:
    """Return whether a native library still does work whose result is no longer needed."""
    return any(answer.empty() for answer in _unread_answers)


def can_fork() -> bool:
    """Return whether a fork of this process can use native libraries: it has none of the threads they started."""
    return hasattr(os, "fork") and _thread_process != os.getpid()
