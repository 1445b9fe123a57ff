"""The JSON Schema of data files: editors find the same errors as the program."""

import datetime as dt
import json
import re
import subprocess
import sysconfig
from pathlib import Path

import jsonschema
import pages
import pytest
import toml_rs
from cases import KIND

from nianbao.datafiles import json_schema, scaffold
from nianbao.model.file_names import PORTABLE_PATTERN, is_portable
from nianbao.model.period import Period
from nianbao.model.value_types import VALUE_TYPES
from nianbao.workspace import template_schema
from nianbao.workspace.locales import use_language
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store

ROOT = Path(__file__).parent.parent
EDITIONS = {"2019": 2020, "2021": 2021}


def validator(edition):
    schema = json_schema.make_schema(Store(ROOT).kind.edition(edition))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())


def to_json(value):
    """Return values as JSON has them; dates become texts, as in editors."""
    if isinstance(value, dict):
        return {key: to_json(inner) for key, inner in value.items()}
    return value.isoformat() if isinstance(value, dt.date) else value


def list_errors(edition, text):
    return [error.message for error in validator(edition).iter_errors(to_json(toml_rs.loads(text)))]


@pytest.fixture
def taplo():
    """Check a file as Even Better TOML does, by the schema that its first line names."""
    program = Path(sysconfig.get_path("scripts")) / "taplo"

    def lint(path):
        return subprocess.run(
            [program, "lint", "--no-auto-config", path], capture_output=True, text=True, check=False, timeout=600
        )

    return lint


