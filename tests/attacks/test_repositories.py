"""Repositories of strangers: their templates are code, and run only where a person trusts these very files."""

import os
import pickle
import shutil
from pathlib import Path

import pytest
from cases import KIND
from oracles import SECRET, holds

from nianbao.build import dask_worker
from nianbao.build.worker import BuildOptions
from nianbao.model.file_names import is_portable_path
from nianbao.model.finding import UserError
from nianbao.workspace import kinds, template_files, trust
from nianbao.workspace.folder import SentFolder
from nianbao.workspace.selection import open_store
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store

pytestmark = pytest.mark.slow


FORGED = "FORGED8c21"  # what a stranger's template says where it runs
LUA = """
pcall(function() io.open("MARKER", "w"):close() end)
return { Header = function(header) header.content:insert(pandoc.Str("FORGED8c21")) return header end }
"""
FORM = (TEMPLATES / f"{KIND}/editions/2021.toml").read_text(encoding="utf-8")
HEADED = FORM.replace('"一、总体情况"', f'"一、{FORGED}"')
LABELLED = FORM.replace('label = "规章"', f'label = "{FORGED}"')
BROKEN = f"{FORGED} = 1\n"


def read_of(name):
    return (TEMPLATES / name).read_text(encoding="utf-8")


# What a stranger has below templates/, by the folder that is taken over from the program, and the command that bites.
SAMPLES = {
    "filter of HTML in Lua": ("formats/html", {"formats/html/filter.lua": LUA}, "build --to html"),
    "filter of DOCX in Lua": ("formats/docx", {"formats/docx/filter.lua": LUA}, "build --to docx"),
    "filter of PDF in Lua": ("formats/pdf", {"formats/pdf/filter.lua": f'error("{FORGED}")'}, "build --to pdf"),
    "filter of ODT in Lua": ("formats/odt", {"formats/odt/filter.lua": LUA}, "build --to odt"),
    "filter of EPUB in Lua": ("formats/epub", {"formats/epub/filter.lua": LUA}, "build --to epub"),
    "finish in Lua": (
        "formats/docx",
        {"formats/docx/finish.lua": f'return function() return "{FORGED}" end'},
        "build --to docx",
    ),
    "mould in Lua": ("formats/docx", {"formats/docx/mould.lua": f'error("{FORGED}")'}, "build --to docx"),
    "format of its own": (
        "",
        {"formats/txt/format.toml": 'writer = "plain"\nfilter = "own.lua"', "formats/txt/own.lua": LUA},
        "build --to txt",
    ),
    "page of HTML": (
        "formats/html",
        {"formats/html/template.html": f"<script>{FORGED}</script>$body$"},
        "build --to html",
    ),
    "page in Typst": (
        "formats/pdf",
        {"formats/pdf/template.typ": f'#panic("{FORGED}")'},
        "build --to pdf",
    ),
    "part of OFD in Jinja": ("formats/ofd", {"formats/ofd/parts/OFD.xml.j2": f"{{% {FORGED} %}}"}, "build --to ofd"),
    "page in Jinja": ("", {f"{KIND}/page.md.j2": f"{FORGED}\n"}, "build --to markdown"),
    "text in Jinja": ("", {f"{KIND}/texts/overview.md.j2": FORGED}, "build --to html"),
    "text seen by validate": ("", {f"{KIND}/texts/other.md.j2": f"{{% {FORGED} %}}"}, "validate"),
    "heading of a form": ("", {f"{KIND}/editions/2021.toml": HEADED}, "build --to html"),
    "look": ("", {"looks/gongwen.toml": f'base = "{FORGED}"'}, "build --to docx"),
    "look of its own": ("", {"looks/mine.toml": f'base = "{FORGED}"'}, "build --to html --look mine"),
    "schema": ("", {f"{KIND}/editions/2021.toml": LABELLED}, "schema --edition 2021"),
    "new": ("", {f"{KIND}/editions/2021.toml": LABELLED}, "new 2025"),
    "form": ("", {f"{KIND}/editions/2021.toml": LABELLED}, "form 2024 --out build"),
    "export": ("", {f"{KIND}/editions/2021.toml": LABELLED}, "export 2024 --to csv"),
    "query": ("", {f"{KIND}/editions/2021.toml": LABELLED}, "query --rows 0 --to csv --select"),
    "fmt": ("", {f"{KIND}/editions/2021.toml": BROKEN}, "fmt 2024"),
    "rollup": ("", {f"{KIND}/editions/2021.toml": BROKEN}, "rollup 2024 --into city unit"),
    "trace": ("", {f"{KIND}/editions/2021.toml": BROKEN}, "trace 2024 unit requests.received.total unit"),
    "import": ("", {f"{KIND}/editions/2021.toml": BROKEN}, "import page.html --dry-run"),
    "starter": ("", {f"{KIND}/starter/README.md": f"{FORGED} YEAR"}, "init ."),
}
QUESTION = "select label from figures"
PROSE = '[prose]\nproblems = "公开不够及时，已经改进。"\n'
BOTH = pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "bare"])


