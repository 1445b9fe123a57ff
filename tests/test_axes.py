"""The third axis: rows and columns for the codes that a report has, their conditions, and what does not apply."""

import csv
import json
import shutil

import pytest
from platforms import FOLDER, TEXT, fill, find, load_form

from nianbao.compose.document import format_figure
from nianbao.model.open_rows.filling import expand_form

LARGE = 'kind    = "large"'
SUB_ROWS = [
    f"{state}.{row}" for state in ("AT", "EL") for row in ("animals.sub.harm", "animals.sub.sale", "fraud.sub.phishing")
]


def test_only_the_codes_that_the_data_has_are_rows_in_the_order_of_the_axis():
    report = fill(("[orders.state.AT]", "[orders.state.DE]"))
    rows = dict.fromkeys(slot.row.split(".")[1] for slot in report.form.slots.values() if slot.row.startswith("state."))
    assert list(rows) == ["DE", "EL"]
    assert not [address for address in load_form().slots if address.startswith("orders.state")]


def test_a_code_repeats_the_whole_tree_of_rows_below_it():
    rows = [slot.row for slot in fill().form.slots.values() if slot.column == "received"]
    assert [row.removeprefix("state.AT.") for row in rows if row.startswith("state.AT.")] == [
        "total",
        "animals.total",
        "animals.sub.harm",
        "animals.sub.sale",
        "fraud.total",
        "fraud.sub.phishing",
        "unclear.total",
    ]
    assert fill().form.labels["orders.state.EL.animals.other.2.items"] == "Greece · Animals · Furs · Items"


def test_an_alias_counts_as_its_code_and_keeps_its_place():
    report = fill()
    assert report.figures["orders.state.EL.total.received"] == 7
    line = next(number for number, line in enumerate(TEXT.splitlines(), 1) if line.startswith("total              ="))
    assert report.facts.find_place("orders.state.EL.total.received").line == line
    assert fill(("[orders.state.GR]", "[orders.state.EL]")).figures == report.figures


def test_codes_are_columns_too():
    report = fill()
    columns = [slot.column for slot in report.form.slots.values() if slot.row == "system.1.measures"]
    assert columns == ["all", "by.language.bg", "by.language.de"]
    assert report.figures["systems.system.1.measures.by.language.de"] == 3
    assert "systems.system.2.measures.by.language.de" not in report.figures  # of another system


def test_reports_with_the_same_rows_share_one_form():
    assert fill().form is fill(("received = 12", "received = 13")).form
    assert fill().form is not fill(("[orders.state.AT]", "[orders.state.DE]")).form
    assert expand_form(fill().form, fill().facts)[0] is fill().form


def read_findings(done):
    return [(one["rule"], one["address"]) for one in json.loads(done.stdout)["reports"][0]["findings"]]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((), [("code-alias", "orders.state.EL")]),
        (("[orders.state.GR]", "[orders.state.EL]"), []),
        (("[orders.state.GR]", "[orders.state.FR]"), [("unknown-key", "orders.state.FR")]),
        (("[orders.state.AT]", "[orders.state.EL]"), [("code-alias", "x"), ("unknown-key", "orders.state.GR")]),
        (("bg.value = 1 }", "bg.value = 1, xx.value = 1 }"), [("unknown-key", "staff.language.xx")]),
    ],
)
def test_unknown_codes_and_aliases_are_found(report, tmp_path, change, expected):
    found = read_findings(find(report, tmp_path, *([change] if change else [])))
    wanted = {one for one in expected if one[0] == "unknown-key"} or set(expected)
    assert wanted <= set(found)
    assert [one for one in found if one[0] == "unknown-key"] == [one for one in expected if one[0] == "unknown-key"]


def test_the_nearest_code_is_named(report, tmp_path):
    done = find(report, tmp_path, ("[orders.state.AT]", "[orders.state.DEE]"))
    (finding,) = [one for one in json.loads(done.stdout)["reports"][0]["findings"] if one["rule"] == "unknown-key"]
    assert "DE" in json.dumps(finding)


# ── what applies ─────────────────────────────────────────────────────────────────────


def test_a_condition_excludes_rows_columns_and_facts():
    host, large = fill((LARGE, 'kind = "host"')), fill()
    assert not large.excluded
    assert {"service.governance", "orders.total.total.items", "staff.language.de.value"} <= host.excluded
    assert "orders.total.total.received" not in host.excluded
    assert "orders.total.total.items" not in host.figures


def test_without_the_fact_of_a_condition_all_applies():
    assert not fill((LARGE, "")).excluded


@pytest.mark.parametrize(
    ("pattern", "excluded"),
    [
        ("orders.total.total.items", {"orders.total.total.items"}),
        ("staff.language.*.value", {"staff.language.bg.value", "staff.language.de.value"}),
        ("bodies", {f"bodies.{row}.{column}" for row in "12" for column in ("name", "asked", "decided")}),
        ("orders.state.*.sub.*.median", {f"orders.state.{row}.median" for row in SUB_ROWS}),
        ("nowhere.*", set()),
    ],
)
def test_the_data_excludes_addresses(pattern, excluded):
    assert fill(("year = 2024", f'year = 2024\ndoes_not_apply = ["{pattern}"]')).excluded == excluded


def find_state(report, address):
    if address in report.excluded:
        return "does-not-apply"
    figure = report.figures.get(address)
    return "blank" if figure is None else "figure" if figure else "zero"


