"""Prose that makes rules work hard: four times the prose takes about four times the work, up to a bound."""

import datetime as dt
import re
from collections import deque
from functools import partial
from itertools import islice
from time import process_time

import pytest
from strangers import FACTS, put

from nianbao.checks import repetition, rules, similarity, typed_numbers, wording
from nianbao.checks.context import CheckContext
from nianbao.checks.rules import placeholder_left, said_twice, text_differs, typed_by_hand
from nianbao.compose import document
from nianbao.compose.markdown import escape
from nianbao.model import facts
from nianbao.model.locale.text_formats import LeastCharacters
from nianbao.model.period import Period
from nianbao.model.report import fill_form
from nianbao.model.wordings.patterns import compile_pattern
from nianbao.workspace import store
from nianbao.workspace.store import ReportKey, Store

SIZE = 4_000  # characters, and four times as many
BEND = 8  # times the work for four times the prose: less where it is linear, more where it is not
LEAST = 0.004  # seconds: less is the clock's own noise


def filled(piece, size):
    return (piece * (size // len(piece) + 1))[:size]


SHAPES = {
    "digits": partial(filled, "1"),
    "numbers": partial(filled, "123件，"),
    "thousands": partial(filled, "123,456,"),
    "characters": partial(filled, "年"),
    "years": partial(filled, "2019年，"),
    "brackets": partial(filled, "[]()（）"),
    "open brackets": partial(filled, "（请填写"),
    "quotes": partial(filled, "“”‘’"),
    "numerals": partial(filled, "一二三四五六七八九十"),
    "zeros": partial(filled, "〇"),
    "underscores": partial(filled, "_"),
    "crosses": partial(filled, "Xx×"),
    "stars": partial(filled, "**字"),
    "blanks": lambda size: f"字{filled(' ', size)}字",
    "wide blanks": lambda size: f"字{filled('　', size)}字",
    "a placeholder behind": lambda size: filled("年", size) + "{{ year }}",
    "lines": partial(filled, "\n"),
    "a long line": partial(filled, "部分科室对主动公开的范围把握不准，"),
    "equal paragraphs": partial(filled, "部分科室对主动公开的范围把握不准，应当公开的没有公开。\n\n"),
    "paragraphs": lambda size: "".join(
        f"第{at}件事，部分科室把握不准甲乙丙丁戊己庚辛。\n\n" for at in range(size // 28)
    ),
    "definitions": lambda size: "".join(f"[{at}]: x\n" for at in range(size // 9)),
    "claims": partial(filled, "全年共受理政府信息公开申请38件，"),
    "sentences with claims": partial(filled, "全年共受理政府信息公开申请38件。"),
    "none and some": partial(filled, "没有收到政府信息公开申请。新收到政府信息公开申请5件。"),
    "nothing but none": partial(filled, "没有收到政府信息公开申请，"),
    "percentages": partial(filled, "占5%，"),
    "tags": partial(filled, "{% }"),
    "backslashes": partial(filled, "\\\\"),
}


def work(folder, text, judge, last=""):
    """Measure the seconds that a rule takes for a report with this prose, and with another last year."""
    prose = '[prose]\noverview = """\n{0}"""\nother = """\n{0}"""\n'
    files = {"data/2024.toml": FACTS + prose.format(text)}
    if last:
        files["data/2023.toml"] = FACTS.replace("2024", "2023").replace("2025", "2024") + prose.format(last)
    store = Store(put(folder, files))
    before = read(store, 2023) if last else None
    report = read(store, 2024, before)
    texts = document.compose(report, store.kind.template).plain
    earlier = document.compose(before, store.kind.template).plain if before else {}
    case = CheckContext(report, dt.date(2025, 2, 1), texts=texts, previous_texts=earlier)
    start = process_time()
    judge(case)
    return process_time() - start


def read(store, year, before=None):
    found = store.facts(year)
    return fill_form(store.kind.form(found, Period(year)), found, before)


def ratio(folder, shape, judge, *, last=False, size=SIZE):
    """Tell how many times the work four times the prose takes."""
    small, large = (shape(many) for many in (size, 4 * size))
    less = max(work(folder, small, judge, small if last else ""), LEAST)
    return work(folder, large, judge, large if last else "") / less


def is_linear(*about, **more):
    """Tell whether four times the prose takes about four times the work, in one of three tries."""
    return any(ratio(*about, **more) < BEND for _try in range(3))


def every(case):
    """Judge by every rule, as `validate` does."""
    _found, crashes = rules.judge(case)
    assert not crashes


def by(rule):
    """Judge by one rule, up to the bound of its findings."""
    return lambda case: deque(islice(rule.judge(case), rules.MAX_FINDINGS))


def read_anew(case):
    """Judge as a rule would that reads the prose anew for each of its characters."""
    text = case.report.facts.text
    for at in range(0, len(text), 2):
        text.count("\0", at)


@pytest.mark.guard("test_a_rule_that_reads_prose_anew_for_each_character_is_not_linear")
@pytest.mark.parametrize("name", SHAPES)
def test_all_rules_together_are_linear(tmp_path, name):
    assert is_linear(tmp_path, SHAPES[name], every)


@pytest.mark.guard("test_a_rule_that_reads_prose_anew_for_each_character_is_not_linear")
@pytest.mark.parametrize("name", ["equal paragraphs", "paragraphs", "a long line", "sentences with claims"])
def test_they_are_linear_beside_last_years_prose(tmp_path, name):
    assert is_linear(tmp_path, SHAPES[name], every, last=True)


@pytest.mark.parametrize("name", SHAPES)
def test_a_rule_that_reads_prose_anew_for_each_character_is_not_linear(tmp_path, name):
    assert any(ratio(tmp_path, SHAPES[name], read_anew) > BEND for _try in range(3))  # the smaller one takes 5 ms


# ── each guard taken out ─────────────────────────────────────────────────────────────────────────────────────


def find_place_slowly(case, section, words, _otherwise=""):
    """Find words by a pattern, as it was."""
    address = f"prose.{section}"
    re.purge()
    re.search(r"[ \u3000,]*".join(map(re.escape, words)), case.report.prose.get(section, ""))
    return address, case.report.facts.find_place(address)


def find_claims_slowly(report, section, text, _numbers):
    """Look through the whole text for each number, as it was."""
    found = {}
    for number in re.finditer(r"\d+", text):
        for claim in report.form.text_rules.claims:
            for says in claim.says:
                for match in compile_pattern(says).finditer(text):
                    if match.start(1) == number.start():
                        found.setdefault(number.start(), []).append(claim)
    del section
    return found


def judge_without_cache(case):
    """Judge figures in words without what was kept of the text."""
    wording.normalize.cache_clear()
    by(text_differs)(case)


OUT = {
    "said-twice": (said_twice, "find_place", find_place_slowly, "a placeholder behind", by(said_twice), 2 * SIZE),
    "typed-by-hand": (typed_numbers, "_find_claims", find_claims_slowly, "numbers", by(typed_by_hand), 250),
    "placeholders in text": (
        placeholder_left,
        "compile_placeholder",
        lambda _prompts: re.compile(r"_{3,}(?=[^\n_])"),
        "underscores",
        by(placeholder_left),
        SIZE // 2,
    ),
    "tags": (typed_numbers, "_PLACEHOLDER", re.compile(r"\{%.*?%\}", re.DOTALL), "tags", by(typed_by_hand), SIZE),
    "blanks": (
        wording,
        "_SPACE",
        re.compile(r"(?<=[^\x00-\x7f])[ \u3000]+(?=\d)"),
        "wide blanks",
        judge_without_cache,
        SIZE // 2,
    ),
}


@pytest.mark.no_attack
@pytest.mark.slow
@pytest.mark.parametrize("name", OUT)
def test_without_its_guard_a_rule_is_not_linear(tmp_path, monkeypatch, name):
    module, guard, slow, shape, judge, size = OUT[name]
    monkeypatch.setattr(module, guard, slow)
    assert any(ratio(tmp_path, SHAPES[shape], judge, size=size) > BEND for _try in range(3))
    wording.normalize.cache_clear()


@pytest.mark.parametrize("guarded", [True, False])
def test_sentences_unlike_last_years_are_compared_within_bounds(monkeypatch, guarded):
    if not guarded:
        monkeypatch.setattr(repetition, "MAX_SENTENCES", 10**9)
    monkeypatch.setattr(repetition, "mask_digits", lambda text: text)

    def seconds(many):
        now, then = (
            [f"{word}{at}部分科室对主动公开的范围{at * 7}把握不准。" * 2 for at in range(many)] for word in "甲乙"
        )
        start = process_time()
        repetition.find_repetition(now, then, LeastCharacters())  # the work itself
        return process_time() - start

    ratios = (seconds(2400) / max(seconds(600), LEAST) for _try in range(3))
    assert any((one < BEND) is guarded for one in ratios)


def test_offices_with_equal_prose_are_compared_in_one_pass():
    def seconds(many):
        sentences = tuple((b"%08d" % at, 30) for at in range(200))
        keys = [ReportKey(f"o{at}", "", Period(2024)) for at in range(many)]
        digests = {key: {"overview": sentences} for key in keys}
        start = process_time()
        assert len(similarity.find_shared_sections(digests)) == many
        return process_time() - start

    assert any(seconds(400) / max(seconds(100), LEAST) < BEND for _try in range(3))


def test_blanks_of_a_fact_are_escaped_in_one_pass():
    def seconds(size):
        start = process_time()
        assert escape(f"a{' ' * size}b")
        return process_time() - start

    assert any(seconds(80_000) / max(seconds(20_000), LEAST) < BEND for _try in range(3))


# ── bounds ───────────────────────────────────────────────────────────────────────────────────────────────────

TOO_MUCH = {
    "prose": f'{FACTS}[prose]\noverview = "{"字" * (facts.PROSE_LIMIT + 1)}"\n',
    "a text": f'{FACTS}[facts]\nproblems = ["{"字" * (facts.TEXT_LIMIT + 1)}"]\n',
    "a name": FACTS.replace("某市某局", "局" * (facts.TEXT_LIMIT + 1)),
    "a key": f"{FACTS}[own]\n{'k' * (facts.KEY_LIMIT + 1)} = 1\n",
    "keys": FACTS + "[own]\n" + "".join(f"k{at} = 1\n" for at in range(facts.ENTRIES_LIMIT + 1)),
    "items": f"{FACTS}[own]\nx = [{'1,' * (facts.ENTRIES_LIMIT + 1)}]\n",
    "a file": FACTS + "#\n" * (facts.FILE_LIMIT // 2),
    "an integer": FACTS.replace("person = 5", f"person = {'9' * 5000}", 1),
    "a decimal": FACTS.replace("person = 5", f"person = 0.{'9' * 5000}", 1),
    "an exponent": FACTS.replace("person = 5", "person = 0e99999999", 1),
}


@pytest.mark.parametrize("name", TOO_MUCH)
@pytest.mark.parametrize("guarded", [True, False])
def test_what_is_too_large_is_a_finding_that_says_the_bound(attacked, command, monkeypatch, name, guarded):
    if not guarded:
        monkeypatch.setattr(store, "limit_sizes", lambda read: read)
        monkeypatch.setattr(rules, "list_functions", lambda _scope: {})
    result = command("validate", "2024", "--format", "github", cwd=attacked(facts=TOO_MUCH[name]))
    assert ("title=too-large" in result.stdout) is guarded
    if guarded:
        assert result.exit_code == 1
        assert "最多" in result.stdout or "太长" in result.stdout


def test_honest_prose_of_fifty_thousand_characters_is_read(attacked, command):
    folder = attacked(f'[prose]\noverview = "{"全年工作正常。" * 7000}"\n')
    assert "too-large" not in command("validate", "2024", cwd=folder).output
