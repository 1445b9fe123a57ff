"""自己写的文字与去年的大半相同。

〔2021〕30号把内容雷同、敷衍塞责列为要追责的情形，没有给出标准；这里的标准是自定的：一个部分与去年相同的
文字占八成以上是提醒，六成以上是告知；第五部分有 30 个字以上的一句话与去年一字不差，也是提醒。

只看数据文件里写的文字：[prose] 里的正文（不含 {{ standard }}）和 [facts] 里成句的文字。
标准文字由模板写成，各年当然相同，不看；没有标题的前言写的是依据和联系方式，本来每年一样，也不看。
一个部分自己写的文字不到 50 个字的不算比例，不到 12 个字的名称、栏目名不计入。数字不同不算不同：
只改了年份和数字的文字，还是去年的文字。每句与去年最相像的一句比，调换次序不影响结果。

依据：国办公开办函〔2021〕30号；条例第四十七条。

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

from collections.abc import Iterator
from dataclasses import dataclass

from nianbao.checks.context import CheckContext
from nianbao.checks.own_prose import COPIED_PERCENT, MIN_RUN, MIN_SECTION, find_own_sentences, mask_digits
from nianbao.checks.wording import find_place, shorten
from nianbao.model.finding import Finding, Level
from nianbao.model.i18n import _

LEVEL = "warning"
SCOPE = "last_year"

NOTE_PERCENT = 60  # per cent of common text from which on it is told at all
RELATED_PERCENT = 50  # per cent: sentences less alike than this have nothing to do with each other
MIN_SENTENCE = 30  # characters
MAX_SHOWN = 3
MAX_SENTENCES, MAX_CHARACTERS = (
    300,
    1000,
)  # sentences of a section, and characters of one, beyond which only equal ones count


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a section has in common with last year's: per cent, runs, and sentences word for word."""

    share: int
    runs: tuple[str, ...]
    verbatim: tuple[str, ...]


def judge(case: CheckContext) -> Iterator[Finding]:
    """Find every section whose own words are mostly last year's."""
    report, before = case.report, case.report.previous
    if before is None:
        return
    for section in (part for part in report.form.sections if part.heading and not part.table):
        now = find_own_sentences(report, section.id, case.texts.get(section.id, ""))
        then = find_own_sentences(before, section.id, case.previous_texts.get(section.id, ""))
        if now and then:
            afresh = section.id in report.form.text_rules.afresh
            yield from _find_copied(case, section.id, _compare(now, then), afresh=afresh)


def _find_copied(case: CheckContext, section: str, found: Comparison, *, afresh: bool) -> Iterator[Finding]:
    verbatim = found.verbatim if afresh else ()
    if found.share < NOTE_PERCENT and not verbatim:
        return
    shown = (verbatim or found.runs)[:MAX_SHOWN]
    address, place = find_place(case, section, shown[0].rstrip("。；") if shown else "")
    heading = case.report.get_heading(section)
    message = _("{heading}: 自己写的文字有 {share}% 与去年相同", heading=heading, share=found.share)
    if found.share < NOTE_PERCENT:
        message = _("{heading}: 有 {count} 句话与去年一字不差", heading=heading, count=len(verbatim))
    level: Level = "warning" if found.share >= COPIED_PERCENT or verbatim else "note"
    notes = tuple(_("与去年相同：{run}（{count} 字）", run=shorten(run, 40), count=len(run)) for run in shown)
    yield case.make_finding(address, message, level=level, notes=notes, place=place)


def _compare(now: list[str], then: list[str]) -> Comparison:
    from rapidfuzz import process  # noqa: PLC0415  # slow to import, and not needed without a last year
    from rapidfuzz.distance import Indel, LCSseq  # noqa: PLC0415  # see above

    others = [mask_digits(line) for line in then]
    same, said = frozenset(others), frozenset(then)
    short = [line for line in others if len(line) <= MAX_CHARACTERS][:MAX_SENTENCES]
    common, runs, compared = 0.0, [], 0
    for line in now:
        if mask_digits(line) in same:
            common += len(line)
            runs.append(line.strip())
        elif short and len(line) <= MAX_CHARACTERS and compared < MAX_SENTENCES:
            compared += 1
            best, alike, _at = process.extractOne(mask_digits(line), short, scorer=Indel.normalized_similarity)
            if alike * 100 < RELATED_PERCENT:
                continue
            common += alike * len(line)
            blocks = [block for block in LCSseq.opcodes(mask_digits(line), best) if block.tag == "equal"]
            runs += [line[block.src_start : block.src_end].strip() for block in blocks]
    size = sum(map(len, now))
    return Comparison(
        share=int(100 * common / size) if size >= MIN_SECTION else 0,
        runs=tuple(sorted((run for run in runs if len(run) >= MIN_RUN), key=len, reverse=True)),
        verbatim=tuple(line.strip() for line in now if len(line.strip()) >= MIN_SENTENCE and line in said),
    )
