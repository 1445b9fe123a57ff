"""Reports in many variants: no figure is read wrong, and at least the share of them that has been reached is read."""

from itertools import product
from random import Random

import pytest
from cases import convert_all
from variants import VARIANTS, draw_figures, judge, make_sheet

from nianbao.workspace.store import Store

ALL = 0.999  # of the figures, which are read but for those of a blank row
SHARES = {  # of the figures that are read at least, of those that a variant has
    "padded, some blank": 0.85,
    "padded, some lost": 0.5,
    "bars on lines": 0.88,
    "bars behind cells": 0.88,
    "a cell for every place": 0.97,
    "without the last headers": 0.35,  # where the last of two tables is the larger one
}
SHARES_OF_SMALL = SHARES | {  # of a small form, which has few sums to decide by
    "padded, some blank": 0.75,
    "padded, some lost": 0.4,
    "bars on lines": 0.8,
    "bars behind cells": 0.8,
    "a cell for every place": 0.8,
}
SHEET_SHARES = {0: 0.1, 15: 0.85, 24: 0.85}  # by the height of rows; LibreOffice drops what is above a row at the top
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
