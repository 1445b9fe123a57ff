"""The types of values: what each takes, how absent ones are printed and judged, and how offices' values make one."""

import json
import pickle
import re
from datetime import date
from decimal import Decimal
from io import BytesIO

import jsonschema
import openpyxl
import pytest
from mini_kinds import EDITION, print_cells, read_report, write_kind

from nianbao.checks import check
from nianbao.datafiles import json_schema, scaffold
from nianbao.export.duckdb import Database
from nianbao.export.excel_form.blank import make_form
from nianbao.export.excel_form.draft import FormRequest
from nianbao.export.rows import CELL_SEPARATOR, list_figure_columns, make_rows
from nianbao.model.aggregate import Aggregate, UnitReport, UnitTotals, find_differences
from nianbao.model.facts import parse
from nianbao.model.finding import UserError
from nianbao.model.offices import Unit
from nianbao.model.period import Period
from nianbao.model.units.states import UnitState
from nianbao.model.value_types import VALUE_TYPES, guess_value_type, make_value_type


@pytest.fixture
def english(tmp_path):
    return write_kind(tmp_path, "en-us")


@pytest.mark.parametrize(
    ("kind", "value", "right"),
    [
        (make_value_type("decimal", places=2), Decimal("-1.25"), True),
        (make_value_type("decimal", places=2), Decimal("1.255"), False),
        (make_value_type("decimal", places=0), -3, True),
        (make_value_type("percent"), Decimal("-250.5"), True),
        (make_value_type("percent"), "5%", False),
        (make_value_type("currency", currency="USD"), Decimal("0.25"), True),
        (make_value_type("currency", currency="USD"), Decimal("0.255"), False),
        (make_value_type("currency", currency="JPY"), Decimal("0.5"), False),
        (make_value_type("choice", ("good", "fair")), "good", True),
        (make_value_type("choice", ("good", "fair")), "Good", False),
        (VALUE_TYPES["yes-no"], True, True),
        (VALUE_TYPES["yes-no"], 1, False),
        (VALUE_TYPES["count"], True, False),
        (VALUE_TYPES["duration"], "1h30m", True),
        (VALUE_TYPES["duration"], "30m1h", False),
        (VALUE_TYPES["duration"], "", False),
        (VALUE_TYPES["duration"], 90, False),
        (VALUE_TYPES["period"], "2024-Q3", True),
        (VALUE_TYPES["period"], "2024-Q5", False),
        (VALUE_TYPES["url"], "https://example.org/a?b=c", True),
        (VALUE_TYPES["url"], "ftp://example.org", False),
        (VALUE_TYPES["url"], "javascript:alert(1)", False),
        (VALUE_TYPES["url"], "https://example.org/<b>", False),
    ],
)
def test_a_type_takes_its_values_only(kind, value, right):
    assert (kind.find_fault(value) == "") is right


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("x", "text"), (3, "change"), (-3, "change"), (Decimal("1.5"), "money"), (Decimal("-1.5"), "decimal"),
        (True, "yes-no"), (["a"], "texts"), ({}, None),
    ],
)  # fmt: skip
def test_the_type_of_an_own_fact_is_guessed(value, name):
    guessed = guess_value_type(value)
    assert (guessed.name if guessed else None) == name


def test_a_type_with_parameters_can_be_sent_to_another_process():
    sent = pickle.loads(pickle.dumps(make_value_type("choice", ("good", "fair"))))  # noqa: S301  # our own
    assert sent.find_fault("bad")
    assert not sent.find_fault("good")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('type = "choice", choices = ["good", "fair"]', 'type = "choice"', "choices"),
        ('currency = "USD"', 'currency = "DOLLAR"', "DOLLAR"),
        ("places = 1, optional", "places = 11, optional", "places"),
        ("weighted:received", "weighted:recieved", "service.desk.recieved"),
        ('rollup = "max"', 'rollup = "mean"', "rollup"),
        ('id    = "agency.site"', 'id    = "agency.site"\nkind  = "text"', "kind"),
    ],
)
def test_a_faulty_type_is_a_fault_of_the_form_with_its_line(tmp_path, old, new, said):
    assert old in EDITION
    store = write_kind(tmp_path, "en-us", edition=EDITION.replace(old, new, 1))
    with pytest.raises(UserError, match=re.escape(said)) as error:
        store.kind.edition("first")
    assert re.search(r"first\.toml:\d+", str(error.value))


