"""Official sets of files: what is written is read back, and of published ones every cell is equal or declared."""

import csv
import io
import re
import zipfile
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from time import process_time

import openpyxl
import pytest
import toml_rs
import tomli_w

from nianbao.build import outputs
from nianbao.checks.wording import find_prompts
from nianbao.compose.file_set import compose_set
from nianbao.datafiles.scaffold import format_new_file
from nianbao.importer import batch, published_sets
from nianbao.importer.file_sets.data_file import format_data_file
from nianbao.importer.file_sets.deviations import name_column
from nianbao.importer.file_sets.set_reading import put
from nianbao.importer.pipeline import ImportOptions
from nianbao.model.facts import parse
from nianbao.model.file_sets.rows import find_table, list_data_rows, list_patterns
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.model.tables.headings import list_lines
from nianbao.model.tables.slots import Slot
from nianbao.model.value_types import choose_value
from nianbao.render.file_set import write_csv, write_set
from nianbao.workspace.store import Store

FOLDER = Path(__file__).parent / "dsa"
HEAVY = [pytest.param(name, marks=pytest.mark.slow) for name in ("akamai", "aliexpress", "amazon")]
SETS = ("booking-com", "zalando", *HEAVY)
KIND = "eu-dsa"
# How many values are read of each set, and how many are left out.
VALUES = {
    "akamai": (1248, 755),
    "aliexpress": (5306, 732),
    "amazon": (2599, 90),
    "booking-com": (373, 52),
    "zalando": (1348, 0),
}
# The published files that come out byte for byte, but for the end of the last line, and for LF where the file has LF.
EQUAL = {
    "akamai": (),
    "aliexpress": ("4_notices", "5_own_initiative_illegal", "6_own_initiative_TC", "7_appeals_and_recidivism"),
    "amazon": ("9_human_resources", "11_qualitative"),
    "booking-com": ("1_report_identification", "11_qualitative"),
    "zalando": (
        "1_report_identification",
        "3_member_states_orders",
        "4_notices",
        "5_own_initiative_illegal",
        "6_own_initiative_TC",
        "7_appeals_and_recidivism",
        "8_automated_means",
        "11_qualitative",
    ),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets")
    (folder / "data").mkdir()
    return Store(folder).of_kind(KIND)


def imported(store, *names):
    """Import one set without writing, and return the report."""
    sources = published_sets.gather(store, list(map(str, names)))
    assert len(sources) == 1
    (result,) = batch.import_files(store, sources, ImportOptions(dry_run=True, kind=KIND), jobs=1)
    if isinstance(result, UserError):
        raise result
    return result


def filled(store, text):
    """Fill the form with the text of a data file."""
    facts = parse(text, "set.toml")
    period = facts.tree.get("period", "2026-H1")
    return store.kind.fill(facts, Period(*_split(str(period))))


def _split(period):
    year, _dash, part = period.partition("-")
    return int(year), part


def recognized(store, folder):
    """Read a set, without judging it."""
    (source,) = published_sets.gather(store, [str(folder)])
    return published_sets.recognize_set(store, source, KIND)[1]


@cache
def read(name):
    """Read a published set, and fill the form with it."""
    store = Store(FOLDER).of_kind(KIND)
    result = recognized(store, FOLDER / name)
    return result, filled(store, format_data_file(result, name))


def written(report, *, draft=False):
    """Return the files of a set by name, each as bytes."""
    file_set = report.form.kind.file_set
    files = compose_set(report, file_set, draft=draft, prompts=find_prompts(report))
    return {file.name: write_csv(file) for file in files}


def records(content):
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def name_rows(report, entry):
    """Return the numbers of the rows of a written file, by the keys of their addresses; a file of own rows has none."""
    table = find_table(report.form, entry)
    rows = list_data_rows(report.form, table, report.facts.tree, {}) if table else ()
    return {row.address: number for number, row in enumerate(rows, 1)}


# ── published sets ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", SETS)
def test_every_cell_of_a_published_set_is_equal_or_declared(name):
    result, report = read(name)
    files = {file: records(content) for file, content in written(report).items()}
    undeclared = []
    for part in result.parts:
        declared = {(one.row, one.column) for one in result.deviations if one.part == part.part.name}
        numbers = name_rows(report, part.entry)
        for record in part.part.records:
            expected = files[part.entry.name][find_row(part, record.row, numbers)] if has_place(part, record) else None
            undeclared += [
                (part.part.name, record.row, name_column(at), text)
                for at, text in enumerate(record.cells)
                if not is_equal(part, at, text, expected) and not is_declared(part, record.row, at, text, declared)
            ]
    assert undeclared == []
    read_and_lost = sum(len(part.values) for part in result.parts), sum(one.lost for one in result.deviations)
    assert read_and_lost == VALUES[name]


def has_place(part, record):
    return record.row == 1 or record.row in part.rows


def find_row(part, row, numbers):
    """Return the number of the record that is written for one of a published file."""
    keys = part.rows.get(row)
    return numbers[address(keys)] if keys else row - 1


def address(keys):
    return ".".join(str(key + 1) if isinstance(key, int) else key for key in keys)


def is_equal(part, at, text, expected):
    """Tell whether a cell is written as it was published; of a row that is left out, only values are compared."""
    column = part.heads.positions.index(at) if at in part.heads.positions else None
    if expected is None:
        return not text.strip() or (column is not None and not part.entry.columns[column].column)
    return column is not None and text == expected[column]


def is_declared(part, row, at, text, declared):
    """Tell whether a cell, its row, or the column that the template has not is declared."""
    is_surplus = at not in part.heads.positions and not text.strip() and (1, at) in declared
    return (row, at) in declared or ((row, None) in declared and row not in part.rows) or is_surplus


@pytest.mark.parametrize("name", SETS)
def test_every_row_that_a_published_set_lacks_or_that_is_left_out_is_declared(name):
    result, report = read(name)
    for part in result.parts:
        of_part = [one for one in result.deviations if one.part == part.part.name]
        missing = {one.printed for one in of_part if one.what == "set-row-missing"}
        published = {address(keys) for keys in part.rows.values()}
        added = [row for row in name_rows(report, part.entry) if row not in missing | published]
        assert [row for row in added if not row.endswith(".other.1")] == []  # of entries the template has one row
        declared = {one.row for one in of_part}
        for record in part.part.records[1:]:
            values = [part.heads.get_text(record, at) for at, one in enumerate(part.entry.columns) if one.column]
            is_blank_entry = "KEYWORD_OTHER" in record.cells and not any(map(str.strip, values))
            assert record.row in part.rows or record.row in declared or is_blank_entry, (part.part.name, record.row)


@pytest.mark.parametrize("name", SETS)
def test_a_published_file_that_follows_the_template_is_written_with_the_same_bytes(name):
    result, report = read(name)
    files, equal = written(report), []
    for part in result.parts:
        (path,) = [path for path in (FOLDER / name).glob("*.csv") if path.name == part.part.name]
        published = path.read_bytes()
        has_lf = any(one.what == "set-line-ends" for one in part.part.deviations)
        content = files[part.entry.name].replace(b"\r\n", b"\n") if has_lf else files[part.entry.name]
        if content.rstrip(b"\r\n") == published.rstrip(b"\r\n"):
            equal.append(part.entry.name)
        else:
            assert {one.part for one in result.deviations} >= {part.part.name}
    assert tuple(equal) == EQUAL[name]


@pytest.mark.parametrize("suffix", ["csv", "csv.zip", pytest.param("xlsx", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SETS)
def test_a_set_that_is_written_is_read_back_without_a_difference(name, suffix, store, tmp_path):
    first, report = read(name)
    files = compose_set(report, store.kind.settings.file_set)
    if suffix == "csv":
        for file in files:
            (tmp_path / f"{file.name}.csv").write_bytes(write_csv(file))
    else:
        content = write_set(store.format(suffix), files, date(2026, 8, 31)).content
        tmp_path = tmp_path / f"set.{suffix}"
        tmp_path.write_bytes(content)
    again = recognized(store, tmp_path)
    assert _as_written(again.tree, report) == _as_written(first.tree, report)
    assert {one.what for one in again.deviations} <= {"set-value-refused"}
    assert [one.entry.name for one in again.parts] == [entry.name for entry in report.form.kind.file_set.files]


def _as_written(tree, report):
    """Return what was read without values that the form refuses or that do not apply, which are not written."""
    refused = {entry.address for entry in report.entries if entry.fault} | report.excluded
    return _without(tree, "", refused)


def _without(node, above, refused):
    if isinstance(node, list):
        entries = [_without(one, f"{above}.{number}", refused) for number, one in enumerate(node, 1)]
        return [one for one in entries if one.keys() - {"name"}]  # of others nothing applies
    if not isinstance(node, dict):
        return node
    found = {key: _without(value, f"{above}.{key}".lstrip("."), refused) for key, value in node.items()}
    return {
        key: value
        for key, value in found.items()
        if value not in ({}, []) and f"{above}.{key}".lstrip(".") not in refused
    }


# ── the blank set ────────────────────────────────────────────────────────────────────


def blanks():
    """Return the records of the official blanks, by the number of their part."""
    paths = {int(re.search(r"_Part_(\d+)_", path.name)[1]): path for path in (FOLDER / "blank").glob("*.csv")}
    return {number: records(path.read_bytes()) for number, path in sorted(paths.items())}


def corrected():
    """Return the official blanks without their errors."""
    found = blanks()
    at = next(number for number, one in enumerate(found[3]) if one[3].endswith("_ABUSE_MATERIAL") and one[5] != "TOTAL")
    missing = [*found[3][at]]
    missing[3] += "_DEEPFAKE"
    found[3].insert(at + 1, missing)
    assert found[2][21][3] == " "  # a blank typed where the provider writes
    found[2][21][3] = ""
    shares = [one for one in found[8] if "Accuracy" in one[4] and one[5] in LANGUAGES]
    assert [one[5] for one in shares] == [*LANGUAGES] * 3  # on a diagonal, each share for one language only
    squares = [[*share[:5], language, *share[6:]] for share in shares[:3] for language in LANGUAGES]
    found[8] = [one for one in found[8] if one not in shares] + squares
    return found


LANGUAGES = ("bg", "[...]", "sv")


@pytest.mark.parametrize("period", [None, Period(2026), Period(2026, "H1")], ids=str)
def test_the_set_of_a_new_report_is_the_official_blank_but_for_its_errors(store, period):
    """A new report names its period, which the official blank asks for; one without a period asks for it too."""
    form = store.kind.form_in_force(period or Period(2026))
    report = store.kind.fill(parse(format_new_file(form, period) if period else "", "new.toml"), period or Period(2026))
    files = [records(content) for content in written(report, draft=True).values()]
    expected = corrected()
    assert len(files) == len(expected)
    first, last = (
        (f"{form.calendar.get_first_day(period)}", f"{form.calendar.get_last_day(period)}") if period else ("", "")
    )
    for number, blank in expected.items():
        named = [
            [f"{first}/{last}" if period and one == "YYYY-MM-DD/YYYY-MM-DD" else one for one in row] for row in blank
        ]
        if number == 1 and period:
            named[4][3], named[5][3] = first, last
        assert files[number - 1] == named, number


def test_a_written_file_ends_its_lines_as_rfc_4180_says(store):
    report = store.kind.fill(parse("", "new.toml"), Period(2026))
    for name, content in written(report, draft=True).items():
        assert content.count(b"\n") == content.count(b"\r\n") == len(records(content)), name
        assert content.endswith(b"\r\n")
        assert not content.startswith(b"\xef\xbb\xbf")


def test_a_report_that_is_no_draft_has_no_prompts_and_no_placeholders(store):
    report = store.kind.fill(parse("", "new.toml"), Period(2026))
    text = b"".join(written(report).values()).decode()
    assert not re.search(r"YYYY|\[\.\.\.\]|…\]|Free text|Text to detail", text)


# ── what a set can have wrong ────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path):
    """A copy of the cleanest published set, with short names."""
    target = tmp_path / "set"
    target.mkdir()
    for path in (FOLDER / "zalando").glob("*.csv"):
        (target / path.name.rpartition(" - ")[2]).write_bytes(path.read_bytes())
    return target


def change(folder, name, *changes):
    """Change cells of a file: (row, column, text), both as spreadsheets name them."""
    path = folder / f"{name}.csv"
    found = records(path.read_bytes())
    for row, letter, text in changes:
        found[row - 1][ord(letter) - ord("A")] = text
    write(path, found)


def write(path, found):
    text = io.StringIO()
    csv.writer(text).writerows(found)
    path.write_bytes(text.getvalue().encode())


def find(store, source, what):
    """Read a set, and list the places of one kind of deviation: file, row, column, and what was printed."""
    return locate(recognized(store, source), what)


def locate(found, what):
    return [
        (
            one.part.removesuffix(".csv").rpartition(" - ")[2],
            one.row,
            "" if one.column is None else name_column(one.column),
            one.printed,
        )
        for one in found.deviations
        if one.what == what
    ]


CHANGES = {
    "a range": ("10_AMAR", (3, "G", "2.1 - 2.6"), "set-cell-no-number"),
    "an inequality": ("10_AMAR", (2, "G", "> 45"), "set-cell-no-number"),
    "separators of thousands": ("4_notices", (2, "F", "1,269"), "set-thousands"),
    "separators of thousands, narrow blanks": ("4_notices", (2, "F", "1\u202f269"), "set-thousands"),
    "a decimal comma": ("4_notices", (2, "J", "332,95"), "set-decimal-comma"),
    "per cent": ("8_automated_means", (4, "G", "99.62%"), "set-per-cent"),
    "per cent without its sign": ("8_automated_means", (4, "G", "99.62"), "set-value-refused"),
    "a negative count": ("4_notices", (2, "F", "-3"), "set-value-refused"),
    "a count with a fraction": ("4_notices", (2, "F", "3.5"), "set-value-refused"),
    "a count as a decimal": ("4_notices", (2, "F", "1269.0"), "set-count-as-decimal"),
    "a sign for nothing": ("8_automated_means", (4, "G", "/"), "set-sign-for-nothing"),
    "words for a figure": ("4_notices", (2, "F", "about 20"), "set-cell-no-number"),
    "blanks around a figure": ("4_notices", (2, "F", " 1269 "), "set-cell-blanks"),
    "a date with slashes": ("1_report_identification", (3, "D", "2026/8/31"), "set-date-form"),
    "a date with a time": ("1_report_identification", (3, "D", "2026-08-31 00:00:00"), "set-date-form"),
    "a day that there is not": ("1_report_identification", (3, "D", "2026-02-30"), "set-cell-no-date"),
    "a code with a slip": ("4_notices", (3, "D", "STATEMENT_CATEGORY_ANIMAL_WELFAER"), "set-key-slip"),
    "an own category": ("4_notices", (3, "D", "STATEMENT_CATEGORY_FAKE_NEWS"), "set-key-unknown"),
    "an own sub-category": ("4_notices", (4, "D", "Fake_news"), "set-key-unknown"),
    "a code of another part": ("4_notices", (3, "D", "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"), "set-key-unknown"),
    "a state that there is not": ("10_AMAR", (3, "F", "XX"), "set-key-unknown"),
    "a state by its other name": ("10_AMAR", (3, "F", "GR"), "set-code-alias"),
    "a country for a language": ("9_human_resources", (5, "F", "be"), "set-key-unknown"),
    "capitals for a language": ("9_human_resources", (5, "F", "BG"), "set-key-unknown"),
    "the prompt as a description": ("4_notices", (6, "E", 'Text to detail the "Other" keyword.'), "set-prompt-left"),
    "the prompt as a text": ("11_qualitative", (2, "E", "Free text"), "set-prompt-left"),
    "a description of a row that has none": ("4_notices", (3, "E", "cats"), "set-value-without-place"),
    "another service": ("4_notices", (3, "B", "Zalando Lounge"), "set-fact-differs"),
    "no service": ("4_notices", (3, "B", ""), "set-text-missing"),
    "a period filled down": ("4_notices", (3, "C", "2026-01-01/2026-06-31"), "set-period-differs"),
    "another applicability": ("4_notices", (3, "A", "All"), "set-text-differs"),
    "a head with a letter lost": ("4_notices", (1, "F", "Number of notices receivd "), "set-head-differs"),
    "a head typed over": ("4_notices", (1, "A", "6"), "set-head-differs"),
    "a head that is gone": ("4_notices", (1, "D", ""), "set-head-differs"),
    "a head without its blank": ("4_notices", (1, "F", "Number of notices received"), "set-head-blanks"),
    "a row that is there twice": ("4_notices", (5, "D", "KEYWORD_ANIMAL_HARM"), "set-row-twice"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_wrong_is_declared_at_its_cell(name, folder, store):
    file, changed, what = CHANGES[name]
    before = locate(read("zalando")[0], what)
    change(folder, file, changed)
    row, column, text = changed
    added = [one for one in find(store, folder, what) if one not in before]
    if what == "set-row-twice":
        assert {one[:2] for one in added} == {(file, row)}
    else:
        assert added == [(file, row, column, text)]


def test_what_the_check_of_the_report_finds_names_its_cell(folder, store):
    path = folder / "4_notices.csv"
    found = records(path.read_bytes())
    at = next(number for number, one in enumerate(found) if "3.1.6" in one[4])
    write(path, [*found[: at + 1], [*found[at][:5], "7", *[""] * 19], *found[at + 1 :]])
    change(folder, "11_qualitative", (2, "E", "One sentence. " * 600))
    notes = {one.address: one.notes[-1] for one in imported(store, folder).findings if one.notes}
    assert "11_qualitative.csv 第 2 行，E 列" in notes["qualitative.summary"]  # of 8,400 characters
    assert f"4_notices.csv 第 {at + 2} 行，E 列" in notes["notices.consumer_information.other.2.description"]


def test_what_is_declared_is_said_with_file_row_and_column(folder, store):
    change(folder, "10_AMAR", (2, "G", "> 45"), (3, "G", "2.1 - 2.6"), (6, "G", "?"))
    report = imported(store, folder)
    (note,) = [one for one in report.notes if "> 45" in one]
    assert note.startswith("10_AMAR.csv 第 2–3、6 行，G 列：")
    assert "# 10_AMAR.csv, 3, G: “2.1 - 2.6” has no place in this file" in report.text
    assert not report.clean


def test_values_are_taken_as_they_are_meant(folder, store):
    change(folder, "8_automated_means", (4, "G", "99.62%"), (5, "G", "71,68 %"))
    change(folder, "4_notices", (2, "F", "1,269.00"), (2, "J", "332,95"), (3, "D", "STATEMENT_CATEGORY_ANIMAL_WELFAER"))
    figures = recognized(store, folder).tree
    assert figures["automated"]["accuracy"]["total"]["value"] == Decimal("0.9962")
    assert figures["automated"]["precision"]["total"]["value"] == Decimal("0.7168")
    assert figures["notices"]["total"]["received"] == 1269
    assert figures["notices"]["total"]["median"] == Decimal("332.95")
    assert "total" in figures["notices"]["animal_welfare"]


@pytest.mark.parametrize("with_head", [True, False])
def test_a_column_that_was_put_in_is_found(with_head, folder, store):
    expected = recognized(store, folder).tree
    path = folder / "4_notices.csv"
    found = records(path.read_bytes())
    for row, record in enumerate(found):
        if row or with_head:
            record.insert(3, "Category label" if not row else f"{row}a")
    write(path, found)
    assert recognized(store, folder).tree["notices"] == expected["notices"]
    assert len(find(store, folder, "set-value-of-unknown-column")) == len(found) - 1
    places = [one for what in ("set-cells-shifted", "set-column-unknown") for one in find(store, folder, what)]
    assert [one[::2] for one in places] == [("4_notices", "D")]


def test_a_column_of_another_meaning_is_not_taken_for_the_one_in_its_place(folder, store):
    change(folder, "4_notices", (1, "F", "Number of users who read our terms"))
    assert find(store, folder, "set-column-missing") == [("4_notices", 1, "", "Number of notices received ")]
    assert find(store, folder, "set-value-of-unknown-column")[0] == ("4_notices", 2, "F", "1269")
    assert "received" not in recognized(store, folder).tree["notices"]["total"]


def add_rows_without_codes(folder, *states):
    """Add rows that name a state and no category to the orders of a set, and return the number of its records."""
    path = folder / "3_member_states_orders.csv"
    found = records(path.read_bytes())
    for state in states:
        found.append(["", "", "", "", "", state, "3", "4", "", "", "0", "", "", *[""] * 7])
    write(path, found)
    return len(found)


def test_blank_key_cells_that_may_mean_as_above_are_not_guessed(folder, store):
    """Their rows are proposed as comments: where a person takes these, the figures are in the report."""
    expected = recognized(store, folder).tree
    number = add_rows_without_codes(folder, "IT", "SE")
    result = recognized(store, folder)
    assert result.tree == expected
    assert [one[1:3] for one in find(store, folder, "set-key-as-above")] == [(number - 1, "D"), (number, "D")]
    assert [one[1:] for one in find(store, folder, "set-value-if-as-above")] == [
        (row, column, text) for row in (number - 1, number) for column, text in zip("GHK", "340", strict=True)
    ]
    text = format_data_file(result, "set")
    taken = re.sub(r"(?m)^# (state\.)", r"\1", text)
    figures = filled(store, taken).figures
    assert [figures[f"orders.state.{state}.not_specified_order.total.items"] for state in ("IT", "SE")] == [4, 4]


def test_a_row_that_is_there_already_is_not_proposed_again(folder, store):
    number = add_rows_without_codes(folder, "IT", "IT")
    assert {one[1] for one in find(store, folder, "set-value-if-as-above")} == {number - 1}
    assert {one[1] for one in find(store, folder, "set-value-of-unknown-row")} == {number}


def test_a_blank_key_cell_is_read_where_the_others_name_one_row(folder, store):
    expected = recognized(store, folder).tree
    path = folder / "7_appeals_and_recidivism.csv"
    found = records(path.read_bytes())
    for record in found[3:]:
        record[3] = ""  # the section, as where a workbook has merged cells
    write(path, found)
    assert recognized(store, folder).tree == expected
    assert [one[1:3] for one in find(store, folder, "set-key-blank")] == [(row, "D") for row in range(4, 49)]


def test_own_rows_stay_below_their_category(folder, store):
    path = folder / "4_notices.csv"
    found = records(path.read_bytes())
    at = next(number for number, one in enumerate(found) if one[3] == "KEYWORD_OTHER" and "3.1.6" in one[4])
    found.insert(at + 1, [*found[at][:4], "another one", "7", *[""] * 19])
    write(path, found)
    figures = recognized(store, folder).tree
    assert figures["notices"]["consumer_information"]["other"][1] == {"description": "another one", "received": 7}


@pytest.mark.parametrize(
    ("name", "states"), [("booking-com", 8), pytest.param("aliexpress", 13, marks=pytest.mark.slow)]
)
def test_own_rows_of_states_stay_below_their_category(name, states):
    """They stand among placeholders, or below the rows of a category for each state."""
    tree = read(name)[0].tree["orders"]["state"]
    found = [category for state in tree.values() for category, rows in state.items() if "other" in rows]
    assert found == ["unsafe_and_prohibited_products"] * states


def test_rows_that_are_not_grouped_by_category_are_not_guessed(folder, store):
    """Sorted by code, rows of own sub-categories do not say to which category they belong."""
    path = folder / "4_notices.csv"
    head, *found = records(path.read_bytes())
    own = [one for one in found if one[3] == "KEYWORD_OTHER"]
    write(path, [head, *sorted(found, key=lambda one: one[3])])
    tree = recognized(store, folder).tree
    assert not any("other" in category for category in tree["notices"].values())
    assert len(find(store, folder, "set-row-unknown")) == len(own)


def test_rows_below_an_own_category_are_not_those_of_the_category_before(folder, store):
    path = folder / "4_notices.csv"
    found = records(path.read_bytes())
    at = next(number for number, one in enumerate(found) if one[3] == "STATEMENT_CATEGORY_CYBER_VIOLENCE")
    own = [
        [*found[at][:3], code, text, "7", *[""] * 19] for code, text in (("OWN_CATEGORY", ""), ("KEYWORD_OTHER", "own"))
    ]
    write(path, [*found[:at], *own, *found[at:]])
    assert find(store, folder, "set-row-unknown") == [("4_notices", at + 2, "", "KEYWORD_OTHER")]
    assert len(recognized(store, folder).tree["notices"]["consumer_information"].get("other", [])) == 1


def test_systems_have_rows_of_their_own(folder, store):
    path = folder / "8_automated_means.csv"
    found = records(path.read_bytes())
    own = [[*one[:3], "System 1 - images", *one[4:6], "12" if "Number" in one[4] else "0.5", ""] for one in found[1:6]]
    write(path, [*found, *own])
    figures = recognized(store, folder).tree
    assert figures["automated"]["system"][0]["name"] == "System 1 - images"
    assert figures["automated"]["system"][0]["solely"]["total"] == {"value": 12}
    report = filled(store, format_data_file(recognized(store, folder), "set"))
    rows = [one[4:7] for one in records(written(report)["8_automated_means"]) if one[3] == "System 1 - images"]
    assert rows[:2] == [
        ["Number of measures solely taken by automated means ", "Total number", "12"],
        ["Number of measures not taken by automated means", "Total number", "12"],
    ]
    assert ["Accuracy of the automated means - Recall", "Total number", "0.5"] in rows


def test_a_file_that_is_missing_is_told(folder, store):
    (folder / "4_notices.csv").unlink()
    assert find(store, folder, "set-file-missing") == [
        ("2_categories_names", 0, "", ""),
        ("4_notices", 0, "", ""),
    ]


def test_a_file_that_is_there_twice_is_read_only_if_both_are_the_same(folder, store):
    content = (folder / "4_notices.csv").read_bytes()
    (folder / "4_notices (1).csv").write_bytes(content)
    assert [one[0] for one in find(store, folder, "set-file-repeated")] == ["4_notices"]
    assert "notices" in recognized(store, folder).tree
    (folder / "4_notices (1).csv").write_bytes(content.replace(b"1269", b"1268"))
    assert {one[0] for one in find(store, folder, "set-file-twice")} == {"4_notices", "4_notices (1)"}
    report = imported(store, folder)
    assert "notices" not in report.figures
    assert not report.clean


def test_a_file_of_another_period_is_told_and_left_out(folder, store):
    path = folder / "4_notices.csv"
    path.write_bytes(path.read_bytes().replace(b"2026-01-01/2026-06-30", b"2025-07-01/2025-12-31"))
    assert find(store, folder, "set-file-of-other-period") == [("4_notices", 0, "", "2025-07-01/2025-12-31")]
    assert "notices" not in recognized(store, folder).tree


def test_a_file_of_another_service_is_told(folder, store):
    path = folder / "4_notices.csv"
    path.write_bytes(path.read_bytes().replace(b",Zalando,", b",Amazon Store,"))
    found = find(store, folder, "set-fact-differs")
    assert {one[0] for one in found} == {"4_notices"}
    assert len(found) == 91
    assert not imported(store, folder).clean


def test_a_file_is_known_by_what_it_holds(folder, store):
    (folder / "4_notices.csv").rename(folder / "5_own_initiative_illegal (1).csv")
    (folder / "7_appeals_and_recidivism.csv").rename(folder / "data.csv")
    named = find(store, folder, "set-file-named-as-other")
    assert named == []  # its name ends otherwise
    figures = recognized(store, folder).tree
    assert figures["notices"]["total"]["received"] == 1269
    assert "complaints" in figures["appeals"]
    (folder / "5_own_initiative_illegal (1).csv").rename(folder / "05_qualitative.csv")
    (folder / "11_qualitative.csv").unlink()


def test_a_file_that_is_none_of_the_set_is_told(folder, store):
    (folder / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert [one[0] for one in find(store, folder, "set-file-unknown")] == ["notes"]


def test_another_encoding_separator_and_mark_are_told(folder, store):
    for name, content in (
        ("11_qualitative", lambda text: text.encode("gb18030")),
        ("4_notices", lambda text: b"\xef\xbb\xbf" + text.encode()),
    ):
        path = folder / f"{name}.csv"
        path.write_bytes(content(path.read_bytes().decode()))
    path = folder / "9_human_resources.csv"
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows(records(path.read_bytes()))
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    report = recognized(store, folder)
    told = {(one.part, one.what) for one in report.deviations if not one.row}
    assert told >= {
        ("11_qualitative.csv", "set-not-utf8"),
        ("4_notices.csv", "set-byte-order-mark"),
        ("9_human_resources.csv", "set-separator"),
        ("9_human_resources.csv", "set-line-ends"),
    }
    assert "’" in report.tree["qualitative"]["information"]


# ── files that are hostile, broken or too large ──────────────────────────────────────


def raised(store, source):
    with pytest.raises(UserError) as error:
        imported(store, source)
    return str(error.value)


def test_a_file_with_an_open_quote_is_refused_by_name(folder, store):
    (folder / "4_notices.csv").write_bytes(b'Applicability,Service\r\nAll,"Zalando\r\n')
    assert "4_notices.csv" in raised(store, folder)


@pytest.mark.parametrize(
    "content", [b"", b"\r\n\r\n", b"\x00\x01\x02", b"\xff\xfe", b",,,\r\n", "年报".encode("utf-16")]
)
def test_a_file_without_content_is_told(content, folder, store):
    (folder / "4_notices.csv").write_bytes(content)
    result = recognized(store, folder)
    assert [one.part for one in result.deviations if one.what == "set-file-unknown"] == ["4_notices.csv"]


def test_what_a_cell_holds_stays_in_its_comment_and_its_value(folder, store):
    hostile = "x\"\n[own]\na = 1 \x01\x1b[2J\u2028# \"'''"
    change(folder, "4_notices", (2, "F", hostile), (3, "E", hostile), (2, "P", hostile))
    change(folder, "8_automated_means", (4, "D", hostile), (2, "F", hostile))
    text = format_data_file(recognized(store, folder), hostile)
    facts = parse(text, "set.toml")
    assert facts.tree["notices"]["total"]["received_context"] == hostile
    assert "own" not in facts.tree
    assert len(facts.tree["automated"]["system"]) == 1


def test_files_of_no_set_are_refused(tmp_path, store):
    (tmp_path / "a.csv").write_text("name,value\nx,1\n", encoding="utf-8")
    assert "a.csv" in raised(store, tmp_path)


def test_a_set_without_a_period_asks_for_it(folder, store):
    for path in folder.glob("*.csv"):
        path.write_bytes(path.read_bytes().replace(b"2026-01-01", b"2026-01-15"))
    assert "2026-01-15" in raised(store, folder)
    (source,) = published_sets.gather(store, [str(folder)])
    result = published_sets.recognize_set(store, source, KIND, Period(2026, "H1"))[1]
    assert {one.part for one in result.deviations if one.what == "set-file-of-other-period"}


def test_a_million_records_are_refused_in_bounded_time(folder, store):
    path = folder / "10_AMAR.csv"
    path.write_bytes(path.read_bytes() + b"\r\n" + b",,,,,,\r\n" * 1_000_000)
    start = process_time()
    assert "10_AMAR.csv" in raised(store, folder)
    assert process_time() - start < 5


@pytest.mark.parametrize("name", ["set.zip", "set.xlsx"])
def test_an_archive_that_swells_is_refused(name, tmp_path, store):
    sheets = "".join(f'<sheet name="{title}"/>' for title in ("4_notices", "10_AMAR"))
    with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("4_notices.csv", b"," * 64 * 2**20)
        archive.writestr("xl/workbook.xml", f"<workbook><sheets>{sheets}</sheets></workbook>")
    start = process_time()
    assert name in raised(store, tmp_path / name)
    assert process_time() - start < 5


def test_rows_without_a_figure_make_no_rows(folder, store):
    """Of 27 × 91 rows, all of them blank, nothing is kept, and each is declared."""
    path = folder / "3_member_states_orders.csv"
    found = records(path.read_bytes())
    states = [code.id for code in store.kind.edition("2025").axes["states"].codes]
    write(path, found + [[*one[:5], state, *[""] * 14] for state in states for one in found[1:]])
    result = recognized(store, folder)
    assert "state" not in result.tree["orders"]
    blank = [one.row for one in result.deviations if one.what == "set-row-blank"]
    assert len(blank) == 27 * (91 - 14)  # of KEYWORD_OTHER one row a category is that of the template


def test_a_cell_that_is_too_long_for_a_workbook_is_refused(store):
    report = filled(store, f'period = "2026-H1"\n[qualitative]\nsummary = "{"x" * 40_000}"\n')
    files = compose_set(report, store.kind.settings.file_set)
    with pytest.raises(UserError):
        write_set(store.format("xlsx"), files, date(2026, 8, 31))


def test_a_text_that_looks_like_a_formula_is_a_text_in_a_workbook(store):
    report = filled(store, 'period = "2026-H1"\n[qualitative]\nsummary = "=1+1"\n[notices]\ntotal = { received = 7 }\n')
    files = compose_set(report, store.kind.settings.file_set)
    book = openpyxl.load_workbook(io.BytesIO(write_set(store.format("xlsx"), files, date(2026, 8, 31)).content))
    cell = book["11_qualitative"]["E2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)
    assert book["4_notices"]["F2"].value == 7
    assert book.sheetnames == [file.sheet for file in files]


def test_the_same_report_gives_the_same_bytes(store):
    files = compose_set(read("zalando")[1], store.kind.settings.file_set)
    for suffix in ("csv.zip", "xlsx"):
        one, other = (write_set(store.format(suffix), files, date(2026, 8, 31)).content for _time in range(2))
        assert one == other


# ── commands ─────────────────────────────────────────────────────────────────────────


def test_a_set_is_imported_and_built_by_commands(folder, tmp_path, report):
    office = tmp_path / "office"
    (office / "data").mkdir(parents=True)
    (office / "report.toml").write_text(f'kind = "{KIND}"\n', encoding="utf-8")
    done = report("import", str(folder), cwd=office)
    assert done.returncode == 1, done.stderr  # the published report has errors
    data = office / "data/2026-H1.toml"
    text = data.read_text(encoding="utf-8")
    assert '# kind = ""' in text  # which no set says
    data.write_text(text.replace('# kind = ""', 'kind = "vlop"'), encoding="utf-8")
    done = report("build", "2026-H1", "--to", "csv,xlsx", "--draft", cwd=office)
    assert {path.name for path in (office / "build").glob("2026*")} == {"2026-H1.csv.zip", "2026-H1.xlsx"}, done.stdout
    with zipfile.ZipFile(office / "build/2026-H1.csv.zip") as archive:
        assert len(archive.namelist()) == 11
        published = (folder / "7_appeals_and_recidivism.csv").read_bytes()
        assert archive.read("7_appeals_and_recidivism.csv").rstrip(b"\r\n") == published


def test_a_set_is_imported_for_an_office_that_is_named(folder, store):
    sources = published_sets.gather(store, [str(folder)])
    options = ImportOptions(dry_run=True, kind=KIND, office="Zalando Ltd")
    (result,) = batch.import_files(store, sources, options, jobs=1)
    assert 'name = "Zalando Ltd"' in result.text
    assert "Zalando SE" in result.notes[0]


def test_a_fact_that_no_file_says_is_given_with_the_command(folder, tmp_path, report):
    done = report("import", str(folder), "--fact", "provider.kind=nothing", cwd=tmp_path)
    assert (done.returncode, "provider.kind" in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "data").exists()
    done = report("import", str(folder), "--fact", "provider.kind=vlop", cwd=tmp_path)
    (path,) = tmp_path.glob("data/**/*.toml")
    assert toml_rs.loads(path.read_text(encoding="utf-8"))["provider"]["kind"] == "vlop"
    assert "missing-fact" not in done.stdout
    (tmp_path / "page.html").write_text("<p>2020</p>", encoding="utf-8")
    done = report("import", "page.html", "--fact", "provider.kind=vlop", cwd=tmp_path)
    assert (done.returncode, "--fact" in done.stderr) == (2, True)


def test_a_broken_kind_stops_no_import(folder, tmp_path):
    (tmp_path / "templates/kinds/broken").mkdir(parents=True)
    (tmp_path / "templates/kinds/broken/kind.toml").write_text("name = ", encoding="utf-8")
    store = Store(tmp_path)
    assert [one for one, _set in published_sets.list_file_sets(store)] == [KIND]
    assert recognized(store, folder).period == Period(2026, "H1")


def test_several_files_are_one_set(folder, store):
    names = sorted(map(str, folder.glob("*.csv")))
    (source,) = published_sets.gather(store, names)
    assert len(source.paths) == 10
    other = folder.parent / "other"
    other.mkdir()
    (other / "4_notices.csv").write_bytes((folder / "4_notices.csv").read_bytes())
    assert len(published_sets.gather(store, [*names, str(other / "4_notices.csv"), "a.docx"])) == 3


def test_a_kind_without_files_says_that_it_has_none(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(UserError, match="cn-disclosure"):
        outputs.write_sets(store, None, outputs.make_render_settings(store, ["csv.zip"]))


# ── what is written is read: reports made at random ──────────────────────────────────

PROVIDERS = {
    "intermediary": Period(2026),
    "hosting": Period(2026),
    "platform": Period(2026),
    "vlop": Period(2026, "H1"),
    "vlose": Period(2026, "H2"),
}
TEXTS = (
    "plain",
    'with "quotes", commas; and\nlines',
    "=1+1",
    " blanks around ",
    "’…年\u00a0",
    "'''",
    "0",
    "-",
    "TOTAL",
)


def make_tree(form, provider, random):
    """Make the data of a report at random: some rows of each table, some codes and entries, some facts."""
    tree = {"provider": {"name": "Provider", "kind": provider}, "service": {"name": "Service, the first"}}
    tree |= {"published": date(2027, 2, 28), "report": {"previous": date(2026, 2, 28)}}
    for entry in form.kind.file_set.files:
        for row in entry.rows:
            if row.fact.startswith("qualitative.") and random.random() < 0.5:
                put(tree, tuple(row.fact.split(".")), random.choice(TEXTS) + " text")
        table = find_table(form, entry)
        for pattern in list_patterns(table) if table else ():
            for keys in choose_rows(form, entry.table, pattern, random):
                fill_row(tree, keys, (table, entry, pattern), random)
    return tree


def choose_rows(form, table, pattern, random):
    """Choose the rows of a pattern: a few codes of each axis, one or two entries, or none at all."""
    found = [(table,)]
    for heading in pattern.path:
        found = [(*keys, heading.id) if heading.id else keys for keys in found]
        if heading.each == "entry":
            found = [(*keys, number) for keys in found for number in range(2 if heading.below else random.randrange(3))]
        elif heading.each:
            codes = [code.id for code in form.axes[heading.each].codes]
            found = [(*keys, code) for keys in found for code in codes[:3]]
    return [keys for keys in found if isinstance(keys[-1], int) or random.random() < 0.3]


def fill_row(tree, keys, row, random):
    table, entry, pattern = row
    columns = {line.ids: line for line in list_lines(table.blocks[0].columns)}
    names = {heading.named_by for heading in pattern.path}
    for at, heading in enumerate(pattern.path):
        if heading.each == "entry" and heading.below:  # a system with a name of its own
            above = keys[: keys.index(next(one for one in keys if isinstance(one, int))) + 1]
            put(tree, (*above, heading.named_by), f"System {above[-1]}, “{at}”")
    for column in entry.columns:
        is_first = column.column in {"context", "received", "measures", "value"}  # so that no entry is empty
        if column.column in columns and (is_first or random.random() < 0.5 or column.column in names):
            if column.column == "description" and not isinstance(keys[-1], int):
                continue
            value_type = Slot("", pattern.path, columns[column.column].path).value_type
            number = random.choice((0, 1, random.randrange(10**6)))
            candidates = (number, Decimal(random.randrange(10**4)).scaleb(-4), f"{random.choice(TEXTS)} {number}")
            put(tree, (*keys, *column.column.split(".")), choose_value(value_type, candidates))


@pytest.mark.slow
@pytest.mark.parametrize("provider", PROVIDERS)
def test_reports_made_at_random_are_read_as_they_are_written(provider, seeds, store, tmp_path):
    period = PROVIDERS[provider]
    form = store.kind.form_in_force(period)
    for seed in range(seeds("sets of providers")):
        tree = make_tree(form, provider, Random(f"{provider} {seed}"))  # noqa: S311  # the same one each time
        head = {"period": str(period), "edition": form.edition}
        report = store.kind.fill(parse(tomli_w.dumps(head | tree), "made.toml"), period)
        tree = _as_written(tree, report)  # what applies to the provider
        report = store.kind.fill(parse(tomli_w.dumps(head | tree), "made.toml"), period)
        assert [entry.address for entry in report.entries if entry.fault or not entry.known] == []
        files = compose_set(report, store.kind.settings.file_set)
        for suffix in ("csv.zip", "xlsx"):
            path = tmp_path / f"set.{suffix.removeprefix('csv.')}"
            path.write_bytes(write_set(store.format(suffix), files, date(2027, 2, 28)).content)
            again = recognized(store, path)
            expected = {**tree, "provider": {"name": "Provider"}}  # no set says the kind of its provider
            assert _as_written(again.tree, report) == expected, suffix
            assert {one.what for one in again.deviations} <= {"set-row-named"}
            assert again.period == period
