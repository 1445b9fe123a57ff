"""What a run over many reports says: how many had which end, and of those that are not built, why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nianbao.checks.results import Built, Checked, Failed
from nianbao.cli.output import findings as say
from nianbao.cli.terminal import echo
from nianbao.model.finding import Finding
from nianbao.model.i18n import N_, _
from nianbao.workspace.selection import Asked

FEW = 5  # reports that are told one by one
_SHOWN = 30  # rows of a table of failures
_ENDS = {
    "built": N_("已生成"),
    "unchanged": N_("没有变化"),
    "refused": N_("有错误，没有生成"),
    "failed": N_("没能运行"),
    "missing": N_("没有数据文件"),
}


@dataclass(frozen=True, slots=True)
class Run:
    """What became of the reports that were asked for, and how long it took, in seconds."""

    built: list[Built]
    failed: list[Failed]
    missing: list[Asked]
    seconds: float

    def ends(self) -> Counter[str]:
        """Count the reports by how each ended."""
        ends = Counter(_end(one) for one in self.built)
        ends.update({"failed": len(self.failed), "missing": len(self.missing)})
        return ends


def _end(built: Built) -> str:
    if built.refused:
        return "refused"
    return "built" if built.why else "unchanged"


def told(run: Run) -> None:
    """Say how many reports had which end, and of each that is not built the office and why."""
    counts = run.ends()
    say.table((_("结果"), _("份数")), [(_(words), str(counts[end])) for end, words in _ENDS.items() if counts[end]])
    rows = [
        (one.checked.office, str(one.checked.year), _ends_with(one.checked.findings))
        for one in run.built
        if one.refused
    ]
    rows += [(one.office, str(one.year), one.stop.message) for one in run.failed]
    rows += [(one.office, str(year), _(_ENDS["missing"])) for one, year in run.missing]
    unbuilt(rows)
    found = [finding for one in run.built for finding in one.checked.findings]
    rate = counts["built"] / run.seconds if run.seconds else 0.0
    speed = _("，每秒 {rate:.1f} 份", rate=rate) if counts["built"] else ""
    echo(_("用时 {seconds:.1f} 秒{speed}；{found}", seconds=run.seconds, speed=speed, found=say.tally(found)))


def unbuilt(rows: Sequence[tuple[str, str, str]]) -> None:
    """Say of reports the office, the year, and what is wrong."""
    if not rows:
        return
    say.table((_("机关"), _("年度"), _("原因")), rows[:_SHOWN])
    if len(rows) > _SHOWN:
        echo(_("  另有 {count} 份；加 --json 看全部", count=len(rows) - _SHOWN))


def checked(reports: Sequence[Checked], failed: Sequence[Failed], missing: Sequence[Asked]) -> None:
    """Say of many reports that were only checked how many are right, and of the others what is wrong."""
    wrong = [one for one in reports if one.blocked]
    rows = [(one.office, str(one.year), _ends_with(one.findings)) for one in wrong]
    rows += [(one.office, str(one.year), one.stop.message) for one in failed]
    rows += [(one.office, str(year), _(_ENDS["missing"])) for one, year in missing]
    unbuilt(rows)
    found = [finding for one in reports for finding in one.findings]
    told = _("{count} 份；{right} 份没有错误", count=len(reports) + len(failed), right=len(reports) - len(wrong))
    echo(f"{told}{_('；')}{say.tally(found)}")


def _ends_with(findings: Sequence[Finding]) -> str:
    """Name the first error among findings, and count the others."""
    first = next((one for one in findings if one.level == "error"), findings[0])
    words = f"{first.place}: {first.rule} {first.message}"
    return words if len(findings) == 1 else _("{words}（共 {found}）", words=words, found=say.tally(findings))


def explained(run: Run) -> None:
    """Say why each report was printed."""
    for one in run.built:
        who = " ".join(filter(None, (one.checked.office, str(one.checked.year))))
        for why in one.why or ((_("有错误，没有生成") if one.refused else _("没有变化")),):
            echo(f"{who}  {why}")


def data(run: Run) -> dict[str, Any]:
    """Give what became of a build as plain values."""
    reports = [say.built_data(one) | {"end": _end(one), "why": list(one.why)} for one in run.built]
    return {"reports": reports, **_others(run.failed, run.missing), "seconds": round(run.seconds, 3)}


def checked_data(reports: Sequence[Checked], failed: Sequence[Failed], missing: Sequence[Asked]) -> dict[str, Any]:
    """Give what was found in reports as plain values."""
    return {"reports": [say.checked_data(one) for one in reports], **_others(failed, missing)}


def _others(failed: Sequence[Failed], missing: Sequence[Asked]) -> dict[str, Any]:
    stops = [
        {"office": one.office, "year": one.year, "message": one.stop.message, "fix": one.stop.fix or None}
        for one in failed
    ]
    return {"stops": stops, "missing": [{"office": one.office, "year": year} for one, year in missing]}
