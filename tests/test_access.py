"""Documents that everybody can read: web pages judged by axe in a browser, PDFs by what they say of themselves."""

import io
import re
import shutil
from collections import Counter

import docx
import pikepdf
import pytest
import typst
from docx.oxml.ns import qn
from lxml import html

from nianbao.build import outputs
from nianbao.model.period import Period
from nianbao.render.pdf_objects import rewrite_pdf
from nianbao.workspace.store import Store

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 768, 1280)
TEXT_TAGS = ("/Document", "/H1", "/P")
TABLE_TAGS = ("/Table", "/THead", "/TH", "/TD")


@pytest.fixture(scope="module")
def pages(root, tmp_path_factory):
    """A web page of each edition, one of them a draft."""
    folder = tmp_path_factory.mktemp("pages")
    outputs.build_report(Store(root, folder / "2019"), Period(2020), ["html"])
    (folder / "data").mkdir()
    shutil.copy(root / "tests/samples/hongze-2023.toml", folder / "data/2023.toml")
    outputs.build_report(Store(folder, folder / "2021"), Period(2023), ["html"], draft=True)
    return [folder / "2019/2020.html", folder / "2021/2023.html"]


def violations(browser, path, width, scheme="light"):
    """Return what axe finds, and how many of its rules had something to judge."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415  # see browser

    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    try:
        page.goto(path.as_uri())
        assert asked == [path.as_uri()]
        found = Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]}).response
    finally:
        page.close()
    return [f"{rule['id']}: {rule['help']}" for rule in found["violations"]], len(found["passes"])


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(browser, pages, width, scheme):
    for path in pages:
        found, judged = violations(browser, path, width, scheme)
        assert found == []
        assert judged > 20


@pytest.mark.needs("chromium")
@pytest.mark.parametrize(
    ("slip", "rule"),
    [
        ((r'lang="zh-CN"', ""), "html-has-lang"),
        ((r"<title>.*?</title>", "<title></title>"), "document-title"),
        ((r"color: #000;", "color: #bbb;"), "color-contrast"),
        ((r' tabindex="0"', ""), "scrollable-region-focusable"),
        ((r'headers="[^"]*"', 'headers="nothing"'), "td-headers-attr"),
    ],
)
def test_axe_finds_what_is_broken(browser, pages, tmp_path, slip, rule):
    source = re.sub(*slip, pages[0].read_text(encoding="utf-8"))
    path = tmp_path / "broken.html"
    path.write_text(source, encoding="utf-8")
    found, _judged = violations(browser, path, 320)
    assert any(one.startswith(f"{rule}:") for one in found), found


@pytest.mark.needs("chromium")
def test_labels_stay_in_view_while_a_table_scrolls(browser, pages):
    page = browser.new_page(viewport={"width": 360, "height": 760})
    page.goto(pages[0].as_uri())
    region = page.locator(".scroll").nth(1)
    region.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelectorAll('.scroll')[1].scrollLeft > 100")
    for label in region.locator('th[scope="row"]').all():
        box, room = label.bounding_box(), region.bounding_box()
        assert box["x"] == pytest.approx(room["x"], abs=1)
        assert box["width"] < room["width"] * 0.75
    page.close()


def test_every_figure_of_a_web_page_names_its_heads(pages):
    for path in pages:
        document = html.fromstring(path.read_bytes())
        ids = {node.get("id"): node for node in document.iter() if node.get("id")}
        assert len(ids) == len([node for node in document.iter() if node.get("id")])
        cells = document.xpath("//tbody/tr/td")
        assert len(cells) > 190
        for cell in cells:
            heads = [ids[name] for name in cell.get("headers").split()]
            assert heads
            assert all(head.tag == "th" and head.get("scope") for head in heads)
        # The cell in the third row and first column of the requests, by its heads.
        cell = document.xpath('//table[@id="requests"]/tbody/tr[3]/td[1]')[0]
        said = [ids[name].text_content().strip() for name in cell.get("headers").split()]
        assert said == ["申请人情况", "自然人", "三、本年度办理结果", "（一）予以公开"]
        assert [node.tag for node in document.xpath("//main/*")].count("section") == 6


def faults(content, language="zh-CN", wanted=TEXT_TAGS + TABLE_TAGS):
    """Return what a PDF lacks of what PDF/UA-1 (ISO 14289-1) and PDF/A-3a (ISO 19005-3) ask and a reader can see."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        root, found = pdf.Root, []
        with pdf.open_metadata() as meta:
            said = {"pdf/a": meta.pdfa_status == "3A", "pdf/ua": meta.get("pdfuaid:part") == "1"}
            said["title"] = bool(meta.get("dc:title"))
        said["language"] = str(root.get("/Lang", "")) == language
        said["marked"] = bool(root.get("/MarkInfo", {}).get("/Marked", False))
        said["shown title"] = bool(root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False))
        said["bookmarks"] = "/Outlines" in root
        said["output intent"] = "/OutputIntents" in root
        tags = Counter(_tags(root.StructTreeRoot.K)) if "/StructTreeRoot" in root else Counter()
        said |= {tag: tags[tag] > 0 for tag in wanted}
        said["tab order"] = all(page.get("/Tabs") == "/S" for page in pdf.pages)
        found += [name for name, there in said.items() if not there]
    return found


