"""Whatever prose says in Markdown, every format is made of it, and is sound."""

import io
import itertools
import re
import zipfile

import pikepdf
import pylopdf_fonts_zh_cn
import pytest
from cases import begun, own_faces
from fontTools.ttLib import TTFont
from lxml import html

from nianbao.build import outputs
from nianbao.compose.markdown import drop_indentation, find_signs
from nianbao.compose.prose import find_run_together, find_surplus_cells
from nianbao.model.period import Period

FORMATS = ["html", "docx", "pdf", "odt", "epub"]
PROSE = {
    "levels skipped": "#### 深\n\n文\n\n## 浅\n\n###### 六\n\n文",
    "an empty heading": "##\n\n文",
    "quotes": "> 引用\n>\n> > 再引",
    "code": "    code\n\n`x`",
    "links": "<https://a.cn/x?y=1&z=2> [名](mailto:a@b.cn) [空](#nowhere) [](https://a.cn) [此处](#here) [文]{#here}",
    "a rule": "文\n\n---\n\n文",
    "definitions": "词\n:   义",
    "a table": "| 甲 | 乙 |\n|---|--:|\n| 1 | |",
    "an empty table": "|  |  |\n|---|---|\n|  |  |",
    "a table with a caption": "| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n\nTable: 说明",
    "a table of long cells": f"| {'字' * 300} | 乙 |\n|---|---|\n| {'x' * 300} | 2 |",
    "lists in lists": "- 一\n    - 二\n        - 三\n            1. 四",
    "headings of two kinds": "标题\n====\n\n次\n----\n\n## 同\n\n## 同",
    "a link as heading": "## [链](https://a.cn)",
    "stress": "**粗**和*斜*和`码`",
    "breaks": "甲\\\n乙  \n丙",
    "a division": "::: note\n文\n:::",
}


@pytest.fixture(scope="module", params=PROSE)
def printed(request, root, tmp_path_factory):
    office = tmp_path_factory.mktemp("prose")
    facts = (root / "data/2020.toml").read_text(encoding="utf-8").split("[prose]")[0]
    prose = f"[prose]\nother = '''\n{PROSE[request.param]}\n'''\n"
    done = outputs.build_report(begun(office, 2020, facts + prose), Period(2020), FORMATS, draft=True)
    assert {output.format for output in done.files} == set(FORMATS)
    return office / "build/2020"


@pytest.fixture(scope="module", params=["gongwen", "plain"])
def nested_lists(request, root, tmp_path_factory):
    """Build a report with lists in lists where no fonts are installed."""
    office = tmp_path_factory.mktemp("lists")
    facts = (root / "data/2020.toml").read_text(encoding="utf-8").split("[prose]")[0]
    prose = "".join(f"{'    ' * depth}- 第{depth}层\n" for depth in range(6))
    with own_faces():
        outputs.build_report(
            begun(office, 2020, f"{facts}[prose]\nother = '''\n{prose}'''\n"), Period(2020), FORMATS, look=request.param
        )
    return office / "build/2020"


def test_no_level_of_heading_is_skipped_or_empty(printed):
    document = html.fromstring(printed.with_suffix(".html").read_bytes())
    levels = [(int(node.tag[1]), node.text_content().strip()) for node in document.iter("h1", "h2", "h3", "h4", "h5")]
    assert all(text for _level, text in levels)
    assert all(after[0] <= before[0] + 1 for before, after in itertools.pairwise(levels))


def test_every_link_has_words_and_a_place(printed):
    document = html.fromstring(printed.with_suffix(".html").read_bytes())
    ids = {node.get("id") for node in document.iter()}
    for link in document.iter("a"):
        assert link.text_content().strip()
        assert not link.get("href").startswith("#") or link.get("href")[1:] in ids


def test_the_pdf_stays_accessible(printed):
    with pikepdf.open(io.BytesIO(printed.with_suffix(".pdf").read_bytes())) as pdf, pdf.open_metadata() as meta:
        assert meta.pdfa_status == "3A"
        assert meta.get("pdfuaid:part") == "1"


def test_an_address_that_stands_for_itself_is_a_link_without_a_warning(root, tmp_path):
    facts = (root / "data/2020.toml").read_text(encoding="utf-8").split("[prose]")[0]
    done = outputs.build_report(
        begun(tmp_path, 2020, facts + '[prose]\nother = "见<https://a.cn/x>。"\n'), Period(2020), ["html"]
    )
    assert "markup-left-out" not in {finding.rule for finding in done.check.findings}
    (link,) = html.fromstring((tmp_path / "build/2020.html").read_bytes()).xpath("//main//a")
    assert (link.get("href"), link.get("class")) == ("https://a.cn/x", "uri")


def test_lists_in_lists_are_printed_with_the_faces_of_the_package_alone(nested_lists):
    with pikepdf.open(nested_lists.with_suffix(".pdf")) as pdf:
        assert len(pdf.pages)


