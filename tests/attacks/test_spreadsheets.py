"""Spreadsheets: texts that one would take for formulas in exports and answers, and forms that strangers return."""

import csv
import re
import unicodedata
import zipfile
from functools import cache
from io import BytesIO
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import openpyxl
import pytest
import toml_rs
from lxml import etree
from oracles import FORMATS, NOT_BUILT, SECRET, bites, holds
from sheets import where
from strangers import FACTS

from nianbao.compose import filters, prose
from nianbao.compose.markdown import Markdown
from nianbao.export import file_formats, rows, workbook
from nianbao.export.excel_form.blank import make_form
from nianbao.export.excel_form.draft import FormRequest
from nianbao.importer import pipeline
from nianbao.importer.readers import xlsx
from nianbao.importer.recognition import excel_form
from nianbao.importer.recognition.data_files import comments, data_file
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.render import markup
from nianbao.workspace import files
from nianbao.workspace.store import Store

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
GUARDED = [True, pytest.param(False, marks=pytest.mark.slow)]  # that a sample bites without its guard is shown in CI
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
@pytest.mark.parametrize("guarded", GUARDED)
def test_no_cell_of_a_csv_is_a_formula(hostile, command, monkeypatch, name, guarded):
    folder = hostile(FORMULAS[name])
    if not guarded:
        monkeypatch.setattr(file_formats, "FORMULA_PATTERN", NEVER)
    assert command("export", "2024", "--to", "csv", cwd=folder).exit_code == 0
    found = [
        cell
        for file in ("facts", "figures")
        for cell in cells((folder / f"build/export/{file}.csv").read_text(encoding="utf-8"))
    ]
    assert any(RUN[:3] in cell or "SUM(" in cell or "HYPER" in cell for cell in found)
    assert any(map(runs, found)) is not guarded


@pytest.mark.parametrize("name", IN_ANSWERS)
@pytest.mark.parametrize("guarded", GUARDED)
def test_no_cell_of_an_answer_is_a_formula(hostile, command, monkeypatch, name, guarded):
    folder = hostile(FORMULAS[name])
    if not guarded:
        monkeypatch.setattr(rows, "_FORMULA_REGEX", re.compile(NEVER))
    result = command("query", "select name, -5 as less from reports", "--to", "csv", cwd=folder)
    found = cells(result.stdout)
    assert found[-1] == "-5"  # a number stays one
    assert any(map(runs, found[:-1])) is not guarded


@pytest.mark.parametrize("head", ["=1+1", "＝1+1", "@x", " -x", "+x"])
@pytest.mark.parametrize("guarded", GUARDED)
def test_no_head_of_an_answer_is_a_formula(hostile, command, monkeypatch, head, guarded):
    if not guarded:
        monkeypatch.setattr(rows, "_FORMULA_REGEX", re.compile(NEVER))
    result = command("query", f'select year as "{head}" from reports', "--to", "csv", cwd=hostile("x"))
    assert runs(cells(result.stdout)[0]) is not guarded


@pytest.mark.parametrize("name", IN_WORKBOOKS)
@pytest.mark.parametrize("guarded", GUARDED)
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


# ── forms that come back ─────────────────────────────────────────────────────────────────────────────

