"""Rows to be filled in: those of the data, and blank ones wherever the data decides the rows of a form."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec import Struct

from nianbao.model.facts import Facts, Tree
from nianbao.model.form import Form
from nianbao.model.open_rows.entries import Node
from nianbao.model.table import Table
from nianbao.model.tables.headings import ENTRY, Heading

_LIST_ROWS, _ADDED_ROWS, _ADDED_GROUPS = 10, 2, 1


class BlankRows(Struct, frozen=True):
    """Which blank rows a form gets.

    `count` is that of blank entries; without it a list gets ten, rows that are added below rows of a fixed tree two,
    and entries with rows below them one. An axis has a row for each code, but one with rows below only for `codes`.
    """

    count: int | None = None
    codes: Collection[str] = ()


def list_rows(form: Form, values: Tree, blank: BlankRows) -> Facts:
    """List the rows of a report and blank ones, as facts that hold nothing but rows, and the names of entries.

    `values` are those of a report, as the addresses of its form name them. Columns by codes are those of the report,
    and those of `codes`.
    """
    form = form.fixed
    rows = _RowList(form, blank)
    tree: Tree = {}
    for table in form.open_tables.values():
        node = tree[table.id] = keep_rows(form, table, values.get(table.id))
        for block in table.blocks:
            rows.add(table, block.rows, node, (table.id,))
            rows.add_columns(block.columns, _find_first_row(block.rows, node))
    return Facts("", "", tree, rows.numbers)


def keep_rows(form: Form, table: Table, values: Node) -> dict[str, Any]:
    """Return the tree of a table with nothing but its rows, and the columns that the data decides."""
    columns = [heading for block in table.blocks for heading in block.columns]
    return _keep_tables(values, {code.id for axis in _list_axes(columns) for code in form.axes[axis].codes})


def list_block_axes(table: Table) -> Iterator[str]:
    """List the axes whose codes stand for blocks of rows or for columns, as a table has them only where asked for."""
    for block in table.blocks:
        yield from _list_axes(block.columns)
        yield from _list_blocks(block.rows)


def _list_blocks(headings: Sequence[Heading]) -> Iterator[str]:
    for heading in headings:
        if heading.each and heading.each != ENTRY and heading.below:
            yield heading.each
        yield from _list_blocks(heading.below)


def _list_axes(headings: Sequence[Heading]) -> Iterator[str]:
    for heading in headings:
        yield from [heading.each] if heading.each else _list_axes(heading.below)


def _keep_tables(node: Node, codes: Collection[str]) -> dict[str, Any]:
    """Return the tables of a tree without other values but those of codes, which become empty tables."""
    pairs = node.items() if isinstance(node, dict) else ()
    return {key: _keep_tables(value, codes) for key, value in pairs if isinstance(value, dict) or key in codes}


def _find_first_row(headings: Sequence[Heading], node: dict[str, Any]) -> dict[str, Any]:
    """Find the first row in the tree of a table: a column that one row has is a column of all."""
    for heading in headings:
        child = node.setdefault(heading.id, {}) if heading.id else node
        if heading.each:
            child = next(iter(child.values()), None)
        if child is not None:
            return _find_first_row(heading.below, child)
    return node


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

    def add_columns(self, headings: Sequence[Heading], row: dict[str, Any]) -> None:
        """Add the columns of `codes` to a row."""
        for heading in headings:
            if heading.has_open:
                child = row.setdefault(heading.id, {}) if heading.id else row
                if heading.each:
                    codes = [code.id for code in self._form.axes[heading.each].codes if code.id in self._blank.codes]
                    child.update((code, child.get(code, {})) for code in codes)
                else:
                    self.add_columns(heading.below, child)

    def _list_numbers(self, table: Table, heading: Heading, entries: Collection[str]) -> list[str]:
        count = _ADDED_GROUPS if heading.below else _LIST_ROWS if table.list_rules else _ADDED_ROWS
        if self._blank.count is not None:
            count = self._blank.count
        if table.list_rules and not entries:
            count = max(count, 1)  # further ones are filled in below it
        if table.list_rules and table.list_rules.at_most is not None:
            count = min(count, table.list_rules.at_most - len(entries))
        return [str(len(entries) + number) for number in range(1, count + 1)]

    def _list_codes(self, heading: Heading) -> Iterator[str]:
        for code in self._form.axes[heading.each].codes:
            if not heading.below or code.id in self._blank.codes:
                yield code.id
