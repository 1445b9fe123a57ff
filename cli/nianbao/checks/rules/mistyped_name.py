"""正文或标题里的本机关全称打错了一个字。

例如“人民政俯”、漏了一个字、一个字打了两遍、两个字颠倒。只差一个字的也可能是另一个机关，所以地名或职能的字不同的，
只在它处于本机关的位置（标题、句首、“由……编制”）时才报；单位名册里有的名称不报。简称也这样看。这是提醒，不妨碍生成。

不对:

    [agency]
    name = "临江县人民政府"

    [prose]
    other = "2020年，临江县人民政俯没有其他需要报告的事项。"

对:

    [agency]
    name = "临江县人民政府"

    [prose]
    other = "2020年，临江县人民政府没有其他需要报告的事项。"
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from nianbao.checks.context import CheckContext
from nianbao.checks.rules.another_office import find_named_authors, judge_place
from nianbao.checks.stated.near_names import NearName, find_near_names
from nianbao.checks.stated.own_names import list_own_names
from nianbao.checks.wording import find_place, read_texts
from nianbao.model.finding import Finding, Level
from nianbao.model.i18n import _
from nianbao.model.wordings.patterns import compile_pattern

LEVEL = "warning"
SCOPE = "texts"

_BLANK = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f]|\Z)|\A\s+(?=[^\x00-\x7f])")


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every place where the name of the office is written with one slip."""
    written = context.report.values.get("title")
    title = written if isinstance(written, str) else ""
    author = context.author.strip()
    for near in find_near_names(title, author):
        yield _make_finding(context, "title", near.quote(title), "warning", author)
    yield from _judge_facts(context, author)
    named = [match[1] for _section, match in find_named_authors(context)]
    others = {unit.name for unit in context.register.units.values()}
    told: set[tuple[str, str]] = set()
    names = [author, *(one for one in list_own_names(context.report, author) if author.endswith(one) and one != author)]
    for reading in read_texts(context):
        near_names = [own for own in names if any(find_near_names(reading.text, own))]  # seldom any
        for sentence in reading.sentences if near_names else ():
            for name, near in ((own, near) for own in near_names for near in find_near_names(sentence.text, own)):
                words = near.quote(sentence.text)
                level: Level | None = "warning" if words in named else _judge(context, name, sentence.text, near)
                if level and words not in others and not _is_told(told, sentence.section, words):
                    told.add((sentence.section, words))
                    yield _make_finding(context, sentence.section, words, level, name)


def _judge_facts(context: CheckContext, author: str) -> Iterator[Finding]:
    """Find blanks in the name itself, and slips in the short name."""
    report, address = context.report, context.report.form.author_address
    if address and _BLANK.search(str(report.values.get(address, ""))):
        yield context.make_finding(
            address, _("blank-in-own-name"), label=_("should-be-name", name=_BLANK.sub("", author))
        )
    for fact in (fact for fact in report.form.facts if fact.standing and fact.type == "text" and fact.id != address):
        value = str(report.values.get(fact.id, ""))
        near = [one.quote(value) for one in find_near_names(value, author)]
        if author and value[:-1] == author:  # its last character is typed twice
            near.append(value)
        for words in near:
            message, label = _("own-name-mistyped", words=words, name=author), _("should-be-name", name=author)
            yield context.make_finding(fact.id, message, label=label)


def _is_told(told: AbstractSet[tuple[str, str]], section: str, words: str) -> bool:
    """Return whether words of a section were told already, perhaps as a part of longer ones."""
    return any(section == one and words in longer for one, longer in told)


def _judge(context: CheckContext, name: str, text: str, near: NearName) -> Level | None:
    """Judge words by what differs: a slip in a word of all offices, or in none that tells offices apart."""
    form = context.report.form
    is_last = near.at == len(name) - 1
    if name != context.author.strip() and name[near.at : near.at + 1] in form.locale.text.optional_in_names:
        return None  # the short name of an office of another level
    if near.slip != "other":
        optional = f"{form.locale.text.optional_in_names} \u3000"
        is_optional = near.slip == "lost" and name[near.at] in optional
        return None if is_optional else "warning"
    words = compile_pattern(form.locale.text.office_words or "(?!)").finditer(name)
    is_of_all = any(match.start() <= near.at < match.end() for match in words)
    if is_of_all and (not is_last or not text[near.end : near.end + 1].isalpha()):  # else it may go on in another word
        return "warning"
    found = re.compile(re.escape(near.quote(text))).search(text, near.start)
    level = judge_place(form, text, found) if found else None
    makes = form.text_rules.author.makes.replace("#", re.escape(near.quote(text)))
    if level is None and makes and compile_pattern(makes).search(text):
        return "warning" if is_of_all else "note"
    return level


def _make_finding(context: CheckContext, section: str, words: str, level: Level, name: str) -> Finding:
    if section == "title":
        address, place = section, context.report.facts.find_place(section, words=words)
    else:
        address, place = find_place(context, section, words)
    message = _("own-name-mistyped", words=words, name=name)
    return context.make_finding(address, message, level=level, label=_("should-be-name", name=name), place=place)
