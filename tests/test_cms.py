"""The fragment for the editor of a website: no style but that of elements, and the same look on any site."""

import re
import zipfile
from collections import Counter

import pytest
from cases import begun
from lxml import html
from test_every_kind import lay_out

from nianbao.build import outputs
from nianbao.model.period import Period
from nianbao.workspace.store import Store

PROSE = """
[prose]
overview = '''
全年**受理**申请*较多*，见[网址](https://example.cn/?a=1&b=2)。

- 甲项
- 乙项

3. 丙项

> 引文。

| 年 | 数 |
|---|---|
| 2019 | 1 |

: 各年的数
'''
"""
# What sites do to everything: rules for every element, for those of text and of tables, and for phones.
SITES = {
    "loud": """
      * { letter-spacing: 5px !important; line-height: 3 !important; box-sizing: content-box; float: left }
      p { color: red !important; text-indent: 0 !important; margin: 40px !important; font: 30px fantasy !important }
      strong, em, a { color: lime !important; display: block !important; font-size: 40px !important }
      table { width: 50% !important; border: 9px solid blue !important; border-collapse: separate !important }
      th, td { padding: 30px !important; background: yellow !important; border: none !important }
      th, td { text-align: right !important }
      tr:nth-child(even) td { background: pink !important }
    """,
    "cards": """
      table, thead, tbody, tr, th, td { display: block !important; width: auto !important }
      th, td { white-space: nowrap !important }
      thead { display: none !important; position: absolute !important }
      td { text-align: left !important; border-bottom: 1px dotted #ccc !important; font-size: 0 }
      p:first-child { display: none !important } div { overflow: hidden !important; max-height: 90px !important }
    """,
}
STYLES = """() => [...document.querySelectorAll("#fragment *")].map((element) => {
  const style = getComputedStyle(element), box = element.getBoundingClientRect(), out = { tag: element.tagName }
  for (const name of style) out[name] = style[name]
  return { ...out, box: [box.width, box.height].map(Math.round).join(" × ") }
})"""


@pytest.fixture(scope="module")
def fragment(root, tmp_path_factory):
    """The fragment of a report with all that prose may have."""
    folder = tmp_path_factory.mktemp("cms")
    facts = re.sub(r"\n\[prose\].*", "", (root / "data/2020.toml").read_text(encoding="utf-8"), flags=re.DOTALL)
    store = begun(folder, 2020, facts + PROSE)
    outputs.build_report(store, Period(2020), ["cms.html", "html"], draft=False)
    return folder / "build"


def read(path):
    return html.fragment_fromstring(path.read_text(encoding="utf-8"), create_parent="div")


def squeeze(text):
    return re.sub(r"\s+", "", text)


