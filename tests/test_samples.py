"""Published reports: their figures give exactly the failures that were found in them by hand."""

from pathlib import Path

import pytest

from nianbao.checks import check
from nianbao.model.period import Period
from nianbao.workspace.store import Store

CASES = {
    "hongze-2023": {
        ("wrong-total", "review_litigation.review.total"),
        ("wrong-total", "review_litigation.litigation.after_review.total"),
    },
    "shuyang-drc-2023": set(),
    "shuyang-2025": set(),
    "shanghai-office-2019": set(),
    "jianping-wjj-2020": set(),
}
SUMS = {"wrong-total", "broken-balance", "public-fewer-than-new", "stock-below-zero", "decisions-look-like-stock"}


@pytest.mark.parametrize("slug", CASES)
def test_the_figures_of_a_published_report_give_its_failures_and_no_others(slug, tmp_path):
    path = Path(__file__).parent / "samples" / f"{slug}.toml"
    year = int(slug.rsplit("-", 1)[1])
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / f"{year}.toml").write_bytes(path.read_bytes())
    result = check.check_report(Store(tmp_path), Period(year))
    assert not result.crashes
    found = {(finding.rule, finding.address) for finding in result.findings if finding.rule in SUMS}
    assert found == CASES[slug]
    structural = {"unknown-key", "wrong-type", "missing-table", "missing-fact", "year-differs", "wrong-edition"}
    assert not structural & {finding.rule for finding in result.findings}


def test_a_total_of_zero_with_other_parts_names_both_possible_reasons(tmp_path):
    path = Path(__file__).parent / "samples" / "hongze-2023.toml"
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "2023.toml").write_bytes(path.read_bytes())
    found = check.check_report(Store(tmp_path), Period(2023)).findings
    wrong = next(finding for finding in found if finding.address == "review_litigation.review.total")
    assert wrong.label == "写 0，各项之和是 11"
    assert any("没有填" in note and "拆成" in note for note in wrong.notes)
