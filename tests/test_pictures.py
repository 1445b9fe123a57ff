"""What readers see: the pages of every format and both editions, held against pictures that were looked at.

`pytest tests/test_pictures.py --rewrite` draws them anew; look at each before you keep it. Those of the PDF are
drawn everywhere, those of LibreOffice and Chromium in CI, where the versions of these are known. All three may use
the two faces that the program brings along and no other: else a sign that those lack, such as 🙂, looks like
whatever font of the machine has it.
"""

import os
import shutil
from pathlib import Path

import pypdfium2
import pytest
from cases import begun, converted, hard_facts, own_faces
from PIL import Image, ImageChops, ImageFilter

from nianbao.build import outputs
from nianbao.model.period import Period
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store

PICTURES = Path(__file__).parent / "pictures"
DPI = 60
FIRST, LAST = 2, 5  # pages of a long document that are drawn: from its beginning, and to its end
TOP, BOTTOM = 1500, 4000  # the same of a web page, in its pixels
GREYS = 16
BLUR = 1.5  # pixels: a letter that is drawn a little otherwise is the same letter
TILE = 20  # pixels: the worst square of a sheet counts, so that one spoiled cell is not lost in many good pages
TOLERANCE = 12  # mean difference of greys in a square, of 255
CASES = {
    "zeros-2019": 2020,
    "anshan-2019": 2020,
    "jianping-2019": 2020,
    "hard-2019": 2020,
    "zeros-2021": 2023,
    "hongze-2021": 2023,
    "shuyang-2021": 2025,
    "hard-2021": 2023,
    "figures-2021": 2023,
}
# The figures of a case as pictures, and the report of the year before.
EXAMPLE = "templates/kinds/cn-disclosure/example"
DRAWN = """
[[pictures]]
id = "sources"

[[pictures]]
id = "outcomes"

[[pictures]]
id = "years"

[[pictures]]
id      = "parts"
title   = "新收和结转的申请"
section = "requests"
draw    = "stacked"
figures = ["requests.received", "requests.carried_in"]
parts   = ["person", "business", "research"]
"""
SOURCES = {
    "anshan-2019": "data/2020.toml",
    "jianping-2019": "tests/samples/jianping-wjj-2020.toml",
    "hongze-2021": "tests/samples/hongze-2023.toml",
    "shuyang-2021": "tests/samples/shuyang-2025.toml",
}
DRAFTS = {"jianping-2019", "hongze-2021", "shuyang-2021"}  # published figures without the texts
ELSEWHERE = "drawn by programs whose versions only CI knows"


def facts_of(name, root):
    """Return the data file of a case."""
    year = CASES[name]
    if name.startswith("figures"):
        return (root / EXAMPLE / f"{year}.toml").read_text(encoding="utf-8") + DRAWN
    if name.startswith("hard"):
        return hard_facts(Store(root).kind.edition(name.removeprefix("hard-")), year)
    if name in SOURCES:
        return (root / SOURCES[name]).read_text(encoding="utf-8")
    return (
        f'year = {year}\npublished = {year + 1}-01-20\n[agency]\nname = "某市某局"\n'
        '[proactive]\n[requests]\n[review_litigation]\n[facts]\nproblems = ["无"]\nimprovements = ["无"]\n'
    )


@pytest.fixture(scope="session", params=CASES)
def case(request, root, tmp_path_factory):
    """Return the name of a case, and its files without their suffix."""
    name, year = request.param, CASES[request.param]
    office = tmp_path_factory.mktemp(name)
    draft = name in DRAFTS or name.startswith("hard")
    store = begun(office, year, facts_of(name, root))
    if name.startswith("figures"):
        shutil.copy(root / EXAMPLE / f"{year - 1}.toml", office / "data")
    with own_faces():
        done = outputs.build_report(store, Period(year), ["html", "docx", "pdf"], draft=draft)
    assert done.files
    return name, office / "build" / str(year)


def beside(pages):
    drawn = Image.new("L", (sum(page.width + 4 for page in pages), max(page.height for page in pages)), 128)
    at = 0
    for page in pages:
        drawn.paste(page, (at, 0))
        at += page.width + 4
    return drawn


