"""正文里把别的机关写成了本机关。

多半是拿别的机关的报告改的，名称没有改完。看两处：正文说明报告是谁的地方（格式文件 vocabulary 的 names），
写的不是本机关的全称或简称；句子以单位名册里另一个机关的名称开头，而它不是本机关的上级、下级。
后一种也可能是说那个机关做的事，所以只是提示。

不对:

    [prose]
    preamble = "临江县财政局2024年政府信息公开工作年度报告，由本机关编制。"

对:

    [prose]
    preamble = "本机关按照有关要求编制本报告，数据的统计期限见各表。"
"""

from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.stated.section_reading import list_own_names
from nianbao.checks.wording import find_place, read_texts
from nianbao.model.finding import Finding
from nianbao.model.i18n import _

LEVEL = "warning"
SCOPE = "texts"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every name of another office where the text speaks of its author."""
    own = list_own_names(context.report, context.author)
    if not context.author:
        return
    for section, text in context.texts.items():
        for phrase in context.report.form.text_rules.name_phrases:
            for match in phrase.find(text) if phrase.may_match(text) else ():
                name = match[1]
                if not any(one in name or name in one for one in own):
                    address, place = find_place(context, section, name)
                    message = _("other-office-as-author", name=name, author=context.author)
                    yield context.make_finding(address, message, place=place)
    yield from _find_listed_names(context, own)


def _find_listed_names(context: CheckContext, own: tuple[str, ...]) -> Iterator[Finding]:
    """Find sentences that begin with the name of another office of the register, neither above nor below."""
    register = context.register
    related = {context.office, *register.list_ancestors(context.office)}
    others = [
        unit.name
        for unit in register.units.values()
        if unit.id not in related
        and context.office not in register.list_ancestors(unit.id)
        and not any(unit.name in one or one in unit.name for one in own)
    ]
    named = [name for name in others if any(name in text for text in context.texts.values())]
    for reading in read_texts(context) if named else ():
        for sentence in reading.sentences:
            for name in named:
                if sentence.text.startswith(name):
                    address, place = find_place(context, reading.section, name)
                    message = _("other-office-begins-sentence", name=name)
                    yield context.make_finding(address, message, level="note", place=place)
