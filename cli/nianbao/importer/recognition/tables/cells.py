"""Rows of a published table read into cells: figures, blanks, and cells that could not be decided."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from nianbao.importer.recognition.printed_values import Number, find_unit, read_value
from nianbao.importer.recognition.published import NOWHERE, Place
from nianbao.importer.recognition.tables.ambiguous_rows import AmbiguousRow, Candidates, is_consistent
from nianbao.importer.recognition.tables.columns import Alignment, find_figures, find_labels
from nianbao.importer.recognition.tables.layouts import Layout, list_layouts
from nianbao.importer.recognition.tables.places.placed_cells import PlacedCells, place_cells
from nianbao.importer.recognition.tables.rows import PublishedRow
from nianbao.model.form import Form
from nianbao.model.loading.reading import Reading
from nianbao.model.tables.slots import Slot
from nianbao.model.value_types import Value

State = Literal["read", "blank", "undecided"]
Evidence = Literal["label", "sums", "order"]


class RecognizedCell(Struct, frozen=True):
    """One cell of a published table: where it belongs, what is printed, and its value.

    `value` is in the form's unit, `number` as printed; `keep_text` says that the printed text says more than the
    figure. An undecided cell has the `options` that satisfy the form's identities, if they could be listed, and
    the id of the `reason` why it is undecided. `left` is the column of the published table in which it stands, from 0,
    where that is known. `other` is the value of a cell of a returned form that is no number.
    """

    slot: Slot
    state: State
    value: Number | None = None
    number: Number | None = None
    printed: str = ""
    reason: str = ""
    keep_text: bool = False
    options: tuple[Number, ...] = ()
    left: float | None = None
    other: Value | None = None

    @property
    def content(self) -> Value | None:
        """Its value, whether or not that is a number."""
        return self.value if self.other is None else self.other


class RecognizedRow(Struct, frozen=True):
    """A published row that was recognized: its layout, which row of it, and its cells in the form's order.

    `block` is the index of the published block that it stands in, `place` where that is in the file. `evidence` says
    how the row was found: by its label, by its order and the sums of the form, or by its order alone, since the sums
    leave another one.
    """

    layout: Layout
    index: int
    cells: tuple[RecognizedCell, ...]
    block: int
    by_order: bool = False  # its headers say something else: the columns were taken in order
    candidates: Candidates | None = None  # of a row whose figures ran together
    evidence: Evidence = "label"
    place: Place = NOWHERE


class RecognizedTables(Struct, frozen=True):
    """What was recognized of all tables: rows in the order of publication, and what had to be left out."""

    rows: tuple[RecognizedRow, ...] = ()
    extra_rows: tuple[str, ...] = ()  # rows that the form does not have
    truncated_rows: tuple[str, ...] = ()  # a row in the middle of which the file ends
    conflicting_rows: tuple[tuple[RecognizedRow, RecognizedRow], ...] = ()  # the same row with different figures
    unread_rows: tuple[tuple[Place, str], ...] = ()  # rows of the form whose figures may be those of another row


def read_row(
    row: PublishedRow, layout: Layout, alignment: Alignment, index: int, *, has_headers: bool
) -> tuple[RecognizedRow, AmbiguousRow | None]:
    """Read the cells of a row as row `index` of a layout; where they ran together, also give the row to be resolved."""
    slots = layout.slots[index]
    published = find_figures(row, alignment)
    if row.from_text and not any(cell.text for cell in published):
        published = published[: len(slots)]
    headers = {column: header.text for header, column in alignment.headers}
    placed = place_cells(published, alignment, len(slots), lacks_cell=row.lacks_cell)
    cells = [_read_cell(slot, column, placed, headers, row.reading) for column, slot in enumerate(slots)]
    ambiguous = None
    # A column whose header was lost may stand anywhere; headers in another order may have come there after the loss.
    in_order = alignment.column_order in {(), tuple(range(len(slots)))}
    may_run_together = row.from_text and not row.is_separated
    if (placed is None and in_order) or (may_run_together and any(cell.reason == "together" for cell in cells)):
        # Which blank cell of a table belongs to the form is not known where their number is another.
        texts = tuple(cell.text for cell in published if row.from_text or cell.text.strip())
        ends_blank = row.is_separated and bool(row.label) and 0 < len(slots) - len(texts) <= row.stripped
        each = not may_run_together
        has_figure = any(map(str.isdigit, "".join(texts)))
        if not row.from_text or has_figure or len(texts) + row.stripped >= len(slots):  # blanks of all cells, or a mark
            ambiguous = AmbiguousRow(slots, texts, row.reading, one_figure_each=each, ends_blank=ends_blank)
        cells = [RecognizedCell(slot, "undecided", printed=" ".join(texts), reason="together") for slot in slots]
    elif alignment.unverified and not is_consistent(slots, [cell.value or 0 for cell in cells], layout.form.checks):
        cells = [
            cell if headers.get(column) else replace(cell, state="undecided", value=None, number=None, reason="column")
            for column, cell in enumerate(cells)
        ]
    if not row.from_text:
        cells = list(_doubt_neighbours(cells))
    by_order = alignment.by_order or not has_headers
    lefts = {column: header.left for header, column in alignment.headers}
    if not lefts and len(published) == len(slots) and not row.from_text:
        lefts = {column: cell.left for column, cell in enumerate(published)}
    located = tuple(replace(cell, left=lefts.get(column)) for column, cell in enumerate(cells))
    return RecognizedRow(layout, index, located, row.block, by_order, place=row.place), ambiguous


def _doubt_neighbours(cells: Sequence[RecognizedCell]) -> Iterator[RecognizedCell]:
    """Give the cells of a row; those beside a cell with several figures are undecided: digits of it may be theirs."""
    crowded = {column for column, cell in enumerate(cells) if cell.reason == "together" and " " in cell.printed}
    for column, cell in enumerate(cells):
        is_beside = cell.state != "undecided" and not crowded.isdisjoint({column - 1, column + 1})
        if is_beside:
            yield replace(cell, state="undecided", value=None, number=None, reason="column", keep_text=False)
        else:
            yield cell


def _read_cell(
    slot: Slot, column: int, placed: PlacedCells | None, headers: Mapping[int, str], reading: Reading
) -> RecognizedCell:
    if placed is None or column in placed.unclear:
        return RecognizedCell(slot, "undecided", printed=placed.unclear[column] if placed else "", reason="column")
    if column not in placed.cells:
        return RecognizedCell(slot, "undecided", reason="no-column")
    read = read_value(placed.cells[column], slot, reading, find_unit(headers.get(column, ""), reading))
    if read.blank:
        return RecognizedCell(slot, "blank", printed=read.text.strip(), keep_text=read.keep_text)
    if read.reason:
        return RecognizedCell(slot, "undecided", printed=read.text, reason=read.reason)
    return RecognizedCell(slot, "read", read.value, read.number, read.text.strip(), keep_text=read.keep_text)


def describe_extra_row(row: PublishedRow, alignment: Alignment) -> list[str]:
    """Return the text of a row that the form does not have; nothing for one without a label or without a digit."""
    texts = [" ".join(cell.text.split()) for cell in row.cells if cell.text.strip()]
    has_digit = any(map(str.isdigit, "".join(texts)))
    return [" | ".join([*row.label, *texts])] if find_labels(row, alignment) and has_digit else []


def make_rows(form: Form, cells: Mapping[str, RecognizedCell]) -> Iterator[RecognizedRow]:
    """Put cells, by address, into the rows of the form's layouts, each cell once."""
    seen: set[str] = set()
    for layout in list_layouts([form]):
        for index, slots in enumerate(layout.slots):
            found = tuple(cells[slot.address] for slot in slots if slot.address in cells and slot.address not in seen)
            seen |= {cell.slot.address for cell in found}
            if found:
                yield RecognizedRow(layout, index, found, 0)


