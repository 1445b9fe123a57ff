"""Names, titles, headings and facts of a stranger, in every place where a format writes them."""

import json
from datetime import date

import pytest
import tomli_w

from nianbao.build import outputs
from nianbao.compose import filters, prose
from nianbao.compose.markdown import Markdown
from nianbao.workspace.shipped import TEMPLATES

pytestmark = pytest.mark.slow

MARKUP = {
    "link": "[甲](javascript:alert(1))",
    "autolink": "<javascript:alert(1)>",
    "span": "[甲]{onclick=alert(1)}",
    "typst-span": '[甲]{typst:text:fill=\'red)[#("PWN"+"ED")]#text(fill:red\'}',
    "style-span": '[甲]{custom-style="Smuggled"}',
}
ATTRIBUTES = {
    "redirect": '0;url=http://evil.example/" http-equiv="refresh" x="',
    "handler": 'x" onload="alert(1)" y="',
    "frame": "x\"><iframe src='javascript:alert(1)'></iframe><meta x=\"",
}
SCRIPTS = {
    "script-end": "</script><script>alert(1)</script>",
    "script-end-in-capitals": "</SCRIPT ><img src=x onerror=alert(1)>",
    "comment": "<!--<script>alert(1)</script>",
}
TYPST = {
    "string": '甲...") + [#("PWN"+"ED")] + text("',
    "raw": '#("PWN"+"ED")',
    "bracket": '甲] + [#("PWN"+"ED")] + [',
    "math": '$#("PWN"+"ED")$',
    "label": '<甲> #("PWN"+"ED") @甲',
    "comment": '甲 // /* #("PWN"+"ED")',
    "file": '#read("/format.toml")',
    "import": '#import "@preview/x:1.0.0": *',
}
XML = {
    "odt": '</text:p><text:p><text:a xlink:href="javascript:x">甲</text:a>',
    "docx": "</w:t></w:r></w:p><w:p><w:r><w:t>甲",
    "entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "CANARY">]>&e;',
    "instruction": '<?xml-stylesheet href="http://evil.example/x"?>',
    "cdata": "]]><script>alert(1)</script><![CDATA[",
}
YAML = {
    "line": "甲\ntitle: FORGED",
    "end": "甲\n---\n\n[乙]{onclick=x}\n\n---\nx: y",
    "quote": '甲"\nauthor: FORGED\nx: "',
    "backslash": '甲\\"\nauthor: FORGED\nx: "',
    "anchor": "&x *x !!python/object/apply:os.system ['true']",
}
JINJA = {
    "expression": "{{ agency.__class__.__mro__ }}",
    "statement": "{% include 'formats/html/format.toml' %}",
    "comment": "{# 甲 #}",
}
ALL = {
    f"{group}-{name}": text
    for group, texts in (
        ("markup", MARKUP),
        ("attribute", ATTRIBUTES),
        ("script", SCRIPTS),
        ("typst", TYPST),
        ("xml", XML),
        ("yaml", YAML),
        ("jinja", JINJA),
    )
    for name, text in texts.items()
}


HELD = {  # what no guard of ours keeps from biting
    "the writers of pandoc escape words for Typst and for XML": [
        *(f"typst-{name}" for name in TYPST if name != "string"),
        *(f"xml-{name}" for name in XML if name != "odt"),
    ],
    "a fact is the value of a template, and nothing fills it a second time": [f"jinja-{name}" for name in JINJA],
    "for libxml2, by which the oracle reads, a comment in a script ends with the script": ["script-comment"],
}
OUT = (
    "test_markup_bites_where_it_is_not_escaped",
    "test_markup_in_a_heading_bites_where_what_is_filled_is_not_escaped",
    "test_the_head_is_forged_where_it_is_not_quoted",
    "test_an_attribute_of_the_web_page_bites_where_it_is_not_escaped",
    "test_the_metadata_of_a_web_page_bite_where_they_are_not_escaped",
    "test_carried_facts_of_a_web_page_bite_where_they_are_not_escaped",
    "test_a_string_of_typst_bites_where_it_is_not_quoted",
    "test_a_signature_of_open_document_bites_where_it_is_not_escaped",
)
NOT_QUOTED = {  # how a text is quoted in the head without the guard, and what bites then
    "in quotes": (lambda value, _locale: Markdown(f'"{value}"'), ["quote", "end"]),
    "but for its backslashes": (
        lambda value, _locale: Markdown('"{}"'.format(str(value).replace('"', '\\"'))),
        ["backslash"],
    ),
    "bare": (lambda value, _locale: Markdown(value), ["line", "anchor"]),
}


def name_in(group, *names):
    return [f"{group}-{name}" for name in names]


def facts(text):
    """Write a data file that has a text in every place that takes one.

    A heading is filled with facts: one that is a template of more than that is refused, as a test of its own shows.
    """
    heading = "" if any(sign in text for sign in ("{{", "{%", "{#")) else text
    tree = {
        "year": 2024,
        "published": date(2025, 1, 20),
        "title": f"{text}报告",
        "agency": {"name": text, "short": text, "site": text, "address": text, "phone": text},
        "proactive": {},
        "requests": {},
        "review_litigation": {},
        "facts": {"problems": [text], "improvements": [text], "management": text, "open_day": text},
        "own": {"text": text},
        "headings": {"problems": heading, "other": heading + "{{ own.text }}"},
        "prose": {"other": "{{ own.text }}"},
    }
    return tomli_w.dumps(tree)


