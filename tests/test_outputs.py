"""Outputs read back by other libraries: every fact is there, every cell is right."""

import re
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path

import docx
import pdfplumber
import pytest
import toml_rs
from cases import begun
from docx.oxml.ns import qn
from lxml import etree, html

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.compose import document
from nianbao.model.period import Period
from nianbao.model.value_types import VALUE_TYPES
from nianbao.workspace.store import Store

ROOT = Path(__file__).parent.parent
ODF = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
FORMATS = ("html", "docx", "pdf", "md")


@pytest.fixture(scope="module")
def report_2020():
    return check.check_report(Store(ROOT), Period(2020)).report


@pytest.fixture(scope="module", params=["data/2020.toml", "tests/samples/hongze-2023.toml"])
def built_report(request, tmp_path_factory):
    """A report of each edition: the report, and its files without their suffix."""
    office, source = tmp_path_factory.mktemp("office"), ROOT / request.param
    year = int(re.search(r"\d{4}", source.name)[0])
    store = begun(office, year, source.read_text(encoding="utf-8"))
    (office / "templates/looks").mkdir(parents=True)  # no table of the PDF goes on on the next page
    (office / "templates/looks/tall.toml").write_text(
        'base = "gongwen"\n[page]\nheight = 558\n[table]\nsize = 6\npitch = 8\n', encoding="utf-8"
    )
    done = outputs.build_report(store, Period(year), ["html", "docx", "pdf", "odt", "epub"], look="tall", draft=True)
    return done.check.report, office / "build" / str(year)


def without_spaces(text):
    return re.sub(r"\s+", "", text)


def text_of(folder, suffix):
    path = folder / f"2020.{suffix}"
    match suffix:
        case "html":
            return html.fromstring(path.read_bytes()).text_content()
        case "docx":
            document = docx.Document(path)
            return "".join(node.text or "" for node in document.element.body.iter(qn("w:t")))
        case "pdf":
            with pdfplumber.open(path) as pdf:
                return "".join(part.extract_text() or "" for part in pdf.pages)
        case _:
            return path.read_text(encoding="utf-8")