ROOT = Path(__file__).parents[2]
PROSE = ("prose.overview", "prose.problems", "prose.other")
TEXTS = ("agency.name", "agency.short", "agency.site", "facts.problems", "facts.management", *PROSE)
RAN = re.compile("PWN0?ED")  # what the samples of placeholders say where they are filled
PLACEHOLDERS = {
    "sum": "PWN{{ year - year }}ED",
    "statement": "{% if year %}PWN{% endif %}ED",
    "comment": "PWN{# x #}ED",
    "comment-over-two-lines": "PWN{#\n#}ED",
    "raw": "PWN{% raw %}{% endraw %}ED",
    "behind-a-brace": "{ {% if year %}PWN{% endif %}ED",
}
MARKUP = {
    "span": "[甲]{onclick=alert(1)}",
    "link": "[甲](javascript:alert(1))",
    "reference": "[甲][乙]\n\n[乙]: javascript:alert(1)",
    "autolink": "<javascript:alert(1)>",
    "division": '::: {onclick="alert(1)"}\n仿冒\n:::',
    "part-of-the-page": "::: form\n仿冒\n:::",
    "signature": "[甲]{.signature}",
    "style": "[甲]{custom-style=Smuggled}",
    "Typst": '[甲]{typst:text:fill=\'red)[#("PWN"+"ED")]#text(fill:red\'}',
    "Typst-of-a-division": '::: {typst:text:fill=\'red)[#("PWN"+"ED")]#text(fill:red\'}\n甲\n:::',
    "in-a-table": "| 甲 |\n|---|\n| [乙]{onclick=x} |",
    "in-a-heading": "## [甲](javascript:x)",
    "in-a-list": "- 甲\n- [乙](javascript:x)",
    "in-a-quotation": "> [甲](javascript:x)",
}
HEADS = {
    "head": "甲\n\n---\nauthor: FORGED\n---\n\n乙",
    "first-head": "---\nauthor: FORGED\n...\n\n乙",
    "head-in-a-quotation": "> ---\n> author: FORGED\n> ---\n",
}
NOT_READ = {  # which nothing reads as code, whatever is taken out: the dialect of the pages knows neither
    "raw-HTML": "<script>alert(1)</script>",
    "raw-text-of-Typst": '`#("PWN"+"ED")`{=typst}',
    "code-of-Typst": '#("PWN"+"ED")',
    "picture": "![甲](http://evil.example/x.png)",
}


@cache
def empty_form():
    return make_form(FormRequest(Store(ROOT).kind.edition("2021"), Period(2024), "", "某市某局"))


def filled_in(texts, folder=""):
    """Fill a form in as a stranger would: each text is typed as a text, whatever it begins with."""
    book = openpyxl.load_workbook(BytesIO(empty_form()))
    for address, text in {"form.folder": folder, "agency.name": "某市某局", **texts}.items():
        sheet, cell = where(book, address)
        sheet[cell] = text
        sheet[cell].data_type = "s"
    book.save(into := BytesIO())
    return into.getvalue()


@pytest.fixture
def returned(tmp_path, command):
    """Import forms that are filled in with a text each in some places, by their names; give the folder."""

    def run(samples, places, *words):
        (tmp_path / "data").mkdir(exist_ok=True)
        for name, text in samples.items():
            (tmp_path / f"{name}.xlsx").write_bytes(filled_in(dict.fromkeys(places, text), name))
        done = command("import", *(f"{name}.xlsx" for name in samples), "--jobs", "1", *words, cwd=tmp_path)
        assert done.exit_code in {0, 1}, done.output
        assert {path.parent.name for path in tmp_path.glob("data/*/2024.toml")} == set(samples), done.output
        return tmp_path

    return run


@pytest.fixture
def printed(returned, command):
    """Import forms, check their reports and build them in every format; say what the files do, by name."""

    def run(samples, places):
        folder = returned(samples, places)
        assert command("validate", "2024", "--all", "--jobs", "1", cwd=folder).exit_code in {0, 1}
        command("build", "2024", "--all", "--draft", "--to", FORMATS, "--jobs", "1", "--no-facts", cwd=folder)
        markup.close_pandoc()
        return {name: does(folder / "build" / name) for name in samples}

    return run


def does(folder):
    page = folder / "2024.html"
    return bites(folder) | ({"a placeholder"} if page.exists() and RAN.search(page.read_text("utf-8")) else set())


