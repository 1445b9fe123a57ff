"""Many files at once: spread over processes, none of which can stop the others."""

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from nianbao import importing
from nianbao.finding import Stop
from nianbao.importing import Imported, Wanted
from nianbao.language import _
from nianbao.speech import preferred, speak
from nianbao.store import Store

_FEW = 4  # files that are not worth a second process
_AHEAD = 4  # files for each process that wait for it


def bring_all(store: Store, names: Sequence[str], wanted: Wanted, jobs: int = 0) -> Iterator[Imported | Stop]:
    """Bring in many files on several processes, all cores unless told; each as it is done, in no order.

    A file that cannot be brought in gives its `Stop`, and so does one that kills the process that reads it.
    """
    jobs = jobs or os.cpu_count() or 1
    alone = jobs == 1 or len(names) < _FEW
    found = (_one(store, name, wanted) for name in names) if alone else _spread(store, names, wanted, jobs)
    for result in found:
        try:
            yield result if isinstance(result, Stop) else importing.keep(result, wanted)
        except Stop as stop:
            yield stop


def _spread(store: Store, names: Sequence[str], wanted: Wanted, jobs: int) -> Iterator[Imported | Stop]:
    """Read files on several processes; when one is killed, try those it may have had again, each on its own."""
    left = list(reversed(names))
    while left:
        running: dict[Future[Imported | Stop], str] = {}
        try:
            with ProcessPoolExecutor(jobs, initializer=_begin) as pool:
                while left or running:
                    while left and len(running) < jobs * _AHEAD:
                        running[pool.submit(_one, store, left[-1], wanted)] = left[-1]
                        left.pop()  # not before it is in hand: the pool may be broken
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        yield future.result()
                        del running[future]
        except BrokenProcessPool:
            for name in running.values():
                yield _apart(store, name, wanted)


def _apart(store: Store, name: str, wanted: Wanted) -> Imported | Stop:
    try:
        with ProcessPoolExecutor(1, initializer=_begin) as pool:
            return pool.submit(_one, store, name, wanted).result()
    except BrokenProcessPool:
        return Stop(_("{name}：读它的进程没有了", name=name), _("多半是内存不够；用原程序打开，只留年报，再导入"))


def _one(store: Store, name: str, wanted: Wanted) -> Imported | Stop:
    try:
        return importing.read(store, name, wanted)
    except Stop as stop:
        return Stop(stop.message, stop.fix)
    except RecursionError:
        return Stop(_("{name}：嵌套太深，读不下去", name=name), _("用原程序打开，另存一份再导入"))


def _begin() -> None:
    """Begin a process: it speaks as the first one does, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    speak(preferred(os.environ))
