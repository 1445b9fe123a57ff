"""Lists in files of strangers: found by their heads, in any order, and read to the same entries, or told."""

import csv
import io
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import openpyxl
import pytest
import toml_rs
import tomli_w
from test_reading import write_kind

from nianbao.build import outputs
from nianbao.export.excel_form.blank import make_form
from nianbao.export.excel_form.draft import FormRequest
from nianbao.importer import batch, pipeline, published_sets
from nianbao.importer.readers.page_layout import list_printed_lines
from nianbao.importer.readers.page_lines import TextLine, join_cell
from nianbao.importer.recognition.lists.list_entries import read_lists
from nianbao.importer.recognition.lists.list_tables import find_lists
from nianbao.importer.recognition.lists.printed_words import read_printed
from nianbao.importer.recognition.published import Paragraph, Place, PublishedCell, PublishedDocument, PublishedTable
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.model.tables.slots import Slot
from nianbao.workspace.store import Store

YEAR = Period(2024)
# By language: the title, heads of the columns of two lists, choices, words for entries, and what an import must know.
WORDS = {
    "en": {
        "title": "{{ site.name }}: training report, {{ year }}",
        "table": "Requests",
        "rows": ["Received", "Answered"],
        "columns": ["Written", "Online"],
        "lists": ["Courses held", "Money spent"],
        "courses": ["Topic", "People", "Held on", "Way", "Repeated", "Length", "Note"],
        "money": ["Purpose", "Amount", "Fee per person", "Growth", "Since", "Paid until", "Share"],
        "ways": ["online", "in person"],
        "words": ["searching,", "filing;", "answers", "(all)", "to", "a", "letter", "–", "well-read", "No.", "3"],
        "numbers": {"money": {"dollars": 1}},
        "site": "Two Houses",
    },
    "zh-CN": {
        "title": "{{ site.name }}{{ year }}年培训报告",
        "table": "申请情况",
        "rows": ["收到", "答复"],
        "columns": ["书面", "网上"],
        "lists": ["培训情况", "经费情况"],
        "courses": ["主题", "人数", "举办日期", "方式", "是否重复", "时长", "说明"],
        "money": ["用途", "金额", "人均费用", "增长", "开始年度", "付至", "占比"],
        "ways": ["线上", "线下"],
        "words": ["检索", "文件、", "答复（全部）", "来信", "PDF", "第3期", "归档"],
        "numbers": {"money": {"元": 1, "万元": 10000}},
        "site": "双屋市档案局",
    },
}
FRENCH = """
name = "Français"
base = "en"

[dates]
day = "d MMMM y"

[lists]
join = ", "
last = " et "

[marks]
yes = "oui"
no  = "non"

[numbers]
group   = "\u202f"
decimal = ","
percent = "{number}\u202f%"
"""
WORDS["fr"] = {
    "title": "{{ site.name }} : rapport de formation {{ year }}",
    "table": "Demandes",
    "rows": ["Reçues", "Traitées"],
    "columns": ["Par écrit", "En ligne"],
    "lists": ["Formations tenues", "Dépenses"],
    "courses": ["Sujet", "Personnes", "Tenue le", "Mode", "Répétée", "Durée", "Remarque"],
    "money": ["Objet", "Montant", "Frais par personne", "Croissance", "Depuis", "Payé jusqu’à", "Part"],
    "ways": ["en ligne", "sur place"],
    "words": ["recherche,", "classement", ";", "réponse", "(toutes)", "à", "une", "lettre", "–", "l’été"],
    "numbers": {"money": {"euros": 1}, "group": "’", "decimal": ","},
    "site": "Deux Maisons",
}
TYPES = {
    "courses": ["text", "count", "date", "choice", "yes-no", "duration", "text"],
    "money": ["text", "money", "currency", "percent", "year", "period", "share"],
}
FORMATS = ["html", "docx", "odt", "pdf"]


