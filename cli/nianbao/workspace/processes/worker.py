"""A worker process of the pool: it ends when its parent process ends, and ends the processes that it started."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.util import Finalize
from threading import Thread
from time import sleep
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from nianbao.workspace.locales import detect_language, use_language
from nianbao.workspace.processes import limits
from nianbao.workspace.processes.task import Item, Result, tune_garbage_collector
from nianbao.workspace.staging import remove_open_folders

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

END_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_BLOCKED_SIGNALS = {signal.SIGINT, *END_SIGNALS}
END_SECONDS = 20  # that a process has to end by itself, on a machine that has stopped for a while, too
_ORPHAN_SECONDS = 4  # the same, where its parent has ended: nothing that it leaves is lost, and nobody waits for it


class _EndSignalError(BaseException):
    """A signal to end was received: no Exception, so that only the code that removes incomplete files still runs."""


class _State:
    """The state of this process: whether it works on an item, and the function that ends what it has started."""

    is_busy = False
    close: Callable[[], None] | None = None


def block_signals() -> None:
    """Delay signals that end a process: one that is being started has no handlers for them yet."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, _BLOCKED_SIGNALS)


def unblock_signals() -> None:
    """Deliver signals again, first those that were delayed."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _BLOCKED_SIGNALS)


def initialize(start: Callable[[], None] | None, close: Callable[[], None] | None) -> None:
    """Prepare a new process: it uses the parent's language, ignores Ctrl-C, which the parent handles, and one core.

    It calls `start` at once, and `close` when it ends.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in END_SIGNALS:
        signal.signal(number, _handle_signal)
    sys.unraisablehook = _end_ignored
    _State.close = close
    unblock_signals()
    if close:
        Finalize(None, close, exitpriority=1)  # a process of a pool calls no `atexit` functions
    Thread(target=_exit_with_parent, daemon=True).start()
    os.environ["RAYON_NUM_THREADS"] = "1"  # of Typst
    os.environ["OMP_NUM_THREADS"] = "1"  # of what reads scans
    use_language(detect_language(os.environ))
    if start:
        start()
    tune_garbage_collector()


def run_items(work: Callable[[Item], Result], items: Sequence[Item], *, alone: bool) -> list[Result]:
    """Do the work for some items; unless one is `alone`, work that cannot be ended ends the process."""
    try:
        _State.is_busy = True
        results = []
        for item in items:
            results.append(work(item))
            if limits.has_unfinished_work() and not alone:  # a second try item by item finds which one and why
                _exit_at_once()
    except _EndSignalError:
        _exit_at_once()
    finally:
        _State.is_busy = False
    return results


def _handle_signal(_signal: int, _frame: FrameType | None) -> None:
    for number in END_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if _State.is_busy:
        raise _EndSignalError
    _exit_at_once()


def _end_ignored(ignored: "UnraisableHookArgs") -> None:
    """End this process where Python ignores the signal: in the callback of a weak reference, or in a `__del__`."""
    if ignored.exc_type is _EndSignalError:
        _exit_at_once()
    sys.__unraisablehook__(ignored)


def _exit_at_once() -> NoReturn:
    """End this process at once, and what it has started."""
    with suppress(Exception):
        if _State.close:
            _State.close()
    remove_open_folders()
    os._exit(1)


def _exit_with_parent() -> None:
    """Wait for the end of the parent process, however it ends, and end this one."""
    parent = parent_process()
    if parent:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(_ORPHAN_SECONDS)  # the main thread ends the process, unless it is in code that delays signals
        _exit_at_once()
