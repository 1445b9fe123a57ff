"""The house: pure inside, impure at the edge, and nothing goes back."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "cli" / "nianbao"
# Each module may import those before it in its row, and every module of the rows above.
LAYERS = (
    (
        "language",
        "portable",
        "finding",
        "kind",
        "grid",
        "facts",
        "vocabulary",
        "form",
        "form_file",
        "report",
        "blame",
        "markdown",
        "names",
        "template",
        "prose",
        "page",
        "carried",
        "look",
        "entries",
        "order",
        "layout",
        "schema",
        "starter",
        "register",
        "rollup",
        "amendment",
        "case",
        "choice",
        "tidy",
    ),
    ("rules", "published"),
    (
        "console",
        "access",
        "staging",
        "files",
        "trust",
        "printing",
        "fence",
        "typesetting",
        "pandoc",
        "markup",
        "press",
        "readers",
        "templates",
        "store",
        "selection",
        "units",
        "make",
        "inputs",
        "seal",
        "record",
        "recording",
        "datafile",
        "speech",
        "carried_facts",
        "importing",
        "worker",
        "batch",
        "imports",
        "neighbours",
        "checks",
        "builds",
        "members",
        "office_above",
        "origin",
        "warehouse",
        "sheets",
        "exporting",
        "asking",
        "room",
        "cluster",
        "terminal",
        "say",
        "summary",
        "machine",
        "receipt",
        "statement",
        "replies",
        "consent",
    ),
    ("edge", "command", "options"),
    ("commands",),
    ("app",),
    ("__main__",),
)
CORE = (*LAYERS[0], *LAYERS[1])
IMPURE = {"pathlib", "os", "subprocess", "sys", "shutil", "tempfile", "typer", "rich", "pypandoc", "typst", "time"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def modules():
    return [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]


def room(path):
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def rank(name):
    return next((level, row.index(name)) for level, row in enumerate(LAYERS) if name in row)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    here = room(path)
    for name in imports(path):
        if name.startswith("nianbao."):
            there = name.split(".")[1]
            if there != here and not there.startswith("__"):
                assert rank(there) < rank(here), f"{here} imports {there}"


@pytest.mark.parametrize("name", CORE)
def test_the_core_touches_neither_files_nor_programs_nor_people(name):
    paths = [PACKAGE / f"{name}.py"] if (PACKAGE / f"{name}.py").exists() else list((PACKAGE / name).glob("*.py"))
    assert paths
    for path in paths:
        assert not {imported.split(".")[0] for imported in imports(path)} & IMPURE


def test_every_module_has_its_layer():
    assert {room(path) for path in modules()} == {name for row in LAYERS for name in row}


@pytest.mark.parametrize(("door", "programs"), [("pandoc", {"pypandoc", "subprocess"}), ("typesetting", {"typst"})])
def test_only_one_module_knows_a_program(door, programs):
    for path in modules():
        if path != PACKAGE / f"{door}.py":
            assert not {name.split(".")[0] for name in imports(path)} & programs


def test_only_one_module_prints():
    for path in modules():
        if path != PACKAGE / "terminal.py":
            printing = r"typer\.s?echo|Console\(|sys\.std(?:out|err)\.write|^ *print\("
            found = re.findall(printing, path.read_text(encoding="utf-8"), re.MULTILINE)
            allowed = 1 if path == PACKAGE / "app.py" else 0  # the help, which is ours and typer's
            assert len(found) <= allowed, path


def test_modules_stay_readable():
    for path in modules():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path
