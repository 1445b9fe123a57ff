"""Do work for many items in several processes; one that fails does not stop the others."""

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

_MIN_ITEMS = 4  # for fewer items a second process is not worth its start
_QUEUED_PER_PROCESS = 4  # batches, running or queued


@dataclass(frozen=True)
class Task(Generic[Item, Result]):
    """The work for an item, the result of an item that kills its process, and what a process does first and last."""

    work: Callable[[Item], Result]
    make_lost_result: Callable[[Item], Result]
    start: Callable[[], None] | None = None
    close: Callable[[], None] | None = None


def run_all(  # noqa: PLR0913, PLR0917  # the fields of `Task`, and options
    items: Sequence[Item],
    work: Callable[[Item], Result],
    make_lost_result: Callable[[Item], Result],
    jobs: int = 0,
    start: Callable[[], None] | None = None,
    close: Callable[[], None] | None = None,
    *,
    share: int = 1,
    isolated: bool = False,
) -> Iterator[Result]:
    """Do the work for each item in `jobs` processes, by default one for each core; yield results in any order.

    Each process calls `start` first and `close` last, and is sent `share` items at a time. The result of an item that
    kills its process is that of `make_lost_result`; with few items, for which a second process is not worth its start,
    this holds only if they are to be `isolated` and the system can fork. Closing the iterator stops the work.
    """
    task = Task(work, make_lost_result, start, close)
    jobs = jobs or os.cpu_count() or 1
    has_few_items = jobs == 1 or len(items) < _MIN_ITEMS
    if has_few_items and not (isolated and sys.platform == "linux" and limits.can_fork()):
        yield from _run_here(items, task)
        return
    jobs = 1 if has_few_items else jobs
    batches = [items[first : first + share] for first in range(0, len(items), share)][::-1]
    while batches:
        running: dict[Future[list[Result]], Sequence[Item]] = {}
        try:
            with _start_processes(min(jobs, len(batches)), task, alone=len(items) == 1) as submit:
                yield from _run_batches(batches, running, submit, jobs * _QUEUED_PER_PROCESS)
        except BrokenProcessPool:  # which item was the cause is unknown: try the running batches one by one
            for batch in running.values():
                yield from _run_in_new_process(batch, task)


def _run_batches(
    batches: list[Sequence[Item]],
    running: dict[Future[list[Result]], Sequence[Item]],
    submit: Callable[[Sequence[Item]], Future[list[Result]]],
    max_running: int,
) -> Iterator[Result]:
    """Submit batches from the end of the list, and yield their results; `running` has those that are not finished."""
    while batches or running:
        while batches and len(running) < max_running:
            running[submit(batches[-1])] = batches[-1]
            batches.pop()  # only after it was submitted: the pool may be broken
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            results = future.result()
            del running[future]
            yield from results


def _run_here(items: Sequence[Item], task: Task[Item, Result]) -> Iterator[Result]:
    """Do the work in this process."""
    try:
        if task.start and items:
            task.start()
        for count, item in enumerate(items, 1):
            yield task.work(item)
            if limits.has_unfinished_work():  # the process cannot be used any more
                yield from map(task.make_lost_result, items[count:])
                return
    finally:
        if task.close:
            task.close()


def _run_in_new_process(items: Sequence[Item], task: Task[Item, Result]) -> Iterator[Result]:
    """Do the work for some items in a new process; if that is killed, in one for each item."""
    try:
        with _start_processes(1, task, alone=len(items) == 1) as submit:
            results = submit(items).result()
    except BrokenProcessPool:
        if len(items) == 1:
            yield task.make_lost_result(items[0])
        else:
            for item in items:
                yield from _run_in_new_process([item], task)
    else:
        yield from results


@contextmanager
def _start_processes(
    count: int, task: Task[Item, Result], *, alone: bool
) -> Iterator[Callable[[Sequence[Item]], "Future[list[Result]]"]]:
    """Start `count` processes, for one item `alone` or for many; yields the function that sends them items.

    On an error, or when the caller's iterator is closed, they are ended whatever they do.
    """
    other_processes = set(active_children())
    # A fork has all that was imported and read here; on other systems libraries do not support being forked.
    context = get_context("fork" if sys.platform == "linux" else None)
    pool = ProcessPoolExecutor(count, context, worker.initialize, (task.start, task.close))

    def submit(items: Sequence[Item]) -> "Future[list[Result]]":
        worker.block_signals()
        try:
            return pool.submit(worker.run_items, task.work, items, alone=alone)
        finally:
            worker.unblock_signals()

    try:
        yield submit
    except BaseException:
        _end_processes(set(active_children()) - other_processes)
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _end_processes(processes: set[BaseProcess]) -> None:
    """Terminate processes, which then remove incomplete files; kill those that have not ended in `END_SECONDS`."""
    for process in processes:
        process.terminate()
    end = monotonic() + worker.END_SECONDS
    for process in processes:
        process.join(max(0, end - monotonic()))
        if process.is_alive():
            process.kill()
