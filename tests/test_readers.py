"""Choice of the reader for a file, by its content and then by its suffix; a new reader needs one module only."""

import json
import zipfile
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from nianbao.importer import readers
from nianbao.importer.readers import Confidence, Sample, UnreadableError, xlsx

PUBLISHED = Path(__file__).parent / "published/jianping-wjj-2020.txt"


def make_package(*names, mimetype=""):
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for name in names:
            package.writestr(name, "x")
        if mimetype:
            package.writestr("mimetype", mimetype)
    return content.getvalue()


PAGE = b"<!DOCTYPE html><p>1"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FORMATS = [
    (b"%PDF-1.7", "docx", "pdf"),
    (b"x\n%PDF-1.7", "txt", "pdf"),
    (make_package("word/document.xml"), "pdf", "docx"),
    (make_package("word/document2.xml"), "", "docx"),
    (make_package("xl/workbook.xml"), "ods", "xlsx"),
    (make_package("content.xml", mimetype="application/vnd.oasis.opendocument.text"), "docx", "odt"),
    (make_package("content.xml", mimetype="application/vnd.oasis.opendocument.spreadsheet"), "xls", "ods"),
    (make_package("OFD.xml"), "pdf", "ofd"),
    (make_package("scans/", "scans/1.png", "scans/2.JPG", "__MACOSX/1.png"), "png", "zip"),
    (OLE + "WordDocument".encode("utf-16-le"), "docx", "doc"),
    (OLE + "Workbook".encode("utf-16-le"), "doc", "xls"),
    (b"{\\rtf1 x}", "doc", "rtf"),
    (b"From: a\nTo: b\n\nwords", "mht", "eml"),
    (b"Subject: a\n\nwords", "eml", "eml"),
    (b"a,b\n", "csv", "csv"),
    (b"\x89PNG\r\n\x1a\n", "jpg", "png"),
    (b"\xff\xd8\xff\xe0", "png", "jpeg"),
    (b"MIME-Version: 1.0\n\n", "doc", "mht"),
    (b"any words", "mhtml", "mht"),
    (b'{"a": 1}', "", "json"),
    (b'{"a": 1}', "txt", "txt"),
    (b"any words", ".JSON", "json"),
    (PAGE, "txt", "html"),
    (PAGE, "doc", "html"),
    (b"<div>1", "md", "md"),  # a Markdown file may contain HTML
    (b"<div>1", "doc", "html"),
    (b"any words", "shtml", "html"),
    (b"# Head\n", "", "md"),
    (b"# Head\n", "txt", "txt"),
    (b"any words", "markdown", "md"),
    (b"any words", "pdf", "txt"),
    ("年报".encode("utf-16"), "", "txt"),
]


@pytest.mark.parametrize(("content", "suffix", "format_name"), FORMATS)
def test_content_decides_and_the_suffix_only_between_text_formats(content, suffix, format_name):
    assert readers.choose_format(content, suffix) == format_name


def test_every_reader_is_chosen_for_a_file_and_has_its_own_order():
    assert {format_name for _content, _suffix, format_name in FORMATS} == set(readers.load_readers())
    orders = [reader.ORDER for reader in readers.load_readers().values()]
    assert len(set(orders)) == len(orders)


@pytest.mark.parametrize(
    "content",
    [
        make_package("a.txt"),
        make_package("1.png", "a.txt"),
        make_package("a", mimetype="application/epub+zip"),
        b"\x00\x01",
        b"BM\x00",
    ],
)
def test_no_reader_claims_what_is_no_report(content):
    with pytest.raises(UnreadableError):
        readers.choose_format(content, "txt")


def test_a_package_is_opened_once(monkeypatch):
    sample = Sample(make_package("content.xml", mimetype="application/vnd.oasis.opendocument.text"), "odt")
    opened = []
    original = zipfile.ZipFile

    def count_opening(*args, **kwargs):
        opened.append(args)
        return original(*args, **kwargs)

    monkeypatch.setattr(zipfile, "ZipFile", count_opening)
    assert [
        format_name
        for format_name, reader in readers.load_readers().items()
        if reader.claim(sample) is Confidence.CERTAIN
    ] == ["odt"]
    assert len(opened) == 1


READER = '''"""Texts encoded as in mail, in Base64."""

from base64 import b64decode

from nianbao.importer.readers import txt
from nianbao.importer.readers.sniff import Confidence, Sample

ORDER = {order}


def claim(sample: Sample) -> Confidence:
    return Confidence.CERTAIN if {condition} else Confidence.NO


def read(content: bytes):
    return txt.read(b64decode(content.removeprefix(b"\\0mail\\n")))
'''


@pytest.mark.parametrize(
    ("name", "begin", "reader"),
    [
        ("sent.txt", b"\0mail\n", READER.format(order=15, condition='sample.content.startswith(b"\\0mail\\n")')),
        ("sent.mail", b"", READER.format(order=40, condition='sample.has_suffix({"mail"})')),
    ],
    ids=["by content", "by name"],
)
def test_a_reader_is_added_by_one_module(copied, tmp_path, name, begin, reader):
    def figures(file):
        result = copied.report("import", file, "--year", "2020", "--to", "json", cwd=tmp_path)
        return (
            {key: value for key, value in json.loads(result.stdout).items() if key != "file"} if result.stdout else {}
        )

    (tmp_path / "plain.txt").write_bytes(PUBLISHED.read_bytes())
    (tmp_path / name).write_bytes(begin + b64encode(PUBLISHED.read_bytes()))
    expected = figures("plain.txt")
    assert expected["proactive"]
    assert figures(name) != expected
    (copied.package / "importer/readers/mail.py").write_text(reader, encoding="utf-8")
    assert figures(name) == expected


def test_a_sheet_with_as_many_rows_as_an_excel_form_can_have_is_read_whole():
    """27 states by 91 categories, with rows for own ones, are over 3,000 rows."""
    last, content = 3_200, BytesIO()
    book = openpyxl.Workbook()
    for row in (1, last):
        book.active.cell(row, 1, f"row {row}")
    book.save(content)
    document = xlsx.read(content.getvalue())
    assert document.notes == ()
    assert f"row {last}" in {cell.text for block in document.blocks for cell in getattr(block, "cells", ())}
