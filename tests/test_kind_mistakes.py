"""Mistakes of authors of kinds: each is made in the kind that `report kind new` makes, and found with its place.

`tests/kind-mistakes/NAME.toml` says what is changed, `NAME.txt` what `report kind check` says; `--rewrite` writes that.
"""

import re
import shutil
from pathlib import Path

import pytest
import toml_rs

from nianbao.kinds.check import check_kind
from nianbao.kinds.scaffold import KindPlan, create_kind
from nianbao.model.period import Period
from nianbao.workspace.locales import use_language
from nianbao.workspace.store import Store

CASES = sorted((Path(__file__).parent / "kind-mistakes").glob("*.toml"))
PLACED = re.compile(r"templates/[\w/.-]+:\d+:\d+: \S")


@pytest.fixture(autouse=True)
def english():
    use_language("en")
    yield
    use_language("zh")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """Return a folder with the kind that an author begins with."""
    folder = tmp_path_factory.mktemp("kind")
    plan = KindPlan("minutes", "Minutes", "en", "year", "plain", "Requests")
    create_kind(Store(folder), plan, Period(2024))
    return folder


def change(folder, case):
    """Make the changes of a case, each of which must find what it replaces."""
    for one in toml_rs.loads(case.read_text(encoding="utf-8"))["change"]:
        path = (folder / "templates/kinds/minutes" / one["file"]).resolve()
        if "write" in one:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(one["write"], encoding="utf-8")
        elif one.get("remove"):
            path.unlink()
        else:
            text = path.read_text(encoding="utf-8")
            assert one["replace"] in text, one
            path.write_text(text.replace(one["replace"], one["by"]), encoding="utf-8")


def test_what_an_author_begins_with_has_no_mistake(fresh, monkeypatch):
    monkeypatch.chdir(fresh)
    assert check_kind(Store.open(fresh), "minutes") == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_mistake_is_found_where_it_is(case, fresh, tmp_path, monkeypatch, request):
    shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)
    change(tmp_path, case)
    monkeypatch.chdir(tmp_path)
    found = "".join(f"{one}\n" for one in check_kind(Store.open(tmp_path), "minutes"))
    expected = case.with_suffix(".txt")
    if request.config.getoption("--rewrite"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")
    assert found
    assert all(PLACED.match(line) for line in found.splitlines() if not line.startswith(" ")), found


def test_there_are_enough_mistakes():
    assert len(CASES) > 80
    assert {case.stem for case in CASES} == {path.stem for path in CASES[0].parent.glob("*.txt")}
