"""Excel forms of kinds whose rows the data decides: blank rows, those of a report, and lists that grow."""

import shutil
from io import BytesIO

import openpyxl
import pytest
from cases import converted
from platforms import FOLDER, TEXT, fill, load_form
from sheets import typed, where

from nianbao.export.excel_form.blank import make_form
from nianbao.export.excel_form.draft import FormRequest
from nianbao.importer import pipeline
from nianbao.importer.recognition.excel_form import PREFIX
from nianbao.model.facts import parse
from nianbao.model.open_rows.blank_rows import BlankRows
from nianbao.model.period import Period, parse_period
from nianbao.workspace.store import Store

YEAR = Period(2024)


@pytest.fixture
def office(tmp_path):
    """A folder of the kind with tables, lists and axes, without data."""
    shutil.copytree(FOLDER, tmp_path / "platform", ignore=shutil.ignore_patterns("data", "build"))
    return tmp_path / "platform"


def bring_back(office, content, name="form.xlsx", store=None):
    """Import a returned form; return what was imported, and the report that its data file makes."""
    path = office / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    store = store or Store(office)
    imported = pipeline.read_report(store, str(path), pipeline.ImportOptions(dry_run=True))
    return imported, pipeline.fill_form_of(store, imported.text, imported.target)


def make_returned(report, **more):
    return make_form(FormRequest(report.form, report.period, "", "Market", None, report, **more))


def test_a_report_comes_back_from_its_form_with_all_rows(office):
    report = fill()
    imported, back = bring_back(office, make_returned(report))
    assert back.figures == report.figures
    assert back.values == {"edition": "2024", **report.values}
    assert imported.undecided == 0


@pytest.mark.needs("soffice", package="libreoffice-calc-nogui")
def test_a_report_comes_back_from_a_form_that_was_saved_as_opendocument(office, tmp_path):
    report = fill()
    (tmp_path / "form.xlsx").write_bytes(make_returned(report))
    shutil.copy(converted(tmp_path / "form.xlsx", "ods", tmp_path), office / "form.ods")
    _imported, back = bring_back(office, None, "form.ods")
    assert back.figures == report.figures
    assert back.values == {"edition": "2024", **report.values}


@pytest.mark.parametrize("name", ["nordmarkt/2026-H1", "kaskade/2025-H2"])
def test_a_transparency_report_comes_back_from_its_form(name, root, tmp_path):
    store = Store(root).of_kind("eu-dsa")
    text = (root / f"templates/kinds/eu-dsa/example/data/{name}.toml").read_text(encoding="utf-8")
    period = parse_period(name.partition("/")[2])
    report = store.kind.fill(parse(text, "data.toml"), period, None)
    _imported, back = bring_back(tmp_path, make_returned(report), store=store)
    assert back.figures == report.figures
    assert back.values == report.values


def test_blank_rows_that_stay_blank_are_no_rows(office):
    values = {"service.name": "Market", "bodies.1.asked": "-", "bodies.2.name": "\u200b "}
    imported, back = bring_back(office, typed(make_form(FormRequest(load_form(), YEAR)), values))
    assert "[[" not in imported.text
    assert imported.text.count("# nothing was filled in\n") == 2
    assert "row is blank" not in imported.text
    assert not [address for address in back.form.slots if address not in load_form().slots]


def test_what_is_filled_into_blank_rows_comes_back(office):
    values = {
        "service.name": "Market",
        "orders.total.animals.other.2.description": "Furs",
        "orders.total.animals.other.2.received": 4,
        "staff.language.de.value": 6,
        "staff.language.de.context": "B2.",
        "systems.system.1.name": "Pictures",
        "systems.system.1.measures.all": 2,
        "bodies.2.name": "Vienna",
        "bodies.2.asked": 3,
    }
    _imported, back = bring_back(office, typed(make_form(FormRequest(load_form(), YEAR)), values))
    assert back.facts.tree["orders"]["total"]["animals"]["other"] == {"1": {"description": "Furs", "received": 4}}
    assert back.facts.tree["staff"]["language"] == {"de": {"value": 6, "context": "B2."}}
    assert back.facts.tree["systems"]["system"]["1"] == {"name": "Pictures", "measures": {"all": 2}}
    assert back.facts.tree["bodies"] == {"1": {"name": "Vienna", "asked": 3}}
    assert not [entry.address for entry in back.entries if not entry.known or entry.fault]


