"""Bad sets and bad data files: each mistake is told with its file, row and column, or with its line and address."""

import csv
import io
from pathlib import Path
from time import process_time

import pytest
import tomli_w

from nianbao.checks.check import judge_report
from nianbao.importer import batch, published_sets
from nianbao.importer.pipeline import ImportOptions
from nianbao.model.facts import limit_sizes, parse
from nianbao.model.finding import Finding, UserError
from nianbao.model.period import Period
from nianbao.workspace.store import Store

FOLDER = Path(__file__).parent / "dsa"
KIND, PERIOD = "eu-dsa", Period(2026, "H1")
PROMPT = 'Text to detail the "Other" keyword.'
HEAD = {
    "period": str(PERIOD),
    "edition": "2026-half-years",
    "provider": {"name": "Provider AG", "kind": "vlop"},
    "service": {"name": "Service"},
}


# ── published sets ──


@pytest.fixture
def folder(tmp_path):
    """A copy of the cleanest published set, with short names."""
    (tmp_path / "set").mkdir()
    for path in (FOLDER / "zalando").glob("*.csv"):
        (tmp_path / "set" / path.name.rpartition(" - ")[2]).write_bytes(path.read_bytes())
    return tmp_path / "set"


@pytest.fixture
def imported(folder):
    """Return a function that imports the set, and gives all that is said about it, one text each."""
    (folder.parent / "data").mkdir()
    store = Store(folder.parent).of_kind(KIND)

    def run():
        sources = published_sets.gather(store, [str(folder)])
        (result,) = batch.import_files(store, sources, ImportOptions(dry_run=True, kind=KIND), jobs=1)
        if isinstance(result, UserError):
            return [f"{result.message} {result.fix}"]
        found = [" ".join((one.message, one.address, *one.notes)) for one in result.findings]
        return [*map(str, result.notes), *found]

    return run


def records(path):
    return list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))


def write(path, found):
    text = io.StringIO()
    csv.writer(text).writerows(found)
    path.write_bytes(text.getvalue().encode())


def change(folder, name, row, column, text):
    found = records(folder / f"{name}.csv")
    found[row - 1][ord(column) - ord("A")] = text
    write(folder / f"{name}.csv", found)


