"""Rows of figures in paragraphs: a label, then its figures, on one line or each on a line of its own."""

import re
from collections.abc import Sequence

from msgspec import Struct, field

from nianbao.importer.recognition.labels import MIN_SIMILARITY, normalize, parse_label, split_labels
from nianbao.importer.recognition.printed_values import may_be_value
from nianbao.importer.recognition.published import NOWHERE, Place, PublishedCell, PublishedDocument, PublishedTable
from nianbao.importer.recognition.tables.page_breaks import MAX_LABEL_LENGTH
from nianbao.importer.recognition.tables.rows import MAX_CONTEXT, KnownLabels, PublishedRow, Region
from nianbao.model.loading.reading import Reading

_MAX_LABEL_TEXTS = 100  # texts before some figures: as many as a table has labels
_MIN_ROW_CELLS = 2  # on a line that begins with a bar: it is a row of its own
_BAR = re.compile("[|\N{FULLWIDTH VERTICAL LINE}]")
_GAP = re.compile(r"[^|]\|\|+[^|]")
_TAB = "\t"
_SIGNS = "+\\-−\N{FULLWIDTH HYPHEN-MINUS}"
_POINTS = ".,\N{FULLWIDTH COMMA}\N{FULLWIDTH FULL STOP}"


def read_text_regions(document: PublishedDocument, known: KnownLabels) -> list[Region]:
    """Read the rows of figures from the paragraphs of a document, in their order; tables end a row."""
    reader = _TextReader(known)
    for index, block in enumerate(document.blocks):
        if isinstance(block, PublishedTable):
            reader.finish_row()
            reader.label_texts = []
            continue
        reader.place = block.place
        for line in block.plain.split("\n"):
            reader.read_line(line.strip(" "), index)
    reader.finish_row()
    return reader.regions


