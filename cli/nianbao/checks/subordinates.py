"""Read the reports of units, check them by the rules about figures, and add them up for the office above."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from nianbao.checks import kind_rules, rules
from nianbao.checks.causes.effects import drop_accepted_effects, fold_effects
from nianbao.checks.context import CheckContext
from nianbao.checks.policy import Policy, apply_policy
from nianbao.compose import document
from nianbao.model.aggregate import Aggregate, UnitReport, UnitTotals, is_convertible
from nianbao.model.finding import Finding, Place, UserError, try_work
from nianbao.model.form import OPEN_TABLES, Form
from nianbao.model.i18n import _
from nianbao.model.offices import Unit
from nianbao.model.period import Period
from nianbao.model.report import Report
from nianbao.workspace.kinds import KindFolder
from nianbao.workspace.store import Store

LATE = "late"
UNREADABLE = "unreadable"


def read_units(store: Store, period: Period, units: Iterable[Unit], policy: Policy) -> list[UnitReport | None]:
    """Read the reports of units one after another; None for one that has none of that year."""
    return [_try_read(store.of_office(unit.id), period, unit, policy) for unit in units]


def _try_read(office: Store, period: Period, unit: Unit, policy: Policy) -> UnitReport | None:
    """Read the report of a unit; one that cannot be read at all is an error of that unit, and stops no other."""
    result = try_work(partial(_read_unit, office, period, unit, policy), file := office.data(period))
    if isinstance(result, UserError):
        finding = Finding(UNREADABLE, "error", Place(file), result.message, fix=result.fix)
        return UnitReport(unit, file, errors=(finding,))
    return result


def _read_unit(office: Store, period: Period, unit: Unit, policy: Policy) -> UnitReport | None:
    if not office.has(period):
        return None
    try:
        report = office.report(period)
    except UserError as error:  # reported as a file that is no text, so that the other units are still added up
        report = Finding("not-text", "error", Place(office.data(period)), error.message, fix=error.fix)
    if isinstance(report, Finding):
        return UnitReport(unit, office.data(period), errors=tuple(report.split()))
    return judge_unit(unit, report, policy, office.kind)


def judge_unit(unit: Unit, report: Report, policy: Policy, kind: KindFolder | None = None) -> UnitReport:
    """Judge the report of a unit by the rules of figures: its figures with the findings that matter for the sum.

    Raises RuntimeError if a rule crashes.
    """
    form, author = report.form, document.compose_author(report)
    found, crashes = rules.judge(CheckContext(report, date.max, author=author), rules.list_names_of_scope("figures"))
    if crashes:
        raise RuntimeError(crashes[0].error)
    found = kind_rules.mark_pages(found, kind) if kind else found
    # These rules cannot be switched off.
    findings, accepted = apply_policy(found, Policy(levels=policy.levels), report)
    findings = fold_effects(drop_accepted_effects(findings, [one.finding for one in accepted]))
    errors = [finding for finding in findings if finding.level == "error"]
    return UnitReport(
        unit if unit.name != unit.id or not author else replace(unit, name=author),
        report.facts.file,
        form.edition,
        tuple(map(report.figures.get, form.fixed.omitted_figures)),
        tuple(error for error in errors if error.rule != LATE and _is_about_figures(error, form)),
        tuple(finding for finding in findings if finding.level == "warning" and _is_money(finding, form)),
        next((error for error in errors if error.rule == LATE), None),
    )


def _is_about_figures(finding: Finding, form: Form) -> bool:
    """Return whether a finding is at a figure, at the file or its year, or at a table that the form does not have."""
    top = finding.address.split(".")[0]
    tables = {table.id for table in form.tables}
    return top in tables | {"", form.kind.period_fact} or top not in {*form.first_keys, *OPEN_TABLES}


def _is_money(finding: Finding, form: Form) -> bool:
    slot = form.slots.get(finding.address)
    return slot is not None and slot.value_type.name in {"money", "currency"}


def add_up(store: Store, form: Form, reports: Sequence[UnitReport], *, broken: bool) -> Aggregate:
    """Add reports of units up into a form; those with errors are left out, unless `broken` ones count too.

    A report that cannot be read, or whose edition cannot be converted into the form, is always left out.
    """
    forms = {edition: store.kind.edition(edition) for edition in {report.edition for report in reports} - {""}}
    counted: list[UnitReport] = []
    left_out: list[UnitReport] = []
    for report in reports:
        if report.edition and not is_convertible(form, forms[report.edition]):
            left_out.append(replace(report, edition="", errors=(_describe_edition_error(report, form),)))
        elif report.edition and (broken or not report.errors):
            counted.append(report)
        else:
            left_out.append(report)
    return Aggregate(form, forms, tuple(counted), tuple(left_out))


def _describe_edition_error(report: UnitReport, form: Form) -> Finding:
    message = _("edition-conversion-unknown", edition=report.edition, into=form.edition)
    fix = _("write-takes-in-edition", into=form.edition, edition=report.edition)
    return Finding("wrong-edition", "error", Place(report.file), message, fix=fix)


def add_up_children(store: Store, report: Report, policy: Policy | None = None) -> UnitTotals | None:
    """Add up the units directly below an office, for the rules of its report; None if the register lists none.

    As its last rollup did, so that the sums can be compared: with or without the office's own figures (本级), and
    with or without reports that have errors.
    """
    children = store.register().list_children(store.office) if store.office else ()
    if not children or not report.period:
        return None
    record = store.record(report.period)
    children = tuple(unit for unit in children if record is None or record.includes_own or not unit.own)
    reports = read_units(store, report.period, children, policy or Policy())
    missing = tuple(unit for unit, found in zip(children, reports, strict=True) if not found)
    broken = bool(record and record.includes_broken)
    return UnitTotals(add_up(store, report.form, list(filter(None, reports)), broken=broken), missing, record)
