"""Published files from strangers: whatever one holds, it ends within bounds, is named, and stops no other."""

import io
import json
import re
import subprocess
import sys
import time
import tracemalloc
import zipfile
import zlib
from contextlib import nullcontext, suppress
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from test_carried_facts import find_active_elements

from nianbao.importer import batch, pipeline, readers, reading_by_kind
from nianbao.importer.readers import attached, csv, html, md, ods, ofd, refusal, xlsx, xml_parts
from nianbao.importer.readers import json as json_reader
from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.recognition import markdown, office_folder
from nianbao.importer.recognition.office_folder import make_folder_name
from nianbao.model.finding import UserError
from nianbao.workspace import files
from nianbao.workspace.processes.limits import limit
from nianbao.workspace.store import Store

pytestmark = pytest.mark.slow


FOLDER = Path(__file__).parent.parent / "published"
PAGE = (FOLDER / "shuyang-drc-2023.html").read_text(encoding="utf-8")

# ── words with a meaning for the renderer ───────────────────────────────────────────

WORDS = [
    ["{{ year }}"],
    ["{% for x in range(9) %}x{% endfor %}"],
    ["{# x #}"],
    ["{{{{ own.x }}}}"],
    ['[x]{onclick="alert(1)"}'],
    ["[x](javascript:alert(1))"],
    ["[x]{typst:text:fill='red'}"],
    ["::: {onmouseover=x}", "x", ":::"],
    ["::: {.form}", "x", ":::"],
    [":::: x", "x", "::::"],
    ["---", "css: /etc/passwd", "---"],
    ["---", "cover-image: /etc/passwd", "..."],
    ["![x](/etc/passwd)"],
    ["<script>alert(1)</script>"],
    ["<javascript:alert(1)>"],
    ["`x`{=html}"],
    ["~~~ {.x}", "x", "~~~"],
    ["[r]: javascript:alert(1)", "[r]"],
    ["# x {#y onclick=z}"],
    ["+---+", "| x |", "+---+"],
    ["    x"],
    ["\\[x](javascript:alert(1))"],
]


def as_html(lines, tag="p", end=""):
    said = [line.replace("&", "&amp;").replace("<", "&lt;") for line in lines]
    return "".join(f"<{tag}>{end}{line}</{tag}>" for line in said)


