"""Tools for authors of kinds: where kinds are found, and how one is made, described, packed and added."""

import base64
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
import toml_rs
import tomli_w
from typer.testing import CliRunner

from nianbao.checks.check import check_report
from nianbao.cli.app import load_app
from nianbao.cli.commands import kind as command
from nianbao.kinds.check import check_kind
from nianbao.kinds.docs import describe_kind
from nianbao.kinds.examples import find_examples
from nianbao.kinds.samples import find_period, make_value
from nianbao.kinds.scaffold import KindPlan, create_kind, make_table_id
from nianbao.model.finding import UserError
from nianbao.model.period import Calendar
from nianbao.model.rule_page import split_page
from nianbao.model.value_types import VALUE_TYPES, ValueTypeName
from nianbao.workspace.locales import use_language
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store
from nianbao.workspace.template_files import read_locale

UNITS = ["year", "half-year", "quarter", "month", "event"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run `report` in an empty folder: `run("kind list")` gives its exit code, its output and its errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()

    def invoke(words, text=None):
        done = CliRunner().invoke(load_app(), words.split() if isinstance(words, str) else words, input=text)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return SimpleNamespace(code=done.exit_code, out=done.stdout, err=done.stderr)

    return invoke


@pytest.fixture
def strict(monkeypatch):
    """Trust nothing, as a person's machine does."""
    monkeypatch.delenv("NIANBAO_TRUST")


def make(folder, id_="minutes", unit="year", language="en"):
    plan = KindPlan(id_, "Minutes", language, unit, "plain", "Requests received")
    return create_kind(Store(folder), plan, Calendar(unit).find_ended(date(2025, 3, 1)))


def listed(run, words="kind list --json"):
    return {one["id"]: one for one in json.loads(run(words).out)["kinds"]}


# ── a new kind ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("unit", UNITS)
def test_a_new_kind_has_no_mistake_and_gives_every_file(run, tmp_path, unit, language):
    made = make(tmp_path, unit=unit, language=language)
    assert check_kind(Store.open(tmp_path), "minutes") == []
    assert run(f"new --kind minutes {made.period}").code == 0
    assert run(f"build minutes {made.period}").code == 0
    built = {path.suffix for path in (tmp_path / "build/minutes").glob(f"{made.period}.*")}
    assert built == {".html", ".docx", ".pdf"}


CLOCKS = [date(2026, 1, 1), date(2026, 11, 27), date(2026, 12, 31), date(2024, 2, 29)]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("today", CLOCKS, ids=str)
def test_the_example_of_a_new_kind_is_complete_on_any_day(tmp_path, monkeypatch, unit, today):
    monkeypatch.chdir(tmp_path)
    plan = KindPlan("minutes", "Minutes", "en", unit, "plain", "Requests received")
    create_kind(Store(tmp_path), plan, today=today)
    store = Store.open(tmp_path)
    (example,) = find_examples(store, store.find_kind("minutes"))
    for day in (today - timedelta(days=1), today, today + timedelta(days=400)):  # elsewhere it may be the day before
        result = check_report(example.store, example.period, today=day)
        assert result.report.values["published"] <= day
        assert [one.message for one in result.findings if one.rule != "no-last-year"] == []


def test_the_example_of_a_period_that_is_still_going_on_has_no_day_of_issue(run, tmp_path):
    assert run("kind new minutes --language en --period month --first 2098-12").code == 0
    assert "published" not in (tmp_path / "templates/kinds/minutes/example/2098-12.toml").read_text("utf-8")
    assert run("kind check minutes").code == 0


@pytest.mark.parametrize("type_", get_args(ValueTypeName))
def test_a_required_fact_of_any_type_is_no_mistake(tmp_path, monkeypatch, type_):
    monkeypatch.chdir(tmp_path)
    made = make(tmp_path)
    top = tmp_path / "templates/kinds/minutes"
    more = {"choice": 'choices = ["good"]', "currency": 'currency = "USD"'}.get(type_, "")
    fact = f'\n[[facts]]\nid = "facts.asked"\nlabel = "Asked"\ntype = "{type_}"\nrequired = true\n{more}\n'
    edition = next(top.glob("editions/*.toml"))
    edition.write_text(edition.read_text(encoding="utf-8") + fact, encoding="utf-8")
    text = top / "texts/overview.md.j2"
    text.write_text(text.read_text(encoding="utf-8") + "{{ facts.asked }}\n", encoding="utf-8")
    form = Store.open(tmp_path).of_kind("minutes").kind.edition(edition.stem)
    value = make_value(form, "facts.asked", find_period(form))
    example = top / f"example/{made.period}.toml"
    line = tomli_w.dumps({"asked": value})
    example.write_text(example.read_text(encoding="utf-8").replace("[facts]\n", f"[facts]\n{line}"), encoding="utf-8")
    assert check_kind(Store.open(tmp_path), "minutes", render=False) == []


def test_a_new_kind_is_trusted_where_the_rest_is(run, tmp_path, strict):  # noqa: ARG001  # a fixture
    assert run(["kind", "new", "minutes", "--language", "en", "--table", "Requests"]).code == 0
    assert run("kind check minutes").code == 0
    (tmp_path / "templates/kinds/minutes/page.md.j2").write_text("{{ section }}", encoding="utf-8")
    assert "report trust" in run("kind check minutes").err
    assert run("kind new letters").code == 2  # what is there is not trusted, and stays so
    assert not (tmp_path / "templates/kinds/letters").exists()


@pytest.mark.parametrize(
    ("language", "base", "said"),
    [
        ("fr", "en", {"12 mai 2024", "1\u202f234,5"}),
        ("de-CH", "en", {"12. Mai 2024", "1’234.5"}),
        ("zh-TW", "zh-CN", {"2024年5月12日", "1,234.5"}),
    ],
)
@pytest.mark.usefixtures("strict")
def test_a_language_without_a_file_gets_one(run, tmp_path, language, base, said):
    done = run(f"kind new minutes --language {language}")
    assert done.code == 0
    assert f"templates/locales/{language}.toml" in done.out
    assert run("kind check minutes").code == 0  # the new files need no word of trust
    file = toml_rs.loads((tmp_path / f"templates/locales/{language}.toml").read_text(encoding="utf-8"))
    assert file["base"] == base
    locale = read_locale(language, Store.open(tmp_path).template_folders)
    assert {locale.format_date(date(2024, 5, 12)), locale.format_number(Decimal("1234.5"))} == said


@pytest.mark.parametrize("language", ["eng", "english", "en", "en-US"])
def test_a_language_that_has_a_file_or_is_none_gets_none(run, tmp_path, language):
    run(f"kind new minutes --language {language}")
    assert not (tmp_path / "templates/locales").exists()


def test_a_chinese_kind_has_the_look_of_official_documents(run, tmp_path):
    for language, look in (("zh-CN", "gongwen"), ("en", "plain")):
        assert run(f"kind new {look} --language {language}").code == 0
        kind = toml_rs.loads((tmp_path / f"templates/kinds/{look}/kind.toml").read_text(encoding="utf-8"))
        assert kind["look"] == look


@pytest.mark.parametrize(
    "words",
    [
        "minutes",
        "cn-disclosure",
        "Minutes",
        "../x",
        "new --look plian",
        "new --language xx",
        "new --period week",
        "new --first x",
    ],
)
def test_a_kind_that_cannot_be_made_is_refused_and_writes_nothing(run, tmp_path, words):
    make(tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "templates").rglob("*") if path.is_file()}
    done = run(f"kind new {words}")
    assert done.code == 2
    assert done.err
    assert {path: path.read_bytes() for path in (tmp_path / "templates").rglob("*") if path.is_file()} == before


