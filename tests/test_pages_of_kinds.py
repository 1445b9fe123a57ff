"""The example of each kind of document has as many pages in Word, OpenDocument and printed web pages as in the PDF, and
the same space around its parts.
"""

import itertools
import re
import unicodedata

import pdfplumber
import pytest
from cases import convert_all, own_faces
from test_every_kind import KINDS, lay_out

from nianbao.build import outputs
from nianbao.model.period import parse_period
from nianbao.workspace.store import Store

pytestmark = [
    pytest.mark.needs("soffice", package="libreoffice-writer-nogui"),
    pytest.mark.needs("chromium"),
    pytest.mark.slow,
]
SUFFIXES = ("docx", "odt", "html")
# Lines of the only face of these tests are higher than the look says, where a program lets them: in Word files. Tables
# of several pages fill them differently.
UNEQUAL = {("eu-dsa", "docx"), ("eu-dsa", "html"), ("eu-dsa", "odt"), ("us-foia", "docx")}


# Lines of an example without a grid, and those that follow: a list, a heading below one, and headings below tables.
FOLLOWING = [("This report covers", "1."), ("3. A copy", "II.")]
FOLLOWING += [("Expedited Processing", "C."), ("Total", "D."), ("Agency Overall", "B."), ("Agency Overall", "C.")]


@pytest.fixture(scope="module")
def printed(own_fonts, browser, tmp_path_factory):
    """Build and print a report of each kind; return the lines of each page, with their ends, by kind and suffix."""
    folder, files = tmp_path_factory.mktemp("kinds"), {}
    with own_faces():
        for kind in KINDS:
            (folder / kind).mkdir()
            *office, period = lay_out(kind, folder / kind)[0]
            store = Store(folder / kind)
            store = store.of_office(*office) if office else store
            outputs.build_report(store, parse_period(period), [*SUFFIXES, "pdf"], draft=False)
            for suffix in (*SUFFIXES, "pdf"):
                (built,) = (folder / kind / "build").rglob(f"*.{suffix}")
                files[kind, suffix] = built.rename(folder / f"{kind}-{suffix}.{suffix}")
    convert_all([files[kind, suffix] for kind in KINDS for suffix in ("docx", "odt")], "pdf", folder, env=own_fonts)
    window = browser.new_page()
    for kind in KINDS:
        window.goto(files[kind, "html"].as_uri())
        window.pdf(path=files[kind, "html"].with_suffix(".pdf"), prefer_css_page_size=True)
    window.close()
    pages = {}
    for key, file in files.items():
        with pdfplumber.open(file.with_suffix(".pdf")) as pdf:
            pages[key] = [[(line["text"], line["bottom"]) for line in page.extract_text_lines()] for page in pdf.pages]
    return pages


def measure_spaces(pages):
    """Return how far below each of some lines the next one of its page ends, in pt."""
    pairs = [pair for page in pages for pair in itertools.pairwise(page)]
    return {
        (one, next_one): its_end - end
        for (text, end), (following, its_end) in pairs
        for one, next_one in FOLLOWING
        if text.startswith(one) and following.startswith(next_one)
    }


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_format_has_the_pages_of_the_pdf(printed, kind, suffix):
    assert abs(len(printed[kind, suffix]) - len(printed[kind, "pdf"])) <= ((kind, suffix) in UNEQUAL)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_has_the_spaces_of_the_pdf(printed, suffix):
    expected, found = measure_spaces(printed["us-foia", "pdf"]), measure_spaces(printed["us-foia", suffix])
    both = set(found) & set(expected)  # a page may end between two lines
    assert {*FOLLOWING[:2]} < both
    assert all(abs(found[pair] - expected[pair]) < 4 for pair in both), (found, expected)


@pytest.mark.parametrize("suffix", [*SUFFIXES, "pdf"])
def test_no_page_ends_with_the_first_line_of_an_item_or_begins_with_the_last(printed, suffix):
    for page, following in itertools.pairwise(printed["us-foia", suffix]):
        (last, _end), (first, _its_end) = page[-2], following[0]  # above the number of the page
        begins = re.match(r"\d+\. ", following[1][0])
        assert not (re.match(r"\d+\. ", last) and first[0].islower()), last
        assert not (first[0].islower() and begins), first


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("cn-") and kind != "cn-letter"])
def test_the_title_has_the_lines_of_the_pdf(printed, kind, suffix):
    found, expected = ([join(text) for text, _end in printed[kind, one][0][:2]] for one in (suffix, "pdf"))
    assert found == expected


def join(text):
    """Leave spaces out: LibreOffice sets digits apart. A browser may write 示 as the radical that looks like it."""
    return unicodedata.normalize("NFKC", text).replace(" ", "")
