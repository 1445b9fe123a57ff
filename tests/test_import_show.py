"""`report import --show`: the undecided places of an imported file beside it, in the preview."""

import asyncio
import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from io import BytesIO
from math import ceil
from pathlib import Path
from random import Random
from threading import Timer
from threading import enumerate as threads
from types import SimpleNamespace

import psutil
import pytest
import shown_sources
from cases import until
from PIL import Image
from previews import WAIT, Site, run_preview
from shown_sources import GRANTED, HOSTILE, OTHER, RECEIVED
from variants import VARIANTS, draw_figures

from nianbao.importer import pipeline, published_sets
from nianbao.importer.readers import scanned_file, scans
from nianbao.importer.recognition.published import Paragraph, Place, PublishedCell, PublishedTable
from nianbao.importer.undecided_places import ShownFile, UndecidedPlace
from nianbao.model.finding import UserError
from nianbao.preview import serving, source_drawing
from nianbao.preview.source_drawing import SourceViewer
from nianbao.preview.source_pages import SourcePages
from nianbao.workspace.store import Store

YEAR = 2021
PAGES = 200


@pytest.fixture(scope="module")
def form(root):
    return Store(root).kind.edition("2021")


@pytest.fixture(scope="module")
def shown_html(form, tmp_path_factory):
    """The preview of a web page whose name and texts are hostile."""
    office = tmp_path_factory.mktemp("html")
    path = office / f"{HOSTILE.replace('/', '')}.html"
    path.write_text(shown_sources.make_html(form), encoding="utf-8")
    imported = shown_sources.import_shown(office, path)
    with run_preview(office, YEAR, imported.shown) as site:
        yield site


@pytest.fixture(scope="module")
def long_pdf(form, tmp_path_factory):
    """The import of a PDF whose tables stand behind many pages, and its folder."""
    office = tmp_path_factory.mktemp("pdf")
    (office / "report.pdf").write_bytes(shown_sources.make_pdf(form, pages_before=PAGES - 1))
    return office, shown_sources.import_shown(office, office / "report.pdf")


def write_text(tmp_path, form):
    """Write a report of which a line cannot be read."""
    rng = Random(3)  # noqa: S311  # draws figures, not secrets
    text = VARIANTS["padded"](form, draw_figures(form, rng), rng)[0]
    row = next(line for line in text.splitlines() if "2.重复申请" in line)
    other = row.replace("2.重复申请", "2.重复申请3.要求提供公开出版物").replace(" |||", "x |||")
    (tmp_path / "report.txt").write_text(text.replace(row, other), encoding="utf-8")


# ── places ───────────────────────────────────────────────────────────────────────────────────────────


def test_each_place_names_its_figures_and_where_it_stands(long_pdf):
    received, granted = long_pdf[1].shown.places
    assert [received.figures, granted.figures] == [
        ((RECEIVED, "自然人"),),
        ((GRANTED, "自然人"), (OTHER, "其他")),
    ]
    assert received.location == f"第 {PAGES} 页"
    assert 0 < received.place.top < received.place.bottom < granted.place.bottom < 1
    assert f"# {received.comments[0]}" in long_pdf[1].text  # the words of the data file, by which its line is found


def test_rows_that_were_left_out_and_rows_taken_by_order_are_places_too(form, root, tmp_path):
    write_text(tmp_path, form)
    places = shown_sources.import_shown(tmp_path, tmp_path / "report.txt").shown.places
    assert any("2.重复申请 | 3.要求" in place.label and not place.figures for place in places)
    text = (root / "tests/published/anshan-hrss-2020.txt").read_text(encoding="utf-8")
    (tmp_path / "torn.txt").write_text(text.replace("（七）总计", ""), encoding="utf-8")
    places = shown_sources.import_shown(tmp_path, tmp_path / "torn.txt").shown.places
    assert [place.is_read for place in places] == sorted(
        place.is_read for place in places
    )  # to decide, then to compare


def test_rows_that_the_file_lacks_are_places_without_a_location(form, tmp_path):
    (tmp_path / "report.html").write_text(shown_sources.make_html(form), encoding="utf-8")
    text = re.sub(
        r"<tr>(?:(?!</tr>).)*2\.重复申请.*?</tr>", "", (tmp_path / "report.html").read_text("utf-8"), flags=re.DOTALL
    )
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    imported = shown_sources.import_shown(tmp_path, tmp_path / "report.html")
    lacking = [place for place in imported.shown.places if not place.location]
    assert "2.重复申请" in {place.label for place in lacking}
    assert {(place.block, place.is_read) for place in lacking} == {(None, False)}
    assert sum(len(place.figures) for place in lacking) == imported.missing > 0


