"""Files that are not read are named with what they should be called, and files in another encoding with how to save."""

import io
import json
import shutil
import zipfile
from types import SimpleNamespace

import pytest

from nianbao.model.parsing.encoding import find_no_data_file, find_other_encoding
from nianbao.model.period import Calendar
from nianbao.workspace.data_files.names import guess_period

NAMES = [
    "2020年.toml",
    "2020.toml.txt",
    "2020.TOML",
    "2020 (1).toml",
    "2020（1）.toml",
    "2020.toml.bak",
    "２０２０.toml",
    "2020 .toml",
    " 2020.toml",
    "2020副本.toml",
    "2020-副本.toml",
    "副本2020.toml",
    "2020.tml",
    "2020",
    "2020.xlsx",
]


@pytest.fixture
def put(root, tmp_path):
    """Return a function that puts a right data file of 2020 below `data/` under a name."""

    def put(name):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / "data/2020.toml", path)
        return tmp_path

    return put


@pytest.fixture
def command(report):
    """Run a command in this process; the two streams of its result together are its `output`."""

    def run(*words, cwd):
        done = report(*words, cwd=cwd)
        return SimpleNamespace(exit_code=done.returncode, stdout=done.stdout, output=done.stdout + done.stderr)

    return run


@pytest.mark.parametrize("name", NAMES)
def test_an_office_whose_file_is_misnamed_is_told(put, command, name):
    folder = put(f"jia/{name}")
    put("yi/2020.toml")
    done = command("validate", "2020", "--all", "--json", cwd=folder)
    (finding,) = json.loads(done.stdout)["unread"]
    assert (finding["rule"], finding["level"], finding["file"]) == ("unread-file", "warning", f"data/jia/{name}")
    assert "2020.toml" in finding["message"]
    assert done.exit_code == 0
    assert command("validate", "2020", "--all", "--strict", cwd=folder).exit_code == 1
    for words in (["validate", "2020", "jia"], ["build", "2020", "jia"]):
        alone = command(*words, cwd=folder)
        assert alone.exit_code == 2
        assert f"data/jia/{name}" in alone.output


@pytest.mark.parametrize("name", NAMES)
def test_a_misnamed_file_of_the_folder_itself_is_told(put, command, name):
    folder = put(name)
    for words in (["validate", "2020"], ["build", "2020"], ["validate"], ["validate", "--all"]):
        done = command(*words, cwd=folder)
        assert done.exit_code == 2
        assert f"data/{name}" in done.output
    assert f"data/{name}" in command("new", "2021", cwd=folder).output


def test_a_misnamed_file_beside_the_right_one_is_told_but_no_backup(put, command):
    folder = put("2020.toml")
    put("2020.toml.bak")
    assert "unread-file" not in command("validate", "2020", cwd=folder).output
    put("2020 (1).toml")
    assert "data/2020 (1).toml" in command("validate", "2020", cwd=folder).output
    put("2018 (1).toml")  # of an earlier year
    assert "2018 (1)" not in command("validate", "2020", cwd=folder).output
    put("2019 (1).toml")  # of the year before, of which there is no other
    assert "2019 (1)" in command("validate", "2020", cwd=folder).output


def test_a_folder_of_an_office_without_data_is_told(put, command):
    folder = put("yi/2020.toml")
    (folder / "data/jia").mkdir()
    output = command("validate", "2020", "--all", cwd=folder).output
    assert "data/jia/: warning[unread-file]" in output
    assert "2020.toml" in output


def test_files_that_are_no_data_files_are_left_alone(put, command):
    folder = put("2020.toml")
    for name in ("README.md", "2020.docx", "cn-disclosure.2019.schema.json", "offices.toml", "notes.txt", ".2020.toml"):
        (folder / "data" / name).write_text("", encoding="utf-8")
    assert "unread-file" not in command("validate", "2020", "--all", cwd=folder).output


def test_a_rollup_names_the_misnamed_file_of_a_unit(put, command):
    folder = put("jia/2020.toml")
    put("yi/2020年.toml")
    register = '[jia]\nname = "甲"\nparent = "shi"\n[yi]\nname = "乙"\nparent = "shi"\n[shi]\nname = "市"\n'
    (folder / "data/offices.toml").write_text(register, encoding="utf-8")
    assert "data/yi/2020年.toml" in command("rollup", "2020", "--into", "shi", cwd=folder).output


@pytest.mark.parametrize(
    ("name", "unit", "period"),
    [
        ("2024-Q3 (1).toml", "quarter", "2024-Q3"),
        ("2024q3.toml", "quarter", "2024-Q3"),
        ("2024 h1.toml", "half-year", "2024-H1"),
        ("2024-7.toml", "month", "2024-07"),
        ("２０２４－０７.toml", "month", "2024-07"),
        ("2024.7.15.toml", "event", "2024-07-15"),
        ("2024.toml", "quarter", None),
        ("12024.toml", "year", None),
        ("2024-13.toml", "month", None),
    ],
)
def test_the_period_of_a_name_is_guessed_by_the_calendar(name, unit, period):
    found = guess_period(name, Calendar(unit))
    assert (str(found) if found else None) == period


TEXT = "# 某市教育局\nyear = 2020\n"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_another_encoding_is_named_with_how_to_save_the_file_again(put, command, codec):
    folder = put("2020.toml")
    (folder / "data/2020.toml").write_bytes(TEXT.encode(codec))
    output = command("validate", "2020", cwd=folder).output
    assert "not-text" in output
    assert ("GB18030" if codec == "gb18030" else "UTF-16") in output
    assert "WPS" in output
    assert command("fmt", "2020", "--fix", cwd=folder).exit_code == 1
    assert (folder / "data/2020.toml").read_bytes() == TEXT.encode(codec)


