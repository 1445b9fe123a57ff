"""A cold `report build` against the naive way to the same three files, as a ratio in one run.

    pytest tests/bench --benchmark-enable --benchmark-only

Read the column "Median" of the group: the naive way is the baseline. One round of each is a whole
process, interpreter start included.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nianbao.checks import check
from nianbao.compose import document
from nianbao.compose.markdown import DIALECT
from nianbao.model.period import Period
from nianbao.render import pandoc
from nianbao.workspace.store import Store

ROOT = Path(__file__).parents[2]
# What a user would write without us: one Jinja run, three pandoc processes, Typst for the PDF.
NAIVE = """
import json, subprocess, sys, tomllib
import jinja2, pylopdf_fonts_zh_cn, typst
job = json.load(open(sys.argv[1], encoding="utf-8"))
facts = tomllib.load(open(job["data"], "rb"))
text = jinja2.Environment().from_string(open(job["page"], encoding="utf-8").read()).render(facts)
def pandoc(*words):
    command = [job["pandoc"], "-f", job["dialect"], "-s", *words]
    return subprocess.run(command, input=text.encode(), check=True, capture_output=True)
pandoc("-t", "html", "-o", "page.html")
pandoc("-t", "docx", "-o", "page.docx")
page = pandoc("-t", "typst", "-V", "mainfont=Noto Serif SC").stdout
fonts = typst.Fonts(font_paths=[str(pylopdf_fonts_zh_cn.serif_path().parent)])
open("page.pdf", "wb").write(typst.compile(page, font_paths=fonts))
"""


def run(command, cwd):
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, timeout=600)


def naive_job(store, period, folder):
    """Prepare the naive way for a report of a store: a template with its text already in place, and its facts."""
    folder.mkdir(parents=True, exist_ok=True)
    text = document.make_markdown(check.check_report(store, period).document)
    (folder / "page.md").write_text("{% raw %}" + text + "{% endraw %}", encoding="utf-8")
    job = {
        "data": str(store.path(period)),
        "page": str(folder / "page.md"),
        "pandoc": pandoc.find_pandoc(),
        "dialect": f"{DIALECT}+yaml_metadata_block",
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return folder


def run_naive(folder):
    run([sys.executable, "-c", NAIVE, "job.json"], folder)


@pytest.mark.benchmark(group="one report, three formats, cold", min_rounds=10)
def test_naive_way(benchmark, tmp_path):
    benchmark(run_naive, naive_job(Store(ROOT), Period(2020), tmp_path))
    assert {path.suffix for path in tmp_path.iterdir()} >= {".html", ".docx", ".pdf"}


@pytest.mark.benchmark(group="one report, three formats, cold", min_rounds=10)
def test_report_build(benchmark, tmp_path):
    command = [sys.executable, "-m", "nianbao", "build", "2020", "--force", "--out", str(tmp_path)]
    benchmark(run, command, ROOT)
    assert {path.suffix for path in tmp_path.iterdir()} == {".html", ".docx", ".pdf"}


@pytest.mark.benchmark(group="one report, three formats, cold", min_rounds=10)
def test_report_build_again(benchmark, tmp_path):
    command = [sys.executable, "-m", "nianbao", "build", "2020", "--out", str(tmp_path)]
    run(command, ROOT)
    benchmark(run, command, ROOT)


@pytest.mark.benchmark(group="start", min_rounds=10)
def test_python_alone(benchmark, tmp_path):
    benchmark(run, [sys.executable, "-c", "pass"], tmp_path)


@pytest.mark.benchmark(group="start", min_rounds=10)
def test_report_help(benchmark, tmp_path):
    benchmark(run, [sys.executable, "-m", "nianbao", "--help"], tmp_path)


@pytest.mark.benchmark(group="start", min_rounds=10)
def test_imports_of_a_build(benchmark, tmp_path):
    code = "import nianbao.cli.commands.build, nianbao.build.outputs, nianbao.cli.output.findings, pypandoc, typst"
    benchmark(run, [sys.executable, "-c", code], tmp_path)
