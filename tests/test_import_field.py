"""Reports as web sites, converters and word processors publish them: the same figures in other markup."""

import json
import re
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from html import escape

import pytest

from nianbao.importer import readers
from nianbao.importer.readers.page_layout import remove_running_lines
from nianbao.importer.readers.page_lines import TextLine
from nianbao.importer.recognition import Paragraph, PublishedCell, PublishedDocument, PublishedTable, recognize
from nianbao.importer.recognition.figures_json import collect_figures
from nianbao.importer.recognition.labels import MIN_SIMILARITY, parse_label
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store


def number_figures(form):
    """Return a figure for every address of a form, with totals that are right."""
    found = {address: at * 37 % 211 for at, address in enumerate(form.slots)}
    for _ in range(2):  # a total of totals needs those first
        for check in (check for check in form.checks if check.relation.total):
            total = check.left[0].slots[0].address
            found[total] = sum(found[slot.address] for part in check.right for slot in part.slots)
    return found


def list_rows(table, found):
    """Return the rows of a table, each a list of `(text, rowspan, colspan)`."""
    grid = table.make_grid()
    lines = [[] for _ in range(grid.rows)]
    for cell in sorted(grid.cells, key=lambda cell: (cell.row, cell.column)):
        lines[cell.row].append((str(found[cell.slot.address]) if cell.slot else cell.text, cell.rowspan, cell.colspan))
    return lines


def fill_spans(table, found, *, repeat):
    """Return rows with a cell for every place: a text that spans several is repeated in all, or in the first only."""
    grid = table.make_grid()
    texts = {}
    for cell in grid.cells:
        text = str(found[cell.slot.address]) if cell.slot else cell.text
        for row in range(cell.row, cell.row + cell.rowspan):
            for column in range(cell.column, cell.column + cell.colspan):
                texts[row, column] = text if repeat or (row, column) == (cell.row, cell.column) else ""
    width = max(column for _, column in texts) + 1
    return [[texts.get((row, column), "") for column in range(width)] for row in range(grid.rows)]


def compose_page(form, tables):
    """Return a page with tables, given as HTML by id, under the headings of their sections."""
    parts = [
        f"<p>{section.heading}</p>{tables[section.table]}"
        for section in form.sections
        if section.heading and section.table
    ]
    return f"<html><body><h1>某市某局{form.first_year}年{form.name}</h1>{''.join(parts)}</body></html>"


def format_html_table(lines, spans=("rowspan", "colspan")):
    """Return a table as HTML, with those spans only."""
    html = ""
    for line in lines:
        html += "<tr>"
        for text, *sizes in line:
            named = zip(("rowspan", "colspan"), sizes, strict=True)
            kept = "".join(f' {name}="{size}"' for name, size in named if name in spans)
            html += f"<td{kept}>{escape(text)}</td>"
        html += "</tr>"
    return f"<table>{html}</table>"


def format_pipe_table(lines):
    width = max(len(line) for line in lines[:1])
    rule = "|" + " --- |" * width
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([rows[0], rule, *rows[1:]])


def compose_markdown(form, tables):
    parts = [
        f"**{section.heading}**\n{tables[section.table]}"
        for section in form.sections
        if section.heading and section.table
    ]
    return f"# 某市某局{form.first_year}年{form.name}\n\n" + "\n\n".join(parts)


def read(content, suffix, forms):
    return recognize(readers.read(content if isinstance(content, bytes) else content.encode(), suffix), forms)


def make_archive(html):
    archive = MIMEMultipart("related")
    archive.attach(MIMEText(html, "html", "gb18030"))
    return archive.as_bytes()


def make_page(form, found):
    return compose_page(form, {table.id: format_html_table(list_rows(table, found)) for table in form.tables})


