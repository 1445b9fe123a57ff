"""The tables of a form to be filled in: as on the official form, with sums that are checked while it is filled."""

from collections.abc import Sequence

from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

from nianbao.export.excel_form.draft import (
    ERROR_STYLE,
    INPUT_STYLE,
    LABEL_STYLE,
    LINE_HEIGHT,
    TOTAL_STYLE,
    WARNING_STYLE,
    FormDraft,
    format_invalid_test,
    make_validation,
    set_up_page,
)
from nianbao.export.excel_form.sum_formulas import ERROR_MARK, PASS_MARK, WARNING_MARK, SumFormula, make_sum_formulas
from nianbao.export.workbook import CELL_STYLE, HEADER_STYLE, Sheet
from nianbao.model.table import Cell, Grid, Table
from nianbao.model.value_types import KINDS

_ROWS_ABOVE = 3  # rows over a table
_PAGE_WIDTH = 110  # characters across a page
_CHECK_WIDTH = 28  # characters of the column of checks


def write_table(made: FormDraft, table: Table) -> None:
    """Write a table on a sheet of its own."""
    grid = table.lay_out()
    sheet = made.workbook.add_sheet(table.label)
    widths = _compute_widths(table, grid)
    for column, width in enumerate(widths):
        sheet.worksheet.set_column(column, column, width)
    sheet.worksheet.set_column(grid.columns, grid.columns, _CHECK_WIDTH)
    heading = next((part.heading for part in made.request.form.sections if part.table == table.id), table.label)
    sheet.write(0, 0, heading, bold=True, font_size=14)
    sheet.write(1, 0, f"{made.request.name}　{made.request.year} 年度".strip("　"))
    _set_row_heights(sheet, grid, widths)
    for cell in grid.cells:
        if cell.slot:
            made.figure_cells[cell.slot.address] = (sheet.name, _ROWS_ABOVE + cell.row, cell.column)
        else:
            sheet.write_merged(
                cell, _ROWS_ABOVE, 0, cell.text, **(LABEL_STYLE if cell.role == "label" else HEADER_STYLE)
            )
    _write_figures(made, sheet, grid)
    bottom = _write_checks(made, sheet, table, grid)
    set_up_page(sheet, wide=grid.columns > 6)  # noqa: PLR2004  # more do not fit across
    if len(grid.bands) == 1:
        sheet.worksheet.freeze_panes(_ROWS_ABOVE + grid.bands[0].head, grid.labels)
    sheet.worksheet.print_area(0, 0, bottom, grid.columns)


def _write_figures(made: FormDraft, sheet: Sheet, grid: Grid) -> None:
    taken, empty = made.request.carried_over, made.request.empty_report
    ranges: dict[str, list[str]] = {}
    for cell in grid.cells:
        if not cell.slot:
            continue
        row, column, address = _ROWS_ABOVE + cell.row, cell.column, cell.slot.address
        total = empty.computed.get(address) if address not in taken else None
        style = TOTAL_STYLE if total else INPUT_STYLE
        sheet.write_merged(cell, _ROWS_ABOVE, 0, "", **style)
        if total:
            parts = ",".join(xl_rowcol_to_cell(*_find_cell(grid, part)) for part in total)
            known = sum(taken.get(part, 0) for part in empty.parts(address))
            sheet.worksheet.write_formula(row, column, f"=SUM({parts})", made.workbook.get_style(**style), known)
        else:
            sheet.write(row, column, taken.get(address), **style)
        made.define_name(address, sheet, row, column)
        kind = KINDS[cell.slot.kind]
        sheet.worksheet.data_validation(row, column, row, column, make_validation(kind, xl_rowcol_to_cell(row, column)))
        ranges.setdefault(kind.name, []).append(xl_rowcol_to_cell(row, column))
    for name, cells in ranges.items():  # what was pasted passes validation by: it is marked
        rule = {
            "type": "formula",
            "criteria": f"={format_invalid_test(KINDS[name], cells[0])}",
            "multi_range": " ".join(cells),
        }
        sheet.worksheet.conditional_format(cells[0], rule | {"format": made.workbook.get_style(**ERROR_STYLE)})


def _find_cell(grid: Grid, address: str) -> tuple[int, int]:
    return next(
        (_ROWS_ABOVE + cell.row, cell.column) for cell in grid.cells if cell.slot and cell.slot.address == address
    )


# ── sums ─────────────────────────────────────────────────────────────────────────────


