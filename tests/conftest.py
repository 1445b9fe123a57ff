"""What the tests share: the repository, a report built once, and programs that a machine may lack."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest
from cases import begun, hard_facts

ROOT = Path(__file__).parent.parent
os.environ["LANGUAGE"] = "zh"  # whoever runs the tests; those of languages ask for theirs
os.environ["NIANBAO_TRUST"] = "1"  # the templates of tests are ours; those of trust take this out
STATE = tempfile.mkdtemp(prefix="tests-of-nianbao-")  # nothing that the program keeps for its user stays
atexit.register(shutil.rmtree, STATE, ignore_errors=True)
os.environ["XDG_STATE_HOME"] = STATE
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
STRICT = "NIANBAO_CI"  # set in CI: a skip is a failure


def pytest_addoption(parser):
    parser.addoption("--rewrite", action="store_true", help="write the expected findings anew, then read the diff")


def pytest_runtest_setup(item):
    for marker in item.iter_markers("needs"):
        for program in marker.args:
            if shutil.which(program) is None:
                reason = f"{program} is not installed; apt-get install {marker.kwargs.get('package', program)}"
                if os.environ.get(STRICT):
                    pytest.fail(f"{reason} ({STRICT} is set)")
                pytest.skip(reason)


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def report():
    """Run the command as a person does: in a folder, by its name."""

    def run(*words, cwd, **more):
        command = [sys.executable, "-m", "nianbao", *map(str, words)]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120, **more)

    return run


@pytest.fixture
def office(tmp_path):
    """An office's folder with the 2020 report, free to be spoilt."""
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "data" / "2020.toml", tmp_path / "data")
    return tmp_path


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The 2020 report in every format, built once; the folder that holds `2020.<suffix>`."""
    from nianbao.build import outputs  # noqa: PLC0415  # see above
    from nianbao.workspace.store import Store  # noqa: PLC0415  # see above

    out = tmp_path_factory.mktemp("built")
    done = outputs.build_report(Store(ROOT, out), 2020, ["html", "docx", "pdf", "markdown"])
    assert {output.format for output in done.files} == {"html", "docx", "pdf", "markdown"}
    return out


@pytest.fixture(scope="session")
def browser():
    """A real Chromium, driven by playwright."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # slow to import

    with sync_playwright() as started:
        running = started.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        yield running
        running.close()


@pytest.fixture(scope="session")
def hard_of(tmp_path_factory):
    """Build a draft of hard cases in an edition, once: what the build gave, and its files without their suffix."""
    from nianbao.build import outputs  # noqa: PLC0415  # see above
    from nianbao.workspace.store import Store  # noqa: PLC0415  # see above

    @cache
    def build(edition):
        year, form = {"2019": 2020, "2021": 2023}[edition], Store(ROOT).edition(edition)
        office = tmp_path_factory.mktemp("hard")
        store = begun(office, year, hard_facts(form, year))
        done = outputs.build_report(store, year, ["html", "docx", "pdf", "odt", "epub"], draft=True)
        return done, office / "build" / str(year)

    return build


@pytest.fixture(scope="session", params=["2019", "2021"])
def hard(request, hard_of):
    return hard_of(request.param)
