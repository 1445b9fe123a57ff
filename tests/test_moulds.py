"""Moulds: a package filled with a page's words is, byte for byte, the one that pandoc would write."""

import io
import shutil
import zipfile
from dataclasses import replace
from datetime import date
from random import Random

import pytest

from nianbao.build import outputs
from nianbao.checks import check
from nianbao.compose.document import Page, as_page, compose
from nianbao.compose.markdown import Markdown
from nianbao.render.renderer import Renderer
from nianbao.workspace.store import Store

SIGNS = [
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
ODD = [
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
PLAIN = ["{}", "{}", "{}\n{}", "{}\\\n{}", "**{}**{}", "*{}* {}", "***{}***", "{}**{}*{}***"]
OTHER = ["- {}\n- {}", "1. {}\n2. {}", "> {}", "[{}](https://example.com)", "`{}`", "[{}]{{.mark}}", "***", "    {}"]
TABLES = ['::: {table="requests"}\n:::', '::: {table="proactive"}\n:::']
DIVISIONS = [
    "::: signature\n{}\n\n{}\n:::",
    '::: {{custom-style="Own"}}\n{}\n:::',
    "::: {{#here}}\n{}\n:::",
    "[{}]{{#there}}",
]


def words(dice, signs):
    return "".join(dice.choice([*signs, " "]) for _ in range(dice.randint(1, 9))).strip() or "无"


def written(dice, kinds, signs):
    return (
        dice.choice(kinds).replace("{}", "\0").replace("{{", "{").replace("}}", "}").replace("\0", words(dice, signs))
    )


def head(dice, signs):
    fields = {name: Markdown(words(dice, signs)).replace('"', "") for name in ("title", "author", "line")}
    lines = f'titlelines:\n  - "{fields["line"]}"\n  - 报告\n' if dice.random() < 0.5 else ""
    author = f'author: "{fields["author"]}"\n' if dice.random() < 0.7 else ""
    return f'---\ntitle: "{fields["title"]}"\n{lines}{author}lang: zh-CN\n---\n\n'


def page(dice, odd):
    """Write a page of a few sections; `odd` says how likely a block is one that no mould holds."""
    signs = SIGNS + ODD * (dice.random() < odd)
    blocks = []
    for _ in range(dice.randint(1, 4)):
        blocks += [f"{'#' * dice.randint(1, 3)} {words(dice, signs)}"] * (dice.random() < 0.8)
        for _ in range(dice.randint(0, 3)):
            kinds = OTHER + DIVISIONS if dice.random() < odd else [*PLAIN, *TABLES, DIVISIONS[0]]
            blocks.append(written(dice, kinds, signs))
    return head(dice, signs) + "\n\n".join(blocks) + "\n"


@pytest.fixture
def order(root):
    return outputs.make_render_settings(Store(root), ["docx"])


@pytest.fixture
def report(root):
    return check.check_report(Store(root), 2020).report


def without(order):
    return replace(order, formats=[replace(part, mould="") for part in order.formats])


@pytest.mark.parametrize("odd", [0, 0.3])
def test_a_filled_package_is_the_one_that_pandoc_writes(root, order, report, odd):
    dice = Random(2024)  # noqa: S311  # dice for prose, not for secrets
    figures = as_page(compose(report, Store(root).template)).figures
    pandocs = without(order)
    with Renderer() as press:
        for _ in range(40):
            one = Page(report.form, Markdown(page(dice, odd)), figures)
            day, carried = (
                date(2025, 1, dice.randint(10, 28)),
                {"facts": f'a = "{words(dice, SIGNS)}<&>"', "about": "{}"},
            )
            carried = dict(list(carried.items())[: dice.randint(0, 2)])
            seen, filled, written = (
                press.render(one, by, day, carried).files[0].content for by in (order, order, pandocs)
            )
            assert seen == filled == written, one.text


def test_pages_of_simple_blocks_are_filled_and_others_are_not(root, order, report, tmp_path):
    """A mould that says every text as 字 shows which pages come out of it."""
    shutil.copytree(root / "templates/formats/docx", tmp_path / "templates/formats/docx")
    mould = tmp_path / "templates/formats/docx/mould.lua"
    mould.write_text(mould.read_text(encoding="utf-8").replace("(text:gsub", "(('字'):gsub"), encoding="utf-8")
    order = outputs.make_render_settings(Store(tmp_path), ["docx"])
    with Renderer() as press:
        for text, filled in (
            ("全年公开。", True),
            ("# 一\n\n**全年**公开。", True),
            ("- 全年", False),
            ("[全年](a)", False),
        ):
            one = Page(report.form, Markdown(text), {})
            seen, content = (press.render(one, order, date(2025, 1, 20)).files[0].content for _ in range(2))
            said = zipfile.ZipFile(io.BytesIO(content)).read("word/document.xml").decode()
            assert ("全年" not in said) == filled == (seen != content)