def make_edition(language):
    """Make an edition with a table and two lists, as the tree of its file."""
    words = WORDS[language]
    lists = []
    for name, label in zip(TYPES, words["lists"], strict=True):
        columns = [
            {"id": f"c{at}", "label": head, "type": kind, "optional": True}
            for at, (head, kind) in enumerate(zip(words[name], TYPES[name], strict=True))
        ]
        for column in columns:
            column.update({"choices": words["ways"]} if column["type"] == "choice" else {})
            column.update({"currency": "EUR"} if column["type"] == "currency" else {})
        lists.append({"id": name, "label": label, "key": ["c0", "c1"], "columns": columns})
    rows = [{"id": f"r{at}", "label": label} for at, label in enumerate(words["rows"])]
    columns = [{"id": f"c{at}", "label": label} for at, label in enumerate(words["columns"])]
    return {
        "name": words["table"],
        "title": words["title"],
        "author": "{{ site.name }}",
        "sections": [
            {"id": name, "heading": label, "table": name}
            for name, label in [("requests", words["table"]), *zip(TYPES, words["lists"], strict=True)]
        ],
        "tables": [{"id": "requests", "label": words["table"], "blocks": [{"rows": rows, "columns": columns}]}],
        "lists": lists,
        "facts": [{"id": "site.name", "label": "Name", "type": "text", "required": True}],
    }


def make_office(folder, language, change=lambda _edition: None):
    """Write a kind with lists in a language, that can be read by a `reading.toml`."""
    edition = make_edition(language)
    change(edition)
    kind = {"name": "Training", "version": "1", "languages": [language], "look": "gongwen", "period": {"unit": "year"}}
    page = (
        "---\ntitle: {{ title|quoted }}\nlang: LANG\n---\n\n{% for section in sections %}\n# {{ section.heading }}\n\n"
    )
    page += "{{ section.body }}\n\n{% endfor %}\n"
    reading = {"numbers": {**WORDS[language]["numbers"], "nothing": ["-"]}, "ordinals": {"headers": ["No.", "序号"]}}
    files = {
        "kind.toml": tomli_w.dumps(kind),
        "editions/2020.toml": tomli_w.dumps(edition),
        "page.md.j2": page.replace("LANG", language),
        "reading.toml": tomli_w.dumps(reading),
    }
    write_kind(folder, "training", files)
    if language == "fr":
        (folder / "templates/locales").mkdir()
        (folder / "templates/locales/fr.toml").write_text(FRENCH, encoding="utf-8")
    (folder / "data/training").mkdir(parents=True)
    return folder


def make_entry(random, language, name, number):
    """Make an entry of a list; a value that may be left out sometimes is."""
    words = WORDS[language]
    text = "" if language == "zh-CN" else " "
    make = {
        "text": lambda: f"{text.join(random.choices(words['words'], k=random.randint(1, 3)))}{text}{number}",
        "count": lambda: random.choice([0, 7, 1234, 12_345_678]),
        "date": lambda: date(2024, 1, 1) + timedelta(random.randrange(366)),
        "choice": lambda: random.choice(words["ways"]),
        "yes-no": lambda: random.random() < 0.5,
        "duration": lambda: random.choice(["1h30m", "45m", "2d", "1d1h1m1s"]),
        "money": lambda: Decimal(random.randrange(10**7)).scaleb(-2),
        "currency": lambda: Decimal(random.randrange(10**6)).scaleb(-2),
        "percent": lambda: Decimal(random.randrange(-999, 999)).scaleb(-1),
        "year": lambda: random.randrange(1990, 2030),
        "period": lambda: random.choice(["2024", "2025-H1", "2025-Q3", "2024-11"]),
        "share": lambda: Decimal(random.randrange(1000)).scaleb(-1),
    }
    entry = {f"c{at}": make[kind]() for at, kind in enumerate(TYPES[name])}
    return {key: value for key, value in entry.items() if key in {"c0", "c1"} or random.random() < 0.8}


