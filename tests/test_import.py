"""`report import`: published reports equal what was read off them by hand, and what cannot be read is said."""

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

import openpyxl
import pikepdf
import pytest
import toml_rs
from cases import begun, converted
from docx import Document
from PIL import Image

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.compose import document
from nianbao.datafiles.formatter import lay_out
from nianbao.importer import batch, pipeline, readers
from nianbao.importer.readers import Unreadable
from nianbao.importer.recognition import data_file as data
from nianbao.importer.recognition import recognise
from nianbao.importer.recognition.figures_json import figures
from nianbao.model.finding import Stop
from nianbao.workspace.limits import fenced
from nianbao.workspace.store import Store

FOLDER = Path(__file__).parent / "published"
TABLES = ("proactive", "requests", "review_litigation")
TRUTHS = sorted(path.stem for path in FOLDER.glob("*.json"))
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
RUN_TOGETHER = FOLDER / "anshan-hrss-2020.txt"


@pytest.fixture(scope="module")
def forms(root):
    store = Store(root)
    return [store.edition(edition) for edition in sorted(store.editions())]


def source(slug):
    return next(path for path in FOLDER.glob(f"{slug}.*") if path.suffix != ".json")


def truth(slug):
    return json.loads((FOLDER / f"{slug}.json").read_text(encoding="utf-8"))


def read(path, forms, year=0):
    return recognise(readers.read(path.read_bytes(), path.suffix), forms, year)


# ── published reports ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("slug", TRUTHS)
def test_a_published_report_is_read_cell_by_cell_as_by_hand(slug, forms):
    wanted = truth(slug)
    found = figures(read(source(slug), forms, wanted["year"]))
    assert {table: found[table] for table in TABLES} == {table: wanted[table] for table in TABLES}
    assert not found["ambiguous_cells"]


@pytest.mark.parametrize("slug", TRUTHS)
def test_figures_by_label_are_read_back(slug, forms):
    wanted = truth(slug)
    published = readers.read(json.dumps(wanted, ensure_ascii=False).encode(), "json")
    found = figures(recognise(published, forms))
    assert {table: found[table] for table in TABLES} == {table: wanted[table] for table in TABLES}
    assert (found["agency"], found["year"]) == (wanted["agency"], wanted["year"])


def test_the_edition_is_judged_block_by_block(forms):
    mixed = figures(read(source("edu-bureau-2021-mixed"), forms, 2021))
    assert mixed["editions"] == {"proactive": ["2019", "2021"], "requests": ["2021"]}
    assert mixed["edition"] == "2021"


def test_one_row_under_other_in_a_report_of_the_later_edition(forms):
    wanted = truth("shuyang-drc-2023")
    rows = {label: row for label, row in wanted["requests"].items() if "（六）" not in label}
    wanted["requests"] = rows | {"三、（六）其他处理": dict.fromkeys(rows["三、（七）总计"], 3)}
    one_row = recognise(readers.read(json.dumps(wanted).encode(), "json"), forms)
    assert figures(one_row)["editions"] == {"proactive": ["2021"], "requests": ["2019"], "review_litigation": ["2021"]}
    assert figures(one_row)["requests"]["三、（六）其他处理"]["自然人"] == 3
    assert one_row.form.edition == "2021"
    assert one_row.placed["requests.outcome.other.other.person"].value == 3


def test_what_another_edition_has_and_ours_has_not_stays_in_a_comment(forms):
    recognised = read(source("edu-bureau-2021-mixed"), forms, 2021)
    text = data.write(recognised, "source.txt")
    assert "# 2019 版的格，本版没有地方记：规章 · 对外公开总数量 = 0\n" in text
    assert "in_force" not in text
    assert "# 文件到这一行中间断了，没有记下：3.危及“三安全一稳定” 0 0 0\n" in text


