"""Scans of our own pages and of a published report: no wrong figure, and nearly every figure read."""

import json
import os
import shutil
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
import scanned_pages
from msgspec.structs import replace
from PIL import Image
from test_import_field import make_page, number_figures

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.importer import pipeline, readers
from nianbao.importer.readers import UnreadableError, ofd, scanned_file, scans
from nianbao.importer.readers.scans import engine
from nianbao.importer.recognition import recognize
from nianbao.importer.recognition.figures_json import collect_figures
from nianbao.importer.recognition.proof import find_unproven
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.workspace.processes import pool
from nianbao.workspace.processes.limits import LimitError
from nianbao.workspace.store import Store

pytestmark = pytest.mark.skipif(not scans.is_installed(), reason="scans need the extra ocr: uv sync --extra ocr")
FOLDER = Path(__file__).parent


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """Other tests may take all of the machine, and a page then longer than it may for a user."""
    monkeypatch.setattr(scans, "_PAGE_SECONDS", 600)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Return a function that gives the PDF of a sample, and its figures."""
    folder = tmp_path_factory.mktemp("printed")

    def make(source, year):
        source = FOLDER.parent / source
        home = folder / str(year)
        if not home.exists():
            (home / "data").mkdir(parents=True)
            text = source.read_text(encoding="utf-8")
            if "[prose]" not in text:  # of a sample whose figures alone were read
                text += '\n[prose]\nproblems = "存在的问题是公开不够及时，已改进。"\n'
            (home / f"data/{year}.toml").write_text(text, encoding="utf-8")
            outputs.build_report(Store(home), Period(year), ["pdf"])
        return (home / f"build/{year}.pdf").read_bytes(), check.check_report(Store(home), Period(year)).report.figures

    make.folder = folder
    return make


VARIANTS = {  # dpi, what happens to the pages, and the share of figures that is read at least
    "200 dpi": (200, {}, 1.0),
    "200 dpi, askew, noisy, stamped": (200, {"skew": 1.3, "noise": 12, "stamp": (0.72, 0.85)}, 0.9),
    "150 dpi, askew, noisy": (150, {"skew": -0.8, "noise": 8}, 0.9),
    "200 dpi, on its side": (200, {"skew": 0.4, "turns": 1}, 0.97),
    "150 dpi, on its head": (150, {"skew": 0.4, "turns": 2}, 0.9),
}
REPORTS = [("data/2020.toml", 2020), ("tests/samples/shuyang-drc-2023.toml", 2023)]


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_figure_of_a_scan_is_wrong_and_nearly_all_are_read(variant, forms, printed, seeds):
    dpi, spoilt, share = VARIANTS[variant]
    first = list(VARIANTS).index(variant)  # so that each report is among few scans
    for number in range(first, first + seeds("scans")):
        pdf, figures = printed(*REPORTS[number % len(REPORTS)])
        scan = scanned_pages.make_pdf(
            [scanned_pages.spoil(page, **spoilt) for page in scanned_pages.list_pages(pdf, dpi)], dpi
        )
        published = readers.read(scan, "pdf")
        assert published.scanned
        cells = recognize(published, forms).cells_by_address
        read = {address: cell.value for address, cell in cells.items() if cell.value is not None}
        wrong = {address: (value, figures.get(address)) for address, value in read.items()}
        assert {address: pair for address, pair in wrong.items() if pair[0] != pair[1]} == {}
        assert len(read) >= share * len(figures)


@pytest.mark.slow
def test_a_published_report_is_read_as_from_its_text(forms):
    """Its lines and fonts are those of another program."""
    expected = json.loads((FOLDER / "published/hongze-2023.json").read_text(encoding="utf-8"))
    source = (FOLDER / "published/hongze-2023.pdf").read_bytes()
    scan = scanned_pages.make_pdf(
        [scanned_pages.spoil(page, skew=0.5) for page in scanned_pages.list_pages(source, 200)], 200
    )
    found = collect_figures(recognize(readers.read(scan, "pdf"), forms, Period(2023)))
    wrong = count = 0
    for table in ("proactive", "requests", "review_litigation"):
        for label, row in expected[table].items():
            for column, value in row.items():
                figure = found[table].get(label, {}).get(column)
                count += figure is not None
                wrong += figure is not None and figure != value
    assert wrong == 0
    assert count >= 90


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["png", "jpeg"])
def test_the_picture_of_a_page_is_read(suffix, printed, forms):
    pdf, figures = printed(*REPORTS[0])
    page = next(page for number, page in enumerate(scanned_pages.list_pages(pdf, 200)) if number == 1)
    published = readers.read(scanned_pages.make_picture(page, suffix), suffix)
    cells = recognize(published, forms, Period(2020)).cells_by_address
    assert {address: cell.value for address, cell in cells.items()} == {
        address: value for address, value in figures.items() if address.startswith("proactive.")
    }


@pytest.mark.slow
def test_a_watermark_behind_figures_makes_none_of_them_wrong(printed, forms):
    _pdf, figures = printed(*REPORTS[0])
    home = printed.folder / "draft"
    shutil.copytree(printed.folder / "2020/data", home / "data")
    outputs.build_report(Store(home), Period(REPORTS[0][1]), ["pdf"], draft=True)
    page = scanned_pages.list_pages((home / "build/2020.pdf").read_bytes(), 200)[1]
    published = readers.read(scanned_pages.make_picture(page, "png"), "png")
    cells = recognize(published, forms, Period(2020)).cells_by_address
    read = {address: cell.value for address, cell in cells.items() if cell.value is not None}
    assert read == {address: figures[address] for address in read}
    assert len(read) >= 15


@pytest.mark.slow
def test_pages_with_text_and_pages_without_are_read_together(printed, forms):
    """Of a report of which one page was scanned again, the text of the others counts."""
    pdf, figures = printed(*REPORTS[0])
    picture = scanned_pages.make_pdf(scanned_pages.list_pages(pdf, 200)[1:2], 200)
    with pikepdf.open(BytesIO(pdf)) as whole, pikepdf.open(BytesIO(picture)) as scan:
        whole.pages[1] = scan.pages[0]
        whole.save(made := BytesIO())
    cells = recognize(readers.read(made.getvalue(), "pdf"), forms).cells_by_address
    assert {address: cell.value for address, cell in cells.items()} == figures


def ask_threads(_item):
    return os.environ.get("OMP_NUM_THREADS")


@pytest.mark.slow
def test_a_process_among_others_reads_scans_on_one_core(monkeypatch):
    """Threads of ONNX Runtime wait for each other in loops: two processes on two cores would take twice the time."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert set(pool.run_all(range(4), ask_threads, ask_threads, jobs=2)) == {"1"}
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    reader = engine._load.__wrapped__(os.getpid())._load_det_model()  # noqa: SLF001
    assert reader.session.session.get_session_options().intra_op_num_threads == 1