def write_report(folder, language, lists):
    figures = {"r0": {"c0": 12, "c1": 3}, "r1": {"c0": 10, "c1": 2}}
    tree = {"year": 2024, "site": {"name": WORDS[language]["site"]}, "requests": figures, **lists}
    (folder / "data/training/2024.toml").write_text(tomli_w.dumps(tree), encoding="utf-8")


def build(folder, suffix):
    store = Store(folder).of_kind("training")
    outputs.build_report(store, YEAR, [suffix], draft=True, embed_facts=False)
    return store.output(YEAR, suffix)


def bring(folder, path):
    return pipeline.read_report(
        Store(folder), str(path), pipeline.ImportOptions(dry_run=True, kind="training", period=YEAR)
    )


def parse_lists(text):
    tree = toml_rs.loads(text, parse_float=Decimal)
    return {name: tree.get(name, []) for name in TYPES}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("language", WORDS)
def test_lists_come_back_from_a_file_without_facts(tmp_path, language, suffix):
    folder = make_office(tmp_path, language)
    random = Random(f"{language} {suffix}")  # noqa: S311  # the same entries each time
    lists = {name: [make_entry(random, language, name, at) for at in range(1, 13)] for name in TYPES}
    write_report(folder, language, lists)
    back = bring(folder, build(folder, suffix))
    assert parse_lists(back.text) == lists
    assert back.undecided == 0
    assert toml_rs.loads(back.text)["requests"]["r0"] == {"c0": 12, "c1": 3}
    assert not back.lossless  # it carries nothing


def test_a_list_over_several_pages_comes_back(tmp_path):
    folder = make_office(tmp_path, "en")
    random = Random("pages")  # noqa: S311  # see above
    lists = {name: [make_entry(random, "en", name, at) for at in range(1, 61)] for name in TYPES}
    write_report(folder, "en", lists)
    assert parse_lists(bring(folder, build(folder, "pdf")).text) == lists


@pytest.mark.parametrize(("between", "entries"), [("", 2), ("Conclusion", 1)])
def test_a_list_goes_on_on_the_next_page_without_heads(tmp_path, between, entries):
    form = Store(make_office(tmp_path, "en")).of_kind("training").kind.form_in_force(YEAR)
    row = ["filing", "7", "2024-05-17", "online", "yes", "45m", ""]
    pages = [[WORDS["en"]["courses"], row], [["searching", *row[1:]]]]
    tables = [
        PublishedTable(
            tuple(
                PublishedCell(text, top, top + 1, 50 * at, 50 * at + 50)
                for top, texts in enumerate(rows)
                for at, text in enumerate(texts)
            ),
            Place(page=page),
        )
        for page, rows in enumerate(pages, 1)
    ]
    heading = [Paragraph(between, level=1)] if between else []
    found = find_lists(PublishedDocument((tables[0], *heading, tables[1]), exact=False), form)
    read = read_lists(found, form, exact=False)
    assert [row.cells[0].content for row in read.rows] == ["filing", "searching"][:entries]
    assert [row.place.page for row in read.rows] == [1, 2][:entries]


@pytest.fixture(params=["en", "zh-CN"])
def office(request, tmp_path):
    return make_office(tmp_path, request.param), request.param, WORDS[request.param]


def write_csv(path, rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))


def write_workbook(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)


def write_page(path, rows):
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    path.write_text(f'<meta charset="utf-8"><h1>x</h1><table>{body}</table>', encoding="utf-8")


WRITERS = {"csv": write_csv, "xlsx": write_workbook, "html": write_page}
ORDER = (4, 2, 0, 6, 5, 1, 3)


def make_rows(words, *, rows):
    """Make a table of the first list with its columns in another order, a column of its own, and numbered rows."""
    heads = [words["courses"][at] for at in ORDER]
    number = "序号" if "主题" in words["courses"] else "No."
    return [[number, "Room", *heads], *([at, "12 b", *(row[one] for one in ORDER)] for at, row in enumerate(rows, 1))]


