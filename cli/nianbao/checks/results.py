"""What checking and building a report give: the results that commands print and processes send to each other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nianbao.checks.policy import Accepted, Choice
from nianbao.checks.rules import Crash
from nianbao.compose.document import Document
from nianbao.model.finding import Finding, Place, Stop
from nianbao.model.i18n import _
from nianbao.model.report import Report
from nianbao.workspace.files import Saved
from nianbao.workspace.formats import Face


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A report that was checked.

    `report` is None where its file is not `readable`, and in a copy that has the findings only; `document` also
    where a fact that its texts need is missing.
    """

    year: int
    report: Report | None
    findings: list[Finding]
    crashes: tuple[Crash, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    strict: bool = False
    office: str = ""
    readable: bool = True
    document: Document | None = None

    def without_report(self) -> "CheckResult":
        """Return what was found, without the report itself."""
        return replace(self, report=None, document=None)

    @property
    def blocked(self) -> bool:
        """Tell whether a finding forbids to print."""
        return not self.readable or Choice(strict=self.strict).blocks(self.findings)


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One file of a build: its format, where it is, its size in bytes, its pages (0: has none)."""

    format: str
    saved: Saved
    size: int
    pages: int
    fingerprint: str  # of its content


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build of one report gave; no outputs where findings forbade to print."""

    check: CheckResult
    files: list[BuiltFile]
    seconds: float
    faces: tuple[Face, ...] = ()  # of the formats that embed them
    dropped_pictures: tuple[str, ...] = ()  # that were left out
    reasons: tuple[str, ...] = ()  # it was printed, format by format

    @property
    def refused(self) -> bool:
        """Tell whether findings forbade to print."""
        return not self.files

    def with_picture_findings(self, file: str, pictures: Sequence[str]) -> "BuildResult":
        """Return the same build with a finding for each picture that was left out of the report in a data file."""
        if not pictures:
            return self
        found = [_describe_dropped_picture(file, source) for source in pictures]
        checked = replace(self.check, findings=[*self.check.findings, *found])
        return replace(self, check=checked, dropped_pictures=tuple(pictures))


@dataclass(frozen=True, slots=True)
class FailedReport:
    """A report that could not be made, and why."""

    office: str
    year: int
    error: Stop


def _describe_dropped_picture(file: str, source: str) -> Finding:
    return Finding(
        "picture-left-out",
        "warning",
        Place(file),
        _("正文里的图片 {source} 没有印出，只印了它的说明文字", source=source),
        fix=_("报告不印图片；从正文里删去它"),
    )
