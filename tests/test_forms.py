"""The forms have the layout of the official blank, and every grid is without gap or overlap."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nianbao.model.table import Table
from nianbao.model.tables.headings import Block, Heading
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store

EDITIONS = ("2019", "2021")


def load(edition):
    return Store(TEMPLATES.parent).kind.edition(edition)


@pytest.mark.parametrize("table", ["proactive", "requests", "review_litigation"])
def test_edition_2021_equals_the_official_blank_cell_by_cell(table, root):
    official = json.loads((root / "tests" / "forms" / "2021-blank.json").read_text(encoding="utf-8"))[table]
    grid = next(part for part in load("2021").tables if part.id == table).make_grid()
    assert [[cell.row, cell.column, cell.rowspan, cell.colspan, cell.text] for cell in grid.cells] == official


def test_the_official_blank_is_complete(root):
    official = json.loads((root / "tests" / "forms" / "2021-blank.json").read_text(encoding="utf-8"))
    assert {table: len(cells) for table, cells in official.items()} == {
        "proactive": 30,
        "requests": 215,
        "review_litigation": 34,
    }


@pytest.mark.parametrize(("edition", "rows"), [("2019", 23), ("2021", 25)])
def test_table_of_requests_has_the_rows_of_its_edition(edition, rows):
    table = next(part for part in load(edition).tables if part.id == "requests")
    assert len(list(table.slots)) == rows * 7


def assert_tiles(grid):
    covered = [
        (row, column)
        for cell in grid.cells
        for row in range(cell.row, cell.row + cell.rowspan)
        for column in range(cell.column, cell.column + cell.colspan)
    ]
    assert sorted(covered) == [(row, column) for row in range(grid.rows) for column in range(grid.columns)]
    assert sum(block.header_rows + block.body_rows for block in grid.blocks) == grid.rows


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_grid_of_the_form_tiles_its_rectangle(edition):
    for table in load(edition).tables:
        assert_tiles(table.make_grid())


ids = st.text("abcdefgh", min_size=1, max_size=3)
leaves = st.builds(Heading, label=st.text(max_size=5), id=ids, span=st.integers(1, 3))
rows = st.recursive(
    st.builds(Heading, label=st.text(max_size=5), id=ids),
    lambda below: st.builds(
        Heading, label=st.text(max_size=5), id=ids, below=st.lists(below, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=8,
)
columns = st.recursive(
    leaves,
    lambda below: st.builds(
        Heading, label=st.text(max_size=5), id=ids, below=st.lists(below, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=8,
)
blocks = st.builds(
    Block,
    columns=st.lists(columns, min_size=1, max_size=4).map(tuple),
    rows=st.lists(rows, max_size=4).map(tuple),
    banner=st.sampled_from(["", "第一项"]),
)
tables = st.builds(Table, id=ids, label=st.just("表"), blocks=st.lists(blocks, min_size=1, max_size=4).map(tuple))


@given(tables)
def test_every_table_tiles_its_rectangle(table):
    grid = table.make_grid()
    assert_tiles(grid)
    figures = [cell.slot.address for cell in grid.cells if cell.slot]
    assert figures == [slot.address for slot in table.slots]


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_address_is_one_figure(edition):
    form = load(edition)
    addresses = [slot.address for table in form.tables for slot in table.slots]
    assert len(addresses) == len(set(addresses))
    assert all(part.isidentifier() for address in addresses for part in address.split("."))
