"""Rows to be filled in: those of the data, and blank ones wherever the data decides the rows of a form."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nianbao.model.facts import Facts, Tree
from nianbao.model.form import Form
from nianbao.model.open_rows.entries import Node
from nianbao.model.table import Table
from nianbao.model.tables.headings import ENTRY, Heading

_LIST_ROWS, _ADDED_ROWS, _ADDED_GROUPS = 10, 2, 1


@dataclass(frozen=True, slots=True)
class BlankRows:
    """Which blank rows a form gets.

    `count` is that of blank entries; without it a list gets ten, rows that are added below rows of a fixed tree two,
    and entries with rows below them one. An axis has a row for each code, but one with rows below only for `codes`.
    """

    count: int | None = None
    codes: Collection[str] = ()


def list_rows(form: Form, values: Tree, blank: BlankRows) -> Facts:
    """List the rows of a report and blank ones, as facts that hold nothing but rows, and the names of entries.

    `values` are those of a report, as the addresses of its form name them.
    """
    form = form.fixed
    rows = _RowList(form, blank)
    tree: Tree = {}
    for table in form.open_tables.values():
        node = tree[table.id] = keep_rows(form, table, values.get(table.id))
        for block in table.blocks:
            rows.add(table, block.rows, node, (table.id,))
    return Facts("", "", tree, rows.numbers)


def keep_rows(form: Form, table: Table, values: Node) -> dict[str, Any]:
    """Return the tree of a table with nothing but its rows, and the columns that the data decides."""
    columns = [heading for block in table.blocks for heading in block.columns]
    return _keep_tables(values, {code.id for axis in _list_axes(columns) for code in form.axes[axis].codes})


def _list_axes(headings: Sequence[Heading]) -> Iterator[str]:
    for heading in headings:
        yield from [heading.each] if heading.each else _list_axes(heading.below)


def _keep_tables(node: Node, codes: Collection[str]) -> dict[str, Any]:
    """Return the tables of a tree without other values but those of codes, which become empty tables."""
    pairs = node.items() if isinstance(node, dict) else ()
    return {key: _keep_tables(value, codes) for key, value in pairs if isinstance(value, dict) or key in codes}


class _RowList:
    """Adds blank rows to a tree; `numbers` has the keys that are numbers of entries, by their paths."""

    def __init__(self, form: Form, blank: BlankRows) -> None:
        self._form, self._blank = form, blank
        self.numbers: dict[tuple[str, ...], str] = {}

    def add(self, table: Table, headings: Sequence[Heading], node: dict[str, Any], keys: tuple[str, ...]) -> None:
        for heading in headings:
            if not heading.has_open:
                continue
            at = (*keys, heading.id) if heading.id else keys
            child = node.setdefault(heading.id, {}) if heading.id else node
            if not heading.each:
                self.add(table, heading.below, child, at)
                continue
            is_entry = heading.each == ENTRY
            for key in self._list_numbers(table, heading, child) if is_entry else self._list_codes(heading):
                child.setdefault(key, {})
            self.numbers.update(((*at, key), key) for key in child if is_entry)
            for key, entry in child.items():
                self.add(table, heading.below, entry, (*at, key))

    def _list_numbers(self, table: Table, heading: Heading, entries: Collection[str]) -> list[str]:
        count = _ADDED_GROUPS if heading.below else _LIST_ROWS if table.list_rules else _ADDED_ROWS
        if self._blank.count is not None:
            count = self._blank.count
        if table.list_rules and table.list_rules.at_most is not None:
            count = min(count, table.list_rules.at_most - len(entries))
        return [str(len(entries) + number) for number in range(1, count + 1)]

    def _list_codes(self, heading: Heading) -> Iterator[str]:
        for code in self._form.axes[heading.each].codes:
            if not heading.below or code.id in self._blank.codes:
                yield code.id
