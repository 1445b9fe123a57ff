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
from nianbao.build.cache import Made, PrintedFile, Record, heard
from nianbao.build.outputs_record import is_written, times
from nianbao.checks import check
from nianbao.checks.policy import Choice
from nianbao.checks.results import Built, Checked, Failed, Output
from nianbao.model.finding import Stop, attempt
from nianbao.model.i18n import _
from nianbao.render import markup
from nianbao.render.renderer import Order, Press
from nianbao.workspace.files import Saved, fingerprint, shown
from nianbao.workspace.formats import Printed
from nianbao.workspace.processes import pool, worker
from nianbao.workspace.processes.limits import naming
from nianbao.workspace.selection import Asked
from nianbao.workspace.store import Store
from nianbao.workspace.templates import LOOK


@dataclass(frozen=True)
class Terms:
    """What a person asks of a build, the same for all its reports."""

    formats: tuple[str, ...]
    look: str = LOOK
    draft: bool = False
    facts: bool = True  # each file carries the facts that it was printed from
    choice: Choice = field(default_factory=Choice)
    today: date = field(default_factory=date.today)  # the office's own day, wherever it is built

    def refuses(self, checked: Checked) -> bool:
        """Tell whether a report is not to be printed for what was found in it."""
        return not checked.readable if self.draft else checked.blocked


