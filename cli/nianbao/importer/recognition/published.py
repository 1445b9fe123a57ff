"""A published report as a reader gives it: paragraphs and tables in their order, not yet interpreted."""

import unicodedata
from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

SOFT_HYPHEN = "\u00ad"  # in the text of a cell: a hyphen at the end of a line, which may be one of the word


def is_wide(sign: str) -> bool:
    """Tell whether a character is as wide as a Chinese one: it is of a script in which no blanks part words."""
    return any(unicodedata.east_asian_width(one) in "WF" for one in sign)


class Place(Struct, frozen=True):
    """Where something stands in a file, as far as its format says: a page, a line, a sheet; all are counted from 1.

    `table` and `row` count the tables of the file, and the rows of one, where nothing else is known. On a page it
    stands between `top` and `bottom`, which are shares of the page's height; both are 0 where that is not known.
    `picture` is the name of the picture that is the page, where each is a file of its own.
    """

    page: int = 0
    line: int = 0
    sheet: str = ""
    table: int = 0
    row: int = 0
    top: float = 0.0
    bottom: float = 0.0
    picture: str = ""

    def name_cell(self, left: float | None) -> str:
        """Return the sheet and the cell in the column `left`, counted from 0, or the sheet and the row."""
        if left is None:
            return f"{self.sheet}!{self.row}:{self.row}"
        column, letters = int(left) + 1, ""
        while column:
            column, letter = divmod(column - 1, 26)
            letters = chr(ord("A") + letter) + letters
        return f"{self.sheet}!{letters}{self.row}"


NOWHERE = Place()  # of what a format gives no place for


class PublishedCell(Struct, frozen=True):
    """A cell of a published table: its text, and the lines between which it stands.

    Rows are counted from 0. `left` and `right` are columns counted from 0, or points on a PDF's page:
    only their order and overlap are used.
    """

    text: str
    top: int
    bottom: int
    left: float
    right: float

    def overlap(self, other: "PublishedCell") -> float:
        """Return how much of the narrower of two cells stands above or below the other, from 0 to 1."""
        shared = min(self.right, other.right) - max(self.left, other.left)
        return max(0.0, shared / max(1e-6, min(self.right - self.left, other.right - other.left)))


class PublishedTable(Struct, frozen=True):
    """A table as published: cells in the order of rows, spans as they are; a transposed one has its columns as rows.

    `edges` are the lines between its rows, from the top of the first one on, as shares of the height of the page; none
    where they are not known.
    """

    cells: tuple[PublishedCell, ...]
    place: Place = NOWHERE
    is_transposed: bool = False
    edges: tuple[float, ...] = ()

    def locate_row(self, row: int) -> Place:
        """Return the place of a row, counted from 0."""
        top, bottom = self.edges[row : row + 2] if row + 1 < len(self.edges) else (0.0, 0.0)
        return replace(self.place, row=row + 1, top=top, bottom=bottom)

    def iterate_rows(self) -> Iterator[tuple[list[PublishedCell], list[PublishedCell]]]:
        """Give each row: the cells that begin in it, and those that reach into it from above, from left to right."""
        starts: dict[int, list[PublishedCell]] = {}
        for cell in sorted(self.cells, key=lambda cell: (cell.top, cell.left)):
            starts.setdefault(cell.top, []).append(cell)
        above: list[PublishedCell] = []
        for row in sorted(starts):
            above = [cell for cell in above if cell.bottom > row]
            yield starts[row], sorted(above, key=lambda cell: cell.left)
            above += [cell for cell in starts[row] if cell.bottom > row + 1]

    def transpose(self) -> "PublishedTable":
        """Return the same table with its rows as columns."""
        edges = sorted({edge for cell in self.cells for edge in (cell.left, cell.right)})
        index = {edge: number for number, edge in enumerate(edges)}
        return PublishedTable(
            tuple(
                PublishedCell(cell.text, index[cell.left], index[cell.right], cell.top, cell.bottom)
                for cell in self.cells
            ),
            self.place,
            is_transposed=not self.is_transposed,
        )

    @property
    def left(self) -> float:
        """The left edge of the leftmost cell, 0 for a table without cells."""
        return min((cell.left for cell in self.cells), default=0.0)

    @property
    def right(self) -> float:
        """The right edge of the rightmost cell, 0 for a table without cells."""
        return max((cell.right for cell in self.cells), default=0.0)


class Paragraph(Struct, frozen=True):
    """A paragraph or heading: its plain text, one line break where the file has one, and the same as Markdown.

    `level` is 0 for a paragraph, from 1 for a heading.
    """

    plain: str
    markdown: str = ""
    level: int = 0
    place: Place = NOWHERE


class PrintedLine(Struct, frozen=True):
    """A line of text on a page, whose number counts from 1; `is_number` says that it may be the number of the page."""

    text: str
    page: int = 0
    is_number: bool = False


class NamedCell(Struct, frozen=True):
    """A spreadsheet cell that has a name: its text, its location (sheet and cell), and its formula, if it has one."""

    text: str
    location: str = ""
    formula: str = ""


class PublishedDocument(Struct, frozen=True):
    """What a reader found in a file.

    `title`, `office` and `year` are what the file says of itself beside its texts (its metadata), `cover` the texts
    that are printed before all blocks and are none, `embedded_facts` the facts (TOML) that our own outputs carry,
    `notes` what the reader left out, and `pictures` the indexes of the blocks before which pictures stand. The texts
    are `exact` unless they were put together from characters placed on a page: then a file that carries facts has all
    its `lines` too, as they stand on the page, with those that all pages have. It is `scanned` where pictures of pages
    were read: a figure counts as certain only where a sum confirms it. `named_cells` are the cells by which a form
    that we sent out is read, by name without prefix, and `formulas` the formulas of all its cells, by location.
    """

    blocks: tuple[Paragraph | PublishedTable, ...]
    title: str = ""
    office: str = ""
    year: int = 0
    cover: tuple[str, ...] = ()
    embedded_facts: str = ""
    exact: bool = True
    lines: tuple[PrintedLine | PublishedTable, ...] = ()
    scanned: bool = False
    notes: tuple[str, ...] = ()
    pictures: tuple[int, ...] = ()
    named_cells: Mapping[str, NamedCell] = field(default_factory=dict)
    formulas: Mapping[str, str] = field(default_factory=dict)
