"""The order of the packages, and what only some modules may do."""

import ast
import re
from pathlib import Path

from importlinter.cli import lint_imports

PACKAGE = Path(__file__).parent.parent / "cli" / "nianbao"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 300  # lines of a module
MANY = 15  # modules at the top of a package; rules, readers and commands are added by place
BY_PLACE = {"rules", "readers", "commands"}


def test_packages_import_only_those_below_them(capsys):
    """Check the contracts of pyproject.toml; run `lint-imports` to see why one is broken."""
    assert lint_imports(no_cache=True) == 0, capsys.readouterr().out


def test_only_three_modules_start_programs():
    importing = {
        path.name for path in MODULES if re.search(r"^import subprocess", path.read_text("utf-8"), re.MULTILINE)
    }
    assert importing == {"pandoc.py", "git.py", "libreoffice.py"}


def test_only_one_module_prints():
    for path in MODULES:
        if path.name != "terminal.py":
            printing = r"typer\.s?echo|Console\(|sys\.std(?:out|err)\.write|^ *print\("
            found = re.findall(printing, path.read_text(encoding="utf-8"), re.MULTILINE)
            assert not found, path


def test_modules_stay_readable():
    for path in [*MODULES, *PACKAGE.rglob("*.lua")]:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST, path


def test_no_pattern_repeats_a_group_possessively():
    """Before Python 3.11.5 `(?:ab)*+` takes an `a` that no `b` follows; `(?>(?:ab)*)` does not."""
    found = re.compile(r"\)(?:[*+?]|\{[\d,]+\})\+")
    assert found.search(r"(?:ab)*+")
    assert [path.name for path in MODULES if found.search(path.read_text(encoding="utf-8"))] == []


def test_values_are_structs_unless_a_field_is_not_compared():
    """A dataclass takes 40 times as long to make as a Struct, which every start of the program would pay."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and any("dataclass" in ast.unparse(one) for one in node.decorator_list):
                assert re.search(r"field\(.*(compare|hash)=False", ast.unparse(node)), (path, node.name)


def test_packages_stay_small():
    for folder in {path.parent for path in MODULES}:
        if folder.name not in BY_PLACE:
            assert len([path for path in folder.glob("*.py") if path.stem != "__init__"]) <= MANY, folder


def test_imports_go_in_no_circle_within_a_package():
    """Modules of one package import each other in one direction; those imported within a function count too."""
    imports = {name(path): set(imported(path)) & set(map(name, MODULES)) for path in MODULES}
    done: set[str] = set()
    while ready := {one for one, needed in imports.items() if one not in done and needed <= done | {one}}:
        done |= ready
    assert not set(imports) - done


def name(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)
