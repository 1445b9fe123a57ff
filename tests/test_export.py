"""`report export` and `report query`: exact figures in every format, and queries that reach only the tables."""

import csv
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import duckdb
import openpyxl
import pytest
from offices import data

from nianbao.build import fingerprints, output_folder
from nianbao.build.known_checks import CachedChecks
from nianbao.checks import batch, check
from nianbao.checks.check import load_policy
from nianbao.compose import document
from nianbao.export import duckdb as duckdb_tables
from nianbao.export import pipeline, query_errors, querying
from nianbao.export import workbook as workbooks
from nianbao.export.tables import DECIMAL, EXAMPLE_QUERIES, VIEWS
from nianbao.model.facts import parse
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.model.report import fill_form
from nianbao.workspace.processes.limits import has_unfinished_work
from nianbao.workspace.store import Store

RISKY = ('=HYPERLINK("x")', "+1", "-1", "@SUM(1)", "\tx")


@pytest.fixture
def offices(root, tmp_path):
    """Offices of both editions: one with texts that spreadsheets take for formulas, one with a broken file."""
    for number in range(3):
        folder = tmp_path / "data" / f"office-{number}"
        folder.mkdir(parents=True)
        (folder / "2024.toml").write_text(data(number), encoding="utf-8")
    own_rows = "".join(f"risky_{number} = {json.dumps(text)}\n" for number, text in enumerate(RISKY))
    with (tmp_path / "data/office-2/2024.toml").open("a", encoding="utf-8") as file:
        file.write(f"[own]\n{own_rows}")
    (tmp_path / "data/anshan").mkdir()
    old = (
        (root / "data/2020.toml").read_text(encoding="utf-8").replace("items = 0, change = 0", "items = 9, change = -5")
    )
    (tmp_path / "data/anshan/2020.toml").write_text(old, encoding="utf-8")
    (tmp_path / "data/broken").mkdir()
    (tmp_path / "data/broken/2024.toml").write_text("year = 2024\n[requests]\nreceived = { person = 'x' }\n")
    return Store(tmp_path)


def reports(store):
    """Read every report as the rest of the program does: (office, year) -> report."""
    found = {}
    for office, periods in store.offices().items():
        for period in periods if office != "broken" else ():
            facts = store.of_office(office).facts(period)
            found[office, period.year] = fill_form(store.kind.form(facts, period), facts)
    return found


def export(store, *formats, **more):
    refs = [(store.of_office(office), period) for office, periods in store.offices().items() for period in periods]
    rows = [result for result in pipeline.read_all(refs) if not isinstance(result, UserError)]
    return pipeline.write_files(store, pipeline.make_database(store, rows), pipeline.ExportOptions(formats, **more))


def test_every_figure_is_exported_exactly_and_in_order(offices):
    export(offices, "csv", "json", "parquet", "xlsx")
    folder = offices.root / "build/export"
    expected = [
        (office, year, address, Decimal(value))
        for (office, year), report in sorted(reports(offices).items())
        for address, value in report.figures.items()
    ]
    rows = duckdb.sql(f"select office, year, address, value from '{folder}/figures.parquet'").fetchall()
    assert rows == expected
    with (folder / "figures.csv").open(encoding="utf-8-sig") as file:
        exported = list(csv.DictReader(file))
    assert [(row["office"], int(row["year"]), row["address"], Decimal(row["value"])) for row in exported] == expected
    plain = json.loads((folder / "figures.json").read_text(encoding="utf-8"), parse_float=Decimal)
    assert [(row["office"], row["year"], row["address"], Decimal(row["value"])) for row in plain] == expected
    sheet = openpyxl.load_workbook(folder / "figures.xlsx")["figures"]
    header, *cells = sheet.iter_rows(values_only=True)
    assert [row[header.index("address")] for row in cells] == [address for _, _, address, _ in expected]
    assert [Decimal(str(row[header.index("value")])) for row in cells] == [value for *_, value in expected]


