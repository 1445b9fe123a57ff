"""OFD: the standard's structure, and pages that are those of the PDF, sign for sign and line for line."""

import ctypes
import io
import re
import time
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import ofd_files
import pypdfium2
import pytest
import typst
from cases import begun, figured, own_faces
from fontTools.ttLib import TTFont
from ofd_files import NAMESPACE
from PIL import Image, ImageChops, ImageFilter
from pypdfium2 import raw
from test_drawn_figures import ASKED, office
from test_every_kind import lay_out

from nianbao.build import fingerprints, outputs
from nianbao.model.finding import UserError
from nianbao.model.period import Period, parse_period
from nianbao.render.ofd import package
from nianbao.render.ofd.package import convert_pdf
from nianbao.workspace.formats import OutputFile
from nianbao.workspace.processes.limits import LimitError
from nianbao.workspace.store import Store

ROOT = Path(__file__).parent.parent
MM = 25.4 / 72
NEAR = 0.1  # mm
DPI, FINE = 60, 4  # what is compared is painted finer, so that no line falls between two pixels
SIGNS = """**加粗的字**，*强调*，“引”，——破折号，……，office fluffy ffi ffl affine fjord，𣗋 䶮 㛃，a b　c d。

*x* y **z** a\u0301e\u0301 combining; soft\xadhyphen; 10 000 m² ½ № ™ ① ㎡ Ⅳ；`code`；Donaudampfschifffahrtsgesellschaft
Donaudampfschifffahrtsgesellschaftskapitänsmütze。

[链接](https://example.org/a?b=1&c="x") 与<尖括号> & 和 ]]>。

| 甲 | 乙 |
|---|---|
| 1 | 2 |
"""


def build(store, period, formats=("pdf", "ofd"), **options):
    """Build a report; return the bytes of its files by suffix, and the number of pages."""
    with own_faces():
        done = outputs.build_report(store, period, formats, **options)
    found = {file.format: outputs.output_path(store, period, file.format).read_bytes() for file in done.files}
    assert set(found) == set(formats), done.check
    assert len({file.pages for file in done.files}) == 1
    return found


@pytest.fixture(scope="module")
def anshan(tmp_path_factory):
    """The 2020 report."""
    return build(Store(ROOT, tmp_path_factory.mktemp("anshan")), Period(2020))


@pytest.fixture(scope="module")
def signs(tmp_path_factory):
    """A draft with rare signs, ligatures, stress, a link, a table, and what would be markup."""
    form = Store(ROOT).kind.edition("2021")
    facts = (
        f'year = 2023\ntitle = "某局2023年<报告>&“试”"\n{figured(form, 1234)}\npublished = 2024-01-20\n'
        '[agency]\nname = "某市𣗋头局"\n[proactive]\n[review_litigation]\n[facts]\nproblems = ["无"]\n'
        f'improvements = ["无"]\n[prose]\noverview = """\n{SIGNS}"""\n'
    )
    return build(begun(tmp_path_factory.mktemp("signs"), 2023, facts), Period(2023), draft=True)


@pytest.fixture(scope="module")
def kpi(tmp_path_factory):
    """A report in English with a cover, contents, and a page in landscape."""
    folder = tmp_path_factory.mktemp("kpi")
    ((period,),) = lay_out("kpi", folder)
    return build(Store(folder), parse_period(period))


@pytest.fixture(scope="module")
def drawn(root, tmp_path_factory):
    """A report with pictures of its figures."""
    return build(office(tmp_path_factory.mktemp("drawn"), root, ASKED), Period(2023))


@pytest.fixture(params=["anshan", "signs", "kpi", "drawn"])
def made(request):
    return request.getfixturevalue(request.param)


def picture():
    """Return a picture of one point."""
    with io.BytesIO() as file:
        Image.new("L", (1, 1)).save(file, "PNG")
        return file.getvalue()