def sheet(path):
    """Draw the first and last pages of a PDF side by side."""
    with pypdfium2.PdfDocument(path) as pdf:
        count = len(pdf)
        wanted = [at for at in range(count) if at < FIRST or at >= count - LAST]
        pages = [pdf[at].render(scale=DPI / 72).to_pil().convert("L") for at in wanted]
    return beside(pages)


def shot(browser, path, width):
    """Draw the top and the bottom of a web page side by side, at half its size."""
    page = browser.new_page(viewport={"width": width, "height": 1000}, device_scale_factor=0.5)
    page.goto(path.as_uri())
    height = page.evaluate("document.documentElement.scrollHeight")
    drawn, parts = [], [(0, min(TOP, height)), (max(TOP, height - BOTTOM), height)]
    file = path.with_name("part.png")
    for top, bottom in parts:
        if bottom > top:
            clip = {"x": 0, "y": top, "width": width, "height": bottom - top}
            page.screenshot(path=file, clip=clip, full_page=True)
            drawn.append(Image.open(file).convert("L"))
    page.close()
    return beside(drawn)


def difference(one, other):
    """Return by how much two sheets differ where they differ most: the mean of a square, of 255 greys."""
    if one.size != other.size:
        return 255
    blurred = [picture.filter(ImageFilter.GaussianBlur(BLUR)) for picture in (one, other)]
    return ImageChops.difference(*blurred).reduce(TILE).getextrema()[1]


def holds(drawn, name, request, folder):
    """Compare with the kept picture, or keep this one; a picture that differs is left beside the one it is held to."""
    kept = PICTURES / f"{name}.png"
    if request.config.getoption("--rewrite"):
        kept.parent.mkdir(exist_ok=True)
        drawn.quantize(GREYS).save(kept, optimize=True)
        return
    seen = difference(Image.open(kept).convert("L"), drawn)
    drawn.save(folder / kept.name)
    assert seen <= TOLERANCE, f"{folder / kept.name} differs from {kept} by {seen}"


@pytest.fixture
def known_programs(request):
    if not (os.environ.get("NIANBAO_CI") or request.config.getoption("--rewrite")):
        pytest.skip(ELSEWHERE)


def test_the_pdf_looks_as_it_was_accepted(case, request, tmp_path):
    name, path = case
    holds(sheet(path.with_suffix(".pdf")), f"{name}-pdf", request, tmp_path)


@pytest.mark.usefixtures("known_programs")
@pytest.mark.needs("soffice", package="libreoffice-writer-nogui")
def test_the_word_file_looks_as_it_was_accepted(case, request, own_fonts, tmp_path):
    name, path = case
    printed = converted(path.with_suffix(".docx"), "pdf", tmp_path, env=own_fonts)
    holds(sheet(printed), f"{name}-docx", request, tmp_path)


@pytest.mark.usefixtures("known_programs")
@pytest.mark.needs("chromium")
@pytest.mark.parametrize("width", [360, 1200])
def test_the_web_page_looks_as_it_was_accepted(case, width, request, browser, tmp_path):
    name, path = case
    holds(shot(browser, path.with_suffix(".html"), width), f"{name}-html-{width}", request, tmp_path)


def spoiled(office, file, pattern, changed):
    """Build with a template that someone broke, and draw it."""
    shutil.copytree(TEMPLATES / "formats", office / "templates/formats")
    shutil.copytree(TEMPLATES / "looks", office / "templates/looks")
    path = office / file
    source = path.read_text(encoding="utf-8")
    assert pattern in source
    path.write_text(source.replace(pattern, changed), encoding="utf-8")
    with own_faces():
        outputs.build_report(Store(office), Period(2020), ["pdf"])
    return sheet(office / "build/2020.pdf")


@pytest.mark.parametrize(
    ("file", "pattern", "changed"),
    [
        ("templates/looks/gongwen.toml", "left   = 28", "left   = 30"),
        ("templates/looks/gongwen.toml", "size   = 9 ", "size   = 11 "),
        ("templates/formats/pdf/template.typ", "stroke: $look.table.line$pt", "stroke: none"),
        ("templates/formats/pdf/filter.lua", '"%.4ffr"', '"%.4fpt"'),
    ],
)
def test_a_page_that_someone_broke_is_seen(office, file, pattern, changed):
    kept = Image.open(PICTURES / "anshan-2019-pdf.png").convert("L")
    seen = difference(kept, spoiled(office, file, pattern, changed))
    assert seen > 2 * TOLERANCE
