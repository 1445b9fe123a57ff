"""The tables of a form to be filled in: as on the official form, with sums that are checked while it is filled."""

from collections.abc import Sequence

from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

from nianbao.export.excel_form.draft import ADDED, AMBER, LABEL, LINE, RED, TYPED, Draft, bad, page, validation
from nianbao.export.excel_form.sum_formulas import GOOD, ODD, WRONG, Live, live
from nianbao.export.workbook import CELL, HEAD, Sheet
from nianbao.model.table import Cell, Grid, Table
from nianbao.model.value_types import KINDS

_TOP = 3  # rows over a table
_ACROSS = 110  # characters across a page
_CHECKED = 28  # characters of the column of checks


def write_table(made: Draft, table: Table) -> None:
    """Write a table on a sheet of its own."""
    grid = table.lay_out()
    sheet = made.book.sheet(table.label)
    widths = _widths(table, grid)
    for column, width in enumerate(widths):
        sheet.made.set_column(column, column, width)
    sheet.made.set_column(grid.columns, grid.columns, _CHECKED)
    heading = next((part.heading for part in made.asked.form.sections if part.table == table.id), table.label)
    sheet.put(0, 0, heading, bold=True, font_size=14)
    sheet.put(1, 0, f"{made.asked.name}　{made.asked.year} 年度".strip("　"))
    _heights(sheet, grid, widths)
    for cell in grid.cells:
        if cell.slot:
            made.cells[cell.slot.address] = (sheet.name, _TOP + cell.row, cell.column)
        else:
            sheet.span(cell, _TOP, 0, cell.text, **(LABEL if cell.role == "label" else HEAD))
    _figures(made, sheet, grid)
    bottom = _checks(made, sheet, table, grid)
    page(sheet, wide=grid.columns > 6)  # noqa: PLR2004  # more do not fit across
    if len(grid.bands) == 1:
        sheet.made.freeze_panes(_TOP + grid.bands[0].head, grid.labels)
    sheet.made.print_area(0, 0, bottom, grid.columns)


def _figures(made: Draft, sheet: Sheet, grid: Grid) -> None:
    taken, empty = made.asked.taken, made.asked.empty
    ranges: dict[str, list[str]] = {}
    for cell in grid.cells:
        if not cell.slot:
            continue
        row, column, address = _TOP + cell.row, cell.column, cell.slot.address
        total = empty.computed.get(address) if address not in taken else None
        style = ADDED if total else TYPED
        sheet.span(cell, _TOP, 0, "", **style)
        if total:
            parts = ",".join(xl_rowcol_to_cell(*_cell_of(grid, part)) for part in total)
            known = sum(taken.get(part, 0) for part in empty.parts(address))
            sheet.made.write_formula(row, column, f"=SUM({parts})", made.book.style(**style), known)
        else:
            sheet.put(row, column, taken.get(address), **style)
        made.name(address, sheet, row, column)
        kind = KINDS[cell.slot.kind]
        sheet.made.data_validation(row, column, row, column, validation(kind, xl_rowcol_to_cell(row, column)))
        ranges.setdefault(kind.name, []).append(xl_rowcol_to_cell(row, column))
    for name, cells in ranges.items():  # what was pasted passes validation by: it is marked
        rule = {"type": "formula", "criteria": f"={bad(KINDS[name], cells[0])}", "multi_range": " ".join(cells)}
        sheet.made.conditional_format(cells[0], rule | {"format": made.book.style(**RED)})


def _cell_of(grid: Grid, address: str) -> tuple[int, int]:
    return next((_TOP + cell.row, cell.column) for cell in grid.cells if cell.slot and cell.slot.address == address)


# ── sums ─────────────────────────────────────────────────────────────────────────────


