"""Which published column holds which column of the form: by the heads' words, else by their number and order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nianbao.importer.recognition.labels import MIN_LEAD, MIN_SIMILARITY, parse_label
from nianbao.importer.recognition.printed_values import may_be_value
from nianbao.importer.recognition.published import PublishedCell
from nianbao.importer.recognition.tables.layouts import Layout
from nianbao.importer.recognition.tables.rows import PublishedRow, Region, compare_end, compare_unordered

MIN_SCORE = 0.5  # heads that agree by less are those of another table
_MAX_LABEL_COLUMNS = 4  # label columns at most
_WRONG_GROUP_PENALTY = 0.5
_MIN_UNORDERED_SIMILARITY = 0.9  # heads in disorder must have nearly all signs of the form's
_MIN_OVERLAP = 0.5  # a box that covers half of a head stands under it


@dataclass(frozen=True, slots=True)
class Alignment:
    """Heads of a region against the columns of a shape.

    `heads` pairs a head's box with a column; `score` is 1 where every column was found by its words;
    `left` is where the figures begin. `by_order` columns have heads that say something else, or none; those that
    are `unproven` have lost some, and the sums must bear them out.
    """

    score: float
    heads: tuple[tuple[PublishedCell, int], ...] = ()
    left: float | None = None
    by_order: bool = False
    unverified: bool = False

    @property
    def order(self) -> tuple[int, ...]:
        """The columns from left to right, if every one has a head."""
        return tuple(column for _, column in self.heads)


def find_alignments(region: Region, shape: Layout) -> list[Alignment]:
    """Find the ways to stand under the heads of a region: by place, and by order."""
    ordered = _align_by_order(region, shape)
    return [_align_by_position(region, shape), *([ordered] if ordered.score else [])]


def _align_by_position(region: Region, shape: Layout) -> Alignment:
    """Find the columns of a shape under the heads of a region; score 0 where they are not there."""
    if region.told:
        return _align_header_text(region.told, shape)
    return max(
        (_align_headers(heads, region, shape) for heads in _list_header_variants(region.heads)),
        key=lambda found: found.score,
    )


def _list_header_variants(heads: Sequence[PublishedCell]) -> list[Sequence[PublishedCell]]:
    """Take heads that say the same beside each other as one, repeated over its span, and each by itself."""
    joined: list[PublishedCell] = []
    for box in heads:
        last = joined[-1] if joined else None
        if last and (last.text, last.top, last.bottom, last.right) == (box.text, box.top, box.bottom, box.left):
            joined[-1] = replace(last, right=box.right)
        else:
            joined.append(box)
    return [joined, heads] if len(joined) < len(heads) else [heads]


def _align_headers(heads: Sequence[PublishedCell], region: Region, shape: Layout) -> Alignment:
    leaves = _find_lowest_headers(heads)
    scores = [[_score_column(box, region, way, shape) for way in range(len(shape.columns))] for box in leaves]
    best = Alignment(0.0)
    for corner in range(min(_MAX_LABEL_COLUMNS, len(leaves)) + 1):
        found = _assign_in_order(leaves[corner:], scores[corner:], len(shape.columns))
        if found.score > best.score:
            best = found
    named = _assign_by_label(leaves, scores, len(shape.columns))
    return named if named.score > best.score or (best.by_order and named.score >= best.score) else best


def _align_by_order(region: Region, shape: Layout) -> Alignment:
    """Take the columns in the form's order where the heads are its heads one by one, with a corner or without one.

    Heads that lost their spans do not stand over their columns. Score 0 for any others.
    """
    form = [parse_label(heading.label) for level in shape.levels for heading in level]
    given = [parse_label(box.text) for box in region.heads][-len(form) :]
    if not len(given) == len(form) >= len(region.heads) - 1:
        return Alignment(0.0)
    return Alignment(
        1.0 if all(one.compare_to(head) >= MIN_SIMILARITY for one, head in zip(given, form, strict=True)) else 0.0
    )


def _align_header_text(told: str, shape: Layout) -> Alignment:
    """Compare the heads of a text with a shape's; in disorder they say which table it is, not which column."""
    score = max(compare_end(told, heading) for heading in shape.headings)
    if score >= MIN_SIMILARITY:
        return Alignment(score)
    loose = max(compare_unordered(told, heading) for heading in shape.headings)
    return (
        Alignment(loose - (1 - MIN_SIMILARITY), by_order=True, unverified=True)
        if loose >= _MIN_UNORDERED_SIMILARITY
        else Alignment(score)
    )