# ── the sums as judge ────────────────────────────────────────────────────────────────


@pytest.fixture
def read_as_scan(forms):
    """Return a function that recognizes a page, as a scan, with some figures changed behind its totals."""

    def read(*, scanned=True, **changed):
        figures = number_figures(forms[-1]) | {address.replace("__", "."): value for address, value in changed.items()}
        published = readers.read(make_page(forms[-1], figures).encode(), "html")
        return recognize(replace(published, scanned=scanned), forms)

    return read


def test_a_figure_of_a_scan_is_believed_where_a_sum_confirms_it(read_as_scan):
    assert not find_unproven(read_as_scan(scanned=False))
    unproven = find_unproven(read_as_scan())
    assert {address.partition(".")[0] for address in unproven} == {"proactive"}


def test_a_figure_of_a_scan_in_a_sum_that_does_not_hold_carries_a_note(read_as_scan):
    address = "requests.outcome.granted.person"
    wrong = read_as_scan(**{address.replace(".", "__"): 9_999})
    assert wrong.cells_by_address[address].value == 9_999
    assert address in find_unproven(wrong)


def test_the_data_file_and_the_notes_name_figures_that_no_sum_confirms(read_as_scan, tmp_path, monkeypatch, root):
    scanned = read_as_scan()
    monkeypatch.setattr(readers, "read", lambda _content, _suffix: scanned.document)
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    report = pipeline.read_report(Store(root), str(tmp_path / "a.txt"), pipeline.ImportOptions(dry_run=True))
    lines = [line for line in report.text.splitlines() if line.startswith("regulations")]
    assert len(lines) == 1
    assert "没有等式核对" in lines[0]
    assert any("没有等式可以核对" in note and "规章" in note for note in report.notes)
    assert any("规章" in name for name in report.figures["unproven_cells"])


# ── bad input ────────────────────────────────────────────────────────────────────────


def make_png_head(width, height):
    """Return a PNG that claims a size, with nothing behind it."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"")
    chunks = [head, b"IDAT" + data, b"IEND"]
    body = b"".join(struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(("width", "height"), [(20_001, 10), (10, 20_001), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_larger_than_any_scan_is_refused_before_it_is_decoded(width, height):
    with pytest.raises(UnreadableError, match=r"太大|损坏"):
        readers.read(make_png_head(width, height), "png")


def test_a_picture_without_a_page_is_no_report(forms):
    published = readers.read(scanned_pages.make_picture(Image.new("RGB", (900, 1200), "white"), "png"), "png")
    assert not published.blocks
    with pytest.raises(UserError, match="图上没有认出年报的表格") as caught:
        recognize(published, forms, Period(2020))
    assert "300 dpi" in caught.value.fix


def test_too_many_scanned_pages_are_refused_at_once(monkeypatch):
    monkeypatch.setattr(scanned_file, "MAX_SCANNED_PAGES", 1)
    page = Image.new("RGB", (90, 120), "white")
    with pytest.raises(UnreadableError, match="超过 1 页"):
        readers.read(scanned_pages.make_pdf([page, page], 20), "pdf")


def test_too_many_pictures_of_an_ofd_are_refused_before_one_is_unpacked(monkeypatch):
    monkeypatch.setattr(scanned_file, "MAX_SCANNED_PAGES", 1)
    monkeypatch.setattr(ofd, "_read_picture", lambda *_: pytest.fail("a picture was unpacked"))
    picture = scanned_pages.make_picture(Image.new("RGB", (90, 120), "white"), "jpeg")
    with pytest.raises(UnreadableError, match="超过 1 页"):
        readers.read(scanned_pages.make_ofd([picture, picture]), "ofd")


def test_a_page_that_takes_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(scans, "_PAGE_SECONDS", 0.05)
    page = Image.effect_noise((1600, 2200), 90)
    with pytest.raises(LimitError, match="还没有读完"):
        readers.read(scanned_pages.make_picture(page, "png"), "png")


def test_without_the_extra_the_message_says_how(monkeypatch):
    monkeypatch.setattr(scans, "is_installed", lambda: False)
    for content in (make_png_head(10, 10), scanned_pages.make_pdf([Image.new("RGB", (90, 120), "white")], 20)):
        with pytest.raises(UnreadableError) as stopped:
            readers.read(content, "")
        assert "nianbao[ocr]" in stopped.value.fix
        assert "OCR" in stopped.value.fix
