"""Reports in many variants: no figure is read wrong, and at least the share of them that has been reached is read."""

from contextlib import suppress
from itertools import product
from random import Random

import pytest
from cases import convert_all
from variants import (
    VARIANTS,
    compose,
    draw_figures,
    judge,
    list_paths,
    make_grids,
    make_page,
    make_sheet,
    pad_lines,
    print_table,
)

from nianbao.importer.readers import read
from nianbao.importer.readers.texts import make_table
from nianbao.importer.recognition import recognize
from nianbao.importer.recognition.tables.repeated_headers import leave_out_repeated_headers
from nianbao.model.finding import UserError
from nianbao.workspace.store import Store

ALL = 0.999  # of the figures, which are read but for those of a blank row
SHARES = {  # of the figures that are read at least, of those that a variant has
    "padded, some blank": 0.91,
    "padded, some lost": 0.56,
    "bars on lines": 0.92,
    "bars behind cells": 0.92,
    "a cell for every place": 0.97,
    "cells on lines, some lost": 0.33,
    "cells behind tabs, some lost": 0.65,
    "numbers before labels": 0.5,
    "numbers before figures": 0.5,
    "without the last headers": 0.35,  # where the last of two tables is the larger one
}
SHARES_OF_SMALL = SHARES | {  # of a small form, which has few sums to decide by
    "padded, some blank": 0.75,
    "padded, some lost": 0.4,
    "bars on lines": 0.8,
    "bars behind cells": 0.8,
    "a cell for every place": 0.8,
}
# By the height of rows; LibreOffice drops what is above a row at the top. Without borders, of rows as they come with
# labels at the bottom only a twelfth is read: lines of labels stand between the figures, and the labels are doubted.
SHEET_SHARES = {0: 0.07, 15: 0.85, 24: 0.85}
SMALL = 100  # figures of a form; of one with fewer a single row is a large share


@pytest.fixture(scope="module", params=["cn-disclosure 2019", "cn-disclosure 2021", "cn-enforcement 2018"])
def form_and_forms(request, root):
    """Return a form, and all of its kind."""
    kind, edition = request.param.split()
    store = Store(root).of_kind(kind)
    return store.kind.edition(edition), [store.kind.edition(one) for one in sorted(store.kind.editions())]


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_no_figure_of_a_variant_is_wrong_and_most_are_read(name, form_and_forms, seeds):
    form, forms = form_and_forms
    total = read = 0
    for seed in range(seeds("reports of a variant")):
        rng = Random(seed)  # noqa: S311  # draws figures, not secrets
        found = draw_figures(form, rng)
        content, suffix = VARIANTS[name](form, found, rng)
        right, wrong = judge(content, suffix, found, forms)
        assert not wrong, seed
        read += right
        total += sum(value is not None for value in found.values())
    shares = SHARES_OF_SMALL if len(form.slots) < SMALL else SHARES
    assert read >= shares.get(name, ALL) * total, f"{read} of {total}"


@pytest.mark.parametrize("figure", ["<span>{}</span>{}", "<p>{}：</p><p>{}</p>", "{} <b>{}</b>"])
def test_headers_that_each_cell_repeats_are_left_out(figure, form_and_forms):
    form, forms = form_and_forms
    found = draw_figures(form, Random(3))  # noqa: S311  # see above
    tables = make_grids(form, found)
    for grid in tables.values():
        headers = iter([header.split(" ")[-1] for _labels, header, _figure in list_paths(grid)])
        for item in (item for line in grid.lines for item in line if item[1]):
            item[0] = figure.format(next(headers), item[0])
    assert judge(make_page(form, tables), "html", found, forms) == (len(found), [])


def test_two_labels_that_go_on_with_a_number_are_no_figures(form_and_forms):
    reading = form_and_forms[0].kind.signs
    table = make_table([("项目", 0, 1, 0, 1), ("项目1", 1, 2, 0, 1), ("项目2", 2, 3, 0, 1)])
    assert leave_out_repeated_headers([table], reading) == (table,)


# ── layouts that are not read ────────────────────────────────────────────────────────


def list_cards(grid):
    """Give a block for each figure with its label, its header and itself, as pages for phones have them."""
    for label, header, figure in list_paths(grid):
        yield f"<div><p>{label}</p><p>{header}</p><p>{figure}</p></div>"


def list_sentences(grid):
    return [f"<div>{label} {header}：{figure}</div>" for label, header, figure in list_paths(grid)]


