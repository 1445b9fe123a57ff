"""Ten thousand reports carried out as Parquet: how long it takes, and how much memory.

    pytest tests/bench/test_export.py --benchmark-enable --benchmark-only -s

The baseline is reading the same files on the same processes, and nothing else. Without --benchmark-enable a few
reports are carried out.
"""

import subprocess
import sys

import duckdb
import pytest
from offices import data

from nianbao.export import pipeline
from nianbao.model.period import Period
from nianbao.workspace.store import Store

YEAR = 2024
PERIOD = Period(YEAR)
REPORTS = 10_000
MEMORY = 600  # MB
EXPORT = r"""
import re, sys
from pathlib import Path
from nianbao.__main__ import main
sys.argv = ["report", "export", "2024", "--all", "--to", "parquet", "--jobs", "2", "--root", sys.argv[1]]
try:
    main()
finally:
    # Of this program alone: what `getrusage` tells begins with the size of the process that started it.
    print(int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def many(request):
    return REPORTS if request.config.getoption("--benchmark-enable") else 30


@pytest.fixture(scope="module")
def store(tmp_path_factory, many):
    folder = tmp_path_factory.mktemp("offices")
    for number in range(many):
        office = folder / "data" / f"office-{number:05}"
        office.mkdir(parents=True)
        (office / f"{YEAR}.toml").write_text(data(number), encoding="utf-8")
    return Store(folder)


def test_reading_alone(benchmark, store, many):
    benchmark.group = f"{REPORTS} reports"
    asked = [(store.of_office(office), PERIOD) for office in store.offices()]
    found = benchmark.pedantic(lambda: sum(1 for _ in pipeline.read_all(asked, 2)), rounds=1)
    assert found == many


def test_an_export(benchmark, store, many):
    benchmark.group = f"{REPORTS} reports"
    command = [sys.executable, "-c", EXPORT, str(store.root)]
    done = benchmark.pedantic(subprocess.run, (command,), {"capture_output": True, "text": True}, rounds=1)
    assert done.returncode == 0, done.stderr
    assert int(done.stderr.split()[-1]) < MEMORY
    told = duckdb.sql(f"select count(*), count(distinct office) from '{store.out}/export/figures.parquet'").fetchall()
    assert told == [(many * len(store.kind.form_in_force(PERIOD).slots), many)]
