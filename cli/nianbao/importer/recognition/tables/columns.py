"""Which published column holds which column of the form: by the words of the headers, else by number and order."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from nianbao.importer.recognition.labels import MIN_LEAD, MIN_SIMILARITY, parse_label
from nianbao.importer.recognition.printed_values import may_be_value
from nianbao.importer.recognition.published import PublishedCell
from nianbao.importer.recognition.tables.layouts import Layout
from nianbao.importer.recognition.tables.rows import PublishedRow, Region, compare_end, compare_unordered, compare_words

MIN_SCORE = 0.5  # headers that agree by less are those of another table
_MAX_LABEL_COLUMNS = 4
_WRONG_GROUP_PENALTY = 0.5
_MIN_UNORDERED_SIMILARITY = 0.9  # headers in disorder must have nearly all characters of the form's
MIN_OVERLAP = 0.5  # a cell that covers half of a header stands under it


class Alignment(Struct, frozen=True):
    """The headers of a region aligned with the columns of a layout.

    `headers` pairs a header's cell with the index of a column; `score` is 1 where every column was found by its
    words; `left` is where the figures begin. `by_order` columns have headers that say something else, or none; an
    alignment that is `unverified` lacks some headers, and the sums must confirm it.
    """

    score: float
    headers: tuple[tuple[PublishedCell, int], ...] = ()
    left: float | None = None
    by_order: bool = False
    unverified: bool = False

    @property
    def column_order(self) -> tuple[int, ...]:
        """The columns from left to right, if every one has a header."""
        return tuple(column for _, column in self.headers)


def find_alignments(region: Region, layout: Layout) -> list[Alignment]:
    """Find the ways to align the headers of a region with a layout: by position, and by order."""
    by_order = _align_by_order(region, layout)
    return [_align_by_position(region, layout), *([by_order] if by_order.score else [])]


def _align_by_position(region: Region, layout: Layout) -> Alignment:
    """Find the columns of a layout under the headers of a region; score 0 where they are not there."""
    if region.header_text:
        return _align_header_text(region, layout)
    alignments = (_align_headers(headers, region, layout) for headers in _list_header_variants(region.headers))
    return max(alignments, key=lambda alignment: alignment.score)


def _list_header_variants(headers: Sequence[PublishedCell]) -> list[Sequence[PublishedCell]]:
    """Take headers that say the same beside each other as one, repeated over its span, and each by itself."""
    joined: list[PublishedCell] = []
    for cell in headers:
        last = joined[-1] if joined else None
        if last and (last.text, last.top, last.bottom, last.right) == (cell.text, cell.top, cell.bottom, cell.left):
            joined[-1] = replace(last, right=cell.right)
        else:
            joined.append(cell)
    return [joined, headers] if len(joined) < len(headers) else [headers]


def _align_headers(headers: Sequence[PublishedCell], region: Region, layout: Layout) -> Alignment:
    lowest = _find_lowest_headers(headers)
    size = len(layout.columns)
    scores = [[_score_column(header, region, column, layout) for column in range(size)] for header in lowest]
    best = Alignment(0.0)
    for label_columns in range(min(_MAX_LABEL_COLUMNS, len(lowest)) + 1):
        in_order = _assign_in_order(lowest[label_columns:], scores[label_columns:], size)
        if in_order.score > best.score:
            best = in_order
    by_label = _assign_by_label(lowest, scores, size)
    return by_label if by_label.score > best.score or (best.by_order and by_label.score >= best.score) else best


def align_heads(heads: Sequence[PublishedCell], layout: Layout) -> Alignment:
    """Find the columns of a layout by the words of heads alone, in whatever order they stand."""
    lowest, region = _find_lowest_headers(heads), Region(tuple(heads))
    scores = [[_score_column(head, region, at, layout) for at in range(len(layout.columns))] for head in lowest]
    return _assign_by_label(lowest, scores, len(layout.columns))


def _align_by_order(region: Region, layout: Layout) -> Alignment:
    """Take the columns in the form's order where the headers are its headers one by one, with or without a corner.

    Headers that lost their spans do not stand over their columns. Score 0 for any others.
    """
    form = [parse_label(heading.label, layout.reading) for level in layout.header_levels for heading in level]
    given = [parse_label(cell.text, layout.reading) for cell in region.headers][-len(form) :]
    if not len(given) == len(form) >= len(region.headers) - 1:
        return Alignment(0.0)
    same = all(label.compare_to(header) >= MIN_SIMILARITY for label, header in zip(given, form, strict=True))
    return Alignment(1.0 if same else 0.0)


def _align_header_text(region: Region, layout: Layout) -> Alignment:
    """Compare the headers of a text with a layout's; in disorder they say which table it is, not which column."""
    header_text = region.header_text
    score = max(compare_end(header_text, expected) for expected in layout.header_texts)
    score = max([score, *(compare_words(region.header_words, headers) for headers in layout.header_cells)])
    if score >= MIN_SIMILARITY:
        return Alignment(score)
    unordered = max(compare_unordered(header_text, expected) for expected in layout.header_texts)
    if unordered >= _MIN_UNORDERED_SIMILARITY:
        return Alignment(unordered - (1 - MIN_SIMILARITY), by_order=True, unverified=True)
    return Alignment(score)


