"""What the tests share: the repository, a report built once, and programs that a machine may lack."""

import atexit
import gc
import io
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
import random_cases
import slow_tests
from cases import begun, hard_facts

ROOT = Path(__file__).parent.parent
os.environ.pop("COLUMNS", None)  # the width of the terminal of whoever runs the tests
os.environ["LANGUAGE"] = LANGUAGE = "zh"  # whoever runs the tests; those of languages ask for theirs
os.environ["NIANBAO_TRUST"] = "1"  # the templates of tests are ours; those of trust take this out
# What pytest compiles is kept, or else each of hundreds of processes would compile all that it imports. These keep
# nothing: Python leaves half a file where a test lets the disk be full.
sys.dont_write_bytecode = False
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
STATE = tempfile.mkdtemp(prefix="tests-of-nianbao-")  # nothing that the program keeps for its user stays
atexit.register(shutil.rmtree, STATE, ignore_errors=True)
os.environ.setdefault("UV_CACHE_DIR", f"{os.environ.get('XDG_CACHE_HOME', Path.home() / '.cache')}/uv")  # not uv's
os.environ |= {"XDG_STATE_HOME": STATE, "XDG_CACHE_HOME": f"{STATE}/cache"}
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
WAIT_MS = 600_000  # that a browser may take for what it is asked for
STRICT = "NIANBAO_CI"  # set in CI: every test runs, and a skip is a failure
HEAVY = ("needs", "cluster", "slow")  # markers of tests that only `--all` or CI runs
LONG = ("test_import_scans", "test_kind_tools", "test_every_kind", "test_valid_kinds", "test_torn_reports")  # go first
_left_out = pytest.StashKey[int]()


def pytest_addoption(parser):
    parser.addoption("--rewrite", action="store_true", help="write the expected findings anew, then read the diff")
    parser.addoption("--all", action="store_true", help="run the heavy tests too; so does naming a file, -k or -m")
    more = "how many of the cases that are drawn at random, see tests/random_cases.py: all take long, and imply --all"
    parser.addoption("--seeds", choices=random_cases.Count._fields, default="some", help=more)
    parser.addoption("--record-slow", action="store_true", help="write anew which tests plain `pytest` leaves out")


def pytest_configure(config):
    config.stash[_left_out] = 0
    if hasattr(config, "workerinput"):  # the process that starts the workers of xdist has done the rest
        config.option.all = config.workerinput["all"]
        os.environ.update(dict.fromkeys(("RAYON_NUM_THREADS", "OMP_NUM_THREADS"), "1"))  # the others use other cores
        use_profile(config)
        return
    named = config.args_source is not config.ArgsSource.TESTPATHS
    option = config.option
    if os.environ.get(STRICT) or named or option.keyword or option.markexpr or option.seeds == "all":
        option.all = True
    use_profile(config)
    if config.option.record_slow:
        config.pluginmanager.register(slow_tests.Recorder())
    stale = [path for path in ROOT.glob("templates/languages/*/LC_MESSAGES/*.po") if not is_compiled(path)]
    if stale:
        from hatch_build import compile_catalogue  # noqa: PLC0415  # slow to import

        for path in stale:
            compile_catalogue(path)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    """Choose the language before tests are collected: the help of the program is said when it is imported."""
    from nianbao.workspace.locales import use_language  # noqa: PLC0415  # not before its catalogues are compiled

    use_language(os.environ["LANGUAGE"])
    gc.disable()  # while tests are collected: nothing of them is garbage before the end
    if session.config.getoption("numprocesses", 0):  # workers of xdist, which start now, are no such processes
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def use_profile(config):
    """Set how Hypothesis looks for examples: the same ones each time, and many at random with `--seeds all`."""
    if config.getoption("numprocesses", 0) and not hasattr(config, "workerinput"):
        return  # this process runs no test
    from hypothesis import settings  # noqa: PLC0415  # slow to import

    which = config.option.seeds
    many = random_cases.count("examples", which) if config.option.all else 25
    settings.register_profile("tests", max_examples=many, derandomize=which != "all", deadline=None)
    settings.load_profile("tests")


def is_compiled(path):
    """Tell whether the catalogue that the program reads is as new as its text."""
    made = path.with_suffix(".mo")
    return made.exists() and made.stat().st_mtime_ns >= path.stat().st_mtime_ns


def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: item.path.stem not in LONG)  # so that no core waits for one of these at the end
    if config.option.all:
        return
    light, heavy, slow = [], [], slow_tests.read_names()
    for item in items:
        is_heavy = any(item.get_closest_marker(name) for name in HEAVY) or slow_tests.is_slow(item, slow)
        (heavy if is_heavy else light).append(item)
    config.stash[_left_out] = len(heavy)
    config.hook.pytest_deselected(items=heavy)
    items[:] = light


