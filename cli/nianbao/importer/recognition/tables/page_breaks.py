"""Tables cut by the end of a page: a line of cells that goes on in the next grid is made whole."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from nianbao.importer.recognition.labels import MIN_SIMILARITY, normalize
from nianbao.importer.recognition.printed_values import may_be_value
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedTable

MAX_LABEL_LENGTH = 60  # characters; a longer text is a sentence, and no label
_TOLERANCE = 0.03  # of its width, by which a grid may be off


def join_split_rows(
    blocks: Sequence[Paragraph | PublishedTable], like: Callable[[str], float]
) -> list[Paragraph | PublishedTable]:
    """Join what a page's end cut apart; `like` tells how much a text is like a label or a head."""
    found = list(blocks)
    last: int | None = None
    for at, block in enumerate(found):
        if isinstance(block, PublishedTable):
            first = found[last] if last is not None else None
            if last is not None and isinstance(first, PublishedTable) and is_continuation(first, block):
                found[last], found[at] = _join_rows(first, block, like)
            last = at
        elif len(normalize(block.plain)) > MAX_LABEL_LENGTH or block.level:
            last = None
    return found


def is_continuation(first: PublishedTable, second: PublishedTable) -> bool:
    """Tell whether a grid may be the rest of another one: it takes the same width of the page."""
    near = _TOLERANCE * max(first.right - first.left, 1e-6)
    return abs(first.left - second.left) < near and abs(first.right - second.right) < near


def _join_rows(
    first: PublishedTable, second: PublishedTable, like: Callable[[str], float]
) -> tuple[PublishedTable, PublishedTable]:
    """Put the first line of the second grid into the last one of the first, where that makes a label whole."""
    near = _TOLERANCE * max(first.right - first.left, 1e-6)
    end = max((box.bottom for box in first.boxes), default=0)
    start = min((box.top for box in second.boxes), default=0)
    upper = [box for box in first.boxes if box.bottom == end]
    pairs: list[tuple[PublishedCell, PublishedCell]] = []
    for lower in (box for box in second.boxes if box.top == start):
        over = [box for box in upper if abs(box.left - lower.left) < near and abs(box.right - lower.right) < near]
        if not over and lower.text.strip():
            return first, second
        pairs += [(over[0], lower)] if over else []
    if any(may_be_value(above.text) and may_be_value(below.text) for above, below in pairs):
        return first, second
    if not any(_is_split_label(above.text, below.text, like) for above, below in pairs):
        return first, second
    texts = {above: above.text + below.text for above, below in pairs}
    reach = {below: texts[above] for above, below in pairs}
    rest = [box for box in second.boxes if box.top > start or box.bottom > start + 1]
    return (
        PublishedTable(tuple(replace(box, text=texts.get(box, box.text)) for box in first.boxes)),
        PublishedTable(tuple(replace(box, text=reach.get(box, box.text)) for box in rest)),
    )


def _is_split_label(above: str, below: str, like: Callable[[str], float]) -> bool:
    whole = like(above + below)
    return bool(above.strip() and below.strip()) and whole >= MIN_SIMILARITY and whole > max(like(above), like(below))
