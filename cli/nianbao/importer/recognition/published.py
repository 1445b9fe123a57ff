"""A published report as a reader gives it: texts and grids in their order, nothing of it understood yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PublishedCell:
    """A cell of a published grid: its text, and the lines between which it stands.

    Rows are counted from 0. `left` and `right` are columns counted from 0, or points on a PDF's page:
    only their order and overlap are used.
    """

    text: str
    top: int
    bottom: int
    left: float
    right: float

    def overlap(self, other: "PublishedCell") -> float:
        """Tell how much of the narrower of two boxes stands above or below the other, from 0 to 1."""
        shared = min(self.right, other.right) - max(self.left, other.left)
        return max(0.0, shared / max(1e-6, min(self.right - self.left, other.right - other.left)))


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table as published: boxes in the order of rows, spans as they are."""

    boxes: tuple[PublishedCell, ...]

    def rows(self) -> Iterator[tuple[list[PublishedCell], list[PublishedCell]]]:
        """Give each row: the boxes that begin in it, and those that reach into it from above, from left to right."""
        starts: dict[int, list[PublishedCell]] = {}
        for box in sorted(self.boxes, key=lambda box: (box.top, box.left)):
            starts.setdefault(box.top, []).append(box)
        above: list[PublishedCell] = []
        for row in sorted(starts):
            above = [box for box in above if box.bottom > row]
            yield starts[row], sorted(above, key=lambda box: box.left)
            above += [box for box in starts[row] if box.bottom > row + 1]

    def transpose(self) -> "PublishedTable":
        """Give the same grid with its rows for columns."""
        edges = sorted({edge for box in self.boxes for edge in (box.left, box.right)})
        place = {edge: at for at, edge in enumerate(edges)}
        return PublishedTable(
            tuple(PublishedCell(box.text, place[box.left], place[box.right], box.top, box.bottom) for box in self.boxes)
        )

    @property
    def left(self) -> float:
        """Where the grid begins."""
        return min((box.left for box in self.boxes), default=0.0)

    @property
    def right(self) -> float:
        """Where it ends."""
        return max((box.right for box in self.boxes), default=0.0)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph or heading: its plain text, one line break where the file has one, and the same as Markdown.

    `level` is 0 for a paragraph, from 1 for a heading.
    """

    plain: str
    markdown: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class NamedCell:
    """A cell that a spreadsheet has a name for: what stands in it, its sheet and cell, the formula it results from."""

    text: str
    at: str = ""
    formula: str = ""


@dataclass(frozen=True, slots=True)
class PublishedDocument:
    """What a reader found in a file.

    `title`, `office` and `year` are what the file says of itself beside its texts, `carried` the facts (TOML)
    that our own outputs carry, and `notes` what the reader left out. The texts are `exact` unless they were
    put together from marks on a page. `named` are the cells by which a form that we sent out is read.
    """

    blocks: tuple[Paragraph | PublishedTable, ...]
    title: str = ""
    office: str = ""
    year: int = 0
    carried: str = ""
    exact: bool = True
    notes: tuple[str, ...] = ()
    named: Mapping[str, NamedCell] = field(default_factory=dict)