@pytest.mark.parametrize("name", ["report.toml", "data/offices.toml"])
@pytest.mark.parametrize("slip", ["kind ＝ 'x'\n", "name = “某局”\n", "甲：乙\nx = 1,234\n"])
def test_slips_in_other_files_are_told_in_the_same_words(put, command, name, slip):
    folder = put("jia/2020.toml")
    (folder / name).write_text(slip, encoding="utf-8")
    output = command("validate", "2020", "jia", cwd=folder).output
    assert f"{name}:1:" in output
    assert "expected" not in output
    (folder / name).write_bytes(slip.encode("utf-16"))
    assert "UTF-16" in command("validate", "2020", "jia", cwd=folder).output


def test_what_is_utf_8_is_no_other_encoding():
    for text in (TEXT, "", "a\0b", "\ufeffyear = 2020\n"):
        assert find_other_encoding(text.encode(), "x") is None
        assert find_no_data_file(text.encode(), "x") is None


def make_package(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name in names:
            package.writestr(name, "<x/>")
    return buffer.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OTHER_FORMATS = [
    (".docx", "Word 文件", make_package("[Content_Types].xml", "word/document.xml")),
    (".xlsx", "Excel 表", make_package("[Content_Types].xml", "xl/workbook.xml")),
    (".ofd", "OFD 文件", make_package("OFD.xml")),
    (".zip", "压缩文件", make_package("a.txt")),
    (".doc", "Word 文件", OLE + bytes(99) + "WordDocument".encode("utf-16-le")),
    (".xls", "Excel 表", OLE + bytes(99) + "Workbook".encode("utf-16-le")),
    (".pdf", "PDF 文件", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
    (".jpg", "图片", b"\xff\xd8\xff\xe0"),
    (".html", "网页", b"<!DOCTYPE html>\n<html>"),
    (".json", "JSON 文件", b'{"year": 2020}'),
    (".csv", "CSV 表格", "项目,数量\n新收,3\n".encode()),
    (".csv", "CSV 表格", "项目,数量\n新收,3\n".encode("gb18030")),
    (".csv", "CSV 表格", "项目\t数量\n新收\t3\n".encode()),
]


@pytest.mark.parametrize(("suffix", "what", "content"), OTHER_FORMATS)
def test_a_file_of_another_format_is_named_with_what_to_do(put, command, suffix, what, content):
    folder = put("2020.toml")
    (folder / "data/2020.toml").write_bytes(content)
    output = command("validate", "2020", cwd=folder).output
    assert f"error[not-text] 这是{what}" in output.replace("这是 ", "这是")
    assert f"report import 2020{suffix}" in output
    assert command("fmt", "2020", "--fix", cwd=folder).exit_code
    assert (folder / "data/2020.toml").read_bytes() == content


@pytest.mark.parametrize(
    "text", ["year 2020\nname 某局\n", "一、总体情况\n\n本年公开，3条。\n", "year = 2020, 3\na, b\n"]
)
def test_a_data_file_with_slips_is_of_no_other_format(text):
    assert find_no_data_file(text.encode(), "x") is None


# ── fmt --fix ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_fix_corrects_shows_and_does_nothing_a_second_time(put, command, newline, mark):
    folder = put("2020.toml")
    path = folder / "data/2020.toml"
    right = path.read_text(encoding="utf-8")
    wrong = right.replace("year      = 2020", "year　＝ ２０２０").replace("2021-01-28", "“2021年1月28日”")
    path.write_text(mark + wrong, encoding="utf-8", newline=newline)
    checked = command("fmt", "2020", "--fix", "--check", cwd=folder)
    assert checked.exit_code == 1
    assert path.read_bytes() == (mark + wrong).replace("\n", newline).encode()
    done = command("fmt", "2020", "--fix", cwd=folder)
    assert done.exit_code == 0
    assert "- year　＝ ２０２０" in done.output
    assert "+ year" in done.output
    assert path.read_bytes() == right.replace("\n", newline).encode()
    assert command("fmt", "2020", "--fix", "--check", cwd=folder).exit_code == 0


def test_fix_corrects_what_is_certain_in_a_file_that_has_other_errors(put, command):
    folder = put("2020.toml")
    path = folder / "data/2020.toml"
    path.write_text(
        "year = ２０２０\n[agency]\nname = “某局”\n[requests]\nreceived = { person = / }\n", encoding="utf-8"
    )
    done = command("fmt", "2020", "--fix", cwd=folder)
    assert done.exit_code == 1
    assert path.read_text(encoding="utf-8").startswith('year = 2020\n[agency]\nname = "某局"\n')
    assert "broken-toml" in done.output
    before = path.read_bytes()
    assert command("fmt", "2020", "--fix", cwd=folder).exit_code == 1
    assert path.read_bytes() == before


# ── the period ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("year", ["", 'year = "2020"\n'])
def test_a_draft_without_a_year_is_refused_and_names_the_file(put, command, year):
    folder = put("jia/2020.toml")
    path = folder / "data/jia/2020.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("year      = 2020\n", year), encoding="utf-8")
    done = command("build", "2020", "jia", "--draft", "--to", "html", cwd=folder)
    assert done.exit_code == 1
    assert "data/jia/2020.toml" in done.output
    assert "模板" not in done.output
    found = json.loads(command("build", "2020", "--all", "--draft", "--to", "html", "--json", cwd=folder).stdout)
    assert {finding["file"] for finding in found["reports"][0]["findings"] if finding["address"] == "year"} == {
        "data/jia/2020.toml"
    }
