"""Check a report: read it, compose its texts, and judge it by every rule."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from functools import partial

from msgspec.structs import replace

from nianbao.checks import kind_rules, rules, subordinates
from nianbao.checks.causes.effects import drop_accepted_effects, find_effects, fold_effects
from nianbao.checks.causes.mending import mend_cause
from nianbao.checks.context import CheckContext, SharedSection
from nianbao.checks.policy import AcceptedFinding, Policy, apply_policy, check_level_names, check_rule_name, load_levels
from nianbao.checks.results import CheckResult, Judged
from nianbao.checks.wording import find_prompts
from nianbao.compose.document import Document, compose, compose_author, make_page
from nianbao.model.finding import Finding, UserError, sort_findings
from nianbao.model.i18n import N_
from nianbao.model.period import Period
from nianbao.model.report import Report
from nianbao.render import markup, typst
from nianbao.workspace.processes.limits import PATIENCE, LimitMessages, limit
from nianbao.workspace.store import Store

_MAX_SECONDS = 30  # the time limit of rules and templates for one report
_LIMIT_MESSAGES = LimitMessages(
    N_("check-too-slow"), N_("check-takes-too-much-memory"), N_("shorten-prose-or-check-templates")
)


def limit_check() -> AbstractContextManager[None]:
    """Return the context manager that limits the time and memory of rules and templates."""
    return limit(seconds=_MAX_SECONDS, messages=_LIMIT_MESSAGES, patience=PATIENCE)


def check_report(  # noqa: PLR0913  # what a check depends on, and who waits for it
    store: Store,
    period: Period,
    policy: Policy | None = None,
    today: date | None = None,
    neighbours: tuple[SharedSection, ...] | None = None,
    *,
    when_read: Callable[[Report], None] = lambda _report: None,
) -> CheckResult:
    """Read and judge the report of a year; rules that depend on the date use `today`, by default the current date.

    `neighbours` are the sections that it shares with other offices; None if it was not compared with them. `when_read`
    is called with the report before it is judged.
    """
    with limit_check():
        report = store.report(period, last=True)
        if isinstance(report, Finding):
            return CheckResult(store.key(period), None, report.split(), readable=False)
        when_read(report)
        checked = judge_report(store, report, policy, today, neighbours)
        return replace(checked, key=store.key(period))  # `report.period` is from the file, and may be wrong


def judge_report(
    store: Store,
    report: Report,
    policy: Policy | None = None,
    today: date | None = None,
    neighbours: tuple[SharedSection, ...] | None = None,
) -> CheckResult:
    """Judge a report by every rule; see `check_report`."""
    policy = policy or Policy()
    document = _compose(store, report)
    context = replace(
        _make_context(store, report, document, today or date.today()),  # noqa: DTZ011  # in the office's time zone
        units=subordinates.add_up_children(store, report, policy),
        neighbours=neighbours,
    )
    found, crashes = rules.judge(context)
    found = find_effects(found, partial(mend_cause, store, report), partial(_judge_mended, store, context))
    judged = Judged(tuple(kind_rules.mark_pages(found, store.kind)), rules.list_unjudged(context))
    findings, accepted = _apply_policy(judged, policy, report)
    return CheckResult(
        store.key(report.period or Period(0)),
        report,
        findings,
        tuple(crashes),
        accepted,
        policy.strict,
        readable=document is not None or _is_printable(store, report),
        prompts=len(find_prompts(report)),
        document=document,
        judged=judged,
    )


def compare_report(
    store: Store, result: CheckResult, policy: Policy, neighbours: tuple[SharedSection, ...] | None
) -> CheckResult:
    """Add to the result of a report what it shares with other offices; all other rules have judged it already.

    A result without what they found, or of a file that can no longer be read, is made anew.
    """
    with limit_check():
        report = store.report(result.key.period) if result.judged else None
        if isinstance(report, Report) and result.judged:
            found, crashes = rules.judge(CheckContext(report, date.min, neighbours=neighbours), "neighbours")
            judged = replace(result.judged, found=(*result.judged.found, *kind_rules.mark_pages(found, store.kind)))
            findings, accepted = _apply_policy(judged, policy, report)
            crashes = [*result.crashes, *crashes]
            return replace(result, findings=findings, accepted=accepted, crashes=tuple(crashes), judged=None)
    return check_report(store, result.key.period, policy, neighbours=neighbours)


def _apply_policy(judged: Judged, policy: Policy, report: Report) -> tuple[list[Finding], tuple[AcceptedFinding, ...]]:
    findings, accepted = apply_policy(judged.found, policy, report, judged.unjudged)
    findings = fold_effects(drop_accepted_effects(findings, [one.finding for one in accepted]))
    return sort_findings(findings), tuple(accepted)


def _judge_mended(store: Store, context: CheckContext, mended: Report) -> Sequence[Finding]:
    """Judge a report as it would be if some figures were others."""
    document = _compose(store, mended)
    return rules.judge(replace(context, report=mended, texts=document.plain if document else {}))[0]


def _make_context(store: Store, report: Report, document: Document | None, today: date) -> CheckContext:
    """Make the context of a report, without its units and neighbours."""
    previous_document = _compose(store, report.previous) if report.previous else None
    return CheckContext(
        report,
        today,
        rules=(*kind_rules.list_names(store.kind), *report.form.rules),
        author=compose_author(report),
        texts=document.plain if document else {},
        dropped_markup=markup.find_dropped_markup(report, document.bodies) if document else (),
        find_undrawable=lambda characters: typst.find_undrawable(characters, store.look()),
        previous_texts=previous_document.plain if previous_document else {},
        register=store.register(report.period),
        office=store.office,
    )


def load_policy(
    store: Store, select: Sequence[str] = (), ignore: Sequence[str] = (), *, strict: bool = False
) -> Policy:
    """Make the policy of the command line and of the office's `report.toml`; raises `UserError` for an unknown rule."""
    settings, levels = store.settings(), store.kind.settings.levels
    of_office = settings.tree.get("levels")
    named = {*select, *ignore, *levels, *(of_office if isinstance(of_office, dict) else ())}
    known = {*kind_rules.list_names(store.kind)} if named else set()
    if not named <= known:  # loading every edition for the names of its rules takes longer than judging a report
        known = known.union(*(form.rules for form in store.kind.forms()))
    if levels:
        check_level_names(store.kind.read_settings_file(), "rules", levels, known)
    return Policy(
        frozenset(check_rule_name(rule, known) for rule in select),
        frozenset(check_rule_name(rule, known) for rule in ignore),
        load_levels(settings, known),
        strict,
    )


def _compose(store: Store, report: Report) -> Document | None:
    """Compose a report; None if its period or a fact that its texts need is missing, which a rule reports."""
    required = [report.form.kind.period_fact, *(fact.id for fact in report.form.facts if fact.required)]
    if any(address not in report.values for address in required):
        return None
    return compose(report, store.kind.template)


def _is_printable(store: Store, report: Report) -> bool:
    """Return whether a draft can be made of a report in which facts are missing."""
    if report.form.kind.period_fact not in report.values:
        return False
    try:
        make_page(compose(report, store.kind.template))
    except UserError:
        return False
    return True
