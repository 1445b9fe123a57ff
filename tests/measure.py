"""Measure the structure of the program: `python tests/measure.py [FOLDER]`, a package's folder, by default this one's.

To compare with an earlier commit, check it out elsewhere (`git worktree add FOLDER COMMIT`) and name its package.
"""

import ast
import sys
from collections import Counter
from pathlib import Path


def measure(package: Path) -> dict[str, object]:
    """Count modules, packages, imports between packages, lines of functions and modules, and names used twice."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in texts.items()}
    folders = {path.parent for path in texts if path.parent != package}
    functions = {
        f"{path.relative_to(package)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    classes = Counter(node.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    longest, module = max(functions, key=lambda name: functions[name]), max(texts, key=lambda path: lines(texts[path]))
    return {
        "modules at the top": len([path for path in texts if path.parent == package and path.stem[0] != "_"]),
        "modules": len(texts),
        "packages": len(folders),
        "imports between packages": len(arrows(package, trees)),
        "longest function": f"{functions[longest]} lines, {longest}",
        "functions over 30 lines": sum(size > 30 for size in functions.values()),
        "longest module": f"{lines(texts[module])} lines, {module.relative_to(package)}",
        "class names used more than once": sorted(name for name, count in classes.items() if count > 1),
        "lines of Python": sum(map(lines, texts.values())),
        "lines of Lua": sum(lines(path.read_text(encoding="utf-8")) for path in package.rglob("*.lua")),
    }


def lines(text: str) -> int:
    return len(text.splitlines())


def arrows(package: Path, trees: dict[Path, ast.Module]) -> set[tuple[str, str]]:
    """Return which folder or module at the top imports which other."""
    found = set()
    for path, tree in trees.items():
        here = path.relative_to(package).parts[0].removesuffix(".py")
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package.name:
                module = (node.module or "").split(".")[1:]
                found |= {(here, there) for there in (module[:1] or [name.name for name in node.names])}
    return {(here, there) for here, there in found if here != there}


if __name__ == "__main__":
    default = Path(__file__).parent.parent / "cli/nianbao"
    for name, value in measure(Path(sys.argv[1]).resolve() if sys.argv[1:] else default).items():
        print(f"{name}: {value}")
