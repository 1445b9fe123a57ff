"""`report status`, and incompleteness on its way up: every number against a count made from the files themselves."""

import csv
import io
import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
import toml_rs
from offices import COLUMNS, data
from units import PERIOD, YEAR, add_up, make_2019_file, make_register, read_figures, write_files

from nianbao.checks import check
from nianbao.rollup.collect import RollupOptions
from nianbao.rollup.roll_up import roll_up
from nianbao.rollup.status import read_status
from nianbao.workspace.store import Store

DUE = date(YEAR + 1, 1, 31)
TABLES = ("proactive", "requests", "review_litigation")


# ── a province in January ────────────────────────────────────────────────────────────


@dataclass
class Province:
    """A province with its files as they should be (`texts`), and in a state in which some are not."""

    store: Store
    parents: dict[str, str]
    texts: dict[str, str]

    @property
    def cities(self):
        return [office for office, parent in self.parents.items() if parent == "province"]

    def list_units(self, city):
        return [office for office, parent in self.parents.items() if parent == city]

    def path(self, office):
        return self.store.root / f"data/{office}/{YEAR}.toml"

    def write(self, office, text):
        self.path(office).parent.mkdir(parents=True, exist_ok=True)
        self.path(office).write_text(text, encoding="utf-8")

    def spoil(self):
        """Bring it into a January state: 10 % missing, 5 % broken, 3 % late, one city empty."""
        units = [unit for city in self.cities[:-1] for unit in self.list_units(city)]
        for at, unit in enumerate(units):
            text = self.texts[unit]
            if at % 10 == 3:
                continue
            if at % 40 == 7:
                text += "[broken\n"
            elif at % 40 == 12:  # more was answered than came in
                text = re.sub(
                    r"(received(?: *= \{ |\]\n)person = )(\d+)", lambda found: f"{found[1]}{int(found[2]) + 1}", text
                )
                assert text != self.texts[unit]
            elif at % 33 == 16:
                text = re.sub(r"published *= \S+", f"published = {DUE + timedelta(days=at + 1)}", text)
            self.write(unit, text)

    def complete(self, office):
        self.write(office, self.texts[office])


def make_province(root, cities, size):
    parents, texts = {"province": ""}, {}
    for city in range(cities):
        parents |= {f"city-{city}": "province"}
        for unit in range(size):
            number = size * city + unit
            office = f"city-{city}-own" if unit == 0 else f"unit-{number}"
            parents[office] = f"city-{city}"
            texts[office] = name_office(make_2019_file(number) if number % 3 == 0 else data(number), f"{office}局")
    own = {office for office in parents if office.endswith("-own")}
    return Province(write_files(root, {"offices.toml": make_register(parents, own)}), parents, texts)


def add_one(found):
    return f"{found[1]}{int(found[2]) + 1}"


def name_office(text, name):
    return re.sub(r'(?m)^name *= ".*"', f'name = "{name}"', text, count=1)


# ── the count ────────────────────────────────────────────────────────────────────────


def judge(path):
    """Judge a data file of a unit with plain arithmetic: its condition, edition, and whether it is late."""
    if not path.exists():
        return "missing", "", False
    try:
        tree = toml_rs.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except toml_rs.TOMLDecodeError:
        return "broken", "", False
    requests = tree["requests"]
    done = {column: sum(list_cells(requests["outcome"], column)) for column in COLUMNS}
    balanced = all(
        requests["received"].get(column, 0) + requests["carried_in"].get(column, 0)
        == done[column] + requests["carried_forward"].get(column, 0)
        for column in COLUMNS
    )
    published = tree["published"] if isinstance(tree["published"], date) else date.fromisoformat(tree["published"])
    return "right" if balanced else "errors", str(tree.get("edition", "2021")), published > DUE


def list_cells(tree, column):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from list_cells(value, column)
        elif key == column:
            yield value


def count(judged):
    """Count units as `report status` does, from their conditions, editions and lateness."""
    conditions = [condition for condition, _edition, _late in judged]
    return {
        "units": len(judged),
        "reported": len(judged) - conditions.count("missing"),
        "right": conditions.count("right"),
        "errors": conditions.count("errors"),
        "broken": conditions.count("broken"),
        "missing": conditions.count("missing"),
        "outdated": 0,
        "late": sum(late for _condition, _edition, late in judged),
        "other_edition": sum(edition not in {"", "2021"} for _condition, edition, _late in judged),
    }


