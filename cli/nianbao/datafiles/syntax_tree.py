"""A data file as its author wrote it: tables of entries in their order, each with the comments that are about it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tomlkit.container import Container
    from tomlkit.items import Item, Key

Keys = tuple[str, ...]
BLANK = ""
SCHEMA_DIRECTIVE = "#:schema"  # names the file's schema to editors, which look for it at the very top


class CellNode(NamedTuple):
    """A value as it is written, and its keys: what they are and how they are written."""

    keys: Keys
    raw_keys: Keys
    raw: str


@dataclass(frozen=True, slots=True)
class EntryNode:
    """One `key = value` with the comments above it (a blank line is an empty text) and beside it.

    `cells` are what an inline table on one line holds, and None for any other value.
    """

    cell: CellNode  # its keys lead from the root of the file
    cells: tuple[CellNode, ...] | None = None  # their keys too
    above: tuple[str, ...] = ()
    beside: str = ""

    @property
    def has_comment(self) -> bool:
        """Tell whether a comment is about this entry."""
        return bool(self.beside) or any(self.above)


@dataclass(frozen=True, slots=True)
class SectionNode:
    """A `[table]`, or `[[one of many]]`, and its entries; the first section of a file has no header.

    `tail` are comments right under the last entry.
    """

    keys: Keys = ()
    raw_keys: Keys = ()
    is_array: bool = False
    above: tuple[str, ...] = ()
    beside: str = ""
    entries: tuple[EntryNode, ...] = ()
    tail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SyntaxTree:
    """A whole file: what opens it, its sections, and what closes it."""

    preamble: tuple[str, ...]
    sections: tuple[SectionNode, ...]
    epilogue: tuple[str, ...]

    def comments(self) -> list[str]:
        """Every comment, sorted: none of them may get lost."""
        lines = [*self.preamble, *self.epilogue]
        for section in self.sections:
            lines += [*section.above, section.beside, *section.tail]
            for entry in section.entries:
                lines += [*entry.above, entry.beside]
        return sorted(filter(None, lines))


def parse_tree(text: str) -> SyntaxTree:
    """Read a text that is TOML; raises ValueError where the reader cannot follow it."""
    import tomlkit  # noqa: PLC0415  # only who lays a file out needs it
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415  # see above

    pages = _TreeBuilder()
    try:
        for part in _list_parts(tomlkit.parse(text), (), ()):
            pages.add(part)
    except (TOMLKitError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return pages.build()


# ── from tomlkit's tree to lines ─────────────────────────────────────────────────────


def _list_parts(container: "Container", keys: Keys, shown: Keys) -> Iterator[str | EntryNode | SectionNode]:
    """Give what stands in a file in its order: comments and blank lines as texts, headers, entries."""
    from tomlkit.items import AoT, Comment, Table, Whitespace  # noqa: PLC0415  # see read

    for key, item in container.body:
        if key is None:
            if isinstance(item, Comment):
                yield item.trivia.comment.rstrip()
            elif isinstance(item, Whitespace) and "\n" in item.s:
                yield BLANK
            continue
        below, named = (*keys, key.key), (*shown, _format_key(key))
        if isinstance(item, Table):
            if item.display_name is not None:
                yield SectionNode(below, named, beside=item.trivia.comment.rstrip())
            yield from _list_parts(item.value, below, named)
        elif isinstance(item, AoT):
            for table in item.body:
                yield SectionNode(below, named, is_array=True, beside=table.trivia.comment.rstrip())
                yield from _list_parts(table.value, below, named)
        else:
            yield _make_entry(item, below, named)


def _make_entry(item: "Item", keys: Keys, shown: Keys) -> EntryNode:
    from tomlkit.items import InlineTable  # noqa: PLC0415  # see read

    raw = item.as_string()
    cells = None
    if isinstance(item, InlineTable) and "\n" not in raw:
        cells = tuple(_list_cells(item.value, keys, shown))
    return EntryNode(CellNode(keys, shown, raw), cells, beside=item.trivia.comment.rstrip())


def _list_cells(container: "Container", keys: Keys, shown: Keys) -> Iterator[CellNode]:
    from tomlkit.items import InlineTable, Table  # noqa: PLC0415  # see read

    for key, item in container.body:
        if key is None:
            continue
        below, named = (*keys, key.key), (*shown, _format_key(key))
        inner: InlineTable | Table | None = item if isinstance(item, InlineTable | Table) else None
        if inner is not None and inner.value.body:
            yield from _list_cells(inner.value, below, named)
        else:
            yield CellNode(below, named, "{}" if inner is not None else item.as_string())


def _format_key(key: "Key") -> str:
    """Write a key without quotes where it needs none, else as it is written."""
    bare = key.key.replace("-", "_")
    return key.key if bare.isascii() and f"_{bare}".isidentifier() and bare else key.as_string().strip()


# ── comments, to what they are about ─────────────────────────────────────────────────


@dataclass
class _TreeBuilder:
    """Gathers sections; `waiting` are the comments and blank lines since the last entry or header."""

    preamble: tuple[str, ...] = ()
    sections: list[SectionNode] = field(default_factory=lambda: [SectionNode()])
    entries: list[EntryNode] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    is_open: bool = False

    def add(self, part: str | EntryNode | SectionNode) -> None:
        if isinstance(part, str):
            self.pending.append(part)
            return
        self.open(header=isinstance(part, SectionNode))
        if isinstance(part, EntryNode):
            self.entries.append(replace(part, above=merge_blank_lines(self.pending)))
        else:
            self.close()
            self.sections.append(replace(part, above=merge_blank_lines(self.pending)))
        self.pending = []

    def open(self, *, header: bool = False) -> None:
        """Take what opens the file: the line for editors, else the comments down to the first blank line."""
        if self.is_open:
            return
        self.is_open = True
        lines = list(merge_blank_lines(self.pending))
        if lines[:1] == [BLANK]:
            del lines[0]
        size = _count_until_blank(lines)
        if size < len(lines):
            size += 1
        else:  # no blank line: these comments are about the first entry, but for the line for editors
            size = 0 if header or not lines or not lines[0].startswith(SCHEMA_DIRECTIVE) else 1
        self.preamble, self.pending = tuple(lines[:size]), lines[size:]

    def close(self) -> None:
        """End a section; comments right under its last line, with a blank line after them, are its tail."""
        lines = list(merge_blank_lines(self.pending))
        size = _count_until_blank(lines)
        last = self.sections[-1]
        tail = size if size < len(lines) and (self.entries or last.keys) else 0
        self.sections[-1] = replace(last, entries=tuple(self.entries), tail=tuple(lines[:tail]))
        self.entries, self.pending = [], lines[tail:]

    def build(self) -> SyntaxTree:
        self.pending.append(BLANK)
        self.open()
        self.close()
        return SyntaxTree(self.preamble, tuple(self.sections), merge_blank_lines(self.pending))


def merge_blank_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """Leave one blank line of several."""
    kept: list[str] = []
    for line in lines:
        if line or kept[-1:] != [BLANK]:
            kept.append(line)
    return tuple(kept)


def _count_until_blank(lines: list[str]) -> int:
    return lines.index(BLANK) if BLANK in lines else len(lines)
