"""The tables of a published report against the forms: each block in its edition, each cell read or said not to be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nianbao.importer.recognition.labels import CLEAR, SURE, Words, words
from nianbao.importer.recognition.printed_values import looks_like_value
from nianbao.importer.recognition.published import Box, Grid, Published
from nianbao.importer.recognition.tables.cells import Tables, extra, line, once, solve_runs
from nianbao.importer.recognition.tables.columns import (
    ALIGNED,
    Alignment,
    alignments,
    astray,
    completed,
    figures,
    labels,
)
from nianbao.importer.recognition.tables.layouts import Shape
from nianbao.importer.recognition.tables.rows import Known, Region, Row, regions

_GAP = 0.01  # what a row of the edition that is missing takes off
_UNHEADED = 0.3  # what rows count for where the heads do not agree
_SLACK = 0.1  # of a cell, by which lines of a page may be off
_ALIAS = 0.02  # what speaks against an alias where the label itself stands as well
_ROWS = 3  # rows of a table that must be found where its heads are not


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
    matched = _matched(published, shapes)
    whole = _whole(matched, in_force)
    taken: list[tuple[Region, _Match]] = []
    for region, matches in matched:
        allowed = [
            match
            for match in matches
            if whole.get(match.shape.table.id, match.shape.form.edition) == match.shape.form.edition
        ]
        if allowed:
            best = max(allowed, key=lambda match: (round(match.score, 3), match.shape.form.edition == in_force))
            taken.append((region, best))
    runs = []
    last = len(published.blocks) - 1
    for region, match in taken:
        rows = list(zip(_marked(region, match.alignment), match.rows, strict=True))
        ours = [row for row, at in rows if at is not None]
        alignment = completed(match.alignment, ours, len(match.shape.columns))
        shifted = any(astray(row, alignment) for row in ours)
        for row, at in rows:
            if at is None:
                found.notes += extra(row, match.alignment)
            elif row.loose and row.block == last and len(row.boxes) < len(match.shape.columns):
                found.cut.append(" ".join((*row.label, *(box.text for box in row.boxes))))
            else:
                row_ = replace(row, short=True) if shifted else row
                read, run = line(row_, match.shape, alignment, at, headed=match.headed)
                runs += [(len(found.lines), run)] if run else []
                found.lines.append(read)
    solve_runs(found, runs)
    once(found)
    return found


def _marked(region: Region, alignment: Alignment) -> Iterator[Row]:
    """Give the rows; where no heads tell the columns, one with a cell over two columns of others lacks a cell."""
    gridded = [] if alignment.heads else [row for row in region.rows if not row.loose]
    edges = {box.left for row in gridded for box in figures(row, alignment)}
    for row in region.rows:
        joined = row in gridded and any(_reaches_over(box, edges) for box in figures(row, alignment))
        yield replace(row, short=row.short or joined)


def _reaches_over(box: Box, edges: set[float]) -> bool:
    slack = _SLACK * (box.right - box.left)
    return any(box.left + slack < edge < box.right - slack for edge in edges)


def _matched(published: Published, shapes: Sequence[Shape]) -> list[tuple[Region, list[_Match]]]:
    """Match every region of a report; a grid that has no heads of ours is tried with its rows for columns."""
    known = Known(shapes)
    found = _sure([(region, _matches(region, shapes)) for region in regions(published, known)])
    read = _headed(found)
    blocks = tuple(
        block.turned() if isinstance(block, Grid) and at not in read else block
        for at, block in enumerate(published.blocks)
    )
    rest = [
        region
        for region in regions(replace(published, blocks=blocks), known)
        if isinstance(blocks[region.block], Grid) and region.block not in read
    ]
    turned = _sure([(region, _matches(region, shapes)) for region in rest])
    better = _headed(turned)
    return [pair for pair in found if pair[0].block not in better] + [
        pair for pair in turned if pair[0].block in better
    ]


def _headed(matched: Sequence[tuple[Region, list[_Match]]]) -> set[int]:
    """Return the blocks that have heads of ours."""
    return {region.block for region, matches in matched if any(match.headed for match in matches)}


def _matches(region: Region, shapes: Sequence[Shape]) -> list[_Match]:
    """Match a region with every shape that it may be."""
    found = []
    for shape in shapes:
        ways = [_match(region, shape, alignment, shapes) for alignment in alignments(region, shape)]
        best = max(ways, key=lambda match: match.score)
        found += [best] if best.score else []
    return found


def _match(region: Region, shape: Shape, alignment: Alignment, shapes: Sequence[Shape]) -> _Match:
    headed = alignment.score >= ALIGNED
    if not (headed or alignment.by_order):
        alignment = Alignment(0.0)
    rows, score = _rows(region, shape, alignment) if headed or _alone(shape, shapes) else ((), 0.0)
    return _Match(shape, alignment, rows, score * (alignment.score if headed else _UNHEADED), headed)


def _alone(shape: Shape, shapes: Sequence[Shape]) -> bool:
    """Tell whether the rows of a shape have the same columns in every edition: heads are not needed to tell."""
    if len(shape.columns) == 1:
        return False
    return not any(
        other.table.id == shape.table.id
        and other.column_words != shape.column_words
        and not shape.labels.isdisjoint(other.labels)
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
    if not shape.rows:
        return _only(region, shape, alignment)
    rows: list[int | None] = []
    scores: dict[int, tuple[float, int]] = {}
    last = -1
    for place_, row in enumerate(region.rows):
        at, score = _row(row, region, shape, alignment, last)
        if at is not None and at in scores:
            if scores[at][0] == score:
                rows.append(at)  # the same row again
                continue
            if scores[at][0] > score:
                at = None  # a local row whose label is less like it
            else:
                rows[scores[at][1]] = None
        if at is not None:
            scores[at] = (score, place_)
            last = at
        rows.append(at)
    return tuple(rows), sum(min(score, 1.0) for score, _ in scores.values())


def _only(region: Region, shape: Shape, alignment: Alignment) -> tuple[tuple[int | None, ...], float]:
    """Find the row of a shape that has one without a label; a row with one may be it where it is the only one."""
    fits = [
        bool(boxes) and bool(len(boxes) == len(shape.columns) or alignment.heads or row.loose)
        for row, boxes in ((row, figures(row, alignment)) for row in region.rows)
    ]
    bare = [
        fit and not labels(row, alignment) and not _worded(figures(row, alignment))
        for row, fit in zip(region.rows, fits, strict=True)
    ]
    taken = bare if any(bare) or fits.count(True) != 1 or not alignment.heads else fits
    return tuple(0 if one else None for one in taken), 1.0 if any(taken) else 0.0


def _worded(boxes: Sequence[Box]) -> bool:
    """Tell whether words stand before figures: a label under the first head."""
    filled = [box.text for box in boxes if box.text.strip()]
    return len(filled) > 1 and not looks_like_value(filled[0]) and looks_like_value(filled[1])


def _row(row: Row, region: Region, shape: Shape, alignment: Alignment, last: int) -> tuple[int | None, float]:
    boxes = figures(row, alignment)
    texts = labels(row, alignment) or list(region.context[-1:])
    scores = [
        max(_label(texts, own), _label(texts, aliases) - _ALIAS)
        for own, aliases in zip(shape.row_words, shape.row_aliases, strict=True)
    ]
    best = max(scores)
    if best < SURE or not boxes or (not row.loose and not alignment.heads and len(boxes) < len(shape.columns)):
        return None, 0.0
    near = [at for at, score in enumerate(scores) if score > best - CLEAR]
    if len(near) > 1:
        near = [at for at in near if at == last + 1]
    return (near[0], best) if len(near) == 1 else (None, 0.0)


def _label(texts: Sequence[str], ways: Sequence[Words]) -> float:
    """Compare a label, which may be cut over several cells, with a row's ways to be worded."""
    best = 0.0
    for size in range(1, min(4, len(texts)) + 1):
        given = words("".join(texts[-size:]))
        best = max([best, *(given.like(way) for way in ways)])
    return best


def _whole(matched: Sequence[tuple[Region, Sequence[_Match]]], in_force: str) -> dict[str, str]:
    """Judge the edition of each table that is one block, from all its regions: it may be cut over pages.

    A row of the edition that is missing among those found speaks against it.
    """
    scores: dict[tuple[str, str], float] = {}
    rows: dict[tuple[str, str], set[int]] = {}
    for match in (match for _, matches in matched for match in matches if len(match.shape.table.blocks) == 1):
        key = (match.shape.table.id, match.shape.form.edition)
        scores[key] = scores.get(key, 0.0) + match.score
        rows.setdefault(key, set()).update(at for at in match.rows if at is not None)
    best: dict[str, tuple[float, bool, str]] = {}
    for (table, edition), score in scores.items():
        seen = rows[table, edition]
        rank = (round(score - _GAP * (max(seen) + 1 - len(seen)), 3), edition == in_force, edition)
        best[table] = max(rank, best.get(table, rank))
    return {table: edition for table, (_score, _in_force, edition) in best.items()}