def count_levels(province):
    """Count the units of each level; a city has reported where it has a file, and is right where that is the sum."""
    of_cities, of_units = [], []
    outdated = []
    for city in province.cities:
        judged = {unit: judge(province.path(unit)) for unit in province.list_units(city)}
        of_units += judged.values()
        of_cities.append(("right" if province.path(city).exists() else "missing", "2021", False))
        if province.path(city).exists():
            counted = [province.path(unit).read_text("utf-8") for unit in judged if judged[unit][0] == "right"]
            sums = add_up(counted)[0]
            figures = read_figures(province.store, city)
            outdated.append(any(figures[address] != sums.get(address, 0) for address in figures))
    cities = count(of_cities)
    cities |= {"outdated": sum(outdated), "right": cities["right"] - sum(outdated)}
    return [cities, count(of_units)]


def list_expected_groups(province):
    """List what the province has to know of, group by group, from the files."""
    units = {unit: judge(province.path(unit)) for city in province.cities for unit in province.list_units(city)}
    groups = {
        "missing": [*(city for city in province.cities if not province.path(city).exists())],
        "broken": [],
        "errors": [],
        "late": [],
        "other_edition": [],
    }
    for unit, (condition, edition, late) in units.items():
        if condition != "right":
            groups[condition].append(unit)
        if late:
            groups["late"].append(unit)
        if edition == "2019":
            groups["other_edition"].append(unit)
    return {name: sorted(offices) for name, offices in groups.items() if offices}


@pytest.fixture(scope="module", params=[(3, 10), pytest.param((6, 50), marks=pytest.mark.slow)], ids=["30", "300"])
def january(request, tmp_path_factory):
    """A province in January, added up as far as it goes; then one cell of its first city was edited."""
    province = make_province(tmp_path_factory.mktemp("province"), *request.param)
    province.spoil()
    first = roll_up(province.store, PERIOD, "province", RollupOptions(deep=True))
    path = province.path("city-0")
    text = path.read_text(encoding="utf-8")
    edited = re.sub(r"(licences *= \{ decisions = )(\d+)", add_one, text)
    assert edited != text
    path.write_text(edited, encoding="utf-8")
    return province, first


def status(report, province, *words):
    done = report("status", YEAR, "--into", "province", *words, cwd=province.store.root)
    return done.returncode, done.stdout


def test_a_deep_rollup_goes_on_after_an_office_without_usable_units(january):
    province, results = january
    *others, empty, top = results
    assert [result.unit.id for result in results] == [*province.cities, "province"]
    assert all(result.saved for result in (*others, top))
    assert empty.saved is None
    assert empty.lacks_units
    assert {one.unit.id for one in top.aggregate.counted} == set(province.cities[:-1])


def test_every_number_of_the_status_is_that_of_the_files(january, report):
    province, _results = january
    code, text = status(report, province, "--deep", "--json")
    found = json.loads(text)
    (office,) = found["offices"]
    assert code == 1
    assert found["complete"] is False
    expected = count_levels(province)
    assert expected[0]["outdated"] == 1
    assert all(expected[1][name] for name in ("right", "errors", "broken", "missing", "late", "other_edition"))
    assert office["levels"] == expected
    assert office["total"] == {name: sum(level[name] for level in expected) for name in expected[0]}
    for unit in office["units"]:
        if unit["level"] == 2:
            condition, edition, late = judge(province.path(unit["office"]))
            assert (unit["state"], unit["edition"] or "", unit["late"]) == (condition, edition, late)
            assert unit["parent"] == province.parents[unit["office"]]
            assert bool(unit["reasons"]) == (condition in {"broken", "errors"})
        else:
            below = count([judge(province.path(one)) for one in province.list_units(unit["office"])])
            assert {name: unit[name] for name in ("units", "reported", "right")} == {
                name: below[name] for name in ("units", "reported", "right")
            }
        assert unit["due"] == DUE.isoformat()
        assert (unit["days_left"] is None) == bool(unit["issued"])


