"""The official tables of many reports: a sheet for each table, with its header as printed and a row for each report."""

from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path

import msgspec
from msgspec.structs import replace

from nianbao.export.duckdb import Database
from nianbao.export.plain_sheets import write_plain_sheet
from nianbao.export.workbook import CELL_STYLE, HEADER_STYLE, Sheet, create_workbook, measure_width
from nianbao.model.form import Form
from nianbao.model.table import Table
from nianbao.model.tables.headings import Block, Heading, list_paths, measure_breadth

_LEFT_COLUMNS = 2  # the office and the period, before the mark of an office above others
_OFFICE_WIDTH = 30  # characters
_PERIOD_WIDTHS = {"year": 6, "period": 11}  # characters
_MARK_WIDTH = 9  # characters
_SUM_STYLE = CELL_STYLE | {"bg_color": "#EEEEEE"}  # of a row whose figures are those of others, added up
_FIGURE_WIDTH = 13  # characters
_LABEL_WIDTH = 60  # characters at most
_HEADER_HEIGHT = 32  # points of a header's row: two lines


def write_official_sheets(database: Database, lists: Sequence[str], path: Path) -> None:
    """Write a workbook; raises `UserError` where a sheet cannot hold a table.

    Each block of a table appears once, with the rows of all reports below its header, so that a column can be
    compared, filtered and added up; the office's name is in every row. Where units report to one of the offices, a
    column marks its rows, whose figures are those of the units added up. The tables `lists` are sheets at the end.
    """
    editions, has_sums = database.editions, database.has_sums
    font = editions[-1].locale.say("sheet-font") if editions else ""
    with create_workbook(path, font=font) as workbook:
        for form in editions:
            for table in filter(attrgetter("slots"), form.tables):  # of some the data decides all rows
                ending = f" {form.edition}" if len(editions) > 1 else ""
                sheet = workbook.add_sheet(table.label or table.id, ending)
                _write_table(sheet, database, form, table, has_sums=has_sums)
        for name in lists:
            write_plain_sheet(workbook, database, name)


def _write_table(sheet: Sheet, database: Database, form: Form, table: Table, *, has_sums: bool) -> None:
    has_labels = any(block.rows for block in table.blocks)
    label_column = _LEFT_COLUMNS + has_sums
    left = label_column + has_labels
    say = form.locale.say
    header = [say("sheet-office"), say(f"sheet-{form.kind.period_fact}"), *([say("sheet-scope")] if has_sums else [])]
    top = 0
    for block in table.blocks:
        if block.banner:
            sheet.write(top, 0, block.banner, bold=True)
        left_header = [*header, block.corner] if has_labels else header
        top = _write_header(sheet, block, top + bool(block.banner), left_header)
        if len(table.blocks) == 1:
            sheet.worksheet.freeze_panes(top, left)
            sheet.worksheet.autofilter(top - 1, 0, top - 1, left + measure_breadth(_reset_spans(block.columns)) - 1)
        labels = [(path[-1].label, len(path) - 1) for path in list_paths(block.rows)] or [("", 0)]
        rows = _list_positions(form, table, block)
        for report in database.read_figures(form):
            style = CELL_STYLE if report.leaf else _SUM_STYLE
            scope = "" if report.leaf else say("sheet-with-units")
            for (label, depth), positions in zip(labels, rows, strict=True):
                for column, value in enumerate([report.office, report.period, scope][:label_column]):
                    sheet.write(top, column, value, **style)
                if has_labels:
                    sheet.write(top, label_column, label, indent=depth, **style)
                for column, position in enumerate(positions, left):
                    sheet.write(top, column, report.values[position], **style)
                top += 1
        top += 1
    _set_up_sheet(sheet, form, table, left)


def _list_positions(form: Form, table: Table, block: Block) -> list[list[int]]:
    """List for each row of a block the positions of its figures among those of the form, from 0."""
    positions = {address: position for position, address in enumerate(form.slots)}
    cells = [positions[slot.address] for slot in table.list_slots(block)]
    width = len(list_paths(block.columns))
    return [cells[start : start + width] for start in range(0, len(cells), width)]


def _set_up_sheet(sheet: Sheet, form: Form, table: Table, left: int) -> None:
    """Set the widths of columns, and the page for printing; figures begin in the column `left`."""
    has_labels = any(block.rows for block in table.blocks)
    widths = (_OFFICE_WIDTH, _PERIOD_WIDTHS[form.kind.period_fact], _MARK_WIDTH)
    for column, width in enumerate(widths[: left - has_labels]):
        sheet.worksheet.set_column(column, column, width)
    figures = max(len(list_paths(block.columns)) for block in table.blocks)
    sheet.worksheet.set_column(left, left + figures - 1, _FIGURE_WIDTH)
    if has_labels:
        paths = (path for block in table.blocks for path in list_paths(block.rows))
        longest = max(measure_width(heading.label) for path in paths for heading in path)
        sheet.worksheet.set_column(left - 1, left - 1, min(longest + 2, _LABEL_WIDTH))
    sheet.worksheet.set_landscape()
    sheet.worksheet.set_paper(9)  # A4
    sheet.worksheet.fit_to_pages(1, 0)


def _write_header(sheet: Sheet, block: Block, top: int, labels: Sequence[str]) -> int:
    """Write the header of a block, `labels` at the left and the rest as on the form; return the first row below it."""
    grid = Table("", "", (Block(_reset_spans(block.columns)),)).make_grid()
    height = grid.blocks[0].header_rows
    for row in range(height):
        sheet.worksheet.set_row(top + row, _HEADER_HEIGHT)
    for column, text in enumerate(labels):
        corner = replace(grid.cells[0], row=0, column=column, rowspan=height, colspan=1)
        sheet.write_merged(corner, top, 0, text, **HEADER_STYLE)
    for cell in grid.cells:
        if cell.role == "header":
            sheet.write_merged(cell, top, len(labels), cell.text, **HEADER_STYLE)
    return top + height


def _reset_spans(headings: tuple[Heading, ...]) -> tuple[Heading, ...]:
    """Set the span of every heading to one column; only on a page columns are spread over the whole width."""
    return tuple(msgspec.structs.replace(heading, span=1, below=_reset_spans(heading.below)) for heading in headings)
