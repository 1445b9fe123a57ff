"""Benchmarks run as tests too, so that they do not rot: once, by their first parameters, with a few offices."""

import pytest


def pytest_itemcollected(item):
    item.add_marker(pytest.mark.slow)


def pytest_collection_modifyitems(config, items):
    if config.getoption("--benchmark-enable"):
        return
    seen, kept, left = set(), [], []
    for item in items:
        name = (item.path, item.originalname)
        (left if item.path.is_relative_to(__file__.removesuffix("conftest.py")) and name in seen else kept).append(item)
        seen.add(name)
    config.hook.pytest_deselected(items=left)
    items[:] = kept
