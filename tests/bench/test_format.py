"""The largest example, 800 lines, formatted, beside the parser of TOML alone.

pytest tests/bench/test_format.py --benchmark-enable --benchmark-only
"""

from pathlib import Path

import pytest

from nianbao.datafiles import formatter
from nianbao.model.facts import parse
from nianbao.model.period import Period
from nianbao.workspace.store import Store

ROOT = Path(__file__).parents[2]
EXAMPLE = "templates/kinds/eu-dsa/example/data/nordmarkt/2026-H1.toml"


@pytest.fixture
def large():
    return (ROOT / EXAMPLE).read_text(encoding="utf-8")


@pytest.mark.benchmark(group="a report of 800 lines")
def test_parsing(benchmark, large):
    assert benchmark(parse, large, "data.toml").tree["provider"]


@pytest.mark.benchmark(group="a report of 800 lines")
def test_formatting(benchmark, large):
    form = Store(ROOT).of_kind("eu-dsa").kind.fill(parse(large, "data.toml"), Period(2026, "H1"), None).form
    assert benchmark(formatter.format_text, large, form) == large
