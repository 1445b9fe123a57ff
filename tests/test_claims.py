"""Figures that prose states in the wordings of published reports: changed ones are found, right ones and others not.

The sentences are in `claims/claims.txt` and `claims/other.txt`, the tables of their offices in `claims/*.toml`.
"""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest

from nianbao.checks.context import CheckContext
from nianbao.checks.rules import text_differs
from nianbao.compose import document
from nianbao.model.facts import parse
from nianbao.model.period import Period
from nianbao.model.report import fill_form
from nianbao.workspace.store import Store

CLAIMS = Path(__file__).parent / "claims"
LEAST_FOUND = 95  # of a hundred changed figures
_FIGURE = re.compile(r"\{([^{}|]*)(?:\|([^{}]*))?\}")


def read_sentences(name):
    """List the offices and sentences of a file."""
    lines = (CLAIMS / name).read_text(encoding="utf-8").splitlines()
    return [tuple(line.split(": ", 1)) for line in lines if line and not line.startswith("#")]


SENTENCES, OTHERS = read_sentences("claims.txt"), read_sentences("other.txt")


def write_right(text):
    return _FIGURE.sub(lambda match: match[1], text)


def write_changed(text):
    """Yield the sentence once for each of its figures, with that one changed, and the figure."""
    figures = list(_FIGURE.finditer(text))
    for figure in figures:
        changed = figure[2] or str(Decimal(figure[1]) + 2)
        before, after = text[: figure.start()], text[figure.end() :]
        yield f"{write_right(before)}{changed}{write_right(after)}", figure[1]


@pytest.fixture(scope="module")
def offices(root):
    """The reports of the offices, with the one of the year before where there is one."""
    store = Store(root)

    def read(name, year, previous=None):
        path = CLAIMS / f"{name}.{year}.toml"
        if not path.is_file():
            return None
        facts = parse(path.read_text(encoding="utf-8"), path.name)
        return fill_form(store.kind.form(facts, Period(year)), facts, previous)

    return {name: read(name, 2024, read(name, 2023)) for name in ("bureau", "street", "county")}


def find(report, text):
    """Judge a sentence by the rule; return the levels of what is found."""
    context = CheckContext(
        report, dt.date(2025, 1, 20), author=document.compose_author(report), texts={"overview": text}, level="warning"
    )
    return [finding.level for finding in text_differs.judge(context)]


def test_the_sentences_are_many_and_the_tables_are_right(offices):
    assert len(SENTENCES) >= 60
    assert sum(1 for _office, text in SENTENCES for _figure in _FIGURE.finditer(text)) >= 200
    assert not [report for report in offices.values() if report.broken or report.unread]


@pytest.mark.parametrize(("office", "text"), [*((name, write_right(text)) for name, text in SENTENCES), *OTHERS])
def test_a_right_sentence_gives_no_warning(office, text, offices):
    assert "warning" not in find(offices[office], text)


def test_changed_figures_are_found(offices):
    missed, warned, count = [], 0, 0
    for office, text in SENTENCES:
        for changed, figure in write_changed(text):
            count += 1
            levels = find(offices[office], changed)
            warned += "warning" in levels
            if not levels:
                missed.append(f"{figure}: {changed}")
    found = count - len(missed)
    assert 100 * found >= LEAST_FOUND * count, f"{found} of {count}, {warned} as warnings:\n" + "\n".join(missed)
    assert 100 * warned >= 90 * count
