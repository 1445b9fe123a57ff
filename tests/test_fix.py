"""`report validate --fix` and `--diff`: what is certain is fixed, the rest stays; and prompts that make drafts."""

import json
import re

import pytest
import toml_rs
from cases import begun

from nianbao.checks.answers import fixing
from nianbao.datafiles.edits import find_spans, map_characters

BASE = """year    = 2020
edition = "2019"
[agency]
name = "某市某局"   # 全称

[requests]
received        = {person=26,   legal = 100, total = 126}   # 没有对齐
carried_in      = { person = 1, total = 1 }
outcome.granted = { person = 26, legal = 101 }  # 少了总计

[facts]
problems     = ["公开的内容不够及时，部分栏目更新较慢"]
improvements = ["按月检查栏目，及时更新内容"]

[prose]
overview = '''
{{ standard }}

全年新收政府信息公开申请126件，全部答复。收到锦旗126面，召开会议26次。
'''
other = "本年没有收取信息处理费。\\n\\n全年新收政府信息公开申请\\u0031\\u0032\\u0036件。全年新收政府信息公开申请126件。"
"""
PLACEHOLDER = "{{ requests.received.total }}"


@pytest.fixture
def data(tmp_path):
    begun(tmp_path, 2020, BASE)
    return tmp_path / "data/2020.toml"


def fix(data, report, *words):
    return report("validate", "2020", *words, cwd=data.parents[1])


def read(data):
    return data.read_bytes().decode("utf-8")


FIXED = (
    BASE.replace("公开申请126件，", f"公开申请{PLACEHOLDER}件，")
    .replace("公开申请126件。", f"公开申请{PLACEHOLDER}件。")
    .replace("legal = 101 }", "legal = 101, total = 127 }")
)


def test_only_what_is_certain_is_fixed_and_all_else_stays(data, report):
    done = fix(data, report, "--fix")
    assert read(data) == FIXED
    assert f"data/2020.toml:19:13: 126 改成 {PLACEHOLDER}" in done.stdout
    assert re.search(r"data/2020.toml:9:\d+: 写上 total = 127", done.stdout)
    assert "1 个文件改了 3 处" in done.stdout


def test_a_second_run_changes_nothing(data, report):
    fix(data, report, "--fix")
    before = data.stat().st_mtime_ns
    assert "没有可以改的" in fix(data, report, "--fix").stdout
    assert data.stat().st_mtime_ns == before


def test_the_diff_shows_it_and_writes_nothing(data, report):
    for words in (["--diff"], ["--fix", "--diff"]):
        lines = fix(data, report, *words).stdout.splitlines()
        assert "+outcome.granted = { person = 26, legal = 101, total = 127 }  # 少了总计" in lines
        assert "-outcome.granted = { person = 26, legal = 101 }  # 少了总计" in lines
        assert read(data) == BASE


def test_json_stays_json(data, report):
    done = fix(data, report, "--fix", "--json")
    assert json.loads(done.stdout)["reports"][0]["year"] == 2020
    assert "改成" in done.stderr


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "marked"])
def test_line_ends_and_a_byte_order_mark_are_kept(mark, data, report):
    data.write_bytes((mark + BASE.replace("\n", "\r\n")).encode())
    fix(data, report, "--fix")
    assert read(data) == mark + FIXED.replace("\n", "\r\n")


def test_a_file_that_was_laid_out_stays_laid_out(data, report):
    report("fmt", "2020", cwd=data.parents[1])
    fix(data, report, "--fix")
    assert PLACEHOLDER in read(data)
    assert report("fmt", "--check", "2020", cwd=data.parents[1]).returncode == 0


def test_right_totals_go_where_most_rows_have_none_and_a_wrong_one_stays(data, report):
    total_first = "received = { total = 126, person = 26, legal = 100 }"
    wrong = "person = 1 }\noutcome.partial = { person = 2, total = 3 }\ncarried_forward = { legal = 4 }"
    rows = {
        "received        = {person=26,   legal = 100, total = 126}": total_first,
        "person = 1, total = 1 }": wrong,
    }
    text = BASE
    for old, new in rows.items():
        text = text.replace(old, new)
    data.write_text(text, encoding="utf-8")
    fix(data, report, "--fix")
    requests = toml_rs.loads(read(data))["requests"]
    assert requests["received"] == {"person": 26, "legal": 100}
    assert requests["outcome"]["partial"] == {"person": 2, "total": 3}
    assert requests["outcome"]["granted"] == {"person": 26, "legal": 101}


def test_a_figure_that_disagrees_with_its_claim_is_left(data, report):
    data.write_text(BASE.replace("公开申请126件", "公开申请127件"), encoding="utf-8")
    fix(data, report, "--fix")
    assert PLACEHOLDER not in read(data)


def test_slips_are_corrected_with_the_rest(data, report):
    data.write_text(BASE.replace("{ person = 1, total = 1 }", "｛ person = １, total = 1 ｝"), encoding="utf-8")
    fix(data, report, "--fix")
    assert read(data) == FIXED


@pytest.mark.parametrize("broken", ["= 3\n", 'x = "\n'])
def test_an_unreadable_file_is_found_wrong_and_stays(broken, data, report):
    data.write_text(BASE + broken, encoding="utf-8")
    done = fix(data, report, "--fix")
    assert done.returncode == 1
    assert "error[broken-toml]" in done.stdout
    assert read(data) == BASE + broken


