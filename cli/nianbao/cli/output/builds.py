"""The output of builds and checks of many reports: how many had which outcome, and why others were not built."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from nianbao.checks.results import BuildResult, CheckResult, FailedReport
from nianbao.cli.output import finding_printer, findings
from nianbao.cli.output.finding_printer import print_file_name, print_message
from nianbao.cli.terminal import echo
from nianbao.model.finding import LEVELS, Finding
from nianbao.model.i18n import N_, _
from nianbao.workspace.selection import ReportRef
from nianbao.workspace.store import ReportKey

MAX_LISTED = 5  # reports that are printed one by one; more are counted
_MAX_ROWS = 30  # of a table of failures, and files with findings
_MAX_FINDINGS = 3  # of each such file
_OUTCOMES = {
    "built": N_("outcome-built"),
    "unchanged": N_("outcome-unchanged"),
    "refused": N_("outcome-refused"),
    "failed": N_("outcome-failed"),
    "missing": N_("outcome-missing"),
}


class BuildRun(Struct, frozen=True):
    """The results of one run over the reports that were asked for, and how long it took, in seconds."""

    results: list[BuildResult]
    failures: list[FailedReport]
    missing: list[ReportRef]
    seconds: float
    unread: Sequence[Finding] = ()  # files that are not read

    def count_outcomes(self) -> Counter[str]:
        """Count the reports by outcome, a key of `_OUTCOMES`."""
        counts = Counter(_outcome(result) for result in self.results)
        counts.update({"failed": len(self.failures), "missing": len(self.missing)})
        return counts


def _outcome(result: BuildResult) -> str:
    if result.refused:
        return "refused"
    return "built" if result.reasons else "unchanged"


def print_summary(run: BuildRun) -> None:
    """Print how many reports had which outcome, and for each that is not built the office and the reason."""
    finding_printer.print_findings(run.unread)
    counts = run.count_outcomes()
    rows = [(_(label), str(counts[outcome])) for outcome, label in _OUTCOMES.items() if counts[outcome]]
    findings.print_table((_("head-result"), _("head-reports")), rows)
    refused = [result.check for result in run.results if result.refused]
    _print_failures(refused, run.failures, run.missing)
    all_findings = [*run.unread, *(finding for result in run.results for finding in result.check.findings)]
    rate = counts["built"] / run.seconds if run.seconds else 0.0
    speed = _("reports-per-second", rate=rate) if counts["built"] else ""
    totals = findings.describe_counts(all_findings)
    if drafts := sum(1 for result in run.results if result.check.prompts and not result.refused):
        echo(_("reports-built-as-drafts", count=drafts))
    echo(_("build-time-and-findings", seconds=run.seconds, speed=speed, found=totals))


def _print_failures(
    refused: Sequence[CheckResult], failed: Sequence[FailedReport], missing: Sequence[ReportRef]
) -> None:
    """Print which reports are not built or not right: findings below the names of files, then a table of the others."""
    for result in refused[:_MAX_ROWS]:
        _print_worst_findings(result.findings)
    if len(refused) > _MAX_ROWS:
        echo(_("more-reports-see-json", count=len(refused) - _MAX_ROWS))
    rows = [(*_describe_report(report.key), report.error.message) for report in failed]
    rows += [(*_describe_report(store.key(period)), _(_OUTCOMES["missing"])) for store, period in missing]
    if not rows:
        return
    findings.print_table((_("head-office"), _("head-year"), _("head-why")), rows[:_MAX_ROWS])
    if len(rows) > _MAX_ROWS:
        echo(_("more-reports-see-json", count=len(rows) - _MAX_ROWS))


def _describe_report(key: ReportKey) -> tuple[str, str]:
    """Return the office of a report, with the kind where that is not the default one, and its period."""
    return " ".join(filter(None, (key.office, key.kind))), str(key.period)


def print_check_summary(
    results: Sequence[CheckResult],
    failed: Sequence[FailedReport],
    missing: Sequence[ReportRef],
    unread: Sequence[Finding] = (),
) -> None:
    """Print which of many checked reports are wrong and why, how many are right, and which files are not read."""
    finding_printer.print_findings(unread)
    refused = [result for result in results if result.blocked]
    _print_failures(refused, failed, missing)
    all_findings = [*unread, *(finding for result in results for finding in result.findings)]
    size, right = len(results) + len(failed), len(results) - len(refused)
    counts = _("reports-and-right", count=size, right=right)
    echo(f"{counts}{_('clause-separator')}{findings.describe_counts(all_findings)}")


def _print_worst_findings(of_report: Sequence[Finding]) -> None:
    """Print the first findings of the worst level below the name of their file, and count the others."""
    worst = min((finding.level for finding in of_report), key=LEVELS.index)
    listed = [finding for finding in of_report if finding.level == worst]
    file = listed[0].place.file
    print_file_name(file, findings.describe_counts(of_report))
    for finding in listed[:_MAX_FINDINGS]:
        print_message(finding, finding.place.position if finding.place.file == file else str(finding.place), "  ")
    if len(listed) > _MAX_FINDINGS:
        echo("  " + _("more-findings-of-file", count=len(listed) - _MAX_FINDINGS, file=file), hang=4)


def print_reasons(run: BuildRun) -> None:
    """Print why each report was built, or that it was not."""
    for result in run.results:
        report = str(result.check.key)
        for reason in result.reasons or ((_("outcome-refused") if result.refused else _("outcome-unchanged")),):
            echo(f"{report}  {reason}")


def build_run_data(run: BuildRun) -> dict[str, Any]:
    """Return a run as plain values for JSON."""
    reports = [
        findings.build_data(result) | {"end": _outcome(result), "why": list(result.reasons)} for result in run.results
    ]
    ends = _failures_data(run.failures, run.missing) | unread_data(run.unread)
    return {"reports": reports, **ends, "seconds": round(run.seconds, 3)}


def check_run_data(
    results: Sequence[CheckResult],
    failed: Sequence[FailedReport],
    missing: Sequence[ReportRef],
    unread: Sequence[Finding] = (),
) -> dict[str, Any]:
    """Return what was found in reports, and of files that are not read, as plain values for JSON."""
    reports = [findings.check_data(result) for result in results]
    return {"reports": reports, **_failures_data(failed, missing), **unread_data(unread)}


def unread_data(unread: Sequence[Finding]) -> dict[str, Any]:
    """Return findings about files that are not read as plain values for JSON; nothing where there are none."""
    return {"unread": [findings.finding_data(finding) for finding in unread]} if unread else {}


def _failures_data(failed: Sequence[FailedReport], missing: Sequence[ReportRef]) -> dict[str, Any]:
    stops = [
        {
            **findings.key_data(report.key),
            "message": report.error.message,
            "fix": report.error.fix or None,
        }
        for report in failed
    ]
    return {"stops": stops, "missing": [findings.key_data(store.key(period)) for store, period in missing]}
