"""Accept a finding: find it in what a check of the report gives, and write the entry into the data file."""

from collections.abc import Sequence

from msgspec import Struct

from nianbao.checks import check, rules
from nianbao.checks.answers import acceptances
from nianbao.checks.answers.acceptances import VOID_ACCEPTANCE
from nianbao.checks.answers.rewriting import keep_mark, read_data_text, write_changed_text
from nianbao.checks.policy import Policy
from nianbao.checks.results import CheckResult
from nianbao.datafiles.edits import append_table, load_values, replace_values
from nianbao.datafiles.values import format_value
from nianbao.model.finding import Finding, UserError
from nianbao.model.i18n import _
from nianbao.model.period import Period
from nianbao.workspace.store import Store

_LISTED = 8  # findings that a message lists


class Wanted(Struct, frozen=True):
    """What tells the finding to accept from others: line and column, from 1, its rule, its address; 0 or empty: any."""

    line: int = 0
    column: int = 0
    rule: str = ""
    address: str = ""

    def matches(self, finding: Finding, file: str) -> bool:
        """Return whether a finding of the report in a file is a wanted one."""
        place = finding.place
        columns = (0, *range(place.column, place.column + place.length))
        is_there = not self.line or (place.file == file and place.line == self.line and self.column in columns)
        return is_there and self.rule in {"", finding.rule} and self.address in {"", finding.address}

    def matches_exactly(self, finding: Finding) -> bool:
        """Return whether a finding begins at the column."""
        return bool(self.column) and finding.place.column == self.column


class Acceptance(Struct, frozen=True):
    """The finding that was accepted and the reason; `written` is the path of the file, empty if it stays as it was."""

    finding: Finding
    reason: str
    written: str = ""
    is_renewed: bool = False  # an entry with another value was brought up to date


def accept_finding(store: Store, period: Period, wanted: Wanted, reason: str, policy: Policy) -> Acceptance:
    """Check a report, and write into its data file that one of its findings is accepted for a reason.

    Raises `UserError` where there is no such finding, where several are meant, where it cannot be accepted, and where
    the file cannot be changed.
    """
    because = " ".join(reason.split())
    if not because:
        raise UserError(_("accept-reason-missing"), _("say-why-it-stays"))
    content, text = read_data_text(store, period)
    result = check.check_report(store, period, policy)
    file = store.data(period)
    accepted = [one for one in result.accepted if wanted.matches(one.finding, file)]
    open_findings = [finding for finding in result.findings if wanted.matches(finding, file)]
    if accepted and not open_findings:
        return Acceptance(accepted[0].finding, accepted[0].reason)
    finding = _choose(result, open_findings, wanted, file)
    if not finding.accepted_value:
        raise UserError(
            _("finding-cannot-be-accepted", place=finding.place, rule=finding.rule),
            finding.fix or _("mend-as-rule-says", rule=finding.rule),
        )
    void = _find_void_entry(result, finding)
    try:
        changed = _renew_entry(text, void, finding, because) if void else _add_entry(text, finding, because)
    except ValueError as error:
        raise UserError(_("accept-entry-not-writable", path=file), _("accept-must-be-tables")) from error
    return Acceptance(
        finding, because, write_changed_text(store, period, content, keep_mark(content, changed)).path, bool(void)
    )


def _choose(result: CheckResult, found: Sequence[Finding], wanted: Wanted, file: str) -> Finding:
    """Choose the finding to accept: one, or several that are accepted together."""
    exact = [finding for finding in found if wanted.matches_exactly(finding)] or found
    kinds = {(finding.rule, finding.address, finding.accepted_value) for finding in exact}
    if len(kinds) == 1:
        return exact[0]
    if not exact:
        if unjudged := _make_unjudged_finding(result, wanted):
            return unjudged
        near = _list_findings(_sort_by_distance(result.findings, wanted, file))
        raise UserError("\n".join([_("no-finding-there"), *near]), _("validate-lists-findings") if near else "")
    raise UserError("\n".join([_("several-findings-there"), *_list_findings(exact)]), _("name-one-by-option"))


def _make_unjudged_finding(result: CheckResult, wanted: Wanted) -> Finding | None:
    """Make the finding of a rule that compares many offices, which a check of one report does not judge."""
    if not result.report or not wanted.address or wanted.rule not in rules.list_names_of_scope("neighbours"):
        return None
    place = result.report.facts.find_place(wanted.address)
    finding = Finding(wanted.rule, "warning", place, "", wanted.address)
    return acceptances.complete(result.report, finding)


def _sort_by_distance(findings: Sequence[Finding], wanted: Wanted, file: str) -> list[Finding]:
    def measure(finding: Finding) -> tuple[bool, bool, int]:
        distance = abs(finding.place.line - wanted.line) if wanted.line else 0
        return finding.rule != wanted.rule, finding.place.file != file, distance

    return sorted(findings, key=measure)


def _list_findings(findings: Sequence[Finding]) -> list[str]:
    """Say which findings there are, each with the options that name it."""
    return [
        f"{finding.place} --rule {finding.rule}" + (f" --address {finding.address}" if finding.address else "")
        for finding in findings[:_LISTED]
    ]


def _find_void_entry(result: CheckResult, finding: Finding) -> str:
    """Find the address of an entry that accepted the finding when it had another value; empty if there is none."""
    entries = acceptances.list_entries(result.report) if result.report else {}
    for void in result.findings:
        if void.rule == VOID_ACCEPTANCE:
            address = void.address.rpartition(".")[0]
            entry = entries[int(address.rpartition(".")[2])]
            if (entry["rule"], entry["at"]) == (finding.rule, finding.address):
                return address
    return ""


def _renew_entry(text: str, entry: str, finding: Finding, because: str) -> str:
    values = {f"{entry}.value": finding.accepted_value, f"{entry}.because": format_value(because)}
    return replace_values(text, values)


def _add_entry(text: str, finding: Finding, because: str) -> str:
    value = load_values(f"value = {finding.accepted_value}")["value"]
    return append_table(
        text, "accept", {"rule": finding.rule, "at": finding.address, "value": value, "because": because}
    )
