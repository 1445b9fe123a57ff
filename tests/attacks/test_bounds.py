"""Endless and huge work: each piece ends in time, the report is named, and the others are made."""

import signal
import time
from contextlib import suppress

import pytest
from offices import city
from oracles import FACTS
from running import done, gone

from nianbao.checks import check
from nianbao.render import pandoc
from nianbao.workspace.processes import limits as fence

pytestmark = pytest.mark.slow

# What makes one report of several endless or huge, at each step of its way. `{evil}` tells which one it is.
FEW, MANY = 1, 4
ENDLESS_LUA = "while true do end"
HUGE_LUA = """
local ended, why = pcall(function()
  local all = {} for _ = 1, 400 do all[#all + 1] = ("x"):rep(1000000) .. #all end
end)
if ended then return end
io.stdout:write("! ", #why, "\\n", why)
io.stdout:flush()
io.read("a")
"""
TYPST = """
from nianbao.render import typst
short, typst._MAX_MEMORY = {seconds}, 300_000_000
real = typst.compile_pdf
def compile_pdf(part, content, stamp, facts, drawn):
    is_evil = {evil!r} in content.decode()
    typst._MAX_SECONDS = short if is_evil else 600  # the others may have to wait for a busy machine
    return real(part, {source!r} if is_evil else content, stamp, facts, drawn)
typst.compile_pdf = compile_pdf
"""
ENDLESS_TYPST = b"#for i in range(100000) { for j in range(100000) { } }"
HUGE_TYPST = b"#let all = range(1000000000)\n#all.len()"
RULE = """
from nianbao.checks import check
short = {seconds}
def check_report(store, *words, real=check.check_report, **more):
    check._MAX_SECONDS = short if store.office == "office-00000" else 600  # see above
    return real(store, *words, **more)
check.check_report = check_report
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
        "typst.run_watched = lambda work, *_more, **_others: work()",
    ),
    "typst-huge": (TYPST, HUGE_TYPST, "typst 排它要用的内存太多", "typst._MAX_MEMORY = 2**60"),
    "rule-endless": (RULE, ENDLESS_RULE, "用了 2 秒还没有完", "short = 1000"),
}


def patched(template, sample, guardless=""):
    more = {"source": sample} if template is TYPST else {"work": sample}
    seconds = 600 if sample in {HUGE_TYPST, HUGE_RULE} else 2
    return template.format(evil=EVIL, seconds=seconds, **more) + guardless


@pytest.mark.guard("test_without_its_bound_it_goes_on", over=["count"])
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
    assert gone(tmp_path, 600)


@pytest.mark.parametrize("sample", SAMPLES)
def test_without_its_bound_it_goes_on(tmp_path, sample):
    template, source, words, out = SAMPLES[sample]
    city(tmp_path, 1)
    limits = "\nimport resource\nresource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))\n"  # of this machine
    patch = patched(template, source, out + (limits if "huge" in sample else ""))
    code, said = done(tmp_path, "build", "2024", "--all", "--to", "pdf", seconds=3, patch=patch)
    assert code is None or words not in said


NO_MEMORY_LIMIT = """
from contextlib import nullcontext
from nianbao.workspace.processes import limits
limits._limit_memory = lambda _: nullcontext()"""


@pytest.mark.parametrize("guarded", [True, False])
def test_the_memory_of_rules_is_bounded(tmp_path, guarded):
    city(tmp_path, 1)
    patch = patched(RULE, HUGE_RULE, NO_MEMORY_LIMIT * (not guarded))
    code, said = done(tmp_path, "validate", "2024", "--all", patch=patch)
    assert (code == 2) is guarded, said
    assert ("要用的内存太多" in said and "office-00000" in said) is guarded


@pytest.mark.parametrize("guarded", [True, False])
def test_the_time_of_rules_is_bounded_where_reports_are_only_checked(tmp_path, guarded):
    city(tmp_path, 1)
    patch = patched(RULE, ENDLESS_RULE, "\nshort = 1000" * (not guarded))
    code, said = done(tmp_path, "validate", "2024", "--all", patch=patch, seconds=600 if guarded else 3)
    assert (code is None) is not guarded
    assert ("用了 2 秒还没有完" in said and "office-00000" in said) is guarded


# ── pandoc ───────────────────────────────────────────────────────────────────────────────────────────

BOUNDED_RENDERER = """
from nianbao.render import pandoc
pandoc.RENDERER, pandoc._RENDER_SECONDS, pandoc._MAX_MEMORY_MB = {lua!r}, {seconds}, 100
"""
RENDERERS = {  # the bound of time, what is said, how the guard is taken out
    "endless": (ENDLESS_LUA, 2, "pandoc 2 秒还没有印完", "pandoc._RENDER_SECONDS = 1000"),
    "huge": (HUGE_LUA, 600, "pandoc 印它要用的内存太多", "pandoc._limit_resources = lambda *_: None"),
}


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("guarded", [True, False])
def test_pandoc_prints_within_bounds(tmp_path, name, guarded):
    city(tmp_path, 1)
    renderer = tmp_path / "renderer.lua"
    lua, seconds, words, out = RENDERERS[name]
    renderer.write_text(lua)
    patch = BOUNDED_RENDERER.format(lua=str(renderer), seconds=seconds) + out * (not guarded)
    code, said = done(
        tmp_path, "build", "2024", "--all", "--to", "html", seconds=600 if guarded or name == "huge" else 3, patch=patch
    )
    assert (words in said) is guarded, said
    assert code == (2 if guarded or name == "huge" else None)  # all of it fits into this machine


@pytest.mark.parametrize("guarded", [True, False])
def test_pandoc_reads_within_bounds(tmp_path, monkeypatch, guarded):
    endless = tmp_path / "blocks.lua"
    seconds = 600 if guarded else 3
    endless.write_text(
        f"function Writer() local end_ = os.time() + {seconds} while os.time() < end_ do end return '{{}}' end"
    )
    monkeypatch.setattr(pandoc, "BLOCKS_WRITER", endless)
    with pytest.raises(ValueError if guarded else KeyError) as raised:  # {}: it came to its end
        pandoc.read_blocks(b"<p>a</p>", "html", 1 if guarded else 600)
    assert ("1 秒还没有读完" in str(raised.value)) is guarded


def test_pandoc_may_take_longer_where_a_busy_machine_gives_it_less(tmp_path, monkeypatch):
    """A machine that stopped for five seconds cost an import the prose of a page."""
    waiting = tmp_path / "blocks.lua"
    waiting.write_text("function Writer() os.execute('sleep 1') return '{}' end")
    monkeypatch.setattr(pandoc, "BLOCKS_WRITER", waiting)
    monkeypatch.setattr(pandoc, "PATIENCE", 1_000)
    with pytest.raises(KeyError):  # {}: it came to its end
        pandoc.read_blocks(b"<p>a</p>", "html", 0.5)


def test_rules_may_take_longer_where_a_busy_machine_gives_them_less(monkeypatch):
    monkeypatch.setattr(check, "_MAX_SECONDS", 0.2)
    monkeypatch.setattr(check, "PATIENCE", 1_000)
    with check.limit_check():
        time.sleep(0.5)


# ── a report that kills the process that makes it ────────────────────────────────────────────────────

DEADLY = """
import os, signal
from nianbao.build import worker
from nianbao.render import typst
worker._USUAL_BYTES = 0  # each report has a process of its own
real = typst.compile_pdf
def compile_pdf(part, content, stamp, facts, drawn):
    if {evil!r} in content.decode():
        os.kill(os.getpid(), signal.{signal})
    return real(part, content, stamp, facts, drawn)
