"""Tables as a page prints them: empty rows folded, texts as notes below, an axis as blocks or as tables of its own."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from operator import is_

from msgspec import Struct
from msgspec.structs import replace
from msgspec.structs import replace as replace_heading

from nianbao.compose.outline import OutlineRow, list_outline
from nianbao.model.form import Form
from nianbao.model.report import Report
from nianbao.model.table import BlockLines, Table
from nianbao.model.tables.headings import Block, Heading, Line, join_ids, list_block_lines
from nianbao.model.tables.slots import Slot

_LABEL_WIDTH, _LABEL_WIDTH_PER_COLUMN = 1.5, 0.2  # a column of figures is 1 wide
_TEXT_WIDTH = 4.0


class TableOnPage(Struct, frozen=True):
    """What a page prints of a table of the form: tables, or a text where there is none, and what stands below them.

    `notes` are numbered from 1; `left_out` is how many rows are not printed. `columns_left_out` are labels of columns
    that are blank, `columns_of_zeros` of those without a figure other than 0.
    """

    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    left_out: int = 0
    columns_left_out: tuple[str, ...] = ()
    columns_of_zeros: tuple[str, ...] = ()
    applies: bool = True


LaidOut = Mapping[str, TableOnPage]  # the tables of a form, by their ids


def lay_out_tables(report: Report) -> tuple[Form, LaidOut]:
    """Lay out the tables of a report; return the form with them as they are printed, and each by the table's id."""
    laid_out = {table.id: lay_out_table(report, table) for table in report.form.tables}
    tables = tuple(table for one in laid_out.values() for table in one.tables)
    is_same = len(tables) == len(report.form.tables) and all(map(is_, tables, report.form.tables))
    return report.form if is_same else replace(report.form, tables=tables), laid_out


def lay_out_table(report: Report, table: Table) -> TableOnPage:
    """Lay out a table of the form of a report."""
    if table.slots and report.excluded.issuperset(slot.address for slot in table.slots):
        return TableOnPage((), applies=False)
    # Columns whose texts are labels of rows.
    names = {heading.named_by for heading in table.open_rows.values() if heading.named_by}
    columns = [column for block in table.blocks for column in block.columns]
    has_notes = any(map(_has_note, columns))
    is_split = any(heading.layout != "rows" for block in table.blocks for heading in block.rows)
    has_unlabelled = any(_has_unlabelled(heading) for block in table.blocks for heading in block.rows)
    if not (has_notes or names or table.fold or table.outline or is_split or has_unlabelled):
        return TableOnPage((table,) if table.blocks else ())
    notes, marks = _number_notes(report, table) if has_notes else ((), {})
    left_out = 0
    blank: list[str] = []
    of_zeros: list[str] = []
    blocks: list[Block] = []
    for block, lines in zip(table.blocks, table.lines, strict=True):
        outline = list(list_outline(block.rows)) if table.outline else []
        kept = None
        if table.fold:
            kept = _find_kept_rows(report, lines, names, [row.level for row in outline])
            left_out += len(lines.rows) - len(kept)
        elif outline:
            kept = set(_find_applying_rows(report, lines))
        rows = _cut_rows(tuple(row.make_heading() for row in outline) or block.rows, "", kept, marks)
        rows = rows if outline else _lift_unlabelled(rows)
        idle = _find_idle_columns(report, lines, names) if table.fold and not table.widths else {}
        shown = tuple(_select_columns(block.columns, "", {*names, *idle}))
        for column in lines.columns:
            if column.ids in idle:
                (of_zeros if idle[column.ids] else blank).append(_name_column(column))
        if (rows or not block.rows) and shown:
            blocks += _put_under_banners(replace_heading(block, rows=rows, columns=shown), outline)
    if table.outline:
        table = replace(table, widths=_choose_widths(blocks))
    without = tuple(dict.fromkeys(blank)), tuple(dict.fromkeys(of_zeros))
    return TableOnPage(tuple(_split_tables(table, blocks)), notes, left_out, *without)


