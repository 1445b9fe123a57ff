"""The output about acceptances: how to accept a finding, and what was written."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nianbao.checks.answers.acceptances import is_worth_accepting
from nianbao.checks.results import CheckResult
from nianbao.checks.rules import list_names_of_scope
from nianbao.cli.terminal import echo
from nianbao.model.finding import Finding
from nianbao.model.i18n import N_, _
from nianbao.workspace.store import ReportKey

if TYPE_CHECKING:
    from nianbao.checks.answers.accepting import Acceptance

_MAX_VALUE = 30  # characters; programs get all of it


def format_accept_command(key: ReportKey, finding: Finding) -> str:
    """Return the command that accepts a finding of a report; its reason is left to a person."""
    place = finding.place
    has_place = place.line and place.file.endswith(f"{key.period}.toml")
    where = f"{key.period}:{place.line}:{place.column}" if has_place else str(key.period)
    parts = ["report", "accept", _quote(key.office), key.kind, where]
    if not has_place or _is_compared(finding):
        parts += ["--rule", finding.rule, *(["--address", _quote(finding.address)] if finding.address else [])]
    return " ".join([*filter(None, parts), f'--because "{_("reason-to-be-written")}"'])


def _is_compared(finding: Finding) -> bool:
    """Tell a finding that takes the comparison with other offices, so that its place alone does not name it."""
    return finding.rule in list_names_of_scope("neighbours")


def _quote(word: str) -> str:
    return f'"{word}"' if " " in word else word


def describe_acceptance(key: ReportKey, finding: Finding) -> dict[str, Any] | None:
    """Return as plain values for JSON how a finding is accepted; None where it cannot be."""
    if not finding.accepted_value:
        return None
    command = format_accept_command(key, finding)
    return {"at": finding.address, "value": finding.accepted_value, "command": command}


def print_accept_hint(results: Sequence[CheckResult]) -> None:
    """Print how to accept the first finding that is no error, once for a run: one that is named by its place."""
    open_findings = [
        (result.key, finding)
        for result in results
        for finding in result.findings
        if is_worth_accepting(finding) and finding.level != "error"
    ]
    if open_findings:
        key, finding = min(open_findings, key=lambda one: (_is_compared(one[1]), not one[1].place.line))
        echo(_("accept-by-command"), hang=2)
        echo("    " + format_accept_command(key, finding))


def print_acceptance(acceptance: "Acceptance") -> None:
    """Print which finding was accepted, with the reason, or that it was accepted before."""
    finding, key = acceptance.finding, N_("finding-accepted-before")
    if acceptance.written:
        key = N_("finding-accepted-anew") if acceptance.is_renewed else N_("finding-accepted-now")
    echo(_(key, place=finding.place, rule=finding.rule, because=acceptance.reason))
    if finding.address:
        echo("    " + describe_address(finding), hang=2)


def describe_address(finding: Finding) -> str:
    """Say which address and value an acceptance of a finding has; a long value is cut."""
    value = finding.accepted_value
    shown = value if len(value) <= _MAX_VALUE else f"{value[:_MAX_VALUE]}…"
    return _("finding-address", address=finding.address, value=shown)
