"""A page that says more, or something else, than the facts it carries, where formats add to what facts give.

The page is built by a stranger's templates, and carries what the honest templates would print otherwise.
"""

import shutil
import zipfile
from functools import cache
from io import BytesIO

import pytest

from nianbao.importer import embedded_facts

pytestmark = pytest.mark.slow

CARRYING = ("html", "docx", "odt", "pdf", "ofd")
LOOP = "{% for section in sections %}"
CONTENTS = "::: contents\n:::\n\n"
TEXT = "Kept[^1], and kept[^2].\n\n[^1]: The first note.\n\n[^2]: The second note.\n"
PICTURE = """
[[pictures]]
id      = "received"
title   = "Received"
section = "requests"
draw    = "bars"
figures = ["requests.received.written", "requests.received.online"]
labels  = ["Written", "Online"]
"""
PAGE, FORM, WORDS = "page.md.j2", "editions/2024.toml", "texts/overview.md.j2"
FORGED = {  # a file of the kind, what stands there, and what the stranger's page has in its place
    "a line behind contents": (PAGE, CONTENTS, CONTENTS + "EVIL.\n\n"),
    "a line before contents": (PAGE, CONTENTS, "EVIL.\n\n" + CONTENTS),
    "contents twice": (PAGE, CONTENTS, CONTENTS * 2),
    "no contents": (PAGE, CONTENTS, ""),
    "contents in another place": (PAGE, CONTENTS + LOOP, LOOP + "{% if loop.last %}\n" + CONTENTS + "{% endif %}\n"),
    "a heading in contents and text": (FORM, 'heading = "Requests"', 'heading = "Requests EVIL"'),
    "a heading with a number as of a page": (FORM, 'heading = "Requests"', 'heading = "Requests 12"'),
    "a heading with dots": (FORM, 'heading = "Requests"', 'heading = "Requests ......... 1"'),
    "a heading more": (PAGE, LOOP, "# EVIL\n\n" + LOOP),
    "a heading twice": (PAGE, "# {{ section.heading }}", "# {{ section.heading }}\n\n## {{ section.heading }}"),
    "a note that says something else": (WORDS, "first note", "EVIL note"),
    "a note that says more": (WORDS, "second note.", "second note. EVIL."),
    "a note that says less": (WORDS, "The second note.", "The second."),
    "a note more": (WORDS, "and kept[^2].", "and kept[^2].[^3]\n\n[^3]: EVIL."),
    "a note less": (WORDS, ", and kept[^2].\n", ", and kept.\n"),
    "notes that change places": (WORDS, "Kept[^1], and kept[^2]", "Kept[^2], and kept[^1]"),
    "a note that is a text": (WORDS, "kept[^2].\n", "kept.\n\n2 The second note.\n"),
    "the number of a page as a text": (WORDS, "[^1]: The", "12\n\n[^1]: The"),
    "the caption of a table as a heading": (PAGE, "# {{ section.heading }}\n", "{{ section.heading }} EVIL\n"),
    "a line on the cover": (PAGE, "  - Honest", "  - Honest\n  - EVIL"),
    "another line on the cover": (PAGE, "  - Honest", "  - EVIL"),
    "the title twice": (PAGE, CONTENTS, "# {{ title }}\n\n" + CONTENTS),
    "a hyphen within a line": (WORDS, "Kept[^1]", "Ke-pt[^1]"),
}
DRAWN = {
    "a picture of another title": (FORM, 'title   = "Received"', 'title   = "Refused!"'),
    "a picture with other labels": (FORM, '"Written", "Online"]', '"Written", "EVIL"]'),
    "a picture with other figures": (FORM, '"requests.received.online"]', '"requests.processed.online"]'),
    "a picture more": (FORM, PICTURE, PICTURE + PICTURE.replace('"received"', '"again"')),
}
SAMPLES = [(name, suffix) for name in FORGED for suffix in CARRYING] + [(name, "pdf") for name in DRAWN]


@pytest.fixture(scope="module")
def honest(report, tmp_path_factory):
    """A kind with a cover, contents, notes, and a picture."""
    folder = tmp_path_factory.mktemp("honest")
    words = ("--language", "en", "--period", "year", "--table", "Requests", "--first", "2024")
    assert report("kind", "new", "m", "--name", "M", *words, cwd=folder).returncode == 0
    kind = folder / "templates/kinds/m"
    page, form = (kind / name for name in (PAGE, FORM))
    text = page.read_text(encoding="utf-8").replace(LOOP, CONTENTS + LOOP)
    author = "author: {{ author|quoted }}\n"
    page.write_text(text.replace(author, author + "cover:\n  - Honest\n"), encoding="utf-8")
    form.write_text(form.read_text(encoding="utf-8") + PICTURE, encoding="utf-8")
    (kind / WORDS).write_text(TEXT, encoding="utf-8")
    (folder / "report.toml").write_text('kind = "m"\n', encoding="utf-8")
    (folder / "data").mkdir()
    shutil.copy(kind / "example/2024.toml", folder / "data")
    return folder


