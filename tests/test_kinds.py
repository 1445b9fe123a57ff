"""A toolkit, not one report: another kind of document is a form, two texts and a data file."""

import ast
import shutil
import tomllib

import docx
import pytest
from lxml import html

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.compose import document
from nianbao.datafiles import scaffold
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store


@pytest.fixture
def library(root, tmp_path):
    shutil.copytree(root / "tests/kinds/library", tmp_path / "library")
    return tmp_path / "library"


def test_another_kind_of_document_is_built_in_all_formats(library):
    done = outputs.build_report(Store(library), 2024, ["html", "docx", "pdf", "markdown"])
    assert not done.check.findings
    report = done.check.report
    assert report.figures["stock.all.closing"] == 61380
    document = html.fromstring((library / "build/2024.html").read_bytes())
    text = document.text_content()
    assert "城南图书馆年末藏书61380册，全年购入3600册，用去购书费109234.5元。到馆52310人次。" in text
    assert "全年剔除图书430册。" in text
    rows = [[cell.text_content() for cell in row] for row in document.xpath("//tbody/tr")]
    assert rows == [
        ["成人图书", "40210", "1200", "310", "41100", "61234.5元"],
        ["少儿图书", "18000", "2400", "120", "20280", "48000元"],
        ["合计", "58210", "3600", "430", "61380", "109234.5元"],
    ]
    (table,) = docx.Document(library / "build/2024.docx").tables
    assert [cell.text for cell in table.rows[-1].cells] == rows[-1]


def test_its_own_relations_are_judged_by_their_names(library):
    data = library / "data/2024.toml"
    data.write_text(data.read_text(encoding="utf-8").replace("closing = 41100", "closing = 41000"), encoding="utf-8")
    (finding,) = check.check_report(Store(library), 2024).findings
    assert finding.rule == "stock-does-not-close"
    assert finding.address == "stock.adult.closing"
    assert finding.label == "应为 41100"
    assert finding.fix == "年末数应等于年初数加购入减剔除"


def test_a_finding_of_its_own_relations_is_accepted_by_name(library):
    data = library / "data/2024.toml"
    accepted = 'rule = "stock-does-not-close"\nat = "stock.adult.closing"\nvalue = 41000\nbecause = "盘亏一百册"\n'
    data.write_text(
        data.read_text(encoding="utf-8").replace("closing = 41100", "closing = 41000") + f"\n[[accept]]\n{accepted}"
    )
    checked = check.check_report(Store(library), 2024)
    assert not checked.findings
    assert [one.reason for one in checked.accepted] == ["盘亏一百册"]


def test_it_starts_a_year_of_its_own(library, report):
    assert report("new", "2025", cwd=library).returncode == 0
    done = report("build", "2025", "--draft", cwd=library)
    assert done.returncode == 0
    assert "error[stock-does-not-close]" in done.stdout  # the shelves are carried over, their end is not counted yet
    (library / "data/2025.toml").unlink()
    (library / "data/2024.toml").unlink()
    assert report("new", "2025", cwd=library).returncode == 0
    assert report("build", "2025", cwd=library).returncode == 0


def labels():
    found = set()
    for path in (TEMPLATES / "kinds/cn-disclosure/editions").glob("*.toml"):
        form = Store(TEMPLATES.parent).kind.edition(path.stem)
        found |= {cell.text for table in form.tables for cell in table.make_grid().cells if cell.text}
        found |= {section.heading for section in form.sections if section.heading} | {form.name}
    return found | {"政府信息公开"}


def said(path):
    """Every text in a Python file but its docstrings, which may explain a rule in the words of the form."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and ast.get_docstring(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_a_new_year_has_the_columns_of_a_table_without_rows(library):
    form = library / "templates/forms/loans.toml"
    table = """

[[tables]]
id = "desk"

[[tables.blocks]]
columns = [
  { id = "open", label = "开放天数" },
  { id = "loans", label = "借出", below = [{ id = "books", label = "图书" }] },
]
"""
    form.write_text(form.read_text(encoding="utf-8") + table, encoding="utf-8")
    text = scaffold.format_new_file(Store(library).form_in_force(2025), 2025)
    assert tomllib.loads(text)["desk"] == {"open": 0, "loans": {"books": 0}}
    assert "open  = 0  # 开放天数" in text


def test_no_label_of_the_form_stands_in_the_code(root):
    known = labels()
    assert len(known) > 60
    for path in (root / "cli").rglob("*.py"):
        for text in said(path):
            assert not [label for label in known if label in text], path


def test_a_figure_is_shown_with_its_unit_where_the_form_says_so(library):
    report = check.check_report(Store(library), 2024).report
    assert document.format_figure(report, "stock.adult.cost") == "61234.5元"
    assert document.format_figure(report, "stock.adult.opening") == "40210"
