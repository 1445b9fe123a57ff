"""The rows of a returned form where the data decides them: found by the names of their cells, without blank ones."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nianbao.importer.recognition.published import NamedCell, Place, PublishedDocument, PublishedTable
from nianbao.model.facts import Facts
from nianbao.model.form import Form
from nianbao.model.open_rows.blank_rows import keep_rows
from nianbao.model.tables.headings import ENTRY, Heading

_Node = dict[str, Any]  # of a tree whose leaves are cells


class FormRows(NamedTuple):
    """The cells of a returned form, by address, in which entries are numbered from 1, and the rows that they are in."""

    cells: Mapping[str, NamedCell]
    rows: Facts


def read_rows(form: Form, published: PublishedDocument, lists: Collection[str]) -> FormRows:
    """Find the rows of a returned form in which something was filled in; `lists` are those that may have grown."""
    named = dict(published.named_cells)
    for one in lists:
        named |= dict(_find_rows_below(published, one))
    tree = _nest({address: cell for address, cell in named.items() if address.split(".")[0] in form.open_tables})
    numbers: dict[tuple[str, ...], str] = {}
    kept: _Node = {}
    for table in form.open_tables.values():
        node = tree.get(table.id)
        if isinstance(node, dict):
            for block in table.blocks:
                node = _keep_filled(block.rows, node, (table.id,), numbers)
            kept[table.id] = node
    others = {address: cell for address, cell in named.items() if address.split(".")[0] not in form.open_tables}
    rows = {table.id: keep_rows(form, table, kept.get(table.id)) for table in form.open_tables.values()}
    return FormRows(others | dict(_list_cells(kept, "")), Facts("", "", rows, numbers))


def _find_rows_below(published: PublishedDocument, table: str) -> Iterator[tuple[str, NamedCell]]:
    """Find the cells below the last row of a list that has names, with the addresses of further rows."""
    columns: dict[int, dict[str, str]] = {}  # number of the row -> location -> column
    for address, cell in published.named_cells.items():
        keys = address.split(".")
        if keys[0] == table and len(keys) > 2 and keys[1].isascii() and keys[1].isdecimal():  # noqa: PLR2004  # number, column
            columns.setdefault(int(keys[1]), {})[cell.location] = ".".join(keys[2:])
    last = max(columns, default=0)
    for block in published.blocks if columns else ():
        if not isinstance(block, PublishedTable):
            continue
        places = {Place(sheet=block.place.sheet, row=one.top + 1).name_cell(one.left): one for one in block.cells}
        above = {places[at].left: column for at, column in columns[last].items() if at in places}
        bottom = max((places[at].top for at in columns[last] if at in places), default=0)
        for at, one in places.items():
            if one.left in above and one.top > bottom:
                address = f"{table}.{last + one.top - bottom}.{above[one.left]}"
                yield address, NamedCell(one.text, at, published.formulas.get(at, ""))


def _nest(cells: Mapping[str, NamedCell]) -> _Node:
    """Return cells by address as a tree; a name that is an address above others is left out."""
    tree: _Node = {}
    for address, cell in sorted(cells.items(), key=lambda one: -one[0].count(".")):
        *above, key = address.split(".")
        node: Any = tree
        for part in above:
            node = node.setdefault(part, {}) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node.setdefault(key, cell)
    return tree


def _keep_filled(
    headings: Sequence[Heading], node: _Node, keys: tuple[str, ...], numbers: dict[tuple[str, ...], str]
) -> _Node:
    """Return the tree of a table without the blank rows that open headings stand for; `numbers` gets those of entries.

    What stands below no heading that the data decides stays as it is.
    """
    for heading in headings:
        child = node.get(heading.id) if heading.id else node
        if not heading.has_open or not isinstance(child, dict):
            continue
        at = (*keys, heading.id) if heading.id else keys
        if heading.each:
            found = {key: row for key, row in child.items() if isinstance(row, dict) and _is_filled(row)}
            if heading.each == ENTRY:
                in_order = sorted((key for key in found if key.isascii() and key.isdecimal()), key=int)
                found = {str(number): found[key] for number, key in enumerate(in_order, 1)}
                numbers.update(((*at, key), key) for key in found)
            new = {key: _keep_filled(heading.below, row, (*at, key), numbers) for key, row in found.items()}
        else:
            new = _keep_filled(heading.below, child, at, numbers)
        node = {**node, heading.id: new} if heading.id else new
    return node


def _is_filled(row: _Node) -> bool:
    """Return whether something was typed into a cell of a row; formulas have results in blank rows, too."""
    return any(cell.text.strip() and not cell.formula for _address, cell in _list_cells(row, ""))


def _list_cells(node: _Node, above: str) -> Iterator[tuple[str, NamedCell]]:
    for key, value in node.items():
        address = f"{above}.{key}" if above else key
        if isinstance(value, dict):
            yield from _list_cells(value, address)
        else:
            yield address, value