def test_a_figure_has_its_labels_and_its_source(offices):
    export(offices, "parquet")
    read = f"from '{offices.root}/build/export/figures.parquet' where office = 'anshan'"
    rows = duckdb.sql(f"select address, given, row_label, column_label, label, unit {read}").fetchall()
    exported = {address: rest for address, *rest in rows}
    (report,) = [one for (office, _), one in reports(offices).items() if office == "anshan"]
    for address, (source, row, column, label, unit) in exported.items():
        slot = report.form.slots[address]
        assert (source == "computed") == (address in report.computed)
        assert label == report.form.labels[address] == f"{row} · {column}"
        assert unit == (slot.unit or None)
    assert exported["requests.received.person"][0] == "written"
    assert exported["requests.received.business"][0] == "omitted"


def test_each_fact_has_a_row(offices):
    export(offices, "parquet")
    read = f"select address, item, value, number, type from '{offices.root}/build/export/facts.parquet'"
    exported = duckdb.sql(f"{read} where office = 'anshan'").fetchall()
    assert ("published", 1, "2021-01-28", None, "date") in exported
    assert ("facts.portal_items", 1, "794", Decimal("794.0000"), "count") in exported
    assert ("own.hotline_settled", 1, "99.78", Decimal("99.7800"), "money") in exported
    assert [item for address, item, *_ in exported if address == "facts.notices"] == [1, 2]


def test_the_wide_table_has_a_report_in_each_row(offices):
    export(offices, "parquet", "csv", layout="wide")
    path = offices.root / "build/export/reports.parquet"
    known = reports(offices)
    relation = duckdb.sql(f"from '{path}'")
    rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    assert (types["requests.received.total"], types["proactive.fees.amount"]) == (
        "BIGINT",
        DECIMAL.upper().replace(" ", ""),
    )
    assert [(row["office"], row["year"]) for row in rows] == sorted(known)
    for row in rows:
        report = known[row["office"], row["year"]]
        assert {address: row[address] for address in report.figures} == report.figures
        assert all(row[name] is None for name in row if "." in name and name not in report.figures)


def test_the_official_tables_have_their_headers_and_every_office(offices):
    export(offices, "xlsx", layout="wide")
    workbook = openpyxl.load_workbook(offices.root / "build/export/reports.xlsx")
    known = reports(offices)
    forms = {report.form.edition: report.form for report in known.values()}
    assert workbook.sheetnames == [
        f"{table.label} {edition}" for edition, form in sorted(forms.items()) for table in form.tables
    ]
    sheet = workbook["收到和处理政府信息公开申请情况 2021"]
    assert {"D1:J1", "E2:I2", "D2:D3", "J2:J3", "A1:A3"} <= {str(area) for area in sheet.merged_cells.ranges}
    rows = list(sheet.iter_rows(min_row=4, values_only=True))
    slots = [slot.address for slot in forms["2021"].tables[1].slots]
    for office, report in ((office, one) for (office, _), one in known.items() if one.form.edition == "2021"):
        own_rows = [row for row in rows if row[0] == f"第{office[-1]}市第{office[-1]}局"]
        assert len(own_rows) == 25
        assert [figure for row in own_rows for figure in row[3:]] == [report.figures[address] for address in slots]


@pytest.mark.parametrize("index", range(len(RISKY)))
def test_no_text_becomes_a_formula_and_numbers_stay_numbers(offices, index):
    export(offices, "csv", "xlsx", "json")
    folder = offices.root / "build/export"
    with (folder / "facts.csv").open(encoding="utf-8-sig", newline="") as file:
        exported = {row["address"]: row["value"] for row in csv.DictReader(file)}
    assert exported[f"own.risky_{index}"] == f"'{RISKY[index]}"
    (cell,) = [
        row[10]
        for row in openpyxl.load_workbook(folder / "figures.xlsx")["facts"].iter_rows()
        if row[7].value == f"own.risky_{index}"
    ]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (RISKY[index], "s", True)
    plain = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    assert [row["value"] for row in plain if row["address"] == f"own.risky_{index}"] == [RISKY[index]]
    with (folder / "figures.csv").open(encoding="utf-8-sig") as file:
        assert {row["value"] for row in csv.DictReader(file) if row["address"] == "proactive.licences.change"} == {"-5"}


@pytest.mark.parametrize("layout", ["long", "wide"])
def test_the_same_facts_give_the_same_bytes(offices, layout):
    first = export(offices, *pipeline.FORMATS, layout=layout)
    assert all(file.changed for file in first)
    assert not any(file.changed for file in export(offices, *pipeline.FORMATS, layout=layout))


