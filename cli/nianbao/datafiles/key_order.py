"""The order of keys in a data file, as its form has them, and the sorting of a syntax tree into that order."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import toml_rs
from msgspec import Struct
from msgspec.structs import replace

from nianbao.datafiles.syntax_tree import CellNode, EntryNode, Keys, SectionNode, SyntaxTree, merge_blank_lines
from nianbao.model.form import OPEN_TABLES, OWN_FACTS, Form

_COMMENTED_OUT = re.compile(r"#\s*([\w.-]+)\s*=")  # an entry that is commented out


def list_groups(form: Form) -> list[str]:
    """List the tables of a data file in their order: facts about the author, the form's tables, the other facts."""
    required = {fact.id.split(".")[0] for fact in form.facts if fact.required}
    facts = list(dict.fromkeys(fact.id.split(".")[0] for fact in form.facts))
    return [
        *(group for group in facts if group in required),
        *(table.id for table in form.tables),
        "headings",
        *(group for group in facts if group not in required),
        OWN_FACTS,
        "prose",
    ]


class KeyOrder(Struct, frozen=True):
    """The order of the addresses of a form, and which figures make one row.

    `ranks` are the positions of addresses and of their beginnings; `rows` the addresses of rows.
    """

    ranks: Mapping[Keys, int]
    rows: frozenset[Keys]
    values: frozenset[Keys]  # addresses of figures and facts
    tables: frozenset[str]  # tables whose entries are addresses of the form

    @classmethod
    @lru_cache(maxsize=8)  # many files of few forms are laid out one after the other, each asking twice
    def from_form(cls, form: Form) -> "KeyOrder":
        """Make the order of a form: tables as in `list_groups`, figures and facts as the form lists them."""
        ranks: dict[Keys, int] = {}
        sections = [section.id for section in form.sections]
        texts = [f"{group}.{section}" for group in ("headings", "prose") for section in sections]
        facts = [fact.id for fact in form.facts]
        for address in (*form.common_facts, *list_groups(form), *form.slots, *facts, *texts):
            keys = split_address(address)
            for size in range(1, len(keys) + 1):
                ranks.setdefault(keys[:size], len(ranks))
        rows = {split_address(f"{table.id}.{slot.row}") for table in form.tables for slot in table.slots if slot.row}
        values = frozenset(map(split_address, form.value_types))
        return cls(ranks, frozenset(rows), values, frozenset(keys[0] for keys in values if len(keys) > 1))

    def rank(self, keys: Keys) -> int:
        """Return the position of an address; unknown ones come after all others, then the comments that end a table."""
        return self.ranks.get(keys, len(self.ranks)) if keys else len(self.ranks) + 1

    def find_line(self, keys: Keys) -> Keys:
        """Return the address that the line of a figure or fact has: its row's, its own, or none for an unknown one."""
        row = next((keys[:size] for size in range(len(keys) - 1, 1, -1) if keys[:size] in self.rows), ())
        return row or (keys if keys in self.values else ())


# ── sorting a tree ───────────────────────────────────────────────────────────────────


def sort_tree(tree: SyntaxTree, order: KeyOrder) -> SyntaxTree:
    """Sort sections and entries; each table of the form gets one header, each row one entry."""
    top, *sections = tree.sections
    tables = order.tables - {section.keys[0] for section in sections if section.is_array}
    groups: dict[str, list[SectionNode]] = {}
    for section in sections:
        groups.setdefault(section.keys[0], []).append(section)
    top, moved = _split_top(top, tables, order)
    for section in moved:
        groups.setdefault(section.keys[0], []).append(section)
    ordered = [replace(top, entries=_sort_entries(_split_commented_out(_list_entries(top), order), order), tail=())]
    for name in sorted(groups, key=lambda name: order.rank((name,))):
        parts = groups[name]
        if name in tables:
            ordered.append(_merge_sections(parts, order))
        elif name in OPEN_TABLES:
            ordered += [replace(part, entries=_sort_entries(part.entries, order)) for part in parts]
        else:
            ordered += parts
    return replace(tree, sections=tuple(ordered))


def _split_top(top: SectionNode, tables: frozenset[str], order: KeyOrder) -> tuple[SectionNode, list[SectionNode]]:
    """Split the entries above all headers: those that stay there, and those that go to a table of the form."""
    entries: list[EntryNode] = []
    moved: list[SectionNode] = []
    for entry in top.entries:
        keys = entry.cell.keys
        if keys[0] in tables and (len(keys) > 1 or any(order.find_line(cell.keys) for cell in entry.cells or ())):
            moved.append(SectionNode(keys[:1], keys[:1], entries=(entry,)))
        else:
            entries.append(entry)
    return replace(top, entries=tuple(entries)), moved


