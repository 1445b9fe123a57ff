"""Everything the program says, in both languages: the catalogues hold it all, and the program uses them.

`pytest tests/test_language.py --rewrite` puts new keys into the catalogues, to be written by hand in both languages,
and removes those that no source names. conftest.py compiles them at the next run.
"""

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
from gettext import NullTranslations
from pathlib import Path
from string import Formatter

import hatch_build
import pytest
import toml_rs
import typer
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po, write_po
from cases import KIND

import nianbao
from nianbao.checks import rules
from nianbao.cli import command
from nianbao.model import i18n
from nianbao.workspace import locales
from nianbao.workspace.locales import CATALOGUES, DOMAIN, LANGUAGES, detect_language, extract_option
from nianbao.workspace.shipped import TEMPLATES

PACKAGE = Path(nianbao.__file__).parent
HAN = re.compile(r"[\u4e00-\u9fff]")
# What stands in a form for people to read in findings; labels of the form itself are quoted as they are.
SAID_BY_FORMS = {"basis", "what", "other", "why"}
# What this module writes belongs to the office's files, and stays Chinese.
CHINESE = {"importer/recognition/data_files/data_file.py"}
# what these look for in published reports, and say to nobody
READ = {"importer/recognition/printed_values.py", "importer/recognition/labels.py"}


def words_of_forms():
    def walk(value, key=""):
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from walk(inner, name)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner, key)
        elif key in SAID_BY_FORMS:
            yield value

    for path in sorted((TEMPLATES / f"{KIND}/editions").glob("*.toml")):
        form = toml_rs.loads(path.read_text(encoding="utf-8"))
        yield from walk(form)
        yield from (fact["label"] for fact in form["facts"] if "label" in fact)
    words = toml_rs.loads((TEMPLATES / "locales/zh-CN.toml").read_text(encoding="utf-8"))["words"]
    yield from (text for key, text in words.items() if key.startswith("label-"))


def said_by_typer():
    """Return what typer says, which is its own key: what it asks gettext for, and what command.py translates."""
    texts = (node.value for path in sorted(Path(typer.__file__).parent.rglob("*.py")) for node in literals(path))
    return dict.fromkeys((command.USAGE, *command.HELP, *command.USAGE_ERRORS, *texts))


def messages(path):
    """Yield every call that asks for a message, or marks its key; Babel's search misses what stands in other calls."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "N_"}:
            yield node


def literals(path):
    """Yield every text that is named in such a call, also where a condition chooses one of two."""

    def choices(node):
        return [*choices(node.body), *choices(node.orelse)] if isinstance(node, ast.IfExp) else [node]

    named = (node for call in messages(path) for node in choices(call.args[0]))
    return (node for node in named if isinstance(node, ast.Constant))


def descriptions(path):
    """Yield the description of every key of the files that people write; `report schema --of` says it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Meta":
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "description")


def keys():
    return dict.fromkeys(
        node.value for path in sorted(PACKAGE.rglob("*.py")) for node in (*literals(path), *descriptions(path))
    )


def pages():
    """Return the pages of the rules by the keys of their translations, each as a list of its parts."""
    return {f"rule-page-{name}": rules.load_rule(name).page.split("\n\n") for name in rules.list_names()}


def wanted(language):
    """Return what a catalogue must hold: our messages, and of the texts that are not ours those of other languages."""
    return {*keys(), *(said_by_typer() if language == "zh" else (*pages(), *words_of_forms()))}


def catalogue(language):
    path = CATALOGUES / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    with path.open("rb") as file:
        return path, read_po(file, locale=language, domain=DOMAIN)


def written(made):
    """Return the text of a catalogue, without Babel's dates: git knows when it was changed."""
    into = io.BytesIO()
    write_po(into, made, width=110, sort_output=True, ignore_obsolete=True)
    return re.sub(rb'^"(?:POT-Creation|PO-Revision)-Date: .*\n', b"", into.getvalue(), flags=re.MULTILINE)


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


def test_a_catalogue_says_every_message_and_no_other(language, request):
    path, made = catalogue(language)
    if request.config.getoption("--rewrite"):
        fresh = Catalog()
        for key in wanted(language):
            fresh.add(key)
        made.update(fresh, no_fuzzy_matching=True, keep_user_comments=True)
        path.write_bytes(written(made))
    known = {message.id for message in made if message.id}
    assert known == wanted(language)
    assert [message.id for message in made if message.id and (not message.string or message.fuzzy)] == []