def test_a_form_that_was_not_filled_in_is_read_as_blank(forms, tmp_path):
    blank = begun(
        tmp_path, 2023, 'year = 2023\n[agency]\nname = "某局"\n[proactive]\n[requests]\n[review_litigation]\n'
    )
    outputs.build_report(blank, 2023, ["docx"], draft=True, embed_facts=False)
    document = Document(tmp_path / "build/2023.docx")
    for table in document.tables:
        for cell in (cell for row in table.rows for cell in row.cells):
            if cell.text == "0":
                cell.paragraphs[0].runs[0].text = ""
    document.save(tmp_path / "blank.docx")
    recognised = read(tmp_path / "blank.docx", forms)
    assert not recognised.missing
    assert {cell.state for cell in recognised.placed.values()} == {"blank"}


@pytest.mark.needs("soffice", package="libreoffice-writer-nogui")
@pytest.mark.parametrize("suffix", ["odt", "docx", "html", "pdf", "txt:Text (encoded):UTF8"])
def test_what_a_word_processor_saved_again_is_read_the_same(suffix, built, forms, tmp_path):
    (tmp_path / "2020.docx").write_bytes((built / "2020.docx").read_bytes())
    path = tmp_path / "2020.docx"
    if suffix == "docx":  # through another format and back
        path = converted(path, "odt", tmp_path)
    again = tmp_path / "again"
    again.mkdir()
    made = converted_as(path, suffix, again)
    recognised = read(made, forms)
    report = check.check_report(Store(Path(__file__).parent.parent), 2020).report
    assert {address: cell.value for address, cell in recognised.placed.items()} == report.figures


def converted_as(path, suffix, folder):
    if ":" not in suffix:
        return converted(path, suffix, folder)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    words = ["soffice", profile, "--headless", "--convert-to", suffix, "--outdir", str(folder), str(path)]
    subprocess.run(words, capture_output=True, check=True, timeout=180)
    return folder / f"{path.stem}.txt"


# ── digits that ran together ─────────────────────────────────────────────────────────


def test_digits_that_ran_together_are_read_only_where_one_reading_is_left(forms):
    recognised = read(RUN_TOGETHER, forms)
    cells = recognised.placed
    assert [cells[f"proactive.regulations.{column}"].value for column in ("made", "disclosed", "public")] == [0, 0, 0]
    assert cells["requests.received.total"].value == 1
    undecided = {address for address, cell in cells.items() if cell.state == "undecided"}
    rows = ("received", "outcome.granted", "outcome.total")
    assert undecided == {
        *(f"proactive.normative.{column}" for column in ("made", "disclosed", "public")),
        *(f"proactive.procurement.{column}" for column in ("projects", "amount")),
        *(f"requests.{row}.{column}" for row in rows for column in ("person", "business")),
    }
    line = recognised.lines["proactive.normative.made"]
    assert (27, 27, 20) in line.readings.full
    assert len(line.readings.full) == 10
    blank = {address for address, cell in cells.items() if cell.state == "blank"}
    assert "requests.carried_in.person" in blank  # one of seven cells printed nothing: which is not known


def test_all_readings_stand_in_a_comment_and_the_value_is_left_out(forms):
    text = data.write(read(RUN_TOGETHER, forms), RUN_TOGETHER.name)
    comment = next(line for line in text.splitlines() if "规范性文件" in line and line.startswith("# 未定"))
    assert "272720" in comment
    assert "27、27、20；" in comment
    assert "normative" not in toml_rs.loads(text)["proactive"]
    procurement = next(line for line in text.splitlines() if "政府集中采购" in line and line.startswith("# 未定"))
    assert "1、498935.88" in procurement