typst.compile_pdf = compile_pdf
"""


@pytest.mark.guard("test_a_report_that_crashes_the_command_is_named", over=["count"])
@pytest.mark.parametrize(("name", "count"), [("SIGSEGV", FEW), ("SIGABRT", 3), ("SIGKILL", FEW), ("SIGKILL", MANY)])
def test_a_report_that_crashes_its_process_is_named(tmp_path, name, count):
    city(tmp_path, count)
    patch = DEADLY.format(evil=EVIL, signal=name)
    code, said = done(tmp_path, "build", "2024", "--all", "--to", "pdf", "--jobs", "2", patch=patch)
    assert code == 2, said
    assert "data/office-00000/2024.toml：做这份报告的进程没有了" in said.replace("\n", "")
    assert len(list((tmp_path / "build").rglob("*.pdf"))) == count - 1
    assert gone(tmp_path, 600)


NO_PROCESS = "\nfrom nianbao.workspace.processes import limits\nlimits.can_fork = lambda: False"
NO_SHELL = "\nfrom nianbao.cli import crash\ncrash._PRINT_UNLESS_ENDED = 'read -r end'"


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL"])
@pytest.mark.parametrize("guarded", [True, False])
def test_a_report_that_crashes_the_command_is_named(tmp_path, name, guarded):
    city(tmp_path, 1)
    patch = DEADLY.format(evil=EVIL, signal=name) + NO_PROCESS + NO_SHELL * (not guarded)
    code, said = done(tmp_path, "build", "2024", "--all", "--to", "pdf", patch=patch)
    assert code < 0
    assert ("data/office-00000/2024.toml：做这份报告的进程没有了" in said.replace("\n", "")) is guarded
    assert said or not guarded


DEADLY_READER = """
import os, signal
from nianbao.importer import batch, readers
batch._USUAL_BYTES = 0  # each file has a process of its own
readers.read = lambda *_more: os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.mark.parametrize(("alone", "code"), [(False, 2), (True, -11)], ids=["own process", "no process"])
@pytest.mark.parametrize("guarded", [True, False])
def test_a_published_file_that_crashes_its_reader_is_named(tmp_path, alone, code, guarded):
    (tmp_path / "given\x1b.html").write_text("<p>甲</p>", encoding="utf-8")
    patch = DEADLY_READER + NO_PROCESS * (alone or not guarded) + NO_SHELL * (not guarded)
    ended, said = done(tmp_path, "import", "given\x1b.html", patch=patch)
    assert ended == (code if guarded else -11)
    assert ("given\\u001b.html：读它的进程没有了" in said and "怎么办" in said) is guarded


