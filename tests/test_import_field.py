"""Reports as web sites, converters and word processors really hand them round: the same figures in other markup."""

import json
import re
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from html import escape

import pytest

from nianbao.importer import readers
from nianbao.importer.readers.pdf import _Line, _running
from nianbao.importer.recognition import Paragraph, PublishedCell, PublishedDocument, PublishedTable, recognize
from nianbao.importer.recognition.figures_json import collect_figures
from nianbao.importer.recognition.labels import MIN_SIMILARITY, parse_label
from nianbao.workspace.store import Store


@pytest.fixture(scope="module")
def forms(root):
    store = Store(root)
    return [store.edition(edition) for edition in sorted(store.editions())]


@pytest.fixture(params=["2019", "2021"])
def form(request, forms):
    return next(form for form in forms if form.edition == request.param)


def values(form):
    """Give every figure of a form a value of its own, with totals that are right."""
    found = {address: at * 37 % 211 for at, address in enumerate(form.slots)}
    for _ in range(2):  # a total of totals needs those first
        for check in (check for check in form.checks if check.relation.total):
            total = check.left[0].slots[0].address
            found[total] = sum(found[slot.address] for part in check.right for slot in part.slots)
    return found


def rows(table, found):
    """Lay a table out: for each row `(text, rowspan, colspan)`."""
    grid = table.lay_out()
    lines = [[] for _ in range(grid.rows)]
    for cell in sorted(grid.cells, key=lambda cell: (cell.row, cell.column)):
        lines[cell.row].append((str(found[cell.slot.address]) if cell.slot else cell.text, cell.rowspan, cell.colspan))
    return lines


def spread(table, found, *, repeat):
    """Lay a table out with a cell for every place: what spans several stands in all, or in the first only."""
    grid = table.lay_out()
    texts = {}
    for cell in grid.cells:
        text = str(found[cell.slot.address]) if cell.slot else cell.text
        for row in range(cell.row, cell.row + cell.rowspan):
            for column in range(cell.column, cell.column + cell.colspan):
                texts[row, column] = text if repeat or (row, column) == (cell.row, cell.column) else ""
    width = max(column for _, column in texts) + 1
    return [[texts.get((row, column), "") for column in range(width)] for row in range(grid.rows)]


def page(form, tables):
    """Put tables, as markup by id, under the headings of their sections."""
    parts = [
        f"<p>{section.heading}</p>{tables[section.table]}"
        for section in form.sections
        if section.heading and section.table
    ]
    return f"<html><body><h1>某市某局{form.first_year}年{form.name}</h1>{''.join(parts)}</body></html>"


def markup(lines, spans=("rowspan", "colspan")):
    """Write a table with those spans only."""
    made = ""
    for line in lines:
        made += "<tr>"
        for text, *sizes in line:
            named = zip(("rowspan", "colspan"), sizes, strict=True)
            kept = "".join(f' {name}="{size}"' for name, size in named if name in spans)
            made += f"<td{kept}>{escape(text)}</td>"
        made += "</tr>"
    return f"<table>{made}</table>"


def pipes(lines):
    width = max(len(line) for line in lines[:1])
    rule = "|" + " --- |" * width
    said = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([said[0], rule, *said[1:]])


def markdown(form, tables):
    parts = [
        f"**{section.heading}**\n{tables[section.table]}"
        for section in form.sections
        if section.heading and section.table
    ]
    return f"# 某市某局{form.first_year}年{form.name}\n\n" + "\n\n".join(parts)


def read(content, suffix, forms):
    return recognize(readers.read(content if isinstance(content, bytes) else content.encode(), suffix), forms)


def archive(html):
    whole = MIMEMultipart("related")
    whole.attach(MIMEText(html, "html", "gb18030"))
    return whole.as_bytes()


def whole(form, found):
    return page(form, {table.id: markup(rows(table, found)) for table in form.tables})