def _checks(made: Draft, sheet: Sheet, table: Table, grid: Grid) -> int:
    """Write the checks of rows at the right, those of columns below, each kind on a row of its own; return the last."""

    def where(address: str) -> str:
        return str(xl_rowcol_to_cell(*made.cells[address][1:]))

    own = {slot.address for slot in table.slots}
    about = [check for check in made.asked.form.checks if own & {slot.address for slot in check.left[0].slots}]
    every = list(live(about, where, made.asked.name, made.asked.before))
    rows: dict[int, list[Live]] = {}
    columns: dict[tuple[int, str], list[Live]] = {}
    for one in every:
        if one.check.relation.each == "row":
            rows.setdefault(made.cells[_first(one)][1], []).append(one)
        else:
            columns.setdefault((made.cells[_first(one)][1], one.words), []).append(one)
    for top, head in _tops(grid) if rows else ():
        corner = Cell(top, grid.columns, head, 1, "head")
        sheet.span(corner, _TOP, 0, "核对", **HEAD)
    for row, found in rows.items():
        text = f'"{GOOD}"'
        typed = _typed(made, found)
        for one in sorted(found, key=lambda one: one.mark == WRONG):  # an error is said before a warning
            text = f'IF({one.holds},{text},"{one.mark} {_quoted(one.words)}，差 "&{one.gap})'
        _say(made, sheet, row, grid.columns, text, typed)
    bottom = _TOP + grid.rows
    for (_row, words), found in columns.items():
        label = Cell(bottom - _TOP, 0, 1, max(grid.labels, 1), "label")
        sheet.span(label, _TOP, 0, f"核对：{words}", **LABEL)
        sheet.made.set_row(bottom, 3 * LINE)
        for one in found:
            text = f'IF({one.holds},"{GOOD}","{one.mark} 差 "&{one.gap})'
            _say(made, sheet, bottom, made.cells[_first(one)][2], text, _typed(made, [one]))
        bottom += 1
    return bottom


def _tops(grid: Grid) -> list[tuple[int, int]]:
    """Say where the head of each block begins, and how many rows it takes."""
    found, top = [], 0
    for band in grid.bands:
        found.append((top, band.head))
        top += band.head + band.body
    return found


def _first(one: Live) -> str:
    return next(slot.address for part in one.check.parts if not part.term.before for slot in part.slots)


def _quoted(text: str) -> str:
    return text.replace('"', '""')


def _typed(made: Draft, found: Sequence[Live]) -> list[str]:
    """Name the cells of some checks that a person is to fill in."""
    asked = made.asked
    slots = [slot for one in found for part in one.check.parts if not part.term.before for slot in part.slots]
    leaves = dict.fromkeys(leaf for slot in slots for leaf in asked.empty.parts(slot.address))
    return [xl_rowcol_to_cell(*made.cells[leaf][1:]) for leaf in leaves if leaf not in asked.taken]


def _say(made: Draft, sheet: Sheet, row: int, column: int, text: str, typed: Sequence[str]) -> None:  # noqa: PLR0913, PLR0917  # a cell
    """Write a check that turns red, or amber for a warning, where it does not hold; it waits for the first figure."""
    style = made.book.style(**CELL, align="center", text_wrap=True, font_size=9)
    waits = f'IF(COUNT({",".join(typed)})=0,"",{text})' if typed else text
    sheet.made.write_formula(row, column, f"={waits}", style, "" if typed else GOOD)
    cell = xl_rowcol_to_cell(row, column)
    for mark, colours in ((WRONG, RED), (ODD, AMBER)):
        rule = {"type": "formula", "criteria": f'=LEFT({cell},1)="{mark}"', "format": made.book.style(**colours)}
        sheet.made.conditional_format(row, column, row, column, rule)
    made.checked.append(f"{quote_sheetname(sheet.name)}!{xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)}")


def _widths(table: Table, grid: Grid) -> list[float]:
    shares: Sequence[float] = table.widths or [1.0] * grid.columns
    return [max(6.0, _ACROSS * share / sum(shares)) for share in shares]


def _heights(sheet: Sheet, grid: Grid, widths: Sequence[float]) -> None:
    """Make rows as high as their labels need: a spreadsheet does not see to merged cells itself."""
    lines = [1] * grid.rows
    for cell in grid.cells:
        room = sum(widths[cell.column : cell.column + cell.colspan]) - 1
        need = -(-2 * len(cell.text) // int(room)) if cell.text else 1
        last = cell.row + cell.rowspan - 1
        lines[last] = max(lines[last], need - (cell.rowspan - 1))
    for row, count in enumerate(lines):
        sheet.made.set_row(_TOP + row, LINE * count + 3)
