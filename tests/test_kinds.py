"""A toolkit, not one report: another kind of document is a folder, and one repository holds several kinds."""

import ast
import json
import shutil
import tomllib

import docx
import pytest
import toml_rs
from cases import KIND
from lxml import html

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.compose import document
from nianbao.datafiles import scaffold
from nianbao.model.period import Period
from nianbao.workspace.data_files.locating import locate_file
from nianbao.workspace.selection import read_period, select
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import ReportKey, Store


@pytest.fixture
def library(root, tmp_path):
    shutil.copytree(root / "tests/kinds/library", tmp_path / "library")
    return tmp_path / "library"


def test_another_kind_of_document_is_built_in_all_formats(library):
    done = outputs.build_report(Store(library), Period(2024), ["html", "docx", "pdf", "markdown"])
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
    (finding,) = check.check_report(Store(library), Period(2024)).findings
    assert finding.rule == "stock-does-not-close"
    assert "stock.adult.closing" in finding.candidates
    assert finding.label == "差 100，下列几格至少有一格有错"
    assert finding.fix == "年末数应等于年初数加购入减剔除"


def test_a_finding_of_its_own_relations_is_accepted_by_name(library):
    data = library / "data/2024.toml"
    broken = data.read_text(encoding="utf-8").replace("closing = 41100", "closing = 41000")
    data.write_text(broken, encoding="utf-8")
    (finding,) = check.check_report(Store(library), Period(2024)).findings
    entry = f'at = "{finding.address}"\nvalue = {finding.accepted_value}\nbecause = "盘亏一百册"\n'
    data.write_text(f'{broken}\n[[accept]]\nrule = "stock-does-not-close"\n{entry}', encoding="utf-8")
    checked = check.check_report(Store(library), Period(2024))
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
    for path in (TEMPLATES / f"{KIND}/editions").glob("*.toml"):
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
    form = library / "templates/kinds/library/editions/loans.toml"
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
    text = scaffold.format_new_file(Store(library).kind.form_in_force(Period(2025)), Period(2025))
    assert tomllib.loads(text)["desk"] == {"open": 0, "loans": {"books": 0}}
    assert "open  = 0  # 开放天数" in text


def test_no_label_of_the_form_stands_in_the_code(root):
    known = labels()
    assert len(known) > 60
    for path in (root / "cli").rglob("*.py"):
        for text in said(path):
            assert not [label for label in known if label in text], path


def test_a_figure_is_shown_with_its_unit_where_the_form_says_so(library):
    report = check.check_report(Store(library), Period(2024)).report
    assert document.format_figure(report, "stock.adult.cost") == "61234.5元"
    assert document.format_figure(report, "stock.adult.opening") == "40210"


# ── several kinds in one repository ──────────────────────────────────────────────────

# A kind of quarters, in English, of a fiscal year that begins in October.
ENERGY = {
    "kind.toml": """name      = "Energy use"
version   = "1"
languages = ["en"]

[period]
unit   = "quarter"
starts = "10-01"
""",
    "editions/first.toml": """name   = "Energy use"
title  = "{{ site.name }}, energy use {{ period }}"
author = "{{ site.name }}"

[[sections]]
id      = "use"
heading = "Use"
text    = "texts/use.md.j2"

[[facts]]
id       = "site.name"
label    = "site"
kind     = "text"
required = true

[[facts]]
id   = "use.power"
label = "power"
""",
    "page.md.j2": """---
title: {{ title|quoted }}
lang: en
---

{% for section in sections %}
# {{ section.heading }}

{{ section.body }}
{% endfor %}
""",
    "texts/use.md.j2": "{{ site.name }} used {{ use.power }} units of power in {{ period }}.\n",
}
USE = 'period = "2024-Q3"\n\n[site]\nname = "Plant 1"\n\n[use]\npower = 1200\n'


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def both(office):
    """A folder with the statutory report of 2020, and the energy use of an office and of one below it."""
    write(office / "templates/kinds/energy", ENERGY)
    write(office / "data", {"energy/2024-Q3.toml": USE, "plant/energy/2024-Q3.toml": USE.replace("1200", "700")})
    return office