VARIANTS = {
    "no spans": lambda form, found: (
        compose_page(form, {table.id: format_html_table(list_rows(table, found), ()) for table in form.tables}),
        "html",
    ),
    "rowspans only": lambda form, found: (
        compose_page(
            form, {table.id: format_html_table(list_rows(table, found), ("rowspan",)) for table in form.tables}
        ),
        "html",
    ),
    "colspans only": lambda form, found: (
        compose_page(
            form, {table.id: format_html_table(list_rows(table, found), ("colspan",)) for table in form.tables}
        ),
        "html",
    ),
    "repeated": lambda form, found: (
        compose_page(
            form,
            {
                table.id: format_html_table(
                    [[(text, 1, 1) for text in line] for line in fill_spans(table, found, repeat=True)]
                )
                for table in form.tables
            },
        ),
        "html",
    ),
    "pipes repeated, right below a text": lambda form, found: (
        compose_markdown(
            form, {table.id: format_pipe_table(fill_spans(table, found, repeat=True)) for table in form.tables}
        ),
        "md",
    ),
    "pipes of other lengths": lambda form, found: (
        compose_markdown(
            form,
            {
                table.id: format_pipe_table([[text for text, *_ in line] for line in list_rows(table, found)])
                for table in form.tables
            },
        ),
        "md",
    ),
    "tables in Markdown": lambda form, found: (
        compose_markdown(
            form, {table.id: "\n" + format_html_table(list_rows(table, found), ()) for table in form.tables}
        ),
        "md",
    ),
    "a spreadsheet copied": lambda form, found: (
        "\n".join(
            [
                f"某市某局{form.first_year}年{form.name}",
                *(
                    "\t".join(line)
                    for table in form.tables
                    for line in [*fill_spans(table, found, repeat=False), ["小计"]]
                ),
            ]
        ),
        "txt",
    ),
    "an archive named .doc": lambda form, found: (make_archive(make_page(form, found)), "doc"),
    "a page named .txt": lambda form, found: (make_page(form, found), "txt"),
    "a page named .xls": lambda form, found: (make_page(form, found), "xls"),
    "a page within JSON": lambda form, found: (
        json.dumps({"code": 200, "data": {"content": make_page(form, found)}}),
        "json",
    ),
    "a page within a script": lambda form, found: (
        make_page(form, found).replace('"', '\\"').replace("</", "<\\/"),
        "html",
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_cell_is_read_in_every_markup(variant, form, forms):
    found = number_figures(form)
    content, suffix = VARIANTS[variant](form, found)
    recognized = read(content, suffix, forms)
    assert {address: cell.value for address, cell in recognized.cells_by_address.items()} == found
    assert recognized.form is form


def transpose(lines):
    """Return a table with its rows as columns."""
    return [list(line) for line in zip(*lines, strict=True)]


def test_a_transposed_table_is_read(form, forms):
    found = number_figures(form)
    tables = {
        table.id: format_html_table(
            [[(text, 1, 1) for text in line] for line in transpose(fill_spans(table, found, repeat=True))]
        )
        if table.id == form.tables[-1].id
        else format_html_table(list_rows(table, found))
        for table in form.tables
    }
    recognized = read(compose_page(form, tables), "html", forms)
    assert {address: cell.value for address, cell in recognized.cells_by_address.items()} == found


def test_each_group_of_columns_may_be_a_separate_table(form, forms):
    """One group in a table, the two others in another: neither hides the other's cells."""
    found = number_figures(form)
    table = form.tables[-1]
    grid = fill_spans(table, found, repeat=True)
    parts = [[line[:5] for line in grid], [line[5:] for line in grid]]
    tables = {one.id: format_html_table(list_rows(one, found)) for one in form.tables[:-1]}
    tables[table.id] = "".join(format_html_table([[(text, 1, 1) for text in line] for line in part]) for part in parts)
    recognized = read(compose_page(form, tables), "html", forms)
    assert {
        address: cell.value for address, cell in recognized.cells_by_address.items() if cell.value is not None
    } == found


def test_a_group_row_with_sums_is_not_the_row_that_has_its_name_as_alias(forms):
    form = forms[-1]
    found = number_figures(form)
    table = form.tables[1]
    lines = [[(text, 1, 1) for text in line] for line in fill_spans(table, found, repeat=True)]
    at = next(at for at, line in enumerate(lines) if line[1][0] == "（六）其他处理")
    lines.insert(at, [("（六）其他处理", 1, 3), *[("999", 1, 1)] * 7])
    tables = {one.id: format_html_table(list_rows(one, found)) for one in form.tables} | {
        table.id: format_html_table(lines)
    }
    recognized = read(compose_page(form, tables), "html", forms)
    assert {address: cell.value for address, cell in recognized.cells_by_address.items()} == found


def test_two_rows_of_figures_under_the_same_headers_are_undecided(forms):
    form = forms[-1]
    found = number_figures(form)
    table = form.tables[-1]
    lines = list_rows(table, found)
    lines.append([(str(int(text) + 1), *spans) for text, *spans in lines[-1]])
    tables = {one.id: format_html_table(list_rows(one, found)) for one in form.tables} | {
        table.id: format_html_table(lines)
    }
    recognized = read(compose_page(form, tables), "html", forms)
    assert {cell.reason for address, cell in recognized.cells_by_address.items() if address.startswith(table.id)} == {
        "twice"
    }


def test_a_figure_in_a_cell_over_two_rows_is_undecided(form, forms):
    found = number_figures(form)
    table = form.tables[0]
    lines = list_rows(table, found)
    slots = {(cell.row, cell.column): cell.slot.address for cell in table.make_grid().cells if cell.slot}
    row, column = next(place for place in slots if (place[0] + 1, place[1]) in slots)
    both = {slots[row, column], slots[row + 1, column]}
    at = [text for text, *_ in lines[row]].index(str(found[slots[row, column]]))
    lines[row][at] = (lines[row][at][0], 2, 1)
    lines[row + 1] = [cell for cell in lines[row + 1] if cell[0] != str(found[slots[row + 1, column]])]
    tables = {one.id: format_html_table(list_rows(one, found)) for one in form.tables} | {
        table.id: format_html_table(lines)
    }
    cells = read(compose_page(form, tables), "html", forms).cells_by_address
    assert {cells[address].state for address in both if address in cells} == {"undecided"}
    assert all(cell.value in {None, found[address]} for address, cell in cells.items())


def test_a_row_that_lacks_a_cell_is_undecided_even_where_its_sums_fit(form, forms):
    """The total 14 is missing, and the cells behind it stand one further left: 0 + 7 = 7 fits as well."""
    figures = [1, 1314, 5, 3, 1323, 7, 0, 0, 7, 14, 0, 0, 0, 0, 0]
    table = form.tables[-1]
    expected = dict(zip((slot.address for slot in table.slots), figures, strict=True))
    found = number_figures(form) | expected
    lines = list_rows(table, found)
    del lines[-1][9]
    tables = {one.id: format_html_table(list_rows(one, found)) for one in form.tables} | {
        table.id: format_html_table(lines)
    }
    recognized = read(compose_page(form, tables), "html", forms)
    cells = {address: recognized.cells_by_address[address] for address in expected}
    assert all(cell.value in {None, expected[address]} for address, cell in cells.items())
    assert cells[list(expected)[9]].state == "undecided"


def test_a_row_split_by_a_page_break_is_joined(forms):
    form = forms[-1]
    found = number_figures(form)
    grid = form.tables[1].make_grid()
    boxes = [
        PublishedCell(
            str(found[cell.slot.address]) if cell.slot else cell.text,
            cell.row,
            cell.row + cell.rowspan,
            cell.column,
            cell.column + cell.colspan,
        )
        for cell in grid.cells
    ]
    row = next(box.top for box in boxes if box.text.startswith("1.本机关"))
    above = [
        box if box.bottom <= row else PublishedCell(box.text[:4], box.top, row + 1, box.left, box.right)
        for box in boxes
        if box.top <= row
    ]
    below = [
        PublishedCell("" if re.fullmatch(r"\d+", box.text) else box.text[4:], 0, box.bottom - row, box.left, box.right)
        if box.top <= row
        else PublishedCell(box.text, box.top - row, box.bottom - row, box.left, box.right)
        for box in boxes
        if box.bottom > row
    ]
    published = PublishedDocument(
        (Paragraph(f"某局{form.first_year}年{form.name}"), PublishedTable(tuple(above)), PublishedTable(tuple(below)))
    )
    recognized = recognize(published, forms)
    requests = {address: value for address, value in found.items() if address.startswith("requests.")}
    assert {address: cell.value for address, cell in recognized.cells_by_address.items()} == requests


def test_page_headers_and_footers_are_no_text():
    lines = [TextLine("2024/1/3 某网", 0, 9, 9, 9, at_edge=True), TextLine("2024/1/4 某网", 0, 9, 9, 9, at_edge=True)]
    body = TextLine("一、总体情况", 0, 9, 90, 9)
    assert remove_running_lines([lines[0], body, lines[1]]) == [body]
    assert remove_running_lines([lines[0], body]) == [lines[0], body]


def test_a_word_that_begins_several_headers_is_none_of_them(forms):
    """Headers such as 上年 and 本年 under another one say that its column is two."""
    form = forms[-1]
    cells = [
        ["信息内容", "本年收费金额（单位：万元）", "本年收费金额（单位：万元）"],
        ["信息内容", "上年", "本年"],
        ["行政事业性收费", "5", "6"],
    ]
    tables = {table.id: format_html_table(list_rows(table, number_figures(form))) for table in form.tables}
    first = form.tables[0].id
    tables[first] = format_html_table([[(text, 1, 1) for text in line] for line in cells])
    assert not collect_figures(read(compose_page(form, tables), "html", forms))[first]


@pytest.mark.parametrize(
    ("given", "label", "same"),
    [
        ("8.属于", "8.属于行政查询事项", True),
        ("属于", "8.属于行政查询事项", False),
        ("本年", "本年增/减", False),
        ("本年新", "本年新公开数量", True),
        ("国家秘密", "1.属于国家秘密", True),
        ("行政查询事项（四1.本机", "8.属于行政查询事项", False),
    ],
)
def test_a_truncated_label_is_recognized_only_from_its_start(given, label, same):
    reading = Store(TEMPLATES.parent).kind.settings.signs
    found = parse_label(given, reading).compare_to(parse_label(label, reading))
    assert (found >= MIN_SIMILARITY) is same
