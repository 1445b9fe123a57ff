"""Rows of a published table read into cells: figures, blanks, and cells that could not be decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from nianbao.importer.recognition.printed_values import Number, find_unit, read_value
from nianbao.importer.recognition.tables.ambiguous_rows import AmbiguousRow, Candidates, find_candidates, is_consistent
from nianbao.importer.recognition.tables.columns import Alignment, PlacedCells, find_figures, find_labels, place_cells
from nianbao.importer.recognition.tables.layouts import Layout
from nianbao.importer.recognition.tables.rows import PublishedRow
from nianbao.model.table import Slot

State = Literal["read", "blank", "undecided"]


@dataclass(frozen=True, slots=True)
class RecognizedCell:
    """One cell of a published table: where it belongs, what is printed, and what was made of it.

    `value` is in the form's unit, `number` as printed. An undecided cell has the `options` that satisfy the
    form's identities, if they could be listed, and `why` it is undecided.
    """

    slot: Slot
    state: State
    value: Number | None = None
    number: Number | None = None
    printed: str = ""
    why: str = ""
    told: bool = False
    options: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True)
class RecognizedRow:
    """A published row that was recognised: its shape, which row of it, and its cells in the form's order."""

    shape: Layout
    row: int
    cells: tuple[RecognizedCell, ...]
    block: int
    by_order: bool = False  # its heads say something else: the columns were taken in order
    readings: Candidates | None = None  # of a row whose figures ran together