# ── cells that ran together ──────────────────────────────────────────────────────────


def resolve_ambiguous_row(row: RecognizedRow, ambiguous: AmbiguousRow, candidates: Candidates) -> RecognizedRow:
    """Read a row whose figures ran together, as far as its candidates agree."""
    cells = [_resolve_cell(cell, column, candidates, ambiguous) for column, cell in enumerate(row.cells)]
    return replace(row, cells=tuple(cells), candidates=candidates)


def _resolve_cell(cell: RecognizedCell, column: int, candidates: Candidates, row: AmbiguousRow) -> RecognizedCell:
    """Take the figure that every candidate has; a cell that is 0 or blank in all counts as blank."""
    printed, may_be_blank, lost = candidates.collect_options(column)
    text = " ".join(row.texts)
    if len(printed) == 1 and not may_be_blank:
        figure = next(iter(printed))
        return replace(cell, state="read", value=figure, number=figure, printed=text, reason="together", keep_text=True)
    if candidates.pairs and not lost and printed <= {0}:
        return replace(cell, state="blank", printed=text, reason="together", keep_text=True)
    options = tuple(sorted(printed | lost | ({0} if may_be_blank else set())))
    return replace(cell, state="undecided", printed=text, reason="together", options=options)


def read_in_place(row: RecognizedRow, ambiguous: AmbiguousRow) -> RecognizedRow:
    """Read a row whose figures stand in its first columns, one in each, with blank cells behind them."""
    texts = dict(enumerate(ambiguous.texts))
    placed = PlacedCells({column: texts.get(column, "") for column in range(len(row.cells))}, {})
    cells = (
        replace(_read_cell(cell.slot, column, placed, {}, ambiguous.reading), left=cell.left)
        for column, cell in enumerate(row.cells)
    )
    return replace(row, cells=tuple(cells))


