"""The order of a form: where each entry of a data file belongs, and which figures make one row."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import toml_rs

from nianbao.datafiles.syntax_tree import CellNode, EntryNode, Keys, SectionNode, SyntaxTree, merge_blank_lines
from nianbao.model.form import COMMON, OPEN, OWN, Form

_HIDDEN_ENTRY = re.compile(r"#\s*([\w.-]+)\s*=")  # an entry that is switched off by a comment mark


def list_groups(form: Form) -> list[str]:
    """Name the tables of a data file in their order: who reports, the form's tables, the other facts."""
    first = {fact.id.split(".")[0] for fact in form.facts if fact.required}
    facts = list(dict.fromkeys(fact.id.split(".")[0] for fact in form.facts))
    return [
        *(group for group in facts if group in first),
        *(table.id for table in form.tables),
        "headings",
        *(group for group in facts if group not in first),
        OWN,
        "prose",
    ]


@dataclass(frozen=True)
class KeyOrder:
    """Where each address of a form stands, and which figures make one row."""

    ranks: Mapping[Keys, int]
    rows: frozenset[Keys]
    values: frozenset[Keys]  # addresses of figures and facts
    tables: frozenset[str]  # tables whose entries are addresses of the form

    @classmethod
    def from_form(cls, form: Form) -> "KeyOrder":
        """Take the order of a form."""
        ranks: dict[Keys, int] = {}
        sections = [section.id for section in form.sections]
        named = [f"{group}.{section}" for group in ("headings", "prose") for section in sections]
        for address in (*COMMON, *list_groups(form), *form.slots, *(fact.id for fact in form.facts), *named):
            keys = split_address(address)
            for size in range(1, len(keys) + 1):
                ranks.setdefault(keys[:size], len(ranks))
        rows = {split_address(f"{table.id}.{slot.row}") for table in form.tables for slot in table.slots if slot.row}
        values = frozenset(map(split_address, form.kinds))
        return cls(ranks, frozenset(rows), values, frozenset(keys[0] for keys in values if len(keys) > 1))

    def rank(self, keys: Keys) -> int:
        """Return where an address stands; after it come strangers, and last the comments that end a table."""
        return self.ranks.get(keys, len(self.ranks)) if keys else len(self.ranks) + 1

    def find_line(self, keys: Keys) -> Keys:
        """Return what an address has a line of its own with: its row, itself, or nothing for a stranger."""
        row = next((keys[:size] for size in range(len(keys) - 1, 1, -1) if keys[:size] in self.rows), ())
        return row or (keys if keys in self.values else ())


# ── into the form's order ────────────────────────────────────────────────────────────


def sort_tree(document: SyntaxTree, order: KeyOrder) -> SyntaxTree:
    """Put sections and entries in order, the parts of a form's table under one header, a row in one entry."""
    top, *sections = document.sections
    tables = order.tables - {section.keys[0] for section in sections if section.is_array}
    gathered: dict[str, list[SectionNode]] = {}
    for section in sections:
        gathered.setdefault(section.keys[0], []).append(section)
    plain: list[EntryNode] = []
    for entry in top.entries:
        group = entry.cell.keys[0]
        if group in tables and (
            len(entry.cell.keys) > 1 or any(order.find_line(cell.keys) for cell in entry.cells or ())
        ):
            found = gathered.setdefault(group, [])
            found.append(SectionNode(entry.cell.keys[:1], (group,), entries=(entry,)))
        else:
            plain.append(entry)
    made = [replace(top, entries=_sort_with_hidden(_list_entries(replace(top, entries=tuple(plain))), order), tail=())]
    for name in sorted(gathered, key=lambda name: order.rank((name,))):
        parts = gathered[name]
        if name in tables:
            made.append(_merge_sections(parts, order))
        elif name in OPEN:
            made += [replace(part, entries=_sort_entries(part.entries, order)) for part in parts]
        else:
            made += parts
    return replace(document, sections=tuple(made))


def _merge_sections(parts: list[SectionNode], order: KeyOrder) -> SectionNode:
    """Bring the parts of one table of the form under one header."""
    head = next((part for part in parts if len(part.keys) == 1 and (part.above or part.beside)), None)
    entries: list[EntryNode] = []
    bare: list[SectionNode] = []  # headers below the table, with nothing that could bear their comments yet
    for part in parts:
        if len(part.keys) == 1:
            entries += _list_entries(part)
        elif part.entries:
            first, *rest = _list_entries(part)
            entries += [replace(first, above=_join_comments(part, first.above)), *rest]
        else:
            bare.append(part)
    for part in sorted(bare, key=lambda part: -len(part.keys)):
        at = next((at for at, entry in enumerate(entries) if entry.cell.keys[: len(part.keys)] == part.keys), None)
        if at is None:
            entries.append(EntryNode(CellNode(part.keys, part.raw_keys, "{}"), (), _join_comments(part, part.tail)))
        else:
            entries[at] = replace(entries[at], above=_join_comments(part, (*part.tail, *entries[at].above)))
    keys = parts[0].keys[:1]
    made = SectionNode(keys, parts[0].raw_keys[:1], entries=_sort_with_hidden(_merge_rows(entries, order), order, keys))
    return replace(made, above=head.above, beside=head.beside) if head else made


