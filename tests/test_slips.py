"""Slips of the pen: each `slips/<case>.toml` gives the findings in `slips/<case>.zh.txt` and `slips/<case>.en.txt`.

What is certain is corrected, and nothing else is touched.
"""

import tomllib
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nianbao.checks import check
from nianbao.cli.output import findings
from nianbao.datafiles.corrections import correct_text
from nianbao.model.facts import Facts, parse
from nianbao.model.finding import Finding
from nianbao.model.parsing.scanner import find_slips
from nianbao.model.parsing.signs import correct
from nianbao.model.period import Period
from nianbao.workspace.locales import use_language
from nianbao.workspace.store import Store

CASES = sorted((Path(__file__).parent / "slips").glob("*.toml"))
ROOT = Path(__file__).parent.parent
LEAST, BEND = 0.02, 8  # seconds of noise; times the work for four times the text


@pytest.fixture(params=["zh", "en"])
def language(request):
    use_language(request.param)
    yield request.param
    use_language("zh")


def read(path):
    return path.read_bytes().decode()


@pytest.fixture
def put(tmp_path, monkeypatch):
    """Return a function that puts a case in the place of a data file."""
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    return lambda case: (tmp_path / "data/2020.toml").write_bytes(case.read_bytes())


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_each_slip_is_told(case, language, put, tmp_path, capsys, request):  # noqa: PLR0913, PLR0917  # fixtures
    put(case)
    result = check.check_report(Store(tmp_path), Period(2020))
    findings.print_findings([finding for finding in result.findings if finding.level == "error"])
    text = capsys.readouterr().out
    expected = case.with_suffix(f".{language}.txt")
    if request.config.getoption("--rewrite"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert result.blocked


def test_every_case_has_its_findings_in_both_languages():
    assert len(CASES) >= 100
    assert {path.name for path in CASES[0].parent.glob("*.txt")} == {
        f"{case.stem}.{language}.txt" for case in CASES for language in ("zh", "en")
    }


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_all_slips_are_told_and_none_twice(case):
    """A text whose slips are all corrected as the findings say is TOML."""
    text = read(case)
    if isinstance(parse(text, ""), Finding):
        tomllib.loads(correct(text, find_slips(text), certain=False, known=False).replace("\r\n", "\n"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_corrections_are_made_once_and_on_their_lines(case):
    text = read(case)
    corrected = correct_text(text)
    assert correct_text(corrected.text).changes == ()
    assert corrected.text.count("\n") == text.count("\n")
    lines = text.split("\n")
    for change in corrected.changes:
        assert lines[change.line - 1][change.column - 1 :].startswith(change.before)
        assert change.reason


STRINGS = 'a = "１，２“３”：０"  # 注：１，２\n"键，１" = \'｛１｝\'\nb = """\n１，２３4：“五”\n# ＃\n"""\n'


@pytest.mark.parametrize("slip", ["c = １\n", "c = 1，234\n", "【t】\n", "c = 2025年1月20日\n", "x：1\n"])
@pytest.mark.parametrize("above", [True, False])
def test_strings_and_comments_are_left_alone(slip, above):
    text = STRINGS + slip if above else f"{slip}{STRINGS}"
    corrected = correct_text(text).text
    assert STRINGS in corrected
    assert isinstance(parse(corrected, ""), Facts)


def test_what_stands_below_an_open_text_is_not_corrected():
    text = 'a = """\n正文，１\n'
    assert correct_text(f"{text}b = ２\n").changes == ()
    assert correct_text('a = "正文，\n１，２\n').changes == ()


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("data/*.toml")) + sorted(ROOT.glob("templates/kinds/**/*.toml")), ids=str
)
def test_no_slip_is_found_in_a_right_file(path):
    assert find_slips(path.read_text(encoding="utf-8")) == []


SIGNS = st.text(st.sampled_from(list("a1=.,;:{}[]()\"'#\\/- \n，＝“”｛】＃：０　—年件'\r")), max_size=60)


@given(SIGNS)
def test_any_signs_give_facts_or_findings_with_places(text):
    found = parse(text, "x.toml")
    if isinstance(found, Finding):
        lines = text.removeprefix("\ufeff").split("\n")
        for finding in found.split():
            assert finding.place.line <= len(lines)
            assert finding.message
    corrected = correct_text(text)
    assert corrected.text.count("\n") == text.count("\n")


REPEATED = {
    "open strings": 'a = "x\n',
    "open strings of a row": '{ a = "x, b = ',
    "open texts": "k = “““\n",
    "opened texts": 'k = """\n',
    "arrays": "a = [\n",
    "open rows": "a = { b = 1,\n",
    "prose": "某某，文字。\n",
    "colons": "键：",
    "keys": "a = 1\n",
    "keys without commas": "b = 1 ",
    "numbers": "1,234,",
    "brackets": "(a",
    "blanks": " ",
    "quotes": "“",
    "backslashes": "\\",
}


@pytest.mark.parametrize("piece", REPEATED.values(), ids=list(REPEATED))
@pytest.mark.parametrize("start", ["", "k = { x = ", "k = [", 'k = "'])
def test_slips_are_found_in_linear_time(piece, start):
    def seconds(size):
        text = (start + piece * (size // len(piece) + 1))[:size]
        begin = process_time()
        find_slips(text)
        return process_time() - begin

    # Other work on the machine can slow one try; what is not linear is slow in each (as in attacks/test_linear.py).
    assert any(seconds(40_000) / max(seconds(10_000), LEAST) < BEND for _try in range(3))
