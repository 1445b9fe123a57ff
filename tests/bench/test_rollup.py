"""Ten thousand units added up into the office above, on as many processes as there are cores.

    pytest tests/bench/test_rollup.py --benchmark-enable --benchmark-only

Every cell is compared with a sum made from the data files with plain arithmetic.
"""

from decimal import Decimal

import pytest
import toml_rs
from offices import data

from nianbao.model.period import Period
from nianbao.rollup.collect import RollupOptions
from nianbao.rollup.roll_up import roll_up
from nianbao.rollup.trace import trace
from nianbao.workspace.store import Store

YEAR = 2024
PERIOD = Period(YEAR)
MANY = 10_000


@pytest.fixture(scope="module")
def city(tmp_path_factory, request):
    """A city of many units that are right, and what each gives as text."""
    many = MANY if request.config.getoption("--benchmark-enable") else 6
    folder = tmp_path_factory.mktemp("city")
    listed = ['[city]\nname = "某市"\n']
    for number in range(many):
        unit = folder / "data" / f"unit-{number}"
        unit.mkdir(parents=True)
        (unit / f"{YEAR}.toml").write_text(data(number), encoding="utf-8")
        listed.append(f'[unit-{number}]\nname = "第{number}局"\nparent = "city"\n')
    (folder / "data/offices.toml").write_text("".join(listed), encoding="utf-8")
    return Store(folder), many


def told(tree, address):
    for key in address.split("."):
        tree = tree.get(key, {})
    return tree or 0


@pytest.mark.benchmark(group="ten thousand units")
def test_rolling_up(benchmark, city):
    store, many = city
    (account,) = benchmark.pedantic(lambda: roll_up(store, PERIOD, "city", RollupOptions(force=True)), rounds=1)
    assert len(account.aggregate.counted) == many
    trees = [toml_rs.loads(data(number), parse_float=Decimal) for number in range(many)]
    for address in ("requests.received.person", "proactive.fees.amount", "requests.outcome.declined.repeated.other"):
        assert account.aggregate.figures[address] == sum(told(tree, address) for tree in trees)


@pytest.mark.benchmark(group="ten thousand units")
def test_tracing_a_figure(benchmark, city):
    store, many = city
    traced = benchmark.pedantic(
        lambda: trace(store, PERIOD, "city", "requests.received.total", RollupOptions()), rounds=1
    )
    assert sum(figure for _given, figure in traced.contributions) == traced.total
    assert len(traced.contributions) + traced.zeros == many