def test_of_a_mail_the_attached_file_is_shown(form, tmp_path):
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "a@example.com", "report"
    mail.set_content("See the report.")
    mail.add_attachment(shown_sources.make_pdf(form), maintype="application", subtype="pdf", filename=f"{HOSTILE}.pdf")
    (tmp_path / "report.eml").write_bytes(mail.as_bytes())
    shown = shown_sources.import_shown(tmp_path, tmp_path / "report.eml").shown
    assert (shown.name, shown.drawable, shown.content[:5]) == (f"{HOSTILE}.pdf", "pdf", b"%PDF-")


@pytest.mark.parametrize("is_turned", [False, True])
def test_rows_of_a_scan_have_their_place_on_the_page_unless_it_was_turned(monkeypatch, is_turned):
    cells = [(x, y, x + 50.0, y + 20.0) for y in (100.0, 120.0) for x in (10.0, 60.0)]
    page = scans.ScannedPage([], [cells], 400.0, is_turned=is_turned)
    monkeypatch.setattr(scans, "is_installed", lambda: True)
    monkeypatch.setattr(scans, "read_page", lambda _open_page: page)
    (table,) = scanned_file.read_picture(b"").blocks
    places = [table.locate_row(row) for row in (0, 1, 2)]
    found = [(place.row, place.top, place.bottom) for place in places]
    assert found == [(1, 0.25, 0.3), (2, 0.3, 0.35), (3, 0, 0)] if not is_turned else [(1, 0, 0), (2, 0, 0), (3, 0, 0)]


def test_what_is_not_asked_for_is_not_kept(form, tmp_path):
    (tmp_path / "report.html").write_text(shown_sources.make_html(form), encoding="utf-8")
    imported = pipeline.read_report(Store(tmp_path), str(tmp_path / "report.html"), pipeline.ImportOptions())
    assert imported.shown is None


# ── sets of files ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def published_set(root, tmp_path):
    """A copy of a published set, in which a cell is no number."""
    (tmp_path / "data").mkdir()
    (tmp_path / "set").mkdir()
    for path in (root / "tests/dsa/zalando").glob("*.csv"):
        (tmp_path / "set" / path.name.rpartition(" - ")[2]).write_bytes(path.read_bytes())
    path = tmp_path / "set/10_AMAR.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        records = list(csv.reader(file))
    records[4][6] = "<b>2.1 - 2.6"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(records)
    return tmp_path / "set"


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_the_rows_of_a_set_with_cells_left_out_are_places(form, published_set, tmp_path):
    name = published_set
    if form == "archive":
        name = Path(shutil.make_archive(str(tmp_path / "set"), "zip", published_set))
    store = Store(tmp_path)
    (source,) = published_sets.gather(store, [str(name)])
    shown = published_sets.read_set(store, source, pipeline.ImportOptions(show=True)).shown
    (place,) = shown.places
    assert (place.label, place.place.sheet, place.place.row, place.block) == ("10_AMAR.csv", "10_AMAR.csv", 5, 0)
    assert "<b>2.1 - 2.6" in place.comments[0]
    assert any(cell.text == "<b>2.1 - 2.6" and cell.top == 4 for cell in shown.blocks[place.block].cells)
    pages = SourcePages(shown)
    assert pages.describe_places(())[0]["id"] in {row.id for part in pages.list_parts() for row in part.rows}


def test_a_set_is_shown_after_its_import(report, published_set, served):
    done = report("import", "set", "--show", "--no-open", "--out", "data/2026.toml", cwd=published_set.parent)
    assert done.returncode == 1, done.stderr
    assert len(served.ports) == 1


# ── the server ───────────────────────────────────────────────────────────────────────────────────────


def test_places_lead_to_rows_of_the_text_and_vanish_with_a_save(shown_html):
    received, granted = shown_html.state()["undecided"]
    _answer, source = shown_html.ask("source")
    for place in (received, granted):
        row = re.search(rf'<tr id="{place["id"]}">.*?</tr>', source)[0]
        assert place["label"] in row
        assert shown_sources.UNREADABLE in row
    comment = f"# {granted['comments'][0]}"
    shown_html.save(f"{comment}\n", f"{comment}\n# seen\n")
    key = GRANTED.removeprefix("requests.").rpartition(".")[0]
    text = shown_html.file.read_text(encoding="utf-8")
    line = next(one for one in text.splitlines() if re.match(rf"{re.escape(key)}\s*=", one))
    shown_html.save(line, line.replace("{", "{ person = 9,", 1))
    state = shown_html.wait(lambda state: state["undecided"][1]["figures"][0]["decided"])
    assert not state["undecided"][1]["is_decided"]
    shown_html.save("person = 9,", "person = 9, other = 9,")
    assert shown_html.wait(lambda state: state["undecided"][1]["is_decided"])["undecided"][0]["is_decided"] is False
    shown_html.save("other = 9,", "other = x,")  # a file that is broken tells nothing
    shown_html.wait(lambda state: state["is_stale"])
    assert shown_html.state()["undecided"][1]["is_decided"]
    shown_html.save("person = 9, other = x,", "")
    shown_html.wait(lambda state: not state["undecided"][1]["is_decided"])


