"""What is documented is true: commands run, findings are printed, links lead somewhere, names exist."""

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from pkgutil import iter_modules
from types import SimpleNamespace
from typing import get_args

import msgspec
import pages
import pytest
import toml_rs
from cases import KIND
from offices import data
from typer.testing import CliRunner

from nianbao.checks import kind_rules, rules
from nianbao.cli import commands
from nianbao.cli.app import load_app
from nianbao.kinds.check import check_kind
from nianbao.kinds.scaffold import KindPlan, create_kind
from nianbao.model.period import Period
from nianbao.model.value_types import ValueTypeName
from nianbao.workspace.formats import FormatFile
from nianbao.workspace.locales import extract_option, use_language
from nianbao.workspace.store import Store

COMMANDS = sorted(module.name.rstrip("_") for module in iter_modules(commands.__path__))
RULES = {"en": "docs/rules.md", "zh": "docs/zh/rules.md"}
HEADS = {"en": "| rule | level | edition | finds |", "zh": "| 规则 | 级别 | 版本 | 发现 |"}


@pytest.fixture(params=pages.PAGES)
def language(request):
    use_language(request.param)
    yield request.param
    use_language("zh")


@pytest.fixture
def command(monkeypatch):
    """Run a command in this process: `command(words, cwd)` gives its exit code and its output."""

    def run(words, cwd):
        monkeypatch.chdir(cwd)
        done = CliRunner().invoke(load_app(), extract_option(words)[1], prog_name="report")
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return SimpleNamespace(returncode=done.exit_code, stdout=done.stdout, stderr=done.stderr)

    return run


def to_run():
    """Give each page with its commands, without those that an earlier page has: each runs once."""
    seen = []
    for page in pages.ENGLISH:
        lines = [words for words in pages.commands(pages.read(page), "sh") if words[0] == "cd" or words not in seen]
        seen += lines
        if any(words[0] == "report" for words in lines):
            yield pytest.param(lines, id=page)


@pytest.mark.parametrize("lines", list(to_run()))
def test_every_command_of_a_page_runs(lines, root, tmp_path, built, command):
    for folder in ("data", "templates"):
        shutil.copytree(root / folder, tmp_path / folder)
    shutil.copytree(built, tmp_path / "build")
    cwd = tmp_path
    for words in lines:
        if words[0] == "cd":
            cwd = cwd / words[1]
        elif words[0] == "mkdir":
            (cwd / words[1]).mkdir()
        elif words[0] == "report":
            done = command(words[1:], cwd)
            assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        else:
            assert words[:2] == ["pip", "install"], words