def _find_lowest_headers(heads: Sequence[PublishedCell]) -> list[PublishedCell]:
    """Return the heads that have no other head below them, from left to right."""
    lowest = [
        box
        for box in heads
        if not any(
            other.top > box.top and other.overlap(box) > _MIN_OVERLAP and _is_overlapping(other, box) for other in heads
        )
    ]
    return sorted(lowest, key=lambda box: box.left)


def _is_overlapping(below: PublishedCell, above: PublishedCell) -> bool:
    """Tell whether a box below another one covers a good part of it, or is covered by it."""
    return below.overlap(above) > _MIN_OVERLAP


def _score_column(leaf: PublishedCell, region: Region, column: int, shape: Layout) -> float:
    given = parse_label(leaf.text)
    score = max(given.compare_to(way) for way in shape.column_labels[column])
    groups = [parse_label(heading.label) for heading in shape.columns[column][:-1]]
    others = [group for group in shape.group_labels if group not in groups]
    stack = [
        box.text for box in region.heads if box is not leaf and box.top < leaf.top and box.overlap(leaf) > _MIN_OVERLAP
    ]
    for text in stack:
        over = parse_label(text)
        right = max((over.compare_to(group) for group in groups), default=0.0)
        wrong = max((over.compare_to(group) for group in others), default=0.0)
        if wrong >= MIN_SIMILARITY and wrong > right:
            score -= _WRONG_GROUP_PENALTY
        elif right >= MIN_SIMILARITY:
            score += MIN_LEAD
    return score


def _assign_in_order(leaves: Sequence[PublishedCell], scores: Sequence[Sequence[float]], size: int) -> Alignment:
    """Take as many heads as there are columns one by one, where no head says that it is another column."""
    if len(leaves) != size:
        return Alignment(0.0)
    own = [row[at] for at, row in enumerate(scores)]
    sure = [score >= MIN_SIMILARITY for score in own]
    for at, row in enumerate(scores):
        if max(row) >= MIN_SIMILARITY and own[at] < max(row) - MIN_LEAD:
            return Alignment(0.0)
    if not any(sure):
        return Alignment(0.0)
    pairs = tuple((box, at) for at, box in enumerate(leaves))
    return Alignment(sum(map(min, own, [1.0] * size)) / size, pairs, leaves[0].left, by_order=not all(sure))


def _assign_by_label(leaves: Sequence[PublishedCell], scores: Sequence[Sequence[float]], size: int) -> Alignment:
    """Take the heads that say which column they are, each column once."""
    claims: dict[int, list[tuple[float, PublishedCell]]] = {}
    for box, row in zip(leaves, scores, strict=True):
        ranked = sorted(enumerate(row), key=lambda pair: -pair[1])
        if ranked and ranked[0][1] >= MIN_SIMILARITY and (len(ranked) == 1 or ranked[0][1] - ranked[1][1] >= MIN_LEAD):
            claims.setdefault(ranked[0][0], []).append((ranked[0][1], box))
    pairs = []
    for column, claimed in claims.items():
        claimed.sort(key=lambda pair: -pair[0])
        if len(claimed) == 1 or claimed[0][0] - claimed[1][0] >= MIN_LEAD:
            pairs.append((claimed[0][1], column))
    pairs.sort(key=lambda pair: pair[0].left)
    if not pairs:
        return Alignment(0.0)
    # A head that is no column speaks against the shape; one may be the corner over the labels.
    return Alignment(len(pairs) / max(size, len(leaves) - 1), tuple(pairs), min(box.left for box, _ in pairs))


def complete_alignment(alignment: Alignment, rows: Sequence[PublishedRow], size: int) -> Alignment:
    """Give the columns that lost their heads those of their figures, where each row has a figure for every column."""
    boxes = [find_figures(row, alignment) for row in rows]
    known = {column: head for head, column in alignment.heads}
    if not known or len(known) == size or any(len(row) != size for row in boxes):
        return alignment
    if any(head.overlap(row[column]) < _MIN_OVERLAP for row in boxes for column, head in known.items()):
        return alignment
    first = boxes[0]
    heads = tuple((known.get(at, replace(first[at], text="")), at) for at in range(size))
    return replace(alignment, heads=heads, left=first[0].left, by_order=True, unverified=True)


