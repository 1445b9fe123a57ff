"""Builds on a real scheduler with two worker processes, which see nothing of the folder: as built here, or told why."""

import json
import shutil
import signal
import socket
import subprocess
import sys

import pytest
from cases import begin, until
from clusters import nodes
from offices import city, data

pytest.importorskip("distributed")
HIDDEN = "driver-only"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with nodes(tmp_path_factory.mktemp("cluster"), HIDDEN) as begun:
        begun.nanny = begun.add(2)
        yield begun


@pytest.fixture
def folder(tmp_path):
    """A folder that workers cannot see."""
    return tmp_path / HIDDEN


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("[!.]*") if path.is_file()}


def told(done, out):
    """Return what a build says to programs, but for the time that it took and where its files are."""
    said = json.loads(done.stdout.replace(str(out), "out"))
    for one in (said, *said["reports"]):
        del one["seconds"]
    return said


def ended(process):
    said, _none = process.communicate(timeout=60)
    return process.returncode, said


def built(folder):
    return len(list(folder.glob("build/*/2024.pdf")))


def test_what_a_cluster_builds_is_what_is_built_here(cluster, folder, root, report):
    city(folder, 8)
    one = folder / "data/office-00001"
    (one / "2023.toml").write_text(data(1, 2023), encoding="utf-8")
    (folder / "data/office-00002/2024.toml").write_text("year = ", encoding="utf-8")
    (folder / "data/office-00003/2024.toml").write_text(data(3).replace("year      = 2024", "year = 2021"), "utf-8")
    (folder / "data/城东 街道").mkdir()
    (folder / "data/城东 街道/2024.toml").write_text('edition = "none"\n' + data(9), encoding="utf-8")
    shutil.copytree(root / "templates/narrative", folder / "templates/narrative")
    with (folder / "templates/narrative/other.md.j2").open("a", encoding="utf-8") as own:
        own.write("\n本机关自己的一段话。\n\n{% if agency.short == '第4局' %}{{ nothing_of_this_name }}{% endif %}\n")
    done = {}
    for where, words in {"cluster": ("--cluster", cluster.address), "here": ()}.items():
        out = folder.parent / where
        done[where] = report(
            "build", "2024", "--all", "--to", "html,docx,pdf,markdown", "--json", "--out", out, *words, cwd=folder
        )
        assert done[where].returncode in {1, 2}, done[where].stdout + done[where].stderr
    assert files(folder.parent / "cluster") == files(folder.parent / "here")
    here, there = (told(done[where], folder.parent / where) for where in ("here", "cluster"))
    assert there == here
    ends = [one["end"] for one in there["reports"]]
    assert ends.count("built") >= 4
    assert ends.count("refused") >= 2
    assert "本机关自己的一段话" in (folder.parent / "cluster/office-00000/2024.md").read_text(encoding="utf-8")
    assert not cluster.rooms()


def test_a_broken_template_is_named_as_the_driver_knows_it(cluster, folder, root, report):
    city(folder, 2)
    (folder / "templates/forms").mkdir(parents=True)
    form = (root / "templates/forms/2021.toml").read_text(encoding="utf-8")
    (folder / "templates/forms/2021.toml").write_text(form + "\nname = \n", encoding="utf-8")
    said = [
        report("build", "2024", "--all", *words, "--lang", "en", cwd=folder)
        for words in (("--cluster", cluster.address), ())
    ]
    assert said[0].stderr == said[1].stderr
    assert "templates/forms/2021.toml" in said[0].stderr
    assert (said[0].returncode, said[1].returncode) == (2, 2)


def test_workers_that_die_and_a_driver_that_is_interrupted_cost_nothing_but_time(cluster, folder):
    city(folder, 96)  # enough that none is done before the signal comes
    running = begin(folder, "--cluster", cluster.address)
    until(lambda: built(folder) >= 4)
    running.send_signal(signal.SIGINT)
    code, said = ended(running)
    assert (code, "中断了" in said) == (2, True), said
    some = built(folder)
    assert 4 <= some < 96
    assert not cluster.rooms()

    running = begin(folder, "--cluster", cluster.address, "--json")
    until(lambda: built(folder) >= some + 4)
    cluster.workers(cluster.nanny)[0].kill()
    code, said = ended(running)
    assert code == 0
    ends = [one["end"] for one in json.loads(said)["reports"]]
    assert ends.count("unchanged") in {some, some - 1}  # the one that was written just then is not on record
    assert ends.count("built") == 96 - ends.count("unchanged")
    assert built(folder) == 96


