"""Hard cases in every place: nothing overflows, is cut or vanishes, and what cannot be drawn is told."""

import re

import docx
import pdfplumber
import pytest
from cases import FIGURE, HEBREW, NAME, RARE, SECTION, TITLE, WORD, converted
from lxml import html

pytestmark = pytest.mark.slow  # ninety pages
MM = 72 / 25.4
BLANK = " \u3000，。、；：（）〔〕《》“”"


def squeezed(text):
    return re.sub(r"[\s\u200b]+", "", text)


@pytest.fixture(scope="module")
def pdf(hard):
    with pdfplumber.open(hard[1].with_suffix(".pdf")) as opened:
        yield opened


def test_what_no_face_draws_is_told_and_its_number_printed(hard, pdf):
    done, _path = hard
    told = [finding for finding in done.check.findings if finding.rule == "glyph-missing"]
    said = {match[1] for finding in told if (match := re.search(r"“(.)”", finding.message))}
    assert "🙂" in said or "〔U+1F642〕" not in (pdf.pages[-2].extract_text() + pdf.pages[-1].extract_text())
    text = squeezed("".join(page.extract_text() for page in pdf.pages[-3:]))
    for sign in said - {"\u200d"}:
        assert f"U+{ord(sign):04X}" in text


def test_nothing_of_the_pdf_leaves_its_page(pdf):
    for page in pdf.pages:
        for char in page.chars:
            if char["size"] > 100 or char["text"] in BLANK:  # the mark of a draft; signs that are half blank
                continue
            assert char["x0"] >= 28 * MM - 1, char
            assert char["x1"] <= (210 - 26) * MM + 1, char
            assert char["top"] >= 30 * MM, char
            assert char["bottom"] <= (297 - 15) * MM, char


def test_all_of_the_text_is_in_the_pdf(pdf):
    text = squeezed("".join("".join(char["text"] for char in page.chars if char["size"] < 100) for page in pdf.pages))
    text = re.sub(r"—\d+—", "", text)
    assert squeezed(TITLE) in text
    assert squeezed(SECTION) in text
    assert WORD in text
    assert NAME in text
    assert text.count(str(FIGURE)) >= 20 * 6


def test_long_figures_stay_in_their_cells(pdf):
    long = 0
    for page in pdf.pages[-4:]:
        cells = [cell for table in page.find_tables() for row in table.rows for cell in row.cells if cell]
        for left, top, right, bottom in cells:
            chars = [char for char in page.chars if left < (char["x0"] + char["x1"]) / 2 < right and char["size"] < 100]
            inside = [char for char in chars if top < char["top"] < bottom and char["text"] not in BLANK]
            text = "".join(char["text"] for char in inside)
            long += text == str(FIGURE)
            assert all(left - 0.5 <= char["x0"] and char["x1"] <= right + 0.5 for char in inside)
    assert long >= 20 * 6


def test_all_of_the_text_is_in_the_word_file_and_the_web_page(hard):
    _done, path = hard
    document = docx.Document(path.with_suffix(".docx"))
    word = squeezed("".join(paragraph.text for paragraph in document.paragraphs))
    page = squeezed(html.fromstring(path.with_suffix(".html").read_bytes()).find(".//main").text_content())
    for text in (TITLE, SECTION, WORD, NAME, RARE, HEBREW):
        assert squeezed(text) in word
        assert squeezed(text) in page


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("width", [320, 1280])
def test_the_web_page_stays_within_its_window(hard, browser, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(hard[1].with_suffix(".html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.needs("soffice", package="libreoffice-writer-nogui")
@pytest.mark.parametrize("suffix", [".docx", ".odt"])
def test_libreoffice_keeps_it_on_the_page_too(hard, tmp_path, suffix):
    with pdfplumber.open(converted(hard[1].with_suffix(suffix), "pdf", tmp_path)) as opened:
        text = ""
        for page in opened.pages:
            chars = [char for char in page.chars if char["text"].strip()]
            assert min(char["x0"] for char in chars) >= 28 * MM - 2
            assert max(char["x1"] for char in chars) <= (210 - 26) * MM + 20  # punctuation may hang
            text += "".join(char["text"] for char in chars)
    assert text.count("题") >= TITLE.count("题")
    assert text.count("尽") == SECTION.count("尽")
