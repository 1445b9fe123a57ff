"""`report import`: figures equal those read by hand from published reports, and what cannot be read is reported."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tracemalloc
import zipfile
from contextlib import suppress
from io import BytesIO
from multiprocessing import get_start_method
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import openpyxl
import pikepdf
import pytest
import toml_rs
from cases import begun, bring, converted, until
from docx import Document
from PIL import Image

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.compose import document
from nianbao.datafiles.formatter import format_text
from nianbao.importer import batch, pipeline, readers
from nianbao.importer.readers import UnreadableError, scans
from nianbao.importer.recognition import recognize
from nianbao.importer.recognition.data_files import data_file as data
from nianbao.importer.recognition.figures_json import collect_figures
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.workspace.processes.limits import READING_MESSAGES, LimitError, has_unfinished_work, limit, run_watched
from nianbao.workspace.store import Store

FOLDER = Path(__file__).parent / "published"
TABLES = ("proactive", "requests", "review_litigation")
REPORTS = sorted(path.stem for path in FOLDER.glob("*.json"))
PLAIN = """year = 2024
published = 2025-01-20
[agency]
name = "某市某局"
[proactive]
[requests]
received = { person = 1 }
outcome.granted = { person = 1 }
[review_litigation]
[facts]
portal_items = 7
[prose]
other = "没有收取信息处理费。"
"""
WITHOUT_BORDERS = FOLDER / "anshan-hrss-2020.txt"


def find_source(slug):
    return next(path for path in FOLDER.glob(f"{slug}.*") if path.suffix != ".json")


def load_expected(slug):
    return json.loads((FOLDER / f"{slug}.json").read_text(encoding="utf-8"))


def read(path, forms, year=0):
    return recognize(readers.read(path.read_bytes(), path.suffix), forms, Period(year) if year else None)


# ── published reports ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("slug", REPORTS)
def test_every_cell_of_a_published_report_equals_the_figure_read_by_hand(slug, forms):
    expected = load_expected(slug)
    found = collect_figures(read(find_source(slug), forms, expected["year"]))
    assert {table: found[table] for table in TABLES} == {table: expected[table] for table in TABLES}
    assert not found["ambiguous_cells"]


@pytest.mark.parametrize("slug", REPORTS)
def test_figures_by_label_can_be_imported_again(slug, forms):
    expected = load_expected(slug)
    published = readers.read(json.dumps(expected, ensure_ascii=False).encode(), "json")
    found = collect_figures(recognize(published, forms))
    assert {table: found[table] for table in TABLES} == {table: expected[table] for table in TABLES}
    assert (found["agency"], found["year"]) == (expected["agency"], expected["year"])


def test_each_block_has_its_own_edition(forms):
    mixed = collect_figures(read(find_source("edu-bureau-2021-mixed"), forms, 2021))
    assert mixed["editions"] == {"proactive": ["2019", "2021"], "requests": ["2021"]}
    assert mixed["edition"] == "2021"


def test_a_row_of_the_earlier_edition_in_a_report_of_the_later_one(forms):
    expected = load_expected("shuyang-drc-2023")
    rows = {label: row for label, row in expected["requests"].items() if "（六）" not in label}
    expected["requests"] = rows | {"三、（六）其他处理": dict.fromkeys(rows["三、（七）总计"], 3)}
    one_row = recognize(readers.read(json.dumps(expected).encode(), "json"), forms)
    assert collect_figures(one_row)["editions"] == {
        "proactive": ["2021"],
        "requests": ["2019"],
        "review_litigation": ["2021"],
    }
    assert collect_figures(one_row)["requests"]["三、（六）其他处理"]["自然人"] == 3
    assert one_row.form.edition == "2021"
    assert one_row.cells_by_address["requests.outcome.other.other.person"].value == 3


def test_figures_that_only_another_edition_has_stand_in_a_comment(forms):
    recognized = read(find_source("edu-bureau-2021-mixed"), forms, 2021)
    text = data.format_data_file(recognized, "source.txt")
    assert "# 2019 版的格，本版没有地方记：规章 · 对外公开总数量 = 0\n" in text
    assert "in_force" not in text
    assert "# 文件到这一行中间断了，没有记下：3.危及“三安全一稳定” 0 0 0\n" in text


def test_an_empty_form_is_read_as_blank(forms, tmp_path):
    blank = begun(
        tmp_path, 2023, 'year = 2023\n[agency]\nname = "某局"\n[proactive]\n[requests]\n[review_litigation]\n'
    )
    outputs.build_report(blank, Period(2023), ["docx"], draft=True, embed_facts=False)
    document = Document(tmp_path / "build/2023.docx")
    for table in document.tables:
        for cell in (cell for row in table.rows for cell in row.cells):
            if cell.text == "0":
                cell.paragraphs[0].runs[0].text = ""
    document.save(tmp_path / "blank.docx")
    recognized = read(tmp_path / "blank.docx", forms)
    assert not recognized.missing_addresses
    assert {cell.state for cell in recognized.cells_by_address.values()} == {"blank"}


@pytest.mark.needs("soffice", package="libreoffice-writer-nogui")
@pytest.mark.parametrize("suffix", ["odt", "docx", "html", "pdf", "txt:Text (encoded):UTF8"])
def test_a_file_saved_again_by_libreoffice_gives_the_same_figures(suffix, built, forms, tmp_path):
    (tmp_path / "2020.docx").write_bytes((built / "2020.docx").read_bytes())
    path = tmp_path / "2020.docx"
    if suffix == "docx":  # converted to another format and back
        path = converted(path, "odt", tmp_path)
    again = tmp_path / "again"
    again.mkdir()
    recognized = read(convert(path, suffix, again), forms)
    report = check.check_report(Store(Path(__file__).parent.parent), Period(2020)).report
    assert {address: cell.value for address, cell in recognized.cells_by_address.items()} == report.figures


def convert(path, suffix, folder):
    if ":" not in suffix:
        return converted(path, suffix, folder)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    words = ["soffice", profile, "--headless", "--convert-to", suffix, "--outdir", str(folder), str(path)]
    subprocess.run(words, capture_output=True, check=True, timeout=600)
    return folder / f"{path.stem}.txt"


# ── digits that ran together ─────────────────────────────────────────────────────────


def test_digits_that_ran_together_are_read_only_where_one_candidate_is_left(forms):
    recognized = read(WITHOUT_BORDERS, forms)
    cells = recognized.cells_by_address
    assert [cells[f"proactive.regulations.{column}"].value for column in ("made", "disclosed", "public")] == [0, 0, 0]
    assert cells["requests.received.total"].value == 1
    undecided = {address for address, cell in cells.items() if cell.state == "undecided"}
    rows = ("received", "outcome.granted", "outcome.total")
    assert undecided == {
        *(f"proactive.normative.{column}" for column in ("made", "disclosed", "public")),
        *(f"proactive.procurement.{column}" for column in ("projects", "amount")),
        *(f"requests.{row}.{column}" for row in rows for column in ("person", "business")),
    }
    row = recognized.rows_by_address["proactive.normative.made"]
    assert (27, 27, 20) in row.candidates.complete
    assert len(row.candidates.complete) == 10
    blank = {address for address, cell in cells.items() if cell.state == "blank"}
    assert "requests.carried_in.person" in blank  # one of seven cells printed nothing: nobody knows which


def test_all_candidates_stand_in_a_comment_and_the_value_is_left_out(forms):
    text = data.format_data_file(read(WITHOUT_BORDERS, forms), WITHOUT_BORDERS.name)
    comment = next(line for line in text.splitlines() if "规范性文件" in line and line.startswith("# 未定"))
    assert "272720" in comment
    assert "27、27、20；" in comment
    assert "normative" not in toml_rs.loads(text)["proactive"]
    procurement = next(line for line in text.splitlines() if "政府集中采购" in line and line.startswith("# 未定"))
    assert "1、498935.88" in procurement


def test_sums_decide_how_digits_are_split(forms, tmp_path):
    path = tmp_path / "run.txt"
    headers = "申请人情况\n自然人法人或其他组织总计\n商业企业科研机构社会公益组织法律服务机构其他\n"
    rows = ["一、本年新收政府信息公开申请数量70530050713", "二、上年结转政府信息公开申请数量360000036"]
    path.write_text(
        f"某局2023年政府信息公开工作年度报告\n三、收到和处理政府信息公开申请情况\n{headers}"
        + "\n".join([*rows, "三、本年度办理结果"]),
        "utf-8",
    )
    cells = read(path, forms).cells_by_address
    columns = ("person", "business", "research", "charity", "legal", "other", "total")
    assert [cells[f"requests.received.{column}"].value for column in columns] == [705, 3, 0, 0, 5, 0, 713]
    assert [cells[f"requests.carried_in.{column}"].value for column in columns] == [36, 0, 0, 0, 0, 0, 36]


# ── values ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("printed", "value", "number"),
    [
        ("２２", 22, 22),
        ("1,234", 1234, 1234),
        ("22（其中修订16件）", 22, 22),
        ("5件", 5, 5),
        ("+21", 21, 21),
        ("-", None, None),
        ("/", None, None),
        ("无", None, None),
        ("", None, None),
        ("约30", None, None),
        ("12 34", None, None),
        ("00", None, None),
    ],
)
def test_a_printed_count_is_read(printed, value, number, forms):
    cell = read_cells(forms, 2023, ["本年制发件数", "本年废止件数", "现行有效件数"], ["规章", printed, "0", "0"])[0]
    assert (cell.value, cell.number) == (value, number)
    assert (cell.state == "blank") == (printed in {"-", "/", "无", ""})


@pytest.mark.parametrize(
    ("printed", "value"), [("减4", -4), ("增10", 10), ("-3", -3), ("+2", 2), ("增加1", 1), ("0", 0)]
)
def test_a_printed_change_is_read(printed, value, forms):
    cell = read_cells(forms, 2020, ["上一年项目数量", "本年增/减", "处理决定数量"], ["行政许可", "9", printed, "1"])[1]
    assert cell.value == value


@pytest.mark.parametrize(
    ("header", "printed", "figures"),
    [
        ("采购总金额", "251000元", ("251000", "251000")),
        ("采购总金额", "160.5964万元", ("1605964", "160.5964")),
        ("采购总金额（万元）", "160.5964", ("1605964", "160.5964")),
        ("采购总金额（萬元）", "1", ("10000", "1")),
        ("采购总金额", "1,498,935.88元", ("1498935.88", "1498935.88")),
    ],
)
def test_money_is_converted_to_the_forms_unit_and_keeps_its_text(header, printed, figures, forms):
    cell = read_cells(forms, 2020, ["采购项目数量", header], ["政府集中采购", "1", printed])[1]
    assert (str(cell.value), str(cell.number), cell.printed) == (*figures, printed)


def read_cells(forms, year, headers, row):
    """Read a page with one row; return its cells."""
    cells = ["".join(f"<td>{text}</td>" for text in line) for line in (["信息内容", *headers], row)]
    page = f"<h1>某局{year}年政府信息公开工作年度报告</h1><table><tr>{cells[0]}</tr><tr>{cells[1]}</tr></table>"
    (recognized_row,) = recognize(readers.read(page.encode(), "html"), forms).tables.rows
    assert recognized_row.layout.form.is_in_force(Period(year))
    return recognized_row.cells


# ── texts ────────────────────────────────────────────────────────────────────────────


def test_sections_are_found_by_their_words_whatever_their_ordinals(forms, tmp_path):
    path = tmp_path / "page.txt"
    row = "四、结转下年度继续办理 0 0 0 0 0 0 0"
    path.write_text(
        "某市某局2023年政府信息公开工作年度报告\n本报告按照条例的要求编制，统计期限为全年。\n"
        "一、总体情况\n全年工作平稳。\n（一）主动公开政府信息情况\n公开三条。\n"
        "二、主动公开政府信息情况\n第二十条第（一）项\n信息内容 本年制发件数 本年废止件数 现行有效件数\n规章 0 0 0\n"
        "二、收到和处理政府信息公开申请情况\n（略）\n"
        f"{row}\n三、政府信息公开行政复议、行政诉讼情况\n"
        "五、存在问题及改进情况\n人手不够，将会加强。\n"
        "五、其他需要报告的事项。没有收取信息处理费。\n某市某局\n2024年1月20日\n版权所有 某网站",
        encoding="utf-8",
    )
    texts = read(path, forms).texts
    assert (texts.office, texts.year, str(texts.published)) == ("某市某局", 2023, "2024-01-20")
    assert texts.prose == {
        "preamble": "本报告按照条例的要求编制，统计期限为全年。",
        "overview": "全年工作平稳。\n\n（一）主动公开政府信息情况\n\n公开三条。",
        "problems": "人手不够，将会加强。",
        "other": "没有收取信息处理费。",
    }
    assert texts.headings["requests"] == "二、收到和处理政府信息公开申请情况"


def test_imported_prose_has_no_placeholder_and_no_markup_that_takes_effect(tmp_path):
    path = tmp_path / "page.html"
    text = "写着 {{ year }} 和 {% if %}，还有 *星号* 与 <b>粗体</b>。"
    page = find_source("shuyang-drc-2023").read_text(encoding="utf-8")
    path.write_text(page.replace("一、总体情况", f"一、总体情况</p><p>{text}", 1), encoding="utf-8")
    store = begun(tmp_path / "office", 2022, "year = 2022\n")
    imported = bring(store, str(path), pipeline.ImportOptions())
    written = check.check_report(store, imported.period).report
    assert written.facts.tree["prose"]["overview"].startswith('写着 {{ "{" }}{ year }}')
    outputs.build_report(store, imported.period, ["markdown"], draft=True)
    printed = (store.out / "2023.md").read_text(encoding="utf-8")
    assert r"{ year }}" in printed.replace("\\", "")
    assert "**粗体**" in printed


def test_placeholders_replace_figures_that_are_facts(tmp_path):
    store = Store(tmp_path)
    page = find_source("shuyang-drc-2023").read_text(encoding="utf-8")
    path = tmp_path / "page.html"
    path.write_text(
        page.replace("一、总体情况", "一、总体情况</p><p>全年收到政府信息公开申请26件。", 1), encoding="utf-8"
    )
    without = bring(store, str(path), pipeline.ImportOptions(dry_run=True))
    with_placeholders = bring(store, str(path), pipeline.ImportOptions(dry_run=True, placeholders=True))
    assert "申请26件" in without.text
    assert "申请{{ requests.received.total }}件" in with_placeholders.text


# ── our own files ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("suffix", ["html", "docx", "pdf"])
def test_our_own_files_are_imported_without_loss_if_trusted(suffix, built, root, tmp_path):
    store = Store(tmp_path)
    imported = bring(store, str(built / f"2020.{suffix}"), pipeline.ImportOptions(trust=True))
    assert imported.lossless
    assert (
        check.check_report(store, Period(2020)).report.facts.tree
        == check.check_report(Store(root), Period(2020)).report.facts.tree
    )


@pytest.mark.parametrize("suffix", ["html", "docx", "pdf"])
def test_our_own_files_are_imported_with_plain_prose_unless_trusted(suffix, built, root, tmp_path):
    store = Store(tmp_path)
    imported = bring(store, str(built / f"2020.{suffix}"), pipeline.ImportOptions())
    assert not imported.lossless
    assert any("--trust" in note for note in imported.notes)
    back, sent = (check.check_report(one, Period(2020)).report for one in (store, Store(root)))
    assert {**back.facts.tree, "prose": {}} == {**sent.facts.tree, "prose": {}}
    assert document.compose(back, store.kind.template).plain == document.compose(sent, store.kind.template).plain
    assert "{{" not in back.prose["overview"]


@pytest.mark.parametrize("suffix", ["html", "docx", "pdf"])
def test_our_own_files_with_plain_prose_are_imported_without_loss(suffix, tmp_path):
    office = begun(tmp_path / "office", 2024, PLAIN)
    outputs.build_report(office, Period(2024), [suffix], draft=True)
    imported = bring(Store(tmp_path), str(office.out / f"2024.{suffix}"), pipeline.ImportOptions())
    assert imported.lossless
    assert toml_rs.loads(imported.text) == toml_rs.loads(PLAIN) | {"edition": "2021"}


def test_a_watermark_over_the_figures_is_not_read(root, tmp_path):
    outputs.build_report(Store(root, tmp_path), Period(2020), ["pdf"], draft=True)
    assert bring(Store(tmp_path), str(tmp_path / "2020.pdf"), pipeline.ImportOptions(dry_run=True, trust=True)).lossless


def test_an_edited_word_file_is_read_as_printed(built, tmp_path):
    document = Document(built / "2020.docx")
    cell = next(cell for table in document.tables for row in table.rows for cell in row.cells if cell.text == "27")
    cell.paragraphs[0].runs[0].text = "28"
    document.save(tmp_path / "2020.docx")
    imported = bring(Store(tmp_path), str(tmp_path / "2020.docx"), pipeline.ImportOptions())
    assert not imported.lossless
    assert any("改过" in note and "规范性文件" in note for note in imported.notes)
    assert toml_rs.loads(imported.text)["proactive"]["normative"]["made"] == 28


def test_edited_prose_is_read_as_printed(built, tmp_path):
    page = (built / "2020.html").read_text(encoding="utf-8").replace("794条", "795条")
    (tmp_path / "2020.html").write_text(page, encoding="utf-8")
    imported = bring(Store(tmp_path), str(tmp_path / "2020.html"), pipeline.ImportOptions())
    assert not imported.lossless
    assert "795条" in imported.text


@pytest.mark.parametrize("slug", [*REPORTS, WITHOUT_BORDERS.stem])
def test_an_imported_data_file_is_formatted(slug, forms):
    path = find_source(slug) if slug in REPORTS else WITHOUT_BORDERS
    recognized = read(path, forms, 2021)
    text = data.format_data_file(recognized, path.name)
    assert format_text(text, recognized.form) == text


# ── the command ──────────────────────────────────────────────────────────────────────


def test_an_import_prints_cell_counts_and_findings(report, tmp_path):
    done = report("import", find_source("hongze-2023"), "--year", 2023, "--office", "某区人民政府", cwd=tmp_path)
    assert done.returncode == 1  # the page lacks sections
    assert "三、收到和处理政府信息公开申请情况" in done.stdout
    assert "已写 data/2023.toml" in done.stdout
    assert (tmp_path / "data/2023.toml").exists()


def test_a_data_file_is_overwritten_only_with_force(report, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/2023.toml").write_text("mine", encoding="utf-8")
    words = ["import", find_source("shuyang-drc-2023")]
    done = report(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "已经有 data/2023.toml" in done.stderr
    assert "--force" in done.stderr
    assert (tmp_path / "data/2023.toml").read_text(encoding="utf-8") == "mine"
    assert report(*words, "--dry-run", cwd=tmp_path).returncode != 2
    assert (tmp_path / "data/2023.toml").read_text(encoding="utf-8") == "mine"
    assert "已写" in report(*words, "--force", cwd=tmp_path).stdout


def test_standard_input_and_figures_by_label(tmp_path):

    command = [sys.executable, "-m", "nianbao", "import", "-", "--to", "json"]
    content = find_source("shuyang-drc-2023").read_bytes()
    done = subprocess.run(command, input=content, cwd=tmp_path, capture_output=True, check=False)
    found = json.loads(done.stdout)
    expected = load_expected("shuyang-drc-2023")
    assert {table: found[table] for table in TABLES} == {table: expected[table] for table in TABLES}
    assert found["account"]["requests"]["blank"] == 125
    assert not (tmp_path / "data").exists()


def test_standard_input_is_read_among_many_files_too(tmp_path):
    slugs = ("shuyang-2025", "shanghai-office-2019", "hongze-2023")
    command = [sys.executable, "-m", "nianbao", "import", "-", *map(find_source, slugs), "--jobs", "2", "--to", "json"]
    content = find_source("shuyang-drc-2023").read_bytes()
    done = subprocess.run(command, input=content, cwd=tmp_path, capture_output=True, check=False)
    assert "标准输入" in {found["file"] for found in json.loads(done.stdout)["reports"]}


def test_each_office_of_many_files_has_a_folder_and_a_bad_file_stops_no_other(report, tmp_path):
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7 broken")
    (tmp_path / "novel.txt").write_text("从前有座山。\n", encoding="utf-8")
    sources = [find_source(slug) for slug in ("shuyang-drc-2023", "shuyang-2025", "shanghai-office-2019")]
    done = report("import", *sources, "bad.pdf", "novel.txt", "--jobs", 2, "-q", cwd=tmp_path)
    assert done.returncode == 2
    assert sorted(path.relative_to(tmp_path).as_posix() for path in (tmp_path / "data").rglob("*.toml")) == [
        "data/上海市人民政府办公厅/2019.toml",
        "data/沐阳县人民政府/2025.toml",
        "data/沭阳县发展和改革局/2023.toml",
    ]
    assert "bad.pdf：文件损坏了" in done.stderr
    assert "novel.txt：没有认出年报的表格" in done.stderr
    assert "3 份" in done.stdout
    assert "2 个文件没有导入" in done.stdout


def test_lists_and_tables_of_the_prose_are_kept(forms):
    page = find_source("shuyang-drc-2023").read_text(encoding="utf-8")
    more = (
        "<p>全年<b>主动公开</b>信息1356条：</p><ul><li>门户网站</li><li>公众号</li></ul>"
        "<table><tr><td>平台</td><td>条数</td></tr><tr><td>门户网站</td><td>1200</td></tr></table>"
    )
    at = page.index("（一）主动公开政府信息情况")
    at = page.index("</p>", at) + len("</p>")
    recognized = recognize(readers.read((page[:at] + more + page[at:]).encode(), "html"), forms)
    assert (
        "全年**主动公开**信息1356条：\n\n- 门户网站\n- 公众号\n\n"
        "| 平台 | 条数 |\n| --- | --- |\n| 门户网站 | 1200 |\n" in recognized.texts.prose["overview"]
    )
    expected = load_expected("shuyang-drc-2023")
    assert {table: collect_figures(recognized)[table] for table in TABLES} == {
        table: expected[table] for table in TABLES
    }


def test_a_symbolic_link_at_the_target_stays_a_link(report, tmp_path):
    (tmp_path / "real.toml").write_text("mine", encoding="utf-8")
    (tmp_path / "2023.toml").symlink_to("real.toml")
    done = report("import", find_source("shuyang-drc-2023"), "--out", "2023.toml", cwd=tmp_path)
    assert (done.returncode, (tmp_path / "real.toml").read_text(encoding="utf-8")) == (2, "mine")
    report("import", find_source("shuyang-drc-2023"), "--out", "2023.toml", "--force", cwd=tmp_path)
    assert (tmp_path / "2023.toml").is_symlink()
    assert "沭阳县" in (tmp_path / "real.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_two_files_of_one_office_and_year_are_compared_and_none_is_written(force, report, tmp_path):
    page = find_source("shuyang-drc-2023").read_text(encoding="utf-8")
    for number in range(4):
        (tmp_path / f"{number}.html").write_text(page.replace(">26<", f">{number + 1}26<"), encoding="utf-8")
    done = report("import", *(f"{number}.html" for number in range(4)), "--jobs", 2, *force, cwd=tmp_path)
    assert done.returncode == 2
    assert not list((tmp_path / "data").rglob("*.toml"))
    assert done.stderr.count("和 0.html 是同一机关同一年度的") == 3
    assert "：2.html 里是“326”，0.html 里是“126”" in done.stderr


def test_two_files_that_say_the_same_are_imported_once(report, tmp_path):
    page = find_source("shuyang-drc-2023").read_bytes()
    for name in ("a.html", "b.html"):
        (tmp_path / name).write_bytes(page)
    done = report("import", "a.html", "b.html", cwd=tmp_path)
    assert "没有导入" not in done.stderr
    (written,) = (tmp_path / "data").rglob("*.toml")
    assert "a.html" in written.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(get_start_method() != "fork", reason="the workers must have the reader that the test sets")
def test_a_file_that_kills_its_worker_stops_no_other(tmp_path, monkeypatch):
    read_file = readers.read

    def kill_worker(content, suffix):
        if content.startswith(b"deadly"):
            os.kill(os.getpid(), signal.SIGKILL)
        return read_file(content, suffix)

    monkeypatch.setattr(readers, "read", kill_worker)
    (tmp_path / "deadly.txt").write_bytes(b"deadly")
    names = [str(find_source(slug)) for slug in ("shuyang-drc-2023", "shuyang-2025", "shanghai-office-2019")]
    options = pipeline.ImportOptions(dry_run=True, folder_per_office=True)
    found = list(batch.import_files(Store(tmp_path), [str(tmp_path / "deadly.txt"), *names], options, jobs=2))
    stops = [one for one in found if isinstance(one, UserError)]
    assert len(found) == 4
    assert [stop.message.endswith("读它的进程没有了") for stop in stops] == [True]


# ── bad input ────────────────────────────────────────────────────────────────────────


def make_package(**parts):
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return content.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("content", "suffix", "why", "fix"),
    [
        (b"", "docx", "空的", "选错"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "docx", "密码", "去掉密码"),
        (b"PK\x03\x04 not a package", "docx", "损坏", "另存"),
        (make_package(a_txt="x"), "zip", "压缩包", "解压"),
        (make_package(word__document_xml="not xml"), "docx", "读不出来", "另存"),
        (b"%PDF-1.7 nothing more", "pdf", "损坏", "重新取得"),
        (b"GIF89a", "gif", "图片", "OCR"),
        (bytes(range(256)) * 20, "bin", "看不出", "docx"),
        (b'{"a": ' * 100_000, "json", "JSON", "完整"),
        (b"<div>" * 5000 + b"x", "html", "嵌套太深", ".docx"),
        (b"\xff\xfa\xfb\xc3" * 500, "txt", "编码", "UTF-8"),
    ],
)
def test_the_error_for_an_unreadable_file_says_why_and_what_to_do(content, suffix, why, fix):
    with pytest.raises(UnreadableError) as stopped:
        readers.read(content, suffix)
    assert why in stopped.value.message
    assert fix in stopped.value.fix


def test_a_file_over_the_size_limit_is_refused_before_all_of_it_is_read(tmp_path):
    with (tmp_path / "big.txt").open("wb") as file:
        file.truncate(readers.MAX_FILE_BYTES + 100)
    with pytest.raises(UserError, match="超过 200 MB"):
        bring(Store(tmp_path), str(tmp_path / "big.txt"), pipeline.ImportOptions(dry_run=True))


@pytest.mark.slow
def test_a_zip_bomb_is_refused():
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package, package.open("word/document.xml", "w") as part:
        for _ in range(900):
            part.write(bytes(2**20))
    assert len(content.getvalue()) < 2**20
    with pytest.raises(UnreadableError, match="展开后太大"):
        readers.read(content.getvalue(), "docx")


def test_a_pdf_with_a_password_or_without_text_is_refused(built, tmp_path, monkeypatch):
    locked = tmp_path / "locked.pdf"
    with pikepdf.open(built / "2020.pdf") as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(UnreadableError, match="密码"):
        readers.read(locked.read_bytes(), "pdf")
    monkeypatch.setattr(scans, "is_installed", lambda: False)
    Image.new("RGB", (600, 800), "white").save(tmp_path / "scan.pdf")
    with pytest.raises(UnreadableError, match="扫描") as stopped:
        readers.read((tmp_path / "scan.pdf").read_bytes(), "pdf")
    assert "OCR" in stopped.value.fix


def test_a_package_with_a_false_size_is_not_unpacked_in_full():
    """The directory of the package says 1,000 bytes, the part has 64 MB."""
    content = bytearray(make_package(mimetype="application/vnd.oasis.opendocument.text", content_xml="x" * 2**26))
    at = content.rfind(b"PK\x01\x02") + 24
    content[at : at + 4] = (1000).to_bytes(4, "little")
    tracemalloc.start()
    with pytest.raises(UnreadableError, match="损坏"):
        readers.read(bytes(content), "odt")
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_an_odt_table_with_an_invalid_width_is_refused():
    content = make_package(
        mimetype="application/vnd.oasis.opendocument.text",
        content_xml='<d xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><t:table>'
        '<t:table-column t:number-columns-repeated="many"/></t:table></d>',
    )
    with pytest.raises(UnreadableError, match="损坏"):
        readers.read(content, "odt")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux")
def test_a_spreadsheet_with_a_cell_merged_over_all_rows_and_columns_is_refused(tmp_path):
    """Two kilobytes would take all memory; in a process of its own, since this one may have grown by other tests."""
    book = openpyxl.Workbook()
    book.active["A1"] = "1"
    book.active.merged_cells.add("A1:XFD1048576")
    book.save(tmp_path / "bomb.xlsx")
    code = (
        "from nianbao.importer import readers\nfrom nianbao.workspace.processes import limits\n"
        "from nianbao.model.finding import UserError\nfrom nianbao.workspace.locales import use_language\n"
        "use_language('zh')\n"
        "try:\n"
        "    with limits.limit(2**29): readers.read(open('bomb.xlsx', 'rb').read(), 'xlsx')\n"
        "except UserError as stop: print(stop.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True, encoding="utf-8")
    assert done.stdout == "合并的单元格、带链接的单元格太多\n"


@pytest.mark.skipif(sys.platform == "win32", reason="time is bounded on Unix")
def test_the_time_limit_ends_code_that_catches_every_error():
    def ignore_errors():
        for _ in iter(int, 1):  # without end
            with suppress(Exception):
                int("1")

    with pytest.raises(UserError, match="还没有读完"), limit(seconds=0.05):
        ignore_errors()


def wait_in_parts(seconds):
    """Do nothing in the processor, as work does that others do not let have it."""
    end = monotonic() + seconds
    while monotonic() < end:
        sleep(0.02)


def test_work_that_did_not_get_the_processor_may_take_longer_where_there_is_patience():
    bounds = {"seconds": 0.2, "memory": 2**30, "messages": READING_MESSAGES}
    assert run_watched(lambda: wait_in_parts(0.4) or "done", **bounds, patience=1_000) == "done"
    told = Event()
    with pytest.raises(LimitError):
        run_watched(told.wait, **bounds)
    with pytest.raises(LimitError):
        run_watched(told.wait, **bounds, patience=2)
    told.set()
    until(lambda: not has_unfinished_work())


def test_work_that_has_not_begun_when_it_is_interrupted_ends_too():
    """A statement that a busy machine had not begun yet went on to its end."""
    begun_work, told = Event(), Event()

    def work():
        sleep(0.5)
        begun_work.set()
        told.wait()

    with pytest.raises(LimitError):
        run_watched(work, 0.05, 2**30, READING_MESSAGES, lambda: begun_work.is_set() and told.set())
    assert not has_unfinished_work()


@pytest.mark.skipif(sys.platform == "win32", reason="time is bounded on Unix")
def test_the_time_limit_of_a_file_has_patience_with_a_busy_machine():
    with limit(seconds=0.2, patience=1_000):
        wait_in_parts(0.4)
    with pytest.raises(LimitError), limit(seconds=0.2, patience=2):
        wait_in_parts(3)
    with pytest.raises(LimitError), limit(seconds=0.2, patience=1_000):
        for _ in iter(int, 1):  # without end, all in the processor
            pass


@pytest.mark.skipif(sys.platform == "win32", reason="time is bounded on Unix")
def test_a_time_limit_that_is_reached_while_it_is_removed_is_removed(monkeypatch):
    """Its timer went on, and ended other work a second later."""

    def set_timer(which, seconds, interval=0, real=signal.setitimer):
        if not seconds:
            signal.raise_signal(signal.SIGALRM)  # the moment itself
        return real(which, seconds and 600, interval)

    monkeypatch.setattr(signal, "setitimer", set_timer)
    handler = signal.getsignal(signal.SIGALRM)
    with limit(seconds=0.01):
        sleep(0.02)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) == handler


@pytest.mark.skipif(sys.platform == "win32", reason="time is bounded on Unix")
def test_the_time_limit_ends_code_once_a_finalizer_has_ended():
    def spin(seconds):
        end = monotonic() + seconds
        while monotonic() < end:
            pass

    class Slow:
        def __del__(self):
            spin(0.5)

    def work():
        Slow()  # what a finalizer raises is printed as a warning and ignored; a warning fails the tests
        spin(10)

    with pytest.raises(UserError, match="还没有读完"), limit(seconds=0.05):
        work()


def test_a_pdf_without_character_maps_is_refused_and_no_figure_is_read_in_part(built):
    def without(fonts):
        with pikepdf.open(built / "2020.pdf") as pdf:
            del pdf.Root.Names
            maps = [font for font in pdf.objects if isinstance(font, pikepdf.Dictionary) and "/ToUnicode" in font]
            for font in maps[fonts:]:
                del font.ToUnicode
            pdf.save(content := BytesIO())
        return content.getvalue()

    with pytest.raises(UnreadableError, match="乱码"):
        readers.read(without(0), "pdf")
    some = repr(readers.read(without(-1), "pdf"))
    assert "\ufffd" in some
    assert "(cid:" not in some


def test_no_resource_is_fetched_and_no_entity_is_expanded(tmp_path):
    """Files and hosts that a page or a Word file names are not opened."""
    secret = tmp_path / "secret.txt"
    secret.write_text("机密机密机密", encoding="utf-8")
    page = find_source("shuyang-drc-2023").read_text(encoding="utf-8")
    bait = f'<iframe src="file://{secret}"></iframe><script>document.write("机密")</script><img src="file://{secret}">'
    found = readers.read((bait + page + bait).encode(), "html")
    assert "机密" not in repr(found)
    markdown = f'![x](file://{secret})\n\n<iframe src="file://{secret}"></iframe>\n\n{{{{include {secret}}}}}\n\nx'
    assert "机密" not in repr(readers.read(markdown.encode(), "md"))
    entity = f'<!DOCTYPE d [<!ENTITY e SYSTEM "file://{secret}">]>'
    for suffix, part in (("docx", "word/document.xml"), ("odt", "content.xml")):
        parts = {"mimetype": "application/vnd.oasis.opendocument.text"} if suffix == "odt" else {}
        content = BytesIO()
        with zipfile.ZipFile(content, "w") as package:
            for name, text in parts.items():
                package.writestr(name, text)
            package.writestr(part, f'<?xml version="1.0"?>{entity}<d>&e;</d>')
        with suppress(UnreadableError):  # a refusal is right as well
            assert "机密" not in repr(readers.read(content.getvalue(), suffix))


def test_two_reports_in_one_file_are_refused(forms):
    both = find_source("shuyang-drc-2023").read_bytes() + find_source("shanghai-office-2019").read_bytes()
    with pytest.raises(UserError, match="两份报告") as stopped:
        recognize(readers.read(both, "html"), forms)
    assert "分成两个文件" in stopped.value.fix


def test_a_truncated_report_says_what_is_missing(built, forms):
    page = (built / "2020.html").read_text(encoding="utf-8")
    cut = page[: page.index("属于行政执法案卷")]
    recognized = recognize(readers.read(cut.encode(), "html"), forms)
    assert len(recognized.cells_by_address) == 22 + 10 * 7
    assert "requests.carried_forward.total" in recognized.missing_addresses
    text = data.format_data_file(recognized, "cut.html")
    assert "# 文件里没有找到的行：7.属于行政执法案卷、" in text
    assert "# 没有找到“四、政府信息公开行政复议、行政诉讼情况”的表格" in text
    assert "[review_litigation]" not in text  # else every figure would be there as 0


@pytest.mark.parametrize("after", ["", '<td style="tex', "<td>", "<td>2"])
def test_a_truncated_row_is_not_read(after, forms):
    page = find_source("shuyang-drc-2023").read_text(encoding="utf-8")
    cut = page[: page.index("</td>", page.index("予以公开"))] + "</td>" + after
    recognized = recognize(readers.read(cut.encode(), "html"), forms)
    assert "requests.carried_in.total" in recognized.cells_by_address
    assert "requests.outcome.granted.person" not in recognized.cells_by_address
    assert any("（一）予以公开" in note for note in recognized.document.notes)


def test_missing_sections_and_cells_are_reported_and_the_import_fails(report, tmp_path):
    done = report("import", find_source("jianping-wjj-2020"), "--year", 2020, cwd=tmp_path)
    assert done.returncode == 1
    assert "176 格文件里没有" in done.stdout
    assert "没有找到“一、总体情况”这一部分" in done.stdout
    assert "error[missing-table] 缺少 [requests]" in done.stdout


def test_the_year_before_is_compared_if_its_data_file_is_beside_the_target(report, tmp_path):
    shutil.copytree(Path(__file__).parent.parent / "data", tmp_path / "data")
    (tmp_path / "data/2020.toml").rename(tmp_path / "data/2022.toml")
    for out, name in ((), ""), (("--out", "elsewhere.toml"), "没有可读的 2022.toml"):
        done = report("import", find_source("shuyang-drc-2023"), "--dry-run", *out, cwd=tmp_path)
        assert ("no-last-year" in done.stdout) == bool(name)
        assert name in done.stdout


@pytest.mark.parametrize("codec", ["utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_text_encodings_in_use_are_read(codec, forms):
    text = find_source("jianping-wjj-2020").read_text(encoding="utf-8")
    found = collect_figures(recognize(readers.read(text.encode(codec), "txt"), forms, Period(2020)))
    assert found["proactive"] == load_expected("jianping-wjj-2020")["proactive"]


def test_a_web_page_in_gbk_is_read_with_or_without_a_declaration(forms):
    page = find_source("shuyang-drc-2023").read_text(encoding="utf-8")
    expected = load_expected("shuyang-drc-2023")["requests"]
    for declaration in ('charset="gb2312"', 'name="x"'):
        content = page.replace('charset="utf-8"', declaration).encode("gb18030")
        assert collect_figures(recognize(readers.read(content, "html"), forms))["requests"] == expected


def test_a_spreadsheet_is_read_with_its_merged_cells(forms, tmp_path):
    form = forms[1]
    book = openpyxl.Workbook()
    sheet = book.active
    top = 1
    for table in form.tables:
        grid = table.make_grid()
        for cell in grid.cells:
            sheet.cell(top + cell.row, 1 + cell.column, cell.text if not cell.slot else top + cell.row)
            if cell.rowspan * cell.colspan > 1:
                end = {"end_row": top + cell.row + cell.rowspan - 1, "end_column": cell.column + cell.colspan}
                sheet.merge_cells(start_row=top + cell.row, start_column=1 + cell.column, **end)
        top += grid.rows + 1
    book.create_sheet("隐藏").sheet_state = "hidden"
    book.save(tmp_path / "form.xlsx")
    published = readers.read((tmp_path / "form.xlsx").read_bytes(), "xlsx")
    assert any("隐藏" in note for note in published.notes)
    recognized = recognize(published, forms, Period(2023))
    assert not recognized.missing_addresses
    assert not recognized.undecided_cells
    assert {cell.state for cell in recognized.cells_by_address.values()} == {"read"}
