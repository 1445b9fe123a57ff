"""Builds on a Dask cluster: jobs go out with their facts, files come back as bytes and are written here.

Workers need nothing of this machine's disk. Each is told once what the build is: the folder's own templates, the
terms, the language. What Dask itself may be told (TLS, time limits) is in Dask's own configuration.
"""

import asyncio
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING

from nianbao import inputs, make
from nianbao.builds import Desk, Job, Terms
from nianbao.files import TEMPLATES, content, fingerprint, shown, standing_for, write
from nianbao.finding import Stop, mistake
from nianbao.language import _, series
from nianbao.make import Built, Failed
from nianbao.printing import Printed
from nianbao.speech import preferred, speak
from nianbao.store import Store

try:
    from distributed import Client, Future, KilledWorker, Security, Worker, WorkerPlugin, get_worker
    from distributed.client import ClosedClientError, FutureCancelledError
    from distributed.comm.core import CommClosedError, connect
except ImportError as error:
    raise Stop(_("没有安装 Dask，不能在集群上做"), _('运行 pip install "nianbao[cluster]"')) from error

if TYPE_CHECKING:
    from distributed import Scheduler

_CONNECT = 5  # seconds that the scheduler may take to answer
_PATIENCE = 20  # seconds without a worker after which nobody waits any longer
_LOOK = 1  # seconds after which the workers are counted again
_AHEAD = 2  # bundles for each thread of a worker that are under way
_BUNDLE = 8  # jobs at most that are sent together
_LONGEST = 8  # signs of a fingerprint that are worth reading

