"""The preview: what its server answers and refuses, what follows a save, and the page in a real browser."""

import asyncio
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
import uvicorn
from cases import until
from previews import WAIT, Site, run_preview, write_whole

from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.preview import view_process
from nianbao.preview.marks import FigureMarks
from nianbao.preview.server import open_socket
from nianbao.preview.view_process import ViewProcess
from nianbao.preview.views import Source, Viewer
from nianbao.preview.watching import Watch
from nianbao.workspace.store import Store

ADDRESS = "proactive.normative.public"
LINE = 18  # of the data file, where this figure is
KINDS = ["cn-disclosure", "cn-enforcement", "cn-rule-of-law", "kpi", "us-foia"]
FOREVER = "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}"


@pytest.fixture(scope="module")
def site(root, tmp_path_factory):
    office = tmp_path_factory.mktemp("office")
    (office / "data").mkdir()
    shutil.copy(root / "data" / "2020.toml", office / "data")
    with run_preview(office) as running:
        yield running


# ── every figure knows its place ─────────────────────────────────────────────────────────────────────


def test_each_figure_and_section_of_the_web_page_has_its_address_as_id(built, root):
    html = (built / "2020.html").read_text(encoding="utf-8")
    form = Store(root).report(Period(2020)).form
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'<td[^>]* id="([^"]*)"', html)) == set(form.slots)
    headed = {f"prose.{section.id}" for section in form.sections if section.heading}
    assert set(re.findall(r'<section id="([^"]*)"', html)) == headed


def test_figures_of_the_web_page_stand_in_the_cells_of_their_ids(built, root):
    html = (built / "2020.html").read_text(encoding="utf-8")
    report = Store(root).report(Period(2020))
    printed = dict(re.findall(r'<td[^>]* id="([^"]*)"[^>]*>([^<]*)</td>', html))
    figures = {address: value for address, value in report.figures.items() if isinstance(value, int)}
    assert {address: printed[address] for address in figures} == {
        address: str(value) for address, value in figures.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_reports_of_every_kind_have_them(root, tmp_path, kind):
    example = root / "templates/kinds" / kind / "example"
    shutil.copytree(example / "data" if (example / "data").is_dir() else example, tmp_path / "data")
    (tmp_path / "report.toml").write_text(f'kind = "{kind}"\n', encoding="utf-8")
    store = Store(tmp_path)
    office, periods = next(iter(store.offices().items()))
    store = store.of_office(office)
    viewer = Viewer(Source(tmp_path, store.key(periods[-1])))
    try:
        page, pages = viewer.view().page, viewer.draw_official_pages()
    finally:
        viewer.close()
    form = store.report(periods[-1]).form
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert set(form.slots) | {f"prose.{section.id}" for section in form.sections if section.heading} <= set(ids)
    assert set(re.findall(r'<g data-address="([^"]*)"', pages)) == set(form.slots)
    assert "\ue000" not in page


def test_marks_become_elements_outside_of_tags_only():
    marks = FigureMarks({"requests.received.total"})
    load = marks.mark_loader(lambda name: ("{{ requests.received.total }}|{{ section.heading }} {{ year + 1 }}", name))
    marked, _bar, others = load("a")[0].partition("|")
    assert others == "{{ section.heading }} {{ year + 1 }}"
    value = marked.replace("{{ requests.received.total }}", "17")
    html = marks.replace_marks(f'<p title="{value}">{value}</p>')
    assert html == '<p title="17"><span data-address="requests.received.total">17</span></p>'


# ── the server ───────────────────────────────────────────────────────────────────────────────────────


def test_the_page_says_whether_the_report_can_be_published(site):
    state = site.state()
    assert state["ready"]
    assert state["headline"] == "可以发布"
    assert [finding["level"] for finding in state["findings"]] == ["warning", "note"]
    assert state["places"][ADDRESS][0] == LINE
    _answer, page = site.ask("page")
    assert f'id="{ADDRESS}"' in page
    assert '<span data-address="facts.portal_items">794</span>' in page
    assert "\ue000" not in page


def test_every_figure_of_an_official_page_has_a_box(site, root):
    _answer, pages = site.ask("official")
    form = Store(root).report(Period(2020)).form
    assert set(re.findall(r'<g data-address="([^"]*)"', pages)) == set(form.slots)
    assert "<a " not in pages


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.com"},
        {"Host": "127.0.0.1:1"},
        {"Origin": "http://example.com"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
@pytest.mark.parametrize("name", ["", "state", "page", "events", "preview.js"])
def test_others_get_nothing(site, headers, name):
    answer, content = site.ask(name, **headers)
    assert (answer.status, content) == (404, "")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/state",
        "/x/state",
        "//state",
        "/%00/",
        "/" + "é".encode("latin-1").decode("latin-1").encode("ascii", "ignore").decode(),
    ],
)
def test_without_the_token_nothing_is_there(site, path):
    assert site.ask(path)[0].status == 404