def test_the_old_key_of_a_type_is_still_read(tmp_path, english):
    old = EDITION.replace("type = ", "kind = ").replace("type  = ", "kind  = ").replace("type     = ", "kind     = ")
    assert "type" not in old
    (tmp_path / "old").mkdir()
    store = write_kind(tmp_path / "old", "en-us", edition=old)
    names = [
        {address: kind.name for address, kind in one.kind.edition("first").value_types.items()}
        for one in (store, english)
    ]
    assert names[0] == names[1]


def test_what_is_left_out_is_absent_unless_it_is_a_number(english):
    report = read_report(english)
    assert report.figures["service.web.growth"] == 0
    assert "service.web.median" not in report.figures
    assert report.values["service.desk.open"] is True
    assert "service.web.open" not in report.values
    cells = print_cells(report)
    assert cells["service.web.growth"] == "0%"
    assert cells["service.web.median"] == cells["service.web.open"] == cells["service.web.rating"] == "N/A"
    assert cells["service.desk.waiting"] == "-"


def test_a_relation_over_an_absent_figure_is_not_judged(english):
    facts = 'year = 2024\n[agency]\nname = "x"\n[service]\ndesk = { received = 1, median = 9, longest = 3 }\n'
    report = read_report(english, data=facts + "web = { received = 1, median = 4 }\n")
    assert [one.left[0].addresses for one in report.broken] == [("service.desk.longest",)]
    judged = {one.left[0].addresses for one in report.judged}
    assert ("service.web.longest",) not in judged
    assert report.figures["service.all.received"] == 2


def test_a_wrong_value_in_a_cell_is_a_finding_of_its_place(english):
    path = english.root / "data/2024.toml"
    path.write_text(path.read_text("utf-8").replace('rating = "good"', 'rating = "bad"'), "utf-8")
    (finding,) = [one for one in check.check_report(english, Period(2024)).findings if one.rule == "wrong-type"]
    assert finding.address == "service.desk.rating"
    assert "good" in finding.message


def test_a_new_file_leaves_out_what_is_no_number(english):
    form = english.kind.edition("first")
    text = scaffold.format_new_file(form, Period(2025), read_report(english))
    facts = parse(text, "data/2025.toml").tree
    assert facts["service"]["desk"] == {"received": 0, "growth": 0, "cost": 0}
    assert "waiting" in text
    report = read_report(english, data=text)
    assert not [entry for entry in report.entries if entry.fault]
    for line in re.findall(r"^# (all .*)$", text, re.MULTILINE):  # a row without figures is a comment that can be used
        parse(f"[service]\n{line}\n", "x")


def test_the_schema_for_editors_takes_what_the_program_takes(english):
    schema = json_schema.make_schema(english.kind.edition("first"))
    service = schema["properties"]["service"]["properties"]["desk"]["properties"]
    right = {"open": True, "rating": "good", "waiting": "2d", "median": -1.5, "growth": -12.5, "cost": 1.5}
    wrong = {"open": "yes", "rating": "bad", "waiting": "2 days", "median": "1", "growth": "5%", "cost": "$1"}
    for column, value in right.items():
        jsonschema.validate(value, service[column])
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong[column], service[column])
    json.dumps(schema)


def test_the_excel_form_validates_each_type(english):
    book = openpyxl.load_workbook(BytesIO(make_form(FormRequest(english.kind.edition("first"), Period(2024)))))
    rules = {}
    for sheet in book:
        for rule in sheet.data_validations.dataValidation:
            for cell in str(rule.sqref).split():
                rules[sheet.title, cell] = rule
    names = {name.removeprefix("nianbao."): defined.attr_text for name, defined in book.defined_names.items()}

    def rule(address):
        found = next(text for name, text in names.items() if name.endswith(address))
        sheet, cell = found.split("!")
        return rules.get((sheet.strip("'"), cell.replace("$", "")))

    assert rule("service.desk.open").formula1 == '"yes,no"'
    assert rule("service.desk.rating").formula1 == '"good,fair"'
    assert "ROUND" in rule("service.desk.median").formula1
    assert ",1)" in rule("service.desk.median").formula1
    assert rule("service.desk.waiting") is None


