"""Tables split by the end of a page: a row that continues in the next table is joined again."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from nianbao.importer.recognition.labels import MIN_SIMILARITY, normalize
from nianbao.importer.recognition.printed_values import may_be_value
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedTable
from nianbao.model.loading.reading import Reading

MAX_LABEL_LENGTH = 60  # characters; a longer text is a sentence, and no label
_TOLERANCE = 0.03  # of its width, by which the edges of a table may be off

Compare = Callable[[str], float]  # how likely a text is a label or a header of a form, from 0 to 1


def join_split_rows(
    blocks: Sequence[Paragraph | PublishedTable], compare: Compare, reading: Reading
) -> list[Paragraph | PublishedTable]:
    """Join the rows that the end of a page split; `compare` says how likely a text is a label or a header.

    The number of blocks, and the place of each, stay the same.
    """
    joined = list(blocks)
    last: int | None = None  # the index of the table that the next one may continue
    for index, block in enumerate(joined):
        if isinstance(block, PublishedTable):
            first = joined[last] if last is not None else None
            if last is not None and isinstance(first, PublishedTable) and is_continuation(first, block):
                joined[last], joined[index] = _join_rows(first, block, compare, reading)
            last = index
        elif len(normalize(block.plain, reading)) > MAX_LABEL_LENGTH or block.level:
            last = None
    return joined


def is_continuation(first: PublishedTable, second: PublishedTable) -> bool:
    """Tell whether a table may be the rest of another one: it takes the same width of the page."""
    tolerance = _compute_tolerance(first)
    return abs(first.left - second.left) < tolerance and abs(first.right - second.right) < tolerance


def _compute_tolerance(table: PublishedTable) -> float:
    return _TOLERANCE * max(table.right - table.left, 1e-6)


def _join_rows(
    first: PublishedTable, second: PublishedTable, compare: Compare, reading: Reading
) -> tuple[PublishedTable, PublishedTable]:
    """Move the first row of the second table into the last one of the first, where that makes a label whole."""
    pairs = _pair_cells(first, second)
    rests = _find_rests(pairs or (), second, reading)
    if rests:  # a figure with a break in it is not read
        pairs = [
            (above, replace(below, text=f"\n{below.text}")) if below in rests else (above, below)
            for above, below in pairs or ()
        ]
    elif (
        pairs is None
        or any(may_be_value(above.text, reading) and may_be_value(below.text, reading) for above, below in pairs)
        or not any(_is_split_label(above.text, below.text, compare) for above, below in pairs)
    ):
        return first, second
    start = min((cell.top for cell in second.cells), default=0)
    texts = {above: above.text + below.text for above, below in pairs}
    spanning = {below: texts[above] for above, below in pairs}  # cells that reach beyond the first row keep the text
    rest = [cell for cell in second.cells if cell.top > start or cell.bottom > start + 1]
    return (
        replace(first, cells=tuple(replace(cell, text=texts.get(cell, cell.text)) for cell in first.cells)),
        replace(second, cells=tuple(replace(cell, text=spanning.get(cell, cell.text)) for cell in rest)),
    )


def _find_rests(
    pairs: Sequence[tuple[PublishedCell, PublishedCell]], second: PublishedTable, reading: Reading
) -> list[PublishedCell]:
    """Return what may be the last digits of figures that wrap: the only texts of a row, below some of those above."""
    start = min((cell.top for cell in second.cells), default=0)
    if any(cell.text.strip() and not cell.text.strip().isdigit() for cell in second.cells if cell.top == start):
        return []
    figures = [(above, below) for above, below in pairs if may_be_value(above.text, reading) and above.text.strip()]
    rests = [below for _above, below in figures if below.text.strip()]
    return rests if len(rests) < len(figures) else []


def _pair_cells(first: PublishedTable, second: PublishedTable) -> list[tuple[PublishedCell, PublishedCell]] | None:
    """Pair the cells of the last row of a table with those below them; None where one with a text has none above."""
    tolerance = _compute_tolerance(first)
    end = max((cell.bottom for cell in first.cells), default=0)
    start = min((cell.top for cell in second.cells), default=0)
    last_row = [cell for cell in first.cells if cell.bottom == end]
    pairs: list[tuple[PublishedCell, PublishedCell]] = []
    for below in (cell for cell in second.cells if cell.top == start):
        above = [
            cell
            for cell in last_row
            if abs(cell.left - below.left) < tolerance and abs(cell.right - below.right) < tolerance
        ]
        if not above and below.text.strip():
            return None
        pairs += [(above[0], below)] if above else []
    return pairs


def _is_split_label(above: str, below: str, compare: Compare) -> bool:
    joined = compare(above + below)
    return (
        bool(above.strip() and below.strip())
        and joined >= MIN_SIMILARITY
        and joined > max(compare(above), compare(below))
    )