@pytest.fixture
def build(build_all, canary):
    def run(texts, *words):
        given = {name: facts(text.replace("CANARY", str(canary))) for name, text in texts.items()}
        return build_all(given, *words)

    return run


def harmless(found):
    return " ".join(sorted(name for name, seen in found.items() if not seen))


@pytest.mark.samples(ALL)
@pytest.mark.guard(*OUT, unguarded=HELD)
def test_no_text_does_anything(build):
    assert {name: found for name, found in build(ALL).items() if found} == {}


@pytest.mark.samples(ALL)
@pytest.mark.guard(*OUT, unguarded=HELD)
def test_no_text_does_anything_where_facts_are_carried(build):
    assert {name: found for name, found in build(ALL, "--facts").items() if found} == {}


@pytest.mark.samples(name_in("markup", *MARKUP))
def test_markup_bites_where_it_is_not_escaped(build, monkeypatch):
    monkeypatch.setattr(filters, "escape", Markdown)
    assert not harmless(build(MARKUP))


@pytest.mark.samples(name_in("markup", *MARKUP))
def test_markup_in_a_heading_bites_where_what_is_filled_is_not_escaped(build, monkeypatch):
    filled = prose.fill_text
    monkeypatch.setattr(prose, "fill_text", lambda *words, **more: Markdown(filled(*words, **more)))
    assert not harmless(build(MARKUP))


IN_HEADINGS = {
    "statement": "{% if year %}PWN{% endif %}ED",
    "joined": "{{ 'PWN' ~ 'ED' }}",
    "filter": "{{ 'PWNE' ~ 'd'|upper }}",
    "call": "{{ 'pwned'.upper() }}",
}


@pytest.mark.parametrize("name", IN_HEADINGS)
@pytest.mark.parametrize("guarded", [True, False])
def test_a_heading_fills_in_facts_and_runs_nothing(attacked, command, monkeypatch, name, guarded):
    if not guarded:
        monkeypatch.setattr(prose, "find_faults", lambda _text, _names: iter(()))
    folder = attacked(f'[headings]\nproblems = "{IN_HEADINGS[name]}"\n')
    done = command("build", "2024", "--draft", "--to", "html", "--no-facts", cwd=folder)
    assert ("PWNED" in (folder / "build/2024.html").read_text("utf-8")) is not guarded
    assert ("broken-placeholder" in done.output) is guarded


@pytest.mark.samples(name_in("yaml", *YAML))
@pytest.mark.parametrize("how", NOT_QUOTED)
def test_the_head_is_forged_where_it_is_not_quoted(build, monkeypatch, how):
    quote, names = NOT_QUOTED[how]
    monkeypatch.setattr(filters, "_quote", quote)
    assert not harmless(build({name: YAML[name] for name in names}))


@pytest.mark.samples(name_in("attribute", *ATTRIBUTES))
def test_an_attribute_of_the_web_page_bites_where_it_is_not_escaped(build, own_template):
    own_template("formats/html/template.html", "author-meta", "author")
    assert not harmless(build(ATTRIBUTES))


@pytest.mark.samples(name_in("script", "script-end", "script-end-in-capitals"))
def test_the_metadata_of_a_web_page_bite_where_they_are_not_escaped(build, monkeypatch):
    about = outputs.describe_report
    monkeypatch.setattr(outputs, "describe_report", lambda report: json.dumps(json.loads(about(report))))
    assert not harmless(build({name: SCRIPTS[name] for name in ("script-end", "script-end-in-capitals")}))


@pytest.mark.samples(name_in("script", "script-end", "script-end-in-capitals"))
def test_carried_facts_of_a_web_page_bite_where_they_are_not_escaped(build, monkeypatch):
    carried = outputs.format_facts
    monkeypatch.setattr(outputs, "format_facts", lambda report: carried(report).replace("\\u003C", "<"))
    texts = {name: SCRIPTS[name] for name in ("script-end", "script-end-in-capitals")}
    assert not harmless(build(texts, "--facts"))


@pytest.mark.samples(name_in("typst", "string"))
def test_a_string_of_typst_bites_where_it_is_not_quoted(build, own_template):
    own_template("formats/pdf/filter.lua", """:gsub('[\\\\"]', "\\\\%0")""", "")
    assert not harmless(build({"string": TYPST["string"]}))


@pytest.mark.samples(name_in("xml", "odt"))
def test_a_signature_of_open_document_bites_where_it_is_not_escaped(build, own_template):
    own_template(
        "formats/odt/filter.lua", 'text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" })', "text"
    )
    assert not harmless(build({"odt": XML["odt"]}))


@pytest.fixture
def own_template(tmp_path):
    """Give the attacked folder a format of its own that is the program's but for one guard."""

    def change(name, before, after):
        folder = TEMPLATES / name
        for path in folder.parent.rglob("*"):
            if path.is_file():
                copy = tmp_path / "templates" / path.relative_to(TEMPLATES)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())
        text = folder.read_text(encoding="utf-8")
        assert before in text
        (tmp_path / "templates" / name).write_text(text.replace(before, after), encoding="utf-8")

    return change