def test_the_shipped_data_is_valid():
    assert list_errors("2019", (ROOT / "data/2020.toml").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_new_data_file_is_valid(edition):
    assert (
        list_errors(edition, scaffold.format_new_file(Store(ROOT).kind.edition(edition), Period(EDITIONS[edition])))
        == []
    )


BAD = {
    "unknown key": ("person = 1, total = 1", "persn = 1, total = 1", "'persn' was unexpected"),
    "negative count": ("carried_in      = { total = 0 }", "carried_in = { total = -1 }", "-1 is less than the minimum"),
    "count that is no integer": ("meetings         = 12", "meetings = 12.5", "12.5 is not of type 'integer'"),
    "share over 100": ("answer_rate      = 100", "answer_rate = 101", "101 is greater than the maximum"),
    "text that is a number": ('open_day         = "5·15政务公开日"', "open_day = 515", "515 is not of type 'string'"),
    "empty text": ('short = "市人社局"', 'short = " "', "does not match"),
    "another edition": ('edition   = "2019"', 'edition = "2021"', "'2019' was expected"),
    "no such day": ("published = 2021-01-28", 'published = "2021-02-30"', "is not a 'date'"),
    "missing table": ("[requests]", "[own.requests]", "'requests' is a required property"),
    "missing fact": ('name  = "鞍山市人力资源和社会保障局"', "", "'name' is a required property"),
    "own fact without a name": ("hotline_cases   = 3133", '"a b" = 3133', "'a b' does not match"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_invalid_file_is_invalid_by_the_schema(case):
    old, new, message = BAD[case]
    text = (ROOT / "data/2020.toml").read_text(encoding="utf-8")
    assert old in text
    assert any(message in error for error in list_errors("2019", text.replace(old, new, 1)))


def test_own_facts_have_names_in_any_script():
    text = (ROOT / "data/2020.toml").read_text(encoding="utf-8")
    assert list_errors("2019", text.replace("hotline_cases   = 3133", '"热线_2件" = 3133')) == []


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_figure_has_its_labels_and_its_unit(edition):
    form = Store(ROOT).kind.edition(edition)
    schema = json_schema.make_schema(form)
    for address, slot in form.slots.items():
        node = schema
        for key in address.split("."):
            assert node["additionalProperties"] is False
            assert node["title"]
            node = node["properties"][key]
        assert node["title"] == form.labels[address]
        assert slot.unit in node["description"]
    rows = schema["properties"]["requests"]["properties"]["outcome"]["properties"]["granted"]
    assert rows["title"] == "（一）予以公开"
    assert rows["properties"]["person"]["title"] == "三、本年度办理结果 · （一）予以公开 · 自然人"


def test_every_value_type_has_its_schema():
    for value_type in VALUE_TYPES.values():
        jsonschema.Draft7Validator.check_schema(dict(value_type.json_schema))
        assert value_type.json_schema


def test_an_editor_finds_the_schema_of_a_new_file_by_its_first_line(tmp_path, report, taplo):
    assert report("init", "局", "--year", "2021", cwd=tmp_path).returncode == 0
    data = tmp_path / "局/data/2021.toml"
    assert data.read_text(encoding="utf-8").startswith("#:schema ./.report-2021.schema.json\n")
    assert taplo(data).returncode == 0
    data.write_text(data.read_text(encoding="utf-8").replace("person = 0", "person = -3", 1), encoding="utf-8")
    bad = taplo(data)
    assert bad.returncode == 1
    assert "-3 is less than the minimum of 0" in bad.stderr + bad.stdout


def test_an_editor_finds_no_error_in_the_shipped_data(office, report, taplo):
    data = office / "data/2020.toml"
    data.write_text("#:schema ./.s.json\n" + data.read_text(encoding="utf-8"), encoding="utf-8")
    printed = report("schema", cwd=office)
    (office / "data/.s.json").write_text(printed.stdout, encoding="utf-8")
    assert json.loads(printed.stdout)["$schema"] == json_schema.DRAFT_URI
    assert taplo(data).returncode == 0
    data.write_text(data.read_text(encoding="utf-8").replace("portal_items ", "portl_items "), encoding="utf-8")
    assert "portl_items" in taplo(data).stderr


def test_the_schema_of_another_author_is_not_replaced(office, report):
    path = office / "data/.report-2021.schema.json"
    path.write_text("{}", encoding="utf-8")
    done = report("new", "2021", cwd=office)
    assert done.returncode == 0
    assert "已有另外的 data/.report-2021.schema.json，没有改动它" in done.stdout
    assert path.read_text(encoding="utf-8") == "{}"


def test_an_older_schema_of_nianbao_is_replaced(office, report):
    report("new", "2021", cwd=office)
    path = office / "data/.report-2021.schema.json"
    newest = path.read_text(encoding="utf-8")
    path.write_text(newest.replace("自然人", "个人"), encoding="utf-8")
    assert report("new", "2022", cwd=office).returncode == 0
    assert path.read_text(encoding="utf-8") == newest
    assert report("schema", "--edition", "2021", cwd=office).stdout == newest


def test_an_unknown_edition_lists_those_there_are(office, report):
    done = report("schema", "--edition", "2008", cwd=office)
    assert done.returncode == 2
    assert "可用的版本：2019、2021" in done.stderr


# ── what people write below templates/ ───────────────────────────────────────────────

WRITTEN = {
    "kind": "kinds/*/kind.toml",
    "edition": "kinds/*/editions/*.toml",
    "form": f"{KIND}/editions/*.toml",  # the name of before
    "reading": "kinds/*/reading.toml",
    "files": "kinds/*/files.toml",
    "locale": "locales/*.toml",
    "look": "looks/*.toml",
    "format": "formats/*/format.toml",
}


@pytest.fixture
def linted(tmp_path, report, taplo):
    """Judge a text as an editor does by the schema of its kind, which the command writes."""

    def lint(of, text):
        made = report("schema", "--of", of, cwd=tmp_path)
        assert made.returncode == 0
        (tmp_path / "s.json").write_text(made.stdout, encoding="utf-8")
        (tmp_path / "x.toml").write_text(f"#:schema ./s.json\n{text}", encoding="utf-8")
        done = taplo(tmp_path / "x.toml")
        return done.returncode, done.stderr + done.stdout

    return lint


@pytest.mark.parametrize("of", WRITTEN)
def test_our_own_templates_please_an_editor(of, linted, root):
    for path in (*TEMPLATES.glob(WRITTEN[of]), *(root / "tests/kinds/library/templates").glob(WRITTEN[of])):
        code, said = linted(of, path.read_text(encoding="utf-8"))
        assert code == 0, said


REGISTER = """[city]
name = "某市人民政府"

[city-hall]
name   = "某市本级"
kind   = "机关"
parent = "city"
own    = true
from   = 2020

[[city-hall.earlier]]
until  = 2022
parent = ""
"""


@pytest.mark.parametrize("page", ["docs/offices.md", "docs/zh/offices.md"])
def test_the_registers_of_the_docs_please_an_editor(page, linted):
    shown = pages.blocks(pages.read(page), "toml")
    assert len(shown) == 2
    for text in shown:
        code, said = linted("register", text)
        assert code == 0, said


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('parent = "city"', 'parrent = "city"', "'parrent' was unexpected"),
        ('parent = ""', 'parrent = ""', "'parrent' was unexpected"),
        ('name = "某市人民政府"', "", '"name" is a required property'),
        ("own    = true", 'own = "是"', "is not of type"),
        ("until  = 2022", "until = 22", "22 is less than the minimum of 1980"),
        ("[city]", '["city."]', "does not match"),
        ("[city]", '["a/b"]', "does not match"),
    ],
)
def test_an_editor_underlines_a_typo_in_the_register(right, wrong, message, linted):
    assert linted("register", REGISTER)[0] == 0
    assert right in REGISTER
    code, said = linted("register", REGISTER.replace(right, wrong, 1))
    assert code == 1
    assert message in said


def test_names_of_folders_are_those_of_the_schema():
    names = [
        "city",
        "某市 本级",
        "a.b",
        "a-b",
        "x",
        ".a",
        "a.",
        "a ",
        "a/b",
        "a\\b",
        'a"b',
        "a:b",
        "",
        "a?",
        "a*",
        "a|b",
        "<a",
    ]
    by_schema = [name for name in names if re.search(PORTABLE_PATTERN, name)]
    assert by_schema == [name for name in names if is_portable(name) and not name.startswith(".")]


def test_the_schema_of_the_register_is_written_beside_it_and_named_once(office, report, taplo):
    register = office / "data/offices.toml"
    register.write_text(REGISTER, encoding="utf-8")
    first = report("new", "2021", cwd=office)
    assert "#:schema ./.offices.schema.json" in first.stdout
    schema = office / "data/.offices.schema.json"
    assert schema.read_text(encoding="utf-8") == report("schema", "--of", "register", cwd=office).stdout
    register.write_text("#:schema ./.offices.schema.json\n" + REGISTER, encoding="utf-8")
    assert taplo(register).returncode == 0
    register.write_text(register.read_text(encoding="utf-8").replace("own ", "onw "), encoding="utf-8")
    assert "onw" in taplo(register).stderr
    schema.write_text(schema.read_text(encoding="utf-8").replace("本级", ""), encoding="utf-8")
    again = report("new", "2022", cwd=office)
    assert "#:schema" not in again.stdout
    assert "本级" in schema.read_text(encoding="utf-8")
    schema.write_text("{}", encoding="utf-8")
    report("new", "2023", cwd=office)
    assert schema.read_text(encoding="utf-8") == "{}"


def test_a_folder_without_a_register_has_no_schema_of_one(office, report):
    assert report("new", "2021", cwd=office).returncode == 0
    assert not (office / "data/.offices.schema.json").exists()


TYPOS = {
    "form: unknown key": ("form", 'name = "表"', 'nmae = "表"', "'nmae' was unexpected"),
    "form: missing name": ("form", 'name = "表"', "", '"name" is a required property'),
    "form: unknown kind": ("form", 'type = "text"', 'type = "txt"', '"txt" is not one of'),
    "form: unknown level": ("form", 'level = "note"', 'level = "info"', '"info" is not one of'),
    "form: unknown key deep down": ("form", 'label = "甲"', 'lable = "甲"', "'lable' was unexpected"),
    "form: day beyond all": ("form", "day = 31", "day = 32", "32 is greater than the maximum of 31"),
    "look: unknown key": ("look", "left = 30", "lefft = 30", "'lefft' was unexpected"),
    "look: below zero": ("look", "left = 30", "left = -1", "-1 is less than the minimum of 0"),
    "look: size of nothing": ("look", "size = 16", "size = 0", "0 is less than or equal to the minimum of 0"),
    "look: without a base": ("look", 'base = "gongwen"', "", '"faces" is a required property'),
    "reading: unknown key": ("reading", "simplify", "simplfy", "'simplfy' was unexpected"),
    "reading: factor in words": ("reading", "10000", '"10000"', "is not of type"),
    "format: unknown key": ("format", "engine", "engin", "'engin' was unexpected"),
    "format: unknown standard": ("format", '"ua-1"', '"ua-2"', '"ua-2" is not one of'),
}
RIGHT = {
    "reading": 'simplify = true\n\n[numbers]\nmoney = { "元" = 1, "万元" = 10000 }\n',
    "form": """name = "表"
template = "t.md.j2"
due = [{ month = 1, day = 31 }]
facts = [{ id = "a.b", label = "甲", type = "text" }]

[[tables]]
id = "t"
relations = [{ rule = "r", each = "row", level = "note", holds = "a = b" }]
blocks = [{ columns = [{ label = "列" }] }]
""",
    "look": 'base = "gongwen"\n[page]\nleft = 30\n[body]\nsize = 16\n',
    "format": 'writer = "typst"\nengine = "typst"\nstandards = ["ua-1"]\n',
}


@pytest.mark.parametrize("typo", TYPOS)
def test_an_editor_underlines_a_typo_in_a_template(typo, linted):
    of, right, wrong, message = TYPOS[typo]
    assert right in RIGHT[of]
    assert linted(of, RIGHT[of])[0] == 0
    code, said = linted(of, RIGHT[of].replace(right, wrong, 1))
    assert code == 1
    assert message in said


@pytest.mark.parametrize("of", template_schema.FILE_TYPES)
def test_every_key_of_a_template_is_described(of):
    made = template_schema.make_schema(of)
    jsonschema.Draft7Validator.check_schema(made)
    tables = [table for table in (made, *made.get("definitions", {}).values()) if "properties" in table]
    assert tables
    for table in tables:
        assert table["additionalProperties"] is False
        assert [key for key, value in table["properties"].items() if not value.get("description")] == []


def test_the_schema_of_a_locale_names_every_word():
    words = template_schema.make_schema("locale")["properties"]["words"]["properties"]
    assert words["contents"]["description"] == "Contents"
    assert len(words) > 50


def test_a_schema_of_templates_has_no_edition(office, report):
    done = report("schema", "--of", "form", "--edition", "2021", cwd=office)
    assert done.returncode == 2
    assert "--edition" in done.stderr


def test_the_schema_of_templates_is_in_the_language_of_the_user():
    said = {}
    for language in ("zh", "en", "zh"):
        use_language(language)
        said.setdefault(language, []).append(template_schema.format_schema("look"))
    assert "底本的这些键" in said["zh"][0]
    assert said["zh"][0] == said["zh"][1]
    assert "keys of the base that are removed first" in said["en"][0]
    assert not re.search("[\u4e00-\u9fff]", said["en"][0])