def _tags(node):
    if isinstance(node, pikepdf.Array):
        for part in node:
            yield from _tags(part)
    elif isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            yield str(node.S)
        if "/K" in node:
            yield from _tags(node.K)


def test_the_pdf_is_tagged_and_archival(built):
    assert faults((built / "2020.pdf").read_bytes()) == []


def list_cells(pdf):
    """List the cells of the tables of a PDF by their names where they have one: tag, scope and headers."""
    for cell in pdf.objects:
        if isinstance(cell, pikepdf.Dictionary) and cell.get("/S") in {"/TH", "/TD"}:
            more = {key: value for part in cell.get("/A", []) for key, value in part.items() if part.O == "/Table"}
            headers = [str(name) for name in more.get("/Headers", [])]
            yield str(cell.get("/ID", "")), str(cell.S), str(more.get("/Scope", "")), headers


def test_each_figure_of_a_pdf_names_the_headers_of_its_row(built):
    with pikepdf.open(built / "2020.pdf") as pdf:
        cells = list(list_cells(pdf))
        tree = [str(part) for part in pdf.Root.StructTreeRoot.IDTree.Names[::2]]
    scopes = {name: scope for name, _tag, scope, _headers in cells if name}
    assert sorted(tree) == tree
    assert set(tree) == set(scopes)
    assert Counter(scopes.values()) == {"/Column": 52, "/Row": 35}
    figures = [[scopes[name] for name in headers] for _name, tag, _scope, headers in cells if tag == "/TD"]
    counts = Counter(scopes.count("/Row") for scopes in figures)
    # The last table has no labels; in the one before, groups of rows have some of their own.
    assert counts == {0: 15, 1: 22 + 3 * 7, 2: 4 * 7, 3: 16 * 7}
    assert all("/Column" in scopes for scopes in figures)


def test_the_objects_of_a_pdf_are_compressed(built):
    content = (built / "2020.pdf").read_bytes()
    streams = sum(map(len, re.findall(rb"stream\n(.*?)\nendstream", content, re.DOTALL)))
    assert len(content) - streams < 5_000
    assert rewrite_pdf(content) == content  # which is no longer as Typst writes it


def test_a_plain_pdf_is_neither():
    plain = typst.compile(b"= A heading\n\nA text.", pdf_tags=False)
    assert {"pdf/a", "pdf/ua", "title", "/Table", "language"} <= set(faults(plain))


def test_the_bookmarks_of_the_pdf_are_the_headings(built):
    with pikepdf.open(built / "2020.pdf") as pdf, pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == [
            "一、总体情况",
            "二、主动公开政府信息情况",
            "三、收到和处理政府信息公开申请情况",
            "四、政府信息公开行政复议、行政诉讼情况",
            "五、政府信息公开工作存在的主要问题及改进情况",
            "六、其他需要报告的事项",
        ]
        assert next(item.title for item in outline.root[0].children) == "（一）主动公开"


def test_the_word_file_says_what_a_screen_reader_asks(built):
    document = docx.Document(built / "2020.docx")
    core = document.core_properties
    assert core.title == "鞍山市人力资源和社会保障局2020年度政府信息公开工作报告"
    assert core.language == "zh-CN"
    for table in document.tables:
        assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))  # noqa: SLF001  # no other way to it
    rows = [row for table in document.tables for row in table._tbl.tr_lst]  # noqa: SLF001  # see above
    repeated = [row for row in rows if row.find(f".//{qn('w:tblHeader')}") is not None]
    assert len(repeated) == 3 + 3  # the heads of the two tables that have one head
