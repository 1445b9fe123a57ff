"""Each sample of an attack is shown to succeed where its guard is taken out, or says why it cannot.

See README.md for the marks by which a sample says so; what a new test does not say fails here.
"""

from collections import defaultdict
from itertools import chain
from pathlib import Path

import pytest

FILES = sorted(Path(__file__).parent.glob("test_*.py"))
COUNT = 1000  # samples of all files that are shown to succeed, at least
SWITCH = "guarded"  # the parameter that is False where a test takes the guard out


def collect(session, path):
    """Collect the tests of a file: items by the name of their function."""
    found = defaultdict(list)
    for item in pytest.Module.from_parent(session, path=path).collect():
        found[item.originalname].append(item)
    return found


def read_mark(items, name):
    """Return a mark of a test: its arguments, and its keywords; None without it."""
    mark = items[0].get_closest_marker(name)
    return (mark.args, mark.kwargs) if mark else None


def describe(value):
    """Name a parameter, for people and to compare."""
    if isinstance(value, tuple):
        return " ".join(map(describe, value))
    return value if isinstance(value, str) else getattr(value, "__name__", getattr(value, "name", repr(value)))


def list_parameters(items):
    return getattr(items[0], "callspec", None) and items[0].callspec.params.keys()


def name_samples(items, parameters):
    """Name the samples that a test runs: those it says, or by these of its parameters."""
    if said := read_mark(items, "samples"):
        return set(said[0][0])
    assert set(parameters) <= set(list_parameters(items) or ()), f"{items[0].name} does not run the same samples"
    return {", ".join(describe(item.callspec.params[name]) for name in parameters) for item in items}


def is_sample(items):
    """Tell whether a test is one of samples: it has parameters, or says which ones it runs at once."""
    return bool(list_parameters(items) or read_mark(items, "samples") or read_mark(items, "guard"))


def name_attacks(items):
    """Name the samples of a test whose guards hold, and the parameters that tell them apart."""
    _out, said = read_mark(items, "guard") or ((), {})
    parameters = sorted(set(list_parameters(items) or ()) - {SWITCH, *said.get("over", ())})
    return name_samples(items, parameters), parameters


def list_unguarded(said, samples):
    """List the samples of a test that no guard of ours holds off; `said` are the keywords of its mark."""
    unguarded = said.get("unguarded", {})
    return samples if isinstance(unguarded, str) else set(chain.from_iterable(unguarded.values()))


def count_shown(items):
    """Count the samples of a test that are shown to succeed without their guards."""
    samples, _parameters = name_attacks(items)
    _out, said = read_mark(items, "guard") or ((), {})
    return len(samples - list_unguarded(said, samples))


def find_unshown(tests):
    """Find what is wrong with the samples of a file: pairs of test and sample, or of test and reason."""
    outs = set(chain.from_iterable((read_mark(items, "guard") or ((),))[0] for items in tests.values()))
    for name in outs - tests.keys():
        yield name, "there is no such test"
    for name, items in tests.items():
        if name in outs or read_mark(items, "no_attack") or not is_sample(items):
            continue
        out, said = read_mark(items, "guard") or ((), {})
        samples, parameters = name_attacks(items)
        shown = set()
        if SWITCH in (list_parameters(items) or ()):
            switched = [[item for item in items if item.callspec.params[SWITCH] is on] for on in (True, False)]
            shown |= set.intersection(*(name_samples(half, parameters) if half else set() for half in switched))
        bare = set().union(*(name_samples(tests[other], parameters) for other in out if other in tests))
        if patched := said.get("inside"):
            assert patched.rpartition(".")[2] in items[0].path.read_text("utf-8"), patched
            bare |= samples
        excused = list_unguarded(said, samples)
        yield from ((name, sample) for sample in sorted(samples - shown - bare - excused))
        yield from ((name, f"unguarded, but not a sample: {sample}") for sample in sorted(excused - samples))
        yield from ((name, f"unguarded, but shown: {sample}") for sample in sorted(excused & bare))


@pytest.mark.no_attack
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_sample_bites_without_its_guard_or_says_why_not(request, path):
    assert list(find_unshown(collect(request.session, path))) == []


UNSHOWN = """
import pytest

@pytest.mark.parametrize("guarded", [True])
@pytest.mark.parametrize("name", ["a", "b"])
def test_half(name, guarded): ...

@pytest.mark.parametrize("name", ["a", "b"])
def test_bare(name): ...

@pytest.mark.guard("test_out", "test_gone", unguarded={"x": ["a", "c"]})
@pytest.mark.parametrize("name", ["a", "b"])
def test_partly(name): ...

@pytest.mark.samples(["a", "d"])
def test_out(): ...
"""


def test_what_shows_nothing_is_found(request, tmp_path):
    (tmp_path / "test_x.py").write_text(UNSHOWN, encoding="utf-8")
    assert set(find_unshown(collect(request.session, tmp_path / "test_x.py"))) == {
        ("test_half", "a"),
        ("test_half", "b"),
        ("test_bare", "a"),
        ("test_bare", "b"),
        ("test_partly", "b"),
        ("test_gone", "there is no such test"),
        ("test_partly", "unguarded, but not a sample: c"),
        ("test_partly", "unguarded, but shown: a"),
    }


def test_there_are_samples_enough(request):
    files = [collect(request.session, path) for path in FILES]
    attacks = [items for tests in files for items in tests.values() if is_sample(items)]
    outs = {name for items in attacks for name in (read_mark(items, "guard") or ((),))[0]}
    held = [items for items in attacks if not read_mark(items, "no_attack") and items[0].originalname not in outs]
    assert sum(map(count_shown, held)) > COUNT