def test_in_a_terminal_it_asks_what_is_not_given(run, tmp_path, monkeypatch):
    terminal = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(command, "sys", terminal)
    done = run("kind new minutes --language en", "Yearly Minutes\nquarter\nletter\nLetters\n")
    assert done.code == 0
    kind = toml_rs.loads((tmp_path / "templates/kinds/minutes/kind.toml").read_text(encoding="utf-8"))
    assert (kind["name"], kind["period"]["unit"], kind["look"]) == ("Yearly Minutes", "quarter", "letter")


def test_a_new_data_file_names_a_section_that_only_a_person_writes(run, tmp_path):
    made = make(tmp_path)
    edition = next((tmp_path / "templates/kinds/minutes/editions").glob("*.toml"))
    text = edition.read_text(encoding="utf-8").replace(
        "# ── Tables", '[[sections]]\nid = "outlook"\nheading = "Outlook"\n\n#'
    )
    edition.write_text(text, encoding="utf-8")
    assert run(f"new --kind minutes {made.period}").code == 0
    written = (tmp_path / f"data/minutes/{made.period}.toml").read_text(encoding="utf-8")
    assert '# outlook = """\n# """\n' in written
    assert run(f"validate minutes {made.period}").code == 1  # it is empty
    filled = written.replace("# [prose]", "[prose]").replace('# outlook = """\n# """', 'outlook = "Soon."')
    (tmp_path / f"data/minutes/{made.period}.toml").write_text(filled, encoding="utf-8")
    assert run(f"validate minutes {made.period}").code == 0


ON_PAPER = """
[[facts]]
id      = "facts.way"
label   = "Way"
type    = "choice"
choices = ["web", "paper"]

[[conditions]]
id    = "web"
label = "Only on the web"
fact  = "facts.way"
is    = ["web"]
"""


