"""The commands from outside: what they print, which files they write, with which code they exit."""

import errno
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from cases import KIND, outputs, until

from nianbao.build.output_folder import remove_outputs
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store


def test_build_writes_three_formats_and_prints_the_one_warning(office, report):
    done = report("build", "2020", cwd=office)
    assert done.returncode == 0
    assert sorted(path.name for path in outputs(office / "build")) == ["2020.docx", "2020.html", "2020.pdf"]
    assert done.stdout.count("warning[") == 1
    assert "error[" not in done.stdout
    assert "规范性文件: 对外公开总数量 20 小于 本年新公开数量 27" in done.stdout
    assert "build/2020.pdf" in done.stdout


def test_two_builds_give_the_same_bytes_and_leave_the_files_alone(office, report):
    report("build", "2020", cwd=office)
    first = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in outputs(office / "build")}
    done = report("build", "2020", cwd=office)
    second = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in outputs(office / "build")}
    assert first == second
    assert done.stdout.count("未变") == 3
    report("build", "2020", "--out", "elsewhere", cwd=office)
    assert {path.name: path.read_bytes() for path in outputs(office / "elsewhere")} == {
        name: content for name, (content, _) in first.items()
    }


def test_json_has_the_files_and_findings_of_a_build(office, report):
    done = report("build", "2020", "--json", cwd=office)
    output = json.loads(done.stdout)
    (only,) = output["reports"]
    assert only["year"] == 2020
    assert only["ok"] is True
    assert {file["format"] for file in only["files"]} == {"html", "docx", "pdf"}
    assert all(file["bytes"] == (office / file["path"]).stat().st_size for file in only["files"])
    note, finding = only["findings"]
    assert note["rule"] == "no-last-year"
    assert note["line"] is None
    line = (office / "data/2020.toml").read_text(encoding="utf-8").splitlines()[finding["line"] - 1]
    assert line[finding["column"] - 1 :].startswith("20")
    assert finding["rule"] == "public-fewer-than-new"


def test_markdown_is_the_page_that_other_formats_are_made_from(office, report):
    done = report("build", "2020", "--to", "markdown", cwd=office)
    assert done.returncode == 0
    assert [path.name for path in outputs(office / "build")] == ["2020.md"]
    assert "| 规范性文件 " in (office / "build/2020.md").read_text(encoding="utf-8")


def test_quiet_prints_findings_only(office, report):
    done = report("build", "--quiet", cwd=office)
    assert "public-fewer-than-new" in done.stdout
    assert "build/" not in done.stdout


def test_validate_writes_nothing(office, report):
    done = report("validate", "2020", cwd=office)
    assert done.returncode == 0
    assert "1 个警告" in done.stdout
    assert not outputs(office / "build")


def test_draft_builds_in_spite_of_errors_and_marks_every_page(office, report):
    import pdfplumber  # noqa: PLC0415  # slow to import

    data = office / "data/2020.toml"
    data.write_text(
        data.read_text(encoding="utf-8").replace("carried_forward = { total = 0 }", "carried_forward = { total = 5 }")
    )
    assert report("build", cwd=office).returncode == 1
    assert not outputs(office / "build")
    done = report("build", "--draft", cwd=office)
    assert done.returncode == 0
    assert "error[wrong-total]" in done.stdout
    with pdfplumber.open(office / "build/2020.pdf") as pdf:
        assert all("草" in (page.extract_text() or "") for page in pdf.pages)
    assert "草稿" in (office / "build/2020.html").read_text(encoding="utf-8")


def test_for_a_missing_year_the_existing_ones_and_the_command_for_it_are_printed(office, report):
    done = report("build", "2019", cwd=office)
    assert done.returncode == 2
    assert "没有 data/2019.toml" in done.stderr
    assert "已有：2020" in done.stderr
    assert "report new 2019" in done.stderr


def test_a_missing_year_does_not_stop_the_others(office, report):
    done = report("build", "2019", "2020", cwd=office)
    assert done.returncode == 2
    assert (office / "build/2020.pdf").exists()


def test_in_an_empty_folder_the_command_to_begin_with_is_printed(tmp_path, report):
    done = report("build", cwd=tmp_path)
    assert done.returncode == 2
    assert "report init" in done.stderr


def test_for_an_unknown_format_the_existing_ones_are_printed(office, report):
    done = report("build", "--to", "docx,odf", cwd=office)
    assert done.returncode == 2
    assert "没有输出格式 odf" in done.stderr
    assert "、html、" in done.stderr
    assert "cms、csv、" in done.stderr  # as they are typed, without the suffixes of their files
    assert not outputs(office / "build")


