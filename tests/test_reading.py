"""Files of our own come back by what they carry, for any kind of document; others by the `reading.toml` of a kind."""

import re
import shutil

import pytest
import toml_rs
from sheets import typed

from nianbao.build import outputs
from nianbao.export.excel_form.blank import make_form
from nianbao.export.excel_form.draft import FormRequest
from nianbao.importer import pipeline
from nianbao.importer.recognition.labels import parse_label
from nianbao.importer.recognition.printed_values import may_be_value, read_value
from nianbao.model.facts import parse
from nianbao.model.finding import UserError
from nianbao.model.form import Form
from nianbao.model.loading.reading import load_reading
from nianbao.model.period import Period, parse_period
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store

FORMATS = ["html", "docx", "pdf"]
QUARTER = Period(2024, "Q3")
# Two tables whose rows have the same labels, in a language whose words have spaces, for a quarter of a year.
VISITS = {
    "kind.toml": """name      = "Visits"
version   = "1"
languages = ["en"]
look      = "gongwen"

[period]
unit = "quarter"
""",
    "editions/first.toml": """name     = "Visits"
title    = "{{ site.name }}: visits, {{ period }}"
author   = "{{ site.name }}"
template = "page.md.j2"

[[sections]]
id      = "visits"
heading = "I. Visits"
table   = "visits"

[[sections]]
id      = "costs"
heading = "II. Costs of the visits"
table   = "costs"

[[sections]]
id      = "outlook"
heading = "III. Outlook"
text    = "texts/outlook.md.j2"

[[tables]]
id    = "visits"
label = "Visits by days"

[[tables.blocks]]
corner  = "House"
columns = [{ id = "weekdays", label = "On weekdays" }, { id = "weekends", label = "At weekends" }]
rows    = [{ id = "north", label = "North" }, { id = "south", label = "South" }]

[[tables]]
id    = "costs"
label = "Costs by kinds"

[[tables.blocks]]
corner  = "House"
columns = [{ id = "staff", label = "Staff" }, { id = "other", label = "Other" }]
rows    = [{ id = "north", label = "North" }, { id = "south", label = "South" }]

[[facts]]
id       = "site.name"
label    = "site"
kind     = "text"
required = true

[[facts]]
id    = "site.hours"
label = "hours"
unit  = "hours"
""",
    "texts/outlook.md.j2": "The houses were open for {{ site.hours }} hours, and “will stay” - or so it is planned.\n",
    "page.md.j2": """---
title: {{ title|quoted }}
lang: en
---

{% for section in sections %}
# {{ section.heading }}

{{ section.body }}

{% endfor %}
Issued by {{ site.name }}.
""",
}
FACTS = """period  = "2024-Q3"
edition = "first"

[site]
name  = "Two Houses"
hours = 912

[visits]
north = { weekdays = 12, weekends = 3 }
south = { weekdays = 1, weekends = 23 }

[costs]
north = { staff = 4000, other = 120 }
south = { staff = 0, other = 7 }
"""


def write_kind(folder, name, files):
    for path, text in files.items():
        target = folder / "templates/kinds" / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


@pytest.fixture
def visits(tmp_path):
    """Return a repository with the kind above beside those that are shipped, and one report of it."""
    folder = tmp_path / "houses"
    write_kind(folder, "visits", VISITS)
    (folder / "data/visits").mkdir(parents=True)
    (folder / "data/visits/2024-Q3.toml").write_text(FACTS, encoding="utf-8")
    return folder


def build(folder, kind, period, formats=FORMATS):
    store = Store(folder).of_kind(kind)
    outputs.build_report(store, period, formats, draft=True)
    return {suffix: store.output(period, suffix) for suffix in formats}


def bring(folder, path, **wanted):
    return pipeline.read_report(Store(folder), str(path), pipeline.ImportOptions(dry_run=True, **wanted))


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_of_a_kind_without_reading_comes_back_by_its_facts(visits, suffix):
    file = build(visits, "visits", QUARTER, [suffix])[suffix]
    back = bring(visits, file)
    assert toml_rs.loads(back.text) == toml_rs.loads(FACTS)
    assert (back.period, back.office, back.lossless, back.clean) == (QUARTER, "Two Houses", True, True)
    assert back.target == visits / "data/visits/2024-Q3.toml"
    assert back.cell_counts["costs"]["read"] == 4
    assert back.figures["period"] == "2024-Q3"


