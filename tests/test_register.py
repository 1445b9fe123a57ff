"""The register of offices and what changes in it: nothing is added up twice or lost without a word."""

import json
import re

import pytest
from test_rollup import CITY, make_file, read_file
from units import PERIOD, YEAR, make_register, read_figures, write_files

from nianbao.checks import check
from nianbao.rollup.collect import RollupOptions
from nianbao.rollup.roll_up import roll_up
from nianbao.rollup.status import read_status

COUNTS = {"dist-1": 3, "dist-2": 20, "dist-3": 0}


@pytest.fixture
def city(tmp_path):
    files = {f"{office}/{YEAR}.toml": make_file(count, name=f"{office}局") for office, count in COUNTS.items()}
    return write_files(tmp_path, {"offices.toml": make_register(CITY), **files})


def find(store, office, rule):
    found = check.check_report(store.of_office(office), PERIOD).findings
    return [finding for finding in found if finding.rule == rule]


# ── between two runs ─────────────────────────────────────────────────────────────────


def test_a_unit_that_moves_to_another_city_is_named_by_both(city, report):
    write_files(city.root, {"offices.toml": make_register(CITY | {"town": "", "dist-9": "town"})})
    write_files(city.root, {f"dist-9/{YEAR}.toml": make_file(1, name="dist-9局")})
    for office in ("city", "town"):
        assert report("rollup", YEAR, "--into", office, cwd=city.root).returncode == 0
    write_files(city.root, {"offices.toml": make_register(CITY | {"town": "", "dist-9": "town", "dist-2": "town"})})
    done = report("rollup", YEAR, "--into", "town", cwd=city.root)
    assert done.returncode == 0
    assert "上次汇总以后新增 1 个：dist-2局" in done.stdout
    assert f"dist-2局 还在 city局 上次汇总的数里，会加两次；运行 report rollup {YEAR} --into city" in done.stdout
    assert read_figures(city, "town")["requests.received.total"] == 21
    status = report("status", YEAR, "--into", "city", cwd=city.root)
    assert status.returncode == 1
    assert "不是下级之和" in status.stdout
    done = report("rollup", YEAR, "--into", "city", cwd=city.root)
    assert "dist-2局 上次在内，名册里现在属于 town局" in done.stdout
    assert read_figures(city, "city")["requests.received.total"] == 3
    again = report("rollup", YEAR, "--into", "town", "--json", cwd=city.root)
    assert json.loads(again.stdout)["rollups"][0]["register"] == {
        "joined": [],
        "left": {},
        "renamed": {},
        "counted_elsewhere": {},
    }


def test_a_unit_that_is_taken_off_the_register_and_one_that_is_renamed_are_named(city, report):
    report("rollup", YEAR, "--into", "city", cwd=city.root)
    shorter = {office: parent for office, parent in CITY.items() if office != "dist-2"}
    renamed = make_register(shorter).replace('"dist-1局"', '"第一局"')
    write_files(city.root, {"offices.toml": renamed})
    done = report("rollup", YEAR, "--into", "city", cwd=city.root)
    assert "dist-2局 上次在内，现在不在这个机关下面" in done.stdout
    assert "dist-1 改了名：dist-1局 → 第一局" in done.stdout
    assert "报告里的名称是 dist-1局" in done.stdout


def test_a_record_of_an_earlier_version_says_nothing_of_units(city, report):
    report("rollup", YEAR, "--into", "city", cwd=city.root)
    path = city.root / f"data/city/.{YEAR}.rollup.json"
    record = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({name: record[name] for name in ("own", "broken", "figures")}), encoding="utf-8")
    (result,) = roll_up(city, PERIOD, "city", RollupOptions())
    assert not result.register_changes.joined
    assert not result.is_blocked


# ── names ────────────────────────────────────────────────────────────────────────────


def test_a_report_of_another_name_than_the_register_has_is_a_finding(city):
    write_files(city.root, {f"dist-1/{YEAR}.toml": make_file(3, name="卫生健康委员会")})
    (finding,) = find(city, "dist-1", "register-name-differs")
    assert finding.message == "报告是 卫生健康委员会 的，名册里这个文件夹是 dist-1局"
    assert finding.place.line == 4
    assert "[[dist-1.earlier]]" in finding.fix
    assert not find(city, "dist-2", "register-name-differs")


def test_a_report_of_another_office_of_the_register_is_said_to_be_in_the_wrong_folder(city, report):
    """It counts twice, and nothing but its name tells."""
    write_files(city.root, {f"dist-1/{YEAR}.toml": make_file(3, name="dist-2局")})
    (finding,) = find(city, "dist-1", "register-name-differs")
    assert finding.notes == ("名册里 dist-2局 是 dist-2：数据文件可能放错了文件夹，会加两次",)
    for done in (report(command, YEAR, "--into", "city", cwd=city.root) for command in ("status", "rollup")):
        assert "报告里的名称是 dist-2局，名册里叫这个名称的是 dist-2" in done.stdout
    units = json.loads(report("status", YEAR, "--into", "city", "--json", cwd=city.root).stdout)["offices"][0]["units"]
    assert [unit["stated_office"] for unit in units if unit["stated_name"]] == ["dist-2"]


