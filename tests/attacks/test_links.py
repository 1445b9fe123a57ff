"""Links in a folder that a stranger made: nothing is read through them from outside, and nothing written."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import cities
import pytest
from cases import KIND
from cities import FACTS
from oracles import SECRET, holds, snapshot

from nianbao.build import cache, output_folder, outputs
from nianbao.importer import pipeline
from nianbao.model.period import Period
from nianbao.workspace import access, files, selection, staging, trust
from nianbao.workspace.store import Store

pytestmark = pytest.mark.slow


WORD = SECRET.partition("-")[2]  # Markdown has a sign before the hyphen
FIGURE = "47110815"  # of a file that nobody may read
FOREIGN = FACTS.replace("某市某局", SECRET).replace("[requests]", f"licences = {{ decisions = {FIGURE} }}\n[requests]")
FAILED = "程序自己出错"


@pytest.fixture
def outside(tmp_path_factory):
    """A folder that no command is given, with a text, a data file, a published report and templates."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "text").write_text(SECRET, encoding="utf-8")
    (folder / "keys").write_text(f"{SECRET} = 1\n", encoding="utf-8")  # which are named where they are not known
    (folder / "data").mkdir()
    for name in ("2024.toml", "data/2024.toml"):
        (folder / name).write_text(FOREIGN, encoding="utf-8")
    (folder / "templates" / KIND).mkdir(parents=True)
    (folder / f"templates/{KIND}/page.md.j2").write_text(f"# {SECRET}\n", encoding="utf-8")
    return folder


