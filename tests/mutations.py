"""What happens to published tables: each mutation changes a table and the figures printed in it.

A mutation changes cells in place, and `figures` where a figure itself changes: a figure by the address of its cell,
None where nothing is left to read.
"""

from itertools import pairwise

import opencc
from msgspec.structs import replace

from nianbao.importer.recognition import PublishedCell, PublishedTable

WIDE = str.maketrans("0123456789.-/()", "０１２３４５６７８９．－／（）")
_TRADITIONAL = opencc.OpenCC("s2t")


class EditableTable:
    """A published table under change: `items` are lists of a cell, the address of its figure and its role.

    The role is "label", "figure" or "header" as the form's table has it, or that of a cell which a mutation added.
    """

    def __init__(self, table, figures, format_value):
        self.figures = dict(figures)
        self.items = []
        for cell in table.make_grid().cells:
            text = format_value(figures[cell.slot.address]) if cell.slot else cell.text
            published = PublishedCell(text, cell.row, cell.row + cell.rowspan, cell.column, cell.column + cell.colspan)
            self.items.append([published, cell.slot.address if cell.slot else "", cell.role])

    def to_published(self):
        return PublishedTable(tuple(cell for cell, _, _ in self.items))

    @property
    def rows(self):
        return max(cell.bottom for cell, _, _ in self.items)

    @property
    def columns(self):
        return max(cell.right for cell, _, _ in self.items)

    def find_labels(self):
        return [item for item in self.items if item[2] != "figure" and item[0].text]

    def find_figures(self):
        return [item for item in self.items if item[2] == "figure"]


def insert_blank_row(table, rng):
    """Insert a row of blank cells between two rows that no cell joins."""
    row = rng.randrange(table.rows + 1)
    if any(cell.top < row < cell.bottom for cell, _, _ in table.items):
        return
    for item in table.items:
        cell = item[0]
        if cell.top >= row:
            item[0] = replace(cell, top=cell.top + 1, bottom=cell.bottom + 1)
    for column in range(int(table.columns)):
        table.items.append([PublishedCell("", row, row + 1, column, column + 1), "", "blank"])


def insert_blank_column(table, rng):
    """Insert a column of blank cells; a cell that reaches over the place becomes wider."""
    edge = rng.randrange(int(table.columns) + 1)
    rows = set(range(table.rows))
    for item in table.items:
        cell = item[0]
        if cell.left < edge < cell.right:
            item[0] = replace(cell, right=cell.right + 1)
            rows -= set(range(cell.top, cell.bottom))
        elif cell.left >= edge:
            item[0] = replace(cell, left=cell.left + 1, right=cell.right + 1)
    for row in rows:
        table.items.append([PublishedCell("", row, row + 1, edge, edge + 1), "", "blank"])


def split_label(table, rng):
    """Split a label over two cells beside each other."""
    if not table.find_labels():
        return
    item = rng.choice(table.find_labels())
    cell = item[0]
    if len(cell.text) > 3:
        cut = rng.randrange(1, len(cell.text))
        middle = (cell.left + cell.right) / 2
        item[0] = replace(cell, text=cell.text[:cut], right=middle)
        table.items.append([replace(cell, text=cell.text[cut:], left=middle), "", item[2]])


def break_lines(table, rng):
    """Break labels over lines, or put spaces between their characters."""
    for item in table.find_labels():
        if rng.random() < 0.5:
            item[0] = replace(item[0], text=rng.choice(["\n", " ", "\u3000"]).join(item[0].text))


def misspell_label(table, rng):
    """Replace, remove or repeat one character of a label."""
    if not table.find_labels():
        return
    item = rng.choice(table.find_labels())
    text = item[0].text
    index = rng.randrange(len(text))
    if text[index : index + 2] == "万元":  # without 万 it names another unit, and the figure is read in that
        return
    item[0] = replace(item[0], text=text[:index] + rng.choice(["", "某", text[index] * 2]) + text[index + 1 :])


def use_traditional_characters(table, rng):
    """Write labels in traditional characters."""
    del rng
    for item in table.find_labels():
        item[0] = replace(item[0], text=_TRADITIONAL.convert(item[0].text))


def add_explanation(table, rng):
    """Add an add_explanation in brackets to a row label."""
    labels = [item for item in table.find_labels() if item[2] == "label"]
    if not labels:
        return
    item = rng.choice(labels)
    item[0] = replace(item[0], text=item[0].text + rng.choice(["（设区的市以上填报）", "(含部门)", "（件）"]))


def use_full_width(table, rng):
    """Write digits and punctuation in full width."""
    for item in table.items:
        if rng.random() < 0.5:
            item[0] = replace(item[0], text=item[0].text.translate(WIDE))


def merge_cells(table, rng):
    """Extend the cell of a figure over its right neighbour, whose own figure is gone."""
    figures = table.find_figures()
    if not figures:
        return
    item = rng.choice(figures)
    cell = item[0]
    for other in figures:
        if other is not item and other[0].top == cell.top and other[0].left == cell.right:
            item[0] = replace(cell, right=other[0].right)
            table.items.remove(other)
            table.figures[other[1]] = None
            return


def remove_digit(table, rng):
    """Remove a digit of a figure: what is printed is another figure."""
    if not table.find_figures():
        return
    item = rng.choice(table.find_figures())
    text = item[0].text
    if text.isdecimal() and len(text) > 1 and text[1] != "0":
        item[0] = replace(item[0], text=text[1:])
        table.figures[item[1]] = int(text[1:])


