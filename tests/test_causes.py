"""Causes of broken relations: with mistakes seeded into reports that are right, no figure that is right is blamed."""

import random
from collections import Counter
from functools import cache

import pytest
from conftest import ROOT
from msgspec.structs import replace
from seeded import ROW_MISTAKES, judge, make_bases, make_mistake
from units import PERIOD, YEAR, make_2019_file, write_files

from nianbao.checks.causes.search import _MOST_BROKEN
from nianbao.checks.check import check_report

NAMES = ("2021", "2021 prose", "2019", "us-foia", "kpi")
STYLES = [(name, totals) for name in NAMES for totals in (True, False)]


@cache
def bases():
    return dict(make_bases(ROOT))


@pytest.mark.parametrize(("name", "totals"), STYLES)
def test_the_reports_without_a_mistake_have_no_finding(name, totals):
    report = bases()[name].fill(totals=totals)
    assert not report.unread
    assert judge(report) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "totals"), STYLES)
def test_a_mistake_in_one_figure_is_told_once_and_never_at_another_for_certain(name, totals, seeds, record_property):
    count = seeds("mistakes in a figure")
    base, rng, found = bases()[name], random.Random(7), Counter()  # noqa: S311  # seeded
    for _number in range(count):
        cell, value, mistake = make_mistake(rng, base, totals=totals)
        told = judge(base.fill({**base.figures, cell: value}, totals=totals))
        if not told:
            found["undetectable"] += 1
            continue
        case = f"{cell}: {base.figures[cell]} → {value} ({mistake})"
        assert len(told) == 1, case
        certain = [one for one in told if one.change]
        assert all(dict(one.change) == {cell: base.figures[cell]} for one in certain), case
        row = cell.rpartition(".")[0]
        tied = [one for one in told if {cell, row} & {*one.candidates}]
        assert certain or tied, case
        found["certain" if certain else "tied"] += 1
        found["candidates"] += 0 if certain else len(tied[0].candidates)
    record_property(f"{name}, {'with' if totals else 'without'} totals", dict(found))
    assert found["certain"] + found["tied"] > count / 8
    if totals and name != "us-foia":  # most of its figures are in no sum
        assert found["certain"] > 0.6 * count


@pytest.mark.slow
@pytest.mark.parametrize(("name", "totals"), STYLES)
def test_of_two_mistakes_none_is_blamed_on_a_figure_that_is_right(name, totals, seeds):
    base, rng = bases()[name], random.Random(3)  # noqa: S311  # seeded
    for _number in range(seeds("mistakes in two figures")):
        figures = dict(base.figures)
        for _mistake in range(2):
            cell, value, _name = make_mistake(rng, base, totals=totals)
            figures[cell] = value
        for finding in judge(base.fill(figures, totals=totals)):
            assert all(base.figures[cell] == value for cell, value in finding.change), finding


@pytest.mark.parametrize(("name", "totals"), STYLES)
@pytest.mark.parametrize("mistake", ROW_MISTAKES)
def test_a_mistake_in_rows_is_told_once_and_names_the_row(name, totals, mistake):
    base = bases()[name]
    for rows, report in mistake(base, totals=totals):
        told = judge(report)
        assert len(told) <= 1, rows
        for finding in told:
            named = {finding.address, *finding.candidates}
            assert any(f"{place}.".startswith(f"{row}.") for place in named for row in rows), (rows, finding)
            assert not finding.change or all(base.figures[cell] == value for cell, value in finding.change), finding


def test_a_row_that_holds_another_rows_figures_is_told_as_what_it_is():
    base = bases()["2021"]
    first, second = "requests.received", "requests.carried_in"
    columns = ("person", "business", "legal", "total")
    swapped = {f"{first}.{one}": base.figures[f"{second}.{one}"] for one in columns}
    swapped |= {f"{second}.{one}": base.figures[f"{first}.{one}"] for one in columns}
    (told,) = judge(base.fill({**base.figures, **swapped}, totals=True))
    assert "这两行的数写颠倒了" in told.message
    assert dict(told.change) == {cell: base.figures[cell] for cell in swapped if base.figures[cell] != swapped[cell]}


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize("name", ["2021", "2021 prose"])
def test_a_row_exchanged_with_the_one_that_it_is_carried_from_is_told_as_that(name, totals):
    """They do not stand beside each other, but their names are alike."""
    base = bases()[name]
    rows = "requests.carried_in", "requests.carried_forward"
    columns = ("person", "total")
    pairs = [(f"{rows[0]}.{one}", f"{rows[1]}.{one}") for one in columns]
    swapped = {one: base.figures[other] for pair in pairs for one, other in (pair, pair[::-1])}
    (told,) = judge(base.fill({**base.figures, **swapped}, totals=totals))
    assert "这两行的数写颠倒了" in told.message
    assert dict(told.change) == {cell: base.figures[cell] for cell in swapped if totals or cell not in base.form.totals}


def test_of_rows_exchanged_that_nothing_else_tells_apart_the_carried_ones_are_the_likeliest():
    base = replace(bases()["2021"], before=None)
    swapped = {
        "requests.carried_in.person": base.figures["requests.carried_forward.person"],
        "requests.carried_forward.person": base.figures["requests.carried_in.person"],
    }
    (told,) = judge(base.fill({**base.figures, **swapped}, totals=False))
    assert not told.change
    assert told.candidates[:2] == ("requests.carried_in", "requests.carried_forward")


def test_a_total_that_is_left_out_is_no_witness_for_its_parts():
    base = bases()["2021"]
    (told,) = judge(base.fill({**base.figures, "requests.received.person": 715}, totals=False))
    assert not told.change
    assert told.candidates[0] == "requests.received.person"
    assert "下列几格至少有一格有错" in told.label


def test_prose_that_says_what_the_sums_need_makes_the_cause_certain():
    base = bases()["2021 prose"]
    (told,) = judge(base.fill({**base.figures, "requests.received.person": 715}, totals=False))
    assert told.change == (("requests.received.person", 705),)
    assert any("正文里写的" in note for note in told.notes)


def test_many_broken_sums_are_told_in_bounded_time():
    base, rng = bases()["2021"], random.Random(1)  # noqa: S311  # seeded
    figures = {cell: rng.randrange(1000) for cell in base.figures}
    report = base.fill(figures, totals=True)
    assert len(report.broken) > 30
    assert 30 < len(judge(report)) <= len(report.broken)
    assert _MOST_BROKEN < 100


def test_rows_of_which_none_is_likelier_are_told_together_and_figures_by_their_labels():
    base = bases()["2021"]
    (told,) = judge(base.fill({**base.figures, "requests.received.person": 715}, totals=False))
    lines = [note for note in told.notes if note[0].isdigit()]
    assert "自然人（requests.received.person）写 715，错的若是它，应为 705" in lines[0]
    assert sum("行没有写，可能漏了其中一行" in line for line in lines) <= 1
    assert told.place.line  # a written figure rather than the table


def test_an_old_edition_does_not_explain_a_sum_that_is_broken_in_it(tmp_path):
    text = make_2019_file(1)
    store = write_files(
        tmp_path, {f"{YEAR}.toml": text.replace("[requests.received]\nperson = ", "[requests.received]\nperson = 9")}
    )
    errors = [one for one in check_report(store, PERIOD).findings if one.level == "error"]
    assert [one.rule for one in errors] == ["wrong-edition", "broken-balance"]
    assert not any("由此而来" in note for note in errors[0].notes)
