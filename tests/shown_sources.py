"""Reports with figures that no import can read, as files of several formats, and imports of them that are shown."""

import json
from html import escape

import pylopdf_fonts_zh_cn
import typst

from nianbao.importer import pipeline
from nianbao.workspace.store import Store

UNREADABLE = "不详"
HOSTILE = "<img src=x onerror=alert(1)>"  # in a label, a text, a name
RECEIVED, GRANTED, OTHER = (  # figures that no import can read, the last two of one row
    "requests.received.person",
    "requests.outcome.granted.person",
    "requests.outcome.granted.other",
)
FIGURES = (RECEIVED, GRANTED, OTHER)
_TYPST = '#set page(width: 595pt, height: 842pt, margin: 30pt)\n#set text(size: 7pt, font: "Noto Serif SC")\n'


def make_html(form, unread=FIGURES):
    """Return a report as a web page, whose other figures are 0; a paragraph is hostile."""
    return _compose(form, unread, _format_html_table, "<p>{}</p>", escape)


def make_pdf(form, unread=FIGURES, pages_before=0):
    """Return the same as a PDF with ruled tables, behind some pages of text."""
    text = "".join(f"#{_quote('第一页的文字，没有表。' * 20)}\n#pagebreak()\n" for _page in range(pages_before))
    body = _compose(form, unread, _format_typst_table, "#{}\n\n", _quote)
    folder = str(pylopdf_fonts_zh_cn.serif_path().parent)
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
    return typst.compile(f"{_TYPST}{text}{body}".encode(), font_paths=fonts)


def _compose(form, unread, format_table, paragraph, quote):
    parts = [paragraph.format(quote(f"某市某局{form.first_year}年{form.name}")), paragraph.format(quote(HOSTILE))]
    for section in form.sections:
        parts += [paragraph.format(quote(section.heading))] if section.heading else []
        tables = [table for table in form.tables if table.id == section.table]
        parts += [format_table(table, unread) for table in tables]
        parts += [] if tables else [paragraph.format(quote("全年的工作按照要求完成。"))]
    return "".join(parts)


def _list_cells(table, unread):
    for cell in table.make_grid().cells:
        text = cell.text if not cell.slot else UNREADABLE if cell.slot.address in unread else "0"
        yield cell, text


def _format_html_table(table, unread):
    rows = {}
    for cell, text in _list_cells(table, unread):
        spans = f'rowspan="{cell.rowspan}" colspan="{cell.colspan}"'
        rows.setdefault(cell.row, []).append(f"<td {spans}>{escape(text)}</td>")
    lines = ["".join(rows[row]) for row in sorted(rows)]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _format_typst_table(table, unread):
    width = max(cell.column + cell.colspan for cell, _text in _list_cells(table, unread))
    cells = (
        f"table.cell(x: {cell.column}, y: {cell.row}, rowspan: {cell.rowspan}, colspan: {cell.colspan}, {_quote(text)})"
        for cell, text in _list_cells(table, unread)
    )
    return f"#table(columns: {width}, {', '.join(cells)})\n\n"


def _quote(text):
    return json.dumps(text, ensure_ascii=False)


def import_shown(root, path):
    """Import a file so that it can be shown; return the imported report."""
    wanted = pipeline.ImportOptions(show=True)
    return pipeline.write_data_file(pipeline.read_report(Store(root), str(path), wanted), wanted)
