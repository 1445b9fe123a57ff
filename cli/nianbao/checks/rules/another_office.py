"""正文里把别的机关写成了本机关。

多半是拿别的机关的报告改的，名称没有改完。看两处：正文说明报告是谁的地方（格式文件 vocabulary 的 names），
写的不是本机关的全称或简称；句子的主语，或“我局”后面的括号里，是单位名册里另一个机关，而它不是本机关的上级、下级。
主语也可能真是那个机关，例如说它移送了申请，那就不算；看不出的，只作提示。

不对:

    [prose]
    preamble = "临江县财政局2024年政府信息公开工作年度报告，由本机关编制。"

对:

    [prose]
    preamble = "本机关按照有关要求编制本报告，数据的统计期限见各表。"
"""

import re
from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.stated.near_names import find_near_names
from nianbao.checks.stated.own_names import list_own_names
from nianbao.checks.stated.section_reading import Sentence
from nianbao.checks.wording import find_place, read_texts
from nianbao.model.finding import Finding, Level
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.wordings.patterns import compile_pattern

LEVEL = "warning"
SCOPE = "texts"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every name of another office where the text speaks of its author."""
    own = list_own_names(context.report, context.author)
    if not context.author:
        return
    for section, match in find_named_authors(context):
        name = match[1]
        is_own = any(one in name or name in one for one in own)
        if not is_own and not any(find_near_names(name, context.author)):  # which is another rule
            address, place = find_place(context, section, name)
            message = _("other-office-as-author", name=name, author=context.author)
            yield context.make_finding(address, message, place=place)
    yield from _find_listed_names(context, own)


def find_named_authors(context: CheckContext) -> Iterator[tuple[str, re.Match[str]]]:
    """Find where the texts say whose report it is: the section, and the match whose group is the name."""
    for section, text in context.texts.items():
        for phrase in context.report.form.text_rules.name_phrases:
            for match in phrase.find(text) if phrase.may_match(text) else ():
                yield section, match


def _find_listed_names(context: CheckContext, own: tuple[str, ...]) -> Iterator[Finding]:
    """Find the names of other offices of the register, neither above nor below, that stand for the author."""
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
            for name in (name for name in named if name in sentence.text):
                yield from _judge_name(context, sentence, name)


def _judge_name(context: CheckContext, sentence: Sentence, name: str) -> Iterator[Finding]:
    """Find the first place in a sentence where the name of another office stands for the author."""
    for match in re.finditer(re.escape(name), sentence.text):
        if level := judge_place(context.report.form, sentence.text, match):
            address, place = find_place(context, sentence.section, name)
            if level == "warning":
                message = _("other-office-as-author", name=name, author=context.author)
            else:
                message = _("other-office-begins-sentence", name=name)
            yield context.make_finding(address, message, level=level, place=place)
            return


def judge_place(form: Form, text: str, name: re.Match[str]) -> Level | None:
    """Judge a name by the words around it: a warning where it stands for the author, a note where it may."""
    author, marks = form.text_rules.author, form.locale.text.clause_end
    before = text[: name.start()]
    if author.own and re.search(rf"(?:{author.own})\Z", before):
        return "warning"
    clause = re.split(f"[{re.escape(marks)}]", text[name.end() :], maxsplit=1)[0]
    if author.partner and compile_pattern(author.partner).search(clause):
        return None
    is_first = re.fullmatch(author.begins, before) is not None
    if author.acts and compile_pattern(author.acts).match(text, name.end()):
        return "warning" if is_first or before.endswith(tuple(marks)) else None
    return "note" if is_first else None