def fill_below(content, rows):
    """Type rows below the last row of the list of bodies; None leaves a cell as it is."""
    book = openpyxl.load_workbook(BytesIO(content))
    last = max(int(name.split(".")[2]) for name in book.defined_names if name.startswith(f"{PREFIX}bodies."))
    for number, row in enumerate(rows, 1):
        for column, value in zip(("name", "asked", "decided"), row, strict=True):
            sheet, cell = where(book, f"bodies.{last}.{column}")
            below = sheet[cell].offset(row=number)
            assert not sheet.row_dimensions[below.row].protection.locked
            below.value = value
    book.save(into := BytesIO())
    return into.getvalue()


def test_a_list_grows_below_its_last_row_to_as_many_as_it_may_have(office):
    content = make_form(FormRequest(load_form(), YEAR, blank=BlankRows(1)))
    content = typed(content, {"bodies.1.name": "Vienna"})
    imported, back = bring_back(office, fill_below(content, [(None, None, None), ("Riga", 2, 0)]))
    assert back.facts.tree["bodies"] == {"1": {"name": "Vienna"}, "2": {"name": "Riga", "asked": 2, "decided": 0}}
    assert imported.undecided == 0
    book = openpyxl.load_workbook(BytesIO(content))
    sheet, cell = where(book, "bodies.1.name")
    opened = [row for row, one in sheet.row_dimensions.items() if not one.protection.locked]
    assert opened == [sheet[cell].row + 1, sheet[cell].row + 2]


def test_the_checks_of_the_first_sheet_count_what_is_filled_in_below_a_list():
    book = openpyxl.load_workbook(BytesIO(make_form(FormRequest(load_form(), YEAR, blank=BlankRows(1)))))
    sheet, cell = where(book, "bodies.1.asked")
    row = sheet[cell].row
    formulas = [str(one.value) for line in book.worksheets[0].iter_rows() for one in line]
    assert any(f"B{row}:B{row + 2}" in formula for formula in formulas)


def test_what_is_no_figure_below_a_list_is_named_by_its_cell_and_left_out(office):
    content = make_form(FormRequest(load_form(), YEAR, blank=BlankRows(1)))
    imported, back = bring_back(office, fill_below(content, [(None, "many", None), ("Riga", "=1+1", 1)]))
    assert imported.undecided == 2
    assert "“many”" in imported.text
    assert "“=1+1”" in imported.text
    assert back.facts.tree["bodies"] == {"1": {}, "2": {"name": "Riga", "decided": 1}}


def test_a_list_that_is_sorted_on_the_form_comes_back_once_and_in_its_order(office):
    report = fill(("decided = 1\n\n[[bodies]]", 'decided = 1\n\n[[bodies]]\nname = "Berlin"\n\n[[bodies]]'))
    names = [report.values[f"bodies.{number}.name"] for number in (1, 2, 3)]
    assert names != sorted(names)
    _imported, back = bring_back(office, make_returned(report))
    assert [back.values[f"bodies.{number}.name"] for number in (1, 2, 3)] == names
    assert back.figures == report.figures


def test_a_row_that_was_put_between_the_rows_of_a_list_is_read(office):
    content = make_form(FormRequest(load_form(), YEAR, blank=BlankRows(2)))
    book = openpyxl.load_workbook(BytesIO(typed(content, {"bodies.1.name": "Vienna", "bodies.2.name": "Riga"})))
    sheet, cell = where(book, "bodies.2.name")
    row = sheet[cell].row
    for column in range(1, 4):  # the cells of the second entry, with their names, move down
        sheet.cell(row + 1, column).value = sheet.cell(row, column).value
        sheet.cell(row, column).value = ("Athens", 1, 1)[column - 1]
    for column, letter in zip(("name", "asked", "decided"), "ABC", strict=True):
        book.defined_names[f"{PREFIX}bodies.2.{column}"].attr_text = f"'{sheet.title}'!${letter}${row + 1}"
    book.save(into := BytesIO())
    _imported, back = bring_back(office, into.getvalue())
    assert [entry.get("name") for entry in back.facts.tree["bodies"].values()] == ["Vienna", "Riga", "Athens"]


