"""The order of a form: where each entry of a data file belongs, and which figures make one row."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import toml_rs

from nianbao.datafiles.syntax_tree import Cell, Document, Entry, Keys, Section, tidy
from nianbao.model.form import COMMON, OPEN, OWN, Form

_HIDDEN = re.compile(r"#\s*([\w.-]+)\s*=")  # an entry that is switched off by a comment mark


def groups(form: Form) -> list[str]:
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
class Order:
    """Where each address of a form stands, and which figures make one row."""

    ranks: Mapping[Keys, int]
    rows: frozenset[Keys]
    values: frozenset[Keys]  # addresses of figures and facts
    tables: frozenset[str]  # tables whose entries are addresses of the form

    @classmethod
    def of(cls, form: Form) -> "Order":
        """Take the order of a form."""
        ranks: dict[Keys, int] = {}
        sections = [section.id for section in form.sections]
        named = [f"{group}.{section}" for group in ("headings", "prose") for section in sections]
        for address in (*COMMON, *groups(form), *form.slots, *(fact.id for fact in form.facts), *named):
            keys = _keys(address)
            for size in range(1, len(keys) + 1):
                ranks.setdefault(keys[:size], len(ranks))
        rows = {_keys(f"{table.id}.{slot.row}") for table in form.tables for slot in table.slots if slot.row}
        values = frozenset(map(_keys, form.kinds))
        return cls(ranks, frozenset(rows), values, frozenset(keys[0] for keys in values if len(keys) > 1))

    def rank(self, keys: Keys) -> int:
        """Return where an address stands; after it come strangers, and last the comments that end a table."""
        return self.ranks.get(keys, len(self.ranks)) if keys else len(self.ranks) + 1

    def unit(self, keys: Keys) -> Keys:
        """Return what an address has a line of its own with: its row, itself, or nothing for a stranger."""
        row = next((keys[:size] for size in range(len(keys) - 1, 1, -1) if keys[:size] in self.rows), ())
        return row or (keys if keys in self.values else ())


# ── into the form's order ────────────────────────────────────────────────────────────


def arrange(document: Document, order: Order) -> Document:
    """Put sections and entries in order, the parts of a form's table under one header, a row in one entry."""
    top, *sections = document.sections
    tables = order.tables - {section.keys[0] for section in sections if section.many}
    gathered: dict[str, list[Section]] = {}
    for section in sections:
        gathered.setdefault(section.keys[0], []).append(section)
    plain: list[Entry] = []
    for entry in top.entries:
        group = entry.cell.keys[0]
        if group in tables and (len(entry.cell.keys) > 1 or any(order.unit(cell.keys) for cell in entry.cells or ())):
            found = gathered.setdefault(group, [])
            found.append(Section(entry.cell.keys[:1], (group,), entries=(entry,)))
        else:
            plain.append(entry)
    made = [replace(top, entries=_settled(_entries(replace(top, entries=tuple(plain))), order), tail=())]
    for name in sorted(gathered, key=lambda name: order.rank((name,))):
        parts = gathered[name]
        if name in tables:
            made.append(_merged(parts, order))
        elif name in OPEN:
            made += [replace(part, entries=_sorted(part.entries, order)) for part in parts]
        else:
            made += parts
    return replace(document, sections=tuple(made))


def _merged(parts: list[Section], order: Order) -> Section:
    """Bring the parts of one table of the form under one header."""
    head = next((part for part in parts if len(part.keys) == 1 and (part.above or part.beside)), None)
    entries: list[Entry] = []
    bare: list[Section] = []  # headers below the table, with nothing that could bear their comments yet
    for part in parts:
        if len(part.keys) == 1:
            entries += _entries(part)
        elif part.entries:
            first, *rest = _entries(part)
            entries += [replace(first, above=_over(part, first.above)), *rest]
        else:
            bare.append(part)
    for part in sorted(bare, key=lambda part: -len(part.keys)):
        at = next((at for at, entry in enumerate(entries) if entry.cell.keys[: len(part.keys)] == part.keys), None)
        if at is None:
            entries.append(Entry(Cell(part.keys, part.shown, "{}"), (), _over(part, part.tail)))
        else:
            entries[at] = replace(entries[at], above=_over(part, (*part.tail, *entries[at].above)))
    keys = parts[0].keys[:1]
    made = Section(keys, parts[0].shown[:1], entries=_settled(_rows(entries, order), order, keys))
    return replace(made, above=head.above, beside=head.beside) if head else made