@pytest.fixture
def city(tmp_path):
    return cities.begin(tmp_path)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A report as it was published, in Markdown, of the office that nobody may read."""

    folder = tmp_path_factory.mktemp("published")
    (folder / "data").mkdir()
    (folder / "data/2024.toml").write_text(FOREIGN, encoding="utf-8")
    outputs.build_report(Store(folder), Period(2024), ["markdown"], draft=True)
    return folder / "build/2024.md"


def linked(folder, name, target):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def follow(monkeypatch):
    """Take the guards out: links are followed, as they were."""
    monkeypatch.setattr(access, "_open", lambda top, name: os.open(Path(top, name), os.O_RDONLY))
    monkeypatch.setattr(trust, "_check_inside", lambda *_paths: None)
    monkeypatch.setattr(selection, "_list_folders", lambda path: (path.resolve().parent,))
    for module in (files, output_folder):
        monkeypatch.setattr(module, "resolve_target", lambda path, _top: path)
        monkeypatch.setattr(module, "is_regular", Path.is_file)
    monkeypatch.setattr(pipeline.os.path, "lexists", os.path.exists)
    monkeypatch.setattr(cache, "is_regular", lambda _path: True)


HELD_BY_THE_SYSTEM = ("loop", "/proc/self/mem")
both = pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "guard taken out"])

# ── read ─────────────────────────────────────────────────────────────────────────────────────────────

YEAR = "2024"
DRAFT = ("build", YEAR, "--draft", "--to")
READ = [  # what is a link, what it leads to, the command, what must not be seen
    ("data/2024.toml", "text", ("validate", YEAR), SECRET),
    ("data/2024.toml", "text", ("build", YEAR), SECRET),
    ("data/2024.toml", "text", ("fmt", YEAR), SECRET),
    ("data/2024.toml", "2024.toml", (*DRAFT, "markdown"), WORD),
    ("data/2024.toml", "2024.toml", (*DRAFT, "html"), SECRET),
    ("data/2024.toml", "2024.toml", ("export", YEAR, "--to", "csv"), SECRET),
    ("data/2024.toml", "2024.toml", ("export", YEAR, "--to", "json"), SECRET),
    ("data/2024.toml", "2024.toml", ("export", YEAR, "--to", "xlsx", "--layout", "wide"), SECRET),
    ("data/2024.toml", "2024.toml", ("query", "select name from reports"), SECRET),
    ("data/2024.toml", "2024.toml", ("form", "2025"), SECRET),
    ("data/2024.toml", "2024.toml", ("new", "2025", "--from", YEAR), SECRET),
    ("data/2024.toml", "2024.toml", ("new", "2025"), SECRET),
    ("data/dist-1/2024.toml", "2024.toml", ("rollup", YEAR, "--into", "city"), FIGURE),
    ("data/dist-1/2024.toml", "2024.toml", ("rollup", YEAR, "--into", "city", "--json"), FIGURE),
    ("data/dist-1/2024.toml", "2024.toml", ("trace", YEAR, "city", "proactive.licences.decisions"), FIGURE),
    ("data/dist-1/2024.toml", "2024.toml", ("query", "select max(value) from figures"), FIGURE),
    ("data/dist-1/2024.toml", "2024.toml", ("export", YEAR, "--all", "--to", "csv"), FIGURE),
    ("data/dist-1", ".", ("build", YEAR, "dist-1", "--draft", "--to", "markdown"), WORD),
    ("data/dist-1", ".", ("export", YEAR, "--all", "--to", "csv"), SECRET),
    ("data/dist-1", ".", ("rollup", YEAR, "--into", "city"), FIGURE),
    ("data/offices.toml", "text", ("validate", YEAR, "dist-1"), SECRET),
    ("data/offices.toml", "text", ("rollup", YEAR, "--into", "city"), SECRET),
    ("data/offices.toml", "text", ("trace", YEAR, "city", "requests.received.total"), SECRET),
    ("report.toml", "keys", ("validate", YEAR), SECRET),
    ("report.toml", "keys", ("build", YEAR), SECRET),
    ("report.toml", "keys", ("rollup", YEAR, "--into", "city"), SECRET),
    (f"templates/{KIND}/page.md.j2", "text", (*DRAFT, "markdown"), WORD),
    ("templates", "templates", (*DRAFT, "markdown"), WORD),
    ("templates/looks/evil.toml", "keys", (*DRAFT, "html", "--look", "evil"), SECRET),
    (f"templates/{KIND}/editions/evil.toml", "keys", ("validate", YEAR), SECRET),
    ("templates/formats/evil/format.toml", "keys", (*DRAFT, "evil"), SECRET),
    ("inbox/2024.md", "published", ("import", "inbox/2024.md", "--dry-run", "--to", "json"), WORD),
    ("inbox/2024.md", "published", ("import", "inbox/2024.md", "--out", "in"), WORD),
]


@both
@pytest.mark.parametrize(("name", "target", "words", "seen"), READ)
def test_no_link_shows_a_file_outside(  # pytest gives them
    city, outside, published, command, monkeypatch, name, target, words, seen, guarded
):
    linked(city, name, published if target == "published" else outside / target)
    if not guarded:
        follow(monkeypatch)
    done = command(*words, cwd=city)
    bitten = seen in done.output or holds(city, seen)
    assert bitten is not guarded, done.output
    if guarded:
        assert FAILED not in done.output
        if words[0] in {"rollup", "trace"} and "dist-1" in name:  # the unit is named, the others are added up
            assert "一区" in done.output
        else:
            assert done.exit_code in ({0} if words[0] == "form" else {1, 2}), done.output
            assert "链接" in done.output or words[0] == "form"  # which goes on without last year's, and says so


@both
@pytest.mark.parametrize(
    "target",
    ["/etc/passwd", "../../../../../../../../etc/passwd", "hop", "loop", "/proc/self/environ", "/proc/self/mem"],
)
def test_no_kind_of_link_leads_outside(city, command, monkeypatch, target, guarded):
    linked(city, "data/hop", "/etc/passwd")
    linked(city, "data/loop", "loop")
    linked(city, "data/2024.toml", target)
    if not guarded:
        follow(monkeypatch)
    done = command("validate", YEAR, cwd=city)
    seen = "root:" in done.output or "=" in done.output
    assert seen is not (guarded or target in HELD_BY_THE_SYSTEM), done.output
    assert done.exit_code == 2 or not guarded
    assert FAILED not in done.output


def test_links_within_the_folder_are_followed(city, command):
    linked(city, "data/2025.toml", "dist-1/2024.toml")
    linked(city, "data/dist-3", "dist-1")
    assert "year-differs" in command("validate", "2025", cwd=city).output
    done = command("export", YEAR, "dist-3", "--to", "csv", cwd=city)
    assert done.exit_code == 0, done.output


def test_a_data_file_named_on_the_command_line_is_that_of_its_own_folder(city, outside, command, monkeypatch):
    """A link to another folder's data file would be built there, with that folder's templates."""
    linked(city, "data/2024.toml", outside / "data/2024.toml")
    assert command("build", "data/2024.toml", "--draft", "--to", "markdown", cwd=city).exit_code == 2
    assert not (outside / "build").exists()
    follow(monkeypatch)
    command("build", "data/2024.toml", "--draft", "--to", "markdown", cwd=city)
    assert (outside / "build").exists()


# ── written ──────────────────────────────────────────────────────────────────────────────────────────

WRITTEN = [  # what is a link to a folder outside, and the command
    ("build", (*DRAFT, "markdown")),
    ("build", (*DRAFT, "html,docx")),
    ("build", ("form", YEAR)),
    ("build", ("export", YEAR, "--to", "csv,json,xlsx,parquet")),
    ("build/dist-1", ("build", YEAR, "dist-1", "--draft", "--to", "markdown")),
    ("build/dist-1", ("build", YEAR, "--all", "--draft", "--to", "markdown")),
    ("build/export", ("export", YEAR, "--to", "csv")),
    ("build/export", ("export", YEAR, "--to", "parquet")),
    ("build/export", ("export", YEAR, "--to", "xlsx", "--layout", "wide")),
    ("build/forms", ("form", YEAR)),
    ("out/dist-1", ("build", YEAR, "dist-1", "--draft", "--to", "markdown", "--out", "out")),
    ("data/city", ("rollup", YEAR, "--into", "city")),
    ("data/city/2024.toml", ("rollup", YEAR, "--into", "city")),
    ("data/dist-1", ("fmt", YEAR, "dist-1")),
    ("data/dist-1/2024.toml", ("fmt", YEAR, "dist-1")),
    ("data/2024.toml", ("fmt", YEAR)),
    ("data/2024.toml", ("import", "given/2024.md", "--force")),
    ("data/2023.toml", ("import", "given/2023.md")),
    (f"in/{WORD}", ("import", "given/2024.md", "given/2023.md", "--out", "in")),
    ("data", ("new", "2025")),
    ("begun/data", ("init", "begun", "--year", "2022")),
    ("build/.record.sqlite", (*DRAFT, "markdown")),
    ("build/.record.sqlite-journal", (*DRAFT, "markdown")),
]


def target_of(outside, name):
    """Say where a link leads: to a folder, to a data file, or to a file that is not there yet."""
    if name.startswith("data/") and name.endswith("2024.toml") and "city" not in name:
        return outside / "2024.toml"
    if name == "data/city":
        return outside / "templates"
    return outside / "new" if Path(name).suffix else outside


@both
@pytest.mark.parametrize(("name", "words"), WRITTEN)
def test_nothing_is_written_through_a_link(  # pytest gives them
    city, outside, published, command, monkeypatch, name, words, guarded
):
    (city / "given").mkdir()
    shutil.copy(published, city / "given/2024.md")
    (city / "given/2023.md").write_text(published.read_text("utf-8").replace("2024", "2023"), "utf-8")
    linked(city, name, target_of(outside, name))
    before = snapshot(outside)
    if not guarded:
        follow(monkeypatch)
    done = command(*words, cwd=city)
    bitten = snapshot(outside) != before
    if name.endswith("-journal"):  # SQLite itself follows no link there
        assert not bitten
    else:
        assert bitten is not guarded, done.output
    if guarded:
        assert FAILED not in done.output
        assert done.exit_code == (0 if ".record" in name else 2), done.output


def test_a_folder_that_a_person_names_may_be_a_link(city, outside, command):
    linked(city, "elsewhere", outside)
    done = command(*DRAFT, "markdown", "--out", "elsewhere", cwd=city)
    assert done.exit_code == 0, done.output
    assert (outside / "2024.md").exists()
    assert command("clean", "--out", "elsewhere", cwd=city).exit_code == 0
    assert not (outside / "2024.md").exists()


@both
@pytest.mark.parametrize("name", ["build/2024.md", "build/2024.html"])
def test_an_output_that_is_a_link_is_replaced(city, outside, command, monkeypatch, name, guarded):
    if not guarded:
        monkeypatch.setattr(Path, "replace", lambda part, goal: goal.write_bytes(part.read_bytes()))
    linked(city, name, outside / "text")
    done = command(*DRAFT, "markdown,html", cwd=city)
    assert done.exit_code == 0, done.output
    assert ((outside / "text").read_text("utf-8") == SECRET) is guarded
    assert (city / name).is_symlink() is not guarded


@both
@pytest.mark.parametrize(
    ("words", "name"),
    [
        ((*DRAFT, "markdown"), "build/.2024.md.{pid}.part"),
        (("export", YEAR, "--to", "xlsx"), "build/export/.figures.xlsx.{pid}.part"),
        (("form", YEAR), "build/forms/.2024.xlsx.{pid}.part"),
        (("rollup", YEAR, "--into", "city"), "data/city/.2024.toml.{pid}.part"),
        (("new", "2025"), "data/.2025.toml.{pid}.part"),
    ],
)
def test_a_link_planted_where_a_file_is_prepared_does_nothing(  # pytest gives them
    city, outside, command, monkeypatch, words, name, guarded
):
    linked(city, name.format(pid=os.getpid()), outside / "text")

    class Beside(type(Path())):
        def __truediv__(self, name):
            return Path(self, f".{name}.{os.getpid()}.part")

    @contextmanager
    def predictable(folder):
        yield Beside(folder)

    if not guarded:
        monkeypatch.setattr(staging, "make_folder_beside", predictable)
    command(*words, cwd=city)
    assert ((outside / "text").read_text("utf-8", errors="replace") != SECRET) is not guarded


def test_folders_for_preparing_are_this_users_alone(tmp_path):
    with staging.make_folder_beside(tmp_path) as first, staging.make_folder_beside(tmp_path) as second:
        assert first != second
        assert first.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []
