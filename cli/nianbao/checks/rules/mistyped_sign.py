"""数、年份、网址里夹着打错的字符。

例如“4O条”（字母 O）、“20255年”、“17..1万”、“3次2次”、“http：//”：读的人不知道是多少，也打不开。
正文和表外的文字都看，看哪些写法，由语言文件的 mistyped 列出。这是提醒，不妨碍生成。

不对:

    [prose]
    other = "全年举办培训1O次。"

对:

    [prose]
    other = "全年举办培训10次。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_in_own_texts, shorten
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "warning"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every number, year and web address with a sign that does not belong there."""
    for pattern in context.report.form.locale.text.mistyped:
        for address, text, match in find_in_own_texts(context, pattern):
            place = context.report.facts.find_place_in_text(address, text, match.start(), match[0])
            yield context.make_finding(address, _("sign-mistyped", words=shorten(match[0])), place=place)
