"""`report rollup` and `report trace`: figures are the sums of the units to the last digit, and are traced to them."""

import json
import re
from decimal import Decimal

import duckdb
import pytest
import toml_rs
from cases import KIND
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from offices import COLUMNS, data
from reports import figures, filled
from units import ONLY_2019, PERIOD, YEAR, add_up, make_2019_file, make_register, read_figures, write_files

from nianbao.checks import check, subordinates
from nianbao.checks.policy import Policy
from nianbao.datafiles import scaffold
from nianbao.datafiles.patch import make_notes, update_figures
from nianbao.model import aggregate
from nianbao.model.aggregate import Aggregate
from nianbao.model.facts import parse
from nianbao.model.finding import UserError
from nianbao.model.offices import Unit
from nianbao.model.period import Period
from nianbao.model.report import fill_form
from nianbao.model.units.states import UnitState
from nianbao.rollup.collect import RollupOptions
from nianbao.rollup.roll_up import roll_up
from nianbao.rollup.trace import trace
from nianbao.workspace.store import Store

# ── three levels, both editions ──────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    """A province of six cities with their own offices, 300 units with reports in all, a third in edition 2019."""
    parents, texts = {"province": ""}, {}
    for city in range(6):
        parents |= {f"city-{city}": "province", f"city-{city}-own": f"city-{city}"}
        for unit in range(50):
            number = 50 * city + unit
            office = f"city-{city}-own" if unit == 0 else f"unit-{number}"
            parents[office] = f"city-{city}"
            texts[office] = make_2019_file(number) if number % 3 == 0 else data(number)
    own = {office for office in parents if office.endswith("-own")}
    files = {f"{office}/{YEAR}.toml": text for office, text in texts.items()}
    store = write_files(tmp_path_factory.mktemp("province"), {"offices.toml": make_register(parents, own), **files})
    results = roll_up(store, PERIOD, "province", RollupOptions(deep=True))
    return store, texts, results


def test_every_cell_of_the_top_office_is_the_sum_of_all_units(province):
    store, texts, results = province
    assert [result.unit.id for result in results] == [*(f"city-{city}" for city in range(6)), "province"]
    sums, unplaced_counts = add_up(texts.values())
    form = store.kind.form_in_force(PERIOD)
    assert len(form.slots) > 190
    assert sums.keys() <= form.slots.keys()
    assert read_figures(store, "province") == {address: sums.get(address, 0) for address in form.slots}
    unplaced = [one.address for result in results for one in result.aggregate.unplaced]
    assert {address: unplaced.count(address) for address in unplaced_counts} == unplaced_counts
    assert len(unplaced) == sum(unplaced_counts.values())


@pytest.mark.slow
def test_every_cell_of_the_top_office_is_the_sum_of_the_export(province, report, tmp_path):
    store, texts, _ = province
    done = report("export", YEAR, "--all", "--to", "parquet", "--out", tmp_path, cwd=store.root)
    assert done.returncode == 0, done.stdout + done.stderr
    sums = duckdb.execute(
        """
        select if(edition = '2019', replace(address, '.outcome.other.', '.outcome.other.other.'), address), sum(value)
        from read_parquet(?)
        where list_contains(?, office) and not (edition = '2019' and regexp_full_match(address, ?))
        group by 1
        """,
        [str(tmp_path / "figures.parquet"), list(texts), ONLY_2019.pattern],
    ).fetchall()
    form = store.kind.form_in_force(PERIOD)
    assert read_figures(store, "province") == dict.fromkeys(form.slots, 0) | dict(sums)


def test_a_city_lists_cells_that_units_of_another_edition_do_not_have(province):
    result = province[2][0]
    of_edition_2019 = [one for one in result.aggregate.counted if one.edition == "2019"]
    assert {"proactive.fees.amount", "proactive.normative.in_force", "proactive.normative.repealed"} <= set(
        result.aggregate.units_without_cell
    )
    assert all(units == of_edition_2019 for units in result.aggregate.units_without_cell.values())
    text = (province[0].root / "data/city-0" / f"{YEAR}.toml").read_text(encoding="utf-8")
    assert f"# 汇总：{len(of_edition_2019)} 个单位用另一版格式，没有这些格：" in text
    assert "# 汇总：50 个单位相加，含本级\n" in text


