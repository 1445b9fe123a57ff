"""The whole road in a few lines: facts, form, report, findings, page, files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from time import perf_counter

from nianbao import markup, page, rules, typesetting, units
from nianbao.carried import about, carried
from nianbao.case import Case, Copied
from nianbao.choice import Accepted, Choice, named, read, settle
from nianbao.facts import Facts
from nianbao.fence import Words, fenced
from nianbao.files import Saved, fingerprint, write
from nianbao.finding import Finding, Place, Stop, attempt, ordered
from nianbao.form import Form
from nianbao.language import N_, _, series
from nianbao.markdown import Markdown
from nianbao.press import Order, Press
from nianbao.printing import Face, Format, Printed
from nianbao.report import Report, fill
from nianbao.rules import Crash
from nianbao.store import Store
from nianbao.templates import LOOK

NEIGHBOUR = "copied-from-neighbour"  # judged only where several offices are checked together
MARKDOWN = "markdown"  # the page itself, which every format is printed from
SUFFIXES = {MARKDOWN: "md"}
_SECONDS = 30  # that rules, and templates, may take for a report
_WORDS = Words(
    N_("核对它、填它的模板用了 {seconds} 秒还没有完"),
    N_("核对它、填它的模板要用的内存太多"),
    N_("缩短正文；若改过 templates/，请检查模板"),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A report that was judged; without its `report` where its file is not `readable`, or where only this is told."""

    year: int
    report: Report | None
    findings: list[Finding]
    crashes: tuple[Crash, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    strict: bool = False
    office: str = ""
    readable: bool = True
    texts: Mapping[str, str] = field(default_factory=dict)  # of its sections, in words

    def told(self) -> "Checked":
        """Return what was found, without the report itself."""
        return replace(self, report=None, texts={})

    @property
    def blocked(self) -> bool:
        """Tell whether a finding forbids to print."""
        return not self.readable or Choice(strict=self.strict).blocks(self.findings)


@dataclass(frozen=True, slots=True)
class Output:
    """One file of a build: its format, where it is, its size in bytes, its pages (0: has none)."""

    format: str
    saved: Saved
    size: int
    pages: int
    content: str  # its fingerprint


@dataclass(frozen=True, slots=True)
class Built:
    """What a build of one report gave; no outputs where findings forbade to print."""

    checked: Checked
    outputs: list[Output]
    seconds: float
    faces: tuple[Face, ...] = ()  # of the formats that embed them
    pictures: tuple[str, ...] = ()  # that were left out
    why: tuple[str, ...] = ()  # it was printed, format by format

    @property
    def refused(self) -> bool:
        """Tell whether findings forbade to print."""
        return not self.outputs


@dataclass(frozen=True, slots=True)
class Failed:
    """A report that could not be made, and why."""

    office: str
    year: int
    stop: Stop


def check(
    store: Store,
    year: int,
    choice: Choice | None = None,
    today: date | None = None,
    neighbours: tuple[Copied, ...] | None = None,
) -> Checked:
    """Read and judge the report of a year; what depends on the day is judged as of `today`.

    `neighbours` are the sections that it has in common with other offices, where it was compared with them.
    """
    with fenced(seconds=_SECONDS, words=_WORDS):
        before = attempt(partial(_read, store, year - 1), store.data(year - 1)) if store.has(year - 1) else None
        report = _read(store, year, before if isinstance(before, Report) else None)
        if isinstance(report, Finding):
            return Checked(year, None, [report], office=store.office, readable=False)
        return replace(judge(store, report, choice, today, neighbours), year=year)  # the file's own may be wrong


def judge(
    store: Store,
    report: Report,
    choice: Choice | None = None,
    today: date | None = None,
    neighbours: tuple[Copied, ...] | None = None,
) -> Checked:
    """Judge a report by every rule; see `check`."""
    choice = choice or Choice()
    bodies = _bodies(store, report)
    words = page.plain(bodies)
    case = Case(
        report,
        today or date.today(),  # noqa: DTZ011  # the office's own day
        rules=(*rules.names(), *sorted({relation.rule for own in report.form.relations.values() for relation in own})),
        author=_author(report),
        texts=words,
        left_out=markup.left_out(report, bodies),
        undrawable=lambda signs: typesetting.undrawable(signs, store.look()),
        before=page.plain(_bodies(store, report.before)) if report.before else {},
        register=store.register(),
        office=store.office,
        units=units.below(store, report, choice),
        neighbours=neighbours,
    )
    found, crashes = rules.judge(case)
    findings, accepted = settle(found, choice, report, () if neighbours is not None else (NEIGHBOUR,))
    return Checked(
        report.year,
        report,
        ordered(findings),
        tuple(crashes),
        tuple(accepted),
        choice.strict,
        store.office,
        texts=words,
    )


def chosen(store: Store, select: Sequence[str], ignore: Sequence[str], *, strict: bool = False) -> Choice:
    """Put together what the command line and the office's file choose; raises `Stop` for an unknown rule."""
    levels, file = store.settings()
    # Reading every edition only to know its rules takes longer than judging a report.
    known = (*rules.names(), *store.relation_rules()) if select or ignore or levels else ()
    return Choice(
        frozenset(named(rule, known) for rule in select),
        frozenset(named(rule, known) for rule in ignore),
        read(levels, known, file),
        strict,
    )


def _read(store: Store, year: int, before: Report | None = None) -> Report | Finding:
    """Read a report; a file that is no TOML or names no form gives the finding that says so."""
    facts = store.facts(year)
    if not isinstance(facts, Facts):
        return facts
    form = store.form(facts, year)
    return fill(form, facts, before) if isinstance(form, Form) else form


def _bodies(store: Store, report: Report) -> dict[str, Markdown]:
    """Put the sections into words; none where a fact that they need is missing, which a rule says."""
    if any(fact.required and fact.id not in report.values for fact in report.form.facts):
        return {}
    return page.bodies(report, store.template)


def _author(report: Report) -> str:
    try:
        return page.author(report)
    except Stop:
        return ""


def build(  # noqa: PLR0913  # what a person may choose of a build
    store: Store,
    year: int,
    formats: Sequence[str],
    *,
    draft: bool = False,
    choice: Choice | None = None,
    look: str = LOOK,
    facts: bool = True,
) -> Built:
    """Check the report of a year and print it in every format at once, unless a finding forbids it.

    With `facts`, each file carries the facts that it was printed from.
    """
    start = perf_counter()
    order = ordered_from(store, formats, look, draft=draft)
    checked = check(store, year, choice)
    if checked.report is None or (checked.blocked and not draft):
        return Built(checked, [], perf_counter() - start)
    with Press() as press:
        files, pictures = printed(store, checked.report, formats, order, press, facts=facts)
    outputs = save(store, year, files)
    return with_pictures(Built(checked, outputs, perf_counter() - start, order.faces), store.data(year), pictures)


def ordered_from(store: Store, formats: Sequence[str], look: str = LOOK, *, draft: bool = False) -> Order:
    """Put together what the reports of a build have in common."""
    return Order(choose(store, formats), store.look(look), draft)


def printed(  # noqa: PLR0913  # what one report is printed from
    store: Store, report: Report, formats: Sequence[str], order: Order, press: Press, *, facts: bool = True
) -> tuple[list[Printed], list[str]]:
    """Print a report in every format; its files, and the pictures that were left out."""
    files: list[Printed] = []
    left_out: list[str] = []
    if order.formats:
        carries = {"about": about(report)} | ({"facts": carried(report)} if facts else {})
        with fenced(seconds=_SECONDS, words=_WORDS):
            composed = page.composed(report, store.template)
        printing = press.print(composed, order, _day(report), carries)
        files, left_out = list(printing.files), printing.left_out
    if MARKDOWN in formats:
        with fenced(seconds=_SECONDS, words=_WORDS):
            prose = markup.reduced(report, page.bodies(report, store.template))
            files.append(Printed(MARKDOWN, page.render(report, store.template, prose).encode()))
    return files, left_out


def save(store: Store, year: int, files: Sequence[Printed]) -> list[Output]:
    """Write the files of a report: all of them or, on an error, none."""
    saved = write({output_path(store, year, part.suffix): part.content for part in files}, store.within)
    return [
        Output(part.suffix, where, len(part.content), part.pages, fingerprint(part.content))
        for part, where in zip(files, saved, strict=True)
    ]


def output_path(store: Store, year: int, suffix: str) -> Path:
    """Return where a format of a report is written."""
    return store.output(year, SUFFIXES.get(suffix, suffix))


def output_name(store: Store, year: int, suffix: str) -> str:
    """Name a format of a report, below the folder of outputs."""
    return store.output_name(year, SUFFIXES.get(suffix, suffix))


def with_pictures(built: Built, file: str, pictures: Sequence[str]) -> Built:
    """Add a finding for each picture that was left out of a report."""
    if not pictures:
        return built
    found = [_no_picture(file, source) for source in pictures]
    checked = replace(built.checked, findings=[*built.checked.findings, *found])
    return replace(built, checked=checked, pictures=tuple(pictures))


def choose(store: Store, names: Sequence[str]) -> list[Format]:
    """Find the formats asked for; raises `Stop` that lists those there are."""
    known = store.formats()
    for name in names:
        if name not in known and name != MARKDOWN:
            raise Stop(
                _("没有输出格式 {name}", name=name), _("可用的格式：{choices}", choices=series([*known, MARKDOWN]))
            )
    return [known[name] for name in dict.fromkeys(names) if name != MARKDOWN]


def _day(report: Report) -> date:
    """Date the files by the facts, never by the clock: the day of issue, else the end of the report year."""
    day = report.values.get("published")
    return day if isinstance(day, date) else date(min(max(report.year, 1980), 9999), 12, 31)


def _no_picture(file: str, source: str) -> Finding:
    return Finding(
        "picture-left-out",
        "warning",
        Place(file),
        _("正文里的图片 {source} 没有印出，只印了它的说明文字", source=source),
        fix=_("报告不印图片；从正文里删去它"),
    )