def test_files_in_a_folder_of_the_user_are_not_replaced(offices, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "figures.csv").write_text("mine")
    with pytest.raises(UserError, match=r"已经有 .*figures\.csv，没有改动"):
        export(offices, "csv", "json", out=out)
    assert [path.name for path in out.iterdir()] == ["figures.csv"]
    assert export(offices, "csv", out=out, force=True)[0].changed
    assert not export(offices, "csv", out=out)[0].changed


def test_an_export_that_cannot_be_written_leaves_no_file(offices, monkeypatch):
    monkeypatch.setattr(workbooks, "ROW_LIMIT", 50)
    with pytest.raises(UserError, match="一张工作表放不下"):
        export(offices, "csv", "xlsx")
    assert list((offices.root / "build/export").iterdir()) == []
    shutil.rmtree(offices.root / "build")
    (offices.root / "build").write_text("no folder")
    with pytest.raises(UserError, match="上一级不是目录"):
        export(offices, "parquet")


@pytest.mark.parametrize(("suffix", "pattern"), [("csv", "^[-0-9].*$"), ("json", '(?<="x":)[^}]*')])
@pytest.mark.parametrize("type_", [DECIMAL, "decimal(30, 20)", "decimal(10, 4)"])
def test_a_decimal_has_no_zeros_at_its_end_and_keeps_its_other_digits(tmp_path, suffix, pattern, type_):
    numbers = {
        "0": "0",
        "-1": "-1",
        "100": "100",
        "-0.50": "-0.5",
        "10.10": "10.1",
        "1200.0": "1200",
        "7.0001": "7.0001",
    }
    rows = " union all ".join(f"select {number}::{type_} as x" for number in numbers)
    duckdb_tables.Database([]).copy(rows, suffix, tmp_path / "file")
    written = re.findall(pattern, (tmp_path / "file").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(written) == sorted(numbers.values())


def test_a_signal_in_the_midst_of_a_statement_ends_the_command_as_ctrl_c_does():
    """As DuckDB tells of it; it does not look for signals while its other threads do all of the work."""
    with pytest.raises(KeyboardInterrupt), query_errors.keep_interruption():
        raise RuntimeError("Query interrupted")
    with pytest.raises(RuntimeError, match="another"), query_errors.keep_interruption():
        raise RuntimeError("another")


LONG = "select count(*) from range(1000000) a, range(1000000) b where hash(a.range, b.range) = 7"
UNTIL_STOPPED = """
import os, signal, sys, threading
from pathlib import Path
from nianbao.export.duckdb import Database
from nianbao.workspace.processes import limits

database = Database([])
copy = lambda: database.copy(sys.argv[1], "csv", Path(sys.argv[2]))
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell leaves ignored in what runs behind it
threading.Timer(0.5, eval(sys.argv[3])).start()
try:
    copy()
except (KeyboardInterrupt, InterruptedError) as error:
    os.write(1, type(error).__name__.encode())
    os._exit(limits.has_unfinished_work())
"""


@pytest.mark.parametrize(
    ("end", "error"),
    [("lambda: os.kill(os.getpid(), signal.SIGINT)", "KeyboardInterrupt"), ("database.interrupt", "InterruptedError")],
)
def test_a_long_statement_ends_at_a_signal_or_where_its_result_is_no_longer_needed(tmp_path, end, error):
    """Its main thread does not look for signals while its other threads do the work: it went on to the end."""
    command = [sys.executable, "-c", UNTIL_STOPPED, LONG, str(tmp_path / "out.csv"), end]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert (done.stdout, done.returncode) == (error, 0), done.stderr


def test_reports_that_are_left_out_are_named(offices, report):
    done = report("export", "2024", "--all", "--to", "csv,parquet", cwd=offices.root)
    assert done.returncode == 1
    assert "data/broken/2024.toml 有 1 格读不出来" in done.stderr
    assert "anshan 没有 2024 年度的数据文件" in done.stderr
    assert "build/export/figures.csv  已写" in done.stdout
    assert "3 份报告" in done.stdout
    done = report("export", "2024", "--to", "docx", "--all", cwd=offices.root)
    assert done.returncode == 2
    assert "不能导出成 docx" in done.stderr


def test_another_document_type_is_exported_too(root, tmp_path):
    shutil.copytree(root / "tests/kinds/library", tmp_path / "library")
    store = Store(tmp_path / "library")
    export(store, *pipeline.FORMATS)
    export(store, *pipeline.FORMATS, layout="wide")
    facts = parse((tmp_path / "library/data/2024.toml").read_text(encoding="utf-8"), "")
    exported = duckdb.sql(f"select address, value from '{store.out}/export/figures.parquet'").fetchall()
    assert dict(exported) == fill_form(store.kind.form(facts, Period(2024)), facts).figures


@pytest.mark.parametrize(("layout", "limit"), [("long", 798), ("wide", 100)])
def test_too_many_rows_for_excel_are_told_before_a_report_is_read(offices, report, monkeypatch, layout, limit):
    monkeypatch.setattr(pipeline, "ROW_LIMIT", limit)
    monkeypatch.setattr(pipeline, "read_all", lambda *_words, **_more: pytest.fail("it reads reports"))
    done = report("export", "2024", "--all", "--to", "xlsx", "--layout", layout, cwd=offices.root)
    assert done.returncode == 2
    assert f"只放得下 {limit} 行，没有开始" in done.stderr


# ── the office above ─────────────────────────────────────────────────────────────────


@pytest.fixture
def city(offices, report):
    """The same offices, of which two report to a city, whose figures are theirs added up."""
    entries = '[city]\nname = "某市"\n[office-0]\nname = "零局"\nkind = "局"\nparent = "city"\n'
    own = '[office-1]\nname = "本级"\nparent = "city"\nown = true\n[none]\nname = "无局"\nparent = "city"\n'
    (offices.root / "data/offices.toml").write_text(entries + own, encoding="utf-8")
    report("rollup", "2024", "--into", "city", cwd=offices.root)
    assert (offices.root / "data/city/2024.toml").exists()
    return offices


def test_a_sum_over_leaves_counts_no_figure_twice(city, report):
    export(city, "parquet", "csv")
    export(city, "parquet", layout="wide")
    folder, address = city.root / "build/export", "requests.received.total"
    known = {office: one.figures[address] for (office, year), one in reports(city).items() if year == 2024}
    truth = sum(known[f"office-{number}"] for number in range(3))
    assert known["city"] == known["office-0"] + known["office-1"]
    added = f"select sum(value) from '{folder}/figures.parquet' where address = '{address}' and year = 2024"
    assert duckdb.sql(added).fetchall() == [(truth + known["city"],)]
    assert duckdb.sql(f"{added} and leaf").fetchall() == [(truth,)]
    wide = f"select sum(\"{address}\") from '{folder}/reports.parquet' where leaf and year = 2024"
    assert duckdb.sql(wide).fetchall() == [(truth,)]
    for words in EXAMPLE_QUERIES:  # none of them sums over an office and its units
        assert "sum(" not in words or "leaf" in words
    done = report("query", EXAMPLE_QUERIES[1], "--to", "csv", cwd=city.root)
    assert f"2024,{truth}\n" in done.stdout


def test_offices_stand_where_the_register_has_them(city):
    query = "select office, kind, type, parent, level, own, leaf, reports from offices where office <> 'anshan'"
    refs = [(city.of_office(office), period) for office, periods in city.offices().items() for period in periods]
    rows = [one for one in pipeline.read_all(refs) if not isinstance(one, UserError)]
    assert pipeline.make_database(city, rows).run_query(query).rows == [
        ("broken", None, None, None, None, None, True, 0),
        ("city", "cn-disclosure", None, None, 1, False, False, 1),
        ("none", None, None, "city", 2, False, True, 0),
        ("office-0", "cn-disclosure", "局", "city", 2, False, True, 1),
        ("office-1", "cn-disclosure", None, "city", 2, True, True, 1),
        ("office-2", "cn-disclosure", None, None, None, None, True, 1),
    ]


def test_a_circle_in_the_register_has_no_levels(city, report):
    (city.root / "data/offices.toml").write_text(
        '[office-0]\nname = "零"\nparent = "office-1"\n[office-1]\nname = "一"\nparent = "office-0"\n', "utf-8"
    )
    rows = pipeline.make_database(city, ()).run_query("select office, level from offices where level is null").rows
    assert {("office-0", None), ("office-1", None)} <= set(rows)
    for words in (("query", "select office from offices"), ("export", "2024", "--all")):
        assert "data/offices.toml:3" in report(*words, cwd=city.root).stderr


def test_official_sheets_mark_the_rows_of_an_office_above(city):
    export(city, "xlsx", layout="wide")
    for sheet in openpyxl.load_workbook(city.root / "build/export/reports.xlsx").worksheets:
        marks = {row[0]: row[2] for row in sheet.iter_rows(values_only=True) if row[1] == 2024}
        if marks:
            assert [name for name, mark in marks.items() if mark == "含下级"] == ["某市"]


def test_the_register_lists_every_office_and_period(city):
    work = querying.prepare(city, "select office, year, state, due, late_days from register", date(2025, 2, 10))
    states = {(office, year): rest for office, year, *rest in work.answer((), (), work.list_states(1)).rows}
    assert states.keys() == {(name, year) for name in ("anshan", "broken", *OFFICES) for year in (2020, 2024)}
    assert states["none", 2024] == ["missing", date(2025, 1, 31), 10]
    assert states["broken", 2024][0] == "errors"
    assert states["office-0", 2024] == ["right", date(2025, 1, 31), 0]
    assert states["office-0", 2020][0] == "missing"


def test_texts_are_as_they_are_printed(city):
    work = querying.prepare(city, "select section, text, given from prose where office = 'anshan'", date(2025, 2, 10))
    read = [one for one in work.read(1) if not isinstance(one, UserError)]
    texts = {section: rest for section, *rest in work.answer(read, (), ()).rows}
    report = city.of_office("anshan").report(Period(2020))
    composed = document.compose(report, city.kind.template)
    assert texts == {
        section: [text, "written" if section in report.prose else "standard"]
        for section, text in composed.plain.items()
    }


OFFICES = ("city", "none", "office-0", "office-1", "office-2")


# ── questions ────────────────────────────────────────────────────────────────────────


def test_a_query_prints_its_result(offices, report):
    question = "select office, value from figures where address = 'requests.received.total' order by value desc, office"
    done = report("query", question, cwd=offices.root)
    known = {office: one.figures["requests.received.total"] for (office, _), one in reports(offices).items()}
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["office", "value"]
    assert {office: int(value) for office, value in rows[1:]} == known
    assert [int(value) for _, value in rows[1:]] == sorted(known.values(), reverse=True)
    assert done.returncode == 1  # a report was left out and is named
    assert "data/broken/2024.toml" in done.stderr


def test_results_as_json_and_csv(offices, report):
    question = "select office, value, unit from figures where address = 'proactive.procurement.amount'"
    assert json.loads(report("query", question, "--json", cwd=offices.root).stdout) == [
        {"office": "anshan", "value": 498935.88, "unit": "元"}
    ]
    assert (
        report("query", question, "--to", "csv", cwd=offices.root).stdout == "office,value,unit\nanshan,498935.88,元\n"
    )


def ask_for_findings(store, monkeypatch, *, known):
    """Return the rows of `findings`, and the offices whose reports were judged for them."""
    judged = []

    def count(function):
        def run(of_store, *words, **options):
            judged.append(of_store.office)
            return function(of_store, *words, **options)

        return run

    functions = {one.__name__: count(one) for one in (check.check_report, check.compare_report)}
    monkeypatch.setattr(batch, "check", SimpleNamespace(**functions))
    store = Store(store.root)
    work = querying.prepare(store, "select * from findings order by all", date.today())  # noqa: DTZ011
    if not known:
        return work.answer((), work.judge(1), ()).rows, set(judged)
    with output_folder.open_cache(store, print) as cache:
        found = list(work.judge(1, CachedChecks(store, load_policy(store), work.today, cache)))
    return work.answer((), found, ()).rows, set(judged)


def test_a_second_question_judges_only_what_has_changed(city, monkeypatch):
    data_files = city.root / "data"
    prose = (data_files / "anshan/2020.toml").read_text("utf-8")
    for name in ("copy-a", "copy-b"):
        (data_files / name).mkdir()
        (data_files / name / "2020.toml").write_text(prose, encoding="utf-8")

    def ask():
        rows, judged = ask_for_findings(city, monkeypatch, known=True)
        assert rows == ask_for_findings(city, monkeypatch, known=False)[0]
        return judged

    everything = ask()
    assert everything == {"anshan", "broken", "city", "copy-a", "copy-b", "office-0", "office-1", "office-2"}
    assert ask() == set()
    with (data_files / "office-0/2024.toml").open("a", encoding="utf-8") as file:
        file.write("[nonsense]\nx = 1\n")
    assert ask() == {"office-0", "city"}  # the city is judged by its units
    (data_files / "copy-b/2020.toml").unlink()
    assert ask() == {"anshan", "copy-a"}  # whose texts are like those of one office less
    everything.remove("copy-b")
    with (data_files / "offices.toml").open("a", encoding="utf-8") as file:
        file.write('[added]\nname = "新设局"\n')
    assert ask() == everything
    (city.root / "report.toml").write_text('[levels]\nunknown-key = "off"\n', encoding="utf-8")
    assert ask() == everything
    (city.root / "templates/kinds/cn-disclosure").mkdir(parents=True)
    page = Store(city.root).files()["kinds/cn-disclosure/page.md.j2"].read_text("utf-8")
    (city.root / "templates/kinds/cn-disclosure/page.md.j2").write_text(f"{page}\n", encoding="utf-8")
    assert ask() == everything
    monkeypatch.setattr(fingerprints, "program_fingerprints", lambda: {"nianbao": "another version"})
    assert ask() == everything
    assert ask() == set()


def test_the_command_keeps_what_it_has_judged(offices, report):
    question = ("query", "select office, rule, level, message from findings order by all", "--to", "csv")
    first = report(*question, cwd=offices.root)
    assert first.stdout.count("\n") > 1
    with sqlite3.connect(offices.root / "build/.record.sqlite") as saved:
        assert saved.execute("select count(*) from judged").fetchone() == (5,)
    assert report(*question, cwd=offices.root).stdout == first.stdout


def test_long_results_are_cut_on_the_terminal(offices, report):
    done = report("query", "from figures", cwd=offices.root)
    assert len(done.stdout.splitlines()) == 101
    assert "只印了前 100 行；要更多，用 --rows 0" in done.stderr
    assert len(report("query", "from figures", "--rows", "0", cwd=offices.root).stdout.splitlines()) == 799
    assert len(report("query", "from figures", "--to", "csv", cwd=offices.root).stdout.splitlines()) == 799


def test_without_a_query_the_tables_are_listed(offices, report):
    done = report("query", cwd=offices.root)
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines() if line and line[0] != " "][: len(VIEWS)] == [*VIEWS]
    for line in done.stdout.splitlines():
        if line.startswith("  report query"):
            assert report("query", line.split('"')[1], cwd=offices.root).returncode == 1  # a report is left out