MARKED = FACTS + "[prose]\nother = '[甲]{.x}'\n"  # which pandoc is asked about, and the report printed from
UNNAMED = """
from contextlib import nullcontext
from nianbao.build import worker
from nianbao.checks import batch
worker.name_file_in_errors = batch.name_file_in_errors = lambda _name: nullcontext()
"""


@pytest.fixture
def crashing(tmp_path_factory):
    """A patch that puts a program in the place of pandoc that crashes at once."""
    program = tmp_path_factory.mktemp("bin") / "pandoc"
    program.write_text("#!/bin/sh\nkill -SEGV $$\n", encoding="utf-8")
    program.chmod(0o755)
    return f"from nianbao.render import pandoc\npandoc.find_pandoc = lambda: {str(program)!r}\n"


@pytest.mark.parametrize("words", [("validate", "2024"), ("build", "2024"), ("build", "2024", "--to", "markdown")])
@pytest.mark.parametrize("guarded", [True, False])
def test_a_report_that_crashes_pandoc_is_named(attacked, crashing, words, guarded):
    code, said = done(attacked(facts=MARKED), *words, patch=crashing + UNNAMED * (not guarded))
    assert code == 2
    assert "pandoc 印它的时候崩溃了" in said
    assert "怎么办: 正文太长" in said
    assert ("data/2024.toml：" in said) is guarded


def test_a_published_file_that_crashes_pandoc_is_named(tmp_path, crashing):
    (tmp_path / "given.html").write_text("<p>甲</p>", encoding="utf-8")
    code, said = done(tmp_path, "import", "given.html", patch=crashing)
    assert code == 2
    assert "given.html：读不出来" in said
    assert "怎么办" in said


# ── bounds within bounds ─────────────────────────────────────────────────────────────────────────────

LATE = fence.LimitMessages("check-too-slow", "check-takes-too-much-memory", "shorten-prose-or-check-templates")


