"""A cold `report build` against the naive way to the same three files, as a ratio in one run.

    pytest tests/bench --benchmark-enable --benchmark-only

Read the column "Median" of the group: the naive way is the baseline. One round of each is a whole
process, interpreter start included.
"""

import json
import subprocess
import sys
from pathlib import Path

import pypandoc
import pytest

from nianbao import make, page, pandoc
from nianbao.markdown import DIALECT
from nianbao.store import Store

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
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, timeout=60)


@pytest.fixture
def naive(tmp_path):
    report = make.check(Store(ROOT), 2020).report
    text = page.render(report, Store(ROOT).template)
    (tmp_path / "page.md").write_text("{% raw %}" + text + "{% endraw %}", encoding="utf-8")
    pandoc.versions()  # makes pypandoc choose the bundled pandoc
    job = {
        "data": str(ROOT / "data/2020.toml"),
        "page": str(tmp_path / "page.md"),
        "pandoc": pypandoc.get_pandoc_path(),
        "dialect": DIALECT,
    }
    (tmp_path / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return [sys.executable, "-c", NAIVE, "job.json"]


@pytest.mark.benchmark(group="one report, three formats, cold", min_rounds=10)
def test_naive_way(benchmark, naive, tmp_path):
    benchmark(run, naive, tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} >= {".html", ".docx", ".pdf"}


@pytest.mark.benchmark(group="one report, three formats, cold", min_rounds=10)
def test_report_build(benchmark, tmp_path):
    command = [sys.executable, "-m", "nianbao", "build", "2020", "--out", str(tmp_path)]
    benchmark(run, command, ROOT)
    assert {path.suffix for path in tmp_path.iterdir()} == {".html", ".docx", ".pdf"}


@pytest.mark.benchmark(group="start", min_rounds=10)
def test_python_alone(benchmark, tmp_path):
    benchmark(run, [sys.executable, "-c", "pass"], tmp_path)


@pytest.mark.benchmark(group="start", min_rounds=10)
def test_report_help(benchmark, tmp_path):
    benchmark(run, [sys.executable, "-m", "nianbao", "--help"], tmp_path)


@pytest.mark.benchmark(group="start", min_rounds=10)
def test_imports_of_a_build(benchmark, tmp_path):
    code = "import nianbao.app, nianbao.make, nianbao.say, nianbao.store, pypandoc, typst"
    benchmark(run, [sys.executable, "-c", code], tmp_path)
