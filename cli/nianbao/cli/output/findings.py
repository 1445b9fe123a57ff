"""The output of checks and builds: findings for people, tables of the files written, and JSON for programs."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from nianbao.checks.policy import AcceptedFinding
from nianbao.checks.results import BuildResult, CheckResult
from nianbao.cli.output.acceptances import describe_acceptance, print_accept_hint
from nianbao.cli.output.finding_printer import FindingPrinter, print_findings
from nianbao.cli.screen import Screen, get_screen
from nianbao.cli.terminal import echo, escape_controls, print_text
from nianbao.model.finding import LEVELS, Finding, UserError
from nianbao.model.i18n import N_, _, join_words
from nianbao.model.period import Period
from nianbao.model.value_types import format_number
from nianbao.workspace.formats import Face
from nianbao.workspace.store import ReportKey

if TYPE_CHECKING:
    from nianbao.checks.drafts import FormattedFile

_MIN_COLUMN = 12  # cells of a column of a table that is wrapped
_COUNTS = {"error": N_("errors-count"), "warning": N_("warnings-count"), "note": N_("notes-count")}


def print_checks(results: Sequence[CheckResult], unread: Sequence[Finding] = ()) -> None:
    """Print what was found in each report, and of files that are not read, and the number of findings."""
    print_findings(unread)
    print_results(results)
    findings = [*unread, *(finding for result in results for finding in result.findings)]
    print_accepted([one for result in results for one in result.accepted])
    print_accept_hint(results)
    periods = describe_periods(result.key.period for result in results)
    if periods:
        echo(_("periods-and-findings", periods=periods, found=describe_counts(findings)))


def print_results(results: Sequence[CheckResult]) -> None:
    """Print what was found in each report; with several reports, below the names of their files."""
    printer = FindingPrinter()
    for result in results:
        if len(results) > 1:
            printer.print_by_file(result.findings, describe_counts)
        else:
            printer.print_all(result.findings)


def describe_periods(periods: Iterable[Period]) -> str:
    """Name periods in a sentence, each once: years as such, other periods by their names."""
    named = dict.fromkeys(periods)
    joined = join_words(named)
    return _("year-of-report", year=joined) if all(period.unit == "year" for period in named) and joined else joined


def print_accepted(findings: Sequence[AcceptedFinding]) -> None:
    """Print the findings that the data file accepts, with the reasons."""
    for one in findings:
        echo(_("finding-accepted", place=one.finding.place, rule=one.finding.rule, because=one.reason))


def print_formatted(files: "Sequence[FormattedFile]", *, check: bool) -> None:
    """Print for each data file whether it was formatted, or with `check` whether it would be."""
    printer = FindingPrinter()
    for file in files:
        printer.print_all(file.findings)
        if file.findings and file.changed:
            echo(_("would-correct-in-part", path=file.path) if check else _("corrected-in-part", path=file.path))
        elif file.changed:
            echo(_("would-lay-out", path=file.path) if check else _("file-laid-out", path=file.path))
        else:
            echo(_("file-not-touched", path=file.path) if file.findings else _("already-laid-out", path=file.path))


def describe_counts(findings: Sequence[Finding]) -> str:
    """Return the number of findings of each level for people: 1 个错误，2 个警告."""
    counts = Counter(finding.level for finding in findings)
    parts = [_(_COUNTS[level], count=counts[level]) for level in LEVELS if counts[level]]
    return _("count-separator").join(parts) or _("nothing-found")


def print_builds(results: Sequence[BuildResult], *, quiet: bool) -> None:
    """Print what was found in each report and, unless quiet, which files were written."""
    print_results([result.check for result in results])
    for result in results:
        if result.refused:
            _print_refusal(result.check)
        elif result.check.prompts:
            _print_draft(result.check)
    rows = [row for result in results for row in _make_file_rows(result)]
    if quiet or not rows:
        return
    print_table((_("head-file"), _("head-size"), _("head-pages"), _("head-time"), ""), rows)
    for faces in dict.fromkeys(result.faces for result in results if result.faces):
        _print_faces(faces)
    print_accepted([one for result in results for one in result.check.accepted])
    findings = [finding for result in results for finding in result.check.findings]
    echo(_("files-and-findings", count=len(rows), found=describe_counts(findings)))


def _print_refusal(result: CheckResult) -> None:
    tip = _("mend-or-draft") if result.readable else _("mend-first")
    counts = describe_counts(result.findings)
    echo(_("period-not-printed", period=_name_report(result.key), findings=counts, tip=tip), err=True)


def _print_draft(result: CheckResult) -> None:
    echo(_("built-as-draft", report=_name_report(result.key), count=result.prompts), err=True)


def _name_report(key: ReportKey) -> str:
    return " ".join(filter(None, (key.office, describe_periods([key.period]))))


def _make_file_rows(result: BuildResult) -> list[tuple[str, ...]]:
    return [
        (
            file.saved.path,
            _format_size(file.size),
            str(file.pages or ""),
            "" if at else _("seconds-short", seconds=result.seconds),
            _("file-written") if file.saved.changed else _("file-unchanged"),
        )
        for at, file in enumerate(result.files)
    ]


def _print_faces(faces: Sequence[Face]) -> None:
    """Print which font families the PDF has for the faces of the look, and which stand in for official ones."""
    names_by_family: dict[tuple[str, bool], list[str]] = {}
    for face in faces:
        names_by_family.setdefault((face.family, face.official), []).append(face.name)
    parts = []
    for (family, official), face_names in names_by_family.items():
        listed = join_words(face_names)
        parts.append(
            _("faces-by-family", faces=listed, family=family)
            if official
            else _("faces-by-substitute", faces=listed, family=family)
        )
    echo(_("faces-of-pdf", faces=_("clause-separator").join(parts)))


def _format_size(size: int) -> str:
    return f"{size / 1024:4.0f} KB"


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below headers, in columns as wide as their widest cell; the widest are wrapped to fit the screen."""
    screen = get_screen()
    lines = [[escape_controls(cell) for cell in line] for line in (headers, *rows)]
    widths = _fit_columns(zip(*lines, strict=True), screen)
    for line in lines:
        cells = [screen.wrap_text(cell, width) for cell, width in zip(line, widths, strict=True)]
        for parts in zip_longest(*cells, fillvalue=""):
            padded = (screen.pad(part, width) for part, width in zip(parts, widths, strict=True))
            echo(("  " + "  ".join(padded)).rstrip())


