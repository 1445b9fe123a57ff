"""A register with years: units that moved, were renamed, are new or are gone, added up as they were in each year."""

import json
import re

import pytest
from test_rollup import make_file
from units import write_files

from nianbao.model.facts import parse
from nianbao.model.period import Period
from nianbao.model.units.register_loading import load_register

REGISTER = """
[province]
name = "某省"

[city]
name = "某市"
parent = "province"

[town]
name = "新市"
parent = "province"

[dist-1]
name = "一区"
parent = "city"

[dist-2]
name = "新区"
kind = "区"
parent = "town"

[[dist-2.earlier]]
until = 2023
name = "旧区"
parent = "city"

[dist-3]
name = "三区"
parent = "city"
until = 2023

[dist-4]
name = "四区"
parent = "town"
from = 2024

[dist-5]
name = "五区"
parent = "town"

[county]
name = "某县"
parent = "city"

[village]
name = "某镇"
parent = "city"

[[village.earlier]]
until = 2023
parent = "county"
"""
COUNTS = {"dist-1": 1, "dist-2": 20, "dist-3": 300, "dist-4": 4000, "dist-5": 50_000, "village": 600_000}
YEARS_OF = {"dist-3": (2023,), "dist-4": (2024,)}
NAMES = {"dist-1": "一区", "dist-2": "新区", "dist-3": "三区", "dist-4": "四区", "dist-5": "五区", "village": "某镇"}
# What each office above is the sum of, by year; in 2023 a county had one unit, which has been below its city since.
SUMS = {
    2023: {"county": 600_000, "city": 600_321, "town": 50_000, "province": 650_321},
    2024: {"city": 600_001, "town": 54_020, "province": 654_021},
}
TOTAL = "requests.received.total"


@pytest.fixture
def province(tmp_path):
    files = {"offices.toml": REGISTER, "county/2024.toml": make_file(0, name="某县")}
    for office, count in COUNTS.items():
        for year in YEARS_OF.get(office, (2023, 2024)):
            name = "旧区" if (office, year) == ("dist-2", 2023) else NAMES[office]
            files[f"{office}/{year}.toml"] = make_file(count, name=name).replace("year = 2024", f"year = {year}")
    return write_files(tmp_path, files)


@pytest.fixture
def added_up(province, report):
    for year in SUMS:
        done = report("rollup", year, "--into", "province", "--deep", cwd=province.root)
        assert done.returncode == 0, done.stdout + done.stderr
    return province


def test_units_are_added_up_below_the_office_that_they_had_in_each_year(added_up):
    for year, sums in SUMS.items():
        found = {office: added_up.of_office(office).report(Period(year)).figures[TOTAL] for office in sums}
        assert found == sums


def test_last_years_report_is_added_up_again_after_a_move(added_up, report):
    """Units that have moved since were taken for gone, and the sum lost their figures."""
    done = report("rollup", 2023, "--into", "city", "--json", cwd=added_up.root)
    (rollup,) = json.loads(done.stdout)["rollups"]
    assert not any(rollup["register"].values())
    assert added_up.of_office("city").report(Period(2023)).figures[TOTAL] == SUMS[2023]["city"]


def read_units(done):
    offices = json.loads(done.stdout)["offices"]
    return {unit["office"]: unit for office in offices for unit in office["units"]}


def test_status_is_about_the_units_of_the_year(added_up, report):
    before, now = (
        report("status", year, "--into", "province", "--deep", "--json", cwd=added_up.root) for year in (2023, 2024)
    )
    assert (before.returncode, now.returncode) == (0, 0)
    assert (read_units(before).keys() ^ read_units(now).keys()) == {"dist-3", "dist-4"}
    moved = [(read_units(done)["dist-2"]["name"], read_units(done)["dist-2"]["parent"]) for done in (before, now)]
    assert moved == [("旧区", "city"), ("新区", "town")]


def test_a_report_of_a_unit_that_is_not_there_in_its_year_is_named(added_up, report):
    write_files(added_up.root, {"dist-3/2024.toml": make_file(1, name="三区")})
    done = report("status", 2024, "--into", "province", cwd=added_up.root)
    assert "没有的文件夹 1 个：dist-3" in done.stdout
    assert "文件夹" not in report("status", 2023, "--into", "province", cwd=added_up.root).stdout.splitlines()[-1]


def test_sums_over_leaves_are_right_in_each_year(added_up, report):
    """An office whose units have all left it counted twice in the years when it had them."""
    query = f"select year, sum(value)::bigint as total from figures where address = '{TOTAL}' and leaf group by year"
    done = report("query", f"{query} order by year", "--to", "csv", cwd=added_up.root)
    assert done.stdout.splitlines()[1:] == [f"{year},{sums['province']}" for year, sums in SUMS.items()]
    assert "两次" not in done.stderr
    query = "select year, parent, name, state from register where office in ('dist-2', 'dist-3') order by office, year"
    done = report("query", query, "--to", "csv", cwd=added_up.root)
    assert done.stdout.splitlines()[1:] == [
        "2023,city,旧区,right",
        "2024,town,新区,right",
        "2023,city,三区,right",
    ]