Files = tuple[Built, list[Printed]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A job with the data files that it needs, by office and year."""

    job: Job
    data: Mapping[tuple[str, int], bytes]
    alone: bool = False  # nothing else is under way meanwhile


class Cluster:
    """Spreads builds over the workers of a cluster, as `builds.Spread` does; `workers` tells how many there are."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.workers = 0

    def __call__(self, store: Store, terms: Terms, jobs: Sequence[Job]) -> Iterator[Built | Failed]:
        """Build reports; raises `Stop` where there is no scheduler or no worker, or where these are not as we are."""
        if not jobs:
            return
        with _connected(self.address) as client:
            room = Room(f"nianbao-{client.id}", store, terms)
            _compare(client, room.families, self.address)
            with _furnished(client, room):
                yield from self._results(client, room, store, jobs)

    def said(self) -> str:
        """Tell how many workers there are."""
        return _("{count} 个 worker", count=self.workers)

    def _results(self, client: Client, room: "Room", store: Store, jobs: Sequence[Job]) -> Iterator[Built | Failed]:
        waiting = Waiting(store, jobs)
        running: dict[Future[list[Files | Failed]], list[Sent]] = {}
        done: SimpleQueue[Future[list[Files | Failed]]] = SimpleQueue()
        for threads in self._watched(client):
            while bundle := waiting.take(threads, len(running)):
                with _linked():
                    future = client.submit(_work, room.name, bundle, pure=False)
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
        answers = client.run(_programs, families, on_error="return")
        try:
            scheduler = client.run_on_scheduler(programs, frozenset())
        except ImportError as error:
            scheduler = error
    _same(_("调度器"), scheduler, programs(frozenset()))
    for worker, answer in answers.items():
        _same(f"worker {worker}", answer, programs(families))


def _same(who: str, theirs: dict[str, str] | Exception, ours: dict[str, str]) -> None:
    fix = _("在那里安装同一版本的 nianbao[cluster] 和字体，重新启动它，再运行一次")
    if isinstance(theirs, Exception):
        raise Stop(_("{who} 上的 nianbao 用不了：{why}", who=who, why=theirs), fix)
    if theirs != ours:
        words = [
            _("{name} 那里是 {theirs}，这里是 {ours}", name=name, theirs=_short(theirs.get(name, "")), ours=_short(own))
            for name, own in ours.items()
            if theirs.get(name) != own
        ]
        raise Stop(_("{who} 和这里不一样：{what}", who=who, what=series(words)), fix)


def _short(words: str) -> str:
    return " ".join(word[:_LONGEST] for word in words.split())


@contextmanager
def _furnished(client: Client, room: "Room") -> Iterator[None]:
    """Have a room on every worker, also on those that come later, until the build ends."""
    with _linked():
        for left in client.run_on_scheduler(_orphans):
            client.unregister_worker_plugin(left)
        client.register_plugin(room, room.name)
    try:
        yield
    finally:
        if client.status == "running":
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
        own = self.store.of_office(job.office)
        years = [job.year, *([job.year - 1] if own.has(job.year - 1) else [])]
        try:
            return Sent(job, {(job.office, year): own.content(year) for year in years})
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
        return replace(built, outputs=make.save(store.of_office(office), year, files))
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


# ── a worker's part ──────────────────────────────────────────────────────────────────────────────────


@cache  # what runs is what was on the disk when it began
def programs(families: frozenset[str]) -> dict[str, str]:
    """Tell what prints here: programs, templates, and the faces of some families, if any."""
    files = [path for path in sorted(TEMPLATES.rglob("*")) if path.is_file()]
    templates = fingerprint(*(part for path in files for part in (str(path.relative_to(TEMPLATES)), content(path))))
    told = inputs.programs() | {
        "templates": templates,
        "dask": version("distributed"),
        "python": ".".join(map(str, sys.version_info[:2])),
    }
    return told | ({inputs.FACES: inputs.faces(families)} if families else {})


def _programs(families: frozenset[str], dask_worker: Worker) -> dict[str, str]:
    # Typst, which counts its threads once, has as many as there are jobs at a time.
    os.environ.setdefault("RAYON_NUM_THREADS", str(dask_worker.state.nthreads))
    return programs(families)


class Away(Store):
    """A folder that was sent: its own templates are on this disk, its data files in `sent`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.sent: Mapping[tuple[str, int], bytes] = {}

    def with_data(self, sent: Mapping[tuple[str, int], bytes]) -> "Away":
        """Return the same folder, with what was read of its templates, with these data files."""
        other = copy(self)
        other.sent = sent
        return other

    def has(self, year: int) -> bool:
        """Tell whether the data file of a year was sent."""
        return (self.office, year) in self.sent

    def content(self, year: int) -> bytes:
        """Return the bytes of a year's data file."""
        return self.sent[self.office, year]


class Room(WorkerPlugin):
    """What a worker keeps for one build: the folder's templates, and a desk for each thread."""

    def __init__(self, name: str, store: Store, terms: Terms) -> None:
        self.name, self.terms = name, terms
        self.families = inputs.families(make.ordered_from(store, terms.formats, terms.look))
        self.programs = programs(self.families)
        self.called = shown(store.root)
        self.language = preferred(os.environ)
        self.kit = _kit(store)

    async def setup(self, worker: Worker) -> None:
        """Lay out the templates."""
        self.left = ExitStack()
        self.desks: SimpleQueue[Desk] = SimpleQueue()
        self.theirs, self.address = _programs(self.families, worker), worker.address
        place = self.left.enter_context(tempfile.TemporaryDirectory(prefix="nianbao-", dir=worker.local_directory))
        write({Path(place, name): there for name, there in self.kit.items()})
        self.left.enter_context(standing_for(self.called, Path(place)))
        self.store = Away(Path(place))

    async def teardown(self, worker: Worker) -> None:  # noqa: ARG002  # Dask gives it
        """Clear the room."""
        self.left.close()

    def make(self, sent: Sent) -> Files | Failed:
        """Make a report, or say why it cannot be made."""
        if os.environ.get("LANGUAGE") != self.language:  # another driver may speak another one
            speak(self.language)
        try:
            desk = self.desks.get_nowait()
        except Empty:
            desk = Desk(self.store, self.terms)
            self.left.enter_context(desk.press)
        desk.store = self.store.with_data(sent.data)
        try:
            return desk.make(sent.job)
        except Stop as stop:
            return Failed(sent.job.office, sent.job.year, stop)
        except Exception as error:  # noqa: BLE001  # our own mistake with one report must not stop the others
            return Failed(sent.job.office, sent.job.year, mistake(error))
        finally:
            self.desks.put(desk)


def _kit(store: Store) -> dict[str, bytes]:
    """Read what a folder has of its own, apart from its data, by name."""
    templates = store.root / "templates"
    own = [] if templates.resolve() == TEMPLATES.resolve() else sorted(templates.rglob("*"))
    paths = [path for path in (store.root / "report.toml", *own) if path.is_file()]
    return {path.relative_to(store.root).as_posix(): path.read_bytes() for path in paths}


def _work(room: str, bundle: Sequence[Sent]) -> list[Files | Failed]:
    place = get_worker().plugins[room]
    assert isinstance(place, Room)  # noqa: S101  # it came before its jobs
    _same(f"worker {place.address}", place.theirs, place.programs)  # it may have come after the comparison
    return [place.make(sent) for sent in bundle]
