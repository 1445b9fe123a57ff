"""Which findings are reported: selected rules, levels set by the office, and findings accepted in the data file."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from nianbao.model.facts import Facts
from nianbao.model.finding import OFF, Finding, Level, Setting, UserError, has_errors
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault, suggest
from nianbao.model.loading.loader import load, raise_faults
from nianbao.model.loading.shapes import Shape
from nianbao.model.report import Report
from nianbao.model.values.faults import describe_value

BAD_ACCEPTANCE, VOID_ACCEPTANCE, IDLE_ACCEPTANCE = "bad-acceptance", "void-acceptance", "idle-acceptance"
# Rules about unreadable files and invalid acceptances cannot be switched off.
ALWAYS_REPORTED = frozenset({"broken-toml", "conflict-markers", "not-text", "too-large", BAD_ACCEPTANCE})


@dataclass(frozen=True)
class Policy:
    """What an office wants reported: names of rules (none: all), its own levels, and whether warnings block a build."""

    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    levels: Mapping[str, Setting] = field(default_factory=dict)
    strict: bool = False

    def is_reported(self, rule: str) -> bool:
        """Return whether findings of a rule are reported."""
        if rule in ALWAYS_REPORTED:
            return True
        chosen = not self.select or rule in self.select
        return chosen and rule not in self.ignore and self.levels.get(rule) != OFF

    def is_blocking(self, findings: Sequence[Finding]) -> bool:
        """Return whether findings forbid to build the report."""
        return has_errors(findings) or (self.strict and any(finding.level == "warning" for finding in findings))


@dataclass(frozen=True, slots=True)
class AcceptedFinding:
    """A finding that the data file accepts, and the reason that it states."""

    finding: Finding
    reason: str


class Settings(Shape, frozen=True):
    """The settings of an office in `report.toml`."""

    levels: dict[str, Setting] = msgspec.field(default_factory=dict)
    kind: str = ""  # the default kind of document: see `workspace.templates`
    templates: tuple[str, ...] = ()  # folders of templates besides its own: see `workspace.origins.sources`


def load_levels(source: Facts, known: Collection[str]) -> dict[str, Setting]:
    """Load the levels that an office sets; raises `UserError` for an unknown rule or level."""
    levels = load(Settings, [source]).levels
    check_level_names(source, "levels", levels, known)
    return levels


def check_level_names(source: Facts, table: str, levels: Iterable[str], known: Collection[str]) -> None:
    """Raise `UserError` for levels, in a table of a file, of rules that there are not."""
    if unknown := [rule for rule in levels if rule not in known]:
        faults = [
            Fault((table, rule), _("no-such-rule", rule=rule) + suggest(rule, sorted(known)), at_key=True)
            for rule in unknown
        ]
        raise_faults([source], faults)


def check_rule_name(rule: str, known: Collection[str]) -> str:
    """Return the name of a rule; raises `UserError` for an unknown one."""
    if rule not in known:
        raise UserError(_("no-such-rule", rule=rule), _("list-all-rules"))
    return rule


def apply_policy(
    found: Sequence[Finding], policy: Policy, report: Report, unjudged: Collection[str] = ()
) -> tuple[list[Finding], list[AcceptedFinding]]:
    """Remove findings that are not reported, set their levels, and split them into open and accepted ones.

    The levels of the kind count where the office sets none. Acceptances of `unjudged` rules are not reported as idle.
    """
    policy = replace(policy, levels={**report.form.kind.levels, **policy.levels})
    reported = [
        replace(finding, level=_choose_level(finding, policy)) for finding in found if policy.is_reported(finding.rule)
    ]
    entries = _list_acceptances(report)
    kept, accepted, used = _split_accepted(report, reported, entries)
    if not policy.select:
        idle = (number for number in entries if number not in used and entries[number]["rule"] not in unjudged)
        kept += [_make_idle_finding(report, number, entries[number]) for number in idle]
    return kept, accepted


def select_reported(found: Sequence[Finding], policy: Policy) -> list[Finding]:
    """Return those of some findings that are reported, with their levels: of findings that are about no report."""
    return [
        replace(finding, level=_choose_level(finding, policy)) for finding in found if policy.is_reported(finding.rule)
    ]


def _split_accepted(
    report: Report, findings: Sequence[Finding], entries: Mapping[int, dict[str, Any]]
) -> tuple[list[Finding], list[AcceptedFinding], set[int]]:
    """Split findings into open and accepted ones; the third value has the numbers of the acceptances used."""
    kept: list[Finding] = []
    accepted: list[AcceptedFinding] = []
    used: set[int] = set()
    for finding in findings:
        number = next((number for number, entry in entries.items() if _is_about(entry, finding)), None)
        if number is None or finding.rule in ALWAYS_REPORTED:
            kept.append(finding)
            continue
        used.add(number)
        if find_current_value(report, finding.address) == entries[number]["value"]:
            accepted.append(AcceptedFinding(finding, entries[number]["because"]))
        else:
            kept += [finding, _make_void_finding(report, number, entries[number], finding)]
    return kept, accepted, used


def find_current_value(report: Report, address: str) -> object:
    """Return the value at the address of a finding as an acceptance states it: a figure, a fact, or a text."""
    if address in report.figures:
        return report.figures[address]
    if address in report.values:
        return report.values[address]
    value: object = report.facts.tree
    for key in address.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def find_acceptance_faults(report: Report, known: Collection[str]) -> dict[str, str]:
    """Find the faults of the acceptances of a data file: address -> message."""
    entries = report.facts.tree.get("accept", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return {"accept": _("accept-must-be-tables")}
    found: dict[str, str] = {}
    for number, entry in enumerate(entries):
        for key in ("rule", "at", "value", "because"):
            if key not in entry:
                found[f"accept.{number}"] = _("accept-key-missing", key=key)
        for key in set(entry) - {"rule", "at", "value", "because"}:
            found[f"accept.{number}.{key}"] = _("unknown-key", key=key)
        for key in ("rule", "at", "because"):
            if not isinstance(entry.get(key, ""), str):
                found[f"accept.{number}.{key}"] = _("must-be-text", value=describe_value(entry[key]))
        if isinstance(entry.get("rule"), str) and entry["rule"] not in known:
            found[f"accept.{number}.rule"] = _("no-such-rule", rule=entry["rule"])
        if not str(entry.get("because", "x")).strip():
            found[f"accept.{number}.because"] = _("accept-reason-missing")
    return found


def _list_acceptances(report: Report) -> dict[int, dict[str, Any]]:
    entries = report.facts.tree.get("accept", [])
    return {
        number: entry
        for number, entry in enumerate(entries if isinstance(entries, list) else [])
        if _is_complete(entry)
    }


def _is_complete(entry: object) -> bool:
    texts = ("rule", "at", "because")
    return isinstance(entry, dict) and "value" in entry and all(isinstance(entry.get(key), str) for key in texts)


def _is_about(entry: Mapping[str, Any], finding: Finding) -> bool:
    return (entry["rule"], entry["at"]) == (finding.rule, finding.address)


def _choose_level(finding: Finding, policy: Policy) -> Level:
    level = policy.levels.get(finding.rule)
    return finding.level if level is None or level == "off" or finding.rule in ALWAYS_REPORTED else level


def _make_void_finding(report: Report, number: int, entry: Mapping[str, Any], finding: Finding) -> Finding:
    address = f"accept.{number}.value"
    current = find_current_value(report, finding.address)
    message = _("acceptance-void", rule=entry["rule"], at=entry["at"], value=entry["value"], now=current)
    return Finding(VOID_ACCEPTANCE, "warning", report.facts.find_place(address), message, address)


def _make_idle_finding(report: Report, number: int, entry: Mapping[str, Any]) -> Finding:
    address = f"accept.{number}.rule"
    message = _("nothing-to-accept", at=entry["at"], rule=entry["rule"])
    return Finding(IDLE_ACCEPTANCE, "note", report.facts.find_place(address), message, address, label=_("entry-can-go"))
