"""Endless and huge work: each piece ends in time, the report is named, and the others are made."""

import pytest
from offices import city
from running import done, gone

from nianbao.render import pandoc

# What makes one report of several endless or huge, at each step of its way. `{evil}` tells which one it is.
FEW, MANY = 1, 6
ENDLESS_LUA = "while true do end"
HUGE_LUA = """
local _, why = pcall(function() local all = {} while true do all[#all + 1] = ("x"):rep(1000000) .. #all end end)
io.stdout:write("! ", #why, "\\n", why)
io.stdout:flush()
io.read("a")
"""
TYPST = """
from nianbao.render import typst
typst._MAX_SECONDS, typst._MAX_MEMORY = 2, 300_000_000
real = typst.compile_pdf
def compile_pdf(part, content, stamp, facts, drawn):
    return real(part, {source!r} if {evil!r} in content.decode() else content, stamp, facts, drawn)
typst.compile_pdf = compile_pdf
"""
ENDLESS_TYPST = b"#for i in range(100000) { for j in range(100000) { } }"
HUGE_TYPST = b"#let all = range(1000000000)\n#all.len()"
RULE = """
from nianbao.checks import check
check._SECONDS = 2
from nianbao.checks.rules import late
def judge(case):
    if {evil!r} in str(case.report.values):
        {work}
    return iter(())
late.judge = judge
"""
ENDLESS_RULE = "__import__('re').match('(a+)+$', 'a' * 60 + 'b')"
HUGE_RULE = "all = [bytes(10**9) for _ in range(3)]"
EVIL = "第0市第0局"

SAMPLES = {
    # name: what is patched, what is said, how the guard is taken out
    "typst-endless": (
        TYPST,
        ENDLESS_TYPST,
        "typst 2 秒还没有排完",
        "typst.watched = lambda work, *_more: work()",
    ),
    "typst-huge": (TYPST, HUGE_TYPST, "typst 排它要用的内存太多", "typst._MAX_MEMORY = 2**60"),
    "rule-endless": (RULE, ENDLESS_RULE, "用了 2 秒还没有完", "check._SECONDS = 1000"),
}


def patched(template, sample, guardless=""):
    more = {"source": sample} if template is TYPST else {"work": sample}
    return template.format(evil=EVIL, **more) + guardless


@pytest.mark.parametrize("count", [FEW, MANY])
@pytest.mark.parametrize("sample", SAMPLES)
def test_an_endless_or_huge_report_is_named_and_the_others_are_built(tmp_path, sample, count):
    template, source, words, _out = SAMPLES[sample]
    city(tmp_path, count)
    code, said = done(tmp_path, "build", "2024", "--all", "--to", "pdf", "--jobs", "2", patch=patched(template, source))
    assert code == 2, said
    assert "office-00000" in said
    assert words in said.replace("\n", "")
    assert len(list((tmp_path / "build").rglob("*.pdf"))) == count - 1
    assert gone(tmp_path, 1)


@pytest.mark.parametrize("sample", SAMPLES)
def test_without_its_bound_it_goes_on(tmp_path, sample):
    template, source, words, out = SAMPLES[sample]
    city(tmp_path, 1)
    limits = "\nimport resource\nresource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))\n"  # of this machine
    patch = patched(template, source, out + (limits if "huge" in sample else ""))
    code, said = done(tmp_path, "build", "2024", "--all", "--to", "pdf", seconds=5, patch=patch)
    assert code is None or words not in said


@pytest.mark.parametrize(
    ("more", "bites"),
    [
        ("", False),
        (
            """
from contextlib import nullcontext
from nianbao.workspace import limits
limits._bounded = lambda _: nullcontext()""",
            True,
        ),
    ],
)
def test_the_memory_of_rules_is_bounded(tmp_path, more, bites):
    city(tmp_path, 1)
    code, said = done(tmp_path, "validate", "2024", "--all", patch=patched(RULE, HUGE_RULE, more))
    assert (code == 2) is not bites, said
    assert ("要用的内存太多" in said and "office-00000" in said) is not bites


@pytest.mark.parametrize(("more", "bites"), [("", False), ("\ncheck._SECONDS = 1000", True)])
def test_the_time_of_rules_is_bounded_where_reports_are_only_checked(tmp_path, more, bites):
    city(tmp_path, 1)
    code, said = done(tmp_path, "validate", "2024", "--all", patch=patched(RULE, ENDLESS_RULE, more), seconds=6)
    assert (code is None) is bites
    assert ("用了 2 秒还没有完" in said and "office-00000" in said) is not bites


# ── pandoc ───────────────────────────────────────────────────────────────────────────────────────────

ENDLESS_RENDERER = """
from nianbao.render import pandoc
pandoc.RENDERER, pandoc._RENDER_SECONDS = {lua!r}, {seconds}
"""


