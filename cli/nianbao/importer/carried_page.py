"""The page that carried facts give, as it is compared with what a file prints: all words and figures, in order."""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from xml.etree import ElementTree as ET

from msgspec import Struct, field

from nianbao.compose.document import Document, Page, make_page
from nianbao.compose.markdown import DIALECT
from nianbao.compose.pictures import DrawnPicture, Earlier
from nianbao.importer.printed_page import Block, Token, list_rows, normalize_sign, normalize_words
from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.readers.texts import read_by_pandoc
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedTable
from nianbao.model.form import Form
from nianbao.model.table import Table

_MAX_SECONDS = 5  # to read the prose of one section, or a page; most take a tenth of one
_LEVELS = 2  # of headings in contents
_REFERENCE, _NOTE, _CONTENTS, _TITLE = "\2\3\4\5"  # marks of `blocks.lua`
LEADER = "\6"  # behind an entry of contents, where paper has dots and the number of a page
_PICTURE = "picture"
# Of `compose.document.make_page`.
_PLACEHOLDER = re.compile(r'^::: \{(table|prose|picture)="([^"]+)"\}\n:::$', re.MULTILINE)


class GivenPicture(Struct, frozen=True):
    """A picture: its lines of text, without white space, which stand in any order where it is printed as a drawing."""

    texts: tuple[str, ...]


class GivenNote(Struct, frozen=True):
    """A note with its number, and the place of the reference to it among the tokens."""

    tokens: tuple[str, ...]
    text: str
    reference: int


class GivenPage(Struct):
    """The tokens of a page, each with the text that it is of and its place in that.

    `skips` leads from a token to the one before which the page may leave out all from there: the title of a Word file,
    an entry of contents. `notes` stand at the foot of pages, `headers` are what a table may repeat.
    """

    tokens: list[Token | GivenPicture] = field(default_factory=list)
    sources: list[tuple[str, int]] = field(default_factory=list)
    skips: dict[int, int] = field(default_factory=dict)
    notes: list[GivenNote] = field(default_factory=list)
    headers: list[tuple[Token, ...]] = field(default_factory=list)
    added: frozenset[str] = frozenset()
    exact: bool = True

    def keep_rows(self) -> "GivenPage":
        """Return the rows of its tables alone."""
        kept = [at for at, token in enumerate(self.tokens) if isinstance(token, tuple)]
        tokens, sources = [self.tokens[at] for at in kept], [self.sources[at] for at in kept]
        return GivenPage(tokens, sources, headers=self.headers, exact=self.exact)


@lru_cache(maxsize=64)
def parse_markdown(body: str, marks: str = "") -> tuple[Block, ...]:
    """Return the blocks of untrusted Markdown: words, emphasis and lists, and no element that is active."""
    try:
        return read_by_pandoc(body.encode(), DIALECT, seconds=_MAX_SECONDS, marks=marks).blocks
    except UnreadableError:
        return ()


def give_page(composed: Document, earlier: Earlier | None = None, *, title: str, exact: bool) -> GivenPage:
    """Give the page of a document as a file prints it, whose own title, beside its texts, is `title`.

    `earlier` has the reports of the periods before that its pictures draw.

    A file that is not `exact` prints pages: it has notes at their feet, draws pictures, and repeats headers.
    """
    page = make_page(composed, earlier)
    form = page.form
    blocks = list(_list_blocks(page))
    given = GivenPage(exact=exact)
    words = [normalize_words(table.label) for table in form.tables]
    given.added = frozenset([*words, normalize_words(form.locale.file.marks.draft)])
    _Writer(given, form, composed.title, title).write(blocks)
    if not exact:
        heads = (block for block in blocks if isinstance(block, PublishedTable))
        first_rows = (next(list_rows(block, exact=False), ((), ""))[0] for block in heads)
        given.headers = [one for one in (*map(_list_header_tokens, form.tables), *first_rows) if one]
    return given


