"""The work that is done for many items, in this process or in others."""

import gc
from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

Item = TypeVar("Item")
Result = TypeVar("Result")


class Task(Struct, Generic[Item, Result], frozen=True):
    """The work for an item, the result of an item that kills its process, and what a process does first and last."""

    work: Callable[[Item], Result]
    make_lost_result: Callable[[Item], Result]
    start: Callable[[], None] | None = None
    close: Callable[[], None] | None = None


def tune_garbage_collector() -> None:
    """Exclude the present objects from garbage collection, and run it less often for those that come."""
    gc.freeze()
    gc.set_threshold(50_000)
