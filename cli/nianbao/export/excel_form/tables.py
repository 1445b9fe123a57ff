"""The tables of an Excel form: laid out as on the official form, with totals and checks that are computed in Excel."""

from collections.abc import Mapping, Sequence

from xlsxwriter.utility import quote_sheetname, xl_range_abs, xl_rowcol_to_cell

from nianbao.export.excel_form.draft import (
    ERROR_STYLE,
    INPUT_STYLE,
    LABEL_STYLE,
    LINE_HEIGHT,
    TOTAL_STYLE,
    WARNING_STYLE,
    FormDraft,
    count_lines,
    format_input,
    format_invalid_test,
    make_validation,
    set_up_page,
    validate_cell,
)
from nianbao.export.excel_form.sum_formulas import (
    ERROR_MARK,
    PASS_MARK,
    CheckFormula,
    format_words,
    make_check_formulas,
)
from nianbao.export.workbook import CELL_STYLE, HEADER_STYLE, Sheet, measure_width
from nianbao.model.report import Number
from nianbao.model.table import Table
from nianbao.model.tables.grid import Cell, Grid
from nianbao.model.value_types import ValueType

_ROWS_ABOVE = 3  # above a table: its heading and the office
_PAGE_WIDTH = 104  # characters
_CHECK_WIDTH = 24  # characters
_OPEN_ROWS = 1_000  # below the last row of a list


def write_table(draft: FormDraft, table: Table) -> None:
    """Write a table on a sheet of its own."""
    grid = table.make_grid()
    sheet = draft.workbook.add_sheet(table.label or table.id)
    widths = _compute_widths(table, grid)
    for column, width in enumerate(widths):
        sheet.worksheet.set_column(column, column, width)
    sheet.worksheet.set_column(grid.columns, grid.columns, _CHECK_WIDTH)
    heading = next((part.heading for part in draft.request.form.sections if part.table == table.id), table.label)
    sheet.write(0, 0, heading, bold=True, font_size=14)
    locale, name = draft.request.form.locale, draft.request.name
    period = locale.name_period(draft.request.period)
    sheet.write(1, 0, locale.say("form-title", office=name, period=period) if name else period)
    _set_row_heights(sheet, grid, widths)
    names = {name.removeprefix(f"{table.id}.").rpartition(".")[0]: name for name in table.names}
    for cell in grid.cells:
        if cell.slot:
            draft.figure_cells[cell.slot.address] = (sheet.name, _ROWS_ABOVE + cell.row, cell.column)
        elif cell.ids in names:
            name = names[cell.ids]
            sheet.write_merged(cell, _ROWS_ABOVE, 0, "", **INPUT_STYLE)
            sheet.write(_ROWS_ABOVE + cell.row, cell.column, draft.request.given.get(name), **INPUT_STYLE)
            draft.define_name(name, sheet, _ROWS_ABOVE + cell.row, cell.column)
        else:
            sheet.write_merged(
                cell, _ROWS_ABOVE, 0, cell.text, **(LABEL_STYLE if cell.role == "label" else HEADER_STYLE)
            )
    if below := _count_rows_below(draft, table):
        _open_rows_below(draft, sheet, grid, below)
    _write_figures(draft, sheet, grid, below)
    bottom = _write_checks(draft, sheet, table, grid, widths)
    set_up_page(sheet, wide=True)
    if len(grid.blocks) == 1:
        body = _ROWS_ABOVE + grid.blocks[0].header_rows
        sheet.worksheet.freeze_panes(body, grid.label_columns)
        sheet.worksheet.repeat_rows(_ROWS_ABOVE, body - 1)
    sheet.worksheet.print_area(0, 0, bottom, grid.columns)


def _count_rows_below(draft: FormDraft, table: Table) -> int:
    """Count the rows that may be filled in below the last one of a list; none where its checks stand there."""
    if not table.list_rules or any(one.each == "column" for one in draft.request.form.relations.get(table.id, ())):
        return 0
    most = table.list_rules.at_most
    return _OPEN_ROWS if most is None else min(_OPEN_ROWS, max(most - len(table.lines[0].rows), 0))