def make_printed(words, *, people):
    yes = "是" if "主题" in words["courses"] else "yes"
    return [
        [words["words"][0], "1,234", "2024-05-17", words["ways"][0], yes, "1h30m", "-"],
        [words["words"][1], people, "2024/5/18", words["ways"][1], yes, "45m", "x y"],
    ]


@pytest.mark.parametrize("suffix", WRITERS)
def test_columns_are_found_by_their_heads_in_any_order(office, suffix):
    folder, _language, words = office
    path = folder / f"stranger.{suffix}"
    WRITERS[suffix](path, make_rows(words, rows=make_printed(words, people="7")))
    back = bring(folder, path)
    first, second = parse_lists(back.text)["courses"]
    day, way = date(2024, 5, 17), words["ways"][0]
    assert first == {"c0": words["words"][0], "c1": 1234, "c2": day, "c3": way, "c4": True, "c5": "1h30m"}
    assert (second["c1"], second["c2"], second["c6"]) == (7, date(2024, 5, 18), "x y")
    assert [note for note in back.notes if "Room" in note]
    assert not [note for note in back.notes if "No." in note or "序号" in note]
    assert back.undecided == 0


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_cell_that_is_no_value_of_its_type_is_undecided_at_its_place(office, suffix):
    folder, _language, words = office
    path = folder / f"stranger.{suffix}"
    WRITERS[suffix](path, make_rows(words, rows=make_printed(words, people="> 45")))
    back = bring(folder, path)
    first, second = parse_lists(back.text)["courses"]
    assert first["c1"] == 1234
    assert "c1" not in second
    assert back.undecided == 1
    (comment,) = [line for line in back.text.splitlines() if "> 45" in line]
    assert words["courses"][1] in comment
    assert re.search("[!]H3" if suffix == "xlsx" else r"\b3\b", comment)
    assert [note for note in back.notes if words["courses"][1] in note]


def test_titles_above_the_heads_numbers_of_columns_and_blank_rows_are_no_entries(office):
    folder, _language, words = office
    heads, *rows = make_rows(words, rows=make_printed(words, people="7"))
    path = folder / "stranger.xlsx"
    write_workbook(path, [["Annex 2"], heads, [*range(1, 10)], rows[0], [""], heads, rows[1], ["", "", "Source: us"]])
    back = bring(folder, path)
    assert [entry["c1"] for entry in parse_lists(back.text)["courses"]] == [1234, 7]
    assert [note for note in back.notes if "1 | 2 | 3" in note]
    assert [note for note in back.notes if "Source: us" in note]


TOTALS = {  # the last row, and whether it is the total of the others
    "a total": (["Total", "1,241", "", "", "", "", ""], True),
    "a total with a mark for nothing": (["-", "1,241", "-", "-", "-", "-", "Total"], True),
    "another figure": (["Total", "1,240", "", "", "", "", ""], False),
    "an entry with the same figure": (["Filing", "1,241", "2024-05-17", "", "yes", "45m", ""], False),
    "without a figure": (["Filing", "", "", "", "yes", "", ""], False),
}


@pytest.mark.parametrize("name", TOTALS)
def test_a_total_below_a_list_is_no_entry(tmp_path, name):
    folder, words = make_office(tmp_path, "en"), WORDS["en"]
    last, is_total = TOTALS[name]
    path = folder / "stranger.xlsx"
    write_workbook(path, make_rows(words, rows=[*make_printed(words, people="7"), last]))
    back = bring(folder, path)
    assert len(parse_lists(back.text)["courses"]) == (2 if is_total else 3)
    assert bool([note for note in back.notes if "Total" in note]) == is_total
    assert bool([line for line in back.text.splitlines() if line.startswith("#") and "1,241" in line]) == is_total


