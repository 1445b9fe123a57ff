"""How many of the cases that tests draw at random a run takes; of those that issues ask for by number, `all` has these.

`pytest --all`, a file that is named and the gate take some: the same ones each time, with every variant, kind and
edition among them. `pytest --seeds all` takes them all, by hand before a release. Tests ask the fixture `seeds`.
"""

from typing import NamedTuple


class Count(NamedTuple):
    """How many cases a test takes: in a usual run, and with `--seeds all`."""

    some: int
    all: int


COUNTS = {
    "examples": Count(100, 300),  # of each property, by Hypothesis; at random where all are asked for
    "examples of reports": Count(10, 30),  # the same, of figures of a whole report
    "mutated examples": Count(20, 60),
    "printed reports": Count(1, 3),  # in each format
    "reports of a variant": Count(6, 40),  # in each form
    "torn reports": Count(6, 60),  # of each variant in each edition
    "mutations": Count(150, 1000),  # of reports, in each edition
    "scans": Count(1, 2),  # reports scanned in each way
    "mistakes in a figure": Count(100, 500),  # in each report, with and without totals
    "mistakes in two figures": Count(60, 300),
    "reports of providers": Count(2, 8),  # of each kind of provider
    "sets of providers": Count(2, 5),
    "mistakes of providers": Count(20, 100),  # of each of five kinds
    "mutated published files": Count(40, 3000),
    "mutated office files": Count(30, 2000),
    "mutated old files": Count(4, 300),  # of three formats; LibreOffice starts for each
    "mutated scans": Count(5, 300),
    "mutated sets": Count(10, 1000),
    "trees of TOML": Count(50, 5000),
    "kills": Count(32, 320),  # of all commands together
    "saves": Count(60, 200),  # while a preview runs
}


def count(name, which):
    """Return how many cases of a name are taken where `some` or `all` are asked for."""
    return getattr(COUNTS[name], which)