def _write_figures(draft: FormDraft, sheet: Sheet, grid: Grid, below: int) -> None:
    """Write the cells of figures, of which there may be further rows `below`."""
    given, empty, locale = draft.request.given, draft.request.empty_report, draft.request.form.locale
    ranges: dict[ValueType, list[str]] = {}
    cells = [(cell, cell.slot) for cell in grid.cells if cell.slot]
    for cell, slot in cells:
        row, column, address = _ROWS_ABOVE + cell.row, cell.column, slot.address
        total = empty.computed.get(address) if address not in given else None
        style = TOTAL_STYLE if total else INPUT_STYLE
        sheet.write_merged(cell, _ROWS_ABOVE, 0, "", **style)
        if total:
            parts = ",".join(xl_rowcol_to_cell(*_find_cell(grid, part)) for part in total)
            numbers = map(given.get, empty.list_parts(address))
            value = sum(number for number in numbers if isinstance(number, Number))
            sheet.worksheet.write_formula(row, column, f"=SUM({parts})", draft.workbook.get_style(**style), value)
        else:
            sheet.write(row, column, format_input(given.get(address), locale), **style)
        draft.define_name(address, sheet, row, column)
        value_type = slot.value_type
        validate_cell(draft, sheet, (row, column), value_type)
        if value_type.has_number_schema:
            ranges.setdefault(value_type, []).append(xl_rowcol_to_cell(row, column))
        draft.given_figures += bool(total) or (address in given and not draft.request.report)
    _highlight_invalid(draft, sheet, ranges)
    if ranges:
        rows, columns = [cell.row for cell, _slot in cells], [cell.column for cell, _slot in cells]
        area = xl_range_abs(_ROWS_ABOVE + min(rows), min(columns), _ROWS_ABOVE + max(rows) + below, max(columns))
        draft.figure_ranges.append(f"{quote_sheetname(sheet.name)}!{area}")


def _open_rows_below(draft: FormDraft, sheet: Sheet, grid: Grid, below: int) -> None:
    """Let further rows of a list be filled in below the last one; each takes what the rows above it take."""
    sheet.write(2, 0, draft.request.form.locale.say("form-more-rows"), italic=True)
    top = _ROWS_ABOVE + grid.rows
    last = [(cell.column, cell.slot) for cell in grid.cells if cell.slot and cell.row == grid.rows - 1]
    unlocked = draft.workbook.get_style(locked=False)
    for row in range(top, top + below):
        sheet.worksheet.set_row(row, None, unlocked)
    for column, slot in last:
        draft.rows_below[slot.address] = below
        if rule := make_validation(draft.request.form.locale, slot.value_type, xl_rowcol_to_cell(top, column)):
            sheet.worksheet.data_validation(top, column, top + below - 1, column, rule)


def _highlight_invalid(draft: FormDraft, sheet: Sheet, ranges: Mapping[ValueType, Sequence[str]]) -> None:
    """Highlight cells that hold no number of their type: Excel does not validate what is pasted."""
    for value_type, cells in ranges.items():
        rule = {
            "type": "formula",
            "criteria": f"={format_invalid_test(value_type, cells[0])}",
            "multi_range": " ".join(cells),
        }
        sheet.worksheet.conditional_format(cells[0], rule | {"format": draft.workbook.get_style(**ERROR_STYLE)})


def _find_cell(grid: Grid, address: str) -> tuple[int, int]:
    return next(
        (_ROWS_ABOVE + cell.row, cell.column) for cell in grid.cells if cell.slot and cell.slot.address == address
    )


# ── checks ───────────────────────────────────────────────────────────────────────────


def _write_checks(draft: FormDraft, sheet: Sheet, table: Table, grid: Grid, widths: Sequence[float]) -> int:
    """Write the checks of rows in a column at the right, those of columns below; return the first row below."""

    def find_cell(address: str) -> str:
        return str(xl_rowcol_to_cell(*draft.figure_cells[address][1:]))

    request = draft.request
    addresses = {slot.address for slot in table.slots}
    checks = [
        check
        for check in request.form.checks
        if check.relation.each and addresses & {slot.address for slot in check.left[0].slots}
    ]
    rows: dict[int, list[CheckFormula]] = {}
    columns: dict[tuple[int, str], list[CheckFormula]] = {}
    for formula in make_check_formulas(request.form, checks, find_cell, request.name, request.last_report):
        row, _column = _find_first_cell(draft, formula)
        if formula.check.relation.each == "row":
            rows.setdefault(row, []).append(formula)
        else:
            columns.setdefault((row, formula.text), []).append(formula)
    _write_row_checks(draft, sheet, grid, rows)
    return _write_column_checks(draft, sheet, grid, widths, columns)


def _write_row_checks(draft: FormDraft, sheet: Sheet, grid: Grid, rows: Mapping[int, Sequence[CheckFormula]]) -> None:
    for top, height in _list_headers(grid) if rows else ():
        header = Cell(top, grid.columns, height, 1, "header")
        sheet.write_merged(header, _ROWS_ABOVE, 0, draft.request.form.locale.say("form-check"), **HEADER_STYLE)
    for row, formulas in rows.items():
        text = f'"{PASS_MARK}"'
        for formula in sorted(formulas, key=lambda formula: formula.mark == ERROR_MARK):  # errors before warnings
            failure = format_words(
                draft.request.form.locale,
                "form-check-of-row-broken",
                formula.difference,
                mark=formula.mark,
                what=formula.text,
            )
            text = f"IF({formula.condition},{text},{failure})"
        write_check(draft, sheet, (row, grid.columns), text, _list_input_cells(draft, formulas))
    if rows:
        draft.add_check_range(sheet, (min(rows), grid.columns), (max(rows), grid.columns))


