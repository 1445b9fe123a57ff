"""SECURITY.md promises nothing that no test shows, and every test of attacks stands behind a promise."""

import re

import pytest


@pytest.fixture
def page(root):
    return (root / "SECURITY.md").read_text(encoding="utf-8")


def test_every_promise_names_a_test_that_there_is(page, root):
    promises = page.partition("## Promises")[2].partition("\n## ")[0]
    rows = [line for line in promises.splitlines() if line.startswith("| ") and "shown by" not in line]
    assert len(rows) > 15
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)`", row)
        assert named, row
        for name in named:
            assert "def test_" in (root / name).read_text(encoding="utf-8"), name


def test_every_test_of_attacks_stands_behind_a_promise(page, root):
    files = {path.name for path in (root / "tests/attacks").glob("test_*.py")} - {"test_promises.py"}
    assert not [name for name in sorted(files) if name not in page]


def test_the_commands_of_the_page_are_there(page, report, root):
    said = report("trust", "--help", cwd=root).stdout
    for option in set(re.findall(r"^report trust (--[\w-]+)", page, re.MULTILINE)):
        assert option in said
