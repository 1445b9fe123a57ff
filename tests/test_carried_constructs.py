"""Files with what a page may have beside words and tables come back without trust, from every format with facts."""

import shutil

import pytest
import toml_rs

CARRYING = ("html", "docx", "odt", "pdf", "ofd")
LOOP = "{% for section in sections %}"
CONTENTS = "::: contents\n:::\n\n"
WORDS = "The agency answers every long-lived request, and tells the person who asked what it has decided. "
COVER = ("author: {{ author|quoted }}\n", "author: {{ author|quoted }}\ncover: true\n")
LINES = (
    "author: {{ author|quoted }}\n",
    "author: {{ author|quoted }}\ncover:\n  - Prepared by us\n  - 1. Second line\n",
)
NUMBERED = {"Overview": "1. Overview of 2024", "Requests": "2. Requests in 2023 and 2024 " + "of all places " * 8}
LETTER = (
    "::: redhead\n{{ agency.name }}\n\n[No. 1]{.number} [Signed: [A B]{.name}]{.signers}\n:::\n\n"
    "::: addressee\nDear all:\n:::\n\n"
    "::: attachments\n[Attachments:]{.label} [1.]{.number} One\n\n[2.]{.number} Two\n:::\n\n"
    "::: colophon\n[Copies:]{.label} Someone\n\n[Printer]{.printer} [2024-01-01]{.printed}\n:::\n\n"
)
NOTES = "\n\n".join(
    f"{number}. {WORDS * 6}A note[^{number}] and another[^b{number}].\n\n[^{number}]: Note {number}. {WORDS}\n\n"
    f"[^b{number}]: Second *note* {number}."
    for number in range(1, 11)
)
LISTS = (
    "- one[^1]\n- two[^2]\n    1. deep\n\n1. first\n2. second[^3]\n\n> quoted\n\n| a | b |\n|---|---|\n| c[^4] | d |\n"
    "\n[^1]: Note one.\n\n[^2]: Note two.\n\n[^3]: Note three.\n\n    It goes on.\n\n[^4]: Note four.\n"
)
LEVELS = "\n\n".join(f"## Part {number}\n\n{WORDS * 12}" for number in range(1, 13))
CASES = {  # what is replaced in the page, the headings, the text, and the prose of the data file
    "contents": ((LOOP, CONTENTS + LOOP), {}, "", ""),
    "contents at the end": (
        ("{% endfor %}\n{% if published", "{% endfor %}\n\n" + CONTENTS + "{% if published"),
        {},
        "",
        "",
    ),
    "numbered headings": ((LOOP, CONTENTS + LOOP), NUMBERED, "", ""),
    "several pages": ((LOOP, CONTENTS + LOOP), {}, LEVELS, ""),
    "a note": (("", ""), {}, "A note[^1].\n\n[^1]: The note.\n", ""),
    "notes on several pages": ((LOOP, CONTENTS + LOOP), {}, NOTES, ""),
    "notes of lists and tables": (("", ""), {}, LISTS, ""),
    "notes of the office": (
        ("", ""),
        {},
        "",
        "Own[^1] and **more**[^2].\n\n[^1]: One.\n\n[^2]: Two: {{ facts.staff }}.\n",
    ),
    "a cover": (COVER, {}, "", ""),
    "a cover with lines": (LINES, {}, "", ""),
    "the title as a heading": ((LOOP, "# {{ title }}\n\n" + CONTENTS + LOOP), {}, "", ""),
    "a letter": ((LOOP, LETTER + LOOP), {}, "", ""),
}


@pytest.fixture(scope="module")
def kind(report, tmp_path_factory):
    """A new kind as `kind new` makes it, in a folder of its own."""
    folder = tmp_path_factory.mktemp("kind")
    done = report(
        "kind", "new", "m", "--name", "M", "--language", "en", "--period", "year", "--table", "Requests",
        "--first", "2024", cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def write_case(kind, case):
    """Change the kind as an author would; return the text of the data file."""
    page, headings, text, prose = CASES[case]
    folder = kind / "templates/kinds/m"
    files = {name: (folder / name).read_text(encoding="utf-8") for name in ("page.md.j2", "editions/2024.toml")}
    data = (folder / "example/2024.toml").read_text(encoding="utf-8")
    files["page.md.j2"] = files["page.md.j2"].replace(*page, 1)
    for before, after in headings.items():
        files["editions/2024.toml"] = files["editions/2024.toml"].replace(
            f'heading = "{before}"', f'heading = "{after.strip()}"'
        )
    if text:
        files["texts/overview.md.j2"] = text
    return files, data + (f'\n[prose]\noverview = """\n{prose}"""\n' if prose else "")


def build_case(kind, report, folder, case):
    """Build a report of the changed kind in every format that carries facts; return the text of its data file."""
    files, data = write_case(kind, case)
    shutil.copytree(kind / "templates", folder / "templates")
    for name, text in files.items():
        (folder / "templates/kinds/m" / name).write_text(text, encoding="utf-8")
    (folder / "report.toml").write_text('kind = "m"\n', encoding="utf-8")
    (folder / "data").mkdir()
    (folder / "data/2024.toml").write_text(data, encoding="utf-8")
    done = report("build", "2024", "--to", ",".join(CARRYING), cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return data


@pytest.mark.parametrize("case", CASES)
def test_a_page_with_it_comes_back(kind, report, tmp_path, case):
    sent = toml_rs.loads(build_case(kind, report, tmp_path, case))
    for suffix in CARRYING:
        for trust in ((), ("--trust",)):
            target = tmp_path / f"{suffix}{''.join(trust)}.toml"
            done = report("import", f"build/2024.{suffix}", *trust, "--out", target, cwd=tmp_path)
            assert target.exists(), done.stderr
            back = toml_rs.loads(target.read_text(encoding="utf-8"))
            compared = set(sent) if trust else set(sent) - {"prose"}
            assert {key: back[key] for key in compared} == {key: sent[key] for key in compared}, suffix


def test_the_first_place_is_told_where_page_and_facts_part(kind, report, tmp_path):
    build_case(kind, report, tmp_path, "a note")
    page = (tmp_path / "build/2024.html").read_text(encoding="utf-8")
    for before, after, told in (
        ("The note.", "The other note.", {"“The other note.", "“The note.”"}),
        ("</main>", "<p>More.</p></main>", {"More."}),
        ("The note.", "", {"“The note.”"}),
    ):
        (tmp_path / "changed.html").write_text(page.replace(before, after), encoding="utf-8")
        done = report("import", "changed.html", "--dry-run", cwd=tmp_path)
        assert done.returncode == 2, done.stdout
        assert all(one in done.stderr for one in told), done.stderr


def test_an_author_hears_of_a_format_that_does_not_come_back(kind, report, monkeypatch):
    from nianbao.importer import embedded_facts  # noqa: PLC0415  # what the check asks

    monkeypatch.setattr(embedded_facts, "find_page_difference", lambda *_, **__: "DIFFERS HERE")
    done = report("kind", "check", "m", cwd=kind)
    assert done.returncode == 1, done.stdout
    assert done.stdout.count("DIFFERS HERE") == len(CARRYING)