def _merge_sections(parts: list[SectionNode], order: KeyOrder) -> SectionNode:
    """Merge the sections of one table of the form into one, keeping every comment."""
    header = next((part for part in parts if len(part.keys) == 1 and (part.above or part.beside)), None)
    entries: list[EntryNode] = []
    empty: list[SectionNode] = []  # sub-tables without entries: their comments go above the first entry below them
    for part in parts:
        if len(part.keys) == 1:
            entries += _list_entries(part)
        elif part.entries:
            first, *rest = _list_entries(part)
            entries += [replace(first, above=_join_comments(part, first.above)), *rest]
        else:
            empty.append(part)
    for part in sorted(empty, key=lambda part: -len(part.keys)):
        below = (index for index, entry in enumerate(entries) if entry.cell.keys[: len(part.keys)] == part.keys)
        index = next(below, None)
        if index is None:
            entries.append(EntryNode(CellNode(part.keys, part.raw_keys, "{}"), (), _join_comments(part, part.tail)))
        else:
            above = _join_comments(part, (*part.tail, *entries[index].above))
            entries[index] = replace(entries[index], above=above)
    keys = parts[0].keys[:1]
    rows = _merge_rows(_split_commented_out(entries, order, keys), order)
    merged = SectionNode(keys, parts[0].raw_keys[:1], entries=_sort_entries(rows, order))
    return replace(merged, above=header.above, beside=header.beside) if header else merged


def _list_entries(section: SectionNode) -> list[EntryNode]:
    """List the entries of a section, and its tail as one without key or value."""
    return [*section.entries, *([EntryNode(CellNode((), (), ""), None, section.tail)] if section.tail else [])]


def _join_comments(part: SectionNode, lines: tuple[str, ...]) -> tuple[str, ...]:
    """Put the comments of a header that is removed before the lines above what follows it."""
    return merge_blank_lines([*part.above, *filter(None, [part.beside]), *lines])


def _split_commented_out(entries: Iterable[EntryNode], order: KeyOrder, table: Keys = ()) -> Iterator[EntryNode]:
    """Make entries of their own of the form's entries that are commented out; `table` is that of the section."""
    for entry in entries:
        above: list[str] = []
        for line in entry.above:
            above.append(line)
            keys = _parse_commented_out(line, table)
            if keys in order.rows or keys in order.values:
                yield EntryNode(CellNode(keys, keys, ""), None, tuple(above))
                above = []
        yield replace(entry, above=tuple(above))


def _parse_commented_out(line: str, table: Keys) -> Keys:
    """Return the address of the entry that a comment holds, or none; `table` is that of its section."""
    match = _COMMENTED_OUT.match(line)
    try:
        return (*table, *split_address(match[1])) if match and toml_rs.loads(line.lstrip("# \t")) else ()
    except toml_rs.TOMLDecodeError:
        return ()


def _merge_rows(entries: Iterable[EntryNode], order: KeyOrder) -> list[EntryNode]:
    """Make one entry of each row, and one of each fact; what the form does not know stays as written."""
    lines: dict[Keys, list[tuple[CellNode, EntryNode]]] = {}
    merged: list[EntryNode] = []
    for entry in entries:
        cells = entry.cells or (entry.cell,)
        if entry.cell.raw and any(order.find_line(cell.keys) for cell in cells):
            for cell in cells:
                lines.setdefault(order.find_line(cell.keys) or cell.keys, []).append((cell, entry))
        else:
            merged.append(entry)
    commented: set[int] = set()
    for keys in sorted(lines, key=order.rank):
        merged += _make_row_entries(keys, lines[keys], commented, order)
    return merged


def _make_row_entries(
    row: Keys, parts: list[tuple[CellNode, EntryNode]], commented: set[int], order: KeyOrder
) -> Iterator[EntryNode]:
    """Make the entry of one row; a row whose figures have comments of their own keeps an entry for each figure.

    `parts` are its cells, each with the entry that it is taken from; `commented` are the ids of entries whose
    comments have been kept already.
    """
    sources = {id(entry): entry for _, entry in parts}
    ordered = sorted(parts, key=lambda part: order.rank(part[0].keys))
    separate = len(sources) > 1 and any(entry.has_comment for entry in sources.values())
    separate = separate or any("\n" in cell.raw for cell, _ in parts)
    for line in [[part] for part in ordered] if separate else [ordered]:
        cells = tuple(cell for cell, _ in line)
        entry = line[0][1]
        whole = len({order.find_line(cell.keys) or cell.keys for cell in entry.cells or ()}) < 2  # noqa: PLR2004  # one row
        is_new = id(entry) not in commented
        above = () if not is_new else entry.above if whole else (*entry.above, *filter(None, [entry.beside]))
        beside = entry.beside if whole and is_new else ""
        commented.add(id(entry))
        if separate or row not in order.rows or cells[0].keys == row:
            yield EntryNode(cells[0], None, above, beside)
        else:
            yield EntryNode(CellNode(row, cells[0].raw_keys[: len(row)], "{}"), cells, above, beside)


def _sort_entries(entries: Iterable[EntryNode], order: KeyOrder) -> tuple[EntryNode, ...]:
    """Sort entries; comments after the last one that has a value lose their blank lines."""
    nodes = sorted(entries, key=lambda entry: order.rank(entry.cell.keys))
    last = max((index for index, entry in enumerate(nodes) if entry.cell.raw), default=-1)
    comments = (replace(entry, above=tuple(filter(None, entry.above))) for entry in nodes[last + 1 :])
    return (*nodes[: last + 1], *comments)


def split_address(address: str) -> Keys:
    """Split an address into its keys."""
    return tuple(address.split("."))
