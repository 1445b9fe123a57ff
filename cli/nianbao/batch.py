"""Many things at once: work spread over processes, none of which can stop the others."""

import gc
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from nianbao.speech import preferred, speak

Item = TypeVar("Item")
Result = TypeVar("Result")

_FEW = 4  # items that are not worth a second process
_AHEAD = 4  # items for each process that wait for it


def spread(  # noqa: PLR0913  # what may be said of work
    items: Sequence[Item],
    work: Callable[[Item], Result],
    lost: Callable[[Item], Result],
    jobs: int = 0,
    begin: Callable[[], None] | None = None,
    *,
    share: int = 1,
) -> Iterator[Result]:
    """Do the work for each item on several processes, all cores unless told; each result as it is done, in no order.

    Each process does `begin` first, and is sent so many items at a time as `share` says. An item that kills the
    process that works on it has the result that `lost` gives. Who stops listening stops the work.
    """
    jobs = jobs or os.cpu_count() or 1
    if jobs == 1 or len(items) < _FEW:
        if begin and items:
            begin()
        yield from map(work, items)
        return
    left = [items[at : at + share] for at in range(0, len(items), share)][::-1]
    while left:
        running: dict[Future[list[Result]], Sequence[Item]] = {}
        pool = ProcessPoolExecutor(min(jobs, len(left)), initializer=_begin, initargs=(begin,))
        try:
            while left or running:
                while left and len(running) < jobs * _AHEAD:
                    running[pool.submit(_each, work, left[-1])] = left[-1]
                    left.pop()  # not before it is in hand: the pool may be broken
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    results = future.result()
                    del running[future]
                    yield from results
        except BrokenProcessPool:  # whose fault it was is not known: try those that were under way one by one
            for some in running.values():
                yield from _apart(some, work, lost, begin)
        finally:
            pool.shutdown(cancel_futures=True)


def _each(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [work(item) for item in items]


def _apart(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    lost: Callable[[Item], Result],
    begin: Callable[[], None] | None,
) -> Iterator[Result]:
    """Do the work for some items in a process of their own; where it does not live through it, item by item."""
    try:
        with ProcessPoolExecutor(1, initializer=_begin, initargs=(begin,)) as pool:
            results = pool.submit(_each, work, items).result()
    except BrokenProcessPool:
        if len(items) == 1:
            yield lost(items[0])
        else:
            for item in items:
                yield from _apart([item], work, lost, begin)
    else:
        yield from results


def _begin(begin: Callable[[], None] | None) -> None:
    """Begin a process: it speaks as the first one does, leaves Ctrl-C to it, and has one core for itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["RAYON_NUM_THREADS"] = "1"  # of Typst
    speak(preferred(os.environ))
    if begin:
        begin()
    settle()


def settle() -> None:
    """Let the garbage collector leave alone what is here now, and look less often at what reports leave behind."""
    gc.freeze()
    gc.set_threshold(50_000)
