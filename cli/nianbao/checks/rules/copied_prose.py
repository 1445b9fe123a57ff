"""自己写的文字与上期的大半相同。

一个部分与上期相同的文字占八成以上是提醒，六成以上是告知。格式要求每期新写的部分（vocabulary.afresh）
有一句够长的话与上期一字不差，也是提醒。

只看数据文件里写的文字：[prose] 里的正文（不含 {{ standard }}）和 [facts] 里成句的文字，每期相同的事实
（standing）除外。标准文字由模板写成，各期当然相同，不看；没有标题的前言写的是依据和联系方式，也不看。
太短的部分不算比例，名称、栏目名不计入；多少字算短，由语言文件的 text.least 规定。数字不同不算不同：
只改了年份和数字的文字，还是上期的文字。每句与上期最相像的一句比，调换次序不影响结果。

不对:

    # data/2019.toml
    [facts]
    problems = ["部分科室对主动公开的范围把握不准，应当公开的信息没有在规定的时间内公开，群众有意见"]
    # data/2020.toml
    [facts]
    problems = ["部分科室对主动公开的范围把握不准，应当公开的信息没有在规定的时间内公开，群众有意见"]

对:

    # data/2019.toml
    [facts]
    problems = ["部分科室对主动公开的范围把握不准，应当公开的信息没有在规定的时间内公开，群众有意见"]
    # data/2020.toml
    [facts]
    problems = ["去年所说的范围把握不准已有改进；今年发现的是，规范性文件的解读多为文字，图解只占一成"]
"""

import re
from collections.abc import Iterator

from nianbao.checks.context import CheckContext
from nianbao.checks.own_prose import COPIED_PERCENT, find_own_sentences
from nianbao.checks.repetition import Repetition, find_repetition
from nianbao.checks.wording import find_place, shorten
from nianbao.compose import document
from nianbao.model.finding import Finding, Level
from nianbao.model.i18n import _

LEVEL = "warning"
SCOPE = "last_year"

NOTE_PERCENT = 60  # of common text, from which on there is a finding
MAX_SHOWN = 3


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every section whose own text is mostly last year's."""
    report, previous = context.report, context.report.previous
    if previous is None:
        return
    for section in (part for part in report.form.sections if part.heading and not part.table):
        sentences = find_own_sentences(report, section.id, context.texts.get(section.id, ""))
        previous_sentences = find_own_sentences(previous, section.id, context.previous_texts.get(section.id, ""))
        if sentences and previous_sentences:
            must_be_new = section.id in report.form.text_rules.afresh
            yield from _find_copied(
                context,
                section.id,
                find_repetition(sentences, previous_sentences, report.form.locale.text.least),
                must_be_new=must_be_new,
            )


def _find_copied(
    context: CheckContext, section: str, repetition: Repetition, *, must_be_new: bool
) -> Iterator[Finding]:
    verbatim = repetition.verbatim if must_be_new else ()
    share = repetition.share if repetition.size >= context.report.form.locale.text.least.section else 0
    if share < NOTE_PERCENT and not verbatim:
        return
    shown = (verbatim or repetition.runs)[:MAX_SHOWN]
    words = _strip_end(shown[0], context.report.form.locale.part_end) if shown else ""
    address, place = find_place(context, section, words)
    heading = document.compose_heading(context.report, section)
    message = _("prose-share-as-last-year", heading=heading, share=share)
    if share < NOTE_PERCENT:
        message = _("sentences-as-last-year", heading=heading, count=len(verbatim))
    level: Level = "warning" if share >= COPIED_PERCENT or verbatim else "note"
    notes = tuple(_("run-as-last-year", run=shorten(run, 40), count=len(run)) for run in shown)
    yield context.make_finding(address, message, level=level, notes=notes, place=place)


def _strip_end(run: str, end: re.Pattern[str]) -> str:
    """Return a run of characters without the sign at its end, which may come from a template."""
    last = list(end.finditer(run))[-1:]
    return run[: last[0].start()] if last and last[0].end() == len(run) else run
