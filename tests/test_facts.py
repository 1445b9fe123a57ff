"""Data files are parsed into values with places; any text gives facts or a finding."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from nianbao.checks import rules
from nianbao.checks.context import CheckContext
from nianbao.model import report
from nianbao.model.facts import Facts, parse
from nianbao.model.finding import Finding
from nianbao.model.period import Period
from nianbao.model.value_types import VALUE_TYPES, format_number
from nianbao.workspace.store import Store

FORM = Store(Path(__file__).parent.parent).kind.form_in_force(Period(2020))
PLACES = """\
\ufeffyear = 2020\r
[agency]\r
name = "甲乙" # 注\r
\r
[requests]\r
received = { person = 12, total = 3 }\r
outcome.refused.secret.person = 7\r
\r
[prose]\r
other = \"\"\"\r
第一行\r
第二{{ x }}\r
\"\"\"\r
problems = "单行{{ y }}"\r
"""


@pytest.mark.parametrize(
    ("address", "line", "column", "length"),
    [
        ("year", 1, 8, 4),
        ("agency.name", 3, 8, 4),
        ("requests.received.person", 6, 23, 2),
        ("requests.received.total", 6, 35, 1),
        ("requests.outcome.refused.secret.person", 7, 33, 1),
        ("requests.received.business", 6, 1, 8),  # left out: the row
        ("requests.carried_in.person", 5, 2, 8),  # row left out: the table
        ("agency.short", 2, 2, 6),
    ],
)
def test_the_place_of_every_value_is_found(address, line, column, length):
    place = parse(PLACES, "f.toml").find_place(address)
    assert (place.line, place.column, place.length) == (line, column, length)


def test_a_place_in_a_text_is_found_by_its_line():
    facts = parse(PLACES, "f.toml")
    place = facts.find_place("prose.other", text_line=2, words="x")
    assert (place.line, place.column) == (12, 6)
    place = facts.find_place("prose.problems", text_line=1, words="y")
    assert (place.line, place.column) == (14, 18)


def test_the_place_of_a_missing_table_is_the_file():
    place = parse("year = 2020\n", "f.toml").find_place("requests.received.person")
    assert (place.line, str(place)) == (0, "f.toml")


def test_decimals_keep_their_digits():
    facts = parse("a = 59237.2449\nb = 0.10\nc = 2021-01-28\n", "f.toml")
    assert facts.tree == {"a": Decimal("59237.2449"), "b": Decimal("0.10"), "c": dt.date(2021, 1, 28)}
    assert format_number(facts.tree["b"]) == "0.10"
    assert format_number(Decimal("1E+3")) == "1000"


@pytest.mark.parametrize(
    ("kind", "value", "right"),
    [
        ("count", 0, True),
        ("count", 10**12, False),
        ("count", -1, False),
        ("count", True, False),
        ("count", Decimal(1), False),
        ("change", -4, True),
        ("money", 3, True),
        ("money", Decimal("0.0001"), True),
        ("money", Decimal("0.00001"), False),
        ("money", Decimal(-1), False),
        ("money", Decimal("inf"), False),
        ("money", Decimal("nan"), False),
        ("money", Decimal("1e999"), False),
        ("share", Decimal("99.78"), True),
        ("share", 101, False),
        ("text", "", False),
        ("texts", ["甲", 1], False),
        ("texts", [], True),
        ("date", dt.date(2021, 1, 1), True),
        ("date", dt.datetime(2021, 1, 1), False),  # noqa: DTZ001  # TOML has such values
    ],
)
def test_value_types_find_faults(kind, value, right):
    assert (VALUE_TYPES[kind].find_fault(value) == "") is right


def test_missing_totals_are_computed_and_written_totals_stay(root):
    store = Store(root)
    form = store.kind.form_in_force(Period(2020))
    facts = parse(
        "[requests]\nreceived = { person = 1, legal = 2 }\noutcome.refused.secret = { legal = 2, total = 9 }\n"
        "[review_litigation]\nreview = { upheld = 2, pending = 1 }\n",
        "f.toml",
    )
    filled = report.fill_form(form, facts)
    assert filled.figures["requests.received.total"] == 3
    assert filled.figures["requests.outcome.total.legal"] == 2
    assert filled.figures["requests.outcome.refused.secret.total"] == 9
    assert filled.figures["review_litigation.review.total"] == 3
    assert len(filled.figures) == len(form.slots)


@given(st.text())
def test_any_text_gives_facts_or_a_finding(text):
    assert isinstance(parse(text, "f.toml"), Facts | Finding)


keys = st.sampled_from(
    ["year", "edition", "agency", "name", "requests", "received", "person", "prose", "own", "total", "a b", "值"]
)
values = st.recursive(
    st.one_of(st.integers(), st.text(max_size=8), st.booleans(), st.floats().map(str), st.dates()),
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(keys, below, max_size=4)),
    max_leaves=12,
)


@given(st.dictionaries(keys, values, max_size=6))
def test_any_values_give_findings_never_a_crash(tree):
    facts = parse(tomli_w.dumps(tree), "2020.toml")
    assert isinstance(facts, Facts | Finding)
    if isinstance(facts, Facts):
        findings, crashes = rules.judge(CheckContext(report.fill_form(FORM, facts), dt.date(2021, 1, 31)))
        assert not crashes
        assert all(finding.message for finding in findings)


LARGE = {
    "ten thousand facts of its own": "[own]\n" + "".join(f"k{at} = {at}\n" for at in range(10_000)),
    "a hundred thousand unknown rows": "[requests]\n" + "".join(f"k{at} = {{ a = 1 }}\n" for at in range(100_000)),
    "three million characters of prose": '[prose]\nother = """\n' + "字" * 3_000_000 + '\n"""\n',
    "ten thousand keys deep": "[" + ".".join(f"k{at}" for at in range(10_000)) + "]\nx = 1\n",
    "ten thousand quoted keys deep": "[" + ".".join(f'"k {at}"' for at in range(10_000)) + "]\nx = 1\n",
    "ten thousand brackets deep": "x = " + "[" * 10_000 + "]" * 10_000 + "\n",
    "a hundred thousand placeholders": '[prose]\nother = """\n' + "{{ own.x }}" * 100_000 + '\n"""\n',
    "a hundred thousand braces": '[prose]\nother = """\n' + "{{" * 100_000 + '\n"""\n',
}


@pytest.mark.parametrize("case", LARGE)
def test_large_and_deep_files_are_refused_or_parsed(case):
    facts = parse(LARGE[case], "2020.toml")
    if isinstance(facts, Finding):
        assert facts.rule == "broken-toml"
        return
    findings, crashes = rules.judge(
        CheckContext(report.fill_form(FORM, facts), dt.date(2021, 1, 31), rules=rules.list_names())
    )
    assert not crashes
    assert len(findings) < 1000
