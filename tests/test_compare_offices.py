"""`report compare --all`: key figures of all offices beside last year's, and what does not follow, on every output."""

import json
import re
import shutil
from decimal import Decimal

import openpyxl
import pytest
from offices import data

from nianbao.compare import offices
from nianbao.compare.workbook import write_workbook
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.workspace.store import Store

YEARS = (2023, 2024)
COLUMNS = ("person", "business", "research", "charity", "legal", "other")


@pytest.fixture(scope="module")
def made(tmp_path_factory, report):
    """A city with three units, of which one lacks a report, and an office that the register does not list."""
    root = tmp_path_factory.mktemp("city")
    (root / "data").mkdir()
    register = '[city]\nname = "某市"\n' + "".join(
        f'[unit-{number}]\nname = "{number}局"\nparent = "city"\n' for number in (2, 1, 0)
    )
    (root / "data/offices.toml").write_text(register, encoding="utf-8")
    for number in range(4):
        for year in YEARS:
            if (number, year) != (2, 2023):
                path = root / f"data/unit-{number}/{year}.toml"
                path.parent.mkdir(exist_ok=True)
                path.write_text(data(number, year), encoding="utf-8")
    for year in YEARS:
        report("rollup", str(year), "--into", "city", cwd=root)
        assert (root / f"data/city/{year}.toml").exists()
    return root


@pytest.fixture
def city(made, tmp_path):
    shutil.copytree(made / "data", tmp_path / "data")
    return Store(tmp_path)


def compared(store, *words):
    chosen = offices.choose(store, words or ("2023", "2024"))
    return chosen.with_pairs([pair for pair in offices.compare_all(chosen, 1) if not isinstance(pair, UserError)])


def figures(store, office, year):
    return store.of_office(office).report(Period(year)).figures


def test_each_key_figure_stands_beside_the_earlier_one(city):
    found = compared(city)
    assert [pair.name for pair in found.pairs] == ["某市", "2局", "1局", "0局", "第3市第3局"]  # as in the register
    assert [pair.name for pair in found.pairs if pair.missing] == ["2局"]
    key_figures = city.kind.edition("2021").key_figures
    assert list(found.figures) == [at for at in key_figures if any(at == v.address for v in found.pairs[0].values)]
    assert set(key_figures) == set(found.figures)
    for pair in found.compared:
        before, after = (figures(city, pair.office, year) for year in YEARS)
        for value in pair.values:
            if value.address in before:
                assert (value.before, value.after) == (before[value.address], after[value.address])
                assert value.change == after[value.address] - before[value.address]


def test_the_sum_is_that_of_offices_without_units_that_have_both_reports(city):
    found = compared(city)
    total = found.add_up("requests.received.total")
    sums = [
        sum(figures(city, f"unit-{number}", year)["requests.received.total"] for number in (0, 1, 3)) for year in YEARS
    ]
    assert [total.before, total.after] == sums
    assert total.change == sums[1] - sums[0]


def test_what_does_not_follow_from_last_year_is_listed(city):
    """Cases carried forward must be carried in, and stocks are last year's, plus made, less repealed."""
    for pair in compared(city).compared:
        last, this = (figures(city, pair.office, year) for year in YEARS)
        expected = []
        for column in (*COLUMNS, "total"):
            handed, taken = last[f"requests.carried_forward.{column}"], this[f"requests.carried_in.{column}"]
            expected += [(handed, taken)] if handed != taken else []
        for row in ("regulations", "normative"):
            due = last[f"proactive.{row}.in_force"] + this[f"proactive.{row}.made"] - this[f"proactive.{row}.repealed"]
            expected += [(due, this[f"proactive.{row}.in_force"])] if due != this[f"proactive.{row}.in_force"] else []
        assert sorted((link.expected, link.found) for link in pair.links) == sorted(expected)
        assert expected, "the sample has nothing that does not follow"


