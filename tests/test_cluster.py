"""Builds on a real scheduler with two worker processes, which cannot see the folder: as built here, or an error."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest
import yaml
from cases import KIND, begin, until
from clusters import nodes
from offices import city, data

pytest.importorskip("distributed")
HIDDEN = "driver-only"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with nodes(tmp_path_factory.mktemp("cluster"), HIDDEN) as nodes_started:
        nodes_started.nanny = nodes_started.add(2)
        yield nodes_started


@pytest.fixture
def folder(tmp_path):
    """A folder that workers cannot see."""
    return tmp_path / HIDDEN


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("[!.]*") if path.is_file()}


def read_json(done, out):
    """Return the JSON of a build without the time that it took and the folder of its files."""
    output = json.loads(done.stdout.replace(str(out), "out"))
    for one in (output, *output["reports"]):
        del one["seconds"]
    return output


def wait_for(process):
    output, _none = process.communicate(timeout=600)
    return process.returncode, output


def count_built(folder):
    return len(list(folder.glob("build/*/2024.pdf")))


@pytest.mark.cluster
def test_a_cluster_builds_the_same_files_as_this_machine(cluster, folder, root, process):
    city(folder, 8)
    one = folder / "data/office-00001"
    (one / "2023.toml").write_text(data(1, 2023), encoding="utf-8")
    (folder / "data/office-00002/2024.toml").write_text("year = ", encoding="utf-8")
    (folder / "data/office-00003/2024.toml").write_text(data(3).replace("year      = 2024", "year = 2021"), "utf-8")
    (folder / "data/城东 街道").mkdir()
    (folder / "data/城东 街道/2024.toml").write_text('edition = "none"\n' + data(9), encoding="utf-8")
    shutil.copytree(root / f"templates/{KIND}/texts", folder / f"templates/{KIND}/texts")
    with (folder / f"templates/{KIND}/texts/other.md.j2").open("a", encoding="utf-8") as own:
        own.write("\n本机关自己的一段话。\n\n{% if agency.short == '第4局' %}{{ nothing_of_this_name }}{% endif %}\n")
    done = {}
    for where, words in {"cluster": ("--cluster", cluster.address), "here": ()}.items():
        out = folder.parent / where
        done[where] = process(
            "build", "2024", "--all", "--to", "html,docx,pdf,markdown", "--json", "--out", out, *words, cwd=folder
        )
        assert done[where].returncode in {1, 2}, done[where].stdout + done[where].stderr
    assert files(folder.parent / "cluster") == files(folder.parent / "here")
    here, there = (read_json(done[where], folder.parent / where) for where in ("here", "cluster"))
    assert there == here
    ends = [one["end"] for one in there["reports"]]
    assert ends.count("built") >= 4
    assert ends.count("refused") >= 2
    log = (folder.parent / "cluster/.cluster.log").read_text(encoding="utf-8")
    assert "worker tcp://127.0.0.1:" in log
    assert "nanny tcp://127.0.0.1:" in log
    assert "本机关自己的一段话" in (folder.parent / "cluster/office-00000/2024.md").read_text(encoding="utf-8")
    until(lambda: not cluster.plugin_folders())


@pytest.mark.cluster
def test_a_broken_template_is_named_by_its_path_on_the_client(cluster, folder, root, process):
    city(folder, 2)
    (folder / f"templates/{KIND}/editions").mkdir(parents=True)
    form = (root / f"templates/{KIND}/editions/2021.toml").read_text(encoding="utf-8")
    (folder / f"templates/{KIND}/editions/2021.toml").write_text(form + "\nname = \n", encoding="utf-8")
    output = [
        process("build", "2024", "--all", *words, "--lang", "en", cwd=folder)
        for words in (("--cluster", cluster.address), ())
    ]
    assert output[0].stderr == output[1].stderr
    assert f"templates/{KIND}/editions/2021.toml" in output[0].stderr
    assert (output[0].returncode, output[1].returncode) == (2, 2)


@pytest.mark.cluster
def test_after_lost_workers_and_an_interruption_the_next_run_continues(cluster, folder):
    city(folder, 48)
    with cluster.holding("office-00036"):
        running = begin(folder, "--cluster", cluster.address)
        until(lambda: count_built(folder) >= 4)
        running.send_signal(signal.SIGINT)
        code, output = wait_for(running)
    assert (code, "中断了" in output) == (2, True), output
    some = count_built(folder)
    assert 4 <= some < 48
    until(lambda: not cluster.plugin_folders())

    running = begin(folder, "--cluster", cluster.address, "--json")
    until(lambda: count_built(folder) >= some + 4)
    cluster.workers(cluster.nanny)[0].kill()
    code, output = wait_for(running)
    assert code == 0
    ends = [one["end"] for one in json.loads(output)["reports"]]
    assert ends.count("unchanged") in {some, some - 1}  # the one that was being written may not be in the cache yet
    assert ends.count("built") == 48 - ends.count("unchanged")
    assert count_built(folder) == 48


@pytest.mark.cluster
def test_reports_that_kill_workers_or_fail_stop_no_other(cluster, folder, process):
    city(folder, 3)
    for office in ("killer", "mistake"):
        shutil.copytree(folder / "data/office-00001", folder / "data" / office)
    done = process("build", "2024", "--all", "--json", "--cluster", cluster.address, cwd=folder)
    assert done.returncode == 2
    killer, mistake = json.loads(done.stdout)["stops"]
    assert (killer["office"], "worker" in killer["message"]) == ("killer", True)
    assert (mistake["office"], "ZeroDivisionError" in mistake["message"]) == ("mistake", True)
    assert count_built(folder) == 3


@pytest.mark.cluster
def test_a_worker_of_another_version_is_refused(cluster, folder, process):
    city(folder, 1)
    other_version = cluster.add(PRETENDS="0.0.9")
    try:
        done = process("build", "2024", "--all", "--cluster", cluster.address, cwd=folder)
    finally:
        cluster.end(other_version)
    assert done.returncode == 2
    assert "0.0.9" in done.stderr
    assert "worker tcp://127.0.0.1:" in done.stderr
    assert not (folder / "build/office-00000").exists()


@pytest.mark.cluster
def test_a_scheduler_without_workers_or_a_lost_one_is_reported(tmp_path, folder, process):
    city(folder, 24)
    with nodes(tmp_path, HIDDEN) as lone_nodes:
        impatient = "from nianbao import __main__; from nianbao.build import dask_client as client; "
        impatient += "client._WAIT_SECONDS = 1; __main__.main()"
        command = [sys.executable, "-c", impatient, "build", "2024", "--all", "--cluster", lone_nodes.address]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
        assert (done.returncode, "dask worker" in done.stderr) == (2, True)

        lone_nodes.add(2)
        with lone_nodes.holding("office-00016"):
            running = begin(folder, "--cluster", lone_nodes.address)
            until(lambda: count_built(folder) >= 4)
            lone_nodes.end(lone_nodes.scheduler)
            code, output = wait_for(running)
    assert code == 2
    some = count_built(folder)
    assert 4 <= some < 24
    table, _why, fix = output.partition("错误: 和调度器的连接断了\n怎么办: ")
    assert fix.count("\n") == 1, output
    assert table.count("和调度器的连接断了") == 24 - some
    counts = dict(line.split() for line in table.splitlines()[1:3])
    assert counts == {"已生成": str(some), "没能运行": str(24 - some)}
    done = process("build", "2024", "--all", "--json", cwd=folder)
    assert [one["end"] for one in json.loads(done.stdout)["reports"]].count("unchanged") == some


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{port}", "ftp://127.0.0.1", "no-such-host.invalid:8786", "?"])
def test_a_scheduler_that_cannot_be_reached_is_reported(folder, address):
    city(folder, 1)
    hasty = "from nianbao import __main__; from nianbao.build import dask_client; "
    hasty += "dask_client._CONNECT_SECONDS = 1; __main__.main()"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        there = address.format(port=free.getsockname()[1])
        command = [sys.executable, "-c", hasty, "build", "2024", "--all", "--cluster", there]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, "dask scheduler" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 2, done.stderr


def test_jobs_and_cluster_cannot_be_combined(folder, process):
    city(folder, 1)
    done = process("build", "2024", "--all", "--jobs", "2", "--cluster", "tcp://127.0.0.1:9", cwd=folder)
    assert (done.returncode, "--jobs" in done.stderr) == (2, True)


def test_without_dask_the_command_to_install_it_is_printed(folder):
    city(folder, 1)
    hidden = "import sys; sys.modules['distributed'] = None; from nianbao import __main__; __main__.main()"
    command = [sys.executable, "-c", hidden, "build", "2024", "--all", "--cluster", "tcp://127.0.0.1:1"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, 'pip install "nianbao[cluster]"' in done.stderr) == (2, True)


def test_few_reports_are_sent_one_by_one_and_many_in_batches(folder):
    from nianbao.build.dask_queue import JobQueue  # noqa: PLC0415  # see above
    from nianbao.build.worker import BuildJob  # noqa: PLC0415  # where Dask is not installed the others are skipped
    from nianbao.model.period import Period  # noqa: PLC0415  # see above
    from nianbao.workspace.store import ReportKey, Store  # noqa: PLC0415  # see above

    store = Store(city(folder, 100))
    (folder / "data/office-00099/2024.toml").unlink()
    keys = [ReportKey(f"office-{number:05}", "", Period(2024)) for number in range(100)]
    queue = JobQueue(store, [BuildJob(key, ("html",)) for key in keys])
    batches = []
    while queue:
        batches.append(queue.take(2, 0))
    sizes = list(map(len, batches))
    assert (sizes[0], sizes[-2], sum(sizes)) == (8, 1, 99)
    assert [one.key.office for one in queue.take_unreadable()] == ["office-00099"]
    queue.retry_singly(batches[0])
    assert not queue.take(2, 1)
    lone_nodes = [queue.take(2, 0) for _one in batches[0]]
    assert all(one.alone for (one,) in lone_nodes)
    assert len(lone_nodes) == 8
    assert not queue


def test_the_example_for_kubernetes_starts_workers_as_the_page_says(root):
    text = (root / "docs/cluster/kubernetes.yaml").read_text(encoding="utf-8")
    cluster = yaml.safe_load(text)
    [worker] = cluster["spec"]["worker"]["spec"]["containers"]
    [scheduler] = cluster["spec"]["scheduler"]["spec"]["containers"]
    assert worker["image"] == scheduler["image"] == "nianbao"  # the same software everywhere
    assert worker["args"][worker["args"].index("--nthreads") + 1] == "1"
    names = {port["name"] for port in scheduler["ports"]}
    assert {port["targetPort"] for port in cluster["spec"]["scheduler"]["service"]["ports"]} == names
    build = (root / "docs/cluster/Containerfile").read_text(encoding="utf-8")
    settings = re.findall(r"export (\w+=\w+)", (root / "docs/cluster.md").read_text(encoding="utf-8"))
    assert len(settings) == 4
    assert [one for one in settings if one not in build] == []
