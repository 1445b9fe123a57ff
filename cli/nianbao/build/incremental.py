"""Reports built, one or thousands: only what changed, on every core, and written down as it is done."""

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
from nianbao.checks.policy import Choice
from nianbao.checks.results import BuildResult, BuiltFile, CheckResult, FailedReport
from nianbao.model.finding import Stop, attempt
from nianbao.model.i18n import _
from nianbao.render import markup
from nianbao.render.renderer import Renderer, RenderSettings
from nianbao.workspace import pool_worker, process_pool
from nianbao.workspace.files import Saved, fingerprint, shown
from nianbao.workspace.formats import Printed
from nianbao.workspace.limits import naming
from nianbao.workspace.selection import Asked
from nianbao.workspace.store import Store
from nianbao.workspace.templates import LOOK


@dataclass(frozen=True)
class BuildOptions:
    """What a person asks of a build, the same for all its reports."""

    formats: tuple[str, ...]
    look: str = LOOK
    draft: bool = False
    embed_facts: bool = True  # each file carries the facts that it was printed from
    policy: Choice = field(default_factory=Choice)
    today: date = field(default_factory=date.today)  # the office's own day, wherever it is built

    def is_refused(self, checked: CheckResult) -> bool:
        """Tell whether a report is not to be printed for what was found in it."""
        return not checked.readable if self.draft else checked.blocked


