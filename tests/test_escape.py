"""A fact stays the text that it is: it can become neither Markdown nor HTML, Typst or Word markup."""

import re
from itertools import pairwise

import docx
import pdfplumber
import pytest
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.compose.document import Page
from nianbao.compose.markdown import Markdown, escape
from nianbao.model.period import Period
from nianbao.render.renderer import Renderer
from nianbao.workspace.store import Store

HOSTILE = [
    "<script>alert(1)</script>",
    "&lt;b&gt; &amp; &#65;",
    "*a* _b_ **c** `d` ~~e~~ ^f^ ~g~",
    "[link](http://example.com) ![x](http://example.com/x.png)",
    "<http://example.com> http://example.com",
    "# heading",
    "1. list",
    "- item",
    "(1) item",
    "a) item",
    "> quote",
    "    code",
    ": definition",
    "| a | b |",
    "+---+---+",
    "```{=html}",
    "`x`{=typst}",
    '#import "/etc/passwd"',
    "$x^2$ @ref #strong[x]",
    "\\newpage \\# \\",
    "{{ year }} {% raw %}",
    "::: {.form}",
    "[^1] [@cite] [x]{.y}",
    "--- ... 'q' \"q\"",
    "%title",
    "</w:t></w:r><w:br/>",
    "一行\n\n# 两行",
    "a\\\nb",
    "末尾反斜杠\\",
    "name: value # comment",
]


def plain(text):
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "data").mkdir()
    quoted = [text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for text in HOSTILE]
    facts = "\n".join(f'f{at} = "{text}"' for at, text in enumerate(quoted))
    lines = "\n\n".join(f"甲{at}乙{{{{ own.f{at} }}}}丙{at}丁\n\n{{{{ own.f{at} }}}}" for at in range(len(HOSTILE)))
    (folder / "data/2020.toml").write_text(
        f'year = 2020\ntitle = "{quoted[0]} *T*"\n[agency]\nname = "{quoted[2]}"\n[proactive]\n[requests]\n'
        "[review_litigation]\n[facts]\nproblems = ['更新不及时']\nimprovements = ['按月检查']\n"
        f"[own]\n{facts}\n[prose]\nother = '''\n{lines}\n'''\n",
        encoding="utf-8",
    )
    done = outputs.build_report(Store(folder), Period(2020), ["html", "docx", "pdf"])
    assert [finding.rule for finding in done.check.findings] == ["no-last-year", "title-differs"]
    return folder / "build"


def texts(folder):
    yield html.fromstring((folder / "2020.html").read_bytes()).xpath("//main")[0].text_content()
    document = docx.Document(folder / "2020.docx")
    yield "".join(node.text or "" for node in document.element.body.iter(qn("w:t")))
    with pdfplumber.open(folder / "2020.pdf") as pdf:
        yield re.sub(r"—\d+—", "", plain("".join(page.extract_text() for page in pdf.pages)))


def test_every_hostile_fact_is_printed_as_it_is(printed):
    for text in texts(printed):
        for at, fact in enumerate(HOSTILE):
            assert f"甲{at}乙{plain(fact)}丙{at}丁" in plain(text), fact


def test_nothing_hostile_became_markup(printed):
    document = html.fromstring((printed / "2020.html").read_bytes())
    main = document.xpath("//main")[0]
    assert not main.xpath(
        ".//script | .//a | .//img | .//em | .//strong | .//code | .//ul | .//ol | .//blockquote | .//dl"
    )
    assert len(main.xpath(".//table")) == 3
    assert document.xpath("//title")[0].text == "<script>alert(1)</script> *T*"
    assert len(docx.Document(printed / "2020.docx").tables) == 3


def test_prose_cannot_bring_in_html_or_pictures(office):
    data = office / "data/2020.toml"
    prose = (
        '[prose]\nother = """\n<b>粗</b> `x`{=html} ![图](http://example.com/x.png)\n\n<script>alert(1)</script>\n"""\n'
    )
    data.write_text(data.read_text(encoding="utf-8").split("[prose]")[0] + prose, encoding="utf-8")
    done = outputs.build_report(Store(office), Period(2020), ["html"])
    rules = {finding.rule for finding in done.check.findings}
    assert rules == {"public-fewer-than-new", "picture-left-out", "no-last-year", "markup-left-out"}
    source = (office / "build/2020.html").read_text(encoding="utf-8")
    kept = re.sub(r'(?s)<script type="application/(toml|ld\+json)".*?</script>', "", source)
    assert "<script" not in kept
    assert "alert(1)" in kept  # as the text that it is
    assert "<img" not in source
    assert "<b>" not in source


signs = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffe\uffff")
)


@pytest.fixture(scope="module")
def renderer():
    with Renderer() as started:
        yield started


@settings(max_examples=15)
@given(st.lists(signs, min_size=1, max_size=40))
def test_any_text_comes_back_from_html_as_it_was(root, renderer, facts):
    store = Store(root)
    text = Markdown("\n\n".join(f"甲{escape(fact)}乙" for fact in facts))
    order = outputs.make_render_settings(store, ["html"])
    (printed,) = renderer.render(
        Page(store.kind.form_in_force(Period(2020)), text, {}), order, check.date(2020, 1, 1)
    ).files
    paragraphs = html.fromstring(printed.content.decode()).xpath("//main/p")
    assert [plain(paragraph.text_content()) for paragraph in paragraphs] == [plain(f"甲{fact}乙") for fact in facts]


def test_no_fact_starts_a_list_or_heading_of_typst_in_a_cell_an_item_or_strong_words(office):
    starts = ["3. Mai", "- Minus", "+ Plus", "= Gleich", "/ Strich: Wort"]
    facts = "\n".join(f'f{at} = "{text}"' for at, text in enumerate(starts))
    lines = [
        f"- {{{{ own.f{at} }}}}\n\n| 甲 |\n|--|\n| {{{{ own.f{at} }}}} |\n\n**{{{{ own.f{at} }}}}**\n"
        for at in range(len(starts))
    ]
    data = office / "data/2020.toml"
    text = data.read_text(encoding="utf-8").split("[prose]")[0]
    prose = "\n".join(lines)
    data.write_text(f"{text}\n{facts}\n[prose]\nother = '''\n{prose}\n'''\n", encoding="utf-8")
    done = outputs.build_report(Store(office), Period(2020), ["pdf"])
    assert not [finding for finding in done.check.findings if finding.level == "error"]
    with pdfplumber.open(office / "build/2020.pdf") as pdf:
        words = [word for page in pdf.pages for word in page.extract_words()]
    printed = " ".join(word["text"] for word in words)
    assert [printed.count(start) for start in starts] == [3] * len(starts)
    gaps = [b["x0"] - a["x1"] for a, b in pairwise(words) if (a["text"], b["text"]) == ("3.", "Mai")]
    assert len(gaps) == 3
    assert max(gaps) < 6  # pt: a space, not the indent of a list