def test_a_dry_run_does_not_count_a_unit_twice_that_it_has_just_left_out_elsewhere(city, report):
    register = CITY | {"town": "state", "state": "", "city": "state", "dist-9": "town"}
    write_files(city.root, {"offices.toml": make_register(register), f"dist-9/{YEAR}.toml": make_file(1)})
    assert report("rollup", YEAR, "--into", "state", "--deep", cwd=city.root).returncode == 0
    write_files(city.root, {"offices.toml": make_register(register | {"dist-2": "town"})})
    alone = report("rollup", YEAR, "--into", "town", "--dry-run", cwd=city.root)
    deep = report("rollup", YEAR, "--into", "state", "--deep", "--dry-run", cwd=city.root)
    assert [("会加两次" in done.stdout, done.returncode) for done in (alone, deep)] == [(True, 0), (False, 0)]


def test_offices_that_the_register_does_not_list_are_named_once_and_where_their_figures_are(city, report):
    write_files(city.root, {"offices.toml": make_register(CITY | {"state": "", "city": "state"})})
    write_files(city.root, {f"gone/{YEAR}.toml": make_file(5, name="已撤并的局")})
    deep = report("rollup", YEAR, "--into", "state", "--deep", cwd=city.root)
    assert deep.stdout.count("名册 data/offices.toml 里没有的文件夹 1 个：gone") == 1
    sentence = "名册 data/offices.toml 里没有的机关 1 个，它们的报告也在表里：gone"
    query = "select count(*) from figures where leaf and address = 'requests.received.total'"
    for words in (("query", query), ("export", YEAR, "--all", "--to", "csv")):
        assert sentence in report(*words, cwd=city.root).stderr
    assert sentence not in report("export", YEAR, "city", "--to", "csv", cwd=city.root).stderr


def test_sums_whose_units_are_no_longer_in_the_register_are_named_where_they_count_twice(city, report):
    """Without a register every office is a leaf: a sum over leaves was a multiple of the truth without a word."""
    query = "select sum(value) from figures where leaf and address = 'requests.received.total'"
    assert report("rollup", YEAR, "--into", "city", cwd=city.root).returncode == 0
    sentence = "汇总出来的报告，名册里却没有它们的下级，按 leaf 相加会加两次，1 个机关：city"
    assert sentence not in report("query", query, cwd=city.root).stderr
    for text in ("", "[city\n"):
        write_files(city.root, {"offices.toml": text})
        assert sentence in report("query", query, cwd=city.root).stderr


def test_a_sum_of_units_that_have_changed_since_is_one_finding(city, report):
    """Each cell was one, with the same notes: up to 80 for a unit that moved."""
    assert report("rollup", YEAR, "--into", "city", cwd=city.root).returncode == 0
    register = CITY | {"town": "", "dist-2": "town", "dist-9": "city"}
    write_files(city.root, {"offices.toml": make_register(register), f"dist-9/{YEAR}.toml": make_file(4)})
    (finding,) = find(city, "city", "rollup-differs")
    assert finding.message == "上次汇总以后下级单位变了，2 格还是那时的和"
    assert finding.notes[:2] == ("上次汇总以后新增: dist-9局", "不再是下级的单位: dist-2局")
    path = city.root / f"data/city/{YEAR}.toml"
    path.write_text(re.sub(r"(received += \{ person = +)\d+", r"\g<1>99", path.read_text("utf-8")), "utf-8")
    assert {one.address for one in find(city, "city", "rollup-differs")} == {"", "requests.received.person"}


def test_a_longer_name_and_the_name_of_the_office_above_are_not_findings(city):
    register = make_register(CITY | {"own": "city"}, {"own"}).replace('"city局"', '"某市人民政府"')
    files = {"dist-1": "某市dist-1局机关", "own": "某市人民政府办公室"}
    write_files(city.root, {f"{office}/{YEAR}.toml": make_file(1, name=name) for office, name in files.items()})
    write_files(city.root, {"offices.toml": register})
    assert not [one for office in files for one in find(city, office, "register-name-differs")]


@pytest.mark.parametrize(("parent", "level"), [("city", "warning"), ("town", "note")])
def test_a_name_that_is_twice_in_the_register_is_a_finding_and_stops_nothing(city, parent, level, report):
    register = make_register(CITY | {"town": "", "dist-4": parent}).replace('"dist-4局"', '"dist-1局"')
    write_files(city.root, {"offices.toml": register, f"dist-4/{YEAR}.toml": make_file(1, name="dist-1局")})
    line = register[: register.index("[dist-4]")].count("\n") + 2
    for words in (("rollup", YEAR, "--into", "city"), ("status", YEAR)):
        done = report(*words, cwd=city.root)
        found = f"data/offices.toml:{line}:8: {level}[broken-register]"
        assert f"{found} dist-4 和 dist-1 的名称都是 dist-1局" in done.stdout
    assert read_figures(city, "city")["requests.received.total"] == 23 + (parent == "city")
    (finding,) = find(city, "dist-4", "broken-register")
    assert finding.level == level


