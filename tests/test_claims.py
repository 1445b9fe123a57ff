"""Figures that prose states in the wordings of published reports: changed ones are found, right ones and others not.

The sentences are in `claims/claims.txt` and `claims/other.txt`, the tables of their offices in `claims/*.toml`. Names
of other offices are in `claims/offices.txt`.
"""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest

from nianbao.checks.check import check_report
from nianbao.checks.context import CheckContext
from nianbao.checks.rules import another_office, text_differs
from nianbao.compose import document
from nianbao.model.facts import parse
from nianbao.model.offices import Register, Unit
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


SENTENCES, OTHERS, NAMES = map(read_sentences, ("claims.txt", "other.txt", "offices.txt"))
UNITS = (
    Unit("water", "青川市水务局"),
    Unit("roads", "青川市交通局"),
    Unit("gauges", "青川市水文站", parent="water"),
)


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


def make_context(report, text):
    return CheckContext(
        report,
        dt.date(2025, 1, 20),
        author=document.compose_author(report),
        texts={"overview": text},
        level="warning",
        register=Register({unit.id: unit for unit in UNITS}),
        office="water",
    )


def find(report, text):
    """Judge a sentence by the rule; return the levels of what is found."""
    return [finding.level for finding in text_differs.judge(make_context(report, text))]


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


# What is said of one changed figure: once, and with the right number.
SLIPS = [
    ("收到申请74件，比上年减少14件。", "应为增加14件"),
    ("收到申请74件，同比下降23.3%。", "应为增长23.33%"),
    ("本年作出行政处罚342件，比上年增加18件。", "应为减少18件"),
    ("收到申请74件，去年同期61件。", "应为60件"),
    ("收到申请74件，较上年61件增加13件。", "应为60件"),
    ("收到申请75件，较上年增加14件。", "应为 74或80"),
    ("政府信息公开被申请行政复议10件，其中维持4件、纠错1件、其他结果2件、尚未审结4件。", "应为 3"),
    ("政府信息公开被申请行政复议11件，其中维持4件、纠错1件、其他结果2件、尚未审结3件。", "应为 10"),
    ("收到申请74件，答复75件，答复率93.75%，上年结转8件。", "应为 6"),
    ("行政事业性收费0.00765亿元。", "应为 0.00865"),
    ("发布信息8条：网站2条、微信1条、微博6条。", "2 + 1 + 6 = 9，不是 8"),
    ("发布信息60条，其中网站40条、微信16条、微博5条，图解48条、视频12条。", "40 + 16 + 5 = 61，不是 60"),
]


@pytest.mark.parametrize(("text", "said"), SLIPS)
def test_one_slip_is_one_finding_with_the_right_number(text, said, offices):
    (finding,) = text_differs.judge(make_context(offices["bureau"], text))
    assert said in finding.message


@pytest.mark.parametrize(("level", "text"), NAMES)
def test_names_of_other_offices_are_found_where_they_stand_for_the_author(level, text, offices):
    found = [finding.level for finding in another_office.judge(make_context(offices["bureau"], text))]
    assert found == [level] * (level != "none")


def test_a_review_is_of_the_report_by_its_paragraph_or_its_heading(offices):
    for text, level in (
        ("（六）行政复议、行政诉讼情况\n发生行政复议12件。", "warning"),
        ("六、行政复议情况。发生行政复议12件。", "warning"),
        ("因政府信息公开发生行政复议12件。", "warning"),
        ("六、其他情况\n发生行政复议12件。", "note"),
    ):
        assert find(offices["bureau"], text) == [level], text


@pytest.mark.parametrize(
    ("duty", "told"), [("行政许可", ["按数据应为 318"]), ("行政处罚", ["按数据应为 120"]), ("", [])]
)
def test_figures_of_a_duty_that_the_office_says_it_lacks_are_told_since_their_table_is_not_printed(
    duty, told, root, tmp_path
):
    source = root / "templates/kinds/cn-enforcement/example/data/example-ju/2024.toml"
    line = f'duties_none = ["{duty}"]' if duty else ""
    text = source.read_text(encoding="utf-8").replace("[agency]", f"[agency]\n{line}")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/2024.toml").write_text(text, encoding="utf-8")
    (tmp_path / "report.toml").write_text('kind = "cn-enforcement"\n', encoding="utf-8")
    found = check_report(Store(tmp_path), Period(2024)).findings
    said = [finding.message.rpartition("，")[2] for finding in found if finding.rule == "text-differs"]
    assert said == told
