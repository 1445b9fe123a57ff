"""Data files checked by the thousand: parsing, checking and saying told apart, and two cores together.

    pytest tests/bench/test_validate.py --benchmark-enable --benchmark-only

The last benchmark checks 10,000 files in one round, on as many processes as there are cores.
"""

import io
import os
import resource
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from offices import data

from nianbao.checks import check
from nianbao.cli.output import findings
from nianbao.model.facts import parse
from nianbao.model.period import Period
from nianbao.workspace.store import Store

YEAR = 2024
PERIOD = Period(YEAR)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / f"{YEAR}.toml").write_text(data(1), encoding="utf-8")
    return tmp_path


@pytest.mark.benchmark(group="one data file, warm")
def test_parsing(benchmark):
    assert benchmark(parse, data(1), "data/2024.toml").tree["year"] == YEAR


@pytest.mark.benchmark(group="one data file, warm")
def test_parsing_and_checking(benchmark, folder):
    checked = benchmark(check.check_report, Store(folder), PERIOD)
    assert not checked.blocked


@pytest.mark.benchmark(group="one data file, warm")
def test_saying(benchmark, folder):
    checked = check.check_report(Store(folder), PERIOD)

    def said():
        with redirect_stdout(io.StringIO()) as out:
            findings.print_checks([checked])
        return out.getvalue()

    assert "2024" in benchmark(said)


def check_all(folder: str, numbers: range) -> tuple[int, int]:
    """Check offices one after another; return how many were right, and the growth of memory in MB."""
    store = Store(Path(folder))
    path = store.root / "data" / f"{YEAR}.toml"
    right, early = 0, 0
    for at, number in enumerate(numbers):
        path.write_text(data(number), encoding="utf-8")
        right += not check.check_report(store, PERIOD).blocked
        if at == min(99, len(numbers) - 1):
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return right, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early) // 1024


@pytest.mark.benchmark(group="many data files, a process a core")
def test_ten_thousand(benchmark, tmp_path_factory, request):
    cores = os.cpu_count() or 1
    many = 10_000 if request.config.getoption("--benchmark-enable") else 20
    folders = []
    for _ in range(cores):
        folders.append(tmp_path_factory.mktemp("offices"))
        (folders[-1] / "data").mkdir()
    shares = [range(core, many, cores) for core in range(cores)]

    def run():
        with ProcessPoolExecutor(cores) as pool:
            return list(pool.map(check_all, map(str, folders), shares))

    done = benchmark.pedantic(run, rounds=1)
    assert sum(right for right, _ in done) == many
    assert max(grown for _, grown in done) < 20  # flat from the hundredth to the last