@dataclass(slots=True)
class RecognizedTables:
    """What was recognised of all tables: rows in the order of publication, and what had to be left out."""

    lines: list[RecognizedRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # rows that the form does not have
    truncated_rows: list[str] = field(default_factory=list)  # a row in the middle of which the file ends
    conflicting_rows: list[tuple[RecognizedRow, RecognizedRow]] = field(
        default_factory=list
    )  # the same row with different figures


def read_row(
    row: PublishedRow, shape: Layout, alignment: Alignment, at: int, *, headed: bool
) -> tuple[RecognizedRow, AmbiguousRow | None]:
    """Read the cells of a row; where they ran together, give the run that is to be solved."""
    slots = shape.slots[at]
    boxes = find_figures(row, alignment)
    heads = {column: head.text for head, column in alignment.heads}
    placed = place_cells(boxes, alignment, len(slots), short=row.short)
    cells = [_read_cell(slot, column, placed, heads) for column, slot in enumerate(slots)]
    run = None
    # A column whose head was lost may stand anywhere; heads in another order may have come there after the loss.
    ordered = alignment.order in {(), tuple(range(len(slots)))}
    if (placed is None and ordered) or (row.from_text and any(cell.why == "together" for cell in cells)):
        # Which blank box of a grid belongs to the form is not known where their number is another.
        texts = tuple(box.text for box in boxes if row.from_text or box.text.strip())
        run = AmbiguousRow(slots, texts, not row.from_text)
        cells = [RecognizedCell(slot, "undecided", printed=" ".join(texts), why="together") for slot in slots]
    if (
        run is None
        and alignment.unverified
        and not is_consistent(slots, [cell.value or 0 for cell in cells], shape.form.checks)
    ):
        cells = [
            cell if heads.get(column) else replace(cell, state="undecided", value=None, number=None, why="column")
            for column, cell in enumerate(cells)
        ]
    return RecognizedRow(shape, at, tuple(cells), row.block, alignment.by_order or not headed), run


def _read_cell(slot: Slot, column: int, placed: PlacedCells | None, heads: Mapping[int, str]) -> RecognizedCell:
    if placed is None or column in placed.unclear:
        return RecognizedCell(slot, "undecided", printed=placed.unclear[column] if placed else "", why="column")
    if column not in placed.cells:
        return RecognizedCell(slot, "undecided", why="no-column")
    said = read_value(placed.cells[column], slot, find_unit(heads.get(column, "")))
    if said.blank:
        return RecognizedCell(slot, "blank", printed=said.text.strip(), told=said.told)
    if said.why:
        return RecognizedCell(slot, "undecided", printed=said.text, why=said.why)
    return RecognizedCell(slot, "read", said.value, said.number, said.text.strip(), told=said.told)


def describe_extra_row(row: PublishedRow, alignment: Alignment) -> list[str]:
    """Keep what a row says that the form does not have."""
    texts = [" ".join(box.text.split()) for box in row.boxes if box.text.strip()]
    said = find_labels(row, alignment)
    return [" | ".join([*row.label, *texts])] if said and any(map(str.isdigit, "".join(texts))) else []


# ── cells that ran together ──────────────────────────────────────────────────────────


def resolve_ambiguous_rows(found: RecognizedTables, runs: Sequence[tuple[int, AmbiguousRow]]) -> None:
    """Read the rows whose figures ran together, as far as the identities of their form decide."""
    by_form: dict[str, list[tuple[int, AmbiguousRow]]] = {}
    for at, run in runs:
        by_form.setdefault(found.lines[at].shape.form.edition, []).append((at, run))
    for edition, some in by_form.items():
        known: dict[str, Number | None] = {}
        for line in found.lines:
            if line.shape.form.edition == edition:
                known |= {cell.slot.address: 0 if cell.state == "blank" else cell.value for cell in line.cells}
        form = found.lines[some[0][0]].shape.form
        for (at, run), readings in zip(
            some, find_candidates([run for _, run in some], known, form.checks), strict=True
        ):
            line = found.lines[at]
            cells = [_resolve_cell(cell, place_, readings, run) for place_, cell in enumerate(line.cells)]
            found.lines[at] = replace(line, cells=tuple(cells), readings=readings)


def _resolve_cell(cell: RecognizedCell, at: int, readings: Candidates, run: AmbiguousRow) -> RecognizedCell:
    """Take a cell that every reading has; one that is 0 or blank in all counts as blank."""
    printed, blank, lost = readings.cell(at)
    text = " ".join(run.texts)
    if len(printed) == 1 and not blank:
        figure = next(iter(printed))
        return RecognizedCell(cell.slot, "read", figure, figure, text, why="together", told=True)
    if readings.pairs and not lost and printed <= {0}:
        return RecognizedCell(cell.slot, "blank", printed=text, why="together", told=True)
    options = tuple(sorted(printed | lost | ({0} if blank else set())))
    return RecognizedCell(cell.slot, "undecided", printed=text, why="together", options=options)


def merge_duplicates(found: RecognizedTables) -> None:
    """Keep one of two rows that say the same; where they differ, the cells that differ are undecided."""
    kept: list[RecognizedRow] = []
    where: dict[str, int] = {}  # the line that holds an address
    for line in found.lines:
        new = tuple(cell for cell in line.cells if cell.slot.address not in where)
        for at in dict.fromkeys(where[cell.slot.address] for cell in line.cells if cell.slot.address in where):
            cells = {cell.slot.address: cell for cell in line.cells}
            if any(
                _is_conflict(cell, cells[cell.slot.address]) for cell in kept[at].cells if cell.slot.address in cells
            ):
                found.conflicting_rows.append((kept[at], line))
            both = tuple(_merge_cells(cell, cells.get(cell.slot.address, cell)) for cell in kept[at].cells)
            kept[at] = replace(kept[at], cells=both)
        if new:
            where |= dict.fromkeys((cell.slot.address for cell in new), len(kept))
            kept.append(line if len(new) == len(line.cells) else replace(line, cells=new, readings=None))
    found.lines = kept


def _is_conflict(first: RecognizedCell, second: RecognizedCell) -> bool:
    return first.value != second.value and "no-column" not in {first.why, second.why}


def _merge_cells(first: RecognizedCell, second: RecognizedCell) -> RecognizedCell:
    if second.state != "read" or first == second:
        return first
    if first.state != "read":
        return second
    if first.value == second.value:
        return first
    options = tuple(sorted({value for cell in (first, second) if (value := cell.value) is not None}))
    return RecognizedCell(
        first.slot, "undecided", printed=f"{first.printed}; {second.printed}", why="twice", options=options
    )
