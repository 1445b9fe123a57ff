"""The tables of a published report matched with the forms: each block in its edition, each cell read or undecided."""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from nianbao.importer.recognition.published import PublishedCell, PublishedDocument, PublishedTable
from nianbao.importer.recognition.tables.cells import (
    RecognizedTables,
    merge_duplicates,
    read_row,
)
from nianbao.importer.recognition.tables.columns import (
    MIN_SCORE,
    Alignment,
    complete_alignment,
    find_alignments,
    find_figures,
    has_misplaced_figure,
)
from nianbao.importer.recognition.tables.doubtful_rows import drop_next_ordinal, sort_left_out
from nianbao.importer.recognition.tables.layouts import Layout
from nianbao.importer.recognition.tables.places.doubted_labels import drop_doubted_labels
from nianbao.importer.recognition.tables.places.numbered_rows import doubt_columns, leave_out_leading_numbers
from nianbao.importer.recognition.tables.places.open_rows import MatchedRow, OpenRowFinder, find_table_headings
from nianbao.importer.recognition.tables.places.whole_form import resolve_rows
from nianbao.importer.recognition.tables.regions import find_regions
from nianbao.importer.recognition.tables.repeated_headers import leave_out_repeated_headers
from nianbao.importer.recognition.tables.row_matching import match_rows
from nianbao.importer.recognition.tables.row_numbers import leave_out_row_numbers
from nianbao.importer.recognition.tables.rows import KnownLabels, PublishedRow, Region
from nianbao.importer.recognition.tables.split_rows import join_split_rows, mark_shared_figures

_MISSING_ROW_PENALTY = 0.01  # for a row that an edition has and the table lacks
_NO_HEADER_WEIGHT = 0.3  # of rows where the headers do not agree
_TOLERANCE = 0.1  # of a cell, by which the edges of a page may be off
_MIN_ROWS = 3  # rows of a table that must be found where its headers are not


class _Match(Struct, frozen=True):
    """A region matched with a layout."""

    layout: Layout
    alignment: Alignment
    rows: tuple[int | None, ...]  # for each row of the region the index of the layout's row
    score: float
    has_headers: bool  # the headers agree


_Matches = list[tuple[Region, list[_Match]]]


def recognize_tables(document: PublishedDocument, layouts: Sequence[Layout], in_force: str = "") -> RecognizedTables:
    """Recognize the tables of a report. `in_force` names the edition to take where both would do."""
    read = []
    left_out: list[tuple[PublishedRow, Layout, Alignment]] = []
    truncated: list[str] = []
    last = len(document.blocks) - 1
    known = KnownLabels(layouts)
    blocks, numbered = leave_out_row_numbers(leave_out_repeated_headers(document.blocks, known.reading), known)
    chosen = _choose_matches(_match_regions(replace(document, blocks=blocks), known, layouts), in_force)
    matched = [one for region, match in chosen for one in _list_rows(region, match)]
    headings = find_table_headings(document, layouts, in_force)
    in_order = leave_out_leading_numbers(sorted(matched, key=lambda one: one.row.block), numbered)
    finder = OpenRowFinder(layouts, drop_doubted_labels(in_order), headings, in_force)
    open_rows = finder.find()
    origins = {row.origin for row in open_rows}
    for one in sorted(finder.rows, key=lambda one: one.row.from_text):
        layout, index = one.layout, one.index
        if layout is None or one in origins:
            continue
        if index is None:
            left_out.append((one.doubted or one.row, layout, one.alignment))
            continue
        is_last = one.row.from_text and one.row.block == last
        row = drop_next_ordinal(one.row, index, layout) if is_last else one.row
        if is_last and len(row.cells) + row.stripped < len(layout.columns):
            truncated.append(" ".join((*row.label, *(cell.text for cell in row.cells))))
        else:
            found, ambiguous = read_row(row, layout, one.alignment, index, has_headers=one.has_headers)
            if one.may_begin_with_number:
                found, ambiguous = doubt_columns(found, one), None
            read.append((replace(found, evidence="order") if one.is_joined else found, ambiguous))
    rows, conflicts = merge_duplicates(resolve_rows(read, open_rows))
    extra, unread = sort_left_out(left_out, {cell.slot.address for row in rows for cell in row.cells})
    return RecognizedTables(tuple(rows), tuple(extra), tuple(truncated), tuple(conflicts), tuple(unread))


def _list_rows(region: Region, match: _Match | None) -> list[MatchedRow]:
    """List the rows of a region with what was found for them."""
    if match is None:
        return [MatchedRow(row, region) for row in region.rows]
    rows = list(_mark_short_rows(region, match.alignment))
    of_form = [row for row, index in zip(rows, match.rows, strict=True) if index is not None]
    alignment = complete_alignment(match.alignment, of_form, len(match.layout.columns))
    if any(has_misplaced_figure(row, alignment, region.headers) for row in of_form):
        rows = [replace(row, lacks_cell=True) for row in rows]
    joined = join_split_rows(
        [
            MatchedRow(row, region, match.layout, alignment, index, match.has_headers)
            for row, index in zip(rows, match.rows, strict=True)
        ]
    )
    return mark_shared_figures(joined)


