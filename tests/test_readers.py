"""Which reader takes a file, by its content and then by its name; a reader is added by one file."""

import json
import zipfile
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import pytest

from nianbao.importer import readers
from nianbao.importer.readers import Claim, Sample, UnreadableError

PUBLISHED = Path(__file__).parent / "published/jianping-wjj-2020.txt"


def packed(*names, mimetype=""):
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for name in names:
            package.writestr(name, "x")
        if mimetype:
            package.writestr("mimetype", mimetype)
    return content.getvalue()


PAGE = b"<!DOCTYPE html><p>1"
KINDS = [
    (b"%PDF-1.7", "docx", "pdf"),
    (b"x\n%PDF-1.7", "txt", "pdf"),
    (packed("word/document.xml"), "pdf", "docx"),
    (packed("word/document2.xml"), "", "docx"),
    (packed("xl/workbook.xml"), "ods", "xlsx"),
    (packed("content.xml", mimetype="application/vnd.oasis.opendocument.text"), "docx", "odt"),
    (b"MIME-Version: 1.0\n\n", "doc", "mht"),
    (b"any words", "mhtml", "mht"),
    (b'{"a": 1}', "", "json"),
    (b'{"a": 1}', "txt", "txt"),
    (b"any words", ".JSON", "json"),
    (PAGE, "txt", "html"),
    (PAGE, "doc", "html"),
    (b"<div>1", "md", "md"),  # a piece of a page stands in a Markdown file too
    (b"<div>1", "doc", "html"),
    (b"any words", "shtml", "html"),
    (b"# Head\n", "", "md"),
    (b"# Head\n", "txt", "txt"),
    (b"any words", "markdown", "md"),
    (b"any words", "pdf", "txt"),
    ("年报".encode("utf-16"), "", "txt"),
]


@pytest.mark.parametrize(("content", "suffix", "kind"), KINDS)
def test_content_decides_and_then_the_name_between_kinds_of_text(content, suffix, kind):
    assert readers.choose_format(content, suffix) == kind


def test_every_reader_is_reached_and_none_shares_its_place():
    assert {kind for _content, _suffix, kind in KINDS} == set(readers.load_readers())
    orders = [reader.ORDER for reader in readers.load_readers().values()]
    assert len(set(orders)) == len(orders)


@pytest.mark.parametrize(
    "content", [packed("a.txt"), packed("a", mimetype="application/epub+zip"), b"\x00\x01", b"BM\x00"]
)
def test_no_reader_takes_what_is_no_report(content):
    with pytest.raises(UnreadableError):
        readers.choose_format(content, "txt")


def test_a_package_is_looked_into_once(monkeypatch):
    sample = Sample(packed("content.xml", mimetype="application/vnd.oasis.opendocument.text"), "odt")
    opened = []
    whole = zipfile.ZipFile

    def counted(*words, **more):
        opened.append(words)
        return whole(*words, **more)

    monkeypatch.setattr(zipfile, "ZipFile", counted)
    assert [kind for kind, reader in readers.load_readers().items() if reader.claim(sample) is Claim.CERTAIN] == ["odt"]
    assert len(opened) == 1


READER = '''"""Texts as they go through mail, in base 64."""

from base64 import b64decode

from nianbao.importer.readers import txt
from nianbao.importer.readers.sniff import Claim, Sample

ORDER = {order}


def claim(sample: Sample) -> Claim:
    return Claim.CERTAIN if {mine} else Claim.NO


def read(content: bytes):
    return txt.read(b64decode(content.removeprefix(b"\\0mail\\n")))
'''


@pytest.mark.parametrize(
    ("name", "begin", "reader"),
    [
        ("sent.txt", b"\0mail\n", READER.format(order=15, mine='sample.content.startswith(b"\\0mail\\n")')),
        ("sent.mail", b"", READER.format(order=40, mine='sample.has_suffix({"mail"})')),
    ],
    ids=["by content", "by name"],
)
def test_a_reader_is_added_by_one_file(copied, tmp_path, name, begin, reader):
    def figures(sent):
        done = copied.report("import", sent, "--year", "2020", "--to", "json", cwd=tmp_path)
        return {key: value for key, value in json.loads(done.stdout).items() if key != "file"} if done.stdout else {}

    (tmp_path / "plain.txt").write_bytes(PUBLISHED.read_bytes())
    (tmp_path / name).write_bytes(begin + b64encode(PUBLISHED.read_bytes()))
    expected = figures("plain.txt")
    assert expected["proactive"]
    assert figures(name) != expected
    (copied.package / "importer/readers/mail.py").write_text(reader, encoding="utf-8")
    assert figures(name) == expected