def _has_note(heading: Heading) -> bool:
    return heading.note or any(map(_has_note, heading.below))


def _select_columns(headings: Sequence[Heading], ids: str, left_out: Collection[str]) -> Iterator[Heading]:
    """Leave out columns of notes, and those of given ids."""
    for heading in headings:
        own = join_ids(ids, heading.id)
        below = tuple(_select_columns(heading.below, own, left_out))
        if below:
            yield replace_heading(heading, below=below) if len(below) < len(heading.below) else heading
        elif not (heading.below or heading.note or own in left_out):
            yield heading


def _find_idle_columns(report: Report, lines: BlockLines, names: Collection[str]) -> dict[str, bool]:
    """Find the columns of which no cell has a figure other than 0 or a text, and say of each whether one has a 0.

    Where there is no other column than these and those of `names`, only blank ones are found.
    """
    idle = {}
    is_used = False
    for number, column in enumerate(lines.columns):
        if column.said.get("note") or column.ids in names:
            continue
        cells = lines.slots[number :: len(lines.columns)]
        if any(_has_content(report, slot) for slot in cells):
            is_used = True
        else:
            idle[column.ids] = any(_is_given(report, slot) for slot in cells)
    return {ids: has_zero for ids, has_zero in idle.items() if is_used or not has_zero}


def _name_column(column: Line) -> str:
    return " ".join(heading.label for heading in column.path)


def _find_kept_rows(report: Report, lines: BlockLines, names: Collection[str], levels: Sequence[int]) -> set[str]:
    """Find the rows that have a figure other than 0, or a text in another column than those of `names`.

    In an outline, of which the levels of the rows are given, also those above them, and the first row, of totals.
    """
    width = len(lines.columns)
    kept = set()
    below = -1  # the level of the last row that is kept
    for number, row in reversed([*enumerate(lines.rows)]):
        cells = [slot for slot in lines.slots[number * width : (number + 1) * width] if slot.column not in names]
        is_kept = _is_given if levels and not number else _has_content
        level = levels[number] if levels else 0
        if level < below or any(is_kept(report, slot) for slot in cells):
            kept.add(row.ids)
            below = level
    return kept


def _find_applying_rows(report: Report, lines: BlockLines) -> Iterator[str]:
    """Find the rows of which a cell applies."""
    width = len(lines.columns)
    for number, row in enumerate(lines.rows):
        cells = lines.slots[number * width : (number + 1) * width]
        if not report.excluded.issuperset(slot.address for slot in cells):
            yield row.ids


def _put_under_banners(block: Block, outline: Sequence[OutlineRow]) -> Iterator[Block]:
    """Split the rows of an outline by their banners."""
    banners = {row.ids: row.banner for row in outline}
    for banner, rows in groupby(block.rows, lambda row: banners.get(row.id, "")):
        yield replace_heading(block, rows=tuple(rows), banner=banner or block.banner)
    if not block.rows:
        yield block


def _choose_widths(blocks: Sequence[Block]) -> tuple[float, ...]:
    """Choose the widths of the columns of an outline: of its labels, and of figures and texts."""
    if not blocks:
        return ()
    columns = [_TEXT_WIDTH if line.said.get("type") == "text" else 1.0 for line in list_block_lines(blocks[0].columns)]
    return (_LABEL_WIDTH + _LABEL_WIDTH_PER_COLUMN * len(columns), *columns)


def _is_given(report: Report, slot: Slot) -> bool:
    return slot.address in report.figures or slot.address in report.values


def _has_content(report: Report, slot: Slot) -> bool:
    return bool(report.figures.get(slot.address)) or slot.address in report.values