def _list_entries(section: SectionNode) -> list[EntryNode]:
    """Give the entries of a section, its tail as one without key or value."""
    return [*section.entries, *([EntryNode(CellNode((), (), ""), None, section.tail)] if section.tail else [])]


def _join_comments(part: SectionNode, lines: tuple[str, ...]) -> tuple[str, ...]:
    """Keep the comments of a header that goes away above what comes after it."""
    return merge_blank_lines([*part.above, *filter(None, [part.beside]), *lines])


def _sort_with_hidden(entries: Iterable[EntryNode], order: KeyOrder, table: Keys = ()) -> tuple[EntryNode, ...]:
    """Sort the entries of a section, those that are switched off and known to the form among them."""
    made: list[EntryNode] = []
    for entry in _sort_entries(entries, order):
        above: list[str] = []
        for line in entry.above:
            above.append(line)
            keys = _parse_hidden_keys(line, table)
            if keys in order.rows or keys in order.values:
                made.append(EntryNode(CellNode(keys, keys, ""), None, tuple(above)))
                above = []
        made.append(replace(entry, above=tuple(above)))
    made = list(_sort_entries(made, order))
    last = max((at for at, entry in enumerate(made) if entry.cell.raw), default=-1)
    rest = (replace(entry, above=tuple(filter(None, entry.above))) for entry in made[last + 1 :])
    return (*made[: last + 1], *rest)


def _parse_hidden_keys(line: str, above: Keys) -> Keys:
    match = _HIDDEN_ENTRY.match(line)
    try:
        return (*above, *split_address(match[1])) if match and toml_rs.loads(line.lstrip("# \t")) else ()
    except toml_rs.TOMLDecodeError:
        return ()


def _merge_rows(entries: list[EntryNode], order: KeyOrder) -> list[EntryNode]:
    """Make one entry of each row, and one of each fact; what the form does not know stays as written."""
    units: dict[Keys, list[tuple[CellNode, EntryNode]]] = {}
    made: list[EntryNode] = []
    for entry in entries:
        cells = entry.cells or (entry.cell,)
        if entry.cell.raw and any(order.find_line(cell.keys) for cell in cells):
            for cell in cells:
                units.setdefault(order.find_line(cell.keys) or cell.keys, []).append((cell, entry))
        else:
            made.append(entry)
    told: set[int] = set()
    for unit in sorted(units, key=order.rank):
        made += _make_row_entries(unit, units[unit], told, order)
    return made


def _make_row_entries(
    unit: Keys, parts: list[tuple[CellNode, EntryNode]], told: set[int], order: KeyOrder
) -> Iterator[EntryNode]:
    """Write one row; one whose figures have comments of their own keeps a line for each figure."""
    sources = {id(entry): entry for _, entry in parts}
    ordered = sorted(parts, key=lambda part: order.rank(part[0].keys))
    apart = len(sources) > 1 and any(entry.has_comment for entry in sources.values())
    apart = apart or any("\n" in cell.raw for cell, _ in parts)
    lines = [[part] for part in ordered] if apart else [ordered]
    for line in lines:
        cells = tuple(cell for cell, _ in line)
        entry = line[0][1]
        whole = len({order.find_line(cell.keys) or cell.keys for cell in entry.cells or ()}) < 2  # noqa: PLR2004  # one row
        above = () if id(entry) in told else entry.above if whole else (*entry.above, *filter(None, [entry.beside]))
        beside = entry.beside if whole and id(entry) not in told else ""
        told.add(id(entry))
        if apart or unit not in order.rows or cells[0].keys == unit:
            yield EntryNode(cells[0], None, above, beside)
        else:
            shown = tuple(cells[0].raw_keys[: len(unit)])
            yield EntryNode(CellNode(unit, shown, "{}"), cells, above, beside)


def _sort_entries(entries: Iterable[EntryNode], order: KeyOrder) -> tuple[EntryNode, ...]:
    return tuple(sorted(entries, key=lambda entry: order.rank(entry.cell.keys)))


def split_address(address: str) -> Keys:
    """Split an address into its keys."""
    return tuple(address.split("."))
