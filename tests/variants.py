"""Reports as programs extract and print them: the same figures in text with separators, under changed headers, as PDF.

A variant is a function of a form, its figures by address, and a `Random`; it returns the text of the file and its
suffix, and sets to None the figures that the file no longer has.
"""

import re
from io import BytesIO
from itertools import product

import openpyxl
from openpyxl.styles import Alignment, Border, Side
from openpyxl.utils import get_column_letter

from nianbao.importer.readers import read
from nianbao.importer.recognition import recognize


def draw_figures(form, rng):
    """Give every figure of a form, many of them 0 as in published reports, with totals that are right."""
    found = {address: rng.choice([0, 0, rng.randrange(1, 10), rng.randrange(10, 999)]) for address in form.slots}
    for address, slot in form.slots.items():
        if slot.value_type.name == "change":
            found[address] = rng.randrange(-20, 20)
    for _ in range(3):  # a total of totals needs those first
        for check in (check for check in form.checks if check.relation.total):
            total = check.left[0].slots[0].address
            found[total] = sum(found[slot.address] for part in check.right for slot in part.slots)
    return found


def clear_some(form, found, rng, share):
    """Leave a share of the cells blank."""
    for address in form.slots:
        if rng.random() < share:
            found[address] = None


def lose_some(grid, found, rng, share):
    """Take a cell away from a share of the rows."""
    for line in grid.lines:
        figures = [item for item in line if item[1]]
        if figures and rng.random() < share:
            item = rng.choice(figures)
            found[item[1]] = None
            line.remove(item)


class Grid:
    """A table as rows of cells `[text, address, role]`; a text that spans several places stands in the first."""

    def __init__(self, table, found):
        grid = table.make_grid()
        self.lines = [[] for _ in range(grid.rows)]
        self.columns = max(cell.column + cell.colspan for cell in grid.cells)
        self.spans = {}  # by the id of a cell: its row and column, and how many it spans
        for cell in sorted(grid.cells, key=lambda cell: (cell.row, cell.column)):
            figure = found[cell.slot.address] if cell.slot else cell.text
            item = ["" if figure is None else str(figure), cell.slot.address if cell.slot else "", cell.role]
            self.lines[cell.row].append(item)
            self.spans[id(item)] = (cell.row, cell.column, cell.rowspan, cell.colspan)

    def change(self, role, change):
        """Change the text of each cell with a role."""
        for item in (item for line in self.lines for item in line if item[2] == role and item[0]):
            item[0] = change(item[0])


def make_grids(form, found):
    return {table.id: Grid(table, found) for table in form.tables}


def compose(form, tables, format_lines):
    """Join the tables, formatted by a function of their grid, under the headings of their sections."""
    parts = [f"某市某局{form.first_year}年{form.name}"]
    for section in form.sections:
        if section.heading and section.table:
            parts += [section.heading, *format_lines(tables[section.table])]
    return "\n".join(parts)


# ── texts with separators ────────────────────────────────────────────────────────────


def pad_lines(grid):
    """Give a line for each row with its cells between bars, and bars behind them to the width of the table."""
    for line in grid.lines:
        yield "| " + " | ".join(text for text, *_ in line) + " |" + "|" * (grid.columns - len(line))


def make_padded(blank=0.0, lost=0.0):
    """Make a variant with padded lines, some cells of which are blank, and some rows of which lost one."""

    def make(form, found, rng):
        clear_some(form, found, rng, blank)
        tables = make_grids(form, found)
        for grid in tables.values():
            lose_some(grid, found, rng, lost)
        return compose(form, tables, pad_lines), "txt"

    return make


def make_expanded(form, found, rng):
    """Make a line for each row, with a cell for every place."""
    clear_some(form, found, rng, 0.1)

    def expand(grid):
        places = {grid.spans[id(item)][:2]: item[0] for line in grid.lines for item in line}
        for row in range(len(grid.lines)):
            yield "| " + " | ".join(places.get((row, column), "") for column in range(grid.columns)) + " |"

    return compose(form, make_grids(form, found), expand), "txt"


def make_bars_on_lines(form, found, rng):
    """Make a line of each cell and each bar."""
    clear_some(form, found, rng, 0.1)

    def split(grid):
        for line in grid.lines:
            yield "|"
            for text, *_ in line:
                yield from (text, "|") if text else ("|",)

    return compose(form, make_grids(form, found), split), "txt"


def make_bars_behind_cells(form, found, rng):
    """Make a line of each cell with the bar behind it."""
    clear_some(form, found, rng, 0.1)
    tables = make_grids(form, found)
    return compose(form, tables, lambda grid: (f"{text} |".strip() for line in grid.lines for text, *_ in line)), "txt"


def list_plain_lines(grid):
    return [" ".join(text for text, *_ in line) for line in grid.lines]


# ── lost cells, and numbers of rows ──────────────────────────────────────────────────


