"""`report fmt`: the form's order, figures in columns, and nothing is lost."""

import codecs
import shutil
from pathlib import Path

import pytest
import toml_rs
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from nianbao.checks import drafts
from nianbao.datafiles import scaffold
from nianbao.datafiles.formatter import format_text
from nianbao.datafiles.syntax_tree import parse_tree
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.workspace.store import Store

ROOT = Path(__file__).parent.parent
FORM = Store(ROOT).kind.form_in_force(Period(2020))
PAIRS = sorted((Path(__file__).parent / "layouts").glob("*.before.toml"))


@pytest.mark.parametrize("before", PAIRS, ids=lambda path: path.name.split(".")[0])
def test_a_file_is_formatted_as_expected(before, request):
    after = before.with_name(before.name.replace(".before.", ".after."))
    formatted = format_text(before.read_bytes().decode(), FORM)
    if request.config.getoption("--rewrite"):
        after.write_bytes(formatted.encode())
    assert formatted == after.read_bytes().decode()
    assert format_text(formatted, FORM) == formatted


def test_every_layout_has_its_pair():
    names = {path.name.split(".")[0] for path in PAIRS}
    assert names
    assert names == {path.name.split(".")[0] for path in PAIRS[0].parent.glob("*.after.toml")}


@pytest.mark.parametrize("path", [ROOT / "data/2020.toml", ROOT / "tests/kinds/library/data/2024.toml"])
def test_the_shipped_data_files_are_formatted(path):
    store = Store(path.parent.parent)
    assert not drafts.format_file(store, Period(int(path.stem)), check=True).changed


@pytest.mark.parametrize("year", [2020, 2021])
def test_a_new_data_file_is_formatted(year):
    form = Store(ROOT).kind.form_in_force(Period(year))
    text = scaffold.format_new_file(form, Period(year))
    assert format_text(text, form) == text


def test_crlf_stays_crlf_and_prose_stays_byte_for_byte():
    prose = 'prose.overview = """\r\n一 \t\r\n\r\n\r\n二"""\r\n'
    formatted = format_text(f"year=2020\r\n\r\n\r\n{prose}", FORM)
    assert formatted == f"year           = 2020\r\n\r\n{prose}"


def test_an_empty_file_stays_empty():
    assert format_text("", FORM) == ""
    assert format_text("\n\n", FORM) == ""
    assert format_text("# 只有一行话", FORM) == "# 只有一行话\n"


# ── properties ─────────────────────────────────────────────────────────────────────────────

words = st.sampled_from(
    [
        "# 注", "#注 二  ", "# person = 3", "# meetings = 3", "# received = { person = 1 }", "# received.total = 3",
        "# carried_in.person = 1", "#:schema ./a",
    ],
)  # fmt: skip
spaces = st.sampled_from(["", "\n", "\n\n", " \n"])
above = st.lists(st.one_of(words.map(lambda word: f"{word}\n"), spaces), max_size=4).map("".join)
beside = st.one_of(st.just(""), words.map(lambda word: f" {word}"))
figures = st.sampled_from(
    ["0", "1", "27", "1_000", "0.10", "498935.88", "-3", "nan", "true", '"文"', "2021-01-28", "{}", "{ }"]
)
columns = st.sampled_from(["person", "business", "total", '"legal"', "other", "strange", "a.b"])
inline = st.dictionaries(columns, figures, max_size=4).map(
    lambda cells: "{" + ", ".join(f"{key} ={value}" for key, value in cells.items()) + "}"
)
nested = st.dictionaries(st.sampled_from(["granted", "refused.secret", "refused.stability", "nix"]), inline).map(
    lambda rows: "{ " + ", ".join(f"{key}={value}" for key, value in rows.items()) + " }"
)
opaque = st.sampled_from(
    ['"""\n二 \n\n"""', "'''\n# 不是注\n'''", "[\n  1, # 内\n\n]", "{ person = 1, # 内\n }", '["甲", "乙"]']
)
values = st.one_of(figures, inline, nested, opaque)
keys = st.sampled_from(
    [
        "year", "edition", "title", "published", "received", "carried_in", "received.person", "received . total",
        "carried_forward", "outcome", "outcome.granted", "outcome.granted.person", "outcome.refused.secret.legal",
        "review", "litigation.direct", "regulations", "procurement.amount", "name", "short", "meetings", "problems",
        "overview", "other", "bogus", '"a.b"', "own.x", "agency.name", "requests.received", "prose.other", "requests",
    ],
)  # fmt: skip
headers = st.sampled_from(
    [
        "[requests]", "[requests.received]", "[requests.outcome]", "[requests.outcome.granted]", "[agency]", "[facts]",
        "[proactive]", "[review_litigation]", "[review_litigation . litigation]", "[own]", "[own.deep]", "[prose]",
        "[headings]", "[strange]", "[strange.more]", "[[accept]]", "[accept.more]", "[[requests]]", '["requests"]',
    ],
)  # fmt: skip
entries = st.builds("{}{} = {}{}\n".format, above, keys, values, beside)
openings = st.builds("{}{}{}\n".format, above, headers, beside)


