"""What is documented is true: the README's commands run, its findings are said, its words are kept."""

import re
import shlex
import shutil
import subprocess
import sys

import pytest
import toml_rs
from offices import data

from nianbao.checks import rules
from nianbao.workspace.locales import speak

COMMANDS = ("build", "clean", "validate", "fmt", "new", "schema", "init", "import")
COMMANDS += ("rollup", "trace", "export", "query", "form")


READMES = {"en": "README.md", "zh": "README.zh-CN.md"}


@pytest.fixture(params=READMES)
def language(request):
    speak(request.param)
    yield request.param
    speak("zh")


@pytest.fixture
def readme(root, language):
    return (root / READMES[language]).read_text(encoding="utf-8")


def blocks(text, language):
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)


def test_every_command_of_the_readme_runs(readme, root, tmp_path, report):
    for folder in ("data", "templates"):
        shutil.copytree(root / folder, tmp_path / folder)
    cwd, ran = tmp_path, 0
    for line in "\n".join(blocks(readme, "sh")).splitlines():
        words = shlex.split(line.partition("#")[0])
        if words[:1] == ["cd"]:
            cwd = cwd / words[1]
        elif words[:1] == ["report"]:
            done = report(*words[1:], cwd=cwd)
            assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
            ran += 1
    assert ran >= 9


def test_the_office_above_of_the_readme_is_added_up(readme, tmp_path, report):
    (register,) = (block for block in blocks(readme, "toml") if block.startswith("# data/offices.toml"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/offices.toml").write_text(register, encoding="utf-8")
    for number, (office, entry) in enumerate(toml_rs.loads(register).items()):
        if "parent" in entry:
            (tmp_path / "data" / office).mkdir()
            (tmp_path / "data" / office / "2024.toml").write_text(data(number), encoding="utf-8")
    commands = [line for block in blocks(readme, "console") for line in block.splitlines() if line.startswith("report")]
    assert len(commands) > 8
    for line in commands:
        done = report(*shlex.split(line.partition("#")[0])[1:], cwd=tmp_path)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    assert (tmp_path / "build/city/2024.pdf").is_file()


def test_the_two_commands_that_a_stranger_types_are_there(readme):
    commands = [line for block in blocks(readme, "sh") for line in block.splitlines() if line.startswith("pip")]
    assert commands == ["pip install uv && uv run report build 2020", "pip install uv && uv run --group test pytest"]


def test_the_finding_in_the_readme_is_what_is_said(readme, language, root, report):
    (finding,) = blocks(readme, "text")
    assert finding in report("validate", "2020", "--lang", language, cwd=root).stdout


def test_both_readmes_show_the_same(root):
    def shown(name):
        """Return every command and example, without the comments, which are in the language of the text."""
        text = (root / name).read_text(encoding="utf-8")
        return [
            [line.partition("#")[0].rstrip() for line in block.splitlines()]
            for language in ("sh", "toml", "yaml", "console")
            for block in blocks(text, language)
        ]

    first, *others = map(shown, READMES.values())
    assert len(first) > 5
    assert all(other == first for other in others)
    heads = [re.findall(r"^#+ ", (root / name).read_text(encoding="utf-8"), re.MULTILINE) for name in READMES.values()]
    assert heads[0] == heads[1]


def test_every_option_of_the_readme_exists(readme, root, report):
    said = "".join(report(*words, "--help", cwd=root).stdout for words in [[], *([name] for name in COMMANDS)])
    prose = re.sub(r"```.*?```", "", readme, flags=re.DOTALL)
    options = set(re.findall(r"`(--[a-z]+)", prose))
    assert options
    assert not [option for option in options if option not in said]


@pytest.mark.parametrize("rule", rules.names())
def test_every_rule_has_a_whole_page(rule):
    page = rules.rule(rule).page
    first, rest = page.split("\n", 1)
    assert first.endswith("。")
    assert rest.startswith("\n")
    assert "\n不对:\n\n    " in page
    assert "\n对:\n\n    " in page


def test_every_rule_that_a_form_names_has_a_page(root):
    named = set()
    for form in (root / "templates/forms").glob("*.toml"):
        named |= set(re.findall(r'rule = "([\w-]+)"', form.read_text(encoding="utf-8")))
    assert named
    assert named <= set(rules.names())


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]],
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


def test_the_rules_of_the_readme_are_those_of_the_program(readme):
    listed = re.findall(r"^\| `([\w-]+)` \| (\w+) \| (\S+) \| (.+) \|$", readme, re.MULTILINE)
    known = map(rules.rule, rules.names())
    assert listed == [(rule.name, rule.level, "、".join(rule.editions) or "all", rule.summary) for rule in known]


def test_the_hooks_run_what_they_say(root, office, report):
    hooks = (root / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"^  entry: report (.+)$", hooks, re.MULTILINE)
    assert set(re.findall(r"^- id: (.+)$", hooks, re.MULTILINE)) == {"report-validate", "report-fmt"}
    for entry in entries:
        assert report(*entry.split(), "data/2020.toml", cwd=office).returncode == 0
