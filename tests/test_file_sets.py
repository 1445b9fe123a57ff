"""Official sets of files: what is written is read back, and of published ones every cell is equal or declared."""

import csv
import io
import re
import zipfile
from datetime import date
from functools import cache
from pathlib import Path

import openpyxl
import pytest

from nianbao.build import outputs
from nianbao.checks.wording import find_prompts
from nianbao.compose.file_set import compose_set
from nianbao.datafiles.scaffold import format_new_file
from nianbao.importer import batch, published_sets
from nianbao.importer.file_sets.deviations import join_rows, name_column
from nianbao.importer.file_sets.part_reading import PartReader
from nianbao.importer.file_sets.recognition import match_parts
from nianbao.importer.file_sets.set_reading import assemble, find_days, require_period
from nianbao.importer.file_sets.sources import read_source
from nianbao.importer.pipeline import ImportOptions
from nianbao.model.facts import parse
from nianbao.model.file_sets.mapping import load_file_set
from nianbao.model.file_sets.rows import find_table, list_data_rows
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.render.file_set import write_csv, write_set
from nianbao.workspace.store import Store

FOLDER = Path(__file__).parent / "dsa"
SETS = ("akamai", "aliexpress", "amazon", "booking-com", "zalando")
KIND = "eu-dsa"
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


@cache
def read(name):
    """Read a published set, with what was read of each file, and the report that it makes."""
    store = Store(FOLDER).of_kind(KIND)
    (source,) = published_sets.gather(store, [str(FOLDER / name)])
    parts = read_source(source)
    file_set = store.kind.settings.file_set
    first = match_parts(store.kind.edition("2025"), file_set, parts)
    period = require_period(first.parts[0].keys.form, find_days(first), None)
    form = store.kind.form_in_force(period)
    matched = match_parts(form, file_set, parts)
    result = assemble(form, period, matched)
    from nianbao.importer.file_sets.data_file import format_data_file  # noqa: PLC0415

    return matched, result, filled(store, format_data_file(result, name))


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
    matched, result, report = read(name)
    files = {file: records(content) for file, content in written(report).items()}
    undeclared = []
    for match, part in zip(matched.parts, result.parts, strict=True):
        assert match.part is part.part
        declared = {(one.row, one.column) for one in result.deviations if one.part == part.part.name}
        rows = name_rows(report, part.entry)
        for record in part.part.records[1:]:
            keys = part.rows.get(record.row)
            address = ".".join(str(key + 1) if isinstance(key, int) else key for key in keys or ())
            expected = files[part.entry.name][rows[address] if address else record.row - 1] if keys is not None else []
            for at, text in enumerate(record.cells):
                column = match.heads.positions.index(at) if at in match.heads.positions else None
                equal = expected and column is not None and text == expected[column]
                is_lost_row = keys is None and ((record.row, None) in declared or not text.strip())
                fixed = (keys is None and column is not None and not part.entry.columns[column].column) or (
                    not text.strip() and (1, at) in declared  # of a column that the template has not
                )
                if not (equal or is_lost_row or fixed or (record.row, at) in declared):
                    undeclared.append((part.part.name, record.row, name_column(at), text))
            if keys is None:  # a row that is left out is declared, unless it is one that the template has blank
                said = [at for at, one in enumerate(record.cells) if one.strip() and _is_value(match, part, at)]
                assert any(row == record.row for row, _column in declared) or not said
    assert undeclared == []


def _is_value(match, part, at):
    return at in match.heads.positions and bool(part.entry.columns[match.heads.positions.index(at)].column)


@pytest.mark.parametrize("name", SETS)
def test_a_published_file_that_follows_the_template_is_written_with_the_same_bytes(name):
    _matched, result, report = read(name)
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


@pytest.mark.parametrize("suffix", ["csv", "csv.zip", "xlsx"])
@pytest.mark.parametrize("name", SETS)
def test_a_set_that_is_written_is_read_back_without_a_difference(name, suffix, store, tmp_path):
    _matched, first, report = read(name)
    files = compose_set(report, store.kind.settings.file_set)
    if suffix == "csv":
        for file in files:
            (tmp_path / f"{file.name}.csv").write_bytes(write_csv(file))
    else:
        content = write_set(store.format(suffix), files, date(2026, 8, 31)).content
        tmp_path = tmp_path / f"set.{suffix}"
        tmp_path.write_bytes(content)
    (source,) = published_sets.gather(store, [str(tmp_path)])
    matched = match_parts(report.form, store.kind.settings.file_set, read_source(source))
    again = assemble(report.form, report.period, matched)
    assert again.tree == _as_written(first.tree, report)
    assert {one.what for one in again.deviations} <= {"set-value-refused"}
    assert [one.keys.entry.name for one in matched.parts] == [entry.name for entry in report.form.kind.file_set.files]


def _as_written(tree, report):
    """Return what was read without values that the form refuses, which are not written."""
    refused = {entry.address for entry in report.entries if entry.fault}
    return _without(tree, "", refused)


def _without(node, above, refused):
    if isinstance(node, list):
        return [_without(one, f"{above}.{number}", refused) for number, one in enumerate(node, 1)]
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
