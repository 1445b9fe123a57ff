"""The forms: laid out as the official blank has them, every grid without gap or overlap."""

import json

import pytest
import toml_rs
from hypothesis import given
from hypothesis import strategies as st

from nianbao.model import form_loader as forms
from nianbao.model.finding import Stop
from nianbao.model.table import Block, Heading, Table
from nianbao.workspace.files import TEMPLATES

EDITIONS = ("2019", "2021")


def load(edition):
    return forms.read(toml_rs.loads((TEMPLATES / "forms" / f"{edition}.toml").read_text(encoding="utf-8")), edition)


@pytest.mark.parametrize("table", ["proactive", "requests", "review_litigation"])
def test_edition_2021_equals_the_official_blank_cell_by_cell(table, root):
    official = json.loads((root / "tests" / "forms" / "2021-blank.json").read_text(encoding="utf-8"))[table]
    grid = next(part for part in load("2021").tables if part.id == table).lay_out()
    assert [[cell.row, cell.column, cell.rowspan, cell.colspan, cell.text] for cell in grid.cells] == official


def test_the_official_blank_is_whole(root):
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
    assert sum(band.head + band.body for band in grid.bands) == grid.rows


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_grid_of_the_form_tiles_its_rectangle(edition):
    for table in load(edition).tables:
        assert_tiles(table.lay_out())


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
    grid = table.lay_out()
    assert_tiles(grid)
    figures = [cell.slot.address for cell in grid.cells if cell.slot]
    assert figures == [slot.address for slot in table.slots]


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_address_is_one_figure(edition):
    form = load(edition)
    addresses = [slot.address for table in form.tables for slot in table.slots]
    assert len(addresses) == len(set(addresses))
    assert all(part.isidentifier() for address in addresses for part in address.split("."))


BAD = {
    "unknown key": ({"colour": 1}, "colour"),
    "no template": ({"template": ""}, "template"),
    "table without columns": ({"tables": [{"id": "t", "blocks": [{"columns": []}]}]}, "至少要有一列"),
    "section of no table": ({"sections": [{"id": "s", "table": "nowhere"}]}, "nowhere"),
    "unknown kind": ({"facts": [{"id": "facts.a", "label": "甲", "kind": "number"}]}, "number"),
    "relation that applies nowhere": (
        {
            "tables": [
                {
                    "id": "t",
                    "blocks": [{"columns": [{"id": "a", "label": "甲"}]}],
                    "relations": [{"rule": "wrong-total", "each": "row", "holds": "a = b"}],
                },
            ],
        },
        "没有哪一行列",
    ),
    "relation that cannot be read": (
        {
            "tables": [
                {
                    "id": "t",
                    "blocks": [{"columns": [{"id": "a", "label": "甲"}]}],
                    "relations": [{"rule": "wrong-total", "each": "row", "holds": "a = a * 2"}],
                },
            ],
        },
        "看不懂",
    ),
    "carries from a row that is not there": (
        {
            "tables": [{"id": "t", "blocks": [{"columns": [{"id": "a", "label": "甲"}]}]}],
            "carries": {"t.a": "t.b"},
        },
        "没有名为 t.b 的行",
    ),
    "carries that are no table": ({"carries": "t.a"}, "应为表"),
    "widths that do not fit": (
        {"tables": [{"id": "t", "widths": [1, 2], "blocks": [{"columns": [{"id": "a", "label": "甲"}]}]}]},
        "应有 1 个宽度",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_form_says_where_and_why(case):
    change, words = BAD[case]
    with pytest.raises(Stop, match=words) as caught:
        forms.read({"name": "表", "template": "t.md.j2"} | change, "x")
    assert "forms/x.toml" in caught.value.message
