"""A report with a part of 2,457 rows, all filled: 27 states by 91 categories.

pytest tests/bench/test_dense.py --benchmark-enable --benchmark-only
"""

from datetime import date
from random import Random

import pytest
from dsa_providers import PERIODS, Maker, write_report

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.workspace.store import Store

STATES = 27
PERIOD = PERIODS["vlop"]


class EveryState(Random):
    """Dice that always choose all states where the maker asks how many there are."""

    def choice(self, seq):
        return STATES if seq == (0, 1, 2, 3) else super().choice(seq)


@pytest.fixture
def store(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "report.toml").write_text('kind = "eu-dsa"\n', encoding="utf-8")
    form = Store(tmp_path).kind.form_in_force(PERIOD)
    maker = Maker(form, "vlop", EveryState(1))
    maker.draw = lambda *_words: 1 + maker.random.randrange(500)
    tree = maker.make() | {"published": date(2026, 8, 20)}
    (tmp_path / "data" / f"{PERIOD}.toml").write_text(write_report(form, PERIOD, tree), encoding="utf-8")
    return Store(tmp_path)


@pytest.mark.benchmark(group="a part of 2,457 rows")
def test_checking(benchmark, store):
    checked = benchmark.pedantic(check.check_report, (store, PERIOD), rounds=5)
    assert len(checked.report.figures) > STATES * 91


@pytest.mark.benchmark(group="a part of 2,457 rows")
@pytest.mark.parametrize("suffix", ["html", "docx", "pdf"])
def test_building(benchmark, store, suffix):
    built = benchmark.pedantic(outputs.build_report, (store, PERIOD, [suffix]), rounds=3)
    assert [one.format for one in built.files] == [suffix]
