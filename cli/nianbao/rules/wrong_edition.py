"""格式版本不是报告年度应当用的版本。

2019、2020 年度报告用 2019 版（国办公开办函〔2019〕60号），2021 年度起用 2021 版（国办公开办函〔2021〕30号）。
不写 edition 就用报告年度应当用的版本。

不对:

    year    = 2020
    edition = "2021"

对:

    year    = 2020
    edition = "2019"
"""

from collections.abc import Iterator

from nianbao.case import Case
from nianbao.finding import Finding

LEVEL = "error"


def judge(case: Case) -> Iterator[Finding]:
    """Find an edition that is not in force for the report year."""
    report = case.report
    form = report.form
    if report.year and not form.in_force(report.year):
        until = f"至 {form.last_year} 年度" if form.last_year else "年度起"
        yield Finding(
            "wrong-edition",
            "error",
            report.facts.place("edition"),
            f"{report.year} 年度报告不用 {form.edition} 版格式（{form.document}用于 {form.first_year} {until}）",
            address="edition",
            label="删去这一行就会用应当用的版本",
        )