@pytest.fixture(autouse=True)
def person(monkeypatch, tmp_path_factory):
    """A person who trusts nothing so far."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.delenv("NIANBAO_TRUST", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))


@pytest.fixture
def stranger(attacked):
    """Lay out a stranger's repository; return its folder."""

    def lay(files, over=""):
        folder = attacked(PROSE)
        attacked(PROSE, office="unit")
        (folder / "page.html").write_text(
            f"<p>{'2024年政府信息公开工作年度报告 一、总体情况' * 3}</p>", encoding="utf-8"
        )
        if over:
            shutil.copytree(TEMPLATES / over, folder / "templates" / over)
        for name, text in files.items():
            path = folder / "templates" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("MARKER", str(folder / "marker")), encoding="utf-8")
        return folder

    return lay


def bitten(folder, done):
    """Tell whether a stranger's template ran: its marker, its words in a message, or in a file that was written."""
    written = holds(folder / "build", FORGED) or holds(folder / "data", FORGED)
    readme = folder / "README.md"
    begun = readme.exists() and FORGED in readme.read_text(encoding="utf-8")
    return (folder / "marker").exists() or FORGED in done.output or written or begun


def words_of(line):
    return [QUESTION if word == "--select" else word for word in line.split()]


def without(monkeypatch, guard):
    """Take a guard out."""
    if guard == "allowed":
        monkeypatch.setattr(trust, "is_trusted", lambda _own: True)
    elif guard == "names":
        monkeypatch.setattr(kinds, "is_portable_path", lambda _name: True)
        monkeypatch.setattr(template_files, "is_portable_path", lambda _name: True)
        monkeypatch.setattr(kinds.KindFolder, "_lies_below", lambda _kind, _path: True)
    elif guard == "links":
        monkeypatch.setattr(trust, "_check_inside", lambda *_paths: None)
    elif guard == "copy":
        monkeypatch.setattr(trust, "_copy_to_cache", lambda own: own.root / "templates")


@BOTH
@pytest.mark.parametrize("name", SAMPLES)
def test_templates_of_strangers_do_not_run(stranger, command, monkeypatch, name, guarded):
    over, files, line = SAMPLES[name]
    folder = stranger(files, over)
    if name == "starter":
        shutil.rmtree(folder / "data")
    if not guarded:
        without(monkeypatch, "allowed")
    done = command(*words_of(line), cwd=folder)
    assert bitten(folder, done) == (not guarded), done.output
    if guarded:
        assert done.exit_code == 2
        assert "report trust" in done.output


@BOTH
def test_a_rule_cannot_be_taken_away(stranger, attacked, command, monkeypatch, guarded):
    rule = '  { rule = "broken-balance", each = "column", holds'
    lines = [line for line in FORM.splitlines() if not line.startswith(rule)]
    folder = stranger({f"{KIND}/editions/2021.toml": "\n".join(lines)})
    facts = (folder / "data/2024.toml").read_text(encoding="utf-8")
    attacked(
        facts=facts.replace("[requests]", "[requests]\nreceived = { person = 3 }\noutcome.granted = { person = 1 }")
    )
    if not guarded:
        without(monkeypatch, "allowed")
    done = command("validate", "2024", cwd=folder)
    assert done.exit_code == (2 if guarded else 0), done.output


@pytest.mark.parametrize("where", ["below", "root", "beside"])
@BOTH
def test_a_repository_is_a_strangers_however_it_is_named(stranger, command, monkeypatch, where, guarded):
    folder = stranger({f"{KIND}/texts/overview.md.j2": FORGED})
    if not guarded:
        without(monkeypatch, "allowed")
    if where == "below":
        done = command("build", "--to", "html", cwd=folder / "data")
    elif where == "root":
        done = command("build", "--to", "html", "--root", folder, cwd="/")
    else:
        done = command("build", "--to", "html", folder / "data/2024.toml", cwd=folder)
    assert bitten(folder, done) == (not guarded)
    assert done.exit_code == (2 if guarded else 0)


