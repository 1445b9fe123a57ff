"""The tables of a published report against the forms: each block in its edition, each cell read or said not to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from nianbao.grid import Slot
from nianbao.published.columns import Alignment, Placed, align, figures, labels, place
from nianbao.published.page import Published
from nianbao.published.rows import Known, Region, Row, regions
from nianbao.published.runs import Readings, Run, agrees, solve
from nianbao.published.shapes import Shape
from nianbao.published.values import Number, read, unit_of
from nianbao.published.words import CLEAR, SURE, Words, words

State = Literal["read", "blank", "undecided"]
_ALIGNED = 0.5  # heads that agree by less are those of another table
_GAP = 0.01
_UNHEADED = 0.3  # what rows count for where the heads do not agree
_ROWS = 3  # rows of a table that must be found where its heads are not


@dataclass(frozen=True, slots=True)
class Cell:
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
class Line:
    """A published row that was recognised: its shape, which row of it, and its cells in the form's order."""

    shape: Shape
    row: int
    cells: tuple[Cell, ...]
    block: int
    by_order: bool = False  # its heads say something else: the columns were taken in order
    readings: Readings | None = None  # of a row whose figures ran together


@dataclass(slots=True)
class Tables:
    """What was recognised of all tables: rows in the order of publication, and what had to be left out."""

    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # rows that the form does not have
    cut: list[str] = field(default_factory=list)  # a row in the middle of which the file ends
    twice: list[tuple[Line, Line]] = field(default_factory=list)  # the same row with different figures


@dataclass(frozen=True, slots=True)
class _Match:
    shape: Shape
    alignment: Alignment
    rows: tuple[int | None, ...]  # for each row of the region
    score: float
    headed: bool  # the heads agree


def tables(published: Published, shapes: Sequence[Shape], in_force: str = "") -> Tables:
    """Recognise the tables of a report. `in_force` names the edition to take where both would do."""
    found = Tables()
    known = Known(shapes)
    matched = _sure([(region, _matches(region, shapes)) for region in regions(published, known)])
    whole = _whole(matched, in_force)
    taken: list[tuple[Region, _Match]] = []
    for region, matches in matched:
        allowed = [match for match in matches if whole.get(match.shape.table.id, match.shape.form.edition) == match.shape.form.edition]
        if allowed:
            best = max(allowed, key=lambda match: (round(match.score, 3), match.shape.form.edition == in_force))
            taken.append((region, best))
    runs: list[tuple[int, Run]] = []
    last = len(published.blocks) - 1
    for region, match in taken:
        for row, at in zip(region.rows, match.rows, strict=True):
            if at is None:
                found.notes += _extra(row, match.alignment)
            elif row.loose and row.block == last and len(row.boxes) < len(match.shape.columns):
                found.cut.append(" ".join((*row.label, *(box.text for box in row.boxes))))
            else:
                line, run = _line(row, match, at)
                runs += [(len(found.lines), run)] if run else []
                found.lines.append(line)
    _solve(found, runs)
    _once(found)
    return found


def _matches(region: Region, shapes: Sequence[Shape]) -> list[_Match]:
    """Match a region with every shape that it may be."""
    found = []
    for shape in shapes:
        alignment = align(region, shape)
        headed = alignment.score >= _ALIGNED
        if not (headed or alignment.by_order):
            alignment = Alignment(0.0)
        if headed or _alone(shape, shapes):
            rows, score = _rows(region, shape, alignment)
            if score:
                found.append(_Match(shape, alignment, rows, score * (alignment.score if headed else _UNHEADED), headed))
    return found


def _alone(shape: Shape, shapes: Sequence[Shape]) -> bool:
    """Tell whether the rows of a shape have the same columns in every edition, so that heads are not needed to tell."""
    if len(shape.columns) == 1:
        return False
    labels = {way for ways in shape.row_words for way in ways}
    return not any(
        other.table.id == shape.table.id
        and other.column_words != shape.column_words
        and (labels & {way for ways in other.row_words for way in ways})
        for other in shapes
    )


