"""Expand the form of a report with the rows and columns that its data has."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy

from msgspec.structs import replace

from nianbao.model.facts import Facts, Tree, find_value
from nianbao.model.form import Form, Section
from nianbao.model.open_rows.axes import Axis
from nianbao.model.open_rows.entries import Found, OpenRows, name_open_heading, read_open_rows
from nianbao.model.open_rows.expansion import expand_table
from nianbao.model.table import Table
from nianbao.model.tables.headings import ENTRY, Heading, join_ids

_KEPT = 4  # expanded forms of one form; reports of other shapes make them anew


def expand_form(form: Form, facts: Facts) -> tuple[Form, Facts]:
    """Return the form with the rows, columns and sections of a data file, and the facts as its addresses name them.

    A form that is the same for all data is returned as it is.
    """
    form = form.unexpanded or form
    if not form.open_tables and not form.conditions:
        return form, facts
    rows, facts = read_open_rows(form.open_tables.values(), form.axes, facts)
    broken = {one.id for one in form.conditions if not one.may_hold(find_value(facts.tree, one.fact))}
    return _expand(form, rows, tuple(section for section in form.sections if section.when not in broken)), facts


def expand_with_samples(form: Form) -> Form:
    """Return the form with one row or column for each open heading: what may stand there."""
    form = form.unexpanded or form
    rows = OpenRows(
        {name: (one,) for table in form.open_tables.values() for name, one in _list_samples(table, form.axes)}
    )
    return _expand(form, rows, form.sections)


def make_arrays(form: Form, tree: Tree) -> Tree:
    """Return a tree of values with the entries of open rows in arrays, as data files have them, not by number."""
    if not form.open_tables:
        return tree
    tree = {key: deepcopy(value) if key in form.open_tables else value for key, value in tree.items()}
    opened = {address: heading for table in form.tables for address, heading in table.open_rows.items()}
    for address in sorted(opened, key=lambda one: -one.count(".")):
        *above, key = address.split(".")
        node: object = tree
        for part in above:
            node = node.get(part) if isinstance(node, dict) else None
        if opened[address].each == ENTRY and isinstance(node, dict) and isinstance(node.get(key), dict):
            node[key] = list(node[key].values())
    return tree


def _expand(form: Form, rows: OpenRows, sections: tuple[Section, ...]) -> Form:
    if not any(rows.found.values()) and len(sections) == len(form.sections):
        return form
    known, signature = form.expansions, (rows.signature, sections)
    expanded = known.get(signature)
    if expanded is None:
        tables = tuple(
            expand_table(form.open_tables[table.id], rows.found, form.axes) if table.id in form.open_tables else table
            for table in form.tables
        )
        expanded = replace(form, tables=tables, sections=sections, unexpanded=form)
        if len(known) >= _KEPT:
            del known[next(iter(known))]
        known[signature] = expanded
    return expanded


def _list_samples(table: Table, axes: Mapping[str, Axis]) -> Iterator[tuple[str, Found]]:
    for block in table.blocks:
        for headings, is_column in ((block.rows, False), (block.columns, True)):
            for ids, key in _list_sample_keys(headings, axes, ""):
                yield name_open_heading(table.id, ids, is_column=is_column), Found(key)


def _list_sample_keys(headings: Sequence[Heading], axes: Mapping[str, Axis], ids: str) -> Iterator[tuple[str, str]]:
    for heading in headings:
        if not heading.has_open:
            continue
        below = join_ids(ids, heading.id)
        if heading.each:
            key = "1" if heading.each == ENTRY else axes[heading.each].codes[0].id
            yield below, key
            below = join_ids(below, key)
        yield from _list_sample_keys(heading.below, axes, below)
