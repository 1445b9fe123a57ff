"""Values that no report has: each is an ordinary finding, in every command, and never a mistake of the program."""

import os
import re
import unicodedata
from decimal import Decimal

import pytest
import tomli_w
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from msgspec import structs
from strangers import FACTS, put, raise_findings

from nianbao.checks import check
from nianbao.compose import prose
from nianbao.model.value_types import VALUE_TYPES
from nianbao.workspace import store

COMMANDS = (
    ["validate", "2024", "--format", "sarif"],
    ["build", "2024", "--to", "markdown", "--draft"],
    ["export", "2024", "--to", "csv,json"],
    ["fmt", "2024"],
)


def runs(command, folder, commands=COMMANDS):
    for words in commands:
        result = command(*words, cwd=folder)
        assert result.exit_code in {0, 1, 2}, words
        assert result.exception is None or isinstance(result.exception, SystemExit), words
        assert "自己出错" not in result.output, words
        assert "Traceback" not in result.output, words


# ── placeholders ─────────────────────────────────────────────────────────────────────────────────────────────

PLACEHOLDERS = {
    "parentheses": "(" * 3000 + "year" + ")" * 3000,
    "a long sum": "year" + " + year" * 5000,
    "a sum over the bound": "year" + " + year" * (prose.MAX_TERMS + 2),
    "a constant of 5000 digits": "9" * 5000,
    "two constants": "9" * 4300 + " + " + "9" * 4300,
    "an infinite constant": "1e999",
    "a decimal": "year + 0.5",
    "a text added": "year + 'x'",
    "a flag": "true",
    "a flag added": "year + true",
    "nothing added": "none + year",
    "a flag taken away": "year - false",
}

PRINTED_UNGUARDED = {"a flag", "a flag added", "a flag taken away", "a decimal", "a sum over the bound"}


@pytest.mark.parametrize("name", PLACEHOLDERS)
@pytest.mark.parametrize("guarded", [True, False])
def test_a_placeholder_is_judged_before_it_is_filled(attacked, command, monkeypatch, name, guarded):
    folder = attacked(f'[prose]\nother = "{{{{ {PLACEHOLDERS[name]} }}}}"\n')
    if not guarded:
        monkeypatch.setattr(prose, "find_faults", lambda _text, _names: iter(()))
    result = command("build", "2024", "--to", "markdown", "--draft", cwd=folder)
    assert ("broken-placeholder" in result.output) is guarded
    if guarded:
        runs(command, folder)
    else:
        text = (folder / "build/2024.md").read_text("utf-8") if (folder / "build/2024.md").exists() else ""
        assert result.exit_code == 2 or name in PRINTED_UNGUARDED, text


@pytest.mark.no_attack
@pytest.mark.parametrize(
    "text", ["{{ year }}", "{{ year + 1 }}", '{{ "{" }}', "{{ requests.received.person - 2 + 3 }}", "{{ 12 }}"]
)
def test_honest_placeholders_stay(attacked, command, text):
    written = text.replace('"', '\\"')
    folder = attacked(facts=FACTS + f'[prose]\nother = "{written}"\n')
    assert "broken-placeholder" not in command("validate", "2024", cwd=folder).output


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────

VALUES = [
    "nan", "-nan", "inf", "-inf", "-0.0", "0e0", "0e99999999", "1e999999999", "1e-999999999", "1E400", "-1",
    "9" * 19, "9" * 400, "9" * 5000, "0x" + "f" * 40, "0o777", "0b1", "1_000", "0.00001", "true",
    "0001-01-01", "9999-12-31", "2024-02-29", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00+23:59", "07:32:00",
    "[]", "[[]]", "[1, 'a', {}]", "{}", "{ a = { b = [ { c = 1 } ] } }", "''", "' '",
    "'\\u0000'", '"\\u0000"', '"\\U0010ffff"',
    '"\\ud800"', "'''\n\n'''", "'x'", '"\\u202e"',
]  # fmt: skip
PLACES = {
    "the year": FACTS.replace("2024", "VALUE", 1),
    "the day of issue": FACTS.replace("2025-01-20", "VALUE"),
    "the agency": FACTS.replace('"某市某局"', "VALUE"),
    "a figure": FACTS.replace("person = 5", "person = VALUE", 1),
    "a row": FACTS.replace("{ person = 5 }", "VALUE", 1),
    "a table": "proactive = VALUE\n" + FACTS.replace("[proactive]\n", ""),
    "an edition": f"edition = VALUE\n{FACTS}",
    "a title": f"title = VALUE\n{FACTS}",
    "an own fact": f"{FACTS}[own]\nx = VALUE\n[prose]\nother = '{{{{ own.x }}}}{{{{ own.x + 1 }}}}'\n",
    "a fact": f"{FACTS}[facts]\nproblems = VALUE\n",
    "prose": f"{FACTS}[prose]\noverview = VALUE\n",
    "all prose": f"prose = VALUE\n{FACTS}",
    "headings": f"{FACTS}[headings]\noverview = VALUE\n",
    "acceptances": f"accept = VALUE\n{FACTS}",
    "an acceptance": f"{FACTS}[[accept]]\nrule = VALUE\nat = VALUE\nvalue = VALUE\nbecause = VALUE\n",
    "what is accepted": f'{FACTS}[[accept]]\nrule = "late"\nat = "published"\nvalue = VALUE\nbecause = "x"\n',
    "own facts": f"own = VALUE\n{FACTS}",
}