def as_markdown(lines):
    return "\n\n".join(re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", line) for line in lines)


def as_broken_markdown(lines):
    return "\\\n".join(re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", line) for line in lines)


def as_docx(lines):
    document = Document()
    for line in lines:
        document.add_paragraph().add_run(line).bold = line is lines[0] and len(lines) == 1
    document.save(made := io.BytesIO())
    return made.getvalue()


WAYS = {
    "a page's paragraphs": (lambda lines: as_html(lines).encode(), "html"),
    "a page's broken lines": (
        lambda lines: ("<p>" + "<br>".join(lines).replace("<s", "&lt;s") + "</p>").encode(),
        "html",
    ),
    "a page's heading": (lambda lines: ("<h3>" + "<br>".join(lines).replace("<s", "&lt;s") + "</h3>").encode(), "html"),
    "a page's items": (lambda lines: f"<ul><li>{as_html(lines)}</li></ul>".encode(), "html"),
    "a page's quotation": (lambda lines: f"<blockquote>{as_html(lines)}</blockquote>".encode(), "html"),
    "a page's emphasis": (lambda lines: as_html(lines, end="<b></b>").encode(), "html"),
    "a page's cells": (lambda lines: f"<table><tr>{as_html([*lines, 'x'], 'td')}</tr></table>".encode(), "html"),
    "a text": (lambda lines: "\n".join(lines).encode(), "txt"),
    "Markdown": (lambda lines: as_markdown(lines).encode(), "md"),
    "Markdown's lines": (lambda lines: as_broken_markdown(lines).encode(), "md"),
    "a Word file": (as_docx, "docx"),
    "JSON": (lambda lines: json.dumps({"a": f"<p></p>{as_html(lines)}"}).encode(), "json"),
    "an archive": (
        lambda lines: b"MIME-Version: 1.0\nContent-Type: text/html\n\n<p>x</p>" + as_html(lines).encode(),
        "mht",
    ),
}


@pytest.mark.guard(inside="markdown._PLACEHOLDER")
@pytest.mark.parametrize("way", WAYS)
def test_words_of_a_stranger_stay_words(way, monkeypatch):
    make, suffix = WAYS[way]
    read = [readers.read(make(lines), suffix).blocks for lines in WORDS]
    for lines, blocks in zip(WORDS, read, strict=True):
        prose = markdown.convert_to_markdown(blocks)
        assert not find_active_elements(prose) - {"Code", "CodeBlock"}, (lines, prose)
    monkeypatch.setattr(markdown, "_PLACEHOLDER", re.compile("(?!)"))
    assert "{{ year }}" in markdown.convert_to_markdown(read[0]).replace("\\", "")
    monkeypatch.setattr(markdown, "_DIV_FENCE", re.compile("(?!)"))
    bare = "\n\n".join("\n".join(lines) for lines in WORDS)
    assert {"Link", "Span", "Div", "Image"} <= find_active_elements(bare)


# ── names ────────────────────────────────────────────────────────────────────────────

NAMES = [
    "../../etc",
    "..\\..\\x",
    "/etc/passwd",
    "C:\\x",
    "CON",
    "con",
    "NUL",
    "aux",
    "COM1",
    "LPT¹",
    "x.",
    "x ",
    ".x",
    "..",
    "-rf",
    "--force",
    "x\0y",
    "x\ny",
    "x\x1b]0;y\x07",
    "\u202egnp.x",
    "\ufeffx",
    "\u200bx",
    "x:y",
    "x|y",
    'x"y',
    "x*y?",
    "$(x)",
    "`x`",
    "0;url=http://127.0.0.1/",
    "局" * 300,
    "𠀀" * 300,
    "a" * 5000,
    "\ud800x",
    "",
]
MEANT = re.compile(
    r"(?i)(?:con|prn|aux|nul|com\d|lpt[\d¹²³])$|^[.~-]|[. ]$"
    r"|[/\\:*?\"<>|$`;\0-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufeff\ud800-\udfff]"
)


@pytest.mark.guard(inside="leads_elsewhere(name)")
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_the_name_of_an_office_is_that_of_one_folder(name):
    made = make_folder_name(name)
    assert not made or not leads_elsewhere(made)  # an empty one is none: the file is then named after its source
    assert leads_elsewhere(name)


def leads_elsewhere(name):
    """Tell whether a name is none of a folder below the one that it is meant for, here or on Windows."""
    return not name or len(name.encode(errors="replace")) > 200 or bool(MEANT.search(name))


def test_a_long_and_a_reserved_name_would_bite(monkeypatch):
    monkeypatch.setattr(office_folder, "is_portable", lambda _name: True)
    monkeypatch.setattr(office_folder, "_MAX_BYTES", 10**6)
    assert make_folder_name("CON") == "CON"
    assert len(make_folder_name("局" * 300).encode()) > 255


NO_NAME = "0;url=http://127.0.0.1/"


@pytest.mark.guard(unguarded={"an import takes no such words for a name, and uses that of the file": [NO_NAME]})
@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("name", ["../../outside", "CON", NO_NAME, "..", "\u202e局局局局"])
def test_no_name_in_a_file_leads_out_of_its_folder(name, tmp_path, command, monkeypatch, guarded):
    if not guarded:
        monkeypatch.setattr(pipeline, "make_folder_name", lambda name: name)
        monkeypatch.setattr(files, "resolve_target", lambda path, _top: path)
    page = PAGE.replace("沭阳县发展和改革局", name.replace("<", "&lt;"))
    for number in range(2):
        (tmp_path / f"{number}.html").write_text(page, encoding="utf-8")
    command("import", "0.html", "1.html", "--year", 2023, "--out", "in/box", "--jobs", 1, cwd=tmp_path)
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.toml")}
    assert made
    inside = [
        path.startswith("in/box/") and path.count("/") == 3 and not MEANT.search(path.split("/")[2]) for path in made
    ]
    assert all(inside) is (guarded or name == NO_NAME), made


# ── one of many ──────────────────────────────────────────────────────────────────────


read_once = cache(readers.read)


def six(folder):
    """Put six files into a folder, of which one is bad; return their names."""
    for number in range(5):
        office = f"沭阳县第{number}局"
        (folder / f"{number}.html").write_text(PAGE.replace("沭阳县发展和改革局", office), encoding="utf-8")
    (folder / "bad.html").write_text(PAGE.replace("沭阳县发展和改革局", "EVIL局"), encoding="utf-8")
    return [*(f"{number}.html" for number in range(3)), "bad.html", "3.html", "4.html"]


WRONG = [
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
    MemoryError,
    OSError,
    AssertionError,
    UserError,
]


STEPS = {"recognize": reading_by_kind, "make_folder_name": pipeline, "write_data_file": pipeline}  # by who takes them


@pytest.mark.guard("test_without_its_guard_one_bad_file_stops_all", over=["error", "where"])
@pytest.mark.parametrize("error", WRONG)
@pytest.mark.parametrize("where", STEPS)
def test_one_bad_file_of_six_stops_none(error, where, tmp_path, command, monkeypatch):
    whole = getattr(STEPS[where], where)

    def broken(first, *more):
        if "EVIL" in repr(first):
            raise error("x")
        return whole(first, *more)

    monkeypatch.setattr(STEPS[where], where, broken)
    monkeypatch.setattr(readers, "read", read_once)  # the same files each time: the steps are behind the readers
    done = command("import", *six(tmp_path), "--jobs", 1, cwd=tmp_path)
    assert done.exit_code == 2
    assert len(list((tmp_path / "data").rglob("2023.toml"))) == 5
    assert "bad.html" in done.output or error is UserError  # who stops it names it
    assert "Traceback" not in done.output


def test_without_its_guard_one_bad_file_stops_all(tmp_path, command, monkeypatch):
    def bare(store, name, wanted, _content):
        if name == "bad.html":
            raise ValueError
        return pipeline._read_in_time(store, name, name, wanted, None)  # without what guards it

    monkeypatch.setattr(pipeline, "read_report", bare)
    command("import", *six(tmp_path), "--jobs", 1, cwd=tmp_path)
    assert len(list((tmp_path / "data").rglob("2023.toml"))) < 5


@pytest.mark.guard("test_without_its_guard_the_last_file_overwrites_the_others", over=["more", "jobs"])
@pytest.mark.parametrize("more", [(), ("--force",)])
@pytest.mark.parametrize("jobs", [1, 2])
def test_of_files_of_one_office_that_differ_none_is_written(more, jobs, tmp_path, command):
    for number in range(5):
        (tmp_path / f"{number}.html").write_text(PAGE.replace(">26<", f">{number}26<"), encoding="utf-8")
    names = ["3.html", "0.html", "4.html", "1.html", "2.html"]
    done = command("import", *names, "--jobs", jobs, *more, cwd=tmp_path)
    assert done.exit_code == 2
    assert list(tmp_path.rglob("2023.toml")) == []
    assert all(name in done.output for name in names)


def test_without_its_guard_the_last_file_overwrites_the_others(tmp_path, command, monkeypatch):
    monkeypatch.setattr(batch, "_normalize_target", lambda brought: brought.source)
    for number in range(2):
        (tmp_path / f"{number}.html").write_text(PAGE.replace(">26<", f">{number}26<"), encoding="utf-8")
    command("import", "0.html", "1.html", "--jobs", 1, "--force", cwd=tmp_path)
    (kept,) = (tmp_path / "data").rglob("*.toml")
    assert "1.html" in kept.read_text(encoding="utf-8")


# ── bounds ───────────────────────────────────────────────────────────────────────────

SHEET, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
ODT = {"mimetype": "application/vnd.oasis.opendocument.text"}


def packed(parts):
    with zipfile.ZipFile(made := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return made.getvalue()


def sheet(part, before, after):
    """Make a workbook, one part of which has another text."""
    book = openpyxl.Workbook()
    book.active["A1"] = "1"
    book.save(made := io.BytesIO())
    with zipfile.ZipFile(made) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    return packed(parts | {part: parts[part].replace(before, after, 1)})


def merged(refs):
    cells = b"".join(b'<mergeCell ref="%s"/>' % ref for ref in refs)
    return sheet(SHEET, b"</sheetData>", b"</sheetData><mergeCells>" + cells + b"</mergeCells>")


def named(place):
    form = {b"form.edition": b"Sheet!$A$1", b"form.year": place, b"requests.received.person": place}
    names = b"".join(b'<definedName name="nianbao.%s">%s</definedName>' % pair for pair in form.items())
    return sheet(BOOK, b"<calcPr", b"<definedNames>" + names + b"</definedNames><calcPr")


def laughs():
    entities = "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(9))
    return f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{entities}]>'


def a_pdf(stream, filters, *, attached=False, pages=1):
    objects = [
        b"<</Type/Catalog/Pages 2 0 R%s>>"
        % (b"/Names<</EmbeddedFiles<</Names[(facts.toml) 5 0 R]>>>>" if attached else b""),
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (b"3 0 R " * pages, pages),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R>>" % (7 if attached else 4),
        b"<</Length %d/Filter %s>>stream\n%s\nendstream" % (len(stream), filters, stream),
        b"<</Type/Filespec/F(facts.toml)/UF(facts.toml)/EF<</F 6 0 R>>>>",
        b"<</Type/EmbeddedFile/Length %d/Filter %s>>stream\n%s\nendstream" % (len(stream), filters, stream),
        b"<</Length 0>>stream\n\nendstream",
    ]
    made, places = b"%PDF-1.7\n", []
    for at, one in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (at, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 8\n0000000000 65535 f \n%strailer<</Root 1 0 R/Size 8>>\nstartxref\n%d\n%%%%EOF"
    return made + end % (table, len(made))


@cache
def deflated(size, times):
    return zlib.compress(deflated(size, times - 1) if times > 1 else b" " * size, 9)


def an_ofd(page, *, pages=1):
    """Make an OFD document whose pages are all the same part."""
    listed = '<Page BaseLoc="Page.xml"/>' * pages
    return packed(
        {
            "OFD.xml": "<OFD><DocBody><DocRoot>Document.xml</DocRoot></DocBody></OFD>",
            "Document.xml": f"<Document><Pages>{listed}</Pages></Document>",
            "Page.xml": f"<Page><Content>{page}</Content></Page>",
        }
    )


OFD_TEXT = '<TextObject Size="4" Boundary="0 0 9 9"><TextCode X="0" Y="0"{}>' + "字" * 99 + "</TextCode></TextObject>"
OFD_LINES = (
    '<PathObject Boundary="0 0 200 {at}"><AbbreviatedData>M {at} 0 L {at} 290 M 0 {at} L 200 {at}</AbbreviatedData>'
    "</PathObject>"
)
ODS = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}
ODS_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)


def an_ods(sheet):
    return packed({**ODS, "content.xml": f"<d {ODS_SPACES}>{sheet}</d>"})


def repeated(count):
    return an_ods(
        f'<table:table><table:table-row table:number-rows-repeated="{count}">'
        f'<table:table-cell table:number-columns-repeated="{count}"><text:p>1</text:p></table:table-cell>'
        "</table:table-row></table:table>"
    )


MHT = b"MIME-Version: 1.0\n"
EML = b"From: a\nTo: b\n"
BOMBS = {
    "tables.html": lambda: b"<table " * 100_000,
    "tables-closed.html": lambda: b"<html>" + b"<table>" * 100_000,
    "tables.md": lambda: b"<table " * 100_000,
    "cells.html": lambda: b"<html><table>" + b"<td>" * 300_000,
    "deep.html": lambda: b"<html>" + b"<b>" * 100_000 + b"x",
    "deep-tables.html": lambda: b"<html>" + b"<table><tr><td>" * 100_000,
    "titles.html": lambda: b"<html>" + b"<title>" * 200_000,
    "scripts.html": lambda: b"<html>" + b"<script " * 200_000,
    "comments.html": lambda: b"<html>" + b"<!--" * 200_000,
    "dashes.dat": lambda: b"-" * 60_000,
    "blanks.txt": lambda: b" " * 2_000_000 + b"x",
    "one-line.txt": lambda: "字".encode() * 2_000_000,
    "lines.txt": lambda: "一、总体情况\n".encode() * 500_000,
    "short.txt": lambda: b"1\n" * 1_000_000,
    "brackets.txt": lambda: b"(" * 2_000_000,
    "tabs.txt": lambda: (b"a\t" * 1_000_000 + b"\n") * 2,
    "deep.json": lambda: b'{"a":' * 100_000,
    "list.json": lambda: b'{"a":' + b"[" * 100_000,
    "digits.json": lambda: b'{"a":{"b":{"c":' + b"9" * 100_000 + b"}}}",
    "wide.json": lambda: json.dumps({"a": {str(at): {"x": at} for at in range(100_000)}}).encode(),
    "exponent.json": lambda: b'{"a":{"b":{"c":1e999999999}}}',
    "deep.mht": lambda: (
        MHT + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(1000))
    ),
    "nested.mht": lambda: MHT + b"Content-Type: message/rfc822\n\n" * 2000,
    "deep.eml": lambda: (
        EML + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(1000))
    ),
    "rows.csv": lambda: b"a,1\n" * 1_000_000,
    "wide.csv": lambda: b"," * 5_000_000,
    "quoted.csv": lambda: b'"' + b"a,1\n" * 100_000,
    "repeated.ods": lambda: repeated(10**9),
    "laughs.ods": lambda: packed({**ODS, "content.xml": f"{laughs()}<d>&j;</d>"}),
    "laughs.ofd": lambda: packed({"OFD.xml": f"{laughs()}<OFD>&j;</OFD>"}),
    "swelling.ofd": lambda: packed({"OFD.xml": b"x" * (100 * 2**20)}),
    "lines.ofd": lambda: an_ofd(OFD_TEXT.format("") + "".join(OFD_LINES.format(at=at / 10) for at in range(30_000))),
    "pages.ofd": lambda: an_ofd(OFD_TEXT.format(""), pages=200_000),
    "distances.ofd": lambda: an_ofd(OFD_TEXT.format(f' DeltaX="g {10**12} 1"')),
    "merges.xlsx": lambda: merged(b"A%d:B%d" % (at, at) for at in range(1, 300_000)),
    "all-merged.xlsx": lambda: merged([b"A1:XFD1048576"]),
    "overlapping.xlsx": lambda: merged([b"A1:GR2000"] * 5000),
    "row-0.xlsx": lambda: named(b"Sheet!$A$0"),
    "last-column.xlsx": lambda: named(b"Sheet!$XFE$1"),
    "last-row.xlsx": lambda: named(b"Sheet!$A$1048577"),
    "digits.xlsx": lambda: named(b"Sheet!$A$" + b"9" * 5000),
    "lost.xlsx": lambda: named(b"#REF!"),
    "empty-name.xlsx": lambda: named(b""),
    "quote.xlsx": lambda: named(b"'Sheet"),
    "dde.xlsx": lambda: named(b"cmd|' /C calc'!A0"),
    "outside.xlsx": lambda: named(b"[1]Sheet!$A$1"),
    "laughs.xlsx": lambda: sheet(SHEET, b"<worksheet", laughs().encode() + b"<worksheet"),
    "no-sheet.xlsx": lambda: packed({"xl/workbook.xml": "x"}),
    "swelling.docx": lambda: packed({"word/document.xml": b"x" * (100 * 2**20)}),
    "swelling-media.docx": lambda: packed({"word/document.xml": "<x/>", "word/media/a.bin": bytes(100 * 2**20)}),
    "laughs.docx": lambda: packed({"word/document.xml": f"{laughs()}<d>&j;</d>"}),
    "laughs.odt": lambda: packed({**ODT, "content.xml": f"{laughs()}<d>&j;</d>"}),
    "deep.odt": lambda: packed({**ODT, "content.xml": "<d>" * 100_000 + "</d>" * 100_000}),
    "attached-once.pdf": lambda: a_pdf(deflated(400 * 2**20, 1), b"/FlateDecode", attached=True),
    "attached-twice.pdf": lambda: a_pdf(deflated(800 * 2**20, 2), b"[/FlateDecode/FlateDecode]", attached=True),
    "deflated-twice.pdf": lambda: a_pdf(deflated(800 * 2**20, 2), b"[/FlateDecode/FlateDecode]"),
    "deflated-thrice.pdf": lambda: a_pdf(deflated(800 * 2**20, 3), b"[/FlateDecode/FlateDecode/FlateDecode]"),
    "pages.pdf": lambda: a_pdf(b"", b"[]", pages=200_000),
    "not-deflated.pdf": lambda: a_pdf(b"x" * 2_000_000, b"/FlateDecode"),
}
PAGE_BOUNDS = [(html, "_MAX_TABLES"), (html, "_MAX_CELLS"), (html, "_MAX_DEPTH")]
SHEET_BOUNDS = [(xlsx, "_MAX_RANGES"), (xlsx, "_MAX_RANGE_CELLS")]
BOUNDS = {  # that keep a bomb from being read to its end
    "tables-closed.html": PAGE_BOUNDS,
    "cells.html": PAGE_BOUNDS,
    "deep.html": PAGE_BOUNDS,
    "deep-tables.html": PAGE_BOUNDS,
    "tables.md": [(md, "_MAX_TABLES"), *PAGE_BOUNDS],
    "lines.txt": [(refusal, "MAX_BLOCKS")],
    "short.txt": [(refusal, "MAX_BLOCKS")],
    "tabs.txt": [(refusal, "MAX_BLOCKS")],
    "wide.json": [(refusal, "MAX_BLOCKS")],
    "merges.xlsx": SHEET_BOUNDS,
    "all-merged.xlsx": SHEET_BOUNDS,
    "rows.csv": [(csv, "MAX_ROWS"), (refusal, "MAX_BLOCKS")],
    "repeated.ods": [(ods, "MAX_ROWS"), (ods, "MAX_COLUMNS"), (refusal, "MAX_BLOCKS")],
    "pages.ofd": [(ofd, "MAX_PAGES")],
    "distances.ofd": [(ofd, "_MAX_REPEATS")],
    "overlapping.xlsx": SHEET_BOUNDS,
}
FENCED = {"deflated-twice.pdf", "deflated-thrice.pdf", "pages.pdf"}  # by the bounds of an import alone
UNREAD = {  # bombs that break their reader, by what it raises where nobody catches that
    "deep.mht": RecursionError,
    "deep.eml": RecursionError,
    "nested.mht": RecursionError,
    "deep.json": RecursionError,
    "list.json": RecursionError,
    "digits.json": ValueError,
    "deep.odt": RecursionError,
    "no-sheet.xlsx": KeyError,
}
REST = {  # why nothing bites where a guard is taken out: libraries read these in time, or refuse them by themselves
    "nh3 drops what is no whole element": {"tables.html", "titles.html", "scripts.html", "comments.html"},
    "long lines are read in time that grows with their length": {
        "dashes.dat", "blanks.txt", "one-line.txt", "brackets.txt", "wide.csv", "quoted.csv",
    },
    "json makes infinity of the number": {"exponent.json"},
    "the name leads to no cell, and openpyxl evaluates none": {
        "row-0.xlsx", "last-column.xlsx", "last-row.xlsx", "digits.xlsx", "lost.xlsx", "empty-name.xlsx", "quote.xlsx",
        "dde.xlsx", "outside.xlsx",
    },
    "expat and pandoc expand no entity without end": {
        "laughs.xlsx", "laughs.docx", "laughs.odt", "laughs.ods", "laughs.ofd",
    },
    "pandoc does not take it for a document": {"swelling.docx", "swelling-media.docx"},
    "expat refuses what is no XML": {"swelling.ofd"},
    "pdfplumber takes lines that are close for one": {"lines.ofd"},
    "pdfminer unpacks a stream for a page only": {"attached-twice.pdf", "not-deflated.pdf"},
}  # fmt: skip
SECONDS, MEGABYTES = 90, 2500
ENDED = re.compile("还没有读完|内存太多|读不出来：")  # by the limits of an import, or of pandoc
IMPORTED = """
import os, re, sys
from pathlib import Path
from nianbao.workspace.locales import use_language
use_language("zh")
from nianbao.cli.app import load_app
from typer.testing import CliRunner
for name in sys.argv[1:]:
    began = sum(os.times()[:4])  # of the processor, also of what was started: another one may have all of the machine
    done = CliRunner().invoke(load_app(), ["import", name, "--dry-run", "--jobs", "1"])
    named = name in done.output and "Traceback" not in done.output
    ended = re.search(ENDED, done.output) is not None
    print(name, done.exit_code, round(sum(os.times()[:4]) - began, 1), named, ended)
# Not `ru_maxrss`, which begins with the memory of the process that started this one.
print(int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) >> 10)
"""


