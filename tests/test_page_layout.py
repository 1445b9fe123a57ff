"""Covers, contents and landscape sections in each format."""

import re
import zipfile

import docx
import pytest
from cases import begun, converted
from docx.enum.section import WD_ORIENT
from lxml import etree
from test_every_kind import lay_out

from nianbao.build import outputs
from nianbao.model.period import Period

TITLE = " ".join(["A Report on the Requests to Speak at Meetings"] * 5)  # 45 words
COLUMNS = 20


@pytest.fixture(scope="module")
def kpi(report, tmp_path_factory):
    """The example with a cover, contents and a landscape section: its files without their suffix."""
    folder = tmp_path_factory.mktemp("kpi")
    (words,) = lay_out("kpi", folder)
    assert report("build", *words, "--to", "docx,odt,html", cwd=folder).returncode == 0
    return folder / "build" / words[0]


@pytest.fixture(scope="module")
def wide(report, tmp_path_factory):
    """Four reports with long titles, all sections in landscape, the last a wide table: the folder of their files."""
    folder = tmp_path_factory.mktemp("wide")
    words = ("--name", "Wide", "--language", "en", "--period", "year", "--table", "Figures", "--first", "2021")
    assert report("kind", "new", "wide", *words, cwd=folder).returncode == 0
    kind = folder / "templates/kinds/wide"
    edition = kind / "editions/2021.toml"
    text = edition.read_text(encoding="utf-8")
    columns = "".join(f'  {{ id = "c{number}", label = "Telephone" }},\n' for number in range(COLUMNS))
    for old, new in (
        (r"title    = .*", f'title = "{TITLE}"'),
        (r"(heading = .*)", r"\1\nlandscape = true"),
        (r"widths = .*", f"widths = {[4] + [2] * COLUMNS}"),
        (r"(?s)relations = \[.*?\n\]\n", ""),
        (r"(?s)columns = \[.*?\n\]", f"columns = [\n{columns}]"),
    ):
        text, count = re.subn(old, new, text)
        assert count
    edition.write_text(text, encoding="utf-8")
    (kind / "texts/overview.md.j2").write_text("Some words.\n", encoding="utf-8")
    (folder / "report.toml").write_text('kind = "wide"\n', encoding="utf-8")
    (folder / "data").mkdir(exist_ok=True)
    rows = ("pending_start", "received", "processed", "pending_end")
    figures = "".join(f"{row}.c{number} = {number}\n" for row in rows for number in range(COLUMNS))
    years = [str(year) for year in range(2021, 2025)]
    for year in years:
        facts = f'year = {year}\nedition = "2021"\n[agency]\nname = "A"\n[figures]\n{figures}'
        (folder / f"data/{year}.toml").write_text(facts, encoding="utf-8")
    done = report("build", "--all", *years, "--to", "docx,odt,pdf", "--jobs", "1", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "build"


def test_a_cover_has_no_number_and_the_page_behind_it_is_the_first(kpi):
    sections = docx.Document(kpi.with_suffix(".docx")).sections
    assert [section.orientation for section in sections] == [
        WD_ORIENT.PORTRAIT,
        WD_ORIENT.PORTRAIT,
        WD_ORIENT.LANDSCAPE,
        WD_ORIENT.PORTRAIT,
    ]
    assert [section.footer.is_linked_to_previous for section in sections] == [True, False, False, False]
    starts = [section._sectPr.xpath("w:pgNumType/@w:start") for section in sections]  # noqa: SLF001  # no other way
    assert starts == [[], ["1"], [], []]


def test_the_contents_name_each_heading_once(kpi):
    document = docx.Document(kpi.with_suffix(".docx"))
    headings = [part.text for part in document.paragraphs if part.style.name.startswith("Heading")]
    links = [link.text for part in document.paragraphs for link in part.hyperlinks]
    assert links == headings
    content = etree.fromstring(zipfile.ZipFile(kpi.with_suffix(".odt")).read("content.xml"))
    text = {"t": "urn:oasis:names:tc:opendocument:xmlns:text:1.0"}
    lines = content.xpath("//t:p[t:bookmark-ref]", namespaces=text)
    assert ["".join(line.itertext()) for line in lines] == headings
    names = set(content.xpath("//t:bookmark-start/@t:name", namespaces=text))
    assert set(content.xpath("//t:bookmark-ref/@t:ref-name", namespaces=text)) <= names


def test_each_table_of_a_web_page_scrolls_within_it(kpi):
    page = etree.HTML(kpi.with_suffix(".html").read_text(encoding="utf-8"))
    tables = page.xpath("//table")
    assert len(tables) == 5  # four of figures, one of measures
    assert all(table.getparent().get("role") == "region" and table.getparent().get("aria-label") for table in tables)


def test_landscape_sections_share_pages_and_end_the_document(wide):
    for path in sorted(wide.rglob("*.docx")):
        sections = docx.Document(path).sections
        assert [section.orientation for section in sections] == [WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE], path
    import pdfplumber  # noqa: PLC0415  # slow to import

    with pdfplumber.open(next(wide.rglob("2024.pdf"))) as pdf:
        assert [page.width > page.height for page in pdf.pages] == [False, True]
        assert TITLE.split()[-1] in pdf.pages[0].extract_text()
        cells = [cell for row in pdf.pages[1].find_tables()[0].rows for cell in row.cells]
        for word in pdf.pages[1].crop(pdf.pages[1].find_tables()[0].bbox).extract_words(x_tolerance=1):
            assert any(
                x0 <= word["x0"] and word["x1"] <= x1 and top <= word["top"] <= bottom for x0, top, x1, bottom in cells
            ), word["text"]


@pytest.fixture(scope="module")
def long_report(root, tmp_path_factory):
    """The report of 2020 in the look for long ones: its files without their suffix."""
    folder = tmp_path_factory.mktemp("long")
    store = begun(folder, 2020, (root / "data/2020.toml").read_text(encoding="utf-8"))
    outputs.build_report(store, Period(2020), ["docx", "odt", "html", "pdf"], look="long")
    return folder / "build/2020"


def test_a_long_report_has_a_cover_and_contents_in_each_format(long_report):
    document = docx.Document(long_report.with_suffix(".docx"))
    headings = [part.text for part in document.paragraphs if part.style.name.startswith("Heading")]
    assert len(headings) == 11
    assert [link.text for part in document.paragraphs for link in part.hyperlinks] == headings
    assert [section.footer.is_linked_to_previous for section in document.sections] == [True, False]
    page = etree.HTML(long_report.with_suffix(".html").read_text(encoding="utf-8"))
    assert page.xpath("//*[@class='cover']/text()") == ["鞍山市人力资源和社会保障局", "2021年1月28日"]
    assert [link.text for link in page.xpath("//ul//a[starts-with(@href, '#')]")] == headings
    content = etree.fromstring(zipfile.ZipFile(long_report.with_suffix(".odt")).read("content.xml"))
    text = {"t": "urn:oasis:names:tc:opendocument:xmlns:text:1.0"}
    assert len(content.xpath("//t:p/t:bookmark-ref", namespaces=text)) == len(headings)
    import pdfplumber  # noqa: PLC0415  # slow to import

    with pdfplumber.open(long_report.with_suffix(".pdf")) as pdf:
        cover, contents, first = ("".join(page.extract_text().split()) for page in pdf.pages[:3])
    assert cover.endswith("2021年1月28日")  # and no number
    assert "—" not in cover
    assert contents.startswith("目录")
    assert all("".join(heading.split()) in contents for heading in headings)
    assert contents.endswith("—1—")
    assert first.startswith("市人社局根据")


@pytest.mark.needs("soffice", package="libreoffice-writer-nogui")
@pytest.mark.parametrize("suffix", ["docx", "odt"])
def test_libreoffice_prints_the_pages_of_a_long_report(long_report, tmp_path, suffix):
    import pdfplumber  # noqa: PLC0415  # slow to import

    with pdfplumber.open(converted(long_report.with_suffix(f".{suffix}"), "pdf", tmp_path)) as pdf:
        texts = ["".join(page.extract_text().split()) for page in pdf.pages]
    assert len(texts) == 6
    assert "—" not in texts[0]
    assert texts[1].startswith("目录")
    assert texts[1].endswith("—1—")
    assert texts[2].startswith("市人社局根据")
    assert texts[2].endswith("—2—")


@pytest.mark.needs("chromium")
def test_a_browser_prints_the_cover_and_the_numbers_of_the_pdf(long_report, browser, tmp_path):
    import pdfplumber  # noqa: PLC0415  # slow to import

    tab = browser.new_page()
    try:
        tab.goto(long_report.with_suffix(".html").as_uri())
        tab.pdf(path=tmp_path / "printed.pdf", prefer_css_page_size=True)
        tab.emulate_media(media="print")
        link = tab.evaluate(
            "(({color, textDecorationLine}) => [color, textDecorationLine])(getComputedStyle(document.links[0]))"
        )
    finally:
        tab.close()
    assert link == ["rgb(0, 0, 0)", "none"]
    tops, texts = [], []
    for path in (tmp_path / "printed.pdf", long_report.with_suffix(".pdf")):
        with pdfplumber.open(path) as pdf:
            texts.append(["".join(page.extract_text().split()) for page in pdf.pages])
            tops.append(pdf.pages[0].chars[0]["top"] / pdf.pages[0].height)
    assert "—" not in texts[0][0]
    assert [text[-3:] for text in texts[0][1:]] == [text[-3:] for text in texts[1][1:]]
    assert tops[0] == pytest.approx(tops[1], abs=0.05)


def test_a_page_template_with_contents_gets_no_second_ones(report, tmp_path):
    (words,) = lay_out("kpi", tmp_path)
    assert report("build", *words, "--to", "html", "--look", "long", cwd=tmp_path).returncode == 0
    page = etree.HTML((tmp_path / "build" / f"{words[0]}.html").read_text(encoding="utf-8"))
    links = page.xpath("//ul//a[starts-with(@href, '#')]/text()")
    assert len(links) == len(set(links)) > 0