@pytest.mark.parametrize(
    ("suffix", "part", "pattern"),
    [
        (".docx", "word/numbering.xml", '<w:numFmt w:val="bullet" /><w:lvlText w:val="([^ "]+)"'),
        (".odt", "content.xml", 'text:bullet-char="([^"]+)"'),
    ],
)
@pytest.mark.parametrize("nested_lists", ["plain"], indirect=True)
def test_bullets_are_characters_that_both_faces_have(nested_lists, suffix, part, pattern):
    with zipfile.ZipFile(nested_lists.with_suffix(suffix)) as package:
        text = package.read(part).decode()
    bullets = set(re.findall(pattern, text))
    assert bullets == set("•◦▪")
    for path in (pylopdf_fonts_zh_cn.serif_path(), pylopdf_fonts_zh_cn.sans_path()):
        with TTFont(path) as font:
            assert bullets <= set(map(chr, font.getBestCmap()))
    assert not re.search('"(Symbol|Wingdings|Courier New)"', text)


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("甲。\n\n    乙。", ["甲。", "乙。"]),
        ("甲。\n\n\t乙。\n\n  \t丙。", ["甲。", "乙。", "丙。"]),
        ("　　甲。\n　　乙。\n\u00a0\u00a0丙。", ["甲。", "乙。", "丙。"]),
        ("甲\n    乙。", ["甲乙。"]),
    ],
)
def test_indented_paragraphs_are_paragraphs_of_the_look(root, tmp_path, text, paragraphs):
    facts = (root / "data/2020.toml").read_text(encoding="utf-8").split("[prose]")[0]
    data = f"{facts}[prose]\nother = '''\n{text}\n'''\n"
    done = outputs.build_report(begun(tmp_path, 2020, data), Period(2020), ["html", "cms.html", "pdf"])
    assert done.files
    page = html.fromstring((tmp_path / "build/2020.html").read_bytes())
    assert not page.findall(".//pre")
    printed = [node.text_content() for node in page.iter("p")]
    assert [words for words in printed if words in paragraphs] == paragraphs


@pytest.mark.parametrize(
    "text", ["- 甲\n\n    甲的第二段。\n\n    - 乙\n\n丙。", "词\n:   义\n\n    又义", "[^1]: 注\n\n    再注"]
)
def test_what_belongs_to_an_item_stays_indented(text):
    assert drop_indentation(text) == text


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("（一）甲。\n（二）乙。\n（三）丙。", ["joined", "joined"]),
        ("一、甲；\n二、乙。", ["joined"]),
        ("如下表：\n| 甲 | 乙 |\n|---|---|\n| 1 | 2 |", ["joined"]),
        ("项目\t件数\n自然人\t741\n法人\t8", ["columns"]),
        ("（一）甲。\n\n（二）乙。", []),
        ("甲的\n2024年的事。\n再说。", []),
        ("全年共\n（一）甲。", []),
        ("　　（一）甲。\n　　（二）乙。", []),
        ("1. 甲。\n2. 乙。", []),
        ("(1) 甲；\n(2) 乙。", []),
        ("(1)甲；\n(2)乙。", ["joined"]),
        ("| 甲 | 乙 |\n|---|---|\n| 一、子。 | 2 |\n| 二、丑。 | 3 |", []),
        ("甲\t乙", []),
    ],
)
def test_what_is_printed_in_one_paragraph_against_its_form_is_told(text, kinds):
    assert [item.kind for item in find_run_together("other", text, "一二三十")] == kinds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("前文。\n\n#监督保障\n\n后文。", ["#监督保障"]),
        ("-培训\n-检查\n\n后文。", ["-培训"]),
        ("**（四）平台建设。门户网站。\n\n**另一段**。", ["**（四）平台建设。门户网站。"]),
        ("｜ 项目 ｜ 数量 ｜\n｜---｜---｜\n｜ 培训 ｜ 3 ｜", ["｜ 项目 ｜ 数量 ｜"]),
        ("落实<政府信息公开条例>。", ["<政府信息公开条例>"]),
        ("#政务公开# 话题\n\n#1号楼\n\n-3度\n\n-完-\n\n- 培训\n\n**甲**与**乙**", []),
        ("甲｜乙\n\n1 < 2，3 > 2", []),
    ],
)
def test_signs_that_are_printed_as_they_stand_are_told(text, words):
    assert find_signs(text) == words


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("| 甲 | 乙 |\n|---|---|\n| 1 | 2 | 3 |\n| 4 |\n| 5 | 6 |", ["| 1 | 2 | 3 |"]),
        ("甲 | 乙\n---|---\n1 | 2 | 3\n\n4 | 5 | 6", ["1 | 2 | 3"]),
        ("| 甲 | 乙 |\n|:--|--:|\n| 1\\|2 | 3 |", []),
    ],
)
def test_cells_beyond_the_columns_of_a_table_are_told(text, rows):
    assert [item.words for item in find_surplus_cells("other", text)] == rows
