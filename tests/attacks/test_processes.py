"""Nothing outlives its command: no worker, no pandoc, no temporary file, however the command ends."""

import os
import signal
import sys

import psutil
import pytest
from cases import HOLDING, until
from offices import city
from oracles import processes
from running import begin, ending, gone, name

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals"),
    pytest.mark.slow,
]

ENDED = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL]
# The guards: workers follow their parent, a system's wish to end is heard as Ctrl-C, pandoc's time is bounded.
NO_FOLLOWING = "from nianbao.workspace.processes import worker\nworker._exit_with_parent = lambda: None\n"
NO_HEARING = "import nianbao.cli.start as start\nstart._ENDING = []\n"
NO_LISTENING = "from nianbao.workspace.processes import executor\nexecutor._raise_if_output_is_closed = lambda: None\n"
ENDLESS_WORK = """
import re
from nianbao.checks import check
check._MAX_SECONDS = {seconds}
check.judge_report = lambda *_more: re.match("(a+)+$", "a" * 60 + "b")
"""
ENDLESS_PANDOC = """
from nianbao.render import pandoc
pandoc.RENDERER, pandoc._RENDER_SECONDS = {lua!r}, 600
pandoc._limit_resources = lambda process, _seconds, real=pandoc._limit_resources: {limit}
"""


def at_work(folder, tmp, count=40, patch=""):
    """Begin a build on two cores; give it when two workers and two pandocs are at work. It never comes to its end."""
    city(folder, count)
    patch += HOLDING.format(first="office-00030")
    running = begin(folder, "build", "2024", "--all", "--jobs", "2", patch=patch, tmp=tmp)
    until(lambda: list(folder.glob("build/*/*.pdf")) and len(processes(folder)) >= 5)
    return running


@pytest.fixture
def tmp(tmp_path_factory):
    return tmp_path_factory.mktemp("tmp")


@pytest.mark.guard(
    "test_without_following_workers_stay",
    "test_without_hearing_a_command_ends_without_a_word",
    unguarded={"Python itself makes Ctrl-C of it, with nothing of ours to take out": ["SIGINT"]},
)
@pytest.mark.parametrize("how", ENDED, ids=name)
def test_workers_and_pandocs_end_with_their_command(tmp_path, tmp, how):
    with ending(tmp_path):
        running = at_work(tmp_path, tmp)
        running.send_signal(how)
        said, _ = running.communicate(timeout=600)
        assert gone(tmp_path, 600)
    assert list(tmp.iterdir()) == []
    assert list(tmp_path.rglob("*.part")) == []
    assert "Traceback" not in said
    if how != signal.SIGKILL:
        assert running.returncode == 2
        assert "中断了" in said


@pytest.mark.samples(["SIGKILL"])
def test_without_following_workers_stay(tmp_path, tmp):
    with ending(tmp_path):
        running = at_work(tmp_path, tmp, patch=NO_FOLLOWING)
        running.kill()
        running.wait()
        running.stdout.close()
        assert not gone(tmp_path, 3)
    assert list(tmp.iterdir()) != []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP], ids=name)
def test_without_hearing_a_command_ends_without_a_word(tmp_path, tmp, how):
    with ending(tmp_path):
        running = at_work(tmp_path, tmp, patch=NO_HEARING)
        running.send_signal(how)
        assert running.wait(600) == -how
        assert gone(tmp_path, 600)
        assert "中断了" not in running.stdout.read()
        running.stdout.close()


def test_what_nohup_begins_does_not_hear_hangups(tmp_path, tmp):
    with ending(tmp_path):
        running = at_work(tmp_path, tmp, patch="signal.signal(signal.SIGHUP, signal.SIG_IGN)", count=12)
        running.send_signal(signal.SIGHUP)
        running.communicate(timeout=600)
    assert running.returncode == 0