def _choose_matches(matched: _Matches, in_force: str) -> list[tuple[Region, _Match | None]]:
    """Choose the best match of each region, in the edition of its table; None where there is no match."""
    editions = _choose_editions(matched, in_force)
    chosen: list[tuple[Region, _Match | None]] = []
    for region, matches in matched:
        allowed = [
            match
            for match in matches
            if editions.get(match.layout.table.id, match.layout.form.edition) == match.layout.form.edition
        ]
        rank = [(round(match.score, 3), match.layout.form.edition == in_force) for match in allowed]
        chosen.append((region, allowed[rank.index(max(rank))] if allowed else None))
    return chosen


def _mark_short_rows(region: Region, alignment: Alignment) -> Iterator[PublishedRow]:
    """Mark the rows that lack a cell: also one with a cell over two columns of others, where there are no headers."""
    figures = [() if alignment.headers or row.from_text else find_figures(row, alignment) for row in region.rows]
    edges = {cell.left for cells in figures for cell in cells}
    for row, cells in zip(region.rows, figures, strict=True):
        is_joined = any(_is_over_edge(cell, edges) for cell in cells)
        yield replace(row, lacks_cell=row.lacks_cell or is_joined)


def _is_over_edge(cell: PublishedCell, edges: set[float]) -> bool:
    tolerance = _TOLERANCE * (cell.right - cell.left)
    return any(cell.left + tolerance < edge < cell.right - tolerance for edge in edges)


# ── regions and layouts ──────────────────────────────────────────────────────────────


def _match_regions(document: PublishedDocument, known: KnownLabels, layouts: Sequence[Layout]) -> _Matches:
    """Match every region of a report; a table that has no headers of the form is tried with its rows as columns."""
    matched = _match_all(find_regions(document, known), layouts)
    with_headers = _find_blocks_with_headers(matched)
    blocks = tuple(
        block.transpose() if isinstance(block, PublishedTable) and index not in with_headers else block
        for index, block in enumerate(document.blocks)
    )
    rest = [
        region
        for region in find_regions(replace(document, blocks=blocks), known)
        if isinstance(blocks[region.block], PublishedTable) and region.block not in with_headers
    ]
    transposed = _match_all(rest, layouts)
    better = _find_blocks_with_headers(transposed)
    return [pair for pair in matched if pair[0].block not in better] + [
        pair for pair in transposed if pair[0].block in better
    ]


def _find_blocks_with_headers(matched: _Matches) -> set[int]:
    """Return the indexes of the published blocks that have headers of the form."""
    return {region.block for region, matches in matched if any(match.has_headers for match in matches)}


def _match_all(regions: Sequence[Region], layouts: Sequence[Layout]) -> _Matches:
    """Match regions with every layout that each may be.

    Without matches that rest on a label or two, with headers that say nothing: they are of another table.
    """
    matched = [(region, _match_layouts(region, layouts)) for region in regions]
    rows: dict[Layout, set[int]] = {}
    for _, matches in matched:
        for match in matches:
            rows.setdefault(match.layout, set()).update(index for index in match.rows if index is not None)
    return [
        (region, [match for match in matches if match.has_headers or len(rows[match.layout]) >= _MIN_ROWS])
        for region, matches in matched
    ]


def _match_layouts(region: Region, layouts: Sequence[Layout]) -> list[_Match]:
    found = []
    for layout in layouts:
        matches = [_match_layout(region, layout, alignment, layouts) for alignment in find_alignments(region, layout)]
        best = max(matches, key=lambda match: match.score)
        found += [best] if best.score else []
    return found


def _match_layout(region: Region, layout: Layout, alignment: Alignment, layouts: Sequence[Layout]) -> _Match:
    has_headers = alignment.score >= MIN_SCORE
    if not (has_headers or alignment.by_order):
        alignment = Alignment(0.0)
    may_match = has_headers or _has_fixed_columns(layout, layouts)
    rows, score = match_rows(region, layout, alignment) if may_match else ((), 0.0)
    weight = alignment.score if has_headers else _NO_HEADER_WEIGHT
    return _Match(layout, alignment, rows, score * weight, has_headers)


def _has_fixed_columns(layout: Layout, layouts: Sequence[Layout]) -> bool:
    """Tell whether the rows of a layout have the same columns in every edition: no headers are needed to know them."""
    if len(layout.columns) == 1:
        return False
    return not any(
        other.table.id == layout.table.id
        and other.column_labels != layout.column_labels
        and not layout.all_row_labels.isdisjoint(other.all_row_labels)
        for other in layouts
    )


def _choose_editions(matched: _Matches, in_force: str) -> dict[str, str]:
    """Choose the edition of each table that is one block, from all its regions: it may be split over pages.

    A row of the edition that is missing among those found speaks against it.
    """
    scores: dict[tuple[str, str], float] = {}
    rows: dict[tuple[str, str], set[int]] = {}
    for match in (match for _, matches in matched for match in matches if len(match.layout.table.blocks) == 1):
        key = (match.layout.table.id, match.layout.form.edition)
        scores[key] = scores.get(key, 0.0) + match.score
        rows.setdefault(key, set()).update(index for index in match.rows if index is not None)
    best: dict[str, tuple[float, bool, str]] = {}
    for (table, edition), score in scores.items():
        found = rows[table, edition]
        missing = max(found) + 1 - len(found)
        rank = (round(score - _MISSING_ROW_PENALTY * missing, 3), edition == in_force, edition)
        best[table] = max(rank, best.get(table, rank))
    return {table: edition for table, (_score, _in_force, edition) in best.items()}
