"""Reports as programs extract and print them: the same figures in text with separators, under changed headers, as PDF.

A variant is a function of a form, its figures by address, and a `Random`; it returns the file and its suffix, and
changes the figures where the file no longer has one: to None.
"""

import re
import subprocess
from io import BytesIO

import openpyxl
from openpyxl.styles import Alignment, Border, Side

from nianbao.importer.readers import read
from nianbao.importer.recognition import recognize


def draw_figures(form, rng):
    """Give every figure of a form, most of them 0 as in published reports, with totals that are right."""
    found = {address: rng.choice([0, 0, rng.randrange(1, 10), rng.randrange(10, 999)]) for address in form.slots}
    for address, slot in form.slots.items():
        if slot.value_type.name == "change":
            found[address] = rng.randrange(-20, 20)
    for _ in range(3):  # a total of totals needs those first
        for check in (check for check in form.checks if check.relation.total):
            total = check.left[0].slots[0].address
            found[total] = sum(found[slot.address] for part in check.right for slot in part.slots)
    return found


class Grid:
    """A table as rows of cells `[text, address, role]`, each where it begins; a text that spans several stands once."""

    def __init__(self, table, found):
        grid = table.make_grid()
        self.lines = [[] for _ in range(grid.rows)]
        self.columns = max(cell.column + cell.colspan for cell in grid.cells)
        self.spans = {}
        for cell in sorted(grid.cells, key=lambda cell: (cell.row, cell.column)):
            text, address = (str(found[cell.slot.address]), cell.slot.address) if cell.slot else (cell.text, "")
            item = [text, address, cell.role]
            self.lines[cell.row].append(item)
            self.spans[id(item)] = (cell.row, cell.column, cell.rowspan, cell.colspan)

    def change(self, role, change):
        for line in self.lines:
            for item in line:
                if item[2] == role and item[0]:
                    item[0] = change(item[0])


def grids(form, found):
    return {table.id: Grid(table, found) for table in form.tables}


def compose(form, tables):
    """Join the texts of tables, by id, under the headings of their sections."""
    parts = [f"某市某局{form.first_year}年{form.name}"]
    for section in form.sections:
        if section.heading and section.table:
            parts += [section.heading, tables[section.table]]
    return "\n".join(parts)


def clear_some(form, found, rng, share=0.15):
    """Leave some cells of every table blank."""
    for address in form.slots:
        if rng.random() < share:
            found[address] = None


# ── texts with separators ────────────────────────────────────────────────────────────


def _say(text):
    return "" if text == "None" else text


def _pad(line, columns):
    return "| " + " | ".join(_say(text) for text, *_ in line) + " |" + "|" * (columns - len(line))


def padded(form, found, rng, *, blank=0.0, lost=0.0, cut=0):
    """A line for each row, cells between bars, padded with bars at its end to the width of the table."""
    clear_some(form, found, rng, blank)
    tables = grids(form, found)
    for grid in tables.values():
        for line in grid.lines:
            figures = [item for item in line if item[1]]
            if figures and rng.random() < lost:
                item = rng.choice(figures)
                found[item[1]] = None
                line.remove(item)
    text = compose(
        form, {name: "\n".join(_pad(line, grid.columns) for line in grid.lines) for name, grid in tables.items()}
    )
    return text, "txt"


def padded_blank(form, found, rng):
    return padded(form, found, rng, blank=0.15)


def padded_lost(form, found, rng):
    return padded(form, found, rng, blank=0.1, lost=0.4)


def expanded(form, found, rng):
    """A line for each row with a cell for every place; a text that spans several stands in the first, the rest blank."""
    clear_some(form, found, rng, 0.1)
    parts = {}
    for table in form.tables:
        grid = Grid(table, found)
        places = {}
        rows = len(grid.lines)
        for line in grid.lines:
            for item in line:
                row, column, *_ = grid.spans[id(item)]
                places[row, column] = _say(item[0])
        parts[table.id] = "\n".join(
            "| " + " | ".join(places.get((row, column), "") for column in range(grid.columns)) + " |"
            for row in range(rows)
        )
    return compose(form, parts), "txt"