def pytest_collection_finish():
    """Have the garbage collector pass over what stays to the end: to look through ten thousand tests takes long."""
    from nianbao.workspace.processes.task import tune_garbage_collector  # noqa: PLC0415  # see above

    tune_garbage_collector()
    gc.enable()


def pytest_sessionfinish(session):
    left = session.config.stash[_left_out]
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left out"] = left
    elif left and os.environ.get(STRICT):  # then what is said above of CI is no longer so
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Tell a worker of xdist whether all tests are asked for: it sees other words of the command line."""
    node.workerinput["all"] = node.config.option.all


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Learn from a worker of xdist how many tests it left out: the process that starts workers collects none."""
    node.config.stash[_left_out] = getattr(node, "workeroutput", {}).get("left out", 0)


def pytest_terminal_summary(terminalreporter, config):
    if left := config.stash[_left_out]:
        terminalreporter.write_line(
            f"{left} heavy tests were left out: they need LibreOffice, Chromium, Java or a cluster, or take long. "
            f"`pytest --all` runs them; so does CI ({STRICT}=1).",
            yellow=True,
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):  # noqa: ARG001  # pytest gives them by name
    """Make a failure of a skip in CI: there everything is installed. A test that is known to fail stays that."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get(STRICT):
        report.outcome = "failed"
        report.longrepr = f"{report.longrepr[2]} (a skip is a failure where {STRICT} is set)"
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    from nianbao.workspace.locales import use_language  # noqa: PLC0415  # not before its catalogues are compiled

    use_language(LANGUAGE)  # a test may have left another one
    for marker in item.iter_markers("needs"):
        for program in marker.args:
            if shutil.which(program) is None:
                pytest.skip(f"{program} is not installed; apt-get install {marker.kwargs.get('package', program)}")


@pytest.fixture(scope="session", autouse=True)
def _command_line_made_once():
    """Make the command line of the functions of all commands once: a process of `report` makes that of one command."""
    import typer.main  # noqa: PLC0415  # slow to import
    import typer.testing  # noqa: PLC0415  # see above

    from nianbao.model import i18n  # noqa: PLC0415  # see above

    make_command, known = typer.main.get_command, {}

    def count(app):
        groups = [group.typer_instance for group in app.registered_groups]
        return id(app), len(app.registered_commands), tuple(map(count, groups))

    def find_made(app):
        key = *count(app), i18n.get_language()  # in which help that Typer adds is said
        if key not in known:
            known[key] = app, make_command(app)  # the application is kept, or another one could have its id
        return known[key][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", find_made)
        patch.setattr(typer.testing, "_get_command", find_made)
        yield


@pytest.fixture(scope="session", autouse=True)
def _shipped_forms_read_once():
    """Read a form that comes with nianbao once, though `report` forgets forms: no test changes those."""
    from nianbao.workspace import kinds  # noqa: PLC0415  # slow to import
    from nianbao.workspace.shipped import TEMPLATES  # noqa: PLC0415  # see above

    read_form = kinds._read_form  # noqa: SLF001
    read_shipped = cache(read_form.__wrapped__)

    def read(path, tops, kind, all_tops):
        is_shipped = all(top.path == TEMPLATES for top in all_tops)
        return (read_shipped if is_shipped else read_form)(path, tops, kind, all_tops)

    read.cache_clear, read.__wrapped__ = read_form.cache_clear, read_form.__wrapped__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinds, "_read_form", read)
        yield


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def seeds(request):
    """Tell how many random cases this run takes, by their name in `random_cases.py`."""
    return lambda name: random_cases.count(name, request.config.option.seeds)


@pytest.fixture(scope="session")
def process():
    """Run the command as a person does: in a process of its own, in a folder, by its name."""

    def run(*words, cwd, **more):
        command = [sys.executable, "-m", "nianbao", *map(str, words)]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600, **more)

    return run


@pytest.fixture(scope="module")
def forms(root):
    """Every edition of the default kind, the first one first."""
    from nianbao.workspace.store import Store  # noqa: PLC0415  # slow to import

    store = Store(root)
    return [store.kind.edition(edition) for edition in sorted(store.kind.editions())]


@pytest.fixture(params=["2019", "2021"])
def form(request, forms):
    """Each of these editions."""
    return next(form for form in forms if form.edition == request.param)


@pytest.fixture(scope="session")
def report():
    """Run the command as `process` does, but in this process: in a tenth of the time. Its result looks the same.

    What the program remembers for as long as a process lives is forgotten first. Many reports are not spread over
    processes, unless `--jobs` says so: a fork of this one may wait for ever for threads of Typst that it does not have.
    """
    from nianbao.cli import start  # noqa: PLC0415  # slow to import
    from nianbao.compose import templating  # noqa: PLC0415  # slow to import
    from nianbao.render import markup  # noqa: PLC0415  # slow to import
    from nianbao.workspace import kinds, locales, staging, template_files  # noqa: PLC0415  # slow to import

    locales.use_language(os.environ["LANGUAGE"])
    from nianbao.cli import app  # noqa: PLC0415  # help is said in the language that is spoken when commands are imported

    app.load_app()

    def run(*words, cwd):
        for remembered in (
            staging.remove_abandoned,
            templating.make_environment,
            kinds._read_form,  # noqa: SLF001
            template_files.read_locale,
        ):
            remembered.cache_clear()
        said, told = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _stream in range(2))
        with chdir(cwd), redirect_stdout(said), redirect_stderr(told), pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["report", *map(str, words)])
            patch.setenv("LANGUAGE", os.environ["LANGUAGE"])  # which the program sets
            patch.setattr(os, "cpu_count", lambda: 1)
            code = start._run()  # noqa: SLF001
        markup.close_pandoc()
        locales.use_language(os.environ["LANGUAGE"])
        return subprocess.CompletedProcess(words, code, *(part.buffer.getvalue().decode() for part in (said, told)))

    return run


@pytest.fixture
def copied(tmp_path_factory):
    """A copy of the program to add files to, and its command: `copied.package`, `copied.report(*words, cwd=...)`."""
    home = tmp_path_factory.mktemp("copied")
    package = home / "nianbao"
    shutil.copytree(ROOT / "cli/nianbao", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "templates", package / "templates")

    def run(*words, cwd):
        command = [sys.executable, "-m", "nianbao", *map(str, words)]
        env = os.environ | {"PYTHONPATH": str(home)}
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=600)

    return SimpleNamespace(package=package, report=run)


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
    from nianbao.model.period import Period  # noqa: PLC0415  # see above
    from nianbao.workspace.store import Store  # noqa: PLC0415  # see above

    out = tmp_path_factory.mktemp("built")
    done = outputs.build_report(Store(ROOT, out), Period(2020), ["html", "docx", "pdf", "markdown"])
    assert {output.format for output in done.files} == {"html", "docx", "pdf", "markdown"}
    return out


@pytest.fixture(scope="session")
def own_fonts(tmp_path_factory):
    """Give an environment in which programs find the two faces of the package, and no font of this machine."""
    import pylopdf_fonts_zh_cn  # noqa: PLC0415  # few tests draw

    folder = tmp_path_factory.mktemp("fonts")
    there = pylopdf_fonts_zh_cn.serif_path().parent
    (folder / "fonts.conf").write_text(
        f"<fontconfig><dir>{there}</dir><cachedir>{folder}/cache</cachedir></fontconfig>", encoding="utf-8"
    )
    return os.environ | {"FONTCONFIG_FILE": str(folder / "fonts.conf")}


@pytest.fixture(scope="session")
def browser(own_fonts):
    """A real Chromium, driven by playwright, whose pages wait long: other tests may take all of the machine."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # slow to import

    with sync_playwright() as started:
        running = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS.split(), env=own_fonts, timeout=WAIT_MS
        )
        open_page = running.new_page

        def open_patient_page(**settings):
            page = open_page(**settings)
            page.set_default_timeout(WAIT_MS)
            return page

        running.new_page = open_patient_page
        yield running
        running.close()


@pytest.fixture(scope="session")
def hard_of(tmp_path_factory):
    """Build a draft of hard cases in an edition, once: what the build gave, and its files without their suffix."""
    from nianbao.build import outputs  # noqa: PLC0415  # see above
    from nianbao.model.period import Period  # noqa: PLC0415  # see above
    from nianbao.workspace.store import Store  # noqa: PLC0415  # see above

    @cache
    def build(edition):
        year, form = {"2019": 2020, "2021": 2023}[edition], Store(ROOT).kind.edition(edition)
        office = tmp_path_factory.mktemp("hard")
        store = begun(office, year, hard_facts(form, year))
        done = outputs.build_report(store, Period(year), ["html", "docx", "pdf", "odt", "epub"], draft=True)
        return done, office / "build" / str(year)

    return build


@pytest.fixture(scope="session", params=["2019", "2021"])
def hard(request, hard_of):
    return hard_of(request.param)