@pytest.mark.parametrize("named", ["absolute", "relative", "nested", "of a unit"])
@BOTH
def test_of_a_data_file_elsewhere_only_the_facts_are_taken(
    stranger, command, monkeypatch, tmp_path_factory, named, guarded
):
    folder = stranger({f"{KIND}/texts/overview.md.j2": FORGED})
    mine = tmp_path_factory.mktemp("mine") if named != "nested" else folder.parent
    (mine / "data").mkdir()
    file = folder / ("data/unit/2024.toml" if named == "of a unit" else "data/2024.toml")
    if not guarded:
        without(monkeypatch, "allowed")
    done = command("build", "--to", "html", file if named == "absolute" else os.path.relpath(file, mine), cwd=mine)
    shutil.rmtree(mine / "data")
    assert done.exit_code == 0, done.output
    assert bitten(folder, done) == (not guarded)
    assert ("程序自带的模板" in done.output) == guarded


def linked(path):
    path.unlink()
    path.symlink_to("overview.md.j2")


CHANGES = {
    "one byte": (
        f"{KIND}/texts/overview.md.j2",
        lambda path: path.write_text(f"{FORGED}.", encoding="utf-8"),
        "改动",
    ),
    "a file more": (f"{KIND}/texts/more.md.j2", lambda path: path.write_text("", encoding="utf-8"), "新增"),
    "a file less": (f"{KIND}/texts/problems.md.j2", lambda path: path.unlink(), "删去"),
    "an empty file": (
        f"{KIND}/texts/problems.md.j2",
        lambda path: path.write_text("", encoding="utf-8"),
        "改动",
    ),
    "a program more": ("formats/html/more.lua", lambda path: path.write_text(LUA, encoding="utf-8"), "新增"),
    "a link in its place": (f"{KIND}/texts/problems.md.j2", linked, "改动"),
}


@pytest.mark.parametrize("name", CHANGES)
@BOTH
def test_a_change_voids_the_trust(stranger, command, monkeypatch, name, guarded):
    changed, change, word = CHANGES[name]
    folder = stranger(
        {f"{KIND}/texts/overview.md.j2": FORGED, f"{KIND}/texts/problems.md.j2": "无。"},
        "formats/html",
    )
    given = command("trust", cwd=folder)
    assert given.exit_code == 0
    assert "filter.lua" in given.output
    assert command("build", "--to", "html", cwd=folder).exit_code == 0
    shutil.rmtree(folder / "build")
    change(folder / "templates" / changed)
    if not guarded:
        without(monkeypatch, "allowed")
    done = command("build", "--to", "html", cwd=folder)
    assert bitten(folder, done) == (not guarded)
    if guarded:
        assert done.exit_code == 2
        assert f"{word} {changed}" in done.output


@BOTH
def test_what_is_changed_between_the_look_and_the_use_does_not_run(stranger, command, monkeypatch, guarded):
    folder = stranger({f"{KIND}/texts/overview.md.j2": "一切照常。"})
    assert command("trust", cwd=folder).exit_code == 0
    allowed = trust.is_trusted

    def racing(own):
        found = allowed(own)
        (folder / f"templates/{KIND}/texts/overview.md.j2").write_text(FORGED, encoding="utf-8")
        return found

    monkeypatch.setattr(trust, "is_trusted", racing)
    if not guarded:
        without(monkeypatch, "copy")
    done = command("build", "--to", "html", cwd=folder)
    assert done.exit_code == 0, done.output
    assert bitten(folder, done) == (not guarded)


def test_a_copy_that_was_tampered_with_is_laid_out_again(stranger, command):
    folder = stranger({f"{KIND}/texts/overview.md.j2": "一切照常。"})
    assert command("trust", cwd=folder).exit_code == 0
    copy = Store.open(folder).own
    (copy / f"{KIND}/texts/overview.md.j2").write_text(FORGED, encoding="utf-8")
    assert command("build", "--to", "html", cwd=folder).exit_code == 0
    assert not holds(folder / "build", FORGED)
    (copy / f"{KIND}/texts/overview.md.j2").unlink()
    (copy / "more.md.j2").write_text(FORGED, encoding="utf-8")
    assert command("build", "--to", "html", "--force", cwd=folder).exit_code == 0
    assert holds(folder / "build", "一切照常。")


