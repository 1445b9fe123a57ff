"""Every Python on this machine that the program may run on prints the same files, without a warning."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

OLDEST = 11  # as `requires-python` says
HERE = ".".join(map(str, sys.version_info[:2]))


def find_pythons():
    """Give the Pythons that are installed, each minor version once, by number; the one that runs the tests first."""
    found = {HERE: sys.executable}
    data = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share"))
    patterns = [(Path.home(), ".pyenv/versions/3.*/bin/python"), (data, "uv/python/cpython-3.*/bin/python")]
    patterns += [(Path(folder), "python3.*") for folder in ("/usr/bin", "/usr/local/bin")]
    for path in (path for folder, pattern in patterns for path in sorted(folder.glob(pattern))):
        number = re.search(r"3\.(\d+)", str(path))
        if number and int(number[1]) >= OLDEST and not re.search("freethreaded|config|[0-9]t$", str(path)):
            found.setdefault(f"3.{number[1]}", str(path))
    return found


PYTHONS = find_pythons()


@pytest.fixture(scope="module")
def python(request, tmp_path_factory):
    """A Python that has the program and what it needs."""
    if request.param == HERE:
        return sys.executable
    folder = tmp_path_factory.mktemp("python") / "venv"
    there = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    for words in (["venv", folder, "--python", PYTHONS[request.param]], ["pip", "install", "--python", there, "."]):
        command = ["uv", *map(str, words), "--quiet"]
        done = subprocess.run(command, cwd=request.config.rootpath, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"nothing can be installed for Python {request.param}: {done.stderr.strip()[-300:]}")
    return str(there)


@pytest.mark.slow
@pytest.mark.parametrize("python", PYTHONS, indirect=True)
def test_every_python_prints_the_same(python, office, built):
    def report(*words):
        command = [python, "-W", "error", "-X", "dev", "-m", "nianbao", *words]
        done = subprocess.run(command, cwd=office, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Warning" not in done.stderr
        return done

    report("validate")
    report("build", "2020", "--to", "html,docx,pdf,markdown")
    for path in built.glob("2020.*"):
        assert (office / "build" / path.name).read_bytes() == path.read_bytes(), path.name
    for suffix in ("html", "docx", "pdf"):
        report("import", f"build/2020.{suffix}", "--dry-run")
    report("form", "2020")
    report("new", "2021")
    report("fmt", "2021")