@pytest.mark.parametrize(
    "name", ["index.html", "official.html", "2020.toml", "../server.py", "%2e%2e/server.py", "..%2fserver.py"]
)
def test_no_other_file_is_sent(site, name):
    answer, content = site.ask(name)
    assert answer.status in {404, 405}
    assert "import" not in content


@pytest.mark.parametrize("name", ["accept", "fix"])
def test_a_change_is_asked_for_by_the_page_itself(site, name):
    before = site.file.read_bytes()
    assert site.ask(name, "POST", "{}", Origin="")[0].status == 404
    assert site.ask(name, "POST", "{}", Origin="http://example.com")[0].status == 404
    assert site.ask(name, "GET")[0].status in {404, 405}
    assert site.file.read_bytes() == before


@pytest.mark.parametrize("body", ["", "[]", '{"line": "1"}', "{" * 10_000, "x" * 30_000, '{"line": 1, "more": 2}'])
def test_a_request_that_is_none_is_refused(site, body):
    assert site.ask("accept", "POST", body)[0].status == 400


def test_nothing_is_kept_by_the_browser_and_the_report_runs_nothing(site):
    for name in ("", "state", "page", "official", "preview.js"):
        answer, _content = site.ask(name)
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline' 'self'" not in policy
        assert ("script-src" in policy) is (name not in {"page", "official"})


# ── what follows a save ──────────────────────────────────────────────────────────────────────────────


def test_a_save_is_shown_and_a_broken_file_keeps_the_last_page(site):
    site.save("public = 20", "public = 28")
    site.wait(lambda state: "public = 28" in state["text"])
    assert re.search(rf'id="{ADDRESS}"[^>]*>28<', site.ask("page")[1])
    site.save("public = 28", "public = 2o")
    state = site.wait(lambda state: state["is_stale"])
    assert (state["ready"], state["headline"]) == (False, "还差 1 处")
    assert state["findings"][0]["line"] == LINE
    assert state["places"][ADDRESS][0] == LINE  # of the last text that could be read
    assert ">28<" in site.ask("page")[1]
    assert site.ask("official")[0].status == 409
    site.save("public = 2o", "public = 20")
    assert site.wait(lambda state: not state["is_stale"])["ready"]


def test_a_file_that_is_gone_comes_back(site):
    text = site.file.read_text(encoding="utf-8")
    site.file.rename(site.file.with_name("2020.bak"))
    state = site.wait(lambda state: state["is_stale"])
    assert state["has_page"]
    assert "2020.toml" in state["findings"][0]["message"]
    write_whole(site.file, text)
    assert site.wait(lambda state: not state["is_stale"])["ready"]


def test_a_folder_that_is_gone_comes_back(site):
    data = site.file.parent
    data.rename(data.with_name("elsewhere"))
    site.wait(lambda state: state["is_stale"])
    data.with_name("elsewhere").rename(data)
    site.wait(lambda state: not state["is_stale"])
    site.save("public = 20", "public = 27")
    site.wait(lambda state: "public = 27" in state["text"])
    site.save("public = 27", "public = 20")
    site.wait(lambda state: "public = 20" in state["text"])