def test_copies_that_nobody_uses_are_removed(stranger, command):
    folder = stranger({f"{KIND}/texts/overview.md.j2": "一切照常。"})
    assert command("trust", cwd=folder).exit_code == 0
    copy = Store.open(folder).own
    left = copy.with_name(".left")  # of a run that was killed
    left.mkdir()
    for path in (copy, left):
        os.utime(path, (1, 1))
    (folder / f"templates/{KIND}/texts/overview.md.j2").write_text("另一句。", encoding="utf-8")
    assert command("trust", cwd=folder).exit_code == 0
    other = Store.open(folder).own
    assert list(other.parent.iterdir()) == [other]


def test_a_copy_that_another_process_makes_meanwhile_is_kept(stranger, monkeypatch):
    folder = stranger({f"{KIND}/texts/overview.md.j2": "x"})
    monkeypatch.setenv("NIANBAO_TRUST", "1")
    write, made = trust.write, []

    def write_later(files, boundary):
        monkeypatch.setattr(trust, "write", write)
        made.append(Store.open(folder).own.stat().st_ino)
        write(files, boundary)

    monkeypatch.setattr(trust, "write", write_later)
    assert [Store.open(folder).own.stat().st_ino] == made


# ── what reaches beyond templates/, also where these are trusted ─────────────────────────────────────

INCLUDED = {
    "absolute": lambda canary, _folder: str(canary),
    "upwards": lambda canary, folder: os.path.relpath(canary, folder / "templates" / KIND),
    "down and upwards": lambda canary, folder: (
        f"texts/{os.path.relpath(canary, folder / 'templates' / KIND / 'texts')}"
    ),
    "doubled": lambda canary, _folder: f"/{canary}",
    "by a dot": lambda canary, folder: f"./{os.path.relpath(canary, folder / 'templates' / KIND)}",
}


@pytest.mark.parametrize("name", INCLUDED)
@BOTH
def test_jinja_loads_names_below_the_templates_only(stranger, command, canary, monkeypatch, name, guarded):
    folder = stranger({f"{KIND}/texts/overview.md.j2": ""})
    monkeypatch.setenv("NIANBAO_TRUST", "1")
    if not guarded:
        without(monkeypatch, "names")
        without(monkeypatch, "copy")
    included = INCLUDED[name](canary, folder)
    text = f"{{% include '{included}' %}}"
    (folder / f"templates/{KIND}/texts/overview.md.j2").write_text(text, encoding="utf-8")
    done = command("build", "--to", "markdown", cwd=folder)
    assert holds(folder / "build", SECRET) == (not guarded), done.output
    assert done.exit_code == (2 if guarded else 0)


@pytest.mark.parametrize("verb", ["import", "extends", "from"])
@BOTH
def test_jinja_loads_nothing_else_by_other_verbs(stranger, command, canary, monkeypatch, verb, guarded):
    texts = {
        "import": f"{{% import '{canary}' as there %}}{{{{ there|string|markdown }}}}",
        "extends": f"{{% extends '{canary}' %}}",
        "from": f"{{% from '{canary}' import said %}}{{{{ said()|markdown }}}}",
    }
    canary.write_text(f"{{% macro said() %}}{SECRET}{{% endmacro %}}{SECRET}", encoding="utf-8")
    folder = stranger({f"{KIND}/texts/overview.md.j2": texts[verb]})
    monkeypatch.setenv("NIANBAO_TRUST", "1")
    if not guarded:
        without(monkeypatch, "names")
    done = command("build", "--to", "markdown", cwd=folder)
    reached = holds(folder / "build", SECRET) or (done.exit_code == 0 and verb == "import")
    assert reached == (not guarded), done.output


@pytest.mark.guard(
    unguarded="only Windows reads them so; `test_jinja_loads_names_below_the_templates_only` takes the check out"
)
@pytest.mark.parametrize(
    "name", ["C:\\x", "..\\x", "a\\b", "/x", "//x", "a/../x", "./x", "", "C:x", "a/", "nul", "a/CON.j2"]
)
def test_names_of_other_systems_lead_nowhere(name):
    assert not is_portable_path(name)


