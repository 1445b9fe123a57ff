"""Pictures of pages as one report: files, a folder, a ZIP archive, and OFD documents that are scans."""

import io
import re
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
import scanned_pages
from PIL import Image
from variants import draw_figures, make_grids, make_page

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.importer import pipeline, readers
from nianbao.importer.notes import describe_place
from nianbao.importer.readers import UnreadableError, scanned_file, scans
from nianbao.importer.recognition import PublishedTable, recognize
from nianbao.importer.undecided_places import ShownFile
from nianbao.model.period import Period
from nianbao.preview.source_drawing import SourceViewer
from nianbao.workspace.store import Store

ROOT = Path(__file__).parent.parent
NEEDS_OCR = pytest.mark.skipif(not scans.is_installed(), reason="scans need the extra ocr: uv sync --extra ocr")


def make_blank(width):
    return scanned_pages.make_picture(Image.new("RGB", (width, 400), "white"), "jpeg")


@pytest.fixture
def read_widths(monkeypatch):
    """Let each page be read as a table of two rows; return the widths of the pictures that were read, in order."""
    widths = []
    cells = [(x, y, x + 50.0, y + 20.0) for y in (100.0, 120.0) for x in (10.0, 60.0)]

    def read_page(open_page):
        widths.append(open_page().shape[1])
        return scans.ScannedPage([], [cells], 400.0)

    monkeypatch.setattr(scans, "is_installed", lambda: True)
    monkeypatch.setattr(scans, "read_page", read_page)
    return widths


PICTURES = {"scans/Page10.jpg": 30, "scans/page9.jpg": 20, "scans/page1.jpg": 10}


@pytest.mark.parametrize("form", ["archive", "folder", "files"])
def test_pictures_are_pages_in_the_order_of_the_numbers_in_their_names(form, read_widths, report, tmp_path):
    archive = scanned_pages.make_archive({name: make_blank(width) for name, width in PICTURES.items()})
    (tmp_path / "scans.zip").write_bytes(archive)
    (tmp_path / "scans").mkdir()
    for name, width in PICTURES.items():
        (tmp_path / name).write_bytes(make_blank(width))
    words = {"archive": ["scans.zip"], "folder": ["scans"], "files": ["--pages", *PICTURES]}[form]
    done = report("import", *words, "--dry-run", "--jobs", "1", cwd=tmp_path)
    assert read_widths == [10, 20, 30]
    assert done.returncode == 2  # there is no report on them
    assert "Traceback" not in done.stderr


def test_places_name_the_picture_and_the_row(read_widths):
    published = readers.read(scanned_pages.make_archive({"b2.png": make_blank(10), "b10.png": make_blank(10)}), "zip")
    tables = [block for block in published.blocks if isinstance(block, PublishedTable)]
    assert [describe_place(table.locate_row(1)) for table in tables] == [
        "第 1 页（b2.png）表的第 2 行",
        "第 2 页（b10.png）表的第 2 行",
    ]
    assert "b2.png、b10.png" in published.notes[0]
    assert published.scanned
    assert len(read_widths) == 2


@NEEDS_OCR
def test_the_message_names_the_picture_that_is_damaged():
    with pytest.raises(UnreadableError, match=r"^2\.png"):
        readers.read(scanned_pages.make_archive({"2.png": b"\x89PNG\r\n\x1a\n", "11.png": make_blank(10)}), "zip")


def test_too_many_pictures_are_refused_at_once(read_widths, monkeypatch):
    monkeypatch.setattr(scanned_file, "MAX_SCANNED_PAGES", 1)
    with pytest.raises(UnreadableError, match="超过 1 页"):
        readers.read(scanned_pages.make_archive({"1.png": make_blank(9), "2.png": make_blank(9)}), "zip")
    assert read_widths == []


def test_what_is_no_picture_is_no_page(report, tmp_path):
    (tmp_path / "a.png").write_bytes(make_blank(9))
    (tmp_path / "b.html").write_text("<p>1", encoding="utf-8")
    done = report("import", "--pages", "a.png", "b.html", cwd=tmp_path)
    assert (done.returncode, "b.html 与别的不同" in done.stderr) == (2, True)


def test_web_pages_of_one_report_are_read_together(report, root, tmp_path):
    """Only the first one names the office and the year; they are in different encodings."""
    form = Store(root).kind.edition("2021")
    found = draw_figures(form, Random(3))  # noqa: S311  # draws figures, not secrets
    page = make_page(form, make_grids(form, found))
    ends = [at.end() for at in re.finditer("</table>", page)]
    parts = {"page2": page[: ends[0]], "page9": page[ends[0] : ends[1]], "page10": page[ends[1] :]}
    for (name, part), codec in zip(parts.items(), ["gb18030", "utf-8", "gb18030"], strict=True):
        content = f'<html><meta charset="{codec}">{part}</html>'.encode(codec)
        (tmp_path / f"{name}.html").write_bytes(content)
    done = report("import", "--pages", "page10.html", "page2.html", "page9.html", cwd=tmp_path)
    assert "page2.html、page9.html、page10.html" in done.stdout + done.stderr
    figures = check.check_report(Store(tmp_path), Period(form.first_year)).report.figures
    assert {address: figures[address] for address in found} == found