def test_another_encoding_is_a_finding_and_stays(data, report):
    data.write_bytes(BASE.encode("gb18030"))
    done = fix(data, report, "--fix")
    assert (done.returncode, "error[not-text]" in done.stdout) == (1, True)
    assert data.read_bytes() == BASE.encode("gb18030")


def test_a_read_only_file_stays_and_is_checked_all_the_same(data, report):
    data.chmod(0o444)
    done = fix(data, report, "--fix")
    assert done.returncode == 2
    assert "只读" in done.stderr
    assert "2020 年度" in done.stdout
    assert read(data) == BASE


def test_a_file_saved_meanwhile_is_not_overwritten(data, report, monkeypatch):
    correct_text = fixing.correct_text

    def save_meanwhile(text):
        data.write_text(f"{BASE}# 编辑器里存的\n", encoding="utf-8")
        return correct_text(text)

    monkeypatch.setattr(fixing, "correct_text", save_meanwhile)
    done = fix(data, report, "--fix")
    assert done.returncode == 2
    assert "读过以后文件又变了" in done.stderr
    assert read(data) == f"{BASE}# 编辑器里存的\n"


@pytest.mark.parametrize(
    "raw", ['"""\r\n你"好\\n2\\\r\n   6件"""', "'a\\n'", '"\\u4f60x"', "'''\nab'''", '"""a"""', '""', '"\\\\x\\"2"']
)
def test_each_character_of_a_string_is_found_where_it_is_written(raw):
    value, offsets = map_characters(raw)
    assert value == toml_rs.loads(f"x = {raw}")["x"]
    assert len(offsets) == len(value)
    assert all(raw[at] in {character, "\\", "\r"} for character, at in zip(value, offsets, strict=True))


def test_spans_of_values_are_found_with_characters_of_several_bytes():
    text = "'甲' = { '乙' = 1 }\n" + 'b = """\n多行\n""" # 注\n[[accept]]\nvalue = "年"\n'
    spans = find_spans(text, ["甲.乙", "b", "accept.0.value", "c", "accept.1.value"])
    assert {address: text[span.start : span.end] for address, span in spans.items()} == {
        "甲.乙": "1",
        "b": '"""\n多行\n"""',
        "accept.0.value": '"年"',
    }


# ── prompts ──────────────────────────────────────────────────────────────────────────


def begin(tmp_path, report):
    report("init", "office", "--year", "2024", cwd=tmp_path)
    return tmp_path / "office"


def test_a_report_with_prompts_is_a_draft_until_they_are_replaced(tmp_path, report):
    office = begin(tmp_path, report)
    draft = report("build", "--to", "html,markdown", "--ignore", "prompt-left", cwd=office)
    assert draft.returncode == 0
    assert "2024 年度: 还有 3 处提示没有换成本机关的事实，文件印作草稿" in draft.stderr
    assert "<title>【草稿】" in (office / "build/2024.html").read_text(encoding="utf-8")
    assert "【草稿】" in (office / "build/2024.md").read_text(encoding="utf-8")
    again = report("build", "--to", "html,markdown", cwd=office)
    assert "文件印作草稿" in again.stderr
    data = office / "data/2024.toml"
    text = data.read_text(encoding="utf-8").replace("（请填写机关全称）", "某市某局")
    data.write_text(text, encoding="utf-8")
    assert "还有 2 处" in report("build", "--to", "html,markdown", cwd=office).stderr
    text = text.replace("（请写明存在的主要问题）", "公开不够及时").replace("（请写明改进措施）", "加强培训")
    data.write_text(text, encoding="utf-8")
    final = report("build", "--to", "html,markdown", cwd=office)
    assert (final.returncode, final.stderr) == (0, "")
    for suffix in ("html", "md"):
        assert "草稿" not in (office / f"build/2024.{suffix}").read_text(encoding="utf-8")


def test_programs_are_told_of_drafts(tmp_path, report):
    office = begin(tmp_path, report)
    for words, expected in (([], True), (["--strict"], False)):
        (built,) = json.loads(report("build", "--to", "html", "--json", *words, cwd=office).stdout)["reports"]
        assert built["draft"] is expected
        assert bool(built["files"]) is expected


def test_a_prompt_is_not_accepted(tmp_path, report):
    office = begin(tmp_path, report)
    entry = "rule = 'prompt-left'\nat = 'agency.name'\nvalue = '（请填写机关全称）'\nbecause = '先这样'\n"
    with (office / "data/2024.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[[accept]]\n{entry}")
    found = report("validate", cwd=office).stdout
    assert found.count("warning[prompt-left]") == 3
    assert "prompt-left 的发现不能接受" in found


@pytest.mark.parametrize("command", [("fmt",), ("fmt", "--fix"), ("validate", "--fix")], ids=" ".join)
def test_no_command_writes_a_file_that_is_read_only(command, tmp_path, report):
    data = tmp_path / "data/2020.toml"
    data.parent.mkdir()
    before = 'year = 2020\nedition = "2019"\n[agency]\nname = "某局"\n[requests]\nreceived = { person = "3" }\n'
    data.write_text(before, encoding="utf-8")
    data.chmod(0o444)
    done = report(*command, "2020", cwd=tmp_path)
    assert "文件是只读的，没有写" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert data.read_text(encoding="utf-8") == before
