"""The page that facts give, compared with the one that a file prints: all words and all figures, in their order."""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from nianbao.compose.document import Document, Page, make_page
from nianbao.compose.markdown import DIALECT
from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.readers.texts import read_by_pandoc
from nianbao.importer.recognition.published import Paragraph, PublishedCell, PublishedDocument, PublishedTable
from nianbao.model.form import Form
from nianbao.model.table import Table

_MAX_SECONDS = 5  # to read the prose of one section, or a page; most take a tenth of one
_LEVELS = 2  # of headings in contents
_SHOWN = 24  # characters that name a difference
_PLACEHOLDER = re.compile(r'^::: \{(table|prose)="([^"]+)"\}\n:::$', re.MULTILINE)  # of `compose.document.make_page`
_INVISIBLE = re.compile(r"[\s\u00ad\u200b\u2060\ufeff]+")
_LOOKALIKES = str.maketrans("‘’“”", "''\"\"", "•‣◦▪")  # what typefaces draw alike; bullets, which only the page has
_CONTENTS = re.compile(r"^:{3,} *(?:contents|\{[^}\n]*\.contents\b)", re.MULTILINE)  # where a page asks for them
_RED_HEAD = re.compile(r"^:{3,} *(?:redhead|\{[^}\n]*\.redhead\b)", re.MULTILINE)  # which stands above the title
_LEADER = re.compile(r"\.{5,}\d{1,3}")  # of contents on paper, with the number of the page
# Behind a letter, and before another or the end of a block: it may be one at the end of a line.
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u2010](?=[^\W\d_]|$)")

_Block = Paragraph | PublishedTable
_Token = str | tuple[str, ...]  # a character of a text, or the cells of a row


def normalize_words(text: str) -> str:
    """Return words without what is invisible, and with the same sign for those that look the same."""
    return _INVISIBLE.sub("", text).translate(_LOOKALIKES)


@lru_cache(maxsize=64)
def parse_markdown(body: str) -> tuple[_Block, ...]:
    """Return the blocks of untrusted Markdown: words, emphasis and lists, and no element that is active."""
    try:
        return read_by_pandoc(body.encode(), DIALECT, seconds=_MAX_SECONDS).blocks
    except UnreadableError:
        return ()


def find_page_difference(composed: Document, published: PublishedDocument, *, tables_only: bool = False) -> str:
    """Return what a file first prints otherwise than its facts give it, or an empty text.

    Every word and every cell counts, in their order. Only what a format adds is left out: captions, contents, the mark
    of a draft and, where the texts are not exact, the headers of a table that go on on the next page. With
    `tables_only` the rows of tables count alone.
    """
    page = make_page(composed)
    form = page.form
    added = {normalize_words(table.label) for table in form.tables} | {normalize_words(form.locale.file.marks.draft)}
    hyphens = _HYPHEN if not published.exact else None
    blocks = list(_compose_blocks(page))
    expected = list(_list_tokens(blocks, added, hyphens))  # a heading may say what a caption says
    cover = [Paragraph(text, "") for text in published.cover]
    printed = list(_list_tokens([*cover, *published.blocks], added, hyphens))
    if _CONTENTS.search(page.text):
        _remove(printed, list(_list_tokens(_list_contents(blocks, form), frozenset(), hyphens)))
    title = list(normalize_words(composed.title))
    if printed[: len(title)] == title:  # the title of a Word file is not one of its texts
        printed = printed[len(title) :]
    elif _RED_HEAD.search(page.text) and _remove(printed, title):
        pass
    elif title and title != list(normalize_words(published.title)):
        return composed.title[:_SHOWN]
    if tables_only:
        expected = [token for token in expected if isinstance(token, tuple)]
        printed = [token for token in printed if isinstance(token, tuple)]
    repeated: list[list[_Token]] = []
    if not published.exact:
        heads = (next(_list_rows(block, _HYPHEN), None) for block in blocks if isinstance(block, PublishedTable))
        repeated = [list(_list_header_tokens(table)) for table in form.tables] + [[head] for head in heads if head]
    return _find_difference(expected, printed, repeated)


