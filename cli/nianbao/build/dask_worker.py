"""What a Dask worker does in a build: it writes the templates to its disk, and has a `BuildWorker` for each thread."""

import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Timer

from distributed import Worker, WorkerPlugin, get_worker
from msgspec import Struct
from msgspec.structs import replace

from nianbao.build import fingerprints, outputs
from nianbao.build.worker import BuildJob, BuildOptions, BuildWorker
from nianbao.checks.results import BuildResult, FailedReport
from nianbao.model.finding import UserError, make_internal_error
from nianbao.model.i18n import _, join_words
from nianbao.model.offices import REGISTER_FILE as REGISTER
from nianbao.model.period import NAME
from nianbao.workspace.files import display_path, fingerprint, make_read_error, read_bytes, write
from nianbao.workspace.folder import SentFolder
from nianbao.workspace.formats import OutputFile
from nianbao.workspace.locales import detect_language, use_language
from nianbao.workspace.processes.limits import has_unfinished_work
from nianbao.workspace.shipped import TEMPLATES, find_version
from nianbao.workspace.store import Store
from nianbao.workspace.template_files import TemplateFolder

_MAX_TEMPLATE_BYTES = 64 * 2**20  # a template may be a font
_ANSWER_SECONDS = 2  # that a process which has to end is given to send its answer
_ROLLUP = re.compile(rf"\.{NAME.pattern}\.rollup\.json")
_SHOWN_CHARACTERS = 8  # of a fingerprint in a message

SentTemplates = tuple[TemplateFolder, dict[str, bytes]]  # a folder of templates, and its files by name
RenderedReport = tuple[BuildResult, list[OutputFile]]


class WorkItem(Struct, frozen=True):
    """A job with the bytes of the data files that it needs, by name."""

    job: BuildJob
    data: Mapping[str, bytes]
    alone: bool = False  # no other job runs meanwhile


@cache  # the programs that run are those that were on the disk when the process began
def list_programs(families: frozenset[str]) -> dict[str, str]:
    """Return what identifies the programs here, by name: nianbao, its templates, pandoc, Typst, Dask, Python, fonts."""
    files = [path for path in sorted(TEMPLATES.rglob("*")) if path.is_file()]
    templates = fingerprint(*(part for path in files for part in (str(path.relative_to(TEMPLATES)), read_bytes(path))))
    programs = fingerprints.program_fingerprints() | {
        "templates": templates,
        "dask": find_version("distributed"),
        "python": ".".join(map(str, sys.version_info[:2])),
    }
    return programs | ({fingerprints.FACES: fingerprints.font_fingerprint(families)} if families else {})


def list_worker_programs(families: frozenset[str], dask_worker: Worker) -> dict[str, str]:
    """Return what identifies the programs of a worker; see `list_programs`."""
    # Typst reads this once: it is to have as many threads as the worker has jobs at a time.
    os.environ.setdefault("RAYON_NUM_THREADS", str(dask_worker.state.nthreads))
    return list_programs(families)


def require_same_programs(who: str, theirs: dict[str, str] | Exception, ours: dict[str, str]) -> None:
    """Raise `UserError` where the programs of a worker or scheduler, called `who`, differ from ours.

    `theirs` is an exception where nianbao cannot be imported there.
    """
    fix = _("install-same-version-on-worker")
    if isinstance(theirs, Exception):
        raise UserError(_("worker-cannot-use-nianbao", who=who, why=theirs), fix)
    if theirs != ours:
        differences = [
            _("version-there-and-here", name=name, theirs=_shorten(theirs.get(name, "")), ours=_shorten(value))
            for name, value in ours.items()
            if theirs.get(name) != value
        ]
        raise UserError(_("worker-differs-from-here", who=who, what=join_words(differences)), fix)


def _shorten(text: str) -> str:
    return " ".join(word[:_SHOWN_CHARACTERS] for word in text.split())