@pytest.mark.parametrize(
    ("question", "messages"),
    [
        (
            "select ofice from figures",
            "没有 ofice 这一列\nLINE 1: select ofice from figures\n               ^^^^^\n怎么办: 是不是 office？",
        ),
        (
            "select f.valu from figures f",
            "没有 valu 这一列\nLINE 1: select f.valu from figures f\n               ^^^^^^",
        ),
        ("select count(*) from facts join figures using (adress)", "是不是 address？"),
        (
            "select issued from reports",
            "有这些：office、name、kind、year、period、edition、leaf、title、published、due",
        ),
        ("select value from reports", "value 是 figures、facts 的列"),
        ("from figures where address = requests.received.total", "文字要放在单引号里"),
        ('from figures where address = "requests.received.total"', "文字要放在单引号里"),
        ("create table t as pivot figures on year using sum(value)", "只能问一条 select 语句"),
        ("copy (pivot figures on year using sum(value)) to 'x.csv'", "只能问一条 select 语句"),
        ("from (pivot figures on yeer using sum(value))", "是不是 year？"),
        ("select * from figure", "没有 figure 这张表"),
        ("select name, count(*) from figures", "name 这一列既没有在 group by 里"),
        ("select sum(name) from figures", "这个函数不能用在这些值上：sum(VARCHAR)"),
        ("select 'a' + 1 from figures", "这个函数不能用在这些值上：+"),
        ("select * from figures where year = 'x'", "“x”不是数"),
        ("select date '2025-13-01'", "“2025-13-01”不是日期"),
        ("select year from figures where sum(value) > 1", "不能写在 where 里"),
        ("select sum(max(year)) from figures", "不能一个套一个"),
        ("select year from figures union select 1, 2", "列数应当相同"),
        ("select (select year from figures union all select 1)", "这里只能有一行"),
        ("select * from figures where year＝2023", "标点和数字要用半角：year=2023"),
        ("select strptime('x', '%Y')", "DuckDB 的原话是："),
        ("select * form figures", "figures 这里读不下去\nLINE 1: select * form figures\n"),
        ("select office from", "这里读不下去|没有写完"),
        ("select median2(value) from figures", "没有 median2 这个函数"),
        ("select cast(office as int) from figures", "不是数"),
        ("select 1; select 2", "只能问一条 select 语句"),
        ("drop view figures", "只能问一条 select 语句"),
        ("copy figures to 'x.csv'", "只能问一条 select 语句"),
        ("set memory_limit = '9GB'", "只能问一条 select 语句"),
        ("attach 'x.db'", "只能问一条 select 语句"),
        ("install httpfs", "只能问一条 select 语句"),
        ("select * from 'data/anshan/2020.toml'", "只能查这里的表|没有 data"),
        ("select * from 'data.csv'", "只能查这里的表"),
        ("select * from read_text('/etc/passwd')", "只能查这里的表"),
        ("select * from glob('*')", "只能查这里的表"),
        ("select * from read_csv('http://example.org/x.csv')", "只能查这里的表"),
        ("select * from sys", "没有 sys 这张表"),
    ],
)
def test_a_query_reaches_only_the_tables_and_a_wrong_one_is_explained(offices, question, messages):
    refs = [(offices.of_office("anshan"), Period(2020))]
    database = pipeline.make_database(offices, pipeline.read_all(refs))
    with pytest.raises(UserError) as error:
        database.run_query(question)
    text = f"{error.value.message}\n怎么办: {error.value.fix}"
    assert any(part in text for part in messages.split("|")), text


