"""Which published column holds which column of the form: by the heads' words, else by their number and order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nianbao.importer.recognition.labels import CLEAR, SURE, words
from nianbao.importer.recognition.printed_values import looks_like_value
from nianbao.importer.recognition.published import Box
from nianbao.importer.recognition.tables.layouts import Shape
from nianbao.importer.recognition.tables.rows import Region, Row, behind, disordered

ALIGNED = 0.5  # heads that agree by less are those of another table
_CORNERS = 4  # label columns at most
_WRONG_GROUP = 0.5
_DISORDERED = 0.9  # heads in disorder must have nearly all signs of the form's
_MERGED = 0.5  # a box that covers half of a head stands under it


@dataclass(frozen=True, slots=True)
class Alignment:
    """Heads of a region against the columns of a shape.

    `heads` pairs a head's box with a column; `score` is 1 where every column was found by its words;
    `left` is where the figures begin. `by_order` columns have heads that say something else, or none; those that
    are `unproven` have lost some, and the sums must bear them out.
    """

    score: float
    heads: tuple[tuple[Box, int], ...] = ()
    left: float | None = None
    by_order: bool = False
    unproven: bool = False

    @property
    def order(self) -> tuple[int, ...]:
        """The columns from left to right, if every one has a head."""
        return tuple(column for _, column in self.heads)


def alignments(region: Region, shape: Shape) -> list[Alignment]:
    """Find the ways to stand under the heads of a region: by place, and by order."""
    ordered = _ordered(region, shape)
    return [_placed(region, shape), *([ordered] if ordered.score else [])]


def _placed(region: Region, shape: Shape) -> Alignment:
    """Find the columns of a shape under the heads of a region; score 0 where they are not there."""
    if region.told:
        return _told(region.told, shape)
    return max((_under(heads, region, shape) for heads in _ways(region.heads)), key=lambda found: found.score)


def _ways(heads: Sequence[Box]) -> list[Sequence[Box]]:
    """Take heads that say the same beside each other as one, repeated over its span, and each by itself."""
    joined: list[Box] = []
    for box in heads:
        last = joined[-1] if joined else None
        if last and (last.text, last.top, last.bottom, last.right) == (box.text, box.top, box.bottom, box.left):
            joined[-1] = replace(last, right=box.right)
        else:
            joined.append(box)
    return [joined, heads] if len(joined) < len(heads) else [heads]


def _under(heads: Sequence[Box], region: Region, shape: Shape) -> Alignment:
    leaves = _leaves(heads)
    scores = [[_score(box, region, way, shape) for way in range(len(shape.columns))] for box in leaves]
    best = Alignment(0.0)
    for corner in range(min(_CORNERS, len(leaves)) + 1):
        found = _in_order(leaves[corner:], scores[corner:], len(shape.columns))
        if found.score > best.score:
            best = found
    named = _by_name(leaves, scores, len(shape.columns))
    return named if named.score > best.score or (best.by_order and named.score >= best.score) else best


def _ordered(region: Region, shape: Shape) -> Alignment:
    """Take the columns in the form's order where the heads are its heads one by one, with a corner or without one.

    Heads that lost their spans do not stand over their columns. Score 0 for any others.
    """
    form = [words(heading.label) for level in shape.levels for heading in level]
    given = [words(box.text) for box in region.heads][-len(form) :]
    if not len(given) == len(form) >= len(region.heads) - 1:
        return Alignment(0.0)
    return Alignment(1.0 if all(one.like(head) >= SURE for one, head in zip(given, form, strict=True)) else 0.0)


def _told(told: str, shape: Shape) -> Alignment:
    """Compare the heads of a text with a shape's; in disorder they say which table it is, not which column."""
    score = max(behind(told, heading) for heading in shape.headings)
    if score >= SURE:
        return Alignment(score)
    loose = max(disordered(told, heading) for heading in shape.headings)
    return Alignment(loose - (1 - SURE), by_order=True, unproven=True) if loose >= _DISORDERED else Alignment(score)


def _leaves(heads: Sequence[Box]) -> list[Box]:
    """Return the heads that have no other head below them, from left to right."""
    lowest = [
        box
        for box in heads
        if not any(other.top > box.top and other.over(box) > _MERGED and _inside(other, box) for other in heads)
    ]
    return sorted(lowest, key=lambda box: box.left)


def _inside(below: Box, above: Box) -> bool:
    """Tell whether a box below another one covers a good part of it, or is covered by it."""
    return below.over(above) > _MERGED


def _score(leaf: Box, region: Region, column: int, shape: Shape) -> float:
    given = words(leaf.text)
    score = max(given.like(way) for way in shape.column_words[column])
    groups = [words(heading.label) for heading in shape.columns[column][:-1]]
    others = [group for group in shape.column_groups if group not in groups]
    stack = [box.text for box in region.heads if box is not leaf and box.top < leaf.top and box.over(leaf) > _MERGED]
    for text in stack:
        over = words(text)
        right = max((over.like(group) for group in groups), default=0.0)
        wrong = max((over.like(group) for group in others), default=0.0)
        if wrong >= SURE and wrong > right:
            score -= _WRONG_GROUP
        elif right >= SURE:
            score += CLEAR
    return score


def _in_order(leaves: Sequence[Box], scores: Sequence[Sequence[float]], size: int) -> Alignment:
    """Take as many heads as there are columns one by one, where no head says that it is another column."""
    if len(leaves) != size:
        return Alignment(0.0)
    own = [row[at] for at, row in enumerate(scores)]
    sure = [score >= SURE for score in own]
    for at, row in enumerate(scores):
        if max(row) >= SURE and own[at] < max(row) - CLEAR:
            return Alignment(0.0)
    if not any(sure):
        return Alignment(0.0)
    pairs = tuple((box, at) for at, box in enumerate(leaves))
    return Alignment(sum(map(min, own, [1.0] * size)) / size, pairs, leaves[0].left, by_order=not all(sure))


