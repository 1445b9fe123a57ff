"""Many reports or files at once: spread over processes, none of which can stop the others."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TypeVar

from nianbao import importing, units
from nianbao.choice import Choice
from nianbao.finding import Stop
from nianbao.importing import Imported, Wanted
from nianbao.language import _
from nianbao.register import Unit
from nianbao.rollup import Given
from nianbao.speech import preferred, speak
from nianbao.store import Store

Item = TypeVar("Item")
Result = TypeVar("Result")
Share = tuple[int, list[Unit]]  # units that one process reads, from the first one's number on
Gathered = tuple[int, list[Given | None]]

_FEW = 4  # items that are not worth a second process
_AHEAD = 4  # items for each process that wait for it
_SHARE = 50  # reports of units that are read in one go


def spread(
    items: Sequence[Item], work: Callable[[Item], Result], lost: Callable[[Item], Result], jobs: int = 0
) -> Iterator[Result]:
    """Do the work for each item on several processes, all cores unless told; each result as it is done, in no order.

    An item that kills the process that works on it has the result that `lost` gives. Who stops listening stops
    the work.
    """
    jobs = jobs or os.cpu_count() or 1
    if jobs == 1 or len(items) < _FEW:
        yield from map(work, items)
        return
    left = list(reversed(items))
    while left:
        running: dict[Future[Result], Item] = {}
        pool = ProcessPoolExecutor(min(jobs, len(left)), initializer=_begin)
        try:
            while left or running:
                while left and len(running) < jobs * _AHEAD:
                    running[pool.submit(work, left[-1])] = left[-1]
                    left.pop()  # not before it is in hand: the pool may be broken
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield future.result()
                    del running[future]
        except BrokenProcessPool:  # whose fault it was is not known: try those that were under way one by one
            for item in running.values():
                yield _apart(item, work, lost)
        finally:
            pool.shutdown(cancel_futures=True)


def _apart(item: Item, work: Callable[[Item], Result], lost: Callable[[Item], Result]) -> Result:
    try:
        with ProcessPoolExecutor(1, initializer=_begin) as pool:
            return pool.submit(work, item).result()
    except BrokenProcessPool:
        return lost(item)


def _begin() -> None:
    """Begin a process: it speaks as the first one does, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    speak(preferred(os.environ))


def gather(
    store: Store, year: int, given: Sequence[Unit], choice: Choice, jobs: int = 0
) -> Iterator[list[Given | None]]:
    """Read the reports of many units, some at a time; None for one that has none of that year."""
    shares = [(at, list(given[at : at + _SHARE])) for at in range(0, len(given), _SHARE)]
    found = spread(shares, partial(_gathered, store, year, choice), _ungathered, jobs)
    waiting: dict[int, list[Given | None]] = {}
    first = 0
    for at, share in found:
        waiting[at] = share
        while first in waiting:
            yield (done := waiting.pop(first))
            first += len(done)


def _gathered(store: Store, year: int, choice: Choice, share: Share) -> Gathered:
    return share[0], units.gather(store, year, share[1], choice)


def _ungathered(_share: Share) -> Gathered:
    raise Stop(_("读单位的进程没有了，多半是内存不够"), _("没有写文件；用 --jobs 1 再运行"))


def bring_all(store: Store, names: Sequence[str], wanted: Wanted, jobs: int = 0) -> Iterator[Imported | Stop]:
    """Bring in many files; each as it is done, in no order, or the `Stop` that says why it could not be."""
    for result in spread(names, partial(_brought, store, wanted), _unread, jobs):
        try:
            yield result if isinstance(result, Stop) else importing.keep(result, wanted)
        except Stop as stop:
            yield stop


def _brought(store: Store, wanted: Wanted, name: str) -> Imported | Stop:
    try:
        return importing.read(store, name, wanted)
    except Stop as stop:
        return Stop(stop.message, stop.fix)
    except RecursionError:
        return Stop(_("{name}：嵌套太深，读不下去", name=name), _("用原程序打开，另存一份再导入"))


def _unread(name: str) -> Stop:
    return Stop(_("{name}：读它的进程没有了", name=name), _("多半是内存不够；用原程序打开，只留年报，再导入"))
