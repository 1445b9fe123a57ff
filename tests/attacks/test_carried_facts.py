"""The facts embedded in a published file: untrusted text, even where the file looks like one of ours."""

import json
import re
import subprocess
import zipfile
from functools import cache
from io import BytesIO

import pikepdf
import pytest
import toml_rs
from cases import bring
from oracles import count_seconds

from nianbao.build import outputs
from nianbao.compose.markdown import DIALECT
from nianbao.importer import embedded_facts, pipeline, readers
from nianbao.importer.readers import attached
from nianbao.importer.recognition.markdown import escape_markdown
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.model.report import fill_form
from nianbao.render import pandoc
from nianbao.workspace.store import Store

pytestmark = pytest.mark.slow


FACTS = """year = 2024
published = 2025-01-20
[agency]
name = "某市某局"
[proactive]
[requests]
[review_litigation]
"""
SUFFIXES = ("html", "docx", "pdf")
SECTIONS = ("preamble", "overview", "problems", "other")
ACTIVE = frozenset({"Link", "Image", "RawInline", "RawBlock", "Span", "Div", "Note", "Code", "CodeBlock", "Math"})

# An embedded text, and the words that its page shows: to a reader both look the same.
PROSE = [
    ('[甲]{onclick="alert(1)"}', "甲"),
    ('[甲]{onmouseover="alert(1)" style="position:fixed"}', "甲"),
    ('[甲]{style="background:url(http://127.0.0.1/x)"}', "甲"),
    ('[甲]{href="javascript:alert(1)"}', "甲"),
    ("[甲]{#id .class key=value}", "甲"),
    ("[甲]{typst:text:fill='red'}", "甲"),
    ("[甲]{typst:text:fill='red)[#read(\"/format.toml\")]#text(fill:red'}", "甲"),
    ("[甲]{typst:text:lang='zh'}", "甲"),
    ("[甲]{custom-style=Title}", "甲"),
    ("[甲]{.mark}", "甲"),
    ('[[甲]{onclick="alert(1)"}]{.x}', "甲"),
    ('**[甲]{onclick="alert(1)"}**', "甲"),
    ('## [甲]{onclick="alert(1)"}', "甲"),
    ('- [甲]{onclick="alert(1)"}', "甲"),
    ('> [甲]{onclick="alert(1)"}', "甲"),
    ('::: {onmouseover="alert(1)"}\n甲\n:::', "甲"),
    ("::: {.form}\n甲\n:::", "甲"),
    ('::: {table="requests"}\n甲\n:::', "甲"),
    ("::: signature\n甲\n:::", "甲"),
    ("::: {typst:text:fill='red'}\n甲\n:::", "甲"),
    ("::: {custom-style=Title}\n甲\n:::", "甲"),
    ("::: {#facts}\n\n::: {.x}\n甲\n:::\n\n:::", "甲"),
    ("[甲](javascript:alert(1))", "甲"),
    ("[甲](JaVaScRiPt:alert(1))", "甲"),
    ("[甲](data:text/html;base64,PHNjcmlwdD4=)", "甲"),
    ("[甲](file:///etc/passwd)", "甲"),
    ("[甲](\\\\\\\\host\\\\share)", "甲"),
    ("[甲](ms-word:ofe|u|http://127.0.0.1/x.docx)", "甲"),
    ("[甲](vbscript:x)", "甲"),
    ("[甲](http://127.0.0.1/x)", "甲"),
    ('[甲](//127.0.0.1/x "题")', "甲"),
    ("[甲](&#106;avascript:alert(1))", "甲"),
    ("[甲][r]\n\n[r]: javascript:alert(1)", "甲"),
    ("[r]\n\n[r]: javascript:alert(1)", "r"),
    ("<javascript:alert(1)>", "javascript:alert(1)"),
    ("<http://127.0.0.1/x>", "http://127.0.0.1/x"),
    ("甲![](/etc/passwd)", "甲"),
    ("甲![图](http://127.0.0.1/x.png)", "甲"),
    ("甲![图](data:image/svg+xml,x)", "甲"),
    ("| a | b |\n|---|---|\n| [甲](javascript:x) | [乙]{onclick=x} |", "a b 甲 乙"),
    ('- 甲\n\n[乙]{onclick="x"}', "甲乙"),
    ("{{ year }}甲", "2024甲"),
    ("{{ agency.name }}", "某市某局"),
    ("{{ own.secret }}甲", "密码甲"),
    ('{{ own.secret }}[甲]{onclick="x"}', "密码甲"),
    ('{{ "[甲](javascript:x)" }}', "[甲](javascript:x)"),
    ("{{ 1 + 2 }}", "3"),
    ("::: {.signature #agency}\n甲\n:::", "甲"),
    ('[甲]{custom-style="x" style="color:red"}', "甲"),
]