def test_settings_are_read_anew(site):
    settings = site.file.parents[1] / "report.toml"
    write_whole(settings, '[levels]\npublic-fewer-than-new = "error"\n')
    assert not site.wait(lambda state: not state["ready"])["is_stale"]
    write_whole(settings, "[levels\n")
    site.wait(lambda state: state["is_stale"])
    settings.unlink()
    site.wait(lambda state: state["ready"] and not state["is_stale"])


def test_a_finding_is_accepted_and_slips_are_fixed(site):
    before = site.file.read_text(encoding="utf-8")
    finding = site.state()["findings"][0]
    wanted = {key: finding[key] for key in ("line", "column", "rule", "address")}
    answer, content = site.ask("accept", "POST", json.dumps(wanted | {"because": " "}))
    assert answer.status == 409
    answer, content = site.ask("accept", "POST", json.dumps(wanted | {"because": "清理后已不再公开"}))
    assert (answer.status, json.loads(content)["fix"]) == (200, "")
    assert "清理后已不再公开" in site.file.read_text(encoding="utf-8")
    site.wait(lambda state: finding["message"] not in [one["message"] for one in state["findings"]])
    write_whole(site.file, before.replace("made = 27,", "made = ２７,"))
    site.wait(lambda state: state["is_stale"])
    assert site.ask("fix", "POST")[0].status == 200
    site.wait(lambda state: not state["is_stale"])
    write_whole(site.file, before)
    site.wait(lambda state: state["text"] == before)


def test_a_port_in_use_is_said_and_else_the_next_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError, match="已被占用"):
            open_socket(taken.getsockname()[1])
    first, second = open_socket(0), open_socket(0)
    assert first.getsockname()[1] != second.getsockname()[1]
    first.close()
    second.close()


@pytest.mark.slow
def test_changes_are_found_where_the_system_reports_none(office):
    with run_preview(office, poll=True) as site:
        site.save("public = 20", "public = 29")
        site.wait(lambda state: "public = 29" in state["text"])
        site.save("public = 29", "public = 31")  # within the same second
        site.wait(lambda state: "public = 31" in state["text"])