WAYS = {
    "no spans": lambda form, found: (
        page(form, {table.id: markup(rows(table, found), ()) for table in form.tables}),
        "html",
    ),
    "rowspans only": lambda form, found: (
        page(form, {table.id: markup(rows(table, found), ("rowspan",)) for table in form.tables}),
        "html",
    ),
    "colspans only": lambda form, found: (
        page(form, {table.id: markup(rows(table, found), ("colspan",)) for table in form.tables}),
        "html",
    ),
    "repeated": lambda form, found: (
        page(
            form,
            {
                table.id: markup([[(text, 1, 1) for text in line] for line in spread(table, found, repeat=True)])
                for table in form.tables
            },
        ),
        "html",
    ),
    "pipes repeated, right below a text": lambda form, found: (
        markdown(form, {table.id: pipes(spread(table, found, repeat=True)) for table in form.tables}),
        "md",
    ),
    "pipes of other lengths": lambda form, found: (
        markdown(
            form,
            {table.id: pipes([[text for text, *_ in line] for line in rows(table, found)]) for table in form.tables},
        ),
        "md",
    ),
    "tables in Markdown": lambda form, found: (
        markdown(form, {table.id: "\n" + markup(rows(table, found), ()) for table in form.tables}),
        "md",
    ),
    "a spreadsheet copied": lambda form, found: (
        "\n".join(
            [
                f"某市某局{form.first_year}年{form.name}",
                *("\t".join(line) for table in form.tables for line in [*spread(table, found, repeat=False), ["小计"]]),
            ]
        ),
        "txt",
    ),
    "an archive named .doc": lambda form, found: (archive(whole(form, found)), "doc"),
    "a page named .txt": lambda form, found: (whole(form, found), "txt"),
    "a page named .xls": lambda form, found: (whole(form, found), "xls"),
    "a page within JSON": lambda form, found: (
        json.dumps({"code": 200, "data": {"content": whole(form, found)}}),
        "json",
    ),
    "a page within a script": lambda form, found: (
        whole(form, found).replace('"', '\\"').replace("</", "<\\/"),
        "html",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_cell_is_read_whatever_became_of_the_markup(way, form, forms):
    found = values(form)
    content, suffix = WAYS[way](form, found)
    recognized = read(content, suffix, forms)
    assert {address: cell.value for address, cell in recognized.cells_by_address.items()} == found
    assert recognized.form is form


def turned(lines):
    """Turn a table on its side."""
    return [list(line) for line in zip(*lines, strict=True)]


def test_a_table_on_its_side_is_read(form, forms):
    found = values(form)
    sides = {
        table.id: markup([[(text, 1, 1) for text in line] for line in turned(spread(table, found, repeat=True))])
        if table.id == form.tables[-1].id
        else markup(rows(table, found))
        for table in form.tables
    }
    recognized = read(page(form, sides), "html", forms)
    assert {address: cell.value for address, cell in recognized.cells_by_address.items()} == found


def test_each_group_of_columns_may_be_a_table_of_its_own(form, forms):
    """One group in a table, the two others in another: neither hides the other's cells."""
    found = values(form)
    table = form.tables[-1]
    grid = spread(table, found, repeat=True)
    parts = [[line[:5] for line in grid], [line[5:] for line in grid]]
    tables = {one.id: markup(rows(one, found)) for one in form.tables[:-1]}
    tables[table.id] = "".join(markup([[(text, 1, 1) for text in line] for line in part]) for part in parts)
    recognized = read(page(form, tables), "html", forms)
    assert {
        address: cell.value for address, cell in recognized.cells_by_address.items() if cell.value is not None
    } == found


def test_a_group_row_with_sums_is_not_taken_for_a_row_with_its_name_as_alias(forms):
    form = forms[-1]
    found = values(form)
    table = form.tables[1]
    lines = [[(text, 1, 1) for text in line] for line in spread(table, found, repeat=True)]
    at = next(at for at, line in enumerate(lines) if line[1][0] == "（六）其他处理")
    lines.insert(at, [("（六）其他处理", 1, 3), *[("999", 1, 1)] * 7])
    tables = {one.id: markup(rows(one, found)) for one in form.tables} | {table.id: markup(lines)}
    recognized = read(page(form, tables), "html", forms)
    assert {address: cell.value for address, cell in recognized.cells_by_address.items()} == found


def test_two_rows_of_figures_under_the_same_heads_are_not_decided(forms):
    form = forms[-1]
    found = values(form)
    table = form.tables[-1]
    lines = rows(table, found)
    lines.append([(str(int(text) + 1), *spans) for text, *spans in lines[-1]])
    tables = {one.id: markup(rows(one, found)) for one in form.tables} | {table.id: markup(lines)}
    recognized = read(page(form, tables), "html", forms)
    assert {cell.reason for address, cell in recognized.cells_by_address.items() if address.startswith(table.id)} == {
        "twice"
    }


def test_a_row_that_lost_a_cell_is_not_decided_by_sums_that_fit_by_accident(form, forms):
    """The total 14 is gone, and the cells behind it stand one further left: 0 + 7 = 7 fits as well."""
    said = [1, 1314, 5, 3, 1323, 7, 0, 0, 7, 14, 0, 0, 0, 0, 0]
    table = form.tables[-1]
    truth = dict(zip((slot.address for slot in table.slots), said, strict=True))
    found = values(form) | truth
    lines = rows(table, found)
    del lines[-1][9]
    tables = {one.id: markup(rows(one, found)) for one in form.tables} | {table.id: markup(lines)}
    recognized = read(page(form, tables), "html", forms)
    cells = {address: recognized.cells_by_address[address] for address in truth}
    assert all(cell.value in {None, truth[address]} for address, cell in cells.items())
    assert cells[list(truth)[9]].state == "undecided"


def test_a_row_cut_by_the_end_of_a_page_is_made_whole(forms):
    form = forms[-1]
    found = values(form)
    grid = form.tables[1].lay_out()
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


def test_what_stands_at_the_edge_of_every_page_is_no_text():
    lines = [_Line("2024/1/3 某网", 0, 9, 9, 9, edge=True), _Line("2024/1/4 某网", 0, 9, 9, 9, edge=True)]
    body = _Line("一、总体情况", 0, 9, 90, 9)
    assert _running([lines[0], body, lines[1]]) == [body]
    assert _running([lines[0], body]) == [lines[0], body]


def test_a_word_that_begins_many_heads_is_none_of_them(forms):
    """Sub-heads such as 上年 and 本年 under a head say that its column is two."""
    form = forms[-1]
    cells = [
        ["信息内容", "本年收费金额（单位：万元）", "本年收费金额（单位：万元）"],
        ["信息内容", "上年", "本年"],
        ["行政事业性收费", "5", "6"],
    ]
    tables = {table.id: markup(rows(table, values(form))) for table in form.tables}
    first = form.tables[0].id
    tables[first] = markup([[(text, 1, 1) for text in line] for line in cells])
    assert not collect_figures(read(page(form, tables), "html", forms))[first]


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
def test_a_label_cut_off_is_one_only_from_its_start(given, label, same):
    assert (parse_label(given).compare_to(parse_label(label)) >= MIN_SIMILARITY) is same
