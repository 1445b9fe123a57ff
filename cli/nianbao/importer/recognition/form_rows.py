"""The rows of a returned form where the data decides them: found by the names of their cells, without blank ones."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nianbao.importer.recognition.published import NamedCell, Place, PublishedDocument, PublishedTable
from nianbao.model.facts import Facts
from nianbao.model.form import Form
from nianbao.model.open_rows.blank_rows import keep_rows
from nianbao.model.report import fill_form
from nianbao.model.tables.headings import ENTRY, Heading

_Node = dict[str, Any]  # of a tree whose leaves are cells
_IsFilled = Callable[[str, NamedCell], bool]


class FormRows(NamedTuple):
    """The cells of a returned form, by address, in which entries are numbered from 1, and the rows that they are in."""

    cells: Mapping[str, NamedCell]
    rows: Facts


def read_rows(form: Form, published: PublishedDocument, lists: Collection[str]) -> FormRows:
    """Find the rows of a returned form in which something was filled in; `lists` are those that may have grown."""
    named = dict(published.named_cells)
    for one in lists:
        named |= dict(_find_rows_below(published, one))
    own = {address: cell for address, cell in named.items() if address.split(".")[0] in form.open_tables}
    others = {address: cell for address, cell in named.items() if address not in own}
    totals = _find_totals(form, own)

    def is_filled(address: str, cell: NamedCell) -> bool:
        return bool(cell.text.strip() or cell.formula) and not (cell.formula and address in totals)

    cells, rows = _keep_rows(form, own, is_filled)
    return FormRows(others | dict(cells), rows)


def _find_totals(form: Form, cells: Mapping[str, NamedCell]) -> Collection[str]:
    """Find the totals, whose formulas have results in blank rows too; any other formula was typed."""
    if not any(cell.formula for cell in cells.values()):
        return ()
    return fill_form(form, _keep_rows(form, cells, lambda _address, _cell: True).rows).computed


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


def _keep_rows(form: Form, cells: Mapping[str, NamedCell], is_filled: _IsFilled) -> FormRows:
    """Keep the rows with a cell that is filled."""
    tree, numbers = _nest(cells), dict[tuple[str, ...], str]()
    for table in form.open_tables.values():
        for block in table.blocks:
            if isinstance(node := tree.get(table.id), dict):
                tree[table.id] = _keep_below(block.rows, node, (table.id,), numbers, is_filled)
    rows = {table.id: keep_rows(form, table, tree.get(table.id)) for table in form.open_tables.values()}
    return FormRows(dict(_list_cells(tree, ())), Facts("", "", rows, numbers))


def _keep_below(
    headings: Sequence[Heading],
    node: _Node,
    keys: tuple[str, ...],
    numbers: dict[tuple[str, ...], str],
    is_filled: _IsFilled,
) -> _Node:
    """Return the part of a tree below some headings without blank rows; `numbers` gets the numbers of entries.

    What stands below no heading that the data decides stays as it is.
    """
    for heading in headings:
        child = node.get(heading.id) if heading.id else node
        if not heading.has_open or not isinstance(child, dict):
            continue
        at = (*keys, heading.id) if heading.id else keys
        if heading.each:
            found = {
                key: row
                for key, row in child.items()
                if isinstance(row, dict) and any(is_filled(*one) for one in _list_cells(row, (*at, key)))
            }
            if heading.each == ENTRY:
                in_order = sorted((key for key in found if key.isascii() and key.isdecimal()), key=int)
                found = {str(number): found[key] for number, key in enumerate(in_order, 1)}
                numbers.update(((*at, key), key) for key in found)
            new = {key: _keep_below(heading.below, row, (*at, key), numbers, is_filled) for key, row in found.items()}
        else:
            new = _keep_below(heading.below, child, at, numbers, is_filled)
        node = {**node, heading.id: new} if heading.id else new
    return node


def _list_cells(node: _Node, keys: tuple[str, ...]) -> Iterator[tuple[str, NamedCell]]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from _list_cells(value, (*keys, key))
        else:
            yield ".".join((*keys, key)), value