def _sure(matched: Sequence[tuple[Region, list[_Match]]]) -> list[tuple[Region, list[_Match]]]:
    """Leave out matches that rest on a label or two, with heads that say nothing: they are of another table."""
    rows: dict[Shape, set[int]] = {}
    for _, matches in matched:
        for match in matches:
            rows.setdefault(match.shape, set()).update(at for at in match.rows if at is not None)
    return [
        (region, [match for match in matches if match.headed or len(rows[match.shape]) >= _ROWS])
        for region, matches in matched
    ]


def _rows(region: Region, shape: Shape, alignment: Alignment) -> tuple[tuple[int | None, ...], float]:
    """Find the row of the shape that each row of a region is, and how sure that is in all."""
    rows: list[int | None] = []
    scores: dict[int, tuple[float, int]] = {}
    last = -1
    for place_, row in enumerate(region.rows):
        at, score = _row(row, region, shape, alignment, last)
        if at is not None and at in scores:
            if scores[at][0] >= score:
                at = None  # a local row whose label is less like it
            else:
                rows[scores[at][1]] = None
        if at is not None:
            scores[at] = (score, place_)
            last = at
        rows.append(at)
    return tuple(rows), sum(score for score, _ in scores.values())


def _row(row: Row, region: Region, shape: Shape, alignment: Alignment, last: int) -> tuple[int | None, float]:
    boxes = figures(row, alignment)
    said = labels(row, alignment)
    if not shape.rows:
        fits = len(boxes) == len(shape.columns) or alignment.heads or row.loose
        return (0, 1.0) if fits and not said and boxes else (None, 0.0)
    texts = said or list(region.context[-1:])
    scores = [max(_label(texts, ways), 0.0) for ways in shape.row_words]
    best = max(scores)
    if best < SURE or not boxes:
        return None, 0.0
    near = [at for at, score in enumerate(scores) if score > best - CLEAR]
    if len(near) > 1:
        near = [at for at in near if at == last + 1]
    return (near[0], min(best, 1.0)) if len(near) == 1 else (None, 0.0)


def _label(texts: Sequence[str], ways: Sequence[Words]) -> float:
    """Compare a label, which may be cut over several cells, with a row's ways to be worded."""
    best = 0.0
    for size in range(1, min(4, len(texts)) + 1):
        given = words("".join(texts[-size:]))
        best = max(best, max(given.like(way) for way in ways))
    return best


def _whole(matched: Sequence[tuple[Region, Sequence[_Match]]], in_force: str) -> dict[str, str]:
    """Judge the edition of each table that is one block, from all its regions: it may be cut over pages.

    A row of the edition that is missing among those found speaks against it.
    """
    scores: dict[str, dict[str, float]] = {}
    rows: dict[tuple[str, str], set[int]] = {}
    for _, matches in matched:
        for match in matches:
            table, edition = match.shape.table, match.shape.form.edition
            if len(table.blocks) == 1:
                found = scores.setdefault(table.id, {})
                found[edition] = found.get(edition, 0.0) + match.score
                rows.setdefault((table.id, edition), set()).update(at for at in match.rows if at is not None)
    for table, found in scores.items():
        for edition in found:
            seen = rows[table, edition]
            found[edition] -= _GAP * (max(seen) + 1 - len(seen))
    return {
        table: max(found, key=lambda edition: (round(found[edition], 3), edition == in_force))
        for table, found in scores.items()
    }


def _line(row: Row, match: _Match, at: int) -> tuple[Line, Run | None]:
    """Read the cells of a row; where they ran together, give the run that is to be solved."""
    shape, alignment = match.shape, match.alignment
    slots = shape.slots[at]
    boxes = figures(row, alignment)
    heads = {column: head.text for head, column in alignment.heads}
    placed = place(boxes, alignment, len(slots), short=row.short)
    cells = [_cell(slot, column, placed, heads) for column, slot in enumerate(slots)]
    run = None
    if placed is None or (row.loose and any(cell.why == "together" for cell in cells)):
        # Which blank box of a grid belongs to the form is not known where their number is another.
        run = Run(slots, tuple(box.text for box in boxes if row.loose or box.text.strip()), not row.loose)
        cells = [Cell(slot, "undecided", printed=" ".join(run.texts), why="together") for slot in slots]
    if run is None and row.loose and alignment.by_order:  # the heads stand in disorder: the sums must bear it out
        said = [cell.value or 0 for cell in cells]
        if not agrees(slots, said, shape.form.checks):
            cells = [replace(cell, state="undecided", value=None, number=None, why="column") for cell in cells]
    return Line(shape, at, tuple(cells), row.block, alignment.by_order or not match.headed), run