def test_own_offices_of_two_cities_may_have_one_name(city):
    parents = CITY | {"own": "city", "town": "", "town-own": "town"}
    register = make_register(parents, {"own", "town-own"}).replace('"town-own局"', '"own局"')
    write_files(city.root, {"offices.toml": register})
    assert not city.register().findings


def test_a_folder_that_differs_by_case_is_the_reason_of_a_missing_unit(city, report):
    (city.root / "data/dist-3").rename(city.root / "data/Dist-3")
    done = report("status", YEAR, "--into", "city", cwd=city.root)
    assert done.returncode == 1
    assert "文件夹 Dist-3 与名册里的 dist-3 只差大小写" in re.sub(r"\s+", " ", done.stdout)
    assert report("rollup", YEAR, "--into", "city", cwd=city.root).returncode == 1
    (finding,) = find(city, "city", "child-missing")
    assert "Dist-3" in finding.notes[0]


def test_offices_in_a_circle_are_judged_without_an_end(city):
    write_files(city.root, {"offices.toml": make_register({"city": "dist-1", "dist-1": "city"})})
    write_files(city.root, {f"city/{YEAR}.toml": make_file(1)})
    assert find(city, "city", "broken-register")
    assert not find(city, "dist-1", "child-missing")
    assert read_status(city, PERIOD).findings


# ── sums that are too large ──────────────────────────────────────────────────────────


def test_a_sum_of_more_digits_than_a_count_has_says_so(city, report):
    large = 999_999_999_999
    files = {f"{office}/{YEAR}.toml": make_file(large, name=f"{office}局") for office in ("dist-1", "dist-2")}
    write_files(city.root, files)
    done = report("rollup", YEAR, "--into", "city", cwd=city.root)
    assert done.returncode == 1
    assert f"下级之和 {2 * large} 放不进这一格" in done.stdout
    assert f"dist-1局 data/dist-1/{YEAR}.toml {large}" in done.stdout
    assert "改不了" not in done.stdout + done.stderr
    assert not (city.root / "data/city").exists()


def test_a_sum_that_is_too_large_in_one_city_stops_that_city_only(city, report):
    parents = {"province": "", "town": "province", "dist-9": "town"} | CITY | {"city": "province"}
    files = {f"{office}/{YEAR}.toml": make_file(999_999_999_999, name=f"{office}局") for office in ("dist-1", "dist-2")}
    write_files(city.root, {"offices.toml": make_register(parents), **files})
    write_files(city.root, {f"dist-9/{YEAR}.toml": make_file(7, name="dist-9局")})
    for words in ((), ("--allow-incomplete",)):
        done = report("rollup", YEAR, "--into", "province", "--deep", *words, cwd=city.root)
        assert done.returncode == 1
    assert read_figures(city, "province")["requests.received.total"] == 7
    assert f"没有写 1 个：data/city/{YEAR}.toml" in done.stdout


# ── what the exit code says ──────────────────────────────────────────────────────────


def test_incompleteness_is_allowed_only_where_that_is_all(city, report):
    (city.root / f"data/dist-3/{YEAR}.toml").unlink()
    parents = {"province": "", "town": "province", "dist-9": "town"} | CITY | {"city": "province"}
    write_files(city.root, {"offices.toml": make_register(parents)})
    words = ("rollup", YEAR, "--into", "province", "--deep")
    assert report(*words, cwd=city.root).returncode == 1
    assert report(*words, "--allow-incomplete", cwd=city.root).returncode == 0
    path = city.root / f"data/city/{YEAR}.toml"
    path.write_text(re.sub(r"person = 23\b", "person = 24", read_file(city)), encoding="utf-8")
    assert report(*words, "--allow-incomplete", cwd=city.root).returncode == 1


def test_status_without_a_register_is_about_folders(city, report):
    (city.root / "data/offices.toml").unlink()
    done = report("status", YEAR, cwd=city.root)
    assert done.returncode == 0
    assert re.search(r"(?m)^ +1 +3 +3 +3 ", done.stdout)
    (city.root / f"data/dist-3/{YEAR}.toml").rename(city.root / f"data/dist-3/{YEAR}年.toml")
    done = report("status", YEAR, cwd=city.root)
    assert done.returncode == 1
    assert f"data/dist-3/{YEAR}年.toml" in done.stdout


def test_status_says_what_stands_in_the_way(city, report):
    assert "没有 dist-1 的下级单位" in report("status", YEAR, "--into", "dist-1", cwd=city.root).stderr
    write_files(city.root, {"offices.toml": '[city]\nname = "某市"\nparent = "province"\n'})
    done = report("status", YEAR, cwd=city.root)
    assert done.returncode == 1
    assert "data/offices.toml:3:10: error[broken-register]" in done.stdout
