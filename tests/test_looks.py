"""The pages as they measure: every length of a look is found again in the finished files, within a hair."""

import itertools
import json
import re
import shutil
import zipfile
from collections import Counter
from types import SimpleNamespace

import docx
import pdfplumber
import pypdfium2
import pytest
from cases import begun
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from nianbao.build import outputs
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.render import typst
from nianbao.render.word_units import to_word_units
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store

MM = 72 / 25.4  # points
LOOKS = ("gongwen", "internal")
LONG = "测" * 4000


@pytest.fixture(scope="module", params=LOOKS)
def printed(request, root, tmp_path_factory):
    """A report with a long paragraph, in one look; the look and the folder of its files."""
    office = tmp_path_factory.mktemp(request.param)
    text = (root / "data/2020.toml").read_text(encoding="utf-8").split("[prose]")[0]
    store = begun(office, 2020, f'{text}[prose]\nother = "{LONG}"\n')
    outputs.build_report(store, Period(2020), ["html", "docx", "pdf", "odt"], look=request.param)
    return store.look(request.param), office / "build"


def lines_of(page):
    """Return the lines of a page that are full of the long paragraph's character, from the top."""
    rows = {}
    for char in page.chars:
        if char["text"] == "测":
            rows.setdefault(round(char["top"], 1), []).append(char)
    return [sorted(row, key=lambda char: char["x0"]) for _, row in sorted(rows.items())]


def test_the_pdf_measures_as_its_look_says(printed):
    look, folder = printed
    page, body = look["page"], look["body"]
    with pdfplumber.open(folder / "2020.pdf") as pdf:
        assert all(float(part.width) == pytest.approx(page["width"] * MM, abs=0.1) for part in pdf.pages)
        assert all(float(part.height) == pytest.approx(page["height"] * MM, abs=0.1) for part in pdf.pages)
        full = max(pdf.pages, key=lambda part: len(lines_of(part)))
        lines = lines_of(full)
        wide = page["width"] - page["left"] - page["right"]
        tall = page["height"] - page["top"] - page["bottom"]
        assert Counter(map(len, lines)).most_common(1)[0][0] == body["characters"]
        assert len(lines) == round(tall * MM / body["pitch"])
        assert {round(char["size"], 1) for line in lines for char in line} == {body["size"]}
        gaps = [after[0]["top"] - before[0]["top"] for before, after in itertools.pairwise(lines)]
        assert gaps == pytest.approx([body["pitch"]] * len(gaps), abs=0.1)
        left, right = lines[1][0]["x0"] / MM, lines[1][-1]["x1"] / MM
        apart = wide / body["characters"] - body["size"] / MM  # half of it stands beside each character
        assert left == pytest.approx(page["left"], abs=0.5)
        assert right == pytest.approx(page["left"] + wide - apart, abs=0.5)
        top = min(char["top"] for char in full.chars) / MM
        assert page["top"] - 1.5 <= top <= page["top"] + body["pitch"] / MM  # a glyph's box is taller than its em


def test_the_pdf_sets_title_headings_and_page_numbers_as_its_look_says(printed):
    look, folder = printed
    with pdfplumber.open(folder / "2020.pdf") as pdf:
        first = pdf.pages[0]
        assert round(first.chars[0]["size"], 1) == look["title"]["size"]
        words = {
            word["text"]: word for part in pdf.pages for word in part.extract_words(extra_attrs=["size", "fontname"])
        }
        heading = next(word for text, word in words.items() if text.startswith("一、总体"))
        assert round(heading["size"], 1) == look["heading1"]["size"]
        free = look["faces"][look["heading1"]["face"]]["free"].replace(" ", "")
        assert free in heading["fontname"]
        indent = look["body"]["indent"] * look["body"]["size"]
        assert heading["x0"] == pytest.approx(look["page"]["left"] * MM + indent, abs=1.5)
        for number, part in enumerate(pdf.pages[:4], 1):
            foot = (look["page"]["height"] - look["page"]["bottom"]) * MM
            below = [char for char in part.chars if char["top"] > foot]
            assert "".join(char["text"] for char in below).replace(" ", "") == f"—{number}—"
            assert {round(char["size"], 1) for char in below} == {look["number"]["size"]}
            gap = (min(char["top"] for char in below) - foot) / MM
            assert gap == pytest.approx(look["number"]["gap"], abs=1.5)
            edges = min(char["x0"] for char in below) / MM, max(char["x1"] for char in below) / MM
            em = look["number"]["size"] / MM
            if number % 2:
                assert edges[1] == pytest.approx(look["page"]["width"] - look["page"]["right"] - em, abs=1)
            else:
                assert edges[0] == pytest.approx(look["page"]["left"] + em, abs=1)