# ── rows that occur twice ────────────────────────────────────────────────────────────


def merge_duplicates(
    rows: Sequence[RecognizedRow],
) -> tuple[list[RecognizedRow], list[tuple[RecognizedRow, RecognizedRow]]]:
    """Keep one of two rows that say the same; where they differ, the cells that differ are undecided.

    Returns the rows that are left, and the pairs of rows that differ.
    """
    kept: list[RecognizedRow] = []
    conflicts: list[tuple[RecognizedRow, RecognizedRow]] = []
    row_of: dict[str, int] = {}  # the index of the row in `kept` that has an address
    for row in rows:
        cells = {cell.slot.address: cell for cell in row.cells}
        for index in dict.fromkeys(row_of[address] for address in cells if address in row_of):
            earlier = kept[index]
            both = [(cell, cells[cell.slot.address]) for cell in earlier.cells if cell.slot.address in cells]
            if any(_is_conflict(*pair) for pair in both):
                conflicts.append((earlier, row))
            are_apart = earlier.place.sheet != row.place.sheet  # a blank one may be of another report
            merged = {first.slot.address: _merge_cells(first, second, are_apart=are_apart) for first, second in both}
            kept[index] = replace(earlier, cells=tuple(merged.get(cell.slot.address, cell) for cell in earlier.cells))
        new = tuple(cell for address, cell in cells.items() if address not in row_of)
        if new:
            row_of |= dict.fromkeys((cell.slot.address for cell in new), len(kept))
            kept.append(row if len(new) == len(row.cells) else replace(row, cells=new, candidates=None))
    return kept, conflicts


def _is_conflict(first: RecognizedCell, second: RecognizedCell) -> bool:
    return first.value != second.value and "no-column" not in {first.reason, second.reason}


def _merge_cells(first: RecognizedCell, second: RecognizedCell, *, are_apart: bool) -> RecognizedCell:
    if are_apart and first.state != second.state and _is_conflict(first, second):
        return _leave_undecided(first, second)
    if second.state != "read" or first == second:
        return first
    if first.state != "read":
        return second
    return first if first.value == second.value else _leave_undecided(first, second)


def _leave_undecided(first: RecognizedCell, second: RecognizedCell) -> RecognizedCell:
    """Return a cell that has one of two contents."""
    options = tuple(sorted({value for cell in (first, second) if (value := cell.value) is not None}))
    printed = f"{first.printed}; {second.printed}"
    twice = replace(first, state="undecided", value=None, number=None, printed=printed, reason="twice", options=options)
    return replace(twice, keep_text=False)