def test_a_cell_has_one_of_four_states():
    report = fill((LARGE, 'kind = "host"'), ("received = 0, items = 3", "received = 0"))
    states = {
        "orders.total.total.received": "figure",
        "orders.state.EL.animals.sub.sale.received": "zero",
        "orders.total.total.items": "does-not-apply",
        "orders.state.AT.total.median": "blank",
    }
    assert {address: find_state(report, address) for address in states} == states


def test_neither_what_does_not_apply_nor_blanks_count_in_sums():
    exclude = ("year = 2024", 'year = 2024\ndoes_not_apply = ["orders.total.animals.sub.harm"]')
    report = fill(exclude, ("received = 7, items = 20", "received = 4, items = 11"))
    wrong = {check.left[0].slots[0].address for check in report.broken if check.relation.rule == "wrong-total"}
    assert wrong == {"orders.total.total.received"}  # 12, of which 9 are left


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([(LARGE, 'kind = "platform"')], [("not-applicable", "staff.language.de.value")]),
        ([("year = 2024", 'year = 2024\ndoes_not_apply = ["orders.nowhere"]')], [("not-applicable", "does_not_apply")]),
        ([("external.value = 3\n", "")], [("blank-cell", "staff")]),
        ([("external.value = 3\n", ""), ("year = 2024", 'year = 2024\ndoes_not_apply = ["staff.external"]')], []),
    ],
)
def test_what_does_not_apply_and_what_is_blank_is_found(report, tmp_path, changes, expected):
    found = read_findings(find(report, tmp_path, *changes))
    assert set(expected) <= set(found)
    assert bool(expected) or not {rule for rule, _address in found} - {"code-alias"}


def test_every_state_of_a_cell_is_printed():
    report = fill((LARGE, 'kind = "host"'))
    cells = {
        "total.total.received": "12",
        "total.total.items": "–",
        "state.AT.total.median": "N/A",
        "state.EL.animals.sub.sale.received": "0",
    }
    assert {cell: format_figure(report, f"orders.{cell}") for cell in cells} == cells


def test_sections_are_there_on_their_condition(report, tmp_path):
    assert [section.id for section in fill().form.sections] == ["orders", "staff", "bodies", "systems"]
    assert [section.id for section in fill((LARGE, 'kind = "host"')).form.sections] == ["orders", "staff", "bodies"]
    words = ("build", "2024", "--to", "md", "--draft", "--out", str(tmp_path / "out"))
    done = find(report, tmp_path, (LARGE, 'kind = "host"'), ("language       = {", "# = {"), words=words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# Systems" not in (tmp_path / "out/2024.md").read_text(encoding="utf-8")


# ── export and import ────────────────────────────────────────────────────────────────


def test_open_rows_are_exported_as_facts_and_cells_say_that_they_do_not_apply(report, tmp_path):
    out = tmp_path / "out"
    done = find(report, tmp_path, (LARGE, 'kind = "host"'), words=("export", "2024", "--to", "csv", "--out", str(out)))
    assert done.returncode == 0, done.stdout + done.stderr
    figures, facts = (
        csv.DictReader((out / name).read_text(encoding="utf-8-sig").splitlines())
        for name in ("figures.csv", "facts.csv")
    )
    given = {row["address"]: (row["value"], row["given"]) for row in figures}
    assert given["orders.total.fraud.total.received"] == ("4", "written")
    assert given["orders.total.total.items"] == ("", "does-not-apply")
    numbers = {row["address"]: row["number"] for row in facts}
    assert numbers["orders.total.animals.other.2.received"] == "1"
    assert numbers["orders.state.EL.total.received"] == "7"


@pytest.mark.parametrize("suffix", ["html", "docx", "pdf"])
def test_a_built_file_is_imported_with_its_open_rows(report, tmp_path, suffix):
    out = tmp_path / "out"
    edition = [
        ('each = "states"', 'each = "states", layout = "tables"'),
        ('label     = "Orders by category"', 'label = "Orders by category"\nfold = true'),
    ]
    built = find(report, tmp_path, words=("build", "2024", "--to", suffix, "--out", str(out)), edition=edition)
    assert built.returncode == 0, built.stdout + built.stderr
    data = tmp_path / "platform/data/2024.toml"
    data.unlink()
    done = report("import", out / f"2024.{suffix}", cwd=tmp_path / "platform")
    assert done.returncode == 0, done.stdout + done.stderr
    again = fill(text=data.read_text(encoding="utf-8"))
    assert (again.figures, again.values.keys() - {"edition"}) == (fill().figures, fill().values.keys())


# ── rollup ───────────────────────────────────────────────────────────────────────────


def test_a_rollup_names_the_figures_of_rows_that_it_does_not_add(report, tmp_path):
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("data"))
    for office in ("one", "two"):
        path = tmp_path / "data" / office / "2024.toml"
        path.parent.mkdir(parents=True)
        path.write_text(TEXT, encoding="utf-8")
    register = '[top]\nname = "Top"\n[one]\nname = "One"\nparent = "top"\n[two]\nname = "Two"\nparent = "top"\n'
    (tmp_path / "data/offices.toml").write_text(register, encoding="utf-8")
    (result,) = json.loads(report("rollup", "2024", "--into", "top", "--json", cwd=tmp_path).stdout)["rollups"]
    expected = {address for address, figure in fill().figures.items() if figure} & fill().form.slots.keys()
    expected -= load_form().slots.keys()
    assert expected
    assert sorted(one["address"] for one in result["unplaced"]) == sorted([*expected, *expected])
    text = (tmp_path / "data/top/2024.toml").read_text(encoding="utf-8")
    assert "for which this edition has no cell" in text
