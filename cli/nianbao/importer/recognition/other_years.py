"""Tables of another year, which reports print for comparison: their captions say so, and their figures are left out."""

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from nianbao.importer.recognition.labels import normalize, remove_white_space
from nianbao.importer.recognition.published import Paragraph, PublishedDocument, PublishedTable
from nianbao.importer.recognition.tables.rows import KnownLabels
from nianbao.importer.recognition.tables.text_rows import read_text_regions
from nianbao.model.i18n import _
from nianbao.model.loading.reading import Reading

_MAX_CAPTION = 30  # characters


def leave_out_other_years(
    document: PublishedDocument, years: Collection[int], known: KnownLabels, headings: Collection[str]
) -> tuple[PublishedDocument, PublishedDocument]:
    """Make tables under a caption that names only years other than these blank, and note each caption.

    The caption is a line over the whole width of the table, or a short text before it. It counts for all that follows,
    down to a sentence, one of the `headings`, or another caption with a year. Returns the report, and the same
    one without the lines of such tables in texts, which stay where the prose of the report is read.
    """
    finder = _CaptionFinder(years, known.reading, headings)
    blocks = list(document.blocks)
    captions: dict[int, str] = {}  # of what is left out, by their numbers
    lines: dict[tuple[int, str], list[tuple[int, int]]] = {}  # block and number of each line under a caption
    for index, block in enumerate(document.blocks):
        if isinstance(block, PublishedTable):
            if caption := finder.read_table(block):
                blocks[index] = replace(block, cells=())
                captions[finder.number] = caption
            continue
        for number, line in enumerate(block.plain.split("\n")):
            if caption := finder.read_line(line):
                lines.setdefault((finder.number, caption), []).append((index, number))
    without = list(blocks)
    for (own, caption), places in lines.items():
        texts = {index: _split_lines(document.blocks[index]) for index, _ in places}
        parts = tuple(Paragraph(texts[index][number], "") for index, number in places)
        regions = read_text_regions(PublishedDocument(parts), known)
        if any(region.header_text or row.label for region in regions for row in region.rows):
            captions[own] = caption
            for index, number in places:
                without[index] = _clear_line(without[index], number)
    notes = (*document.notes, *(_("table-of-other-year-left-out", caption=captions[own]) for own in sorted(captions)))
    return replace(document, blocks=tuple(blocks), notes=notes), replace(document, blocks=tuple(without), notes=notes)


def _split_lines(block: Paragraph | PublishedTable) -> list[str]:
    return block.plain.split("\n") if isinstance(block, Paragraph) else []


def _clear_line(block: Paragraph | PublishedTable, number: int) -> Paragraph:
    lines = _split_lines(block)
    lines[number] = ""
    return Paragraph("\n".join(lines), "", place=block.place)


class _CaptionFinder(Struct):
    """Follows the captions of a document: `caption` is the one that counts, if it names only other years."""

    years: Collection[int]
    reading: Reading
    headings: Collection[str]
    caption: str = ""
    number: int = 0  # of captions of other years so far

    def read_line(self, line: str) -> str:
        """Return the caption that a line stands under."""
        if not line.strip():
            return ""
        named = self._find_years(line)
        if named is None or remove_white_space(line) in self.headings:
            self.caption = ""
        elif named:
            self._begin(line, named)
        return "" if named else self.caption

    def read_table(self, table: PublishedTable) -> str:
        """Return the caption that a table stands under."""
        title = _find_title(table)
        if named := self._find_years(title):
            self._begin(title, named)
        return self.caption

    def _begin(self, caption: str, named: set[int]) -> None:
        self.caption = caption.strip() if named.isdisjoint(self.years) else ""
        self.number += bool(self.caption)

    def _find_years(self, text: str) -> set[int] | None:
        """Return the years that a caption names; None for a sentence, no year for a text that is too long for one."""
        plain = normalize(text, self.reading)
        if self.reading.sentence.search(plain):
            return None
        if len(plain) > _MAX_CAPTION or not self.reading.file.dates.mentions:
            return set()
        matches = self.reading.mention.finditer(plain)
        return {self.reading.parse_year(next(filter(None, match.groups()), "")) for match in matches}


def _find_title(table: PublishedTable) -> str:
    """Return the text of the first row where it has only one, over the whole width."""
    first = min((cell.top for cell in table.cells), default=0)
    cells = [cell for cell in table.cells if cell.top == first]
    texts = {cell.text for cell in cells}
    return texts.pop() if len(texts) == 1 and cells[-1].right >= table.right else ""