def test_a_template_error_names_template_and_line(office, report):
    (office / f"templates/{KIND}/texts").mkdir(parents=True)
    (office / f"templates/{KIND}/texts/other.md.j2").write_text("无。\n\n{{ facts.follwers }}\n")
    done = report("build", cwd=office)
    assert done.returncode == 2
    assert f"templates/{KIND}/texts/other.md.j2:3" in done.stderr
    assert "最接近的是 facts.followers" in done.stderr
    assert not outputs(office / "build")


def test_a_template_with_a_syntax_error_names_template_and_line(office, report):
    (office / f"templates/{KIND}/texts").mkdir(parents=True)
    (office / f"templates/{KIND}/texts/other.md.j2").write_text("无。\n{% if %}\n")
    done = report("build", cwd=office)
    assert done.returncode == 2
    assert f"templates/{KIND}/texts/other.md.j2:2" in done.stderr


def test_an_output_folder_that_cannot_be_created_is_reported_and_nothing_is_lost(office, report):
    (office / "file").write_text("mine")
    done = report("build", "--out", "file/below", cwd=office)
    assert done.returncode == 2
    assert "写不了 file/below" in done.stderr
    assert (office / "file").read_text() == "mine"


def test_a_folder_without_permission_is_reported(office, report):
    (office / "build").mkdir(mode=0o500)
    if os.access(office / "build", os.W_OK):
        (office / "build").rmdir()
        done = report("build", "--out", "/proc/nianbao", cwd=office)  # root may write anywhere else
    else:
        done = report("build", cwd=office)
    assert done.returncode == 2
    assert "写不了" in done.stderr


def test_a_data_folder_that_cannot_be_read_is_reported(office, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(UserError) as error:
        Store(office).offices()
    assert "读不了 data：没有权限" in error.value.message
    assert error.value.fix


def test_clean_says_that_it_cannot_open_the_record_of_what_was_built(office, report, monkeypatch):
    report("build", "--to", "html", cwd=office)
    connect = sqlite3.connect

    def refuse(path, **more):
        if path == ":memory:":
            return connect(path, **more)
        error = sqlite3.OperationalError("attempt to write a readonly database")  # as in a folder that is read-only
        error.sqlite_errorcode = sqlite3.SQLITE_READONLY
        raise error

    monkeypatch.setattr(sqlite3, "connect", refuse)
    with pytest.raises(UserError, match=r"打不开 .*\.record\.sqlite"):
        remove_outputs(Store(office), print)
    assert outputs(office / "build")


def test_a_full_disk_keeps_the_earlier_files(office, report, monkeypatch):
    from nianbao.build.outputs import build_report  # noqa: PLC0415  # only here

    report("build", cwd=office)
    before = {path.name: path.read_bytes() for path in outputs(office / "build")}
    data = office / "data/2020.toml"
    data.write_text(data.read_text(encoding="utf-8").replace("portal_items     = 794", "portal_items     = 795"))
    write = Path.write_bytes

    def full(path, content):
        if path.name == "2020.pdf":
            write(path, content[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match="磁盘已满"):
        build_report(Store(office), Period(2020), ["html", "docx", "pdf"])
    assert {path.name: path.read_bytes() for path in outputs(office / "build")} == before


def test_an_interruption_is_reported_and_leaves_no_files(office):
    slow = office / "slow-pandoc"
    slow.write_text(f"#!/bin/sh\ntouch {office}/started\nexec sleep 30\n")
    slow.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-m", "nianbao", "build"],
        cwd=office,
        env={**os.environ, "PYPANDOC_PANDOC": str(slow)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background job, as a gate may be, ignores interrupts, and so would all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no threads here
    )
    until((office / "started").exists)
    os.killpg(process.pid, signal.SIGINT)  # as the terminal does: to the program and to pandoc
    _, output = process.communicate(timeout=600)
    assert process.returncode == 2
    assert "中断" in output
    assert "Traceback" not in output
    assert not outputs(office / "build")


INTERRUPTED = """
import signal, sys
class Finder:
    module = sys.argv.pop()
    def find_spec(name, path, target=None):
        if name == Finder.module:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Finder)
sys.argv = ["report", "validate"]
from nianbao.__main__ import main
main()
"""


@pytest.mark.parametrize("module", ["nianbao.cli.start", "typer", "nianbao.model.i18n", "nianbao.cli.app", "msgspec"])
def test_an_interruption_while_the_program_is_imported_prints_no_traceback(office, module):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, module],
        cwd=office,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # see above
    )
    assert done.returncode in {2, -signal.SIGINT}, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr == "" or "中断" in done.stderr


