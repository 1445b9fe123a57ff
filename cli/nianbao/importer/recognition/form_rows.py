"""The rows of a returned form where the data decides them: found by the names of their cells, without blank ones."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nianbao.importer.recognition.labels import normalize
from nianbao.importer.recognition.published import NamedCell, Place, PublishedDocument, PublishedTable
from nianbao.model.facts import Facts
from nianbao.model.form import Form
from nianbao.model.open_rows.blank_rows import keep_rows
from nianbao.model.report import fill_form
from nianbao.model.tables.headings import ENTRY, Heading

_Node = dict[str, Any]  # of a tree whose leaves are cells
_MAX_DIGITS = 6  # of the number of an entry
_IsFilled = Callable[[str, NamedCell], bool]


class FormRows(NamedTuple):
    """The cells of a returned form, by address, in which entries are numbered from 1, and the rows that they are in."""

    cells: Mapping[str, NamedCell]
    rows: Facts


def read_rows(form: Form, published: PublishedDocument, lists: Collection[str]) -> FormRows:
    """Find the rows of a returned form in which something was filled in; `lists` are those that may have grown."""
    named = dict(published.named_cells)
    for one in set(lists) & form.open_tables.keys():
        named |= dict(_find_added_rows(published, one))
    own = {address: cell for address, cell in named.items() if address.split(".")[0] in form.open_tables}
    others = {address: cell for address, cell in named.items() if address not in own}
    totals, signs = _find_totals(form, own), form.kind.signs

    def is_filled(address: str, cell: NamedCell) -> bool:
        is_blank = normalize(cell.text, signs) in {"", *signs.blanks}
        return address not in totals if cell.formula else not is_blank

    cells, rows = _keep_rows(form, own, is_filled)
    return FormRows(others | dict(cells), rows)


def _find_totals(form: Form, cells: Mapping[str, NamedCell]) -> Collection[str]:
    """Find the totals, whose formulas have results in blank rows too; any other formula was typed."""
    if not any(cell.formula for cell in cells.values()):
        return ()
    return fill_form(form, _keep_rows(form, cells, lambda _address, _cell: True).rows).computed


def _find_added_rows(published: PublishedDocument, table: str) -> Iterator[tuple[str, NamedCell]]:
    """Find the cells of a list that have no names, in further rows or in rows that have lost some.

    `table` is the id of the list; rows are numbered behind those that have names, in which cells may have been moved.
    """
    columns, numbers = dict[float, str](), dict[int, int]()  # left -> column, top -> number of the entry
    named = _list_places(published, table)
    for block in published.blocks:
        if not isinstance(block, PublishedTable):
            continue
        places = {Place(sheet=block.place.sheet, row=one.top + 1).name_cell(one.left): one for one in block.cells}
        for at, (number, column) in named.items():
            if at in places:
                columns[places[at].left] = column
                numbers[places[at].top] = number
        top, last = min(numbers, default=0), max(numbers.values(), default=0)
        for at, one in places.items():
            if numbers and at not in named and one.top > top and one.left in columns:
                number = numbers.setdefault(one.top, max(last, *numbers.values()) + 1)
                yield f"{table}.{number}.{columns[one.left]}", NamedCell(one.text, at, published.formulas.get(at, ""))
        if numbers:
            return


def _list_places(published: PublishedDocument, table: str) -> dict[str, tuple[int, str]]:
    """List where the named cells of a list are, with the number of the entry and the column."""
    found = {}
    for address, cell in published.named_cells.items():
        of_table, _dot, rest = address.partition(".")
        number, _dot, column = rest.partition(".")
        if of_table == table and column and _is_number(number):
            found[cell.location] = int(number), column
    return found


def _is_number(key: str) -> bool:
    """Return whether a key is the number of an entry, of which no file has as many."""
    return key.isascii() and key.isdecimal() and len(key) <= _MAX_DIGITS


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
                in_order = sorted(filter(_is_number, found), key=int)
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
