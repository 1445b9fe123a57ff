"""Findings for other programs: SARIF for code scanning, annotations for GitHub, JUnit for test reports."""

import hashlib
import json
import os
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from nianbao import __version__
from nianbao.checks import rules
from nianbao.checks.results import CheckResult
from nianbao.compose.document import ILLEGAL
from nianbao.model.finding import Finding, Stop

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def format_sarif(reports: Sequence[CheckResult], stops: Sequence[Stop]) -> str:
    """Write findings as SARIF 2.1.0 (OASIS), columns counted in Unicode code points."""
    found = [finding for report in reports for finding in report.findings]
    named = list(dict.fromkeys(finding.rule for finding in found))
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "nianbao", "version": __version__, "rules": [_rule_data(name) for name in named]}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "the folder in which report was run"}}},
        "invocations": [
            {
                "executionSuccessful": not stops,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": _join_lines(stop.message, stop.fix)}} for stop in stops
                ],
            },
        ],
        "results": [_result_data(finding, named.index(finding.rule)) for finding in found],
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def format_github(reports: Sequence[CheckResult], stops: Sequence[Stop]) -> str:
    """Write findings as workflow commands, which GitHub shows beside the lines of a change."""
    kinds = {"error": "error", "warning": "warning", "note": "notice"}
    lines = []
    for finding in (finding for report in reports for finding in report.findings):
        place = finding.place
        where = {"file": place.file}
        if place.line:
            where |= {"line": str(place.line), "col": str(place.column), "endColumn": str(place.column + place.length)}
        words = ",".join(f"{key}={_escape_property(value)}" for key, value in (where | {"title": finding.rule}).items())
        said = "\n".join(filter(None, (finding.message, finding.label, *finding.notes, finding.fix)))
        lines.append(f"::{kinds[finding.level]} {words}::{_escape_data(said)}")
    lines += [f"::error title=report::{_escape_data(_join_lines(stop.message, stop.fix))}" for stop in stops]
    return "\n".join(lines)


def format_junit(reports: Sequence[CheckResult], stops: Sequence[Stop]) -> str:
    """Write findings as JUnit XML: a suite for each report, a failed case for each rule with its findings."""
    root = ET.Element("testsuites", name="nianbao")
    for report in reports:
        told: dict[str, list[Finding]] = {}
        for finding in report.findings:
            if finding.level != "note":
                told.setdefault(finding.rule, []).append(finding)
        cases = max(1, len(told))
        suite = ET.SubElement(root, "testsuite", name=str(report.year), tests=str(cases), failures=str(len(told)))
        for rule, findings in told.items():
            case = ET.SubElement(suite, "testcase", classname=f"report.{report.year}", name=_replace_illegal(rule))
            failure = ET.SubElement(
                case, "failure", message=_replace_illegal(findings[0].message), type=findings[0].level
            )
            failure.text = "\n".join(_replace_illegal(f"{finding.place}: {finding.message}") for finding in findings)
        if not told:
            ET.SubElement(suite, "testcase", classname=f"report.{report.year}", name="report")
    if stops:
        suite = ET.SubElement(root, "testsuite", name="report", tests=str(len(stops)), errors=str(len(stops)))
        for stop in stops:
            case = ET.SubElement(suite, "testcase", classname="report", name="report")
            ET.SubElement(case, "error", message=_replace_illegal(stop.message), type="stop").text = _replace_illegal(
                stop.fix
            )
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


FORMATTERS = {"sarif": format_sarif, "github": format_github, "junit": format_junit}


def _rule_data(name: str) -> dict[str, Any]:
    if name not in rules.names():  # a relation of a form without a page of its own
        return {"id": name}
    rule = rules.rule(name)
    return {
        "id": name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.said},
        "help": {"text": f"report explain {name}"},
        "defaultConfiguration": {"level": rule.level},
    }


def _result_data(finding: Finding, index: int) -> dict[str, Any]:
    place = finding.place
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(os.fsencode(place.file)), "uriBaseId": "SRCROOT"}}
    if place.line:
        location["region"] = {
            "startLine": place.line,
            "startColumn": place.column,
            "endColumn": place.column + place.length,
        }
    # Stable while lines move: what is wrong with which value, not where it stands today.
    about = f"{finding.rule}|{place.file}|{finding.address}".encode(errors="surrogatepass")
    mark = hashlib.sha256(about).hexdigest()[:32]
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": _join_lines(finding.message, finding.label, *finding.notes, finding.fix)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"finding/v1": mark},
    }


def _join_lines(*parts: str) -> str:
    return "\n".join(filter(None, parts))


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _replace_illegal(text: str) -> str:
    return re.sub(ILLEGAL, "\ufffd", text)