def test_sums_decide_how_digits_are_parted(forms, tmp_path):
    path = tmp_path / "run.txt"
    heads = "申请人情况\n自然人法人或其他组织总计\n商业企业科研机构社会公益组织法律服务机构其他\n"
    rows = ["一、本年新收政府信息公开申请数量70530050713", "二、上年结转政府信息公开申请数量360000036"]
    path.write_text(
        f"某局2023年政府信息公开工作年度报告\n三、收到和处理政府信息公开申请情况\n{heads}"
        + "\n".join([*rows, "三、本年度办理结果"]),
        "utf-8",
    )
    cells = read(path, forms).placed
    columns = ("person", "business", "research", "charity", "legal", "other", "total")
    assert [cells[f"requests.received.{column}"].value for column in columns] == [705, 3, 0, 0, 5, 0, 713]
    assert [cells[f"requests.carried_in.{column}"].value for column in columns] == [36, 0, 0, 0, 0, 0, 36]


# ── values ─────────────────────────────────────────────────────────────────────────────


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
def test_a_count_as_it_is_printed(printed, value, number, forms):
    cell = one(forms, 2023, ["本年制发件数", "本年废止件数", "现行有效件数"], ["规章", printed, "0", "0"])[0]
    assert (cell.value, cell.number) == (value, number)
    assert (cell.state == "blank") == (printed in {"-", "/", "无", ""})


@pytest.mark.parametrize(
    ("printed", "value"), [("减4", -4), ("增10", 10), ("-3", -3), ("+2", 2), ("增加1", 1), ("0", 0)]
)
def test_a_change_as_it_is_printed(printed, value, forms):
    cell = one(forms, 2020, ["上一年项目数量", "本年增/减", "处理决定数量"], ["行政许可", "9", printed, "1"])[1]
    assert cell.value == value


@pytest.mark.parametrize(
    ("head", "printed", "figures"),
    [
        ("采购总金额", "251000元", ("251000", "251000")),
        ("采购总金额", "160.5964万元", ("1605964", "160.5964")),
        ("采购总金额（万元）", "160.5964", ("1605964", "160.5964")),
        ("采购总金额（萬元）", "1", ("10000", "1")),
        ("采购总金额", "1,498,935.88元", ("1498935.88", "1498935.88")),
    ],
)
def test_money_comes_in_the_forms_unit_and_keeps_its_print(head, printed, figures, forms):
    cell = one(forms, 2020, ["采购项目数量", head], ["政府集中采购", "1", printed])[1]
    assert (str(cell.value), str(cell.number), cell.printed) == (*figures, printed)


def one(forms, year, heads, row):
    """Read a page of one row; return its cells."""
    cells = ["".join(f"<td>{text}</td>" for text in line) for line in (["信息内容", *heads], row)]
    page = f"<h1>某局{year}年政府信息公开工作年度报告</h1><table><tr>{cells[0]}</tr><tr>{cells[1]}</tr></table>"
    (line,) = recognise(readers.read(page.encode(), "html"), forms).tables.lines
    assert line.shape.form.in_force(year)
    return line.cells


# ── texts ──────────────────────────────────────────────────────────────────────────────


def test_sections_are_found_by_their_words_whatever_their_numbers(forms, tmp_path):
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
    told = read(path, forms).told
    assert (told.office, told.year, str(told.published)) == ("某市某局", 2023, "2024-01-20")
    assert told.prose == {
        "preamble": "本报告按照条例的要求编制，统计期限为全年。",
        "overview": "全年工作平稳。\n\n（一）主动公开政府信息情况\n\n公开三条。",
        "problems": "人手不够，将会加强。",
        "other": "没有收取信息处理费。",
    }
    assert told.headings["requests"] == "二、收到和处理政府信息公开申请情况"


