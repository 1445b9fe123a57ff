"""From a wheel, with no checkout around: an office is made and built at once."""

import os
import subprocess

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def environment(tmp_path_factory, request):
    """An empty virtual environment with nothing but the wheel; its bin folder."""
    folder = tmp_path_factory.mktemp("wheel")

    def uv(*words):
        done = subprocess.run(
            ["uv", *map(str, words)], cwd=folder, capture_output=True, text=True, check=False, timeout=600
        )
        assert done.returncode == 0, done.stderr

    uv("build", "--quiet", "--wheel", "--out-dir", folder / "dist", request.config.rootpath)
    uv("venv", "--quiet", folder / "venv")
    (wheel,) = (folder / "dist").glob("*.whl")
    uv("pip", "install", "--quiet", "--python", folder / "venv", wheel)
    return folder / "venv" / ("Scripts" if os.name == "nt" else "bin")


@pytest.mark.needs("uv", package="uv (with pip)")
def test_a_wheel_builds_a_report_anywhere(environment, tmp_path):
    def report(*words, cwd):
        command = [str(environment / "report"), *words]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)

    assert report("init", "x", cwd=tmp_path).returncode == 0
    done = report("build", cwd=tmp_path / "x")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.suffix for path in (tmp_path / "x/build").glob("[!.]*")} == {".html", ".docx", ".pdf"}


@pytest.mark.needs("uv", package="uv (with pip)")
def test_nothing_but_the_package_is_installed(environment):
    code = "import nianbao, importlib.util as u; print(nianbao.__file__, u.find_spec('cli'), u.find_spec('templates'))"
    done = subprocess.run(
        [str(environment / "python"), "-c", code],
        cwd=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.stdout.split()[1:] == ["None", "None"]
    assert "site-packages" in done.stdout