def file_link(folder, canary):
    (folder / f"templates/{KIND}/texts/overview.md.j2").symlink_to(canary)


def folder_link(folder, canary):
    shutil.copy(canary, canary.parent / "overview.md.j2")
    (folder / f"templates/{KIND}/texts").rmdir()
    (folder / f"templates/{KIND}/texts").symlink_to(canary.parent)


def whole_link(folder, canary):
    (canary.parent / f"{KIND}/texts").mkdir(parents=True)
    shutil.copy(canary, canary.parent / f"{KIND}/texts/overview.md.j2")
    shutil.rmtree(folder / "templates")
    (folder / "templates").symlink_to(canary.parent)


def chained_link(folder, canary):
    (folder / "step").symlink_to(canary)
    (folder / f"templates/{KIND}/texts/overview.md.j2").symlink_to("../../../../step")


@pytest.mark.parametrize("link", [file_link, folder_link, whole_link, chained_link])
@BOTH
def test_no_link_out_of_the_templates_is_followed(stranger, command, canary, monkeypatch, link, guarded):
    folder = stranger({f"{KIND}/texts/x": ""})
    (folder / f"templates/{KIND}/texts/x").unlink()
    monkeypatch.setenv("NIANBAO_TRUST", "1")
    link(folder, canary)
    if not guarded:
        without(monkeypatch, "links")
        monkeypatch.setattr(trust, "_OPEN_FLAGS", 0)
        monkeypatch.setattr(trust, "_walk_files", lambda top: ((path, path) for path in walked(top)))
    done = command("build", "--to", "markdown", cwd=folder)
    assert holds(folder / "build", SECRET) == (not guarded), done.output
    assert done.exit_code == (2 if guarded else 0)


def walked(top):
    for folder, _folders, files in os.walk(top, followlinks=True):
        yield from (Path(folder, name) for name in files)


@pytest.mark.parametrize("field", ["filter", "finish", "mould", "template"])
@BOTH
def test_a_format_names_files_of_its_own_folder(stranger, command, monkeypatch, tmp_path_factory, field, guarded):
    outside = tmp_path_factory.mktemp("elsewhere") / "own.lua"
    outside.write_text(FORGED if field == "template" else f'error("{FORGED}")', encoding="utf-8")
    folder = stranger({"formats/txt/format.toml": f'writer = "plain"\n{field} = "{outside}"'})
    monkeypatch.setenv("NIANBAO_TRUST", "1")
    if not guarded:
        without(monkeypatch, "names")
    done = command("build", "--to", "txt", cwd=folder)
    assert bitten(folder, done) == (not guarded), done.output
    if guarded:
        assert done.exit_code == 2


def pipe(folder):
    os.mkfifo(folder / f"templates/{KIND}/texts/more.md.j2")


def endless(folder):
    with (folder / f"templates/{KIND}/texts/more.md.j2").open("wb") as file:
        file.truncate(trust._MAX_BYTES + 1)


def many(folder):
    for number in range(2_001):
        (folder / f"templates/{KIND}/texts/{number}").touch()


def terminal(folder):
    (folder / f"templates/{KIND}/texts/\x1b]0;owned\x07").touch()


OUT_OF_THE_WAY = {  # the guard before each, and what it says without it
    pipe: ("S_ISREG", lambda _mode: True),
    endless: ("_MAX_BYTES", 1 << 27),
    many: ("_MAX_ENTRIES", 10**9),
    terminal: ("is_portable_path", lambda _name: True),
}


@pytest.mark.guard(inside="OUT_OF_THE_WAY")
@pytest.mark.parametrize("strange", OUT_OF_THE_WAY)
def test_what_is_no_plain_template_stops_at_once(stranger, command, monkeypatch, strange):
    folder = stranger({f"{KIND}/texts/overview.md.j2": FORGED})
    strange(folder)
    for said in ("", "1"):
        monkeypatch.setenv("NIANBAO_TRUST", said)
        done = command("build", "--to", "markdown", cwd=folder)
        assert done.exit_code == 2
        assert not (folder / "build").exists()
        assert command("trust", cwd=folder).exit_code == 2
        assert "\x1b" not in done.output
    monkeypatch.setattr(trust, *OUT_OF_THE_WAY[strange])
    assert command("build", "--to", "markdown", cwd=folder).exit_code == 0


