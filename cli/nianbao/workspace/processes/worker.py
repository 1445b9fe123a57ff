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

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_HELD = {signal.SIGINT, *ENDING}
PATIENCE = 5  # seconds that a process has to end by itself


class _EndedError(BaseException):
    """The process was told to end: what takes away files that are half written still runs."""


class _Here:
    """What is known of this process: whether it works on an item, and what closes what it has begun."""

    busy = False
    close: Callable[[], None] | None = None


def hold() -> None:
    """Let signals that end a process wait: one that is being forked does not know yet what to do then."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)


def release() -> None:
    """Let them come, those that have waited first."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)


def begin(first: Callable[[], None] | None, close: Callable[[], None] | None) -> None:
    """Begin a process: it speaks as the first one does, leaves Ctrl-C to it, and has one core for itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in ENDING:
        signal.signal(number, _tell_parent)
    _Here.close = close
    release()
    if close:
        Finalize(None, close, exitpriority=1)  # a process of a pool ends without other goodbyes
    Thread(target=_follow, daemon=True).start()
    os.environ["RAYON_NUM_THREADS"] = "1"  # of Typst
    use_language(detect_language(os.environ))
    if first:
        first()
    prepare_parent()


def run_items(work: Callable[[Item], Result], items: Sequence[Item], *, alone: bool) -> list[Result]:
    """Do the work for some items; unless they are `alone`, what cannot be ended takes the process with it."""
    try:
        _Here.busy = True
        results = []
        for item in items:
            results.append(work(item))
            if limits.has_unfinished_work() and not alone:  # a second try tells for which of them, and why
                _exit()
    except _EndedError:
        _exit()
    finally:
        _Here.busy = False
    return results


def prepare_parent() -> None:
    """Let the garbage collector leave alone what is here now, and look less often at what reports leave behind."""
    gc.freeze()
    gc.set_threshold(50_000)


def _tell_parent(_signal: int, _frame: FrameType | None) -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    if _Here.busy:
        raise _EndedError
    _exit()


def _exit() -> NoReturn:
    """End this process at once, with what it has begun."""
    with suppress(Exception):
        if _Here.close:
            _Here.close()
    os._exit(1)


def _follow() -> None:
    """End with the process that began this one, however that one ended."""
    parent = parent_process()
    if parent:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(PATIENCE)  # the first thread is on its way, unless it hears nothing
        os._exit(1)