@pytest.mark.slow
def test_a_template_that_never_ends_is_ended_once_it_is_mended(office, root):
    text = office / "templates/kinds/cn-disclosure/texts/overview.md.j2"
    text.parent.mkdir(parents=True)
    good = (root / "templates/kinds/cn-disclosure/texts/problems.md.j2").read_text(encoding="utf-8")
    text.write_text(good, encoding="utf-8")
    with run_preview(office) as site:
        seen = site.state()["version"]
        write_whole(text, FOREVER)
        sleep(1)  # in which the preview begins with it
        write_whole(text, "mended {{ year }}")
        site.wait(lambda state: state["version"] > seen)
        assert "mended" in site.ask("page")[1]  # the next view: none of what has taken too long


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows sends no such signal")
def test_it_ends_at_once_while_a_browser_listens(office):
    command = [sys.executable, "-m", "nianbao", "preview", "2020", "--no-open"]
    with subprocess.Popen(command, cwd=office, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            url = re.search(r"http\S+", process.stdout.readline())[0]
            site = Site(url, office / "data/2020.toml")
            site.wait(lambda state: state["version"])
            connection = http.client.HTTPConnection(site.host, timeout=5)
            connection.request("GET", site.path + "events", headers={"Host": site.host})
            assert connection.getresponse().readline() == b"data: 1\n"
            process.send_signal(signal.SIGINT)
            _out, errors = process.communicate(timeout=5)
            connection.close()
        finally:
            process.kill()
    assert (process.returncode, errors) == (0, "")


def test_what_is_being_drawn_ends_before_the_server_waits_for_its_browsers(office, monkeypatch):
    """The server waited for two seconds, and then complained."""
    calls = []

    def close(process, real=ViewProcess.close):
        calls.append("process")
        real(process)

    async def shutdown(server, sockets, real=uvicorn.Server.shutdown):
        calls.append("server")
        await real(server, sockets)

    monkeypatch.setattr(ViewProcess, "close", close)
    monkeypatch.setattr(uvicorn.Server, "shutdown", shutdown)
    with run_preview(office):
        pass
    assert calls[:2] == ["process", "server"]


class SignalMask:
    """A viewer that says which signals were delayed when it was made, and how Ctrl-C is handled now."""

    def __init__(self):
        self.delayed = signal.pthread_sigmask(signal.SIG_BLOCK, [])

    def tell(self):
        """Return whether Ctrl-C was delayed at the start, is delayed now, and what handles it."""
        now = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        return signal.SIGINT in self.delayed, signal.SIGINT in now, signal.getsignal(signal.SIGINT)

    def close(self):
        """End nothing."""


@pytest.mark.skipif(os.name == "nt", reason="Windows delays no signals")
def test_a_view_process_prints_no_traceback_where_ctrl_c_comes_while_it_starts():
    process = ViewProcess(SignalMask, "free-space-and-rerun")

    def ask():
        told = asyncio.run(process.ask("tell"))
        return told, signal.pthread_sigmask(signal.SIG_BLOCK, [])

    try:
        with ThreadPoolExecutor(1) as other:  # a browser of other tests has an event loop in this thread
            told, delayed = other.submit(ask).result()
    finally:
        process.close()
    assert told == (True, False, signal.SIG_IGN)
    assert signal.SIGINT not in delayed


class SlowChange:
    """A viewer whose answer takes as long as a file is missing."""

    def answer(self, waits, may_end):
        """Say that it has begun, and wait."""
        waits.touch()
        until(may_end.exists)
        return "done"

    def close(self):
        """End nothing."""


def test_a_change_of_the_files_is_not_broken_off_by_itself(tmp_path, monkeypatch):
    """On a machine that stopped for three seconds behind it, the page said that the change had failed."""
    monkeypatch.setattr(view_process, "_PATIENCE_SECONDS", -1)
    process = ViewProcess(SlowChange, "free-space-and-rerun")
    waits, may_end = tmp_path / "waits", tmp_path / "end"

    async def ask(*, is_change):
        waits.unlink(missing_ok=True)
        asked = asyncio.create_task(process.ask("answer", waits, may_end, is_change=is_change))
        await asyncio.to_thread(until, waits.exists)
        process.hurry()
        if is_change:
            await asyncio.sleep(1)  # in which it would be
            may_end.touch()
        return await asked

    try:
        with ThreadPoolExecutor(1) as other:  # see above
            with pytest.raises(UserError, match="太久"):
                other.submit(asyncio.run, ask(is_change=False)).result()
            assert other.submit(asyncio.run, ask(is_change=True)).result() == "done"
    finally:
        process.close()


# ── what is watched ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("poll", [False, True])
def test_what_changes_while_a_change_is_told_is_told_too(office, poll):
    """Folders were watched again only after the change had been told: what was saved in between was never shown."""
    data, away = office / "data", office / "elsewhere"

    def save():
        (data / "2021.toml").touch()

    steps = [save, lambda: data.rename(away), lambda: away.rename(data), save]
    told, enough = [], asyncio.Event()

    def tell(*, templates):
        told.append(templates)
        if steps:
            steps.pop(0)()
        else:
            enough.set()

    async def watch():
        work = asyncio.create_task(Watch(office, [], tell, poll=poll).run())
        await asyncio.wait_for(enough.wait(), WAIT)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    with ThreadPoolExecutor(1) as other:  # a browser of other tests has an event loop in this thread
        other.submit(asyncio.run, watch()).result()
    assert told[0]  # as soon as all is watched