def test_csv_and_text_say_the_same_as_json(january, report):
    province, _results = january
    units = json.loads(status(report, province, "--deep", "--json")[1])["offices"][0]["units"]
    code, text = status(report, province, "--deep", "--csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert code == 1
    assert [(row["office"], row["state"], row["late"] == "true") for row in rows] == [
        (unit["office"], unit["state"], unit["late"]) for unit in units
    ]
    code, text = status(report, province, "--deep")
    assert code == 1
    named = set(re.findall(r"(?m)^ +((?:unit|city)-\S+)", text))
    assert named == {unit["office"] for unit in units if unit["state"] != "right" or unit["late"] or unit["level"] == 1}
    levels = [[int(cell) for cell in row.split()] for row in re.findall(r"(?m)^ +([12](?: +\d+){9})$", text)]
    assert levels == [[at, *level.values()] for at, level in enumerate(count_levels(province), 1)]


def test_incompleteness_is_known_at_the_top_in_file_record_trace_and_findings(january, report):
    province, _results = january
    done = report("rollup", YEAR, "--into", "province", "--deep", cwd=province.store.root)
    assert done.returncode == 1
    expected = list_expected_groups(province)
    record = province.store.of_office("province").record(PERIOD)
    assert {name: sorted(offices) for name, offices in record.incomplete.items()} == expected | {"outdated": ["city-0"]}
    text = province.path("province").read_text(encoding="utf-8")
    for key, words in (("missing", "缺报"), ("late", "逾期"), ("other_edition", "用另一版格式")):
        assert text.count(f"# 汇总：{words} {len(expected[key])} 个：") == len(TABLES)
    faulty = len(expected["broken"]) + len(expected["errors"])
    assert text.count(f"# 汇总：下面各级有错或读不出 {faulty} 个：") == len(TABLES)
    assert text.count("# 汇总：不是下级之和 1 个：city-0局\n") == len(TABLES)
    trace = json.loads(
        report("trace", YEAR, "province", "requests.received.total", "--json", cwd=province.store.root).stdout
    )
    assert {name: sorted(offices) for name, offices in trace["below"].items()} == expected | {"outdated": ["city-0"]}
    found = check.check_report(province.store.of_office("province"), PERIOD).findings
    by_rule = {}
    for finding in found:
        by_rule.setdefault(finding.rule, []).append(finding)
    assert sorted(finding.address for finding in by_rule["child-missing"]) == expected["missing"]
    left_out = [*expected["broken"], *expected["errors"], "city-0"]
    assert sorted(finding.address for finding in by_rule["unit-left-out"]) == sorted(left_out)
    assert f" {len(expected['late'])} 个：" in by_rule["unit-late"][0].message
    assert f" {len(expected['other_edition'])} 个：" in by_rule["unit-of-other-edition"][0].message


def test_an_edited_cell_stops_its_own_file_only_and_its_figure_is_added_up(january, report):
    province, _results = january
    before = province.path("city-0").read_text(encoding="utf-8")
    done = report("rollup", YEAR, "--into", "province", "--deep", "--json", cwd=province.store.root)
    results = {one["office"]: one for one in json.loads(done.stdout)["rollups"]}
    assert done.returncode == 1
    assert province.path("city-0").read_text(encoding="utf-8") == before
    assert [cell["address"] for cell in results["city-0"]["cells"]["edited"]] == ["proactive.licences.decisions"]
    assert [name for name, one in results.items() if one["written"]] == [*province.cities[1:-1], "province"]
    figures = [read_figures(province.store, city) for city in province.cities[:-1]]
    top = read_figures(province.store, "province")
    assert top == {address: sum(one[address] for one in figures) for address in top}


def test_a_deep_dry_run_writes_nothing_and_says_what_a_run_would_write(january, report):
    province, _results = january
    files = {path: path.read_bytes() for path in (province.store.root / "data").rglob("*") if path.is_file()}
    done = report(
        "rollup", YEAR, "--into", "province", "--deep", "--dry-run", "--force", "--json", cwd=province.store.root
    )
    assert done.returncode == 1
    assert files == {path: path.read_bytes() for path in (province.store.root / "data").rglob("*") if path.is_file()}
    *_cities, top = json.loads(done.stdout)["rollups"]
    counted = [province.path(unit) for city in province.cities for unit in province.list_units(city)]
    sums = add_up([path.read_text("utf-8") for path in counted if judge(path)[0] == "right"])[0]
    assert {address: Decimal(figure) for address, figure in top["figures"].items()} == {
        address: sums.get(address, 0) for address in top["figures"]
    }


def test_a_province_is_completed_day_by_day_until_all_is_green(january, report):
    province, _results = january
    wrong = [
        unit for unit in province.texts if judge(province.path(unit))[0] != "right" or judge(province.path(unit))[2]
    ]
    days = [wrong[at::3] for at in range(3)]
    for day, units in enumerate(days):
        for unit in units:
            province.complete(unit)
        done = report("rollup", YEAR, "--into", "province", "--deep", "--force", cwd=province.store.root)
        is_last = day == len(days) - 1
        assert done.returncode == (0 if is_last else 1)
        code, text = status(report, province, "--json")
        assert json.loads(text)["offices"][0]["levels"] == count_levels(province)
        assert code == (0 if is_last else 1)
    sums = add_up(province.texts.values())[0]
    top = read_figures(province.store, "province")
    assert top == {address: sums.get(address, 0) for address in top}
    assert province.store.of_office("province").record(PERIOD).incomplete.keys() == {"other_edition"}
    assert not {"child-missing", "unit-left-out", "unit-late"} & {
        finding.rule for finding in check.check_report(province.store.of_office("province"), PERIOD).findings
    }
    again = report("rollup", YEAR, "--into", "province", "--deep", cwd=province.store.root)
    assert again.returncode == 0
    assert f"没有改动 {len(province.cities) + 1} 个" in again.stdout


def test_a_build_checks_again_when_a_unit_on_a_lower_level_is_lost(tmp_path, report):
    province = make_province(tmp_path, 1, 4)
    for unit in province.texts:
        province.complete(unit)
    roll_up(province.store, PERIOD, "province", RollupOptions(deep=True))

    def build():
        words = ("build", YEAR, "province", "--to", "html", "--draft", "--json")
        done = report(*words, cwd=province.store.root)
        return {finding["rule"] for one in json.loads(done.stdout)["reports"] for finding in one["findings"]}

    assert "child-missing" not in build()
    province.path("unit-2").unlink()
    assert "child-missing" in build()


def test_without_own_leaves_out_own_offices_of_every_level_of_a_deep_rollup(tmp_path, report):
    province = make_province(tmp_path, 2, 4)
    for unit in province.texts:
        province.complete(unit)
    others = [text for unit, text in province.texts.items() if not unit.endswith("-own")]
    for texts, words in (
        (province.texts.values(), ("--deep",)),
        (province.texts.values(), ("--without-own",)),  # the cities were added up with theirs
        (others, ("--deep", "--without-own", "--dry-run")),
        (others, ("--deep", "--without-own")),
        (province.texts.values(), ("--deep", "--dry-run")),
    ):
        done = report("rollup", YEAR, "--into", "province", *words, "--json", cwd=province.store.root)
        *_cities, top = json.loads(done.stdout)["rollups"]
        sums = add_up(texts)[0]
        assert {address: Decimal(figure) for address, figure in top["figures"].items()} == {
            address: sums.get(address, 0) for address in top["figures"]
        }
        assert not top["outdated"]
        assert done.returncode == 0


@pytest.mark.parametrize(("words", "code"), [((), 1), (("--with-broken",), 0)])
def test_units_with_errors_are_left_out_of_a_deep_rollup_unless_they_are_to_be_counted(tmp_path, report, words, code):
    province = make_province(tmp_path, 2, 4)
    for unit in province.texts:
        province.complete(unit)
    wrong = re.sub(r"(received(?: *= \{ |\]\n)person = )(\d+)", add_one, province.texts["unit-1"])
    province.write("unit-1", wrong)
    done = report("rollup", YEAR, "--into", "province", "--deep", *words, cwd=province.store.root)
    assert done.returncode == code


def test_the_kinds_are_not_listed_for_each_unit(tmp_path, monkeypatch):
    province = make_province(tmp_path, 2, 6)
    for unit in province.texts:
        province.complete(unit)
    listed = []
    monkeypatch.setattr(Store, "list_kinds", lambda store, real=Store.list_kinds: listed.append(store) or real(store))
    read_status(province.store, PERIOD, jobs=1)
    assert len(listed) < len(province.texts)
