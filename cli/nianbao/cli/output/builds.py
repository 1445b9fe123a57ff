"""What a run over many reports says: how many had which end, and of those that are not built, why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nianbao.checks.results import BuildResult, CheckResult, FailedReport
from nianbao.cli.output import findings as say
from nianbao.cli.terminal import echo
from nianbao.model.finding import Finding
from nianbao.model.i18n import N_, _
from nianbao.workspace.selection import Asked

MAX_LISTED = 5  # reports that are told one by one
_MAX_ROWS = 30  # rows of a table of failures
_OUTCOMES = {
    "built": N_("已生成"),
    "unchanged": N_("没有变化"),
    "refused": N_("有错误，没有生成"),
    "failed": N_("没能运行"),
    "missing": N_("没有数据文件"),
}


@dataclass(frozen=True, slots=True)
class BuildRun:
    """What became of the reports that were asked for, and how long it took, in seconds."""

    results: list[BuildResult]
    failures: list[FailedReport]
    missing: list[Asked]
    seconds: float

    def count_outcomes(self) -> Counter[str]:
        """Count the reports by how each ended."""
        ends = Counter(_outcome(one) for one in self.results)
        ends.update({"failed": len(self.failures), "missing": len(self.missing)})
        return ends


def _outcome(built: BuildResult) -> str:
    if built.refused:
        return "refused"
    return "built" if built.reasons else "unchanged"


def print_summary(run: BuildRun) -> None:
    """Say how many reports had which end, and of each that is not built the office and why."""
    counts = run.count_outcomes()
    say.print_table(
        (_("结果"), _("份数")), [(_(words), str(counts[end])) for end, words in _OUTCOMES.items() if counts[end]]
    )
    rows = [
        (one.check.office, str(one.check.year), _describe_first_finding(one.check.findings))
        for one in run.results
        if one.refused
    ]
    rows += [(one.office, str(one.year), one.error.message) for one in run.failures]
    rows += [(one.office, str(year), _(_OUTCOMES["missing"])) for one, year in run.missing]
    _print_failures(rows)
    found = [finding for one in run.results for finding in one.check.findings]
    rate = counts["built"] / run.seconds if run.seconds else 0.0
    speed = _("，每秒 {rate:.1f} 份", rate=rate) if counts["built"] else ""
    echo(_("用时 {seconds:.1f} 秒{speed}；{found}", seconds=run.seconds, speed=speed, found=say.describe_counts(found)))


def _print_failures(rows: Sequence[tuple[str, str, str]]) -> None:
    """Say of reports the office, the year, and what is wrong."""
    if not rows:
        return
    say.print_table((_("机关"), _("年度"), _("原因")), rows[:_MAX_ROWS])
    if len(rows) > _MAX_ROWS:
        echo(_("  另有 {count} 份；加 --json 看全部", count=len(rows) - _MAX_ROWS))


def print_check_summary(
    reports: Sequence[CheckResult], failed: Sequence[FailedReport], missing: Sequence[Asked]
) -> None:
    """Say of many reports that were only checked how many are right, and of the others what is wrong."""
    wrong = [one for one in reports if one.blocked]
    rows = [(one.office, str(one.year), _describe_first_finding(one.findings)) for one in wrong]
    rows += [(one.office, str(one.year), one.error.message) for one in failed]
    rows += [(one.office, str(year), _(_OUTCOMES["missing"])) for one, year in missing]
    _print_failures(rows)
    found = [finding for one in reports for finding in one.findings]
    told = _("{count} 份；{right} 份没有错误", count=len(reports) + len(failed), right=len(reports) - len(wrong))
    echo(f"{told}{_('；')}{say.describe_counts(found)}")


def _describe_first_finding(findings: Sequence[Finding]) -> str:
    """Name the first error among findings, and count the others."""
    first = next((one for one in findings if one.level == "error"), findings[0])
    words = f"{first.place}: {first.rule} {first.message}"
    return words if len(findings) == 1 else _("{words}（共 {found}）", words=words, found=say.describe_counts(findings))


def print_reasons(run: BuildRun) -> None:
    """Say why each report was printed."""
    for one in run.results:
        who = " ".join(filter(None, (one.check.office, str(one.check.year))))
        for why in one.reasons or ((_("有错误，没有生成") if one.refused else _("没有变化")),):
            echo(f"{who}  {why}")


def build_run_data(run: BuildRun) -> dict[str, Any]:
    """Give what became of a build as plain values."""
    reports = [say.build_data(one) | {"end": _outcome(one), "why": list(one.reasons)} for one in run.results]
    return {"reports": reports, **_failures_data(run.failures, run.missing), "seconds": round(run.seconds, 3)}


def check_run_data(
    reports: Sequence[CheckResult], failed: Sequence[FailedReport], missing: Sequence[Asked]
) -> dict[str, Any]:
    """Give what was found in reports as plain values."""
    return {"reports": [say.check_data(one) for one in reports], **_failures_data(failed, missing)}


def _failures_data(failed: Sequence[FailedReport], missing: Sequence[Asked]) -> dict[str, Any]:
    stops = [
        {"office": one.office, "year": one.year, "message": one.error.message, "fix": one.error.fix or None}
        for one in failed
    ]
    return {"stops": stops, "missing": [{"office": one.office, "year": year} for one, year in missing]}