def typeset(source, **options):
    """Let Typst set a page, and make an OFD document of it."""
    content = f"#set page(width: 100mm, height: 60mm, margin: 10mm)\n{source}".encode()
    pdf = typst.compile(content, font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True))
    words = {"facts": "", "families": {}, "day": date(2024, 1, 31)} | options
    return pdf, convert_pdf(Store(ROOT).format("ofd"), OutputFile("pdf", pdf), **words).content


# ── the standard ─────────────────────────────────────────────────────────────────────────────────────


def test_every_part_is_as_the_standard_says(made):
    assert list(ofd_files.find_faults(made["ofd"])) == []


@pytest.mark.parametrize(
    ("pattern", "changed"),
    [
        (rb"(<ofd:FillColor [^>]*/>)(?s:(.*?</ofd:TextCode>))", rb"\2\1"),
        (rb' Boundary="[^"]*"', b""),
        (rb' Boundary="[^"]*"', b' Boundary="1 2 3"'),
        (rb' Size="[^"]*"', b' Size="big"'),
        (rb' Font="[^"]*"', b' Font="999"'),
        (rb'DeltaX="g \d+ ', b'DeltaX="g 2 '),
        (rb"<ofd:AbbreviatedData>M", b"<ofd:AbbreviatedData>X"),
        (rb'<ofd:Layer ID="\d+"', b'<ofd:Layer ID="1"'),
        (rb"<ofd:MaxUnitID>\d+", b"<ofd:MaxUnitID>5"),
        (rb"<ofd:DocID>", b"<ofd:DocID>x"),
        (rb"<ofd:FileLoc>", b"<ofd:FileLoc>no-"),
        (rb"<ofd:Dest [^>]*/>", b""),
    ],
)
def test_a_part_that_is_not_as_the_standard_says_is_found(anshan, pattern, changed):
    with zipfile.ZipFile(io.BytesIO(anshan["ofd"])) as old, io.BytesIO() as buffer:
        with zipfile.ZipFile(buffer, "w") as new:
            for name in old.namelist():
                part = old.read(name)
                new.writestr(name, re.sub(pattern, changed, part, count=1) if name.endswith(".xml") else part)
        assert buffer.getvalue() != anshan["ofd"]
        assert list(ofd_files.find_faults(buffer.getvalue()))


# ── the same pages as the PDF ────────────────────────────────────────────────────────────────────────


def list_signs_of_pdf(page):
    """List the signs of a page of a PDF, each with its place from the left upper corner in mm, as pdfium finds them."""
    text, height = page.get_textpage(), page.get_height()
    x, y, units = ctypes.c_double(), ctypes.c_double(), []
    for at in range(raw.FPDFText_CountChars(text)):
        if raw.FPDFText_IsGenerated(text, at):
            continue
        raw.FPDFText_GetCharOrigin(text, at, x, y)
        units.append((raw.FPDFText_GetUnicode(text, at), x.value * MM, (height - y.value) * MM))
    for at, (unit, left, top) in enumerate(units):
        if 0xD800 <= unit < 0xDC00:  # pdfium gives UTF-16
            yield chr(0x10000 + (unit - 0xD800 << 10) + units[at + 1][0] - 0xDC00), left, top
        elif not 0xDC00 <= unit < 0xE000:
            yield chr(unit), left, top


def test_every_sign_is_where_it_is_in_the_pdf(made):
    with pypdfium2.PdfDocument(made["pdf"]) as pdf:
        pages = ofd_files.list_pages(made["ofd"])
        assert len(pages) == len(pdf)
        for page, printed in zip(pages, pdf, strict=True):
            width, height = ofd_files.numbers(page.findtext(f".//{NAMESPACE}PhysicalBox"))[2:]
            assert (width / MM, height / MM) == pytest.approx(printed.get_size(), abs=0.01)
            assert_same_signs(list(ofd_files.list_signs(page)), list(list_signs_of_pdf(printed)))


