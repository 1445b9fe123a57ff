"""What the program says: findings for people, tables of what was written, and JSON for machines."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from nianbao.checks.policy import Accepted
from nianbao.checks.results import BuildResult, CheckResult
from nianbao.checks.rules import names
from nianbao.cli.terminal import StyledText, echo, escape_controls, print_text
from nianbao.model.finding import LEVELS, Finding, Place, Stop
from nianbao.model.i18n import N_, _, series
from nianbao.workspace.formats import Face

if TYPE_CHECKING:
    from nianbao.checks.drafts import Laid

COLOURS = {"error": typer.colors.RED, "warning": typer.colors.YELLOW, "note": typer.colors.CYAN}
COUNTS = {"error": N_("{count} 个错误"), "warning": N_("{count} 个警告"), "note": N_("{count} 个提示")}
_MAX_LINE = 100  # a longer line of the data file is shown in part


def print_findings(found: Sequence[Finding]) -> None:
    """Say each finding with its place, its line, and what to do."""
    pages = set(names())
    for finding in found:
        head = StyledText(f"{finding.level}[{finding.rule}]", COLOURS[finding.level], bold=True)
        echo(f"{finding.place}: ", head, f" {finding.message}")
        if finding.place.line:
            _print_source_line(finding)
        for note in finding.notes:
            echo(f"    {note}")
        if finding.fix:
            echo("    " + _("怎么办: {fix}", fix=finding.fix))
        if finding.rule in pages:
            echo("    " + _("帮助: report explain {rule}", rule=finding.rule))


def _print_source_line(finding: Finding) -> None:
    place = finding.place
    number = str(place.line)
    before, value, after = map(escape_controls, _cut_line(place))  # before they are measured
    echo(f"    {number} | {before}{value}{after}")
    mark = StyledText(f"{'^' * max(1, _measure_width(value))} {finding.label}".rstrip(), COLOURS[finding.level])
    echo(f"    {' ' * len(number)} | {' ' * _measure_width(before)}", mark)


def _cut_line(place: Place) -> tuple[str, str, str]:
    """Cut a line into what stands before, in and after the underlined value, not too long in all."""
    source = place.source.replace("\t", " ")
    start, end = place.column - 1, place.column - 1 + place.length
    before, value, after = source[:start], source[start:end], source[end:]
    if len(source) > _MAX_LINE:
        before = before if len(before) <= _MAX_LINE // 2 else "…" + before[-_MAX_LINE // 2 :]
        value = value if len(value) <= _MAX_LINE // 2 else value[: _MAX_LINE // 2] + "…"
        after = after if len(after) <= _MAX_LINE // 2 else after[: _MAX_LINE // 2] + "…"
    return before, value, after


def _measure_width(text: str) -> int:
    from rich.cells import cell_len  # noqa: PLC0415  # often nothing is wrong, and then it is not needed

    return cell_len(text)


def print_checks(reports: Sequence[CheckResult]) -> None:
    """Say what was found in each report, and the sum of it."""
    for report in reports:
        print_findings(report.findings)
    found = [finding for report in reports for finding in report.findings]
    print_accepted([one for report in reports for one in report.accepted])
    years = series(report.year for report in reports)
    echo(_("{years} 年度：{found}", years=years, found=describe_counts(found)) if years else "")


def print_accepted(found: Sequence[Accepted]) -> None:
    """List the findings that the data file accepts, with the reasons."""
    for one in found:
        echo(
            _("已接受 {place}: {rule}：{because}", place=one.finding.place, rule=one.finding.rule, because=one.because)
        )


def print_formatted(files: "Sequence[Laid]", *, check: bool) -> None:
    """Say of each data file whether it was laid out, or would be."""
    for file in files:
        print_findings(file.findings)
        if file.changed:
            echo(
                _("{path} 要重排：运行 report fmt {path}", path=file.path)
                if check
                else _("{path} 已重排", path=file.path)
            )
        else:
            echo(_("{path} 没有改动", path=file.path) if file.findings else _("{path} 已是排好的", path=file.path))


def describe_counts(found: Sequence[Finding]) -> str:
    """Count findings by level: 1 个错误，2 个警告."""
    counts = Counter(finding.level for finding in found)
    told = [_(COUNTS[level], count=counts[level]) for level in LEVELS if counts[level]]
    return _("，").join(told) or _("没有发现问题")


def print_builds(reports: Sequence[BuildResult], *, quiet: bool) -> None:
    """Say what was found and, unless quiet, which files were written."""
    for report in reports:
        print_findings(report.check.findings)
        if not report.files:
            tip = _("改正后再运行；要先看样子，用 --draft")
            echo(
                _(
                    "{year} 年度没有生成：{findings}。{tip}",
                    year=report.check.year,
                    findings=describe_counts(report.check.findings),
                    tip=tip,
                ),
                err=True,
            )
    rows = [
        (
            output.saved.path,
            _format_size(output.size),
            str(output.pages or ""),
            "" if at else _("{seconds:.1f} 秒", seconds=report.seconds),
            _("已写") if output.saved.changed else _("未变"),
        )
        for report in reports
        for at, output in enumerate(report.files)
    ]
    if quiet or not rows:
        return
    print_table((_("文件"), _("大小"), _("页数"), _("用时"), ""), rows)
    for faces in dict.fromkeys(report.faces for report in reports if report.faces):
        _print_faces(faces)
    print_accepted([one for report in reports for one in report.check.accepted])
    found = [finding for report in reports for finding in report.check.findings]
    echo(_("{count} 个文件；{found}", count=len(rows), found=describe_counts(found)))


def _print_faces(faces: Sequence[Face]) -> None:
    """Say which families draw the faces of the look in the PDF, and whether they stand in for official ones."""
    roles: dict[tuple[str, bool], list[str]] = {}
    for face in faces:
        roles.setdefault((face.family, face.official), []).append(face.name)
    told = []
    for (family, official), drawn in roles.items():
        faces_said = series(drawn)
        told.append(
            _("{faces}用 {family}", faces=faces_said, family=family)
            if official
            else _("{faces}用 {family} 代替", faces=faces_said, family=family)
        )
    echo(_("PDF 的字体：{faces}", faces=_("；").join(told)))


def _format_size(size: int) -> str:
    return f"{size / 1024:4.0f} KB"


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Say rows under heads, in columns as wide as their widest cell on the screen."""
    from rich.cells import cell_len, set_cell_size  # noqa: PLC0415  # see _cells

    lines = [[escape_controls(cell) for cell in line] for line in (heads, *rows)]
    widths = [max(cell_len(line[at]) for line in lines) for at in range(len(heads))]
    for line in lines:
        cells = [set_cell_size(cell, width) for cell, width in zip(line, widths, strict=True)]
        echo(("  " + "  ".join(cells)).rstrip())


