"""Rows that stand apart from their labels are placed by order and sums, and say so; nothing is wrong in silence."""

from functools import partial
from random import Random
from time import process_time

import pytest
from mutations import ALL, TORN, EditableTable, keep_one_row, remove_headers, swap_columns
from reports import as_published, said
from torn_reports import VARIANTS, compose_tables, draw_figures, exchange_rows

from nianbao.importer.recognition import PublishedDocument, PublishedTable, recognize
from nianbao.importer.recognition.data_files.data_file import format_data_file
from nianbao.importer.recognition.figures_json import collect_figures
from nianbao.importer.recognition.tables.layouts import list_layouts
from nianbao.importer.recognition.tables.recognize import recognize_tables
from nianbao.model.period import Period
from nianbao.workspace.store import Store

MAX_SECONDS = 2  # of the processor, for one report
FORMS = [("cn-disclosure", "2019"), ("cn-disclosure", "2021"), ("cn-enforcement", "2021")]
# The share of the figures that are read at least. Of a single row of each table that is all that is printed; without
# headers nothing is known of columns that differ between editions.
SHARES = {
    "a third of the labels gone": 0.9,  # in some reports several places fit the sums, and the cells stay undecided
    "the same without headings": 0.9,
    "text without labels": 0.85,
    "no headers": 0.9,
    "no headers, no labels": 0.85,
    "three rows of zeros gone": 0.9,
    "a row of zeros and all labels gone": 0.5,
    "one row of each table": 0.1,
}


@pytest.fixture(scope="module")
def editions(root):
    """Give the forms of every edition of a kind."""

    def load(kind):
        owner = Store(root).of_kind(kind).kind
        return [owner.edition(edition) for edition in sorted(owner.editions())]

    return load


@pytest.fixture(params=["2019", "2021"])
def form(request, editions):
    return next(form for form in editions("cn-disclosure") if form.edition == request.param)


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_torn_rows_find_their_places(variant, form, editions, seeds):
    forms = editions("cn-disclosure")
    count = read = 0
    for seed in range(seeds("torn reports")):
        rng = Random(seed)  # noqa: S311  # draws figures, not secrets
        found = draw_figures(form, rng)
        document = VARIANTS[variant](form, found, rng)
        start = process_time()
        recognized = recognize(document, forms, Period(form.first_year))
        assert process_time() - start < MAX_SECONDS, seed
        cells = [cell for row in recognized.tables.rows for cell in row.cells if cell.state == "read"]
        assert all(cell.value == found[cell.slot.address] for cell in cells), seed
        count, read = count + len(found), read + len(cells)
    assert read >= SHARES.get(variant, 1.0) * count


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "edition"), FORMS)
def test_no_mutation_makes_a_figure_wrong_in_silence(kind, edition, editions, seeds):
    """Tear and mutate reports, and read them in their own edition, and some as if another one was in force."""
    forms = editions(kind)
    form = next(one for one in forms if one.edition == edition)
    layouts = list_layouts(forms)
    count = {"label": 0, "sums": 0, "order": 0}
    for seed in range(seeds("mutations")):
        rng = Random(seed)  # noqa: S311  # chooses mutations, not secrets
        mutations = [*rng.sample(TORN, rng.randint(1, 2)), *rng.sample(ALL, rng.randint(0, 2))]
        rng.shuffle(mutations)
        expected, document = mutate(form, mutations, rng)
        # Columns were exchanged, and no header is left that shows it; the row says that they were taken in order.
        undetectable = swap_columns in mutations and bool({remove_headers, keep_one_row} & set(mutations))
        find_expected = partial(list_expected, form, expected)
        in_force = edition if rng.random() < 0.8 else rng.choice(forms).edition
        for row in recognize_tables(document, layouts, in_force).rows:
            for cell in (cell for cell in row.cells if cell.state == "read"):
                wrong = cell.value not in find_expected(cell.slot) and not (undetectable and row.by_order)
                assert not wrong or row.evidence == "order", (seed, mutations, cell)
                count[row.evidence] += 1
    assert min(count["label"], count["order"]) > 0


def list_expected(form, expected, slot):
    """List what a figure may be: the expected one, or in an edition with other names that of the same cell in print."""
    if slot.address in form.slots:
        return {expected.get(slot.address)}
    return {
        expected.get(address)
        for address, one in form.slots.items()
        if one.columns[-1].label == slot.columns[-1].label and slot.row_label in {"", one.row_label}
    } or {None}


def mutate(form, mutations, rng):
    """Return what can still be read of a torn report, by address, and the report."""
    found = draw_figures(form, rng, zeros=rng.choice([0.2, 0.5, 0.9]))
    expected, tables = {}, []
    for table in rng.sample(form.tables, len(form.tables)):
        editable = EditableTable(table, found, said)
        for mutation in mutations:
            mutation(editable, rng)
        tables.append((table.id, editable.to_published()))
        expected |= {address: editable.figures[address] for address in (slot.address for slot in table.slots)}
    document = as_published(form, tables)
    if rng.random() < 0.3:
        document = PublishedDocument(tuple(block for block in document.blocks if isinstance(block, PublishedTable)))
    return expected, document


# ── what a row says ──────────────────────────────────────────────────────────────────


def read_exchanged(form, forms, labels):
    rng = Random(3)  # noqa: S311  # draws figures, not secrets
    found = draw_figures(form, rng, zeros=0)
    document = compose_tables(form, found, exchange_rows(labels))
    return found, recognize(document, forms, Period(form.first_year))


def test_rows_that_no_sum_tells_apart_say_that_order_alone_decided(form, editions):
    labels = ("2.重复申请", "3.要求提供公开出版物")
    found, recognized = read_exchanged(form, editions("cn-disclosure"), labels)
    rows = [row for row in recognized.tables.rows if row.evidence != "label"]
    assert [row.cells[0].slot.row_label for row in rows] == list(labels)
    assert {row.evidence for row in rows} == {"order"}
    assert any(cell.value != found[cell.slot.address] for row in rows for cell in row.cells)  # and that it may be wrong
    text = format_data_file(recognized, "report.html")
    say = recognized.form.locale.say
    assert text.count(say("import-by-order")) == len(rows)
    assert set(collect_figures(recognized)["rows_by_order"].values()) == {"order"}


def test_rows_in_an_order_that_breaks_a_sum_stay_undecided(form, editions):
    labels = ("（七）总计", "四、结转下年度继续办理")
    _, recognized = read_exchanged(form, editions("cn-disclosure"), labels)
    rows = [row for row in recognized.tables.rows if row.evidence != "label"]
    assert [row.cells[0].slot.row_label for row in rows] == list(labels)
    assert {(cell.state, cell.reason) for row in rows for cell in row.cells} == {("undecided", "no-order")}
    assert recognized.form.locale.say("import-no-order") in format_data_file(recognized, "report.html")


def test_several_orders_are_told_with_the_figures_that_a_cell_may_have(form, editions):
    rng = Random(1)  # noqa: S311  # draws figures, not secrets
    found = draw_figures(form, rng, zeros=0, row_of_zeros="2.重复申请")
    document = VARIANTS["a row of zeros and all labels gone"](form, found, rng)
    recognized = recognize(document, editions("cn-disclosure"), Period(form.first_year))
    told = [cell for cell in recognized.undecided_cells if cell.reason == "order"]
    assert told
    assert all(found[cell.slot.address] in cell.options for cell in told)
    assert recognized.form.locale.say("import-order") in format_data_file(recognized, "report.html")
