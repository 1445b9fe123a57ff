"""What the data of a report has in open rows and columns, and the data with the names and numbers of the form."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from nianbao.model.facts import Facts
from nianbao.model.open_rows.axes import Axis
from nianbao.model.table import Table
from nianbao.model.tables.headings import ENTRY, Heading, join_ids

Node: TypeAlias = Any  # a value of a TOML file
ReadLeaf: TypeAlias = Callable[[Node, tuple[str, ...]], Node]


class Found(NamedTuple):
    """A row or column that the data has below an open heading: its key in addresses, and a label if it has one."""

    key: str
    label: str = ""


class OpenRows(Struct):
    """The open rows and columns of a data file, by the address of the open heading; see `name_open_heading`.

    `renamed` has the keys that are otherwise in the file: path in addresses -> key as written.
    """

    found: dict[str, tuple[Found, ...]] = field(default_factory=dict)
    renamed: dict[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def signature(self) -> tuple[tuple[str, tuple[Found, ...]], ...]:
        """What reports of one expanded form have in common."""
        return tuple(self.found.items())


def name_open_heading(table: str, ids: str, *, is_column: bool) -> str:
    """Name an open heading by its table and the ids of its row or column, in a way that tells these apart."""
    return f"{table}:{ids}" if is_column else join_ids(table, ids)


def read_open_rows(tables: Iterable[Table], axes: Mapping[str, Axis], facts: Facts) -> tuple[OpenRows, Facts]:
    """Read what the data has in open rows; return it with the facts as the addresses of the form name them.

    Aliases of codes become codes, and arrays of tables become tables by number, from 1.
    """
    rows, tree = OpenRows(renamed=dict(facts.renamed)), facts.tree
    for table in tables:
        if table.id in tree:
            node = _Reader(table, axes, rows).read(tree[table.id])
            if node is not tree[table.id]:
                tree = {**tree, table.id: node}
    return rows, facts if tree is facts.tree else replace(facts, tree=tree, renamed=rows.renamed)


class _Reader:
    """Reads the data of one table; nodes are copied where they change."""

    def __init__(self, table: Table, axes: Mapping[str, Axis], rows: OpenRows) -> None:
        self._table, self._axes, self._rows = table, axes, rows
        self._is_column = False

    def read(self, node: Node) -> Node:
        for block in self._table.blocks:
            has_open_columns = any(heading.has_open for heading in block.columns)

            def read_columns(node: Node, keys: tuple[str, ...], columns: Sequence[Heading] = block.columns) -> Node:
                self._is_column = True
                node = self._read_lines(columns, node, "", keys, None)
                self._is_column = False
                return node

            read_leaf = read_columns if has_open_columns else None
            if block.rows:
                node = self._read_lines(block.rows, node, "", (self._table.id,), read_leaf)
            elif read_leaf:
                node = read_leaf(node, (self._table.id,))
        return node

    def _read_lines(
        self, headings: Sequence[Heading], node: Node, ids: str, keys: tuple[str, ...], read_leaf: ReadLeaf | None
    ) -> Node:
        for heading in headings:
            if not (read_leaf or heading.has_open) or (
                heading.id and not (isinstance(node, dict) and heading.id in node)
            ):
                continue
            child = node[heading.id] if heading.id else node
            at = (*keys, heading.id) if heading.id else keys
            read = self._read_entries if heading.each else self._read_below
            new = read(heading, child, join_ids(ids, heading.id), at, read_leaf)
            if new is not child:
                node = {**node, heading.id: new} if heading.id else new
        return node

    def _read_below(
        self, heading: Heading, node: Node, ids: str, keys: tuple[str, ...], read_leaf: ReadLeaf | None
    ) -> Node:
        if heading.below:
            return self._read_lines(heading.below, node, ids, keys, read_leaf)
        return read_leaf(node, keys) if read_leaf else node

    def _read_entries(
        self, heading: Heading, node: Node, ids: str, keys: tuple[str, ...], read_leaf: ReadLeaf | None
    ) -> Node:
        """Read the data below an open heading: the entries of an array, or the tables of codes."""
        entries = self._list_items(node, keys) if heading.each == ENTRY else self._list_codes(heading, node, keys)
        if entries is None:
            return node
        read = {
            key: self._read_below(heading, value, join_ids(ids, key), (*keys, key), read_leaf)
            for key, value in entries.items()
        }
        found = [Found(key, _name_entry(heading, value)) for key, value in read.items()]
        if sort := self._table.list_rules.sort if self._table.list_rules else ():
            found.sort(key=lambda one: _order_entry(read[one.key], sort))
        self._add(heading, ids, found)
        if heading.each == ENTRY:
            return read
        written = {self._rows.renamed.get((*keys, key), key) for key in read}
        same = all(node.get(key) is value for key, value in read.items())
        return node if same else {key: value for key, value in node.items() if key not in written} | read

    def _add(self, heading: Heading, ids: str, found: list[Found]) -> None:
        name = name_open_heading(self._table.id, ids, is_column=self._is_column)
        if earlier := self._rows.found.get(name):  # a column, in another row
            order = list(self._axes[heading.each].by_name)
            found = sorted({*earlier, *found}, key=lambda one: order.index(one.key))
        self._rows.found[name] = tuple(found)

    def _list_items(self, node: Node, keys: tuple[str, ...]) -> dict[str, Node] | None:
        if isinstance(node, dict) and (not node or (*keys, next(iter(node))) in self._rows.renamed):
            return node  # of facts that were read before
        if not isinstance(node, list):
            return None
        self._rows.renamed.update(((*keys, str(number)), str(number - 1)) for number in range(1, len(node) + 1))
        return {str(number): item for number, item in enumerate(node, 1)}

    def _list_codes(self, heading: Heading, node: Node, keys: tuple[str, ...]) -> dict[str, Node] | None:
        """List the codes of the axis that a table has, in the order of the axis."""
        if not isinstance(node, dict):
            return None
        found: dict[str, Node] = {}
        for code in self._axes[heading.each].codes:
            written = next((name for name in (code.id, *code.aliases) if name in node), None)
            if written is not None:
                found[code.id] = node[written]
                if written != code.id:
                    self._rows.renamed[*keys, code.id] = written
        return found


def _name_entry(heading: Heading, node: Node) -> str:
    name = node.get(heading.named_by) if heading.named_by and isinstance(node, dict) else ""
    return name.strip() if isinstance(name, str) else ""


def _order_entry(node: Node, columns: Sequence[str]) -> list[tuple[bool, bool, Any]]:
    """Return what an entry is sorted by: numbers before texts, and what is absent last."""
    values: Iterator[Any] = (node.get(column) if isinstance(node, dict) else None for column in columns)
    return [
        (value is None, not isinstance(value, int | Decimal), value if isinstance(value, int | Decimal) else str(value))
        for value in values
    ]