def _fit_columns(columns: Iterable[Sequence[str]], screen: Screen) -> list[int]:
    """Return the widths of columns: of their widest cells, or where the screen has not that room, of their words."""
    columns = list(columns)
    widths = [max(map(screen.measure, cells)) for cells in columns]
    excess = 2 * len(widths) + sum(widths) - screen.width
    if not screen.width or excess <= 0:
        return widths
    least = [
        max(_MIN_COLUMN, *(screen.measure(word) for cell in cells for word in screen.wrap_text(cell, 1)))
        for cells in columns
    ]
    widths = [min(width, max(screen.width, floor)) for width, floor in zip(widths, least, strict=True)]
    while 2 * len(widths) + sum(widths) > screen.width:
        width, at = max((width if width > least[at] else 0, at) for at, width in enumerate(widths))
        if not width:
            break
        widths[at] -= 1
    return widths


def print_json(value: object) -> None:
    """Print a value as JSON on standard output."""
    print_text(json.dumps(value, ensure_ascii=False, indent=2))


def finding_data(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain values for JSON."""
    place = finding.place
    return {
        "rule": finding.rule,
        "level": finding.level,
        "file": place.file,
        "line": place.line or None,
        "column": place.column or None,
        "address": finding.address or None,
        "message": finding.message,
        "label": finding.label or None,
        "notes": list(finding.notes),
        "fix": finding.fix or None,
    }


def key_data(key: ReportKey) -> dict[str, Any]:
    """Return which report it is as plain values for JSON: `kind` and `period` where they say more than the others."""
    more = {"kind": key.kind, "period": str(key.period) if key.period.part else ""}
    return {"office": key.office, "year": key.period.year} | {name: value for name, value in more.items() if value}


def check_data(result: CheckResult) -> dict[str, Any]:
    """Return what was found in a report as plain values for JSON."""
    return {
        **key_data(result.key),
        "ok": not result.blocked,
        "findings": [_answerable_data(result.key, finding) for finding in result.findings],
        "accepted": [
            {"finding": _answerable_data(result.key, one.finding), "because": one.reason} for one in result.accepted
        ],
    }


def _answerable_data(key: ReportKey, finding: Finding) -> dict[str, Any]:
    """Return a finding of a report as plain values for JSON, with its cause and how it is accepted."""
    cause = {
        "candidates": list(finding.candidates),
        "change": {address: format_number(value) for address, value in finding.change},
        "effects": [
            {"rule": rule, "address": address or None, "message": message} for rule, address, message in finding.effects
        ],
    }
    return finding_data(finding) | cause | {"accept": describe_acceptance(key, finding)}


def faces_data(faces: Sequence[Face]) -> list[dict[str, Any]]:
    """Return as plain values for JSON which font family stands for each face of the look."""
    return [{"face": face.name, "family": face.family, "official": face.official} for face in faces]


def errors_data(errors: Sequence[UserError]) -> list[dict[str, Any]]:
    """Return errors as plain values for JSON."""
    return [{"message": error.message, "fix": error.fix or None} for error in errors]


def build_data(result: BuildResult) -> dict[str, Any]:
    """Return the result of a build as plain values for JSON."""
    files = [
        {
            "format": file.format,
            "path": file.saved.path,
            "bytes": file.size,
            "pages": file.pages or None,
            "changed": file.saved.changed,
        }
        for file in result.files
    ]
    return check_data(result.check) | {
        "files": files,
        "draft": result.draft and bool(files),
        "faces": faces_data(result.faces),
        "seconds": round(result.seconds, 3),
    }
