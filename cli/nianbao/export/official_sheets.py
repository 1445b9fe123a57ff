"""The official tables of many reports: a sheet for each table, its heads as printed, under them the rows of each."""

from dataclasses import replace
from pathlib import Path

from nianbao.export.duckdb import Database
from nianbao.export.workbook import CELL_STYLE, HEADER_STYLE, Sheet, create_workbook
from nianbao.model.form import Form
from nianbao.model.table import Block, Heading, Table, breadth, paths

_HEADER = ("机关", "年度")
_WIDTHS = (30, 6)
_FIGURE_WIDTH = 13
_HEADER_HEIGHT = 32  # points of a row of heads: two lines


def write_official_sheets(warehouse: Database, path: Path) -> None:
    """Write a workbook; raises `Stop` where a sheet cannot hold a table.

    Each block of a table stands once, with the rows of all reports below its heads, so that a column can be
    compared, filtered and added up; the report's name stands in every row.
    """
    editions = warehouse.editions
    with create_workbook(path) as book:
        for form in editions:
            for table in form.tables:
                more = f" {form.edition}" if len(editions) > 1 else ""
                _write_table(book.add_sheet(table.label[: 31 - len(more)] + more), warehouse, form, table)


def _write_table(sheet: Sheet, warehouse: Database, form: Form, table: Table) -> None:
    labelled = any(block.rows for block in table.blocks)
    left = len(_HEADER) + labelled
    positions = {address: at for at, address in enumerate(form.slots)}
    top = 0
    for block in table.blocks:
        if block.banner:
            sheet.write(top, 0, block.banner, bold=True)
        top = _write_header(sheet, block, top + bool(block.banner), left, labelled=labelled)
        if len(table.blocks) == 1:
            sheet.worksheet.freeze_panes(top, left)
            sheet.worksheet.autofilter(top - 1, 0, top - 1, left + breadth(_reset_spans(block.columns)) - 1)
        slots = [positions[slot.address] for slot in table.slots_of(block)]
        width = len(paths(block.columns))
        lines = [slots[at : at + width] for at in range(0, len(slots), width)]
        labels = [(path[-1].label, len(path) - 1) for path in paths(block.rows)] or [("", 0)]
        for name, year, figures in warehouse.read_figures(form):
            for (label, depth), line in zip(labels, lines, strict=True):
                sheet.write(top, 0, name, **CELL_STYLE)
                sheet.write(top, 1, year, **CELL_STYLE)
                if labelled:
                    sheet.write(top, 2, label, indent=depth, **CELL_STYLE)
                for column, at in enumerate(line, left):
                    sheet.write(top, column, figures[at], **CELL_STYLE)
                top += 1
        top += 1
    for column, width in enumerate(_WIDTHS):
        sheet.worksheet.set_column(column, column, width)
    sheet.worksheet.set_column(left, left + max(len(paths(block.columns)) for block in table.blocks) - 1, _FIGURE_WIDTH)
    if labelled:
        longest = max(len(heading.label) for block in table.blocks for path in paths(block.rows) for heading in path)
        sheet.worksheet.set_column(2, 2, min(2 * longest + 2, 60))
    sheet.worksheet.set_landscape()
    sheet.worksheet.set_paper(9)  # A4
    sheet.worksheet.fit_to_pages(1, 0)


def _write_header(sheet: Sheet, block: Block, top: int, left: int, *, labelled: bool) -> int:
    """Write the heads of a block, merged as on the form; return the first row below them."""
    grid = Table("", "", (Block(_reset_spans(block.columns)),)).lay_out()
    height = grid.bands[0].head
    for row in range(height):
        sheet.worksheet.set_row(top + row, _HEADER_HEIGHT)
    beside = (*_HEADER, block.corner) if labelled else _HEADER
    for column, text in enumerate(beside):
        corner = replace(grid.cells[0], row=0, column=column, rowspan=height, colspan=1)
        sheet.write_merged(corner, top, 0, text, **HEADER_STYLE)
    for cell in grid.cells:
        if cell.role == "head":
            sheet.write_merged(cell, top, left, cell.text, **HEADER_STYLE)
    return top + height


def _reset_spans(headings: tuple[Heading, ...]) -> tuple[Heading, ...]:
    """Give every last heading one column: a sheet has no need to fill the width of a page."""
    return tuple(replace(heading, span=1, below=_reset_spans(heading.below)) for heading in headings)