def test_a_kind_that_is_named_is_built_beside_the_default_one(both, report):
    done = report("build", "energy", "2024-Q3", "--to", "html,markdown", cwd=both)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Plant 1 used 1,200 units of power" in (both / "build/energy/2024-Q3.md").read_text()
    page = html.fromstring((both / "build/energy/2024-Q3.html").read_bytes())
    assert (page.get("lang"), page.findtext(".//title")) == ("en", "Plant 1, energy use Q3 2024")
    assert "used 1,200 units of power in Q3 2024." in page.text_content()
    assert report("build", "energy", "plant", "--to", "markdown", cwd=both).returncode == 0
    assert "used 700 units" in (both / "build/plant/energy/2024-Q3.md").read_text()
    assert report("build", "--to", "markdown", cwd=both).returncode == 0
    assert sorted(path.name for path in (both / "build").glob("[!.]*")) == ["2020.md", "energy", "plant"]


def test_reports_of_two_kinds_are_built_incrementally_in_one_folder(both, report):
    words = ("--to", "markdown", "--explain")
    for _ in range(2):
        said = [report("build", *which, *words, cwd=both).stdout for which in (("2020",), ("energy", "2024-Q3"))]
    assert ["没有变化" in text for text in said] == [True, True]
    write(both, {"data/energy/2024-Q3.toml": USE.replace("1200", "1300")})
    assert "没有变化" in report("build", "2020", *words, cwd=both).stdout
    assert "没有变化" not in report("build", "energy", "2024-Q3", *words, cwd=both).stdout
    assert "1,300" in (both / "build/energy/2024-Q3.md").read_text()


def test_json_says_the_kind_and_the_period(both, report):
    found = json.loads(report("validate", "energy", "--all", "--json", cwd=both).stdout)["reports"]
    told = [(one["office"], one["kind"], one["period"]) for one in found]
    assert told == [("", "energy", "2024-Q3"), ("plant", "energy", "2024-Q3")]
    (alone,) = json.loads(report("validate", "2020", "--json", cwd=both).stdout)["reports"]
    assert (alone["year"], "kind" in alone, "period" in alone) == (2020, False, False)


def test_a_new_file_of_a_kind_is_of_its_period(both, report):
    done = report("new", "2024-Q4", "--kind", "energy", cwd=both)
    assert "data/energy/2024-Q4.toml" in done.stdout
    assert "report build energy 2024-Q4" in done.stdout
    text = (both / "data/energy/2024-Q4.toml").read_text(encoding="utf-8")
    assert toml_rs.loads(text)["period"] == "2024-Q4"
    assert "# published = 2024-10-01" in text  # the day after the end of the quarter


@pytest.mark.parametrize(
    ("words", "said", "fix"),
    [
        (("build", "energy", "2024"), "energy 没有 2024 这样的报告期", "2024-Q3"),
        (("build", "2024-Q3"), "cn-disclosure 没有 2024-Q3 这样的报告期", "2024"),
        (("build", "energy", "cn-disclosure"), "一次只做一种文书", "分几次运行"),
        (("new", "2024", "--kind", "energy"), "energy 没有 2024 这样的报告期", "2024-Q3"),
        (("new", "2024", "--kind", "enegry"), "没有文种 enegry，是不是 energy？", "energy、eu-dsa、kpi"),
        (("new", "abc", "--kind", "energy"), "abc 不是报告期", "2024-Q3"),
        (("build", "data/plant/enegry/2024-Q3.toml"), "没有文种 enegry", "cn-rule-of-law、energy、eu-dsa、kpi"),
        (("build", "data/a/b/energy/2024-Q3.toml"), "不是年度，也不是数据文件", "data/2020.toml"),
        (("build", "data/energy/2024.toml"), "energy 没有 2024 这样的报告期", "2024-Q3"),
    ],
)
def test_a_wrong_kind_or_period_is_explained(both, report, words, said, fix):
    done = report(*words, cwd=both)
    assert done.returncode == 2
    assert said in done.stderr
    assert fix in done.stderr.partition("怎么办")[2]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('period = "2024-Q9"', "1:10: error[wrong-type]"),
        ('period = "2024-13"', "1:10: error[wrong-type]"),
        ("period = 3", "1:10: error[wrong-type]"),
        ('period = "2024"', "1:10: error[year-differs]"),
        ('period = "2024-Q2"', "1:10: error[year-differs]"),
        ("", "2024-Q3.toml：1 个错误\n  error[year-differs]"),
    ],
)
def test_a_period_that_the_kind_does_not_have_is_found_where_it_is_written(both, report, written, said):
    write(both, {"data/energy/2024-Q3.toml": USE.replace('period = "2024-Q3"', written)})
    done = report("validate", "energy", "--all", cwd=both)
    assert done.returncode == 1, done.stderr
    assert said in done.stdout
    assert done.stdout.count("error[") == 1
    judged = json.loads(report("validate", "energy", "--all", "--format", "json", cwd=both).stdout)["reports"]
    assert [one["office"] for one in judged] == ["", "plant"]


