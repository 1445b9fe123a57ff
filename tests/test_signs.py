"""Every sign of a text is found unchanged in the text of every format."""

import io
import re
import unicodedata
import zipfile
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html
from pdf_text import read_texts

from nianbao.build import outputs
from nianbao.compose.document import Page
from nianbao.compose.markdown import Markdown, escape
from nianbao.model.period import Period
from nianbao.render import typst
from nianbao.render.renderer import Renderer
from nianbao.workspace.store import Store

BLOCKS = [
    (0x20, 0x17F),  # Latin
    (0x2000, 0x206F),  # spaces, dashes, quotes
    (0x2100, 0x22FF),  # ℃, №, Ⅳ, arrows, mathematics
    (0x2460, 0x25FF),  # ①, lines, squares
    (0x2E80, 0x33FF),  # radicals, CJK punctuation, kana, bopomofo, ㎡
    (0x4DB5, 0x4DBF),  # the last ideographs of extension A
    (0x9FA0, 0x9FFF),  # the last ideographs, which older fonts lack
    (0xF900, 0xFAD9),  # compatibility ideographs, which look as others
    (0xFB00, 0xFB06),  # ligatures
    (0xFE10, 0xFE6F),  # upright and small punctuation
    (0xFF00, 0xFFEF),  # full-width signs
]
RARE = "𠮷䶮㛃𫟹𬭎𮧵🙂"
RUNS = [
    "--", "---", "...", "....", "-?", "-1", "--1", "a-1", "1-2", "1--2", "2020-01-28", "~", "''", '""', "‘四最’一流",
    "don’t", "“‘好’”", "——", "……", "fi", "fl", "ffi", "//x", "/*x*/", "http://a.cn/x--y...z", "1.", "(1)", "a)",
    "=", "@a", "#a", "$a$", "\\", "[x]", "<a>",
]  # fmt: skip
FILLERS = "\u3164\uffa0"  # of Korean syllables: letters without a shape
UNSEEN = {"Cc", "Cf", "Cn", "Cs", "Zl", "Zp", "Co"}  # categories without a shape


def list_signs():
    codes = [chr(code) for first, last in BLOCKS for code in range(first, last + 1)]
    return [sign for sign in [*codes, *RARE] if sign not in FILLERS and unicodedata.category(sign) not in UNSEEN] + RUNS


SIGNS = list_signs()


def of_html(content):
    return html.fromstring(content.decode()).xpath("//main")[0].text_content()


def of_docx(content):
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        tree = etree.fromstring(package.read("word/document.xml"))
    return "".join(tree.xpath("//*[local-name()='t']/text()"))


def of_odt(content):
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        tree = etree.fromstring(package.read("content.xml"))
    return "".join(
        " " if isinstance(part, etree._Element) else part  # noqa: SLF001  # the type of a space
        for part in tree.xpath("//*[local-name()='body']//text() | //*[local-name()='s']")
    )


def of_epub(content):
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = sorted(name for name in package.namelist() if re.search(r"text/ch\d+\.xhtml", name))
        return "".join(html.fromstring(package.read(name)).xpath("//body")[0].text_content() for name in names)


def of_pdf(content):
    return "".join(read_texts(content))


READ = {"html": of_html, "docx": of_docx, "odt": of_odt, "epub": of_epub, "pdf": of_pdf}


# Pandoc adds to these in HTML that they are no emoji: U+FE0E, which nobody sees.
NO_EMOJI = re.compile("(?<=[↔↩])\ufe0e")


def render(renderer, root, texts, formats):
    """Render paragraphs in some formats; return what each file has of the texts, by its suffix."""
    store = Store(root)
    markdown = "---\ntitle: x\n---\n\n" + "\n\n".join(escape(f"甲{text}乙") for text in texts)
    page = Page(store.kind.form_in_force(Period(2020)), Markdown(markdown), {})
    done = renderer.render(page, outputs.make_render_settings(store, formats), date(2020, 1, 1))
    read = {part.suffix: NO_EMOJI.sub("", READ[part.suffix](part.content)) for part in done.files}
    return {suffix: re.findall(r"甲([^甲]*?)乙", text) for suffix, text in read.items()}


@pytest.fixture(scope="module")
def renderer():
    with Renderer() as started:
        yield started


@pytest.fixture(scope="module")
def shown(renderer, root):
    return render(renderer, root, SIGNS, list(READ))


@pytest.mark.parametrize("suffix", READ)
def test_every_sign_is_found_unchanged(shown, suffix, root):
    look = Store(root).look()
    absent = typst.find_undrawable(frozenset(sign for sign in SIGNS if len(sign) == 1), look)
    wanted = [f"〔U+{ord(sign):04X}〕" if suffix == "pdf" and sign in absent else sign for sign in SIGNS]
    assert len(shown[suffix]) == len(SIGNS)
    assert [pair for pair in zip(wanted, shown[suffix], strict=True) if pair[0] != pair[1]] == []


@settings(max_examples=10)
@given(
    st.lists(
        st.text("一‘’“”\"'-–—…·.~\u00a0\u3000、。《》〔〕①0９aſfiﬁl/*_#@$=+:?!&<>[](){}|^`\\", max_size=12),
        max_size=200,
    )
)
def test_signs_side_by_side_are_found_unchanged(root, renderer, texts):
    for suffix, seen in render(renderer, root, texts, ["html", "docx", "odt", "pdf"]).items():
        assert seen == texts, suffix
