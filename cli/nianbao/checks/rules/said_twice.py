r"""同一段话在一份报告里出现两次。

多半是粘贴时重复了。只看 20 个字以上的段落，不看标题和表格；数组里 10 个字以上的各项也看。
这是提醒，不妨碍生成。

不对:

    [prose]
    overview = "{{ standard }}\n\n每季度检查一次网站栏目，全年没有发生责任追究的情形。"
    other    = "无。\n\n每季度检查一次网站栏目，全年没有发生责任追究的情形。"

对:

    [prose]
    overview = "{{ standard }}\n\n每季度检查一次网站栏目，全年没有发生责任追究的情形。"
    other    = "没有其他需要报告的事项。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import find_place, list_own_texts, shorten
from nianbao.compose import document
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "warning"
SCOPE = "texts"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every paragraph that is twice in the report."""
    least = context.report.form.locale.text.least.paragraph
    first_section: dict[str, str] = {}
    reported: set[str] = set()
    for section, text in context.texts.items():
        for line in text.split("\n"):
            words = "".join(line.split())
            if len(words) < least:
                continue
            if words in first_section and words not in reported:
                reported.add(words)
                address, place = find_place(context, section, line.strip())
                heading = document.compose_heading(context.report, first_section[words]) or first_section[words]
                message = _("paragraph-written-twice", words=shorten(line.strip()))
                note = (
                    _("first-in-section", heading=heading)
                    if first_section[words] != section
                    else _("both-in-same-section")
                )
                yield context.make_finding(address, message, notes=(note,), place=place)
            first_section.setdefault(words, section)
    yield from _judge_lists(context)


def _judge_lists(context: CheckContext) -> Iterator[Finding]:
    """Find every text of a list that stands in a list before."""
    least = context.report.form.locale.text.least.run
    first: dict[str, str] = {}
    for address, text in list_own_texts(context.report):
        words = "".join(text.split())
        if len(words) < least or not address.rpartition(".")[2].isdigit():
            continue
        if words in first:
            line = context.report.facts.find_place(first[words]).line
            message = _("item-written-twice", words=shorten(text.strip()), line=line)
            yield context.make_finding(address, message)
        first.setdefault(words, address)
