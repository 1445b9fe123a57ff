"""Two Dask workers against two local processes, the same offices in one run, in pairs.

    pytest tests/bench/test_cluster.py --benchmark-enable -s

Scheduler, workers and driver share the machine, so this is more than a cluster pays whose scheduler has a core of
its own. `OFFICES` says how many reports; each way prints its seconds and reports a second.
"""

import os
import subprocess
import sys
from statistics import median
from time import perf_counter

from clusters import nodes
from offices import city

OFFICES = int(os.environ.get("OFFICES", "300"))
PAIRS = 3


def seconds(folder, *words, reports="--all"):
    command = [sys.executable, "-m", "nianbao", "build", "2024", reports, "--force", *words]
    start = perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return perf_counter() - start


def test_two_workers_take_little_longer_than_two_processes(request, tmp_path):
    measured = request.config.getoption("--benchmark-enable")
    offices, pairs = (OFFICES, PAIRS) if measured else (4, 1)
    folder = city(tmp_path / "driver-only", offices)
    with nodes(tmp_path, "driver-only") as cluster:
        cluster.add(2)
        ways = {"cluster": ("--cluster", cluster.address), "processes": ("--jobs", "2")}
        seconds(folder, *ways["cluster"], reports="office-0000*")  # workers import what they need once in their lives
        ratios = []
        for _pair in range(pairs):
            took = {name: seconds(folder, *words) for name, words in ways.items()}
            ratios.append(took["cluster"] / took["processes"])
            print({name: f"{value:.1f} s, {offices / value:.1f}/s" for name, value in took.items()}, ratios[-1])  # noqa: T201
    assert not measured or median(ratios) < 1.15
