"""Texts that a spreadsheet would take for formulas: in what is exported, and in answers to questions."""

import csv
import re
import unicodedata

import openpyxl
import pytest
from strangers import FACTS

from nianbao.export import duckdb, rows, workbook

RUN = "cmd|' /C calc'!A0"
FORMULAS = {
    "equals": f"={RUN}",
    "plus": f"+{RUN}",
    "minus": f"-{RUN}",
    "at": "@SUM(1,1)",
    "link": '=HYPERLINK("http://evil","x")',
    "equals in full width": f"＝{RUN}",
    "plus in full width": f"＋{RUN}",
    "minus in full width": f"－{RUN}",
    "at in full width": "＠SUM(1,1)",
    "small equals": f"﹦{RUN}",
    "small plus": f"﹢{RUN}",
    "a minus of mathematics": f"−{RUN}",
    "after a tab": f"\\t={RUN}",
    "after a line break": f"\\n={RUN}",
    "after a return": f"\\r={RUN}",
    "after blanks": f"   ={RUN}",
    "after an ideographic space": f"\u3000={RUN}",
    "after a no-break space": f"\u00a0={RUN}",
    "after what does not show": f"\u200b\ufeff={RUN}",
    "after a control": f"\\u0001={RUN}",
    "after NUL": f"\\u0000={RUN}",
}
SHOWN = {"after a control", "after NUL"}  # what is printed shows these, and a workbook writes them out
IN_ANSWERS = [name for name in FORMULAS if name not in SHOWN]
IN_WORKBOOKS = [name for name in IN_ANSWERS if name != "after a return"]
NEVER = "^\\b\\B"  # matches nothing, in Python and in DuckDB


def runs(text):
    """Tell whether a spreadsheet may run a cell: by what Unicode says of its first characters."""
    bare = text.lstrip("".join(sign for sign in text if unicodedata.category(sign)[0] in "ZC"))
    return bool(bare) and (unicodedata.normalize("NFKC", bare[0]) in "=+-@" or bare[0] == "−")


def cells(text):
    return [cell for row in csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True)) for cell in row]


@pytest.fixture
def hostile(attacked):
    def write(formula):
        written = formula.replace('"', '\\"')
        return attacked(facts=f'title = "{written}"\n' + FACTS.replace("某市某局", written))

    return write


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("guarded", [True, False])
def test_no_cell_of_a_csv_is_a_formula(hostile, command, monkeypatch, name, guarded):
    folder = hostile(FORMULAS[name])
    if not guarded:
        monkeypatch.setattr(duckdb, "FORMULA_PATTERN", NEVER)
    assert command("export", "2024", "--to", "csv", cwd=folder).exit_code == 0
    found = [
        cell
        for file in ("facts", "figures")
        for cell in cells((folder / f"build/export/{file}.csv").read_text(encoding="utf-8"))
    ]
    assert any(RUN[:3] in cell or "SUM(" in cell or "HYPER" in cell for cell in found)
    assert any(map(runs, found)) is not guarded


@pytest.mark.parametrize("name", IN_ANSWERS)
@pytest.mark.parametrize("guarded", [True, False])
def test_no_cell_of_an_answer_is_a_formula(hostile, command, monkeypatch, name, guarded):
    folder = hostile(FORMULAS[name])
    if not guarded:
        monkeypatch.setattr(rows, "_FORMULA_REGEX", re.compile(NEVER))
    result = command("query", "select name, -5 as less from reports", "--to", "csv", cwd=folder)
    found = cells(result.stdout)
    assert found[-1] == "-5"  # a number stays one
    assert any(map(runs, found[:-1])) is not guarded


@pytest.mark.parametrize("head", ["=1+1", "＝1+1", "@x", " -x", "+x"])
@pytest.mark.parametrize("guarded", [True, False])
def test_no_head_of_an_answer_is_a_formula(hostile, command, monkeypatch, head, guarded):
    if not guarded:
        monkeypatch.setattr(rows, "_FORMULA_REGEX", re.compile(NEVER))
    result = command("query", f'select year as "{head}" from reports', "--to", "csv", cwd=hostile("x"))
    assert runs(cells(result.stdout)[0]) is not guarded


@pytest.mark.parametrize("name", IN_WORKBOOKS)
@pytest.mark.parametrize("guarded", [True, False])
def test_no_cell_of_a_workbook_becomes_a_formula(hostile, command, monkeypatch, name, guarded):
    folder = hostile(FORMULAS[name])
    if not guarded:
        monkeypatch.setattr(workbook, "is_formula", lambda _text: False)
    assert command("export", "2024", "--to", "xlsx", cwd=folder).exit_code == 0
    made = openpyxl.load_workbook(folder / "build/export/figures.xlsx")
    found = [cell for sheet in made for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in found)
    bare = [cell for cell in found if runs(cell.value) and not cell.quotePrefix]  # one is when somebody edits the cell
    assert bool(bare) is not guarded


def test_numbers_and_honest_texts_stay_as_they_are(attacked, command):
    folder = attacked(facts=FACTS.replace("某市某局", "某市（某）局-1"))
    command("export", "2024", "--to", "csv", cwd=folder)
    assert not any(cell.startswith("'") for cell in cells((folder / "build/export/facts.csv").read_text("utf-8")))
