"""What people see on their terminal: lines that fit its width, characters that it has, and words that it completes."""

import io
import json
import os
import re
import shutil
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pkgutil import iter_modules
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from nianbao import __version__
from nianbao.build.outputs import name_formats
from nianbao.cli import commands, start
from nianbao.cli.app import load_app
from nianbao.cli.console import escape_unencodable
from nianbao.cli.options import split_list
from nianbao.cli.screen import Screen
from nianbao.cli.terminal import echo
from nianbao.model.finding import UserError
from nianbao.model.period import Calendar, Period, parse_period
from nianbao.workspace import locales, selection
from nianbao.workspace.kinds.typed_periods import parse_typed_period
from nianbao.workspace.store import Store


class Terminal(io.TextIOWrapper):
    """A stream that is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def console(report):  # noqa: ARG001  # imports the program in the language of the tests
    """Run a command on a console with an encoding and a width: its exit code and what it shows."""

    def run(*words, cwd, page="utf-8", columns="", is_terminal=False, **variables):
        kind = Terminal if is_terminal else io.TextIOWrapper
        out, err = (kind(io.BytesIO(), page, write_through=True) for _stream in range(2))
        with chdir(cwd), redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["report", *words])
            for name, value in {"LANGUAGE": "zh", "COLUMNS": columns, **variables}.items():
                patch.setenv(name, value)
            patch.setattr(os, "cpu_count", lambda: 1)
            escape_unencodable()
            try:
                code = start._run()  # noqa: SLF001
            except SystemExit as end:  # where a shell asks for words
                code = end.code
        locales.use_language(os.environ["LANGUAGE"])
        shown = [stream.buffer.getvalue().decode(page) for stream in (out, err)]
        return SimpleNamespace(code=code, out=shown[0], err=shown[1])

    return run


LONG_ROW = "received = { person = 1, business = 0, research = 0, charity = 0, legal = 0, other = 1, totl = 1 }"
WRONG = {
    "received        = { person = 1, total = 1 }": LONG_ROW,
    "disclosed = 27, public = 20": "disclosed = 27, publik = 20",
    "全年接办": "全年公开794条，社交251条，访问1423539次，关注17774人，全年接办",
    'short = "市人社局"': 'short = "市人社局"\nown = "“一件事”……：' + "某，" * 20 + '"',
}


@pytest.fixture
def wrong(office):
    """An office whose report has mistakes in long lines."""
    spoil(office / "data/2020.toml", WRONG)
    return office


def spoil(path, changes):
    text = path.read_text(encoding="utf-8")
    for right, mistake in changes.items():
        text = text.replace(right, mistake)
    path.write_text(text, encoding="utf-8")


# ── width ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("columns", [80, 200])
def test_no_line_of_findings_is_wider_than_the_terminal(wrong, console, columns, language):
    done = console("validate", "2020", "--lang", language, cwd=wrong, columns=str(columns))
    assert done.code == 1
    lines = done.out.splitlines()
    assert max(map(cell_len, lines)) <= columns
    assert any(cell_len(line) > columns // 2 for line in lines)


@pytest.mark.parametrize("page", ["utf-8", "cp936", "cp437"])
@pytest.mark.parametrize("columns", ["", "60", "80", "200"])
def test_the_underline_is_below_its_value(wrong, console, columns, page):
    done = console("validate", "2020", cwd=wrong, columns=columns, page=page)
    values = []
    for line, below in zip(done.out.splitlines(), done.out.splitlines()[1:], strict=False):
        if mark := re.match(r" *\| +(\^+)", below):
            encoded = (lambda text: len(text.encode(page))) if page == "cp936" else cell_len
            start, end = (
                next(at for at in range(len(line) + 1) if encoded(line[:at]) >= encoded(below[: mark.span(1)[side]]))
                for side in (0, 1)
            )
            values.append(line[start:end])
    keys = ["own", "publik", "totl"]
    assert [value for value in values if value in keys] == keys  # marks of the text between them are told, too
    assert values[-1] == "794"


def test_a_row_is_cut_around_its_cell_and_keeps_its_label(wrong, console):
    done = console("validate", "2020", cwd=wrong, columns="80")
    line, below = re.search(r"^ +\d+ \| (…?.*totl = 1 })\n(.*)", done.out, re.MULTILINE).groups()
    assert line.startswith("…")
    assert "^ " in below
    wide = console("validate", "2020", cwd=wrong, columns="200").out
    assert f"| {LONG_ROW}\n" in wide


def test_what_no_terminal_reads_is_not_wrapped(wrong, console):
    lines = console("validate", "2020", cwd=wrong).out.splitlines()
    assert max(map(cell_len, lines)) > 120  # a message is one line, to be searched for
    assert all(len(line) < 120 for line in lines if re.match(r" +\d+ \|", line))


@pytest.mark.parametrize("name", ["", "build", "import", "kind"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_help_fits_80_columns(process, tmp_path, name, language):
    done = process(
        *filter(None, [name]), "--lang", language, "--help", cwd=tmp_path, env=os.environ | {"COLUMNS": "80"}
    )
    assert max(map(cell_len, done.stdout.splitlines())) <= 80
    assert "..." not in done.stdout.replace("[ARGS]...", "")  # nothing is left out


def test_the_page_of_a_rule_fits_80_columns(console, tmp_path):
    lines = console("explain", "wrong-total", cwd=tmp_path, columns="80").out.splitlines()
    assert max(map(cell_len, lines)) <= 80


def test_a_table_is_wrapped_to_the_terminal_without_loss(console, tmp_path):
    wide = console("kind", "list", cwd=tmp_path, columns="200").out
    narrow = console("kind", "list", cwd=tmp_path, columns="80").out
    assert max(map(cell_len, narrow.splitlines())) <= 80 < max(map(cell_len, wide.splitlines()))
    assert sorted("".join(narrow.split())) == sorted("".join(wide.split()))


def test_an_error_is_wrapped_below_itself(console, tmp_path):
    done = console("validate", "某市某局" * 30, cwd=tmp_path, columns="80")
    first, *more = done.err.splitlines()
    assert cell_len(first) <= 80
    assert more[0].startswith("    ")


TEXT = st.text(st.sampled_from("ab -，。（）“”年报…{}[]:·\u3000"), max_size=80)


@given(text=TEXT, width=st.integers(10, 30))
def test_wrapping_loses_nothing_but_blanks(text, width):
    lines = Screen(80).wrap_text(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line.rstrip()) <= width or len(line.split()) == 1 for line in lines)
    if not re.search(r"\s[，。）”]", text):
        assert not any(line.startswith(tuple("，。）”")) for line in lines[1:])


@given(parts=st.tuples(TEXT, TEXT, TEXT), width=st.integers(30, 100), label=st.integers(0, 60))
@example(parts=("", "16 wide, no more", ""), width=33, label=8)
def test_a_line_is_cut_to_its_room(parts, width, label):
    screen = Screen(width)
    before, value, after = screen.cut(*parts, margin=9, label=label)
    assert cell_len(before + value + after) <= max(width, 40) - 9
    assert parts[0].endswith(before.lstrip("…"))
    assert parts[1].startswith(value.rstrip("…"))
    assert parts[2].startswith(after.rstrip("…"))
    if cell_len("".join(parts)) <= width - 9 and cell_len(parts[0] + parts[1]) + label <= width - 9:
        assert (before, value, after) == parts


def test_a_width_that_is_none_is_no_width(console, wrong):
    for columns in ("x", "-5", "0", "²", "1", "9" * 400):
        assert console("validate", "2020", cwd=wrong, columns=columns).code == 1


# ── findings ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_to_do_is_said_once_for_each_rule(office, console):
    spoil(office / "data/2020.toml", {"disclosed = 27": "disclosd = 27", "upheld": "uphelt"})
    out = console("validate", "2020", cwd=office).out
    assert out.count("error[unknown-key]") == 4
    assert out.count("report explain unknown-key") == 1


def test_figures_typed_by_hand_are_one_finding_of_a_section(wrong, console):
    out = console("validate", "2020", cwd=wrong).out
    assert out.count("note[typed-by-hand]") == 1
    assert out.count("可以写成 {{ facts.") == 4


@pytest.fixture
def offices(tmp_path, office):
    """Six offices, two of which have mistakes."""
    for number in range(6):
        shutil.copytree(office / "data", tmp_path / f"city/data/o{number}")
    for number in (2, 4):
        spoil(tmp_path / f"city/data/o{number}/2020.toml", WRONG)
    return tmp_path / "city"


@pytest.mark.parametrize("words", [["o1", "o2", "o4"], ["--all"]])
def test_findings_of_many_files_are_below_their_names(offices, console, words):
    out = console("validate", "2020", *words, cwd=offices, columns="80").out
    lines = out.splitlines()
    for number in (2, 4):
        at = next(at for at, line in enumerate(lines) if line.startswith(f"data/o{number}/2020.toml："))
        assert "个错误" in lines[at]
        assert re.match(r"  (note|\d+:\d+: error)\[", lines[at + 1])
    assert out.count("data/o2/2020.toml") == 1
    assert max(map(cell_len, lines)) <= 80
    assert re.search(r"\d 个错误", lines[-1])  # the last line counts


def test_a_batch_lists_the_first_errors_of_a_file_and_counts_the_others(offices, console):
    spoil(offices / "data/o3/2020.toml", {"made": "mad", "disclosed": "disclosd"})
    out = console("validate", "2020", "--all", cwd=offices).out
    assert out.count("error[unknown-key]", out.index("data/o3/"), out.index("data/o4/")) == 3
    assert re.search(r"另有 \d 处；全部：report validate data/o3/2020.toml", out)


def test_no_color_is_obeyed(wrong, console):
    assert "\x1b[" in console("validate", "2020", cwd=wrong, is_terminal=True).out
    assert "\x1b[" not in console("validate", "2020", cwd=wrong, is_terminal=True, NO_COLOR="1").out


# ── encodings ────────────────────────────────────────────────────────────────────────────────────────

ODD = "𠮷한é\u00ad𐐷～—Ω"  # some of it is in none of the encodings
COMMANDS = [
    ["accept", "2020:17", "--because", ODD],
    ["build", "2020", "--to", "html", "--draft"],
    ["build", "2020", "--to", "wrod"],
    ["build", "2020", "--all", "--draft", "--to", "html", "--explain"],
    ["clean"],
    ["compare", "2020", "top", "data/2020.toml"],
    ["compare", "--labels", "data/2020.toml"],
    ["doctor"],
    ["explain"],
    ["explain", "broken-balance"],
    ["export", "2020", "--to", "csv"],
    ["fmt", "--check"],
    ["form", "2021"],
    ["import", f"{ODD}.docx"],
    ["init", "new"],
    ["kind", "list"],
    ["kind", "docs", "cn-disclosure"],
    ["list"],
    ["new", "2022"],
    ["preview", "1999", "--no-open"],
    ["query", "select name from reports"],
    ["query"],
    ["return", "2020", "--into", "top"],
    ["rollup", "2020", "--into", "top", "--dry-run"],
    ["schema"],
    ["site", "2020", "--to", "markdown"],
    ["status", "2020"],
    ["trace", "2020", "top", "requests.received.total"],
    ["trust"],
    ["validate"],
    ["validate", "--all", "2020"],
    ["validate", "--json"],
    ["validate", "--format", "sarif"],
    ["validate", ODD],
    ["--help"],
    ["build", "--help"],
    ["--version"],
    ["--no-such", ODD],
]


@pytest.fixture
def odd(office):
    """An office whose files and names are full of characters that consoles lack."""
    spoil(office / "data/2020.toml", {"鞍山市人力资源和社会保障局": f"{ODD}局", **WRONG})
    with (office / "data/2020.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n["{ODD}"]\nx = "…→×“”—"\n')
    (office / "data/top").mkdir()
    shutil.copy(office / "data/2020.toml", office / "data/top")
    (office / "data/offices.toml").write_text(
        f'[top]\nname = "{ODD}"\n["unit"]\nname = "{ODD}二"\nparent = "top"\n', encoding="utf-8"
    )
    return office


@pytest.mark.parametrize("is_terminal", [False, True], ids=["piped", "terminal"])
@pytest.mark.parametrize("page", ["cp936", "cp1252", "cp437"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_character_ends_a_command(odd, console, words, page, is_terminal):
    done = console(*words, cwd=odd, page=page, is_terminal=is_terminal, columns="80")
    assert done.code in {0, 1, 2}
    for sign in ("Traceback", "UnicodeEncodeError", "自己出错", "program failed"):
        assert sign not in done.out + done.err
    if "--json" in words:
        assert ODD in json.dumps(json.loads(done.out), ensure_ascii=False)


def test_every_command_is_tried():
    app = load_app()
    named = {one.name or one.callback.__name__ for one in app.registered_commands}
    groups = {group.name for group in app.registered_groups}
    names = {name.rstrip("_") for name in named} | groups
    assert {words[0] for words in COMMANDS if words[0][0] != "-"} == names
    assert {module.name.rstrip("_") for module in iter_modules(commands.__path__)} == names  # by which one is loaded


def test_signs_have_substitutes_where_the_encoding_lacks_them(monkeypatch):
    assert Screen(encoding="cp437").show("a…→b · “c” 年") == 'a...->b · "c" \\u5e74'
    assert Screen(encoding="cp936").show("…→“”年") == "…→“”年"
    assert Screen(encoding="utf-8").show(ODD) == ODD
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    echo("…→\u3000“x”")  # without `escape_unencodable` too
    sys.stdout.flush()
    assert sys.stdout.buffer.getvalue() == b'...->  "x"\n'


def test_a_console_without_chinese_characters_is_spoken_to_in_english(office, console):
    assert "warning" in console("validate", "2020", cwd=office, page="cp437").out
    assert "notes:" in console("validate", "2020", cwd=office, page="cp1252").out
    assert "个提示" in console("validate", "2020", cwd=office, page="cp936").out
    assert "\\u4e2a" in console("validate", "2020", "--lang", "zh", cwd=office, page="cp437").out  # who asks gets it


# ── version and completion ───────────────────────────────────────────────────────────────────────────


def test_the_version_is_said(console, tmp_path):
    assert console("--version", cwd=tmp_path).out == f"nianbao {__version__}\n"


def complete(console, line, cwd):
    """Ask for the completion of a line as bash does; return the words."""
    words = line.split(" ")
    done = console(cwd=cwd, _REPORT_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
    assert done.err == ""
    return done.out.split("\n")[:-1] if done.out != "\n" else []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("report validate 2", ["2020"]),
        ("report validate o", ["o0", "o1", "o2", "o3", "o4", "o5"]),
        ("report validate kp", ["kpi"]),
        ("report explain wrong-to", ["wrong-total"]),
        ("report validate --select late,wrong-to", ["late,wrong-total"]),
        ("report validate --ignore late,la", []),
        ("report build --to ht", ["html"]),
        ("report build --to pdf，do", ["pdf，docx"]),
        ("report build --look let", ["letter"]),
        ("report new --kind us", ["us-foia"]),
        ("report new --kind us-foia --edition ", ["2020"]),
        ("report rollup 2020 --into o5", ["o5"]),
        ("report trace 20", ["2020"]),
        ("report export --to par", ["parquet"]),
        ("report validate data/", []),  # the shell goes on with names of files
        ("report --lang e", ["en"]),
    ],
)
def test_words_are_completed(offices, console, line, expected):
    assert complete(console, line, offices) == expected


def test_the_report_that_is_due_is_completed_for_a_new_one(office, console):
    assert len(complete(console, "report new 2", office)) >= 2


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"report.toml": "kind = "},
        {"report.toml": 'kind = "no-such"'},
        {"data": "no folder"},
        {"data/x/2020.toml": "\0", "templates/kinds/cn-disclosure/kind.toml": "[["},
    ],
    ids=["empty", "settings", "kind", "data", "templates"],
)
@pytest.mark.parametrize(
    "line", ["report validate ", "report explain ", "report build --look ", "report new --edition ", "report new "]
)
def test_completion_is_silent_where_the_folder_is_broken(tmp_path, console, files, line):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    complete(console, line, tmp_path)


# ── words as people type them ────────────────────────────────────────────────────────────────────────

PERIODS = [
    ("cn-disclosure", "2025年", "2025"),
    ("cn-disclosure", "2025 年度", "2025"),
    ("cn-disclosure", "２０２５", "2025"),
    ("cn-disclosure", " 2025\u3000", "2025"),
    ("cn-disclosure", "2025.toml", "2025"),
    ("kpi", "2024-q3", "2024-Q3"),
    ("kpi", "２０２４－Ｑ３", "2024-Q3"),
    ("kpi", " q3  2024", "2024-Q3"),
    ("us-foia", "2024", "2024"),
    ("cn-disclosure", "2025年3月", None),
    ("cn-disclosure", "第2025号", None),
    ("cn-disclosure", "data/2025年", None),
    ("cn-disclosure", "20255", None),
    ("cn-disclosure", "二〇二五", "2025"),
    ("cn-disclosure", "二○二五年", "2025"),
    ("cn-disclosure", "二五年", None),
]


@pytest.mark.parametrize(("kind", "typed", "meant"), PERIODS)
def test_a_period_is_understood_as_it_is_typed(tmp_path, kind, typed, meant):
    found = parse_typed_period(Store(tmp_path).find_kind(kind), typed)
    assert found == (parse_period(meant) if meant else None)


@pytest.mark.parametrize(
    ("unit", "typed"), [("event", "2024年2月29日"), ("month", "2024年2月"), ("half-year", "2024年第1个半年")]
)
def test_a_period_of_any_unit_is_understood_by_its_name(tmp_path, unit, typed):
    settings = SimpleNamespace(calendar=Calendar(unit), languages=("zh-CN",))
    kind = SimpleNamespace(settings=settings, read_locale=Store(tmp_path).kind.read_locale)
    assert str(parse_typed_period(kind, typed)) in {"2024-02-29", "2024-02", "2024-H1"}
    assert parse_typed_period(kind, typed.replace("2024", "2023").replace("第1", "第3").replace("2月", "13月")) is None


@pytest.mark.parametrize("word", ["2020年", "２０２０", " 2020 ", "2020.toml", "data/2020.toml", "./data/2020.toml"])
def test_a_report_is_selected_as_it_is_typed(office, monkeypatch, word):
    monkeypatch.chdir(office)
    store = selection.open_store([word], None, None, pytest.fail)
    assert [period for _store, period in selection.select(store, [word]).reports] == [Period(2020)]


def test_a_data_file_is_found_from_its_own_folder(offices, monkeypatch):
    monkeypatch.chdir(offices / "data/o3")
    store = selection.open_store(["2020.toml"], None, None, pytest.fail)
    (found,) = selection.select(store, ["2020.toml"]).reports
    assert found[0].office == "o3"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("word", ["docx"]),
        ("PDF", ["pdf"]),
        ("pdf，docx", ["pdf", "docx"]),
        ("pdf、docx", ["pdf", "docx"]),
        ("ｐｄｆ ; .DOCX", ["pdf", "docx"]),
        ("html,HTML,web", ["html"]),
        ("md", ["markdown"]),
        ("", []),
    ],
)
def test_formats_are_understood_as_they_are_typed(tmp_path, typed, meant):
    assert name_formats(Store(tmp_path), split_list(typed)) == meant


def test_an_unknown_format_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(UserError, match="pfd，是不是 pdf"):
        name_formats(Store(tmp_path), ["pfd"])


def test_a_format_of_an_office_has_aliases_too(tmp_path):
    folder = tmp_path / "templates/formats/txt"
    folder.mkdir(parents=True)
    (folder / "format.toml").write_text('writer = "plain"\naliases = ["Text"]\n', encoding="utf-8")
    store = Store(tmp_path)
    store.use(tmp_path / "templates")
    assert name_formats(store, ["text", "TXT"]) == ["txt"]