def _find_lowest_headers(headers: Sequence[PublishedCell]) -> list[PublishedCell]:
    """Return the headers that have no other header below them, from left to right."""
    lowest = [
        cell
        for cell in headers
        if not any(other.top > cell.top and other.overlap(cell) > MIN_OVERLAP for other in headers)
    ]
    return sorted(lowest, key=lambda cell: cell.left)


def _score_column(header: PublishedCell, region: Region, column: int, layout: Layout) -> float:
    """Return how likely a header is that of a column, by its own words and those of the headers above it."""
    given = parse_label(header.text, layout.reading)
    score = max(given.compare_to(label) for label in layout.column_labels[column])
    groups = [parse_label(heading.label, layout.reading) for heading in layout.columns[column][:-1]]
    other_groups = [group for group in layout.group_labels if group not in groups]
    for cell in region.headers:
        if cell is header or cell.top >= header.top or cell.overlap(header) <= MIN_OVERLAP:
            continue
        above = parse_label(cell.text, layout.reading)
        right = max((above.compare_to(group) for group in groups), default=0.0)
        wrong = max((above.compare_to(group) for group in other_groups), default=0.0)
        if wrong >= MIN_SIMILARITY and wrong > right:
            score -= _WRONG_GROUP_PENALTY
        elif right >= MIN_SIMILARITY:
            score += MIN_LEAD
    return score


def _assign_in_order(headers: Sequence[PublishedCell], scores: Sequence[Sequence[float]], size: int) -> Alignment:
    """Take as many headers as there are columns one by one, where no header says that it is another column.

    `scores` has a row for each header and a score for each column.
    """
    if len(headers) != size:
        return Alignment(0.0)
    own = [row[column] for column, row in enumerate(scores)]
    sure = [score >= MIN_SIMILARITY for score in own]
    for column, row in enumerate(scores):
        if max(row) >= MIN_SIMILARITY and own[column] < max(row) - MIN_LEAD:
            return Alignment(0.0)
    if not any(sure):
        return Alignment(0.0)
    pairs = tuple((header, column) for column, header in enumerate(headers))
    return Alignment(sum(map(min, own, [1.0] * size)) / size, pairs, headers[0].left, by_order=not all(sure))