def clear_figures(table, rng):
    """Remove some figures, or print a mark for no figure."""
    for item in table.find_figures():
        if rng.random() < 0.2:
            item[0] = replace(item[0], text=rng.choice(["", "", "-", "/", "无", "—"]))
            table.figures[item[1]] = None


def remove_cell(table, rng):
    """Remove a cell from its row: those behind it stand one column further left."""
    figures = table.find_figures()
    if not figures:
        return
    item = rng.choice(figures)
    width = item[0].right - item[0].left
    table.items.remove(item)
    table.figures[item[1]] = None
    for other in table.items:
        if other[0].top == item[0].top and other[0].left > item[0].left:
            other[0] = replace(other[0], left=other[0].left - width, right=other[0].right - width)


def add_row(table, rng):
    """Add a row that the form does not have."""
    del rng
    row = table.rows
    table.items.append([PublishedCell("本市另报事项", row, row + 1, 0, 1), "", "extra"])
    for column in range(1, int(table.columns)):
        table.items.append([PublishedCell("7", row, row + 1, column, column + 1), "", "extra"])


def remove_headers(table, rng):
    """Remove the header rows."""
    del rng
    top = min((item[0].top for item in table.find_figures()), default=0)
    table.items = [item for item in table.items if item[0].top >= top]


def clear_header(table, rng):
    """Remove the words of one header."""
    headers = [item for item in table.items if item[2] == "header"]
    if headers:
        item = rng.choice(headers)
        item[0] = replace(item[0], text="")


def swap_columns(table, rng):
    """Exchange two columns, headers and figures alike."""
    headers = [item for item in table.items if item[2] == "header" and item[0].right - item[0].left == 1]
    if len(headers) < 2:
        return
    first, second = rng.sample(headers, 2)
    groups = [
        [
            cell
            for cell, _, role in table.items
            if role == "header" and cell.top < item[0].top and cell.left <= item[0].left < cell.right
        ]
        for item in (first, second)
    ]
    if first[0].top != second[0].top or groups[0] != groups[1]:
        return
    lefts = {first[0].left: second[0].left, second[0].left: first[0].left}
    bottom = first[0].top
    for item in table.items:
        cell = item[0]
        if (
            cell.left in lefts
            and cell.right - cell.left == 1
            and cell.top >= bottom
            and item[2] in {"header", "figure"}
        ):
            item[0] = replace(cell, left=lefts[cell.left], right=lefts[cell.left] + 1)


def clear_labels(table, rng):
    """Remove the words of some row labels, or of all."""
    share = rng.choice([0.1, 0.3, 1.1])
    for item in table.items:
        if item[2] == "label" and rng.random() < share:
            item[0] = replace(item[0], text="")


def exchange_rows(table, rng):
    """Exchange the figures of two rows beside each other, and remove their labels: nothing shows which is which."""
    rows = sorted({item[0].top for item in table.find_figures()})
    pairs = [
        pair
        for pair in pairwise(rows)
        if len({len([item for item in table.find_figures() if item[0].top == row]) for row in pair}) == 1
    ]
    if not pairs:
        return
    first, second = rng.choice(pairs)
    above, below = (
        sorted((item for item in table.find_figures() if item[0].top == row), key=lambda item: item[0].left)
        for row in (first, second)
    )
    for one, other in zip(above, below, strict=True):
        one[0], other[0] = replace(one[0], text=other[0].text), replace(other[0], text=one[0].text)
        one[1], other[1] = other[1], one[1]
    for item in table.items:
        if item[2] == "label" and item[0].top in {first, second} and item[0].bottom == item[0].top + 1:
            item[0] = replace(item[0], text="")


def remove_rows(table, rng):
    """Remove some rows with their labels; a label over several rows stays at the next of them."""
    rows = sorted({item[0].top for item in table.find_figures()})
    if len(rows) < 2:
        return
    gone = set(rng.sample(rows, rng.randint(1, min(4, len(rows) - 1))))
    for item in list(table.items):
        cell = item[0]
        if cell.top in gone and (cell.bottom == cell.top + 1 or set(range(cell.top, cell.bottom)) <= gone):
            table.items.remove(item)
            if item[1]:
                table.figures[item[1]] = None
        elif cell.top in gone:
            item[0] = replace(cell, top=min(set(range(cell.top, cell.bottom)) - gone))


def keep_one_row(table, rng):
    """Remove all but one row of figures, headers too."""
    rows = sorted({item[0].top for item in table.find_figures()})
    if not rows:
        return
    kept = rng.choice(rows)
    for item in list(table.items):
        if not item[0].top <= kept < item[0].bottom:
            table.items.remove(item)
            if item[1]:
                table.figures[item[1]] = None


TORN = [clear_labels, exchange_rows, remove_rows, keep_one_row]  # the places of rows are left to order and sums
ALL = [
    insert_blank_row,
    insert_blank_column,
    split_label,
    break_lines,
    misspell_label,
    use_traditional_characters,
    add_explanation,
    use_full_width,
    merge_cells,
    remove_digit,
    clear_figures,
    remove_cell,
    add_row,
    remove_headers,
    clear_header,
    swap_columns,
]
