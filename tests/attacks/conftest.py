"""What the samples of attacks share: a canary, a listener, an office to attack, and commands run in this process."""

import pytest
from oracles import SECRET, listening
from typer.testing import CliRunner

FACTS = """year = 2024
published = 2025-01-20
[agency]
name = "某市某局"
[proactive]
[requests]
[review_litigation]
"""


@pytest.fixture
def canary(tmp_path_factory):
    """A file outside of every folder that a command is given; `oracles.holds(folder, SECRET)` sees it leak."""
    path = tmp_path_factory.mktemp("outside") / "canary.txt"
    path.write_text(SECRET, encoding="utf-8")
    return path


@pytest.fixture
def listener():
    """An address on the loopback interface, and the list of paths that were asked for there."""
    with listening() as (address, asked):
        yield address, asked


@pytest.fixture
def attacked(tmp_path):
    """An office's folder with a plain report of 2024; returns a function that writes its data file."""

    def write(more="", *, facts=FACTS, office=""):
        path = tmp_path / "data" / office / "2024.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(facts + more, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def command(monkeypatch):
    """Run a command in this process, so that a test can take a guard out by `monkeypatch`; give its result."""
    from nianbao.app import app  # noqa: PLC0415  # slow to import

    def run(*words, cwd):
        monkeypatch.chdir(cwd)
        return CliRunner().invoke(app, [str(word) for word in words])

    return run
