"""标点连写了两个。

多半是改句子时多留了一个，例如“。。”“，。”；或者数组里的一项以标点结尾，后面程序还要加。省略号、破折号不算。
看哪些写法，由语言文件的 doubled 列出。
这是提醒，不妨碍生成。

不对:

    [prose]
    other = "全年举办培训4次，。"

对:

    [prose]
    other = "全年举办培训4次。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_around_facts, find_in_own_texts
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "warning"

_BEFORE = 8  # characters in front of the marks that are quoted


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every two punctuation marks of which one is too many."""
    for address, text, match in find_in_own_texts(context, context.report.form.locale.text.doubled):
        words = text[max(0, match.start() - _BEFORE) : match.end()].rpartition("\n")[2]
        place = context.report.facts.find_place_in_text(address, text, match.start(), words)
        yield context.make_finding(address, _("marks-doubled", marks=match[0], words=words), place=place)
    for address, text, match in find_around_facts(context, context.report.form.locale.text.doubled):
        words = text[-_BEFORE:]
        place = context.report.facts.find_place_in_text(address, text, len(text) - len(words), words)
        message = _("marks-doubled", marks=match[0], words=f"{words}{match[0][1:]}")
        yield context.make_finding(address, message, place=place, fix=_("mark-is-added"))