@pytest.mark.guard("test_a_value_that_is_raised_and_not_found_is_a_mistake_of_the_program")
@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_no_value_is_a_mistake_of_the_program(attacked, command, place):
    for at, value in enumerate(VALUES):
        folder = attacked(facts=PLACES[place].replace("VALUE", value), office=f"o{at}")
    every = (
        ["validate", "2024", "--all", "--jobs", "1"],
        ["build", "2024", "--all", "--to", "markdown", "--draft", "--jobs", "1"],
        ["export", "2024", "--all", "--jobs", "1"],
        ["fmt", "2024", "--all"],
    )
    runs(command, folder, every)


@pytest.mark.parametrize("place", PLACES)
def test_a_value_that_is_raised_and_not_found_is_a_mistake_of_the_program(attacked, command, monkeypatch, place):
    raise_findings(monkeypatch)
    folder = attacked(facts=PLACES[place].replace("VALUE", "9" * 5000))
    assert "自己出错" in command("validate", "2024", cwd=folder).output


WHOLE = {"0o777", "0b1", "1_000"}  # honest figures, as TOML may write them: nothing is wrong with these
NO_TEXT = '"\\ud800"'  # which the parser of TOML refuses, whatever is taken out
JUDGED = re.compile("title=(?:wrong-type|too-large|broken-toml)")


@pytest.fixture
def unjudged(monkeypatch):
    """Remove the guards: value types find no fault, and no value is too long."""
    monkeypatch.setattr(store, "limit_sizes", lambda read: read)
    monkeypatch.setattr(check, "_MAX_SECONDS", 4)  # else some go on for minutes
    kept = {name: value_type.find_fault for name, value_type in VALUE_TYPES.items()}
    for value_type in VALUE_TYPES.values():
        structs.force_setattr(value_type, "find_fault", lambda _value: "")
    yield
    for name, wrong in kept.items():
        structs.force_setattr(VALUE_TYPES[name], "find_fault", wrong)


@pytest.mark.guard(
    "test_a_value_that_nobody_judges_passes_for_a_figure_or_is_a_mistake_of_the_program",
)
@pytest.mark.parametrize("value", [value for value in VALUES if value not in WHOLE], ids=lambda value: value[:20])
def test_a_value_that_is_no_figure_is_judged(attacked, command, value):
    folder = attacked(facts=PLACES["a figure"].replace("VALUE", value))
    assert JUDGED.search(command("validate", "2024", "--format", "github", cwd=folder).output)


@pytest.mark.slow
@pytest.mark.usefixtures("unjudged")
@pytest.mark.parametrize("value", [value for value in VALUES if value not in WHOLE], ids=lambda value: value[:20])
def test_a_value_that_nobody_judges_passes_for_a_figure_or_is_a_mistake_of_the_program(attacked, command, value):
    folder = attacked(facts=PLACES["a figure"].replace("VALUE", value))
    said = command("validate", "2024", "--format", "github", cwd=folder).output
    assert bool(JUDGED.search(said)) is (value == NO_TEXT), said


@pytest.mark.no_attack
@pytest.mark.parametrize("value", ["-0.0", "-0", "0.0", "0"])
def test_zero_has_no_sign(value):
    number = Decimal(value)
    assert bool(VALUE_TYPES["money"].find_fault(number)) is value.startswith("-")


# ── folders ──────────────────────────────────────────────────────────────────────────────────────────────────