class _TextReader(Struct):
    """Collects the texts before some figures, then the figures, until a text comes again.

    A bar closes the cell before it, on whatever line: `is_open` says that there is one. A bar behind a bar is a blank
    cell. `is_separated` says that a bar or a tab stood before every figure so far, `after_separator` that one stands
    before the next. `has_gaps` says that blanks stand between headers: there are blanks for what spans columns.
    """

    known: KnownLabels
    label_texts: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)  # of the figures
    line: int = 0
    regions: list[Region] = field(default_factory=list)
    last_block: int = 0  # the block of the last figure
    place: Place = NOWHERE  # of the last text
    label_place: Place = NOWHERE
    is_open: bool = False
    is_separated: bool = True
    after_separator: bool = False
    after_lone_bar: bool = False
    has_gaps: bool = False

    def read_line(self, line: str, block: int) -> None:
        """Read the cells of a line, which separators part, or white space."""
        self.line += 1
        parts = _BAR.split(line)
        if len(parts) > 1:
            self._read_bars(parts, block)
        elif _TAB in line:
            for cell in line.split(_TAB):
                self.after_separator = True
                self._read_cell(cell.strip(), block)
        elif line:
            self._read_cell(line, block)
            self.is_open, self.after_lone_bar = True, False

    def _read_bars(self, parts: Sequence[str], block: int) -> None:
        """Read a line by its parts between bars."""
        cells = [part.strip() for part in parts]
        filled = sum(map(bool, cells))
        if not cells[0] and filled >= _MIN_ROW_CELLS:
            self.finish_row()
        values = [number for number, cell in enumerate(cells) if may_be_value(cell, self.known.reading)]
        is_header = not values and any(self.known.score_header(cell) >= MIN_SIMILARITY for cell in cells if cell)
        self.has_gaps = self.has_gaps or (not values and bool(_GAP.search("|".join(cells))))
        for number, cell in enumerate(cells):
            is_edge = number == 1 and not cells[0] and filled and not self.is_open
            if number and not (is_edge and (not self.after_lone_bar or not cells[-1])):
                self._read_bar(block)
            if cell and values and values[0] < number and not self._is_known(cell):
                self._add_figure(cell, block)  # words among figures are the text of a cell
            elif cell and is_header:
                self._add_text(cell)
            elif cell:
                self._read_cell(cell, block)
            self.is_open = self.is_open or bool(cell)
        self.after_separator = self.after_separator or not cells[-1]
        self.after_lone_bar = not filled

    def _read_bar(self, block: int) -> None:
        if not self.is_open:
            self.after_separator = True
            self._add_figure("", block)
        self.is_open, self.after_separator = False, True

    def _is_known(self, text: str) -> bool:
        return max(self.known.score_label(text), self.known.score_header(text)) >= MIN_SIMILARITY

    def _read_cell(self, cell: str, block: int) -> None:
        """Read a cell: words, figures, or words with figures behind them."""
        if not cell:
            self._add_figure("", block)
            return
        is_long = len(normalize(cell, self.known.reading)) > 2 * MAX_LABEL_LENGTH
        words, figures = (cell, []) if is_long else _split_figures(cell, self.known.reading)
        if figures and self.known.score_header(words) > max(self.known.score_label(words), MIN_SIMILARITY):
            words, figures = cell, []  # a header with a number
        if words:
            self._add_text(words)
        for figure in figures:
            self._add_figure(figure, block)

    def _add_text(self, text: str) -> None:
        self.finish_row()
        self.label_texts, self.label_place = [*self.label_texts, text][-_MAX_LABEL_TEXTS:], self.place
        self.after_separator = False

    def _add_figure(self, figure: str, block: int) -> None:
        """Add a figure, or a blank cell, behind a label."""
        if not (self.figures or self.label_texts):
            return
        self.is_separated = self.is_separated and self.after_separator
        self.after_separator = False
        self.figures.append(figure)
        self.lines.append(self.line)
        if figure:
            self.last_block = block

    def finish_row(self) -> None:
        """Make a row of what was collected, under new headers where the texts before its label end with some.

        Blank cells at the end prove nothing, since programs fill up rows with them, and those before and between the
        figures only where they do not stand for what spans columns. A row that has no others is one where its label
        is sure; else its label may be the headers of the next rows.
        """
        figures, is_separated = list(zip(self.figures, self.lines, strict=True)), self.is_separated
        self.figures, self.lines, self.is_separated = [], [], True
        if not figures:
            return
        label, before = _split_label(self.label_texts, self.known)
        filled = [number for number, (figure, _) in enumerate(figures) if figure]
        if not filled and not (label and self.known.score_label(label[-1]) > self.known.score_header(label[-1])):
            return
        has_headers = bool(before) and self.known.has_headers_at_end(before)
        if has_headers or not self.regions:
            text = normalize("".join(before), self.known.reading)
            header_text = parse_label(text, self.known.reading).full if has_headers else ""
            words = self.known.split_words(before) if has_headers else ()
            self.regions.append(
                Region(context=tuple(before[-MAX_CONTEXT:]), header_text=header_text, header_words=words)
            )
        kept = figures[: filled[-1] + 1] if filled else figures
        if filled and not label:  # a bar may open the row
            kept = kept[filled[0] :]
        if filled and (self.has_gaps or not self.regions[-1].header_text):
            kept = [one for one in kept if one[0]]
        self.regions[-1].rows.append(
            PublishedRow(
                tuple(
                    PublishedCell(figure, line, line + 1, column, column + 1)
                    for column, (figure, line) in enumerate(kept)
                ),
                self.known.reading,
                label=tuple(label),
                texts=tuple(self.label_texts),
                from_text=True,
                is_separated=is_separated,
                stripped=len(figures) - len(kept),
                before=before[-1] if label and before else "",
                block=self.last_block,
                place=self.label_place,
            )
        )
        self.label_texts = []


def _split_figures(cell: str, reading: Reading) -> tuple[str, list[str]]:
    """Split figures off the end of a text: those that white space separates, and digits right behind its last word."""
    words = re.sub(rf"(\d)\s+({reading.units})(?=\s|$)", r"\1\2", cell).split()
    start = len(words)
    while start and may_be_value(words[start - 1], reading):
        start -= 1
    figures = words[start:]
    after_word = rf"(?P<words>.*[^\d{_POINTS}{_SIGNS}])(?P<tail>[{_SIGNS}]?\d[\d{_POINTS}]*(?:{reading.units})?)"
    if start and (match := re.fullmatch(after_word, words[start - 1])):
        words[start - 1], figures = match["words"], [match["tail"], *figures]
    if any(map(str.isdigit, "".join(figures))) or not start or len(figures) > 1:
        return " ".join(words[:start]), figures
    return cell, []


def _split_label(texts: list[str], known: KnownLabels) -> tuple[list[str], list[str]]:
    """Take the row label from the end of the texts before some figures.

    Returns the labels that it consists of, the outermost first, and the texts before it.
    """
    for size in range(1, min(4, len(texts)) + 1):
        labels = split_labels("".join(texts[-size:]), known.reading)
        label, header = (known.score_label(labels[-1]), known.score_header(labels[-1])) if labels else (0.0, 0.0)
        if label < MIN_SIMILARITY or label < header:
            continue
        before = texts[-size - 1] if len(texts) > size else ""
        if label == header and (known.score_header(before) >= MIN_SIMILARITY or known.has_headers_at_end(texts)):
            continue  # the label of a total ends a row of headers as well
        return labels, texts[:-size]
    return [], texts