def test_a_key_is_of_plain_words():
    assert [key for key in keys() if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", key)] == []


def test_a_message_without_a_catalogue_is_its_key_and_values(monkeypatch):
    monkeypatch.setattr(i18n, "_catalogue", NullTranslations())
    assert i18n._("no-such-rule", rule="x") == "no-such-rule x"
    assert i18n.translate("{name} ?", name="x") == "x ?"


def test_the_program_reads_what_the_catalogue_says(language):
    path, made = catalogue(language)
    with path.with_suffix(".mo").open("rb") as file:
        assert {m.id: m.string for m in read_mo(file) if m.id} == {m.id: m.string for m in made if m.id}


def test_a_text_that_is_newer_than_its_catalogue_is_said(language, tmp_path, monkeypatch):
    path, _made = catalogue(language)
    there = tmp_path / language / "LC_MESSAGES"
    monkeypatch.setattr(locales, "CATALOGUES", tmp_path)
    assert locales.is_outdated(language)  # there is none
    shutil.copytree(path.parent, there)
    os.utime(there / path.name, (1, 1))
    assert not locales.is_outdated(language)
    os.utime(there / f"{DOMAIN}.mo", (0, 0))
    assert locales.is_outdated(language)
    (there / path.name).unlink()  # as in a wheel
    assert not locales.is_outdated(language)


def test_a_catalogue_carries_no_date_and_is_compiled_to_the_same_bytes(language, tmp_path):
    path, made = catalogue(language)
    assert b"-Date:" not in path.read_bytes()
    assert b"-Date:" not in written(made)
    compiled = []
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        copy = Path(shutil.copy(path, tmp_path / folder))
        os.utime(copy, (1, 1) if compiled else None)
        hatch_build.compile_catalogue(copy)
        compiled.append(copy.with_suffix(".mo").read_bytes())
    # Not compared with the installed file: the header names the version of Babel that compiled it.
    assert compiled[0] == compiled[1]


def fields(text):
    """Return the names in braces of a text, each with its format."""
    return {(name, spec) for _text, name, spec, _how in Formatter().parse(text) if name is not None}


def strings(language):
    _path, made = catalogue(language)
    return {message.id: message.string for message in made if message.id}


def test_a_message_takes_the_same_values_in_both_languages():
    chinese, english = strings("zh"), strings("en")
    assert [key for key in keys() if fields(chinese[key]) != fields(english[key])] == []
    assert [text for text in said_by_typer() if fields(text) != fields(chinese[text])] == []


def test_a_translated_page_has_the_parts_of_the_page():
    english = strings("en")
    for key, parts in pages().items():
        said = [part for part in parts if not part.startswith(" ")]
        assert len(english[key].split("\n\n")) == len(said), key


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_message_gets_the_values_that_it_names(path):
    chinese = strings("zh")
    for call in messages(path):
        key, given = call.args[0], {keyword.arg for keyword in call.keywords}
        if isinstance(key, ast.Constant) and call.func.id == "_" and None not in given:
            assert {re.split(r"[.\[]", name)[0] for name, _spec in fields(chinese[key.value])} == given, call.lineno


def test_english_words_hold_no_chinese_but_what_they_quote():
    quoted = re.compile(r"“[^”]*”|\[[^\]]*\]|`[^`]*`|\([^)]*\)|（[^）]*）|万?元")  # and units
    _path, made = catalogue("en")
    assert [m.string for m in made if m.id and HAN.search(quoted.sub("", m.string))] == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_word_is_said_past_the_catalogues(path):
    if path.relative_to(PACKAGE).as_posix() in CHINESE | READ:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    quiet = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    said = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node not in quiet
        and re.search(r"[\u4e00-\u9fff]{2}", node.value)
        and not re.search(r"\(\?|\[|〇|年月日", node.value)  # a pattern, the digits, or signs after a figure
    ]
    assert [(node.lineno, node.value) for node in said] == []


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh"),
        ({"LANG": "C.UTF-8"}, "zh"),
        ({"LC_ALL": "POSIX"}, "zh"),
        ({}, "zh"),
    ],
)
def test_the_system_says_which_language(environ, language):
    assert detect_language(environ) == language


@pytest.mark.parametrize(
    ("words", "asked", "rest"),
    [
        (["build", "2020"], "", ["build", "2020"]),
        (["build", "--lang", "en", "2020"], "en", ["--lang", "en", "build", "2020"]),
        (["build", "--lang=en"], "en", ["--lang", "en", "build"]),
        (["--help", "--lang", "zh"], "zh", ["--lang", "zh", "--help"]),
        (["build", "--lang", "fr"], "", ["--lang", "fr", "build"]),
        (["build", "--lang"], "", ["--lang", "build"]),
        (["build", "--", "--lang", "en"], "", ["build", "--", "--lang", "en"]),
    ],
)
def test_the_language_may_be_named_anywhere(words, asked, rest):
    assert extract_option(words) == (asked, rest)


