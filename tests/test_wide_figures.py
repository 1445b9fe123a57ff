"""Figures that the columns of the form do not hold: readable and on one line in every format."""

import re
import zipfile

import pdfplumber
import pytest
from lxml import etree

from nianbao.build import outputs
from nianbao.model.period import Period
from nianbao.workspace.store import Store

LONG = "123456789012"
LABELS = 3  # columns
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DIGIT = 0.5  # em: no usual face has narrower digits
INSETS = 6  # pt, in a cell


@pytest.fixture(params=["one", "all"])
def long_figures(request, office):
    """Build a report whose row of granted requests has one long figure and its total, or nothing but long figures."""
    data = office / "data/2020.toml"
    text = data.read_text(encoding="utf-8")
    names = ["person", "business", "research", "charity", "legal", "other", "total"]
    long = names if request.param == "all" else ["person", "total"]
    row = ", ".join(f"{name} = {LONG}" for name in long)
    text, count = re.subn(r"(?m)^(outcome\.granted\s*=) .*$", rf"\1 {{ {row} }}", text)
    assert count == 1
    data.write_text(text, encoding="utf-8")
    outputs.build_report(Store(office), Period(2020), ["pdf", "docx", "odt"], draft=True)
    return office / "build", len(long), request.param == "one"


def test_the_pdf_has_them_on_one_line(long_figures):
    folder, count, may_keep_size = long_figures
    with pdfplumber.open(folder / "2020.pdf") as pdf:
        words = [word for page in pdf.pages for word in page.extract_words(extra_attrs=["size"])]
    found = [word["size"] for word in words if word["text"] == LONG]
    assert len(found) >= count  # totals of columns are made from them
    assert min(found) >= (9 if may_keep_size else 5) - 0.01


def test_the_word_file_has_room_for_them(long_figures):
    folder, count, may_keep_size = long_figures
    with zipfile.ZipFile(folder / "2020.docx") as package:
        document = etree.fromstring(package.read("word/document.xml"))
    cells = [cell for cell in document.iter(f"{W}tc") if "".join(cell.itertext()) == LONG]
    assert len(cells) >= count
    for cell in cells:
        size = cell.find(f".//{W}r/{W}rPr/{W}sz")
        points = 9 if size is None else int(size.get(f"{W}val")) / 2
        assert points >= (9 if may_keep_size else 4)
        wide = int(cell.find(f"{W}tcPr/{W}tcW").get(f"{W}w")) / 20
        assert len(LONG) * DIGIT * points <= wide - INSETS
    for cell in document.iter(f"{W}tc"):  # a label that begins with a number is no figure
        if "".join(cell.itertext()).startswith("1.属于"):
            assert cell.find(f".//{W}r/{W}rPr/{W}sz") is None


def test_the_open_document_has_room_for_them(long_figures):
    folder, count, may_keep_size = long_figures
    with zipfile.ZipFile(folder / "2020.odt") as package:
        content = package.read("content.xml").decode()
    assert content.count(f">{LONG}<") >= count
    smaller = re.findall(r'<style:style style:name="(Figure\.\d+)"', content)
    assert bool(smaller) != may_keep_size
    assert all(int(name.removeprefix("Figure.")) >= 8 for name in smaller)


def test_the_table_is_as_wide_as_before(long_figures):
    folder, _count, _may_keep_size = long_figures
    with zipfile.ZipFile(folder / "2020.docx") as package:
        document = etree.fromstring(package.read("word/document.xml"))
    for grid in document.iter(f"{W}tblGrid"):
        widths = [int(column.get(f"{W}w")) for column in grid]
        assert sum(widths) == pytest.approx(156 / 25.4 * 1440, abs=len(widths))
        assert min(widths) > 0