def bars_on_lines(form, found, rng):
    """Every cell and every bar on a line of its own."""
    clear_some(form, found, rng, 0.1)
    parts = {
        name: "\n".join(
            "\n".join(["|", *(part for text, *_ in line for part in ((_say(text), "|") if _say(text) else ("|",)))])
            for line in grid.lines
        )
        for name, grid in grids(form, found).items()
    }
    return compose(form, parts), "txt"


def bars_behind_cells(form, found, rng):
    """Every cell on a line of its own with its bar, blank ones a bar only."""
    clear_some(form, found, rng, 0.1)
    parts = {
        name: "\n".join("\n".join(f"{_say(text)} |".strip() for text, *_ in line) for line in grid.lines)
        for name, grid in grids(form, found).items()
    }
    return compose(form, parts), "txt"


def one_cell_a_line(form, found, rng):
    """Every cell on a line of its own, numbers of pages in between; blank ones leave nothing."""
    lines = []
    for line in compose(
        form,
        {
            name: "\n".join(text for line in grid.lines for text, *_ in line)
            for name, grid in grids(form, found).items()
        },
    ).splitlines():
        lines.append(line)
    return "\n".join(lines), "txt"


# ── page numbers ─────────────────────────────────────────────────────────────────────

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


def page_numbers(form, found, rng):
    """Lines of rows, a number of a page between some."""
    style, number, lines = rng.choice(PAGE_NUMBERS), 0, []
    text, _ = padded(form, found, rng)
    for line in text.splitlines():
        lines.append(re.sub(r" ?\|+ ?", " ", line).strip())
        if rng.random() < 0.1:
            number += 1
            lines.append(style.format(number))
    return "\n".join(lines), "txt"


def cut_in_next_label(form, found, rng):
    """A text that ends inside the number before a label, on a line of its own or behind the figures before it."""
    lines = []  # with the addresses of their figures
    for table in form.tables:
        for line in Grid(table, found).lines:
            lines.append((" ".join(text for text, *_ in line), [address for _, address, _ in line if address]))
    ends = [at for at, (line, addresses) in enumerate(lines) if addresses and re.match(r"\d\.", line)]
    end = rng.choice(ends)
    printed = {address for _, addresses in lines[:end] for address in addresses}
    for address in found.keys() - printed:
        found[address] = None
    text = "\n".join([f"某市某局{form.first_year}年{form.name}", *(line for line, _ in lines[:end])])
    return text + rng.choice(["\n", " "]) + lines[end][0][0], "txt"


# ── headers ──────────────────────────────────────────────────────────────────────────


def _cut(text, rng):
    return text[: max(3, len(text) - rng.randrange(1, 5))] if len(text) > 4 else text


def _explain(text, rng):
    return text + rng.choice(["（不含区县）", "（件）", "(按年度统计的全部机关)", "（含2020年以前）", ""])


def _add_digits(text, rng):
    return text + rng.choice(["（2021）", " 2021", "1", "（1-12月）"])


def _run_on(text, rng):
    return text + rng.choice(["：指全年数", "：含下属单位、派出机构", ""])


def _changed_headers(change, role="header"):
    def make_text(form, found, rng):
        tables = grids(form, found)
        for grid in tables.values():
            grid.change(role, lambda text: change(text, rng))
        return compose(
            form, {name: "\n".join(_pad(line, grid.columns) for line in grid.lines) for name, grid in tables.items()}
        ), "txt"

    return make_text


def _html(form, tables):
    parts = []
    for section in form.sections:
        if section.heading and section.table:
            grid = tables[section.table]
            rows = []
            for line in grid.lines:
                cells = []
                for item in line:
                    _row, _column, rowspan, colspan = grid.spans[id(item)]
                    cells.append(f'<td rowspan="{rowspan}" colspan="{colspan}">{_say(item[0])}</td>')
                rows.append(f"<tr>{''.join(cells)}</tr>")
            parts.append(f"<p>{section.heading}</p><table>{''.join(rows)}</table>")
    return f"<html><body><h1>某市某局{form.first_year}年{form.name}</h1>{''.join(parts)}</body></html>", "html"


def _changed_html(change, role="header"):
    def make_page(form, found, rng):
        tables = grids(form, found)
        for grid in tables.values():
            grid.change(role, lambda text: change(text, rng))
        return _html(form, tables)

    return make_page


