"""What an import says of what it could not read: where it stands, what conflicts, and what to do now."""

from pathlib import Path
from random import Random

import pytest
from cases import bring
from variants import VARIANTS, draw_figures

from nianbao.importer import pipeline
from nianbao.importer.recognition.tables.ambiguous_rows import AmbiguousRow, find_candidates
from nianbao.workspace.store import Store

PUBLISHED = Path(__file__).parent / "published"
DRY = pipeline.ImportOptions(dry_run=True)


@pytest.fixture
def form(root):
    return Store(root).kind.edition("2021")


@pytest.fixture
def padded(form):
    """Return the text of a report whose totals are right, a line for each row."""
    rng = Random(3)  # noqa: S311  # draws figures, not secrets
    return VARIANTS["padded"](form, draw_figures(form, rng), rng)[0]


def import_text(text, tmp_path):
    path = tmp_path / "report.txt"
    path.write_text(text, encoding="utf-8")
    return bring(Store(tmp_path), str(path), DRY)


def test_undecided_cells_say_on_which_line_they_stand(root):
    imported = bring(Store(root), str(root / "tests/published/anshan-hrss-2020.txt"), DRY)
    assert any(note.startswith("第 20 行：规范性文件") for note in imported.notes)
    assert "# 未定，在第 20 行：规范性文件" in imported.text


def test_a_row_that_is_missing_makes_no_conflict(padded, tmp_path):
    assert import_text(padded, tmp_path).cell_counts["requests"]["conflict"] == 28  # the balance was not drawn
    lines = [line for line in padded.splitlines() if "二、上年结转" not in line]
    imported = import_text("\n".join(lines), tmp_path)
    assert imported.cell_counts["requests"]["conflict"] == 0
    assert imported.cell_counts["requests"]["missing"] == 7
    unbalanced = [finding for finding in imported.findings if finding.rule == "broken-balance"]
    assert unbalanced
    assert all("二、上年结转" in finding.notes[0] for finding in unbalanced)


def test_a_figure_that_is_wrong_in_print_is_a_conflict(padded, tmp_path):
    row = next(line for line in padded.splitlines() if "（七）总计" in line)
    imported = import_text(padded.replace(row, row.replace(" |||", "1 |||")), tmp_path)
    assert imported.cell_counts["requests"]["conflict"] > 0


def test_a_row_of_the_form_is_never_called_surplus(padded, tmp_path):
    row = next(line for line in padded.splitlines() if "2.重复申请" in line)
    other = row.replace("2.重复申请", "2.重复申请3.要求提供公开出版物").replace(" |||", "x |||")
    imported = import_text(padded.replace(row, other), tmp_path)
    assert row not in imported.text
    assert not any("多出" in note for note in imported.notes)
    assert any(note.startswith("第 37 行：格式里的一行") and "2.重复申请 | 3.要求" in note for note in imported.notes)


def test_no_way_to_read_a_row_differs_from_too_many(form):
    slots = form.tables[-1].slots[:15]
    (none, many), _solved = find_candidates(
        [AmbiguousRow(slots, ("1",) * 16, form.kind.signs), AmbiguousRow(slots, ("1" * 40,), form.kind.signs)],
        {},
        form.checks,
    )
    assert (none.pairs, none.too_many) == ((), False)
    assert (many.pairs, many.too_many) == ((), True)


def test_the_last_line_says_what_to_do_now(report, padded, tmp_path):
    (tmp_path / "report.txt").write_text(padded, encoding="utf-8")
    assert report("import", "report.txt", "--dry-run", cwd=tmp_path).stdout.splitlines()[-1].startswith("  下一步：")
    done = report("import", "report.txt", cwd=tmp_path)
    assert "data/2021.toml" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "what", "fix"),
    [
        (".", "这是目录", "写里面的文件"),
        ("data/2020.toml", "这已经是数据文件", "report validate"),
        ("https://example.org/a.html", "https://example.org/a.html：这是网址", "另存为文件"),
        ("年报.docx", "没有这个文件", "两头加引号"),
        ("half.docx", "文件损坏了，或者没有下载完整\n", "重新取得"),
        ("sheets/form.csv", "不是任何一种文书的官方文件组", "存为 .xlsx"),
    ],
)
def test_what_cannot_be_imported_is_named_with_what_to_do(office, report, name, what, fix):
    (office / "half.docx").write_bytes(b"PK\x03\x04" + bytes(200))
    (office / "sheets").mkdir()
    (office / "sheets/form.csv").write_text("报告年度,2020\n机关全称,某局\n", encoding="utf-8")
    done = report("import", name, cwd=office)
    assert done.returncode == 2
    assert what in done.stderr
    assert fix in done.stderr
    assert "程序自己出错" not in done.stderr


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ([], "report validate data/2023.toml"),
        (["--out", "data/某 局"], "report validate 'data/某 局/2023.toml'"),
        (["--out", "inbox"], "移到 data/ 里，再运行 report validate"),
    ],
)
def test_the_next_step_is_a_command_for_the_file_that_was_written(report, tmp_path, words, command):
    source = PUBLISHED / "shuyang-drc-2023.html"
    report("new", "2025", cwd=tmp_path)  # the newest year, which a command without words would take
    done = report("import", source, *words, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[-1].endswith(command)


def test_a_form_that_nobody_filled_in_is_told(report, tmp_path):
    report("form", "2024", "--office", "某局", cwd=tmp_path)
    blank = report("import", "build/forms/2024-某局.xlsx", "--dry-run", cwd=tmp_path)
    assert "表里一个数也没有：像是没有填的空白表" in blank.stdout
    filled = report("import", PUBLISHED / "shuyang-drc-2023.html", "--dry-run", cwd=tmp_path)
    assert "空白表" not in filled.stdout
