"""The states of ten thousand offices on three levels, a tenth of them missing, on as many processes as there are cores.

pytest tests/bench/test_status.py --benchmark-enable --benchmark-only
"""

import pytest
from offices import data

from nianbao.model.period import Period
from nianbao.rollup.status import read_status
from nianbao.workspace.store import Store

YEAR = 2024
MANY = 10_000
CITIES = 100


@pytest.fixture(scope="module")
def province(tmp_path_factory, request):
    many = MANY if request.config.getoption("--benchmark-enable") else 40
    folder = tmp_path_factory.mktemp("province")
    cities = many // 10 if many < MANY else CITIES
    listed = ['[province]\nname = "某省"\n']
    listed += [f'[city-{city}]\nname = "第{city}市"\nparent = "province"\n' for city in range(cities)]
    for number in range(many):
        listed.append(f'[unit-{number}]\nname = "第{number}局"\nparent = "city-{number % cities}"\n')
        if number % 10:
            unit = folder / f"data/unit-{number}"
            unit.mkdir(parents=True)
            (unit / f"{YEAR}.toml").write_text(data(number), encoding="utf-8")
    (folder / "data/offices.toml").write_text("".join(listed), encoding="utf-8")
    return folder, many, cities


@pytest.mark.benchmark(group="ten thousand units")
def test_reading_the_states_of_a_province(benchmark, province):
    folder, many, cities = province
    status = benchmark.pedantic(lambda: read_status(Store(folder), Period(YEAR)), rounds=1)
    (state,) = status.states
    of_cities, of_units = state.count_levels()
    assert (of_cities.units, of_cities.missing) == (cities, cities)
    assert (of_units.units, of_units.missing, of_units.right) == (many, many // 10, many - many // 10)
    assert not status.is_complete
