"""Prose of a data file that wants to be code, a link to elsewhere, the head of the page, or a part of the page."""

import re
import subprocess

import pytest
from oracles import FACTS, NOT_BUILT, web

from nianbao.compose import document, markdown
from nianbao.render import markup, pandoc

ATTRIBUTES = {
    "handler": 'onclick="alert(1)"',
    "handler-of-mouse": "onmouseover='alert(1)'",
    "handler-after-place": " #here onfocus=x tabindex=0",
    "style": 'style="position:fixed;inset:0;background:url(http://evil.example/x)"',
    "address": 'href="javascript:alert(1)"',
    "source": "src=http://evil.example/x",
    "server-action": "formaction=http://evil.example/x",
    "class-of-the-page": ".signature",
    "class": ".scroll .form",
    "role": "role=alert",
    "typst-text": 'typst:text:fill=\'red)[#("PWN"+"ED")]#text(fill:red\'',
    "typst-place": 'typst:text:size=\'1pt)[#("PWN"+"ED")]#text(size:9pt\'',
    "typst-file": "typst:text:fill='red)[#read(\"/format.toml\")]#text(fill:red'",
    "custom-style": 'custom-style="Smuggled"',
}
TARGETS = {
    "script": "javascript:alert(1)",
    "script-in-capitals": "JaVaScRiPt:alert(1)",
    "script-behind-a-space": "&#32;javascript:alert(1)",
    "script-with-a-tab": "java&#9;script:alert(1)",
    "script-by-entity": "&#106;avascript:alert(1)",
    "visual-basic": "vbscript:msgbox(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "data-base64": "data:text/html;base64,PHNjcmlwdD4=",
    "file": "file:///etc/passwd",
    "share": "//evil.example/share",
    "share-of-windows": "\\\\\\\\evil.example\\\\share",
    "share-of-windows-with-slashes": "file://evil.example/share",
    "word": "ms-word:ofe|u|http://evil.example/x.docx",
    "search": "search-ms:query=x",
    "mail-archive": "mhtml:http://evil.example/x",
    "telephone": "tel:110",
    "relative": "../../etc/passwd",
    "rooted": "/etc/passwd",
    "query": "?x=1",
    "blob": "blob:http://evil.example/x",
    "about": "about:blank",
    "ftp": "ftp://evil.example/x",
    "http-without-host": "http:///etc/passwd",
}
HEADS = {
    "style-sheet": "css: CANARY",
    "title": "title: FORGED",
    "author": "author: FORGED",
    "language": "lang: 'zh\" onload=\"alert(1)'",
    "cover": "cover-image: CANARY",
}


def spans(attribute):
    return f"[甲]{{{attribute}}}"


def divisions(attribute):
    return f"::: {{{attribute}}}\n仿冒\n:::"


SAMPLES = {
    **{f"span-{name}": spans(attribute) for name, attribute in ATTRIBUTES.items()},
    **{f"division-{name}": divisions(attribute) for name, attribute in ATTRIBUTES.items()},
    **{f"link-{name}": f"[甲]({target.replace(' ', '%20')})" for name, target in TARGETS.items()},
    **{f"reference-{name}": f"[甲][乙]\n\n[乙]: <{target}>" for name, target in TARGETS.items()},
    **{f"head-{name}": f"甲\n\n---\n{text}\n---\n\n乙" for name, text in HEADS.items()},
    **{f"quoted-head-{name}": f"> ---\n> {text}\n> ---\n" for name, text in HEADS.items()},
    **{f"marked-head-{name}": f"甲。\n\n\ufeff---\n{text}\n---\n\n乙" for name, text in HEADS.items()},
    **{
        f"listed-head-{name}": "1.  ---\n    " + text.replace("\n", "\n    ") + "\n    ---\n"
        for name, text in HEADS.items()
    },
    **{f"first-head-{name}": f"---\n{text}\n...\n\n乙" for name, text in HEADS.items()},
    "table-of-the-page": '::: {table="requests"}\n:::',
    "form": '::: {.form labels="1" bands="1+1" widths="1 1"}\n| 仿冒 | 乙 |\n|---|---|\n| 1 | 2 |\n:::',
    "division-typst-property": divisions('typst:fill=\'red)[#("PWN"+"ED")]#text(fill:red\''),
    "end-of-a-division": ":::\n\n[甲]{onclick=x}",
    "span-in-a-table": "| 甲 |\n|---|\n| [乙]{onclick=x} |",
    "link-in-a-heading": "## [甲](javascript:x)",
    "link-in-a-list": "- 甲\n    - [乙](javascript:x)",
    "span-in-stress": "**[甲]{onclick=x}**",
    "span-around-a-link": "[[甲](https://a.cn)]{onclick=x}",
    "link-around-a-picture": "[![甲](file:///etc/passwd)](javascript:x)",
    "link-in-a-definition": "甲\n:   [乙](javascript:x)",
    "link-in-a-quotation": "> [甲](javascript:x)",
    "link-in-a-caption": "| 甲 |\n|---|\n| 乙 |\n\nTable: [丙](javascript:x)",
    "division-in-a-quotation": "> ::: {onclick=x}\n> 甲\n> :::\n",
    "division-in-a-list": "- ::: {onclick=x}\n  甲\n  :::\n",
    "form-in-a-quotation": "> ::: form\n> 仿冒\n> :::\n",
    "link-behind-a-mark": "甲\\\ufeff\\[乙](javascript:x)",
    "place-of-a-table": "[甲]{ #requests}",
    "place-twice": "[甲]{ #a} [乙]{ #a}",
}