@pytest.mark.parametrize(
    ("change", "rules"), [(("", ""), set()), (("written = 9", "written = 8"), {"does-not-balance"})]
)
def test_a_column_that_does_not_apply_counts_nothing_in_a_total(run, tmp_path, change, rules):
    made = make(tmp_path)
    top = tmp_path / "templates/kinds/minutes"
    edition = next(top.glob("editions/*.toml"))
    text = edition.read_text(encoding="utf-8").replace('label = "Online"', 'label = "Online", when = "web"')
    edition.write_text(text + ON_PAPER, encoding="utf-8")
    example = (top / f"example/{made.period}.toml").read_text(encoding="utf-8")
    data = re.sub(r", online = \d+", "", example).replace("staff = 3", 'staff = 3\nway = "paper"').replace(*change)
    (tmp_path / "data/minutes").mkdir()
    (tmp_path / f"data/minutes/{made.period}.toml").write_text(data, encoding="utf-8")
    done = run(f"validate minutes {made.period} --json")
    assert "failed" not in done.err
    (report,) = json.loads(done.out)["reports"]
    assert {one["rule"] for one in report["findings"] if one["level"] == "error"} == rules
    written = run(f"build minutes {made.period}").code
    assert written == (1 if rules else 0)
    fixed = data.replace("written = 9 }", "written = 9, total = 9, online = 0 }")
    (tmp_path / f"data/minutes/{made.period}.toml").write_text(fixed, encoding="utf-8")
    assert run(f"fmt --fix minutes {made.period}").code == 0


def test_a_table_gets_an_id_that_an_address_can_have():
    assert make_table_id("Requests received") == "requests_received"
    assert make_table_id("Prêts à l’étranger") == "prets_a_l_etranger"
    assert [make_table_id(label) for label in ("来件", "2024", "Facts", "—")] == ["figures"] * 4


def test_names_with_signs_are_written_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    create_kind(Store(tmp_path), KindPlan("odd", 'A "B" \\ $name', "en", "year", "plain", 'C "D"'))
    assert check_kind(Store.open(tmp_path), "odd", render=False) == []
    with pytest.raises(UserError):
        create_kind(Store(tmp_path), KindPlan("odd2", "A\nB", "en", "year", "plain", "C"))


