"""Published rows of figures under their headers, and the labels and headers by which they are told apart."""

from collections.abc import Iterable, Sequence

from msgspec import Struct, field
from rapidfuzz import fuzz

from nianbao.importer.recognition.labels import MIN_SIMILARITY, Label, normalize, parse_label
from nianbao.importer.recognition.published import NOWHERE, Place, PublishedCell
from nianbao.importer.recognition.tables.layouts import Layout
from nianbao.importer.recognition.tables.page_breaks import MAX_LABEL_LENGTH
from nianbao.model.loading.reading import Reading

MAX_CONTEXT = 3  # texts before a table that may say what its rows or columns are
_MIN_BEGINNING = 3  # characters of a header
_MIN_UNORDERED_LENGTH = 60  # characters; shorter headers would be taken for others


class PublishedRow(Struct, frozen=True):
    """A row with figures: its cells from left to right, and those that reach into it from above.

    A row `from_text` comes from a paragraph: only the order of its cells is known, and all are figures; its label
    stands in `label`, all texts before its figures in `texts`, and `top` of a cell counts lines. It `is_separated`
    where each cell is one figure, and `stripped` counts the blank cells that were taken off its ends; `before` is the
    text before its label. A row of a table that `lacks_cell` lost a cell somewhere. `block` is the index of the
    published block that it stands in, `place` where that is in the file.
    """

    cells: tuple[PublishedCell, ...]
    reading: Reading
    above: tuple[PublishedCell, ...] = ()
    label: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    from_text: bool = False
    is_separated: bool = False
    stripped: int = 0
    before: str = ""
    lacks_cell: bool = False
    block: int = 0
    place: Place = NOWHERE


class Region(Struct):
    """Rows under one set of headers; `context` are the texts before it, the nearest last.

    The headers are cells in a table, and one text in paragraphs, all headers behind each other; `header_words` are
    its words as white space and separators part them.
    """

    headers: tuple[PublishedCell, ...] = ()
    context: tuple[str, ...] = ()
    header_text: str = ""
    header_words: tuple[Label, ...] = ()
    rows: list[PublishedRow] = field(default_factory=list)

    @property
    def block(self) -> int:
        """The index of the published block that it begins in."""
        return self.rows[0].block


class KnownLabels:
    """The labels and headers of some layouts, to tell header rows from rows of figures."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self.reading = layouts[0].reading
        self._row_labels = _remove_duplicates(
            label for layout in layouts for labels in (*layout.row_labels, *layout.row_aliases) for label in labels
        )
        corners = [parse_label(layout.block.corner, self.reading) for layout in layouts]
        columns = [label for layout in layouts for labels in layout.column_labels for label in labels]
        groups = [label for layout in layouts for label in layout.group_labels]
        self._headers = _remove_duplicates([*columns, *corners, *groups])
        self._header_cells = tuple(dict.fromkeys(headers for layout in layouts for headers in layout.header_cells))
        self._header_texts = tuple(dict.fromkeys(text for layout in layouts for text in layout.header_texts))
        self._scores: dict[tuple[Label, bool], float] = {}

    def score_label(self, text: str) -> float:
        """Return how likely a text is a row label, as `Label.compare_to` does."""
        return self._find_best_score(text, self._row_labels, header=False)

    def score_header(self, text: str) -> float:
        """Return how likely a text is a column header, a corner, or the header of a group of columns."""
        return self._find_best_score(text, self._headers, header=True)

    def has_headers_at_end(self, texts: Sequence[str]) -> bool:
        """Tell whether texts end with all the headers of a block, behind each other or in disorder."""
        given = parse_label(normalize("".join(texts), self.reading), self.reading).full
        return any(
            max(compare_end(given, headers), compare_unordered(given, headers)) >= MIN_SIMILARITY
            for headers in self._header_texts
        ) or any(compare_words(self.split_words(texts), headers) for headers in self._header_cells)

    def split_words(self, texts: Sequence[str]) -> tuple[Label, ...]:
        """Split texts at white space into words; numbers are none."""
        words = (parse_label(word, self.reading) for text in texts for word in text.split())
        return tuple(word for word in words if not word.full.isdigit())

    def _find_best_score(self, text: str, labels: Sequence[Label], *, header: bool) -> float:
        if len(text) > 2 * MAX_LABEL_LENGTH:
            return 0.0
        given = parse_label(text, self.reading)
        if (given, header) not in self._scores:
            self._scores[given, header] = max((given.compare_to(label) for label in labels), default=0.0)
        return self._scores[given, header]


def compare_end(text: str, headers: str) -> float:
    """Compare the end of a text with headers behind each other; both without punctuation. Returns 0 to 1."""
    return fuzz.ratio(text[-len(headers) :], headers) / 100


def compare_unordered(text: str, headers: str) -> float:
    """Compare the same character by character, in no order; 0 for headers that are short.

    A page as text splits headers of several lines into pieces.
    """
    size = len(headers)
    if size < _MIN_UNORDERED_LENGTH or len(text) < size:
        return 0.0
    return fuzz.ratio("".join(sorted(text[-size:])), "".join(sorted(headers))) / 100


def compare_words(words: Sequence[Label], headers: Sequence[Label]) -> float:
    """Compare the last of some words with headers one by one: each is one or the beginning of one, one at least whole.

    Explanations in brackets and digits at the end do not count. Returns 0 to 1.
    """
    pairs = list(zip(words[-len(headers) :], headers, strict=False))
    if len(pairs) < len(headers):
        return 0.0
    given = [(word.lead or word.core).rstrip("0123456789") for word, _ in pairs]
    if not all(
        text == header.core or (len(text) >= _MIN_BEGINNING and header.core.startswith(text))
        for text, (_, header) in zip(given, pairs, strict=True)
    ):
        return 0.0
    if not any(text == header.core for text, (_, header) in zip(given, pairs, strict=True)):
        return 0.0
    share = sum(map(len, given)) / sum(len(header.core) for header in headers)
    return MIN_SIMILARITY + (1 - MIN_SIMILARITY) * share


def _remove_duplicates(labels: Iterable[Label]) -> tuple[Label, ...]:
    return tuple(dict.fromkeys(labels))
