"""From grids and texts to rows of figures under their heads, before anything is known of their columns."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz

from nianbao.importer.recognition.labels import MIN_SIMILARITY, Label, normalize, parse_label, split_labels
from nianbao.importer.recognition.printed_values import may_be_value
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedDocument, PublishedTable
from nianbao.importer.recognition.tables.layouts import Layout
from nianbao.importer.recognition.tables.page_breaks import MAX_LABEL_LENGTH, is_continuation, join_split_rows

_MIN_FREE_WIDTH = 0.5  # of the narrowest cell: more is the place of a cell that is not there
_MAX_LABEL_TEXTS = 40  # words before some figures: as many as the largest head has pieces
_MAX_CONTEXT = 3  # texts before a grid that may say what its rows or columns are
_MIN_UNORDERED_LENGTH = 60  # signs; shorter heads would be taken for others
_CELL_SEPARATOR = re.compile(r"\t|(?<! ) *[|｜] *")
_UNIT = re.compile(r"(\d)\s+(亿元|万元|元|件|项|个)(?=\s|$)")
_FIGURE_AFTER_WORD = re.compile(
    r"^(?P<words>.*[^\d.,，０-９．+\-−－])(?P<tail>[+\-−－]?[\d０-９][\d.,，０-９．]*(?:元|万元|件)?)$"
)


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """A row with figures: its boxes from left to right, and those that reach into it from above.

    A `loose` row comes from a text: only the order of its boxes is known, and they are figures, its label
    stands in `label`. A `short` row of a grid lacks a cell somewhere. `block` counts the published blocks.
    """

    boxes: tuple[PublishedCell, ...]
    above: tuple[PublishedCell, ...] = ()
    label: tuple[str, ...] = ()
    from_text: bool = False
    short: bool = False
    block: int = 0


@dataclass(slots=True)
class Region:
    """Rows under one set of heads; `context` are the texts before it, the nearest last."""

    heads: tuple[PublishedCell, ...] = ()
    context: tuple[str, ...] = ()
    rows: list[PublishedRow] = field(default_factory=list)
    blank: PublishedRow | None = (
        None  # a row of blank cells right under the heads: figures not filled in, where no row has any
    )
    told: str = ""  # the heads of a text, behind each other

    @property
    def block(self) -> int:
        """The published block that it begins in."""
        return self.rows[0].block


class KnownLabels:
    """The labels and heads of some shapes, to tell head rows from rows of figures."""

    def __init__(self, shapes: Sequence[Layout]) -> None:
        self.labels = _remove_duplicates(
            way for shape in shapes for ways in (*shape.row_labels, *shape.row_aliases) for way in ways
        )
        heads = [way for shape in shapes for ways in shape.column_labels for way in ways]
        self.heads = _remove_duplicates([*heads, *(parse_label(shape.block.corner) for shape in shapes)])
        self.groups = _remove_duplicates(way for shape in shapes for way in shape.group_labels)
        self.headings = tuple(dict.fromkeys(heading for shape in shapes for heading in shape.headings))
        self._seen: dict[tuple[str, bool], float] = {}

    def label(self, text: str) -> float:
        """Tell how much a text is like a row label."""
        return self._best(text, self.labels, row=True)

    def head(self, text: str) -> float:
        """Tell how much a text is like a column head, a corner, or a group of them."""
        return max(self._best(text, self.heads, row=False), self._best(text, self.groups, row=False))

    def heading(self, text: str) -> bool:
        """Tell whether a text ends with all the heads of a block, behind each other or in disorder."""
        given = parse_label(text).whole
        return any(
            max(compare_end(given, heading), compare_unordered(given, heading)) >= MIN_SIMILARITY
            for heading in self.headings
        )

    def _best(self, text: str, among: Sequence[Label], *, row: bool) -> float:
        if len(text) > 2 * MAX_LABEL_LENGTH:
            return 0.0
        given = parse_label(text)
        key = (f"{given.ordinal}{given.whole}{id(among)}", row)
        if key not in self._seen:
            self._seen[key] = max((given.compare_to(one) for one in among), default=0.0)
        return self._seen[key]


def find_regions(published: PublishedDocument, known: KnownLabels) -> list[Region]:
    """Collect the rows of figures of a published report, grids and texts alike, in their order."""
    found: list[Region] = []
    context: list[str] = []
    last: PublishedTable | None = None
    for at, block in enumerate(
        join_split_rows(published.blocks, lambda text: max(known.label(text), known.head(text)))
    ):
        if isinstance(block, PublishedTable):
            taken = _TableReader(
                block, at, known, context, found[-1] if last and is_continuation(last, block) and found else None
            )
            found += taken.regions
            last = block
        elif block.plain.strip():
            context = [*context, *(line for line in block.plain.split("\n") if line.strip())][-_MAX_CONTEXT:]
            if len(normalize(block.plain)) > MAX_LABEL_LENGTH or block.level:
                last = None
    found += _read_texts(published, known)
    for region in found:
        if region.blank and not region.rows:
            region.rows.append(region.blank)
    return [region for region in found if region.rows]


class _TableReader:
    """Parts the rows of one grid into head rows, rows of figures, and lines over its full width."""

    def __init__(
        self, grid: PublishedTable, block: int, known: KnownLabels, context: list[str], before: Region | None
    ) -> None:
        self.grid, self.block, self.known, self.context = grid, block, known, context
        self.regions: list[Region] = []
        self.heads: list[PublishedCell] = list(before.heads) if before else []
        self.in_heads = False
        self.region = Region(tuple(self.heads), before.context if before else tuple(context))
        if before:
            self.regions.append(self.region)
        for starts, above in grid.rows():
            self.row(starts, above)

    def row(self, starts: list[PublishedCell], above: list[PublishedCell]) -> None:
        filled = [box for box in starts if box.text.strip()]
        if filled and len({box.text for box in starts}) == 1 and not above and not may_be_value(starts[0].text):
            starts = filled = [replace(starts[0], right=starts[-1].right)]  # repeated over its span
        if not filled:
            if self.in_heads and not self.region.blank:
                self.region.blank = PublishedRow(tuple(starts), tuple(above), block=self.block)
            return
        if len(filled) == 1 and self._wide(filled[0], starts, above):
            self.context.extend(line for line in filled[0].text.split("\n") if line.strip())
            del self.context[:-_MAX_CONTEXT]
            self.in_heads = False
            return
        if self._is_head(filled, starts, above):
            if not self.in_heads:
                self.heads = []
            self.heads += filled
            self.region = Region(tuple(self.heads), tuple(self.context))
            self.regions.append(self.region)
            self.in_heads = True
            return
        self.in_heads = False
        if not self.regions:
            self.regions.append(self.region)
        self.region.rows.append(
            PublishedRow(tuple(starts), tuple(above), short=self._short(starts, above), block=self.block)
        )

    def _short(self, starts: list[PublishedCell], above: list[PublishedCell]) -> bool:
        """Tell whether the cells of a row leave a part of the grid's width free."""
        reached, free = self.grid.left, 0.0
        for box in sorted([*starts, *above], key=lambda box: box.left):
            free += max(0.0, box.left - reached)
            reached = max(reached, box.right)
        free += max(0.0, self.grid.right - reached)
        return free > _MIN_FREE_WIDTH * min(box.right - box.left for box in starts)

    def _wide(self, box: PublishedCell, starts: list[PublishedCell], above: list[PublishedCell]) -> bool:
        if may_be_value(box.text) or above:
            return False
        if len(starts) == 1:
            return True
        return (
            self.known.label(box.text) < MIN_SIMILARITY
            and self.known.head(box.text) < MIN_SIMILARITY
            and len(normalize(box.text)) > MAX_LABEL_LENGTH // 4
        )

    def _is_head(self, filled: list[PublishedCell], starts: list[PublishedCell], above: list[PublishedCell]) -> bool:
        if any(may_be_value(box.text) and any(map(str.isdigit, box.text)) for box in filled):
            return False
        heads = [self.known.head(box.text) for box in filled]
        labels = [self.known.label(box.text) for box in filled]
        labels[0] = max(labels[0], self.known.label("".join(box.text for box in filled)))
        sure_heads = sum(score >= MIN_SIMILARITY for score in heads)
        if not sure_heads:
            return self.in_heads and max(labels) < MIN_SIMILARITY
        if (
            labels[0] >= max(heads[0], MIN_SIMILARITY)
            and self.heads
            and not self.in_heads
            and len(starts) > len(filled)
        ):
            return False  # a label that is a head as well, and cells that are blank
        first = next(at for at, score in enumerate(heads) if score >= MIN_SIMILARITY)
        if labels[0] > heads[0] and labels[0] >= MIN_SIMILARITY and len(starts) > len(filled):
            return False  # a label, and cells that are blank
        return first > 0 or heads[0] >= labels[0] or sure_heads > 1 or not above


