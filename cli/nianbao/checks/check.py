"""A report checked: read, put into words, and judged by every rule."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date

from nianbao.checks import rules, subordinates
from nianbao.checks.context import Case, Copied
from nianbao.checks.policy import Choice, named, read, settle
from nianbao.checks.results import CheckResult
from nianbao.compose.document import Document, author, compose
from nianbao.model.finding import Finding, ordered
from nianbao.model.i18n import N_
from nianbao.model.report import Report
from nianbao.render import markup, typst
from nianbao.workspace.processes.limits import Words, fenced
from nianbao.workspace.store import Store

_SECONDS = 30  # that rules, and templates, may take for a report
_WORDS = Words(
    N_("核对它、填它的模板用了 {seconds} 秒还没有完"),
    N_("核对它、填它的模板要用的内存太多"),
    N_("缩短正文；若改过 templates/，请检查模板"),
)


def bounded() -> AbstractContextManager[None]:
    """Bound the time and memory of rules and templates: use it in a `with` line."""
    return fenced(seconds=_SECONDS, words=_WORDS)


def check_report(
    store: Store,
    year: int,
    choice: Choice | None = None,
    today: date | None = None,
    neighbours: tuple[Copied, ...] | None = None,
) -> CheckResult:
    """Read and judge the report of a year; what depends on the day is judged as of `today`.

    `neighbours` are the sections that it has in common with other offices, where it was compared with them.
    """
    with bounded():
        report = store.report(year, last=True)
        if isinstance(report, Finding):
            return CheckResult(year, None, [report], office=store.office, readable=False)
        checked = judge_report(store, report, choice, today, neighbours)
        return replace(checked, year=year)  # the year in the file may be wrong


def judge_report(
    store: Store,
    report: Report,
    choice: Choice | None = None,
    today: date | None = None,
    neighbours: tuple[Copied, ...] | None = None,
) -> CheckResult:
    """Judge a report by every rule; see `check_report`."""
    choice = choice or Choice()
    document = _composed(store, report)
    before = _composed(store, report.before) if report.before else None
    case = Case(
        report,
        today or date.today(),  # noqa: DTZ011  # the office's own day
        rules=(*rules.names(), *report.form.rules),
        author=author(report),
        texts=document.plain if document else {},
        left_out=markup.find_dropped_markup(report, document.bodies) if document else (),
        undrawable=lambda signs: typst.find_undrawable(signs, store.look()),
        before=before.plain if before else {},
        register=store.register(),
        office=store.office,
        units=subordinates.add_up_children(store, report, choice),
        neighbours=neighbours,
    )
    found, crashes = rules.judge(case)
    findings, accepted = settle(found, choice, report, rules.unjudged(case))
    return CheckResult(
        report.year,
        report,
        ordered(findings),
        tuple(crashes),
        tuple(accepted),
        choice.strict,
        store.office,
        document=document,
    )


def load_policy(
    store: Store, select: Sequence[str] = (), ignore: Sequence[str] = (), *, strict: bool = False
) -> Choice:
    """Put together what the command line and the office's file choose; raises `Stop` for an unknown rule."""
    settings = store.settings()
    # Reading every edition only to know its rules takes longer than judging a report.
    known = (
        {*rules.names()}.union(*(form.rules for form in store.forms())) if select or ignore or settings.tree else set()
    )
    return Choice(
        frozenset(named(rule, known) for rule in select),
        frozenset(named(rule, known) for rule in ignore),
        read(settings, known),
        strict,
    )


def _composed(store: Store, report: Report) -> Document | None:
    """Put a report into words; None where a fact that its texts need is missing, which a rule says."""
    if any(fact.required and fact.id not in report.values for fact in report.form.facts):
        return None
    return compose(report, store.template)
