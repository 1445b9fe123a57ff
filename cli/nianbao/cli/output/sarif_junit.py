"""Findings for other programs: SARIF for code scanning, annotations for GitHub, JUnit for test reports."""

import hashlib
import json
import os
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from nianbao import __version__
from nianbao.checks import kind_rules
from nianbao.checks.results import CheckResult
from nianbao.compose.document import ILLEGAL_CHARACTERS
from nianbao.model.finding import Finding, UserError
from nianbao.model.period import Period
from nianbao.workspace.kinds import KindFolder
from nianbao.workspace.store import Store

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def format_sarif(results: Sequence[CheckResult], errors: Sequence[UserError], store: Store) -> str:
    """Return findings as SARIF 2.1.0 (OASIS), with columns counted in Unicode code points.

    The pages of rules are those of the kind of the first report that has a finding of the rule.
    """
    findings = [finding for result in results for finding in result.findings]
    kinds = {finding.rule: result.key.kind for result in reversed(results) for finding in result.findings}
    rule_names = list(dict.fromkeys(finding.rule for finding in findings))
    rules_data = [_rule_data(name, store.of_kind(kinds[name]).kind) for name in rule_names]
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "nianbao", "version": __version__, "rules": rules_data}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "the folder in which report was run"}}},
        "invocations": [
            {
                "executionSuccessful": not errors,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": _join_lines(error.message, error.fix)}} for error in errors
                ],
            },
        ],
        "results": [_result_data(finding, rule_names.index(finding.rule)) for finding in findings],
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def format_github(results: Sequence[CheckResult], errors: Sequence[UserError]) -> str:
    """Return findings as workflow commands, which GitHub shows next to the lines of a change."""
    levels = {"error": "error", "warning": "warning", "note": "notice"}
    lines = []
    for finding in (finding for result in results for finding in result.findings):
        place = finding.place
        properties = {"file": place.file}
        if place.line:
            properties |= {
                "line": str(place.line),
                "col": str(place.column),
                "endColumn": str(place.column + place.length),
            }
        properties |= {"title": finding.rule}
        listed = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
        message = _join_lines(finding.message, finding.label, *finding.notes, finding.fix)
        lines.append(f"::{levels[finding.level]} {listed}::{_escape_data(message)}")
    lines += [f"::error title=report::{_escape_data(_join_lines(error.message, error.fix))}" for error in errors]
    return "\n".join(lines)


def format_junit(results: Sequence[CheckResult], errors: Sequence[UserError]) -> str:
    """Return findings as JUnit XML: a suite for each report, a failed case for each rule that has findings."""
    from xml.etree import ElementTree as ET  # noqa: PLC0415  # slow to import

    root = ET.Element("testsuites", name="nianbao")
    for result in results:
        by_rule: dict[str, list[Finding]] = {}
        for finding in result.findings:
            if finding.level != "note":
                by_rule.setdefault(finding.rule, []).append(finding)
        cases = max(1, len(by_rule))
        suite = ET.SubElement(
            root, "testsuite", name=str(result.key.period), tests=str(cases), failures=str(len(by_rule))
        )
        for rule, findings in by_rule.items():
            case = ET.SubElement(
                suite, "testcase", classname=f"report.{result.key.period}", name=_replace_illegal(rule)
            )
            failure = ET.SubElement(
                case, "failure", message=_replace_illegal(findings[0].message), type=findings[0].level
            )
            failure.text = "\n".join(_replace_illegal(f"{finding.place}: {finding.message}") for finding in findings)
        if not by_rule:
            ET.SubElement(suite, "testcase", classname=f"report.{result.key.period}", name="report")
    if errors:
        suite = ET.SubElement(root, "testsuite", name="report", tests=str(len(errors)), errors=str(len(errors)))
        for error in errors:
            case = ET.SubElement(suite, "testcase", classname="report", name="report")
            element = ET.SubElement(case, "error", message=_replace_illegal(error.message), type="stop")
            element.text = _replace_illegal(error.fix)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def format_for_programs(
    style: str,
    results: Sequence[CheckResult],
    errors: Sequence[UserError],
    store: Store,
    unread: Sequence[Finding] = (),
) -> str:
    """Return findings in the format that `--format` names, those about files that are not read as of a last report."""
    if unread:
        period = max((result.key.period for result in results), default=Period(0))
        results = [*results, CheckResult(store.key(period), None, list(unread))]
    if style == "sarif":
        return format_sarif(results, errors, store)
    return {"github": format_github, "junit": format_junit}[style](results, errors)


def _rule_data(name: str, kind: KindFolder) -> dict[str, Any]:
    if name not in kind_rules.list_names(kind):  # a relation of a form that has no page
        return {"id": name}
    rule = kind_rules.load_rule(kind, name)
    return {
        "id": name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.localized_page},
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
    # The same while lines move: it depends on the rule and the value, not on the line.
    identity = f"{finding.rule}|{place.file}|{finding.address}".encode(errors="surrogatepass")
    digest = hashlib.sha256(identity).hexdigest()[:32]
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": _join_lines(finding.message, finding.label, *finding.notes, finding.fix)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"finding/v1": digest},
    }


def _join_lines(*parts: str) -> str:
    return "\n".join(filter(None, parts))


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _replace_illegal(text: str) -> str:
    return re.sub(ILLEGAL_CHARACTERS, "\ufffd", text)
