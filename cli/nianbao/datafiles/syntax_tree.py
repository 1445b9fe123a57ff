"""The syntax tree of a data file: tables of entries in their order, each with the comments that are about it."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import toml_rs
from msgspec import Struct, field
from msgspec.structs import replace

if TYPE_CHECKING:
    from tomlkit.container import Container
    from tomlkit.items import Item, Key

Keys = tuple[str, ...]
BLANK = ""
SCHEMA_DIRECTIVE = "#:schema"  # names the file's JSON Schema for editors, which read it in the first lines


class CellNode(NamedTuple):
    """A value: its keys from the root of the file, the keys as they are written, and the value as it is written."""

    keys: Keys
    raw_keys: Keys
    raw: str


class EntryNode(Struct, frozen=True):
    """One `key = value` with the comments above it (a blank line is an empty text) and beside it.

    `cells` are the values of an inline table on one line, and None for any other value.
    """

    cell: CellNode
    cells: tuple[CellNode, ...] | None = None
    above: tuple[str, ...] = ()
    beside: str = ""

    @property
    def has_comment(self) -> bool:
        """Whether a comment is about this entry."""
        return bool(self.beside) or any(self.above)


class SectionNode(Struct, frozen=True):
    """A `[table]`, or a table of an `[[array]]`, and its entries; the first section of a file has no header.

    `tail` are comments right under the last entry.
    """

    keys: Keys = ()
    raw_keys: Keys = ()
    is_array: bool = False
    above: tuple[str, ...] = ()
    beside: str = ""
    entries: tuple[EntryNode, ...] = ()
    tail: tuple[str, ...] = ()


class SyntaxTree(Struct, frozen=True):
    """A whole file: comments at its beginning, its sections, and comments at its end."""

    preamble: tuple[str, ...]
    sections: tuple[SectionNode, ...]
    epilogue: tuple[str, ...]

    def list_comments(self) -> list[str]:
        """List every comment, sorted, to check that none gets lost."""
        lines = [*self.preamble, *self.epilogue]
        for section in self.sections:
            lines += [*section.above, section.beside, *section.tail]
            for entry in section.entries:
                lines += [*entry.above, entry.beside]
        return sorted(filter(None, lines))


def parse_tree(text: str) -> SyntaxTree:
    """Parse a text that is TOML; raises ValueError where tomlkit cannot.

    tomlkit gets one statement at a time: of a whole file it compares each dotted key with those before it, which took
    half a minute for a report with 800 rows.
    """
    import tomlkit  # noqa: PLC0415  # only the commands that format a file need it
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415  # see above

    builder, section = _TreeBuilder(), SectionNode()
    try:
        for statement in _split_statements(text):
            within = SectionNode() if statement.lstrip().startswith("[") else section
            for part in _list_parts(tomlkit.parse(statement), within.keys, within.raw_keys):
                section = part if isinstance(part, SectionNode) else section
                builder.add(part)
    except (TOMLKitError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return builder.build()


# ── statements, and parts of tomlkit's tree ──────────────────────────────────────────


def _split_statements(text: str) -> Iterator[str]:
    """Split a text that is TOML into its statements: a line each, but for values of several lines."""
    ends: dict[int, int] = {}  # first -> last line of a value, from 1; toml_rs has a pair where these differ
    _collect_ends(toml_rs.load_with_metadata(text).meta["nodes"], ends)
    lines = text.split("\n")
    start = 0
    while start < len(lines):
        end = ends.get(start + 1, start + 1)
        yield "\n".join(lines[start:end]) + ("\n" if end < len(lines) else "")
        start = end


def _collect_ends(node: Any, ends: dict[int, int]) -> None:  # noqa: ANN401  # of the parser
    for one in node.values() if isinstance(node, dict) else node:
        if isinstance(one, dict | list):
            line = one.get("value_line") if isinstance(one, dict) else None
            if isinstance(line, tuple):
                ends[line[0]] = max(line[1], ends.get(line[0], 0))
            _collect_ends(one, ends)


def _list_parts(container: "Container", keys: Keys, raw_keys: Keys) -> Iterator[str | EntryNode | SectionNode]:
    """List the parts of a file in their order: comments and blank lines as texts, headers, entries."""
    from tomlkit.items import AoT, Comment, Table, Whitespace  # noqa: PLC0415  # see parse_tree

    for key, item in container.body:
        if key is None:
            if isinstance(item, Comment):
                yield item.trivia.comment.rstrip()
            elif isinstance(item, Whitespace) and "\n" in item.s:
                yield BLANK
            continue
        path, raw_path = (*keys, key.key), (*raw_keys, _format_key(key))
        if isinstance(item, Table):
            if item.display_name is not None:
                yield SectionNode(path, raw_path, beside=item.trivia.comment.rstrip())
            yield from _list_parts(item.value, path, raw_path)
        elif isinstance(item, AoT):
            for table in item.body:
                yield SectionNode(path, raw_path, is_array=True, beside=table.trivia.comment.rstrip())
                yield from _list_parts(table.value, path, raw_path)
        else:
            yield _make_entry(item, path, raw_path)


def _make_entry(item: "Item", keys: Keys, raw_keys: Keys) -> EntryNode:
    from tomlkit.items import InlineTable  # noqa: PLC0415  # see parse_tree

    raw = item.as_string()
    cells = None
    if isinstance(item, InlineTable) and "\n" not in raw:
        cells = tuple(_list_cells(item.value, keys, raw_keys))
        raw = raw if cells else "{}"
    return EntryNode(CellNode(keys, raw_keys, raw), cells, beside=item.trivia.comment.rstrip())


def _list_cells(container: "Container", keys: Keys, raw_keys: Keys) -> Iterator[CellNode]:
    from tomlkit.items import InlineTable, Table  # noqa: PLC0415  # see parse_tree

    for key, item in container.body:
        if key is None:
            continue
        path, raw_path = (*keys, key.key), (*raw_keys, _format_key(key))
        inner: InlineTable | Table | None = item if isinstance(item, InlineTable | Table) else None
        if inner is not None and len(inner.value):
            yield from _list_cells(inner.value, path, raw_path)
        else:
            yield CellNode(path, raw_path, "{}" if inner is not None else item.as_string())


def _format_key(key: "Key") -> str:
    """Format a key without quotes where it needs none, else as it is written."""
    bare = key.key.replace("-", "_")
    return key.key if bare.isascii() and f"_{bare}".isidentifier() and bare else key.as_string().strip()


# ── comments and what they are about ─────────────────────────────────────────────────


class _TreeBuilder(Struct):
    """Collects sections; `pending` are the comments and blank lines since the last entry or header."""

    preamble: tuple[str, ...] = ()
    sections: list[SectionNode] = field(default_factory=lambda: [SectionNode()])
    entries: list[EntryNode] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    has_preamble: bool = False

    def add(self, part: str | EntryNode | SectionNode) -> None:
        if isinstance(part, str):
            self.pending.append(part)
            return
        self.take_preamble(header=isinstance(part, SectionNode))
        if isinstance(part, EntryNode):
            self.entries.append(replace(part, above=merge_blank_lines(self.pending)))
        else:
            self.end_section()
            self.sections.append(replace(part, above=merge_blank_lines(self.pending)))
        self.pending = []

    def take_preamble(self, *, header: bool = False) -> None:
        """Take the preamble: the line that names the schema, else the comments up to the first blank line."""
        if self.has_preamble:
            return
        self.has_preamble = True
        lines = list(merge_blank_lines(self.pending))
        if lines[:1] == [BLANK]:
            del lines[0]
        size = _count_until_blank(lines)
        if size < len(lines):
            size += 1
        else:  # no blank line: these comments are about the first entry, except the line that names the schema
            size = 0 if header or not lines or not lines[0].startswith(SCHEMA_DIRECTIVE) else 1
        self.preamble, self.pending = tuple(lines[:size]), lines[size:]

    def end_section(self) -> None:
        """End a section; comments right under its last line, with a blank line after them, are its tail."""
        lines = list(merge_blank_lines(self.pending))
        size = _count_until_blank(lines)
        last = self.sections[-1]
        tail = size if size < len(lines) and (self.entries or last.keys) else 0
        self.sections[-1] = replace(last, entries=tuple(self.entries), tail=tuple(lines[:tail]))
        self.entries, self.pending = [], lines[tail:]

    def build(self) -> SyntaxTree:
        self.pending.append(BLANK)
        self.take_preamble()
        self.end_section()
        return SyntaxTree(self.preamble, tuple(self.sections), merge_blank_lines(self.pending))


def merge_blank_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """Replace several blank lines in a row by one."""
    merged: list[str] = []
    for line in lines:
        if line or merged[-1:] != [BLANK]:
            merged.append(line)
    return tuple(merged)


def _count_until_blank(lines: list[str]) -> int:
    return lines.index(BLANK) if BLANK in lines else len(lines)
