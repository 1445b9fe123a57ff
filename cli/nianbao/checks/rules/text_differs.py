"""正文里写的数与表格里的数对不上。

正文和表格写的是同一件事，数字应当一致；读报告的人先看正文，再看表格，不一致就不知道该信哪一个。
格式文件的 vocabulary 列出了说法和它可以等于的数，一句话里几个数之间的等式，以及比例的分子分母。
比例四舍五入或截去尾数都算相符，但不是全部就不能写 100%；金额换了单位的（如亿元），照写出的位数比。
另一范围、其他年度的数，约数，和以“等”结尾的列举，不比较。“其中”和括号里列全了的各项，相加应等于前面的数；
与上年相比的增减，有上年的数据文件就比。

正文的口径可能与表格不同（例如正文按登记、表格按办结统计），所以只是提醒，不妨碍生成；口径不同的，最好在正文里说明。
不能肯定口径相同的，只作提示。

不对:

    [requests]
    received        = { person = 20 }
    outcome.granted = { person = 20 }

    [prose]
    overview = "全年收到政府信息公开申请21件，均已答复。"

对:

    [requests]
    received        = { person = 20 }
    outcome.granted = { person = 20 }

    [prose]
    overview = "全年收到政府信息公开申请{{ requests.received.total }}件，均已答复。"
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from msgspec.structs import replace

from nianbao.checks.context import CheckContext
from nianbao.checks.stated import sums as stated_sums
from nianbao.checks.stated.section_reading import Sentence, StatedFigure
from nianbao.checks.wording import add_up_claim, find_place, find_stated_figures, read_texts, shorten
from nianbao.model.finding import Finding, Level, Place
from nianbao.model.i18n import _, translate
from nianbao.model.report import Number
from nianbao.model.text_rules import parse_sum, resolve_path
from nianbao.model.value_types import format_number

LEVEL = "warning"
SCOPE = "texts"


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every figure in the texts that is not equal to a figure of the tables."""
    readings = list(read_texts(context))
    figures: list[StatedFigure] = []
    wrong: dict[int, tuple[Number, ...]] = {}  # by figure: what it may be
    told: set[tuple[Sentence, int, str]] = set()
    sums: dict[int, dict[str, Number]] = {}  # by claim: many sentences may state the same one
    left_out: dict[str, list[Finding]] = {}  # by row: what the texts say of one that is not written
    for _key, group in groupby(find_stated_figures(context, readings), key=_find_statement):
        figure, is_wrong = _choose_claim(context, list(group), sums)
        figures.append(figure)
        if is_wrong:
            wrong[id(figure)] = tuple(sums[id(figure.claim)].values())
        if is_wrong and (figure.sentence, figure.start, figure.claim.id) not in told:
            told.add((figure.sentence, figure.start, figure.claim.id))
            if row := _find_row_left_out(context, figure.claim.equals):
                left_out.setdefault(row, []).append(_make_left_out(context, figure, row))
            else:
                yield _make_difference(context, figure, sums[id(figure.claim)])
    for first, *others in left_out.values():
        yield replace(first, effects=tuple(one.key for one in others))
        yield from others
    yield from _find_contradictions(context, [figure for figure in figures if id(figure) not in wrong])
    yield from stated_sums.judge(context, readings, figures, wrong)


def _find_statement(figure: StatedFigure) -> tuple[str, int, str]:
    """Tell figures apart of which one may be right: those at one place, and each that is stated also."""
    return figure.sentence.section, figure.position, figure.claim.what if figure.claim.also else ""