@pytest.mark.samples(PLACEHOLDERS | MARKUP | HEADS | NOT_READ)
@pytest.mark.guard(
    "test_placeholders_of_a_returned_form_are_filled_where_they_are_not_escaped",
    "test_markup_of_a_returned_form_bites_where_it_is_neither_escaped_nor_reduced",
    "test_a_head_of_a_returned_form_bites_where_it_is_read_with_the_page",
    unguarded={"the dialect of the pages knows neither raw HTML nor Typst, and loads no picture": NOT_READ},
)
@pytest.mark.slow
def test_no_text_of_a_returned_form_does_anything(printed):
    found = printed(PLACEHOLDERS | MARKUP | HEADS | NOT_READ, TEXTS)
    assert {name: seen for name, seen in found.items() if seen} == {}


@pytest.fixture
def as_typed(monkeypatch):
    """Take out the first guard: what was typed is written as it is."""
    monkeypatch.setattr(excel_form, "_convert_text", str)


@pytest.mark.samples(PLACEHOLDERS)
@pytest.mark.slow
@pytest.mark.usefixtures("as_typed")
def test_placeholders_of_a_returned_form_are_filled_where_they_are_not_escaped(printed, monkeypatch):
    monkeypatch.setattr(prose, "find_faults", lambda _text, _names: iter(()))  # the second guard, of statements
    assert all("a placeholder" in seen for seen in printed(PLACEHOLDERS, ("prose.other",)).values())


@pytest.mark.samples(MARKUP)
@pytest.mark.slow
@pytest.mark.usefixtures("as_typed")
def test_markup_of_a_returned_form_bites_where_it_is_neither_escaped_nor_reduced(printed, lua):
    lua("prose.lua", ":walk(ALLOW), dropped", ", {}")
    found = printed(MARKUP | NOT_READ, ("prose.other",))
    assert {name for name, seen in found.items() if not seen} == set(NOT_READ)


@pytest.mark.samples(HEADS)
@pytest.mark.slow
@pytest.mark.usefixtures("as_typed", "read_with_the_page")
def test_a_head_of_a_returned_form_bites_where_it_is_read_with_the_page(printed):
    found = printed(HEADS, ("prose.other",))
    assert all(seen - {NOT_BUILT} for seen in found.values()), found


@pytest.mark.slow
def test_markup_in_facts_of_a_returned_form_bites_where_it_is_not_escaped(printed, monkeypatch, lua):
    monkeypatch.setattr(filters, "escape", Markdown)
    lua("prose.lua", ":walk(ALLOW), dropped", ", {}")
    assert all(printed({name: MARKUP[name] for name in ("span", "link", "Typst")}, ("agency.name",)).values())


# ── formulas in returned forms ───────────────────────────────────────────────────────────────────────

RESULT = "4711"  # that a formula had when the form was saved
IN_CELLS = {
    "sum": "=1+1",
    "link": '=HYPERLINK("http://evil.example/","x")',
    "program": f"={RUN}",
    "fetched": '=WEBSERVICE("ADDRESS/formula")',
    "other file": "='[1]Sheet'!A1",
    "indirect": '=INDIRECT("A"&1)',
    "line break": "=1+1\nEVIL = 1",
}
COUNTS = ("requests.received.person", "proactive.licences.decisions")


def computed(formula):
    """Fill a form in with a formula in a figure, a fact, a date and a text, each with its result as last saved."""
    book = openpyxl.load_workbook(BytesIO(empty_form()))
    for address in (*COUNTS, "published", "agency.name", "facts.meetings", "prose.other"):
        sheet, cell = where(book, address)
        sheet[cell] = formula
    book.save(made := BytesIO())
    return edited(made.getvalue(), r"worksheets/", r"(</f>)<v ?/>|(</f>)<v></v>", f"</f><v>{RESULT}</v>")


def edited(content, parts, before, after, **more):
    """Change the text of some parts of a workbook, and put others to it; the change must find its place."""
    found = 0
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name).decode()
            if re.search(parts, name):
                text, count = re.subn(before, lambda _match: after, text)
                found += count
            new.writestr(name, text)
        for name, text in more.items():
            new.writestr(name, text)
    assert found
    return made.getvalue()


