"""Commands that write, killed at any moment, run twice at once, or on a day that cannot be.

There are two kills of each command. With `--seeds all` there are 300, which take about five minutes of a core, to be
run by hand after a change of how files are written. Commands are forks of a process that has imported them, so that a
kill finds them at work.
"""

import random
import shutil
import signal
import sys
import time
from functools import cache
from itertools import cycle, islice

import pytest
from offices import city, data
from oracles import snapshot
from running import IN_PLACE, Fork, begin, done, ending, gone, halves, kill_in_the_midst

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals"),
    pytest.mark.slow,
]

HOW = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)  # the last: nobody reads what it prints
UNITS = 5
COMMANDS = {
    "build": ("build", "2024", "--all", "--jobs", "2"),
    "import": ("import", "inbox/0.html", "inbox/1.html", "inbox/2.html", "inbox/3.html", "--out", "data", "--force"),
    "new": ("new", "2025"),
    "fmt": ("fmt", "2024", "--all"),
    "form": ("form", "2025", "--all", "--jobs", "2"),
    "export": ("export", "2024", "--all", "--to", "csv,json,parquet", "--out", "out", "--force"),
    "rollup": ("rollup", "2024", "--into", "city"),
    "init": ("init", "begun"),
    "clean": ("clean",),
}
# Commands with workers that write no file, or files that depend on the day: what a clock changes is tested elsewhere.
WITH_WORKERS = {
    "site": ("site", "2024", "--all", "--to", "html,markdown", "--jobs", "2"),
    "return": ("return", "2024", "--jobs", "2"),
    "rollup --deep": ("rollup", "2024", "--into", "city", "--deep", "--jobs", "2"),
    "status": ("status", "2024", "--deep", "--jobs", "2"),
    "validate": ("validate", "2024", "--all", "--jobs", "2"),
    "query": ("query", "select office, count(*) from findings group by all order by 1", "--jobs", "2"),
    "compare": ("compare", "2024", "2024", "--all", "--jobs", "2"),
}
KILLED = COMMANDS | WITH_WORKERS
WRITING_NOTHING = ["clean", "status", "validate", "query", "compare"]
# A second run may say that it is done already, or that units are missing.
DONE = {"new": {0, 2}, "init": {0, 2}, "rollup": {0, 1}, "import": {0, 1}}
DONE |= {name: {0, 1} for name in ("site", "rollup --deep", "status", "validate", "query")}
CLAIMED = ("site/SHA256SUMS", b"")  # what makes a folder a site's before its first file is there
# So that a few units are read by several workers, as those of a province are.
SMALL_CHUNKS = """
from nianbao.export import pipeline
from nianbao.rollup import collect
collect._CHUNK_SIZE = pipeline._CHUNK_SIZE = 1
"""
LEFT_BEHIND = True  # leftovers of killed runs are removed by the next one


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folders in which commands run, and what is there when nothing disturbs them; each is made once."""

    @cache
    def make(name):
        folder = tmp_path_factory.mktemp(name) / "base"
        city(folder, UNITS)
        listed = ['[city]\nname = "某市"\n']
        listed += [f'[office-{at:05}]\nname = "第{at}局"\nparent = "city"\n' for at in range(UNITS)]
        (folder / "data/offices.toml").write_text("".join(listed), encoding="utf-8")
        (folder / "data/2024.toml").write_text(data(99), encoding="utf-8")
        if name in {"clean", "import"}:
            assert done(folder, "build", "2024", "--all", "--to", "html")[0] == 0
        if name == "return":  # a report is wrong, one is missing
            path = folder / "data/office-00000/2024.toml"
            path.write_text(
                path.read_text("utf-8").replace("received = { person = ", "received = { person = 1"), "utf-8"
            )
            shutil.rmtree(folder / "data/office-00001")
        if name == "compare":
            for at in range(UNITS):
                (folder / f"data/office-0000{at}/2023.toml").write_text(data(at, 2023), encoding="utf-8")
        if name == "import":
            (folder / "inbox").mkdir()
            for at in range(4):
                shutil.copy(folder / f"build/office-0000{at}/2024.html", folder / f"inbox/{at}.html")
                shutil.rmtree(folder / f"data/office-0000{at}")
        whole, tmp = shutil.copytree(folder, folder.with_name("whole")), folder.with_name("tmp")
        tmp.mkdir()
        running = Fork(whole, *KILLED[name], tmp=tmp, patch=SMALL_CHUNKS)
        start = time.monotonic()  # the first fork waits for imports
        code, said = running.end(600)
        assert code in DONE.get(name, {0}), said
        return folder, whole, time.monotonic() - start

    return make


def visible(folder):
    """Give the files of a folder that are not the program's own, such as its record and its locks."""
    return {path: content for path, content in snapshot(folder).items() if "/." not in f"/{path}"}


def torn(folder, before, after):
    """Name the files that are neither what they were nor what they were to be."""
    found = {path: content for path, content in visible(folder).items() if (path, content) != CLAIMED}
    return [path for path, content in found.items() if content not in {before.get(path), after.get(path)}]


def left_behind(folder, tmp):
    """Name what a run has left beside its results: parts of files, and temporary folders."""
    parts = [str(path.name) for path in folder.rglob("*") if ".part" in path.name or path.name.startswith(".nianbao")]
    return [*parts, *(path.name for path in tmp.iterdir())]


def killed(folder, tmp, words, how, after):
    """Run a command in a folder and kill it after some seconds."""
    with ending(folder):
        running = Fork(folder, *words, tmp=tmp, patch=SMALL_CHUNKS, piped=how == signal.SIGPIPE)
        time.sleep(after)
        if how == signal.SIGPIPE:
            running.stop_reading()
        else:
            running.send_signal(how)
        code, said = running.end(600)
        assert gone(folder, 600), "a process is left"
    assert "Traceback" not in said
    return code, said