def _find_difference(expected: Sequence[_Token], printed: Sequence[_Token], repeated: Sequence[list[_Token]]) -> str:
    """Return what is printed where the first token differs; headers in `repeated` may stand anywhere."""
    at = 0
    for place, token in enumerate(expected):
        while at < len(printed) and printed[at] != token:
            size = next((len(header) for header in repeated if header and printed[at : at + len(header)] == header), 0)
            if not size:
                return _show(printed[at:]) or _show(expected[place:])
            at += size
        if at == len(printed):
            return _show(expected[place:])
        at += 1
    return _show(printed[at:])


def _list_contents(blocks: Iterable[_Block], form: Form) -> Iterator[Paragraph]:
    """Give the words of the contents of a page, which have two levels of headings."""
    yield Paragraph(form.locale.say("contents"), "")
    yield from (block for block in blocks if isinstance(block, Paragraph) and 1 <= block.level <= _LEVELS)


def _remove(tokens: list[_Token], part: Sequence[_Token]) -> bool:
    """Remove the first place where a part stands among tokens; return whether there is one."""
    start = next((at for at in range(len(tokens)) if tokens[at : at + len(part)] == part), None)
    if start is not None:
        del tokens[start : start + len(part)]
    return start is not None


def _show(tokens: Sequence[_Token]) -> str:
    """Return the beginning of some tokens for people."""
    return "".join(token if isinstance(token, str) else " | ".join(token) for token in tokens[:_SHOWN])[:_SHOWN]


def _list_tokens(
    blocks: Iterable[_Block], added: Iterable[str] = (), hyphens: re.Pattern[str] | None = None
) -> Iterator[_Token]:
    """Give the characters of texts and the rows of tables; a row that is one cell over the whole width is a text."""
    for block in blocks:
        if isinstance(block, PublishedTable):
            yield from _list_rows(block, hyphens)
        elif (words := normalize_words(block.plain)) not in added:
            yield from hyphens.sub("", _LEADER.sub("", words)) if hyphens else words


def _list_rows(table: PublishedTable, hyphens: re.Pattern[str] | None) -> Iterator[_Token]:
    for starts, above in table.iterate_rows():
        texts = tuple(words for cell in starts if (words := normalize_words(cell.text)))
        texts = tuple(hyphens.sub("", words) for words in texts) if hyphens else texts
        is_full_width = not above and len(starts) == 1 and starts[0].right >= table.right
        if texts:
            yield from texts[0] if is_full_width else [texts]


# ── the page that the facts give ─────────────────────────────────────────────────────


def _compose_blocks(page: Page) -> Iterator[_Block]:
    """Give the cover and the blocks of a page; its tables and the office's prose are read apart, as for a build."""
    mark, parts = secrets.token_hex(16), dict[str, re.Match[str]]()

    def put_mark(match: re.Match[str]) -> str:
        name = f"{mark}x{len(parts)}"
        parts[name] = match
        return name

    text = _PLACEHOLDER.sub(put_mark, page.text)
    reader = f"{DIALECT}+yaml_metadata_block"
    published = read_by_pandoc(text.encode(), reader, cover="cover", seconds=_MAX_SECONDS)
    yield from (Paragraph(line, "") for line in published.cover)
    for block in published.blocks:
        match = parts.get(block.plain.strip()) if isinstance(block, Paragraph) else None
        yield from _fill_placeholder(match, page) if match else [block]


def _fill_placeholder(match: re.Match[str], page: Page) -> Iterable[_Block]:
    kind, name = match.groups()
    if kind == "prose":
        return parse_markdown(page.prose[name])
    return [_make_table(_find_table(page.form, name), page.figures[name])]


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


def _list_header_tokens(table: Table) -> Iterator[_Token]:
    """Give what a table repeats on the next page: the headers of its first block."""
    grid = table.make_grid()
    cells = [cell for cell in grid.cells if cell.row < grid.blocks[0].header_rows]
    yield from _list_rows(
        PublishedTable(
            tuple(
                PublishedCell(cell.text, cell.row, cell.row + cell.rowspan, cell.column, cell.column + cell.colspan)
                for cell in cells
            )
        ),
        _HYPHEN,
    )