def forge(honest, folder, name):
    """Copy the kind, and change it as a stranger would."""
    file, before, after = (FORGED | DRAWN)[name]
    shutil.copytree(honest, folder, ignore=shutil.ignore_patterns("build", ".*"))
    path = folder / "templates/kinds/m" / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def bring(report, honest, path, target, *, guarded, monkeypatch):
    """Import a file; return whether its facts were taken."""
    if not guarded:
        monkeypatch.setattr(embedded_facts, "find_page_difference", lambda *_, **__: "")
    done = report("import", path, "--out", target, cwd=honest)
    assert done.returncode in {0, 2}, done.stderr
    assert ("“" in done.stderr) == (not target.exists())  # both texts are quoted
    return target.exists()


@pytest.mark.no_attack
@pytest.mark.parametrize("suffix", CARRYING)
def test_the_honest_page_comes_back(honest, report, tmp_path, monkeypatch, suffix):
    assert report("build", "2024", "--to", suffix, "--force", cwd=honest).returncode == 0
    path = honest / f"build/2024.{suffix}"
    assert bring(report, honest, path, tmp_path / "back.toml", guarded=True, monkeypatch=monkeypatch)


@pytest.fixture(scope="module")
def forged(honest, report, tmp_path_factory):
    """Build a forged page in its formats, once."""

    @cache
    def build(name):
        folder = tmp_path_factory.mktemp("forged") / "theirs"
        forge(honest, folder, name)
        suffixes = [suffix for one, suffix in SAMPLES if one == name]
        done = report("build", "2024", "--to", ",".join(suffixes), cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return folder / "build"

    return build


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize(("name", "suffix"), SAMPLES)
def test_a_page_that_says_something_else_is_not_believed(
    honest, forged, report, tmp_path, monkeypatch, name, suffix, guarded
):
    path = forged(name) / f"2024.{suffix}"
    taken = bring(report, honest, path, tmp_path / "back.toml", guarded=guarded, monkeypatch=monkeypatch)
    assert taken != guarded


# ── changed files ────────────────────────────────────────────────────────────────────

FRAME = '<text:p><draw:frame svg:width="9cm"><draw:text-box><text:p>EVIL</text:p></draw:text-box></draw:frame></text:p>'
CHANGED = [
    ("html", "</main>", '<ul><li><a href="#overview">EVIL</a></li></ul></main>'),
    ("html", "<h2", "<p>Requests EVIL</p><h2"),
    ("odt", "</office:text>", FRAME + "</office:text>"),
    ("odt", "</office:text>", FRAME.replace("text:p>EVIL</text:p", "text:h>EVIL</text:h") + "</office:text>"),
    ("docx", "</w:body>", "<w:p><w:r><w:t>EVIL</w:t></w:r></w:p></w:body>"),
    ("docx", "</w:body>", "<w:p><w:r><w:t>Overview.......1</w:t></w:r></w:p></w:body>"),
]
MAIN_PARTS = {"odt": "content.xml", "docx": "word/document.xml"}


def change(content, suffix, before, after):
    """Change the text of a page."""
    if suffix == "html":
        assert before in content.decode()
        return content.decode().replace(before, after, 1).encode()
    output = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(output, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename == MAIN_PARTS[suffix]:
                assert before.encode() in text
                text = text.replace(before.encode(), after.encode(), 1)
            new.writestr(part, text)
    return output.getvalue()


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("number", range(len(CHANGED)))
def test_a_changed_page_is_not_believed(honest, report, tmp_path, monkeypatch, number, guarded):
    suffix, before, after = CHANGED[number]
    assert report("build", "2024", "--to", suffix, cwd=honest).returncode == 0
    path = tmp_path / f"sent.{suffix}"
    path.write_bytes(change((honest / f"build/2024.{suffix}").read_bytes(), suffix, before, after))
    taken = bring(report, honest, path, tmp_path / "back.toml", guarded=guarded, monkeypatch=monkeypatch)
    assert taken != guarded