class _Writer:
    """Writes blocks into a page."""

    def __init__(self, page: GivenPage, form: Form, title: str, file_title: str) -> None:
        self.page, self.form, self.title = page, form, title
        self.may_lack_title = not title or normalize_words(title) == normalize_words(file_title)
        self.references: list[int] = []

    def write(self, blocks: Sequence[Block | GivenPicture]) -> None:
        is_heading = [block for block in blocks if isinstance(block, Paragraph) and 1 <= block.level <= _LEVELS]
        headings = [block.plain.replace(_REFERENCE, "") for block in is_heading]
        for block in blocks:
            if isinstance(block, GivenPicture):
                self._write_picture(block)
            elif isinstance(block, PublishedTable):
                self._write_table(block)
            elif block.plain == _TITLE:
                self._write_part(self.title, may_lack=self.may_lack_title)
            elif block.plain == _CONTENTS:
                self._write_contents(headings)
            elif block.plain.startswith(_NOTE) and not self.page.exact:
                self._write_note(block.plain[1:])
            else:
                self._write_text(block.plain)

    def _write_text(self, text: str) -> None:
        text = self._number_references(text)
        for offset, sign in enumerate(text):
            for one in normalize_sign(sign):
                self._add(one, text, offset)

    def _add(self, token: Token | GivenPicture, text: str, offset: int = 0) -> None:
        self.page.tokens.append(token)
        self.page.sources.append((text, offset))

    def _number_references(self, text: str) -> str:
        """Put numbers in the place of the references to notes; a file that is exact has no such words."""
        if self.page.exact:
            return text.replace(_REFERENCE, "").replace(_NOTE, "")

        def number(_match: re.Match[str]) -> str:
            self.references.append(len(self.page.tokens))
            return str(len(self.references))

        return re.sub(_REFERENCE, number, text)

    def _write_part(self, text: str, *, may_lack: bool) -> None:
        start = len(self.page.tokens)
        self._write_text(text)
        if may_lack:
            self.page.skips[start] = len(self.page.tokens)

    def _write_contents(self, headings: Iterable[str]) -> None:
        self._write_text(self.form.locale.say("contents"))
        for heading in headings:
            start = len(self.page.tokens)
            self._write_text(heading)
            self.page.skips[len(self.page.tokens)] = len(self.page.tokens) + 1
            self._add(LEADER, heading, len(heading))
            self.page.skips[start] = len(self.page.tokens)  # what stands in a division may not be in contents

    def _write_note(self, text: str) -> None:
        number = len(self.page.notes) + 1
        shown = f"{number} {text}"
        reference = self.references[number - 1] if number <= len(self.references) else 0
        self.page.notes.append(GivenNote(tuple(normalize_words(shown)), shown, reference))

    def _write_picture(self, picture: GivenPicture) -> None:
        if not self.page.exact:  # a file of pages may have no pictures all the same
            self.page.skips[len(self.page.tokens)] = len(self.page.tokens) + 1
            self._add(picture, " ".join(picture.texts))

    def _write_table(self, table: PublishedTable) -> None:
        cells = sorted(table.cells, key=lambda cell: (cell.top, cell.left))
        numbered = PublishedTable(
            tuple(
                PublishedCell(self._number_references(cell.text), cell.top, cell.bottom, cell.left, cell.right)
                for cell in cells
            )
        )
        for tokens, text in list_rows(numbered, exact=self.page.exact):
            if tokens and isinstance(tokens[0], tuple):
                self._add(tokens[0], text)
            else:
                self._write_text(text)


# ── the blocks of the page ───────────────────────────────────────────────────────────


def _list_blocks(page: Page) -> Iterator[Block | GivenPicture]:
    """Give title, cover and blocks of a page; its tables and the office's prose are read apart, as for a build."""
    mark, parts = secrets.token_hex(16), dict[str, re.Match[str]]()

    def put_mark(match: re.Match[str]) -> str:
        name = f"{mark}x{len(parts)}"
        parts[name] = match
        return f"\n{name}\n"

    text = _PLACEHOLDER.sub(put_mark, page.text)
    reader = f"{DIALECT}+yaml_metadata_block"
    published = read_by_pandoc(text.encode(), reader, cover="cover", seconds=_MAX_SECONDS, marks="page")
    for block in published.blocks:
        match = parts.get(block.plain.strip()) if isinstance(block, Paragraph) else None
        yield from _fill_placeholder(match, page) if match else [block]
        if isinstance(block, Paragraph) and block.plain == _TITLE:
            yield from (Paragraph(line) for line in published.cover)


def _fill_placeholder(match: re.Match[str], page: Page) -> Iterable[Block | GivenPicture]:
    kind, name = match.groups()
    if kind == _PICTURE:
        return [_list_texts(one) for one in page.pictures if one.name == name]
    if kind == "prose":
        return parse_markdown(page.prose[name], "notes")
    return [_make_table(_find_table(page.form, name), page.figures[name])]


def _list_texts(picture: DrawnPicture) -> GivenPicture:
    from nianbao.render.pictures.svg import draw_svg  # noqa: PLC0415  # most pages have none

    drawing = ET.fromstring(draw_svg(picture))  # noqa: S314  # our own
    texts = ("".join(one.itertext()) for one in drawing.iter() if one.tag.endswith("}text"))
    return GivenPicture(tuple(filter(None, map(normalize_words, texts))))


def _find_table(form: Form, name: str) -> Table:
    return next(table for table in form.tables if table.page_id == name)


def _make_table(table: Table, figures: Sequence[str]) -> PublishedTable:
    """Make the table as it is printed, with the texts of its figures in order of its cells."""
    texts: Mapping[str, str] = {slot.address: text for slot, text in zip(table.slots, figures, strict=True)}
    return PublishedTable(
        tuple(
            PublishedCell(
                texts[cell.slot.address] if cell.slot else cell.text,
                cell.row,
                cell.row + cell.rowspan,
                cell.column,
                cell.column + cell.colspan,
            )
            for cell in table.make_grid().cells
        )
    )


def _list_header_tokens(table: Table) -> tuple[Token, ...]:
    """Return what a table repeats on the next page: the headers of its first block."""
    grid = table.make_grid()
    cells = tuple(
        PublishedCell(cell.text, cell.row, cell.row + cell.rowspan, cell.column, cell.column + cell.colspan)
        for cell in grid.cells
        if cell.row < grid.blocks[0].header_rows
    )
    return tuple(token for tokens, _text in list_rows(PublishedTable(cells), exact=False) for token in tokens)