def test_prose_of_others_holds_no_placeholder_and_no_markup_of_ours(tmp_path):
    path = tmp_path / "page.html"
    text = "写着 {{ year }} 和 {% if %}，还有 *星号* 与 <b>粗体</b>。"
    page = source("shuyang-drc-2023").read_text(encoding="utf-8")
    path.write_text(page.replace("一、总体情况", f"一、总体情况</p><p>{text}", 1), encoding="utf-8")
    store = begun(tmp_path / "office", 2022, "year = 2022\n")
    brought = pipeline.bring(store, str(path), pipeline.Wanted())
    written = check.check_report(store, brought.year).report
    assert written.facts.tree["prose"]["overview"].startswith('写着 {{ "{" }}{ year }}')
    outputs.build_report(store, brought.year, ["markdown"], draft=True)
    printed = (store.out / "2023.md").read_text(encoding="utf-8")
    assert r"{ year }}" in printed.replace("\\", "")
    assert "**粗体**" in printed


def test_placeholders_stand_for_figures_that_are_facts(tmp_path):
    store = Store(tmp_path)
    page = source("shuyang-drc-2023").read_text(encoding="utf-8")
    path = tmp_path / "page.html"
    path.write_text(
        page.replace("一、总体情况", "一、总体情况</p><p>全年收到政府信息公开申请26件。", 1), encoding="utf-8"
    )
    plain = pipeline.bring(store, str(path), pipeline.Wanted(dry=True))
    offered = pipeline.bring(store, str(path), pipeline.Wanted(dry=True, placeholders=True))
    assert "申请26件" in plain.text
    assert "申请{{ requests.received.total }}件" in offered.text


# ── our own files ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("suffix", ["html", "docx", "pdf"])
def test_our_own_files_come_back_without_loss(suffix, built, root, tmp_path):
    store = Store(tmp_path)
    brought = pipeline.bring(store, str(built / f"2020.{suffix}"), pipeline.Wanted(trust=True))
    assert brought.lossless
    assert check.check_report(store, 2020).report.facts.tree == check.check_report(Store(root), 2020).report.facts.tree


@pytest.mark.parametrize("suffix", ["html", "docx", "pdf"])
def test_our_own_files_come_back_in_their_words_where_nobody_trusts_them(suffix, built, root, tmp_path):
    store = Store(tmp_path)
    brought = pipeline.bring(store, str(built / f"2020.{suffix}"), pipeline.Wanted())
    assert not brought.lossless
    assert any("--trust" in note for note in brought.notes)
    back, sent = (check.check_report(one, 2020).report for one in (store, Store(root)))
    assert {**back.facts.tree, "prose": {}} == {**sent.facts.tree, "prose": {}}
    assert document.compose(back, store.template).plain == document.compose(sent, store.template).plain
    assert "{{" not in back.prose["overview"]


@pytest.mark.parametrize("suffix", ["html", "docx", "pdf"])
def test_our_own_files_whose_prose_is_plain_come_back_without_loss(suffix, tmp_path):
    office = begun(tmp_path / "office", 2024, PLAIN)
    outputs.build_report(office, 2024, [suffix], draft=True)
    brought = pipeline.bring(Store(tmp_path), str(office.out / f"2024.{suffix}"), pipeline.Wanted())
    assert brought.lossless
    assert toml_rs.loads(brought.text) == toml_rs.loads(PLAIN) | {"edition": "2021"}


def test_a_watermark_over_the_figures_is_no_part_of_them(root, tmp_path):
    outputs.build_report(Store(root, tmp_path), 2020, ["pdf"], draft=True)
    assert pipeline.bring(Store(tmp_path), str(tmp_path / "2020.pdf"), pipeline.Wanted(dry=True, trust=True)).lossless


def test_a_word_file_that_was_edited_is_read_as_it_is_printed(built, tmp_path):
    document = Document(built / "2020.docx")
    cell = next(cell for table in document.tables for row in table.rows for cell in row.cells if cell.text == "27")
    cell.paragraphs[0].runs[0].text = "28"
    document.save(tmp_path / "2020.docx")
    brought = pipeline.bring(Store(tmp_path), str(tmp_path / "2020.docx"), pipeline.Wanted())
    assert not brought.lossless
    assert any("改过" in note and "规范性文件" in note for note in brought.notes)
    assert toml_rs.loads(brought.text)["proactive"]["normative"]["made"] == 28