def ledger(root):
    return toml_rs.loads((root / "seeds/anshan-hrss-2020/ledger.toml").read_text(encoding="utf-8"))["fact"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_fact_of_the_ledger_is_printed(suffix, built, root):
    text = without_spaces(text_of(built, suffix))
    text = re.sub(r"—\d+—", "", text)  # page numbers are between the lines of a PDF
    missing = [fact["printed"] for fact in ledger(root) if without_spaces(fact["printed"]) not in text]
    assert not missing


def test_the_ledger_agrees_with_the_data(report_2020, root):
    for fact in ledger(root):
        address = fact["address"]
        if not address:
            continue
        if address.startswith("headings."):
            value = report_2020.headings[address.removeprefix("headings.")]
        elif address in report_2020.figures:
            value = document.format_figure(report_2020, address)
        else:
            known = report_2020.values[address]
            value_type = report_2020.form.value_types.get(address, VALUE_TYPES["text"])
            value = value_type.format(known, report_2020.form.locale) if address != "own" else known
        numbers = re.findall(r"[\d.]+", fact["printed"])
        assert (
            without_spaces(str(value)) in without_spaces(fact["printed"]) or fact["printed"] in str(value) or numbers
        ), fact


def html_cells(path):
    yield from tables_of(path.with_suffix(".html").read_bytes())


def epub_cells(path):
    with zipfile.ZipFile(path.with_suffix(".epub")) as package:
        for name in sorted(name for name in package.namelist() if "/ch" in name):
            yield from tables_of(package.read(name))


def tables_of(source):
    for table in html.fromstring(source).iter("table"):
        yield list(lay_out([spans(row) for row in table.iter("tr")]))


def odt_cells(path):
    with zipfile.ZipFile(path.with_suffix(".odt")) as package:
        document = etree.fromstring(package.read("content.xml"))  # our own file
    for table in document.iter(f"{ODF}table"):
        yield [
            (
                at,
                column,
                int(cell.get(f"{ODF}number-rows-spanned", 1)),
                int(cell.get(f"{ODF}number-columns-spanned", 1)),
                without_spaces("".join(cell.itertext())),
            )
            for at, row in enumerate(table.iter(f"{ODF}table-row"))
            for column, cell in enumerate(row)
            if cell.tag == f"{ODF}table-cell"
        ]


def spans(row):
    return [
        (int(cell.get("rowspan", 1)), int(cell.get("colspan", 1)), without_spaces(cell.text_content()))
        for cell in row
        if cell.tag in {"td", "th"}
    ]


def lay_out(rows):
    """Lay rows of (rowspan, colspan, text) on a grid, as a browser does."""
    taken = set()
    for at, row in enumerate(rows):
        column = 0
        for tall, wide, text in row:
            while (at, column) in taken:
                column += 1
            taken |= {(at + down, column + right) for down in range(tall) for right in range(wide)}
            yield at, column, tall, wide, text


def docx_cells(path):
    for table in docx.Document(path.with_suffix(".docx")).tables:
        cells, open_cells = [], {}
        for at, row in enumerate(table._tbl.tr_lst):  # noqa: SLF001  # python-docx hides merged cells otherwise
            column = 0
            for cell in row.tc_lst:
                text = without_spaces("".join(node.text or "" for node in cell.iter(qn("w:t"))))
                if cell.vMerge == "continue":
                    open_cells[column][2] += 1
                else:
                    cells.append([at, column, 1, cell.grid_span, text])
                    open_cells[column] = cells[-1]
                column += cell.grid_span
        yield [tuple(cell) for cell in cells]


def pdf_cells(path):
    """Read the tables of a PDF by the lines drawn around their cells."""
    with pdfplumber.open(path.with_suffix(".pdf")) as pdf:
        for part in pdf.pages:
            upright = part.filter(lambda item: item.get("size", 0) < 100)  # without the mark of a draft
            for table in upright.find_tables():
                tops, lefts = edges(cell[1] for cell in table.cells), edges(cell[0] for cell in table.cells)
                yield [
                    (
                        nearest(tops, top),
                        nearest(lefts, left),
                        nearest([*tops[1:], table.bbox[3]], bottom) - nearest(tops, top) + 1,
                        nearest([*lefts[1:], table.bbox[2]], right) - nearest(lefts, left) + 1,
                        without_spaces(inside(upright, left, top, right, bottom).extract_text()),
                    )
                    for left, top, right, bottom in table.cells
                ]


def inside(part, left, top, right, bottom):
    """Keep the characters whose centre is in a cell: the box of a bracket is wider than what is drawn of it."""
    return part.filter(
        lambda item: left < (item["x0"] + item["x1"]) / 2 < right and top < (item["top"] + item["bottom"]) / 2 < bottom
    )


def edges(places):
    """Return positions without those within a line's width (1 pt) of the one before."""
    distinct = []
    for place in sorted(places):
        if not distinct or place - distinct[-1] > 1:
            distinct.append(place)
    return distinct


def nearest(places, place):
    return min(range(len(places)), key=lambda at: abs(places[at] - place))


def expected(report):
    for table in report.form.tables:
        yield [
            (
                cell.row,
                cell.column,
                cell.rowspan,
                cell.colspan,
                without_spaces(document.format_figure(report, cell.slot.address) if cell.slot else cell.text),
            )
            for cell in table.make_grid().cells
        ]


@pytest.mark.parametrize("read", [html_cells, docx_cells, pdf_cells, odt_cells, epub_cells])
def test_tables_read_back_equal_the_facts_cell_by_cell(read, built_report):
    report, path = built_report
    found = [sorted(cells) for cells in read(path)]
    assert found == [sorted(cells) for cells in expected(report)]


def test_html_loads_nothing(built):
    source = (built / "2020.html").read_text(encoding="utf-8")
    document = html.fromstring(source)
    assert not [value for _, _, value, _ in document.iterlinks() if value]
    assert not re.search(r"url\(|@import|<iframe|http-equiv", source)
    # Scripts of these types are data: a browser runs none of them.
    assert {script.get("type") for script in document.iter("script")} == {"application/ld+json", "application/toml"}
    assert document.get("lang") == "zh-CN"


def test_pdf_embeds_simplified_chinese_fonts(built):
    with pdfplumber.open(built / "2020.pdf") as pdf:
        fonts = {char["fontname"] for part in pdf.pages for char in part.chars}
        assert pdf.metadata["Title"] == "鞍山市人力资源和社会保障局2020年度政府信息公开工作报告"
        assert {(round(part.width), round(part.height)) for part in pdf.pages} == {(595, 842)}
    assert fonts
    assert all(
        re.match(r"[A-Z]{6}\+(NotoS\w+SC|FZXiaoBiaoSong|FangSong|KaiTi|SimHei|SimSun|ST)", name) for name in fonts
    )


def test_pdf_numbers_its_pages(built):
    with pdfplumber.open(built / "2020.pdf") as pdf:
        for number, part in enumerate(pdf.pages, 1):
            assert f"—{number}—" in without_spaces(part.extract_text())


def test_no_table_row_is_split_between_pages_or_overprinted_in_the_pdf(built, report_2020):
    words = {cell[4] for cells in expected(report_2020) for cell in cells if len(cell[4]) > 1}
    with pdfplumber.open(built / "2020.pdf") as pdf:
        for part in pdf.pages:
            boxes = [cell for table in part.find_tables() for cell in table.cells]
            assert all(left < right and top < bottom for left, top, right, bottom in boxes)
            for table in part.find_tables():
                for text in (cell for row in table.extract() for cell in row if cell):
                    assert without_spaces(text) in words or len(without_spaces(text)) == 1


def test_docx_has_named_styles_and_metadata(built):
    document = docx.Document(built / "2020.docx")
    used = {paragraph.style.name for paragraph in document.paragraphs}
    assert {"Title", "Heading 1", "Heading 2", "Body Text", "Signature"} <= used
    assert document.core_properties.title.endswith("政府信息公开工作报告")
    assert document.core_properties.author == "鞍山市人力资源和社会保障局"
    assert document.core_properties.created.isoformat().startswith("2021-01-28")
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert (round(section.top_margin.mm), round(section.left_margin.mm)) == (37, 28)
    assert "PAGE" in section.footer._element.xml  # noqa: SLF001  # fields are not in python-docx's model
    with zipfile.ZipFile(built / "2020.docx") as package:
        assert package.testzip() is None


def columns(line):
    """Count the columns of a screen that a line takes."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line)


@pytest.mark.parametrize("source", ["data/2020.toml", "tests/samples/hongze-2023.toml"])
@pytest.mark.parametrize("page", ["docs/looks-and-formats.md", "docs/zh/looks-and-formats.md"])
def test_the_text_format_of_the_page_of_formats_draws_tables_that_fit_a_screen(source, page, tmp_path):
    (description,) = re.findall(r'```toml\n(writer = "plain"\n)```', (ROOT / page).read_text(encoding="utf-8"))
    (tmp_path / "templates/formats/txt").mkdir(parents=True)
    (tmp_path / "templates/formats/txt/format.toml").write_text(description, encoding="utf-8")
    year = int(re.search(r"\d{4}", source)[0])
    store = begun(tmp_path, year, (ROOT / source).read_text(encoding="utf-8"))
    report = outputs.build_report(store, Period(year), ["txt"], draft=True).check.report
    text = (tmp_path / f"build/{year}.txt").read_text(encoding="utf-8")
    tables = re.findall(r"(?:^[+|].*\n)+", text, re.MULTILINE)
    assert len(tables) == len(report.form.tables)
    for table in tables:
        (width,) = {columns(line) for line in table.splitlines()}  # every line is as wide as the others
        assert width <= 106  # fifteen columns of two wide signs; the others are narrower
    cells = Counter(cell.strip() for table in tables for cell in table.split("|"))
    assert Counter(document.format_figure(report, address) for address in report.figures) <= cells
    longest = max(
        len(line)
        for words in document.compose(report, store.kind.template).plain.values()
        for line in words.splitlines()
    )
    assert max(len(line) for line in text.splitlines() if line[:1] not in {"+", "|"}) <= longest


def test_a_text_table_keeps_every_word_however_narrow_its_columns(tmp_path):
    (tmp_path / "templates/formats/txt").mkdir(parents=True)
    (tmp_path / "templates/formats/txt/format.toml").write_text('writer = "plain"\n', encoding="utf-8")
    words = ["公开" * 60, "an address that is-very-long-and-stays-whole here", "e\u0301a 中 b", "12345678901234567890"]
    rows = "\n".join(f"| {word} | 一 | 2 | {'很长的字' * 20} |" for word in words)
    prose = f'[prose]\nother = """\n| 甲 | 乙 | 丙 | 丁 |\n|---|---|---|---|\n{rows}\n"""\n'
    facts = re.sub(r"(?ms)^\[prose\].*", "", (ROOT / "data/2020.toml").read_text(encoding="utf-8"))
    outputs.build_report(begun(tmp_path, 2020, facts + prose), Period(2020), ["txt"], draft=True)
    *_others, table = re.findall(
        r"(?:^[+|].*\n)+", (tmp_path / "build/2020.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    lines = [line for line in table.splitlines() if line[0] == "|"]
    kept = "".join(line.split("|")[1] for line in lines)
    assert all(without_spaces(word) in without_spaces(kept) for word in words)
    assert "is-very-long-and-stays-whole" in table
    assert without_spaces("".join(line.split("|")[4] for line in lines)) == "丁" + "很长的字" * 80
