"""Prose whose shape is the attack: pandoc or Typst would need minutes for it, or fail."""

import pytest
import tomli_w

from nianbao.compose import markdown
from nianbao.render import pandoc


def nested(opening, going_on, levels):
    """Nest a paragraph in lists or quotations, each level with its opening."""
    lines = ["甲", "", "| 乙 |", "|---|", "| 丙 |"]
    for _ in range(levels):
        lines = [(opening if at == 0 else going_on) + line for at, line in enumerate(lines)]
        lines = ["词", *lines] if opening.startswith(":") else lines
    return "\n".join(lines)


SLOW = {
    "brackets": "[" * 20 + "甲" + "]" * 20,
    "links-that-do-not-end": "[甲](" * 3000,
    "links-in-paragraphs": "\n\n".join(["[甲](" * 55] * 200),
    "pictures-that-do-not-end": "![甲](" * 3000,
}
DEEP = {
    "definitions": nested(":   ", "    ", 20),
    "definitions-in-quotations": "> " * 6 + nested(":   ", "    ", 12).replace("\n", "\n" + "> " * 6),
}
OTHERS = {
    "spans": "[" * 60 + "甲" + "]{.a}" * 60,
    "quotations": ">" * 3000 + " 甲",
    "lists": "- " * 500 + "甲",
    "lists-by-indents": "\n".join("    " * level + "- 甲" for level in range(60)),
    "numbered-lists": "1. " * 60 + "甲",
    "divisions": "".join(f":::{':' * (300 - level)} x\n\n" for level in range(300)) + "甲\n",
    "stress": "*" * 2000 + "甲" + "*" * 2000,
    "stress-that-does-not-end": "*甲 **乙 " * 2000,
    "references": "".join(f"[{number}]: x\n" for number in range(500)),
    "a-wide-table": "|" + " 甲 |" * 1000 + "\n|" + "---|" * 1000 + "\n|" + " 乙 |" * 1000,
    "a-wide-grid": "+" + "---+" * 300 + "\n|" + " 甲 |" * 300 + "\n+" + "---+" * 300,
    "a-high-number": "99999999999999999999. 甲",
    "backslashes": "\\" * 5000 + "甲",
    "angles": "<" * 5000 + "甲",
    "entities": "&#0;&#x110000;&#55296;&amp;" * 500,
    "spaces": " " * 50000 + "甲",
    "rules": "---\n\n" * 300 + "甲",
    "a-long-address": f"[甲](http://x.cn/{'a' * 50000})",
    "invisible-characters": "甲\u200d\u200b\u202e\ufeff\u2028" * 300,
    "byte-order-mark": "龘\ufeff乙",
    "combining-characters": "a" + "\u0301" * 5000,
    "ticks": " ".join("`" * (number % 50 + 1) for number in range(3000)) + "\n\n甲",
}
REFUSED = ("a-long-address", "byte-order-mark")  # by Typst
PRINTED = OTHERS.keys() - set(REFUSED)

pytestmark = pytest.mark.slow


@pytest.fixture
def build(attacked, command):
    """Build a report of each text; return why those failed that were not printed."""

    def run(texts):
        for name, text in texts.items():
            more = tomli_w.dumps({"facts": {"problems": ["甲"], "improvements": ["乙"]}, "prose": {"other": text}})
            folder = attacked(
                more.replace("\ufeff", "\\ufeff"), office=name
            )  # the parser drops those that are written out
        done = command("build", "2024", "--all", "--to", "html,docx,pdf,odt,epub", "--jobs", "1", cwd=folder)
        printed = {name for name in texts if (folder / "build" / name / "2024.pdf").exists()}
        return texts.keys() - printed, done.output

    return run


@pytest.mark.samples(SLOW | DEEP | OTHERS)
@pytest.mark.guard(
    "test_brackets_take_pandoc_longer_than_it_may_where_they_are_not_bounded",
    "test_what_is_nested_deep_fails_in_typst_where_it_is_not_made_shallow",
    "test_what_typst_refuses_fails_where_it_is_not_left_out",
    unguarded={"pandoc and Typst print it in time by themselves; else their bounds end it (test_bounds)": PRINTED},
)
def test_every_shape_of_prose_is_printed(build):
    failed, said = build(SLOW | DEEP | OTHERS)
    assert not failed, said


@pytest.mark.samples(SLOW)
def test_brackets_take_pandoc_longer_than_it_may_where_they_are_not_bounded(build, monkeypatch):
    monkeypatch.setattr(markdown, "limit_brackets", lambda text: text)
    monkeypatch.setattr(pandoc, "_RENDER_SECONDS", 2)
    failed, _said = build(SLOW)
    assert failed == SLOW.keys()


@pytest.mark.samples(DEEP)
def test_what_is_nested_deep_fails_in_typst_where_it_is_not_made_shallow(build, lua):
    lua("prose.lua", "limit_depth(read(text).blocks, 1)", "read(text).blocks")
    lua("renderer.lua", "if settings.variables.grid then doc = doc:walk(lists.filter) end", "")  # as other looks do
    failed, said = build(DEEP)
    assert failed == DEEP.keys()
    assert "maximum show rule depth" in said


@pytest.mark.samples(REFUSED)
@pytest.mark.parametrize("name", REFUSED)
def test_what_typst_refuses_fails_where_it_is_not_left_out(build, lua, monkeypatch, name):
    lua("prose.lua", "local MAX_ADDRESS = 2000", "local MAX_ADDRESS = 10 ^ 9")
    monkeypatch.setattr("nianbao.compose.document._replace_illegal", lambda text: text)
    failed, _said = build({name: OTHERS[name]})
    assert failed == {name}