def spend(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


@pytest.mark.parametrize("inner", [0.8, 60], ids=["shorter", "longer"])
@pytest.mark.parametrize("guarded", [True, False])
def test_work_with_a_bound_of_its_own_ends_with_the_bound_around_it(monkeypatch, inner, guarded):
    if not guarded:  # the inner bound puts the timer out
        monkeypatch.setattr(signal, "getitimer", lambda _which: (0.0, 0.0))
    is_ended = True
    with suppress(fence.LimitError), fence.limit(seconds=0.9, messages=LATE):
        with fence.limit(seconds=inner, messages=LATE):
            pass  # at once, so that a busy machine does not make it late
        spend(1.2)
        is_ended = False
    assert is_ended is guarded


def spend_in_parts():
    """Work that goes on with its next part where the first one fails."""
    with suppress(Exception), fence.limit(seconds=60, messages=LATE):
        spend(3)
    spend(3)


def test_the_bound_that_ends_the_work_is_the_one_that_is_told():
    with pytest.raises(fence.LimitError, match="1 秒"), fence.limit(seconds=1, messages=LATE):
        spend_in_parts()


def test_a_bound_that_was_reached_leaves_the_one_around_it():
    with fence.limit(seconds=6000, messages=LATE):
        with pytest.raises(fence.LimitError, match="1 秒"), fence.limit(seconds=1, messages=LATE):
            spend(3)
        left, _interval = signal.getitimer(signal.ITIMER_REAL)
    assert 0 < left < 6000


# ── questions ────────────────────────────────────────────────────────────────────────────────────────

BOUNDS = """
from nianbao.export import duckdb
duckdb._TIME_LIMIT, duckdb._ANSWER_LIMIT, duckdb._SETTINGS["memory_limit"] = {}
"""
SOON, LATE_BOUNDS = "0.5, 3 * 10**6, '1GB'", "1000, 3 * 10**6, '1GB'"
SMALL, LARGE_BOUNDS = "600, 3 * 10**6, '100MB'", "600, 2**50, '1GB'"
ENDLESS_QUESTIONS = {
    "sum": "select sum(a.range * b.range) from range(1000000) a, range(1000000) b",
    "recursion": "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t",
    "function": "select levenshtein(repeat('a', 1000000), repeat('b', 1000000))",
    "condition": "select count(*) from range(1000000000000) t(i) where hash(i) = 1",
    "count": "select count(*) from range(1000000) a, range(1000000) b where hash(a.range, b.range) = 1",
}
HUGE_ANSWERS = {  # each a little larger than the small bounds
    "text": "select repeat('x', 5000000)",
    "texts": "select repeat('x', 200000) from range(30)",
    "rows": "select i, i, i, i from range(100000) t(i)",
    "sum of texts": "select string_agg(repeat('x', 1000), '') from range(5000)",
    "list": "select len(list(i)) from range(20000000) t(i)",
}


@pytest.mark.parametrize("name", ENDLESS_QUESTIONS)
@pytest.mark.parametrize("guarded", [True, False])
def test_an_endless_question_ends(tmp_path, name, guarded):
    city(tmp_path, 1)
    patch = BOUNDS.format(SOON if guarded else LATE_BOUNDS)
    seconds = 600 if guarded else 1.5
    code, said = done(tmp_path, "query", ENDLESS_QUESTIONS[name], "--to", "csv", seconds=seconds, patch=patch)
    assert code == (2 if guarded else None), said
    assert ("秒还没有查完" in said) is guarded
    assert "Traceback" not in said


@pytest.mark.parametrize("name", HUGE_ANSWERS)
@pytest.mark.parametrize("guarded", [True, False])
def test_a_huge_answer_ends(tmp_path, name, guarded):
    city(tmp_path, 1)
    patch = BOUNDS.format(SMALL if guarded else LARGE_BOUNDS)
    code, said = done(tmp_path, "query", HUGE_ANSWERS[name], "--to", "csv", patch=patch)
    assert code == (2 if guarded else 0), said[:1000]
    assert ("内存不够" in said) is guarded
    assert guarded or len(said) > 10**6 or name == "list"  # which takes memory and says how long it is
