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
from nianbao.build.dask_worker import (
    DaskWorkerPlugin,
    RenderedReport,
    WorkItem,
    build_batch,
    list_programs,
    list_worker_programs,
    require_same_programs,
)
from nianbao.build.incremental import BuildJob, BuildOptions
from nianbao.checks.results import BuildResult, FailedReport
from nianbao.model.finding import Stop, mistake
from nianbao.model.i18n import _
from nianbao.workspace.formats import Printed
from nianbao.workspace.store import Store

if TYPE_CHECKING:
    from distributed import Scheduler

_CONNECT_SECONDS = 5  # seconds that the scheduler may take to answer
_WAIT_SECONDS = 20  # seconds without a worker after which nobody waits any longer
_POLL_SECONDS = 1  # seconds after which the workers are counted again
_BATCHES_PER_THREAD = 2  # bundles for each thread of a worker that are under way
_MAX_BATCH = 8  # jobs at most that are sent together


class DaskClient:
    """Spreads builds over the workers of a cluster, as `builds.Spread` does; `workers` tells how many there are."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.workers = 0

    def __call__(
        self, store: Store, terms: BuildOptions, jobs: Sequence[BuildJob]
    ) -> Iterator[BuildResult | FailedReport]:
        """Build reports; raises `Stop` where there is no scheduler or no worker, or where these are not as we are.

        Where scheduler or workers go away later, they are the reason why each report that is left has failed.
        """
        if not jobs:
            return
        with _connect_client(self.address) as client:
            room = DaskWorkerPlugin(f"nianbao-{client.id}", store, terms)
            _compare_programs(client, room.families, self.address)
            with _register_plugin(client, room):
                left = {(job.office, job.year): job for job in jobs}
                try:
                    for result in self._run_jobs(client, room, store, jobs):
                        one = result if isinstance(result, FailedReport) else result.check
                        del left[one.office, one.year]
                        yield result
                except Stop as stop:  # the scheduler or the workers are gone; what is done is done
                    yield from (FailedReport(job.office, job.year, stop) for job in left.values())

    def describe_workers(self) -> str:
        """Tell how many workers there are."""
        return _("{count} 个 worker", count=self.workers)

    def _run_jobs(
        self, client: Client, room: DaskWorkerPlugin, store: Store, jobs: Sequence[BuildJob]
    ) -> Iterator[BuildResult | FailedReport]:
        waiting = JobQueue(store, jobs)
        running: dict[Future[list[RenderedReport | FailedReport]], list[WorkItem]] = {}
        done: SimpleQueue[Future[list[RenderedReport | FailedReport]]] = SimpleQueue()
        for threads in self._watch_threads(client):
            while bundle := waiting.take(threads, len(running)):
                with _report_lost_connection():
                    future = client.submit(build_batch, room.name, bundle, pure=False)
                running[future] = bundle
                future.add_done_callback(done.put)
            yield from waiting.take_unreadable()
            if not running and not waiting:
                return
            with suppress(Empty):
                future = done.get(timeout=_POLL_SECONDS)
                bundle = running.pop(future)
                results = _read_results(bundle, future)
                if not results:
                    waiting.retry_singly(bundle)
                for result in results:
                    yield result if isinstance(result, FailedReport) else _write_result(store, *result)

    def _watch_threads(self, client: Client) -> Iterator[int]:
        """Tell again and again how many threads the workers have; count these now and then."""
        looked = seen = monotonic() - _POLL_SECONDS
        threads: list[int] = []
        while True:
            now = monotonic()
            if now - looked >= _POLL_SECONDS:
                with _report_lost_connection():
                    threads, looked = client.run_on_scheduler(_list_threads), now
                self.workers = len(threads)
                seen = now if threads else seen
            if now - seen > _WAIT_SECONDS:
                raise _no_workers_error(self.address)
            yield sum(threads)


# ── the driver's part ────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _connect_client(address: str) -> Iterator[Client]:
    if not os.environ.get("NIANBAO_DEBUG"):
        logging.disable()  # what goes wrong is said once, by us
    fix = _("检查地址和网络；启动调度器：dask scheduler --port 8786")
    try:
        asyncio.run(_check_connection(address))  # a client that does not come about cannot be closed either
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False, name="nianbao")
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Stop(_("连不上调度器 {address}：{why}", address=address, why=why), fix) from error
    with client:
        yield client


async def _check_connection(address: str) -> None:
    comm = await connect(address, timeout=_CONNECT_SECONDS, **Security().get_connection_args("client"))
    comm.abort()


@contextmanager
def _report_lost_connection() -> Iterator[None]:
    """Say what it means that the scheduler does not answer any more."""
    try:
        yield
    except (OSError, ClosedClientError, FutureCancelledError) as error:
        raise _lost_connection_error() from error


def _lost_connection_error() -> Stop:
    return Stop(_("和调度器的连接断了"), _("已经做好的都在；调度器恢复后再运行一次，就接着做"))


def _no_workers_error(address: str) -> Stop:
    return Stop(
        _("调度器 {address} 下没有可用的 worker", address=address),
        _("在各台机器上启动：dask worker {address} --nworkers 核数 --nthreads 1", address=address),
    )


def _compare_programs(client: Client, families: frozenset[str], address: str) -> None:
    """Raise `Stop` for a worker, or a scheduler, that would not print the same files as this machine."""
    try:
        client.wait_for_workers(1, timeout=_WAIT_SECONDS)
    except TimeoutError:
        raise _no_workers_error(address) from None
    with _report_lost_connection():
        answers = client.run(list_worker_programs, families, on_error="return")
        try:
            scheduler = client.run_on_scheduler(list_programs, frozenset())
        except ImportError as error:
            scheduler = error
    require_same_programs(_("调度器"), scheduler, list_programs(frozenset()))
    for worker, answer in answers.items():
        require_same_programs(f"worker {worker}", answer, list_programs(families))


@contextmanager
def _register_plugin(client: Client, room: DaskWorkerPlugin) -> Iterator[None]:
    """Have a room on every worker, also on those that come later, until the build ends."""
    with _report_lost_connection():
        for left in client.run_on_scheduler(_find_orphaned_plugins):
            client.unregister_worker_plugin(left)
        client.register_plugin(room, room.name)
    try:
        yield
    finally:
        if client.status == "running":
            with suppress(OSError, ClosedClientError):  # the next build clears what is left
                client.unregister_worker_plugin(room.name)


class JobQueue:
    """Jobs that wait to be sent, in bundles: few messages where there are many, and single ones at the end."""

    def __init__(self, store: Store, jobs: Sequence[BuildJob]) -> None:
        self.store = store
        self._left = list(reversed(jobs))
        self._apart: list[WorkItem] = []
        self._unread: list[FailedReport] = []

    def __bool__(self) -> bool:
        return bool(self._left or self._apart)

    def take(self, threads: int, running: int) -> list[WorkItem]:
        """Take some jobs with their data files, as many as leave enough for the other threads.

        None where enough bundles are under way. What killed its workers comes last, and alone.
        """
        bundle: list[WorkItem] = []
        while self._left and not bundle and running < threads * _BATCHES_PER_THREAD:
            size = min(_MAX_BATCH, len(self._left) // (2 * _BATCHES_PER_THREAD * threads) + 1)
            taken = [self._left.pop() for _job in range(size)]
            bundle = [sent for sent in map(self._read, taken) if sent]
        return bundle or ([self._apart.pop()] if self._apart and not running else [])

    def retry_singly(self, bundle: Sequence[WorkItem]) -> None:
        """Put back the jobs of a bundle that was lost with its workers, one of which may have killed these."""
        self._apart += [replace(sent, alone=True) for sent in bundle]

    def take_unreadable(self) -> list[FailedReport]:
        """Give once those whose data files could not be read."""
        failed, self._unread = self._unread, []
        return failed

    def _read(self, job: BuildJob) -> WorkItem | None:
        needed = self.store.of_office(job.office).needed(job.year)
        known = [(office, year) for office, year in needed if self.store.of_office(office).has(year)]
        try:
            return WorkItem(
                job,
                {(office, year): self.store.of_office(office).content(year) for office, year in [needed[0], *known]},
            )
        except Stop as stop:
            self._unread.append(FailedReport(job.office, job.year, stop))
            return None


def _read_results(
    bundle: Sequence[WorkItem], future: "Future[list[RenderedReport | FailedReport]]"
) -> Sequence[RenderedReport | FailedReport]:
    """Return what a worker printed, or why it did not; nothing where it is to be tried again, one by one."""
    try:
        return future.result(timeout=_WAIT_SECONDS)
    except (CommClosedError, ClosedClientError, FutureCancelledError) as error:
        raise _lost_connection_error() from error
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
    return [FailedReport(sent.job.office, sent.job.year, stop) for sent in bundle]


def _write_result(store: Store, built: BuildResult, files: list[Printed]) -> BuildResult | FailedReport:
    office, year = built.check.office, built.check.year
    try:
        return replace(built, files=outputs.write_outputs(store.of_office(office), year, files))
    except Stop as stop:
        return FailedReport(office, year, stop)


# ── the scheduler's part ─────────────────────────────────────────────────────────────────────────────


def _list_threads(dask_scheduler: "Scheduler") -> list[int]:
    """Return the threads of each worker."""
    return [worker.nthreads for worker in dask_scheduler.workers.values()]


def _find_orphaned_plugins(dask_scheduler: "Scheduler") -> list[str]:
    """Name the rooms of builds that were ended before they could clear them."""
    rooms = [name for name in dask_scheduler.worker_plugins if name.startswith("nianbao-")]
    return [name for name in rooms if name.removeprefix("nianbao-") not in dask_scheduler.clients]