@pytest.mark.parametrize("guarded", [True, False])
def test_workers_end_when_nobody_reads_what_the_command_prints(tmp_path, tmp, guarded):
    with ending(tmp_path):
        running = at_work(tmp_path, tmp, count=80, patch=NO_LISTENING * (not guarded))
        running.stdout.close()
        assert gone(tmp_path, 600 if guarded else 1) is guarded
        if guarded:
            assert running.wait() == 1
        else:
            running.kill()
            running.wait()
    assert not guarded or list(tmp.iterdir()) == []


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=name)
def test_workers_end_in_the_midst_of_endless_work(tmp_path, tmp, how, guarded):
    with ending(tmp_path):
        city(tmp_path, 6)
        patch = ENDLESS_WORK.format(seconds=3 if guarded else 60) + (NO_FOLLOWING + NO_HEARING) * (not guarded)
        running = begin(tmp_path, "build", "2024", "--all", "--jobs", "2", patch=patch, tmp=tmp)
        until(lambda: len(processes(tmp_path)) >= 3)
        running.send_signal(how)
        running.wait(600)
        running.stdout.close()
        assert gone(tmp_path, 600 if guarded else 1) is guarded
    assert not guarded or list(tmp.iterdir()) == []


# It has been sent its first page, and with it has got the limit of its time, when it begins to wait for a file.
ENDLESS_LUA = """
io.read(1)
io.open("{at_work}", "w"):close()
while not io.open("{may_begin}") do os.execute("sleep 0.1") end
while true do end
"""


@pytest.mark.parametrize("guarded", [True, False])
def test_pandoc_ends_in_the_midst_of_endless_work_when_nobody_is_left_to_end_it(tmp_path, tmp, guarded):
    endless, at_work, may_begin = (tmp / name for name in ("renderer.lua", "at-work", "may-begin"))
    endless.write_text(ENDLESS_LUA.format(at_work=at_work, may_begin=may_begin))
    with ending(tmp_path):
        city(tmp_path, 1)
        patch = ENDLESS_PANDOC.format(lua=str(endless), limit="real(process, 1)" if guarded else None)
        running = begin(tmp_path, "build", "2024", "--all", patch=patch, tmp=tmp)
        until(at_work.exists)
        [left] = (process for process in processes(tmp_path) if process.info["name"] == "pandoc")
        os.killpg(running.pid, signal.SIGKILL)  # the worker too; pandoc leads a group of its own
        running.wait()
        running.stdout.close()
        may_begin.touch()
        until(lambda: not left.is_running() or spent(left) > 4)
        assert gone(tmp_path, 600 if guarded else 1) is guarded


def spent(process):
    """Return the seconds of a core that a process has taken; none where it is gone."""
    try:
        return sum(process.cpu_times()[:2])
    except psutil.NoSuchProcess:
        return 0


def test_whoever_stops_listening_ends_the_workers_at_once(tmp_path, tmp):
    with ending(tmp_path):
        (tmp_path / "data").mkdir()
        city(tmp_path, 40)
        spoilt = tmp_path / "data/office-00000/2024.toml"
        spoilt.write_text(spoilt.read_text().replace("year ", "yeer "))
        running = begin(tmp_path, "build", "2024", "--all", "--jobs", "2", "--fail-fast", tmp=tmp)
        running.communicate(timeout=600)
        assert gone(tmp_path, 600)
    assert len(list(tmp_path.glob("build/*/*.pdf"))) < 39
    assert list(tmp.iterdir()) == []


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("step", ["starting", "reading"])
def test_a_signal_before_the_work_is_heard_too(tmp_path, step, guarded):
    city(tmp_path, 1)
    at = {"starting": "nianbao.cli.app", "reading": "nianbao.build.incremental"}[step]
    patch = f"""
import builtins, os, signal
real = builtins.__import__
def watching(name, *more, **others):
    if name == {at!r} or {at.rpartition(".")[2]!r} in (more[2] if len(more) > 2 and more[2] else ()):
        os.kill(os.getpid(), signal.SIGTERM)
    return real(name, *more, **others)
builtins.__import__ = watching
"""
    running = begin(tmp_path, "build", "2024", "--all", patch=patch + NO_HEARING * (not guarded))
    said, _ = running.communicate(timeout=600)
    assert running.returncode == (2 if guarded else -signal.SIGTERM)
    assert ("中断了" in said) is guarded
    assert "Traceback" not in said


def test_processes_of_this_test_are_seen_at_all(tmp_path):
    with ending(tmp_path):
        running = at_work(tmp_path, tmp_path)
        assert running.pid in {process.pid for process in processes(tmp_path)}
        assert psutil.pid_exists(running.pid)
        running.kill()
        running.communicate()
    assert gone(tmp_path, 600)