def test_a_picture_that_is_missing_is_told(report, tmp_path):
    (tmp_path / "a.png").write_bytes(make_blank(9))
    done = report("import", "--pages", "a.png", "b.png", cwd=tmp_path)
    assert (done.returncode, "b.png：没有这个文件" in done.stderr) == (2, True)


def test_the_pages_of_an_archive_are_drawn_in_their_order():
    archive = scanned_pages.make_archive({"p10.jpg": make_blank(30), "p9.jpg": make_blank(20)})
    viewer = SourceViewer(ShownFile("p.zip", (), (), archive, "pictures"))
    assert viewer.measure() == [(20, 400), (30, 400)]
    assert Image.open(io.BytesIO(viewer.draw(2))).size == (30, 400)


# ── OFD ──────────────────────────────────────────────────────────────────────────────


def test_the_pages_of_a_scanned_ofd_are_read_in_their_order(read_widths):
    published = readers.read(scanned_pages.make_ofd([make_blank(30), make_blank(20)]), "ofd")
    assert read_widths == [30, 20]
    assert published.scanned
    assert [block.place.page for block in published.blocks if isinstance(block, PublishedTable)] == [1, 2]


def test_without_the_extra_a_scanned_ofd_is_refused(monkeypatch):
    monkeypatch.setattr(scans, "is_installed", lambda: False)
    with pytest.raises(UnreadableError, match="没有文字") as stopped:
        readers.read(scanned_pages.make_ofd([make_blank(30)]), "ofd")
    assert "nianbao[ocr]" in stopped.value.fix


# ── with text recognition ────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def read_once():
    """Read a page that comes with the same pixels in several files once: the files are opened for each test."""
    read_scan, known = scans.read_scan, {}

    def read(picture):
        key = picture.shape, sha256(picture.tobytes()).digest()
        if key not in known:
            known[key] = read_scan(picture)
        return known[key]

    return read


@pytest.fixture
def _unhurried(monkeypatch, read_once):
    """Give a page as long as it takes, since other tests run at the same time."""
    monkeypatch.setattr(scans, "_PAGE_SECONDS", 600)
    monkeypatch.setattr(scans, "read_scan", read_once)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Return the pages of a report with its tables, and its figures."""
    home = tmp_path_factory.mktemp("printed")
    (home / "data").mkdir()
    (home / "data/2020.toml").write_bytes((ROOT / "data/2020.toml").read_bytes())
    outputs.build_report(Store(home), Period(2020), ["pdf"])
    pages = scanned_pages.list_pages((home / "build/2020.pdf").read_bytes(), 200)
    return pages, check.check_report(Store(home), Period(2020)).report.figures


@pytest.mark.usefixtures("_unhurried")
@NEEDS_OCR
@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["zip", "ofd"])
def test_the_figures_of_pages_that_are_pictures_are_read(suffix, printed, forms):
    pages, figures = printed
    pictures = [scanned_pages.make_picture(page, "jpeg") for page in pages]
    named = {f"page{number}.jpg": picture for number, picture in enumerate(pictures, 9)}
    content = scanned_pages.make_ofd(pictures) if suffix == "ofd" else scanned_pages.make_archive(named)
    cells = recognize(readers.read(content, suffix), forms).cells_by_address
    assert {address: cell.value for address, cell in cells.items()} == figures


@pytest.mark.usefixtures("_unhurried")
@NEEDS_OCR
@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["zip", "ofd"])
def test_the_pages_of_a_scan_are_shown_as_pictures(suffix, printed, tmp_path):
    pictures = [scanned_pages.make_picture(page, "jpeg") for page in printed[0][1:2]]
    content = (
        scanned_pages.make_ofd(pictures) if suffix == "ofd" else scanned_pages.make_archive({"1.jpg": pictures[0]})
    )
    (tmp_path / f"scan.{suffix}").write_bytes(content)
    options = pipeline.ImportOptions(period=Period(2020), show=True)
    shown = pipeline.read_report(Store(tmp_path), str(tmp_path / f"scan.{suffix}"), options).shown
    assert shown.drawable == "pictures"
    assert len(SourceViewer(shown).measure()) == 1
    assert {place.place.page for place in shown.places if place.place.page} <= {1}
