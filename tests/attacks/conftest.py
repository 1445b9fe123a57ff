"""What the samples of attacks share: a canary, a listener, an office to attack, and commands run in this process."""

import shutil

import pytest
from msgspec.structs import replace
from oracles import FACTS, FORMATS, SECRET, bites, listening
from typer.testing import CliRunner

from nianbao.build import outputs
from nianbao.compose import document
from nianbao.compose.printed_tables import lay_out_tables
from nianbao.render import markup, pandoc


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
    from nianbao.cli.app import load_app  # noqa: PLC0415  # slow to import

    def run(*words, cwd):
        monkeypatch.chdir(cwd)
        return CliRunner().invoke(load_app(), [str(word) for word in words])

    return run


@pytest.fixture
def build_all(attacked, command):
    """Build a report of each text of facts in this process; return what its files do, by the name of the text."""

    def run(texts, *words):
        markup.close_pandoc()
        for name, facts in texts.items():
            folder = attacked("", facts=facts, office=name)
        options = ["--all", "--to", FORMATS, "--jobs", "1", *(words or ["--no-facts"])]
        done = command("build", "2024", *options, cwd=folder)
        markup.close_pandoc()
        assert done.exit_code in {0, 2}, done.output
        return {name: bites(folder / "build" / name) for name in texts}

    return run


@pytest.fixture
def lua(tmp_path_factory, monkeypatch):
    """Change the Lua files of the renderer to remove a guard; each change must match."""

    def change(name, before, after):
        folder = tmp_path_factory.mktemp("renderer")
        for path in pandoc.RENDERER.parent.glob("*.lua"):
            shutil.copy(path, folder)
        text = (folder / name).read_text(encoding="utf-8")
        assert before in text
        (folder / name).write_text(text.replace(before, after), encoding="utf-8")
        monkeypatch.setattr(pandoc, "RENDERER", folder / "renderer.lua")

    return change


@pytest.fixture
def read_with_the_page(monkeypatch):
    """Have prose read as one text with the head of the page, as a guard that is taken out."""
    as_page = document.make_page

    def put_together(one, earlier):
        page = as_page(one, earlier)
        text = document._fill_page(
            one,
            lay_out_tables(one.report)[1],
            lambda table: document._make_placeholder("table", table.page_id),
            lambda _section, text: text,
        )
        return replace(page, text=text, prose={})

    monkeypatch.setattr(outputs, "make_page", put_together)