def test_a_file_of_another_kind_goes_into_the_folder_of_its_office_and_kind(visits):
    file = build(visits, "visits", QUARTER, ["html"])["html"]
    back = bring(visits, file, folder_per_office=True)
    assert back.target == visits / "data/TwoHouses/visits/2024-Q3.toml"


@pytest.fixture(params=["us-foia 2024", "kpi 2024-Q3"])
def example(request, tmp_path):
    """Return a repository with the example of a kind that has a cover, contents and values of many types."""
    kind, period = request.param.split()
    target = tmp_path / f"data/{kind}/{period}.toml"
    target.parent.mkdir(parents=True)
    target.write_bytes((TEMPLATES / f"kinds/{kind}/example/{period}.toml").read_bytes())
    return tmp_path, kind, parse_period(period), target.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_example_in_english_comes_back_by_its_facts(example, suffix):
    folder, kind, period, text = example
    back = bring(folder, build(folder, kind, period, [suffix])[suffix])
    assert toml_rs.loads(back.text) == toml_rs.loads(text)
    assert (back.period, back.lossless, back.clean) == (period, True, True)


def test_an_edited_cover_and_edited_contents_are_found(tmp_path):
    (tmp_path / "data/kpi").mkdir(parents=True)
    shutil.copy(TEMPLATES / "kinds/kpi/example/2024-Q3.toml", tmp_path / "data/kpi")
    file = build(tmp_path, "kpi", QUARTER, ["html"])["html"]
    page = file.read_text(encoding="utf-8")
    for right, wrong in (("Prepared by the Office", "Prepared by an Office"), (">Customers</a>", ">Clients</a>")):
        assert page.count(right) == 1
        file.write_text(page.replace(right, wrong), encoding="utf-8")
        with pytest.raises(UserError, match="它带着 kpi 的事实"):
            bring(tmp_path, file, trust=True)


def change_cells(page, old, new):
    """Change what two neighbouring cells print: the words of the page stay the same, cell borders do not."""
    changed = re.sub(
        rf"(<td[^>]*>){old[0]}(</td>\s*<td[^>]*>){old[1]}(</td>)", rf"\g<1>{new[0]}\g<2>{new[1]}\g<3>", page
    )
    assert changed != page
    return changed


@pytest.mark.parametrize(
    "edit",
    [
        lambda page: change_cells(page, (12, 3), (1, 23)),
        lambda page: change_cells(page, ("4,000", 120), ("4,000", 121)),
        lambda page: page.replace("for 912 hours", "for 913 hours"),
        lambda page: page.replace("III. Outlook", "III. Prospects"),
        lambda page: page.replace("Issued by", "Not issued by"),
        lambda page: page.replace("</body>", "<p>One line more.</p></body>"),
    ],
    ids=["cells", "figure", "word", "heading", "end", "more"],
)
def test_a_page_that_was_edited_is_not_taken_by_its_facts(visits, edit):
    file = build(visits, "visits", QUARTER, ["html"])["html"]
    head, script, page = re.split(
        r"(<script[^>]*id=\"facts\".*?</script>)", file.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    file.write_text(head + script + edit(page), encoding="utf-8")
    with pytest.raises(UserError) as error:
        bring(visits, file)
    assert "visits" in error.value.message
    assert "reading.toml" in error.value.fix


def test_facts_that_say_more_than_the_page_are_left_out(visits):
    file = build(visits, "visits", QUARTER, ["html"])["html"]
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('edition = "first"', 'edition = "first"\nunknown = 1', 1), encoding="utf-8")
    back = bring(visits, file)
    assert toml_rs.loads(back.text) == toml_rs.loads(FACTS)
    assert not back.lossless


def test_a_published_file_of_a_kind_without_reading_says_what_can_be_imported(visits):
    path = visits / "other.html"
    path.write_text("<h1>Visits</h1><p>There were many visits to the two houses.</p>", encoding="utf-8")
    with pytest.raises(UserError, match=r"reading\.toml") as error:
        bring(visits, path, kind="visits")
    assert "HTML" in error.value.fix