def test_a_report_that_kills_its_workers_and_one_that_fails_stop_no_other(cluster, folder, report):
    city(folder, 3)
    for office in ("killer", "mistake"):
        shutil.copytree(folder / "data/office-00001", folder / "data" / office)
    done = report("build", "2024", "--all", "--json", "--cluster", cluster.address, cwd=folder)
    assert done.returncode == 2
    killer, mistake = json.loads(done.stdout)["stops"]
    assert (killer["office"], "worker" in killer["message"]) == ("killer", True)
    assert (mistake["office"], "ZeroDivisionError" in mistake["message"]) == ("mistake", True)
    assert built(folder) == 3


def test_a_worker_of_another_version_is_refused(cluster, folder, report):
    city(folder, 1)
    odd = cluster.add(PRETENDS="0.0.9")
    until(lambda: len(list(cluster.scratch.glob("*/worker-*.dirlock"))) == 3)  # it is there
    try:
        done = report("build", "2024", "--all", "--cluster", cluster.address, cwd=folder)
    finally:
        cluster.end(odd)
    assert done.returncode == 2
    assert "0.0.9" in done.stderr
    assert "worker tcp://127.0.0.1:" in done.stderr
    assert not (folder / "build/office-00000").exists()


def test_a_scheduler_without_workers_and_one_that_goes_away(tmp_path, folder, report):
    city(folder, 24)
    with nodes(tmp_path, HIDDEN) as alone:
        hasty = "from nianbao import __main__; from nianbao.build import dask_client as client; "
        hasty += "client._WAIT_SECONDS = 1; __main__.main()"
        command = [sys.executable, "-c", hasty, "build", "2024", "--all", "--cluster", alone.address]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, "dask worker" in done.stderr) == (2, True)

        alone.add(2)
        running = begin(folder, "--cluster", alone.address)
        until(lambda: built(folder) >= 4)
        alone.end(alone.scheduler)
        code, said = ended(running)
    assert code == 2
    some = built(folder)
    assert 4 <= some < 24
    table, _why, fix = said.partition("错误: 和调度器的连接断了\n怎么办: ")
    assert fix.count("\n") == 1, said
    assert table.count("和调度器的连接断了") == 24 - some
    counts = dict(line.split() for line in table.splitlines()[1:3])
    assert counts == {"已生成": str(some), "没能运行": str(24 - some)}
    done = report("build", "2024", "--all", "--json", cwd=folder)
    assert [one["end"] for one in json.loads(done.stdout)["reports"]].count("unchanged") == some


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{port}", "ftp://127.0.0.1", "no-such-host.invalid:8786", "?"])
def test_a_scheduler_that_cannot_be_reached_is_said(folder, report, address):
    city(folder, 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        done = report("build", "2024", "--all", "--cluster", address.format(port=free.getsockname()[1]), cwd=folder)
    assert (done.returncode, "dask scheduler" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 2, done.stderr


def test_jobs_are_for_this_machine(folder, report):
    city(folder, 1)
    done = report("build", "2024", "--all", "--jobs", "2", "--cluster", "tcp://127.0.0.1:9", cwd=folder)
    assert (done.returncode, "--jobs" in done.stderr) == (2, True)


def test_without_dask_the_command_to_install_it_is_said(folder):
    city(folder, 1)
    hidden = "import sys; sys.modules['distributed'] = None; from nianbao import __main__; __main__.main()"
    command = [sys.executable, "-c", hidden, "build", "2024", "--all", "--cluster", "tcp://127.0.0.1:1"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, 'pip install "nianbao[cluster]"' in done.stderr) == (2, True)


def test_few_reports_go_out_one_by_one_and_many_in_bundles(folder):
    from nianbao.build.dask_client import JobQueue  # noqa: PLC0415  # see above
    from nianbao.build.incremental import BuildJob  # noqa: PLC0415  # where Dask is not installed the others are skipped
    from nianbao.workspace.store import Store  # noqa: PLC0415  # see above

    store = Store(city(folder, 100))
    (folder / "data/office-00099/2024.toml").unlink()
    waiting = JobQueue(store, [BuildJob(f"office-{number:05}", 2024, ("html",)) for number in range(100)])
    bundles = []
    while waiting:
        bundles.append(waiting.take(2, 0))
    sizes = list(map(len, bundles))
    assert (sizes[0], sizes[-2], sum(sizes)) == (8, 1, 99)
    assert [one.office for one in waiting.take_unreadable()] == ["office-00099"]
    waiting.retry_singly(bundles[0])
    assert not waiting.take(2, 1)
    alone = [waiting.take(2, 0) for _one in bundles[0]]
    assert all(one.alone for (one,) in alone)
    assert len(alone) == 8
    assert not waiting
