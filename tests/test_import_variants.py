"""Reports in many variants: no figure is read wrong, and at least the share of them that has been reached is read."""

from itertools import product
from random import Random

import pytest
from cases import convert_all
from variants import VARIANTS, compose, draw_figures, judge, make_grids, make_sheet, pad_lines

from nianbao.importer.readers import read
from nianbao.importer.recognition import recognize
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
