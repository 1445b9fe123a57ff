"""Incremental builds of one report or thousands: only what changed is built, on all cores, and cached once done."""

import json
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import partial
from time import perf_counter

from nianbao.build import fingerprints, outputs
from nianbao.build.cache import BuildCache, CachedFile, CacheKey, deserialize_result
from nianbao.build.output_folder import file_times, is_unchanged
from nianbao.checks import check
from nianbao.checks.policy import Policy
from nianbao.checks.results import BuildResult, BuiltFile, CheckResult, FailedReport
from nianbao.model.finding import UserError, try_work
from nianbao.model.i18n import _
from nianbao.model.period import Period
from nianbao.render import markup
from nianbao.render.renderer import Renderer, RenderSettings
from nianbao.workspace.files import SavedFile, display_path, fingerprint, is_larger
from nianbao.workspace.formats import OutputFile
from nianbao.workspace.processes import pool
from nianbao.workspace.processes.limits import name_file_in_errors
from nianbao.workspace.selection import ReportRef
from nianbao.workspace.staging import remove_abandoned_scratch
from nianbao.workspace.store import ReportKey, Store


@dataclass(frozen=True)
class BuildOptions:
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


@dataclass(frozen=True, slots=True)
class BuildJob:
    """One report to check, and the formats to render; none where all of its files are up to date."""

    key: ReportKey
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """A report's job, the fingerprints of its data files, its files that are up to date, and why others are not."""

    store: Store
    job: BuildJob
    facts: str
    related_facts: str  # of the other data files that it is checked against
    files: dict[str, BuiltFile]  # up to date, by format
    dropped_pictures: tuple[str, ...]  # from these files
    reasons: tuple[str, ...]  # why formats are rendered, one each


_MAX_SIZES_CHECKED = 10  # reports; the sizes of more data files are not looked at
_USUAL_BYTES = 32 * 1024  # of a data file; a typical one has a tenth

RunJobs = Callable[[Store, BuildOptions, Sequence[BuildJob]], Iterator[BuildResult | FailedReport]]


