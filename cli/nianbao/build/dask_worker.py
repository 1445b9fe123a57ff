"""A worker's part of a build on a cluster: the folder's templates on its disk, and a desk for each thread."""

import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Timer

from distributed import Worker, WorkerPlugin, get_worker

from nianbao.build import fingerprints, outputs
from nianbao.build.incremental import Desk, Job, Terms
from nianbao.checks.results import Built, Failed
from nianbao.model.finding import Stop, mistake
from nianbao.model.i18n import _, series
from nianbao.model.offices import FILE as REGISTER
from nianbao.workspace.files import TEMPLATES, content, fingerprint, shown, unreadable, write
from nianbao.workspace.folder import SentFolder
from nianbao.workspace.formats import Printed
from nianbao.workspace.locales import preferred, speak
from nianbao.workspace.processes.limits import unfinished
from nianbao.workspace.store import Store

_LARGEST = 64 * 2**20  # bytes of a template, which may be a font
_GRACE = 2  # seconds that an answer may take to go out
_ROLLUP = re.compile(r"\.\d{4}\.rollup\.json")
_LONGEST = 8  # signs of a fingerprint that are worth reading

Files = tuple[Built, list[Printed]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A job with the data files that it needs, by name."""

    job: Job
    data: Mapping[str, bytes]
    alone: bool = False  # nothing else is under way meanwhile


@cache  # what runs is what was on the disk when it began
def programs(families: frozenset[str]) -> dict[str, str]:
    """Tell what prints here: programs, templates, and the faces of some families, if any."""
    files = [path for path in sorted(TEMPLATES.rglob("*")) if path.is_file()]
    templates = fingerprint(*(part for path in files for part in (str(path.relative_to(TEMPLATES)), content(path))))
    told = fingerprints.programs() | {
        "templates": templates,
        "dask": version("distributed"),
        "python": ".".join(map(str, sys.version_info[:2])),
    }
    return told | ({fingerprints.FACES: fingerprints.faces(families)} if families else {})


def programs_of(families: frozenset[str], dask_worker: Worker) -> dict[str, str]:
    """Tell what prints on a worker."""
    # Typst, which counts its threads once, has as many as there are jobs at a time.
    os.environ.setdefault("RAYON_NUM_THREADS", str(dask_worker.state.nthreads))
    return programs(families)


def same(who: str, theirs: dict[str, str] | Exception, ours: dict[str, str]) -> None:
    """Raise `Stop` where a worker or a scheduler is not as the driver is, or has no nianbao that can be asked."""
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


class Room(WorkerPlugin):
    """What a worker keeps for one build: the folder's templates, and a desk for each thread."""

    def __init__(self, name: str, store: Store, terms: Terms) -> None:
        self.name, self.terms = name, terms
        self.families = fingerprints.families(outputs.render_settings(store, terms.formats, terms.look))
        self.programs = programs(self.families)
        self.called = shown(store.root)
        self.language = preferred(os.environ)
        self.files, self.templates = _files(store), _templates(store)

    async def setup(self, worker: Worker) -> None:
        """Lay out the templates."""
        self.left = ExitStack()
        self.desks: SimpleQueue[Desk] = SimpleQueue()
        self.theirs, self.address = programs_of(self.families, worker), worker.address
        place = self.left.enter_context(tempfile.TemporaryDirectory(prefix="nianbao-", dir=worker.local_directory))
        write({Path(place, name): there for name, there in self.templates.items()}, Path(place))
        self.store = Store(Path(self.called), folder=SentFolder(self.called, self.files))
        self.store.use(Path(place) if self.templates else None)

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
        desk.store = self.store.with_folder(SentFolder(self.called, {**self.files, **sent.data}))
        try:
            return desk.make(sent.job)
        except Stop as stop:
            return Failed(sent.job.office, sent.job.year, stop)
        except Exception as error:  # noqa: BLE001  # our own mistake with one report must not stop the others
            return Failed(sent.job.office, sent.job.year, mistake(error))
        finally:
            self.desks.put(desk)
            if unfinished():  # Dask begins this process again; alone, the answer goes out first
                Timer(_GRACE if sent.alone else 0, os._exit, (1,)).start()


def _files(store: Store) -> dict[str, bytes]:
    """Read what a folder has apart from its data files and templates, by name."""
    names = ["report.toml", f"data/{REGISTER}"]
    for office in store.folders():
        names += [f"data/{office}/{name}" for name in store.folder.names(f"data/{office}") if _ROLLUP.fullmatch(name)]
    return {name: _read(store, name) for name in names if store.folder.exists(name)}


def _read(store: Store, name: str) -> bytes:
    try:
        return store.folder.read(name, _LARGEST)
    except OSError as error:
        raise unreadable(shown(store.root / name), error) from error


def _templates(store: Store) -> dict[str, bytes]:
    """Read the templates that a folder has of its own, by name."""
    own = store.own
    paths = [path for path in sorted(own.rglob("*")) if path.is_file()] if own else []
    return {path.relative_to(own).as_posix(): path.read_bytes() for path in paths if own}


def work(room: str, bundle: Sequence[Sent]) -> list[Files | Failed]:
    """Make reports on the worker that runs this, in its room of that name."""
    place = get_worker().plugins[room]
    assert isinstance(place, Room)  # noqa: S101  # it came before its jobs
    same(f"worker {place.address}", place.theirs, place.programs)  # it may have come after the comparison
    return [place.make(sent) for sent in bundle]