@dataclass(frozen=True, slots=True)
class BuildJob:
    """One report to check, and the formats to print it in; none where these are there already."""

    office: str
    year: int
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What is to be done for a report: its data files by fingerprint, what is there of it, and why the rest is not."""

    store: Store
    job: BuildJob
    facts: str
    related_facts: str  # the other data files that it is checked against
    files: dict[str, BuiltFile]
    dropped_pictures: tuple[str, ...]  # left out of what is there
    reasons: tuple[str, ...]


_MAX_SIZES_CHECKED = 10  # reports of which the size is looked at
_USUAL_BYTES = 32 * 1024  # bytes of a data file; a report has a tenth

RunJobs = Callable[[Store, BuildOptions, Sequence[BuildJob]], Iterator[BuildResult | FailedReport]]


class IncrementalBuild:
    """Builds reports of a folder on some terms, with the record of what was built before."""

    def __init__(self, store: Store, terms: BuildOptions, record: BuildCache, *, force: bool = False) -> None:
        self.store, self.terms, self.record, self.force = store, terms, record, force
        self._shown = shown(store.out)
        self.order = outputs.make_render_settings(store, terms.formats, terms.look, draft=terms.draft)
        programs = fingerprints.program_fingerprints()
        self._printing = {
            suffix: record.save_context(
                programs
                | fingerprints.render_fingerprints(store, self.order, suffix)
                | {"carried": str(terms.embed_facts)}
            )
            for suffix in terms.formats
        }
        choice = json.dumps(asdict(terms.policy), default=sorted, sort_keys=True)
        language = os.environ.get("LANGUAGE", "")  # findings are kept in the words in which they were said
        said = {"choice": choice, "today": terms.today.isoformat(), "language": language}
        self._checking = record.save_context(programs | fingerprints.check_fingerprints(store) | said)

    def run(self, asked: Sequence[Asked], spread: RunJobs) -> Iterator[BuildResult | FailedReport]:
        """Build reports; first those of which nothing has changed, then the others, each as it is done."""
        pool_worker.settle()
        years = {year for _office, year in asked}
        self._checks, self._files = self.record.read_checks(years), self.record.read_files(years)
        planned: dict[tuple[str, int], BuildPlan] = {}
        for store, year in asked:
            plan = attempt(partial(self._plan, store, year), store.data(year))
            if isinstance(plan, Stop):
                yield FailedReport(store.office, year, plan)
                continue
            done = self._load_unchanged(plan)
            if done:
                yield done
            else:
                planned[store.office, year] = plan
        for result in spread(self.store, self.terms, [plan.job for plan in planned.values()]):
            if isinstance(result, BuildResult):
                yield self._cache_result(result, planned[result.check.office, result.check.year])
            else:
                yield result

    def _plan(self, store: Store, year: int) -> BuildPlan:
        facts = fingerprint(store.content(year))
        beside = fingerprint(*store.beside(year))
        found: dict[str, BuiltFile] = {}
        pictures: tuple[str, ...] = ()
        why: list[str] = []
        for suffix in self.terms.formats:
            file = self._files.get((store.office, year, suffix))
            name = outputs.output_name(store, year, suffix)
            reason = self._find_rebuild_reason(suffix, name, file, facts)
            if file is None or reason:
                why.append(f"{suffix}：{reason}")
            else:
                saved = Saved(f"{self._shown}/{name}", changed=False)
                found[suffix] = BuiltFile(suffix, saved, file.size, file.pages, file.fingerprint)
                pictures = file.dropped_pictures
        formats = tuple(suffix for suffix in self.terms.formats if suffix not in found)
        return BuildPlan(store, BuildJob(store.office, year, formats), facts, beside, found, pictures, tuple(why))

    def _find_rebuild_reason(self, suffix: str, name: str, file: CachedFile | None, facts: str) -> str:
        """Say why a format is to be printed; an empty text where it is not."""
        if self.force:
            return "--force"
        if file is None:
            return _("还没有生成过")
        context = self._printing[suffix]
        if file.key != CacheKey(context, facts):
            before, now = self.record.read_context(file.key.context), self.record.read_context(context)
            return _(
                "{what}变了",
                what=fingerprints.describe_changes(before | {"facts": file.key.facts}, now | {"facts": facts}),
            )
        try:
            known = os.lstat(f"{self.store.out}/{name}")
        except OSError:
            return _("文件不在了")
        if stat.S_ISREG(known.st_mode) and file_times(known) == (file.size, file.modified_ns, file.changed_ns):
            return ""
        return "" if is_unchanged(self.store, self.store.out / name, file) else _("文件被改过")

    def _load_unchanged(self, plan: BuildPlan) -> BuildResult | None:
        """Return what there is where nothing need be done: not even to check, and then to print or to refuse to."""
        made, told = self._checks.get((plan.job.office, plan.job.year), (None, ""))
        if made != CacheKey(self._checking, plan.facts, plan.related_facts) or self.force:
            return None
        checked = deserialize_result(told)
        if self.terms.is_refused(checked):
            return BuildResult(checked, [], 0.0)
        return None if plan.job.formats else self._merge_outputs(BuildResult(checked, [], 0.0, self.order.faces), plan)

    def _cache_result(self, built: BuildResult, plan: BuildPlan) -> BuildResult:
        """Write down what was made, unless its data file has changed meanwhile, and put what was there to it."""
        office, year = plan.job.office, plan.job.year
        if _read_facts_fingerprint(plan.store, year) == plan.facts:
            self.record.save_check(office, year, CacheKey(self._checking, plan.facts, plan.related_facts), built.check)
            for output in built.files:
                self._cache_file(plan, output, built.dropped_pictures)
        return self._merge_outputs(built, plan)

    def _cache_file(self, plan: BuildPlan, output: BuiltFile, pictures: tuple[str, ...]) -> None:
        path = outputs.output_path(plan.store, plan.job.year, output.format)
        made = CacheKey(self._printing[output.format], plan.facts)
        file = CachedFile(made, *file_times(path.stat()), output.fingerprint, output.pages, pictures)
        self.record.save_file(plan.job.office, plan.job.year, output.format, file)

    def _merge_outputs(self, built: BuildResult, plan: BuildPlan) -> BuildResult:
        """Put what was there already to what was printed, and say what was left out of it."""
        if self.terms.is_refused(built.check):
            return built
        outputs = plan.files | {output.format: output for output in built.files}
        found = [outputs[suffix] for suffix in self.terms.formats]
        why = plan.reasons if built.files else ()
        pictures = built.dropped_pictures if built.files else plan.dropped_pictures
        return replace(built, files=found, reasons=why).with_picture_findings(plan.store.data(plan.job.year), pictures)


def _read_facts_fingerprint(store: Store, year: int) -> str:
    try:
        return fingerprint(store.content(year))
    except Stop:
        return ""


# ── the work of one process ──────────────────────────────────────────────────────────────────────────


class BuildWorker:
    """Where a process makes reports: the folder, the orders, and a press that is kept from one report to the next."""

    def __init__(self, store: Store, terms: BuildOptions) -> None:
        self.store, self.terms, self.press = store, terms, Renderer()
        self._orders: dict[tuple[str, ...], RenderSettings] = {}

    def build(self, job: BuildJob) -> tuple[BuildResult, list[Printed]]:
        """Check a report, and print it unless a finding forbids it; raises `Stop`."""
        start = perf_counter()
        store = self.store.of_office(job.office)
        files: list[Printed] = []
        pictures: list[str] = []
        with naming(store.data(job.year)):
            checked = check.check_report(store, job.year, self.terms.policy, self.terms.today)
            order = self._get_settings(job.formats)
            if checked.report and job.formats and not self.terms.is_refused(checked):
                facts = self.terms.embed_facts
                files, pictures = outputs.render_report(
                    store, checked, job.formats, order, self.press, embed_facts=facts
                )
        seconds = perf_counter() - start
        return BuildResult(checked.without_report(), [], seconds, order.faces if files else (), tuple(pictures)), files

    def _get_settings(self, formats: tuple[str, ...]) -> RenderSettings:
        if formats not in self._orders:
            terms = self.terms
            self._orders[formats] = outputs.make_render_settings(self.store, formats, terms.look, draft=terms.draft)
        return self._orders[formats]


def run_locally(jobs: int = 0) -> RunJobs:
    """Spread builds over processes of this machine, all cores unless told."""

    def spread(store: Store, terms: BuildOptions, items: Sequence[BuildJob]) -> Iterator[BuildResult | FailedReport]:
        begin, isolated = partial(_start_worker, store, terms), _has_large_report(store, items)
        yield from process_pool.spread(
            items, _run_job, partial(_report_lost_process, store), jobs, begin, _stop_worker, isolated=isolated
        )

    return spread


def _has_large_report(store: Store, items: Sequence[BuildJob]) -> bool:
    """Tell whether few reports are worth a process of their own: one that is large may be too much for Typst."""
    if len(items) > _MAX_SIZES_CHECKED:
        return False  # many have one anyway
    return any(store.of_office(job.office).size(job.year) > _USUAL_BYTES for job in items)


_worker: BuildWorker | None = None


def _start_worker(store: Store, terms: BuildOptions) -> None:
    global _worker  # noqa: PLW0603  # a process has one worker
    _worker = BuildWorker(store, terms)


def _stop_worker() -> None:
    if _worker:
        _worker.press.close()
    markup.close_pandoc()


def _run_job(job: BuildJob) -> BuildResult | FailedReport:
    assert _worker is not None  # noqa: S101  # it was opened when the process began
    store = _worker.store.of_office(job.office)
    found = attempt(partial(_build_and_write, _worker, store, job), store.data(job.year))
    return FailedReport(job.office, job.year, found) if isinstance(found, Stop) else found


def _build_and_write(desk: BuildWorker, store: Store, job: BuildJob) -> BuildResult:
    built, files = desk.build(job)
    return replace(built, files=outputs.write_outputs(store, job.year, files))


def _report_lost_process(store: Store, job: BuildJob) -> FailedReport:
    data = store.of_office(job.office).data(job.year)
    stop = Stop(
        _("{data}：做这份报告的进程没有了", data=data), _("多半是内存不够，或正文嵌套太深；缩短正文，单独再做一次")
    )
    return FailedReport(job.office, job.year, stop)
