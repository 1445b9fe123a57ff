"""Numbers of rows and of columns in a table, which no form has: they are left out before rows are matched.

A column that numbers rows has a header that says so, or its cells count 1, 2, 3 beside words. A row that numbers
columns counts 1, 2, 3 or 一, 二, 三 in all cells but those over labels.
"""

import re
from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.importer.recognition.labels import MIN_SIMILARITY, normalize
from nianbao.importer.recognition.printed_values import may_be_value
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedTable
from nianbao.importer.recognition.tables.rows import KnownLabels

MIN_NUMBERS = 4  # without a header; figures count as far only by chance
_TOLERANCE = 0.25  # of the width of a column, by which the edges of its cells may be off
_MIN_SIGNS = 2  # that number columns and are no figures, such as 一 and 二
_MAX_LENGTH = 3  # characters of the number of a column
_MAX_WORDS = 3  # before the numbers of columns: one for each column of labels
_BAR = "|\N{FULLWIDTH VERTICAL LINE}"
_FIRST_CELL = re.compile(
    rf"(?P<before>[\s{_BAR}]*)(?P<cell>[^\s{_BAR}]+)(?:[^\S\t]*[{_BAR}\t][^\S\t]*|[^\S\t]+|$)(?P<rest>.*)"
)

_CELL_END = re.compile(rf"[\s{_BAR}]+")

Blocks = Sequence[Paragraph | PublishedTable]


class NumberedRows(Struct, frozen=True):
    """The columns that number rows in a report: the indexes of the tables that had one, and its last number.

    The number is 0 where only the header was found.
    """

    tables: frozenset[int]
    last_numbers: frozenset[int]


def leave_out_row_numbers(
    blocks: Blocks, known: KnownLabels
) -> tuple[tuple[Paragraph | PublishedTable, ...], NumberedRows]:
    """Leave out what numbers the rows or columns of tables, and such numbers in texts; the blocks stay as many."""
    lines = {
        index: ["" if _are_column_numbers(_CELL_END.split(line), known) else line for line in block.plain.split("\n")]
        for index, block in enumerate(blocks)
        if isinstance(block, Paragraph)
    }
    places = [(index, at) for index, texts in lines.items() for at, text in enumerate(texts) if text.strip()]
    counts = _find_numbered_lines([lines[index][at] for index, at in places], known)
    for number, text in (pair for count in counts for pair in count.lines.items()):
        index, at = places[number]
        lines[index][at] = text
    tables, last_numbers = set(), {count.last for count in counts}
    last = 0
    left: list[Paragraph | PublishedTable] = []
    for index, block in enumerate(blocks):
        if isinstance(block, Paragraph):
            left.append(replace(block, plain="\n".join(lines[index])))
        else:
            whole = _leave_out_rows(block, known)
            table, last = _leave_out_column(whole, known, last)
            if table is not whole:
                tables.add(index)
                last_numbers.add(last)
            left.append(table)
    return tuple(left), NumberedRows(frozenset(tables), frozenset(last_numbers))


def _is_header(text: str, known: KnownLabels) -> bool:
    headers = known.reading.file.ordinals.headers
    return normalize(text, known.reading) in headers and known.score_header(text) < MIN_SIMILARITY


def _is_words(text: str, known: KnownLabels) -> bool:
    return bool(text.strip()) and not may_be_value(text, known.reading)


def _are_column_numbers(cells: Sequence[str], known: KnownLabels) -> bool:
    """Tell whether the texts of a row count from 1 on, behind no more than signs of columns with labels."""
    filled = [cell for cell in cells if cell.strip()]
    plain = [normalize(cell, known.reading).strip("()") for cell in filled]
    if len(plain) < _MIN_SIGNS or any(len(text) > _MAX_LENGTH for text in plain):
        return False
    numbers = [known.reading.parse_numeral(text) for text in plain]
    words = next((at for at, number in enumerate(numbers[: _MAX_WORDS + 1]) if number), _MAX_WORDS)
    if not all(len(text) == 1 or _is_header(text, known) for text in plain[:words]):
        return False
    may_be_figures = any(may_be_value(cell, known.reading) for cell in filled[words:])
    size = len(numbers) - words
    return size >= (MIN_NUMBERS if may_be_figures else _MIN_SIGNS) and numbers[words:] == [*range(1, size + 1)]


# ── tables ───────────────────────────────────────────────────────────────────────────


def _leave_out_rows(table: PublishedTable, known: KnownLabels) -> PublishedTable:
    """Leave out the rows of a table that number its columns."""
    rows: dict[int, list[PublishedCell]] = {}
    for cell in table.cells:
        rows.setdefault(cell.top, []).append(cell)
    numbered = {top for top, cells in rows.items() if _are_column_numbers([cell.text for cell in cells], known)}
    return replace(table, cells=tuple(cell for cell in table.cells if cell.top not in numbered)) if numbered else table