def test_a_wrong_query_is_explained_before_a_report_is_read(offices, report, monkeypatch):
    monkeypatch.setattr(pipeline, "read_all", lambda *_words, **_more: pytest.fail("it reads reports"))
    done = report("query", "select ofice from figures", cwd=offices.root)
    assert done.returncode == 2
    assert "LINE 1: select ofice from figures\n                   ^^^^^\n怎么办: 是不是 office？" in done.stderr


def test_years_stand_side_by_side(offices):
    refs = [(offices.of_office(office), Period(2024)) for office in ("office-0", "office-1")]
    database = pipeline.make_database(offices, pipeline.read_all(refs))
    of_total = "(select office, year, value from figures where address = 'requests.received.total')"
    answer = database.run_query(f"pivot {of_total} on year using sum(value) order by office;")
    assert answer.columns == ["office", "2024"]
    known = reports(offices)
    assert answer.rows == [
        (office, known[office, 2024].figures["requests.received.total"]) for office in ("office-0", "office-1")
    ]


@pytest.mark.parametrize("step", ["x + 1", "x"])
def test_an_endless_query_ends_within_its_limits(step, monkeypatch):
    endless = f"with recursive t(x) as (select 1 union all select {step} from t) select"
    answer = duckdb_tables.Database([]).run_query(f"{endless} x from t", 100)
    assert (len(answer.rows), answer.has_more) == (100, True)
    monkeypatch.setattr(duckdb_tables, "_TIME_LIMIT", 1)
    with pytest.raises(UserError, match="查了 1 秒还没有查完"):  # else it goes on until memory is full
        duckdb_tables.Database([]).run_query(f"{endless} max(x) from t")
    assert not has_unfinished_work()