def number_rows(grid, header, *, behind_label=False):
    """Put a column with the numbers of the rows first, or before the figures; its header spans all lines of these."""
    at = min(grid.spans[id(item)][1] for line in grid.lines for item in line if item[1]) if behind_label else 0
    first = next(row for row, line in enumerate(grid.lines) if any(item[1] for item in line))
    number = header_end = 0
    for row, line in enumerate(grid.lines):
        spans = [grid.spans[id(item)] for item in line]
        is_line = any(column < at < column + colspan for _, column, _, colspan in spans)
        for item, (_, column, rowspan, colspan) in zip(line, spans, strict=True):
            is_over = column < at < column + colspan
            grid.spans[id(item)] = (row, column + (column >= at), rowspan, colspan + is_over)
        if is_line or row < header_end:
            continue
        has_figures = any(item[1] for item in line)
        number += has_figures
        item = [str(number) if has_figures else "" if header_end else header, "", "label"]
        grid.spans[id(item)] = (row, at, 1 if header_end or has_figures else first - row, 1)
        header_end = header_end or first
        line.insert(sum(column < at for _, column, _, _ in spans), item)
    grid.columns += 1
    return grid


def print_cells(grid):
    return [text for line in grid.lines for text, *_ in line if text]


def print_tabs(grid):
    yield from ("\t".join(text for text, *_ in line) for line in grid.lines)


def print_table(grid):
    return ["<table>", *format_rows(grid), "</table>"]


def list_paths(grid):
    """Return for each figure the labels of its row, the headers of its column, and itself."""
    places = {}
    for item in (item for line in grid.lines for item in line):
        row, column, rowspan, colspan = grid.spans[id(item)]
        places |= dict.fromkeys(product(range(row, row + rowspan), range(column, column + colspan)), item)
    found = []
    for item in (item for line in grid.lines for item in line if item[1]):
        row, column, _rowspan, _colspan = grid.spans[id(item)]
        left = [places[row, at] for at in range(column) if (row, at) in places]
        above = [places[at, column] for at in range(row) if (at, column) in places]
        texts = (dict.fromkeys(text for text, address, _ in items if not address) for items in (left, above))
        found.append((*map(" ".join, texts), item[0]))
    return found


def make_page(form, tables, format_lines=print_table):
    """Make a web page of the tables."""
    lines = compose(form, tables, format_lines).splitlines()
    return "".join(line if line.startswith("<") else f"<p>{line}</p>" for line in lines)


def make_lossy(write):
    """Make a variant in which some cells are blank, and some rows lost one."""

    def make(form, found, rng):
        clear_some(form, found, rng, 0.1)
        tables = make_grids(form, found)
        for grid in tables.values():
            lose_some(grid, found, rng, 0.3)
        return compose(form, tables, write), "txt"

    return make


def make_numbered(headers, *, behind_label):
    """Make a variant with a column that numbers rows, some of which lost cells, in any of four formats."""

    def make(form, found, rng):
        tables = make_grids(form, found)
        header, share = rng.choice(headers), rng.choice([0, 0.1, 0.4, 1])
        for grid in tables.values():
            number_rows(grid, header, behind_label=behind_label)
            lose_some(grid, found, rng, share)
        write = rng.choice([print_table, pad_lines, print_cells, print_tabs])
        if write is print_table:
            return make_page(form, tables), "html"
        return compose(form, tables, write), "txt"

    return make


# ── pages ────────────────────────────────────────────────────────────────────────────

PAGE_NUMBERS = [
    "- {} -",
    "— {} —",
    "第 {} 页",
    "第 {} 页 共 9 页",
    "{} / 9",
    "{}/9",
    "·{}·",
    "Page {} of 9",
    "－{}－",
    "~{}~",
    "[{}]",
]


def make_page_numbers(form, found, rng):
    """Put the numbers of pages between lines."""
    style, number, lines = rng.choice(PAGE_NUMBERS), 0, []
    for line in compose(form, make_grids(form, found), list_plain_lines).splitlines():
        lines.append(line)
        if rng.random() < 0.1:
            number += 1
            lines.append(style.format(number))
    return "\n".join(lines), "txt"