@cache
def make_bomb(name):
    return BOMBS[name]()


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What an import says of each bomb: its exit code, its seconds, whether it is named, and whether a limit ended it.

    And the most memory that it took, in MB.
    """
    root = tmp_path_factory.mktemp("bombs")
    for name in BOMBS:
        (root / name).write_bytes(make_bomb(name))
    program = f"ENDED = {ENDED.pattern!r}\n{IMPORTED}"
    done = subprocess.run(
        [sys.executable, "-c", program, *BOMBS],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, most = done.stdout.splitlines()
    return {line.split()[0]: line.split()[1:] for line in lines}, int(most)


@pytest.mark.guard(
    "test_without_its_bound_it_takes_long",
    "test_without_the_bounds_of_an_import_it_takes_long",
    "test_without_its_guard_a_bomb_is_a_mistake_of_the_program",
    "test_an_attached_bomb_is_not_unpacked",
    unguarded=REST,
)
@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_would_take_all_ends_within_bounds_and_is_named(name, told):
    code, seconds, is_named, _is_ended = told[0][name]
    assert (code, is_named) == ("2", "True")
    assert float(seconds) < SECONDS
    assert told[1] < MEGABYTES


@pytest.fixture
def bomb(tmp_path, monkeypatch):
    """Return a function that imports a bomb by its name, and gives why that ended."""
    monkeypatch.setattr(pipeline, "PATIENCE", 1)  # the clock alone ends it, also on a busy machine

    def go(name, read=pipeline.read_report):
        (tmp_path / name).write_bytes(make_bomb(name))
        with pytest.raises(UserError) as ended:
            read(Store(tmp_path), str(tmp_path / name), pipeline.ImportOptions(dry_run=True))
        return ended.value.message

    return go


@pytest.mark.parametrize("name", BOUNDS)
def test_without_its_bound_it_takes_long(name, bomb, told, monkeypatch):
    _code, seconds, _is_named, is_ended = told[0][name]
    assert is_ended == "False"
    monkeypatch.setattr(pipeline, "MAX_SECONDS", float(seconds) + 0.5)
    for module, constant in BOUNDS[name]:
        monkeypatch.setattr(module, constant, 10**12)
    assert ENDED.search(bomb(name))


@pytest.mark.parametrize("name", sorted(FENCED))
def test_without_the_bounds_of_an_import_it_takes_long(name, bomb, monkeypatch):
    monkeypatch.setattr(pipeline, "MAX_SECONDS", 0.5)
    assert ENDED.search(bomb(name))
    monkeypatch.setattr(pipeline, "limit", lambda **_bounds: nullcontext())
    began = time.monotonic()
    with suppress(UserError), limit(seconds=1.5):
        bomb(name)
    assert time.monotonic() - began > 1


@pytest.mark.parametrize("name", UNREAD)
def test_without_its_guard_a_bomb_is_a_mistake_of_the_program(name, tmp_path, monkeypatch):
    (tmp_path / name).write_bytes(make_bomb(name))
    where = Store(tmp_path), str(tmp_path / name), name, pipeline.ImportOptions(dry_run=True), None
    for module, words in (
        (json_reader, "UnreadableError"),
        (xml_parts, "make_damage_error"),
        (xlsx, "make_damage_error"),
    ):
        monkeypatch.setattr(module, words, BareError)
    with pytest.raises((UNREAD[name], BareError)) as raised:
        pipeline._read_in_time(*where)
    assert isinstance(raised.value.__cause__ or raised.value, UNREAD[name])


class BareError(Exception):
    """What a reader would raise instead of words for a person."""

    def __init__(self, *_words):
        super().__init__()


@pytest.mark.samples(["attached-once.pdf"])
def test_an_attached_bomb_is_not_unpacked(monkeypatch):
    content = BOMBS["attached-once.pdf"]()
    assert unpacking(content) < 50 * 2**20
    monkeypatch.setattr(attached, "_MAX_BYTES", 300 * 2**20)
    assert unpacking(content) > 300 * 2**20


def unpacking(content):
    """Read a PDF; return how many bytes that took at most."""
    tracemalloc.start()
    with pytest.raises(UnreadableError, match="扫描"):
        readers.read(content, "pdf")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most