COLUMNS = """  { id = "decided", label = "Decided" },
  { id = "open", label = "Open", type = "yes-no" },
  { id = "since", label = "Since", type = "date" },
  { id = "notes", label = "Notes", type = "texts" },
  { id = "form", label = "Form", type = "choice", choices = ["court", "NGO"] },
"""
ENTRY = """
open = true
since = 2024-02-29
notes = ["a, b", "c"]
form = "court"
"""


@pytest.fixture
def other_values(office):
    """The same folder, with cells of lists that hold no figures, and a code that is no bare key."""
    edition = office / "templates/kinds/platform/editions/2024.toml"
    text = edition.read_text(encoding="utf-8")
    assert text.count('{ id = "bg"') == 1
    text = text.replace('  { id = "decided", label = "Decided" },\n', COLUMNS).replace('{ id = "bg"', '{ id = "保加"')
    edition.write_text(text, encoding="utf-8")
    return office


def fill_other_values(folder):
    text = f"{TEXT.rstrip()}{ENTRY}".replace("bg", '"保加"')
    report = Store(folder).kind.fill(parse(text, "data/2024.toml"), YEAR, None)
    assert not [entry.address for entry in report.entries if not entry.known or entry.fault]
    return report


@pytest.mark.parametrize("suffix", ["xlsx", pytest.param("ods", marks=pytest.mark.needs("soffice"))])
def test_cells_that_hold_no_figures_come_back(other_values, tmp_path, suffix):
    report = fill_other_values(other_values)
    path = tmp_path / "form.xlsx"
    path.write_bytes(make_returned(report))
    if suffix == "ods":
        path = converted(path, "ods", tmp_path)
    imported, back = bring_back(other_values, path.read_bytes(), f"form.{suffix}")
    assert imported.undecided == 0
    assert back.facts.tree["bodies"] == report.facts.tree["bodies"]
    assert back.facts.tree["staff"]["language"] == report.facts.tree["staff"]["language"]


def test_what_no_cell_of_another_type_can_hold_is_said_with_what_it_can(other_values):
    content = typed(make_returned(fill_other_values(other_values)), {"bodies.2.form": "club", "bodies.2.since": "May"})
    imported, _back = bring_back(other_values, content)
    assert imported.undecided == 2
    assert "court" in next(line for line in imported.text.splitlines() if "club" in line)
    assert any("club" in note or "court" in note for note in imported.notes)


def test_values_that_do_not_apply_are_in_the_form_that_goes_back(office):
    report = fill(("year = 2024", 'year = 2024\ndoes_not_apply = ["orders.total.fraud"]'))
    assert "orders.total.fraud.total.received" not in report.figures
    _imported, back = bring_back(office, make_returned(report))
    assert back.facts.tree["orders"]["total"]["fraud"] == report.facts.tree["orders"]["total"]["fraud"]
    assert back.values["does_not_apply"] == ["orders.total.fraud"]


def test_columns_by_codes_are_there_for_those_of_the_last_report_and_those_asked_for():
    def list_languages(**more):
        book = openpyxl.load_workbook(BytesIO(make_form(FormRequest(load_form(), Period(2025), **more))))
        found = (name.partition(".measures.by.language.")[2] for name in book.defined_names)
        return set(filter(None, found))

    assert list_languages() == set()
    assert list_languages(last_report=fill()) == {"de", "bg"}
    assert list_languages(blank=BlankRows(codes=("sv",))) == {"sv"}


def test_a_row_with_nothing_but_a_formula_is_no_blank_row(office):
    content = typed(make_form(FormRequest(load_form(), YEAR)), {"bodies.2.asked": "=SUM(1,2)"})
    imported, back = bring_back(office, content)
    assert imported.undecided == 1
    assert "“=SUM(1,2)”" in imported.text
    assert back.facts.tree["bodies"] == {"1": {}}


