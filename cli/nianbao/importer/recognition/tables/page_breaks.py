"""Tables cut by the end of a page: a line of cells that goes on in the next grid is made whole."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from nianbao.importer.recognition.labels import SURE, flat
from nianbao.importer.recognition.printed_values import looks_like_value
from nianbao.importer.recognition.published import Box, Grid, Text

LONG = 60  # characters; a longer text is a sentence, and no label
_NEAR = 0.03  # of its width, by which a grid may be off


def mended(blocks: Sequence[Text | Grid], like: Callable[[str], float]) -> list[Text | Grid]:
    """Join what a page's end cut apart; `like` tells how much a text is like a label or a head."""
    found = list(blocks)
    last: int | None = None
    for at, block in enumerate(found):
        if isinstance(block, Grid):
            first = found[last] if last is not None else None
            if last is not None and isinstance(first, Grid) and goes_on(first, block):
                found[last], found[at] = _joined(first, block, like)
            last = at
        elif len(flat(block.plain)) > LONG or block.level:
            last = None
    return found


def goes_on(first: Grid, second: Grid) -> bool:
    """Tell whether a grid may be the rest of another one: it takes the same width of the page."""
    near = _NEAR * max(first.right - first.left, 1e-6)
    return abs(first.left - second.left) < near and abs(first.right - second.right) < near


def _joined(first: Grid, second: Grid, like: Callable[[str], float]) -> tuple[Grid, Grid]:
    """Put the first line of the second grid into the last one of the first, where that makes a label whole."""
    near = _NEAR * max(first.right - first.left, 1e-6)
    end = max((box.bottom for box in first.boxes), default=0)
    start = min((box.top for box in second.boxes), default=0)
    upper = [box for box in first.boxes if box.bottom == end]
    pairs: list[tuple[Box, Box]] = []
    for lower in (box for box in second.boxes if box.top == start):
        over = [box for box in upper if abs(box.left - lower.left) < near and abs(box.right - lower.right) < near]
        if not over and lower.text.strip():
            return first, second
        pairs += [(over[0], lower)] if over else []
    if any(looks_like_value(above.text) and looks_like_value(below.text) for above, below in pairs):
        return first, second
    if not any(_cut(above.text, below.text, like) for above, below in pairs):
        return first, second
    texts = {above: above.text + below.text for above, below in pairs}
    reach = {below: texts[above] for above, below in pairs}
    rest = [box for box in second.boxes if box.top > start or box.bottom > start + 1]
    return (
        Grid(tuple(replace(box, text=texts.get(box, box.text)) for box in first.boxes)),
        Grid(tuple(replace(box, text=reach.get(box, box.text)) for box in rest)),
    )


def _cut(above: str, below: str, like: Callable[[str], float]) -> bool:
    whole = like(above + below)
    return bool(above.strip() and below.strip()) and whole >= SURE and whole > max(like(above), like(below))
