"""Do work for many items, in several processes where that is worth it; one that fails does not stop the others."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence

from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.workspace.processes import limits
from nianbao.workspace.processes.task import Item, Result, Task

_MIN_ITEMS = 4  # for fewer items a second process is not worth its start


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
    from nianbao.workspace.processes.executor import run_in_processes  # noqa: PLC0415  # a single report needs none

    yield from run_in_processes(items, task, 1 if has_few_items else jobs, share)


def make_lost_error(data: str) -> UserError:
    """Return the error for a report whose process ended while reading it; `data` names its data file."""
    return UserError(_("read-process-gone", data=data), _("run-once-more"))


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
