"""The tables of a published report against the forms: each block in its edition, each cell read or said not to be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nianbao.importer.recognition.labels import MIN_LEAD, MIN_SIMILARITY, Label, parse_label
from nianbao.importer.recognition.printed_values import may_be_value
from nianbao.importer.recognition.published import PublishedCell, PublishedDocument, PublishedTable
from nianbao.importer.recognition.tables.cells import (
    RecognizedTables,
    describe_extra_row,
    merge_duplicates,
    read_row,
    resolve_ambiguous_rows,
)
from nianbao.importer.recognition.tables.columns import (
    MIN_SCORE,
    Alignment,
    complete_alignment,
    find_alignments,
    find_figures,
    find_labels,
    has_misplaced_figure,
)
from nianbao.importer.recognition.tables.layouts import Layout
from nianbao.importer.recognition.tables.rows import KnownLabels, PublishedRow, Region, find_regions

_MISSING_ROW_PENALTY = 0.01  # what a row of the edition that is missing takes off
_NO_HEADER_WEIGHT = 0.3  # what rows count for where the heads do not agree
_TOLERANCE = 0.1  # of a cell, by which lines of a page may be off
_ALIAS_PENALTY = 0.02  # what speaks against an alias where the label itself stands as well
_MIN_ROWS = 3  # rows of a table that must be found where its heads are not


@dataclass(frozen=True, slots=True)
class _Match:
    shape: Layout
    alignment: Alignment
    rows: tuple[int | None, ...]  # for each row of the region
    score: float
    headed: bool  # the heads agree


def recognize_tables(published: PublishedDocument, shapes: Sequence[Layout], in_force: str = "") -> RecognizedTables:
    """Recognise the tables of a report. `in_force` names the edition to take where both would do."""
    found = RecognizedTables()
    matched = _match_regions(published, shapes)
    whole = _choose_editions(matched, in_force)
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
        rows = list(zip(_mark_short_rows(region, match.alignment), match.rows, strict=True))
        ours = [row for row, at in rows if at is not None]
        alignment = complete_alignment(match.alignment, ours, len(match.shape.columns))
        shifted = any(has_misplaced_figure(row, alignment) for row in ours)
        for row, at in rows:
            if at is None:
                found.notes += describe_extra_row(row, match.alignment)
            elif row.from_text and row.block == last and len(row.boxes) < len(match.shape.columns):
                found.truncated_rows.append(" ".join((*row.label, *(box.text for box in row.boxes))))
            else:
                row_ = replace(row, short=True) if shifted else row
                read, run = read_row(row_, match.shape, alignment, at, headed=match.headed)
                runs += [(len(found.lines), run)] if run else []
                found.lines.append(read)
    resolve_ambiguous_rows(found, runs)
    merge_duplicates(found)
    return found


def _mark_short_rows(region: Region, alignment: Alignment) -> Iterator[PublishedRow]:
    """Give the rows; where no heads tell the columns, one with a cell over two columns of others lacks a cell."""
    gridded = [] if alignment.heads else [row for row in region.rows if not row.from_text]
    edges = {box.left for row in gridded for box in find_figures(row, alignment)}
    for row in region.rows:
        joined = row in gridded and any(_is_over_edge(box, edges) for box in find_figures(row, alignment))
        yield replace(row, short=row.short or joined)


def _is_over_edge(box: PublishedCell, edges: set[float]) -> bool:
    slack = _TOLERANCE * (box.right - box.left)
    return any(box.left + slack < edge < box.right - slack for edge in edges)


def _match_regions(published: PublishedDocument, shapes: Sequence[Layout]) -> list[tuple[Region, list[_Match]]]:
    """Match every region of a report; a grid that has no heads of ours is tried with its rows for columns."""
    known = KnownLabels(shapes)
    found = _drop_weak_matches([(region, _match_layouts(region, shapes)) for region in find_regions(published, known)])
    read = _find_blocks_with_headers(found)
    blocks = tuple(
        block.transpose() if isinstance(block, PublishedTable) and at not in read else block
        for at, block in enumerate(published.blocks)
    )
    rest = [
        region
        for region in find_regions(replace(published, blocks=blocks), known)
        if isinstance(blocks[region.block], PublishedTable) and region.block not in read
    ]
    turned = _drop_weak_matches([(region, _match_layouts(region, shapes)) for region in rest])
    better = _find_blocks_with_headers(turned)
    return [pair for pair in found if pair[0].block not in better] + [
        pair for pair in turned if pair[0].block in better
    ]


def _find_blocks_with_headers(matched: Sequence[tuple[Region, list[_Match]]]) -> set[int]:
    """Return the blocks that have heads of ours."""
    return {region.block for region, matches in matched if any(match.headed for match in matches)}


def _match_layouts(region: Region, shapes: Sequence[Layout]) -> list[_Match]:
    """Match a region with every shape that it may be."""
    found = []
    for shape in shapes:
        ways = [_match_layout(region, shape, alignment, shapes) for alignment in find_alignments(region, shape)]
        best = max(ways, key=lambda match: match.score)
        found += [best] if best.score else []
    return found


def _match_layout(region: Region, shape: Layout, alignment: Alignment, shapes: Sequence[Layout]) -> _Match:
    headed = alignment.score >= MIN_SCORE
    if not (headed or alignment.by_order):
        alignment = Alignment(0.0)
    rows, score = _match_rows(region, shape, alignment) if headed or _has_fixed_columns(shape, shapes) else ((), 0.0)
    return _Match(shape, alignment, rows, score * (alignment.score if headed else _NO_HEADER_WEIGHT), headed)


def _has_fixed_columns(shape: Layout, shapes: Sequence[Layout]) -> bool:
    """Tell whether the rows of a shape have the same columns in every edition: heads are not needed to tell."""
    if len(shape.columns) == 1:
        return False
    return not any(
        other.table.id == shape.table.id
        and other.column_labels != shape.column_labels
        and not shape.labels.isdisjoint(other.labels)
        for other in shapes
    )


def _drop_weak_matches(matched: Sequence[tuple[Region, list[_Match]]]) -> list[tuple[Region, list[_Match]]]:
    """Leave out matches that rest on a label or two, with heads that say nothing: they are of another table."""
    rows: dict[Layout, set[int]] = {}
    for _, matches in matched:
        for match in matches:
            rows.setdefault(match.shape, set()).update(at for at in match.rows if at is not None)
    return [
        (region, [match for match in matches if match.headed or len(rows[match.shape]) >= _MIN_ROWS])
        for region, matches in matched
    ]


def _match_rows(region: Region, shape: Layout, alignment: Alignment) -> tuple[tuple[int | None, ...], float]:
    """Find the row of the shape that each row of a region is, and how sure that is in all."""
    if not shape.rows:
        return _match_single_row(region, shape, alignment)
    rows: list[int | None] = []
    scores: dict[int, tuple[float, int]] = {}
    last = -1
    for place_, row in enumerate(region.rows):
        at, score = _match_row(row, region, shape, alignment, last)
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


def _match_single_row(region: Region, shape: Layout, alignment: Alignment) -> tuple[tuple[int | None, ...], float]:
    """Find the row of a shape that has one without a label; a row with one may be it where it is the only one."""
    fits = [
        bool(boxes) and bool(len(boxes) == len(shape.columns) or alignment.heads or row.from_text)
        for row, boxes in ((row, find_figures(row, alignment)) for row in region.rows)
    ]
    bare = [
        fit and not find_labels(row, alignment) and not _has_leading_label(find_figures(row, alignment))
        for row, fit in zip(region.rows, fits, strict=True)
    ]
    taken = bare if any(bare) or fits.count(True) != 1 or not alignment.heads else fits
    return tuple(0 if one else None for one in taken), 1.0 if any(taken) else 0.0


def _has_leading_label(boxes: Sequence[PublishedCell]) -> bool:
    """Tell whether words stand before figures: a label under the first head."""
    filled = [box.text for box in boxes if box.text.strip()]
    return len(filled) > 1 and not may_be_value(filled[0]) and may_be_value(filled[1])


def _match_row(
    row: PublishedRow, region: Region, shape: Layout, alignment: Alignment, last: int
) -> tuple[int | None, float]:
    boxes = find_figures(row, alignment)
    texts = find_labels(row, alignment) or list(region.context[-1:])
    scores = [
        max(_compare_label(texts, own), _compare_label(texts, aliases) - _ALIAS_PENALTY)
        for own, aliases in zip(shape.row_labels, shape.row_aliases, strict=True)
    ]
    best = max(scores)
    if (
        best < MIN_SIMILARITY
        or not boxes
        or (not row.from_text and not alignment.heads and len(boxes) < len(shape.columns))
    ):
        return None, 0.0
    near = [at for at, score in enumerate(scores) if score > best - MIN_LEAD]
    if len(near) > 1:
        near = [at for at in near if at == last + 1]
    return (near[0], best) if len(near) == 1 else (None, 0.0)


def _compare_label(texts: Sequence[str], ways: Sequence[Label]) -> float:
    """Compare a label, which may be cut over several cells, with a row's ways to be worded."""
    best = 0.0
    for size in range(1, min(4, len(texts)) + 1):
        given = parse_label("".join(texts[-size:]))
        best = max([best, *(given.compare_to(way) for way in ways)])
    return best


def _choose_editions(matched: Sequence[tuple[Region, Sequence[_Match]]], in_force: str) -> dict[str, str]:
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
        rank = (round(score - _MISSING_ROW_PENALTY * (max(seen) + 1 - len(seen)), 3), edition == in_force, edition)
        best[table] = max(rank, best.get(table, rank))
    return {table: edition for table, (_score, _in_force, edition) in best.items()}
