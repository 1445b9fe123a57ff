"""From published tables and paragraphs to rows of figures under their headers, before their columns are known."""

from collections.abc import Sequence

from msgspec.structs import replace

from nianbao.importer.recognition.labels import MIN_SIMILARITY, normalize
from nianbao.importer.recognition.printed_values import may_be_value
from nianbao.importer.recognition.published import Place, PublishedCell, PublishedDocument, PublishedTable
from nianbao.importer.recognition.tables.page_breaks import MAX_LABEL_LENGTH, is_continuation, join_split_rows
from nianbao.importer.recognition.tables.rows import MAX_CONTEXT, KnownLabels, PublishedRow, Region
from nianbao.importer.recognition.tables.text_rows import read_text_regions

_MIN_FREE_WIDTH = 0.5  # of the narrowest cell: more is the place of a cell that is missing


def find_regions(document: PublishedDocument, known: KnownLabels) -> list[Region]:
    """Collect the rows of figures of a published report: those of tables in their order, then those of paragraphs."""
    regions: list[Region] = []
    context: list[str] = []
    last: PublishedTable | None = None
    blocks = join_split_rows(
        document.blocks, lambda text: max(known.score_label(text), known.score_header(text)), known.reading
    )
    tables = 0
    for index, block in enumerate(blocks):
        if isinstance(block, PublishedTable):
            tables += 1
            block = replace(block, place=replace(block.place, table=tables))  # noqa: PLW2901  # the same table
            continued = regions[-1] if last and is_continuation(last, block) and regions else None
            reader = _TableReader(block, index, known, context, continued)
            regions += reader.read()
            context, last = reader.context, block
        elif block.plain.strip():
            context = _add_context(context, block.plain)
            if len(normalize(block.plain, known.reading)) > MAX_LABEL_LENGTH or block.level:
                last = None
    return [region for region in regions if region.rows] + read_text_regions(document, known)


def _add_context(context: Sequence[str], text: str) -> list[str]:
    return [*context, *(line for line in text.split("\n") if line.strip())][-MAX_CONTEXT:]


class _TableReader:
    """Sorts the rows of one table into header rows, rows of figures, and lines over its full width.

    `context` are the texts before the table, and after `read` those before what follows it. `continued` is the
    region that the table may continue, if there is one.
    """

    def __init__(
        self,
        table: PublishedTable,
        block: int,
        known: KnownLabels,
        context: Sequence[str],
        continued: Region | None,
    ) -> None:
        self.table, self.block, self.known, self.reading = table, block, known, known.reading
        self.left, self.right = table.left, table.right
        self.context = list(context)
        self.headers: list[PublishedCell] = list(continued.headers) if continued else []
        self.in_headers = False
        self.region = Region(tuple(self.headers), continued.context if continued else tuple(context))
        self.regions = [self.region] if continued else []
        self.blank_rows: dict[int, PublishedRow] = {}  # by the number of their region

    def read(self) -> list[Region]:
        """Return the regions in their order, the last of which the next table may continue.

        One without figures has the row of blank cells right under its headers, if there is one: figures that were
        not filled in; else it has no rows.
        """
        for starts, above in self.table.iterate_rows():
            self.read_row(starts, above)
        for number, region in enumerate(self.regions):
            if not region.rows and number in self.blank_rows:
                region.rows.append(self.blank_rows[number])
        return self.regions

    def read_row(self, starts: list[PublishedCell], above: list[PublishedCell]) -> None:
        """Sort one row in: the cells that begin in it, and those that reach into it from above."""
        filled = [cell for cell in starts if cell.text.strip()]
        if (
            filled
            and len({cell.text for cell in starts}) == 1
            and not above
            and not may_be_value(starts[0].text, self.reading)
        ):
            starts = filled = [replace(starts[0], right=starts[-1].right)]  # repeated over its span
        if not filled:
            if self.in_headers:
                row = PublishedRow(
                    tuple(starts), self.reading, tuple(above), block=self.block, place=self._locate(starts)
                )
                self.blank_rows.setdefault(len(self.regions) - 1, row)
        elif len(filled) == 1 and self._is_full_width(filled[0], starts, above):
            self.context = _add_context(self.context, filled[0].text)
            self.in_headers = False
        elif self._is_header_row(filled, starts, above):
            self._add_headers(filled)
        else:
            self.in_headers = False
            if not self.regions:
                self.regions.append(self.region)
            lacks_cell = self._has_free_width(starts, above)
            row = PublishedRow(tuple(starts), self.reading, tuple(above), lacks_cell=lacks_cell, block=self.block)
            self.region.rows.append(replace(row, place=self._locate(starts)))

    def _locate(self, starts: list[PublishedCell]) -> Place:
        return self.table.place if self.table.is_transposed else self.table.locate_row(starts[0].top)

    def _add_headers(self, cells: list[PublishedCell]) -> None:
        """Begin a region under these headers, and under those of the header row right above them."""
        self.headers = [*self.headers, *cells] if self.in_headers else cells
        self.region = Region(tuple(self.headers), tuple(self.context))
        self.regions.append(self.region)
        self.in_headers = True

    def _has_free_width(self, starts: list[PublishedCell], above: list[PublishedCell]) -> bool:
        """Tell whether the cells of a row leave a part of the table's width free."""
        reached, free = self.left, 0.0
        for cell in sorted([*starts, *above], key=lambda cell: cell.left):
            free += max(0.0, cell.left - reached)
            reached = max(reached, cell.right)
        free += max(0.0, self.right - reached)
        return free > _MIN_FREE_WIDTH * min(cell.right - cell.left for cell in starts)

    def _is_full_width(self, cell: PublishedCell, starts: list[PublishedCell], above: list[PublishedCell]) -> bool:
        """Tell whether the only text of a row is a line over the width of the table, rather than a label."""
        if may_be_value(cell.text, self.reading) or above:
            return False
        if len(starts) == 1:
            return True
        return (
            self.known.score_label(cell.text) < MIN_SIMILARITY
            and self.known.score_header(cell.text) < MIN_SIMILARITY
            and len(normalize(cell.text, self.reading)) > MAX_LABEL_LENGTH // 4
        )

    def _is_header_row(
        self, filled: list[PublishedCell], starts: list[PublishedCell], above: list[PublishedCell]
    ) -> bool:
        if any(may_be_value(cell.text, self.reading) and any(map(str.isdigit, cell.text)) for cell in filled):
            return False
        headers = [self.known.score_header(cell.text) for cell in filled]
        labels = [self.known.score_label(cell.text) for cell in filled]
        labels[0] = max(labels[0], self.known.score_label("".join(cell.text for cell in filled)))
        sure = [column for column, score in enumerate(headers) if score >= MIN_SIMILARITY]
        if not sure:
            return self.in_headers and max(labels) < MIN_SIMILARITY
        if labels[0] >= MIN_SIMILARITY and len(starts) > len(filled):  # a label, and cells that are blank
            is_both = labels[0] >= headers[0] and bool(self.headers) and not self.in_headers
            if is_both or labels[0] > headers[0]:
                return False
        return sure[0] > 0 or headers[0] >= labels[0] or len(sure) > 1 or not above
