"""正文里写的数与表格里的数对不上。

正文和表格写的是同一件事，数字应当一致；读报告的人先看正文，再看表格，不一致就不知道该信哪一个。
格式文件的 vocabulary 列出了说法和它可以等于的数，一句话里几个数之间的等式，以及比例的分子分母。
比例四舍五入或截去尾数都算相符，但不是全部就不能写 100%。
有“其中”、分项、其他年度的数和以“等”结尾的列举，说的不是全部，不比较。

正文的口径可能与表格不同（例如正文按登记、表格按办结统计），所以只是提醒，不妨碍生成；口径不同的，最好在正文里说明。

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

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import groupby

from nianbao.checks.context import CheckContext
from nianbao.checks.wording import StatedFigure, add_up_claim, find_place, find_stated_figures, shorten
from nianbao.model.finding import Finding
from nianbao.model.i18n import _, translate
from nianbao.model.report import Number
from nianbao.model.text_rules import Balance, Share, compile_pattern, parse_sum
from nianbao.model.value_types import format_number

LEVEL = "warning"
SCOPE = "texts"
WHOLE_PERCENT = 100


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every figure in the texts that is not equal to a figure of the tables."""
    figures = list(find_stated_figures(context))
    sums: dict[int, dict[str, Number]] = {}  # by claim: many sentences may state the same one
    for figure in figures:
        if id(figure.claim) not in sums:
            sums[id(figure.claim)] = _add_up_claims(context, figure)
    wrong_figures = {id(figure) for figure in figures if _is_wrong(figure, sums[id(figure.claim)])}
    yield from (
        _make_difference(context, figure, sums[id(figure.claim)]) for figure in figures if id(figure) in wrong_figures
    )
    yield from _find_contradictions(context, [figure for figure in figures if id(figure) not in wrong_figures])
    text_rules = context.report.form.text_rules
    for _key, group in groupby(figures, key=lambda figure: figure.sentence):
        group_figures = list(group)
        # If all agree with the table, only the balance of the table is judged.
        if any(id(figure) in wrong_figures for figure in group_figures):
            yield from _find_broken_balances(context, group_figures, text_rules.balances)
        for share in text_rules.shares:
            if share.part:
                yield from _find_wrong_shares(context, group_figures, share)
    for _key, group in groupby(figures, key=lambda figure: figure.sentence.section):
        group_figures = list(group)
        for share in text_rules.shares:
            if not share.part:
                yield from _find_wrong_shares(context, group_figures, share)


def _add_up_claims(context: CheckContext, figure: StatedFigure) -> dict[str, Number]:
    sums = {text: add_up_claim(context.report, text) for text in figure.claim.equals}
    return {text: total for text, total in sums.items() if total is not None}


def _is_wrong(figure: StatedFigure, sums: Mapping[str, Number]) -> bool:
    return len(sums) == len(figure.claim.equals) > 0 and figure.value not in sums.values()


def _make_difference(context: CheckContext, figure: StatedFigure, sums: Mapping[str, Number]) -> Finding:
    right = _("or-between-figures").join(dict.fromkeys(format_number(total) for total in sums.values()))
    return _make_finding(
        context,
        figure,
        _("text-differs-from-data", what=translate(figure.claim.what), words=shorten(figure.words), right=right),
        label=_("should-be-figure", right=right),
        notes=tuple(f"{format_number(total)} = {text}" for text, total in sums.items()),
    )


def _find_contradictions(context: CheckContext, figures: list[StatedFigure]) -> Iterator[Finding]:
    """Find texts that state both 0 and another number of the same claim."""
    counted: dict[int, list[StatedFigure]] = {}
    for figure in figures:
        if figure.value:
            counted.setdefault(id(figure.claim), []).append(figure)
    for figure in figures:
        if not figure.value and not any(character.isdigit() for character in figure.words):
            for other in counted.get(id(figure.claim), ()):
                message = _(
                    "text-contradicts-itself",
                    what=translate(figure.claim.what),
                    words=shorten(figure.words),
                    other=shorten(other.words),
                )
                yield _make_finding(context, other, message)


def _find_broken_balances(
    context: CheckContext, group_figures: list[StatedFigure], balances: tuple[Balance, ...]
) -> Iterator[Finding]:
    for balance in balances:
        named = {figure for side in balance.holds.split("=") for _, figure in parse_sum(side)}
        values = {figure.claim.id: figure.value for figure in reversed(group_figures) if figure.claim.id in named}
        if named == set(values) and not any(_is_balanced(text, values) for text in (balance.holds, *balance.or_else)):
            words = {figure.claim.id: figure for figure in reversed(group_figures)}
            parts = [
                " + ".join(format_number(values[figure]) for _, figure in parse_sum(side))
                + f" = {format_number(_add_up_side(side, values))}"
                for side in balance.holds.split("=")
            ]
            message = _("figures-in-sentence-disagree", left=parts[0], right=parts[1])
            notes = tuple(f"“{shorten(words[figure].words)}”" for figure in values)
            yield _make_finding(context, group_figures[0], message, notes=notes)


def _is_balanced(text: str, values: dict[str, Decimal]) -> bool:
    left, right = text.split("=")
    return _add_up_side(left, values) == _add_up_side(right, values)


def _add_up_side(side: str, values: dict[str, Decimal]) -> Decimal:
    return sum((sign * values[figure] for sign, figure in parse_sum(side)), start=Decimal(0))


def _find_wrong_shares(context: CheckContext, group_figures: list[StatedFigure], share: Share) -> Iterator[Finding]:
    values = {figure.claim.id: figure.value for figure in reversed(group_figures)}
    known_wholes = [text for text in share.whole if all(figure in values for _, figure in parse_sum(text))]
    wholes = [whole for text in known_wholes if (whole := _add_up_side(text, values))]
    if not wholes or (share.part and share.part not in values):
        return
    for sentence in dict.fromkeys(figure.sentence for figure in group_figures):
        for match in (match for text in share.says for match in compile_pattern(text).finditer(sentence.text)):
            *own_numbers, written = map(Decimal, match.groups())
            part = values[share.part] if share.part else own_numbers[0]
            rates = [100 * part / whole for whole in wholes]
            if not any(_is_written_as(rate, written) for rate in rates):
                right = _("or-between-figures").join(f"{rate.quantize(Decimal('0.01'))}%" for rate in rates)
                notes = tuple(f"{format_number(part)} ÷ {format_number(whole)}" for whole in wholes)
                message = _("text-differs-from-own-figures", words=shorten(match[0]), right=right)
                yield _make_finding(context, group_figures[0], message, words=match[0], notes=notes)


def _is_written_as(rate: Decimal, written: Decimal) -> bool:
    """Return whether a percentage may be written so: rounded or cut off, but 100 only if it is exactly 100."""
    exponent = written.as_tuple().exponent
    unit = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    if WHOLE_PERCENT in (written, rate):
        return rate == written
    return 0 <= rate - written < unit or abs(rate - written) <= unit / 2


def _make_finding(  # noqa: PLR0913  # the fields of a finding
    context: CheckContext,
    figure: StatedFigure,
    message: str,
    *,
    words: str = "",
    label: str = "",
    notes: tuple[str, ...] = (),
) -> Finding:
    equals = next((path for text in figure.claim.equals for _, path in parse_sum(text) if "*" not in path), "")
    address, place = find_place(context, figure.sentence.section, words or figure.words, equals)
    return context.make_finding(address, message, label=label, notes=notes, place=place)