def _assign_by_label(headers: Sequence[PublishedCell], scores: Sequence[Sequence[float]], size: int) -> Alignment:
    """Take the headers that say which column they are, each column once."""
    claims: dict[int, list[tuple[float, PublishedCell]]] = {}
    for header, row in zip(headers, scores, strict=True):
        ranked = sorted(enumerate(row), key=lambda pair: -pair[1])
        if ranked and ranked[0][1] >= MIN_SIMILARITY and (len(ranked) == 1 or ranked[0][1] - ranked[1][1] >= MIN_LEAD):
            claims.setdefault(ranked[0][0], []).append((ranked[0][1], header))
    pairs = []
    for column, claimed in claims.items():
        claimed.sort(key=lambda pair: -pair[0])
        if len(claimed) == 1 or claimed[0][0] - claimed[1][0] >= MIN_LEAD:
            pairs.append((claimed[0][1], column))
    pairs.sort(key=lambda pair: pair[0].left)
    if not pairs:
        return Alignment(0.0)
    # A header that is no column speaks against the layout; one may be the corner over the labels.
    score = len(pairs) / max(size, len(headers) - 1)
    return Alignment(score, tuple(pairs), min(header.left for header, _ in pairs))


def complete_alignment(alignment: Alignment, rows: Sequence[PublishedRow], size: int) -> Alignment:
    """Give the columns that lost their headers those of their figures, where each row has a figure for every column."""
    figures = [find_figures(row, alignment) for row in rows]
    known = {column: header for header, column in alignment.headers}
    if not known or len(known) == size or any(len(row) != size for row in figures):
        return alignment
    if any(header.overlap(row[column]) < MIN_OVERLAP for row in figures for column, header in known.items()):
        return alignment
    first = figures[0]
    headers = tuple((known.get(column, replace(first[column], text="")), column) for column in range(size))
    return replace(alignment, headers=headers, left=first[0].left, by_order=True, unverified=True)


def find_labels(row: PublishedRow, alignment: Alignment) -> list[str]:
    """Return the label texts of a row, those that reach into it from above first."""
    if row.from_text:
        return list(row.label)
    own = row.cells[: len(row.cells) - len(find_figures(row, alignment))]
    first = own[0].left if own else float("inf")
    left = alignment.left if alignment.left is not None else first + 1e-6
    above = [cell for cell in row.above if cell.left < left and not may_be_value(cell.text, row.reading)]
    return [cell.text for cell in (*above, *own) if cell.text.strip()]


def find_figures(row: PublishedRow, alignment: Alignment) -> list[PublishedCell]:
    """Return the cells of a row that hold its figures: those behind its labels."""
    if row.from_text:
        return list(row.cells)
    left = alignment.left
    start = 0
    for index, cell in enumerate(row.cells):
        if may_be_value(cell.text, row.reading) or (
            left is not None and cell.left >= left - _compute_tolerance(alignment, cell)
        ):
            break
        if cell.text.strip():
            start = index + 1
    rest = list(row.cells[start:])
    if left is not None:
        while rest and not rest[0].text.strip() and rest[0].right <= left + _compute_tolerance(alignment, rest[0]):
            rest = rest[1:]
    return rest


def find_groups(row: PublishedRow, figures: Sequence[PublishedCell]) -> list[PublishedCell]:
    """Return the cells that stand beside other rows as well, higher or lower than the figures of a row reach."""
    if row.from_text or not figures:
        return []
    top, bottom = min(cell.top for cell in figures), max(cell.bottom for cell in figures)
    return [cell for cell in (*row.above, *row.cells) if cell.top < top or cell.bottom > bottom]


def has_misplaced_figure(row: PublishedRow, alignment: Alignment, headers: Sequence[PublishedCell]) -> bool:
    """Tell whether a figure stands left or right of all headers: cells lost their spans, or there are other columns.

    Only the order of the row is right then. `headers` are all of the table, known or not.
    """
    left = alignment.left
    right = max((header.right for header in headers), default=float("inf")) if alignment.headers else float("inf")
    return left is not None and any(
        cell.right <= left or (cell.left >= right and may_be_value(cell.text, row.reading))
        for cell in find_figures(row, alignment)
        if cell.text.strip()
    )


def _compute_tolerance(alignment: Alignment, cell: PublishedCell) -> float:
    """Return by how much an edge of the table may be off: a quarter of the narrowest cell."""
    return min(one.right - one.left for one in (cell, *(header for header, _ in alignment.headers))) / 4