CELLS = {
    "a state by another code": ("10_AMAR", 12, "F", "GR"),
    "a state that there is not": ("10_AMAR", 12, "F", "XX"),
    "a language that there is not": ("9_human_resources", 6, "F", "xx"),
    "a country for a language": ("8_automated_means", 24, "F", "at"),
    "an own category": ("4_notices", 3, "D", "STATEMENT_CATEGORY_FAKE_NEWS"),
    "the prompt left in": ("4_notices", 13, "E", PROMPT),
    "a range": ("10_AMAR", 5, "G", "2.1 - 2.6"),
    "an inequality": ("10_AMAR", 2, "G", "> 45"),
    "per cent without its sign": ("8_automated_means", 4, "G", "97.55"),
    "a part of 8,000 characters": ("11_qualitative", 3, "E", "x" * 8000),
    "another service": ("7_appeals_and_recidivism", 9, "B", "Amazon Store"),
    "another period": ("7_appeals_and_recidivism", 9, "C", "2025-01-01/2025-06-30"),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_bad_cell_of_a_set_is_told_with_its_file_row_and_column(name, folder, imported):
    file, row, column, text = CELLS[name]
    is_there = records(folder / f"{file}.csv")[row - 1][ord(column) - ord("A")] == text  # in the published set
    before = [] if is_there else imported()
    change(folder, file, row, column, text)
    said = [one for one in imported() if one not in before]
    assert any(f"{file}.csv" in one and str(row) in one and f"{column} 列" in one for one in said), said


def test_two_equal_descriptions_of_a_set_are_told_at_their_cells(folder, imported):
    found = records(folder / "6_own_initiative_TC.csv")
    rows = [number for number, row in enumerate(found, 1) if row[3] == "KEYWORD_OTHER"][-2:]
    for row in rows:
        change(folder, "6_own_initiative_TC", row, "E", "Own rules of the service")
        change(folder, "6_own_initiative_TC", row, "F", "7")
    said = [one for one in imported() if "6_own_initiative_TC.csv" in one and f"{rows[1]} 行" in one and "E 列" in one]
    assert any("terms.other_violation_tc.other.2.description" in one for one in said), said


def test_a_part_that_is_missing_or_there_twice_is_told_by_name(folder, imported):
    (folder / "4_notices.csv").rename(folder / "7_appeals_and_recidivism (1).csv")
    said = imported()
    assert not any("4_notices：" in one for one in said)  # it is known by what it holds
    content = (folder / "7_appeals_and_recidivism (1).csv").read_bytes()
    (folder / "notices (2).csv").write_bytes(content.replace(b"1269", b"1270"))
    assert any("notices (2).csv" in one for one in imported())
    for name in ("notices (2)", "7_appeals_and_recidivism (1)"):
        (folder / f"{name}.csv").unlink()
    assert any(one.startswith("4_notices") for one in imported())


def test_blank_rows_of_all_states_are_told_in_bounded_time(folder, imported):
    found = records(folder / "3_member_states_orders.csv")
    codes = [code.id for code in Store(FOLDER).of_kind(KIND).kind.edition("2025").axes["states"].codes]
    write(
        folder / "3_member_states_orders.csv",
        found + [[*row[:5], code, *[""] * 14] for code in codes for row in found[1:]],
    )
    start = process_time()
    said = imported()
    assert any("3_member_states_orders.csv" in one and "93" in one for one in said)
    assert process_time() - start < 20


# ── data files ──


def judge(tree, head=HEAD):
    """Judge a data file; return what is found, each with its line."""
    store = Store(FOLDER).of_kind(KIND)
    facts = parse(tomli_w.dumps(head | tree), "data/2026-H1.toml")
    if isinstance(facts, Finding):
        return [facts]
    return list(judge_report(store, store.kind.fill(facts, PERIOD)).findings)


OTHER = {"description": "Own rules", "received": 1}
DATA = {
    "a state by another code": (
        {"orders": {"state": {"GR": {"total": {"received": 0}}}}},
        "code-alias",
        "orders.state",
    ),
    "a state that there is not": (
        {"orders": {"state": {"XX": {"total": {"received": 1}}}}},
        "unknown-key",
        "orders.state.XX",
    ),
    "a language that there is not": (
        {"staff": {"expertise": {"language": {"at": {"value": 1}}}}},
        "unknown-key",
        "staff.expertise.language.at",
    ),
    "an own category": ({"notices": {"fake_news": {"total": {"received": 1}}}}, "unknown-key", "notices.fake_news"),
    "the prompt left in": (
        {"notices": {"violence": {"other": [{"description": PROMPT, "received": 1}]}}},
        "wrong-text",
        "notices.violence.other.1.description",
    ),
    "no description": (
        {"notices": {"violence": {"other": [{"received": 1}]}}},
        "own-sub-category-undescribed",
        "notices.violence.other.1.description",
    ),
    "two equal descriptions": (
        {"notices": {"violence": {"other": [OTHER, OTHER]}}},
        "repeated-value",
        "notices.violence.other.2.description",
    ),
    "a range": ({"recipients": {"total": {"value": "2.1 - 2.6"}}}, "wrong-type", "recipients.total.value"),
    "an inequality": ({"recipients": {"total": {"value": "> 45"}}}, "wrong-type", "recipients.total.value"),
    "per cent without its sign": (
        {"automated": {"accuracy": {"total": {"value": 97.55}}}},
        "wrong-type",
        "automated.accuracy.total.value",
    ),
    "a part of 8,000 characters": (
        {"qualitative": {"information": "x" * 8000}},
        "wrong-text",
        "qualitative.information",
    ),
    "the prompt as a text": ({"qualitative": {"information": "Free text"}}, "wrong-text", "qualitative.information"),
    "a figure that does not apply": (
        {"provider": {"name": "P", "kind": "vlose"}, "notices": {"total": {"received": 1}}},
        "not-applicable",
        "notices.total.received",
    ),
}


@pytest.mark.parametrize("name", DATA)
def test_a_bad_value_is_told_with_its_line_and_address(name):
    tree, rule, address = DATA[name]
    found = [one for one in judge(tree) if one.rule == rule and one.address.startswith(address)]
    assert found, [(one.rule, one.address) for one in judge(tree)]
    lines = tomli_w.dumps(HEAD | tree).splitlines()
    assert 0 < found[0].place.line <= len(lines)
    assert found[0].message


def test_rows_of_all_states_without_a_figure_are_told_once():
    form = Store(FOLDER).of_kind(KIND).kind.form_in_force(PERIOD)
    rows = {"total": {}, "animal_welfare": {"total": {}, "sub": {"animal_harm": {}}}}
    states = {code.id: rows for code in form.axes["states"].codes}
    start = process_time()
    found = [one for one in judge({"orders": {"state": states}}) if one.address == "orders"]
    assert [(one.rule, one.level) for one in found] == [("blank-cell", "warning")]
    assert process_time() - start < 10


def test_a_million_entries_are_refused_in_bounded_time():
    text = tomli_w.dumps(HEAD) + "[notices.violence]\nother = [\n"
    text += '  { description = "a", received = 1 },\n' * 1_000_000 + "]\n"
    start = process_time()
    refused = limit_sizes(parse(text, "data/2026-H1.toml"))
    assert (refused.rule, refused.place.file) == ("too-large", "data/2026-H1.toml")
    assert process_time() - start < 10
