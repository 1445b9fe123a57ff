"""What is put into files is said by the locale of a kind, and what is read in them by its `reading.toml`.

The program has no words, dates or signs of one language.
"""

import ast
import json
import re
import zipfile
from io import BytesIO
from string import Formatter
from typing import get_args

import openpyxl
import pytest
import toml_rs

from nianbao.compose.embedded_facts import describe_report
from nianbao.datafiles import json_schema, scaffold
from nianbao.export.excel_form.blank import make_form
from nianbao.export.excel_form.draft import FormRequest
from nianbao.export.workbook import create_workbook
from nianbao.model.facts import parse
from nianbao.model.finding import UserError
from nianbao.model.period import parse_period
from nianbao.model.report import fill_form
from nianbao.model.value_types import VALUE_TYPES, ValueTypeName, make_value_type
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store
from nianbao.workspace.template_files import TemplateFolder, read_locale

PACKAGE = TEMPLATES.parent / "cli/nianbao"
CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]")
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")  # characters of words, without signs
# Modules that put words into files, read such files, or describe files that people write.
SAYING = sorted(
    path.relative_to(PACKAGE).as_posix()
    for pattern in (
        "export/**/*.py",
        "datafiles/*.py",
        "importer/**/*.py",
        "compose/embedded_facts.py",
        "model/form.py",
        "model/loading/*.py",
        "model/relations.py",
        "model/kind.py",
        "model/locale.py",
        "model/table.py",
        "model/value_types.py",
        "workspace/formats.py",
        "workspace/kinds.py",
        "workspace/template_schema.py",
        "workspace/templates.py",
        "workspace/theme.py",
    )
    for path in PACKAGE.glob(pattern)
)
LOCALES = sorted(path.stem for path in TEMPLATES.glob("locales/*.toml"))