def test_every_command_of_an_office_with_units_runs(tmp_path, command):
    page = pages.read("docs/offices.md")
    (register,) = (block for block in pages.blocks(page, "toml") if block.startswith("# data/offices.toml"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/offices.toml").write_text(register, encoding="utf-8")
    for number, (office, entry) in enumerate(toml_rs.loads(register).items()):
        if "parent" in entry:
            (tmp_path / "data" / office).mkdir()
            (tmp_path / "data" / office / "2024.toml").write_text(data(number), encoding="utf-8")
    shown = pages.commands(page, "console")
    assert len(shown) > 12
    for words in shown:
        assert words[0] == "report"
        done = command(words[1:], tmp_path)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    assert (tmp_path / "build/city/2024.pdf").is_file()


@pytest.mark.slow  # three builds, one of them of all formats
def test_every_command_from_a_published_set_to_a_corrected_one_runs(tmp_path, root, command):
    filled = (root / "templates/kinds/eu-dsa/example/data/nordmarkt/2026-H1.toml").read_text(encoding="utf-8")
    last = re.sub(r"(?m)^(period +=).*", r'\1 "2025-H2"', filled)
    last = re.sub(r"(?m)^(edition +=).*", r'\1 "2025"', last)
    last = re.sub(r"(?m)^(published +=).*", r"\1 2026-02-26", last)
    last = re.sub(r"(?m)^(previous +=).*", r"\1 2025-08-27", last)
    (tmp_path / "old/data/eu-dsa").mkdir(parents=True)
    (tmp_path / "old/data/eu-dsa/2025-H2.toml").write_text(last, encoding="utf-8")
    written = command(["build", "eu-dsa", "2025-H2", "--to", "csv"], tmp_path / "old")
    assert written.returncode == 0, written.stdout + written.stderr
    (archive,) = tmp_path.glob("old/build/**/*.csv.zip")
    shutil.unpack_archive(archive, tmp_path / "published-2025-H2")
    cwd = tmp_path
    for words in pages.commands(pages.read("docs/eu-dsa.md"), "console"):
        if words[0] == "cd":
            cwd = cwd / words[1]
            continue
        data = cwd / "data/2026-H1.toml"
        if "--changes" in words:
            commit(cwd, words[words.index("--since") + 1])
            assert filled.count("value =  0.969") == 1
            data.write_text(filled.replace("value =  0.969", "value =  0.959"), encoding="utf-8")
        done = command(words[1:], cwd)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        if words[1] == "new":
            data.write_text(filled, encoding="utf-8")
        elif "--write" in words:
            text = data.read_text(encoding="utf-8")
            assert text.count('reasons = ""') == 1
            data.write_text(text.replace('reasons = ""', 'reasons = "Counted anew."'), encoding="utf-8")
    assert "0.969 → 0.959" in (cwd / "build/2026-H1.html").read_text(encoding="utf-8")
    assert (cwd / "build/2026-H1.csv.zip").is_file()


def commit(folder, tag):
    """Commit the data files of a folder to a new repository of git, with a tag."""
    identity = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    for words in (["init", "-q"], ["add", "data"], ["commit", "-qm", "published"], ["tag", tag]):
        subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_no_other_page_has_commands_that_are_not_run():
    for name in pages.ENGLISH:
        if name not in {"docs/offices.md", "docs/eu-dsa.md"}:
            assert all(words[0] == "$" for words in pages.commands(pages.read(name), "console")), name


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_two_commands_that_a_stranger_types_are_there(readme):
    typed = [line for block in pages.blocks(pages.read(readme), "sh") for line in block.splitlines()]
    typed = [line for line in typed if line.startswith("pip")]
    assert typed == ["pip install uv && uv run report build 2020", "pip install uv && uv run --group test pytest"]


def test_the_findings_on_the_pages_are_what_is_printed(language, root, command):
    shown = [block for block in pages.blocks(pages.text(language), "text") if block.startswith("data/")]
    printed = command(["validate", "2020"], root).stdout
    assert len(shown) == 2
    assert all(finding in printed for finding in shown)


def shown(page):
    """Return every command and example, without comments, which are in the language of the page."""
    text = pages.read(page)
    return [
        [line.partition("#")[0].rstrip() for line in block.splitlines()]
        for kind in ("sh", "toml", "yaml", "console")
        for block in pages.blocks(text, kind)
    ]


@pytest.mark.parametrize(("english", "chinese"), list(zip(pages.ENGLISH, pages.CHINESE, strict=True)))
def test_a_page_shows_the_same_in_both_languages(english, chinese):
    assert english.removeprefix("docs/") == chinese.removeprefix("docs/zh/").replace(".zh-CN", "")
    assert shown(english) == shown(chinese)
    first, second = map(pages.read, (english, chinese))
    assert [level for level, _ in pages.HEADING.findall(first)] == [level for level, _ in pages.HEADING.findall(second)]
    assert len(pages.links(first)) == len(pages.links(second))
    assert first.count("\n|") == second.count("\n|")


@cache
def options(name):
    """Return the options of a command, and those that stand before any command."""
    names = [["kind", one] for one in ("list", "new", "check", "docs", "pack", "add")] if name == "kind" else [[name]]
    said = [CliRunner().invoke(load_app(), [*filter(None, words), "--help"]).stdout for words in names]
    return set(re.findall(r"--[a-z][a-z-]*", "\n".join(said))) | {"--lang"}


def test_every_option_on_the_pages_exists(language):
    named = set(re.findall(r"^--[a-z-]+", "\n".join(pages.codes(pages.text(language))), re.MULTILINE))
    assert len(named) > 20
    assert named <= set().union(*map(options, ["", *COMMANDS])) | {"--help"}


def test_every_command_named_on_the_pages_exists(language):
    named = [code.split() for code in pages.codes(pages.text(language)) if code.startswith("report ")]
    assert len(named) > 30
    for _report, *words in named:
        name = words[0] if not words[0].startswith(("-", "…")) else ""
        assert not name or name in COMMANDS, words
        used = {word for word in words if word.startswith("--")} - {"--help"}
        assert used <= options(name), words


def test_every_command_is_shown_in_a_code_block():
    shown = {
        words[words.index("report") + 1]
        for page in pages.ENGLISH
        for kind in pages.SHELL
        for words in pages.commands(pages.read(page), kind)
        if "report" in words[:2]
    }
    assert set(COMMANDS) <= shown


@pytest.mark.parametrize("page", pages.ALL)
def test_every_link_leads_to_a_page_and_a_heading(page, root):
    for target in pages.links(pages.read(page)):
        name, _, anchor = target.partition("#")
        path = (root / page).parent / name if name else root / page
        assert path.resolve().is_relative_to(root), target
        assert path.exists(), target
        assert not anchor or anchor in pages.anchors(path.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("page", pages.ALL)
def test_every_file_of_the_program_on_a_page_exists(page, root):
    named = [code for code in pages.codes(pages.read(page)) if re.match(r"(?:cli|tests|seeds|docs|\.ci)/", code)]
    if page in pages.ONLY_ENGLISH:
        text = pages.read(page) + pages.read("docs/architecture.md")
        named = [*pages.codes(text), *(word for block in pages.blocks(text, "text") for word in block.split())]
        named = [
            code
            for code in named
            if re.fullmatch(r"[\w.-]+(?:/[\w.-]*)+", code) and not re.search(r"^data/|NAME|YEAR", code)
        ]
        assert len(named) > 20
    missing = [name for name in named if not (root / name).exists() and not (root / "cli/nianbao" / name).exists()]
    assert missing == []


def test_the_packages_of_the_architecture_are_those_of_the_contract(root):
    listed = re.findall(r"^\| `(\w+)` \|", pages.read("docs/architecture.md"), re.MULTILINE)
    project = toml_rs.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = (one["layers"] for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    assert listed == layers
    assert set(listed) == {path.parent.name for path in (root / "cli/nianbao").glob("*/__init__.py")}


def test_the_commands_of_contributing_exist(root):
    for words in pages.commands(pages.read("CONTRIBUTING.md"), "sh"):
        if words[:2] == ["uv", "run"]:
            tool, *more = words[3:]
            assert shutil.which(tool, path=Path(sys.executable).parent), words
            assert all((root / word).exists() for word in more if word.startswith("tests/")), words
    named = set(re.findall(r"(?:the )?`(LOOKS|COMMANDS)` (?:in|of)\s+`(tests/\w+\.py)`", pages.read("CONTRIBUTING.md")))
    assert len(named) == 2
    assert all(re.search(rf"^{name} = ", pages.read(file), re.MULTILINE) for name, file in named)


def test_the_marks_of_contributing_are_those_of_the_tests(root):
    listed = re.findall(r"^ *\| `(\w+)` \|", pages.read("CONTRIBUTING.md"), re.MULTILINE)
    project = toml_rs.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    markers = project["tool"]["pytest"]["ini_options"]["markers"]
    assert {re.match(r"\w+", marker)[0] for marker in markers} <= set(listed)


def test_the_glossary_has_each_term_once():
    terms = re.findall(r"^\| ([a-zA-Z, ]+?) \| .* \| .+ \|$", pages.read("CONTRIBUTING.md"), re.MULTILINE)
    assert len(terms) > 40
    assert len(set(terms)) == len(terms)


def test_every_page_can_be_reached_from_the_readme(language):
    first = pages.PAGES[language][0]
    linked = {(pages.ROOT / first).parent / target.partition("#")[0] for target in pages.links(pages.read(first))}
    assert {pages.ROOT / name for name in pages.PAGES[language][1:]} <= linked


def test_every_edition_is_on_the_page_of_forms(root, language):
    page = pages.read("docs/forms.md" if language == "en" else "docs/zh/forms.md")
    listed = re.findall(r"^\| `(\d+)` \| \D*(\d+)", page, re.MULTILINE)
    forms = {
        path.stem: toml_rs.loads(path.read_text(encoding="utf-8"))
        for path in root.glob(f"templates/{KIND}/editions/*.toml")
    }
    assert dict(listed) == {edition: str(form["years"]["from"]) for edition, form in forms.items()}


def test_every_type_of_value_is_on_the_page_of_forms(language):
    page = pages.read("docs/forms.md" if language == "en" else "docs/zh/forms.md")
    rows = re.findall(r"^\| (`[a-z`-]+(?:[,、] ?`[a-z-]+`)?) \|", page, re.MULTILINE)
    assert {name for row in rows for name in re.findall("[a-z-]+", row)} == set(get_args(ValueTypeName))


def test_every_format_and_every_key_of_one_is_on_its_page(root, language):
    page = pages.read("docs/looks-and-formats.md" if language == "en" else "docs/zh/looks-and-formats.md")
    listed = re.findall(r"^\| (`.+?) \|", page, re.MULTILINE)
    named = {name for cell in listed for name in re.findall(r"`([\w.]+)`", cell)}
    suffixes = {path.parent.name for path in root.glob("templates/formats/*/format.toml")} | {"markdown"}
    assert named == suffixes | {field.name for field in msgspec.structs.fields(FormatFile)}


def test_what_the_page_of_formats_promises_to_lua_is_there(root, language):
    page = pages.read("docs/looks-and-formats.md" if language == "en" else "docs/zh/looks-and-formats.md")
    lua = "".join(path.read_text(encoding="utf-8") for path in root.glob("cli/nianbao/render/*.lua"))
    promised = [code for code in pages.codes(page) if re.fullmatch(r"\w+\(rows\)|[A-Z]+\.\w+", code)]
    assert len(promised) == 2
    assert all(re.search(rf"\b{re.split(r'[(.]', code)[0]}\b", lua) for code in promised)


def test_every_reader_is_on_the_page_of_imports(language):
    from nianbao.importer import readers  # noqa: PLC0415  # nothing else here needs the importer

    names = {"md": "Markdown", "txt": "纯文本" if language == "zh" else "plain text"}
    page = pages.read("docs/import.md" if language == "en" else "docs/zh/import.md")
    assert all(names.get(name, name.upper()) in page for name in readers.load_readers())


@pytest.mark.parametrize("rule", rules.list_names())
def test_every_rule_has_a_whole_page(rule):
    page = rules.load_rule(rule).page
    first, rest = page.split("\n", 1)
    assert first.endswith("。")
    assert rest.startswith("\n")
    assert "\n不对:\n\n    " in page
    assert "\n对:\n\n    " in page


def test_every_rule_that_a_form_names_has_a_page(root):
    named = set()
    for form in (root / f"templates/{KIND}/editions").glob("*.toml"):
        named |= set(re.findall(r'rule = "([\w-]+)"', form.read_text(encoding="utf-8")))
    assert named
    assert named <= set(kind_rules.list_names(Store(root).kind))


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], pytest.param(["mypy"], marks=pytest.mark.slow)],
    ids=" ".join,
)
def test_the_house_rules_are_kept(command, root):
    done = subprocess.run([sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_kept_names_this_machine_or_a_registry(root):
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    if not any(listed):
        pytest.skip("not a git checkout")
    for name in filter(None, listed):
        text = (root / name).read_bytes().decode(errors="ignore")
        assert not re.search(r"py[p]i\.org|pythonhos[t]ed|/wor[k]/|/ro[o]t/", text), name


def editions(rule, forms):
    return "、".join(rules.list_editions(rule, forms)) or "all"


def table_of_rules(language, kind):
    """Write the table of a README from the pages of the rules, in the language that is spoken."""
    forms = kind.forms()
    rows = [
        f"| `{rule.name}` | {rule.level} | {editions(rule.name, forms)} | {rule.summary} |\n"
        for rule in (kind_rules.load_rule(kind, name) for name in kind_rules.list_names(kind))
    ]
    return f"{HEADS[language]}\n|---|---|---|---|\n{''.join(rows)}"


def test_the_table_of_rules_is_that_of_the_program(language, root, request):
    table, page = table_of_rules(language, Store(root).kind), pages.read(RULES[language])
    (written,) = re.findall(rf"^{re.escape(HEADS[language])}\n(?:\|.*\n)+", page, re.MULTILINE)
    if request.config.getoption("--rewrite"):
        (root / RULES[language]).write_text(page.replace(written, table), encoding="utf-8")
        written = table
    assert written == table


def test_the_hooks_run_what_they_say(root, office, report):
    hooks = (root / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"^  entry: report (.+)$", hooks, re.MULTILINE)
    assert set(re.findall(r"^- id: (.+)$", hooks, re.MULTILINE)) == {"report-validate", "report-fmt"}
    for entry in entries:
        assert report(*entry.split(), "data/2020.toml", cwd=office).returncode == 0


@pytest.mark.parametrize("page", ["docs/kinds.md", "docs/zh/kinds.md"])
def test_the_list_and_the_text_on_the_page_of_kinds_have_no_mistake(page, tmp_path, monkeypatch):
    create_kind(Store(tmp_path), KindPlan("minutes", "Minutes", "en", "year", "plain", "Requests"), Period(2024))
    monkeypatch.chdir(tmp_path)
    text = pages.read(page)
    form, data = (
        next(block for block in pages.blocks(text, "toml") if start in block)
        for start in ("[[lists]]\nid       = ", "[[courses]]")
    )
    kind = tmp_path / "templates/kinds/minutes"
    for name, added in (("editions/2024.toml", form), ("example/2024.toml", data)):
        path = kind / name
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{added}", encoding="utf-8")
    (template,) = pages.blocks(text, "jinja")
    (kind / "texts/courses.md.j2").write_text(template, encoding="utf-8")
    assert [str(one) for one in check_kind(Store.open(tmp_path), "minutes")] == []
    columns = toml_rs.loads(form)["lists"][0]["columns"]
    assert {column.get("type", "count") for column in columns} == set(get_args(ValueTypeName))
    assert toml_rs.loads(data)["courses"][0].keys() == {column["id"] for column in columns}
