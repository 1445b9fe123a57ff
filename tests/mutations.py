"""What happens to a table on its way into the world: each mutation takes grids and the figures printed in them.

A mutation changes boxes in place of others, and `printed` where a figure itself changes: a figure by the
address of its cell, None where nothing is left to read.
"""

from dataclasses import replace

import opencc

from nianbao.importer.recognition import PublishedCell, PublishedTable

WIDE = str.maketrans("0123456789.-/()", "０１２３４５６７８９．－／（）")
_TRADITIONAL = opencc.OpenCC("s2t")


class Printed:
    """A grid in the making: boxes that know the address of their figure."""

    def __init__(self, table, found, said):
        self.table = table
        self.boxes = []
        self.address = {}
        for cell in table.lay_out().cells:
            text = said(found[cell.slot.address]) if cell.slot else cell.text
            self.add(
                PublishedCell(text, cell.row, cell.row + cell.rowspan, cell.column, cell.column + cell.colspan), cell
            )
        self.figures = dict(found)

    def add(self, box, cell):
        self.boxes.append([box, cell.slot.address if cell.slot else "", cell.role])

    def grid(self):
        return PublishedTable(tuple(box for box, _, _ in self.boxes))

    @property
    def rows(self):
        return max(box.bottom for box, _, _ in self.boxes)

    @property
    def columns(self):
        return max(box.right for box, _, _ in self.boxes)

    def labels(self):
        return [item for item in self.boxes if item[2] != "figure" and item[0].text]

    def values(self):
        return [item for item in self.boxes if item[2] == "figure"]


def blank_row(grid, dice):
    """A row of blank cells stands between two rows that no cell joins."""
    at = dice.randrange(grid.rows + 1)
    if any(box.top < at < box.bottom for box, _, _ in grid.boxes):
        return
    for item in grid.boxes:
        box = item[0]
        if box.top >= at:
            item[0] = replace(box, top=box.top + 1, bottom=box.bottom + 1)
    for column in range(int(grid.columns)):
        grid.boxes.append([PublishedCell("", at, at + 1, column, column + 1), "", "blank"])


def blank_column(grid, dice):
    """A column of blank cells; a cell that reaches over the place becomes wider."""
    at = dice.randrange(int(grid.columns) + 1)
    rows = set(range(grid.rows))
    for item in grid.boxes:
        box = item[0]
        if box.left < at < box.right:
            item[0] = replace(box, right=box.right + 1)
            rows -= set(range(box.top, box.bottom))
        elif box.left >= at:
            item[0] = replace(box, left=box.left + 1, right=box.right + 1)
    for row in rows:
        grid.boxes.append([PublishedCell("", row, row + 1, at, at + 1), "", "blank"])


def split_label(grid, dice):
    """A label is cut over two cells beside each other."""
    if not grid.labels():
        return
    item = dice.choice(grid.labels())
    box = item[0]
    if len(box.text) > 3:
        cut = dice.randrange(1, len(box.text))
        middle = (box.left + box.right) / 2
        item[0] = replace(box, text=box.text[:cut], right=middle)
        grid.boxes.append([replace(box, text=box.text[cut:], left=middle), "", item[2]])


def broken_lines(grid, dice):
    """Labels are broken over lines, or have blanks between their signs."""
    for item in grid.labels():
        if dice.random() < 0.5:
            item[0] = replace(item[0], text=dice.choice(["\n", " ", "\u3000"]).join(item[0].text))


def typo(grid, dice):
    """One sign of a label is wrong, missing, or written twice."""
    if not grid.labels():
        return
    item = dice.choice(grid.labels())
    text = item[0].text
    at = dice.randrange(len(text))
    if text[at : at + 2] == "万元":  # without 万 it says another unit, and the figure is read in that
        return
    item[0] = replace(item[0], text=text[:at] + dice.choice(["", "某", text[at] * 2]) + text[at + 1 :])


def traditional(grid, dice):
    """Labels are in traditional characters."""
    del dice
    for item in grid.labels():
        item[0] = replace(item[0], text=_TRADITIONAL.convert(item[0].text))