def literals(path):
    """List the texts of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings
    ]


def words(language):
    """Return the words of a locale; those of its base, if it says only what differs from one."""
    tree = toml_rs.loads((TEMPLATES / f"locales/{language}.toml").read_text(encoding="utf-8"))
    return (words(tree["base"]) if "base" in tree else {}) | tree.get("words", {})


def fields(text):
    return {name for _text, name, _spec, _how in Formatter().parse(text) if name is not None}


def said_words():
    """Return the keys that the program says, as patterns: what stands in braces of an f-string may be anything."""
    keys = set()
    for path in PACKAGE.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = call.func if isinstance(call, ast.Call) else None
            if (getattr(name, "id", "") == "say" or getattr(name, "attr", "") == "say") and call.args:
                key = call.args[0]
                keys |= set(map(pattern, [key.body, key.orelse] if isinstance(key, ast.IfExp) else [key]))
    return keys - {""}


def pattern(key):
    if isinstance(key, ast.JoinedStr):
        return "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in key.values)
    return re.escape(key.value) if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""


def find_words(path):
    """List the lines with words of one language, and the words; the source may name a sign by its number."""
    source = path.read_text(encoding="utf-8")
    segments = [(node.lineno, ast.get_source_segment(source, node) or "") for node in literals(path)]
    return [(line, text) for line, text in segments if CJK.search(text)]


def test_words_are_found_and_docstrings_are_not(tmp_path):
    head = '"""年报。"""\n\n\ndef f(x):\n    """元。"""\n    # 件\n'
    path = tmp_path / "module.py"
    path.write_text(head + '    return "\\N{IDEOGRAPHIC FULL STOP}"\n', encoding="utf-8")
    assert find_words(path) == []
    path.write_text(head + '    return f"{x}年" + "元"\n', encoding="utf-8")
    assert [line for line, _text in find_words(path)] == [7, 7]


@pytest.mark.parametrize("name", SAYING)
def test_a_module_has_no_words_of_one_language(name):
    assert find_words(PACKAGE / name) == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_module_has_a_chinese_word_or_the_law_of_one_kind(path):
    assert [(node.lineno, node.value) for node in literals(path) if HAN.search(node.value)] == []
    assert not re.search("条例|国办|FOIA", path.read_text(encoding="utf-8"))


def test_every_word_that_is_said_is_in_the_locales():
    have = words("en")
    assert [key for key in said_words() if not any(re.fullmatch(key, word) for word in have)] == []


def test_no_word_is_there_that_nobody_says():
    said, named = said_words(), {value for path in PACKAGE.rglob("*.py") for value in texts(path)}
    for_pages = {word for word in words("en") if "-" not in word}  # templates of formats name these
    unsaid = [
        word
        for word in words("en")
        if word not in for_pages | named and not any(re.fullmatch(key, word) for key in said)
    ]
    assert unsaid == []


def texts(path):
    return (node.value for node in literals(path))


def test_every_type_of_value_is_described():
    with_parameters = (
        make_value_type("choice", choices=("good", "fair")),
        make_value_type("decimal", places=2),
        make_value_type("percent"),
        make_value_type("currency", currency="USD"),
    )
    assert {known.name for known in with_parameters} | VALUE_TYPES.keys() == set(get_args(ValueTypeName))
    assert {known.description for known in (*VALUE_TYPES.values(), *with_parameters)} <= words("en").keys()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (make_value_type("choice", choices=("good", "fair")), "one of: good, fair"),
        (make_value_type("decimal", places=2), "a number with at most 2 decimal places, which may be negative"),
        (make_value_type("currency", currency="JPY"), "an amount (JPY) with at most 0 decimal places"),
        (VALUE_TYPES["count"], "a whole number, at least 0"),
    ],
)
def test_a_type_with_parameters_is_described_with_them(made, said):
    locale = read_locale("en", (TemplateFolder(TEMPLATES.resolve()),))
    assert made.describe(locale).startswith(said)


@pytest.mark.parametrize("language", LOCALES)
def test_a_locale_has_every_word_with_the_same_values_in_order(language):
    own, english = words(language), words("en")
    assert {key: fields(text) for key, text in own.items()} == {key: fields(text) for key, text in english.items()}
    assert list(own) == sorted(own)


def test_english_words_are_english():
    assert [key for key, text in words("en").items() if CJK.search(text)] == []


# ── files of a kind in another language ──────────────────────────────────────────────


@pytest.fixture(params=["us-foia 2024", "kpi 2024-Q3"])
def english(request, tmp_path):
    """An English kind with a period, its form, and an empty folder of reports."""
    kind, period = request.param.split()
    store = Store(tmp_path).of_kind(kind)
    return store, parse_period(period), store.kind.form_in_force(parse_period(period))


def test_an_english_kind_gets_english_files(english):
    _store, period, form = english
    assert not CJK.search(scaffold.format_new_file(form, period))
    assert not CJK.search(json_schema.format_schema(form))
    with zipfile.ZipFile(BytesIO(make_form(FormRequest(form, period, "x", "Office")))) as form_file:
        # The theme that every workbook has names fonts of many scripts.
        parts = [form_file.read(name).decode() for name in form_file.namelist() if "theme" not in name]
    assert not CJK.search("".join(parts))


def test_texts_in_formulas_are_as_short_as_excel_needs(english):
    _store, period, form = english
    book = openpyxl.load_workbook(BytesIO(make_form(FormRequest(form, period, "x", "Office"))))
    cells = [cell.value for sheet in book for row in sheet for cell in row if cell.data_type == "f"]
    assert cells
    assert max(len(text) for cell in cells for text in re.findall('"([^"]*)"', cell)) <= 255


def test_only_numbers_are_validated(english):
    _store, period, form = english
    book = openpyxl.load_workbook(BytesIO(make_form(FormRequest(form, period, "x", "Office"))))
    validated = {
        (sheet.title, cell.split(":")[0])
        for sheet in book
        for rule in sheet.data_validations.dataValidation
        for cell in str(rule.sqref).split()
    }
    for address, slot in form.slots.items():
        sheet, cell = book.defined_names[f"nianbao.{address}"].attr_text.rsplit("!", 1)
        is_validated = (sheet.strip("'"), cell.replace("$", "")) in validated
        assert is_validated == slot.value_type.has_number_schema, address


def test_sheets_have_names_of_their_own():
    content = BytesIO()
    with create_workbook(content) as workbook:
        names = [
            workbook.add_sheet(name, ending).name
            for name, ending in (("Response time for all appeals, in days", ""), ("Response time for all requests", ""))
        ]
        names += [workbook.add_sheet("RESPONSE TIME FOR ALL APPEALS, in weeks", "").name]
        names += [workbook.add_sheet("Response time for all appeals", f" {year}").name for year in (2019, 2021)]
    assert names == [
        "Response time for all appeals,",
        "Response time for all requests",
        "RESPONSE TIME FOR ALL APPEALS~2",
        "Response time for all appe 2019",
        "Response time for all appe 2021",
    ]
    assert openpyxl.load_workbook(content).sheetnames == names


@pytest.mark.parametrize(
    ("kind", "period", "expected"),
    [
        ("us-foia", "2024", ("GovernmentOrganization", "en-US", "2023-10-01/2024-09-30")),
        ("kpi", "2024-Q3", ("Organization", "en-US", "2024-07-01/2024-09-30")),
    ],
)
def test_a_report_is_described_as_of_its_kind(tmp_path, kind, period, expected):
    form = Store(tmp_path).of_kind(kind).kind.form_in_force(parse_period(period))
    text = (TEMPLATES / f"kinds/{kind}/example/{period}.toml").read_text(encoding="utf-8")
    about = json.loads(describe_report(fill_form(form, parse(text, "x.toml"))))
    assert (about["author"]["@type"], about["inLanguage"], about["temporalCoverage"]) == expected
    broken = 'title = "Report"\n' + text.replace(f'"{period}"', '"2024-13"').replace(f"= {period}\n", "= 0\n")
    assert "temporalCoverage" not in json.loads(describe_report(fill_form(form, parse(broken, "x.toml"))))


# ── a third language ─────────────────────────────────────────────────────────────────

THIRD = """name = "Deutsch"
base = "en"
[dates]
day = "d. MMMM y"
[words]
scaffold-title = "{name} für {period}"
"""


def locale(folder, text):
    (folder / "locales").mkdir()
    (folder / "locales/de.toml").write_text(text, encoding="utf-8")
    tops = (TemplateFolder(folder.resolve(), "templates"), TemplateFolder(TEMPLATES.resolve()))
    return read_locale("de", tops)


def test_a_third_language_needs_only_a_file(tmp_path):
    made = locale(tmp_path, THIRD)
    assert made.say("scaffold-title", name="Bericht", period=2024) == "Bericht für 2024"
    assert made.say("sheet-office") == "Office"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("{period}", "", "templates/locales/de.toml:6:18"),
        ("{period}", "{periode}", "{name}"),
        ("{period}", "{period", "templates/locales/de.toml:6:18"),
        ('day = "d. MMMM y"', 'quarter = "{quartal}"', "templates/locales/de.toml:4:11"),
    ],
)
def test_a_word_that_cannot_be_said_is_found_when_the_locale_is_read(tmp_path, right, wrong, said):
    assert right in THIRD
    with pytest.raises(UserError) as caught:
        locale(tmp_path, THIRD.replace(right, wrong))
    assert said in caught.value.message


def test_a_locale_without_a_base_must_have_every_word(tmp_path):
    text = (TEMPLATES / "locales/en.toml").read_text(encoding="utf-8")
    with pytest.raises(UserError) as caught:
        locale(tmp_path, re.sub("^sheet-office .*$", "", text, flags=re.MULTILINE))
    assert "sheet-office" in caught.value.message