def test_merged_cells_and_rows_with_too_few_cells_are_undecided(tmp_path):
    folder, words = make_office(tmp_path, "en"), WORDS["en"]
    cells = [["one", "7", "2024-05-17", "online", "yes", "45m", ""], ["8", "2024-05-18", "online", "yes", "45m", ""]]
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in [words["courses"], *cells])
    body = body.replace("<td>one</td>", '<td rowspan="2">one</td>')
    path = folder / "stranger.html"
    path.write_text(f"<table>{body}<tr><td>two</td><td>3</td></tr></table>", encoding="utf-8")
    back = bring(folder, path)
    first, second, *_third = parse_lists(back.text)["courses"]
    assert (first.get("c0"), first["c1"]) == (None, 7)
    assert (second.get("c0"), second["c1"]) == (None, 8)
    assert "“two 3”" in back.text  # a row that lost cells may have lost any
    assert "two" not in str(parse_lists(back.text))


def test_a_table_that_lacks_a_column_is_told_and_not_read(tmp_path):
    folder, words = make_office(tmp_path, "en"), WORDS["en"]
    path = folder / "stranger.html"
    requests = "<tr><td></td><td>Written</td><td>Online</td></tr><tr><td>Received</td><td>1</td><td>2</td></tr>"
    heads = "".join(f"<td>{head}</td>" for head in words["courses"] if head != "People")
    entry = "<td>filing</td><td>2024-05-17</td><td>online</td><td>yes</td><td>45m</td><td></td>"
    path.write_text(
        f"<table>{requests}</table><p>x</p><table><tr>{heads}</tr><tr>{entry}</tr></table>", encoding="utf-8"
    )
    back = bring(folder, path)
    assert parse_lists(back.text)["courses"] == []
    (note,) = [note for note in back.notes if "Courses held" in note and "People" in note]
    assert "2" in note


@pytest.mark.parametrize("heading", ["Money spent", "Something else"])
def test_lists_with_the_same_heads_are_told_apart_by_the_heading(tmp_path, heading):
    def change(edition):
        for column, other in zip(edition["lists"][1]["columns"], edition["lists"][0]["columns"], strict=True):
            column.clear()
            column.update(other)

    folder = make_office(tmp_path, "en", change)
    words = WORDS["en"]
    rows = [words["courses"], ["filing", "7", "2024-05-17", "online", "yes", "45m", ""]]
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    requests = "<tr><td></td><td>Written</td><td>Online</td></tr><tr><td>Received</td><td>1</td><td>2</td></tr>"
    path = folder / "stranger.html"
    path.write_text(f"<table>{requests}</table><h1>{heading}</h1><table>{body}</table>", encoding="utf-8")
    back = bring(folder, path)
    lists = parse_lists(back.text)
    assert (len(lists["courses"]), len(lists["money"])) == (0, 1 if heading == "Money spent" else 0)
    assert any("Courses held" in note and "Money spent" in note for note in back.notes) == (heading != "Money spent")


def test_a_table_with_fixed_rows_is_no_list_with_some_of_its_heads(tmp_path):
    def change(edition):
        edition["lists"][1]["columns"] = [{"id": "c0", "label": "Written"}, {"id": "c1", "label": "Online"}]

    folder = make_office(tmp_path, "en", change)
    write_report(folder, "en", {})
    tree = toml_rs.loads(bring(folder, build(folder, "html")).text)
    assert tree["requests"] == {"r0": {"c0": 12, "c1": 3}, "r1": {"c0": 10, "c1": 2}}
    assert "money" not in tree


def test_a_file_with_no_list_and_no_table_is_refused(tmp_path):
    folder = make_office(tmp_path, "en")
    path = folder / "other.csv"
    write_csv(path, [["Name", "Price"], ["Bread", "3"]])
    with pytest.raises(UserError):
        bring(folder, path)


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (("Answers to", "letters"), "Answers to letters"),
        (("文件", "检索"), "文件检索"),
        (("self-", "service"), None),  # self-service, or selfservice
        (("an-", "swers"), None),
    ],
)
def test_a_text_over_several_lines_of_a_page_is_read_unless_a_hyphen_ends_one(tmp_path, lines, text):
    form = Store(make_office(tmp_path, "en")).of_kind("training").kind.form_in_force(YEAR)
    heading = form.open_tables["courses"].blocks[0].columns[0]
    cell = read_printed(join_cell(lines), Slot("1", (heading,), ()), form, exact=False)
    assert (cell.state, cell.content) == (("read", text) if text else ("undecided", None))


