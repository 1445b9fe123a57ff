"""The law of the importer: what was written is what is read; and what cannot be read is never a figure."""

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mutations import ALL, Printed, headless, swapped_heads
from reports import as_published, figures, filled, printed, said

from nianbao.importer import readers
from nianbao.importer.recognition import recognize
from nianbao.importer.recognition.tables.layouts import list_layouts
from nianbao.importer.recognition.tables.recognize import recognize_tables
from nianbao.workspace.store import Store

FORMATS = ("html", "docx", "odt", "md", "pdf")
MANY = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a report takes minutes
)
SLOW = settings(MANY, max_examples=3)


@pytest.fixture(scope="module")
def store(root):
    return Store(root)


@pytest.fixture(scope="module")
def forms(store):
    return [store.edition(edition) for edition in sorted(store.editions())]


@pytest.fixture(scope="module", params=["2019", "2021"])
def form(request, store):
    return store.edition(request.param)


def test_what_is_written_is_read_in_every_format(store, forms, form):
    @SLOW
    @given(figures(form))
    def law(found):
        report = filled(form, found)
        for suffix, content in printed(store, report, FORMATS).items():
            read = recognize(readers.read(content, suffix), forms)
            assert {address: cell.value for address, cell in read.cells_by_address.items()} == report.figures, suffix
            assert (read.form, read.year, read.texts.office) == (form, form.first_year, "某市某局"), suffix
            assert not read.undecided_cells
            assert not read.missing_addresses

    law()


def test_what_is_laid_out_is_read(forms, form):
    @MANY
    @given(figures(form))
    def law(found):
        grids = [(table.id, Printed(table, found, said).grid()) for table in form.tables]
        read = recognize(as_published(form, grids), forms)
        assert {address: cell.value for address, cell in read.cells_by_address.items()} == found
        assert read.form is form

    law()


def test_no_mutation_makes_a_figure_wrong(forms, form):
    known = list_layouts(forms)
    seen = {"figures": 0, "read": 0}

    @settings(MANY, max_examples=120)
    @given(figures(form), st.lists(st.sampled_from(ALL), min_size=1, max_size=3, unique=True), st.integers(0, 10**6))
    def law(found, mutations, seed):
        dice = Random(seed)  # noqa: S311  # dice for mutations, not for secrets
        order = list(form.tables)
        dice.shuffle(order)
        truth, grids = {}, []
        for table in order:
            grid = Printed(table, {address: found[address] for address in found}, said)
            for mutate in mutations:
                mutate(grid, dice)
            grids.append((table.id, grid.grid()))
            truth |= {address: value for address, value in grid.figures.items() if address.startswith(f"{table.id}.")}
        undetectable = {headless, swapped_heads} <= set(mutations)  # columns exchanged, and nothing that says so
        for line in recognize_tables(as_published(form, grids), known, form.edition).rows:
            for cell in line.cells:
                if cell.state == "read" and not (undetectable and line.by_order):
                    assert cell.value == truth[cell.slot.address], (mutations, seed, cell)
                    seen["read"] += 1
        seen["figures"] += len(truth)

    law()
    assert seen["read"] > 0.8 * seen["figures"]  # to declare everything would be no reading
