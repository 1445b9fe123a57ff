"""Texts of strangers on the screen: a terminal must show them, and none may control it."""

import json
import re
import unicodedata
from xml.etree import ElementTree as ET

import pytest
from strangers import FACTS, put

from nianbao.cli import terminal
from nianbao.cli.output import sarif_junit

# Set the title and ring, link, clear the screen (as C1), delete, go back, turn the direction, isolate, break the line.
SEQUENCES = {
    "OSC": "\x1b]0;owned\x07",
    "hyperlink": "\x1b]8;;http://evil\x1b\\",
    "C1": "\x9b2J",
    "DEL": "\x7f",
    "backspace": "\x08",
    "override": "\u202e",
    "isolate": "\u2066",
    "separator": "\u2028",
}
ALL = "".join(SEQUENCES.values())
ESCAPED = "".join(f"\\u{ord(character):04x}" for character in ALL)  # as TOML writes it
PRINTABLE = ALL.translate(dict.fromkeys((*range(32), 127, ord("\\"))))  # what may stand in TOML as it is
FOLDER = f"dist{ALL.replace('/', '')}"  # a name that a disk can hold


def find_controls(text):
    """Return the characters of an output that control a terminal, by their Unicode properties."""
    direction = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return {
        character
        for character in text
        if (unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} and character != "\n")
        or unicodedata.bidirectional(character) in direction
    }


def fact(at, value):
    return FACTS.replace(at, value)


# Where a stranger's text is printed: the facts, further files, and the command.
CHANNELS = {
    "an unknown key": (f'"{ESCAPED}" = 1\n{FACTS}', {}, ["validate", "2024"]),
    "an excerpt": (FACTS + f'[requests2]\nx = 1 # {PRINTABLE}\n"y" = "{PRINTABLE}" # x\n', {}, ["validate", "2024"]),
    "an excerpt of a value": (fact('"某市某局"', f'["{PRINTABLE}"]'), {}, ["validate", "2024"]),
    "an edition": (f'edition = "{ESCAPED}"\n{FACTS}', {}, ["validate", "2024"]),
    "an acceptance": (
        FACTS + f'[[accept]]\nrule = "{ESCAPED}"\nat = "a"\nvalue = 1\nbecause = "b"\n',
        {},
        ["validate"],
    ),
    "where it accepts": (
        FACTS + f'[[accept]]\nrule = "late"\nat = "{ESCAPED}"\nvalue = 1\nbecause = "b"\n',
        {},
        ["validate", "2024"],
    ),
    "a name in an answer": (fact("某市某局", f"某局{ESCAPED}"), {}, ["query", "select name from reports"]),
    "an answer as JSON": (
        fact("某市某局", f"某局{ESCAPED}"),
        {},
        ["query", "select name from reports", "--to", "json"],
    ),
    "an answer as CSV": (fact("某市某局", f"某局{ESCAPED}"), {}, ["query", "select name from reports", "--to", "csv"]),
    "findings as JSON": (f'"{ESCAPED}" = 1\n{FACTS}', {}, ["validate", "2024", "--json"]),
    "findings for GitHub": (f'"{ESCAPED}" = 1\n{FACTS}', {}, ["validate", "2024", "--format", "github"]),
    "findings as SARIF": (f'"{ESCAPED}" = 1\n{FACTS}', {}, ["validate", "2024", "--format", "sarif"]),
    "findings as JUnit": (f'"{ESCAPED}" = 1\n{FACTS}', {}, ["validate", "2024", "--format", "junit"]),
    "the register": (
        FACTS,
        {"data/offices.toml": f'[city]\nname = "a"\n"{ESCAPED}" = 1\n'},
        ["rollup", "2024", "--into", "city"],
    ),
    "a name in the register": (
        FACTS,
        {
            "data/offices.toml": f'[city]\nname = "{ESCAPED}"\n[dist]\nname = "{ESCAPED}"\nparent = "city"\n',
            "data/dist/2024.toml": FACTS,
        },
        ["rollup", "2024", "--into", "city"],
    ),
    "a folder": (FACTS, {f"data/{FOLDER}/2024.toml": FACTS}, ["validate", "2024", "--all"]),
    "a folder laid out": (FACTS, {f"data/{FOLDER}/2024.toml": FACTS}, ["fmt", "2024", "--all"]),
    "a folder in an export": (FACTS, {f"data/{FOLDER}/2024.toml": "x"}, ["export", "2024", "--all"]),
    "a folder in an answer": (FACTS, {f"data/{FOLDER}/2024.toml": FACTS}, ["query", "select office from reports"]),
    "the settings": (FACTS, {"report.toml": f'[levels]\n"{ESCAPED}" = "off"\n'}, ["validate", "2024"]),
    "a look": (FACTS, {"templates/looks/own.toml": f'base = "{ESCAPED}"\n'}, ["build", "2024", "--look", "own"]),
    "a word of the command": (FACTS, {}, ["validate", ALL]),
    "a rule asked for": (FACTS, {}, ["explain", ALL]),
}


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("guarded", [True, False])
def test_texts_of_strangers_are_escaped(attacked, command, monkeypatch, channel, guarded):
    facts, files, words = CHANNELS[channel]
    folder = put(attacked(facts=facts), files)
    if not guarded:
        never = re.compile("(?!)")
        monkeypatch.setattr(terminal, "CONTROL_CHARACTERS", never)
        monkeypatch.setattr(terminal, "_CONTROLS_EXCEPT_BREAKS", never)
    result = command(*words, cwd=folder)
    assert result.exit_code in {0, 1, 2}
    assert "自己出错" not in result.output
    assert bool(find_controls(result.output)) is not guarded
    if guarded:
        assert "\\u202e" in result.output  # it is shown, escaped


