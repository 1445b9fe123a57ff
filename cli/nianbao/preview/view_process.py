"""The process in which a preview checks and renders: limits of time hold in its main thread, and it can be ended."""

import asyncio
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from nianbao.model.finding import UserError, make_internal_error
from nianbao.model.i18n import _
from nianbao.preview.views import Source, Viewer
from nianbao.workspace.processes import worker

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

_MAX_SECONDS = 120  # for one answer: more than checking, pandoc and Typst may take together
_PATIENCE_SECONDS = 3  # that work on an old state of the files may go on after they have changed
_POLL_SECONDS = 0.2


class ViewProcess:
    """A process with a `Viewer`; it starts with the first question, and anew after it was ended."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = asyncio.Lock()
        self._ending = Lock()
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._deadline = 0.0

    async def ask(self, method: str, *values: object) -> Any:  # noqa: ANN401  # what the method returns
        """Call a method of the viewer; raises the `UserError` that it raises, or that says why there is no answer."""
        async with self._lock:
            self._deadline = monotonic() + _MAX_SECONDS
            answer = await asyncio.to_thread(self._exchange, method, values)
        if isinstance(answer, UserError):
            raise answer
        return answer

    def hurry(self) -> None:
        """Allow little more time for the current answer: the files have changed."""
        self._deadline = min(self._deadline, monotonic() + _PATIENCE_SECONDS)

    def close(self) -> None:
        """End the process, once: the end of the preview and a thread whose question it breaks off may both ask."""
        with self._ending:
            connection, process = self._connection, self._process
            self._process = self._connection = None
        if connection:
            connection.close()
        if process:
            process.terminate()
            process.join(worker.END_SECONDS)
            process.kill()
            process.join()

    def _exchange(self, method: str, values: tuple[object, ...]) -> object:
        try:
            connection = self._connection or self._start()
            connection.send((method, values))
            while not connection.poll(_POLL_SECONDS):
                if monotonic() > self._deadline:
                    self.close()
                    return UserError(_("preview-took-too-long"), _("shorten-prose-or-check-templates"))
            return connection.recv()
        except (OSError, EOFError):
            self.close()
            return UserError(_("preview-process-gone"), _("shorten-prose-or-check-templates"))

    def _start(self) -> Connection:
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_answer, args=(theirs, self._source), daemon=True)
        self._process.start()
        theirs.close()
        return self._connection


def _answer(connection: Connection, source: Source) -> None:
    """Answer questions until the other end is closed."""
    viewer = Viewer(source)
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
