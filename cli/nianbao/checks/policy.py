"""Which findings are reported: selected rules, levels set by the office, and findings accepted in the data file."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.checks.answers import acceptances
from nianbao.checks.answers.acceptances import BAD_ACCEPTANCE, UNREADABLE, VOID_ACCEPTANCE
from nianbao.model.facts import Facts
from nianbao.model.finding import OFF, Finding, Level, Setting, UserError, has_errors
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault, suggest
from nianbao.model.loading.loader import load, raise_faults
from nianbao.model.loading.shapes import Shape
from nianbao.model.report import Report

# Rules about unreadable files and invalid acceptances cannot be switched off.
ALWAYS_REPORTED = UNREADABLE | {BAD_ACCEPTANCE}


class Policy(Struct, frozen=True):
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


class AcceptedFinding(Struct, frozen=True):
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
        acceptances.complete(report, replace(finding, level=_choose_level(finding, policy)))
        for finding in found
        if policy.is_reported(finding.rule)
    ]
    entries, matches = acceptances.list_entries(report), acceptances.match_entries(report, reported)
    accepted = [AcceptedFinding(reported[number], entries[entry]["because"]) for number, entry in matches.items()]
    kept = [one for number, one in enumerate(reported) if number not in matches]
    for rule, finding in acceptances.judge_unused(report, kept, set(matches.values())):
        if finding.rule == VOID_ACCEPTANCE or not (policy.select or rule in unjudged):
            kept.append(finding)
    return kept, accepted


def select_reported(found: Sequence[Finding], policy: Policy) -> list[Finding]:
    """Return those of some findings that are reported, with their levels: of findings that are about no report."""
    return [
        replace(finding, level=_choose_level(finding, policy)) for finding in found if policy.is_reported(finding.rule)
    ]


def _choose_level(finding: Finding, policy: Policy) -> Level:
    level = policy.levels.get(finding.rule)
    return finding.level if level is None or level == "off" or finding.rule in ALWAYS_REPORTED else level
