"""Offices by the thousand: against the naive way, against themselves unchanged, and twice as many against half.

    pytest tests/bench/test_batch.py --benchmark-enable --benchmark-only

Each benchmark is one round of a whole command, interpreter start included. The naive way (see test_build.py) runs
on the same cores in the same run, for a tenth of the offices: read the column "OPS" of `reports a second`, or the
reports a second printed beside each group. Without --benchmark-enable a handful of offices is built.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from offices import city, data
from test_build import naive_job, run_naive

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.compose import document
from nianbao.model.period import Period
from nianbao.render.renderer import Renderer
from nianbao.workspace.store import Store

YEAR = 2024
PERIOD = Period(YEAR)
FORMATS = ("html", "docx", "pdf")
BUILD = [sys.executable, "-m", "nianbao", "build", str(YEAR), "--all", "--json"]
CORES = os.cpu_count() or 1


@pytest.fixture(scope="module")
def many(request):
    """Return how many offices a figure stands for: itself when measured, else a handful."""
    enabled = request.config.getoption("--benchmark-enable")
    return lambda count: count if enabled else 3


def said(command, folder):
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def ends(said):
    return [one["end"] for one in said["reports"]]


def rate(benchmark, count):
    if benchmark.stats:
        benchmark.extra_info["reports a second"] = round(count / benchmark.stats["mean"], 1)


@pytest.mark.benchmark(group="1,000 offices, three formats, all cores")
def test_the_naive_way(benchmark, many, tmp_path):
    count = many(100)  # a tenth: it takes minutes
    store = Store(city(tmp_path, count))
    jobs = [naive_job(store.of_office(office), PERIOD, tmp_path / "naive" / office) for office in store.offices()]

    def build():
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(run_naive, jobs))

    benchmark.pedantic(build, rounds=1)
    rate(benchmark, count)
    assert len(list((tmp_path / "naive").glob("*/page.pdf"))) == count


@pytest.mark.benchmark(group="1,000 offices, three formats, all cores")
@pytest.mark.parametrize("offices", [1000, 2000, 4000])
def test_report_build(benchmark, many, tmp_path, offices):
    count = many(offices)
    folder = city(tmp_path, count)
    done = benchmark.pedantic(said, (BUILD, folder), rounds=1)
    rate(benchmark, count)
    assert ends(done) == ["built"] * count


@pytest.mark.benchmark(group="10,000 offices, built before")
@pytest.mark.parametrize("changes", [0, 1])
def test_what_changed(benchmark, many, tmp_path, changes):
    count = max(many(10_000), 20)  # a few are listed one by one, not counted
    folder = city(tmp_path, count)
    command = [*BUILD[:-1], "--to", "html,epub,markdown"]  # three, and soon printed; told as to a person
    fresh = iter(range(count, 2 * count))

    def change():
        for number in range(changes):
            path = folder / f"data/office-{number:05}/{YEAR}.toml"
            path.write_text(data(next(fresh)), encoding="utf-8")

    def build():
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout

    build()
    done = benchmark.pedantic(build, setup=change, rounds=3)
    assert f"没有变化 {count - changes}" in " ".join(done.split())


@pytest.mark.benchmark(group="10,000 offices, checked")
def test_report_validate(benchmark, many, tmp_path):
    folder = city(tmp_path, many(10_000))
    command = [sys.executable, "-m", "nianbao", "validate", str(YEAR), "--all", "--json"]
    done = benchmark.pedantic(said, (command, folder), rounds=1)
    assert all(one["ok"] for one in done["reports"])


# ── where the time goes ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def batch(tmp_path_factory, many):
    store = Store(city(tmp_path_factory.mktemp("city"), many(100)))
    offices = [store.of_office(office) for office in store.offices()]
    with Renderer() as renderer:
        yield store, offices, renderer


def each(benchmark, offices, work):
    """Do the work for one office after another, so that nothing can be remembered."""
    left = iter(offices * 3)
    return benchmark.pedantic(lambda: work(next(left)), rounds=100, warmup_rounds=5)


@pytest.mark.benchmark(group="one report of many")
def test_checking(benchmark, batch):
    assert each(benchmark, batch[1], lambda store: check.check_report(store, PERIOD)).readable


@pytest.mark.benchmark(group="one report of many")
def test_composing(benchmark, batch):
    store, offices, _ = batch
    reports = [check.check_report(office, PERIOD).report for office in offices]
    assert each(
        benchmark, reports, lambda report: document.make_page(document.compose(report, store.kind.template))
    ).text


@pytest.mark.benchmark(group="one report of many")
@pytest.mark.parametrize("formats", [*((name,) for name in FORMATS), FORMATS], ids=",".join)
def test_printing(benchmark, batch, formats):
    store, offices, renderer = batch
    order = outputs.make_render_settings(store, formats)
    checked = [check.check_report(office, PERIOD) for office in offices]
    done = each(benchmark, checked, lambda one: outputs.render_report(store, one, formats, order, renderer))
    assert len(done[0]) == len(formats)


# ── memory ───────────────────────────────────────────────────────────────────────────────────────────


def resident(pid):
    """Return the memory of a process now, in MB."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123  # no file of ours
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_is_flat(benchmark, many, tmp_path):
    """Render 10,000 different reports with one renderer: it has as much memory at the end as after the hundredth."""
    count = many(10_000)
    store = Store(city(tmp_path, 1))
    office = store.of_office("office-00000")
    order = outputs.make_render_settings(store, FORMATS)
    start = resident(os.getpid())  # what earlier tests of this process have left behind
    early: list[float] = []

    def build():
        with Renderer() as renderer:
            for number in range(count):
                office.path(PERIOD).write_text(data(number), encoding="utf-8")
                checked = check.check_report(office, PERIOD)
                outputs.render_report(office, checked, FORMATS, order, renderer)
                if number == min(99, count - 1):
                    early.extend(map(resident, (os.getpid(), renderer.pid)))
            return list(map(resident, (os.getpid(), renderer.pid)))

    late = benchmark.pedantic(build, rounds=1)
    benchmark.extra_info["MB, Python and pandoc"] = [round(size) for size in (*early, *late)]
    assert late[0] - start < 300
    assert late[1] < 400
    assert all(after - before < 60 for before, after in zip(early, late, strict=True))
    shutil.rmtree(tmp_path)