class DaskWorkerPlugin(WorkerPlugin):
    """What a Dask worker holds during one build: the folder's templates, and a `BuildWorker` for each thread."""

    def __init__(self, name: str, store: Store, options: BuildOptions) -> None:
        self.name, self.options = name, options
        self.families = fingerprints.font_families(outputs.make_render_settings(store, options.formats, options.look))
        self.programs = list_programs(self.families)
        self.shown_path = display_path(store.root)
        self.language = detect_language(os.environ)
        self.files, self.templates = _read_shared_files(store), read_templates(store)

    async def setup(self, worker: Worker) -> None:
        """Write the templates to the disk of the worker."""
        use_language(self.language)
        self.cleanup = ExitStack()
        self.idle_workers: SimpleQueue[BuildWorker] = SimpleQueue()
        self.worker_programs, self.address = list_worker_programs(self.families, worker), worker.address
        folder = self.cleanup.enter_context(tempfile.TemporaryDirectory(prefix="nianbao-", dir=worker.local_directory))
        self.store = Store(Path(self.shown_path), folder=SentFolder(self.shown_path, self.files))
        self.store.use_folders(write_templates(self.templates, folder))

    async def teardown(self, worker: Worker) -> None:  # noqa: ARG002  # Dask gives it
        """Remove the templates and end the renderers."""
        self.cleanup.close()

    def build(self, item: WorkItem) -> RenderedReport | FailedReport:
        """Build a report, or return why it failed."""
        use_language(self.language)  # another build on this worker may have set another one
        try:
            worker = self.idle_workers.get_nowait()
        except Empty:
            worker = BuildWorker(self.store, self.options)
            self.cleanup.enter_context(worker.renderer)
        worker.store = self.store.with_folder(SentFolder(self.shown_path, {**self.files, **item.data}))
        try:
            return worker.build(item.job)
        except UserError as error:
            return FailedReport(item.job.key, error)
        except Exception as error:  # noqa: BLE001  # an error of ours in one report must not stop the others
            return FailedReport(item.job.key, make_internal_error(error))
        finally:
            self.idle_workers.put(worker)
            if has_unfinished_work():  # Dask restarts this process; of a job that is alone, the answer is sent first
                Timer(_ANSWER_SECONDS if item.alone else 0, os._exit, (1,)).start()


def _read_shared_files(store: Store) -> dict[str, bytes]:
    """Read the files of a folder that all jobs need, except templates, by name: settings, register, rollup records."""
    names = ["report.toml", f"data/{REGISTER}"]
    for office in store.folders():
        names += [f"data/{office}/{name}" for name in store.folder.names(f"data/{office}") if _ROLLUP.fullmatch(name)]
    return {name: _read_file(store, name) for name in names if store.folder.exists(name)}


def _read_file(store: Store, name: str) -> bytes:
    try:
        return store.folder.read(name, _MAX_TEMPLATE_BYTES)
    except OSError as error:
        raise make_read_error(display_path(store.root / name), error) from error


def read_templates(store: Store) -> list[SentTemplates]:
    """Read the templates that do not come with nianbao: each folder, with its files by name."""
    return [
        (
            top,
            {
                path.relative_to(top.path).as_posix(): path.read_bytes()
                for path in sorted(top.path.rglob("*"))
                if path.is_file()
            },
        )
        for top in store.more_folders
    ]


def write_templates(templates: Sequence[SentTemplates], folder: str) -> list[TemplateFolder]:
    """Write templates to the disk of a worker; return where they are."""
    found = []
    for number, (sent, files) in enumerate(templates):
        path = Path(folder, str(number))
        path.mkdir()
        write({path / name: content for name, content in files.items()}, path)
        found.append(replace(sent, path=path.resolve()))
    return found


def build_batch(plugin_name: str, batch: Sequence[WorkItem]) -> list[RenderedReport | FailedReport]:
    """Build reports on the Dask worker that runs this, with its plugin of that name."""
    plugin = get_worker().plugins[plugin_name]
    assert isinstance(plugin, DaskWorkerPlugin)  # noqa: S101  # it is registered before jobs are sent
    # The worker may have joined after the comparison of all workers.
    require_same_programs(f"worker {plugin.address}", plugin.worker_programs, plugin.programs)
    return [plugin.build(item) for item in batch]