def assert_same_signs(found, wanted):
    """Compare signs in any order: pdfium gives the cells of a table in an order of its own, and fewer spaces."""
    found = [sign for sign in found if sign[0] != " "]
    left = [sign for sign in wanted if sign[0] not in " \xad\u200b"]  # two of them say where a line may break
    assert Counter(sign for sign, _x, _y in found) == Counter(sign for sign, _x, _y in left)
    places = {}
    for sign, x, y in left:
        places.setdefault(sign, []).append((x, y))
    for sign, x, y in found:
        near = min(places[sign], key=lambda place: abs(place[0] - x) + abs(place[1] - y))
        assert (x, y) == pytest.approx(near, abs=NEAR), sign
        places[sign].remove(near)


def test_the_text_is_in_the_order_in_which_it_is_read(anshan, signs):
    with pypdfium2.PdfDocument(anshan["pdf"]) as pdf:
        for number in (0, 3):  # those without a large table
            found = "".join(sign for sign, _x, _y in ofd_files.list_signs(ofd_files.list_pages(anshan["ofd"])[number]))
            assert found == "".join(sign for sign, _x, _y in list_signs_of_pdf(pdf[number]))
    text = "".join(sign for sign, _x, _y in ofd_files.list_signs(ofd_files.list_pages(signs["ofd"])[0]))
    assert "加粗的字，强调，“引”，——破折号，……，office fluffy ffi ffl affine fjord，𣗋 䶮 㛃，a b　c d。" in text
    assert "x y z a\u0301e\u0301 combining; softhyphen; 10 000 m² ½ № ™ ① ㎡ Ⅳ；code；Donaudampf" in text
    assert "链接 与<尖括号> & 和 ]]>。" in text


def test_every_line_is_where_it_is_in_the_pdf(made):
    with pypdfium2.PdfDocument(made["pdf"]) as pdf:
        total = 0
        for page, printed in zip(ofd_files.list_pages(made["ofd"]), pdf, strict=True):
            height = printed.get_height()
            boxes = []
            for path in printed.get_objects([raw.FPDF_PAGEOBJ_PATH]):
                left, bottom, right, top = path.get_bounds()
                boxes.append([left * MM, (height - top) * MM, right * MM, (height - bottom) * MM])
            found = list(ofd_files.list_lines(page))
            assert len(found) == len(boxes)
            for box, wanted in zip(found, boxes, strict=True):
                assert box == pytest.approx(wanted, abs=0.4)  # pdfium adds up to a line of 1 pt at its ends, too
            total += len(found)
        assert total