def test_a_report_with_undecided_places_is_not_ready(shown_html):
    state = shown_html.wait(lambda state: state["version"])
    assert not state["ready"]
    assert state["headline"] == "还有 2 处未定"


def test_markup_of_a_stranger_is_text(shown_html):
    answer, source = shown_html.ask("source")
    assert re.findall(r"<(?:img|script)\b.*", source) == []
    assert "&lt;img src=x onerror=alert(1)&gt;" in source
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    _answer, page = shown_html.ask("")
    assert "<img" not in page


@pytest.mark.parametrize("name", ["source", "source/1", "source.js"])
def test_others_get_nothing(shown_html, name):
    assert shown_html.ask(name, Origin="http://example.com")[0].status == 404
    assert shown_html.ask(f"/{name}")[0].status == 404


@pytest.mark.parametrize("name", ["source/1", "source/0", "source/-1", "source/x", "source/../server.py"])
def test_a_text_has_no_pages_and_nothing_else_is_there(shown_html, name):
    assert shown_html.ask(name)[0].status in {404, 409}


def test_a_preview_without_an_import_has_no_source(office):
    with run_preview(office) as site:
        assert site.ask("source")[0].status == site.ask("source/1")[0].status == 404
        assert "source.js" not in site.ask("")[1]
        assert site.state()["undecided"] == []


def test_pages_are_drawn_one_by_one_when_they_are_asked_for(long_pdf):
    office, imported = long_pdf
    (office / "report.pdf").unlink()  # it is shown as it was imported
    with run_preview(office, YEAR, imported.shown) as site:
        assert [place["id"] for place in site.state()["undecided"]] == [f"page-{PAGES}"] * 2
        _answer, source = site.ask("source")
        assert source.count('loading="lazy"') == source.count("<img") == PAGES + 1
        assert HOSTILE not in source
        answer, picture = site.ask(f"source/{PAGES}")
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert max(Image.open(BytesIO(picture)).size) == ceil(842 * 150 / 72)
        for number in (0, PAGES + 2, 10**30):
            assert site.ask(f"source/{number}")[0].status == 409


# ── pages that are drawn ─────────────────────────────────────────────────────────────────────────────


def test_a_picture_is_drawn_upright_and_no_larger_than_a_page():
    image = Image.new("RGBA", (3000, 200), (0, 0, 0, 0))
    image.save(content := BytesIO(), "PNG")
    viewer = SourceViewer(ShownFile("a.png", (), (), content.getvalue(), "picture"))
    assert viewer.measure() == [(2400, 160)]
    assert Image.open(BytesIO(viewer.draw(1))).getpixel((9, 9)) == (255, 255, 255)


@pytest.mark.parametrize("drawable", ["pdf", "picture"])
@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n\x00"])
def test_a_file_that_cannot_be_drawn_is_said(drawable, content):
    viewer = SourceViewer(ShownFile("a", (), (), content, drawable))
    for work in (viewer.measure, lambda: viewer.draw(1)):
        with pytest.raises(UserError):
            work()


def test_a_picture_that_claims_to_be_huge_is_refused():
    Image.new("1", (20_001, 1)).save(content := BytesIO(), "PNG")
    with pytest.raises(UserError, match="20001"):
        SourceViewer(ShownFile("a.png", (), (), content.getvalue(), "picture")).measure()


def test_a_page_of_a_kilometre_is_drawn_small():
    assert source_drawing.scale_page(3_000_000, 2)[:2] == (2400, 1)
    assert source_drawing.scale_page(0, 0)[:2] == (3, 3)


