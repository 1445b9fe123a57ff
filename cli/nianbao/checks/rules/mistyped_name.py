"""正文或标题里的本机关全称打错了一个字。

例如“人民政俯”、漏了一个字、一个字打了两遍、两个字颠倒。只差一个字的也可能是另一个机关，所以地名或职能的字不同的，
只在它处于本机关的位置（标题、句首）时才报；单位名册里有的名称不报。这是提醒，不妨碍生成。

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

from nianbao.checks.context import CheckContext
from nianbao.checks.rules.another_office import find_named_authors, judge_place
from nianbao.checks.stated.near_names import NearName, find_near_names
from nianbao.checks.wording import find_place, read_texts
from nianbao.model.finding import Finding, Level
from nianbao.model.i18n import _
from nianbao.model.wordings.patterns import compile_pattern

LEVEL = "warning"
SCOPE = "texts"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every place where the name of the office is written with one slip."""
    written = context.report.values.get("title")
    title = written if isinstance(written, str) else ""
    author = context.author.strip()
    for near in find_near_names(title, author):
        yield _make_finding(context, "title", near.quote(title), "warning")
    named = [match[1] for _section, match in find_named_authors(context)]
    others = {unit.name for unit in context.register.units.values()}
    told: set[tuple[str, str]] = set()
    for reading in read_texts(context):
        for sentence in reading.sentences:
            for near in find_near_names(sentence.text, author):
                words = near.quote(sentence.text)
                level: Level | None = "warning" if words in named else _judge(context, sentence.text, near)
                if level and words not in others and (sentence.section, words) not in told:
                    told.add((sentence.section, words))
                    yield _make_finding(context, sentence.section, words, level)


def _judge(context: CheckContext, text: str, near: NearName) -> Level | None:
    """Judge words by what differs: a slip in a word of all offices, or in none that tells offices apart."""
    form, name = context.report.form, context.author.strip()
    is_last = near.at == len(name) - 1
    if near.slip != "other":
        optional = f"{form.locale.text.optional_in_names} \u3000"
        is_optional = near.slip == "lost" and name[near.at] in optional
        return None if is_optional else "warning"
    words = compile_pattern(form.locale.text.office_words or "(?!)").finditer(name)
    is_of_all = any(match.start() <= near.at < match.end() for match in words)
    if is_of_all and (not is_last or not text[near.end : near.end + 1].isalpha()):  # else it may go on in another word
        return "warning"
    found = re.compile(re.escape(near.quote(text))).search(text, near.start)
    return judge_place(form, text, found) if found else None


def _make_finding(context: CheckContext, section: str, words: str, level: Level) -> Finding:
    if section == "title":
        address, place = section, context.report.facts.find_place(section, words=words)
    else:
        address, place = find_place(context, section, words)
    name = context.author
    message = _("own-name-mistyped", words=words, name=name)
    return context.make_finding(address, message, level=level, label=_("should-be-name", name=name), place=place)
