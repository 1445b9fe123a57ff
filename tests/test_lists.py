"""Lists and rows that the data adds: their figures, names, order, places, print, and what is found in them."""

import json
import shutil

import openpyxl
import pytest
from platforms import FOLDER, TEXT, fill, find, load_form

from nianbao.compose.printed_tables import lay_out_table
from nianbao.compose.table_rows import PrintedTables
from nianbao.model.facts import ENTRIES_LIMIT, Facts, limit_sizes, parse
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.workspace.store import Store

LIST = TEXT[TEXT.index("[[bodies]]") :]


def get_table(report, name):
    return next(table for table in report.form.tables if table.id == name)


def test_each_entry_is_a_row_that_is_numbered_from_one():
    report = fill()
    assert report.figures["orders.total.animals.other.2.received"] == 1
    assert report.values["orders.total.animals.other.2.description"] == "Furs"
    assert report.figures["bodies.1.asked"] == 2
    assert not [entry.address for entry in report.entries if not entry.known or entry.fault]


def test_an_entry_is_named_by_a_column_or_by_a_text_of_its_own():
    labels = fill().form.labels
    assert labels["orders.total.animals.other.1.received"] == "All states · Animals · Trophies · Orders"
    assert labels["systems.system.2.measures.all"] == "Pictures · Measures · All"
    assert fill().values["systems.system.2.name"] == "Pictures"
    unnamed = fill(('description = "Trophies", ', ""))
    assert unnamed.form.labels["orders.total.animals.other.1.received"] == "All states · Animals · Other · Orders"


def test_a_list_is_sorted_and_keeps_its_addresses():
    rows = [slot.row for slot in get_table(fill(), "bodies").slots if slot.column == "name"]
    assert rows == ["2", "1"]  # Athens, Vienna


@pytest.mark.parametrize("written", ["[[bodies]]", "inline"])
def test_places_are_those_of_the_entry(written):
    text = TEXT if written == "[[bodies]]" else TEXT.replace(LIST, "")
    if written == "inline":
        text = text.replace(
            "year = 2024", 'year = 2024\nbodies = [\n  { name = "A" },\n  { name = "B", asked = 7 },\n]'
        )
    place = fill(text=text).facts.find_place("bodies.2.asked")
    line = text.split("\n")[place.line - 1]
    assert line[place.column - 1 :].startswith("1" if written == "[[bodies]]" else "7")


def test_reports_with_as_many_entries_of_the_same_names_share_one_form():
    assert fill().form is fill(("asked   = 2", "asked   = 3")).form
    assert fill().form is not fill(('"Furs"', '"Horns"')).form


@pytest.mark.parametrize("written", ["", "bodies = []"])
def test_a_list_without_entries_prints_its_words(written):
    report = fill(text=written + "\n" + TEXT.replace(LIST, ""))
    assert not report.unknown
    assert lay_out_table(report, get_table(report, "bodies")).tables == ()
    assert get_table(report, "bodies").list_rules.none == "No body was asked."


def read_findings(done):
    return [(one["rule"], one["address"]) for one in json.loads(done.stdout)["reports"][0]["findings"]]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([('"Athens"', '"vienna "')], [("repeated-value", "bodies.2.name"), ("wrong-text", "bodies.2.name")]),
        ([('"Athens"', '"Athens, the capital of Greece, and more"')], [("wrong-text", "bodies.2.name")]),
        ([("Furs", "Trophies ")], [("repeated-value", "orders.total.animals.other.2.description")]),
        ([("Orders and staff", "Orders and staff " * 3)], [("wrong-text", "service.summary")]),
        ([(LIST, LIST + '[[bodies]]\nname = "C"\n[[bodies]]\nname = "D"\n')], [("list-size", "bodies")]),
        ([("asked   = 1", "asked = -1")], [("wrong-type", "bodies.2.asked")]),
        ([("asked   = 1", "askd = 1")], [("unknown-key", "bodies.2.askd")]),
        ([(LIST, "[bodies]\nasked = 1\n")], [("unknown-key", "bodies.asked")]),
        ([(LIST, "[bodies]\n1 = { asked = 1 }\n")], [("unknown-key", "bodies.1")]),
        ([("year = 2024", "year = 2024\nbodies = [3, 4]"), (LIST, "")], [("wrong-type", "bodies.1")]),
        ([("year = 2024", "year = 2024\nbodies = 3"), (LIST, "")], [("wrong-type", "bodies")]),
        ([('animals.other = [\n  { description = "Trophies", received = 1, items = 3 },', "animals.other = [\n  3,")], [
            ("wrong-type", "orders.total.animals.other.1"),
        ]),
    ],
)  # fmt: skip
def test_mistakes_in_entries_are_found_where_they_are(report, tmp_path, changes, expected):
    done = find(report, tmp_path, *changes)
    assert "Traceback" not in done.stdout + done.stderr
    assert set(expected) <= set(read_findings(done))