def test_doctor_lists_data_files_that_are_not_read(both, report):
    assert report("doctor", cwd=both).stderr == ""
    stray = ("2024-Q1.toml", "energy/2024.toml", "energy/2024-13.toml", "plant/enegry/2024-Q3.toml")
    write(both, dict.fromkeys((f"data/{name}" for name in stray), USE) | {"data/offices.toml": ""})
    done = report("doctor", cwd=both)
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert len(lines) == len(stray)
    for name in stray:
        assert any(f"data/{name}" in line for line in lines), name
    shutil.rmtree(both / "templates/kinds/energy")
    told = report("doctor", cwd=both)
    assert "data/plant/energy/2024-Q3.toml" in told.stderr
    assert report("validate", "2020", cwd=both).returncode == 0  # whatever kind is gone, others go on
    assert report("validate", "data/plant/energy/2024-Q3.toml", cwd=both).returncode == 2


def test_a_data_file_is_located_by_its_folders(both):
    store = Store(both)
    located = {
        (): ("2020.toml", ReportKey("", "", Period(2020))),
        ("cn-disclosure",): ("2020.toml", ReportKey("", "", Period(2020))),
        ("energy",): ("2024-Q3.toml", ReportKey("", "energy", Period(2024, "Q3"))),
        ("plant",): ("2020.toml", ReportKey("plant", "", Period(2020))),
        ("plant", "energy"): ("2024-Q3.toml", ReportKey("plant", "energy", Period(2024, "Q3"))),
    }
    for parts, (name, key) in located.items():
        of, period = locate_file(store, parts, name)
        assert of.key(period) == key


def test_offices_and_periods_are_those_of_the_kind(both):
    store = Store(both)
    assert store.offices() == {"": [Period(2020)]}
    assert store.of_kind("energy").offices() == {"": [Period(2024, "Q3")], "plant": [Period(2024, "Q3")]}
    assert store.folders() == ["plant"]  # the folder of a kind is no office
    selected = select(store, ["energy"], all_offices=True).reports
    assert [of.name(period) for of, period in selected] == [
        "data/energy/2024-Q3.toml",
        "data/plant/energy/2024-Q3.toml",
    ]
    assert read_period(store.of_kind("energy"), "2024-Q2") == Period(2024, "Q2")


# ── the default kind, and new folders ────────────────────────────────────────────────


def test_report_toml_names_the_default_kind(both, report):
    write(both, {"report.toml": 'kind = "energy"\n', "data/2024-Q2.toml": USE.replace("Q3", "Q2")})
    shutil.rmtree(both / "data/energy")
    assert Store(both).kind.id == "energy"
    assert report("build", "2024-Q2", "--to", "markdown", cwd=both).returncode == 0
    assert (both / "build/2024-Q2.md").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('kind = "energie"\n', "report.toml:1:8: 没有文种 energie，是不是 energy？"),
        ("kind = 3\n", "report.toml:1:8: kind 应为文字"),
    ],
)
def test_a_kind_in_report_toml_that_is_none_is_an_error(both, report, text, said):
    write(both, {"report.toml": text})
    for words in (("build", "2020"), ("validate",)):
        done = report(*words, cwd=both)
        assert done.returncode == 2
        assert said in done.stderr
        assert "怎么办" in done.stderr
    done = report("doctor", cwd=both)
    assert done.returncode == 0
    assert said in done.stderr