@pytest.mark.slow
def test_a_changed_figure_changes_the_right_cells_and_trace_shows_it(province):
    store, texts, _accounts = province
    before = {office: read_figures(store, office) for office in ("city-0", "city-1", "province")}
    path = store.root / f"data/unit-1/{YEAR}.toml"
    changed = re.sub(r"(received = \{ person = )(\d+)", lambda row: f"{row[1]}{int(row[2]) + 5}", texts["unit-1"])
    changed = re.sub(r"(carried_forward = \{ person = )(\d+)", lambda row: f"{row[1]}{int(row[2]) + 5}", changed)
    path.write_text(changed, encoding="utf-8")
    try:
        roll_up(store, PERIOD, "province", RollupOptions(deep=True))
        moved = {
            f"requests.{row}.{column}": 5 for row in ("received", "carried_forward") for column in ("person", "total")
        }
        for office, expected in (("city-0", moved), ("city-1", {}), ("province", moved)):
            after = read_figures(store, office)
            changes = {at: after[at] - before[office][at] for at in after if after[at] != before[office][at]}
            assert changes == expected
        found_trace = trace(store, PERIOD, "province", "requests.received.person", RollupOptions(deep=True))
        contribution = next(
            figure for one, figure in found_trace.below["city-0"].contributions if one.unit.id == "unit-1"
        )
        assert contribution == int(re.search(r"received = \{ person = (\d+)", changed)[1])
        assert found_trace.total == before["province"]["requests.received.person"] + 5
    finally:
        path.write_text(texts["unit-1"], encoding="utf-8")
        roll_up(store, PERIOD, "province", RollupOptions(deep=True))


def test_a_deep_trace_has_units_that_add_up_to_the_figure(province):
    store = province[0]
    found_trace = trace(store, PERIOD, "province", "requests.received.total", RollupOptions(deep=True))
    assert sum(figure for _one, figure in found_trace.contributions) == found_trace.total == found_trace.figure
    assert sum(found_trace.parts.values()) == found_trace.total
    assert len(found_trace.parts) == len(COLUMNS)
    for one, figure in found_trace.contributions:
        below = found_trace.below[one.unit.id]
        assert sum(part for _one, part in below.contributions) == figure
        assert len(below.contributions) + below.zeros == 50


def test_an_office_whose_units_have_changed_is_named(province):
    store, texts, _accounts = province
    path = store.root / f"data/unit-1/{YEAR}.toml"
    path.write_text(data(999), encoding="utf-8")
    try:
        (result,) = roll_up(store, PERIOD, "province", RollupOptions(dry_run=True))
        assert [unit.id for unit in result.outdated] == ["city-0"]
    finally:
        path.write_text(texts["unit-1"], encoding="utf-8")


# ── one city ─────────────────────────────────────────────────────────────────────────

ROW = "received = {{ person = {count} }}\noutcome.granted = {{ person = {count} }}"


def make_file(count, *, name="某局", published="2025-01-20", more=""):
    """Make a small data file without errors: so many requests, all granted."""
    row = ROW.format(count=count)
    return (
        f'year = {YEAR}\npublished = {published}\n[agency]\nname = "{name}"\n[proactive]\n{more}\n'
        f"[requests]\n{row}\n[review_litigation]\n"
    )


CITY = {"city": "", "dist-1": "city", "dist-2": "city", "dist-3": "city"}


@pytest.fixture
def city(tmp_path):
    counts = {"dist-1": 3, "dist-2": 20, "dist-3": 0}
    files = {f"{office}/{YEAR}.toml": make_file(count) for office, count in counts.items()}
    return write_files(tmp_path, {"offices.toml": make_register(CITY), **files})


