"""同一个词连写了两遍。

多半是改句子或粘贴时多留了一遍，例如“开展开展”，整句两遍的也算；或者程序写的序号（一是），
数组里又写了一遍。本来可以连写的（办公室办公室主任）不看。看哪些词，由语言文件的
doubled_words 规定。这是提醒，不妨碍生成。

不对:

    [prose]
    other = "全年开展开展培训4次。"

对:

    [prose]
    other = "全年开展培训4次。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_around_facts, find_in_own_texts, shorten
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "warning"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every word that stands twice in a row."""
    for address, text, match in find_in_own_texts(context, context.report.form.locale.text.doubled_words):
        place = context.report.facts.find_place_in_text(address, text, match.start(), match[0])
        message = _("word-doubled", words=shorten(match[0]), word=shorten(match[1]))
        yield context.make_finding(address, message, place=place)
    for address, _text, match in find_around_facts(context, context.report.form.locale.text.doubled_words):
        message = _("word-doubled", words=shorten(match[0]), word=shorten(match[1]))
        yield context.make_finding(address, message, place=context.report.facts.find_place(address, words=match[1]))
