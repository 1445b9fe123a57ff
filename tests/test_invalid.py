"""Bad data files: each `invalid/<case>.toml` gives exactly the findings in `invalid/<case>.findings.txt`.

The same in English are in `invalid/<case>.findings.en.txt`. `invalid/last/<case>.toml`, where there is one, is the data
file of the year before; others are of 2020.
"""

import tomllib
from pathlib import Path

import pytest
from cases import outputs

from nianbao.checks import check
from nianbao.cli.output.finding_printer import print_findings
from nianbao.model.period import Period
from nianbao.workspace.locales import use_language
from nianbao.workspace.store import Store

FOLDER = Path(__file__).parent / "invalid"
CASES = sorted(FOLDER.glob("*.toml"))
ENDS = {"zh": ".findings.txt", "en": ".findings.en.txt"}


@pytest.fixture(params=["zh", "en"])
def language(request):
    use_language(request.param)
    yield request.param
    use_language("zh")


def put(case, folder):
    """Put a case, and the file of the year before, where they are read; return the year of the case."""
    (folder / "data").mkdir()
    year, last = 2020, FOLDER / "last" / case.name
    if last.exists():
        year = tomllib.loads(last.read_text(encoding="utf-8"))["year"] + 1
        (folder / f"data/{year - 1}.toml").write_bytes(last.read_bytes())
    (folder / f"data/{year}.toml").write_bytes(case.read_bytes())
    return year


def read_expected(case):
    return case.with_suffix(ENDS["zh"]).read_text(encoding="utf-8")


def has_errors(case):
    return case.with_suffix(ENDS["zh"]).exists() and "error[" in read_expected(case)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_findings_are_exactly_these(case, language, tmp_path, monkeypatch, capsys, request):  # noqa: PLR0913, PLR0917  # fixtures
    year = put(case, tmp_path)
    monkeypatch.chdir(tmp_path)
    result = check.check_report(Store(tmp_path), Period(year))
    print_findings(result.findings)
    text = capsys.readouterr().out
    expected = case.with_suffix(ENDS[language])
    if request.config.getoption("--rewrite"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert result.findings
    assert result.blocked == has_errors(case)


def test_every_case_has_its_findings_in_both_languages():
    assert {path.name for path in FOLDER.glob("*.txt")} == {
        f"{case.stem}{end}" for case in CASES for end in ENDS.values()
    }
    assert {path.name for path in FOLDER.glob("last/*")} <= {case.name for case in CASES}


@pytest.mark.parametrize("case", list(filter(has_errors, CASES)), ids=lambda path: path.stem)
def test_build_prints_the_same_and_keeps_existing_files(case, tmp_path, report):
    year = put(case, tmp_path)
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / f"{year}.html").write_text("earlier")
    done = report("build", str(year), cwd=tmp_path)
    assert done.returncode == 1
    assert read_expected(case) == done.stdout
    assert "Traceback" not in done.stderr
    assert [path.name for path in outputs(tmp_path / "build")] == [f"{year}.html"]
    assert (tmp_path / "build" / f"{year}.html").read_text() == "earlier"