def test_the_word_file_measures_as_its_look_says(printed):
    look, folder = printed
    document = docx.Document(folder / "2020.docx")
    section, page = document.sections[0], look["page"]
    for name, value in (
        ("page_width", page["width"]),
        ("page_height", page["height"]),
        ("top_margin", page["top"]),
        ("bottom_margin", page["bottom"]),
        ("left_margin", page["left"]),
        ("right_margin", page["right"]),
    ):
        assert getattr(section, name) == pytest.approx(Mm(value), abs=Mm(0.05)), name
    grid = section._sectPr.find(qn("w:docGrid"))  # noqa: SLF001  # python-docx has no word for it
    assert int(grid.get(qn("w:linePitch"))) / 20 == pytest.approx(look["body"]["pitch"], abs=0.05)
    styles = document.styles
    assert styles["Normal"].paragraph_format.line_spacing == pytest.approx(Pt(look["body"]["pitch"]), abs=Pt(0.05))
    for name, part in (("Title", "title"), ("Heading 1", "heading1"), ("Heading 2", "heading2"), ("footer", "number")):
        assert styles[name].font.size == Pt(look[part]["size"]), name
        asian = styles[name].element.rPr.rFonts.get(qn("w:eastAsia"))
        assert asian == look["faces"][look[part]["face"]]["word"], name
    indent = styles["Body Text"].element.pPr.ind
    assert indent.get(qn("w:firstLineChars")) == f"{look['body']['indent'] * 100:g}"
    assert styles["Body Text"].paragraph_format.first_line_indent == Pt(look["body"]["indent"] * look["body"]["size"])
    default = document.styles.element.find(qn("w:docDefaults")).find(f".//{qn('w:rFonts')}")
    assert default.get(qn("w:ascii")) == look["body"]["latin"]
    assert default.get(qn("w:eastAsia")) == look["faces"][look["body"]["face"]]["word"]


def test_the_web_page_is_printed_as_its_look_says(printed):
    look, folder = printed
    source, page = (folder / "2020.html").read_text(encoding="utf-8"), look["page"]
    margins = " ".join(f"{page[side]:g}mm" for side in ("top", "right", "bottom", "left"))
    assert f"@page {{ size: {page['width']:g}mm {page['height']:g}mm; margin: {margins}; }}" in source
    assert f"font-size: {look['body']['size']:g}pt; line-height: {look['body']['pitch']:g}pt" in source
    assert f'font-family: "{look["faces"][look["title"]["face"]]["word"]}"' in source


@pytest.mark.needs("chromium")
def test_a_browser_prints_the_pages_of_the_pdf(built, browser, tmp_path):
    page = browser.new_page()
    page.goto((built / "2020.html").as_uri())
    page.pdf(path=tmp_path / "printed.pdf", prefer_css_page_size=True)
    page.close()
    with pypdfium2.PdfDocument(tmp_path / "printed.pdf") as printed, pypdfium2.PdfDocument(built / "2020.pdf") as ours:
        assert len(printed) == len(ours)
        for number, pages in enumerate(zip(printed, ours, strict=True), 1):
            texts = [re.sub(r"\s", "", shown.get_textpage().get_text_range()) for shown in pages]
            assert all(f"—{number}—" in text for text in texts)
            # A browser does not press 《 and 》 together as Typst does, so that a paragraph may have a line more.
            headings = [re.findall("[一二三四五六]、(?:总体|主动|收到|政府信息公开|其他需要)", text) for text in texts]
            assert headings[0] == headings[1]
            assert pages[0].get_size() == pytest.approx(pages[1].get_size(), abs=1)


def test_the_open_document_has_the_pages_of_its_look(printed):
    look, folder = printed
    with zipfile.ZipFile(folder / "2020.odt") as package:
        styles = package.read("styles.xml").decode()
    assert f'fo:page-width="{look["page"]["width"]:g}mm"' in styles
    assert f'fo:margin-left="{look["page"]["left"]:g}mm"' in styles
    assert f'style:font-name-asian="{look["faces"][look["title"]["face"]]["word"]}"' in styles


def test_a_margin_that_changes_in_the_look_changes_everywhere(office):
    shutil.copytree(TEMPLATES / "looks", office / "templates/looks")
    path = office / "templates/looks/gongwen.toml"
    changed = re.sub(r"(?m)^left +=.*$", "left   = 48", path.read_text(encoding="utf-8"))
    path.write_text(changed, encoding="utf-8")
    outputs.build_report(Store(office), Period(2020), ["html", "docx", "pdf", "odt"])
    build = office / "build"
    with pdfplumber.open(build / "2020.pdf") as pdf:
        inner = min(char["x0"] for part in pdf.pages for char in part.chars if char["text"].strip())
        assert inner == pytest.approx(48 * MM, abs=1.5)
    assert docx.Document(build / "2020.docx").sections[0].left_margin == pytest.approx(Mm(48), abs=Mm(0.05))
    assert "mm 48mm; }" in (build / "2020.html").read_text(encoding="utf-8")
    with zipfile.ZipFile(build / "2020.odt") as package:
        assert 'fo:margin-left="48mm"' in package.read("styles.xml").decode()