def test_a_hyphen_within_a_line_of_a_page_is_one(tmp_path):
    """Fonts draw a minus sign, a hyphen and a soft hyphen by one sign, which is the soft one in most files."""
    folder = make_office(tmp_path, "en")
    write_report(folder, "en", {"money": [{"c0": "well-read", "c1": Decimal("1.5"), "c3": Decimal("-12.5")}]})
    assert parse_lists(bring(folder, build(folder, "pdf")).text)["money"] == [
        {"c0": "well-read", "c1": Decimal("1.5"), "c3": Decimal("-12.5")}
    ]


def test_a_csv_file_that_is_of_no_set_is_read_by_the_command(tmp_path, report):
    folder, words = make_office(tmp_path, "en"), WORDS["en"]
    write_csv(folder / "stranger.csv", make_rows(words, rows=make_printed(words, people="> 45")))
    done = report("import", "stranger.csv", "--kind", "training", "--year", "2024", "--lang", "en", cwd=folder)
    assert done.returncode == 1, done.stderr  # a cell is undecided
    assert "“Room”" in done.stdout
    (target,) = (folder / "data").rglob("2024.toml")
    assert len(parse_lists(target.read_text(encoding="utf-8"))["courses"]) == len(make_printed(words, people=""))
    done = report("import", "stranger.csv", "--kind", "training", "--to", "json", "--lang", "en", cwd=folder)
    assert done.returncode == 2  # no year
    assert "--year" in done.stdout


def test_an_unexpected_error_in_a_csv_file_is_said_of_this_file_and_stops_no_other(office, monkeypatch):
    folder, _language, _words = office
    paths = [folder / name for name in ("one/bad.csv", "two/other.csv")]
    for path in paths:
        path.parent.mkdir()
        path.write_text("a,b\n1,2\n", encoding="utf-8")

    def read_source(source):
        raise ZeroDivisionError(source.name)

    monkeypatch.setattr(published_sets, "read_source", read_source)
    store = Store(folder)
    sources = published_sets.gather(store, [str(path) for path in paths])
    results = list(batch.import_files(store, sources, pipeline.ImportOptions(dry_run=True), 1))
    assert [path.name in result.message for path, result in zip(paths, results, strict=True)] == [True, True]


def test_a_soft_hyphen_at_the_end_of_a_line_is_compared_as_a_hyphen_which_may_be_of_the_word():
    (line,) = list_printed_lines([TextLine("the annual\u00ad", 0, 9, 9, 9)])
    assert line.text == "the annual-"


def test_a_form_that_has_lost_its_names_keeps_its_lists(office):
    """Office programs drop the names of cells, by which a form is read; then heads say what stands where."""
    folder, _language, words = office
    form = Store(folder).of_kind("training").kind.form_in_force(YEAR)
    book = openpyxl.load_workbook(io.BytesIO(make_form(FormRequest(form, YEAR))))
    sheet = book[words["lists"][0]]
    head = next(row[0].row for row in sheet.iter_rows() if row[0].value == words["courses"][0])
    typed = [words["words"][0], 1234, datetime(2024, 5, 17), words["ways"][0]]  # noqa: DTZ001  # a day
    for column, value in enumerate(typed, 1):
        sheet.cell(head + 1, column).value = value
    for part in (book, *book.worksheets):
        for name in list(part.defined_names):
            del part.defined_names[name]
    book.save(folder / "lost.xlsx")
    back = bring(folder, folder / "lost.xlsx")
    day = date(2024, 5, 17)
    assert parse_lists(back.text)["courses"] == [
        {"c0": words["words"][0], "c1": 1234, "c2": day, "c3": words["ways"][0]}
    ]
