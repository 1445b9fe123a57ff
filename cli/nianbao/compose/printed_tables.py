"""Tables as a page prints them: empty rows folded, texts as notes below, an axis as blocks or as tables of its own."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec.structs import replace as replace_heading

from nianbao.model.report import Report
from nianbao.model.table import BlockLines, Table
from nianbao.model.tables.headings import Block, Heading, join_ids
from nianbao.model.tables.slots import Slot


@dataclass(frozen=True, slots=True)
class TableOnPage:
    """What a page prints of a table of the form: tables, or a text where there is none, and what stands below them.

    `notes` are numbered from 1; `left_out` is how many rows are not printed.
    """

    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    left_out: int = 0


def lay_out_table(report: Report, table: Table) -> TableOnPage:
    """Lay out a table of the form of a report."""
    names = {heading.named_by for heading in table.open_rows.values()}  # columns whose texts are labels of rows
    columns = [column for block in table.blocks for column in block.columns]
    has_notes = any(_has_note(column) or column.id in names for column in columns)
    is_split = any(heading.layout != "rows" for block in table.blocks for heading in block.rows)
    is_plain = not any(_has_unlabelled(heading) for block in table.blocks for heading in block.rows)
    if is_plain and not (has_notes or table.fold or is_split):
        return TableOnPage((table,) if table.blocks else ())
    notes, marks = _number_notes(report, table) if has_notes else ((), {})
    left_out, blocks = 0, []
    for block, lines in zip(table.blocks, table.lines, strict=True):
        kept = _find_kept_rows(report, lines) if table.fold else None
        left_out += len(lines.rows) - len(kept) if kept is not None else 0
        rows = _lift_unlabelled(_cut_rows(block.rows, "", kept, marks))
        shown = tuple(_without_notes([column for column in block.columns if column.id not in names]))
        if table.fold and not table.widths:
            shown = tuple(_without_idle_columns(report, lines, shown, ""))
        if (rows or not block.rows) and shown:
            blocks.append(replace_heading(block, rows=rows, columns=shown))
    return TableOnPage(tuple(_split_tables(table, blocks)), notes, left_out)


def _has_note(heading: Heading) -> bool:
    return heading.note or any(map(_has_note, heading.below))


def _without_notes(headings: Sequence[Heading]) -> Iterator[Heading]:
    for heading in headings:
        below = tuple(_without_notes(heading.below))
        if not heading.note and (below or not heading.below):
            yield replace_heading(heading, below=below) if len(below) < len(heading.below) else heading


def _without_idle_columns(
    report: Report, lines: BlockLines, headings: Sequence[Heading], ids: str
) -> Iterator[Heading]:
    """Leave out the columns of which no cell applies."""
    for heading in headings:
        own = join_ids(ids, heading.id)
        if heading.below:
            if below := tuple(_without_idle_columns(report, lines, heading.below, own)):
                yield replace_heading(heading, below=below)
            continue
        number = next(at for at, column in enumerate(lines.columns) if column.ids == own)
        if not all(slot.address in report.excluded for slot in lines.slots[number :: len(lines.columns)]):
            yield heading


def _find_kept_rows(report: Report, lines: BlockLines) -> set[str]:
    """Find the rows that have a figure other than 0, or a text that does not only name the row."""
    kept, width = set(), len(lines.columns)
    for number, row in enumerate(lines.rows):
        names = {heading.named_by for heading in row.path}
        if any(_has_content(report, slot, names) for slot in lines.slots[number * width : (number + 1) * width]):
            kept.add(row.ids)
    return kept


def _has_content(report: Report, slot: Slot, names: Collection[str]) -> bool:
    if report.figures.get(slot.address):
        return True
    return slot.address in report.values and slot.column not in names


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
            found.append(replace_heading(heading, label=f"{heading.label} {mark}".strip()) if mark else heading)
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