def split_columns(grid):
    """Make two tables of one, the second with the right half of its columns."""
    for is_left in (True, False):
        yield "<table>"
        for line in grid.lines:
            items = [item for item in line if (grid.spans[id(item)][1] <= grid.columns // 2) is is_left]
            yield f"<tr>{''.join(map('<td>{0[0]}</td>'.format, items))}</tr>"
        yield "</table>"


def add_last_year(grid):
    """Put a column with the figures of the year before behind each, without a header that says so."""
    for item in (item for line in grid.lines for item in line if item[1]):
        item[0] += "</td><td>777"
    return print_table(grid)


def enlarge_spans(grid):
    """Let each label reach into the row below."""
    for item in (item for line in grid.lines for item in line if item[2] == "label"):
        row, column, rowspan, colspan = grid.spans[id(item)]
        grid.spans[id(item)] = (row, column, rowspan + 1, colspan)
    return print_table(grid)


@pytest.mark.slow
@pytest.mark.parametrize("layout", [list_cards, list_sentences, split_columns, add_last_year, enlarge_spans])
def test_a_layout_that_is_not_read_has_no_wrong_figure(layout, form_and_forms):
    form, forms = form_and_forms
    for seed in range(2):
        found = draw_figures(form, Random(seed))  # noqa: S311  # see above
        with suppress(UserError):
            _right, wrong = judge(make_page(form, make_grids(form, found), layout), "html", found, forms)
            assert not wrong, seed


def repeat_behind_bars(grid):
    """Write what spans places in each of them, with two bars between cells, as some wikis do."""
    places = {}
    for item in (item for line in grid.lines for item in line):
        row, column, rowspan, colspan = grid.spans[id(item)]
        places |= dict.fromkeys(product(range(row, row + rowspan), range(column, column + colspan)), item[0])
    for row in range(len(grid.lines)):
        yield "|-"
        yield "| " + " || ".join(places.get((row, column), "") for column in range(grid.columns))


def test_a_blank_between_bars_is_not_the_whole_row(root):
    store = Store(root)
    form, forms = store.kind.edition("2021"), [store.kind.edition(one) for one in sorted(store.kind.editions())]
    found = draw_figures(form, Random(0))  # noqa: S311  # see above
    text = compose(form, make_grids(form, found), repeat_behind_bars)
    _right, wrong = judge(text, "txt", found, forms)
    assert not wrong


def test_a_last_figure_before_a_heading_is_no_number_of_a_row(root):
    """The rows of the form have no labels: the number of the only one stands before its figures."""
    store = Store(root).of_kind("cn-enforcement")
    form, forms = store.kind.edition("2018"), [store.kind.edition(one) for one in sorted(store.kind.editions())]
    content, suffix = VARIANTS["numbers before labels"](form, draw_figures(form, rng := Random(16)), rng)  # noqa: S311
    assert "序号" in content
    assert "\n1\n二、" in content
    cells = recognize(read(content.encode(), suffix), forms).cells_by_address
    assert (cells["licences.cases.revoked"].state, cells["licences.cases.revoked"].value) == ("read", 1)


# ── blank cells at the end of a row ──────────────────────────────────────────────────


@pytest.fixture
def padded(root):
    """Return a function that reads a padded text of which a row has no total, and gives the cells of that row."""
    store = Store(root)
    form, forms = store.kind.edition("2021"), [store.kind.edition(one) for one in sorted(store.kind.editions())]
    found = draw_figures(form, Random(1))  # noqa: S311  # see above
    rows = [tuple(slot.address for slot in form.tables[1].slots[at : at + 7]) for at in range(14, 70, 7)]
    *parts, total = next(row for row in rows if 0 < found[row[5]] < sum(found[address] for address in row[:5]))
    other_total = next(row[6] for row in rows if row[6] != total and found[row[6]])

    def read_row(*, last=found[parts[-1]], other=found[other_total], lost=""):
        tables = make_grids(form, found | {total: None, parts[-1]: last, other_total: other})
        for line in (line for grid in tables.values() for line in grid.lines):
            line[:] = [item for item in line if not lost or item[1] != lost]
        cells = recognize(read(compose(form, tables, pad_lines).encode(), "txt"), forms).cells_by_address
        return [(cells[address].state, cells[address].value) for address in (*parts, total)]

    read_row.parts, read_row.figures = parts, [found[address] for address in parts]
    return read_row


def test_figures_stand_as_printed_where_the_last_is_less_than_a_total(padded):
    assert padded() == [*(("read", figure) for figure in padded.figures), ("blank", None)]


def test_figures_that_may_end_with_their_total_are_undecided(padded):
    """The last figure is as large as a total of those before it and a lost one."""
    assert padded(last=sum(padded.figures[:5]) + 3)[5][0] == "undecided"


def test_a_total_that_is_wrong_elsewhere_makes_no_figure_certain(padded):
    assert "read" not in {state for state, _ in padded(other=0)}


def test_a_row_that_lost_a_cell_and_its_total_has_no_certain_figure(padded):
    assert "read" not in {state for state, value in padded(lost=padded.parts[0]) if value}


# ── labels over several printed rows ─────────────────────────────────────────────────

LAYOUTS = list(product([True, False], SHEET_SHARES, ["top", "center", "bottom"]))  # borders, height, vertical


@pytest.fixture(scope="module")
def printed_sheets(form_and_forms, tmp_path_factory):
    """Print a workbook in every layout: the figures, and the PDF of each."""
    form, _forms = form_and_forms
    found, folder = draw_figures(form, Random(7)), tmp_path_factory.mktemp("sheets")  # noqa: S311  # see above
    paths = [folder / f"{number}.xlsx" for number in range(len(LAYOUTS))]
    for path, (borders, height, vertical) in zip(paths, LAYOUTS, strict=True):
        path.write_bytes(make_sheet(form, found, borders=borders, vertical=vertical, height=height))
    return found, dict(zip(LAYOUTS, convert_all(paths, "pdf", folder), strict=True))


@pytest.mark.slow
@pytest.mark.needs("soffice", package="libreoffice-calc-nogui")
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_labels_that_wrap_over_printed_rows_make_no_figure_wrong(layout, form_and_forms, printed_sheets):
    found, printed = printed_sheets
    right, wrong = judge(printed[layout].read_bytes(), "pdf", found, form_and_forms[1])
    assert not wrong
    assert right >= SHEET_SHARES[layout[1]] * len(found) or len(found) < SMALL