FOLDERS = [
    "a b", "'", '"', "%s", "{0}", "{x}", "[red]x[/red]", "a::error::b", "--help", "-x", "=1+1", "a,b", "a;b",
    "a$b", "`x`",     "a\nb", "a\tb", "\x1b[2J", "\x7f", "\u202e", "a" * 200,
    "CON", "nul.txt", "a.", "a ", " a", "2024", "*", "?", "[a]",
    "~", "%2e%2e", "＝1", "é", unicodedata.normalize("NFD", "é"), "𝒜", "a\\b", "<b>", "&amp;", "x.toml",
]  # fmt: skip


@pytest.mark.guard(
    unguarded="a name is a text to all that use it, with nothing to take out: what a terminal, a spreadsheet or a"
    " workflow makes of it has samples of its own, with their guards"
)
@pytest.mark.slow
@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_of_any_name_is_an_office_or_is_refused(attacked, command, name):
    folder = attacked(facts=FACTS)
    attacked(facts=FACTS, office="good")
    try:
        attacked(facts=FACTS, office=name)
    except (OSError, ValueError):
        pytest.skip("no such folder here")
    every = (
        ["validate", "2024", "--all", "--format", "junit"],
        ["validate", "2024", "--all", "--format", "sarif"],
        ["build", "2024", "--all", "--to", "markdown", "--draft"],
        ["export", "2024", "--all", "--to", "csv"],
        ["query", "select office from reports"],
        ["fmt", "2024", "--all"],
    )
    runs(command, folder, every)
    assert (folder / "build/good/2024.md").is_file()


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX alone")
def test_a_folder_whose_name_is_no_text_stops_no_other(attacked, command):
    folder = attacked(facts=FACTS)
    attacked(facts=FACTS, office="good")
    attacked(facts=FACTS, office=os.fsdecode(b"bad\xff\xfe"))
    every = (
        ["validate", "2024", "--all", "--format", "sarif"],
        ["validate", "2024", "--all", "--json"],
        ["export", "2024", "--all", "--to", "csv"],
        ["query", "select office from reports"],
        ["build", "2024", "--all", "--to", "markdown", "--draft"],
    )
    runs(command, folder, every)
    assert "good" in (folder / "build/export/figures.csv").read_text("utf-8")
    assert (folder / "build/good/2024.md").is_file()


# ── whatever TOML can hold ───────────────────────────────────────────────────────────────────────────────────

words = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    ["{{ year }}", "{{ own.x + 1 }}", "{% if %}", "=1+1", "\x1b[2J", "[x](y)", "```", "---\na: b\n---", "2019年", "5件"]
)
scalars = st.one_of(
    words,
    st.integers(),
    st.booleans(),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.just(-0.0),
    st.just(10**40),
)
trees = st.recursive(
    scalars, lambda below: st.lists(below, max_size=3) | st.dictionaries(words, below, max_size=3), max_leaves=8
)
ADDRESSES = [
    ("year",), ("edition",), ("title",), ("published",), ("agency",), ("agency", "name"), ("proactive",), ("requests",),
    ("requests", "received"), ("requests", "received", "person"), ("requests", "outcome", "granted"),
    ("own",), ("own", "x"),
    ("prose",), ("prose", "overview"), ("prose", "other"), ("headings",), ("facts",), ("facts", "problems"),
    ("accept",),
    ("review_litigation", "review", "total"),
]  # fmt: skip


def changed(tree, address, value):
    """Put a value into a tree at an address; what stands in the way gives way."""
    *above, last = address
    for key in above:
        below = tree.get(key)
        tree[key] = below if isinstance(below, dict) else {}
        tree = tree[key]
    tree[last] = value


@pytest.mark.slow
def test_no_tree_of_toml_is_a_mistake_of_the_program(tmp_path, command, seeds):
    honest = {
        "year": 2024, "agency": {"name": "某市某局"}, "proactive": {}, "requests": {"received": {"person": 5}},
        "review_litigation": {}, "own": {"x": 1}, "prose": {"overview": "{{ own.x }}"},
    }  # fmt: skip

    # Hypothesis keeps what it knows of every example of a search, so that a long one is made of short ones.
    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(st.tuples(st.sampled_from(ADDRESSES) | st.tuples(words), trees), min_size=1, max_size=4))
    def try_changes(changes):
        tree = {key: dict(value) if isinstance(value, dict) else value for key, value in honest.items()}
        for address, value in changes:
            changed(tree, address, value)
        runs(command, put(tmp_path, {"data/2024.toml": tomli_w.dumps(tree)}))

    for number in range(seeds("trees of TOML") // 50):
        seed(number)(try_changes)()