def test_years_with_one_between_hand_nothing_on(city, tmp_path):
    for number in (0, 1):
        (tmp_path / f"data/unit-{number}/2022.toml").write_text(data(number, 2022), encoding="utf-8")
    assert all(not pair.links for pair in compared(city, "2022", "2024").pairs)
    assert [pair.office for pair in compared(city, "2022", "2024").compared] == ["unit-1", "unit-0"]


def test_the_workbook_says_the_same(city):
    found = compared(city)
    (saved,) = write_workbook(found)
    assert not write_workbook(found)[0].changed
    assert saved.path.endswith("build/2024-since-2023.xlsx")
    book = openpyxl.load_workbook(city.root / "build/2024-since-2023.xlsx")
    values, links, missing = book.worksheets
    rows = {row[0]: row[1:] for row in values.iter_rows(min_row=4, values_only=True)}
    assert list(rows) == ["某市", "1局", "0局", "第3市第3局"]
    for pair in found.compared:
        mark, *cells = rows[pair.name]
        assert mark == ("" if pair.leaf else "含下级")
        for number, value in enumerate(pair.values):
            said = [None if cell is None else Decimal(str(cell)) for cell in cells[4 * number : 4 * number + 4]]
            assert said == [value.before, value.after, value.change, value.percent]
    headers = [cell.value for cell in values[1] if cell.value][2:]
    assert headers == [value.label + (f"（{value.unit}）" if value.unit else "") for value in found.figures.values()]
    assert links.max_row - 1 == sum(len(pair.links) for pair in found.compared)
    assert list(missing.iter_rows(min_row=2, values_only=True)) == [("2局", "2023年没有报告")]


def test_text_and_json_say_the_same(city, report):
    done = report("compare", "2023", "2024", "--all", cwd=city.root)
    assert done.returncode == 0, done.stderr
    assert re.search(r"某市（含下级） +\d", done.stdout)
    assert "2局 没有 2023 年度的数据文件" in done.stderr
    found = compared(city)
    total = found.add_up("requests.received.total")
    assert re.search(rf"合计（没有下级、两期都有报告的机关） +{total.before} +{total.after} ", done.stdout)
    said = json.loads(report("compare", "2024", "--all", "--json", cwd=city.root).stdout)
    assert {one["office"]: one["missing"] for one in said["offices"]} == {
        pair.office: str(pair.missing) if pair.missing else None for pair in found.pairs
    }
    assert {one["address"]: one["after"] for one in said["totals"]}["requests.received.total"] == total.after
    assert sum(len(one["broken"]) for one in said["offices"]) == sum(len(pair.links) for pair in found.pairs)


def test_figures_that_no_office_has_are_named_on_one_line(city, report):
    said = report("compare", "2023", "2024", "--all", cwd=city.root).stdout
    empty = [
        one.label
        for at, one in compared(city).figures.items()
        if not any(v.after or v.before for _p, v in compared(city).list_values(at))
    ]
    assert empty
    assert said.count("各机关两期都是 0") == 1
    assert f"：{'、'.join(empty)}".replace(" ", "") in "".join(said.split())
    assert not any(line.startswith(empty[0]) for line in said.splitlines())


def test_a_report_that_cannot_be_read_is_named_and_left_out(city, report):
    (city.root / "data/unit-0/2024.toml").write_text("year = [", encoding="utf-8")
    done = report("compare", "2023", "2024", "--all", "--to", "xlsx", cwd=city.root)
    assert done.returncode == 1
    assert "data/unit-0/2024.toml:1" in done.stderr
    rows = openpyxl.load_workbook(city.root / "build/2024-since-2023.xlsx").worksheets[0].iter_rows(values_only=True)
    assert "0局" not in [row[0] for row in rows]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("2023", "2024", "unit-0"), "unit-0 不是报告期"),
        (("2022", "2023", "2024"), "3"),
        (("2024", "--to", "docx"), "--all 不能写成 docx"),
        (("2024", "--git"), "--all 不能同 --git 一起用"),
        (("kpi", "2024-Q1"), "没有数据文件"),
    ],
)
def test_what_cannot_be_compared_is_said(city, report, words, message):
    done = report("compare", *words, "--all", cwd=city.root)
    assert done.returncode == 2
    assert message in done.stderr
