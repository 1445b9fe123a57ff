"""What a killed run leaves behind is removed by the next one; what a run that goes on needs is left alone."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import cities
import pytest
from oracles import SECRET, snapshot
from running import ending, gone, kill_in_the_midst

from nianbao.build import outputs
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.render import markup, pandoc
from nianbao.workspace import access, staging

YEAR = "2024"
COMMANDS = [
    ("build", YEAR, "--draft", "--to", "markdown"),
    ("build", YEAR, "--all", "--draft", "--to", "html,docx"),
    ("export", YEAR, "--to", "csv"),
    ("export", YEAR, "--to", "parquet,json"),
    ("export", YEAR, "--to", "xlsx"),
    ("form", YEAR),
    ("rollup", YEAR, "--into", "city"),
    ("new", "2025"),
    ("fmt", YEAR),
    ("init", "begun", "--year", YEAR),
    ("import", "given.md"),
]


@pytest.fixture
def city(tmp_path):
    folder = cities.begin(tmp_path / "city")
    text = (folder / f"data/{YEAR}.toml").read_text("utf-8")
    (folder / f"data/{YEAR}.toml").write_text(text.replace("[requests]", "[requests]\nreceived={person=0}"), "utf-8")
    return folder


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A published report to import."""
    from nianbao.workspace.store import Store  # noqa: PLC0415  # see above

    folder = cities.begin(tmp_path_factory.mktemp("given"))
    outputs.build_report(Store(folder), Period(int(YEAR)), ["markdown"], draft=True)
    return (folder / f"build/{YEAR}.md").read_bytes().replace(b"2024", b"2022")


