"""Many things at once: work spread over processes, none of which can stop the others."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from multiprocessing.process import BaseProcess
from time import monotonic
from typing import Generic, TypeVar

from nianbao.workspace.processes import limits, worker

Item = TypeVar("Item")
Result = TypeVar("Result")

_MIN_ITEMS = 4  # items that are not worth a second process
_QUEUED_PER_PROCESS = 4  # items for each process that wait for it


@dataclass(frozen=True)
class Task(Generic[Item, Result]):
    """What is done for items, the result of one that kills its process, and how a process begins and ends."""

    work: Callable[[Item], Result]
    lost: Callable[[Item], Result]
    begin: Callable[[], None] | None = None
    close: Callable[[], None] | None = None


def run_all(  # noqa: PLR0913, PLR0917  # what may be said of work
    items: Sequence[Item],
    work: Callable[[Item], Result],
    lost: Callable[[Item], Result],
    jobs: int = 0,
    begin: Callable[[], None] | None = None,
    close: Callable[[], None] | None = None,
    *,
    share: int = 1,
    isolated: bool = False,
) -> Iterator[Result]:
    """Do the work for each item on several processes, all cores unless told; each result as it is done, in no order.

    Each process does `begin` first and `close` at last, and is sent so many items at a time as `share` says. An item
    that kills the process that works on it has the result that `lost` gives; for few items, which are not worth a
    second process, only where these are to be `isolated` and the system can fork. Who stops listening stops the work.
    """
    task = Task(work, lost, begin, close)
    jobs = jobs or os.cpu_count() or 1
    few = jobs == 1 or len(items) < _MIN_ITEMS
    if few and not (isolated and sys.platform == "linux" and limits.can_fork()):
        yield from _run_here(items, task)
        return
    jobs = 1 if few else jobs
    left = [items[at : at + share] for at in range(0, len(items), share)][::-1]
    while left:
        running: dict[Future[list[Result]], Sequence[Item]] = {}
        try:
            with _start_processes(min(jobs, len(left)), task, alone=len(items) == 1) as submit:
                while left or running:
                    while left and len(running) < jobs * _QUEUED_PER_PROCESS:
                        running[submit(left[-1])] = left[-1]
                        left.pop()  # not before it is in hand: the pool may be broken
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        results = future.result()
                        del running[future]
                        yield from results
        except BrokenProcessPool:  # whose fault it was is not known: try those that were under way one by one
            for some in running.values():
                yield from _run_in_new_process(some, task)


def _run_here(items: Sequence[Item], task: Task[Item, Result]) -> Iterator[Result]:
    """Do the work in this process."""
    try:
        if task.begin and items:
            task.begin()
        for at, item in enumerate(items, 1):
            yield task.work(item)
            if limits.has_unfinished_work():  # the process can do no more
                yield from map(task.lost, items[at:])
                return
    finally:
        if task.close:
            task.close()


def _run_in_new_process(items: Sequence[Item], task: Task[Item, Result]) -> Iterator[Result]:
    """Do the work for some items in a process of their own; where it does not live through it, item by item."""
    try:
        with _start_processes(1, task, alone=len(items) == 1) as submit:
            results = submit(items).result()
    except BrokenProcessPool:
        if len(items) == 1:
            yield task.lost(items[0])
        else:
            for item in items:
                yield from _run_in_new_process([item], task)
    else:
        yield from results


@contextmanager
def _start_processes(
    count: int, task: Task[Item, Result], *, alone: bool
) -> Iterator[Callable[[Sequence[Item]], "Future[list[Result]]"]]:
    """Begin some processes, for one item `alone` or for many; give what sends them items.

    They end when nobody listens any more, whatever they are at.
    """
    others = set(active_children())
    # A fork has at once what was imported and read here; elsewhere systems and their libraries do not bear it.
    context = get_context("fork" if sys.platform == "linux" else None)
    pool = ProcessPoolExecutor(count, context, worker.initialize, (task.begin, task.close))

    def submit(items: Sequence[Item]) -> "Future[list[Result]]":
        worker.block_signals()
        try:
            return pool.submit(worker.run_items, task.work, items, alone=alone)
        finally:
            worker.unblock_signals()

    try:
        yield submit
    except BaseException:
        _end_processes(set(active_children()) - others)
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _end_processes(processes: set[BaseProcess]) -> None:
    """End processes that may be at work: what is half written goes away, if they hear; they have so long for it."""
    for process in processes:
        process.terminate()
    end = monotonic() + worker.END_SECONDS
    for process in processes:
        process.join(max(0, end - monotonic()))
        if process.is_alive():
            process.kill()