@st.composite
def texts(draw):
    """A TOML text of mostly known addresses, written in every way; what breaks TOML is left out."""
    text = ""
    for part in draw(st.lists(st.one_of(entries, entries, openings), max_size=9)):
        try:
            toml_rs.loads(text + part)
        except toml_rs.TOMLDecodeError:
            continue
        text += part
    text += draw(above)
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@given(texts())
@example("# 甲\n\n# 乙\n[requests.received]\nperson = 1\n[requests]\n")
@example("[requests]\nrequests.received = 1\n[requests.received]\nname = 1\n# received = { person = 1 }\nyear = 5\n")
@example("[requests]\n# received.total = 3\nreceived.person = 1\nreceived.business = 2\n")
@example("[requests]\nreceived.name = { }\nreceived.year = 5\n")
@example("[requests]\nreceived = { name = { }, year = 5 }\n")
def test_formatting_twice_changes_nothing_and_nothing_is_lost(text):
    formatted = format_text(text, FORM)
    assert format_text(formatted, FORM) == formatted
    assert toml_rs.loads(formatted, parse_float=str) == toml_rs.loads(text, parse_float=str)
    assert parse_tree(formatted).list_comments() == parse_tree(text).list_comments()


@given(st.text("[]{}=.\"'#\n\r a1", max_size=40))
def test_any_toml_is_formatted_or_refused(text):
    try:
        toml_rs.loads(text)
        formatted = format_text(text, FORM)
    except ValueError:
        return
    assert format_text(formatted, FORM) == formatted


# ── the command ──────────────────────────────────────────────────────────────────────


def test_fmt_writes_once_and_prints_what_it_wrote(office, report):
    data = office / "data/2020.toml"
    neat = data.read_bytes()
    data.write_bytes(codecs.BOM_UTF8 + neat.replace(b"made =  0, disclosed =  0", b"disclosed=0,made=0"))
    data.chmod(0o640)
    checked = report("fmt", "--check", cwd=office)
    assert checked.returncode == 1
    assert "data/2020.toml 要重排：运行 report fmt data/2020.toml" in checked.stdout
    assert data.read_bytes().startswith(codecs.BOM_UTF8)
    assert report("fmt", "2020", cwd=office).stdout == "data/2020.toml 已重排\n"
    assert data.read_bytes() == neat
    assert data.stat().st_mode & 0o777 == 0o640
    modified = data.stat().st_mtime_ns
    assert report("fmt", "2020", cwd=office).stdout == "data/2020.toml 已是排好的\n"
    assert data.stat().st_mtime_ns == modified
    assert report("fmt", "--check", cwd=office).returncode == 0


def test_fmt_takes_the_names_that_a_pre_commit_hook_gives(office, report):
    done = report("fmt", "--check", f"{office.name}/data/2020.toml", cwd=office.parent)
    assert done.returncode == 0
    assert done.stdout == f"{office.name}/data/2020.toml 已是排好的\n"
    assert report("fmt", "--check", "2020.toml", cwd=office).returncode == 0
    for name in ("data/notes.toml", "20"):
        wrong = report("fmt", name, cwd=office)
        assert wrong.returncode == 2
        assert f"{name} 不是年度" in wrong.stderr


@pytest.mark.parametrize("case", ["broken-toml", "not-utf8", "conflict-markers", "nested-too-deep", "unknown-edition"])
def test_an_unreadable_file_gives_the_finding_of_validate_and_stays(case, root, office, report):
    data = office / "data/2020.toml"
    shutil.copy(root / f"tests/invalid/{case}.toml", data)
    before = data.read_bytes()
    done = report("fmt", "2020", cwd=office)
    assert done.returncode == 1
    assert (root / f"tests/invalid/{case}.findings.txt").read_text(encoding="utf-8") in done.stdout
    assert "data/2020.toml 没有改动" in done.stdout
    assert data.read_bytes() == before


def test_a_format_that_would_lose_a_comment_is_refused(office, monkeypatch):
    from nianbao.datafiles import formatter  # noqa: PLC0415  # only here

    monkeypatch.setattr(formatter, "sort_tree", lambda tree, _: replace(tree, epilogue=("# 多了",)))
    with pytest.raises(UserError, match="没有改动它"):
        drafts.format_file(Store(office), Period(2020))