def test_prose_that_was_edited_is_read_as_it_is_printed(built, tmp_path):
    page = (built / "2020.html").read_text(encoding="utf-8").replace("794条", "795条")
    (tmp_path / "2020.html").write_text(page, encoding="utf-8")
    brought = pipeline.bring(Store(tmp_path), str(tmp_path / "2020.html"), pipeline.Wanted())
    assert not brought.lossless
    assert "795条" in brought.text


@pytest.mark.parametrize("slug", [*TRUTHS, RUN_TOGETHER.stem])
def test_a_data_file_that_was_imported_needs_no_laying_out(slug, forms):
    path = source(slug) if slug in TRUTHS else RUN_TOGETHER
    recognised = read(path, forms, 2021)
    text = data.write(recognised, path.name)
    assert lay_out(text, recognised.form) == text


# ── the command ────────────────────────────────────────────────────────────────────────


def test_an_import_tells_its_account_and_the_findings(report, tmp_path):
    done = report("import", source("hongze-2023"), "--year", 2023, "--office", "某区人民政府", cwd=tmp_path)
    assert done.returncode == 1  # sections are missing on that page
    assert "三、收到和处理政府信息公开申请情况" in done.stdout
    assert "已写 data/2023.toml" in done.stdout
    assert (tmp_path / "data/2023.toml").exists()


