"""A thousand official sets, each of another provider, validated by one command: how many a second, in how much memory.

    pytest tests/bench/test_sets.py --benchmark-enable --benchmark-only

Each set has rows of its own states and own sub-categories, so that no two of them share the form with its rows.
"""

import json
import resource
import subprocess
import sys
from datetime import date
from itertools import cycle
from pathlib import Path
from random import Random

import pytest

from nianbao.workspace.store import Store

sys.path.insert(0, str(Path(__file__).parents[1]))
from dsa_providers import PERIODS, Maker, write_report  # beside the tests

KIND, PERIOD = "eu-dsa", PERIODS["vlop"]
PROVIDERS = ("vlop", "vlose")  # those of one period, with the largest sets


def write_sets(folder, many):
    """Write the data files of very large providers, each in a folder of its own; none has an error."""
    (folder / "data").mkdir()
    (folder / "report.toml").write_text(f'kind = "{KIND}"\n', encoding="utf-8")
    kind = Store(folder).of_kind(KIND).kind
    for number, provider in zip(range(many), cycle(PROVIDERS), strict=False):
        form = kind.form_in_force(PERIOD)
        tree = Maker(form, provider, Random(f"{provider} {number}")).make()  # noqa: S311  # the same ones each time
        tree |= {"published": date(2026, 8, 20)}
        office = folder / "data" / f"provider-{number:04}"
        office.mkdir()
        (office / f"{PERIOD}.toml").write_text(write_report(form, PERIOD, tree), encoding="utf-8")


@pytest.mark.benchmark(group="a thousand sets, by one command")
def test_a_thousand_sets(benchmark, tmp_path, request):
    many = 1_000 if request.config.getoption("--benchmark-enable") else 5
    write_sets(tmp_path, many)
    command = [sys.executable, "-m", "nianbao", "validate", str(PERIOD), "--all", "--format", "json"]

    def run():
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = benchmark.pedantic(run, rounds=1)
    reports = json.loads(done.stdout)["reports"]
    assert len(reports) == many, done.stderr
    assert all(one["ok"] for one in reports)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    benchmark.extra_info |= {"memory of a process, MB": used.ru_maxrss // 1024, "CPU s": used.ru_utime + used.ru_stime}
    # Of few sets this may be the memory of what earlier tests have started.
    assert many < 1_000 or used.ru_maxrss < 500 * 1024  # kB
