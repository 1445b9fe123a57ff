"""Providers made at random: nothing is found in what is right, what is written is read, and a mistake is found."""

import copy
import re
from datetime import date
from functools import cache, reduce
from operator import getitem
from pathlib import Path
from random import Random

import pytest
from dsa_providers import PERIODS, PLATFORM, Maker, write_report

from nianbao.checks.check import judge_report
from nianbao.compose.embedded_facts import format_facts
from nianbao.compose.file_set import compose_set
from nianbao.importer import published_sets
from nianbao.importer.file_sets.data_file import format_data_file
from nianbao.model.facts import parse
from nianbao.render.file_set import write_set
from nianbao.workspace.store import Store

KIND = "eu-dsa"
TODAY = date(2027, 2, 25)
PROVIDERS = list(PERIODS)
A_SEED = 5  # mistakes in a report
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store():
    return Store(Path(__file__).parent / "dsa").of_kind(KIND)


@cache
def make(store, provider, seed):
    """Make a report at random: its form and the tree of its data file."""
    form = store.kind.form_in_force(PERIODS[provider])
    return form, Maker(form, provider, Random(f"{provider} {seed}")).make()  # noqa: S311  # the same one each time


def fill(store, provider, text):
    return store.kind.fill(parse(text, "data/made.toml"), PERIODS[provider])


def list_values(report):
    """List the values of a report by address, without empty tables and its kind."""
    return {one.address: one.value for one in report.entries if one.value != {} and one.address != "kind"}


def find(store, report):
    """Judge a report; cells that the service cannot fill stay blank, which is said once for a table."""
    return [one for one in judge_report(store, report, None, TODAY).findings if one.rule != "blank-cell"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_nothing_is_found_in_a_report_that_adds_up(store, provider, seeds):
    for seed in range(seeds("reports of providers")):
        form, tree = make(store, provider, seed)
        report = fill(store, provider, write_report(form, PERIODS[provider], tree))
        assert [entry.address for entry in report.entries if entry.fault or not entry.known] == [], seed
        assert find(store, report) == [], seed


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_report_is_read_back_from_its_sets_and_from_the_facts_it_carries(store, provider, seeds, tmp_path):
    for seed in range(seeds("reports of providers")):
        form, tree = make(store, provider, seed)
        report = fill(store, provider, write_report(form, PERIODS[provider], tree))
        expected = list_values(report)
        assert list_values(fill(store, provider, format_facts(report))) == expected, seed
        files = compose_set(report, form.kind.file_set)
        for suffix in ("csv.zip", "xlsx"):
            path = tmp_path / f"set.{suffix.removeprefix('csv.')}"
            path.write_bytes(write_set(store.format(suffix), files, date(2027, 2, 20)).content)
            (source,) = published_sets.gather(store, [str(path)])
            read = published_sets.recognize_set(store, source, KIND, PERIODS[provider])[1]
            text = format_data_file(read, "set").replace('# kind = ""', f'kind = "{provider}"')
            again = fill(store, provider, text)
            assert list_values(again) == expected, (seed, suffix)
            assert find(store, again) == [], (seed, suffix)


# ── mistakes ──


def list_cells(tree, path=()):
    """List the counts of a tree that take part in sums, by their keys."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        own = (*path, key)
        if isinstance(value, dict | list):
            yield from list_cells(value, own)
        elif isinstance(value, int) and not isinstance(value, bool) and is_summed(own):
            yield own


def is_summed(path):
    """Tell whether an equality holds for a cell; of part 7 what is decided, of part 8 what is at own initiative."""
    table = path[0]
    if table in {"notices", "illegal", "terms", "recipients"}:
        return True
    if table == "orders":
        return path[1:3] != ("total", "total") or len(path) == 4  # table, whole, total, column
    if table == "appeals":
        return (
            path[1] == "complaints" and path[2] != "imposed" and path[3] in {"total", "upheld", "partial", "reversed"}
        )
    return table == "automated" and path[1:3] in {("solely", "own"), ("notices_solely", "notices")}


def make_mistake(value, random):
    """Return a figure as people get it wrong: another digit, one lost or twice, two exchanged, or a 0 too many."""
    text = str(value)
    at = random.randrange(len(text))
    ways = [
        text[:at] + random.choice("0123456789") + text[at + 1 :],
        text[:at] + text[at + 1 :] or "0",
        text[: at + 1] + text[at:],
        text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :] if at else text,
        f"{text}0",
    ]
    wrong = [int(way) for way in ways if int(way) != value]
    return random.choice(wrong or [value + 1])


def put_mistake(tree, path, random):
    """Copy a tree with a mistake in one cell; return it, and what the cell was and is."""
    wrong = copy.deepcopy(tree)
    table = reduce(getitem, path[:-1], wrong)
    was = table[path[-1]]
    table[path[-1]] = make_mistake(was, random)
    return wrong, was, table[path[-1]]


def name_all(findings):
    """Return the addresses that findings name: at their place, as candidates, or in what they say."""
    said = " ".join(
        " ".join((one.address, *one.candidates, *one.notes, *(effect[1] for effect in one.effects))) for one in findings
    )
    return set(re.findall(r"[a-zA-Z_]+(?:\.\w+)+", said))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_single_mistake_is_found_and_its_cell_is_named(store, provider, seeds):
    for seed in range(seeds("mistakes of providers") // A_SEED):
        random = Random(f"mistakes {provider} {seed}")  # noqa: S311  # the same ones each time
        form, tree = make(store, provider, seed % 8)
        cells = list(list_cells(tree))
        if provider not in PLATFORM:
            cells = [one for one in cells if one[0] != "appeals"]  # one figure, which nothing else has to equal
        for _number in range(A_SEED):
            path = random.choice(cells)
            wrong, was, now = put_mistake(tree, path, random)
            address = ".".join(str(key + 1) if isinstance(key, int) else key for key in path)
            found = find(store, fill(store, provider, write_report(form, PERIODS[provider], wrong)))
            assert found, (seed, address, was, now)
            assert address in name_all(found), (seed, address, was, now, [(one.rule, one.address) for one in found])
