"""标题里没有机关名称、年份或者报告的名称。

不写 title，程序就照格式写。写了 title 的，语序和用字可以不同，但这三样都要有：
别人引用、检索一份报告，只能靠标题。这只是告知，写了另一年的是提醒，都不妨碍生成。

不对:

    year  = 2020
    title = "政府信息公开工作年度报告"

    [agency]
    name = "某市某局"

对:

    year  = 2020
    title = "某市某局2020年度政府信息公开工作报告"

    [agency]
    name = "某市某局"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.stated.near_names import find_near_names
from nianbao.checks.wording import normalize
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, join_words
from nianbao.model.locale.text_formats import TextFormats, write_years
from nianbao.model.wordings.patterns import compile_pattern

LEVEL = "note"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find a title in the data file that lacks the author, the year or the words of the form."""
    report = context.report
    title = report.values.get("title")
    words = report.form.text_rules.title
    if not isinstance(title, str) or not words or not report.year:
        return
    plain = "".join(normalize(title).split())
    missing = [word for word in ("".join(context.author.split()), *words) if word not in plain]
    if any(find_near_names(title, context.author)):  # mistyped, which is another rule
        missing = [word for word in missing if word in words]
    formats = report.form.locale.text
    if not _names_year(plain, str(report.year), formats):
        if other := compile_pattern(formats.year).search(write_years(plain, formats)):
            message = _("title-of-other-year", written=other[1], year=report.year)
            yield context.make_finding("title", message, level="warning", label=_("title-of-form-is-used"))
        else:
            missing.insert(0, str(report.year))
    if missing:
        message = _("title-lacks", words=join_words(f"“{word}”" for word in missing))
        yield context.make_finding("title", message, label=_("title-of-form-is-used"))


def _names_year(title: str, year: str, formats: TextFormats) -> bool:
    """Return whether a title names a year, in the digits of everybody or in those of its language."""
    if year in title or not formats.digits:
        return year in title
    zeros = str.maketrans(dict.fromkeys(formats.zeros, formats.digits[0]))
    return year.translate(str.maketrans("0123456789", formats.digits)) in title.translate(zeros)
