"""The signature in both forms of GB/T 9704, 7.3.5, the title and the tags of the PDF: measured by what is drawn."""

import re
import unicodedata

import pdfplumber
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from nianbao.build import outputs
from nianbao.model.period import Period
from nianbao.workspace.store import Store

MM = 72 / 25.4
EM = 16  # pt
ADVANCE = 156 * MM / 28  # of a character of the text
RIGHT = (210 - 26) * MM
SHORT, USUAL = "某局", "鞍山市人力资源和社会保障局"
LONG = "内蒙古自治区呼伦贝尔市莫力达瓦达斡尔族自治旗人民政府办公室"
LOOK = 'base = "gongwen"\n[signature]\nform = "plain"\nindent = 2\nabove = 1\n'


def build(office, *, look="", name=USUAL, title=""):
    data = office / "data/2020.toml"
    text = data.read_text(encoding="utf-8").replace(USUAL, name)
    if title:
        text = re.sub("(?m)^title .*$", f'title = "{title}"', text)
    data.write_text(text, encoding="utf-8")
    if look:
        (office / "templates/looks").mkdir(parents=True)
        (office / "templates/looks/own.toml").write_text(look, encoding="utf-8")
    outputs.build_report(Store(office), Period(2020), ["pdf"], look="own" if look else "")
    return office / "build/2020.pdf"


def find_lines(path, page):
    """Return the lines of a page: text, left, right and top edge."""
    with pdfplumber.open(path) as pdf:
        lines = pdf.pages[page].extract_text_lines(y_tolerance=5)
    return [(line["text"].replace(" ", ""), line["x0"], line["x1"], line["top"]) for line in lines]


def find_signature(path):
    lines = [line for line in find_lines(path, -1) if not line[0].startswith("—")]
    return lines[-3:]  # the last line of the text, the name, the day


@pytest.mark.parametrize("name", [SHORT, USUAL, LONG[-16:]])
def test_with_a_seal_the_name_is_centred_on_the_day(office, name):
    above, (text, left, right, top), (_day, begin, end, below) = find_signature(build(office, name=name))
    assert text == name
    assert (left + right) / 2 == pytest.approx((begin + end) / 2, abs=MM / 2)
    if len(name) < 15:
        assert end == pytest.approx(RIGHT - 4 * EM, abs=MM)
    assert right <= RIGHT + 0.5
    assert below - top == pytest.approx(28.95, abs=0.5)
    assert top - above[3] == pytest.approx(2.5 * 28.95, abs=0.5)  # a seal of 42 mm has room


def test_a_name_longer_than_the_line_goes_on_below(office):
    (first, left, right, _top), (second, begin, end, _below), _day = find_signature(build(office, name=LONG))
    assert first + second == LONG
    assert left >= 28 * MM - 0.5
    assert right <= RIGHT + 0.5
    assert (left + right) / 2 == pytest.approx((begin + end) / 2, abs=MM / 2)


@pytest.mark.parametrize("name", [SHORT, USUAL])
def test_without_a_seal_the_day_begins_two_characters_to_the_right(office, name):
    above, (text, left, right, top), (_day, begin, end, _below) = find_signature(build(office, look=LOOK, name=name))
    assert text == name
    assert begin - left == pytest.approx(2 * EM, abs=MM)
    assert max(right, end) == pytest.approx(RIGHT - 2 * EM, abs=MM)
    assert top - above[3] == pytest.approx(2 * 28.95, abs=0.5)


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("look", ["", LOOK])
def test_the_printed_web_page_has_the_signature_where_the_pdf_has_it(office, browser, look):
    build(office, look=look)
    outputs.build_report(Store(office), Period(2020), ["html"], look="own" if look else "")
    printed = office / "build/printed.pdf"
    page = browser.new_page()
    page.goto((office / "build/2020.html").as_uri())
    page.pdf(path=printed, prefer_css_page_size=True)
    page.close()
    for (text, *edges), (words, *expected) in zip(
        find_signature(printed)[1:], find_signature(office / "build/2020.pdf")[1:], strict=True
    ):
        assert unicodedata.normalize("NFKC", text) == words  # Chromium's PDF has some radicals for characters
        assert edges[:2] == pytest.approx(expected[:2], abs=EM / 2)


@pytest.mark.parametrize(
    ("title", "broken"),
    [
        (f"{USUAL}2020年度政府信息公开工作报告", [USUAL, "2020年度政府信息公开工作报告"]),
        (f"2020年度{USUAL}政府信息公开工作年度报告", [f"2020年度{USUAL}", "政府信息公开工作年度报告"]),
        (f"2020年度政府信息公开工作报告{USUAL}", None),
    ],
)
def test_a_title_breaks_after_the_name(office, title, broken):
    lines = [line[0] for line in find_lines(build(office, title=title), 0)]
    assert lines[:2] == broken if broken else "".join(lines[:2]) == title


@pytest.mark.parametrize(
    "lines",
    [
        ["内蒙古自治区呼伦贝尔市", "莫力达瓦达斡尔族自治旗人民政府办公室"],
        ["甲乙丙丁戊己庚辛壬癸甲乙丙丁戊己", "庚辛壬癸甲乙丙丁戊己庚辛壬癸"],  # without the end of a name in it
    ],
)
def test_a_name_that_is_too_wide_breaks_behind_a_name_in_it_or_into_about_equal_lines(office, lines):
    name = "".join(lines)
    found = find_lines(build(office, name=name, title=f"{name}2020年度政府信息公开工作报告"), 0)
    assert [line for line, *_edges in found[:2]] == lines


def test_the_title_is_tagged_as_one_and_headings_hold_words_only(built):
    with pikepdf.open(built / "2020.pdf") as pdf:
        tags = list(pdf.Root.StructTreeRoot.K[0].K)
        assert str(tags[0].S) == "/Title"
        headings = [tag for tag in tags if re.fullmatch(r"/H\d", str(tag.S))]
        assert len(headings) > 8
        assert not [kid for tag in headings for kid in tag.K if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]


@pytest.mark.parametrize(("look", "is_drawn"), [("", True), ('base = "gongwen"\n[title]\npen = 0\n', False)])
def test_a_free_face_that_stands_in_for_that_of_the_title_is_drawn_with_a_pen(office, look, is_drawn):
    with pypdfium2.PdfDocument(build(office, look=look)) as pdf:
        modes = {}
        for item in pdf[0].get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
            mode = pdfium.FPDFTextObj_GetTextRenderMode(item.raw)
            modes.setdefault(round(pdf[0].get_height() - item.get_bounds()[1]), mode)
    lines = [modes[top] for top in sorted(modes)]
    has_pen = [mode == pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE for mode in lines]
    assert has_pen == [is_drawn, is_drawn, *[False] * (len(lines) - 2)]