@pytest.mark.guard(inside="find_controls(SEQUENCES[name])")
@pytest.mark.parametrize("name", SEQUENCES)
def test_each_sequence_is_escaped(name):
    shown = terminal.escape_controls(SEQUENCES[name])
    assert find_controls(SEQUENCES[name])
    assert not find_controls(shown)
    assert shown.isprintable()


@pytest.mark.no_attack
@pytest.mark.parametrize("form", ["json", "sarif", "junit"])
def test_output_for_programs_keeps_its_values(attacked, command, form):
    folder = attacked(facts=f'"{ESCAPED}]]>&<" = 1\n{FACTS}')
    result = command("validate", "2024", "--format", form, cwd=folder)
    if form == "junit":
        assert ET.fromstring(result.stdout).tag == "testsuites"  # noqa: S314  # our own
    else:
        assert ALL in values(json.loads(result.stdout))


def values(tree):
    """Return all texts of a tree, joined by line breaks."""
    if isinstance(tree, dict | list):
        return "\n".join(map(values, tree.values() if isinstance(tree, dict) else tree))
    return str(tree)


COMMANDS = ["::error::x", "  ::set-output name=a::b", "::add-mask::x", "##[command]x", "::stop-commands::x"]


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("guarded", [True, False])
def test_no_line_is_a_workflow_command(attacked, command, monkeypatch, name, guarded):
    folder = attacked()
    attacked(office=name)
    if not guarded:
        monkeypatch.setattr(terminal, "_WORKFLOW_COMMAND", re.compile("(?!)"))
    output = command("query", "select office from reports where office <> ''", cwd=folder).output
    lines = [line for line in output.splitlines() if line.lstrip().startswith("::") or "##[" in line]
    assert bool(lines) is not guarded


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("name", ["a::error::b", "a%0Ab", "a,title=x", "a\n::error::b", "a\r::error::b"])
def test_a_finding_is_one_workflow_command(attacked, command, monkeypatch, name, guarded):
    if not guarded:
        monkeypatch.setattr(sarif_junit, "_escape_data", str)
        monkeypatch.setattr(sarif_junit, "_escape_property", str)
    folder = attacked("[own2]\nx = 1\n", office=name)
    lines = command("validate", "2024", name, "--format", "github", cwd=folder).stdout.splitlines()
    assert lines
    assert all(is_about(line, f"data/{name}/2024.toml") for line in lines) is guarded


def is_about(line, file):
    """Tell whether GitHub reads a line as one command about a file."""
    head, *_rest = line[2:].split("::")
    kind, _, properties = head.partition(" ")
    values = dict(one.partition("=")[::2] for one in properties.split(","))
    named = values.get("file", "")
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        named = named.replace(code, sign)
    known = list(values) in (["file", "title"], ["file", "line", "col", "endColumn", "title"])
    return line.startswith("::") and kind in {"error", "warning", "notice"} and known and named == file


def test_the_underline_is_below_its_value(attacked, command):
    folder = attacked(facts=FACTS.replace("{ person = 5 }", f'{{ "{PRINTABLE}" = 1, person = "x" }}', 1))
    lines = command("validate", "2024", "--select", "wrong-type", cwd=folder).output.splitlines()
    at = next(number for number, line in enumerate(lines) if "^" in line)
    assert lines[at - 1][lines[at].index("^") :].startswith('"x"')


def test_brackets_are_text_in_a_progress_bar():
    console = terminal.make_console()
    with console.capture() as capture:
        console.print("[red]x[/red][link=http://evil]y[/link]:smile:")
    assert capture.get().strip() == "[red]x[/red][link=http://evil]y[/link]:smile:"


def test_a_second_line_of_a_message_looks_like_no_message(command, attacked):
    result = command("validate", "x\n错误: 全部正确", cwd=attacked())
    assert not [line for line in result.output.splitlines()[1:] if line.startswith("错误")]
