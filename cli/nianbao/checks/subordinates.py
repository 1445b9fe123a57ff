"""The reports of units as they count for the office above: read, filled, and judged by what makes a figure wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from nianbao.checks import rules
from nianbao.checks.context import Case
from nianbao.checks.policy import Choice, settle
from nianbao.compose import document
from nianbao.model.aggregate import Aggregate, UnitReport, UnitTotals, is_convertible
from nianbao.model.finding import Finding, Place, Stop, attempt
from nianbao.model.form import OPEN, Form
from nianbao.model.i18n import _
from nianbao.model.offices import Unit
from nianbao.model.report import Report
from nianbao.workspace.store import Store

# Rules, beside the relations of the form, by which a figure may be wrong or a report late. The others judge texts,
# or last year's report, which no sum depends on, or the edition, which a sum takes in as far as it goes.
FIGURE_RULES = ("late", "missing-table", "unknown-key", "wrong-type", "year-differs")
LATE = "late"
UNREADABLE = "unreadable"


def read_units(store: Store, year: int, units: Iterable[Unit], choice: Choice) -> list[UnitReport | None]:
    """Read the reports of units one after another; None for one that has none of that year."""
    return [_try_read(store.of_office(unit.id), year, unit, choice) for unit in units]


def _try_read(office: Store, year: int, unit: Unit, choice: Choice) -> UnitReport | None:
    """Read the report of a unit; one that cannot be read at all is a fault of that unit, and stops no other."""
    found = attempt(partial(_read_unit, office, year, unit, choice), file := office.data(year))
    if isinstance(found, Stop):
        why = Finding(UNREADABLE, "error", Place(file), found.message, fix=found.fix)
        return UnitReport(unit, file, errors=(why,))
    return found


def _read_unit(office: Store, year: int, unit: Unit, choice: Choice) -> UnitReport | None:
    if not office.has(year):
        return None
    try:
        report = office.report(year)
    except Stop as stop:  # one that cannot be read is told as one that is no text: it keeps no other from its sum
        report = Finding("not-text", "error", Place(office.data(year)), stop.message, fix=stop.fix)
    if isinstance(report, Finding):
        return UnitReport(unit, office.data(year), errors=(report,))
    return judge_unit(unit, report, choice)


def judge_unit(unit: Unit, report: Report, choice: Choice) -> UnitReport:
    """Judge what the report of a unit gives."""
    form, author = report.form, document.author(report)
    found, crashes = rules.judge(Case(report, date.max, author=author), FIGURE_RULES)
    if crashes:
        raise RuntimeError(crashes[0].why)
    findings = settle(found, Choice(levels=choice.levels), report)[0]  # what the sum needs is not for choosing
    wrong = [one for one in findings if one.level == "error" and one.rule != LATE and _is_about_figures(one, form)]
    return UnitReport(
        unit if unit.name != unit.id or not author else replace(unit, name=author),
        report.facts.file,
        form.edition,
        tuple(report.figures.values()),
        tuple(wrong),
        tuple(one for one in findings if one.level == "warning" and _is_money(one, form)),
        next((one for one in findings if one.rule == LATE and one.level == "error"), None),
    )


def _is_about_figures(finding: Finding, form: Form) -> bool:
    """Tell an error at a figure, at the file or its year, or at a strange table, from other errors."""
    top = finding.address.split(".")[0]
    tables = {table.id for table in form.tables}
    return top in tables | {"", "year"} or top not in {*form.tops, *OPEN}


def _is_money(finding: Finding, form: Form) -> bool:
    slot = form.slots.get(finding.address)
    return slot is not None and slot.kind == "money"


def add_up(store: Store, form: Form, gifts: Sequence[UnitReport], *, broken: bool) -> Aggregate:
    """Add units up into a form; those with errors are left out, unless `broken` ones count too.

    A unit that cannot be read, or whose edition the form cannot take in, never counts.
    """
    forms = {edition: store.edition(edition) for edition in {one.edition for one in gifts} - {""}}
    counted: list[UnitReport] = []
    left_out: list[UnitReport] = []
    for one in gifts:
        if one.edition and not is_convertible(form, forms[one.edition]):
            left_out.append(replace(one, edition="", errors=(_describe_edition_error(one, form),)))
        else:
            (counted if one.edition and (broken or not one.errors) else left_out).append(one)
    return Aggregate(form, forms, tuple(counted), tuple(left_out))


def _describe_edition_error(one: UnitReport, form: Form) -> Finding:
    message = _("{edition} 版怎样并入 {into} 版，格式文件没有写", edition=one.edition, into=form.edition)
    fix = _("在 forms/{into}.toml 里写 takes.{edition}", into=form.edition, edition=one.edition)
    return Finding("wrong-edition", "error", Place(one.file), message, fix=fix)


def add_up_children(store: Store, report: Report, choice: Choice | None = None) -> UnitTotals | None:
    """Give the units of an office for its report; None where the register lists none."""
    children = store.register().list_children(store.office) if store.office else ()
    if not children:
        return None
    record = store.record(report.year)
    children = tuple(unit for unit in children if record is None or record.includes_own or not unit.own)
    found = read_units(store, report.year, children, choice or Choice())
    missing = tuple(unit for unit, one in zip(children, found, strict=True) if not one)
    rolled = add_up(store, report.form, [one for one in found if one], broken=bool(record and record.includes_broken))
    return UnitTotals(rolled, missing, record)