def embed_facts(content, suffix, facts):
    """Replace the facts in a file of ours, as anybody can."""
    if suffix == "pdf":
        with pikepdf.open(BytesIO(content)) as pdf:
            del pdf.attachments["facts.toml"]
            pdf.attachments["facts.toml"] = pikepdf.AttachedFileSpec(pdf, facts.encode(), filename="facts.toml")
            pdf.save(output := BytesIO())
            return output.getvalue()
    if suffix == "html":
        text = content.decode()
        start = re.search(r'<script[^>]*id="facts"[^>]*>', text).end()
        return f"{text[:start]}\n{facts}\n{text[text.index('</script', start) :]}".encode()
    output = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(output, "w") as new:
        for part in old.infolist():
            part_content = old.read(part)
            if part.filename == "customXml/item1.xml":
                start = part_content.index(b">", part_content.index(b"<facts")) + 1
                part_content = (
                    part_content[:start] + facts.replace("&", "&amp;").replace("<", "&lt;").encode() + b"</facts>"
                )
            new.writestr(part, part_content)
    return output.getvalue()


def find_active_elements(prose):
    """Return the elements of prose that a writer of pandoc would act on, read as the renderer reads it."""
    done = subprocess.run(
        [pandoc.find_pandoc(), "--from", DIALECT, "--to", "json"], input=prose.encode(), capture_output=True, check=True
    )
    tree = json.loads(done.stdout)
    found = {"meta"} if tree["meta"] else set()
    found |= {word for word in re.findall(r'"t":"(\w+)"', done.stdout.decode()) if word in ACTIVE}
    return found | set(re.findall(r"\{[{%#](?! \"\{\" \}\})", prose))


def compose_facts(at, part):
    """Return a data file whose sections hold four samples: as they are embedded (0), or as they are shown (1)."""
    some = PROSE[at : at + len(SECTIONS)]
    rows = (
        f"{name} = {json.dumps(escape_markdown(pair[1]) if part else pair[0])}\n"
        for name, pair in zip(SECTIONS, some, strict=False)
    )
    return f'{FACTS}[own]\nsecret = "密码"\n[prose]\n{"".join(rows)}'


def build_file(folder, facts, suffix):
    """Build a report of some facts; return the bytes of its file."""

    (folder / "data").mkdir(parents=True)
    (folder / "data/2024.toml").write_text(facts, encoding="utf-8")
    outputs.build_report(Store(folder), Period(2024), [suffix], draft=True)
    return (folder / f"build/2024.{suffix}").read_bytes()


def import_file(folder, content, suffix, **options):
    """Import a file; return the text of the data file, and the notes as one text."""
    (folder / f"sent.{suffix}").write_bytes(content)
    options = pipeline.ImportOptions(dry_run=True, **options)
    found = bring(Store(folder), str(folder / f"sent.{suffix}"), options)
    return found.text, " ".join(found.notes)


