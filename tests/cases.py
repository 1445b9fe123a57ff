"""Offices that tests begin, and reports of hard cases: texts without end, figures of ten digits, rare signs."""

import atexit
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import cache

import pylopdf_fonts_zh_cn
import pytest
import typst

from nianbao.importer import pipeline
from nianbao.render import typst as typesetting
from nianbao.workspace.store import Store

KIND = "kinds/cn-disclosure"  # the folder of the statutory report, below a folder of templates
TITLE = "某" * 1000 + "报告 Report " + "题" * 988
SECTION = "本段很长，没有尽头，一直写到五万字为止。" * 2500
WORD = "Donaudampfschiff" * 188
NAME = "一二三四五六七八九十" * 5 + "人力资源社会保障局"
RARE = "𠮷野家、䶮、🙂"
HEBREW = "שלום עולם"
FIGURE = 1234567890


def begun(folder, year, facts):
    """Begin an office in a folder with the data file of one year."""
    (folder / "data").mkdir(parents=True)
    (folder / f"data/{year}.toml").write_text(facts, encoding="utf-8", newline="")
    return Store(folder)


def bring(store, name, wanted):
    """Import one file: read it, and write its data file unless this is a dry run."""
    return pipeline.write_data_file(pipeline.read_report(store, str(name), wanted), wanted)


# Lets no build of many reports come to its end before a test has seen it at work: offices from one on wait for a file.
HOLDING = """
import time
from pathlib import Path
from nianbao.checks import check
def check_report(store, *words, real=check.check_report, **more):
    while store.office >= "{first}" and not Path("go-on").exists():
        time.sleep(0.05)
    return real(store, *words, **more)
check.check_report = check_report
"""


def begin(folder, *words, patch="", **more):
    """Begin to build the reports of 2024, in a process that Ctrl-C reaches as at a terminal, whoever runs the tests."""
    code = f"{patch}\nfrom nianbao.__main__ import main\nmain()"
    command = [sys.executable, "-c", code, "build", "2024", "--all", *words]
    restored = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, **more}
    return subprocess.Popen(command, cwd=folder, preexec_fn=restored, **pipes)  # noqa: PLW1509


def until(holds, seconds=600):
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def outputs(folder):
    """List the files that a build wrote to a folder; its record is hidden."""
    return sorted(path for path in folder.glob("[!.]*") if path.is_file())


@contextmanager
def own_faces():
    """Let Typst draw with the faces of the package only, whatever is installed, and as long as the block runs."""
    folder = str(pylopdf_fonts_zh_cn.serif_path().parent)
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typesetting, "_load_fonts", lambda **_which: fonts)
        patch.setattr(typesetting, "_known_families", lambda _preferred: {})
        yield


@cache
def make_profile():
    """Make a folder for the settings of LibreOffice, one in a test process: to fill one takes it seconds."""
    folder = tempfile.mkdtemp(prefix="libreoffice-of-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def converted(path, suffix, folder, **more):
    """Let LibreOffice open a file and save it as another kind, in a folder of its own."""
    return convert_all([path], suffix, folder, **more)[0]


def convert_all(paths, suffix, folder, **more):
    """Let one LibreOffice save several files as another kind: to start takes it longer than a file."""
    words = [
        "soffice",
        f"-env:UserInstallation=file://{make_profile()}",
        "--headless",
        "--convert-to",
        suffix,
        "--outdir",
        folder,
        *paths,
    ]
    done = subprocess.run(list(map(str, words)), capture_output=True, check=True, timeout=600, **more)
    made = [folder / f"{path.stem}.{suffix}" for path in paths]
    assert all(path.exists() for path in made), done.stderr
    return made


def figured(form, figure):
    """Write a figure into every cell of the requests' table that is not a total."""
    wanted = [address for address in form.slots if address.startswith("requests.") and "total" not in address]
    return "\n".join(f"{address} = {figure}" for address in wanted)


def hard_facts(form, year):
    return f'''year = {year}
{figured(form, FIGURE)}
title = "{TITLE}"
published = {year + 1}-01-20
[agency]
name = "{NAME}"
[proactive]
[review_litigation]
[facts]
problems = ["{RARE}"]
improvements = ["{HEBREW}"]
[prose]
overview = """
{SECTION}

{WORD}
"""
other = "{RARE}{HEBREW}"
'''