@pytest.mark.guard(
    "test_without_staging_a_kill_in_the_midst_tears_a_file",
    unguarded={"it writes no file, or removes each by one call": WRITING_NOTHING},
)
@pytest.mark.parametrize("name", KILLED)
def test_a_kill_tears_no_file_and_the_next_run_finishes(made, tmp_path, name, seeds):
    in_all = seeds("kills")
    dice = random.Random(f"{name} {in_all}")  # noqa: S311  # no secret
    base, whole, seconds = made(name)
    before, after = visible(base), visible(whole)
    at = list(KILLED).index(name)
    kills = in_all // len(KILLED) + (at < in_all % len(KILLED))
    for count, how in enumerate(islice(cycle(HOW), at, at + kills)):  # so that few kills are of every kind
        folder, tmp = tmp_path / str(count), tmp_path / f"tmp-{count}"
        tmp.mkdir()
        code, said = killed(shutil.copytree(base, folder), tmp, KILLED[name], how, dice.uniform(0.05, seconds))
        assert code in {-how, 2, *DONE.get(name, {0}), *([1] if how == signal.SIGPIPE else [])}, said
        assert not torn(folder, before, after), (how, said)
        again, more = Fork(folder, *KILLED[name], tmp=tmp, patch=SMALL_CHUNKS).end(600)
        assert again in DONE.get(name, {0}), more
        assert visible(folder).keys() == after.keys(), (how, said, more)
        assert visible(folder) == after
        if how != signal.SIGKILL or LEFT_BEHIND:
            assert not left_behind(folder, tmp), how
        shutil.rmtree(folder)


AT_THE_END = """
import os, signal
from nianbao.cli import start as program
program._closed = lambda: os.kill(os.getpid(), signal.{how})
"""


IN_A_CALLBACK = """
import os, signal, time, weakref
from nianbao.cli import start as program
class Thing: pass
def wait():
    thing = Thing()
    reference = weakref.ref(thing, lambda _reference: os.kill(os.getpid(), signal.{how}))
    del thing
    time.sleep(600)
program._opened = wait
"""


@pytest.mark.no_attack
@pytest.mark.parametrize("how", ["SIGTERM", "SIGHUP", "SIGINT"])
@pytest.mark.parametrize(
    "patch", [AT_THE_END, IN_A_CALLBACK], ids=["after the work is done", "where Python ignores it"]
)
def test_a_signal_ends_the_command_without_a_traceback(made, tmp_path, how, patch):
    folder, tmp = shutil.copytree(made("new")[0], tmp_path / "folder"), tmp_path / "tmp"
    tmp.mkdir()
    code, said = Fork(folder, *COMMANDS["new"], tmp=tmp, patch=patch.format(how=how)).end(600)
    assert code == (-signal.Signals[how] if patch == AT_THE_END else 2)
    assert "Traceback" not in said


@pytest.mark.parametrize("name", [name for name in KILLED if name not in WRITING_NOTHING])
def test_without_staging_a_kill_in_the_midst_tears_a_file(made, tmp_path, name):
    base, _whole, _seconds = made(name)
    for patch in ("", IN_PLACE):
        folder = shutil.copytree(base, tmp_path / f"folder{len(patch)}")
        (tmp_path / "tmp").mkdir(exist_ok=True)
        kill_in_the_midst(folder, *KILLED[name], tmp=tmp_path / "tmp", patch=patch)
        assert bool(halves(folder)) is bool(patch)


@pytest.mark.guard(
    unguarded="when writes meet is up to the system: locks and names that part them are taken out in test_leftovers"
    " and test_links"
)
@pytest.mark.parametrize("name", [*COMMANDS, "site", "return", "query"])
def test_two_at_once_give_what_one_gives(made, tmp_path, name):
    base, whole, _seconds = made(name)
    folder = shutil.copytree(base, tmp_path / "folder")
    (tmp_path / "tmp").mkdir()
    with ending(folder):
        both = [begin(folder, *KILLED[name], tmp=tmp_path / "tmp") for _ in range(2)]
        told = [running.communicate(timeout=600)[0] for running in both]
    allowed = {0, 2} if name == "fmt" else DONE.get(name, {0})  # a file that changed meanwhile is left as it is
    assert all(running.returncode in allowed for running in both), told
    assert not any("Traceback" in said for said in told)
    assert visible(folder) == visible(whole)
    assert not left_behind(folder, tmp_path / "tmp")


@pytest.mark.no_attack
@pytest.mark.needs("faketime")
@pytest.mark.parametrize("year", ["1970", "2099"])
@pytest.mark.parametrize("name", COMMANDS)
def test_the_clock_changes_no_file(made, tmp_path, name, year):
    base, whole, _seconds = made(name)
    folder = shutil.copytree(base, tmp_path / "folder")
    clock = ("faketime", f"{year}-01-02 00:00:00")
    code, said = done(folder, *COMMANDS[name], before=clock)
    assert "Traceback" not in said
    assert "自己出错" not in said
    if name == "init":  # it begins the year that is due, if there is a form for it
        assert (code == 2 and "没有可用的格式" in said) if year == "1970" else code == 0, said
    elif code in DONE.get(name, {0}):
        assert visible(folder) == visible(whole)
    else:  # in 1970 the reports of 2024 are published too early
        assert (name, year, code) == ("build", "1970", 1), said
        assert visible(folder) == visible(base)