@pytest.mark.parametrize(
    ("lua", "seconds", "words"),
    [(ENDLESS_LUA, 2, "pandoc 2 秒还没有印完"), (ENDLESS_LUA, 1000, ""), (HUGE_LUA, 60, "pandoc 印它要用的内存太多")],
)
def test_pandoc_prints_within_bounds(tmp_path, lua, seconds, words):
    city(tmp_path, 1)
    renderer = tmp_path / "renderer.lua"
    renderer.write_text(lua)
    patch = ENDLESS_RENDERER.format(lua=str(renderer), seconds=seconds)
    code, said = done(tmp_path, "build", "2024", "--all", "--to", "html", seconds=45 if words else 6, patch=patch)
    assert (code is None) is not words, said
    assert words in said
    if words:
        assert code == 2


@pytest.mark.parametrize(("seconds", "bites"), [(1, False), (30, True)])
def test_pandoc_reads_within_bounds(tmp_path, monkeypatch, seconds, bites):
    endless = tmp_path / "blocks.lua"
    endless.write_text("function Writer() local end_ = os.time() + 4 while os.time() < end_ do end return '{}' end")
    monkeypatch.setattr(pandoc, "BLOCKS_WRITER", endless)
    with pytest.raises(KeyError if bites else ValueError) as raised:  # {}: it came to its end
        pandoc.read_blocks(b"<p>a</p>", "html", seconds)
    assert ("1 秒还没有读完" in str(raised.value)) is not bites


# ── a report that kills the process that makes it ────────────────────────────────────────────────────

DEADLY = """
import os, signal
from nianbao.build import incremental
from nianbao.render import typst
incremental._USUAL_BYTES = 0  # each report has a process of its own
real = typst.compile_pdf
def compile_pdf(part, content, stamp, facts, drawn):
    if {evil!r} in content.decode():
        os.kill(os.getpid(), signal.{signal})
    return real(part, content, stamp, facts, drawn)
typst.compile_pdf = compile_pdf
"""


@pytest.mark.parametrize(("signal", "count"), [("SIGSEGV", FEW), ("SIGABRT", 3), ("SIGKILL", FEW), ("SIGKILL", MANY)])
def test_a_report_that_crashes_its_process_is_named(tmp_path, signal, count):
    city(tmp_path, count)
    patch = DEADLY.format(evil=EVIL, signal=signal)
    code, said = done(tmp_path, "build", "2024", "--all", "--to", "pdf", "--jobs", "2", patch=patch)
    assert code == 2, said
    assert "data/office-00000/2024.toml：做这份报告的进程没有了" in said.replace("\n", "")
    assert len(list((tmp_path / "build").rglob("*.pdf"))) == count - 1
    assert gone(tmp_path, 1)


def test_without_a_process_of_its_own_the_command_ends_without_a_word(tmp_path):
    city(tmp_path, 1)
    patch = (
        DEADLY.format(evil=EVIL, signal="SIGSEGV")
        + "\nfrom nianbao.workspace import limits\nlimits.forkable = lambda: False"
    )
    code, said = done(tmp_path, "build", "2024", "--all", "--to", "pdf", patch=patch)
    assert code == -11
    assert said == ""


# ── questions ────────────────────────────────────────────────────────────────────────────────────────

QUESTIONS = [
    "select sum(a.range * b.range) from range(1000000) a, range(1000000) b",
    "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t",
    "select levenshtein(repeat('a', 1000000), repeat('b', 1000000))",
    "select count(*) from range(1000000000000) t(i) where hash(i) = 1",
    "select a.range from range(1000000) a, range(1000000) b order by hash(a.range, b.range)",
]
LARGE = [  # the second is given out, where nothing bounds it
    "select repeat('x', 1000000000)",
    "select repeat('x', 2000000) from range(200)",
    "select list(i) from range(1000000000) t(i)",
    "select i, i, i, i from range(10000000) t(i)",
    "select string_agg(repeat('x', 1000), '') from range(10000000)",
]
BOUNDS = "from nianbao.export import duckdb\nduckdb._SECONDS, duckdb._MEMORY, duckdb._LARGE = {bounds}\n"
SOON, SMALL, NONE = "2, 2**31, 2 * 10**8", "60, 3 * 10**8, 3 * 10**7", "60, 2**50, 2**50"


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_endless_question_ends(tmp_path, question):
    city(tmp_path, 1)
    code, said = done(tmp_path, "query", question, "--to", "csv", seconds=20, patch=BOUNDS.format(bounds=SOON))
    assert code == 2, said
    assert "秒还没有查完" in said or "内存不够" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("question", LARGE)
@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_huge_answer_ends(tmp_path, question, form):
    city(tmp_path, 1)
    code, said = done(tmp_path, "query", question, "--to", form, patch=BOUNDS.format(bounds=SMALL))
    assert code == 2, said[:1000]
    assert "内存不够" in said


def test_without_its_bounds_a_question_goes_on_and_an_answer_is_huge(tmp_path):
    city(tmp_path, 1)
    patch = BOUNDS.format(bounds=NONE)
    assert done(tmp_path, "query", QUESTIONS[0], seconds=6, patch=patch)[0] is None
    code, said = done(tmp_path, "query", LARGE[1], "--to", "csv", patch=patch)
    assert code == 0
    assert len(said) > 300_000_000
