"""Builds on a Dask cluster: jobs go out with their facts, files come back as bytes and are written here.

Workers need nothing of this machine's disk. Each is told once what the build is: the folder's own templates, the
terms, the language. What Dask itself may be told (TLS, time limits) is in Dask's own configuration.
"""

import asyncio
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING

from distributed import Client, Future, KilledWorker, Security
from distributed.client import ClosedClientError, FutureCancelledError
from distributed.comm.core import CommClosedError, connect

from nianbao.build import outputs
from nianbao.build.dask_worker import Files, Room, Sent, programs, programs_of, same, work
from nianbao.build.incremental import Job, Terms
from nianbao.checks.results import Built, Failed
from nianbao.model.finding import Stop, mistake
from nianbao.model.i18n import _
from nianbao.workspace.formats import Printed
from nianbao.workspace.store import Store

if TYPE_CHECKING:
    from distributed import Scheduler

_CONNECT = 5  # seconds that the scheduler may take to answer
_PATIENCE = 20  # seconds without a worker after which nobody waits any longer
_LOOK = 1  # seconds after which the workers are counted again
_AHEAD = 2  # bundles for each thread of a worker that are under way
_BUNDLE = 8  # jobs at most that are sent together


class Cluster:
    """Spreads builds over the workers of a cluster, as `builds.Spread` does; `workers` tells how many there are."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.workers = 0

    def __call__(self, store: Store, terms: Terms, jobs: Sequence[Job]) -> Iterator[Built | Failed]:
        """Build reports; raises `Stop` where there is no scheduler or no worker, or where these are not as we are.

        Where scheduler or workers go away later, they are the reason why each report that is left has failed.
        """
        if not jobs:
            return
        with _connected(self.address) as client:
            room = Room(f"nianbao-{client.id}", store, terms)
            _compare(client, room.families, self.address)
            with _furnished(client, room):
                left = {(job.office, job.year): job for job in jobs}
                try:
                    for result in self._results(client, room, store, jobs):
                        one = result if isinstance(result, Failed) else result.checked
                        del left[one.office, one.year]
                        yield result
                except Stop as stop:  # the scheduler or the workers are gone; what is done is done
                    yield from (Failed(job.office, job.year, stop) for job in left.values())

    def said(self) -> str:
        """Tell how many workers there are."""
        return _("{count} 个 worker", count=self.workers)

    def _results(self, client: Client, room: Room, store: Store, jobs: Sequence[Job]) -> Iterator[Built | Failed]:
        waiting = Waiting(store, jobs)
        running: dict[Future[list[Files | Failed]], list[Sent]] = {}
        done: SimpleQueue[Future[list[Files | Failed]]] = SimpleQueue()
        for threads in self._watched(client):
            while bundle := waiting.take(threads, len(running)):
                with _linked():
                    future = client.submit(work, room.name, bundle, pure=False)
                running[future] = bundle
                future.add_done_callback(done.put)
            yield from waiting.unread()
            if not running and not waiting:
                return
            with suppress(Empty):
                future = done.get(timeout=_LOOK)
                bundle = running.pop(future)
                results = _results(bundle, future)
                if not results:
                    waiting.part(bundle)
                for result in results:
                    yield result if isinstance(result, Failed) else _written(store, *result)

    def _watched(self, client: Client) -> Iterator[int]:
        """Tell again and again how many threads the workers have; count these now and then."""
        looked = seen = monotonic() - _LOOK
        threads: list[int] = []
        while True:
            now = monotonic()
            if now - looked >= _LOOK:
                with _linked():
                    threads, looked = client.run_on_scheduler(_threads), now
                self.workers = len(threads)
                seen = now if threads else seen
            if now - seen > _PATIENCE:
                raise _without_workers(self.address)
            yield sum(threads)


# ── the driver's part ────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    if not os.environ.get("NIANBAO_DEBUG"):
        logging.disable()  # what goes wrong is said once, by us
    fix = _("检查地址和网络；启动调度器：dask scheduler --port 8786")
    try:
        asyncio.run(_reached(address))  # a client that does not come about cannot be closed either
        client = Client(address, timeout=_CONNECT, set_as_default=False, name="nianbao")
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Stop(_("连不上调度器 {address}：{why}", address=address, why=why), fix) from error
    with client:
        yield client


async def _reached(address: str) -> None:
    comm = await connect(address, timeout=_CONNECT, **Security().get_connection_args("client"))
    comm.abort()


@contextmanager
def _linked() -> Iterator[None]:
    """Say what it means that the scheduler does not answer any more."""
    try:
        yield
    except (OSError, ClosedClientError, FutureCancelledError) as error:
        raise _lost() from error


def _lost() -> Stop:
    return Stop(_("和调度器的连接断了"), _("已经做好的都在；调度器恢复后再运行一次，就接着做"))


def _without_workers(address: str) -> Stop:
    return Stop(
        _("调度器 {address} 下没有可用的 worker", address=address),
        _("在各台机器上启动：dask worker {address} --nworkers 核数 --nthreads 1", address=address),
    )


def _compare(client: Client, families: frozenset[str], address: str) -> None:
    """Raise `Stop` for a worker, or a scheduler, that would not print the same files as this machine."""
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError:
        raise _without_workers(address) from None
    with _linked():
        answers = client.run(programs_of, families, on_error="return")
        try:
            scheduler = client.run_on_scheduler(programs, frozenset())
        except ImportError as error:
            scheduler = error
    same(_("调度器"), scheduler, programs(frozenset()))
    for worker, answer in answers.items():
        same(f"worker {worker}", answer, programs(families))


@contextmanager
def _furnished(client: Client, room: Room) -> Iterator[None]:
    """Have a room on every worker, also on those that come later, until the build ends."""
    with _linked():
        for left in client.run_on_scheduler(_orphans):
            client.unregister_worker_plugin(left)
        client.register_plugin(room, room.name)
    try:
        yield
    finally:
        if client.status == "running":
            with suppress(OSError, ClosedClientError):  # the next build clears what is left
                client.unregister_worker_plugin(room.name)


class Waiting:
    """Jobs that wait to be sent, in bundles: few messages where there are many, and single ones at the end."""

    def __init__(self, store: Store, jobs: Sequence[Job]) -> None:
        self.store = store
        self._left = list(reversed(jobs))
        self._apart: list[Sent] = []
        self._unread: list[Failed] = []

    def __bool__(self) -> bool:
        return bool(self._left or self._apart)

    def take(self, threads: int, running: int) -> list[Sent]:
        """Take some jobs with their data files, as many as leave enough for the other threads.

        None where enough bundles are under way. What killed its workers comes last, and alone.
        """
        bundle: list[Sent] = []
        while self._left and not bundle and running < threads * _AHEAD:
            size = min(_BUNDLE, len(self._left) // (2 * _AHEAD * threads) + 1)
            taken = [self._left.pop() for _job in range(size)]
            bundle = [sent for sent in map(self._read, taken) if sent]
        return bundle or ([self._apart.pop()] if self._apart and not running else [])

    def part(self, bundle: Sequence[Sent]) -> None:
        """Put back the jobs of a bundle that was lost with its workers, one of which may have killed these."""
        self._apart += [replace(sent, alone=True) for sent in bundle]

    def unread(self) -> list[Failed]:
        """Give once those whose data files could not be read."""
        failed, self._unread = self._unread, []
        return failed

    def _read(self, job: Job) -> Sent | None:
        needed = self.store.of_office(job.office).needed(job.year)
        stores = [(self.store.of_office(office), year) for office, year in needed]
        found = [stores[0], *((store, year) for store, year in stores[1:] if store.has(year))]
        try:
            return Sent(job, {store.name(year): store.content(year) for store, year in found})
        except Stop as stop:
            self._unread.append(Failed(job.office, job.year, stop))
            return None


def _results(bundle: Sequence[Sent], future: "Future[list[Files | Failed]]") -> Sequence[Files | Failed]:
    """Return what a worker printed, or why it did not; nothing where it is to be tried again, one by one."""
    try:
        return future.result(timeout=_PATIENCE)
    except (CommClosedError, ClosedClientError, FutureCancelledError) as error:
        raise _lost() from error
    except TimeoutError:  # the worker that had it is gone, and no other is there to do it again
        return []
    except KilledWorker:
        if not bundle[0].alone:  # whose fault it was is not known
            return []
        stop = Stop(_("做这份报告的 worker 一个接一个没有了"), _("多半是内存不够；不用 --cluster 单独再做一次"))
    except Stop:
        raise
    except Exception as error:  # noqa: BLE001  # whatever a worker meets must not stop the others
        stop = mistake(error)
    return [Failed(sent.job.office, sent.job.year, stop) for sent in bundle]


def _written(store: Store, built: Built, files: list[Printed]) -> Built | Failed:
    office, year = built.checked.office, built.checked.year
    try:
        return replace(built, outputs=outputs.save(store.of_office(office), year, files))
    except Stop as stop:
        return Failed(office, year, stop)


# ── the scheduler's part ─────────────────────────────────────────────────────────────────────────────


def _threads(dask_scheduler: "Scheduler") -> list[int]:
    """Return the threads of each worker."""
    return [worker.nthreads for worker in dask_scheduler.workers.values()]


def _orphans(dask_scheduler: "Scheduler") -> list[str]:
    """Name the rooms of builds that were ended before they could clear them."""
    rooms = [name for name in dask_scheduler.worker_plugins if name.startswith("nianbao-")]
    return [name for name in rooms if name.removeprefix("nianbao-") not in dask_scheduler.clients]