def read_file(store, office="city"):
    return (store.root / f"data/{office}/{YEAR}.toml").read_text(encoding="utf-8")


def test_the_parents_report_is_built_as_any_other(city, report):
    done = report("rollup", YEAR, "--into", "city", cwd=city.root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'name    = "city局"' in read_file(city)
    assert "# 汇总：3 个单位相加\n[requests]" in read_file(city)
    done = report("build", YEAR, "city", "--draft", "--to", "html", cwd=city.root)
    assert done.returncode == 0
    page = (city.root / f"build/city/{YEAR}.html").read_text(encoding="utf-8")
    assert re.search(r"新收政府信息公开申请(<[^>]+>)*23(<[^>]+>)*件", page)
    again = report("rollup", YEAR, "--into", "city", cwd=city.root)
    assert f"data/city/{YEAR}.toml 没有改动" in again.stdout


def test_missing_late_and_broken_units_are_named(city, report):
    write_files(
        city.root,
        {
            f"dist-1/{YEAR}.toml": make_file(3, published="2025-02-03"),
            f"dist-2/{YEAR}.toml": make_file(20).replace(
                "outcome.granted = { person = 20 }", "outcome.granted = { person = 2 }"
            ),
        },
    )
    (city.root / f"data/dist-3/{YEAR}.toml").unlink()
    done = report("rollup", YEAR, "--into", "city", cwd=city.root)
    assert done.returncode == 1
    for words in ("缺报 1 个：dist-3局", "逾期 1 个：dist-1局", "没有计入 1 个：dist-2局", "error[broken-balance]"):
        assert words in done.stdout
    for words in ("1 个单位相加", "缺报 1 个：dist-3局", "逾期 1 个：dist-1局", "有错未计 1 个：dist-2局"):
        assert read_file(city).count(f"# 汇总：{words}\n") == 3
    assert read_figures(city, "city")["requests.received.total"] == 3
    assert report("rollup", YEAR, "--into", "city", "--allow-incomplete", cwd=city.root).returncode == 0
    assert report("rollup", YEAR, "--into", "city", "--with-broken", cwd=city.root).returncode == 1
    assert read_figures(city, "city")["requests.received.total"] == 23
    assert "# 汇总：有错也计入 1 个：dist-2局\n" in read_file(city)
    assert "rollup-differs" not in report("validate", YEAR, "city", cwd=city.root).stdout


@pytest.mark.parametrize(
    "text",
    ["year = 2024\n[agency\n", "<<<<<<< ours\n", 'year = 2024\nedition = "1999"\n', b"year = 2024 # \xff\n"],
    ids=["no-toml", "conflict", "no-edition", "no-text"],
)
def test_a_unit_that_cannot_be_read_never_counts(city, text, report):
    (city.root / f"data/dist-2/{YEAR}.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    done = report("rollup", YEAR, "--into", "city", "--with-broken", cwd=city.root)
    assert done.returncode == 1
    assert f"data/dist-2/{YEAR}.toml:" in done.stdout
    assert "没有计入 1 个：dist-2局" in done.stdout
    assert read_figures(city, "city")["requests.received.total"] == 3


def test_an_error_in_prose_does_not_leave_a_unit_out(city):
    write_files(city.root, {f"dist-1/{YEAR}.toml": make_file(3) + '[prose]\nproblems = "TODO"\n'})
    (result,) = roll_up(city, PERIOD, "city", RollupOptions())
    assert not result.aggregate.broken


def test_an_accepted_error_of_a_unit_is_said_where_its_sum_has_it_too(city, report):
    """The sum does not balance either: the office above it left the whole city out, and nothing said why."""
    text = make_file(3).replace("received = { person = 3 }", "received = { person = 5 }")
    write_files(city.root, {f"dist-1/{YEAR}.toml": text})
    found = json.loads(report("validate", YEAR, "dist-1", "--format", "json", cwd=city.root).stdout)["reports"][0]
    error = next(one for one in found["findings"] if one["rule"] == "broken-balance")
    place = f"{YEAR}:{error['line']}:{error['column']}"
    assert report("accept", "dist-1", place, "--because", "已核实", cwd=city.root).returncode == 0
    done = report("rollup", YEAR, "--into", "city", cwd=city.root)
    said = f"有已接受的错误、计入了的；和里可能也有，要在 data/city/{YEAR}.toml 里同样接受 1 个：dist-1局"
    assert (said in done.stdout, done.returncode) == (True, 0), done.stdout
    assert "broken-balance" in report("validate", YEAR, "city", cwd=city.root).stdout


def test_a_unit_that_reports_yuan_instead_of_wan_yuan_is_named(city, report):
    write_files(city.root, {f"dist-1/{YEAR}.toml": make_file(3, more="fees = { amount = 119253.55 }")})
    done = report("rollup", YEAR, "--into", "city", cwd=city.root)
    assert "warning[yuan-for-wan]" in done.stdout
    assert read_figures(city, "city")["proactive.fees.amount"] == Decimal("119253.55")


def test_without_own_the_parents_own_figures_are_left_out(city):
    write_files(
        city.root, {"offices.toml": make_register(CITY | {"own": "city"}, {"own"}), f"own/{YEAR}.toml": make_file(100)}
    )
    (result,) = roll_up(city, PERIOD, "city", RollupOptions(dry_run=True))
    assert result.aggregate.figures["requests.received.total"] == 123
    (result,) = roll_up(city, PERIOD, "city", RollupOptions(own=False))
    assert result.aggregate.figures["requests.received.total"] == 23
    found = check.check_report(city.of_office("city"), PERIOD).findings
    assert "rollup-differs" not in {finding.rule for finding in found}
    assert trace(city, PERIOD, "city", "requests.received.total", RollupOptions()).total == 23


# ── existing files ──────────────────────────────────────────────────────────────────

EXISTING = f'''# 市里的文件
year = {YEAR}
[agency]
name = "某市人民政府"  # 全称
[proactive]
# 没有规章
[requests]
received = {{ person = 23 }}
outcome.granted = {{ person = 23 }}  # 全部公开
[review_litigation]
[prose]
overview = """
全年新收{{{{ requests.received.total }}}}件。

"""
[[accept]]
rule = "aspect-missing"
at = "overview"
value = ""
because = "看过"
'''


def test_an_existing_file_keeps_everything_except_its_figures(city):
    write_files(
        city.root, {f"city/{YEAR}.toml": EXISTING, f"dist-1/{YEAR}.toml": make_file(4, more="normative = { made = 2 }")}
    )
    (result,) = roll_up(city, PERIOD, "city", RollupOptions(force=True))
    assert [(cell.address, cell.figure, cell.total) for cell in result.changed] == [
        ("proactive.normative.made", 0, 2),
        ("requests.received.person", 23, 24),
        ("requests.outcome.granted.person", 23, 24),
    ]
    text = read_file(city)
    for line in EXISTING.splitlines():
        if not re.match(r"\[|received|outcome|rule|at|value|because|name|year|overview", line):
            assert line in text, line
    before, after = (toml_rs.loads(one) for one in (EXISTING, text))
    tables = {"proactive", "requests", "review_litigation"}
    assert {key: before[key] for key in before.keys() - tables} == {key: after[key] for key in after.keys() - tables}
    assert "outcome.granted = { person = 24 }  # 全部公开" in text
    assert "normative = { made = 2 }" in text


def test_cells_edited_by_hand_stop_a_rollup_until_forced_or_accepted(city, report):
    roll_up(city, PERIOD, "city", RollupOptions())
    path = city.root / f"data/city/{YEAR}.toml"
    edited = read_file(city).replace("received                      = { person = 23", "received = { person = 25")
    path.write_text(edited, encoding="utf-8")
    done = report("rollup", YEAR, "--into", "city", cwd=city.root)
    assert done.returncode == 1
    assert re.search(r"requests\.received\.person +25 +23 +23", done.stdout)
    assert read_file(city) == edited
    accept = '\n[[accept]]\nrule = "rollup-differs"\nat = "requests.received.person"\nvalue = 25\nbecause = "补报"\n'
    path.write_text(edited + accept, encoding="utf-8")
    write_files(city.root, {f"dist-3/{YEAR}.toml": make_file(1)})
    assert report("rollup", YEAR, "--into", "city", cwd=city.root).returncode == 0
    figures = read_figures(city, "city")
    assert (figures["requests.received.person"], figures["requests.outcome.granted.person"]) == (25, 24)
    path.write_text(edited, encoding="utf-8")
    assert report("rollup", YEAR, "--into", "city", "--force", cwd=city.root).returncode == 0
    assert read_figures(city, "city")["requests.received.person"] == 24


def test_a_name_with_line_breaks_stays_in_its_comment(city):
    name = "一局\nyear = 1999\u2028[x]"
    write_files(city.root, {"offices.toml": make_register(CITY).replace('"dist-3局"', f'"""{name}"""')})
    (city.root / f"data/dist-3/{YEAR}.toml").unlink()
    roll_up(city, PERIOD, "city", RollupOptions())
    assert "# 汇总：缺报 1 个：一局 year = 1999 [x]\n" in read_file(city)


def test_a_dry_run_writes_nothing(city, report):
    done = report("rollup", YEAR, "--into", "city", "--dry-run", cwd=city.root)
    assert done.returncode == 0
    assert f"没有写文件（会写到 data/city/{YEAR}.toml）" in done.stdout
    assert not (city.root / "data/city").exists()


def test_a_file_whose_figures_cannot_be_read_is_not_changed(city, report):
    text = EXISTING.replace("person = 23 }}\noutcome", 'person = "23" }}\noutcome').replace(
        "person = 23", 'person = "23"'
    )
    write_files(city.root, {f"city/{YEAR}.toml": text})
    done = report("rollup", YEAR, "--into", "city", cwd=city.root)
    assert done.returncode == 1
    assert "error[wrong-type]" in done.stdout
    assert read_file(city) == text


def test_a_full_disk_leaves_the_old_file_whole(city, monkeypatch):
    roll_up(city, PERIOD, "city", RollupOptions())
    before = read_file(city)
    write_files(city.root, {f"dist-1/{YEAR}.toml": make_file(9)})

    def full(*_words):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(UserError, match="磁盘已满"):
        roll_up(city, PERIOD, "city", RollupOptions())
    assert read_file(city) == before
    assert not list((city.root / "data/city").glob("*.part"))


# ── compared with what the parent published ──────────────────────────────────────────


def test_a_report_that_differs_in_one_cell_is_found_with_its_units(city):
    write_files(
        city.root, {f"city/{YEAR}.toml": EXISTING.replace("person = 23 }  #", "person = 22, business = 1 }  #")}
    )
    found = [one for one in check.check_report(city.of_office("city"), PERIOD).findings if one.rule == "rollup-differs"]
    assert [one.address for one in found] == ["requests.outcome.granted.person", "requests.outcome.granted.business"]
    assert "写 22，下级单位之和是 23（dist-2局 20、dist-1局 3）" in found[0].message
    assert "3 个单位都是 0" in found[1].message
    assert found[0].place.source.strip().startswith("outcome.granted")


def test_while_units_are_missing_only_a_figure_below_the_sum_is_wrong(city):
    (city.root / f"data/dist-3/{YEAR}.toml").unlink()
    more, less = EXISTING.replace("person = 23", "person = 99"), EXISTING.replace("person = 23", "person = 9")
    for text, wrong in ((more, 0), (less, 2)):
        write_files(city.root, {f"city/{YEAR}.toml": text})
        rules = [one.rule for one in check.check_report(city.of_office("city"), PERIOD).findings]
        assert rules.count("rollup-differs") == wrong
        assert rules.count("child-missing") == 1


def test_an_office_without_units_reads_no_units(city, monkeypatch):
    monkeypatch.setattr(subordinates, "read_units", None)
    assert check.check_report(city.of_office("dist-1"), PERIOD).report


# ── the register ─────────────────────────────────────────────────────────────────────

A, B, C = '[a]\nname = "甲"\n', '[b]\nname = "乙"\n', '[c]\nname = "丙"\n'
BAD = {
    A + 'parent = "b"\n': (3, 10, "上级 b 没有列出"),
    f'{A}parent = "b"\n{B}parent = "c"\n{C}parent = "a"\n': (3, 10, "a → b → c → a"),
    A + 'parent = "a"\n': (3, 10, "a → a"),
    f'{A}parent = ["b", "c"]\n{B}{C}': (3, 10, "只能有一个"),
    A + A: (3, 1, "[a] 写了两次"),
    A + A.replace("[a]", "[A]"): (3, 2, "只差大小写"),
    '[a]\nname = " "\n': (2, 8, "不能是空的"),
    "[a]\nkind = '局'\n": (1, 2, "没有写 a.name"),
    A + 'nmae = "乙"\n': (3, 8, "不认识的键 a.nmae，是不是 a.name？"),
    "[a]\nname = 1\n": (2, 8, "name 应为文字"),
    A + 'own = "yes"\n': (3, 7, "own 应为真假值"),
    A + "own = true\n": (3, 7, "却没有写 parent"),
    f'{A}{B}parent = "a"\nown = true\n{C}parent = "a"\nown = true\n': (10, 7, "两个本级"),
    'a = "甲"\n': (1, 5, "应写成 [a]"),
    A.replace("[a]", '["../a"]'): (1, 2, "不能是文件夹的名称"),
    "[a\n": (1, 3, "少一个 ]"),
}


@pytest.mark.parametrize("text", BAD, ids=[words for _line, _column, words in BAD.values()])
def test_an_error_in_the_register_has_its_place_and_stops_a_rollup(city, text, report):
    write_files(city.root, {"offices.toml": text})
    line, column, words = BAD[text]
    done = report("rollup", YEAR, "--into", "city", cwd=city.root)
    assert done.returncode == 1
    assert words in done.stdout
    assert f"data/offices.toml:{line}:{column}: error" in done.stdout
    assert not (city.root / "data/city").exists()
    assert report("trace", YEAR, "city", "requests.received.total", cwd=city.root).returncode == 1


def test_an_error_in_an_entry_is_a_finding_of_its_office_only(city):
    write_files(
        city.root,
        {
            "offices.toml": make_register(CITY) + '[dist-4]\nname = "丁"\nparent = "town"\n',
            f"dist-4/{YEAR}.toml": make_file(1),
        },
    )
    assert "broken-register" in {one.rule for one in check.check_report(city.of_office("dist-4"), PERIOD).findings}
    assert "broken-register" not in {one.rule for one in check.check_report(city.of_office("dist-1"), PERIOD).findings}


def test_folders_that_the_register_does_not_list_are_named(city, report):
    write_files(city.root, {f"dist-9/{YEAR}.toml": make_file(1)})
    assert "没有的文件夹 1 个：dist-9" in report("rollup", YEAR, "--into", "city", cwd=city.root).stdout


# ── which units ──────────────────────────────────────────────────────────────────────


def test_units_may_be_named_and_need_no_register(city, report):
    (city.root / "data/offices.toml").unlink()
    done = report("rollup", YEAR, "--into", "city", "data/dist-*/", cwd=city.root)
    assert done.returncode == 0, done.stderr
    assert read_figures(city, "city")["requests.received.total"] == 23
    again = report("rollup", YEAR, "--into", "city", "data/*", cwd=city.root)
    assert "3 个单位相加" in again.stdout  # the office itself is not one of its units


@pytest.mark.parametrize(
    ("target", "named", "message"),
    [
        ("city", ("dist-*", "town-1"), "加两次"),
        ("dist-1", ("city",), "是 dist-1 的上级"),
        ("dist-2", (), "没有 dist-2 的下级单位"),
        ("citty", (), "没有 citty 的下级单位"),
        ("../x", ("dist-*",), "不是机关"),
        ("CITY", ("dist-*",), "只差大小写"),
        ("city", ("dist-7",), "不是年度、机关"),
        ("city", ("data/dist-1/2023.toml",), "是 2023 年度的"),
    ],
)
def test_impossible_units_are_refused(city, target, named, message, monkeypatch):
    monkeypatch.chdir(city.root)
    write_files(
        city.root,
        {
            "offices.toml": make_register(CITY | {"town-1": "dist-1"}),
            f"town-1/{YEAR}.toml": make_file(1),
            f"city/{YEAR}.toml": EXISTING,
        },
    )
    with pytest.raises(UserError, match=message) as stop:
        roll_up(city, PERIOD, target, RollupOptions(named))
    assert stop.value.fix
    assert read_file(city) == EXISTING


def test_a_year_without_reports_is_an_error(city, report):
    for words in ((), ("--allow-incomplete",)):
        done = report("rollup", 2023, "--into", "city", *words, cwd=city.root)
        assert done.returncode == 1
        assert "都没有能用的 2023 年度报告" in done.stdout
    assert not (city.root / "data/city").exists()


def test_deep_cannot_be_combined_with_named_units(city, report):
    assert report("rollup", YEAR, "--into", "city", "--deep", "dist-1", cwd=city.root).returncode == 2


# ── editions ─────────────────────────────────────────────────────────────────────────


def test_units_of_the_later_edition_are_added_into_the_earlier_one(tmp_path):
    new = toml_rs.loads(data(1, 2020), parse_float=Decimal)
    store = write_files(tmp_path, {"offices.toml": make_register({"city": "", "a": "city", "b": "city"})})
    write_files(tmp_path, {"a/2020.toml": 'edition = "2021"\n' + data(1, 2020), "b/2020.toml": make_2019_file(2, 2020)})
    (result,) = roll_up(store, Period(2020), "city", RollupOptions())
    other = new["requests"]["outcome"]["other"]
    b = toml_rs.loads(make_2019_file(2, 2020), parse_float=Decimal)["requests"]["outcome"]["other"]
    for column in COLUMNS:
        expected = sum(kind[column] for kind in other.values()) + b[column]
        assert result.aggregate.figures[f"requests.outcome.other.{column}"] == expected
    unplaced_counts = {one.address: one.figure for one in result.aggregate.unplaced}
    assert unplaced_counts["proactive.fees.amount"] == new["proactive"]["fees"]["amount"]
    assert "edition" in load_file(store, "city", 2020)
    assert read_figures(store, "city", 2020) == result.aggregate.figures


def load_file(store, office, year):
    return toml_rs.loads((store.root / f"data/{office}/{year}.toml").read_text(encoding="utf-8"))


def test_every_edition_defines_how_each_other_is_converted_into_it(root):
    store = Store(root)
    forms = [store.kind.edition(edition) for edition in store.kind.editions()]
    for target in forms:
        for form in forms:
            targets = aggregate.map_cells(target, form)
            assert list(targets) == list(form.slots)
            assert set(targets.values()) - {""} <= set(target.slots)
            assert all(form.slots[at].value_type == target.slots[to].value_type for at, to in targets.items() if to)


@pytest.mark.parametrize(
    ("takes", "message"),
    [
        ('{ "requests.outcome.other.other" = ["requests.nothing"] }', "2019 版没有 requests.nothing"),
        ('{ "requests.outcome.other.other" = ["requests.outcome.granted"] }', "会加到两处"),
        ('{ "requests.nothing" = ["requests.outcome.other"] }', "没有名为 requests.nothing 的行"),
        ('{ "requests.outcome.other.other" = "requests.outcome.other" }', "应为数组"),
    ],
)
def test_a_form_that_takes_unknown_rows_is_refused(city, root, takes, message):
    form = (root / f"templates/{KIND}/editions/2021.toml").read_text(encoding="utf-8")
    changed = re.sub(r"^takes\.2019 = .*$", f"takes.2019 = {takes}", form, flags=re.MULTILINE)
    assert changed != form
    (city.root / f"templates/{KIND}/editions").mkdir(parents=True)
    (city.root / f"templates/{KIND}/editions/2021.toml").write_text(changed, encoding="utf-8")
    write_files(city.root, {f"dist-1/{YEAR}.toml": make_2019_file(1)})
    with pytest.raises(UserError, match=message):
        roll_up(city, PERIOD, "city", RollupOptions())


def test_an_edition_that_cannot_be_converted_is_named_and_left_out(city, root):
    form = (root / f"templates/{KIND}/editions/2021.toml").read_text(encoding="utf-8")
    (city.root / f"templates/{KIND}/editions").mkdir(parents=True)
    changed = re.sub(r"^takes\.2019 = .*$", "", form, flags=re.MULTILINE)
    (city.root / f"templates/{KIND}/editions/2021.toml").write_text(changed, encoding="utf-8")
    write_files(city.root, {f"dist-1/{YEAR}.toml": make_2019_file(1)})
    (result,) = roll_up(city, PERIOD, "city", RollupOptions(with_broken=True))
    (left_out,) = result.aggregate.broken
    assert left_out.unit.id == "dist-1"
    assert "takes.2019" in left_out.errors[0].fix


# ── where a figure comes from ────────────────────────────────────────────────────────


def test_a_trace_is_printed_as_a_table(city, report):
    roll_up(city, PERIOD, "city", RollupOptions())
    done = report("trace", YEAR, "city", "requests.received.total", cwd=city.root)
    assert done.returncode == 0
    assert re.search(r"dist-2 +dist-2局 +20 +87\.0%\n +dist-1 +dist-1局 +3 +13\.0%\n +另 1 个单位是 0", done.stdout)
    assert "它是各项之和：requests.received.person 23" in done.stdout


def test_the_nearest_address_is_offered(city, report):
    done = report("trace", YEAR, "city", "requests.recieved.total", cwd=city.root)
    assert done.returncode == 2
    assert "是不是 requests.received.total？" in done.stderr


def test_both_commands_print_json(city, report):
    import json  # noqa: PLC0415  # one test of many

    done = report("rollup", YEAR, "--into", "city", "--json", cwd=city.root)
    (result,) = json.loads(done.stdout)["rollups"]
    assert result["figures"]["requests.received.total"] == "23"
    assert [unit["unit"] for unit in result["counted"]] == ["dist-1", "dist-2", "dist-3"]
    found_trace = json.loads(report("trace", YEAR, "city", "requests.received.total", "--json", cwd=city.root).stdout)
    assert found_trace["sum"] == found_trace["figure"] == "23"
    assert [(unit["unit"], unit["figure"]) for unit in found_trace["units"]] == [("dist-2", "20"), ("dist-1", "3")]


# ── properties ─────────────────────────────────────────────────────────────────────────────

FORMS = [Store.open(None).kind.edition(edition) for edition in ("2019", "2021")]


@pytest.mark.slow
@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.data(), st.sampled_from(FORMS))
def test_the_written_file_has_the_sums_of_the_units(draws, form):
    found = [draws.draw(figures(form)) for _ in range(2)]
    unit_reports = [
        subordinates.judge_unit(Unit(str(at), "某局"), filled(form, one), Policy()) for at, one in enumerate(found)
    ]
    rolled_up = Aggregate(form, {form.edition: form}, tuple(unit_reports))
    state = UnitState(Unit("city", "某市"), "data/city/2024.toml", "missing")
    sums = {address: sum(one[address] for one in found) for address in form.slots}
    assert rolled_up.figures == sums
    text = update_figures(
        scaffold.format_new_file(form, Period(form.first_year)),
        form,
        rolled_up.figures,
        rolled_up.list_figures_to_write(),
        make_notes(rolled_up, state),
    )
    assert fill_form(form, parse(text, "data/x.toml")).figures == sums
    assert (
        update_figures(text, form, rolled_up.figures, rolled_up.list_figures_to_write(), make_notes(rolled_up, state))
        == text
    )