def run_apart(work):
    """Run a coroutine in a thread of its own: other tests may have left a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def test_a_process_that_dies_is_said_and_another_one_goes_on(form):
    pages = SourcePages(ShownFile("a.pdf", (), (), shown_sources.make_pdf(form), "pdf"))

    async def draw():
        others = set(psutil.Process().children())
        await pages.measure()
        started = set(psutil.Process().children()) - others
        (process,) = (child for child in started if "spawn_main" in " ".join(child.cmdline()))
        process.kill()
        while process.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110  # it may still answer before it is gone
            await asyncio.sleep(0.01)
        with pytest.raises(UserError) as raised:
            await pages.draw(1)
        assert raised.value.fix == "请用别的程序打开原件"
        return await pages.draw(1)

    try:
        assert Image.open(BytesIO(run_apart(draw()))).format == "JPEG"
    finally:
        pages.close()
    with pytest.raises(UserError):
        run_apart(pages.draw(1))  # no new one starts after the end


# ── texts that are shown ─────────────────────────────────────────────────────────────────────────────


def test_cells_stand_in_their_columns():
    table = PublishedTable(
        (
            PublishedCell("a", 0, 2, 0, 1),
            PublishedCell("b", 0, 1, 1, 3),
            PublishedCell("c", 1, 2, 2, 3),
            PublishedCell("d", 2, 3, 0, 1),
        ),
        Place(sheet="表一"),
    )
    line = Paragraph("x\ny", place=Place(line=7))
    place = UndecidedPlace("d", place=Place(sheet="表一", row=3), block=1)
    pages = SourcePages(ShownFile("a.xlsx", (line, table), (place,)))
    text, shown = pages.list_parts()
    assert (text.rows[0].number, text.rows[0].cells[0].text) == (7, "x\ny")
    assert shown.heading == "表一"
    assert [[(one.text, one.columns, one.rows) for one in row.cells] for row in shown.rows] == [
        [("a", 1, 2), ("b", 2, 1)],
        [("", 1, 1), ("c", 1, 1)],
        [("d", 1, 1)],
    ]
    assert pages.describe_places(())[0]["id"] == shown.rows[2].id == "row-1-2"


# ── the command ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(form, tmp_path):
    (tmp_path / "report.html").write_text(shown_sources.make_html(form), encoding="utf-8")
    (tmp_path / "whole.html").write_text(shown_sources.make_html(form, unread=()), encoding="utf-8")
    return tmp_path


@pytest.fixture
def served(monkeypatch):
    """The ports of previews, which ran until they had opened, and the addresses that a browser got."""
    found = SimpleNamespace(ports=[], opened=[])

    def run(_server, sockets):
        found.ports += [one.getsockname()[1] for one in sockets]
        until(lambda: not any(isinstance(thread, Timer) for thread in threads()))

    monkeypatch.setattr(serving.Server, "run", run)
    monkeypatch.setattr(serving.webbrowser, "open", lambda url: bool(found.opened.append(url)))
    return found


def test_the_preview_opens_after_the_import(report, folder, served):
    done = report("import", "report.html", "--show", "--no-open", "--port", "0", cwd=folder)
    assert (done.returncode, done.stderr) == (1, "")
    assert "http://127.0.0.1:" in done.stdout
    assert (len(served.ports), served.opened) == (1, [])


def test_without_undecided_places_nothing_opens(report, folder, served):
    done = report("import", "whole.html", "--show", cwd=folder)
    assert "没有未定的地方" in done.stdout
    assert served.ports == []


@pytest.mark.usefixtures("served")
def test_a_data_file_that_somebody_goes_on_with_is_kept(report, folder):
    report("import", "report.html", cwd=folder)
    file = folder / "data/2021.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("[requests]", "# mine\n[requests]", 1), encoding="utf-8")
    done = report("import", "report.html", "--show", "--no-open", cwd=folder)
    assert "已经有 data/2021.toml" in done.stdout
    assert "# mine" in file.read_text(encoding="utf-8")
    assert report("import", "report.html", cwd=folder).returncode == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["report.html", "--dry-run"], "--dry-run"),
        (["report.html", "--to", "json"], "--to json"),
        (["report.html", "whole.html"], "一次只看一份报告"),
        (["gone.html"], "没有这个文件"),
        (["report.html", "--out", "elsewhere.toml"], "elsewhere.toml"),
    ],
)
def test_what_cannot_be_shown_is_said(report, folder, served, words, said):
    done = report("import", *words, "--show", cwd=folder)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert served.ports == []


def test_a_port_in_use_is_said_after_the_import(report, folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = report("import", "report.html", "--show", "--port", str(taken.getsockname()[1]), cwd=folder)
    assert done.returncode == 2
    assert "已被占用" in done.stderr
    assert (folder / "data/2021.toml").is_file()


def test_that_there_is_no_browser_is_said(report, folder, served):
    done = report("import", "report.html", "--show", cwd=folder)
    (url,) = served.opened
    assert f"打不开浏览器，请自己打开 {url}" in done.stderr
    assert done.returncode == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows sends no such signal")
def test_ctrl_c_ends_it_with_the_exit_code_of_the_import(form, tmp_path):
    (tmp_path / "report.pdf").write_bytes(shown_sources.make_pdf(form))
    command = [sys.executable, "-m", "nianbao", "import", "report.pdf", "--show", "--no-open"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, **pipes) as process:
        try:
            url = next(found[0] for line in process.stdout if (found := re.search(r"http\S+", line)))
            site = Site(url, tmp_path / "data/2021.toml")
            site.wait(lambda state: state["version"])
            assert site.ask("source/1")[0].status == 200
            process.send_signal(signal.SIGINT)
            _out, errors = process.communicate(timeout=WAIT)
        finally:
            process.kill()
    assert (process.returncode, errors) == (1, "")
