"""Processes that do work for items: started, sent items in batches, and ended."""

import errno
import os
import select
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from multiprocessing.process import BaseProcess
from time import monotonic

from nianbao.workspace.processes import worker
from nianbao.workspace.processes.task import Item, Result, Task

_QUEUED_PER_PROCESS = 4  # batches, running or queued
_LISTEN_SECONDS = 1  # between two questions whether somebody still reads what the command prints
_STDOUT = 1  # file descriptor


def run_in_processes(items: Sequence[Item], task: Task[Item, Result], jobs: int, share: int) -> Iterator[Result]:
    """Do the work for each item in `jobs` processes, sent `share` items at a time; yield results in any order.

    See `pool.run_all`. Raises `BrokenPipeError` when whoever read the standard output of this process has ended.
    """
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
        done = wait(running, _LISTEN_SECONDS, return_when=FIRST_COMPLETED).done
        _raise_if_output_is_closed()
        for future in done:
            results = future.result()
            del running[future]
            yield from results


def _raise_if_output_is_closed() -> None:
    """Raise `BrokenPipeError` if standard output is a pipe that nobody reads: the next line would find that late."""
    if hasattr(select, "poll"):  # Windows has none
        listener = select.poll()
        listener.register(_STDOUT, 0)
        if any(event & select.POLLERR for _file, event in listener.poll(0)):
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


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
