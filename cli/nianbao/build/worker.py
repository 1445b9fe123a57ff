"""The work of one process that builds reports, and the processes of this machine that do it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from multiprocessing import parent_process
from time import perf_counter

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.checks.policy import Policy
from nianbao.checks.results import BuildResult, CheckResult, FailedReport
from nianbao.model.finding import UserError, try_work
from nianbao.model.i18n import _
from nianbao.model.report import Report
from nianbao.render import markup
from nianbao.render.renderer import Renderer, RenderSettings
from nianbao.workspace.files import is_larger
from nianbao.workspace.formats import OutputFile
from nianbao.workspace.processes import pool
from nianbao.workspace.processes.limits import name_file_in_errors
from nianbao.workspace.store import ReportKey, Store


class BuildOptions(Struct, frozen=True):
    """The options of a build, the same for all its reports."""

    formats: tuple[str, ...]
    look: str = ""  # empty: that of the kind
    draft: bool = False
    embed_facts: bool = True  # each file carries the facts from which it was made
    policy: Policy = field(default_factory=Policy)
    today: date = field(default_factory=date.today)  # where the command runs, wherever the report is built

    def is_refused(self, result: CheckResult) -> bool:
        """Return whether a report is not to be rendered because of what was found in it."""
        return not result.readable if self.draft else result.blocked

    def is_draft(self, result: CheckResult) -> bool:
        """Return whether a report is marked as a draft: as asked for, or because prompts are left in it."""
        return self.draft or result.prompts > 0


class BuildJob(Struct, frozen=True):
    """One report to check, and the formats to render; none where all of its files are up to date."""

    key: ReportKey
    formats: tuple[str, ...]


_MAX_SIZES_CHECKED = 10  # reports; the sizes of more data files are not looked at
_USUAL_BYTES = 32 * 1024  # of a data file; a typical one has a tenth

RunJobs = Callable[[Store, BuildOptions, Sequence[BuildJob]], Iterator[BuildResult | FailedReport]]


class BuildWorker:
    """Builds reports of a folder in one process or thread, with one renderer that stays from report to report."""

    def __init__(self, store: Store, options: BuildOptions) -> None:
        self.store, self.options, self.renderer = store, options, Renderer()
        self._settings: dict[tuple[str, tuple[str, ...], bool], RenderSettings] = {}  # by kind, formats, draft or not

    def build(self, job: BuildJob) -> tuple[BuildResult, list[OutputFile]]:
        """Check a report, and render it unless a finding forbids it; raises `UserError`.

        Returns the result, without the report itself, and the files, which are not written yet.
        """
        start = perf_counter()
        store = self.store.of_report(job.key)
        files: list[OutputFile] = []
        pictures: list[str] = []
        with name_file_in_errors(store.data(job.key.period)):
            result = check.check_report(
                store,
                job.key.period,
                self.options.policy,
                self.options.today,
                when_read=partial(self._prepare_renderer, store, job),
            )
            draft = self.options.is_draft(result)
            settings = self._get_settings(store, job, draft=draft)
            if result.report and job.formats and not self.options.is_refused(result):
                files, pictures = outputs.render_report(
                    store, result, job.formats, settings, self.renderer, embed_facts=self.options.embed_facts
                )
        seconds = perf_counter() - start
        faces = settings.faces if files else ()
        return BuildResult(result.without_report(), [], seconds, faces, tuple(pictures), draft=draft), files

    def _prepare_renderer(self, store: Store, job: BuildJob, report: Report) -> None:
        if job.formats and parent_process() is None:  # where many are built, pandoc is prepared since the first
            self.renderer.prepare(self._get_settings(store, job, draft=self.options.draft), report.form)

    def _get_settings(self, store: Store, job: BuildJob, *, draft: bool) -> RenderSettings:
        key = (job.key.kind, job.formats, draft)
        if key not in self._settings:
            self._settings[key] = outputs.make_render_settings(store, job.formats, self.options.look, draft=draft)
        return self._settings[key]


def run_locally(processes: int = 0) -> RunJobs:
    """Return a function that runs jobs on some processes of this machine; 0: as many as there are cores."""

    def run_jobs(store: Store, options: BuildOptions, jobs: Sequence[BuildJob]) -> Iterator[BuildResult | FailedReport]:
        start, isolated = partial(_start_worker, store, options), _has_large_report(store, jobs)
        lost = partial(_report_lost_process, store)
        yield from pool.run_all(jobs, _run_job, lost, processes, start, _stop_worker, isolated=isolated)

    return run_jobs


def _has_large_report(store: Store, jobs: Sequence[BuildJob]) -> bool:
    """Tell whether few jobs need a process of their own, which costs 30 ms: a large report may crash Typst."""
    if len(jobs) > _MAX_SIZES_CHECKED:
        return False  # they are spread over processes anyway
    return any(is_larger(store.of_report(job.key).path(job.key.period), _USUAL_BYTES) for job in jobs)


_worker: BuildWorker | None = None


def _start_worker(store: Store, options: BuildOptions) -> None:
    global _worker  # noqa: PLW0603  # a process has one worker
    _worker = BuildWorker(store, options)


def _stop_worker() -> None:
    if _worker:
        _worker.renderer.close()
    markup.close_pandoc()


def _run_job(job: BuildJob) -> BuildResult | FailedReport:
    assert _worker is not None  # noqa: S101  # it was created when the process began
    store = _worker.store.of_report(job.key)
    result = try_work(partial(_build_and_write, _worker, store, job), store.data(job.key.period))
    return FailedReport(job.key, result) if isinstance(result, UserError) else result


def _build_and_write(worker: BuildWorker, store: Store, job: BuildJob) -> BuildResult:
    result, files = worker.build(job)
    return replace(result, files=outputs.write_outputs(store, job.key.period, files))


def _report_lost_process(store: Store, job: BuildJob) -> FailedReport:
    return FailedReport(job.key, make_lost_error(store.of_report(job.key).data(job.key.period)))


def make_lost_error(data: str) -> UserError:
    """Return the error for a report whose process ended while making it; `data` names its data file."""
    return UserError(_("build-process-gone", data=data), _("shorten-prose-build-alone"))