def _cut_rows(
    headings: Sequence[Heading], ids: str, kept: Collection[str] | None, marks: Mapping[str, str]
) -> tuple[Heading, ...]:
    """Leave out rows that are not kept, and mark those with notes; `marks` are by the ids of rows."""
    found = []
    for heading in headings:
        own = join_ids(ids, heading.id)
        if heading.below:
            below = _cut_rows(heading.below, own, kept, marks)
            if below:
                found.append(replace_heading(heading, below=below))
        elif kept is None or own in kept:
            mark = marks.get(own)
            label = f"{heading.label} {mark}" if heading.label and mark else mark or heading.label
            found.append(replace_heading(heading, label=label) if mark else heading)
    return tuple(found)


def _number_notes(report: Report, table: Table) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the notes of a table, equal ones once, and the marks of each row that has some."""
    numbers: dict[str, int] = {}
    of_rows: dict[str, list[int]] = {}
    colon = report.form.locale.file.marks.colon
    for lines in table.lines:
        names = {column.ids: column.path[-1].label for column in lines.columns}
        width = len(lines.columns)
        for at, slot in enumerate(lines.slots):
            if slot.is_note and (text := report.values.get(slot.address)):
                about = _find_column_of_note(lines.columns[at % width].ids, names)
                note = f"{about}{colon}{text}" if about else str(text)
                number = numbers.setdefault(note, len(numbers) + 1)
                of_rows.setdefault(lines.rows[at // width].ids, []).append(number)
    marks = {ids: " ".join(f"[{number}]" for number in dict.fromkeys(of_row)) for ids, of_row in of_rows.items()}
    return tuple(numbers), marks


def _find_column_of_note(note: str, names: Mapping[str, str]) -> str:
    """Return the label of the column that a note is about: the one whose ids begin its own; else an empty text."""
    column = max((one for one in names if note.startswith(f"{one}_")), key=len, default="")
    return names.get(column, "")


def _split_tables(table: Table, blocks: Sequence[Block]) -> Iterator[Table]:
    """Put the codes of an axis below each other as blocks with banners, or into tables of their own."""
    own: list[Block] = []
    others: list[tuple[Heading, Block]] = []
    for block in blocks:
        rest: list[Heading] = []
        split: list[Block] = []
        for heading in block.rows:
            rows = _prefix(heading.below, heading.id)
            if heading.layout == "rows" or not rows:
                rest.append(heading)
            elif heading.layout == "blocks":
                split.append(replace_heading(block, rows=rows, banner=heading.label))
            else:
                others.append((heading, replace_heading(block, rows=rows)))
        own += [*([replace_heading(block, rows=tuple(rest))] if rest or not block.rows else []), *split]
    if own:
        yield replace(table, blocks=tuple(own), opened=())
    for heading, block in others:
        name = f"{table.id}-{heading.code or heading.id}"
        yield replace(table, label=f"{table.label}: {heading.label}", name=name, blocks=(block,), opened=())


def _has_unlabelled(heading: Heading) -> bool:
    """Return whether a heading, or one below it, is part of addresses only: it has no label but others below it."""
    return any(_has_unlabelled(below) or bool(heading.id and not heading.label) for below in heading.below)


def _lift_unlabelled(headings: Sequence[Heading]) -> tuple[Heading, ...]:
    """Put what stands below headings without a label in their places, so that no empty cells are printed."""
    found: list[Heading] = []
    for heading in headings:
        if not _has_unlabelled(heading):
            found.append(heading)
            continue
        below = _lift_unlabelled(heading.below)
        if heading.id and not heading.label:
            found += _prefix(below, heading.id)
        else:
            found.append(replace_heading(heading, below=below))
    return tuple(found)


def _prefix(headings: Sequence[Heading], ids: str) -> tuple[Heading, ...]:
    """Put ids before those of headings, so that addresses stay what they are."""
    return tuple(
        replace_heading(heading, id=join_ids(ids, heading.id))
        if heading.id
        else replace_heading(heading, below=_prefix(heading.below, ids))
        for heading in headings
    )