def test_a_folder_is_begun_for_a_kind(copied, tmp_path):
    kind = copied.package / "templates/kinds/energy"
    starter = {"starter/README.md": "Energy use YEAR\n", "starter/gitignore": "build/\n"}
    write(kind, ENERGY | starter)
    done = copied.report("init", "plant", "--kind", "energy", "--year", "2024-Q3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "plant/report.toml").read_text() == 'kind = "energy"\n'
    assert (tmp_path / "plant/README.md").read_text() == "Energy use 2024-Q3\n"
    text = (tmp_path / "plant/data/2024-Q3.toml").read_text(encoding="utf-8")
    assert toml_rs.loads(text)["period"] == "2024-Q3"
    assert copied.report("validate", cwd=tmp_path / "plant").returncode in {0, 1}


def test_a_folder_is_not_begun_for_a_kind_that_is_none(report, tmp_path):
    done = report("init", "plant", "--kind", "energy", cwd=tmp_path)
    assert done.returncode == 2
    assert "没有文种 energy" in done.stderr
    assert not (tmp_path / "plant").exists()


# ── kind.toml ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version   = "1"\n', "", "1:1: 没有写 version"),
        ('["en"]', "[]", "3:13: languages 不能是空的"),
        ('["en"]', '["fr"]', "没有语言 fr 的 templates/locales/fr.toml"),
        ('"quarter"', '"week"', "6:10: period.unit 应为以下之一"),
        ('"10-01"', '"1 October"', "7:10: period.starts"),
        ('"10-01"', '"02-30"', "7:10: 没有 02-30 这一天"),
        ("[period]", 'needs = "nianbao>=99"\n[period]', "要 nianbao>=99，这里是 nianbao"),
        ("[period]", 'needs = "nianbao"\n[period]', "5:9: needs"),
        ("[period]", "nmae = 3\n[period]", "5:1: 不认识的键 nmae"),
        ("name      =", "name      ", "1:5: 名称与值之间少一个等号"),
    ],
)
def test_a_mistake_in_a_kind_is_reported_with_its_place(both, report, old, new, said):
    assert old in ENERGY["kind.toml"]
    write(both, {"templates/kinds/energy/kind.toml": ENERGY["kind.toml"].replace(old, new)})
    done = report("validate", "energy", "2024-Q3", cwd=both)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert report("validate", "2020", cwd=both).returncode == 0  # the other kind is as good as before


def test_a_language_that_the_kind_does_not_have_is_an_error(both, report):
    path = both / "templates/kinds/energy/editions/first.toml"
    path.write_text(f'language = "zh-CN"\n{path.read_text()}')
    done = report("validate", "energy", "2024-Q3", cwd=both)
    assert done.returncode == 2
    assert "templates/kinds/energy/editions/first.toml:1:12: energy 没有语言 zh-CN" in done.stderr


# ── templates of an office of before there were kinds ────────────────────────────────


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("forms/2021.toml", "editions"),
        ("narrative/other.md.j2", "texts"),
        ("report.md.j2", "page.md.j2"),
        ("starter/README.md", "starter"),
    ],
)
def test_templates_in_the_place_of_before_are_told_where_to_go(office, report, old, new):
    write(office / "templates", {old: "x\n"})
    done = report("build", "2020", cwd=office)
    assert done.returncode == 2
    assert f"templates/{old.partition('/')[0]} 不再用了" in done.stderr
    assert f"移到 templates/kinds/cn-disclosure/{new}；" in done.stderr
    assert not (office / "build").exists()
