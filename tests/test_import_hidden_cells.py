"""What spreadsheets and OpenDocument files hide, strike out, raise, or have not computed: none of it is a figure."""

import io
import zipfile
from random import Random

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from variants import draw_figures, judge, make_grids

from nianbao.importer import readers
from nianbao.importer.recognition import recognize
from nianbao.model.period import Period

STEP = 3  # every third figure is changed


def write_book(form, found, change):
    """Return a workbook with the tables of a form; `change` changes every third cell with a figure, and `found`."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = f"某市某局{form.first_year}年{form.name}"
    top, number = 3, 0
    for grid in make_grids(form, found).values():
        for item in (item for line in grid.lines for item in line):
            row, column, rowspan, colspan = grid.spans[id(item)]
            cell = sheet.cell(top + row, 1 + column, int(item[0]) if item[1] else item[0])
            if rowspan * colspan > 1:
                end = {"end_row": top + row + rowspan - 1, "end_column": column + colspan}
                sheet.merge_cells(start_row=top + row, start_column=1 + column, **end)
            number += bool(item[1])
            if item[1] and number % STEP == 0:
                change(cell)
        top += len(grid.lines) + 1
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def strike_out(cell):
    cell.font = Font(strike=True)


def put_parts(*fonts):
    """Return a change that puts a 7 with a font before a figure, and one behind it."""

    def change(cell):
        before, behind = ([TextBlock(InlineFont(**font), "7")] if font else [] for font in fonts)
        cell.value = CellRichText(*before, TextBlock(InlineFont(b=True), str(cell.value)), *behind)

    return change


def compute(cell):
    cell.value = "=1+1"


UNDECIDED = {
    "struck out": strike_out,
    "digits struck out": put_parts({"strike": True}, None),
    "never computed": compute,
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_a_figure_of_a_workbook_that_may_be_another_is_undecided(name, form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # draws figures, not secrets
    published = readers.read(write_book(form, found, UNDECIDED[name]), "xlsx")
    cells = recognize(published, forms).cells_by_address
    assert all(cell.value == found[address] for address, cell in cells.items() if cell.state == "read")
    assert sum(cell.state == "undecided" for cell in cells.values()) == len(found) // STEP


def test_a_raised_digit_of_a_workbook_refers_to_a_note(form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # see above
    content = write_book(form, found, put_parts(None, {"vertAlign": "superscript"}))
    assert judge(content, "xlsx", found, forms) == (len(found), [])


@pytest.mark.parametrize("part", ["row", "column"])
def test_hidden_rows_and_columns_of_a_workbook_are_not_read(part, form, forms):
    hidden = {}

    def hide(cell):
        dimensions = cell.parent.row_dimensions if part == "row" else cell.parent.column_dimensions
        key = cell.row if part == "row" else cell.column_letter
        if not hidden or key in hidden:
            dimensions[key].hidden = True
            hidden.setdefault(key, cell.value)

    found = draw_figures(form, Random(3))  # noqa: S311  # see above
    published = readers.read(write_book(form, found, hide), "xlsx")
    cells = recognize(published, forms).cells_by_address
    assert all(cell.value == found[address] for address, cell in cells.items() if cell.state == "read")
    assert 0 < sum(cell.state == "read" for cell in cells.values()) < len(found)
    assert len(published.notes) == 1


def test_a_blank_row_and_one_of_another_sheet_are_not_put_together(form, forms):
    """The sheet of the office itself is blank; that of a unit has figures in the last rows only."""
    book = openpyxl.Workbook()
    grid = make_grids(form, dict.fromkeys(form.slots, 7))[form.tables[0].id]
    for sheet, figure in ((book.active, None), (book.create_sheet("下属单位"), 7)):
        for item in (item for line in grid.lines[:3] for item in line):
            row, column, *_ = grid.spans[id(item)]
            sheet.cell(2 + row, 1 + column, figure if item[1] else item[0])
    book.active["A1"] = f"某市某局{form.first_year}年{form.name}"
    content = io.BytesIO()
    book.save(content)
    cells = recognize(readers.read(content.getvalue(), "xlsx"), forms, Period(form.first_year)).cells_by_address
    assert cells
    assert {cell.state for cell in cells.values()} == {"undecided"}


# ── OpenDocument ─────────────────────────────────────────────────────────────────────

SPACES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "style")
)
HIDDEN = '<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style>'
TEXTS = {
    "as it is": "{}",
    "hidden by a style": '<text:span text:style-name="H">7</text:span>{}',
    "how it is read": "<text:ruby><text:ruby-base>{}</text:ruby-base><text:ruby-text>7</text:ruby-text></text:ruby>",
    "computed": '<text:expression text:formula="ooow:1">{}</text:expression>',
    "of a field": "<text:user-field-get>{}</text:user-field-get>",
}


def write_package(kind, body):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        styles = f"<office:automatic-styles>{HIDDEN}</office:automatic-styles>"
        body = f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
        package.writestr("content.xml", f"<office:document-content{SPACES}>{styles}{body}</office:document-content>")
        package.writestr("styles.xml", f"<office:document-styles{SPACES}/>")
    return content.getvalue()


def write_tables(form, found, figure):
    """Write the tables of a form under their headings, with figures as `figure` formats them."""
    tables = make_grids(form, found)
    yield f"<text:p>某市某局{form.first_year}年{form.name}</text:p>"
    for section in form.sections:
        if section.table and section.heading:
            grid = tables[section.table]
            columns = f'<table:table-column table:number-columns-repeated="{grid.columns}"/>'
            yield f"<text:p>{section.heading}</text:p><table:table>{columns}"
            for line in grid.lines:
                places = {grid.spans[id(item)][1]: item for item in line}
                cells = (write_cell(places.get(column), grid, figure) for column in range(grid.columns))
                yield f"<table:table-row>{''.join(cells)}</table:table-row>"
            yield "</table:table>"


def write_cell(item, grid, figure):
    if item is None:
        return "<table:covered-table-cell/>"
    _row, _column, down, across = grid.spans[id(item)]
    span = f'table:number-rows-spanned="{down}" table:number-columns-spanned="{across}"'
    words = figure.format(item[0]) if item[1] else item[0]
    return f"<table:table-cell {span}><text:p>{words}</text:p></table:table-cell>"


@pytest.mark.parametrize("name", TEXTS)
def test_an_opendocument_text_is_read_as_it_is_shown(name, form, forms):
    found = draw_figures(form, Random(3))  # noqa: S311  # see above
    content = write_package("text", "".join(write_tables(form, found, TEXTS[name])))
    assert judge(content, "odt", found, forms) == (len(found), [])


def test_hidden_rows_and_columns_of_an_opendocument_spreadsheet_are_not_read():
    def write(text):
        return f"<table:table-cell><text:p>{text}</text:p></table:table-cell>"

    columns = '<table:table-column/><table:table-column table:visibility="collapse"/><table:table-column/>'
    rows = "".join(
        f"<table:table-row{hidden}>{''.join(map(write, texts))}</table:table-row>"
        for texts, hidden in (
            ("甲1乙", ""),
            ("丙2丁", ' table:visibility="filter"'),
            ("戊3己", ' table:visibility="collapse"'),
        )
    )
    never = '<table:table-row><table:table-cell table:formula="of:=1+1"/></table:table-row>'
    table = f'<table:table table:name="表">{columns}{rows}{never}</table:table>'
    published = readers.read(write_package("spreadsheet", table), "ods")
    assert [cell.text for cell in published.blocks[-1].cells if cell.text] == ["甲", "乙", "of:=1+1"]
    assert sum("7" in note for note in published.notes) == 1


def test_struck_and_raised_words_of_an_opendocument_spreadsheet_are_marked():
    styles = (
        '<style:style style:name="S"><style:text-properties style:text-line-through-style="solid"/></style:style>'
        '<style:style style:name="R"><style:text-properties style:text-position="super 58%"/></style:style>'
    )
    cells = (
        '<table:table-cell table:style-name="S" office:value-type="float" office:value="7"/>'
        '<table:table-cell><text:p>12<text:span text:style-name="R">1</text:span></text:p></table:table-cell>'
        '<table:table-cell><text:p><text:span text:style-name="S">9</text:span>12</text:p></table:table-cell>'
        '<table:table-cell table:style-name="R"><text:p>5</text:p></table:table-cell>'
    )
    row = f'<table:table table:name="表"><table:table-row>{cells}</table:table-row></table:table>'
    package = write_package("spreadsheet", f"{styles}{row}")
    texts = [cell.text for cell in readers.read(package, "ods").blocks[-1].cells]
    assert texts == ["~~7~~", "12[1]", "~~9~~12", "5"]