def test_rows_with_others_below_are_those_of_the_last_report_and_those_that_are_asked_for():
    def list_states(**more):
        book = openpyxl.load_workbook(BytesIO(make_form(FormRequest(load_form(), Period(2025), **more))))
        names = [name.removeprefix(PREFIX).split(".") for name in book.defined_names]
        return {name[2] for name in names if name[:2] == ["orders", "state"]}

    assert list_states() == set()
    assert list_states(last_report=fill()) == {"AT", "EL"}
    assert list_states(blank=BlankRows(codes=("DE",))) == {"DE"}


def test_the_number_of_blank_rows_is_that_asked_for():
    def count(rows):
        book = openpyxl.load_workbook(BytesIO(make_form(FormRequest(load_form(), YEAR, blank=BlankRows(rows)))))
        names = [name.removeprefix(PREFIX) for name in book.defined_names]
        others = {name.rpartition(".")[0] for name in names if name.startswith("orders.total.animals.other.")}
        return len(others), len({name.split(".")[1] for name in names if name.startswith("bodies.")})

    assert count(None) == (2, 3)
    assert count(5) == (5, 3)  # of the list no more than it may have
    assert count(0) == (0, 1)  # below which others are filled in


def test_a_check_counts_what_is_filled_into_blank_rows():
    book = openpyxl.load_workbook(BytesIO(make_form(FormRequest(load_form(), YEAR))))
    sheet, cell = where(book, "orders.total.animals.other.2.received")
    formulas = [str(one.value) for row in sheet.iter_rows() for one in row if str(one.value).startswith("=")]
    assert any(cell in formula for formula in formulas)


def test_names_that_contradict_each_other_are_read_as_far_as_they_go(office):
    book = openpyxl.load_workbook(BytesIO(make_form(FormRequest(load_form(), YEAR))))
    sheet, cell = where(book, "bodies.1.name")
    at = f"'{sheet.title}'!${cell[0]}${cell[1:]}"
    for name in (
        "bodies",
        "bodies.1",
        "bodies.x.name",
        "bodies.99999999999999999999.name",
        f"bodies.{'9' * 5000}.name",
        "orders.state.XX.total",
    ):
        book.defined_names[PREFIX + name] = openpyxl.workbook.defined_name.DefinedName(PREFIX + name, attr_text=at)
    sheet[cell] = "Vienna"
    book.save(into := BytesIO())
    _imported, back = bring_back(office, into.getvalue())
    assert back.values["bodies.1.name"] == "Vienna"
    assert not [entry.address for entry in back.entries if not entry.known]


def test_forms_take_codes_and_rows_as_options(office, report):
    done = report("form", "2024", "--codes", "AT,XX", "--rows", "1", cwd=office)
    assert done.returncode == 2
    assert "EL" in done.stderr
    done = report("form", "2024", "--codes", "at，GR", "--rows", "1", cwd=office)
    assert done.returncode == 0, done.stderr
    (path,) = office.glob("build/forms/*.xlsx")
    names = openpyxl.load_workbook(path).defined_names
    assert f"{PREFIX}orders.state.EL.animals.other.1.received" in names
    assert f"{PREFIX}orders.state.EL.animals.other.2.received" not in names


def test_rows_of_long_labels_are_as_high_as_these_need(root):
    form = Store(root).of_kind("eu-dsa").kind.edition("2026-half-years")
    book = openpyxl.load_workbook(BytesIO(make_form(FormRequest(form, Period(2026, "H1")))))
    rows = [(book["Facts"], row, book["Facts"].column_dimensions["A"].width) for row in range(2, 17)]
    recipients = book["Average monthly active recipien"]
    rows.append((recipients, recipients.max_row, 3 * recipients.column_dimensions["A"].width))
    for sheet, row, width in rows:
        label = str(sheet.cell(row, 1).value)
        assert len(label) > width / 2
        assert (sheet.row_dimensions[row].height or 15) >= 11 * -(-len(label) // int(width)), label