def make_numbered_pages(form, found, rng):
    """End each page with its number, as converters of PDFs write them."""
    lines = compose(form, make_grids(form, found), list_plain_lines).splitlines()
    size = min(rng.randrange(8, 20), len(lines) // 2)
    pages = ["\n".join(lines[start : start + size]) for start in range(0, len(lines), size)]
    return "".join(f"{page}\n\n{number}\n\f" for number, page in enumerate(pages, 1)), "txt"


def make_cut_in_label(form, found, rng):
    """End the text inside the number before a label, on a line of its own or behind the figures before it."""
    lines = [
        (" ".join(text for text, *_ in line), [address for _, address, _ in line if address])
        for table in form.tables
        for line in Grid(table, found).lines
    ]
    ends = [at for at, (line, addresses) in enumerate(lines) if addresses and re.match(r"\d\.", line)]
    end = rng.choice(ends) if ends else len(lines)
    printed = {address for _, addresses in lines[:end] for address in addresses}
    found |= dict.fromkeys(found.keys() - printed)
    text = "\n".join([f"某市某局{form.first_year}年{form.name}", *(line for line, _ in lines[:end])])
    return text + (rng.choice(["\n", " "]) + lines[end][0][0] if ends else ""), "txt"


# ── headers and labels ───────────────────────────────────────────────────────────────


def cut(text, rng):
    return text[: max(3, len(text) - rng.randrange(1, 5))] if len(text) > 4 else text


def explain(text, rng):
    return text + rng.choice(["（不含区县）", "（件）", "(按年度统计的全部机关)", "（含2020年以前）", ""])


def add_digits(text, rng):
    return text + rng.choice(["（2021）", " 2021", "1", "（1-12月）"])


def run_on(text, rng):
    return text + rng.choice(["：指全年数", "：含下属单位、派出机构", ""])


def format_rows(grid):
    for line in grid.lines:
        cells = []
        for item in line:
            _row, _column, rowspan, colspan = grid.spans[id(item)]
            cells.append(f'<td rowspan="{rowspan}" colspan="{colspan}">{item[0]}</td>')
        yield f"<tr>{''.join(cells)}</tr>"


def make_changed(change, role, suffix):
    """Make a variant in which headers or labels are changed, as padded text or as a web page."""

    def make(form, found, rng):
        tables = make_grids(form, found)
        for grid in tables.values():
            grid.change(role, lambda text: change(text, rng))
        if suffix == "txt":
            return compose(form, tables, pad_lines), suffix
        return f"<html><body>{make_page(form, tables)}</body></html>", suffix

    return make


def make_without_last_headers(form, found, rng):
    """Leave out the headers of the last table."""
    del rng
    tables = make_grids(form, found)
    last = tables[form.tables[-1].id]
    last.lines = [line for line in last.lines if any(item[1] for item in line)]
    return compose(form, tables, pad_lines), "txt"


CHANGES = {
    "cut headers": (cut, "header"),
    "explained headers": (explain, "header"),
    "digits in headers": (add_digits, "header"),
    "labels run on": (run_on, "label"),
}
VARIANTS = {
    "padded": make_padded(),
    "padded, some blank": make_padded(blank=0.15),
    "padded, some lost": make_padded(blank=0.1, lost=0.4),
    "a cell for every place": make_expanded,
    "bars on lines": make_bars_on_lines,
    "bars behind cells": make_bars_behind_cells,
    "cells on lines, some lost": make_lossy(print_cells),
    "cells behind tabs, some lost": make_lossy(print_tabs),
    "numbers before labels": make_numbered(["", "序号"], behind_label=False),
    "numbers before figures": make_numbered(["", "行次"], behind_label=True),
    "numbers of pages": make_page_numbers,
    "pages with numbers": make_numbered_pages,
    "cut in the next label": make_cut_in_label,
    **{
        f"{name}, {suffix}": make_changed(*change, suffix)
        for (name, change), suffix in product(CHANGES.items(), ("txt", "html"))
    },
    "without the last headers": make_without_last_headers,
}


# ── spreadsheets printed ─────────────────────────────────────────────────────────────


def make_sheet(form, found, *, borders, vertical, height):
    """Make a workbook with narrow columns, in which labels wrap; `height` is that of rows in pt, 0 as they come."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.page_setup.paperSize, sheet.page_setup.orientation = 9, "landscape"
    sheet["A1"] = f"某市某局{form.first_year}年{form.name}"
    top = 3
    for section in form.sections:
        if section.heading and section.table:
            sheet.cell(top, 1, section.heading)
            grid = Grid(next(table for table in form.tables if table.id == section.table), found)
            _fill_sheet(sheet, grid, top + 1, Alignment(wrap_text=True, vertical=vertical), borders=borders)
            for row in range(top + 1, top + 1 + len(grid.lines)):
                sheet.row_dimensions[row].height = height or None
            top += len(grid.lines) + 2
    for column, width in enumerate([7, 7, 11, *[5.2] * 13], 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _fill_sheet(sheet, grid, top, alignment, *, borders):
    for item in (item for line in grid.lines for item in line):
        row, column, rowspan, colspan = grid.spans[id(item)]
        cell = sheet.cell(top + row, column + 1, int(item[0]) if item[1] and item[0] else item[0])
        cell.alignment = alignment
        if rowspan * colspan > 1:
            end = {"end_row": top + row + rowspan - 1, "end_column": column + colspan}
            sheet.merge_cells(start_row=top + row, start_column=column + 1, **end)
    side = Side(style="thin")
    for row, column in product(range(top, top + len(grid.lines)), range(1, grid.columns + 1)) if borders else ():
        sheet.cell(row, column).border = Border(left=side, right=side, top=side, bottom=side)


# ── what was read ────────────────────────────────────────────────────────────────────


def judge(content, suffix, found, forms):
    """Read a file; return how many figures of it were read, and those that were read wrong."""
    recognized = recognize(read(content if isinstance(content, bytes) else content.encode(), suffix), forms)
    right, wrong = 0, []
    for address, cell in recognized.cells_by_address.items():
        expected = found.get(address)
        if cell.state == "read" and cell.value == expected:
            right += 1
        elif cell.state == "read" or (cell.state == "blank" and expected):
            wrong.append((address, cell.value, expected))
    return right, wrong