def test_a_template_that_is_too_large_is_not_read(stranger, command, monkeypatch):
    folder = stranger({f"{KIND}/texts/overview.md.j2": FORGED * 110_000})
    monkeypatch.setenv("NIANBAO_TRUST", "1")
    done = command("build", "--to", "markdown", cwd=folder)
    assert done.exit_code == 2
    assert "超过 1024 KB" in done.output
    monkeypatch.setattr(kinds, "_LARGEST", 1 << 30)
    assert command("build", "--to", "markdown", cwd=folder).exit_code == 0


# ── CI, the list, and folders elsewhere ──────────────────────────────────────────────────────────────


def test_ci_trusts_by_a_variable(stranger, command, monkeypatch):
    folder = stranger({f"{KIND}/texts/overview.md.j2": "本机关自己的话。"})
    shown = command("trust", "--dry-run", cwd=folder)
    assert "已信任" not in shown.output
    assert command("validate", cwd=folder).exit_code == 2
    fingerprint = command("trust", cwd=folder).output.rpartition("=")[2].strip()
    assert command("trust", "--remove", cwd=folder).exit_code == 0
    for value, code in {
        "": 2,
        "0": 2,
        "yes": 2,
        fingerprint[:20]: 2,
        fingerprint: 0,
        f"x,{fingerprint}": 0,
        "1": 0,
    }.items():
        monkeypatch.setenv("NIANBAO_TRUST", value)
        assert command("validate", cwd=folder).exit_code == code, value
    (folder / f"templates/{KIND}/texts/overview.md.j2").write_text(FORGED, encoding="utf-8")
    for value, code in {fingerprint: 2, "1": 0}.items():
        monkeypatch.setenv("NIANBAO_TRUST", value)
        assert command("validate", cwd=folder).exit_code == code


def test_what_is_trusted_is_listed_and_forgotten(stranger, command, tmp_path):
    folder = stranger({f"{KIND}/texts/overview.md.j2": "本机关自己的话。"})
    assert "还没有信任" in command("trust", "--list", cwd=folder).output
    assert command("trust", cwd=folder).exit_code == 0
    assert str(tmp_path) in command("trust", "--list", cwd="/").output
    assert "变了" not in command("trust", "--list", cwd="/").output
    (folder / f"templates/{KIND}/texts/overview.md.j2").write_text(FORGED, encoding="utf-8")
    assert "变了" in command("trust", "--list", cwd="/").output
    assert "改动" in command("trust", "--dry-run", cwd=folder).output
    assert "不再信任" in command("trust", "--remove", cwd=folder).output
    assert "本来就没有" in command("trust", "--remove", "--root", folder, cwd="/").output
    assert command("validate", cwd=folder).exit_code == 2


@pytest.mark.guard(inside="trust.is_trusted")
@pytest.mark.parametrize(
    "record", [b"", b"{", b"[]", b'{"folder": "x", "since": "y", "files": 3}', b"\xff", b"[" * 100_000]
)
def test_a_record_that_is_damaged_trusts_nothing(stranger, command, monkeypatch, record):
    folder = stranger({f"{KIND}/texts/overview.md.j2": FORGED})
    assert command("trust", cwd=folder).exit_code == 0
    (path,) = trust._get_record_folder().glob("*.json")
    path.write_bytes(record)
    assert command("validate", cwd=folder).exit_code == 2
    with monkeypatch.context() as bare:
        without(bare, "allowed")
        assert command("validate", cwd=folder).exit_code == 0
    assert command("trust", "--list", cwd=folder).exit_code == 0
    assert command("trust", cwd=folder).exit_code == 0
    assert command("validate", cwd=folder).exit_code == 0


def test_trust_is_of_a_folder_and_kept_outside_of_it(stranger, command, tmp_path_factory):
    folder = stranger({f"{KIND}/texts/overview.md.j2": FORGED})
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert command("trust", cwd=folder).exit_code == 0
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    other = tmp_path_factory.mktemp("other") / "clone"
    shutil.copytree(folder, other)
    assert command("validate", cwd=other).exit_code == 2


def test_a_folder_without_templates_needs_no_trust(attacked, command):
    folder = attacked(PROSE)
    assert command("validate", cwd=folder).exit_code == 0
    assert "不需要信任" in command("trust", cwd=folder).output
    (folder / "templates").mkdir()
    assert command("validate", cwd=folder).exit_code == 0
    assert not trust.list_records()