def test_lists_beyond_all_are_refused_at_once():
    rows = "".join(f"[[bodies]]\nasked = {number}\n" for number in range(ENTRIES_LIMIT + 1))
    read = parse(f"year = 2024\n{rows}", "data/2024.toml")
    assert isinstance(read, Facts)
    refused = limit_sizes(read)
    assert (refused.rule, refused.place.line) == ("too-large", 2)


# ── print ────────────────────────────────────────────────────────────────────────────


def build(report, tmp_path, *edition):
    out = tmp_path / "out"
    words = ("build", "2024", "--to", "md,html,docx,pdf", "--draft", "--out", str(out))
    done = find(report, tmp_path, words=words, edition=edition)
    assert done.returncode == 0, done.stdout + done.stderr
    return (out / "2024.md").read_text(encoding="utf-8")


def test_texts_are_notes_below_and_rows_have_their_marks():
    report = fill()
    printed = lay_out_table(report, get_table(report, "orders"))
    assert printed.notes == ("Mostly dogs.",)
    cells = [cell.text for cell in printed.tables[0].make_grid().cells]
    assert "All [1]" in cells
    assert "Context" not in cells


def test_equal_notes_stand_once():
    report = fill(
        ("value = 6, context", 'value = 6, context = "B2." }, bg = { value = 1, context'), (", bg.value = 1", "")
    )
    assert lay_out_table(report, get_table(report, "staff")).notes == ("B2.",)


FOLD = ('label     = "Orders by category"', 'label = "Orders by category"\nfold = true')


def test_rows_without_figures_are_folded_and_counted(report, tmp_path):
    text = build(report, tmp_path, FOLD)
    assert "Rows without a figure other than 0 are left out: 4" in text.replace("\\", "")
    assert text.count("Phishing") == 2  # of three: Austria had no such order


@pytest.mark.parametrize("layout", ["blocks", "tables"])
def test_an_axis_is_laid_out_as_blocks_or_tables(report, tmp_path, layout):
    text = build(report, tmp_path, FOLD, ('each = "states"', f'each = "states", layout = "{layout}"'))
    assert text.count("::: {#orders") == (1 if layout == "blocks" else 3)
    assert ("Orders by category: Austria" in text.replace("\\", "")) == (layout == "tables")
    assert text.count("Trophies") >= 2


def test_the_figures_of_a_laid_out_table_are_those_of_the_report():
    report = fill()
    printed = lay_out_table(report, get_table(report, "orders"))
    addresses = {slot.address for table in printed.tables for slot in table.slots}
    figures = {slot.address for slot in get_table(report, "orders").slots if not slot.is_note}
    assert addresses == {address for address in figures if not address.endswith(".description")}  # the label of its row


# ── the form file ────────────────────────────────────────────────────────────────────


MISTAKES = {
    ('each = "states"', 'each = "state"'): "没有名为 state 的轴",
    ('group = "rows" },\n], columns', 'group = "row" },\n], columns'): "没有名为 row 的标签组",
    ('when = "platforms"', 'when = "platform"'): "没有名为 platform 的条件",
    ('fact  = "service.kind"\nis    = ["platform"', 'fact = "service.kin"\nis = ["platform"'): "service.kin",
    ('key       = ["name"]', 'key = ["names"]'): "没有 names 这一列",
    ('{ label = "", group = "categories" },', '{ label = "", group = "rows" },'): "包含了自己",
    ('pattern = "[A-Z].*"', 'pattern = "[A-Z.*"'): "[A-Z.*",
    ('aliases = ["GR"]', 'aliases = ["AT"]'): "AT",
    ("at_most   = 3", "at_most = 3\nat_least = 4"): "at_most",
    ('before = "published"', 'before = "publish"'): "没有地址 publish",
    ('before = "published"', 'before = "service.name"'): "service.name 不是日期",
    ('type   = "date"', 'type   = "text"'): "report.previous 不是日期",
    ("all >= language.<l>", "all >= languages.<l>"): "languages.<l>",
    ("all >= language.<l>", "all >= language.<l"): "",
    ('if = "received > 0"', 'if = "<c>.received > 0"'): "<c>",
    ("max(total.*.total)", "mix(total.*.total)"): "mix",
    ("sum(bodies.*.asked)", "sum(bodes.*.asked)"): "bodes",
    ('label = "Language", each = "languages", optional', 'label = "Language", each = "entry", optional'): "entry",
}  # fmt: skip


