"""A report checked: read, put into words, and judged by every rule."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date

from nianbao.checks import rules, subordinates
from nianbao.checks.context import CheckContext, SharedSection
from nianbao.checks.policy import Policy, apply_policy, check_rule_name, load_levels
from nianbao.checks.results import CheckResult
from nianbao.compose.document import Document, compose, compose_author
from nianbao.model.finding import Finding, sort_findings
from nianbao.model.i18n import N_
from nianbao.model.report import Report
from nianbao.render import markup, typst
from nianbao.workspace.processes.limits import LimitMessages, limit
from nianbao.workspace.store import Store

_SECONDS = 30  # that rules, and templates, may take for a report
_WORDS = LimitMessages(
    N_("核对它、填它的模板用了 {seconds} 秒还没有完"),
    N_("核对它、填它的模板要用的内存太多"),
    N_("缩短正文；若改过 templates/，请检查模板"),
)


def limit_check() -> AbstractContextManager[None]:
    """Bound the time and memory of rules and templates: use it in a `with` line."""
    return limit(seconds=_SECONDS, messages=_WORDS)


def check_report(
    store: Store,
    year: int,
    choice: Policy | None = None,
    today: date | None = None,
    neighbours: tuple[SharedSection, ...] | None = None,
) -> CheckResult:
    """Read and judge the report of a year; what depends on the day is judged as of `today`.

    `neighbours` are the sections that it has in common with other offices, where it was compared with them.
    """
    with limit_check():
        report = store.report(year, last=True)
        if isinstance(report, Finding):
            return CheckResult(year, None, [report], office=store.office, readable=False)
        checked = judge_report(store, report, choice, today, neighbours)
        return replace(checked, year=year)  # the year in the file may be wrong


def judge_report(
    store: Store,
    report: Report,
    choice: Policy | None = None,
    today: date | None = None,
    neighbours: tuple[SharedSection, ...] | None = None,
) -> CheckResult:
    """Judge a report by every rule; see `check_report`."""
    choice = choice or Policy()
    document = _compose(store, report)
    before = _compose(store, report.before) if report.before else None
    case = CheckContext(
        report,
        today or date.today(),  # noqa: DTZ011  # the office's own day
        rules=(*rules.list_names(), *report.form.rules),
        author=compose_author(report),
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
    findings, accepted = apply_policy(found, choice, report, rules.list_unjudged(case))
    return CheckResult(
        report.year,
        report,
        sort_findings(findings),
        tuple(crashes),
        tuple(accepted),
        choice.strict,
        store.office,
        document=document,
    )


def load_policy(
    store: Store, select: Sequence[str] = (), ignore: Sequence[str] = (), *, strict: bool = False
) -> Policy:
    """Put together what the command line and the office's file choose; raises `UserError` for an unknown rule."""
    settings = store.settings()
    # Reading every edition only to know its rules takes longer than judging a report.
    known = (
        {*rules.list_names()}.union(*(form.rules for form in store.forms()))
        if select or ignore or settings.tree
        else set()
    )
    return Policy(
        frozenset(check_rule_name(rule, known) for rule in select),
        frozenset(check_rule_name(rule, known) for rule in ignore),
        load_levels(settings, known),
        strict,
    )


def _compose(store: Store, report: Report) -> Document | None:
    """Put a report into words; None where a fact that its texts need is missing, which a rule says."""
    if any(fact.required and fact.id not in report.values for fact in report.form.facts):
        return None
    return compose(report, store.template)