def left(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*nianbao-*"))


@pytest.mark.guard(inside="staging._remove_if_abandoned")
@pytest.mark.slow
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_next_run_removes_what_a_killed_one_left(city, given, command, monkeypatch, tmp_path, words):
    (city / "given.md").write_bytes(given)
    place = tmp_path / "tmp"
    place.mkdir()
    before = snapshot(city)
    kill_in_the_midst(city, *words, tmp=place)
    assert left(city)
    names = {name for name in snapshot(city) if "nianbao-" not in name and ".record" not in name}
    assert names == before.keys()  # nothing half written stands in its place
    monkeypatch.setattr("tempfile.tempdir", str(place))
    with monkeypatch.context() as without:
        without.setattr(staging, "_remove_if_abandoned", lambda _entry: None)
        copy = shutil.copytree(city, tmp_path / "copy")
        command(*words, cwd=copy)
        assert left(copy)
    staging.remove_abandoned.cache_clear()
    done = command(*words, cwd=city)
    assert done.exit_code in {0, 1}, done.output
    markup.close_pandoc()
    assert left(city) == []
    assert left(place) == []
    assert snapshot(city).keys() > before.keys() or words[0] == "fmt"


def test_a_build_with_nothing_to_do_removes_it_too(city, command, monkeypatch, tmp_path):
    words = ("build", YEAR, "--draft", "--to", "markdown")
    assert command(*words, cwd=city).exit_code == 0
    markup.close_pandoc()
    (tmp_path / "tmp/nianbao-killed").mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    staging.remove_abandoned.cache_clear()
    assert command(*words, cwd=city).exit_code == 0
    assert left(tmp_path / "tmp") == []


@pytest.mark.slow
def test_clean_removes_what_a_killed_build_left(city, command, tmp_path):
    words = ("build", YEAR, "--draft", "--to", "markdown")
    assert command(*words, cwd=city).exit_code == 0
    data = city / f"data/{YEAR}.toml"
    data.write_text(data.read_text("utf-8").replace("某局", "某某局"), "utf-8")
    (tmp_path / "tmp").mkdir()
    kill_in_the_midst(city, *words, tmp=tmp_path / "tmp")
    assert left(city / "build")
    staging.remove_abandoned.cache_clear()
    assert command("clean", cwd=city).exit_code == 0
    assert not (city / "build").exists() or left(city / "build") == []


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("named", [staging.BESIDE_AFFIXES, staging.SCRATCH_AFFIXES])
def test_what_another_run_still_needs_stays(tmp_path, monkeypatch, named, guarded):
    if not guarded:
        monkeypatch.setattr(staging, "_lock", lambda _path: 0)
    with closing(staging.TemporaryFolder(tmp_path, named)) as first:
        staging.remove_abandoned.cache_clear()
        with closing(staging.TemporaryFolder(tmp_path, named)) as second:
            assert first.path.exists() is guarded
            assert second.path != first.path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("named", [staging.BESIDE_AFFIXES, staging.SCRATCH_AFFIXES])
def test_a_run_whose_folder_was_taken_for_left_over_makes_another(tmp_path, named, monkeypatch, guarded):
    """Another run may look between the moment that a folder is created and the moment that it is locked."""
    looked = []

    def locked(path, lock=staging._lock):  # the moment itself
        if not looked:
            looked.append(path)
            staging.remove_abandoned.cache_clear()
            staging.remove_abandoned(tmp_path, named)
        return lock(path) if guarded else max(0, lock(path))

    monkeypatch.setattr(staging, "_lock", locked)
    with closing(staging.TemporaryFolder(tmp_path, named)) as folder:
        assert folder.path.exists() is guarded
        assert (folder.path != looked[0]) is guarded


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("named", [staging.BESIDE_AFFIXES, staging.SCRATCH_AFFIXES])
def test_a_signal_while_a_folder_is_made_leaves_none(tmp_path, named, monkeypatch, guarded):
    def make(path, mode, mkdir=Path.mkdir):
        mkdir(path, mode)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", make)
    if not guarded:
        monkeypatch.setattr(staging, "_remove_tree", lambda _path: None)
    with pytest.raises(KeyboardInterrupt):
        staging.TemporaryFolder(tmp_path, named)
    assert (list(tmp_path.iterdir()) == []) is guarded


INTERRUPTED = """
import shutil, sys
from contextlib import closing
from pathlib import Path
from nianbao.workspace import staging

remove = shutil.rmtree

def interrupt(*_words, **_more):
    shutil.rmtree = remove
    raise KeyboardInterrupt

with closing(staging.TemporaryFolder(Path(sys.argv[1]), staging.SCRATCH_AFFIXES)) as folder:
    shutil.rmtree = interrupt
    if sys.argv[2] == "unguarded":
        staging._open.clear()
"""


@pytest.mark.parametrize("guarded", [True, False])
def test_a_signal_while_a_folder_is_removed_leaves_none(tmp_path, guarded):
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path), "guarded" if guarded else "unguarded"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.endswith("KeyboardInterrupt\n")
    assert (list(tmp_path.iterdir()) == []) is guarded


@pytest.mark.parametrize("guarded", [True, False])
def test_a_signal_while_pandoc_starts_leaves_neither_process_nor_folder(tmp_path, monkeypatch, guarded):
    def interrupt(_thread):
        raise KeyboardInterrupt

    clean_up = pandoc._kill_and_clean_up
    started = []
    monkeypatch.setattr(
        pandoc, "_kill_and_clean_up", lambda *words: (started.append(words), guarded and clean_up(*words))
    )
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(pandoc.Thread, "start", interrupt)
    with pytest.raises(KeyboardInterrupt):
        pandoc.Pandoc()
    monkeypatch.undo()
    ((process, folder),) = started
    assert (process.poll() is not None and list(tmp_path.iterdir()) == []) is guarded
    clean_up(process, folder)
    process.communicate()


