"""What other programs make of the files: LibreOffice, Chromium and poppler open them."""

import re
import subprocess

import docx
import pytest
from cases import converted


def run(*command, cwd, timeout=600):
    return subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, check=False, timeout=timeout)


@pytest.mark.needs("soffice", package="libreoffice-writer-nogui")
def test_libreoffice_opens_the_word_file_and_prints_as_many_pages(built, tmp_path):
    printed = converted(built / "2020.docx", "pdf", tmp_path)
    import pdfplumber  # noqa: PLC0415  # slow to import

    with pdfplumber.open(printed) as word, pdfplumber.open(built / "2020.pdf") as ours:
        assert abs(len(word.pages) - len(ours.pages)) <= 1
        tables = [table for page in word.pages for table in page.find_tables()]
        assert len(tables) >= 3
        text = re.sub(r"\s+", "", "".join(page.extract_text() for page in word.pages))
    assert "498935.88元" in text
    assert "—1—" in text


@pytest.mark.needs("soffice", package="libreoffice-writer-nogui")
def test_libreoffice_keeps_the_word_file_when_it_saves_it(built, tmp_path):
    after = docx.Document(converted(built / "2020.docx", "docx", tmp_path))
    before = docx.Document(built / "2020.docx")
    assert [len(table.rows) for table in after.tables] == [len(table.rows) for table in before.tables] == [18, 26, 4]


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("width", [375, 768, 1280])
def test_chromium_lays_the_page_out_within_its_window(built, browser, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((built / "2020.html").as_uri())
    assert page.evaluate("innerWidth") == width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.needs("pdffonts", package="poppler-utils")
def test_poppler_finds_every_face_embedded(built, tmp_path):
    lines = run("pdffonts", built / "2020.pdf", cwd=tmp_path).stdout.decode().splitlines()[2:]
    assert lines
    assert all(re.search(r" yes +yes +(yes|no) ", line) for line in lines)


@pytest.mark.needs("qpdf")
def test_qpdf_finds_nothing_wrong(built, tmp_path):
    done = run("qpdf", "--check", built / "2020.pdf", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
