"""Many reports in one command: only what changed is built, a failure stops no other report, no file is half written."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from decimal import Decimal

import pytest
import tomli_w
from cases import HOLDING, KIND, begin, outputs, until
from offices import city, data

from nianbao.build import outputs as build_outputs
from nianbao.build.cache import BuildCache, deserialize_result, serialize_result
from nianbao.checks import batch, check
from nianbao.checks.policy import AcceptedFinding, Policy
from nianbao.checks.results import CheckResult
from nianbao.model.finding import Finding, Place
from nianbao.model.period import Period
from nianbao.render import renderer
from nianbao.workspace import selection
from nianbao.workspace.processes import pool
from nianbao.workspace.store import ReportKey, Store

YEAR = 2024
PERIOD = Period(YEAR)
OFFICES = 6  # more than one process builds


@pytest.fixture
def folder(tmp_path):
    return city(tmp_path, OFFICES)


@pytest.fixture(scope="module")
def built_city(tmp_path_factory, report):
    """A city whose reports were built once in all formats."""
    folder = city(tmp_path_factory.mktemp("city"), OFFICES)
    done = report("build", str(YEAR), "--all", "--json", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def city_copy(built_city, tmp_path):
    """A copy of the built city, with the times of its files."""
    return shutil.copytree(built_city, tmp_path / "city")


def run_build(report, folder, *words):
    """Build all reports; return the JSON of each by office, the whole JSON, and the process."""
    done = report("build", str(YEAR), "--all", "--json", *words, cwd=folder)
    output = json.loads(done.stdout)
    return {one["office"]: one for one in output["reports"]}, output, done


def changed_outcomes(reports):
    """Return the outcomes other than "unchanged", by the last digit of the office."""
    return {office[-1]: one["end"] for office, one in reports.items() if one["end"] != "unchanged"}


# ── one report and many ───────────────────────────────────────────────────────────────────────


def test_each_file_of_a_batch_is_that_of_the_report_built_alone(built_city, tmp_path):
    store = Store(built_city, tmp_path)
    for office in store.offices():
        build_outputs.build_report(store.of_office(office), PERIOD, ["html", "docx", "pdf"])
        for path in outputs(tmp_path / office):
            assert (built_city / "build" / office / path.name).read_bytes() == path.read_bytes(), path
    assert len(list((built_city / "build").glob("*/*"))) == OFFICES * 3


@pytest.mark.slow
def test_formats_without_raw_tables_keep_nothing_of_the_previous_report(folder, report, tmp_path_factory):
    formats = ["odt", "epub", "html"]
    assert report("build", str(YEAR), "--all", "--to", ",".join(formats), "--jobs", "1", cwd=folder).returncode == 0
    alone = Store(folder, tmp_path_factory.mktemp("alone"))
    for office in alone.offices():
        build_outputs.build_report(alone.of_office(office), PERIOD, formats)
        for path in outputs(alone.out / office):
            assert (folder / "build" / office / path.name).read_bytes() == path.read_bytes(), path


def test_a_pandoc_is_replaced_after_so_many_pages(folder, built_city, monkeypatch):
    monkeypatch.setattr(renderer, "_MAX_PAGES", 2)
    store = Store(folder)
    settings = build_outputs.make_render_settings(store, ["html", "docx"])
    pids = []
    with renderer.Renderer() as kept_renderer:
        for office in store.offices():
            checked = check.check_report(store.of_office(office), PERIOD)
            for part in build_outputs.render_report(
                store.of_office(office), checked, ["html", "docx"], settings, kept_renderer
            )[0]:
                assert part.content == (built_city / f"build/{office}/{YEAR}.{part.suffix}").read_bytes()
            pids.append(kept_renderer.pid)
    assert [len(set(pids[:at])) for at in (2, 4, 6)] == [1, 2, 3]


@pytest.mark.slow
def test_no_process_leaves_temporary_files(folder, process, tmp_path_factory):
    temporary = tmp_path_factory.mktemp("tmp")
    environment = {**os.environ, "TMPDIR": str(temporary)}
    done = process("build", str(YEAR), "--all", "--to", "docx", cwd=folder, env=environment)
    assert done.returncode == 0
    assert list(temporary.iterdir()) == []


def test_unchanged_reports_are_not_built_again(city_copy, report):
    before = {path: path.stat().st_mtime_ns for path in (city_copy / "build").glob("*/*")}
    reports, output, done = run_build(report, city_copy)
    assert done.returncode == 0
    assert changed_outcomes(reports) == {}
    assert all(len(one["files"]) == 3 for one in reports.values())
    assert not output["stops"]
    assert {path: path.stat().st_mtime_ns for path in (city_copy / "build").glob("*/*")} == before


def test_cached_findings_are_printed_again(built_city, report):
    first = report("build", str(YEAR), "office-00001", cwd=built_city)
    assert "no-last-year" in first.stdout
    assert report("build", str(YEAR), "office-00001", cwd=built_city).stdout == first.stdout


# ── what changed ─────────────────────────────────────────────────────────────────────────────────────


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_changed_data_file_is_built_again_and_the_reason_printed(city_copy, report):
    change(city_copy / f"data/office-00002/{YEAR}.toml", "第2局", "第二局")
    reports, _, _ = run_build(report, city_copy, "--explain")
    assert changed_outcomes(reports) == {"2": "built"}
    assert reports["office-00002"]["why"] == ["html：数据文件变了", "docx：数据文件变了", "pdf：数据文件变了"]


def test_a_file_touched_but_not_changed_is_not_built_again(city_copy, report):
    os.utime(city_copy / f"data/office-00002/{YEAR}.toml")
    for path in (city_copy / "build").glob("*/*"):
        os.utime(path)
    assert changed_outcomes(run_build(report, city_copy)[0]) == {}


@pytest.mark.parametrize(
    ("name", "formats"),
    [
        ("formats/html/template.html", {"html"}),
        (f"{KIND}/page.md.j2", {"html", "docx", "pdf"}),
        ("locales/zh-CN.toml", {"html", "docx", "pdf"}),
        ("looks/gongwen.toml", {"html", "docx", "pdf"}),
    ],
)
def test_a_changed_template_rebuilds_the_formats_that_use_it(city_copy, report, root, name, formats):
    for own in ("formats", "locales", "looks"):
        shutil.copytree(root / "templates" / own, city_copy / "templates" / own)
    (city_copy / "templates" / KIND).mkdir(parents=True)
    shutil.copy(root / f"templates/{KIND}/page.md.j2", city_copy / f"templates/{KIND}/page.md.j2")
    assert changed_outcomes(run_build(report, city_copy)[0]) == {}  # the same content in another folder
    path = city_copy / "templates" / name
    if "looks" in name:
        change(path, "left   = 28", "left   = 30")
    elif "locales" in name:
        change(path, "[words]", "# 附注\n[words]")
    else:
        path.write_text(path.read_text(encoding="utf-8") + "\n附注。\n", encoding="utf-8")
    reports, _, _ = run_build(report, city_copy, "--explain")
    assert set(changed_outcomes(reports).values()) == {"built"}
    for one in reports.values():
        assert {why.partition("：")[0] for why in one["why"]} == formats
        assert all(("版式" if "looks" in name else f"templates/{name}") in why for why in one["why"])


@pytest.mark.parametrize("name", ["kinds/kpi/page.md.j2", f"{KIND}/example/2023.toml", f"{KIND}/starter/README.md"])
def test_a_template_that_no_page_uses_rebuilds_nothing(city_copy, report, root, name):
    path = city_copy / "templates" / name
    path.parent.mkdir(parents=True)
    own = root / "templates" / name
    path.write_text((own.read_text(encoding="utf-8") if own.exists() else "") + "\n附注。\n", encoding="utf-8")
    assert changed_outcomes(run_build(report, city_copy)[0]) == {}


def test_last_years_file_changes_the_findings_and_no_output(city_copy, report):
    (city_copy / f"data/office-00003/{YEAR - 1}.toml").write_text(data(3, YEAR - 1), encoding="utf-8")
    reports, _, _ = run_build(report, city_copy)
    rules = {finding["rule"] for finding in reports["office-00003"]["findings"]}
    assert "no-last-year" not in rules
    assert not any(file["changed"] for file in reports["office-00003"]["files"])


def test_a_units_file_changes_the_findings_of_the_office_above(city_copy, report):
    names = [f"office-0000{number}" for number in range(OFFICES)]
    register = [
        f'[{names[0]}]\nname = "市"\n',
        *(f'[{name}]\nname = "局"\nparent = "{names[0]}"\n' for name in names[1:]),
    ]
    (city_copy / "data/offices.toml").write_text("".join(register), encoding="utf-8")

    def differs(reports):
        return {finding["address"] for finding in reports[names[0]]["findings"] if finding["rule"] == "rollup-differs"}

    before = differs(run_build(report, city_copy)[0])
    assert before
    made = city_copy / f"data/{names[1]}/{YEAR}.toml"
    made.write_text(
        re.sub(r"licences  = { decisions = \d+ }", "licences = { decisions = 0 }", made.read_text("utf-8")), "utf-8"
    )
    reports, _, _ = run_build(report, city_copy)
    assert changed_outcomes(reports) == {"1": "built"}  # the office above is checked again, and not built
    assert differs(reports) == before


@pytest.mark.parametrize("harm", ["removed", "edited", "cut"])
def test_an_output_that_was_changed_is_built_again(city_copy, report, harm):
    path = city_copy / f"build/office-00004/{YEAR}.html"
    right = path.read_bytes()
    if harm == "removed":
        path.unlink()
    else:
        path.write_bytes(right[:-1] if harm == "cut" else right.replace(b"1", b"2"))
    reports, _, _ = run_build(report, city_copy)
    assert changed_outcomes(reports) == {"4": "built"}
    assert path.read_bytes() == right
    assert [why.partition("：")[0] for why in reports["office-00004"]["why"]] == ["html"]


def test_only_formats_that_are_missing_are_built(city_copy, report):
    reports, _, _ = run_build(report, city_copy, "--to", "html,docx,pdf,markdown")
    assert {tuple(why.partition("：")[0] for why in one["why"]) for one in reports.values()} == {("markdown",)}
    assert changed_outcomes(run_build(report, city_copy)[0]) == {}


def test_force_builds_all_again(city_copy, report):
    assert set(changed_outcomes(run_build(report, city_copy, "--force")[0]).values()) == {"built"}


@pytest.mark.parametrize("harm", ["lost", "damaged", "of another version"])
def test_without_its_cache_a_build_gives_the_same_files(city_copy, report, harm):
    cache = city_copy / "build/.record.sqlite"
    if harm == "of another version":
        with sqlite3.connect(cache) as database:
            database.execute("drop table checked")
            database.execute("create table checked (office text)")
        database.close()
    for path in (city_copy / "build").glob(".record*"):
        if harm == "lost":
            path.unlink()
        elif harm == "damaged":
            path.write_bytes(b"not a database, or no longer" * 99)
    before = {path: path.read_bytes() for path in (city_copy / "build").glob("*/*")}
    reports, _, done = run_build(report, city_copy)
    assert done.returncode == 0
    assert set(changed_outcomes(reports).values()) == {"built"}
    assert {path: path.read_bytes() for path in (city_copy / "build").glob("*/*")} == before
    assert changed_outcomes(run_build(report, city_copy)[0]) == {}


def test_outputs_elsewhere_have_a_cache_of_their_own_and_no_hidden_files(folder, report):
    words = ("--out", "公示", "--to", "markdown")
    assert set(changed_outcomes(run_build(report, folder, *words)[0]).values()) == {"built"}
    assert changed_outcomes(run_build(report, folder, *words)[0]) == {}
    assert not list((folder / "公示").glob(".*"))
    assert set(changed_outcomes(run_build(report, folder, "--to", "markdown")[0]).values()) == {"built"}


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────


def break_three_files(folder):
    """Break three files of six: one is not TOML, one has a wrong sum, one is a folder."""
    path = folder / "data/office-0000{}/2024.toml"
    (folder / "data/office-00001/2024.toml").write_text("year = ", encoding="utf-8")
    change(folder / "data/office-00002/2024.toml", "[requests]\n", "[requests]\noutcome.total = { person = 999999 }\n")
    (folder / "data/office-00003/2024.toml").unlink()
    (folder / "data/office-00003/2024.toml").mkdir()
    return path


def test_a_failing_office_stops_no_other_and_is_printed_with_the_reason(folder, report):
    break_three_files(folder)
    reports, output, done = run_build(report, folder, "--to", "html")
    assert done.returncode == 2
    assert changed_outcomes(reports) == {"0": "built", "1": "refused", "2": "refused", "4": "built", "5": "built"}
    assert [(stop["office"], stop["year"]) for stop in output["stops"]] == [("office-00003", YEAR)]
    assert len(list((folder / "build").glob("*/*.html"))) == 3
    table = report("build", str(YEAR), "--all", "--to", "html", cwd=folder)
    assert re.search(r"没有变化 +3\n  有错误，没有生成 +2\n  没能运行 +1\n", table.stdout)
    assert re.search(r"^data/office-00001/2024.toml：1 个错误\n  1:\d+: error\[broken-toml", table.stdout, re.MULTILINE)
    assert re.search(r"office-00003 +2024 +读不了", table.stdout)
    assert "Traceback" not in table.stderr


def test_an_office_without_the_year_is_listed_and_is_no_failure(folder, report):
    (folder / f"data/office-00001/{YEAR}.toml").rename(folder / "data/office-00001/2023.toml")
    _, output, done = run_build(report, folder, "--to", "markdown")
    assert done.returncode == 0
    assert output["missing"] == [{"office": "office-00001", "year": YEAR}]


def test_fail_fast_stops_at_the_first(folder, report):
    break_three_files(folder)
    done = report("build", str(YEAR), "--all", "--to", "markdown", "--fail-fast", "--jobs", "1", "--json", cwd=folder)
    assert done.returncode == 2
    assert len(json.loads(done.stdout)["reports"]) < 5


def test_offices_may_have_any_names(folder, report):
    names = ["城东 街道", "'quoted'", "-x", "a$b", "é" * 40]
    for at, name in enumerate(names):
        (folder / f"data/office-0000{at}").rename(folder / "data" / name)
    reports, _, done = run_build(report, folder, "--to", "html")
    assert done.returncode == 0
    assert set(names) < reports.keys()
    assert all((folder / "build" / name / f"{YEAR}.html").exists() for name in names)


# ── killed, interrupted, two at once, a full disk ───────────────────────────────────────────────────────


def start_build(folder, **more):
    return begin(folder, "--json", stderr=subprocess.PIPE, start_new_session=True, **more)


def kill_own_process(item):
    if item == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


@pytest.mark.slow
@pytest.mark.parametrize("share", [1, 3, 12])
def test_only_an_item_that_kills_its_process_is_lost(share):
    done = pool.run_all(range(12), kill_own_process, lambda item: f"{item} lost", jobs=2, share=share)
    assert sorted(map(str, done)) == sorted(["5 lost", *(str(item) for item in range(12) if item != 5)])


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_after_an_interruption_the_next_run_continues(tmp_path, report, how):
    folder = city(tmp_path, 40)
    running = start_build(folder, patch=HOLDING.format(first="office-00030"))
    until(lambda: len(list((folder / "build").glob("*/*.pdf"))) >= 4)
    os.killpg(running.pid, how)
    _, output = running.communicate(timeout=600)
    assert "Traceback" not in output
    if how == signal.SIGINT:
        assert running.returncode == 2
        assert "中断" in output
    assert not list((folder / "build").rglob("*.part")) or how == signal.SIGKILL
    done = {path: path.read_bytes() for path in (folder / "build").glob("*/*.pdf")}
    assert 4 <= len(done) < 40
    reports, _, again = run_build(report, folder)
    assert again.returncode == 0
    assert list(changed_outcomes(reports).values()).count("built") < 40
    assert all(path.read_bytes() == content for path, content in done.items())
    assert len(list((folder / "build").glob("*/*.pdf"))) == 40


@pytest.mark.slow
def test_two_runs_at_once_wait_for_each_other(folder):
    first = start_build(folder, patch=HOLDING.format(first="office-00003"))
    until(lambda: list((folder / "build").glob("*/*.pdf")))
    second = start_build(folder)
    assert "等它做完" in second.stderr.readline()
    (folder / "go-on").touch()
    output = [run.communicate(timeout=600)[0] for run in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert [{one["end"] for one in json.loads(out)["reports"]} for out in output] == [{"built"}, {"unchanged"}]


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full, a disk that is always full")
def test_a_full_disk_is_reported_and_no_file_is_half_written(folder, report):
    done = report("build", str(YEAR), "--all", "--to", "html", "--json", cwd=folder)
    assert done.returncode == 0
    before = {path: path.read_bytes() for path in (folder / "build").glob("*/*.html")}
    change(folder / f"data/office-00002/{YEAR}.toml", "第2局", "第二局")
    # A process can limit the size of files for itself: writing beyond it is refused, as on a full disk.
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000)); from nianbao.__main__ import main; "
        "sys.argv[1:] = ['build', '2024', '--all', '--to', 'html', '--json']; main()"
    )
    full = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert full.returncode == 2, full.stderr
    assert "写不了" in full.stderr
    assert "Traceback" not in full.stderr
    assert {path: path.read_bytes() for path in (folder / "build").glob("*/*.html")} == before
    assert not list((folder / "build").rglob("*.part"))
    assert changed_outcomes(run_build(report, folder, "--to", "html")[0]) == {"2": "built"}


# ── clean ────────────────────────────────────────────────────────────────────────────────────────────


def test_clean_removes_what_builds_wrote_and_nothing_else(city_copy, report):
    mine, edited = city_copy / "build/office-00001/note.txt", city_copy / f"build/office-00002/{YEAR}.html"
    mine.write_text("mine")
    edited.write_text("edited")
    would = report("clean", "--dry-run", cwd=city_copy)
    assert would.returncode == 0
    assert len(list((city_copy / "build").glob("*/*"))) == OFFICES * 3 + 1
    done = report("clean", cwd=city_copy)
    assert done.stdout == would.stdout
    assert sorted((city_copy / "build").glob("*/*")) == [mine, edited]
    assert changed_outcomes(run_build(report, city_copy)[0]) != {}


# ── checking ─────────────────────────────────────────────────────────────────────────────────────────


def test_validate_checks_all_and_lists_those_with_errors(folder, report):
    break_three_files(folder)
    done = report("validate", str(YEAR), "--all", cwd=folder)
    assert done.returncode == 2
    assert "office-00002" in done.stdout
    assert "3 份没有错误" in done.stdout
    output = json.loads(report("validate", str(YEAR), "--all", "--json", cwd=folder).stdout)
    assert [one["office"][-1] for one in output["reports"]] == ["0", "1", "2", "4", "5"]
    assert [one["ok"] for one in output["reports"]] == [True, False, False, True, True]


def test_prose_that_two_offices_have_in_common_is_found_and_can_be_accepted(folder, report):
    prose = (
        "各部门报送不及时的情况仍然存在，有的栏目半年没有更新。今后按月通报，连续两次不报的约谈负责人，并列入年度考核。"
    )
    for number in (1, 4):
        path = folder / f"data/office-0000{number}/{YEAR}.toml"
        path.write_text(path.read_text("utf-8") + f'\n[prose]\nproblems = "{prose}"\n', encoding="utf-8")

    def found(*words):
        output = json.loads(report("validate", str(YEAR), *words, "--json", cwd=folder).stdout)["reports"]
        return {one["office"][-1]: f for one in output for f in one["findings"] if f["rule"] == "copied-from-neighbour"}

    both = found("--all")
    assert both.keys() == {"1", "4"}
    assert "100%" in both["1"]["message"]
    assert "office-00004" in both["1"]["message"]
    assert both["1"]["line"]
    assert found("office-00001") == {}  # without other reports there is none to compare it with
    accepted = {"rule": "copied-from-neighbour", "at": "prose.problems", "value": prose, "because": "联合办公"}
    accepted = f"\n[[accept]]\n{tomli_w.dumps(accepted)}"
    path.write_text(path.read_text("utf-8") + accepted, encoding="utf-8")
    assert found("--all").keys() == {"1"}
    assert "idle-acceptance" not in report("validate", str(YEAR), "office-00004", cwd=folder).stdout
    assert found("--all", "--ignore", "copied-from-neighbour") == {}


def test_a_report_that_shares_prose_is_judged_once_by_the_other_rules(folder, monkeypatch):
    prose = "各部门报送不及时的情况仍然存在，有的栏目半年没有更新，XX 科室还没有报。今后按月通报，连续两次不报的约谈。"
    for path in sorted(folder.glob(f"data/*/{YEAR}.toml"))[:2]:
        path.write_text(path.read_text("utf-8") + f'\n[prose]\nproblems = "{prose}"\n', encoding="utf-8")
    judged, compared = [], {}
    judge, compare = check.judge_report, check.compare_report

    def count(store, *words):
        judged.append(store.office)
        return judge(store, *words)

    def keep(store, result, policy, neighbours):
        compared[result.key] = neighbours
        return compare(store, result, policy, neighbours)

    monkeypatch.setattr(check, "judge_report", count)
    monkeypatch.setattr(check, "compare_report", keep)
    store = Store(folder)
    reports = selection.select(store, [str(YEAR)], all_offices=True).reports
    results = {result.key: result for result in batch.check_all(store, reports, Policy(), jobs=1)}
    assert sorted(judged) == sorted(store.offices())
    assert len(compared) == 2
    for key, neighbours in compared.items():
        whole = check.check_report(store.of_report(key), key.period, Policy(), neighbours=neighbours)
        assert {"copied-from-neighbour", "placeholder-left"} <= {one.rule for one in whole.findings}
        assert results[key] == whole.without_report()


def test_a_new_cache_is_created_in_one_transaction(tmp_path):
    file = tmp_path / "build/.record.sqlite"
    file.parent.mkdir()
    with BuildCache(file, pytest.fail):
        transactions = int.from_bytes(file.read_bytes()[24:28], "big")  # the file change counter of SQLite's header
    assert transactions <= 2  # the tables, and the journal mode


def test_a_check_result_is_read_as_it_was_kept():
    other = Finding("wrong-type", "warning", Place("data/2020.toml", 3), "b")
    change = (("requests.received.total", 10**30), ("expenses", Decimal("1.50")))
    effects = (("wrong-total", "requests.received", "c"),)
    place = Place("data/2020.toml", 1, 2, 3, "a = 1")
    finding = Finding("relation", "error", place, "a", change=change, effects=effects, others=(other,))
    accepted = AcceptedFinding(other, "checked")
    result = CheckResult(ReportKey("", "cn-disclosure", Period(2020)), None, [finding], accepted=(accepted,), prompts=2)
    assert deserialize_result(serialize_result(result)) == result
