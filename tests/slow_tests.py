"""Which tests plain `pytest` leaves out because they take long: those that a run of all tests has measured.

`pytest --all --record-slow` writes `slow-tests.txt` again: the names of functions whose tests take longer than the
limit on average, and of single tests that take much longer than the others of their function. `pytest --record-slow`
adds those that are slow where the former are left out: what makes a fixture first takes the time of it.
"""

from collections import defaultdict
from pathlib import Path
from statistics import mean

FILE = Path(__file__).with_name("slow-tests.txt")
SECONDS = 0.12  # that the tests of a function may take on average to be run by plain `pytest`
MOST_SECONDS = 0.6  # that a single one may take


def read_names():
    """Read the names of slow tests: of functions, and of single tests with their parameters."""
    return frozenset(FILE.read_text(encoding="utf-8").splitlines())


def is_slow(item, names):
    """Return whether plain `pytest` leaves a test out because it takes long."""
    return item.nodeid in names or item.nodeid.partition("[")[0] in names


class Recorder:
    """Measures how long each test takes, with the fixtures that it is the first to need, and writes the slow ones."""

    def __init__(self):
        self._seconds = defaultdict(float)

    def pytest_runtest_logreport(self, report):
        """Add up how long the parts of a test take."""
        self._seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self):
        """Write the names of slow tests; those that were not run stay."""
        measured = {*self._seconds, *(name.partition("[")[0] for name in self._seconds)}
        names = sorted({*find_slow(self._seconds), *(read_names() - measured)})
        FILE.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")


def find_slow(seconds):
    """Name the slow tests of those that took so many seconds."""
    by_function = defaultdict(dict)
    for name, took in seconds.items():
        by_function[name.partition("[")[0]][name] = took
    slow = set()
    for function, tests in by_function.items():
        if mean(tests.values()) > SECONDS:
            slow.add(function)
        else:
            slow.update(name for name, took in tests.items() if took > MOST_SECONDS)
    return slow
