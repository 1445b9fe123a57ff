"""The results of checking and building a report, which commands print and processes send to each other."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from nianbao.checks.policy import AcceptedFinding, Policy
from nianbao.checks.rules import Crash
from nianbao.compose.document import Document
from nianbao.model.finding import Finding, Place, UserError
from nianbao.model.i18n import _
from nianbao.model.report import Report
from nianbao.workspace.files import SavedFile
from nianbao.workspace.formats import Face
from nianbao.workspace.store import ReportKey


class Judged(Struct, frozen=True):
    """What all rules found in a report, before the policy; and the rules for which there was no data."""

    found: tuple[Finding, ...]
    unjudged: frozenset[str]


class CheckResult(Struct, frozen=True):
    """The result of checking a report.

    `report` is None if its file cannot be read, and in a copy made by `without_report`; `document` also if a fact that
    its texts need is missing; `judged` in copies, too, unless it is to be compared with other offices. It is not
    `readable`, so that not even a draft can be made of it, if its file cannot be read, does not say of which period it
    is, or lacks a fact without which no page can be filled.
    """

    key: ReportKey
    report: Report | None
    findings: list[Finding]
    crashes: tuple[Crash, ...] = ()
    accepted: tuple[AcceptedFinding, ...] = ()
    strict: bool = False
    readable: bool = True
    prompts: int = 0  # of the new data file that nobody has replaced: a build of it is a draft
    document: Document | None = None
    judged: Judged | None = None

    def without_report(self) -> "CheckResult":
        """Return a copy with the findings only, without the report itself."""
        return replace(self, report=None, document=None, judged=None)

    @property
    def blocked(self) -> bool:
        """Return whether a finding forbids to build the report."""
        return not self.readable or Policy(strict=self.strict).is_blocking(self.findings)


class BuiltFile(Struct, frozen=True):
    """One file of a build: its format, path, size in bytes and number of pages (0: the format has none)."""

    format: str
    saved: SavedFile
    size: int
    pages: int
    fingerprint: str  # of its content


class BuildResult(Struct, frozen=True):
    """The result of building one report, which took `seconds`; no files if findings forbade to build it."""

    check: CheckResult
    files: list[BuiltFile]
    seconds: float
    faces: tuple[Face, ...] = ()  # of the formats that embed them
    dropped_pictures: tuple[str, ...] = ()  # sources of the pictures that the files lack
    reasons: tuple[str, ...] = ()  # why it was built, format by format
    draft: bool = False  # its files are marked as drafts
    facts: str = ""  # the fingerprint of the data files that it was made from

    @property
    def refused(self) -> bool:
        """Return whether findings forbade to build the report."""
        return not self.files

    def with_picture_findings(self, file: str, pictures: Sequence[str]) -> "BuildResult":
        """Return the same result with a finding for each picture that was dropped from the report of a data file."""
        if not pictures:
            return self
        missing = {*(one.format for one in self.files), ""}
        parted = [source.rpartition("\t") for source in dict.fromkeys(pictures)]
        dropped = [(title, suffix) for suffix, _tab, title in parted if suffix in missing]
        findings = [_describe_dropped_picture(file, title, suffix) for title, suffix in dropped]
        check = replace(self.check, findings=[*self.check.findings, *findings])
        return replace(self, check=check, dropped_pictures=tuple(pictures))


class FailedReport(Struct, frozen=True):
    """A report that could not be checked or built, and why."""

    key: ReportKey
    error: UserError


def _describe_dropped_picture(file: str, source: str, suffix: str) -> Finding:
    if suffix:
        message = _("format-has-no-pictures", format=suffix, title=source)
        return Finding("picture-left-out", "warning", Place(file), message, fix=_("build-other-format-for-pictures"))
    return Finding(
        "picture-left-out", "warning", Place(file), _("picture-not-printed", words=source), fix=_("delete-picture")
    )