@pytest.mark.parametrize("name", IN_CELLS)
@pytest.mark.parametrize("guarded", GUARDED)
def test_no_formula_of_a_returned_form_is_taken(tmp_path, command, monkeypatch, listener, name, guarded):
    address, asked = listener
    (tmp_path / "data").mkdir()
    (tmp_path / "form.xlsx").write_bytes(computed(IN_CELLS[name].replace("ADDRESS", address)))
    if not guarded:
        monkeypatch.setattr(xlsx, "_find_formulas", lambda _content, _notes: {})
    done = command("import", "form.xlsx", cwd=tmp_path)
    text = (tmp_path / "data/2024.toml").read_text("utf-8")
    assert (RESULT in text) is not guarded
    assert "EVIL" not in toml_rs.loads(text)
    assert not asked
    assert ("是公式" in done.output) is guarded
    command("export", "2024", "--to", "csv,xlsx", cwd=tmp_path)
    exported = openpyxl.load_workbook(tmp_path / "build/export/figures.xlsx")
    assert not any(cell.data_type == "f" for sheet in exported for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("name", IN_ANSWERS)
@pytest.mark.parametrize("guarded", GUARDED)
def test_no_text_of_a_returned_form_is_exported_as_a_formula(returned, command, monkeypatch, name, guarded):
    text = re.sub(r"\\([tnr])", lambda match: {"t": "\t", "n": "\n", "r": "\r"}[match[1]], FORMULAS[name])
    folder = returned({"unit": text}, ("agency.name", "agency.short", "facts.management"))
    if not guarded:
        monkeypatch.setattr(file_formats, "FORMULA_PATTERN", NEVER)
        monkeypatch.setattr(workbook, "is_formula", lambda _text: False)
    assert command("export", "2024", "--all", "--to", "csv,xlsx", cwd=folder).exit_code == 0
    found = cells((folder / "build/export/facts.csv").read_text("utf-8"))
    assert any(map(runs, found)) is not guarded
    book = openpyxl.load_workbook(folder / "build/export/figures.xlsx")
    shown = [cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert any(runs(cell.value) and not cell.quotePrefix for cell in shown) is not guarded
    assert not any(cell.data_type == "f" for cell in shown)


# ── words of a returned form in comments and names ───────────────────────────────────────────────────

BREAKING_OUT = {
    "a figure": dict.fromkeys(COUNTS, "x\nEVIL = 1"),
    "a figure behind a return": dict.fromkeys(COUNTS, "x\rEVIL = 1\r\nEVIL = 1"),
    "a day": {"published": "x\nEVIL = 1"},
    "a number": {"facts.meetings": "x\nEVIL = 1"},
}


@pytest.mark.parametrize("name", BREAKING_OUT)
@pytest.mark.parametrize("guarded", GUARDED)
def test_no_text_that_is_no_value_leaves_its_comment(tmp_path, command, monkeypatch, name, guarded):
    if not guarded:
        for module in (data_file, comments):
            monkeypatch.setattr(module, "format_comment", lambda text: text.replace("\r\n", "\n").replace("\r", "\n"))
    (tmp_path / "data").mkdir()
    (tmp_path / "form.xlsx").write_bytes(filled_in(BREAKING_OUT[name]))
    command("import", "form.xlsx", cwd=tmp_path)
    text = (tmp_path / "data/2024.toml").read_text("utf-8")
    assert bool(re.search("(?m)^EVIL", text)) is not guarded


FOLDERS = {"upwards": "../../outside", "absolute": "OUTSIDE", "down and upwards": "a/../../../outside"}


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("guarded", GUARDED)
def test_the_folder_that_a_returned_form_names_is_one_below_the_data(tmp_path, command, monkeypatch, name, guarded):
    office, outside = tmp_path / "office", tmp_path / "outside"
    (office / "data").mkdir(parents=True)
    if not guarded:
        monkeypatch.setattr(pipeline, "make_folder_name", lambda name: name)
        monkeypatch.setattr(files, "resolve_target", lambda path, _top: path)
    (office / "form.xlsx").write_bytes(filled_in({}, FOLDERS[name].replace("OUTSIDE", str(outside))))
    command("import", "form.xlsx", cwd=office)
    command("import", "form.xlsx", "--out", "in", cwd=office)
    assert outside.exists() is not guarded


YEARS = ["9" * 5000, "0", "0000", "99999", "-2024", "2024.5", "²", "nan", "1e3", "x"]


@pytest.mark.parametrize("year", YEARS, ids=lambda year: year[:8])
@pytest.mark.parametrize("guarded", GUARDED)
def test_a_year_that_is_none_is_refused_in_words(tmp_path, command, monkeypatch, year, guarded):
    if not guarded:
        monkeypatch.setattr(excel_form, "parse_form_period", lambda text, _form: Period(int(text) or -1))
    (tmp_path / "data").mkdir()
    (tmp_path / "form.xlsx").write_bytes(filled_in({"form.year": year}))
    done = command("import", "form.xlsx", cwd=tmp_path)
    assert done.exit_code == 2 or not guarded
    assert ("看不出这是哪一版、哪一年度的表" in done.output) is guarded


# ── the workbook itself ──────────────────────────────────────────────────────────────────────────────

SHEETS = r"worksheets/sheet2\.xml$"
ENDLESS = {  # a small file that a reader would take apart without end; the bounds that hold it
    "last cell": (
        (SHEETS, "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
        ("MAX_ROWS", "MAX_COLUMNS"),
    ),
    "used range": (
        (SHEETS, '<dimension ref="[^"]*"/>', '<dimension ref="A1:XFD1048576"/>'),
        ("MAX_ROWS", "MAX_COLUMNS"),
    ),
    "merged": (
        (SHEETS, "</mergeCells>", '<mergeCell ref="A10:XFD1048576"/></mergeCells>'),
        ("_MAX_RANGE_CELLS",),
    ),
    "merged, with an entity": (
        (SHEETS, "</mergeCells>", '<mergeCell ref="&#65;10:XFD1048576"/></mergeCells>'),
        ("_MAX_RANGE_CELLS",),
    ),
    "links": (
        (SHEETS, "<pageMargins", '<hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks><pageMargins'),
        ("_MAX_RANGE_CELLS",),
    ),
    "links of columns": (
        (
            SHEETS,
            "</sheetData>(.*?)<pageMargins",
            (
                '<row r="1048576"><c r="A1048576"/></row></sheetData>'
                '<hyperlinks><hyperlink ref="A:XFD" location="x"/></hyperlinks><pageMargins'
            ),
        ),
        ("_MAX_RANGE_CELLS",),
    ),
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the end may come in a finalizer
@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("guarded", GUARDED)
def test_a_small_workbook_is_not_taken_apart_without_end(tmp_path, monkeypatch, name, guarded):
    change, bounds = ENDLESS[name]
    (tmp_path / "form.xlsx").write_bytes(edited(empty_form(), *change))
    if not guarded:
        monkeypatch.setattr(pipeline, "MAX_SECONDS", 2)  # it would go on for hours
        for bound in bounds:
            monkeypatch.setattr(xlsx, bound, 10**12)
    why = ""
    try:
        pipeline.read_report(Store(tmp_path), str(tmp_path / "form.xlsx"), pipeline.ImportOptions(dry_run=True))
    except UserError as stop:
        why = stop.message
    assert ("还没有读完" in why or "内存太多" in why) is not guarded


ENTITIES = {  # expat, which reads every part, knows no way to load them, and multiplies none without end
    "file": ('<!DOCTYPE x [<!ENTITY e SYSTEM "file://CANARY">]>', "&e;"),
    "file as a parameter": ('<!DOCTYPE x [<!ENTITY % e SYSTEM "file://CANARY"> %e;]>', ""),
    "address": ('<!DOCTYPE x [<!ENTITY e SYSTEM "ADDRESS/entity">]>', "&e;"),
    "document type": ('<!DOCTYPE x SYSTEM "ADDRESS/dtd">', ""),
}


@pytest.mark.guard(
    unguarded="expat, which reads every part, knows no way to load an entity: openpyxl is given no other parser"
)
@pytest.mark.slow
@pytest.mark.parametrize("part", ["workbook", "sharedStrings", "worksheets/sheet2"])
@pytest.mark.parametrize("name", ENTITIES)
def test_no_entity_of_a_workbook_is_loaded(tmp_path, command, canary, listener, name, part):
    """There is no guard of ours to take out: `test_entities_are_loaded_by_a_reader_that_may` shows the oracle."""
    address, asked = listener
    head, said = (text.replace("CANARY", str(canary)).replace("ADDRESS", address) for text in ENTITIES[name])
    content = edited(empty_form(), rf"xl/{part}\.xml$", r"\?>\s*<", f"?>{head}<")
    (tmp_path / "data").mkdir()
    (tmp_path / "form.xlsx").write_bytes(edited(content, r"xl/sharedStrings\.xml$", "某市某局", said or "某市某局"))
    done = command("import", "form.xlsx", cwd=tmp_path)
    assert done.exit_code in {0, 1, 2}
    assert "自己出错" not in done.output
    assert not asked
    assert SECRET not in done.output
    assert not holds(tmp_path / "data", SECRET)


def test_entities_are_loaded_by_a_reader_that_may(canary):
    text = ENTITIES["file"][0].replace("CANARY", str(canary)) + "<x>&e;</x>"
    parser = etree.XMLParser(resolve_entities=True, no_network=False)
    assert etree.fromstring(text.encode(), parser).text == SECRET


LINKED = {  # parts that name something elsewhere; nothing that reads them opens an address: there is no guard of ours
    "external link": {
        "xl/externalLinks/externalLink1.xml": '<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/'
        '2006/main"><ddeLink ddeService="cmd" ddeTopic="ADDRESS/dde"/></externalLink>',
        "xl/externalLinks/_rels/externalLink1.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/'
        'package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/'
        '2006/relationships/externalLinkPath" Target="ADDRESS/book.xlsx" TargetMode="External"/></Relationships>',
    },
    "connection": {
        "xl/connections.xml": '<connections xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<connection id="1" type="4"><webPr url="ADDRESS/web"/></connection></connections>'
    },
    "picture": {
        "xl/drawings/_rels/drawing1.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/image" Target="ADDRESS/a.png" TargetMode="External"/></Relationships>'
    },
}


@pytest.mark.guard(unguarded="neither openpyxl nor what reads the data file has code that opens an address")
@pytest.mark.parametrize("name", LINKED)
def test_nothing_elsewhere_is_asked_for(tmp_path, command, listener, name):
    address, asked = listener
    parts = {part: text.replace("ADDRESS", address) for part, text in LINKED[name].items()}
    hyperlink = f'<hyperlinks><hyperlink ref="A1" location="{address}/x"/></hyperlinks><pageMargins'
    (tmp_path / "data").mkdir()
    (tmp_path / "form.xlsx").write_bytes(edited(empty_form(), SHEETS, "<pageMargins", hyperlink, **parts))
    command("import", "form.xlsx", cwd=tmp_path)
    assert (tmp_path / "data/2024.toml").exists()
    for words in (("validate", "2024"), ("build", "2024", "--draft"), ("export", "2024", "--to", "csv")):
        command(*words, cwd=tmp_path)
    assert not asked
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{address}/seen", timeout=600)  # noqa: S310  # our own listener
    assert asked  # the oracle sees a request
