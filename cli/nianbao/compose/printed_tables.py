"""Tables as they are printed: without empty rows and columns, labels in one column, and texts as notes below.

A table that asks for none of this is printed as the form has it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from msgspec.structs import replace as replace_heading

from nianbao.compose.markdown import Markdown, escape
from nianbao.compose.outline import list_outline
from nianbao.model.form import Form
from nianbao.model.report import Report
from nianbao.model.table import BlockLines, Table
from nianbao.model.tables.headings import Block, Heading, join_ids, list_block_lines
from nianbao.model.tables.slots import Slot

_LABEL_WIDTH, _LABEL_WIDTH_PER_COLUMN = 1.5, 0.2  # a column of figures is 1 wide
_TEXT_WIDTH = 4.0


@dataclass(frozen=True)
class PrintedTable:
    """What of a table is printed, and the paragraphs below it; `marks` has marks of notes by the address of a cell."""

    table: Table
    below: Sequence[Markdown] = ()
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PrintedForm:
    """The form of a report with its tables as they are printed."""

    form: Form
    tables: Mapping[str, PrintedTable]  # by their ids


def print_form(report: Report) -> PrintedForm:
    """Choose what is printed of the tables of a report."""
    form = report.form
    printed = {
        table.id: print_table(report, table) if _differs(table) else PrintedTable(table) for table in form.tables
    }
    if all(printed[table.id].table is table for table in form.tables):
        return PrintedForm(form, printed)
    return PrintedForm(replace(form, tables=tuple(one.table for one in printed.values())), printed)


def _differs(table: Table) -> bool:
    columns = (column for lines in table.lines for column in lines.columns)
    return table.fold or table.outline or any(column.said.get("note") for column in columns)


def print_table(report: Report, table: Table) -> PrintedTable:
    """Choose what is printed of a table of a report."""
    parts = [_PrintedBlock(report, table, block, lines) for block, lines in zip(table.blocks, table.lines, strict=True)]
    blocks = tuple(block for part in parts for block in part.make_blocks())
    notes = [note for part in parts for note in part.list_notes()]
    marks: dict[str, str] = {}
    for number, (cell, _text) in enumerate(notes, 1):
        marks[cell.address] = f"{marks.get(cell.address, '')} [{number}]"
    below = [escape(f"[{number}] {_name_cell(cell)}: {text}") for number, (cell, text) in enumerate(notes, 1)]
    printed = replace(table, blocks=blocks, widths=_choose_widths(blocks) if table.outline else table.widths)
    return PrintedTable(printed, [*_describe_left_out(report, parts), *below], marks)


class _PrintedBlock:
    """What of a block is printed: `columns` and `rows` by their numbers."""

    def __init__(self, report: Report, table: Table, block: Block, lines: BlockLines) -> None:
        self._report, self._table, self._block, self._lines = report, table, block, lines
        names = {heading.named_by for heading in table.open_rows.values() if heading.named_by and not heading.below}
        self._of_figures = [
            number
            for number, column in enumerate(lines.columns)
            if not column.said.get("note") and column.ids not in names
        ]
        self._outline = list(list_outline(block.rows)) if table.outline else []
        self.columns = self._find_filled_columns() if table.fold else self._of_figures
        self.rows = self._find_filled_rows() if table.fold else [*range(len(lines.rows))]
        left_out = set(range(len(lines.rows))).difference(self.rows)
        self.blank_rows = sum(not any(self._is_given(row, column) for column in self._of_figures) for row in left_out)
        self.zero_rows = len(left_out) - self.blank_rows
        self.blank_columns = [
            " ".join(heading.label for heading in lines.columns[number].path)
            for number in self._of_figures
            if number not in self.columns
        ]

    def make_blocks(self) -> Iterator[Block]:
        """Make the blocks to print; none where nothing is left."""
        if not self.columns or not self.rows:
            return
        columns = _select(self._block.columns, {self._lines.columns[number].ids for number in self.columns})
        block = replace_heading(self._block, columns=columns)
        if not self._outline:
            yield replace_heading(block, rows=_select(block.rows, {self._lines.rows[row].ids for row in self.rows}))
            return
        for banner, rows in groupby((self._outline[row] for row in self.rows), key=lambda row: row.banner):
            headings = tuple(row.make_heading() for row in rows)
            yield replace_heading(block, rows=headings, banner=banner or block.banner)

    def list_notes(self) -> Iterator[tuple[Slot, str]]:
        """List the texts that are notes, each with the cell that it is about.

        That is the cell of the column after which a column of notes is named, else the first one of its row.
        """
        numbers = {column.ids: number for number, column in enumerate(self._lines.columns)}
        about = {
            number: next((numbers[ids] for ids in _list_beginnings(column.ids) if ids in numbers), self._of_figures[0])
            for number, column in enumerate(self._lines.columns)
            if column.said.get("note")
        }
        for row in range(len(self._lines.rows)):
            for note, cell in about.items():
                text = self._report.values.get(self._get_slot(row, note).address)
                if text is not None:
                    yield self._get_slot(row, cell), str(text)

    def _get_slot(self, row: int, column: int) -> Slot:
        return self._lines.slots[row * len(self._lines.columns) + column]

    def _is_given(self, row: int, column: int) -> bool:
        address = self._get_slot(row, column).address
        return address in self._report.figures or address in self._report.values

    def _is_filled(self, row: int, column: int) -> bool:
        address = self._get_slot(row, column).address
        return bool(self._report.figures.get(address)) or address in self._report.values

    def _find_filled_columns(self) -> list[int]:
        rows = range(len(self._lines.rows))
        return [column for column in self._of_figures if any(self._is_given(row, column) for row in rows)]

    def _find_filled_rows(self) -> list[int]:
        """Find the rows with a figure other than 0, those above them in the outline, and the first one, of totals."""
        found: list[int] = []
        level = -1  # of the last row that was found
        for row in reversed(range(len(self._lines.rows))):
            own = self._outline[row].level if self._outline else 0
            is_kept = self._is_filled if row else self._is_given
            if own < level or any(is_kept(row, column) for column in self.columns):
                found.append(row)
                level = own
        return found[::-1]


def _select(headings: tuple[Heading, ...], kept: set[str], above: str = "") -> tuple[Heading, ...]:
    """Return a tree of headings with the innermost ones whose ids are kept."""
    found = []
    for heading in headings:
        ids = join_ids(above, heading.id)
        if not heading.below and ids in kept:
            found.append(heading)
        elif below := _select(heading.below, kept, ids):
            found.append(replace_heading(heading, below=below))
    return tuple(found)


def _list_beginnings(ids: str) -> Iterator[str]:
    """List the ids that a name begins with, the longest first: `a_b_c` gives `a_b` and `a`."""
    while "_" in ids:
        ids = ids.rpartition("_")[0]
        yield ids


def _name_cell(slot: Slot) -> str:
    """Name a cell by the labels of its row and column that are printed."""
    labels = [heading.label for heading in slot.rows if heading.id and not heading.same_line]
    return " · ".join([*(labels or [slot.row_label]), slot.columns[-1].label])


def _choose_widths(blocks: Sequence[Block]) -> tuple[float, ...]:
    """Choose the widths of the columns of an outline: of its labels, and of figures and texts."""
    if not blocks:
        return ()
    columns = [_TEXT_WIDTH if line.said.get("type") == "text" else 1.0 for line in list_block_lines(blocks[0].columns)]
    return (_LABEL_WIDTH + _LABEL_WIDTH_PER_COLUMN * len(columns), *columns)


def _describe_left_out(report: Report, parts: Sequence[_PrintedBlock]) -> Iterator[Markdown]:
    """Say which rows and columns are not printed."""
    say = report.form.locale.say
    if zero_rows := sum(part.zero_rows for part in parts):
        yield escape(say("table-zero-rows", count=zero_rows))
    if blank_rows := sum(part.blank_rows for part in parts):
        yield escape(say("table-blank-rows", count=blank_rows))
    if columns := dict.fromkeys(label for part in parts for label in part.blank_columns):
        yield escape(say("table-blank-columns", columns=report.form.locale.join(columns)))