SHIPPED = sorted(path.parent.name for path in TEMPLATES.glob("kinds/*/kind.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_kind_has_no_mistake(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert [str(one) for one in check_kind(Store(tmp_path), name)] == []


def test_each_example_of_a_shipped_kind_is_listed_with_what_it_gives(tmp_path):
    store = Store(tmp_path)
    for name in SHIPPED:
        examples = find_examples(store, store.find_kind(name))
        assert examples, name
        assert [one.path for one in examples if not one.expected] == [], name


OF_EACH_TYPE = [
    'type = "choice"\nchoices = ["open", "closed"]',
    'type = "currency"\ncurrency = "USD"',
    *(f'type = "{name}"' for name in VALUE_TYPES),
    'type = "decimal"',
    'type = "percent"',
]


def test_rules_are_judged_and_templates_filled_with_a_value_of_each_type(run, tmp_path):
    make(tmp_path)
    kind = tmp_path / "templates/kinds/minutes"
    facts = "".join(
        f'\n[[facts]]\nid = "all.v{number}"\nlabel = "Value {number}"\nrequired = true\n{words}\n'
        for number, words in enumerate(OF_EACH_TYPE)
    )
    edition = next(kind.glob("editions/*.toml"))
    edition.write_text(edition.read_text(encoding="utf-8") + facts, encoding="utf-8")
    text = kind / "texts/overview.md.j2"
    printed = "".join(f"\n{{{{ all.v{number} }}}}\n" for number in range(len(OF_EACH_TYPE)))
    text.write_text(text.read_text(encoding="utf-8") + printed, encoding="utf-8")
    for example in kind.glob("example/*.toml"):
        example.unlink()
    assert [str(one) for one in check_kind(Store.open(tmp_path), "minutes")] == []
    assert run("kind check minutes").code == 0


def test_a_broken_kind_does_not_keep_others_from_being_checked(run, tmp_path):
    make(tmp_path)
    make(tmp_path, "letters")
    settings = tmp_path / "templates/kinds/letters/kind.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("version", "versoin"), encoding="utf-8")
    page = tmp_path / "templates/kinds/minutes/page.md.j2"
    page.write_text(page.read_text(encoding="utf-8").replace("section.body", "section.boddy"), encoding="utf-8")
    done = run("kind check")
    assert done.code == 1
    assert "templates/kinds/letters/kind.toml:4:1" in done.out
    assert "templates/kinds/minutes/page.md.j2:13:" in done.out


def test_a_page_says_what_a_rule_finds_in_the_language_of_the_reader(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    make(tmp_path)
    rule = tmp_path / "templates/kinds/minutes/rules/does-not-balance"
    count = len([part for part in split_page(rule.with_suffix(".md").read_text("utf-8")) if part[0] not in " +"])
    rule.with_suffix(".zh.md").write_text("\n\n".join(["四个数不平衡。", *["说明。"] * (count - 1)]), encoding="utf-8")
    pages = {}
    for language in ("en", "zh"):
        use_language(language)
        pages[language] = describe_kind(Store.open(tmp_path).find_kind("minutes"), "templates")
    assert "四个数不平衡。" in pages["zh"]
    assert "四个数不平衡。" not in pages["en"]


@pytest.mark.parametrize("words", ["trust", "kind check minutes", "kind list", "kind add templates/kinds/minutes/x"])
def test_a_link_to_itself_is_said_with_its_name(run, tmp_path, words):
    make(tmp_path)
    top = tmp_path / "templates/kinds/minutes"
    (top / "texts/loop.md.j2").symlink_to("loop.md.j2")
    (top / "x").symlink_to("x")
    done = run(words)
    assert done.code == 2
    assert "loop.md.j2" in done.err or "minutes/x" in done.err


SHAPES = {
    "a table": "return { Str = up }",
    "a list of tables": "return { { Str = up }, { Str = function(s) return pandoc.Str('<' .. s.text .. '>') end } }",
    "global functions": "function Str(s) return up(s) end",
    "a function of the page": "function Pandoc(doc) return doc:walk { Str = up } end",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_filter_of_a_format_has_any_shape_that_pandoc_takes(run, tmp_path, shape):
    made = make(tmp_path)
    assert run(f"new --kind minutes {made.period}").code == 0
    folder = tmp_path / "templates/formats/txt"
    folder.mkdir(parents=True)
    (folder / "format.toml").write_text('writer = "plain"\nfilter = "filter.lua"\n', encoding="utf-8")
    up = "local function up(s) return pandoc.Str(s.text:upper()) end\n"
    up += "assert(not io and not package and not os.execute)\n"
    (folder / "filter.lua").write_text(up + SHAPES[shape] + "\n", encoding="utf-8")
    done = run(f"build minutes {made.period} --to txt --draft")
    text = (tmp_path / f"build/minutes/{made.period}.txt").read_text(encoding="utf-8")
    assert "PENDING" in text, done.err
    assert "Pending" not in text
    assert ("<PENDING>" in text) == (shape == "a list of tables")


def test_lua_of_a_format_that_fails_is_said_with_its_place_and_without_a_trace(run, tmp_path):
    made = make(tmp_path)
    assert run(f"new --kind minutes {made.period}").code == 0
    folder = tmp_path / "templates/formats/txt"
    folder.mkdir(parents=True)
    (folder / "format.toml").write_text('writer = "plain"\nfilter = "filter.lua"\n', encoding="utf-8")
    (folder / "filter.lua").write_text("function Para(p)\n  return p.x.y\nend\n", encoding="utf-8")
    done = run(f"build minutes {made.period} --to txt --draft")
    assert done.code == 2
    assert "templates/formats/txt/filter.lua:2: " in done.err
    assert "traceback" not in done.err
    assert "doctor" not in done.err


def test_a_format_may_write_the_tables_of_forms_itself(run, tmp_path):
    shutil.copy(Path(__file__).parents[1] / "data/2020.toml", tmp_path / "data")
    folder = tmp_path / "templates/formats/txt"
    folder.mkdir(parents=True)
    (folder / "format.toml").write_text('writer = "html5"\nfilter = "filter.lua"\ntables = "html"\n', encoding="utf-8")
    words = "tbl.caption.text .. cells[1].text .. '=' .. cells[2].text .. '\\n'"
    filter_text = f"""return {{ FormTable = function(tbl)
  local rows = tbl.bodies[1].body
  local cells = rows[#rows].cells
  return {words}
end }}
"""
    (folder / "filter.lua").write_text(filter_text, encoding="utf-8")
    done = run("build 2020 --to txt")
    text = (tmp_path / "build/2020.txt").read_text(encoding="utf-8")
    assert "主动公开政府信息情况规范性文件=27\n" in text, done.err
    (folder / "filter.lua").write_text(filter_text.replace("cells[2]", "cells[99]"), encoding="utf-8")
    assert "templates/formats/txt/filter.lua:4: " in run("build 2020 --to txt").err
    (folder / "filter.lua").write_text("return { FormTables = function(tbl) return '' end }", encoding="utf-8")
    assert "no element is called FormTables" in run("build 2020 --to txt").err


# ── where kinds are found ────────────────────────────────────────────────────────────────────────────


def test_a_broken_kind_is_listed_with_its_first_error_and_others_go_on(run, tmp_path):
    make(tmp_path)
    make(tmp_path, "letters")
    settings = tmp_path / "templates/kinds/letters/kind.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("version", "versoin"), encoding="utf-8")
    kinds = listed(run)
    assert run("kind list").code == 1
    assert "templates/kinds/letters/kind.toml:4:1" in kinds["letters"]["error"]
    assert kinds["minutes"]["error"] == ""
    assert kinds["cn-disclosure"]["error"] == ""
    assert listed(run, "doctor --json")["letters"] == kinds["letters"]
    assert "letters" in run("doctor").out
    made = run("new --kind minutes 2024")
    assert made.code == 0, made.err


@pytest.mark.parametrize("words", ["list", "list 2024", "doctor"])
def test_a_kind_that_cannot_be_read_does_not_keep_the_others_from_being_told(run, tmp_path, words):
    make(tmp_path)
    make(tmp_path, "letters")
    assert run("new --kind minutes 2024").code == 0
    settings = tmp_path / "templates/kinds/letters/kind.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + "x = \n", encoding="utf-8")
    done = run(words)
    assert done.code == (0 if words == "doctor" else 1)
    assert "templates/kinds/letters/kind.toml:12:4" in (done.out if words == "doctor" else done.err)
    assert ("minutes" if words == "doctor" else "2024") in done.out
    assert run("list letters").code == 2


@pytest.mark.parametrize("value", ['"gone"', "3"])
def test_a_default_kind_that_is_not_there_is_said_with_its_place(run, tmp_path, value):
    make(tmp_path)
    assert run("new --kind minutes 2024").code == 0
    (tmp_path / "report.toml").write_text(f"kind = {value}\n", encoding="utf-8")
    assert "report.toml:1:8" in run("validate").err
    done = run("doctor")
    assert (done.code, "report.toml:1:8" in done.err, "minutes" in done.out) == (0, True, True)
    if value == '"gone"':
        done = run("list")
        assert (done.code, "report.toml:1:8" in done.err, "2024" in done.out) == (1, True, True)


def test_files_of_a_kind_that_is_gone_are_not_taken_for_those_of_an_office(run, tmp_path):
    for unit in ("month", "year"):
        period = make(tmp_path, f"old-{unit}", unit=unit).period
        assert run(f"new --kind old-{unit} {period}").code == 0
        name = {"month": "2025-01.toml", "year": "2025.toml"}[unit]
        (tmp_path / f"data/old-{unit}/{period}.toml").rename(tmp_path / f"data/old-{unit}/{name}")
    shutil.rmtree(tmp_path / "templates")
    for words in (
        "validate old-month",
        "build old-month",
        "build old-month 2025-01",
        "validate data/old-month/2025-01.toml",
    ):
        done = run(words)
        assert done.code == 2
        assert "data/old-month/2025-01.toml" in done.err
        assert done.err.count("old-month") == 2, words  # the file, and the kind that is not there
    assert "data/old-month/2025-01.toml" in run("doctor").err
    listed = run("list --json")
    assert [one["office"] for one in json.loads(listed.out)["reports"]] == ["old-year"]
    assert "report kind add" in run("validate old-year").out  # nobody can tell whether it is an office
    data = tmp_path / "data/old-year/2025.toml"
    written = data.read_text(encoding="utf-8")
    data.write_text(re.sub(r"(?m)^edition.*\n", "", written), encoding="utf-8")
    assert data.read_text(encoding="utf-8") != written
    for words in ("validate old-year", "build old-year 2025"):
        done = run(words)
        assert done.code == 1
        assert "data/old-year/2025.toml:" in done.out
        assert "old-year 像是某个文种的，这里没有这个文种" in done.out
    # Offices of the same shape: one that has only begun, one with a slip of the pen, one that is registered.
    for content in (
        "year = 2025\n",
        "year = 2025\n[requets]\nreceived = { total = 3, a = 1, b = 2, c = 3 }\n",
        "year = 2025\n[agency]\nx = 1\n",
    ):
        data.write_text(content, encoding="utf-8")
        assert "像是某个文种的" not in run("validate old-year").out
    data.write_text(written, encoding="utf-8")
    (tmp_path / "data/offices.toml").write_text('[old-year]\nname = "An office"\n', encoding="utf-8")
    assert "像是某个文种的" not in run("validate old-year").out
    (tmp_path / "data/offices.toml").write_text('[old-month]\nname = "An office"\n', encoding="utf-8")
    assert "old-month" in run("list").out


def test_the_first_place_that_has_a_kind_counts(run, tmp_path, monkeypatch):
    program = listed(run)["us-foia"]
    assert (program["origin"], program["period"], program["languages"]) == ("nianbao", "year", ["en-US"])
    for place in ("shared", "site/nianbao_kind_us_foia"):
        folder = tmp_path / place / "kinds/us-foia"
        folder.mkdir(parents=True)
        (folder / "kind.toml").write_text('name = "X"\nversion = "2"\nlanguages = ["en"]\n', encoding="utf-8")
    entry_points(tmp_path / "site", "us_foia", "2")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert listed(run)["us-foia"]["origin"] == "nianbao-kind-us-foia 2"
    (tmp_path / "report.toml").write_text('templates = ["shared"]\n', encoding="utf-8")
    assert listed(run)["us-foia"]["origin"] == "shared"
    make(tmp_path)
    (tmp_path / "templates/kinds/us-foia").mkdir()
    (tmp_path / "templates/kinds/us-foia/kind.toml").write_bytes((folder / "kind.toml").read_bytes())
    assert listed(run)["us-foia"]["origin"] == "templates"
    assert run("validate").err  # report.toml has the key, and no data file is there


def entry_points(site, name, version, group="nianbao.kinds"):
    info = site / f"nianbao_kind_{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = nianbao_kind_{name}\n", encoding="utf-8")


def test_a_package_of_another_group_or_without_its_folder_is_no_kind(run, tmp_path, monkeypatch):
    (tmp_path / "site/nianbao_kind_other/kinds/other").mkdir(parents=True)
    (tmp_path / "site/nianbao_kind_other/kinds/other/kind.toml").touch()
    entry_points(tmp_path / "site", "other", "1", "console_scripts")
    entry_points(tmp_path / "site", "gone", "1")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert {"other", "gone"}.isdisjoint(listed(run))


@pytest.mark.parametrize(("value", "place"), [('["no"]', "report.toml:1:14"), ("3", "report.toml:1:13")])
def test_a_folder_that_is_not_there_is_said_with_its_place(run, tmp_path, value, place):
    (tmp_path / "report.toml").write_text(f"templates = {value}\n", encoding="utf-8")
    done = run("kind list")
    assert done.code == 2
    assert place in done.err


def test_an_added_folder_is_trusted_by_its_content(run, tmp_path, strict):  # noqa: ARG001  # a fixture
    make(tmp_path / "elsewhere")
    (tmp_path / "report.toml").write_text('templates = ["elsewhere/templates"]\n', encoding="utf-8")
    assert "report trust" in run("kind list").err
    assert run("trust").code == 0
    assert listed(run)["minutes"]["origin"] == "elsewhere/templates"
    assert "elsewhere/templates" in run("trust --list").out
    page = tmp_path / "elsewhere/templates/kinds/minutes/page.md.j2"
    page.write_text(page.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert "minutes/page.md.j2" in run("kind list").err
    assert run("trust").code == 0
    assert run("kind list").code == 0
    assert run("trust --remove").code == 0
    assert run("kind list").code == 2


def test_a_worker_gets_every_folder_of_templates_in_its_order(tmp_path, monkeypatch):
    dask_worker = pytest.importorskip("nianbao.build.dask_worker")
    monkeypatch.chdir(tmp_path)
    make(tmp_path)
    make(tmp_path / "elsewhere", "letters")
    (tmp_path / "report.toml").write_text('templates = ["elsewhere/templates"]\n', encoding="utf-8")
    store = Store.open(tmp_path)
    (tmp_path / "worker").mkdir()
    sent = dask_worker.read_templates(store)
    there = Store(tmp_path)
    there.use_folders(dask_worker.write_templates(sent, str(tmp_path / "worker")))
    assert [top.origin for top in there.template_folders] == ["own", "added", "program"]
    assert there.list_kinds() == store.list_kinds()
    page = there.find_kind("letters").template("page.md.j2")
    assert page == store.find_kind("letters").template("page.md.j2")  # its name for people, too


# ── to describe, pack and add a kind ─────────────────────────────────────────────────────────────────


def test_a_page_says_what_is_in_a_kind(run, tmp_path):
    make(tmp_path)
    page = run("--lang en kind docs minutes").out
    for words in (
        "Minutes",
        "`requests_received.received.written`",
        "`agency.name`",
        "`does-not-balance`",
        "`page.md.j2`",
    ):
        assert words in page
    assert "Total = Written + Online" in page.replace("\\", "")
    assert run("kind docs minutes --out docs/minutes.md").code == 0
    assert (tmp_path / "docs/minutes.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert "minutes.png" in (tmp_path / "docs/minutes.md").read_text(encoding="utf-8")
    assert run("kind docs").code == 2
    assert run("kind docs minutes --all").code == 2


def test_a_page_says_columns_of_lists_currencies_choices_and_codes(run, tmp_path):
    make(tmp_path)
    edition = next((tmp_path / "templates/kinds/minutes/editions").glob("*.toml"))
    more = """
[[axes]]
id    = "places"
codes = [{ id = "north", label = "North" }, { id = "south", label = "South" }]

[[tables]]
id     = "visits"
blocks = [{ columns = [{ id = "count", label = "Count" }], rows = [{ id = "place", label = "", each = "places" }] }]

[[lists]]
id      = "courses"
label   = "Courses"
columns = [
  { id = "cost", label = "Cost", type = "currency", currency = "EUR" },
  { id = "way", label = "Way", type = "choice", choices = ["online", "in person"] },
]
"""
    edition.write_text(edition.read_text(encoding="utf-8") + more, encoding="utf-8")
    page = run("kind docs minutes").out
    assert "| `courses.1.cost` | Courses 1 · Cost | currency | EUR |" in page
    assert "| choice: online、in person |" in page
    assert "| `visits.place.north.count` |" in page
    assert "| `places` |  | north (North)、south (South) |" in page


def test_what_to_do_about_a_missing_period_of_a_kind_names_the_kind(run, tmp_path):
    made = make(tmp_path)
    assert run(f"new --kind minutes {made.period}").code == 0
    done = run("--lang en validate minutes 2031")
    assert done.code == 2
    assert "report new 2031 --kind minutes" in done.err
    assert run("new 2031 --kind minutes").code == 0


def test_a_page_says_when_a_report_is_due_and_what_it_carries_over(run, tmp_path):
    make(tmp_path)
    edition = next((tmp_path / "templates/kinds/minutes/editions").glob("*.toml"))
    row = "requests_received.pending"
    more = f"""
due     = [{{ days = 10, basis = "Bylaw 7" }}, {{ month = 3, day = 1, author = "County" }}]
carries = {{ "{row}_start" = "{row}_end" }}

[[relations]]
rule  = "does-not-balance"
holds = "{row}_start.written = before.{row}_end.written"

[[sections]]"""
    text = edition.read_text(encoding="utf-8").replace("\n[[sections]]", more, 1)
    edition.write_text(text, encoding="utf-8")
    use_language("en")
    page = run("kind docs minutes").out
    use_language("zh")
    assert "- Due 10 days after the end of the period · Bylaw 7\n- Due on the next 03-01" in page
    assert f"- Carried over: `{row}_end` of the period before, into `{row}_start`" in page
    assert "Pending at the start · Written = " in page


def test_the_gallery_has_every_kind(run, tmp_path):
    assert run("kind docs --all --out docs/kinds.md").code == 0
    page = (tmp_path / "docs/kinds.md").read_text(encoding="utf-8")
    for name in listed(run):
        assert f"{name}.md" in page
        assert (tmp_path / f"docs/{name}.md").is_file()


def test_a_wheel_is_data_that_another_folder_can_use(run, tmp_path, monkeypatch):
    made = make(tmp_path)
    looks = tmp_path / "templates/looks"
    looks.mkdir()
    (looks / "own.toml").write_text('base = "plain"\n', encoding="utf-8")
    settings = tmp_path / "templates/kinds/minutes/kind.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"plain"', '"own"'), encoding="utf-8")
    assert run("kind pack minutes --out dist").code == 0
    (wheel,) = (tmp_path / "dist").iterdir()
    assert wheel.name == "nianbao_kind_minutes-0.1-py3-none-any.whl"
    first = wheel.read_bytes()
    assert run("kind pack minutes --out dist").code == 0
    assert wheel.read_bytes() == first
    with zipfile.ZipFile(wheel) as archive:
        record = {name: (digest, size) for name, digest, size in read_record(archive)}
        assert set(record) == set(archive.namelist())
        for name, (digest, _size) in record.items():
            if digest:
                expected = base64.urlsafe_b64encode(sha256(archive.read(name)).digest()).rstrip(b"=").decode()
                assert digest == f"sha256={expected}"
        assert "nianbao_kind_minutes/looks/own.toml" in record
        assert not [name for name in record if name.endswith(".py")]
        archive.extractall(tmp_path / "site")
    other = tmp_path / "other"
    (other / "data").mkdir(parents=True)
    monkeypatch.chdir(other)
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert listed(run)["minutes"]["origin"] == "nianbao-kind-minutes 0.1"
    assert run(f"new --kind minutes {made.period}").code == 0
    assert run(f"build minutes {made.period}").code == 0
    assert "nianbao_kind_minutes" not in sys.modules


def read_record(archive):
    name = next(name for name in archive.namelist() if name.endswith("/RECORD"))
    return csv.reader(io.StringIO(archive.read(name).decode()))


def test_a_kind_with_mistakes_or_a_version_of_no_package_is_not_packed(run, tmp_path):
    make(tmp_path)
    settings = tmp_path / "templates/kinds/minutes/kind.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('"plain"', '"plian"'), encoding="utf-8")
    assert run("kind pack minutes").code == 1
    settings.write_text(text.replace('"0.1"', '"first one"'), encoding="utf-8")
    done = run("kind pack minutes")
    assert done.code == 2
    assert "templates/kinds/minutes/kind.toml:4:13" in done.err
    assert not (tmp_path / "dist").exists()


def git(folder, *words):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_kind_is_added_from_a_folder_and_locked(run, tmp_path, strict):  # noqa: ARG001  # a fixture
    make(tmp_path / "author")
    source = "author/templates/kinds/minutes"
    done = run(["kind", "add", source])
    assert done.code == 0, done.err
    assert "report trust" in done.err
    lock = toml_rs.loads((tmp_path / "templates/kinds.lock.toml").read_text(encoding="utf-8"))
    assert lock["minutes"]["source"] == source
    assert len(lock["minutes"]["sha256"]) == 64
    assert run("kind list").code == 2  # a kind is code
    assert run("trust").code == 0
    assert run("kind check minutes").code == 0
    again = run(["kind", "add", source])
    assert again.code == 2
    assert "minutes" in again.err
    page = tmp_path / "templates/kinds/minutes/page.md.j2"
    page.write_text(page.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert run("trust").code == 0
    assert "minutes" in run("kind list").out.splitlines()[-1]  # it is no longer what was added


def test_a_kind_comes_with_its_looks_and_languages(run, tmp_path):
    author = tmp_path / "author/templates"
    make(tmp_path / "author")
    settings = author / "kinds/minutes/kind.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('"plain"', '"ours"').replace('["en"]', '["en", "fr"]'), encoding="utf-8")
    for name, content in {
        "looks/ours.toml": 'base = "wide"\n',
        "looks/wide.toml": 'base = "plain"\n',
        "looks/other.toml": 'base = "plain"\n',
        "locales/fr.toml": 'name = "Français"\nbase = "en"\n',
        "locales/en.toml": 'base = "en"\n',  # the program has one
    }.items():
        (author / name).parent.mkdir(exist_ok=True)
        (author / name).write_text(content, encoding="utf-8")
    assert run("kind add author/templates/kinds/minutes").code == 0
    added = {path.relative_to(tmp_path / "templates").as_posix() for path in (tmp_path / "templates/").glob("lo*/*")}
    assert added == {"looks/ours.toml", "looks/wide.toml", "locales/fr.toml"}
    assert run("kind check minutes").code == 0


def test_looks_beside_a_kind_are_not_read_through_a_link_out(run, tmp_path):
    author = tmp_path / "author/templates"
    make(tmp_path / "author")
    settings = author / "kinds/minutes/kind.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"plain"', '"secret"'), encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret.toml").write_text('base = "plain"\n', encoding="utf-8")
    (author / "looks").symlink_to(tmp_path / "elsewhere")
    assert run("kind add author/templates/kinds/minutes").code == 0
    assert not (tmp_path / "templates/looks").exists()


def test_a_kind_is_added_from_a_tag_of_git_with_its_commit(run, tmp_path):
    author = tmp_path / "author"
    make(author)
    git(author, "init", "--quiet")
    git(author, "add", "templates")
    git(author, "commit", "--quiet", "-m", "x")
    git(author, "tag", "v1.0")
    hook = author / ".git/hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n", encoding="utf-8")
    hook.chmod(0o755)
    done = run(["kind", "add", f"git+file://{author}@v1.0"])
    assert done.code == 0, done.err
    lock = toml_rs.loads((tmp_path / "templates/kinds.lock.toml").read_text(encoding="utf-8"))
    assert lock["minutes"]["commit"] == git(author, "rev-parse", "HEAD")
    assert run("kind check minutes").code == 0
    assert not (tmp_path / "ran").exists()
    wrong = run(["kind", "add", f"git+file://{author}@v2.0"])
    assert wrong.code == 2
    assert "v2.0" in wrong.err


@pytest.mark.parametrize(
    "source",
    [
        "nowhere",
        "git+file:///nowhere@v1",
        "git+ext::sh -c true@v1",
        "git+https://example.org/x.git",
        "git+file:///x@--upload-pack=sh",
        "git+http://example.org/x.git@v1",
    ],
)
def test_a_source_that_is_none_is_refused(run, tmp_path, source):
    done = run(["kind", "add", source])
    assert done.code == 2
    assert done.err
    assert not (tmp_path / "templates").exists()


def test_a_kind_of_a_newer_program_is_not_added(run, tmp_path):
    make(tmp_path / "author")
    settings = tmp_path / "author/templates/kinds/minutes/kind.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace(">=0.1", ">=99.0"), encoding="utf-8")
    done = run(["kind", "add", "author/templates/kinds/minutes"])
    assert done.code == 2
    assert "kind.toml:5:13" in done.err
    assert "99.0" in done.err
    assert not (tmp_path / "templates").exists()


def test_a_link_out_of_a_kind_is_not_followed(run, tmp_path):
    make(tmp_path / "author")
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="utf-8")
    (tmp_path / "author/templates/kinds/minutes/texts/more.md.j2").symlink_to(secret)
    assert run(["kind", "add", "author/templates/kinds/minutes"]).code == 2
    assert not (tmp_path / "templates").exists()


# ── the start of the program ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("words", ["--help", "validate 2020"])
def test_commands_that_must_start_fast_load_none_of_this(root, words):
    code = (
        "import sys; from nianbao.cli.app import load_app; load_app()(sys.argv[1:], standalone_mode=False);"
        "print([name for name in sys.modules if name.startswith('nianbao.kinds')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words.split()], cwd=root, capture_output=True, text=True, check=False,
        env=os.environ,
    )  # fmt: skip
    assert done.stdout.rstrip().endswith("[]"), done.stdout + done.stderr
