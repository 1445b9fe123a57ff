"""Builds on a Dask cluster: jobs go to workers with their data files, outputs come back as bytes and are written here.

Workers read nothing from this machine's disk. Each receives once what all jobs share: the folder's own templates, the
options, the language. Settings of Dask itself (TLS, time limits) are in Dask's own configuration.
"""

import asyncio
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING

from distributed import Client, Future, KilledWorker, Security
from distributed.client import ClosedClientError, FutureCancelledError
from distributed.comm.core import CommClosedError, connect
from msgspec.structs import replace

from nianbao.build import outputs
from nianbao.build.dask_queue import JobQueue
from nianbao.build.dask_worker import (
    DaskWorkerPlugin,
    RenderedReport,
    WorkItem,
    build_batch,
    list_programs,
    list_worker_programs,
    require_same_programs,
)
from nianbao.build.output_folder import LOG_FILE
from nianbao.build.worker import BuildJob, BuildOptions
from nianbao.checks.results import BuildResult, FailedReport
from nianbao.model.finding import UserError, make_internal_error
from nianbao.model.i18n import _
from nianbao.workspace.files import write
from nianbao.workspace.formats import OutputFile
from nianbao.workspace.store import Store

if TYPE_CHECKING:
    from distributed import Scheduler

_CONNECT_SECONDS = 20  # that the scheduler may take to answer, on a busy machine, too
_WAIT_SECONDS = 20  # without any worker, after which the build fails
_POLL_SECONDS = 1  # after which the workers are counted again

_BatchFuture = Future[list[RenderedReport | FailedReport]]


class DaskClient:
    """A `RunJobs` that builds on the workers of a cluster; `workers` is how many there are, counted while it runs."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.workers = 0
        self.dashboard = ""  # its address, once connected

    def __call__(
        self, store: Store, options: BuildOptions, jobs: Sequence[BuildJob]
    ) -> Iterator[BuildResult | FailedReport]:
        """Build reports.

        Raises `UserError` where no scheduler or worker answers, or where their programs differ from ours. Where the
        scheduler or all workers are lost later, each report that is not done yet fails for that reason.
        """
        if not jobs:
            return
        with _connect_client(self.address) as client, _keep_logs(client, store):
            self.dashboard = client.dashboard_link or ""
            plugin = DaskWorkerPlugin(f"nianbao-{client.id}", store, options)
            _compare_programs(client, plugin.families, self.address)
            with _register_plugin(client, plugin):
                left = {job.key: job for job in jobs}
                try:
                    for result in self._run_jobs(client, plugin, store, jobs):
                        report = result if isinstance(result, FailedReport) else result.check
                        del left[report.key]
                        yield result
                except UserError as error:  # the scheduler or the workers are lost; what is done stays
                    yield from (FailedReport(job.key, error) for job in left.values())

    def describe_workers(self) -> str:
        """Return for people how many workers there are, and where the dashboard is."""
        return " ".join(filter(None, (_("workers-count", count=self.workers), self.dashboard)))

    def _run_jobs(
        self, client: Client, plugin: DaskWorkerPlugin, store: Store, jobs: Sequence[BuildJob]
    ) -> Iterator[BuildResult | FailedReport]:
        queue = JobQueue(store, jobs)
        running: dict[_BatchFuture, list[WorkItem]] = {}
        done: SimpleQueue[_BatchFuture] = SimpleQueue()
        for threads in self._watch_threads(client):
            while batch := queue.take(threads, len(running)):
                with _report_lost_connection():
                    future = client.submit(build_batch, plugin.name, batch, pure=False)
                running[future] = batch
                future.add_done_callback(done.put)
            yield from queue.take_unreadable()
            if not running and not queue:
                return
            with suppress(Empty):
                future = done.get(timeout=_POLL_SECONDS)
                batch = running.pop(future)
                results = _read_results(batch, future)
                if not results:
                    queue.retry_singly(batch)
                for result in results:
                    yield result if isinstance(result, FailedReport) else _write_result(store, *result)

    def _watch_threads(self, client: Client) -> Iterator[int]:
        """Yield, without end, how many threads the workers have, counted every `_POLL_SECONDS`.

        Raises `UserError` where there has been no worker for `_WAIT_SECONDS`.
        """
        counted = seen = monotonic() - _POLL_SECONDS
        threads: list[int] = []
        while True:
            now = monotonic()
            if now - counted >= _POLL_SECONDS:
                with _report_lost_connection():
                    threads, counted = client.run_on_scheduler(_list_threads), now
                self.workers = len(threads)
                seen = now if threads else seen
            if now - seen > _WAIT_SECONDS:
                raise _make_no_workers_error(self.address)
            yield sum(threads)


# ── the client's part ────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _connect_client(address: str) -> Iterator[Client]:
    if not os.environ.get("NIANBAO_DEBUG"):
        logging.disable()  # errors are reported once, by us
    fix = _("check-address-or-start-scheduler")
    try:
        asyncio.run(_check_connection(address))  # a client whose creation fails cannot be closed either
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False, name="nianbao")
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(_("scheduler-unreachable", address=address, why=why), fix) from error
    with client:
        yield client


async def _check_connection(address: str) -> None:
    comm = await connect(address, timeout=_CONNECT_SECONDS, **Security().get_connection_args("client"))
    comm.abort()


@contextmanager
def _report_lost_connection() -> Iterator[None]:
    """Raise `UserError` where the scheduler no longer answers."""
    try:
        yield
    except (OSError, ClosedClientError, FutureCancelledError) as error:
        raise _make_lost_connection_error() from error


def _make_lost_connection_error() -> UserError:
    return UserError(_("scheduler-connection-lost"), _("rerun-when-scheduler-back"))


def _make_no_workers_error(address: str) -> UserError:
    return UserError(_("scheduler-without-workers", address=address), _("start-workers-on-machines", address=address))


def _compare_programs(client: Client, families: frozenset[str], address: str) -> None:
    """Raise `UserError` for a worker, or a scheduler, that would not write the same files as this machine."""
    try:
        client.wait_for_workers(1, timeout=_WAIT_SECONDS)
    except TimeoutError:
        raise _make_no_workers_error(address) from None
    with _report_lost_connection():
        answers = client.run(list_worker_programs, families, on_error="return")
        try:
            scheduler = client.run_on_scheduler(list_programs, frozenset())
        except ImportError as error:
            scheduler = error
    require_same_programs(_("the-scheduler"), scheduler, list_programs(frozenset()))
    for worker, answer in answers.items():
        require_same_programs(f"worker {worker}", answer, list_programs(families))


@contextmanager
def _register_plugin(client: Client, plugin: DaskWorkerPlugin) -> Iterator[None]:
    """Have a plugin on every worker, also on those that come later, until the build ends."""
    with _report_lost_connection():
        for orphan in client.run_on_scheduler(_find_orphaned_plugins):
            client.unregister_worker_plugin(orphan)
        client.register_plugin(plugin, plugin.name)
    try:
        yield
    finally:
        if client.status == "running":
            with suppress(OSError, ClosedClientError):  # the next build removes the plugin
                client.unregister_worker_plugin(plugin.name)


@contextmanager
def _keep_logs(client: Client, store: Store) -> Iterator[None]:
    """Write what workers and their nannies have logged into the folder of outputs, in place of the last build's."""
    try:
        yield
    finally:
        with suppress(OSError, ClosedClientError, UserError):  # a log is not worth the loss of what was built
            if client.status == "running":
                lines = [
                    f"{who} {where} {level} {text}"
                    for who, is_nanny in (("worker", False), ("nanny", True))
                    for where, log in sorted(client.get_worker_logs(nanny=is_nanny).items())
                    for level, text in reversed(log)  # the newest comes first
                ]
                write({store.out / LOG_FILE: "\n".join([*lines, ""]).encode()}, store.within)