def print_json(value: object) -> None:
    """Say a value as JSON on standard output."""
    print_text(json.dumps(value, ensure_ascii=False, indent=2))


def finding_data(finding: Finding) -> dict[str, Any]:
    """Give a finding as plain values."""
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


def check_data(report: CheckResult) -> dict[str, Any]:
    """Give what was found in a report as plain values."""
    return {
        "office": report.office,
        "year": report.year,
        "ok": not report.blocked,
        "findings": [finding_data(finding) for finding in report.findings],
        "accepted": [{"finding": finding_data(one.finding), "because": one.because} for one in report.accepted],
    }


def faces_data(faces: Sequence[Face]) -> list[dict[str, Any]]:
    """Give as plain values which family draws each face of the look."""
    return [{"face": face.name, "family": face.family, "official": face.official} for face in faces]


def errors_data(stops: Sequence[Stop]) -> list[dict[str, Any]]:
    """Give what could not be run as plain values."""
    return [{"message": stop.message, "fix": stop.fix or None} for stop in stops]


def build_data(report: BuildResult) -> dict[str, Any]:
    """Give what a build wrote as plain values."""
    files = [
        {
            "format": output.format,
            "path": output.saved.path,
            "bytes": output.size,
            "pages": output.pages or None,
            "changed": output.saved.changed,
        }
        for output in report.files
    ]
    return check_data(report.check) | {
        "files": files,
        "faces": faces_data(report.faces),
        "seconds": round(report.seconds, 3),
    }
