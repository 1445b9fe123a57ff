"""Many reports in one command: only what changed is printed, nothing stops the others, and nothing is half done."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest
import tomli_w
from cases import begin, outputs, until
from offices import city, data

from nianbao.build import outputs as printing
from nianbao.checks import check
from nianbao.render import renderer
from nianbao.workspace import process_pool
from nianbao.workspace.store import Store

YEAR = 2024
OFFICES = 6  # more than are done in one process


@pytest.fixture
def folder(tmp_path):
    return city(tmp_path, OFFICES)


@pytest.fixture(scope="module")
def printed(tmp_path_factory, report):
    """A city that was built once in all formats."""
    folder = city(tmp_path_factory.mktemp("city"), OFFICES)
    done = report("build", str(YEAR), "--all", "--json", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def built(printed, tmp_path):
    """A copy of it, with the times of its files."""
    return shutil.copytree(printed, tmp_path / "city")


def told(report, folder, *words):
    """Build, and return what is said of each office, and all that is said."""
    done = report("build", str(YEAR), "--all", "--json", *words, cwd=folder)
    said = json.loads(done.stdout)
    return {one["office"]: one for one in said["reports"]}, said, done


def ends(reports):
    return {office[-1]: one["end"] for office, one in reports.items() if one["end"] != "unchanged"}


# ── one by one and all at once ───────────────────────────────────────────────────────────────────────


def test_each_file_of_a_batch_is_that_of_the_report_built_alone(printed, tmp_path):
    store = Store(printed, tmp_path)
    for office in store.offices():
        printing.build_report(store.of_office(office), YEAR, ["html", "docx", "pdf"])
        for path in outputs(tmp_path / office):
            assert (printed / "build" / office / path.name).read_bytes() == path.read_bytes(), path
    assert len(list((printed / "build").glob("*/*"))) == OFFICES * 3


def test_formats_that_see_every_table_anew_keep_nothing_of_the_report_before(folder, report, tmp_path_factory):
    formats = ["odt", "epub", "html"]
    assert report("build", str(YEAR), "--all", "--to", ",".join(formats), "--jobs", "1", cwd=folder).returncode == 0
    alone = Store(folder, tmp_path_factory.mktemp("alone"))
    for office in alone.offices():
        printing.build_report(alone.of_office(office), YEAR, formats)
        for path in outputs(alone.out / office):
            assert (folder / "build" / office / path.name).read_bytes() == path.read_bytes(), path


def test_a_pandoc_is_replaced_before_it_grows(folder, printed, monkeypatch):
    monkeypatch.setattr(renderer, "_MAX_PAGES", 2)
    store = Store(folder)
    order = printing.make_render_settings(store, ["html", "docx"])
    pids = []
    with renderer.Renderer() as kept:
        for office in store.offices():
            checked = check.check_report(store.of_office(office), YEAR)
            for part in printing.render_report(store.of_office(office), checked, ["html", "docx"], order, kept)[0]:
                assert part.content == (printed / f"build/{office}/{YEAR}.{part.suffix}").read_bytes()
            pids.append(kept.pid)
    assert [len(set(pids[:at])) for at in (2, 4, 6)] == [1, 2, 3]


def test_no_process_leaves_files_of_its_work_behind(folder, report, tmp_path_factory):
    place = tmp_path_factory.mktemp("tmp")
    done = report("build", str(YEAR), "--all", "--to", "docx", cwd=folder, env={**os.environ, "TMPDIR": str(place)})
    assert done.returncode == 0
    assert list(place.iterdir()) == []


def test_nothing_is_printed_again_where_nothing_changed(built, report):
    before = {path: path.stat().st_mtime_ns for path in (built / "build").glob("*/*")}
    reports, said, done = told(report, built)
    assert done.returncode == 0
    assert ends(reports) == {}
    assert all(len(one["files"]) == 3 for one in reports.values())
    assert not said["stops"]
    assert {path: path.stat().st_mtime_ns for path in (built / "build").glob("*/*")} == before


def test_findings_are_said_again_though_nothing_was_checked_again(printed, report):
    first = report("build", str(YEAR), "office-00001", cwd=printed)
    assert "no-last-year" in first.stdout
    assert report("build", str(YEAR), "office-00001", cwd=printed).stdout == first.stdout


# ── what changed ─────────────────────────────────────────────────────────────────────────────────────


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_changed_data_file_is_built_again_and_said_why(built, report):
    change(built / f"data/office-00002/{YEAR}.toml", "第2局", "第二局")
    reports, _, _ = told(report, built, "--explain")
    assert ends(reports) == {"2": "built"}
    assert reports["office-00002"]["why"] == ["html：数据文件变了", "docx：数据文件变了", "pdf：数据文件变了"]


def test_a_file_touched_but_not_changed_is_not_built_again(built, report):
    os.utime(built / f"data/office-00002/{YEAR}.toml")
    for path in (built / "build").glob("*/*"):
        os.utime(path)
    assert ends(told(report, built)[0]) == {}


@pytest.mark.parametrize(
    ("name", "formats"),
    [
        ("formats/html/template.html", {"html"}),
        ("report.md.j2", {"html", "docx", "pdf"}),
        ("looks/gongwen.toml", {"html", "docx", "pdf"}),
    ],
)
def test_a_changed_template_rebuilds_what_it_makes(built, report, root, name, formats):
    for own in ("formats", "looks"):
        shutil.copytree(root / "templates" / own, built / "templates" / own)
    shutil.copy(root / "templates/report.md.j2", built / "templates/report.md.j2")
    assert ends(told(report, built)[0]) == {}  # the same content from another place
    path = built / "templates" / name
    if "looks" in name:
        change(path, "left   = 28", "left   = 30")
    else:
        path.write_text(path.read_text(encoding="utf-8") + "\n附注。\n", encoding="utf-8")
    reports, _, _ = told(report, built, "--explain")
    assert set(ends(reports).values()) == {"built"}
    for one in reports.values():
        assert {why.partition("：")[0] for why in one["why"]} == formats
        assert all(("版式" if "looks" in name else f"templates/{name}") in why for why in one["why"])


def test_last_years_file_changes_what_is_found_and_prints_nothing(built, report):
    (built / f"data/office-00003/{YEAR - 1}.toml").write_text(data(3, YEAR - 1), encoding="utf-8")
    reports, _, _ = told(report, built)
    rules = {finding["rule"] for finding in reports["office-00003"]["findings"]}
    assert "no-last-year" not in rules
    assert not any(file["changed"] for file in reports["office-00003"]["files"])


def test_a_units_file_changes_what_is_found_in_the_office_above(built, report):
    names = [f"office-0000{number}" for number in range(OFFICES)]
    register = [
        f'[{names[0]}]\nname = "市"\n',
        *(f'[{name}]\nname = "局"\nparent = "{names[0]}"\n' for name in names[1:]),
    ]
    (built / "data/offices.toml").write_text("".join(register), encoding="utf-8")

    def differs(reports):
        return {finding["address"] for finding in reports[names[0]]["findings"] if finding["rule"] == "rollup-differs"}

    before = differs(told(report, built)[0])
    assert before
    made = built / f"data/{names[1]}/{YEAR}.toml"
    made.write_text(
        re.sub(r"licences  = { decisions = \d+ }", "licences = { decisions = 0 }", made.read_text("utf-8")), "utf-8"
    )
    reports, _, _ = told(report, built)
    assert ends(reports) == {"1": "built"}  # the office above is checked again, and not printed
    assert differs(reports) == before


@pytest.mark.parametrize("harm", ["removed", "edited", "cut"])
def test_an_output_that_is_not_what_was_written_is_printed_again(built, report, harm):
    path = built / f"build/office-00004/{YEAR}.html"
    right = path.read_bytes()
    if harm == "removed":
        path.unlink()
    else:
        path.write_bytes(right[:-1] if harm == "cut" else right.replace(b"1", b"2"))
    reports, _, _ = told(report, built)
    assert ends(reports) == {"4": "built"}
    assert path.read_bytes() == right
    assert [why.partition("：")[0] for why in reports["office-00004"]["why"]] == ["html"]


def test_more_formats_are_added_to_those_there_are(built, report):
    reports, _, _ = told(report, built, "--to", "html,docx,pdf,markdown")
    assert {tuple(why.partition("：")[0] for why in one["why"]) for one in reports.values()} == {("markdown",)}
    assert ends(told(report, built)[0]) == {}


def test_force_makes_all_again(built, report):
    assert set(ends(told(report, built, "--force")[0]).values()) == {"built"}


@pytest.mark.parametrize("harm", ["lost", "damaged", "of another version"])
def test_without_its_record_a_build_takes_longer_and_is_right(built, report, harm):
    record = built / "build/.record.sqlite"
    if harm == "of another version":
        with sqlite3.connect(record) as base:
            base.execute("drop table checked")
            base.execute("create table checked (office text)")
        base.close()
    for path in (built / "build").glob(".record*"):
        if harm == "lost":
            path.unlink()
        elif harm == "damaged":
            path.write_bytes(b"not a database, or no longer" * 99)
    before = {path: path.read_bytes() for path in (built / "build").glob("*/*")}
    reports, _, done = told(report, built)
    assert done.returncode == 0
    assert set(ends(reports).values()) == {"built"}
    assert {path: path.read_bytes() for path in (built / "build").glob("*/*")} == before
    assert ends(told(report, built)[0]) == {}


def test_outputs_elsewhere_have_a_record_of_their_own_and_nothing_else_beside_them(folder, report):
    words = ("--out", "公示", "--to", "markdown")
    assert set(ends(told(report, folder, *words)[0]).values()) == {"built"}
    assert ends(told(report, folder, *words)[0]) == {}
    assert not list((folder / "公示").glob(".*"))
    assert set(ends(told(report, folder, "--to", "markdown")[0]).values()) == {"built"}


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────


def spoil(folder):
    """Spoil three of six: one is no TOML, one breaks a sum, one is no file."""
    path = folder / "data/office-0000{}/2024.toml"
    (folder / "data/office-00001/2024.toml").write_text("year = ", encoding="utf-8")
    change(folder / "data/office-00002/2024.toml", "[requests]\n", "[requests]\noutcome.total = { person = 999999 }\n")
    (folder / "data/office-00003/2024.toml").unlink()
    (folder / "data/office-00003/2024.toml").mkdir()
    return path


def test_a_failing_office_stops_none_and_is_named_with_the_reason(folder, report):
    spoil(folder)
    reports, said, done = told(report, folder, "--to", "html")
    assert done.returncode == 2
    assert ends(reports) == {"0": "built", "1": "refused", "2": "refused", "4": "built", "5": "built"}
    assert [(stop["office"], stop["year"]) for stop in said["stops"]] == [("office-00003", YEAR)]
    assert len(list((folder / "build").glob("*/*.html"))) == 3
    table = report("build", str(YEAR), "--all", "--to", "html", cwd=folder)
    assert re.search(r"没有变化 +3\n  有错误，没有生成 +2\n  没能运行 +1\n", table.stdout)
    assert re.search(r"office-00001 +2024 +data/office-00001/2024.toml:1:\d+: broken-toml", table.stdout)
    assert "Traceback" not in table.stderr


def test_an_office_without_the_year_is_said_and_no_failure(folder, report):
    (folder / f"data/office-00001/{YEAR}.toml").rename(folder / "data/office-00001/2023.toml")
    _, said, done = told(report, folder, "--to", "markdown")
    assert done.returncode == 0
    assert said["missing"] == [{"office": "office-00001", "year": YEAR}]


def test_fail_fast_stops_at_the_first(folder, report):
    spoil(folder)
    done = report("build", str(YEAR), "--all", "--to", "markdown", "--fail-fast", "--jobs", "1", "--json", cwd=folder)
    assert done.returncode == 2
    assert len(json.loads(done.stdout)["reports"]) < 5


def test_offices_may_have_any_names(folder, report):
    names = ["城东 街道", "'quoted'", "-x", "a$b", "é" * 40]
    for at, name in enumerate(names):
        (folder / f"data/office-0000{at}").rename(folder / "data" / name)
    reports, _, done = told(report, folder, "--to", "html")
    assert done.returncode == 0
    assert set(names) < reports.keys()
    assert all((folder / "build" / name / f"{YEAR}.html").exists() for name in names)


# ── killed, interrupted, at once, without room ───────────────────────────────────────────────────────


def started(folder, **more):
    return begin(folder, "--json", stderr=subprocess.PIPE, start_new_session=True, **more)


def deadly(item):
    if item == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


@pytest.mark.parametrize("share", [1, 3, 12])
def test_an_item_that_kills_its_process_is_the_only_one_lost(share):
    done = process_pool.spread(range(12), deadly, lambda item: f"{item} lost", jobs=2, share=share)
    assert sorted(map(str, done)) == sorted(["5 lost", *(str(item) for item in range(12) if item != 5)])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_what_is_done_stays_and_the_next_run_goes_on(tmp_path, report, how):
    folder = city(tmp_path, 40)
    running = started(folder)
    until(lambda: len(list((folder / "build").glob("*/*.pdf"))) >= 4)
    os.killpg(running.pid, how)
    _, said = running.communicate(timeout=60)
    assert "Traceback" not in said
    if how == signal.SIGINT:
        assert running.returncode == 2
        assert "中断" in said
    assert not list((folder / "build").rglob("*.part")) or how == signal.SIGKILL
    done = {path: path.read_bytes() for path in (folder / "build").glob("*/*.pdf")}
    assert 4 <= len(done) < 40
    reports, _, again = told(report, folder)
    assert again.returncode == 0
    assert list(ends(reports).values()).count("built") < 40
    assert all(path.read_bytes() == content for path, content in done.items())
    assert len(list((folder / "build").glob("*/*.pdf"))) == 40


def test_two_runs_at_once_wait_for_each_other(folder):
    first, second = started(folder), started(folder)
    said = [run.communicate(timeout=120) for run in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    ended = [{one["end"] for one in json.loads(out)["reports"]} for out, _ in said]
    assert {"built"} in ended
    assert {"unchanged"} in ended
    assert any("等它做完" in error for _, error in said)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full, a disk that is always full")
def test_a_full_disk_is_said_for_each_report_and_nothing_is_half_written(folder, report):
    done = report("build", str(YEAR), "--all", "--to", "html", "--json", cwd=folder)
    assert done.returncode == 0
    kept = {path: path.read_bytes() for path in (folder / "build").glob("*/*.html")}
    change(folder / f"data/office-00002/{YEAR}.toml", "第2局", "第二局")
    # A limit on the size of files is what a process can set itself: what is written beyond it is refused.
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000)); from nianbao.__main__ import main; "
        "sys.argv[1:] = ['build', '2024', '--all', '--to', 'html', '--json']; main()"
    )
    full = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert full.returncode == 2, full.stderr
    assert "写不了" in full.stderr
    assert "Traceback" not in full.stderr
    assert {path: path.read_bytes() for path in (folder / "build").glob("*/*.html")} == kept
    assert not list((folder / "build").rglob("*.part"))
    assert ends(told(report, folder, "--to", "html")[0]) == {"2": "built"}


# ── clean ────────────────────────────────────────────────────────────────────────────────────────────


def test_clean_removes_what_builds_wrote_and_nothing_else(built, report):
    mine, edited = built / "build/office-00001/note.txt", built / f"build/office-00002/{YEAR}.html"
    mine.write_text("mine")
    edited.write_text("edited")
    would = report("clean", "--dry-run", cwd=built)
    assert would.returncode == 0
    assert len(list((built / "build").glob("*/*"))) == OFFICES * 3 + 1
    done = report("clean", cwd=built)
    assert done.stdout == would.stdout
    assert sorted((built / "build").glob("*/*")) == [mine, edited]
    assert ends(told(report, built)[0]) != {}


# ── checking ─────────────────────────────────────────────────────────────────────────────────────────


def test_validate_checks_all_and_names_the_wrong_ones(folder, report):
    spoil(folder)
    done = report("validate", str(YEAR), "--all", cwd=folder)
    assert done.returncode == 2
    assert "office-00002" in done.stdout
    assert "3 份没有错误" in done.stdout
    said = json.loads(report("validate", str(YEAR), "--all", "--json", cwd=folder).stdout)
    assert [one["office"][-1] for one in said["reports"]] == ["0", "1", "2", "4", "5"]
    assert [one["ok"] for one in said["reports"]] == [True, False, False, True, True]


def test_prose_that_two_offices_share_is_found_and_may_be_accepted(folder, report):
    prose = (
        "各部门报送不及时的情况仍然存在，有的栏目半年没有更新。今后按月通报，连续两次不报的约谈负责人，并列入年度考核。"
    )
    for number in (1, 4):
        path = folder / f"data/office-0000{number}/{YEAR}.toml"
        path.write_text(path.read_text("utf-8") + f'\n[prose]\nproblems = "{prose}"\n', encoding="utf-8")

    def found(*words):
        said = json.loads(report("validate", str(YEAR), *words, "--json", cwd=folder).stdout)["reports"]
        return {one["office"][-1]: f for one in said for f in one["findings"] if f["rule"] == "copied-from-neighbour"}

    both = found("--all")
    assert both.keys() == {"1", "4"}
    assert "100%" in both["1"]["message"]
    assert "office-00004" in both["1"]["message"]
    assert both["1"]["line"]
    assert found("office-00001") == {}  # alone there is nothing to compare it with
    accepted = {"rule": "copied-from-neighbour", "at": "prose.problems", "value": prose, "because": "联合办公"}
    accepted = f"\n[[accept]]\n{tomli_w.dumps(accepted)}"
    path.write_text(path.read_text("utf-8") + accepted, encoding="utf-8")
    assert found("--all").keys() == {"1"}
    assert "idle-acceptance" not in report("validate", str(YEAR), "office-00004", cwd=folder).stdout
    assert found("--all", "--ignore", "copied-from-neighbour") == {}
