"""Processes in which a preview checks, renders and draws: they can be ended, and limits of time hold in each."""

import asyncio
import os
from collections.abc import Callable
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from threading import Lock, RLock
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from nianbao.model.finding import UserError, make_internal_error
from nianbao.model.i18n import _
from nianbao.workspace.processes import worker

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

_MAX_SECONDS = 120  # for one answer: more than checking, pandoc and Typst may take together
_PATIENCE_SECONDS = 3  # that work on an old state of the files may go on after they have changed
_POLL_SECONDS = 0.2


class Closable(Protocol):
    """A viewer: whatever has methods that a process can be asked for."""

    def close(self) -> None:
        """End the programs that it uses."""


class ViewProcess:
    """A process with a viewer; it starts with the first question, and anew after it was ended.

    `make_viewer` is called in that process; `fix` is the key of what to do where it ends or takes longer than
    `seconds` for an answer.
    """

    def __init__(self, make_viewer: Callable[[], Closable], fix: str, seconds: float = _MAX_SECONDS) -> None:
        self._make_viewer, self._fix, self._seconds = make_viewer, fix, seconds
        self._lock = asyncio.Lock()
        self._changing = Lock()  # of process and connection: one that is being started is ended once it has
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._exchanging = RLock()  # the connection is closed when no thread waits at it
        self._deadline, self._is_change = 0.0, False

    async def ask(self, method: str, *values: object, is_change: bool = False) -> Any:  # noqa: ANN401  # what the method returns
        """Call a method of the viewer; raises the `UserError` that it raises, or that says why there is no answer.

        One that is a change of the files itself is not hurried by it.
        """
        async with self._lock:
            self._deadline, self._is_change = monotonic() + self._seconds, is_change
            answer = await asyncio.to_thread(self._exchange, method, values)
        if isinstance(answer, UserError):
            raise answer
        return answer

    def hurry(self) -> None:
        """Allow little more time for the current answer: the files have changed."""
        if self._is_change:
            return
        self._deadline = min(self._deadline, monotonic() + _PATIENCE_SECONDS)

    def close(self) -> None:
        """End the process, once: the end of the preview and a thread whose question it breaks off may both ask."""
        with self._changing:
            connection, process = self._connection, self._process
            self._process = self._connection = None
        if process:
            process.terminate()  # a thread that waits for its answer sees that, and goes on
            process.join(worker.END_SECONDS)
            process.kill()
            process.join()
        if connection:
            with self._exchanging:
                connection.close()

    def _exchange(self, method: str, values: tuple[object, ...]) -> object:
        with self._exchanging:
            try:
                connection = self._connection or self._start()
                connection.send((method, values))
                while not connection.poll(_POLL_SECONDS):
                    if monotonic() > self._deadline:
                        self.close()
                        return UserError(_("preview-took-too-long"), _(self._fix))
                return connection.recv()
            except (OSError, EOFError):
                self.close()
                return UserError(_("preview-process-gone"), _(self._fix))

    def _start(self) -> Connection:
        context = get_context("spawn")
        with self._changing:
            connection, theirs = context.Pipe()
            process = context.Process(target=_answer, args=(theirs, self._make_viewer), daemon=True)
            if os.name == "posix":
                resource_tracker.ensure_running()  # it is started with the first process, and unblocks signals then
            worker.block_signals()  # Ctrl-C ends the parent, which ends this one: it has no handlers for it yet
            try:
                process.start()
            finally:
                worker.unblock_signals()
            theirs.close()
            self._process, self._connection = process, connection
        return connection


def _answer(connection: Connection, make_viewer: Callable[[], Closable]) -> None:
    """Answer questions until the other end is closed."""
    viewer = make_viewer()
    worker.initialize(None, viewer.close)
    while True:
        try:
            method, values = connection.recv()
        except EOFError:
            break
        try:
            answer = getattr(viewer, method)(*values)
        except UserError as error:
            answer = UserError(error.message, error.fix)  # without its traceback
        except Exception as error:  # noqa: BLE001  # a file can trigger any bug
            answer = make_internal_error(error)
        connection.send(answer)
    viewer.close()
