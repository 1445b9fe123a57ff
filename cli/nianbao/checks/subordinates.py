"""Read the reports of units, check them by the rules about figures, and add them up for the office above."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property, partial
from typing import cast

from msgspec import Struct
from msgspec.structs import replace

from nianbao.checks import kind_rules, rules
from nianbao.checks.causes.effects import drop_accepted_effects, fold_effects
from nianbao.checks.context import CheckContext
from nianbao.checks.policy import Policy, apply_policy
from nianbao.compose import document
from nianbao.model.aggregate import (
    Aggregate,
    UnitReport,
    UnitTotals,
    find_accepted_cells,
    find_differences,
    is_convertible,
)
from nianbao.model.file_names import fold_name
from nianbao.model.finding import Finding, Place, UserError, try_work
from nianbao.model.form import OPEN_TABLES, Form
from nianbao.model.i18n import _
from nianbao.model.offices import Register, Unit
from nianbao.model.period import Period
from nianbao.model.report import Report
from nianbao.model.units.record import RollupRecord
from nianbao.model.units.states import Condition, UnitState, find_due_day
from nianbao.workspace.kinds import KindFolder
from nianbao.workspace.store import Store

LATE = "late"
UNREADABLE = "unreadable"
CHILD_MISSING = "child-missing"


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
    found, crashes = rules.judge(CheckContext(report, date.max, author=author), "figures")
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
        author,
        find_due_day(form, author, report.period) if report.period else None,
        issued if isinstance(issued := report.values.get("published"), date) else None,
        tuple(
            (address, figure)
            for address, figure in report.figures.items()
            if figure and address not in form.fixed.slots
        )
        if form.unexpanded
        else (),
        any(one.finding.level == "error" and _is_about_figures(one.finding, form) for one in accepted),
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


class UnitTree(Struct, frozen=True, dict=True):
    """The reports of all units below an office, by folder; None for a unit without a report.

    `summed` are the offices whose reports were just added up from these. Without `own` the offices' own figures (本级)
    are left out on every level.
    """

    store: Store
    period: Period
    reports: Mapping[str, UnitReport | None]
    summed: Collection[str] = ()
    own: bool = True

    def make_state(
        self,
        unit: Unit,
        above: Form | None = None,
        below: Sequence[Unit] | None = None,
        form: Form | None = None,
    ) -> UnitState:
        """Make the state of a unit and of all below it, by default those of the register.

        `above` is the form that it is added up into, `form` its own, by default that of its report.
        """
        report = self.reports.get(unit.id)
        if not form:
            form = self._find_form(report.edition) if report and report.edition else self._form_in_force
        members = self._register.list_children(unit.id) if below is None else below
        states = tuple(self.make_state(one, form) for one in members if self.own or not one.own)
        due = (report and report.due) or find_due_day(form, unit.name, self.period)
        if report is None:
            file = self.store.of_office(unit.id).data(self.period)
            return UnitState(unit, file, "missing", due=due, reasons=self._find_similar_folder(unit), below=states)
        state = _judge(report, form, above)
        stated_name = "" if self._register.names(unit.id, report.author) else report.author
        stated_office = self._register.find_named(stated_name)
        state = replace(state, due=due, stated_name=stated_name, stated_office=stated_office, below=states)
        return replace(state, is_outdated=True) if states and self._is_outdated(state) else state

    def add_up_below(self, state: UnitState, form: Form, record: RollupRecord | None) -> UnitTotals:
        """Add up the units directly below an office, as its last rollup did."""
        below = [one for one in state.below if record is None or record.includes_own or not one.unit.own]
        reports = [report for one in below if (report := self.reports.get(one.unit.id))]
        broken = bool(record and record.includes_broken)
        return UnitTotals(add_up(self.store, form, reports, broken=broken), replace(state, below=tuple(below)), record)

    def _is_outdated(self, state: UnitState) -> bool:
        """Return whether the figures of an office are not the sum of its units."""
        if not state.edition or state.unit.id in self.summed:
            return False
        office = self.store.of_office(state.unit.id)
        report = office.report(self.period)
        if not isinstance(report, Report):
            return False
        totals = self.add_up_below(state, report.form, office.record(self.period))
        accepted = find_accepted_cells(report)
        return any(address not in accepted for address, _total in find_differences(report, totals))

    @cached_property
    def _register(self) -> Register:
        return self.store.register(self.period)

    def _find_form(self, edition: str) -> Form:
        """Return the form of an edition; to look for its file takes as long as to judge the unit."""
        if edition not in self._forms:
            self._forms[edition] = self.store.kind.edition(edition)
        return self._forms[edition]

    @cached_property
    def _forms(self) -> dict[str, Form]:
        return {}

    @cached_property
    def _form_in_force(self) -> Form | None:
        try:
            return self.store.kind.form_in_force(self.period)
        except UserError:
            return None

    def _find_similar_folder(self, unit: Unit) -> tuple[Finding, ...]:
        """Find the folder that some file systems take for that of a unit without a report."""
        other = self._folders.get(fold_name(unit.id), unit.id)
        if other == unit.id:
            return ()
        place = Place(self.store.display(f"data/{other}/"))
        message = _("folder-differs-by-case", folder=other, office=unit.id)
        return (Finding(CHILD_MISSING, "error", place, message, fix=_("rename-folder-as-register", office=unit.id)),)

    @cached_property
    def _folders(self) -> Mapping[str, str]:
        listed = self._register.units
        return {fold_name(name): name for name in self.store.folders() if name not in listed}


def _judge(report: UnitReport, form: Form | None, above: Form | None) -> UnitState:
    """Judge a report that is there, of an edition `form`, for an office that uses `above`."""
    is_other = bool(above and form and report.edition and report.edition != above.edition)
    errors, condition = report.errors, "errors" if report.errors else "right"
    if above and form and is_other and not is_convertible(above, form):
        errors, condition = (_describe_edition_error(report, above),), "broken"
    return UnitState(
        report.unit,
        report.file,
        cast("Condition", condition if report.edition else "broken"),
        report.edition,
        is_other_edition=is_other,
        reasons=errors,
        late=report.late,
        issued=report.issued,
    )


def add_up_children(store: Store, report: Report, policy: Policy | None = None) -> UnitTotals | None:
    """Add up the units directly below an office, for the rules of its report; None if the register lists none.

    As its last rollup did, so that the sums can be compared: with or without the office's own figures (本级), and
    with or without reports that have errors. The states are those of the units on every level.
    """
    register = store.register(report.period)
    if not store.office or not report.period or not register.list_children(store.office):
        return None
    below = list(register.list_below(store.office))
    reports = read_units(store, report.period, below, policy or Policy())
    tree = UnitTree(store, report.period, {unit.id: one for unit, one in zip(below, reports, strict=True)})
    state = tree.make_state(register.get_unit(store.office), form=report.form)
    return tree.add_up_below(state, report.form, store.record(report.period))