def find_labels(row: PublishedRow, alignment: Alignment) -> list[str]:
    """Return the label texts of a row, those that reach into it from above first."""
    if row.from_text:
        return list(row.label)
    own = row.boxes[: len(row.boxes) - len(find_figures(row, alignment))]
    first = own[0].left if own else float("inf")
    left = alignment.left if alignment.left is not None else first + 1e-6
    above = [box for box in row.above if box.left < left and not may_be_value(box.text)]
    return [box.text for box in (*above, *own) if box.text.strip()]


def find_figures(row: PublishedRow, alignment: Alignment) -> list[PublishedCell]:
    """Return the boxes of a row that hold its figures: those behind its labels."""
    if row.from_text:
        return list(row.boxes)
    start = 0
    for at, box in enumerate(row.boxes):
        behind_ = alignment.left is not None and box.left >= alignment.left - _compute_tolerance(alignment, box)
        if behind_ or may_be_value(box.text):
            break
        if box.text.strip():
            start = at + 1
    left = alignment.left
    rest = list(row.boxes[start:])
    if left is not None:
        while rest and not rest[0].text.strip() and rest[0].right <= left + _compute_tolerance(alignment, rest[0]):
            rest = rest[1:]
    return rest


def has_misplaced_figure(row: PublishedRow, alignment: Alignment) -> bool:
    """Tell whether a figure stands left of all heads: labels lost their spans, and the row only its order."""
    left = alignment.left
    return left is not None and any(box.text.strip() and box.right <= left for box in find_figures(row, alignment))


def _compute_tolerance(alignment: Alignment, own: PublishedCell) -> float:
    """Return by how much a line of the grid may be off: a quarter of the narrowest box."""
    return min(box.right - box.left for box in (own, *(head for head, _ in alignment.heads))) / 4


@dataclass(frozen=True, slots=True)
class PlacedCells:
    """The figures of one row by column; `unclear` columns have a box whose column nobody can know."""

    cells: dict[int, str]
    unclear: dict[int, str]
    extra: tuple[str, ...] = ()  # what stands under no head
    units: dict[int, str] | None = None


def place_cells(
    boxes: Sequence[PublishedCell], alignment: Alignment, size: int, *, short: bool = False
) -> PlacedCells | None:
    """Put the figures of a row under the columns.

    None where only their order is known: where no head says anything and their number is another, and where
    the row is short or a head has nothing under it, since then it may have lost a cell anywhere.
    """
    if short:
        return None
    if not alignment.heads:
        return PlacedCells({at: box.text for at, box in enumerate(boxes)}, {}) if len(boxes) == size else None
    heads = alignment.heads
    pairs = list(zip(boxes, heads, strict=False))
    if len(boxes) == len(heads) and all(
        box.overlap(head) > 0 and _is_under_headers(box, heads) for box, (head, _) in pairs
    ):
        return PlacedCells({column: box.text for box, (_, column) in zip(boxes, heads, strict=True)}, {})
    if any(all(head.overlap(box) < _MIN_OVERLAP for box in boxes) for head, _ in heads):
        return None
    return _place_by_position(boxes, alignment)


def _is_under_headers(box: PublishedCell, heads: Sequence[tuple[PublishedCell, int]]) -> bool:
    """Tell whether a box stands under heads with nearly all of its width."""
    shared = sum(max(0.0, min(box.right, head.right) - max(box.left, head.left)) for head, _ in heads)
    narrowest = min(head.right - head.left for head, _ in heads)
    return box.right - box.left - shared <= _MIN_OVERLAP * narrowest


def _place_by_position(boxes: Sequence[PublishedCell], alignment: Alignment) -> PlacedCells:
    under: dict[int, list[PublishedCell]] = {}
    unclear: dict[int, str] = {}
    extra: list[str] = []
    for box in boxes:
        heads = [(head, column) for head, column in alignment.heads if head.overlap(box) >= _MIN_OVERLAP]
        columns = [column for _, column in heads]
        if len(columns) == 1 and _is_under_headers(box, alignment.heads):
            under.setdefault(columns[0], []).append(box)
        elif box.text.strip():
            unclear.update(dict.fromkeys(columns, box.text))
            extra += [] if columns else [box.text]
        else:
            for column in columns:
                under.setdefault(column, []).append(box)
    cells = {}
    for column, found in under.items():
        texts = list(dict.fromkeys(box.text for box in found if box.text.strip()))  # one may be repeated over a span
        if len(texts) > 1:
            unclear[column] = " ".join(texts)
        else:
            cells[column] = texts[0] if texts else ""
    for column in unclear:
        cells.pop(column, None)
    return PlacedCells(cells, unclear, tuple(extra))
