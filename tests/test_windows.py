"""Windows as offices have it, as far as it can be shown elsewhere: names, line ends, consoles, and what it lacks."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from types import SimpleNamespace

import pytest

from nianbao.model import file_names
from nianbao.model.facts import parse
from nianbao.model.finding import UserError
from nianbao.model.units.register_loading import load_register
from nianbao.render import pandoc
from nianbao.rollup import collect
from nianbao.workspace import selection
from nianbao.workspace.store import Store

# What Windows lacks is taken away before the program is imported, also in the processes that it begins: these start
# as on Windows, by import of this file.
WITHOUT = """
import asyncio, concurrent.futures.process, filelock, multiprocessing, os, random, signal, subprocess, sys, tempfile
import multiprocessing.popen_spawn_posix, multiprocessing.resource_tracker, multiprocessing.synchronize
import platformdirs.unix, shutil, types  # what is chosen by the platform keeps what it has

def lacking(module, names):
    assert not [name for name in names if not hasattr(module, name)]
    left = types.ModuleType(module.__name__)
    left.__dict__.update({name: value for name, value in vars(module).items() if name not in names})
    sys.modules[module.__name__] = left

lacking(os, (
    "fork forkpty killpg setsid getpgid setpgid mkfifo geteuid getuid uname fchmod chown sched_getaffinity "
    "O_NOFOLLOW O_NONBLOCK O_CLOEXEC O_DIRECTORY getpriority register_at_fork statvfs"
).split())
lacking(signal, "SIGALRM SIGHUP SIGKILL SIGPIPE SIGUSR1 SIGCHLD alarm setitimer ITIMER_REAL pthread_sigmask".split())
for name in ("resource", "fcntl", "pwd", "grp", "termios", "tty", "pty", "syslog", "readline"):
    sys.modules[name] = None

if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    from nianbao.__main__ import main

    main()