@pytest.fixture
def build(build_all, canary):
    """Build a report of each sample; return what each of them does, by its name."""

    def run(samples=SAMPLES):
        prose = {name: text.replace("CANARY", str(canary)) for name, text in samples.items()}
        facts = FACTS + "[facts]\nproblems = ['甲']\nimprovements = ['乙']\n[prose]\nother = '''\n{}\n'''\n"
        return build_all({name: facts.format(text) for name, text in prose.items()})

    return run


@pytest.mark.samples(SAMPLES)
@pytest.mark.guard(
    "test_markup_in_prose_bites_where_it_is_not_reduced", "test_a_head_in_prose_bites_where_it_is_read_with_the_page"
)
@pytest.mark.slow
def test_no_prose_does_anything(build):
    assert {name: found for name, found in build().items() if found} == {}


HEADS_IN_PROSE = {name: text for name, text in SAMPLES.items() if "head-" in name}
MARKUP_IN_PROSE = {name: text for name, text in SAMPLES.items() if name not in HEADS_IN_PROSE}


def harmless(found):
    """Name the samples that did nothing."""
    return " ".join(sorted(name for name, seen in found.items() if not seen))


@pytest.mark.samples(MARKUP_IN_PROSE)
@pytest.mark.slow
def test_markup_in_prose_bites_where_it_is_not_reduced(build, lua):
    lua("prose.lua", ":walk(ALLOW), dropped", ", {}")
    assert not harmless(build(MARKUP_IN_PROSE))


@pytest.mark.samples(HEADS_IN_PROSE)
@pytest.mark.slow
@pytest.mark.usefixtures("read_with_the_page")
def test_a_head_in_prose_bites_where_it_is_read_with_the_page(build, lua):
    # the second guard of the language, which is not read from the page
    lua(
        "renderer.lua",
        "doc.meta.lang = pandoc.MetaInlines { pandoc.Str(settings.variables.lang) }",
        "doc.meta.lang = doc.meta.lang or pandoc.MetaInlines { pandoc.Str(settings.variables.lang) } "
        "page_data.variables.lang = nil",
    )
    found = build(HEADS_IN_PROSE)
    assert not harmless(found)
    assert all(seen != {NOT_BUILT} or "language" in name for name, seen in found.items())  # Typst refuses such a one


IN_MARKDOWN = {
    "script": "<script>alert(1)</script>",
    "handler": "<p onclick='alert(1)'>甲</p>",
    "script-in-a-list": "- 甲\n- <img src=x onerror=alert(1)>",
    "link": "[甲](javascript:alert(1))",
    "span": "[甲]{onclick=alert(1)}",
    "picture": "![甲](file:///etc/passwd)",
    "head": "甲\n\n---\ntitle: FORGED\n---\n\n乙",
}


def in_a_reader(folder):
    """Say what the page in Markdown does where another program makes a web page of it."""
    source = ["--from", "markdown", "--to", "html", "--standalone", folder / "2024.md"]
    done = subprocess.run([pandoc.find_pandoc(), *source], capture_output=True, check=True)
    text = done.stdout.decode()
    return set(web(text)) | ({"a forged head"} if "<title>FORGED" in text else set())


@pytest.mark.parametrize("guarded", [True, False])
def test_the_page_in_markdown_does_nothing_in_other_programs(attacked, command, monkeypatch, guarded):
    if not guarded:
        monkeypatch.setattr(markup, "reduce_sections", lambda _report, _bodies: {})
    facts = "[facts]\nproblems = ['甲']\nimprovements = ['乙']\n[prose]\nother = '''\n{}\n'''\n"
    for name, text in IN_MARKDOWN.items():
        folder = attacked(facts.replace("{}", text.replace("'", '"')), office=name)
    command("build", "2024", "--all", "--to", "markdown", "--jobs", "1", cwd=folder)
    found = {name: in_a_reader(folder / "build" / name) for name in IN_MARKDOWN}
    assert (found == {key: set() for key in IN_MARKDOWN}) if guarded else not harmless(found), found


@pytest.mark.no_attack
@pytest.mark.parametrize(
    "sign", [chr(code) for code in (*range(32, 48), *range(58, 65), *range(91, 97), *range(123, 160))]
)
def test_what_passes_for_words_is_paragraphs_and_nothing_else(sign):
    samples = (
        f"{sign}甲",
        f"甲{sign}",
        f"甲{sign}{sign}{sign}乙",
        f"{sign * 3}\n甲",
        f"甲\n{sign * 3}\n乙",
        f"1{sign} 甲",
    )
    for text in filter(markdown.has_only_plain_paragraphs, samples):
        source = [pandoc.find_pandoc(), "--from", f"{markdown.DIALECT}+yaml_metadata_block", "--to", "native"]
        native = subprocess.run(source, input=text.encode(), capture_output=True, check=True).stdout.decode()
        assert set(re.findall(r"[A-Z][A-Za-z]+", native)) <= {"Para", "Str", "Space", "SoftBreak"}, text


@pytest.mark.guard(
    "test_markup_in_prose_bites_where_it_is_not_reduced", "test_a_head_in_prose_bites_where_it_is_read_with_the_page"
)
@pytest.mark.parametrize("name", SAMPLES)
def test_no_sample_passes_for_words(name):
    assert not markdown.has_only_plain_paragraphs(SAMPLES[name])


@pytest.mark.parametrize("guarded", [True, False])
def test_no_place_of_prose_is_that_of_the_facts_that_a_page_carries(build_all, monkeypatch, guarded):
    if not guarded:
        monkeypatch.setattr(document, "FACTS_ID", "requests")
    facts = FACTS + "[facts]\nproblems = ['甲']\nimprovements = ['乙']\n[prose]\nother = '[甲]{ #facts}'\n"
    assert build_all({"place": facts}, "--facts") == {"place": set() if guarded else {"the place facts 2 times"}}
