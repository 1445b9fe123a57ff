"""Templates that behave: filters, exact numbers, macros, tables in loops, headings that are templates."""

import pytest
from lxml import html
from mini_kinds import EDITION, build, compose_summary, read_report, write_kind

from nianbao.checks import check
from nianbao.compose import document
from nianbao.compose.templating import TemplateFillError, load_nothing, make_environment
from nianbao.model.period import Period
from nianbao.workspace.store import Store


@pytest.fixture
def english(tmp_path):
    return write_kind(tmp_path, "en-us")


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        ("{{ (service.desk.received / 7)|round(2) }}", "171.43"),
        ("{{ (1 / 8)|round(2) }}", "0.13"),  # half up, where Python's own rounding gives 0.12
        ("{{ (5 / 2)|round }}", "3"),
        ("{{ 1525 / 1000 }}", "1.525"),
        ("{{ 0.1 + 0.2 }}", "0.3"),
        ("{{ service.desk.received * 0.1 }}", "120.0"),
        ("{{ 1234567.891|number(1) }}", "1,234,567.9"),
        ("{{ 12.345|percent(1) }}", "12.3%"),
        ("{{ 1234.5|money('USD') }}", "$1,234.50"),
        ("{{ ['a', 'b']|list }}", "a and b"),
        ("{{ service.web.median|number(1) }}", "N/A"),
        ("{% if service.web.median is given %}x{% else %}none{% endif %}", "none"),
        ("{{ year / 2 }}", "1,012"),
    ],
)
def test_numbers_are_calculated_exactly_and_printed_by_filters(english, template, printed):
    assert document.markdown.to_plain_text(compose_summary(english, template)) == printed


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ 1 / 3 }}", "round"),
        ("{{ 1 / (year - 2024) }}", "0"),
        ("{{ agency.name / 2 }}", "Office"),
        ("{{ year|money('XXQ') }}", "XXQ"),
        ("{{ agency.name|date }}", "Office"),
    ],
)
def test_what_cannot_be_calculated_is_an_error_of_the_template_with_its_line(english, template, said):
    with pytest.raises(TemplateFillError, match=r"summary\.md\.j2:2") as error:
        compose_summary(english, f"\n{template}")
    assert said in str(error.value)


def test_a_text_is_compiled_once_and_prints_constants_as_each_locale_writes_them(root):
    locales = [Store(root).kind.read_locale(language) for language in ("en", "zh-CN")]
    environments = [make_environment(load_nothing, locale) for locale in locales]
    one, other = (environment.from_string("{{ ['a', 'b']|list }} {{ 1234 }}") for environment in environments)
    assert one.root_render_func.__code__ is other.root_render_func.__code__
    assert [one.render(), other.render()] == ["a and b 1,234", "a、b 1234"]


def test_what_a_macro_writes_is_not_escaped_twice(english):
    macro = "{% macro bold(x) %}**{{ x }}**{% endmacro %}"
    assert compose_summary(english, macro + "{{ bold(agency.name) }}") == r"**Office of \*Records\***"
    block = "{% set x %}**{{ agency.name }}**{% endset %}"
    twice = r"**Office of \*Records\*** **Office of \*Records\***"
    assert compose_summary(english, block + "{{ x }} {{ x|trim }}") == twice
    call = "{% macro twice() %}{{ caller() }} {{ caller() }}{% endmacro %}{% call twice() %}*a*{% endcall %}"
    assert compose_summary(english, call) == "*a* *a*"


def test_a_value_joined_to_a_macros_text_stays_a_value(english):
    macro = "{% macro bold(x) %}**{{ x }}**{% endmacro %}"
    assert r"\*Records\*" in compose_summary(english, macro + "{{ bold('a') ~ agency.name }}")


def test_rows_of_a_table_make_a_pipe_table(tmp_path):
    summary = (
        "| Row | Received | Median |\n|---|---|---|\n"
        "{% for row in tables.service.rows %}\n"
        "| {{ row.label }} | {{ row.received }} | {{ row['median'] }} |\n"
        "{% endfor %}\n\nEnd.\n"
    )
    store = write_kind(tmp_path, "en-us", summary=summary)
    build(store, ["html"])
    page = html.fromstring((tmp_path / "build/2024.html").read_bytes())
    rows = [[cell.text_content() for cell in row] for row in page.xpath("(//table)[1]//tbody/tr")]
    assert rows == [["Desk", "1,200", "2.5"], ["Web", "300", "N/A"], ["All", "1,500", "N/A"]]


def test_columns_of_a_table_can_be_gone_through(english):
    summary = "{% for c in tables.service.columns if c.id in ['received', 'open'] %}{{ c.label }} {% endfor %}"
    assert compose_summary(english, summary) == "Received Open"
    loop = "{% for row in tables.service.rows %}{{ row.id }}={{ row[tables.service.columns[0].id] }};{% endfor %}"
    assert document.markdown.to_plain_text(compose_summary(english, loop)) == "desk=1,200;web=300;all=1,500;"


def test_a_kind_may_keep_the_empty_lines_of_its_blocks(tmp_path):
    store = write_kind(tmp_path, "en-us", settings="trim_blocks = false")
    assert compose_summary(store, "a\n{% if year %}\nb\n{% endif %}\nc") == "a\n\nb\n\nc"


def test_a_heading_is_a_template(english):
    report = read_report(english)
    assert document.compose_heading(report, "summary") == "Summary of 2024"
    assert document.compose_heading(report, "service") == "Service"


def test_a_heading_of_the_form_with_a_mistake_is_an_error(tmp_path):
    store = write_kind(tmp_path, "en-us", edition=EDITION.replace("{{ period }}", "{{ perod }}"))
    with pytest.raises(TemplateFillError, match="perod"):
        document.compose_heading(read_report(store), "summary")


@pytest.mark.parametrize(
    ("heading", "printed", "rule"),
    [
        ("In {{ year }} *all*", "In 2024 *all*", None),
        ("{{ yaer }}", "{{ yaer }}", "undefined-fact"),
        ("{% if year %}x{% endif %}", "{% if year %}x{% endif %}", "broken-placeholder"),
        ("{{ tables.service.rows }}", "{{ tables.service.rows }}", "undefined-fact"),
        ("{{ year", "{{ year", "broken-placeholder"),
    ],
)
def test_a_heading_of_a_data_file_may_name_facts_and_nothing_else(english, heading, printed, rule):
    path = english.root / "data/2024.toml"
    path.write_text(f"{path.read_text('utf-8')}\n[headings]\nsummary = '{heading}'\n", encoding="utf-8")
    assert document.compose_heading(read_report(english), "summary") == printed
    found = [one for one in check.check_report(english, Period(2024)).findings if one.rule == rule]
    assert [one.address for one in found] == (["headings.summary"] if rule else [])


def test_what_a_heading_is_filled_with_is_escaped_in_the_page(english):
    path = english.root / "data/2024.toml"
    heading = "[all](javascript:a) of {{ agency.name }}"
    path.write_text(f"{path.read_text('utf-8')}\n[headings]\nsummary = '{heading}'\n", encoding="utf-8")
    page = document.make_page(document.compose(read_report(english), english.kind.template)).text
    assert r"# \[all\]\(javascript\:a\) of Office of \*Records\*" in page


def test_the_title_of_a_report_is_escaped_where_a_template_writes_it(english):
    assert compose_summary(english, "{{ title }}") == r"Office of \*Records\* 2024"
