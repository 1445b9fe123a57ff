"""应当写报告年度的地方写了别的年份。

复制以前的文字来改，最容易漏改的就是年份。写成“24年”“二〇二四年”的也看。看哪些说法，由格式文件的 vocabulary.years 列出；
标准文字的年份由程序填写，不会错。这是提醒，不妨碍生成。

不对:

    year = 2020

    [prose]
    overview = "2019年，本机关按照要求开展工作。"

对:

    year = 2020

    [prose]
    overview = "{{ year }}年，本机关按照要求开展工作。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_place, normalize, shorten
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, translate
from nianbao.model.locale.text_formats import write_years
from nianbao.model.wordings.patterns import compile_pattern

LEVEL = "warning"
SCOPE = "texts"

_CENTURY = 100


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every other year in phrases that state the report year."""
    year = context.report.year
    if not year:
        return
    read = {section: _read(context, text) for section, text in context.texts.items()}
    for years in context.report.form.text_rules.years:
        for section, text in context.texts.items():
            if years.sections and section not in years.sections:
                continue
            told: set[int] = set()  # the places of years: phrases may overlap
            for match in (match for says in years.says for match in compile_pattern(says).finditer(read[section])):
                written = _complete(int(match[1].partition(".")[0]), year)
                if match.start(1) in told:
                    continue
                told.add(match.start(1))
                if written != year and (not years.within or abs(written - year) <= years.within):
                    words = normalize(text)[match.start() : match.end()]
                    address, place = find_place(context, section, words)
                    message = _("text-names-other-year", what=translate(years.what), words=shorten(words), year=year)
                    yield context.make_finding(address, message, label=_("should-be-year", year=year), place=place)


def _read(context: CheckContext, text: str) -> str:
    """Return a text with its years in digits; each character stays at its place in the normal form."""
    return write_years(normalize(text), context.report.form.locale.text)


def _complete(written: int, year: int) -> int:
    """Return a year that is written in two digits as one of four, of the century of the report year."""
    return written + year // _CENTURY * _CENTURY if written < _CENTURY else written