DEAF = """
import os, signal, sys, time
from multiprocessing import get_context
from pathlib import Path
from nianbao.workspace import staging
from nianbao.workspace.processes import worker

place = Path.cwd()

def work():
    worker.END_SECONDS = 0
    worker.initialize(None, None)
    folder = staging.TemporaryFolder(place, staging.SCRATCH_AFFIXES)
    worker.block_signals()
    (place / "at-work").touch()
    time.sleep(600)

get_context("fork").Process(target=work).start()
while not (place / "at-work").exists():
    time.sleep(0.05)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_worker_that_hears_no_signal_leaves_nothing_behind_its_command(tmp_path):
    """It ended itself after a while and left its folder; so did one on a machine that had stopped for so long."""
    with ending(tmp_path):
        subprocess.run([sys.executable, "-c", DEAF], cwd=tmp_path, check=True)
        assert gone(tmp_path, 600)
    assert left(tmp_path) == []


def test_a_pandoc_that_ends_in_the_midst_of_an_answer_is_said_at_once(tmp_path, monkeypatch):
    """It was waited for as long as a page may take, and the thread that listens printed a traceback."""
    program = tmp_path / "pandoc"
    program.write_text("#!/bin/sh\nread -r size\nprintf htm\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(pandoc, "find_pandoc", lambda: str(program))
    with closing(pandoc.Pandoc()) as running:
        running.send({})
        with pytest.raises(UserError, match="它自己停了"):
            list(running.receive())


def test_a_signal_while_the_folders_of_a_file_are_closed_stays_a_signal(tmp_path, monkeypatch):
    """A folder was closed twice then, and the command ended by a mistake of its own."""
    path = tmp_path / "a/b/c/file"
    path.parent.mkdir(parents=True)
    path.touch()

    def close(file, real=os.close):
        monkeypatch.undo()
        real(file)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "close", close)
    with pytest.raises(KeyboardInterrupt):
        access.read(tmp_path, "a/b/c/file")


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "guard taken out"])
@pytest.mark.parametrize("named", [staging.BESIDE_AFFIXES, staging.SCRATCH_AFFIXES])
def test_a_link_named_like_a_leftover_deletes_nothing(tmp_path, canary, monkeypatch, named, guarded):
    (tmp_path / f"{named[0]}x{named[1]}").symlink_to(canary.parent)
    (tmp_path / f"{named[0]}y{named[1]}").symlink_to(canary)
    if not guarded:
        monkeypatch.setattr(
            staging, "_remove_if_abandoned", lambda entry: [path.unlink() for path in Path(entry.path).iterdir()]
        )
    staging.remove_abandoned.cache_clear()
    staging.remove_abandoned(tmp_path, named)
    assert canary.exists() is guarded
    assert not guarded or canary.read_text("utf-8") == SECRET


def test_what_belongs_to_another_user_stays(tmp_path, monkeypatch):
    folder = tmp_path / "nianbao-x"
    folder.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    staging.remove_abandoned.cache_clear()
    staging.remove_abandoned(tmp_path, staging.SCRATCH_AFFIXES)
    assert folder.exists()


@pytest.mark.guard(unguarded="Python itself goes on to /tmp")
@pytest.mark.slow
@pytest.mark.parametrize("words", [("build", YEAR, "--draft", "--to", "docx,pdf"), ("form", YEAR)], ids=" ".join)
@pytest.mark.parametrize("place", ["/nonexistent", "/dev/null"])
def test_without_a_folder_for_temporary_files_it_uses_another(city, process, words, place):
    """Python goes on to /tmp, and to the folder that it is in."""
    done = process(*words, cwd=city, env={**os.environ, "TMPDIR": place})
    assert done.returncode == 0, done.stderr
    assert left(city) == []


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("words", [("build", YEAR, "--draft", "--to", "docx"), ("form", YEAR)], ids=" ".join)
def test_where_no_temporary_file_can_be_made_one_message_says_so(city, command, monkeypatch, words, guarded):
    if not guarded:
        monkeypatch.setattr(staging, "UserError", RuntimeError)

    def full(*_words):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("tempfile.gettempdir", full)
    done = command(*words, cwd=city)
    assert done.exit_code == 2
    assert "建不了临时文件夹" in done.output
    assert ("程序自己出错" in done.output) is not guarded