def _leave_out_column(table: PublishedTable, known: KnownLabels, last: int) -> tuple[PublishedTable, int]:
    """Leave out the column of a table that numbers its rows; return its last number, too.

    `last` is that of the table before, which this one may continue.
    """
    headers = [cell for cell in table.cells if _is_header(cell.text, known)]
    left = min((cell.left for cell in table.cells if cell.text.strip()), default=0.0)
    first = [cell for cell in table.cells if cell.left == left and cell.text.strip().isdecimal()][:1]
    for start in headers or first:
        column = [cell for cell in table.cells if _is_in_column(cell, start) and cell.text.strip()]
        numbers = [cell for cell in column if cell.text.strip().isdecimal()]
        if headers:
            is_numbered = all(cell in numbers or _is_header(cell.text, known) for cell in column)
        else:
            is_numbered = _count_rows(table, column, numbers, known, last)
        if is_numbered:
            cells = tuple(_move_cell(cell, start) for cell in table.cells if not _is_in_column(cell, start))
            return replace(table, cells=cells), int(numbers[-1].text) if numbers else 0
    return table, 0


def _move_cell(cell: PublishedCell, column: PublishedCell) -> PublishedCell:
    """Return a cell as it stands without a column: those right of it keep their places, by which messages name them."""
    left, right = (max(edge, column.right) - max(0.0, column.left - edge) for edge in (cell.left, cell.right))
    return replace(cell, left=left, right=right)


def _is_in_column(cell: PublishedCell, start: PublishedCell) -> bool:
    tolerance = _TOLERANCE * (start.right - start.left)
    return cell.left >= start.left - tolerance and cell.right <= start.right + tolerance


def _count_rows(
    table: PublishedTable, column: list[PublishedCell], numbers: list[PublishedCell], known: KnownLabels, last: int
) -> bool:
    """Tell whether the numbers of a column count rows with labels, from 1 or behind `last`, and end it."""
    counted = [int(cell.text) for cell in numbers]
    begins = counted[0] == 1 and len(counted) >= MIN_NUMBERS
    return (
        (begins or (last > 0 and counted[0] == last + 1))
        and counted == list(range(counted[0], counted[0] + len(counted)))
        and column[-len(numbers) :] == numbers
        and all(_is_words(_find_text_behind(table, cell), known) for cell in numbers)
    )


def _find_text_behind(table: PublishedTable, number: PublishedCell) -> str:
    """Return the text of the next cell right of another one that is not blank."""
    in_row = [cell for cell in table.cells if cell.top <= number.top < cell.bottom and cell.text.strip()]
    behind = [cell for cell in in_row if cell.left > number.left]
    return min(behind, key=lambda cell: cell.left).text if behind else ""


# ── texts ────────────────────────────────────────────────────────────────────────────


class _Count(Struct):
    """Lines that begin with numbers that count, without these, by the index of each; a header may begin them.

    `unsure` is the index of the last one where it may be the last figure of the row before.
    """

    last: int = 0
    has_header: bool = False
    lines: dict[int, str] = field(default_factory=dict)
    unsure: int | None = None

    @property
    def is_column(self) -> bool:
        """There is a header, or there are enough numbers."""
        return self.has_header or len(self.lines) >= MIN_NUMBERS

    @property
    def is_at_header(self) -> bool:
        """No number stands below the header yet."""
        return self.has_header and len(self.lines) == 1

    def add(self, index: int, line: str, number: int, *, is_sure: bool) -> bool:
        """Add a line if its number is the next one, or the last one again where that may be a figure."""
        is_again = number == self.last and is_sure and self.unsure is not None
        if number != self.last + 1 and not is_again and not (self.is_at_header and number == 1):
            return False
        if is_again and self.unsure is not None:
            del self.lines[self.unsure]
        self.lines[index] = line
        self.last, self.unsure = number, None if is_sure else index
        return True


def _find_numbered_lines(lines: Sequence[str], known: KnownLabels) -> list[_Count]:
    """Return the lines that begin with the number of a row, or its header: one before words counts.

    The words stand on its line or on the next; of a number before figures `leave_out_leading_numbers` judges.
    """
    counts = [_Count()]
    for index, line in enumerate(lines):
        match = _FIRST_CELL.match(line)
        if match is None:
            continue
        cell, left = match["cell"], match["before"] + match["rest"]
        if _is_header(cell, known):
            counts.append(_Count(counts[-1].last, has_header=True, lines={index: left}))
        elif cell.isdecimal():
            following = lines[index + 1].strip() if index + 1 < len(lines) and not match["rest"] else match["rest"]
            behind = _FIRST_CELL.match(following)
            if not (behind and _is_words(behind["cell"], known)):
                if counts[-1].is_at_header:  # the numbers of this column stand before figures
                    counts.append(_Count(counts[-1].last))
                continue
            is_sure = bool(match["rest"]) or known.score_label(following) >= MIN_SIMILARITY
            if not counts[-1].add(index, left, int(cell), is_sure=is_sure) and is_sure:
                counts.append(_Count())
                counts[-1].add(index, left, int(cell), is_sure=is_sure)
    return [count for count in counts if count.is_column]