def test_a_failing_pandoc_is_reported(office, report, monkeypatch):
    broken = office / "broken-pandoc"
    broken.write_text("#!/bin/sh\necho no >&2\nexit 83\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PYPANDOC_PANDOC", str(broken))
    done = report("build", cwd=office)
    assert done.returncode == 2
    assert "report doctor" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("year", ["2020", "2024"])
def test_init_makes_an_office_that_builds_at_once(tmp_path, report, year):
    assert report("init", "局", "--year", year, cwd=tmp_path).returncode == 0
    folder = tmp_path / "局"
    assert sorted(path.name for path in folder.iterdir()) == [".gitattributes", ".gitignore", "README.md", "data"]
    done = report("build", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error" not in done.stdout
    assert (folder / f"build/{year}.pdf").exists()
    assert len((folder / "README.md").read_text(encoding="utf-8").splitlines()) <= 11
    again = report("init", "局", "--year", year, cwd=tmp_path)
    assert again.returncode == 2
    assert "没有改动它" in again.stderr


def test_init_without_a_year_takes_the_one_due_next(tmp_path, report):
    report("init", "局", cwd=tmp_path)
    (data,) = (tmp_path / "局/data").glob("*.toml")
    assert re.fullmatch(r"20\d\d\.toml", data.name)


def test_new_writes_every_row_of_the_form_and_never_over_a_file(office, report):
    assert report("new", "2021", cwd=office).returncode == 0
    text = (office / "data/2021.toml").read_text(encoding="utf-8")
    assert "outcome.other.uncorrected" in text
    assert "# 1.申请人无正当理由逾期不补正" in text
    assert report("validate", "2021", cwd=office).returncode == 0
    (office / "data/2021.toml").write_text("mine")
    assert report("new", "2021", cwd=office).returncode == 2
    assert (office / "data/2021.toml").read_text() == "mine"


def test_doctor_prints_programs_and_fonts(office, report):
    done = report("doctor", cwd=office)
    assert done.returncode == 0
    assert "pandoc" in done.stdout
    assert "typst" in done.stdout
    assert "仿宋" in done.stdout
    faces = json.loads(report("doctor", "--json", cwd=office).stdout)["faces"]
    assert all(face["family"] for face in faces)


def test_doctor_works_without_an_office(tmp_path, report):
    assert report("doctor", cwd=tmp_path).returncode == 0


def test_explain_lists_and_prints_pages(tmp_path, report):
    listed = report("explain", cwd=tmp_path).stdout
    assert "broken-balance" in listed
    assert "勾稽关系" in report("explain", "broken-balance", cwd=tmp_path).stdout
    unknown = report("explain", "nothing", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "report explain" in unknown.stderr


@pytest.mark.parametrize("command", ["build", "validate", "explain", "fmt", "new", "schema", "init", "doctor"])
def test_help_has_an_example(command, tmp_path, report):
    output = report(command, "--help", cwd=tmp_path).stdout
    assert f"例：report {command}" in output


def test_the_office_is_found_from_a_folder_below_and_by_root(office, report):
    (office / "deep/er").mkdir(parents=True)
    assert report("validate", cwd=office / "deep/er").returncode == 0
    assert report("validate", "--root", str(office), cwd="/").returncode == 0
    missing = report("validate", "--root", "nowhere", cwd=office)
    assert missing.returncode == 2
    assert "nowhere" in missing.stderr


def test_an_office_may_have_its_own_look_and_texts(office, report):
    shutil.copytree(TEMPLATES / "looks", office / "templates/looks")
    look = office / "templates/looks/gongwen.toml"
    look.write_text(look.read_text(encoding="utf-8").replace("left   = 28", "left   = 40"), encoding="utf-8")
    import docx  # noqa: PLC0415  # slow to import

    report("build", "--to", "docx", cwd=office)
    assert round(docx.Document(office / "build/2020.docx").sections[0].left_margin.mm) == 40


@pytest.mark.parametrize("word", ["20x0", "-5", "99999", "..", "data/x.toml", "0", ""])
def test_a_word_that_is_not_a_year_is_reported(office, report, word):
    done = report("validate", "--", word, cwd=office)
    assert done.returncode == 2
    assert "不是年度" in done.stderr


def test_a_data_file_can_be_named_by_its_path(office, report):
    assert report("validate", "data/2020.toml", cwd=office).returncode == 0


def test_a_group_without_a_command_prints_its_help_and_no_error(tmp_path, report):
    done = report("kind", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("用法：report kind")
    assert not done.stderr