def _entries(section: Section) -> list[Entry]:
    """Give the entries of a section, its tail as one without key or value."""
    return [*section.entries, *([Entry(Cell((), (), ""), None, section.tail)] if section.tail else [])]


def _over(part: Section, lines: tuple[str, ...]) -> tuple[str, ...]:
    """Keep the comments of a header that goes away above what comes after it."""
    return tidy([*part.above, *filter(None, [part.beside]), *lines])


def _settled(entries: Iterable[Entry], order: Order, table: Keys = ()) -> tuple[Entry, ...]:
    """Sort the entries of a section, those that are switched off and known to the form among them."""
    made: list[Entry] = []
    for entry in _sorted(entries, order):
        above: list[str] = []
        for line in entry.above:
            above.append(line)
            keys = _hidden(line, table)
            if keys in order.rows or keys in order.values:
                made.append(Entry(Cell(keys, keys, ""), None, tuple(above)))
                above = []
        made.append(replace(entry, above=tuple(above)))
    made = list(_sorted(made, order))
    last = max((at for at, entry in enumerate(made) if entry.cell.raw), default=-1)
    rest = (replace(entry, above=tuple(filter(None, entry.above))) for entry in made[last + 1 :])
    return (*made[: last + 1], *rest)


def _hidden(line: str, above: Keys) -> Keys:
    match = _HIDDEN.match(line)
    try:
        return (*above, *_keys(match[1])) if match and toml_rs.loads(line.lstrip("# \t")) else ()
    except toml_rs.TOMLDecodeError:
        return ()


def _rows(entries: list[Entry], order: Order) -> list[Entry]:
    """Make one entry of each row, and one of each fact; what the form does not know stays as written."""
    units: dict[Keys, list[tuple[Cell, Entry]]] = {}
    made: list[Entry] = []
    for entry in entries:
        cells = entry.cells or (entry.cell,)
        if entry.cell.raw and any(order.unit(cell.keys) for cell in cells):
            for cell in cells:
                units.setdefault(order.unit(cell.keys) or cell.keys, []).append((cell, entry))
        else:
            made.append(entry)
    told: set[int] = set()
    for unit in sorted(units, key=order.rank):
        made += _row(unit, units[unit], told, order)
    return made


def _row(unit: Keys, parts: list[tuple[Cell, Entry]], told: set[int], order: Order) -> Iterator[Entry]:
    """Write one row; one whose figures have comments of their own keeps a line for each figure."""
    sources = {id(entry): entry for _, entry in parts}
    ordered = sorted(parts, key=lambda part: order.rank(part[0].keys))
    apart = len(sources) > 1 and any(entry.commented for entry in sources.values())
    apart = apart or any("\n" in cell.raw for cell, _ in parts)
    lines = [[part] for part in ordered] if apart else [ordered]
    for line in lines:
        cells = tuple(cell for cell, _ in line)
        entry = line[0][1]
        whole = len({order.unit(cell.keys) or cell.keys for cell in entry.cells or ()}) < 2  # noqa: PLR2004  # one row
        above = () if id(entry) in told else entry.above if whole else (*entry.above, *filter(None, [entry.beside]))
        beside = entry.beside if whole and id(entry) not in told else ""
        told.add(id(entry))
        if apart or unit not in order.rows or cells[0].keys == unit:
            yield Entry(cells[0], None, above, beside)
        else:
            shown = tuple(cells[0].shown[: len(unit)])
            yield Entry(Cell(unit, shown, "{}"), cells, above, beside)


def _sorted(entries: Iterable[Entry], order: Order) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: order.rank(entry.cell.keys)))


def _keys(address: str) -> Keys:
    return tuple(address.split("."))
