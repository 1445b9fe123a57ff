"""Incremental builds of one report or thousands: only what changed is built, on all cores, and cached once done."""

import os
import stat
from collections.abc import Iterator, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from nianbao.build import fingerprints, outputs
from nianbao.build.cache import BuildCache, CachedFile, CacheKey, deserialize_result
from nianbao.build.output_folder import file_times, is_unchanged
from nianbao.build.worker import BuildJob, BuildOptions, RunJobs
from nianbao.checks.results import BuildResult, BuiltFile, FailedReport
from nianbao.model.finding import UserError, try_work
from nianbao.model.i18n import _
from nianbao.model.period import Period
from nianbao.render import typst
from nianbao.workspace.files import SavedFile, display_path, fingerprint
from nianbao.workspace.selection import ReportRef
from nianbao.workspace.staging import remove_abandoned_scratch
from nianbao.workspace.store import ReportKey, Store


class BuildPlan(Struct, frozen=True):
    """A report's job, the fingerprints of its data files, its files that are up to date, and why others are not."""

    store: Store
    job: BuildJob
    facts: str
    related_facts: str  # of the other data files that it is checked against
    files: dict[str, BuiltFile]  # up to date, by format
    dropped_pictures: tuple[str, ...]  # from these files
    reasons: tuple[str, ...]  # why formats are rendered, one each


class IncrementalBuild:
    """Builds those reports of a folder of which the cache has no result for the same inputs."""

    def __init__(self, store: Store, options: BuildOptions, cache: BuildCache, *, force: bool = False) -> None:
        self.store, self.options, self.cache, self.force = store, options, cache, force
        self._shown = display_path(store.out)
        self.settings = outputs.make_render_settings(store, options.formats, options.look, draft=options.draft)
        if self.settings.embeds_fonts:
            typst.preload_fonts()
        programs, templates = fingerprints.program_fingerprints(), fingerprints.template_fingerprints(store)
        self._render_contexts = {
            suffix: cache.save_context(
                programs
                | fingerprints.render_fingerprints(templates, self.settings, suffix)
                | {"carried": str(options.embed_facts)}
            )
            for suffix in options.formats
        }
        inputs = fingerprints.check_fingerprints(templates, store, options.policy, options.today)
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