def test_an_unknown_kind_is_refused(visits):
    with pytest.raises(UserError, match="vists"):
        bring(visits, build(visits, "visits", QUARTER, ["html"])["html"], kind="vists")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_of_the_kind_with_reading_comes_back_to_the_same_facts(root, tmp_path, suffix):
    facts = (root / "data/2020.toml").read_text(encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/2020.toml").write_text(facts, encoding="utf-8")
    file = build(tmp_path, "cn-disclosure", Period(2020), [suffix])[suffix]
    back = bring(tmp_path, file, trust=True)
    carried = {key: value for key, value in toml_rs.loads(facts).items() if key != "accept"}
    assert toml_rs.loads(back.text) == {"edition": "2019"} | carried
    assert back.lossless


def test_an_excel_form_names_its_kind_and_period(visits):
    store = Store(visits).of_kind("visits")
    form = store.kind.form_in_force(QUARTER)
    path = visits / "form.xlsx"
    path.write_bytes(typed(make_form(FormRequest(form, QUARTER)), {"site.name": "Two Houses", "site.hours": 912}))
    back = bring(visits, path)
    assert back.period == QUARTER
    assert back.target == visits / "data/visits/2024-Q3.toml"
    facts = toml_rs.loads(back.text)
    assert (facts["period"], facts["site"]) == ("2024-Q3", {"name": "Two Houses", "hours": 912})
    assert "由" not in back.text  # its comments are in the language of the document
    with pytest.raises(UserError, match="visits"):
        bring(visits, path, kind="cn-disclosure")


def test_each_kind_that_can_be_read_is_tried_the_default_first(visits, root):
    (visits / "report.toml").write_text('kind = "visits"\n', encoding="utf-8")
    back = bring(visits, root / "tests/published/anshan-hrss-2020.txt")
    assert back.period == Period(2020)
    assert back.target == visits / "data/cn-disclosure/2020.toml"
    assert any("cn-disclosure" in note for note in back.notes)


# ── reading.toml ─────────────────────────────────────────────────────────────────────

ENGLISH = r"""
[ordinals.styles]
roman = '([IVX]+)\.'
digit = '(\d{1,2})\.(?!\d)'

[ordinals.numerals]
I = 1
V = 5
X = 10

[numbers]
nothing  = ["N/A", "–"]
units    = ["days"]
money    = { cents = 1, dollars = 100 }
decrease = ["minus"]
"""


def load(text):
    return load_reading([parse(text, "reading.toml")])


def test_words_and_signs_of_another_language_are_those_of_its_reading():
    reading = load(ENGLISH)
    form = Store(TEMPLATES.parent).kind.edition("2021")
    assert isinstance(form, Form)
    slot = next(slot for slot in form.slots.values() if slot.value_type.name == "count")
    change = next((slot for slot in form.slots.values() if slot.value_type.name == "change"), None)
    assert read_value("1,234 days", slot, reading).value == 1234
    assert read_value("1,234件", slot, reading).reason == "words"
    assert read_value("N/A", slot, reading).blank
    assert change is None or read_value("minus 3", change, reading).value == -3
    assert may_be_value("12 days", reading)
    assert not may_be_value("无", reading)
    label = parse_label("X. Backlog (all)", reading)
    assert (label.ordinal, label.core) == (("roman", 10), "Backlog")
    assert parse_label("一、总体情况", reading).ordinal is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("simplify = 1\n", 1),
        ("[ordinals.styles]\nplain = '(['\n", 2),
        ("[ordinals.styles]\nplain = '[IVX]+'\n", 2),
        ("[dates]\nyears = ['x', '(20']\n", 2),
        ('[texts]\nbrackets = ["()", "(("]\nno_name = "["\n', 3),
        ('[texts]\nbrackets = ["("]\n', 2),
        ("[numbers]\nmony = {}\n", 2),
        ('[numbers]\nmoney = { "元" = "1" }\n', 2),
    ],
)
def test_a_mistake_in_reading_toml_has_its_place(text, line):
    with pytest.raises(UserError, match=rf"^reading\.toml:{line}:\d+: "):
        load(text)


def test_every_key_of_the_shipped_reading_is_of_its_schema():
    jsonschema = pytest.importorskip("jsonschema")
    from nianbao.workspace.template_schema import make_schema  # noqa: PLC0415  # with jsonschema only

    for path in (TEMPLATES / "kinds").glob("*/reading.toml"):
        jsonschema.validate(toml_rs.loads(path.read_text(encoding="utf-8")), make_schema("reading"))