def _read_results(batch: Sequence[WorkItem], future: "_BatchFuture") -> Sequence[RenderedReport | FailedReport]:
    """Return what a worker rendered, or why it failed; nothing where the jobs are to be tried again, one by one."""
    try:
        return future.result(timeout=_WAIT_SECONDS)
    except (CommClosedError, ClosedClientError, FutureCancelledError) as error:
        raise _make_lost_connection_error() from error
    except TimeoutError:  # the worker that had the batch is lost, and no other has taken it over
        return []
    except KilledWorker:
        if not batch[0].alone:  # which job killed it is not known
            return []
        failure = UserError(_("workers-died-one-by-one"), _("memory-ran-out-build-without-cluster"))
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001  # no error of a worker may stop the other reports
        failure = make_internal_error(error)
    return [FailedReport(item.job.key, failure) for item in batch]


def _write_result(store: Store, result: BuildResult, files: list[OutputFile]) -> BuildResult | FailedReport:
    key = result.check.key
    try:
        return replace(result, files=outputs.write_outputs(store.of_report(key), key.period, files))
    except UserError as error:
        return FailedReport(key, error)


# ── the scheduler's part ─────────────────────────────────────────────────────────────────────────────


def _list_threads(dask_scheduler: "Scheduler") -> list[int]:
    """Return how many threads each worker has."""
    return [worker.nthreads for worker in dask_scheduler.workers.values()]


def _find_orphaned_plugins(dask_scheduler: "Scheduler") -> list[str]:
    """Return the names of plugins of builds that were ended before they could remove them."""
    plugins = [name for name in dask_scheduler.worker_plugins if name.startswith("nianbao-")]
    return [name for name in plugins if name.removeprefix("nianbao-") not in dask_scheduler.clients]
