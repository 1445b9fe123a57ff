"""Rules about prose read it by the locale of the document: sentences, prompts, counts and lengths of English."""

import datetime as dt

import pytest

from nianbao.checks import rules
from nianbao.checks.context import CheckContext
from nianbao.model.facts import parse
from nianbao.model.finding import UserError
from nianbao.model.kind import Kind
from nianbao.model.loading.form_loader import load_form
from nianbao.model.loading.loader import load, raise_faults
from nianbao.model.locale import LocaleFile
from nianbao.model.locale.text_formats import find_text_faults
from nianbao.model.report import fill_form
from nianbao.workspace.store import Store

FORM = """
name = "Report"
sections = [{ id = "summary", heading = "Summary" }]
facts = [
  { id = "facts.requests", label = "Requests", unit = "requests" },
  { id = "facts.reason", label = "Reason", kind = "text" },
]

[vocabulary]
title = ["Report"]
[[vocabulary.claims]]
id     = "requests"
what   = "requests"
says   = ["received…# requests"]
equals = ["facts.requests"]
"""


@pytest.fixture
def english(root):
    locale = Store(root).find_kind("us-foia").forms()[0].locale
    return load_form("2024", [parse(FORM, "2024.toml", float)], Kind("test", languages=("en-US",)), locale)


def find(form, summary):
    """Return the findings about a section of prose, by rule, with the words of their messages."""
    text = f'year = 2024\n[facts]\nrequests = 126\n[prose]\nsummary = """{summary}"""\n'
    report = fill_form(form, parse(text, "data/2024.toml"))
    context = CheckContext(report, dt.date(2025, 6, 1), author="Board", texts={"summary": summary})
    found, crashes = rules.judge(context)
    assert not crashes
    return {finding.rule: finding.message for finding in found}


@pytest.mark.parametrize(
    ("summary", "rule", "words"),
    [
        ("The board received in all 125 requests. It closed 120.", "text-differs", "125"),
        ("Last year was quiet. The board received 125 requests.", "text-differs", "125"),
        ("It has (name of the agency) in it.", "placeholder-left", "(name of the agency)"),
        ("The figures are to be completed.", "placeholder-left", "to be completed"),
        ("In all there were 126 requests, as before.", "typed-by-hand", "126"),
    ],
)
def test_english_prose_is_judged(english, summary, rule, words):
    assert words in find(english, summary)[rule]


@pytest.mark.parametrize(
    ("summary", "rule"),
    [
        ("In 2023 the board received 125 requests.", "text-differs"),  # of another year
        ("The board received 126 requests.", "text-differs"),
        ("It closed some. Of those that were received, 125 requests.", "text-differs"),  # another clause
        ("See section 126 of the Act.", "typed-by-hand"),
        ("No “other” reason was relied upon.\n\nNo “other” reason was relied upon.", "said-twice"),
        ("The title (of the act) is known.", "placeholder-left"),
    ],
)
def test_english_prose_that_is_right_is_left_alone(english, summary, rule):
    assert rule not in find(english, summary)


def test_a_paragraph_twice_is_quoted_with_its_blanks(english):
    line = "The board keeps a list of its records, with the day on which each was made, and shows it to all who ask."
    assert "The board keeps a list" in find(english, f"{line}\n\n{line}")["said-twice"]


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ('sentence_end = "("', r"x\.toml:\d+:16: .*正则"),
        ('year = "20\\\\d\\\\d"', r"x\.toml:\d+:8: 年份的数字"),
        ('prompts = ["ok", "["]', r"x\.toml:\d+:18: .*正则"),
        ('digits = "〇一"', r"x\.toml:\d+:10: .*十个字"),
        ("gap = 0", r"x\.toml:\d+:7: text\.gap"),
        ('sentense_end = "x"', r"x\.toml:\d+:1: .*sentense_end.*sentence_end"),
    ],
)
def test_a_mistake_in_how_a_language_is_read_has_its_place(root, line, where):
    text = (root / "templates/locales/en.toml").read_text(encoding="utf-8").partition("[text]")[
        0
    ] + f"[text]\n{line}\n[words]\n"
    source = parse(text, "x.toml", float)

    def read():
        if faults := list(find_text_faults(load(LocaleFile, [source]).text)):
            raise_faults([source], faults)

    with pytest.raises(UserError, match=where):
        read()