COMMANDS = ["accept", "build", "compare", "list", "preview", "return", "rollup", "status", "trace"]
COMMANDS += ["validate", "explain", "export", "fmt", "form", "new", "query", "schema", "init"]
COMMANDS += ["doctor", "kind", *(f"kind {name}" for name in ("list", "new", "check", "docs", "pack", "add"))]


# Says the help of several commands, one after the other: its language is that of the process when it begins.
HELP = """
import os, sys
from nianbao.workspace.locales import use_language
use_language(os.environ["LANGUAGE"])
from nianbao.cli.app import load_app
for name in sys.argv[1:]:
    load_app()([*name.split(), "--help"], prog_name="report", standalone_mode=False)
    print("\\0")
"""


@pytest.fixture(scope="module")
def helped():
    """Return the help of each command in each language."""
    names = ["", *COMMANDS]

    def told(language):
        command = [sys.executable, "-c", HELP, *names]
        env = os.environ | {"LANGUAGE": language}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=600)
        return dict(zip(names, done.stdout.split("\0"), strict=False))

    return {language: told(language) for language in LANGUAGES}


@pytest.mark.parametrize("name", ["", *COMMANDS], ids=lambda name: name or "report")
def test_help_is_said_in_one_language(helped, name):
    assert f"report {name}".strip() in helped["en"][name]
    assert not HAN.search(helped["en"][name].replace("(草稿)", ""))
    rows = re.sub(r"\n {4,}", "", helped["zh"][name]).splitlines()  # wrapped lines joined
    said = [line for line in rows if re.search("[a-z]{3}", line)]
    assert all(HAN.search(line) for line in said), said


@pytest.mark.parametrize(
    ("words", "chinese", "english"),
    [
        (["buld"], "没有命令 'buld'；是不是 'build'？", "No such command 'buld'. Did you mean 'build'?"),
        (["build", "--tp"], "没有选项 --tp", "No such option: --tp"),
        (["build", "--out"], "选项 '--out' 后面要写值", "Option '--out' requires an argument."),
        (["new"], "运行 report new --help", "run report new --help"),
        (["build", "--out"], "运行 report build --help", "run report build --help"),
        (["kind", "x"], "运行 report kind --help", "run report kind --help"),
        (["--root", ".", "build"], "选项写在命令后面", "write options after the command"),
        (["new"], "还要写报告期，例如 2024（PERIOD）", "PERIOD is missing: "),
        (["new", "x"], "x 不是报告期", "x is no period"),
        (
            ["build", "--jobs", "x"],
            "'--jobs' 的值不对：'x' 不是整数",
            "Invalid value for '--jobs': 'x' is not a valid int range.",
        ),
        (["build", "--jobs", "-1"], "-1 不在范围 x>=0 之内", "-1 is not in the range x>=0."),
        (["doctor", "--json=3"], "选项 '--json' 后面不写值", "Option '--json' does not take a value."),
        (["init", "a", "b"], "多写了 b", "Got unexpected extra argument(s) (b)"),
        (["validate", "--format", "x"], "'x' 不是 'text'、'json'", "'x' is not one of 'text', 'json'"),
        (["--lang", "fr", "build"], "'fr' 不是 'zh'、'en' 之一", "'fr' is not one of 'zh', 'en'."),
    ],
)
def test_a_wrong_command_line_is_said_in_the_language(report, tmp_path, words, chinese, english):
    for language, said in (("zh", chinese), ("en", english)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LANGUAGE", language)
            done = report(*words, cwd=tmp_path)
        assert done.returncode == 2
        assert said in done.stderr
        assert ("怎么办" if language == "zh" else "what to do") in done.stderr


def test_findings_are_said_in_the_language(report, office):
    data = office / "data/2020.toml"
    data.write_text(data.read_text(encoding="utf-8").replace("public = 20", 'public = "20"'), encoding="utf-8")
    done = report("validate", "2020", "--lang", "en", cwd=office)
    assert done.returncode == 1
    assert "must be a whole number, is a text" in done.stdout
    assert "errors: 1, notes: 1" in done.stdout
    assert "help: report explain wrong-type" in done.stdout
    assert json.loads(report("validate", "--lang=en", "--json", cwd=office).stdout)["reports"][0]["findings"][1][
        "message"
    ]


def test_the_report_stays_chinese(report, office):
    report("build", "--to", "html,markdown", "--out", "zh", cwd=office)
    report("build", "--to", "html,markdown", "--out", "en", "--lang", "en", cwd=office)
    for name in ("2020.html", "2020.md"):
        assert (office / "en" / name).read_bytes() == (office / "zh" / name).read_bytes()


def test_new_data_files_stay_chinese(report, office):
    report("new", "2021", cwd=office)
    chinese = (office / "data/2021.toml").read_bytes()
    (office / "data/2021.toml").unlink()
    report("new", "2021", "--lang", "en", cwd=office)
    assert (office / "data/2021.toml").read_bytes() == chinese