def _write_column_checks(
    draft: FormDraft,
    sheet: Sheet,
    grid: Grid,
    widths: Sequence[float],
    columns: Mapping[tuple[int, str], Sequence[CheckFormula]],
) -> int:
    """Write a row for the checks of each row and text; return the first row below them."""
    locale, bottom = draft.request.form.locale, _ROWS_ABOVE + grid.rows
    for (_row, words), formulas in columns.items():
        label = Cell(bottom - _ROWS_ABOVE, 0, 1, max(grid.label_columns, 1), "label")
        text = locale.say("form-check-of", what=words)
        sheet.write_merged(label, _ROWS_ABOVE, 0, text, **LABEL_STYLE)
        sheet.worksheet.set_row(bottom, max(count_lines(text, sum(widths[: label.colspan])), 3) * LINE_HEIGHT)
        for formula in formulas:
            failure = format_words(locale, "form-check-broken", formula.difference, mark=formula.mark)
            text = f'IF({formula.condition},"{PASS_MARK}",{failure})'
            _row, column = _find_first_cell(draft, formula)
            write_check(draft, sheet, (bottom, column), text, _list_input_cells(draft, [formula]))
        bottom += 1
    if columns:
        draft.add_check_range(sheet, (_ROWS_ABOVE + grid.rows, 0), (bottom - 1, grid.columns - 1))
    return bottom


def _list_headers(grid: Grid) -> list[tuple[int, int]]:
    """List the first row of each block's header, and how many rows it takes."""
    headers, top = [], 0
    for band in grid.blocks:
        headers.append((top, band.header_rows))
        top += band.header_rows + band.body_rows
    return headers


def _find_first_cell(draft: FormDraft, formula: CheckFormula) -> tuple[int, int]:
    """Return the row and column of the first figure of this year that a check is about."""
    slots = (slot for part in formula.check.parts if not part.term.previous for slot in part.slots)
    _sheet, row, column = draft.figure_cells[next(slots).address]
    return row, column


def _list_input_cells(draft: FormDraft, formulas: Sequence[CheckFormula]) -> list[str]:
    """List the cells that a person has to fill in for some checks."""
    request = draft.request
    parts = [part for formula in formulas for part in formula.check.parts if not part.term.previous]
    leaves = dict.fromkeys(
        leaf for part in parts for slot in part.slots for leaf in request.empty_report.list_parts(slot.address)
    )
    return [xl_rowcol_to_cell(*draft.figure_cells[leaf][1:]) for leaf in leaves if leaf not in request.carried_over]


def write_check(draft: FormDraft, sheet: Sheet, at: tuple[int, int], text: str, inputs: Sequence[str]) -> None:
    """Write a check into the row and column `at`; it is empty until one of the cells `inputs` holds a number.

    Where it does not hold it is highlighted, an error and a warning in different colours.
    """
    style = draft.workbook.get_style(**CELL_STYLE, align="center", text_wrap=True, font_size=9)
    formula = f'IF(COUNT({",".join(inputs)})=0,"",{text})' if inputs else text
    sheet.worksheet.write_formula(*at, f"={formula}", style, "" if inputs else PASS_MARK)
    warning_mark = draft.request.form.locale.say("form-warning-mark")
    for mark, highlight in ((ERROR_MARK, ERROR_STYLE), (warning_mark, WARNING_STYLE)):
        draft.highlight(sheet, at, f'LEFT({xl_rowcol_to_cell(*at)},1)="{mark}"', highlight)


# ── widths and heights ───────────────────────────────────────────────────────────────


def _compute_widths(table: Table, grid: Grid) -> list[float]:
    """Return the widths of columns in characters: the shares of the form, or all alike."""
    shares: Sequence[float] = table.widths or [1.0] * grid.columns
    return [max(6.0, _PAGE_WIDTH * share / sum(shares)) for share in shares]


def _set_row_heights(sheet: Sheet, grid: Grid, widths: Sequence[float]) -> None:
    """Make rows as high as their labels need, which a spreadsheet does not do itself for merged cells."""
    lines = [1] * grid.rows
    for cell in grid.cells:
        width = sum(widths[cell.column : cell.column + cell.colspan]) - 1
        needed = -(-measure_width(cell.text) // int(width)) if cell.text else 1
        last = cell.row + cell.rowspan - 1
        lines[last] = max(lines[last], needed - (cell.rowspan - 1))
    for row, count in enumerate(lines):
        sheet.worksheet.set_row(_ROWS_ABOVE + row, LINE_HEIGHT * count + 3)
