"""The language of a document: numbers, dates, lists, periods and durations are printed as it has them."""

import subprocess
import sys

import pytest
from mini_kinds import build, compose_summary, print_cells, read_report, write_kind

from nianbao.compose import document
from nianbao.workspace.store import Store

EXPECTED = {
    "en-us": {
        "{{ published }}": "January 15, 2025",
        "{{ agency.topics }}": "a, b, and c",
        "{{ service.desk.received }}": "1,200",
        "{{ service.desk.growth }}": "-12.5%",
        "{{ service.desk.cost }}": "$1,234.50",
        "{{ agency.open }}": "yes",
        "{{ agency.answer }}": "1 hour 30 minutes",
        "{{ service.web.waiting }}": "2 days",
        "{{ service.web.open }}": "N/A",
        "{{ year }}, {{ year + 1 }}, {{ year - 1 }}": "2024, 2025, 2023",
        "{{ agency.founded }}": "1998",
        "{{ published.day }}/{{ published.year }}": "15/2025",
        "{{ period }}": "2024",
        "{{ period_start }} to {{ period_end }}": "January 1, 2024 to December 31, 2024",
        "{{ published|date('MMMM y') }}": "January 2025",
        "{{ service.all.received }}": "1,500",
    },
    "zh-sheng": {
        "{{ published }}": "2025年1月15日",
        "{{ agency.topics }}": "a、b、c",
        "{{ service.desk.received }}": "1200",
        "{{ service.desk.growth }}": "-12.5%",
        "{{ agency.open }}": "是",
        "{{ agency.answer }}": "1小时30分钟",
        "{{ service.web.open }}": "",
        "{{ period }}": "2024年",
        "{{ published|date('y年M月') }}": "2025年1月",
    },
}


def plain(text):
    return document.markdown.to_plain_text(text)


@pytest.mark.parametrize(("kind", "template"), [(kind, one) for kind, many in EXPECTED.items() for one in many])
def test_values_are_printed_in_the_language_of_the_document(tmp_path, kind, template):
    store = write_kind(tmp_path, kind)
    assert plain(compose_summary(store, template)) == EXPECTED[kind][template]


def test_cells_are_printed_as_prose_is(tmp_path):
    (tmp_path / "en").mkdir()
    cells = print_cells(read_report(write_kind(tmp_path / "en", "en-us")))
    assert cells["service.desk.received"] == "1,200"
    assert cells["service.desk.cost"] == "$1,234.50"
    assert cells["service.web.oldest"] == "December 31, 2023"
    (tmp_path / "zh").mkdir()
    cells = print_cells(read_report(write_kind(tmp_path / "zh", "zh-sheng")))
    assert cells["service.desk.received"] == "1200"
    assert cells["service.desk.open"] == "是"
    assert not cells["service.web.open"]


def test_a_quarter_is_printed_and_named_by_its_days(tmp_path):
    store = write_kind(tmp_path, "en-us", period="quarter")
    said = compose_summary(store, "{{ period }}: {{ period_start }} to {{ period_end }}, {{ year }}", "2024-Q3")
    assert plain(said) == "Q3 2024: July 1, 2024 to September 30, 2024, 2024"


def test_a_url_is_a_link_in_prose_and_plain_in_a_title(tmp_path):
    store = write_kind(tmp_path, "en-us")
    done = build(store, ["html"])
    assert done
    said = compose_summary(store, "See {{ agency.site }}.")
    assert said == r"See [https\:\/\/example\.org\/a\_b](<https://example.org/a_b>)."


def test_a_built_page_links_and_prints_in_its_language(tmp_path):
    store = write_kind(tmp_path, "en-us", summary="See {{ agency.site }}, {{ published }}.")
    build(store, ["html"])
    page = (tmp_path / "build/2024.html").read_text("utf-8")
    assert 'href="https://example.org/a_b"' in page
    assert "January 15, 2025" in page
    assert "Summary of 2024" in page


def test_a_chinese_document_needs_no_babel(tmp_path):
    write_kind(tmp_path, "zh-sheng")
    code = (
        "import sys; from nianbao.workspace.store import Store; from nianbao.checks import check\n"
        "from nianbao.model.period import Period; import pathlib\n"
        f"store = Store(pathlib.Path({str(tmp_path)!r})); check.check_report(store, Period(2024))\n"
        "print('babel.dates' in sys.modules)"
    )
    # A currency is checked against Babel's list: an edition without one imports none of it.
    edition = tmp_path / "templates/kinds/zh-sheng/editions/first.toml"
    edition.write_text(edition.read_text("utf-8").replace('type = "currency", currency = "USD"', 'type = "money"'))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # ours
    assert done.stdout.strip() == "False"


def test_a_unit_stands_behind_a_label_once(root):
    locale = Store(root).kind.edition("2021").locale
    assert locale.add_unit("总计", "件") == "总计（件）"
    assert locale.add_unit("总计", "") == "总计"
    assert locale.add_unit("本年收费金额（单位：万元）", "万元") == "本年收费金额（单位：万元）"