def test_without_duckdb_the_error_names_what_to_install(offices, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UserError, match="DuckDB，这里没有装") as error:
        pipeline.make_database(offices, [])
    assert "nianbao[export]" in error.value.fix


# ── kinds and periods ────────────────────────────────────────────────────────────────


@pytest.fixture
def kinds(root, tmp_path):
    """An office with two quarters of a year of one kind, and a year of another with cells that are no numbers."""
    quarter = (root / "templates/kinds/kpi/example/2024-Q3.toml").read_text(encoding="utf-8")
    year = (root / "templates/kinds/us-foia/example/2024.toml").read_text(encoding="utf-8")
    files = {"kpi/2024-Q3": quarter, "kpi/2024-Q4": quarter.replace("2024-Q3", "2024-Q4"), "us-foia/2024": year}
    for name, text in files.items():
        path = tmp_path / f"data/a/{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Store(tmp_path)


@pytest.mark.parametrize("layout", ["long", "wide"])
def test_two_periods_of_a_year_are_two_reports(kinds, layout):
    export(kinds.of_kind("kpi"), "parquet", "csv", "json", "xlsx", layout=layout)
    table = kinds.root / f"build/export/kpi/{'figures' if layout == 'long' else 'reports'}"
    rows = duckdb.sql(f"select distinct office, kind, year, period from '{table}.parquet' order by all").fetchall()
    assert rows == [("a", "kpi", 2024, "2024-Q3"), ("a", "kpi", 2024, "2024-Q4")]
    with table.with_suffix(".csv").open(encoding="utf-8-sig") as file:
        assert {(row["kind"], row["year"], row["period"]) for row in csv.DictReader(file)} == {
            ("kpi", "2024", "2024-Q3"),
            ("kpi", "2024", "2024-Q4"),
        }
    sheet = openpyxl.load_workbook(table.with_suffix(".xlsx")).worksheets[0]
    periods = [row[4 if layout == "long" else 1] for row in sheet.iter_rows(values_only=True)]
    assert list(dict.fromkeys(periods)) == ["period" if layout == "long" else "Period", "2024-Q3", "2024-Q4"]