def test_validation_and_comparison_find_nothing_that_the_register_explains(added_up, report):
    rules = {"register-name-differs", "rollup-differs", "child-missing", "unit-left-out", "broken-register"}
    for year in SUMS:
        done = report("validate", year, "--all", "--format", "json", cwd=added_up.root)
        found = {one["rule"] for checked in json.loads(done.stdout)["reports"] for one in checked["findings"]}
        assert found
        assert not rules & found
    done = report("compare", 2023, 2024, "--all", "--json", cwd=added_up.root)
    offices = {one["office"]: one for one in json.loads(done.stdout)["offices"]}
    assert offices["dist-2"]["name"] == "新区"
    assert offices["dist-3"]["missing"] == "2024"
    assert [office for office, one in offices.items() if not one["leaf"]] == ["province", "city", "town", "county"]


def test_a_figure_is_traced_to_the_units_of_its_year(added_up, report):
    traced = {
        year: json.loads(report("trace", year, "city", TOTAL, "--json", cwd=added_up.root).stdout) for year in SUMS
    }
    units = {year: sorted(one["unit"] for one in trace["units"]) for year, trace in traced.items()}
    assert units == {2023: ["county", "dist-1", "dist-2", "dist-3"], 2024: ["dist-1", "village"]}


def test_nobody_waits_for_reports_of_a_unit_that_is_gone_or_new(added_up, report):
    (added_up.root / "data/dist-4").rename(added_up.root / "data/.away")
    done = report("list", "--json", cwd=added_up.root)
    listed = {one["file"] for one in json.loads(done.stdout)["reports"]}
    assert {"data/dist-3/2023.toml", "data/dist-1/2024.toml"} <= listed
    assert not listed & {"data/dist-3/2024.toml", "data/dist-3/2025.toml", "data/dist-4/2023.toml"}
    done = report("site", 2023, 2024, "--all", "--to", "markdown", cwd=added_up.root)
    assert done.returncode == 1
    pages = {path.stem: path.read_text("utf-8") for path in (added_up.root / "site/offices").iterdir()}
    shown = {office: re.findall(r'<section id="(.*?)"', pages[office]) for office in ("dist-1", "dist-3", "dist-4")}
    assert shown == {"dist-1": ["2024", "2023"], "dist-3": ["2023"], "dist-4": ["2024"]}
    assert "dist-2.html" in pages["town"]


FAULTS = {
    "a parent that is new": (
        "[town]\nname = '镇'\nfrom = 2024\n[a]\nname = '甲'\nparent = 'town'\n",
        "data/offices.toml:6:10: 2023 年的报告：a 的上级 town 这一年没有报告",
    ),
    "a parent that is gone": (
        "[a]\nname = '甲'\nuntil = 2022\n[b]\nname = '乙'\n[[b.earlier]]\nuntil = 2023\nparent = 'a'\n",
        "data/offices.toml:8:10: 2023 年的报告：b 的上级 a 这一年没有报告",
    ),
    "a circle in one year": (
        "[a]\nname = '甲'\n[[a.earlier]]\nuntil = 2020\nparent = 'b'\n[b]\nname = '乙'\nparent = 'a'\n",
        "data/offices.toml:5:10: 2020 年的报告：",
    ),
    "a parent that is not listed": (
        "[a]\nname = '甲'\n[[a.earlier]]\nuntil = 2020\nparent = 'c'\n",
        "data/offices.toml:5:10: 2020 年的报告：a 的上级 c 没有列出",
    ),
    "one year twice": (
        "[a]\nname = '甲'\n[[a.earlier]]\nuntil = 2020\n[[a.earlier]]\nuntil = 2020\n",
        "data/offices.toml:6:9: a 有两个 earlier 的 until 都是 2020",
    ),
    "years that end before they begin": (
        "[a]\nname = '甲'\nfrom = 2024\nuntil = 2023\n",
        "data/offices.toml:4:9: a 一年也没有",
    ),
    "earlier than the first year": (
        "[a]\nname = '甲'\nfrom = 2021\n[[a.earlier]]\nuntil = 2020\n",
        "data/offices.toml:5:9: a 的 earlier 写的 until 2020 不在",
    ),
    "no year": ("[a]\nname = '甲'\n[[a.earlier]]\nname = '旧'\n", "until"),
    "a key that there is not": ("[a]\nname = '甲'\n[[a.earlier]]\nuntil = 2020\nsince = 2019\n", "since"),
    "a year that is none": ("[a]\nname = '甲'\nuntil = 24\n", "until"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_years_that_cannot_be_are_told_with_their_place(case):
    text, said = FAULTS[case]
    (finding,) = load_register(parse(text, "data/offices.toml")).findings
    assert said in f"{finding.place}: {finding.message}"
    assert finding.level == "error"


def test_an_office_without_years_is_the_same_in_all_of_them():
    register = load_register(parse(REGISTER, "data/offices.toml"))
    assert not register.findings
    assert register.of_year(1990).units["dist-1"] == register.units["dist-1"]
    assert register.of_year(2023).of_year(2024) == register.of_year(2023)
    assert register.of_year(2023).absent == {"dist-4"}