class IncrementalBuild:
    """Builds those reports of a folder of which the cache has no result for the same inputs."""

    def __init__(self, store: Store, options: BuildOptions, cache: BuildCache, *, force: bool = False) -> None:
        self.store, self.options, self.cache, self.force = store, options, cache, force
        self._shown = display_path(store.out)
        self.settings = outputs.make_render_settings(store, options.formats, options.look, draft=options.draft)
        programs, templates = fingerprints.program_fingerprints(), fingerprints.template_fingerprints(store)
        self._render_contexts = {
            suffix: cache.save_context(
                programs
                | fingerprints.render_fingerprints(templates, self.settings, suffix)
                | {"carried": str(options.embed_facts)}
            )
            for suffix in options.formats
        }
        policy = json.dumps(asdict(options.policy), default=sorted, sort_keys=True)
        language = os.environ.get("LANGUAGE", "")  # findings are cached in the language of the command
        inputs = {"policy": policy, "today": options.today.isoformat(), "language": language}
        inputs |= fingerprints.check_fingerprints(templates, store)
        self._check_context = cache.save_context(programs | inputs)

    def run(self, reports: Sequence[ReportRef], run_jobs: RunJobs) -> Iterator[BuildResult | FailedReport]:
        """Build reports; yield first those of which nothing has changed, then the others, each as it is done."""
        remove_abandoned_scratch()
        periods = {period for _store, period in reports}
        self._checks, self._files = self.cache.read_checks(periods), self.cache.read_files(periods)
        plans: dict[ReportKey, BuildPlan] = {}
        for store, period in reports:
            plan = try_work(partial(self._plan, store, period), store.data(period))
            if isinstance(plan, UserError):
                yield FailedReport(store.key(period), plan)
                continue
            unchanged = self._load_unchanged(plan)
            if unchanged:
                yield unchanged
            else:
                plans[plan.job.key] = plan
        for result in run_jobs(self.store, self.options, [plan.job for plan in plans.values()]):
            if isinstance(result, BuildResult):
                yield self._cache_result(result, plans[result.check.key])
            else:
                yield result

    def _plan(self, store: Store, period: Period) -> BuildPlan:
        facts = outputs.fingerprint_facts(store, period)
        related_facts = fingerprint(*store.read_related_files(period))
        files: dict[str, BuiltFile] = {}
        pictures: tuple[str, ...] = ()
        reasons: list[str] = []
        for suffix in self.options.formats:
            file = self._files.get((store.key(period), suffix))
            name = outputs.output_name(store, period, suffix)
            reason = self._find_rebuild_reason(suffix, name, file, facts)
            if file is None or reason:
                reasons.append(_("at-place", place=suffix, message=reason))
            else:
                saved = SavedFile(f"{self._shown}/{name}", changed=False)
                files[suffix] = BuiltFile(suffix, saved, file.size, file.pages, file.fingerprint)
                pictures = file.dropped_pictures
        formats = tuple(suffix for suffix in self.options.formats if suffix not in files)
        job = BuildJob(store.key(period), formats)
        return BuildPlan(store, job, facts, related_facts, files, pictures, tuple(reasons))

    def _find_rebuild_reason(self, suffix: str, name: str, file: CachedFile | None, facts: str) -> str:
        """Return why a format is to be rendered, for people; an empty text if its file is up to date."""
        if self.force:
            return "--force"
        if file is None:
            return _("not-built-before")
        context = self._render_contexts[suffix]
        if file.key != CacheKey(context, facts):
            before, now = self.cache.read_context(file.key.context), self.cache.read_context(context)
            changes = fingerprints.describe_changes(before | {"facts": file.key.facts}, now | {"facts": facts})
            return _("what-changed", what=changes)
        try:
            status = os.lstat(f"{self.store.out}/{name}")
        except OSError:
            return _("output-file-gone")
        known = (file.size, file.modified_ns, file.changed_ns)
        if stat.S_ISREG(status.st_mode) and file_times(status) == known:
            return ""
        return "" if is_unchanged(self.store, self.store.out / name, file) else _("output-file-edited")

    def _load_unchanged(self, plan: BuildPlan) -> BuildResult | None:
        """Return the cached result if a report need neither be checked nor rendered; None if it must."""
        key, text = self._checks.get(plan.job.key, (None, ""))
        if key != self._check_key(plan) or self.force:
            return None
        result = deserialize_result(text)
        if self.options.is_refused(result):
            return BuildResult(result, [], 0.0)
        if plan.job.formats:
            return None
        draft = self.options.is_draft(result)
        return self._merge_files(BuildResult(result, [], 0.0, self.settings.faces, draft=draft), plan)

    def _check_key(self, plan: BuildPlan) -> CacheKey:
        return CacheKey(self._check_context, plan.facts, plan.related_facts)

    def _cache_result(self, result: BuildResult, plan: BuildPlan) -> BuildResult:
        """Save a result, unless its data file has changed meanwhile; return it with the files that were up to date."""
        if _read_facts_fingerprint(plan.store, plan.job.key.period) == plan.facts:
            self.cache.save_check(plan.job.key, self._check_key(plan), result.check)
            for file in result.files:
                self._cache_file(plan, file, result.dropped_pictures)
        return self._merge_files(result, plan)

    def _cache_file(self, plan: BuildPlan, built: BuiltFile, pictures: tuple[str, ...]) -> None:
        path = outputs.output_path(plan.store, plan.job.key.period, built.format)
        key = CacheKey(self._render_contexts[built.format], plan.facts)
        file = CachedFile(key, *file_times(path.stat()), built.fingerprint, built.pages, pictures)
        self.cache.save_file(plan.job.key, built.format, file)

    def _merge_files(self, result: BuildResult, plan: BuildPlan) -> BuildResult:
        """Return a result with the files that were up to date, and with findings for the pictures that were dropped."""
        if self.options.is_refused(result.check):
            return result
        by_format = plan.files | {file.format: file for file in result.files}
        files = [by_format[suffix] for suffix in self.options.formats]
        reasons = plan.reasons if result.files else ()
        pictures = result.dropped_pictures if result.files else plan.dropped_pictures
        merged = replace(result, files=files, reasons=reasons, facts=plan.facts)
        return merged.with_picture_findings(plan.store.data(plan.job.key.period), pictures)


def _read_facts_fingerprint(store: Store, period: Period) -> str:
    try:
        return outputs.fingerprint_facts(store, period)
    except UserError:
        return ""


# ── the work of one process ──────────────────────────────────────────────────────────────────────────


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
            result = check.check_report(store, job.key.period, self.options.policy, self.options.today)
            draft = self.options.is_draft(result)
            settings = self._get_settings(store, job, draft=draft)
            if result.report and job.formats and not self.options.is_refused(result):
                files, pictures = outputs.render_report(
                    store, result, job.formats, settings, self.renderer, embed_facts=self.options.embed_facts
                )
        seconds = perf_counter() - start
        faces = settings.faces if files else ()
        return BuildResult(result.without_report(), [], seconds, faces, tuple(pictures), draft=draft), files

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
