"""What a file prints, in the units in which it is compared: lines of text, and rows of tables."""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from msgspec import Struct

from nianbao.importer.recognition.published import Paragraph, PrintedLine, PublishedDocument, PublishedTable

_INVISIBLE = re.compile(r"[\s\u00ad\u200b\u2060\ufeff]+")
_LOOKALIKES = str.maketrans("‘’“”", "''\"\"", "•‣◦▪")  # what typefaces draw alike; bullets, which only the page has
# Behind a letter, and before another or the end of a cell: it may be one at the end of a line.
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u2010](?=[^\W\d_]|$)")
_ROW_MARK = " | "  # between the cells of a row, for people

Token = str | tuple[str, ...]  # a character of a text, or the cells of a row
Block = Paragraph | PublishedTable


class PrintedUnit(Struct, frozen=True):
    """A line of text, or a row: its tokens, its text for people, and its page (0: the file has none).

    `is_addition` says that a format adds such a line to what the facts give.
    """

    tokens: tuple[Token, ...]
    text: str
    page: int = 0
    is_addition: bool = False

    def quote(self, at: int) -> str:
        """Return the text from a token on; that of a row begins with the row."""
        return self.text if not self.tokens or isinstance(self.tokens[0], tuple) else self.text[self._find(at) :]

    def _find(self, at: int) -> int:
        """Return where in the text the visible character with this number stands."""
        visible = [offset for offset, sign in enumerate(self.text) if normalize_sign(sign)]
        return visible[at] if at < len(visible) else len(self.text)


def normalize_words(text: str) -> str:
    """Return words without what is invisible, and with the same sign for those that look the same."""
    return _INVISIBLE.sub("", text).translate(_LOOKALIKES)


@lru_cache(maxsize=4096)
def normalize_sign(sign: str) -> str:
    """Do the same with one character; an empty text where it is invisible."""
    return normalize_words(sign)


def list_units(published: PublishedDocument, added: Collection[str]) -> list[PrintedUnit]:
    """List what a file prints in its order; a line with the words of one of `added` is an addition."""
    blocks: list[Block | PrintedLine] = [Paragraph(text) for text in published.cover]
    blocks += published.blocks if published.exact else published.lines
    return [unit for block in blocks for unit in _list_units_of(block, added, exact=published.exact) if unit.tokens]


def _list_units_of(block: Block | PrintedLine, added: Collection[str], *, exact: bool) -> Iterator[PrintedUnit]:
    if isinstance(block, PublishedTable):
        for tokens, text in list_rows(block, exact=exact):
            yield PrintedUnit(tokens, text, block.place.page)
    elif isinstance(block, PrintedLine):
        words = normalize_words(block.text)
        yield PrintedUnit(tuple(words), block.text, block.page, block.is_number or words in added)
    elif (words := normalize_words(block.plain)) in added:
        yield PrintedUnit(tuple(words), block.plain, is_addition=True)
    else:
        for line in block.plain.split("\n"):
            yield PrintedUnit(tuple(normalize_words(line)), line)


def list_rows(table: PublishedTable, *, exact: bool) -> Iterator[tuple[tuple[Token, ...], str]]:
    """Give the tokens and the text of each row; one that is a cell over the whole width is a text.

    Where texts are not `exact`, hyphens count nothing that may stand at the end of a line.
    """
    right = table.right
    for starts, above in table.iterate_rows():
        shown = [cell.text for cell in starts if normalize_words(cell.text)]
        if not above and len(starts) == 1 and starts[0].right >= right:
            yield tuple("".join(map(normalize_words, shown))), "".join(shown)
        elif shown:
            yield (_make_row(shown, exact=exact),), _ROW_MARK.join(shown)


def _make_row(cells: Iterable[str], *, exact: bool) -> tuple[str, ...]:
    words = map(normalize_words, cells)
    return tuple(words if exact else (_HYPHEN.sub("", one) for one in words))
