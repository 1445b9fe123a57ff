"""The official tables of many reports: a sheet for each table, its heads as printed, under them the rows of each."""

from dataclasses import replace
from pathlib import Path

from nianbao.export.duckdb import Warehouse
from nianbao.export.workbook import CELL, HEAD, Sheet, written
from nianbao.model.form import Form
from nianbao.model.table import Block, Heading, Table, breadth, paths

_HEADS = ("机关", "年度")
_WIDTHS = (30, 6)
_FIGURE = 13
_TALL = 32  # points of a row of heads: two lines


def official(warehouse: Warehouse, path: Path) -> None:
    """Write a workbook; raises `Stop` where a sheet cannot hold a table.

    Each block of a table stands once, with the rows of all reports below its heads, so that a column can be
    compared, filtered and added up; the report's name stands in every row.
    """
    editions = warehouse.editions
    with written(path) as book:
        for form in editions:
            for table in form.tables:
                more = f" {form.edition}" if len(editions) > 1 else ""
                _table(book.sheet(table.label[: 31 - len(more)] + more), warehouse, form, table)


def _table(sheet: Sheet, warehouse: Warehouse, form: Form, table: Table) -> None:
    labelled = any(block.rows for block in table.blocks)
    left = len(_HEADS) + labelled
    positions = {address: at for at, address in enumerate(form.slots)}
    top = 0
    for block in table.blocks:
        if block.banner:
            sheet.put(top, 0, block.banner, bold=True)
        top = _heads(sheet, block, top + bool(block.banner), left, labelled=labelled)
        if len(table.blocks) == 1:
            sheet.made.freeze_panes(top, left)
            sheet.made.autofilter(top - 1, 0, top - 1, left + breadth(_even(block.columns)) - 1)
        slots = [positions[slot.address] for slot in table.slots_of(block)]
        width = len(paths(block.columns))
        lines = [slots[at : at + width] for at in range(0, len(slots), width)]
        labels = [(path[-1].label, len(path) - 1) for path in paths(block.rows)] or [("", 0)]
        for name, year, figures in warehouse.reports(form):
            for (label, depth), line in zip(labels, lines, strict=True):
                sheet.put(top, 0, name, **CELL)
                sheet.put(top, 1, year, **CELL)
                if labelled:
                    sheet.put(top, 2, label, indent=depth, **CELL)
                for column, at in enumerate(line, left):
                    sheet.put(top, column, figures[at], **CELL)
                top += 1
        top += 1
    for column, width in enumerate(_WIDTHS):
        sheet.made.set_column(column, column, width)
    sheet.made.set_column(left, left + max(len(paths(block.columns)) for block in table.blocks) - 1, _FIGURE)
    if labelled:
        longest = max(len(heading.label) for block in table.blocks for path in paths(block.rows) for heading in path)
        sheet.made.set_column(2, 2, min(2 * longest + 2, 60))
    sheet.made.set_landscape()
    sheet.made.set_paper(9)  # A4
    sheet.made.fit_to_pages(1, 0)


def _heads(sheet: Sheet, block: Block, top: int, left: int, *, labelled: bool) -> int:
    """Write the heads of a block, merged as on the form; return the first row below them."""
    grid = Table("", "", (Block(_even(block.columns)),)).lay_out()
    height = grid.bands[0].head
    for row in range(height):
        sheet.made.set_row(top + row, _TALL)
    beside = (*_HEADS, block.corner) if labelled else _HEADS
    for column, text in enumerate(beside):
        corner = replace(grid.cells[0], row=0, column=column, rowspan=height, colspan=1)
        sheet.span(corner, top, 0, text, **HEAD)
    for cell in grid.cells:
        if cell.role == "head":
            sheet.span(cell, top, left, cell.text, **HEAD)
    return top + height


def _even(headings: tuple[Heading, ...]) -> tuple[Heading, ...]:
    """Give every last heading one column: a sheet has no need to fill the width of a page."""
    return tuple(replace(heading, span=1, below=_even(heading.below)) for heading in headings)