def explained(grid, dice):
    """A row label has an explanation in brackets."""
    labels = [item for item in grid.labels() if item[2] == "label"]
    if not labels:
        return
    item = dice.choice(labels)
    item[0] = replace(item[0], text=item[0].text + dice.choice(["（设区的市以上填报）", "(含部门)", "（件）"]))


def wide(grid, dice):
    """Digits and signs are of full width."""
    for item in grid.boxes:
        if dice.random() < 0.5:
            item[0] = replace(item[0], text=item[0].text.translate(WIDE))


def merged(grid, dice):
    """A figure's cell reaches over its right neighbour, whose own figure is gone."""
    values = grid.values()
    if not values:
        return
    item = dice.choice(values)
    box = item[0]
    for other in values:
        if other is not item and other[0].top == box.top and other[0].left == box.right:
            item[0] = replace(box, right=other[0].right)
            grid.boxes.remove(other)
            grid.figures[other[1]] = None
            return


def lost_digit(grid, dice):
    """A digit of a figure is lost: what is printed is another figure."""
    if not grid.values():
        return
    item = dice.choice(grid.values())
    text = item[0].text
    if text.isdecimal() and len(text) > 1 and text[1] != "0":
        item[0] = replace(item[0], text=text[1:])
        grid.figures[item[1]] = int(text[1:])


def blanked(grid, dice):
    """Some figures are blank, or a sign for nothing."""
    for item in grid.values():
        if dice.random() < 0.2:
            item[0] = replace(item[0], text=dice.choice(["", "", "-", "/", "无", "—"]))
            grid.figures[item[1]] = None


def lost_cell(grid, dice):
    """A cell is missing from its row: those behind it stand one column further left."""
    values = grid.values()
    if not values:
        return
    item = dice.choice(values)
    width = item[0].right - item[0].left
    grid.boxes.remove(item)
    grid.figures[item[1]] = None
    for other in grid.boxes:
        if other[0].top == item[0].top and other[0].left > item[0].left:
            other[0] = replace(other[0], left=other[0].left - width, right=other[0].right - width)


def local_row(grid, dice):
    """An office adds a row of its own."""
    row = grid.rows
    del dice
    grid.boxes.append([PublishedCell("本市另报事项", row, row + 1, 0, 1), "", "extra"])
    for column in range(1, int(grid.columns)):
        grid.boxes.append([PublishedCell("7", row, row + 1, column, column + 1), "", "extra"])


def headless(grid, dice):
    """The heads are lost."""
    del dice
    top = min((item[0].top for item in grid.values()), default=0)
    grid.boxes = [item for item in grid.boxes if item[0].top >= top]


def lost_head(grid, dice):
    """The words of one head are lost."""
    heads = [item for item in grid.boxes if item[2] == "head"]
    if heads:
        item = dice.choice(heads)
        item[0] = replace(item[0], text="")


def swapped_heads(grid, dice):
    """Two columns are exchanged, heads and figures alike."""
    heads = [item for item in grid.boxes if item[2] == "head" and item[0].right - item[0].left == 1]
    if len(heads) < 2:
        return
    first, second = dice.sample(heads, 2)
    groups = [
        [
            box
            for box, _, role in grid.boxes
            if role == "head" and box.top < item[0].top and box.left <= item[0].left < box.right
        ]
        for item in (first, second)
    ]
    if first[0].top != second[0].top or groups[0] != groups[1]:
        return
    lefts = {first[0].left: second[0].left, second[0].left: first[0].left}
    bottom = first[0].top
    for item in grid.boxes:
        box = item[0]
        if box.left in lefts and box.right - box.left == 1 and box.top >= bottom and item[2] in {"head", "figure"}:
            item[0] = replace(box, left=lefts[box.left], right=lefts[box.left] + 1)


ALL = [
    blank_row,
    blank_column,
    split_label,
    broken_lines,
    typo,
    traditional,
    explained,
    wide,
    merged,
    lost_digit,
    blanked,
    lost_cell,
    local_row,
    headless,
    lost_head,
    swapped_heads,
]