def _by_name(leaves: Sequence[Box], scores: Sequence[Sequence[float]], size: int) -> Alignment:
    """Take the heads that say which column they are, each column once."""
    claims: dict[int, list[tuple[float, Box]]] = {}
    for box, row in zip(leaves, scores, strict=True):
        ranked = sorted(enumerate(row), key=lambda pair: -pair[1])
        if ranked and ranked[0][1] >= SURE and (len(ranked) == 1 or ranked[0][1] - ranked[1][1] >= CLEAR):
            claims.setdefault(ranked[0][0], []).append((ranked[0][1], box))
    pairs = []
    for column, claimed in claims.items():
        claimed.sort(key=lambda pair: -pair[0])
        if len(claimed) == 1 or claimed[0][0] - claimed[1][0] >= CLEAR:
            pairs.append((claimed[0][1], column))
    pairs.sort(key=lambda pair: pair[0].left)
    if not pairs:
        return Alignment(0.0)
    # A head that is no column speaks against the shape; one may be the corner over the labels.
    return Alignment(len(pairs) / max(size, len(leaves) - 1), tuple(pairs), min(box.left for box, _ in pairs))


def completed(alignment: Alignment, rows: Sequence[Row], size: int) -> Alignment:
    """Give the columns that lost their heads those of their figures, where each row has a figure for every column."""
    boxes = [figures(row, alignment) for row in rows]
    known = {column: head for head, column in alignment.heads}
    if not known or len(known) == size or any(len(row) != size for row in boxes):
        return alignment
    if any(head.over(row[column]) < _MERGED for row in boxes for column, head in known.items()):
        return alignment
    first = boxes[0]
    heads = tuple((known.get(at, replace(first[at], text="")), at) for at in range(size))
    return replace(alignment, heads=heads, left=first[0].left, by_order=True, unproven=True)


def labels(row: Row, alignment: Alignment) -> list[str]:
    """Return the label texts of a row, those that reach into it from above first."""
    if row.loose:
        return list(row.label)
    own = row.boxes[: len(row.boxes) - len(figures(row, alignment))]
    first = own[0].left if own else float("inf")
    left = alignment.left if alignment.left is not None else first + 1e-6
    above = [box for box in row.above if box.left < left and not looks_like_value(box.text)]
    return [box.text for box in (*above, *own) if box.text.strip()]


def figures(row: Row, alignment: Alignment) -> list[Box]:
    """Return the boxes of a row that hold its figures: those behind its labels."""
    if row.loose:
        return list(row.boxes)
    start = 0
    for at, box in enumerate(row.boxes):
        behind_ = alignment.left is not None and box.left >= alignment.left - _slack(alignment, box)
        if behind_ or looks_like_value(box.text):
            break
        if box.text.strip():
            start = at + 1
    left = alignment.left
    rest = list(row.boxes[start:])
    if left is not None:
        while rest and not rest[0].text.strip() and rest[0].right <= left + _slack(alignment, rest[0]):
            rest = rest[1:]
    return rest


def astray(row: Row, alignment: Alignment) -> bool:
    """Tell whether a figure stands left of all heads: labels lost their spans, and the row only its order."""
    left = alignment.left
    return left is not None and any(box.text.strip() and box.right <= left for box in figures(row, alignment))


def _slack(alignment: Alignment, own: Box) -> float:
    """Return by how much a line of the grid may be off: a quarter of the narrowest box."""
    return min(box.right - box.left for box in (own, *(head for head, _ in alignment.heads))) / 4


@dataclass(frozen=True, slots=True)
class Placed:
    """The figures of one row by column; `unclear` columns have a box whose column nobody can know."""

    cells: dict[int, str]
    unclear: dict[int, str]
    extra: tuple[str, ...] = ()  # what stands under no head
    units: dict[int, str] | None = None


def place(boxes: Sequence[Box], alignment: Alignment, size: int, *, short: bool = False) -> Placed | None:
    """Put the figures of a row under the columns.

    None where only their order is known: where no head says anything and their number is another, and where
    the row is short or a head has nothing under it, since then it may have lost a cell anywhere.
    """
    if short:
        return None
    if not alignment.heads:
        return Placed({at: box.text for at, box in enumerate(boxes)}, {}) if len(boxes) == size else None
    heads = alignment.heads
    pairs = list(zip(boxes, heads, strict=False))
    if len(boxes) == len(heads) and all(box.over(head) > 0 and _headed(box, heads) for box, (head, _) in pairs):
        return Placed({column: box.text for box, (_, column) in zip(boxes, heads, strict=True)}, {})
    if any(all(head.over(box) < _MERGED for box in boxes) for head, _ in heads):
        return None
    return _by_place(boxes, alignment)


def _headed(box: Box, heads: Sequence[tuple[Box, int]]) -> bool:
    """Tell whether a box stands under heads with nearly all of its width."""
    shared = sum(max(0.0, min(box.right, head.right) - max(box.left, head.left)) for head, _ in heads)
    narrowest = min(head.right - head.left for head, _ in heads)
    return box.right - box.left - shared <= _MERGED * narrowest


def _by_place(boxes: Sequence[Box], alignment: Alignment) -> Placed:
    under: dict[int, list[Box]] = {}
    unclear: dict[int, str] = {}
    extra: list[str] = []
    for box in boxes:
        heads = [(head, column) for head, column in alignment.heads if head.over(box) >= _MERGED]
        columns = [column for _, column in heads]
        if len(columns) == 1 and _headed(box, alignment.heads):
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
    return Placed(cells, unclear, tuple(extra))