def _write_checks(made: FormDraft, sheet: Sheet, table: Table, grid: Grid) -> int:
    """Write the checks of rows at the right, those of columns below, each kind on a row of its own; return the last."""

    def where(address: str) -> str:
        return str(xl_rowcol_to_cell(*made.figure_cells[address][1:]))

    own = {slot.address for slot in table.slots}
    about = [check for check in made.request.form.checks if own & {slot.address for slot in check.left[0].slots}]
    every = list(make_sum_formulas(about, where, made.request.name, made.request.last_report))
    rows: dict[int, list[SumFormula]] = {}
    columns: dict[tuple[int, str], list[SumFormula]] = {}
    for one in every:
        if one.check.relation.each == "row":
            rows.setdefault(made.figure_cells[_find_first_address(one)][1], []).append(one)
        else:
            columns.setdefault((made.figure_cells[_find_first_address(one)][1], one.text), []).append(one)
    for top, head in _list_headers(grid) if rows else ():
        corner = Cell(top, grid.columns, head, 1, "head")
        sheet.write_merged(corner, _ROWS_ABOVE, 0, "核对", **HEADER_STYLE)
    for row, found in rows.items():
        text = f'"{PASS_MARK}"'
        typed = _list_input_cells(made, found)
        for one in sorted(found, key=lambda one: one.mark == ERROR_MARK):  # an error is said before a warning
            text = f'IF({one.condition},{text},"{one.mark} {_escape_quotes(one.text)}，差 "&{one.difference})'
        _write_check(made, sheet, row, grid.columns, text, typed)
    bottom = _ROWS_ABOVE + grid.rows
    for (_row, words), found in columns.items():
        label = Cell(bottom - _ROWS_ABOVE, 0, 1, max(grid.labels, 1), "label")
        sheet.write_merged(label, _ROWS_ABOVE, 0, f"核对：{words}", **LABEL_STYLE)
        sheet.worksheet.set_row(bottom, 3 * LINE_HEIGHT)
        for one in found:
            text = f'IF({one.condition},"{PASS_MARK}","{one.mark} 差 "&{one.difference})'
            _write_check(
                made,
                sheet,
                bottom,
                made.figure_cells[_find_first_address(one)][2],
                text,
                _list_input_cells(made, [one]),
            )
        bottom += 1
    return bottom


def _list_headers(grid: Grid) -> list[tuple[int, int]]:
    """Say where the head of each block begins, and how many rows it takes."""
    found, top = [], 0
    for band in grid.bands:
        found.append((top, band.head))
        top += band.head + band.body
    return found


def _find_first_address(one: SumFormula) -> str:
    return next(slot.address for part in one.check.parts if not part.term.before for slot in part.slots)


def _escape_quotes(text: str) -> str:
    return text.replace('"', '""')


def _list_input_cells(made: FormDraft, found: Sequence[SumFormula]) -> list[str]:
    """Name the cells of some checks that a person is to fill in."""
    asked = made.request
    slots = [slot for one in found for part in one.check.parts if not part.term.before for slot in part.slots]
    leaves = dict.fromkeys(leaf for slot in slots for leaf in asked.empty_report.parts(slot.address))
    return [xl_rowcol_to_cell(*made.figure_cells[leaf][1:]) for leaf in leaves if leaf not in asked.carried_over]


def _write_check(made: FormDraft, sheet: Sheet, row: int, column: int, text: str, typed: Sequence[str]) -> None:  # noqa: PLR0913, PLR0917  # a cell
    """Write a check that turns red, or amber for a warning, where it does not hold; it waits for the first figure."""
    style = made.workbook.get_style(**CELL_STYLE, align="center", text_wrap=True, font_size=9)
    waits = f'IF(COUNT({",".join(typed)})=0,"",{text})' if typed else text
    sheet.worksheet.write_formula(row, column, f"={waits}", style, "" if typed else PASS_MARK)
    cell = xl_rowcol_to_cell(row, column)
    for mark, colours in ((ERROR_MARK, ERROR_STYLE), (WARNING_MARK, WARNING_STYLE)):
        rule = {
            "type": "formula",
            "criteria": f'=LEFT({cell},1)="{mark}"',
            "format": made.workbook.get_style(**colours),
        }
        sheet.worksheet.conditional_format(row, column, row, column, rule)
    made.check_cells.append(
        f"{quote_sheetname(sheet.name)}!{xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)}"
    )


def _compute_widths(table: Table, grid: Grid) -> list[float]:
    shares: Sequence[float] = table.widths or [1.0] * grid.columns
    return [max(6.0, _PAGE_WIDTH * share / sum(shares)) for share in shares]


def _set_row_heights(sheet: Sheet, grid: Grid, widths: Sequence[float]) -> None:
    """Make rows as high as their labels need: a spreadsheet does not see to merged cells itself."""
    lines = [1] * grid.rows
    for cell in grid.cells:
        room = sum(widths[cell.column : cell.column + cell.colspan]) - 1
        need = -(-2 * len(cell.text) // int(room)) if cell.text else 1
        last = cell.row + cell.rowspan - 1
        lines[last] = max(lines[last], need - (cell.rowspan - 1))
    for row, count in enumerate(lines):
        sheet.worksheet.set_row(_ROWS_ABOVE + row, LINE_HEIGHT * count + 3)