def _read_texts(published: PublishedDocument, known: KnownLabels) -> list[Region]:
    """Read rows from texts: a label, then its figures, on one line or each on a line of its own."""
    reading = _TextReader(known)
    for at, block in enumerate(published.blocks):
        if isinstance(block, PublishedTable):
            reading.finish()
            reading.label_texts = []
            continue
        for text, figure in _split_text(block):
            if text:
                reading.finish()
                reading.label_texts = [*reading.label_texts, text][-_MAX_LABEL_TEXTS:]
            if figure is not None and (reading.figures or reading.label_texts):
                reading.figures.append(figure)
                reading.last = at
    reading.finish()
    return reading.regions


@dataclass(slots=True)
class _TextReader:
    """Gathers the words before some figures, then the figures, until words come again."""

    known: KnownLabels
    label_texts: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    last: int = 0  # the block of the last figure

    def finish(self) -> None:
        """Make a row of what was gathered, under new heads where its words end with some."""
        if not self.figures:
            return
        label, before = _split_label(self.label_texts, self.known)
        told = normalize("".join(before))
        if not self.regions or (told and self.known.heading(told)):
            whole = parse_label(told).whole if self.known.heading(told) else ""
            self.regions.append(Region(context=tuple(before[-_MAX_CONTEXT:]), told=whole))
        boxes = tuple(PublishedCell(text, 0, 1, place, place + 1) for place, text in enumerate(self.figures))
        self.regions[-1].rows.append(PublishedRow(boxes, label=tuple(label), from_text=True, block=self.last))
        self.label_texts, self.figures = [], []


