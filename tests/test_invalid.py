"""Bad data files: each `invalid/<case>.toml` gives exactly the findings in `invalid/<case>.findings.txt`."""

from pathlib import Path

import pytest
from cases import outputs

from nianbao.checks import check
from nianbao.cli.output.finding_printer import print_findings
from nianbao.model.period import Period
from nianbao.workspace.store import Store

CASES = sorted((Path(__file__).parent / "invalid").glob("*.toml"))


def validate(case, tmp_path, monkeypatch, capsys):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "2020.toml").write_bytes(case.read_bytes())
    monkeypatch.chdir(tmp_path)
    result = check.check_report(Store(tmp_path), Period(2020))
    print_findings(result.findings)
    return result, capsys.readouterr().out


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_findings_are_exactly_these(case, tmp_path, monkeypatch, capsys, request):
    result, text = validate(case, tmp_path, monkeypatch, capsys)
    expected = case.with_suffix(".findings.txt")
    if request.config.getoption("--rewrite"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert result.blocked


def test_every_case_has_its_pair():
    assert {case.stem for case in CASES} == {path.name.split(".")[0] for path in CASES[0].parent.glob("*.findings.txt")}


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_build_prints_the_same_and_keeps_existing_files(case, tmp_path, report):
    (tmp_path / "data").mkdir()
    (tmp_path / "build").mkdir()
    (tmp_path / "data" / "2020.toml").write_bytes(case.read_bytes())
    (tmp_path / "build" / "2020.html").write_text("earlier")
    done = report("build", "2020", cwd=tmp_path)
    assert done.returncode == 1
    assert case.with_suffix(".findings.txt").read_text(encoding="utf-8") == done.stdout
    assert "Traceback" not in done.stderr
    assert [path.name for path in outputs(tmp_path / "build")] == ["2020.html"]
    assert (tmp_path / "build" / "2020.html").read_text() == "earlier"