def test_exports_have_every_cell_of_tables_once(english):
    report = read_report(english)
    rows, columns = make_rows(report, "x", Period(2024)), list(list_figure_columns(report.form))
    cells = rows.figures.split(CELL_SEPARATOR)
    assert len(cells) == len(rows.sources) == len(report.form.slots) == len(columns)
    database = Database([report.form])
    database.insert_reports([rows], date(2025, 1, 1))
    found = database.fetch_rows("select address, value, text, type from figures join addresses using (address)")
    printed = {address: values for address, *values in found}
    assert printed["service.desk.median"] == [Decimal("2.5"), None, "decimal"]
    assert printed["service.web.median"] == [None, None, "decimal"]
    assert printed["service.desk.open"] == [None, "true", "yes-no"]
    assert printed["service.web.waiting"] == [None, "2d", "duration"]
    assert not {fact.address for fact in rows.facts} & printed.keys()
    wide = database.fetch_rows(
        f'select "service.desk.open", "service.desk.median" from ({database.make_wide_select()})'
    )
    assert list(wide) == [("true", Decimal("2.5"))]


def unit_report(store, name, rows):
    report = read_report(store, data=f'year = 2024\n[agency]\nname = "x"\n[service]\n{rows}\n')
    return UnitReport(Unit(name, name), name, "first", tuple(map(report.figures.get, report.form.omitted_figures)))


def test_values_of_offices_make_one_as_the_form_says(english):
    form = english.kind.edition("first")
    units = (
        unit_report(english, "a", "desk = { received = 100, median = 2, longest = 9, growth = 5, cost = 1.25 }"),
        unit_report(english, "b", "desk = { received = 300, median = 4.5, longest = 30.5, growth = 9, cost = 2 }"),
        unit_report(english, "c", "desk = { received = 50 }"),
    )
    aggregate = Aggregate(form, {"first": form}, units)
    assert aggregate.figures["service.desk.received"] == 450
    assert aggregate.figures["service.desk.median"] == Decimal("3.9")  # 3.875, weighed and rounded half up
    assert aggregate.figures["service.desk.longest"] == Decimal("30.5")
    assert aggregate.figures["service.desk.cost"] == Decimal("3.25")
    assert "service.desk.growth" not in aggregate.figures
    assert "service.web.median" not in aggregate.figures
    parent = read_report(
        english, data="year = 2024\n[service]\ndesk = { received = 450, longest = 30.5, growth = 7, cost = 4 }\n"
    )
    state = UnitState(Unit("city", "City"), "data/city/2024.toml", "right")
    differing = dict(find_differences(parent, UnitTotals(aggregate, state)))
    assert differing == {"service.desk.cost": Decimal("3.25")}


ACROSS = """
[[relations]]
rule   = "web-more-than-all"
holds  = "{holds}"
within = {within}

[[sections]]"""


@pytest.mark.parametrize(
    ("holds", "within", "broken"),
    [
        ("service.web.received + service.desk.received = service.all.received", 0, False),
        ("service.web.received = service.desk.received", 0, True),
        ("service.web.received + 899.5 = service.desk.received", 0, True),
        ("service.web.received + 0.75 * service.desk.received = 1200", 0, False),
        ("service.web.received + 899 = service.desk.received", 0, True),
        ("service.web.received + 899 = service.desk.received", 1, False),
        ("service.desk.received <= service.web.received + 899", 1, False),
        ("service.desk.received <= service.web.received + 899", 0.5, True),
        ("service.web.median = service.desk.median", 0, False),  # the first is absent
        ("service.wob.received = service.desk.received", 0, None),
        ("service.web.open = service.desk.received", 0, None),
    ],
)
def test_a_relation_of_the_whole_report_names_addresses(tmp_path, holds, within, broken):
    edition = EDITION.replace("\n[[sections]]", ACROSS.format(holds=holds, within=within), 1)
    store = write_kind(tmp_path, "en-us", edition=edition)
    if broken is None:
        with pytest.raises(UserError, match=r"first\.toml:\d+"):
            store.kind.edition("first")
        return
    found = [one.rule for one in check.check_report(store, Period(2024)).findings if one.level == "error"]
    assert found == (["web-more-than-all"] if broken else [])
    assert make_form(FormRequest(store.kind.edition("first"), Period(2024)))
