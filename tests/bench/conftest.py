"""Benchmarks run as tests too, once and with a handful of offices, so that they do not rot."""

import pytest


def pytest_itemcollected(item):
    item.add_marker(pytest.mark.slow)