"""


@pytest.fixture
def lacking(tmp_path_factory):
    """Run the command where what Windows lacks is missing.

    It has a folder for temporary files of its own: it locks none, so that a command of this system that runs at the
    same time would remove them as abandoned.
    """
    folder = tmp_path_factory.mktemp("windows")
    script, scratch = folder / "lacking.py", folder / "scratch"
    script.write_text(WITHOUT, encoding="utf-8")
    scratch.mkdir()
    env = {**os.environ, "TMPDIR": str(scratch)}

    def run(*words, cwd):
        command = [sys.executable, str(script), *map(str, words)]
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=600)

    return run


@pytest.mark.slow
def test_the_core_works_without_what_windows_lacks(office, lacking):
    for words in (["validate"], ["build", "--to", "html,docx,pdf"], ["fmt", "--check"], ["new", "2021"]):
        done = lacking(*words, cwd=office)
        assert done.returncode == 0, done.stdout + done.stderr
    for suffix in ("docx", "html", "pdf"):
        done = lacking("import", f"build/2020.{suffix}", "--out", f"{suffix}.toml", cwd=office)
        assert done.returncode == 0, done.stdout + done.stderr
    done = lacking("build", "2020", "--to", "html", "--json", cwd=office)
    assert not json.loads(done.stdout)["reports"][0]["files"][0]["changed"]


@pytest.mark.slow
def test_several_processes_work_without_what_windows_lacks(office, lacking):
    for name in ("a", "b", "c"):
        shutil.copytree(office / "data", office.parent / f"{office.name}-{name}")
        shutil.move(office.parent / f"{office.name}-{name}", office / "data" / name)
    (office / "templates").mkdir()
    (office / "templates/own.md.j2").touch()  # templates of its own are found by the other processes too
    done = lacking("build", "2020", "--all", "--to", "html", "--jobs", "2", cwd=office)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((office / "build").glob("*/2020.html"))) == 3
    done = lacking("import", *(f"build/{name}/2020.html" for name in "abc"), "--out", "in", "--jobs", "2", cwd=office)
    assert "Traceback" not in done.stderr
    assert list((office / "in").rglob("2020.toml"))


# ── names ────────────────────────────────────────────────────────────────────────────────────────────

DEVICES = [
    "CON",
    "con",
    "NUL",
    "nul.txt",
    "PRN",
    "AUX",
    "COM1",
    "com9.toml",
    "LPT¹",
    "COM²",
    "CONIN$",
    "nul .x",
    "Con.",
]
BAD = [
    *DEVICES,
    "a.",
    "a ",
    "a:b",
    "C:",
    "a\\b",
    "a/b",
    "a*",
    "a?",
    'a"b',
    "a<b",
    "a|b",
    "a\tb",
    "a\x7f",
    "",
    ".",
    "..",
]
GOOD = ["city", "城东街道", "某市（本级）", "COM10", "console", "nulls", "a.b", "a b", "LPT", "com", "COM０", "x" * 240]


@pytest.mark.parametrize("name", BAD)
def test_names_that_windows_does_not_take_are_refused(name, office):
    assert not file_names.is_portable(name)
    with pytest.raises(UserError):
        collect.find_office(Store(office), name)
    if name.isprintable():
        found = load_register(parse(f"[{json.dumps(name)}]\nname = '某局'\n", "data/offices.toml")).findings
        assert any("不能是文件夹的名称" in finding.message for finding in found)


@pytest.mark.parametrize("name", GOOD)
def test_names_that_every_disk_takes_are_taken(name, office):
    assert file_names.is_portable(name)
    assert collect.find_office(Store(office), name) == name


@pytest.mark.parametrize("name", ["CON", "LPT¹", "a:b", "a\\b/c"])
def test_an_office_that_is_imported_gets_a_folder_that_windows_takes(office, report, name):
    data = office / "data/2020.toml"
    text = data.read_text(encoding="utf-8").replace("鞍山市人力资源和社会保障局", name.replace("\\", "\\\\"))
    data.write_text(text, encoding="utf-8")
    assert report("build", "--to", "markdown", "--draft", cwd=office).returncode == 0
    (office / "build/2021.md").write_bytes((office / "build/2020.md").read_bytes())
    report("import", "build/2020.md", "build/2021.md", "--out", "in", "--office", name, cwd=office)
    found = [path.parent.name for path in (office / "in").rglob("*.toml")]
    assert found
    assert all(map(file_names.is_portable, found))
    assert all(path.parent.parent == office / "in" for path in (office / "in").rglob("*.toml"))


@pytest.mark.parametrize(("one", "other"), [("City", "city"), ("ａ", "a"), ("a", "a."), ("é", "e\u0301"), ("ß", "SS")])
def test_names_that_a_disk_takes_for_one_are_told(one, other):
    with pytest.raises(UserError, match="同一个文件夹"):
        selection.check_distinct([one, other])


@pytest.mark.parametrize("word", ["city", "data/city", "data/city/", "data\\city", "data\\city\\", ".\\data\\city\\"])
def test_folders_may_be_written_with_backslashes(word, office):
    assert collect.find_office(Store(office), word) == "city"


# ── texts ────────────────────────────────────────────────────────────────────────────────────────────

FORMATS = "html,docx,pdf,odt,epub,markdown"


def test_line_ends_of_windows_give_the_same_files(office, report):
    data = office / "data/2020.toml"
    lf = data.read_bytes()
    assert b"\r" not in lf
    assert report("build", "--to", FORMATS, "--no-facts", "--out", "lf", cwd=office).returncode == 0
    data.write_bytes(lf.replace(b"\n", b"\r\n"))
    assert report("build", "--to", FORMATS, "--no-facts", "--out", "crlf", cwd=office).returncode == 0
    for path in (office / "lf").glob("2020.*"):
        assert (office / "crlf" / path.name).read_bytes() == path.read_bytes(), path.name
    done = report("validate", cwd=office)
    assert "\r" not in done.stdout


def test_line_ends_of_windows_come_back_from_what_was_built(office, report):
    data = office / "data/2020.toml"
    data.write_bytes(data.read_bytes().replace(b"\n", b"\r\n"))
    assert report("build", "--to", "html", cwd=office).returncode == 0
    done = report("import", "build/2020.html", "--out", "back.toml", cwd=office)
    assert done.returncode == 0, done.stdout
    assert "改过" not in done.stdout


def test_a_mark_of_utf_8_at_the_start_is_read_or_told(office, report):
    data = office / "data/2020.toml"
    data.write_bytes(b"\xef\xbb\xbf" + data.read_bytes())
    done = report("validate", cwd=office)
    assert "Traceback" not in done.stderr
    assert done.returncode in {0, 1}
    assert done.returncode == 0 or "BOM" in done.stdout


# ── consoles ─────────────────────────────────────────────────────────────────────────────────────────

ODD = "𠮷😀é한"  # of these no code page has all
COMMANDS = [
    ["--help"],
    ["build", "--help"],
    ["validate", "--lang", "zh"],
    ["validate", "--lang", "en"],
    ["validate", "--json"],
    ["validate", "--format", "github"],
    ["build", "--to", "html", "--draft"],
    ["explain", "broken-balance"],
    ["doctor"],
    ["trust"],
    ["fmt", "--check"],
    ["schema"],
    ["validate", "data/2020.tom𠮷"],
    ["import", f"{ODD}.docx"],
]


@pytest.fixture
def odd(office):
    data = office / "data/2020.toml"
    text = data.read_text(encoding="utf-8").replace("鞍山市人力资源和社会保障局", f"{ODD}局")
    data.write_text(f'{text}\n["{ODD}"]\n', encoding="utf-8")
    return office


@pytest.mark.slow
@pytest.mark.parametrize("page", ["cp936", "cp1252", "cp437", "ascii"])
def test_no_console_ends_a_command(odd, page):
    env = {**os.environ, "PYTHONIOENCODING": f"{page}:strict"}
    env.pop("PYTHONUTF8", None)
    for words in COMMANDS if page == "cp936" else COMMANDS[2:5]:
        done = subprocess.run(
            [sys.executable, "-m", "nianbao", *words], cwd=odd, env=env, capture_output=True, check=False, timeout=600
        )
        said = done.stdout + done.stderr
        assert b"Traceback" not in said, (words, said)
        assert b"UnicodeEncodeError" not in said, (words, said)
        if "--json" in words:
            assert ODD in json.dumps(json.loads(done.stdout.decode(page.replace("ascii", "utf-8"))), ensure_ascii=False)


def test_what_a_console_cannot_show_is_escaped(odd, process):
    env = {**os.environ, "PYTHONIOENCODING": "cp936:strict"}
    done = process("validate", cwd=odd, env=env, encoding="cp936")
    assert "\\ud842\\udfb7" in done.stdout
    assert "怎么办" in done.stdout


def test_names_that_are_no_text_are_said(office):
    name = os.fsdecode(b"data/\xff.toml")
    done = subprocess.run(
        [sys.executable, "-m", "nianbao", "validate", name], cwd=office, capture_output=True, check=False, timeout=600
    )
    assert done.returncode == 2
    assert b"\\udcff" in done.stderr
    assert b"Traceback" not in done.stderr


# ── files and programs ───────────────────────────────────────────────────────────────────────────────


def test_pandoc_has_its_suffix_there(monkeypatch):
    monkeypatch.setattr(pandoc, "os", SimpleNamespace(name="nt", environ={}))
    looked = []
    monkeypatch.setattr(pandoc.Path, "exists", lambda path: looked.append(path.name) or True)
    assert pandoc.find_pandoc().endswith("pandoc.exe")
    assert looked == ["pandoc.exe"]


def test_no_file_is_opened_by_two_programs_at_once(monkeypatch):
    def refused(*_words, **_more):
        pytest.fail("Windows opens no file that is open already")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refused)
    _title, found = pandoc.read_blocks("一句话。".encode(), "markdown")
    assert found