@dataclass(frozen=True, slots=True)
class Job:
    """One report to check, and the formats to print it in; none where these are there already."""

    office: str
    year: int
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be done for a report: its data files by fingerprint, what is there of it, and why the rest is not."""

    store: Store
    job: Job
    facts: str
    beside: str  # the other data files that it is checked against
    outputs: dict[str, Output]
    pictures: tuple[str, ...]  # left out of what is there
    why: tuple[str, ...]


Spread = Callable[[Store, Terms, Sequence[Job]], Iterator[Built | Failed]]


class Builds:
    """Builds reports of a folder on some terms, with the record of what was built before."""

    def __init__(self, store: Store, terms: Terms, record: Record, *, force: bool = False) -> None:
        self.store, self.terms, self.record, self.force = store, terms, record, force
        self._shown = shown(store.out)
        self.order = outputs.render_settings(store, terms.formats, terms.look, draft=terms.draft)
        programs = fingerprints.programs()
        self._printing = {
            suffix: record.context(
                programs | fingerprints.printing(store, self.order, suffix) | {"carried": str(terms.facts)}
            )
            for suffix in terms.formats
        }
        choice = json.dumps(asdict(terms.choice), default=sorted, sort_keys=True)
        language = os.environ.get("LANGUAGE", "")  # findings are kept in the words in which they were said
        said = {"choice": choice, "today": terms.today.isoformat(), "language": language}
        self._checking = record.context(programs | fingerprints.checking(store) | said)

    def run(self, asked: Sequence[Asked], spread: Spread) -> Iterator[Built | Failed]:
        """Build reports; first those of which nothing has changed, then the others, each as it is done."""
        worker.settle()
        years = {year for _office, year in asked}
        self._checks, self._files = self.record.checks(years), self.record.files(years)
        planned: dict[tuple[str, int], Planned] = {}
        for store, year in asked:
            plan = attempt(partial(self._plan, store, year), store.data(year))
            if isinstance(plan, Stop):
                yield Failed(store.office, year, plan)
                continue
            done = self._unchanged(plan)
            if done:
                yield done
            else:
                planned[store.office, year] = plan
        for result in spread(self.store, self.terms, [plan.job for plan in planned.values()]):
            if isinstance(result, Built):
                yield self._kept(result, planned[result.checked.office, result.checked.year])
            else:
                yield result

    def _plan(self, store: Store, year: int) -> Planned:
        facts = fingerprint(store.content(year))
        beside = fingerprint(*store.beside(year))
        found: dict[str, Output] = {}
        pictures: tuple[str, ...] = ()
        why: list[str] = []
        for suffix in self.terms.formats:
            file = self._files.get((store.office, year, suffix))
            name = outputs.output_name(store, year, suffix)
            reason = self._stale(suffix, name, file, facts)
            if file is None or reason:
                why.append(f"{suffix}：{reason}")
            else:
                saved = Saved(f"{self._shown}/{name}", changed=False)
                found[suffix] = Output(suffix, saved, file.size, file.pages, file.content)
                pictures = file.pictures
        formats = tuple(suffix for suffix in self.terms.formats if suffix not in found)
        return Planned(store, Job(store.office, year, formats), facts, beside, found, pictures, tuple(why))

    def _stale(self, suffix: str, name: str, file: PrintedFile | None, facts: str) -> str:
        """Say why a format is to be printed; an empty text where it is not."""
        if self.force:
            return "--force"
        if file is None:
            return _("还没有生成过")
        context = self._printing[suffix]
        if file.made != Made(context, facts):
            before, now = self.record.parts(file.made.context), self.record.parts(context)
            return _(
                "{what}变了", what=fingerprints.changed(before | {"facts": file.made.facts}, now | {"facts": facts})
            )
        try:
            known = os.lstat(f"{self.store.out}/{name}")
        except OSError:
            return _("文件不在了")
        if stat.S_ISREG(known.st_mode) and times(known) == (file.size, file.modified, file.changed):
            return ""
        return "" if is_written(self.store, self.store.out / name, file) else _("文件被改过")

    def _unchanged(self, plan: Planned) -> Built | None:
        """Return what there is where nothing need be done: not even to check, and then to print or to refuse to."""
        made, told = self._checks.get((plan.job.office, plan.job.year), (None, ""))
        if made != Made(self._checking, plan.facts, plan.beside) or self.force:
            return None
        checked = heard(told)
        if self.terms.refuses(checked):
            return Built(checked, [], 0.0)
        return None if plan.job.formats else self._whole(Built(checked, [], 0.0, self.order.faces), plan)

    def _kept(self, built: Built, plan: Planned) -> Built:
        """Write down what was made, unless its data file has changed meanwhile, and put what was there to it."""
        office, year = plan.job.office, plan.job.year
        if _facts_now(plan.store, year) == plan.facts:
            self.record.keep_check(office, year, Made(self._checking, plan.facts, plan.beside), built.checked)
            for output in built.outputs:
                self._keep(plan, output, built.pictures)
        return self._whole(built, plan)

    def _keep(self, plan: Planned, output: Output, pictures: tuple[str, ...]) -> None:
        path = outputs.output_path(plan.store, plan.job.year, output.format)
        made = Made(self._printing[output.format], plan.facts)
        file = PrintedFile(made, *times(path.stat()), output.content, output.pages, pictures)
        self.record.keep_file(plan.job.office, plan.job.year, output.format, file)

    def _whole(self, built: Built, plan: Planned) -> Built:
        """Put what was there already to what was printed, and say what was left out of it."""
        if self.terms.refuses(built.checked):
            return built
        outputs = plan.outputs | {output.format: output for output in built.outputs}
        found = [outputs[suffix] for suffix in self.terms.formats]
        why = plan.why if built.outputs else ()
        pictures = built.pictures if built.outputs else plan.pictures
        return replace(built, outputs=found, why=why).with_pictures(plan.store.data(plan.job.year), pictures)


def _facts_now(store: Store, year: int) -> str:
    try:
        return fingerprint(store.content(year))
    except Stop:
        return ""


# ── the work of one process ──────────────────────────────────────────────────────────────────────────


class Desk:
    """Where a process makes reports: the folder, the orders, and a press that is kept from one report to the next."""

    def __init__(self, store: Store, terms: Terms) -> None:
        self.store, self.terms, self.press = store, terms, Press()
        self._orders: dict[tuple[str, ...], Order] = {}

    def make(self, job: Job) -> tuple[Built, list[Printed]]:
        """Check a report, and print it unless a finding forbids it; raises `Stop`."""
        start = perf_counter()
        store = self.store.of_office(job.office)
        files: list[Printed] = []
        pictures: list[str] = []
        with naming(store.data(job.year)):
            checked = check.check_report(store, job.year, self.terms.choice, self.terms.today)
            order = self._order(job.formats)
            if checked.report and job.formats and not self.terms.refuses(checked):
                facts = self.terms.facts
                files, pictures = outputs.print_report(store, checked, job.formats, order, self.press, facts=facts)
        seconds = perf_counter() - start
        return Built(checked.told(), [], seconds, order.faces if files else (), tuple(pictures)), files

    def _order(self, formats: tuple[str, ...]) -> Order:
        if formats not in self._orders:
            terms = self.terms
            self._orders[formats] = outputs.render_settings(self.store, formats, terms.look, draft=terms.draft)
        return self._orders[formats]


def locally(jobs: int = 0) -> Spread:
    """Spread builds over processes of this machine, all cores unless told."""

    def spread(store: Store, terms: Terms, items: Sequence[Job]) -> Iterator[Built | Failed]:
        begin, lost = partial(_open, store, terms), partial(_lost, store)
        # Typst sets a report in this process, or in one of its own: what crashes it then ends no more than that one.
        yield from pool.spread(items, _work, lost, jobs, begin, _close, isolated=True)

    return spread


_desk: Desk | None = None


def _open(store: Store, terms: Terms) -> None:
    global _desk  # noqa: PLW0603  # a process has one desk
    _desk = Desk(store, terms)


def _close() -> None:
    if _desk:
        _desk.press.close()
    markup.close()


def _work(job: Job) -> Built | Failed:
    assert _desk is not None  # noqa: S101  # it was opened when the process began
    store = _desk.store.of_office(job.office)
    found = attempt(partial(_made, _desk, store, job), store.data(job.year))
    return Failed(job.office, job.year, found) if isinstance(found, Stop) else found


def _made(desk: Desk, store: Store, job: Job) -> Built:
    built, files = desk.make(job)
    return replace(built, outputs=outputs.save(store, job.year, files))


def _lost(store: Store, job: Job) -> Failed:
    data = store.of_office(job.office).data(job.year)
    stop = Stop(
        _("{data}：做这份报告的进程没有了", data=data), _("多半是内存不够，或正文嵌套太深；缩短正文，单独再做一次")
    )
    return Failed(job.office, job.year, stop)