def _split_text(block: Paragraph) -> Iterator[tuple[str, str | None]]:
    """Cut a text into words and figures: `(words, figures behind them)`, either may be missing."""
    for line in block.plain.split("\n"):
        if len(normalize(line)) > 2 * MAX_LABEL_LENGTH:
            yield line, None
            continue
        cells = _CELL_SEPARATOR.split(line.strip(" ").strip("|｜")) if _CELL_SEPARATOR.search(line) else [line]
        several = len(cells) > 1
        for cell in cells:
            if not cell.strip():
                if several:
                    yield "", ""
                continue
            yield from _split_figures(cell)


def _split_figures(cell: str) -> Iterator[tuple[str, str | None]]:
    """Cut figures off the end of a text: those that blanks part from it, and digits right behind its last word."""
    said = _UNIT.sub(r"\1\2", cell).split()
    start = len(said)
    while start and may_be_value(said[start - 1]):
        start -= 1
    figures = said[start:]
    if start and (match := _FIGURE_AFTER_WORD.match(said[start - 1])):
        said[start - 1], figures = match["words"], [match["tail"], *figures]
    if any(map(str.isdigit, "".join(figures))) or not start or len(figures) > 1:
        yield " ".join(said[:start]), None
        for figure in figures:
            yield "", figure
    else:
        yield cell.strip(), None


def _split_label(gathered: list[str], known: KnownLabels) -> tuple[list[str], list[str]]:
    """Take the row label from the end of the texts before some figures; the rest stands before it."""
    for size in range(1, min(4, len(gathered)) + 1):
        text = "".join(gathered[-size:])
        parts = split_labels(text)
        label, head = (known.label(parts[-1]), known.head(parts[-1])) if parts else (0.0, 0.0)
        if label < MIN_SIMILARITY or label < head:
            continue
        before = gathered[-size - 1] if len(gathered) > size else ""
        if label == head and (known.head(before) >= MIN_SIMILARITY or known.heading(normalize("".join(gathered)))):
            continue  # 总计 ends a row of heads as well
        return parts, gathered[:-size]
    return [], gathered


def compare_end(given: str, heading: str) -> float:
    """Compare the end of a text with heads behind each other."""
    return fuzz.ratio(given[-len(heading) :], heading) / 100


def compare_unordered(given: str, heading: str) -> float:
    """Compare the same sign by sign, in no order: a page as text cuts heads of several lines into pieces."""
    size = len(heading)
    if size < _MIN_UNORDERED_LENGTH or len(given) < size:
        return 0.0
    return fuzz.ratio("".join(sorted(given[-size:])), "".join(sorted(heading))) / 100


def _remove_duplicates(found: Iterable[Label]) -> tuple[Label, ...]:
    return tuple(dict.fromkeys(found))