def difference(painted, pdf, number):
    """Return the greatest mean difference of a square of a page from the same of the PDF, of 255."""
    size = (painted.width // FINE, painted.height // FINE)
    printed = pdf[number].render(scale=FINE * DPI / 72, grayscale=True).to_pil()
    images = [image.resize(size, Image.Resampling.BOX) for image in (painted, printed)]
    blurred = [image.filter(ImageFilter.GaussianBlur(1.5)) for image in images]
    squares = ImageChops.difference(*blurred).resize((size[0] // 20, size[1] // 20), Image.Resampling.BOX)
    return squares.getextrema()[1]


def test_the_pages_look_like_those_of_the_pdf(anshan):
    with pypdfium2.PdfDocument(anshan["pdf"]) as pdf:
        for number, painted in enumerate(ofd_files.paint(anshan["ofd"], FINE * DPI)):
            assert difference(painted, pdf, number) < 10
            moved = ImageChops.offset(painted, 3 * FINE, 0)  # 1.3 mm
            assert difference(moved, pdf, number) > 14


def test_the_box_of_a_text_holds_all_of_its_ink(made):
    found = ofd_files.parts(made["ofd"])
    fonts = {}
    for font in found["Doc_0/PublicRes.xml"].iter(f"{NAMESPACE}Font"):
        fonts[font.get("ID")] = TTFont(io.BytesIO(found[f"Doc_0/Res/{font.findtext(f'{NAMESPACE}FontFile')}"]))
    for page in ofd_files.list_pages(made["ofd"]):
        for text in page.iter(f"{NAMESPACE}TextObject"):
            if text.get("CTM") or text.find(f"{NAMESPACE}CGTransform") is not None:
                continue
            font, code = fonts[text.get("Font")], text.find(f"{NAMESPACE}TextCode")
            scale = float(text.get("Size")) / font["head"].unitsPerEm
            width, height = ofd_files.numbers(text.get("Boundary"))[2:]
            x, y = float(code.get("X")), float(code.get("Y"))
            for sign, behind in zip(code.text, ofd_files.distances(code), strict=True):
                glyph = font["glyf"][font.getBestCmap()[ord(sign)]]
                if glyph.numberOfContours:
                    assert x + glyph.xMin * scale >= 0
                    assert x + glyph.xMax * scale <= width
                    assert y - glyph.yMax * scale >= 0
                    assert y - glyph.yMin * scale <= height
                x += behind


def test_no_text_begins_with_a_space_before_words(made):
    codes = [code.text for page in ofd_files.list_pages(made["ofd"]) for code in page.iter(f"{NAMESPACE}TextCode")]
    assert [code for code in codes if code.strip() and code[0].isspace()] == []


# ── fonts, facts, bookmarks, links ───────────────────────────────────────────────────────────────────


def test_fonts_are_embedded_as_truetype_under_the_usual_names(anshan):
    found = ofd_files.parts(anshan["ofd"])
    fonts = list(found["Doc_0/PublicRes.xml"].iter(f"{NAMESPACE}Font"))
    assert [font.get("FontName") for font in fonts] == ["Noto Serif SC", "黑体"]  # it draws four faces, and one
    codes = {font.get("ID"): set() for font in fonts}
    for page in ofd_files.list_pages(anshan["ofd"]):
        for text in page.iter(f"{NAMESPACE}TextObject"):
            codes[text.get("Font")] |= set("".join(text.itertext()).strip())
    for font in fonts:
        file = TTFont(io.BytesIO(found[f"Doc_0/Res/{font.findtext(f'{NAMESPACE}FontFile')}"]))
        assert "glyf" in file
        assert file["name"].getDebugName(1) == font.get("FontName")
        assert {ord(sign) for sign in codes[font.get("ID")]} <= set(file.getBestCmap())
        assert len(file.getGlyphOrder()) < 500


def test_a_font_of_truetype_stays_as_it_is():
    pdf, ofd = typeset('#set text(font: "DejaVu Sans Mono")\nabc')
    found = ofd_files.parts(ofd)
    (name,) = [name for name in found if name.endswith(".ttf")]
    font = TTFont(io.BytesIO(found[name]))
    assert {"a", "b", "c"} <= {chr(code) for code in font.getBestCmap()}
    with pypdfium2.PdfDocument(pdf) as opened:
        assert_same_signs(list(ofd_files.list_signs(ofd_files.list_pages(ofd)[0])), list(list_signs_of_pdf(opened[0])))


def test_fonts_of_one_family_have_names_of_their_own():
    names = {"LibertinusSerif-Regular": "宋体", "LibertinusSerif-Bold": "宋体"}
    _pdf, ofd = typeset('#set text(font: "Libertinus Serif")\na *b*', families=names)
    fonts = ofd_files.parts(ofd)["Doc_0/PublicRes.xml"].iter(f"{NAMESPACE}Font")
    assert [(font.get("FontName"), font.get("FamilyName")) for font in fonts] == [(name, "宋体") for name in names]


def test_the_facts_are_attached_unless_they_are_left_out(anshan, tmp_path):
    with pypdfium2.PdfDocument(anshan["pdf"]) as pdf:
        carried = bytes(pdf.get_attachment(0).get_data())
    assert ofd_files.parts(anshan["ofd"])["Doc_0/Attachs/facts.toml"] == carried
    bare = build(Store(ROOT, tmp_path), Period(2020), ["ofd"], embed_facts=False)
    assert list(ofd_files.find_faults(bare["ofd"])) == []
    assert not [name for name in ofd_files.parts(bare["ofd"]) if "Attachs" in name]


def test_bookmarks_and_metadata_are_those_of_the_pdf(made):
    found = ofd_files.parts(made["ofd"])
    pages = [page.get("ID") for page in found["Doc_0/Document.xml"].iter(f"{NAMESPACE}Page")]

    def list_entries(element, level=0):
        for entry in element.iterchildren(f"{NAMESPACE}OutlineElem"):
            place = entry.find(f"{NAMESPACE}Actions/{NAMESPACE}Action/{NAMESPACE}Goto/{NAMESPACE}Dest")
            yield level, entry.get("Title"), pages.index(place.get("PageID")), float(place.get("Top"))
            yield from list_entries(entry, level + 1)

    with pypdfium2.PdfDocument(made["pdf"]) as pdf:
        wanted = []
        for bookmark in pdf.get_toc():
            place = bookmark.get_dest()
            number = place.get_index()
            top = (pdf[number].get_height() - place.get_view()[1][1]) * MM
            wanted.append((bookmark.level, bookmark.get_title(), number, pytest.approx(top, abs=NEAR)))
        said = pdf.get_metadata_dict()
    assert list(list_entries(found["Doc_0/Document.xml"].find(f"{NAMESPACE}Outlines"))) == wanted
    info = found["OFD.xml"]
    assert info.findtext(f".//{NAMESPACE}Title") == said["Title"]
    assert info.findtext(f".//{NAMESPACE}Author") == said["Author"]
    assert info.findtext(f".//{NAMESPACE}CreationDate").replace("-", "") == said["CreationDate"][2:10]
    assert info.findtext(f".//{NAMESPACE}Creator") == "nianbao"


def test_links_lead_where_they_do_in_the_pdf(signs, kpi):
    (link,) = ofd_files.list_pages(signs["ofd"])[0].iter(f"{NAMESPACE}URI")
    assert link.get("URI") == "https://example.org/a?b=1&c=%22x%22"
    with pypdfium2.PdfDocument(kpi["pdf"]) as pdf:
        wanted = [raw.FPDFPage_GetAnnotCount(page) for page in pdf]
    assert any(wanted)  # the contents
    assert [len(list(page.iter(f"{NAMESPACE}Action"))) for page in ofd_files.list_pages(kpi["ofd"])] == wanted


# ── how it is made ───────────────────────────────────────────────────────────────────────────────────


def test_the_same_report_has_the_same_bytes(anshan, tmp_path):
    assert build(Store(ROOT, tmp_path), Period(2020), ["ofd"])["ofd"] == anshan["ofd"]


def test_typst_runs_once_whatever_is_asked_for(tmp_path, monkeypatch):
    runs = []
    compile_page = typst.compile
    monkeypatch.setattr(typst, "compile", lambda *words, **more: runs.append(1) or compile_page(*words, **more))
    for formats in (["ofd"], ["ofd", "pdf"]):
        runs.clear()
        assert list(build(Store(ROOT, tmp_path / formats[-1]), Period(2020), formats)) == formats
        assert len(runs) == 1


def test_it_is_built_again_where_the_templates_of_the_pdf_change():
    store = Store(ROOT)
    settings = outputs.make_render_settings(store, ["ofd"])
    inputs = fingerprints.render_fingerprints(fingerprints.template_fingerprints(store), settings, "ofd")
    assert {"formats/ofd/parts/Content.xml.j2", "formats/pdf/template.typ", fingerprints.FACES} <= set(inputs)
    assert "formats/html/template.html" not in inputs


def test_colours_dashes_curves_and_opacity_are_carried():
    _pdf, ofd = typeset(
        "#circle(fill: rgb(10, 20, 30, 51), stroke: (paint: cmyk(0%, 100%, 100%, 0%), thickness: 2pt, dash: (3pt, 1pt),"
        ' cap: "round", join: "bevel"))\n#text(fill: luma(100), stroke: 1pt + rgb("#ff0000"))[x]'
    )
    assert list(ofd_files.find_faults(ofd)) == []
    (page,) = ofd_files.list_pages(ofd)
    (circle,) = page.iter(f"{NAMESPACE}PathObject")
    fill, stroke = circle.find(f"{NAMESPACE}FillColor"), circle.find(f"{NAMESPACE}StrokeColor")
    assert (fill.get("Value"), fill.get("Alpha")) == ("10 20 30", "51")
    assert (stroke.get("Value"), circle.get("Cap"), circle.get("Join")) == ("255 0 0", "Round", "Bevel")
    assert ofd_files.numbers(f"{circle.get('LineWidth')} {circle.get('DashPattern')}") == pytest.approx(
        [2 * MM, 3 * MM, MM], abs=0.001
    )
    assert " B " in circle.findtext(f"{NAMESPACE}AbbreviatedData")
    (text,) = page.iter(f"{NAMESPACE}TextObject")
    assert text.find(f"{NAMESPACE}FillColor").get("Value") == "100 100 100"
    assert text.find(f"{NAMESPACE}StrokeColor").get("Value") == "255 0 0"


def test_a_line_of_one_point_has_its_width():
    _pdf, ofd = typeset("#line(length: 10mm, stroke: 1pt)")  # of which the PDF says nothing
    (line,) = ofd_files.list_pages(ofd)[0].iter(f"{NAMESPACE}PathObject")
    assert float(line.get("LineWidth")) == pytest.approx(MM, abs=0.001)


@pytest.mark.parametrize(
    "source",
    [
        "#rotate(-45deg)[turned words] #scale(x: 200%)[wide] #skew(ax: 20deg)[skewed]",
        "words#footnote[a *note*] #sub[2] #super[3] #underline[u] #highlight[h] #smallcaps[Abc]",
        "$ integral_0^1 x^2 dif x = vec(a, b) sqrt(2) $",
        '#set heading(numbering: "1.")\n= Head <x>\n@x #pagebreak() #link((page: 1, x: 0pt, y: 10pt))[back]',
        "#set page(flipped: true)\nin landscape",
        "",
    ],
)
def test_whatever_typst_sets_is_where_it_is_in_the_pdf(source):
    pdf, ofd = typeset(source)
    assert list(ofd_files.find_faults(ofd)) == []
    with pypdfium2.PdfDocument(pdf) as opened:
        for page, printed in zip(ofd_files.list_pages(ofd), opened, strict=True):
            assert_same_signs(list(ofd_files.list_signs(page)), list(list_signs_of_pdf(printed)))


def test_words_from_right_to_left_keep_the_order_of_their_letters():
    _pdf, ofd = typeset('#set text(font: "DejaVu Sans Mono", dir: rtl)\n\u0627\u0644\u0641')
    (code,) = ofd_files.list_pages(ofd)[0].iter(f"{NAMESPACE}TextCode")
    assert code.text == "\u0627\u0644\u0641"
    assert all(behind < 0 for behind in ofd_files.distances(code)[:-1])


MASKED = """<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><mask id='m'><rect width='9' height='5'
fill='white'/></mask><rect width='9' height='9' mask='url(#m)'/></svg>"""

CLIPPED = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='5' height='19'/></svg>"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("#rect(fill: gradient.linear(red, blue))", "渐变"),
        (f'#image(bytes("{CLIPPED}"), width: 9mm)', "裁切"),
        ("#box(clip: true, radius: 1mm)[word]", "裁切"),
        ("#box(clip: true, width: 5mm, height: 5mm)[long words]", "裁切"),
        (f'#image(bytes("{MASKED}"))', "OFD"),
        (f"#image(bytes({tuple(picture())}))", "图片"),
    ],
)
def test_what_it_cannot_carry_is_said_and_not_left_out(source, said):
    with pytest.raises(UserError, match=said) as raised:
        typeset(source)
    assert "OFD" in raised.value.fix


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ('writer = "ofd"\nsource = "epub"\nreference = "parts"\n', "format.toml:2:10: .*epub"),
        ('writer = "ofd"\nsource = "ours"\nreference = "parts"\n', "format.toml:2:10: .*ours"),
        ('writer = "ofd"\nreference = "parts"\n', "format.toml:1:10: .*source"),
        ('writer = "docx"\nsource = "pdf"\n', "format.toml:1:10: .*source"),
        ('writer = "ofd"\nsource = "pdf"\n', "format.toml:1:10: .*reference"),
    ],
)
def test_a_format_without_a_pdf_to_be_made_of_is_refused(file, said, tmp_path, report):
    folder = tmp_path / "templates/formats/ours"
    (folder / "parts").mkdir(parents=True)
    (folder / "format.toml").write_text(file, encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/2020.toml").write_bytes((ROOT / "data/2020.toml").read_bytes())
    done = report("build", 2020, "--to", "ours", cwd=tmp_path)
    assert done.returncode == 2
    assert re.search(said, done.stderr), done.stderr


def test_a_mistake_in_a_template_of_a_part_is_said_with_its_line(office, report):
    shipped = ROOT / "templates/formats/ofd"
    folder = office / "templates/formats/ofd/parts"
    folder.mkdir(parents=True)
    (folder.parent / "format.toml").write_bytes((shipped / "format.toml").read_bytes())
    for part in shipped.glob("parts/*"):
        (folder / part.name).write_bytes(part.read_bytes())
    text = (folder / "OFD.xml.j2").read_text(encoding="utf-8")
    (folder / "OFD.xml.j2").write_text(text.replace("{{ id }}", "{{ no_such }}"), encoding="utf-8")
    done = report("build", 2020, "--to", "ofd", cwd=office)
    assert done.returncode == 2
    assert "OFD.xml.j2:5" in done.stderr


def test_it_takes_no_longer_than_is_allowed(monkeypatch):
    monkeypatch.setattr(package, "_MAX_SECONDS", 0.01)
    monkeypatch.setattr(package, "read_pdf", lambda _content: sum(iter(lambda: 1, 0)))  # without end
    with pytest.raises(LimitError, match="OFD"):
        typeset("words")


@pytest.mark.slow
def test_a_long_report_takes_hundredths_of_a_second_a_page(tmp_path):
    form = Store(ROOT).kind.edition("2021")
    facts = (
        f'year = 2023\n{figured(form, 1)}\npublished = 2024-01-20\n[agency]\nname = "某局"\n[proactive]\n'
        f'[review_litigation]\n[facts]\nproblems = ["无"]\nimprovements = ["无"]\n[prose]\noverview = """\n'
        + "本段很长，没有尽头，一直写到四万字为止。" * 2000
        + '"""\n'
    )
    built = build(begun(tmp_path, 2023, facts), Period(2023), draft=True)
    part, pdf = Store(ROOT).format("ofd"), OutputFile("pdf", built["pdf"])
    start = time.process_time()
    pages = convert_pdf(part, pdf, date(2024, 1, 20), "", {}).pages
    assert pages > 65
    assert (time.process_time() - start) / pages < 0.1
    assert list(ofd_files.find_faults(built["ofd"])) == []
    with pypdfium2.PdfDocument(built["pdf"]) as opened:
        for page, printed in zip(ofd_files.list_pages(built["ofd"]), opened, strict=True):
            assert_same_signs(list(ofd_files.list_signs(page)), list(list_signs_of_pdf(printed)))
