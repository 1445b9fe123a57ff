"""A process that works on items: it ends with the one that began it, and what it has begun ends with it."""

import gc
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.util import Finalize
from threading import Thread
from time import sleep
from types import FrameType
from typing import NoReturn, TypeVar

from nianbao.workspace.locales import detect_language, use_language
from nianbao.workspace.processes import limits

Item = TypeVar("Item")
Result = TypeVar("Result")

END_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_BLOCKED_SIGNALS = {signal.SIGINT, *END_SIGNALS}
END_SECONDS = 5  # seconds that a process has to end by itself


class _EndSignalError(BaseException):
    """The process was told to end: what takes away files that are half written still runs."""


class _State:
    """What is known of this process: whether it works on an item, and what closes what it has begun."""

    busy = False
    close: Callable[[], None] | None = None


def block_signals() -> None:
    """Let signals that end a process wait: one that is being forked does not know yet what to do then."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, _BLOCKED_SIGNALS)


def unblock_signals() -> None:
    """Let them come, those that have waited first."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _BLOCKED_SIGNALS)


def initialize(first: Callable[[], None] | None, close: Callable[[], None] | None) -> None:
    """Begin a process: it speaks as the first one does, leaves Ctrl-C to it, and has one core for itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in END_SIGNALS:
        signal.signal(number, _handle_signal)
    _State.close = close
    unblock_signals()
    if close:
        Finalize(None, close, exitpriority=1)  # a process of a pool ends without other goodbyes
    Thread(target=_exit_with_parent, daemon=True).start()
    os.environ["RAYON_NUM_THREADS"] = "1"  # of Typst
    use_language(detect_language(os.environ))
    if first:
        first()
    tune_garbage_collector()


def run_items(work: Callable[[Item], Result], items: Sequence[Item], *, alone: bool) -> list[Result]:
    """Do the work for some items; unless they are `alone`, what cannot be ended takes the process with it."""
    try:
        _State.busy = True
        results = []
        for item in items:
            results.append(work(item))
            if limits.has_unfinished_work() and not alone:  # a second try tells for which of them, and why
                _exit_at_once()
    except _EndSignalError:
        _exit_at_once()
    finally:
        _State.busy = False
    return results


def tune_garbage_collector() -> None:
    """Let the garbage collector leave alone what is here now, and look less often at what reports leave behind."""
    gc.freeze()
    gc.set_threshold(50_000)


def _handle_signal(_signal: int, _frame: FrameType | None) -> None:
    for number in END_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if _State.busy:
        raise _EndSignalError
    _exit_at_once()


def _exit_at_once() -> NoReturn:
    """End this process at once, with what it has begun."""
    with suppress(Exception):
        if _State.close:
            _State.close()
    os._exit(1)


def _exit_with_parent() -> None:
    """End with the process that began this one, however that one ended."""
    parent = parent_process()
    if parent:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(END_SECONDS)  # the first thread is on its way, unless it hears nothing
        os._exit(1)