def test_a_data_file_is_not_overwritten_unasked(report, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/2023.toml").write_text("mine", encoding="utf-8")
    words = ["import", source("shuyang-drc-2023")]
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
    content = source("shuyang-drc-2023").read_bytes()
    done = subprocess.run(command, input=content, cwd=tmp_path, capture_output=True, check=False)
    found = json.loads(done.stdout)
    wanted = truth("shuyang-drc-2023")
    assert {table: found[table] for table in TABLES} == {table: wanted[table] for table in TABLES}
    assert found["account"]["requests"]["blank"] == 125
    assert not (tmp_path / "data").exists()


def test_many_files_each_get_a_folder_and_a_bad_one_stops_none(report, tmp_path):
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7 broken")
    (tmp_path / "novel.txt").write_text("从前有座山。\n", encoding="utf-8")
    sources = [source(slug) for slug in ("shuyang-drc-2023", "shuyang-2025", "shanghai-office-2019")]
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


def test_lists_and_tables_of_the_prose_stay_what_they_are(forms):
    page = source("shuyang-drc-2023").read_text(encoding="utf-8")
    more = (
        "<p>全年<b>主动公开</b>信息1356条：</p><ul><li>门户网站</li><li>公众号</li></ul>"
        "<table><tr><td>平台</td><td>条数</td></tr><tr><td>门户网站</td><td>1200</td></tr></table>"
    )
    at = page.index("（一）主动公开政府信息情况")
    at = page.index("</p>", at) + len("</p>")
    recognised = recognise(readers.read((page[:at] + more + page[at:]).encode(), "html"), forms)
    assert (
        "全年**主动公开**信息1356条：\n\n- 门户网站\n- 公众号\n\n"
        "| 平台 | 条数 |\n| --- | --- |\n| 门户网站 | 1200 |\n" in recognised.told.prose["overview"]
    )
    wanted = truth("shuyang-drc-2023")
    assert {table: figures(recognised)[table] for table in TABLES} == {table: wanted[table] for table in TABLES}


def test_a_link_in_the_place_of_a_data_file_stays_one(report, tmp_path):
    (tmp_path / "real.toml").write_text("mine", encoding="utf-8")
    (tmp_path / "2023.toml").symlink_to("real.toml")
    done = report("import", source("shuyang-drc-2023"), "--out", "2023.toml", cwd=tmp_path)
    assert (done.returncode, (tmp_path / "real.toml").read_text(encoding="utf-8")) == (2, "mine")
    report("import", source("shuyang-drc-2023"), "--out", "2023.toml", "--force", cwd=tmp_path)
    assert (tmp_path / "2023.toml").is_symlink()
    assert "沭阳县" in (tmp_path / "real.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_two_files_of_one_office_and_year_do_not_overwrite_each_other(force, report, tmp_path):
    page = source("shuyang-drc-2023").read_text(encoding="utf-8")
    for number in range(4):
        (tmp_path / f"{number}.html").write_text(page.replace(">26<", f">{number}26<"), encoding="utf-8")
    done = report("import", *(f"{number}.html" for number in range(4)), "--jobs", 2, *force, cwd=tmp_path)
    assert done.returncode == 2
    (kept,) = (tmp_path / "data").rglob("*.toml")
    assert done.stderr.count("和 0.html 是同一机关同一年度的") == 3
    assert "0.html" in kept.read_text(encoding="utf-8")


@pytest.mark.skipif(get_start_method() != "fork", reason="the processes must have the reader that is put in here")
def test_a_file_that_kills_its_process_stops_no_other(tmp_path, monkeypatch):
    whole = readers.read

    def deadly(content, suffix):
        if content.startswith(b"deadly"):
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(content, suffix)

    monkeypatch.setattr(readers, "read", deadly)
    (tmp_path / "deadly.txt").write_bytes(b"deadly")
    names = [str(source(slug)) for slug in ("shuyang-drc-2023", "shuyang-2025", "shanghai-office-2019")]
    wanted = pipeline.Wanted(dry=True, several=True)
    found = list(batch.bring_all(Store(tmp_path), [str(tmp_path / "deadly.txt"), *names], wanted, jobs=2))
    stops = [one for one in found if isinstance(one, Stop)]
    assert len(found) == 4
    assert [stop.message.endswith("读它的进程没有了") for stop in stops] == [True]


# ── bad input ──────────────────────────────────────────────────────────────────────────


def packed(**parts):
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
        (OLE + "WordDocument".encode("utf-16-le"), "doc", "旧式的 .doc", "另存为 .docx"),
        (OLE + "Workbook".encode("utf-16-le"), "xls", "旧式的 .xls", "另存为 .xlsx"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "docx", "密码", "去掉密码"),
        (b"PK\x03\x04 not a package", "docx", "损坏", "另存"),
        (packed(a_txt="x"), "zip", "压缩包", "解压"),
        (packed(word__document_xml="not xml"), "docx", "读不出来", "另存"),
        (b"%PDF-1.7 nothing more", "pdf", "损坏", "重新取得"),
        (b"\x89PNG\r\n\x1a\n", "png", "图片", "OCR"),
        (b"{\\rtf1 }", "rtf", "RTF", ".docx"),
        (bytes(range(256)) * 20, "bin", "看不出", "docx"),
        (b'{"a": ' * 100_000, "json", "JSON", "完整"),
        (b"<div>" * 5000 + b"x", "html", "嵌套太深", ".docx"),
        (b"\xff\xfa\xfb\xc3" * 500, "txt", "编码", "UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(content, suffix, why, fix):
    with pytest.raises(Unreadable) as stopped:
        readers.read(content, suffix)
    assert why in stopped.value.message
    assert fix in stopped.value.fix


def test_a_file_beyond_the_limit_is_refused_before_it_is_read_whole(tmp_path):
    with (tmp_path / "big.txt").open("wb") as file:
        file.truncate(readers.LIMIT + 100)
    with pytest.raises(Stop, match="超过 200 MB"):
        pipeline.bring(Store(tmp_path), str(tmp_path / "big.txt"), pipeline.Wanted(dry=True))


def test_a_package_that_would_swell_is_not_opened():
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package, package.open("word/document.xml", "w") as part:
        for _ in range(900):
            part.write(bytes(2**20))
    assert len(content.getvalue()) < 2**20
    with pytest.raises(Unreadable, match="展开后太大"):
        readers.read(content.getvalue(), "docx")


def test_a_pdf_with_a_password_or_without_text_is_refused(built, tmp_path):
    locked = tmp_path / "locked.pdf"
    with pikepdf.open(built / "2020.pdf") as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(Unreadable, match="密码"):
        readers.read(locked.read_bytes(), "pdf")
    Image.new("RGB", (600, 800), "white").save(tmp_path / "scan.pdf")
    with pytest.raises(Unreadable, match="扫描") as stopped:
        readers.read((tmp_path / "scan.pdf").read_bytes(), "pdf")
    assert "OCR" in stopped.value.fix


def test_a_package_that_lies_about_its_size_is_not_swallowed_whole():
    """The directory of the package says 1,000 bytes, the part has 64 MB."""
    content = bytearray(packed(mimetype="application/vnd.oasis.opendocument.text", content_xml="x" * 2**26))
    at = content.rfind(b"PK\x01\x02") + 24
    content[at : at + 4] = (1000).to_bytes(4, "little")
    tracemalloc.start()
    with pytest.raises(Unreadable, match="损坏"):
        readers.read(bytes(content), "odt")
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_a_table_of_odt_with_a_senseless_width_is_refused():
    content = packed(
        mimetype="application/vnd.oasis.opendocument.text",
        content_xml='<d xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><t:table>'
        '<t:table-column t:number-columns-repeated="many"/></t:table></d>',
    )
    with pytest.raises(Unreadable, match="损坏"):
        readers.read(content, "odt")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux")
def test_a_spreadsheet_with_a_cell_merged_over_all_rows_and_columns_is_refused(tmp_path):
    """Two kilobytes that would take all memory; in a process of its own, which may have grown by other tests."""
    book = openpyxl.Workbook()
    book.active["A1"] = "1"
    book.active.merged_cells.add("A1:XFD1048576")
    book.save(tmp_path / "bomb.xlsx")
    code = (
        "from nianbao.importer import readers\nfrom nianbao.workspace import limits\n"
        "from nianbao.model.finding import Stop\n"
        "try:\n"
        "    with limits.fenced(2**29): readers.read(open('bomb.xlsx', 'rb').read(), 'xlsx')\n"
        "except Stop as stop: print(stop.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True, encoding="utf-8")
    assert done.stdout == "合并的单元格太多\n"


@pytest.mark.skipif(sys.platform == "win32", reason="time is bounded on Unix")
def test_what_takes_too_long_is_given_up():
    def stubborn():
        for _ in iter(int, 1):  # without end
            with suppress(Exception):
                int("1")

    with pytest.raises(Stop, match="还没有读完"), fenced(seconds=0.05):
        stubborn()


def test_a_pdf_that_does_not_name_its_letters_is_refused_and_one_figure_of_it_never_read_in_part(built):
    def without(fonts):
        with pikepdf.open(built / "2020.pdf") as pdf:
            del pdf.Root.Names
            maps = [font for font in pdf.objects if isinstance(font, pikepdf.Dictionary) and "/ToUnicode" in font]
            for font in maps[fonts:]:
                del font.ToUnicode
            pdf.save(content := BytesIO())
        return content.getvalue()

    with pytest.raises(Unreadable, match="乱码"):
        readers.read(without(0), "pdf")
    some = repr(readers.read(without(-1), "pdf"))
    assert "\ufffd" in some
    assert "(cid:" not in some


def test_nothing_is_fetched_and_no_entity_is_opened(tmp_path):
    """A page and a Word file that name files and hosts are read as if they did not."""
    secret = tmp_path / "secret.txt"
    secret.write_text("机密机密机密", encoding="utf-8")
    page = source("shuyang-drc-2023").read_text(encoding="utf-8")
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
        with suppress(Unreadable):  # to refuse it is as good
            assert "机密" not in repr(readers.read(content.getvalue(), suffix))


def test_two_reports_in_one_file_are_refused(forms):
    both = source("shuyang-drc-2023").read_bytes() + source("shanghai-office-2019").read_bytes()
    with pytest.raises(Stop, match="两份报告") as stopped:
        recognise(readers.read(both, "html"), forms)
    assert "分成两个文件" in stopped.value.fix


def test_a_report_that_was_cut_off_says_what_is_missing(built, forms):
    page = (built / "2020.html").read_text(encoding="utf-8")
    cut = page[: page.index("属于行政执法案卷")]
    recognised = recognise(readers.read(cut.encode(), "html"), forms)
    assert len(recognised.placed) == 22 + 10 * 7
    assert "requests.carried_forward.total" in recognised.missing
    text = data.write(recognised, "cut.html")
    assert "# 文件里没有找到的行：7.属于行政执法案卷、" in text
    assert "# 没有找到“四、政府信息公开行政复议、行政诉讼情况”的表格" in text
    assert "[review_litigation]" not in text  # else it would stand there as all 0


@pytest.mark.parametrize("after", ["", '<td style="tex', "<td>", "<td>2"])
def test_a_row_in_the_middle_of_which_a_page_was_cut_off_is_not_read(after, forms):
    page = source("shuyang-drc-2023").read_text(encoding="utf-8")
    cut = page[: page.index("</td>", page.index("予以公开"))] + "</td>" + after
    recognised = recognise(readers.read(cut.encode(), "html"), forms)
    assert "requests.carried_in.total" in recognised.placed
    assert "requests.outcome.granted.person" not in recognised.placed
    assert any("（一）予以公开" in note for note in recognised.published.notes)


def test_what_is_missing_is_said_and_the_import_does_not_pass_for_whole(report, tmp_path):
    done = report("import", source("jianping-wjj-2020"), "--year", 2020, cwd=tmp_path)
    assert done.returncode == 1
    assert "176 格文件里没有" in done.stdout
    assert "没有找到“一、总体情况”这一部分" in done.stdout
    assert "error[missing-table] 缺少 [requests]" in done.stdout


def test_the_year_before_is_compared_where_it_lies_beside(report, tmp_path):
    shutil.copytree(Path(__file__).parent.parent / "data", tmp_path / "data")
    (tmp_path / "data/2020.toml").rename(tmp_path / "data/2022.toml")
    for out, name in ((), ""), (("--out", "elsewhere.toml"), "没有可读的 2022.toml"):
        done = report("import", source("shuyang-drc-2023"), "--dry-run", *out, cwd=tmp_path)
        assert ("no-last-year" in done.stdout) == bool(name)
        assert name in done.stdout


@pytest.mark.parametrize("codec", ["utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_encodings_of_the_field(codec, forms):
    text = source("jianping-wjj-2020").read_text(encoding="utf-8")
    found = figures(recognise(readers.read(text.encode(codec), "txt"), forms, 2020))
    assert found["proactive"] == truth("jianping-wjj-2020")["proactive"]


def test_a_web_page_in_gbk_that_says_so_or_not(forms):
    page = source("shuyang-drc-2023").read_text(encoding="utf-8")
    wanted = truth("shuyang-drc-2023")["requests"]
    for said in ('charset="gb2312"', 'name="x"'):
        content = page.replace('charset="utf-8"', said).encode("gb18030")
        assert figures(recognise(readers.read(content, "html"), forms))["requests"] == wanted


def test_a_spreadsheet_is_read_with_its_merged_cells(forms, tmp_path):
    form = forms[1]
    book = openpyxl.Workbook()
    sheet = book.active
    top = 1
    for table in form.tables:
        grid = table.lay_out()
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
    recognised = recognise(published, forms, 2023)
    assert not recognised.missing
    assert not recognised.undecided
    assert {cell.state for cell in recognised.placed.values()} == {"read"}