# ── prose ────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Return files with the samples embedded that show their words, four samples a file, the formats in turn."""
    found = {}
    for at in range(0, len(PROSE), len(SECTIONS)):
        suffix = SUFFIXES[at // len(SECTIONS) % len(SUFFIXES)]
        content = build_file(tmp_path_factory.mktemp("shown"), compose_facts(at, 1), suffix)
        found[at] = (embed_facts(content, suffix, compose_facts(at, 0)), suffix)
    return found


read_once = cache(readers.read)


@pytest.fixture
def _read_once(monkeypatch):
    """Read a file once, though it is imported with its guard and without: the guard is behind the readers."""
    monkeypatch.setattr(readers, "read", read_once)


@pytest.fixture(scope="module")
def data_files(samples, tmp_path_factory):
    """Return the prose of the imported samples: as usual, without the protection, and if trusted."""
    found = {"protected": {}, "unprotected": {}, "trusted": {}}
    for mode, files in found.items():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(readers, "read", read_once)
            if mode == "unprotected":
                patch.setattr(embedded_facts, "_remove_markup", lambda text, _body: text)
            for at, (content, suffix) in samples.items():
                text, notes = import_file(tmp_path_factory.mktemp(mode), content, suffix, trust=mode == "trusted")
                files[at] = (toml_rs.loads(text)["prose"], notes)
    return found


@pytest.mark.guard(inside="embedded_facts._remove_markup")
@pytest.mark.parametrize("number", range(len(PROSE)), ids=lambda number: PROSE[number][0][:40])
def test_embedded_prose_is_imported_as_plain_words(number, data_files):
    at, section = number - number % len(SECTIONS), SECTIONS[number % len(SECTIONS)]
    carried, words = PROSE[number]
    prose, notes = data_files["protected"][at]
    assert "改过" not in notes  # else the page was read, and the test proves nothing
    assert "--trust" in notes
    assert not find_active_elements(prose[section])
    kept = re.sub(r"\{\{ \"(.)\" \}\}|[\s\\|*-]", r"\1", prose[section])
    assert kept.replace("##", "").removeprefix(">") == re.sub(r"[\s-]", "", words)
    unprotected, _ = data_files["unprotected"][at]
    assert find_active_elements(unprotected[section])
    trusted, _ = data_files["trusted"][at]
    assert trusted[section] == carried == unprotected[section]


# ── false facts ──────────────────────────────────────────────────────────────────────

HONEST = """year = 2024
published = 2025-01-20
[agency]
name = "某市某局"
[proactive]
[requests]
received.person = 1
[review_litigation]
[facts]
portal_items = 5
[own]
cases = 3
[prose]
other = "没有其他事项。办结{{ own.cases }}件。"
"""
FALSE_FACTS = [  # a part of the printed facts, and what the embedded ones have in its place
    ("没有其他事项。", "没有其他事项！"),
    ("没有其他事项。", "有其他事项。"),
    ("没有其他事项。", "没有其他事项。暗中加一段。"),
    ("没有其他事项。", "暗中加一段。没有其他事项。"),
    ("没有其他事项。", "没有\\u202e其他事项。"),
    ("没有其他事项。", "没有其他\\u4e8a项。"),
    ("没有其他事项。", "沒有其他事项。"),
    ("没有其他事项。", "**没有**其他事项"),
    ("没有其他事项。", "没有{{ own.cases }}其他事项。"),
    ("没有其他事项。", ""),
    ("没有其他事项。", "没有其他事项。\\n\\n| 甲 | 乙 |\\n| --- | --- |\\n| 1 | 2 |\\n\\n"),
    ("cases = 3", "cases = 4"),
    ("portal_items = 5", "portal_items = 6"),
    ("portal_items = 5", "portal_items = 5\nsocial_items = 6"),
    ("portal_items = 5\n", ""),
    ("received.person = 1", "received.person = 2"),
    ("received.person = 1", "received.business = 1"),
    ("某市某局", "某省某厅"),
    ("某市某局", "某市某局0;url=http://127.0.0.1/"),
    ("2025-01-20", "2025-01-21"),
    ("[agency]", 'title = "另一个标题"\n[agency]'),
    ("year = 2024", "year = 2023"),
    ("year = 2024", 'year = 2024\nedition = "2019"'),
    ("[prose]", '[headings]\nother = "六、别的"\n[prose]'),
    ("[prose]", '[prose]\nproactive = "暗中加一段。"'),
    ("[prose]", '[prose]\nproblems = "暗中加一段。"'),
    ("[prose]", '[prose]\npreamble = "暗中加一段。"'),
]


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """Return a report whose embedded facts are those that it prints, in three formats."""
    return {suffix: build_file(tmp_path_factory.mktemp("honest"), HONEST, suffix) for suffix in SUFFIXES}


@pytest.mark.no_attack
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_facts_that_the_file_prints_are_taken(honest, suffix, tmp_path):
    text, notes = import_file(tmp_path, honest[suffix], suffix)
    assert "改过" not in notes
    tree = toml_rs.loads(text)
    assert tree["prose"]["other"] == "没有其他事项。办结3件。"
    assert (tree["own"], tree["facts"]) == ({"cases": 3}, {"portal_items": 5})
    assert toml_rs.loads(import_file(tmp_path, honest[suffix], suffix, trust=True)[0]) == toml_rs.loads(HONEST) | {
        "edition": "2021"
    }


@pytest.mark.guard(inside="embedded_facts.find_difference")
@pytest.mark.usefixtures("_read_once")
@pytest.mark.parametrize("number", range(len(FALSE_FACTS)), ids=lambda number: "→".join(FALSE_FACTS[number]))
def test_facts_that_differ_from_the_printed_text_are_not_taken(number, honest, tmp_path, monkeypatch):
    suffix = SUFFIXES[number % len(SUFFIXES)]
    false = HONEST.replace(*FALSE_FACTS[number])
    content = embed_facts(honest[suffix], suffix, false)
    text, notes = import_file(tmp_path, content, suffix)
    assert "改过" in notes
    true = toml_rs.loads(text)
    assert (true["agency"]["name"], true["published"].isoformat(), true["year"]) == ("某市某局", "2025-01-20", 2024)
    assert true["prose"]["other"].strip() == "没有其他事项。办结3件。"
    assert true["requests"]["received"]["person"] == 1
    assert not {"headings", "facts"} & true.keys()
    assert "暗中" not in text
    monkeypatch.setattr(embedded_facts, "find_difference", lambda *_, **__: "")
    assert toml_rs.loads(import_file(tmp_path, content, suffix, trust=True)[0]).items() >= toml_rs.loads(false).items()


# ── facts without a valid type ───────────────────────────────────────────────────────

LEFT_OUT = [  # additions to the honest facts, of which no trace may be imported
    '[[accept]]\nrule = "EVIL"\nat = "x"\nbecause = "x"',
    "[EVIL]\nx = 1",
    "[facts.EVIL]\nx = 1",
    "[own.EVIL]\nx = 1",
    'own.EVIL = "暗中"',
    'own."EVIL.x" = 1',
    'own."EVIL-x" = "{{ y }}"',
    "own.EVIL = true",
    "own.EVIL = inf",
    "own.EVIL = 1e-999999",
    "own.EVIL = 07:32:00",
    "own.EVIL = [1, [2]]",
    'prose.EVIL = "暗中"',
    "prose.EVIL = 1",
    "prose.overview = ['EVIL']",
    'headings.EVIL = "暗中"',
    'facts."EVIL.x" = 1',
    'facts.notices = [["EVIL"]]',
    'facts.problems = {EVIL = "x"}',
    'facts.meetings = "EVIL"',
    "facts.EVIL = -1",
    'agency.EVIL = "x"',
    'agency.site = ["EVIL"]',
    'requests.EVIL = "x"',
    'requests.outcome.granted.person = "EVIL"',
    "proactive.EVIL.made = 1",
]


@pytest.mark.guard(inside="embedded_facts.INTERNAL_KEYS")
@pytest.mark.usefixtures("_read_once")
@pytest.mark.parametrize("more", LEFT_OUT)
def test_embedded_facts_without_a_valid_type_are_not_taken(more, honest, tmp_path, monkeypatch):
    suffix = "html" if LEFT_OUT.index(more) % 2 else "docx"
    top, _bracket, rest = HONEST.partition("[agency]")
    false = f"{top}[agency]{rest}{more}\n" if more.startswith("[") else add_key(more)
    content = embed_facts(honest[suffix], suffix, false)
    text, notes = import_file(tmp_path, content, suffix)
    assert "EVIL" not in text
    assert "没有采用" in notes or "改过" in notes or "读不出来" in notes
    monkeypatch.setattr(embedded_facts, "find_difference", lambda *_, **__: "")
    monkeypatch.setattr(embedded_facts, "INTERNAL_KEYS", frozenset())
    assert "EVIL" in import_file(tmp_path, content, suffix, trust=True)[0]


def add_key(more):
    """Put a dotted key into the table of its first part."""
    table, _dot, rest = more.partition(".")
    return (
        HONEST.replace(f"[{table}]\n", f"[{table}]\n{rest}\n")
        if f"[{table}]" in HONEST
        else f"{HONEST}[{table}]\n{rest}\n"
    )


BROKEN = {
    "no TOML": "EVIL",
    "empty": " ",
    "large": HONEST + "# EVIL" + "x" * 50_000_000,
    "brackets": HONEST + "own = " + "[" * 100_000,
    "tables": HONEST + "[" + "a." * 100_000 + "a]",
    "strings": HONEST + 'own.x = "EVIL',
    "conflict": "<<<<<<< EVIL\n" + HONEST,
    "NUL": HONEST + "\0",
    "edition of a list": HONEST.replace("year = 2024", 'year = 2024\nedition = ["EVIL"]'),
    "edition of a table": HONEST.replace("year = 2024", "year = 2024\nedition = {EVIL = 1}"),
    "edition that is none": HONEST.replace("year = 2024", 'year = 2024\nedition = "../../EVIL"'),
    "year of a text": HONEST.replace("year = 2024", 'year = "2024 EVIL"'),
    "year of a list": HONEST.replace("year = 2024", 'year = [2024, "EVIL"]'),
    "year of 5,000 digits": HONEST.replace("year = 2024", "year = " + "9" * 5000),
    "number of 5,000 digits": HONEST.replace("cases = 3", "cases = " + "9" * 5000),
    "exponent": HONEST.replace("cases = 3", "cases = 1e999999999"),
    "agency of a text": HONEST.replace('[agency]\nname = "某市某局"', 'agency = "EVIL"'),
    "name of a list": HONEST.replace('"某市某局"', '["EVIL"]'),
    "day and hour": HONEST.replace("2025-01-20", "2025-01-20T00:00:00"),
    "many facts": HONEST.replace("cases = 3", "cases = 3\n" + "\n".join(f"EVIL{at} = {at}" for at in range(5000))),
    "many brackets in prose": HONEST.replace("没有其他", "[a](" * 20_000 + "没有其他"),
    "many placeholders": HONEST.replace("没有其他", "{{ own.cases }}" * 10_000 + "没有其他"),
    "deep placeholder": HONEST.replace("own.cases }}", "own.cases" + "+ own.cases" * 20_000 + " }}"),
    "deep parentheses": HONEST.replace("own.cases }}", "(" * 20_000 + "own.cases" + ")" * 20_000 + " }}"),
    "code in a placeholder": HONEST.replace("own.cases }}", "own.cases.__class__.__mro__ }}"),
    "loop": HONEST.replace("没有其他", "{% for x in range(10**9) %}EVIL{% endfor %}没有其他"),
}


@pytest.mark.guard("test_carried_facts_that_cannot_be_read_bite_without_their_guards")
@pytest.mark.parametrize("why", BROKEN)
def test_embedded_facts_that_cannot_be_read_are_ignored(why, honest, tmp_path):
    began = count_seconds()
    suffix = "pdf" if why in {"large", "NUL"} else "html"  # which can hold them
    text, notes = import_file(tmp_path, embed_facts(honest[suffix], suffix, BROKEN[why]), suffix)
    assert count_seconds() - began < 60
    assert "EVIL" not in text
    assert toml_rs.loads(text)["prose"]["other"].strip() == "没有其他事项。办结3件。"
    assert notes or why in {"empty", "large"}  # an empty text is none, and a large attachment is not unpacked


def unread(patch):
    """What is no TOML counts as facts."""
    patch.setattr(embedded_facts, "Facts", object)


def any_form(patch):
    """The form is asked for with whatever the facts call an edition."""
    patch.setattr(
        embedded_facts, "_fill_form", lambda store, facts, year: fill_form(store.kind.form(facts, year), facts)
    )


def caught_by_nobody(patch):
    """What goes wrong with the facts goes wrong with the import."""
    patch.setattr(embedded_facts, "verify_facts", bare_take)


def bare_take(store, recognized, *, trusted=False):
    facts = embedded_facts.parse(f"{recognized.document.embedded_facts}\n", "facts.toml")
    return embedded_facts._verify(store, recognized, facts, trusted=trusted) or embedded_facts.VerifiedFacts()


def believed(patch):
    """Facts are taken for true."""
    patch.setattr(embedded_facts, "find_difference", lambda *_, **__: "")


def unbounded(patch):
    """Facts may be as many and as long as they like."""
    patch.setattr(embedded_facts, "MAX_FACTS", 10**9)
    patch.setattr(embedded_facts, "MAX_CHARACTERS", 10**12)
    patch.setattr(attached, "_MAX_BYTES", 10**9)
    patch.setattr(pipeline, "MAX_SECONDS", 5)


GUARDS_OF_BROKEN = {  # those that stand before each sample: with all of them out, the import fails, or takes the facts
    "no TOML": [unread],
    "empty": [caught_by_nobody],
    "large": [unbounded, believed],
    "brackets": [unread],
    "tables": [unread],
    "strings": [unread],
    "conflict": [unread],
    "NUL": [unread],
    "edition of a list": [any_form],
    "edition of a table": [any_form],
    "edition that is none": [any_form],
    "year of a text": [caught_by_nobody],
    "year of a list": [caught_by_nobody],
    "year of 5,000 digits": [caught_by_nobody],
    "number of 5,000 digits": [caught_by_nobody, believed],
    "exponent": [believed],
    "agency of a text": [caught_by_nobody],
    "name of a list": [caught_by_nobody],
    "day and hour": [believed],
    "many facts": [unbounded],
    "many brackets in prose": [believed],
    "many placeholders": [believed],
    "deep placeholder": [believed],
    "deep parentheses": [believed],
    "code in a placeholder": [believed],
    "loop": [believed],
}


@pytest.mark.parametrize("why", BROKEN)
def test_carried_facts_that_cannot_be_read_bite_without_their_guards(why, honest, tmp_path, monkeypatch):
    for guard in GUARDS_OF_BROKEN[why]:
        guard(monkeypatch)
    suffix = "pdf" if why in {"large", "NUL"} else "html"
    trusted = believed in GUARDS_OF_BROKEN[why]
    try:
        text, _notes = import_file(tmp_path, embed_facts(honest[suffix], suffix, BROKEN[why]), suffix, trust=trusted)
    except UserError:
        return  # the page could have been read, and was not
    assert "own" in toml_rs.loads(text)  # which no page says by its name


# ── from end to end ──────────────────────────────────────────────────────────────────

PROBLEMS = '"::: {onmouseover=EVIL}\\n甲\\n:::\\n\\n[乙](javascript:EVIL)"'
HOSTILE = HONEST.replace("[prose]", f"[prose]\nproblems = {PROBLEMS}").replace("没有其他", "[没有]{onclick=EVIL}其他")


@pytest.mark.guard(inside="--trust")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_hostile_report_is_harmless_after_import_and_build(suffix, tmp_path, command):
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    (theirs / "data").mkdir(parents=True)
    (ours / "data").mkdir(parents=True)
    (theirs / "data/2024.toml").write_text(HOSTILE, encoding="utf-8")
    command("build", "2024", "--to", suffix, "--draft", cwd=theirs)
    sent = theirs / f"build/2024.{suffix}"
    command("import", sent, cwd=ours)
    data = (ours / "data/2024.toml").read_text(encoding="utf-8")
    assert "EVIL" not in data
    assert "没有其他事项。办结3件。" in data
    command("build", "2024", "--to", "html", "--draft", cwd=ours)
    page = (ours / "build/2024.html").read_text(encoding="utf-8")
    assert "EVIL" not in page
    assert "没有其他事项" in page
    command("import", sent, "--trust", "--force", cwd=ours)
    assert "onclick=EVIL" in (ours / "data/2024.toml").read_text(encoding="utf-8")
