"""Imports against the readers they rest on, and a thousand files on one process and on two.

    pytest tests/bench/test_import.py --benchmark-enable --benchmark-only

In the first groups the baseline is pandoc, or pdfplumber, reading the same file and nothing else. The last
reads 1,000 files in one round, a damaged one among them; its baseline is one process.
"""

import json
import shutil
import subprocess
from itertools import cycle, islice

import pdfplumber
import pytest
from cases import begun, bring
from offices import data

from nianbao.build import outputs
from nianbao.importer import batch, pipeline
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.render import pandoc
from nianbao.workspace.store import Store

YEAR = 2024
PERIOD = Period(YEAR)
FILES = 1000
DRY = pipeline.ImportOptions(dry_run=True, folder_per_office=True)


@pytest.fixture(scope="module")
def published(tmp_path_factory, request):
    """Reports of some offices in three formats, without the facts they carry."""
    folder = tmp_path_factory.mktemp("offices")
    made = []
    for number in range(10 if request.config.getoption("--benchmark-enable") else 1):
        store = begun(folder / str(number), YEAR, data(number))
        done = outputs.build_report(store, PERIOD, ["html", "docx", "pdf"], embed_facts=False)
        made += [store.out / f"{YEAR}.{output.format}" for output in done.files]
    return made


def of(published, suffix):
    return next(path for path in published if path.suffix == f".{suffix}")


@pytest.mark.parametrize("suffix", ["html", "docx"])
def test_pandoc_alone(benchmark, published, suffix):
    benchmark.group = f"one {suffix}"
    command = [pandoc.find_pandoc(), "--sandbox", "--to", "json", str(of(published, suffix))]
    done = benchmark(subprocess.run, command, check=True, capture_output=True)
    assert json.loads(done.stdout)["blocks"]


def test_pdfplumber_alone(benchmark, published):
    benchmark.group = "one pdf"

    def tables():
        with pdfplumber.open(of(published, "pdf")) as pdf:
            return [table for page in pdf.pages for table in page.extract_tables()]

    assert benchmark(tables)


@pytest.mark.parametrize("suffix", ["html", "docx", "pdf"])
def test_an_import(benchmark, published, suffix, tmp_path):
    benchmark.group = f"one {suffix}"
    brought = benchmark(bring, Store(tmp_path), str(of(published, suffix)), DRY)
    assert brought.clean


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_thousand_files(benchmark, published, jobs, tmp_path, request):
    benchmark.group = f"{FILES} files"
    count = FILES if request.config.getoption("--benchmark-enable") else 4
    names = [tmp_path / "damaged.pdf"]
    names[0].write_bytes(b"%PDF-1.7")
    for number, path in enumerate(islice(cycle(published), count - 1)):
        names.append(tmp_path / f"{number}{path.suffix}")
        shutil.copy(path, names[-1])

    def read():
        return list(batch.import_files(Store(tmp_path), list(map(str, names)), DRY, jobs))

    found = benchmark.pedantic(read, rounds=1)
    assert sum(isinstance(one, UserError) for one in found) == 1
    assert sum(one.clean for one in found if not isinstance(one, UserError)) == count - 1