def _cell(slot: Slot, column: int, placed: Placed | None, heads: Mapping[int, str]) -> Cell:
    if placed is None or column in placed.unclear:
        return Cell(slot, "undecided", printed=placed.unclear[column] if placed else "", why="column")
    if column not in placed.cells:
        return Cell(slot, "undecided", why="no-column")
    said = read(placed.cells[column], slot, unit_of(heads.get(column, "")))
    if said.blank:
        return Cell(slot, "blank", printed=said.text.strip(), told=said.told)
    if said.why:
        return Cell(slot, "undecided", printed=said.text, why=said.why)
    return Cell(slot, "read", said.value, said.number, said.text.strip(), told=said.told)


def _extra(row: Row, alignment: Alignment) -> list[str]:
    """Keep what a row says that the form does not have."""
    texts = [" ".join(box.text.split()) for box in row.boxes if box.text.strip()]
    said = labels(row, alignment)
    return [" | ".join([*row.label, *texts])] if said and any(map(str.isdigit, "".join(texts))) else []


# ── cells that ran together ──────────────────────────────────────────────────────────


def _solve(found: Tables, runs: Sequence[tuple[int, Run]]) -> None:
    """Read the rows whose figures ran together, as far as the identities of their form decide."""
    by_form: dict[str, list[tuple[int, Run]]] = {}
    for at, run in runs:
        by_form.setdefault(found.lines[at].shape.form.edition, []).append((at, run))
    for edition, some in by_form.items():
        known: dict[str, Number | None] = {}
        for line in found.lines:
            if line.shape.form.edition == edition:
                known |= {cell.slot.address: 0 if cell.state == "blank" else cell.value for cell in line.cells}
        form = found.lines[some[0][0]].shape.form
        for (at, run), readings in zip(some, solve([run for _, run in some], known, form.checks), strict=True):
            line = found.lines[at]
            cells = [_solved(cell, place_, readings, run) for place_, cell in enumerate(line.cells)]
            found.lines[at] = replace(line, cells=tuple(cells), readings=readings)


def _solved(cell: Cell, at: int, readings: Readings, run: Run) -> Cell:
    """Take a cell that every reading has; one that is 0 or blank in all counts as blank."""
    printed, blank, lost = readings.cell(at)
    text = " ".join(run.texts)
    if len(printed) == 1 and not blank:
        figure = next(iter(printed))
        return Cell(cell.slot, "read", figure, figure, text, why="together", told=True)
    if readings.pairs and not lost and printed <= {0}:
        return Cell(cell.slot, "blank", printed=text, why="together", told=True)
    options = tuple(sorted(printed | lost | ({0} if blank else set())))
    return Cell(cell.slot, "undecided", printed=text, why="together", options=options)


def _once(found: Tables) -> None:
    """Keep one of two rows that say the same; where they differ, the cells that differ are undecided."""
    kept: dict[tuple[str, str], Line] = {}
    for line in found.lines:
        key = (line.shape.table.id, line.cells[0].slot.row)
        first = kept.get(key)
        if first is None:
            kept[key] = line
            continue
        if _said(first) != _said(line):
            found.twice.append((first, line))
        kept[key] = replace(first, cells=tuple(map(_merged, first.cells, line.cells)))
    found.lines = list(kept.values())


def _said(line: Line) -> list[tuple[str, Number | None]]:
    return [(cell.slot.address, cell.value) for cell in line.cells]


def _merged(first: Cell, second: Cell) -> Cell:
    if first.slot.address != second.slot.address or second.state != "read" or first == second:
        return first
    if first.state != "read":
        return second
    if first.value == second.value:
        return first
    options = tuple(sorted({value for cell in (first, second) if (value := cell.value) is not None}))
    return Cell(first.slot, "undecided", printed=f"{first.printed}; {second.printed}", why="twice", options=options)