def test_a_table_taller_than_a_page_goes_on_under_its_heads(office):
    (office / "templates/looks").mkdir(parents=True)
    big = 'base = "gongwen"\n[table]\nsize = 15\npitch = 20\n'
    (office / "templates/looks/big.toml").write_text(big, encoding="utf-8")
    outputs.build_report(Store(office), Period(2020), ["pdf"], look="big")
    with pdfplumber.open(office / "build/2020.pdf") as pdf:
        texts = [re.sub(r"\s", "", part.extract_text()) for part in pdf.pages]
        first = next(at for at, text in enumerate(texts) if "三、收到和处理政府信息公开申请情况" in text)
        pages = [at for at, text in enumerate(texts) if "申请人情况" in text]
        assert pages == list(range(first, first + len(pages)))  # the heading stands over the table's first part
        assert len(pages) > 1
        rows = [row for at in pages for table in pdf.pages[at].find_tables() for row in table.extract()]
        figures = [row for row in rows if len(row) > 8 and re.fullmatch(r"\d", row[-1] or "")]
        assert len(figures) == 23
        foot = (297 - 35) * MM
        for at in pages:
            assert all(rect["bottom"] <= foot + 1 for rect in (*pdf.pages[at].lines, *pdf.pages[at].rects))


def test_a_look_says_only_what_it_changes(office):
    folder = office / "templates/looks"
    folder.mkdir(parents=True)
    (folder / "wide.toml").write_text('base = "internal"\n[page]\nleft = 40\n', encoding="utf-8")
    look = Store(office).look("wide")
    assert (look["page"]["left"], look["page"]["right"], look["page"]["width"]) == (40, 25, 210)
    assert to_word_units(look)["page"]["left"] == round(40 * 1440 / 25.4)


@pytest.mark.parametrize("text", ['base = "loop"', 'base = "nothing"'])
def test_a_look_without_ground_is_said(office, text):
    folder = office / "templates/looks"
    folder.mkdir(parents=True)
    (folder / "loop.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError):
        Store(office).look("loop")


def test_the_command_takes_a_look(office, report):
    assert report("build", "--look", "internal", "--to", "html", cwd=office).returncode == 0
    assert "margin: 25mm 25mm 25mm 25mm" in (office / "build/2020.html").read_text(encoding="utf-8")
    wrong = report("build", "--look", "nothing", cwd=office)
    assert wrong.returncode == 2
    assert "可用的版式：gongwen、hongtou、internal、letter、long" in wrong.stderr


def test_a_format_is_a_folder_with_one_line(office, report):
    folder = office / "templates/formats/txt"
    folder.mkdir(parents=True)
    (folder / "format.toml").write_text('writer = "plain"\n', encoding="utf-8")
    assert report("build", "--to", "txt", cwd=office).returncode == 0
    assert "498935.88元" in (office / "build/2020.txt").read_text(encoding="utf-8")


def test_a_build_says_which_faces_it_used(office, report):
    said = report("build", "--to", "pdf", cwd=office).stdout
    faces = json.loads(report("build", "--to", "pdf", "--json", cwd=office).stdout)["reports"][0]["faces"]
    assert len(faces) == 5
    assert all(face["face"] in said and face["family"] in said for face in faces)
    assert "字体" not in report("build", "--to", "docx", cwd=office).stdout


@pytest.mark.parametrize(
    ("installed", "family", "official"),
    [
        (["LXGW WenKai"], "LXGW WenKai", False),
        (["AR PL UKai CN", "LXGW WenKai"], "LXGW WenKai", False),
        (["LXGW WenKai", "KaiTi"], "KaiTi", True),
        ([], "Noto Serif SC", False),
    ],
)
def test_a_free_font_of_the_same_style_stands_in_for_an_official_one(root, monkeypatch, installed, family, official):
    fonts = SimpleNamespace(families=lambda: [*installed, "Noto Serif SC", "Noto Sans SC"])
    monkeypatch.setattr(typst, "_load_fonts", lambda **_which: fonts)
    (kaiti,) = (face for face in typst.choose_faces(Store(root).look()) if face.role == "kaiti")
    assert (kaiti.family, kaiti.official) == (family, official)