@pytest.mark.parametrize("change", MISTAKES)
def test_mistakes_of_an_edition_are_told_with_their_place(tmp_path, change):
    folder = tmp_path / "platform"
    shutil.copytree(FOLDER, folder)
    path = folder / "templates/kinds/platform/editions/2024.toml"
    text = path.read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        Store(folder).kind.form_in_force(Period(2024))
    assert MISTAKES[change] in str(caught.value)
    assert "2024.toml:" in str(caught.value)


def test_the_form_without_data_has_nothing_in_its_open_rows():
    addresses = list(load_form().slots)
    assert not [address for address in addresses if address.startswith(("bodies", "systems", "orders.state"))]
    assert "orders.total.total.received" in addresses


def test_templates_go_through_the_entries_of_a_list():
    tables = PrintedTables(fill())
    rows = [(row["name"], row["asked"]) for row in tables["bodies"].rows]
    assert rows == [("Athens", 1), ("Vienna", 2)]
    assert [row.label for row in tables["systems"].rows] == ["Measures", "Errors"] * 2


def test_two_reports_with_other_rows_are_compared(report, tmp_path):
    find(report, tmp_path)
    folder = tmp_path / "platform"
    later = (
        TEXT.replace("year = 2024", "year = 2025")
        .replace("[orders.state.AT]", "[orders.state.DE]")
        .replace("asked   = 2", "asked = 8")
    )
    (folder / "data/2025.toml").write_text(later, encoding="utf-8")
    done = report("compare", "2024", "2025", "--json", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "bodies.1.asked" in done.stdout
    assert "orders.state.DE.total.received" in done.stdout


def test_a_list_is_exported_and_queried_as_a_table_of_its_own(tmp_path, report):
    folder = tmp_path / "platform"
    shutil.copytree(FOLDER, folder)
    formats = ("csv", "json", "parquet", "xlsx")
    done = report("export", "2024", "--to", ",".join(formats), cwd=folder)
    assert done.returncode == 0, done.stderr
    rows = json.loads((folder / "build/export/list_bodies.json").read_text(encoding="utf-8"))
    own = [(row["entry"], row["bodies_name"], row["bodies_asked"], row["bodies_decided"]) for row in rows]
    assert own == [(1, "Vienna", 2, 1), (2, "Athens", 1, 1)]
    assert {row["name"] for row in rows} == {"Market"}
    assert (folder / "build/export/list_bodies.parquet").exists()
    assert len((folder / "build/export/list_bodies.csv").read_text(encoding="utf-8-sig").splitlines()) == 3
    done = report("query", "select sum(bodies_asked) as asked from list_bodies", "--json", cwd=folder)
    assert json.loads(done.stdout) == [{"asked": 3}]
    assert "list_bodies" in report("query", cwd=folder).stdout
    assert "bodies_asked" in report("query", "select bodies_askd from list_bodies", cwd=folder).stderr


def test_the_official_tables_and_the_lists_of_a_kind_are_sheets(tmp_path, report):
    folder = tmp_path / "platform"
    shutil.copytree(FOLDER, folder)
    done = report("export", "2024", "--to", "xlsx", "--layout", "wide", cwd=folder)
    assert done.returncode == 0, done.stderr
    book = openpyxl.load_workbook(folder / "build/export/reports.xlsx")
    assert book.sheetnames == ["Orders by category", "Staff", "list_bodies"]
    assert [cell.value for cell in book["list_bodies"][2]][-3:] == ["Vienna", 2, 1]


def test_without_an_entry_a_list_is_no_file(tmp_path, report):
    folder = tmp_path / "platform"
    shutil.copytree(FOLDER, folder)
    (folder / "data/2024.toml").write_text(TEXT.replace(LIST, ""), encoding="utf-8")
    assert report("export", "2024", cwd=folder).returncode == 0
    assert not (folder / "build/export/list_bodies.csv").exists()
    done = report("query", "select count(*) as entries from list_bodies", "--json", cwd=folder)
    assert json.loads(done.stdout) == [{"entries": 0}]


def test_a_sum_over_a_list_is_named_by_its_column(tmp_path, report):
    done = find(report, tmp_path, ("asked   = 2", "asked   = 20"))
    assert "sum(Disputes) 21" in done.stdout
