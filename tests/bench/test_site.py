"""A site of ten thousand reports, Markdown only, after one figure has changed.

pytest tests/bench/test_site.py --benchmark-enable --benchmark-only
"""

import subprocess
import sys

import pytest
from offices import data

MANY = 10_000
MEMORY = 300  # MB; with the facts of all reports in memory, and files of data written at once, it was 450
# Not `ru_maxrss`, which begins with the memory of the process that started this one.
COMMAND = """
import sys
from pathlib import Path
from nianbao.__main__ import main
sys.argv = ["report", "site", "2024", "--all", "--to", "markdown", "--quiet"]
try:
    main()
finally:
    print(int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) >> 10)
"""


@pytest.mark.benchmark(group="a site of ten thousand reports, one figure changed")
def test_one_changed_report_of_a_site(benchmark, tmp_path, request):
    many = MANY if request.config.getoption("--benchmark-enable") else 20
    for number in range(many):
        office = tmp_path / f"data/unit-{number}"
        office.mkdir(parents=True)
        (office / "2024.toml").write_text(data(number), encoding="utf-8")

    def make_site():
        done = subprocess.run([sys.executable, "-c", COMMAND], cwd=tmp_path, capture_output=True, text=True, check=True)
        return int(done.stdout.split()[-1])

    make_site()
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "site").glob("[or]*/**/*.*")}
    path = tmp_path / "data/unit-7/2024.toml"
    figure = "licences  = { decisions = "
    path.write_text(path.read_text("utf-8").replace(figure, f"{figure}1"), "utf-8")
    megabytes = benchmark.pedantic(make_site, rounds=1)
    changed = {path.relative_to(tmp_path).as_posix() for path, at in written.items() if path.stat().st_mtime_ns != at}
    assert len(written) > many
    assert megabytes < MEMORY
    assert changed == {"site/reports/unit-7/2024.md", "site/offices/unit-7.html"}  # the page has the size of the file