def no_headers_of_last_table(form, found, rng):
    """Text whose last table has no headers."""
    tables = grids(form, found)
    last = tables[form.tables[-1].id]
    last.lines = [[item for item in line if item[1]] for line in last.lines if any(item[1] for item in line)]
    return compose(
        form, {name: "\n".join(_pad(line, grid.columns) for line in grid.lines) for name, grid in tables.items()}
    ), "txt"


# ── spreadsheets printed ─────────────────────────────────────────────────────────────


def make_sheet(form, found, *, borders, vertical, height):
    """A workbook with narrow columns, in which labels wrap."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.page_setup.paperSize = 9
    sheet["A1"] = f"某市某局{form.first_year}年{form.name}"
    top = 3
    side = Side(style="thin")
    for section in form.sections:
        if not (section.heading and section.table):
            continue
        sheet.cell(top, 1, section.heading)
        top += 1
        grid = Grid(next(table for table in form.tables if table.id == section.table), found)
        narrow = grid.columns > 11
        for line in grid.lines:
            for item in line:
                row, column, rowspan, colspan = grid.spans[id(item)]
                value = int(item[0]) if item[1] and item[0] != "None" else _say(item[0])
                cell = sheet.cell(top + row, column + 1, value)
                cell.alignment = Alignment(wrap_text=True, vertical=vertical)
                if rowspan * colspan > 1:
                    end = {"end_row": top + row + rowspan - 1, "end_column": column + colspan}
                    sheet.merge_cells(start_row=top + row, start_column=column + 1, **end)
        if borders:
            for row in range(top, top + len(grid.lines)):
                for column in range(1, grid.columns + 1):
                    sheet.cell(row, column).border = Border(left=side, right=side, top=side, bottom=side)
        for row in range(top, top + len(grid.lines)):
            if height:
                sheet.row_dimensions[row].height = height
        top += len(grid.lines) + 1
    for column in range(1, 17):
        sheet.column_dimensions[openpyxl.utils.get_column_letter(column)].width = 5.2
    for column, width in ((1, 7), (2, 7), (3, 11)):
        sheet.column_dimensions[openpyxl.utils.get_column_letter(column)].width = width
    sheet.page_setup.orientation = "landscape"
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def print_sheet(content, folder):
    """Print a workbook as PDF by LibreOffice."""
    path = folder / "sheet.xlsx"
    path.write_bytes(content)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    words = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(path)]
    subprocess.run(words, capture_output=True, check=True, timeout=180)
    return (folder / "sheet.pdf").read_bytes()


TEXTS = {
    "padded": padded,
    "padded, some blank": padded_blank,
    "padded, some lost": padded_lost,
    "a cell for every place": expanded,
    "bars on lines": bars_on_lines,
    "bars behind cells": bars_behind_cells,
    "a cell a line": one_cell_a_line,
    "page numbers": page_numbers,
    "cut in the next label": cut_in_next_label,
    "cut headers, text": _changed_headers(_cut),
    "explained headers, text": _changed_headers(_explain),
    "digits in headers, text": _changed_headers(_add_digits),
    "labels run on, text": _changed_headers(_run_on, "label"),
    "cut headers, html": _changed_html(_cut),
    "explained headers, html": _changed_html(_explain),
    "digits in headers, html": _changed_html(_add_digits),
    "labels run on, html": _changed_html(_run_on, "label"),
    "no headers of the last table": no_headers_of_last_table,
}


def judge(content, suffix, found, form, forms):
    """Read a file; return how many figures it has, how many were read, and those that were read wrong."""
    recognized = recognize(read(content if isinstance(content, bytes) else content.encode(), suffix), forms)
    right, wrong = 0, []
    cells = {}
    for row in recognized.tables.rows:
        for cell in row.cells:
            cells.setdefault(cell.slot.address, cell)
    for address, cell in recognized.cells_by_address.items():
        expected = found.get(address)
        if cell.state == "read":
            if cell.value == expected:
                right += 1
            else:
                wrong.append((address, cell.value, expected))
        elif cell.state == "blank" and expected:
            wrong.append((address, "blank", expected))
    return sum(value is not None for value in found.values()), right, wrong