def _choose_claim(
    context: CheckContext, figures: list[StatedFigure], sums: dict[int, dict[str, Number]]
) -> tuple[StatedFigure, bool]:
    """Choose among the claims that words may make: one that is right; else the most exact one, which is wrong."""
    for figure in figures:
        if id(figure.claim) not in sums:
            sums[id(figure.claim)] = _add_up_claims(context, figure)
    wrong = [figure for figure in figures if _is_wrong(figure, sums[id(figure.claim)])]
    right = [figure for figure in figures if any(map(figure.agrees_with, sums[id(figure.claim)].values()))]
    if right or not wrong:
        return (right or figures)[0], False
    return min(wrong, key=lambda figure: (not figure.certain, len(set(sums[id(figure.claim)].values())))), True


def _add_up_claims(context: CheckContext, figure: StatedFigure) -> dict[str, Number]:
    sums = {text: add_up_claim(context.report, text) for text in figure.claim.equals}
    return {text: total for text, total in sums.items() if total is not None}


def _is_wrong(figure: StatedFigure, sums: Mapping[str, Number]) -> bool:
    return len(sums) == len(figure.claim.equals) > 0 and not any(map(figure.agrees_with, sums.values()))


def _make_difference(context: CheckContext, figure: StatedFigure, sums: Mapping[str, Number]) -> Finding:
    right = _("or-between-figures").join(dict.fromkeys(format_number(figure.write(total)) for total in sums.values()))
    what, words = _describe_claim(figure)
    notes = tuple(f"{format_number(total)} = {text}" for text, total in sums.items())
    message = _("text-differs-from-data", what=what, words=words, right=right)
    return _make_finding(context, figure, message, _("should-be-figure", right=right), notes)


def _find_row_left_out(context: CheckContext, sums: Sequence[str]) -> str:
    """Return the address of the one row that some sums are of, if nothing of it stands in the data file."""
    report = context.report
    paths = [path for text in sums for _sign, path in parse_sum(text)]
    addresses = {address for path in paths for address in resolve_path(path, report.form.slots)}
    rows = {part.rpartition(".")[0] for address in addresses for part in report.list_parts(address)}
    row = rows.pop() if len(rows) == 1 else ""
    return row if row and not any(entry.address.startswith(f"{row}.") for entry in report.entries) else ""


def _make_left_out(context: CheckContext, figure: StatedFigure, row: str) -> Finding:
    what, words = _describe_claim(figure)
    message = _("text-states-row-left-out", what=what, words=words, row=row)
    return _make_finding(context, figure, message, _("write-row-or-mend-text", row=row))


def _describe_claim(figure: StatedFigure) -> tuple[str, str]:
    """Return what a figure is stated of, and in which words."""
    return translate(figure.claim.what), shorten(figure.words)


def _make_finding(
    context: CheckContext, figure: StatedFigure, message: str, label: str, notes: tuple[str, ...] = ()
) -> Finding:
    """Make a finding at a figure of a text; only a note, where it is not certain what the text states."""
    address, place = _find_place(context, figure)
    level: Level | None = None if figure.certain else "note"
    return context.make_finding(address, message, level=level, label=label, notes=notes, place=place)


def _find_contradictions(context: CheckContext, figures: list[StatedFigure]) -> Iterator[Finding]:
    """Find texts that state both 0 and another number of the same claim."""
    counted: dict[str, list[StatedFigure]] = {}
    for figure in figures:
        if figure.value:
            counted.setdefault(figure.claim.id, []).append(figure)
    for figure in figures:
        if not figure.value and not any(character.isdigit() for character in figure.words):
            for other in counted.get(figure.claim.id, ()):
                if other.claim.topic == figure.claim.topic:
                    message = _(
                        "text-contradicts-itself",
                        what=translate(figure.claim.what),
                        words=shorten(figure.words),
                        other=shorten(other.words),
                    )
                    address, place = _find_place(context, other)
                    yield context.make_finding(address, message, place=place)


def _find_place(context: CheckContext, figure: StatedFigure) -> tuple[str, Place]:
    equals = next((path for text in figure.claim.equals for _sign, path in parse_sum(text) if "*" not in path), "")
    return find_place(context, figure.sentence.section, figure.words, equals)