def test_every_element_has_its_style_and_nothing_else(fragment):
    elements = list(read(fragment / "2020.cms.html").iterdescendants())
    tags = Counter(element.tag for element in elements)
    assert tags.keys() <= {
        "p",
        "strong",
        "em",
        "a",
        "br",
        "div",
        "table",
        "colgroup",
        "col",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert tags["table"] == 4  # three of the form, one of the prose
    for element in elements:
        assert "class" not in element.attrib
        assert "id" not in element.attrib
        assert element.tag == "br" or element.get("style").startswith("all:initial!important;")
        declarations = element.get("style", "").rstrip(";").split(";")
        assert element.tag == "br" or all(one.endswith("!important") for one in declarations)


def test_paragraphs_are_indented_and_tables_have_lines_without_styles_too(fragment):
    page = read(fragment / "2020.cms.html")
    first = page.find("p")
    assert "text-indent:2em!important" in first.get("style")
    for table in page.iter("table"):
        assert (table.get("border"), table.get("cellspacing"), table.get("width")) == ("1", "0", "100%")
    widths = [float(column.get("width").rstrip("%")) for column in page.findall(".//table")[-1].iter("col")]
    assert sum(widths) == pytest.approx(100, abs=0.1)


def test_the_text_is_that_of_the_page_without_the_title_and_the_captions_of_forms(fragment):
    page = html.parse(str(fragment / "2020.html")).find("body")
    captions = [caption for caption in page.iter("caption") if "form" in caption.getparent().get("class", "").split()]
    assert captions
    for left_out in (*page.iter("h1"), *captions):
        left_out.text = ""
        for child in list(left_out):
            left_out.remove(child)
    for item in page.iter("ol"):
        first = item.find("li")
        first.text = f"3. {first.text or ''}"  # the number, which a browser draws
    assert squeeze(read(fragment / "2020.cms.html").text_content()) == squeeze(page.text_content())


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("suffix", ["html", "cms.html"])
def test_stress_is_another_face_and_not_slanted(browser, fragment, suffix):
    tab = browser.new_page()
    tab.goto((fragment / f"2020.{suffix}").as_uri())
    read_style = "({ fontFamily, fontStyle }) => [fontFamily, fontStyle]"
    family, style = tab.evaluate(f"({read_style})(getComputedStyle(document.querySelector('em')))")
    tab.close()
    assert "KaiTi" in family
    assert style == "normal"


def test_a_draft_says_so(root, tmp_path):
    store = Store(root, tmp_path)
    outputs.build_report(store, Period(2020), ["cms.html"], draft=True)
    assert read(tmp_path / "2020.cms.html").find("p").text_content() == "【草稿】"


def measure(browser, path, fragment, sheet):
    """Return the computed styles and sizes of all elements of a fragment on the page of a site."""
    path.write_text(
        f"<!DOCTYPE html><meta charset=utf-8><title>x</title><style>{sheet}</style>"
        f'<div id="fragment" style="display:block!important;width:800px!important;overflow:visible!important;'
        f'max-height:none!important;float:none!important">{fragment}</div>',
        encoding="utf-8",
    )
    tab = browser.new_page(viewport={"width": 1000, "height": 800})
    try:
        tab.goto(path.as_uri())
        return tab.evaluate(STYLES)
    finally:
        tab.close()


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("site", SITES)
def test_the_look_is_the_same_on_a_site_with_a_foreign_style_sheet(browser, fragment, tmp_path, site):
    text = (fragment / "2020.cms.html").read_text(encoding="utf-8")
    plain = measure(browser, tmp_path / "plain.html", text, "")
    assert measure(browser, tmp_path / "site.html", text, SITES[site]) == plain


@pytest.mark.needs("chromium")
def test_tables_have_the_type_of_the_look(browser, fragment, tmp_path):
    text = (fragment / "2020.cms.html").read_text(encoding="utf-8")
    elements = measure(browser, tmp_path / "plain.html", text, "")
    (of_tables,) = {(one["font-family"], one["font-size"]) for one in elements if one["tag"] == "TABLE"}
    assert {(one["font-family"], one["font-size"]) for one in elements if one["tag"] in {"TH", "TD"}} == {of_tables}


@pytest.mark.needs("chromium")
def test_an_english_fragment_has_lists_and_space_between_paragraphs(browser, report, tmp_path):
    (words,) = lay_out("kpi", tmp_path)
    assert report("build", *words, "--to", "cms", cwd=tmp_path).returncode == 0
    text = (tmp_path / "build" / f"{words[0]}.cms.html").read_text(encoding="utf-8")
    elements = measure(browser, tmp_path / "plain.html", text, "")
    items = [one for one in elements if one["tag"] == "LI"]
    assert {(one["display"], one["list-style-type"]) for one in items} == {("list-item", "disc")}
    paragraphs = [one for one in elements if one["tag"] == "P" and one["text-indent"] == "0px"]
    assert {one["text-align"] for one in paragraphs} == {"left"}
    assert any(float(one["margin-bottom"].rstrip("px")) > 5 for one in paragraphs)


@pytest.mark.needs("chromium")
def test_a_fragment_without_its_styles_looks_otherwise_there(browser, fragment, tmp_path):
    bare = re.sub(r' style="[^"]*"', "", (fragment / "2020.cms.html").read_text(encoding="utf-8"))
    plain = measure(browser, tmp_path / "plain.html", bare, "")
    assert all(measure(browser, tmp_path / "site.html", bare, sheet) != plain for sheet in SITES.values())


@pytest.mark.slow
@pytest.mark.needs("chromium")
@pytest.mark.parametrize("suffix", ["cms.html", "epub"])
@pytest.mark.parametrize("form", ["seal", "plain"])
@pytest.mark.parametrize(
    "name", ["某局", "鞍山市人力资源和社会保障局", "内蒙古自治区呼伦贝尔市莫力达瓦达斡尔族自治旗人民政府"]
)
def test_the_signature_has_the_form_of_its_look(browser, office, form, name, suffix):
    looks = office / "templates/looks"
    looks.mkdir(parents=True)
    (looks / "own.toml").write_text(
        f'base = "gongwen"\n[signature]\nform = "{form}"\nindent = 4\nabove = 1\n', encoding="utf-8"
    )
    data = office / "data/2020.toml"
    data.write_text(data.read_text(encoding="utf-8").replace("鞍山市人力资源和社会保障局", name), encoding="utf-8")
    outputs.build_report(Store(office), Period(2020), [suffix], look="own")
    path = office / f"build/2020.{suffix}"
    path = find_last_chapter(path, office) if suffix == "epub" else path.rename(path.with_name("2020.html"))
    tab = browser.new_page(viewport={"width": 800, "height": 800})
    try:
        tab.goto(path.as_uri())
        sizes = tab.evaluate(SIGNATURE)
    finally:
        tab.close()
    (left, right), (begin, end), (edge, em) = sizes
    indent = edge - max(right, end)
    if form == "plain":
        assert begin - left == pytest.approx(2 * em, abs=1)
        assert indent == pytest.approx(4 * em, abs=1)
    else:
        assert (left + right) / 2 == pytest.approx((begin + end) / 2, abs=1)
        assert edge - end >= 4 * em - 1
        assert indent >= -1
        assert edge - end == pytest.approx(4 * em, abs=1) or indent == pytest.approx(0, abs=1)


# Where the words of the last two paragraphs begin and end, and the right edge and the size of the text above them.
SIGNATURE = """() => {
  const lines = [...document.querySelectorAll("p")].slice(-3);
  const measure = line => {
    const range = document.createRange();
    range.selectNodeContents(line);
    const box = range.getBoundingClientRect();
    return [box.left, box.right];
  };
  const above = [lines[0].getBoundingClientRect().right, parseFloat(getComputedStyle(lines[1]).fontSize)];
  return [measure(lines[1]), measure(lines[2]), above];
}"""


def find_last_chapter(path, folder):
    with zipfile.ZipFile(path) as book:
        chapters = [name for name in book.namelist() if re.search(r"ch\d+\.xhtml$", name)]
        book.extractall(folder / "book")
    return folder / "book" / max(chapters)


def test_what_is_indented_in_a_list_is_a_paragraph_too(root, tmp_path):
    facts = (root / "data/2020.toml").read_text(encoding="utf-8").split("[prose]")[0]
    prose = "[prose]\nother = '''\n- 甲项\n\n        缩进很多的一段。\n'''\n"
    outputs.build_report(begun(tmp_path, 2020, facts + prose), Period(2020), ["cms.html"])
    fragment = html.fromstring((tmp_path / "build/2020.cms.html").read_text(encoding="utf-8"))
    assert "缩进很多的一段。" in [node.text_content().strip() for node in fragment.iter("p")]


@pytest.mark.needs("chromium")
def test_no_figure_of_a_book_is_split(browser, report, tmp_path):
    lay_out("us-foia", tmp_path)
    assert report("build", "2024", "--to", "epub", cwd=tmp_path).returncode == 0
    last = find_last_chapter(tmp_path / "build/2024.epub", tmp_path)
    tab = browser.new_page(viewport={"width": 375, "height": 800})
    try:
        for path in sorted(last.parent.glob("ch*.xhtml")):
            tab.goto(path.as_uri())
            assert tab.evaluate("document.documentElement.scrollWidth") == 375, path.name
            assert tab.evaluate(SPLIT) == [], path.name
    finally:
        tab.close()


# Figures that take more lines than the words in them.
SPLIT = """() => [...document.querySelectorAll("td")].filter(cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  const tops = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
  return /^[$0-9.,%]+$/.test(cell.textContent.trim()) && tops.size > 1;
}).map(cell => cell.textContent)"""
