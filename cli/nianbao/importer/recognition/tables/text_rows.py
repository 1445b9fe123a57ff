"""Rows of figures in paragraphs: a label, then its figures, on one line or each on a line of its own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nianbao.importer.recognition.labels import MIN_SIMILARITY, normalize, parse_label, split_labels
from nianbao.importer.recognition.printed_values import may_be_value
from nianbao.importer.recognition.published import PublishedCell, PublishedDocument, PublishedTable
from nianbao.importer.recognition.tables.page_breaks import MAX_LABEL_LENGTH
from nianbao.importer.recognition.tables.rows import MAX_CONTEXT, KnownLabels, PublishedRow, Region
from nianbao.model.loading.reading import Reading

_MAX_LABEL_TEXTS = 100  # texts before some figures: as many as a table has labels
_BARS = "|\N{FULLWIDTH VERTICAL LINE}"
_CELL_SEPARATOR = re.compile(rf"\t|(?<! ) *[{_BARS}] *")
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
        for line in block.plain.split("\n"):
            reader.line += 1
            for text, figure in _split_line(line, known.reading):
                reader.add(text, figure, index)
    reader.finish_row()
    return reader.regions


@dataclass(slots=True)
class _TextReader:
    """Collects the texts before some figures, then the figures, until a text comes again."""

    known: KnownLabels
    label_texts: list[str] = field(default_factory=list)
    figures: list[tuple[str, int]] = field(default_factory=list)  # each with the number of its line
    regions: list[Region] = field(default_factory=list)
    last_block: int = 0  # the block of the last figure
    line: int = 0  # the number of the line

    def add(self, text: str, figure: str | None, block: int) -> None:
        """Add a text, a figure, or both."""
        if text:
            self.finish_row()
            self.label_texts = [*self.label_texts, text][-_MAX_LABEL_TEXTS:]
        if figure is not None and (self.figures or self.label_texts):
            self.figures.append((figure, self.line))
            self.last_block = block

    def finish_row(self) -> None:
        """Make a row of what was collected, under new headers where the texts before its label end with some."""
        if not self.figures:
            return
        label, before = _split_label(self.label_texts, self.known)
        text = normalize("".join(before), self.known.reading)
        has_headers = bool(text) and self.known.has_headers_at_end(text)
        if has_headers or not self.regions:
            header_text = parse_label(text, self.known.reading).full if has_headers else ""
            self.regions.append(Region(context=tuple(before[-MAX_CONTEXT:]), header_text=header_text))
        cells = tuple(
            PublishedCell(figure, line, line + 1, column, column + 1)
            for column, (figure, line) in enumerate(self.figures)
        )
        texts, reading = tuple(self.label_texts), self.known.reading
        self.regions[-1].rows.append(
            PublishedRow(cells, reading, label=tuple(label), texts=texts, from_text=True, block=self.last_block)
        )
        self.label_texts, self.figures = [], []


def _split_line(line: str, reading: Reading) -> Iterator[tuple[str, str | None]]:
    """Split a line into texts and figures: pairs of a text and the figure behind it, either may be missing."""
    if len(normalize(line, reading)) > 2 * MAX_LABEL_LENGTH:
        yield line, None
        return
    cells = _CELL_SEPARATOR.split(line.strip(" ").strip(_BARS)) if _CELL_SEPARATOR.search(line) else [line]
    for cell in cells:
        if cell.strip():
            yield from _split_figures(cell, reading)
        elif len(cells) > 1:
            yield "", ""


def _split_figures(cell: str, reading: Reading) -> Iterator[tuple[str, str | None]]:
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
        yield " ".join(words[:start]), None
        for figure in figures:
            yield "", figure
    else:
        yield cell.strip(), None


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
        if label == header and (
            known.score_header(before) >= MIN_SIMILARITY
            or known.has_headers_at_end(normalize("".join(texts), known.reading))
        ):
            continue  # the label of a total ends a row of headers as well
        return labels, texts[:-size]
    return [], texts