def test_reports_of_several_kinds_are_in_one_database(kinds):
    refs = [(kinds.of_office("a").of_kind(kind), Period(2024, part)) for kind, part in (("kpi", "Q3"), ("us-foia", ""))]
    database = pipeline.make_database(kinds, pipeline.read_all(refs))
    counted = database.run_query("select kind, period, count(*) from figures group by all order by all").rows
    counts = {
        kind: len(kinds.find_kind(kind).form_in_force(Period(2024, part)).slots)
        for kind, part in (("kpi", "Q3"), ("us-foia", ""))
    }
    assert counted == [("kpi", "2024-Q3", counts["kpi"]), ("us-foia", "2024", counts["us-foia"])]


def test_cells_that_are_no_numbers_are_exported_as_texts(kinds):
    refs = [(kinds.of_office("a").of_kind("us-foia"), Period(2024))]
    database = pipeline.make_database(kinds, pipeline.read_all(refs))
    query = """select value, text, given, (select count(*) from figures where value is not null and text is not null)
        from figures where address = 'oldest_appeals.oldest.received'"""
    assert database.run_query(query).rows == [(None, "2024-07-18", "written", 0)]


def test_a_kind_is_named_by_an_option_or_a_word(kinds, process):
    for words in (("--kind", "kpi", "a"), ("kpi", "a", "2024-Q3", "2024-Q4")):
        done = process("export", *words, "--lang", "en", cwd=kinds.root)
        assert done.returncode == 0, done.stderr
    asked = ("query", "select kind, period from reports", "--to", "csv")
    assert process(*asked, "--kind", "kpi", cwd=kinds.root).stdout == "kind,period\nkpi,2024-Q3\nkpi,2024-Q4\n"
    assert process(*asked, cwd=kinds.root).stdout == "kind,period\n"
    done = process(*asked, "--kind", "kpj", "--lang", "en", cwd=kinds.root)
    assert done.returncode == 2
    assert "kpi" in done.stderr


def test_the_example_that_asks_who_is_not_right_finds_those_only(office, report):
    example = next(line for line in report("query", cwd=office).stdout.splitlines() if "from register" in line)
    done = report("query", example.split('"')[1], "--json", cwd=office)
    assert "right" not in {row["state"] for row in json.loads(done.stdout)}
    assert len(json.loads(report("query", "select state from register", "--json", cwd=office).stdout)) > 0