def test_what_needs_no_template_works_without_trust(stranger, command):
    folder = stranger({"looks/gongwen.toml": f'base = "{FORGED}"'})
    assert command("clean", cwd=folder).exit_code == 0
    assert command("explain", cwd=folder).exit_code == 0
    done = command("doctor", cwd=folder)
    assert done.exit_code == 0
    assert "还没有信任" in done.output
    assert not bitten(folder, done)


def test_many_offices_say_once_that_their_templates_are_not_trusted(stranger, attacked, command):
    folder = stranger({f"{KIND}/texts/overview.md.j2": FORGED})
    for number in range(8):
        attacked(office=f"office-{number}")
    done = command("build", "2024", "--all", "--to", "html", "--jobs", "2", cwd=folder)
    assert done.exit_code == 2
    assert done.output.count("还没有信任") == 1


# ── report.toml is data ──────────────────────────────────────────────────────────────────────────────

SETTINGS = [
    'templates = "/etc"',
    'filter = "x.lua"',
    "[levels]\nlate = 'x.lua'",
    "[levels]\n'../../x' = 'off'",
    "levels = 3",
    "[levels]\nlate = { file = '/etc/passwd' }",
    "[levels]\nlate = ['error']",
    "[levels]\n'{{ 7 * 191 }}' = 'off'",
]


@pytest.mark.guard(
    unguarded="nothing but the levels of rules is read from it, so that nothing could run where the error is taken out"
)
@pytest.mark.parametrize("settings", SETTINGS)
def test_settings_are_data(attacked, command, settings):
    folder = attacked()
    (folder / "report.toml").write_text(settings, encoding="utf-8")
    done = command("validate", cwd=folder)
    assert done.exit_code == 2
    assert "1337" not in done.output
    assert "root:" not in done.output
    assert "自己出错" not in done.output


# ── clusters ─────────────────────────────────────────────────────────────────────────────────────────


@BOTH
def test_nothing_of_a_stranger_is_sent_to_workers(stranger, monkeypatch, guarded):
    pytest.importorskip("distributed")
    folder = stranger({f"{KIND}/texts/overview.md.j2": FORGED})
    if not guarded:
        without(monkeypatch, "allowed")
        plugin = dask_worker.DaskWorkerPlugin("plugin", Store(folder), BuildOptions(("html",)))
        assert any(FORGED.encode() in files.values() for _top, files in plugin.templates)
        return
    with pytest.raises(UserError, match="还没有信任"):
        dask_worker.DaskWorkerPlugin("plugin", Store(folder), BuildOptions(("html",)))


def test_of_a_folder_elsewhere_workers_get_no_templates(stranger, monkeypatch, tmp_path_factory):
    folder = stranger({f"{KIND}/texts/overview.md.j2": FORGED})
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))
    said = []
    store = open_store([str(folder / "data/2024.toml")], None, None, said.append)
    assert len(said) == 1
    sent = dask_worker.DaskWorkerPlugin("plugin", store, BuildOptions(("html",)))
    assert not sent.templates


def test_a_worker_uses_what_was_sent_and_asks_nobody(stranger, monkeypatch):
    folder = stranger({f"{KIND}/texts/overview.md.j2": FORGED})
    monkeypatch.setattr(trust, "find_trusted_templates", lambda _root: pytest.fail("a worker looks at its own disk"))
    store = Store(folder, folder=SentFolder("there", {}))
    store.use(folder / "templates")
    assert store.kind.template("texts/overview.md.j2")[0] == FORGED
    store.use(None)
    assert store.own is None  # though there is a folder of that name


def test_a_process_that_is_begun_knows_what_the_first_one_found(stranger, command, monkeypatch):
    folder = stranger({f"{KIND}/texts/overview.md.j2": FORGED})
    assert command("trust", cwd=folder).exit_code == 0
    store = Store.open(folder)
    monkeypatch.setattr(trust, "find_trusted_templates", lambda _root: pytest.fail("it is asked once"))
    other = pickle.loads(pickle.dumps(store))  # noqa: S301  # our own
    assert other.kind.template("texts/overview.md.j2")[0] == FORGED
    assert other.of_office("unit").own == store.own
    assert other._template_folders[0].display(store.own / f"{KIND}/editions") == f"templates/{KIND}/editions"
