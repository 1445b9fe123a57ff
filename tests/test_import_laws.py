"""Properties of the importer: it reads the figures that were written, and never a figure that was not."""

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mutations import ALL, EditableTable, remove_headers, swap_columns
from reports import as_published, figures, filled, printed, said

from nianbao.importer import readers
from nianbao.importer.recognition import recognize
from nianbao.importer.recognition.tables.layouts import list_layouts
from nianbao.importer.recognition.tables.recognize import recognize_tables
from nianbao.workspace.store import Store

FORMATS = ("html", "docx", "odt", "md", "pdf")
TRIED = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a report takes minutes
}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(root):
    return Store(root)


@pytest.fixture(scope="module")
def forms(store):
    return [store.kind.edition(edition) for edition in sorted(store.kind.editions())]


@pytest.fixture(scope="module", params=["2019", "2021"])
def form(request, store):
    return store.kind.edition(request.param)


def test_written_figures_are_read_in_every_format(store, forms, form, seeds):
    @settings(max_examples=seeds("printed reports"), **TRIED)
    @given(figures(form))
    def check(found):
        report = filled(form, found)
        for suffix, content in printed(store, report, FORMATS).items():
            read = recognize(readers.read(content, suffix), forms)
            assert {address: cell.value for address, cell in read.cells_by_address.items()} == report.figures, suffix
            assert (read.form, read.period.year, read.texts.office) == (form, form.first_year, "某市某局"), suffix
            assert not read.undecided_cells
            assert not read.missing_addresses

    check()


def test_figures_in_the_tables_of_a_form_are_read(forms, form, seeds):
    @settings(max_examples=seeds("examples of reports"), **TRIED)
    @given(figures(form))
    def check(found):
        tables = [(table.id, EditableTable(table, found, said).to_published()) for table in form.tables]
        read = recognize(as_published(form, tables), forms)
        assert {address: cell.value for address, cell in read.cells_by_address.items()} == found
        assert read.form is form

    check()


def test_no_mutation_makes_a_figure_wrong(forms, form, seeds):
    layouts = list_layouts(forms)
    count = {"figures": 0, "read": 0}

    @settings(max_examples=seeds("mutated examples"), **TRIED)
    @given(figures(form), st.lists(st.sampled_from(ALL), min_size=1, max_size=3, unique=True), st.integers(0, 10**6))
    def check(found, mutations, seed):
        rng = Random(seed)  # noqa: S311  # chooses mutations, not secrets
        order = list(form.tables)
        rng.shuffle(order)
        expected, tables = {}, []
        for table in order:
            editable = EditableTable(table, found, said)
            for mutate in mutations:
                mutate(editable, rng)
            tables.append((table.id, editable.to_published()))
            expected |= {
                address: value for address, value in editable.figures.items() if address.startswith(f"{table.id}.")
            }
        undetectable = {remove_headers, swap_columns} <= set(
            mutations
        )  # columns exchanged, without headers that show it
        for row in recognize_tables(as_published(form, tables), layouts, form.edition).rows:
            for cell in row.cells:
                if cell.state == "read" and not (undetectable and row.by_order):
                    assert cell.value == expected[cell.slot.address], (mutations, seed, cell)
                    count["read"] += 1
        count["figures"] += len(expected)

    check()
    assert count["read"] > 0.8 * count["figures"]  # a reader that decides nothing would pass else
