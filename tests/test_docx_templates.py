"""DOCX templates: a template filled with a page's texts is, byte for byte, the package that pandoc would write."""

import io
import shutil
import zipfile
from datetime import date
from random import Random

import msgspec
import pytest
from msgspec.structs import replace

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.compose.document import Page, compose, make_page
from nianbao.compose.markdown import Markdown
from nianbao.model.period import Period
from nianbao.render.renderer import Renderer
from nianbao.workspace.store import Store

CHARACTERS = [
    "全年",
    "公开",
    "信息",
    "2024",
    "Web",
    "《条例》",
    "“一”",
    "①",
    "…",
    "—",
    "·",
    "&lt;",
    "'q'",
    '"',
    "a@b.cn",
    "。",
    "𠮷",
]
UNUSUAL = [
    "\u00ad",
    "\u00a0",
    "\u3000",
    "\u2003",
    "\u2011",
    "\u0085",
    "é",
    "ب",
    "TEXT1E",
    "TEXT字2E",
    "2025-01-20T00:00:00Z",
]
KNOWN_BLOCKS = ["{}", "{}", "{}\n{}", "{}\\\n{}", "**{}**{}", "*{}* {}", "***{}***", "{}**{}*{}***"]
OTHER_BLOCKS = [
    "- {}\n- {}",
    "1. {}\n2. {}",
    "> {}",
    "[{}](https://example.com)",
    "`{}`",
    "[{}]{{.mark}}",
    "***",
    "    {}",
]
TABLES = ['::: {table="requests"}\n:::', '::: {table="proactive"}\n:::']
DIVISIONS = [
    "::: signature\n{}\n\n{}\n:::",
    '::: {{custom-style="Own"}}\n{}\n:::',
    "::: {{#here}}\n{}\n:::",
    "[{}]{{#there}}",
]


def make_text(dice, characters):
    return "".join(dice.choice([*characters, " "]) for _ in range(dice.randint(1, 9))).strip() or "无"


def make_block(dice, kinds, characters):
    text = make_text(dice, characters)
    return dice.choice(kinds).replace("{}", "\0").replace("{{", "{").replace("}}", "}").replace("\0", text)


def make_metadata(dice, characters):
    fields = {name: Markdown(make_text(dice, characters)).replace('"', "") for name in ("title", "author", "line")}
    lines = f'titlelines:\n  - "{fields["line"]}"\n  - 报告\n' if dice.random() < 0.5 else ""
    author = f'author: "{fields["author"]}"\n' if dice.random() < 0.7 else ""
    return f'---\ntitle: "{fields["title"]}"\n{lines}{author}lang: zh-CN\n---\n\n'


def write_page(dice, unusual):
    """Return the Markdown of a few sections; `unusual` is how likely a block is one that no template can have."""
    characters = CHARACTERS + UNUSUAL * (dice.random() < unusual)
    blocks = []
    for _ in range(dice.randint(1, 4)):
        blocks += [f"{'#' * dice.randint(1, 3)} {make_text(dice, characters)}"] * (dice.random() < 0.8)
        for _ in range(dice.randint(0, 3)):
            kinds = OTHER_BLOCKS + DIVISIONS if dice.random() < unusual else [*KNOWN_BLOCKS, *TABLES, DIVISIONS[0]]
            blocks.append(make_block(dice, kinds, characters))
    return make_metadata(dice, characters) + "\n\n".join(blocks) + "\n"


@pytest.fixture
def settings(root):
    return outputs.make_render_settings(Store(root), ["docx"])


@pytest.fixture
def report(root):
    return check.check_report(Store(root), Period(2020)).report


def without_templates(settings):
    return replace(settings, formats=[msgspec.structs.replace(part, mould="") for part in settings.formats])


@pytest.mark.parametrize("unusual", [0, 0.3])
@pytest.mark.slow
def test_a_filled_template_is_the_package_that_pandoc_writes(root, settings, report, unusual):
    dice = Random(2024)  # noqa: S311  # dice for prose, not for secrets
    figures = make_page(compose(report, Store(root).kind.template)).figures
    by_pandoc = without_templates(settings)
    with Renderer() as renderer:
        for _ in range(40):
            page = Page(report.form, Markdown(write_page(dice, unusual)), figures)
            day, embedded = (
                date(2025, 1, dice.randint(10, 28)),
                {"facts": f'a = "{make_text(dice, CHARACTERS)}<&>"', "about": "{}"},
            )
            embedded = dict(list(embedded.items())[: dice.randint(0, 2)])
            first, filled, written = (
                renderer.render(page, one, day, embedded).files[0].content for one in (settings, settings, by_pandoc)
            )
            assert first == filled == written, page.text


def test_only_pages_of_known_blocks_are_filled_into_templates(root, report, tmp_path):
    """With rules that write every text as 字, the output shows which pages were filled into a template."""
    shutil.copytree(root / "templates/formats/docx", tmp_path / "templates/formats/docx")
    rules = tmp_path / "templates/formats/docx/mould.lua"
    rules.write_text(rules.read_text(encoding="utf-8").replace("(text:gsub", "(('字'):gsub"), encoding="utf-8")
    settings = outputs.make_render_settings(Store(tmp_path), ["docx"])
    with Renderer() as renderer:
        for text, is_filled in (
            ("全年公开。", True),
            ("# 一\n\n**全年**公开。", True),
            ("- 全年\n- 公开", True),  # a paragraph, as official documents have lists
            ("> 全年", False),
            ("[全年](a)", False),
        ):
            page = Page(report.form, Markdown(text), {})
            first, second = (renderer.render(page, settings, date(2025, 1, 20)).files[0].content for _ in range(2))
            document = zipfile.ZipFile(io.BytesIO(second)).read("word/document.xml").decode()
            assert ("全年" not in document) == is_filled == (first != second)
