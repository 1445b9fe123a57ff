"""Judge the figures of a text among themselves: balances, shares, lists of parts, and changes from last year."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from nianbao.checks.context import CheckContext
from nianbao.checks.stated import changes, parts, shares
from nianbao.checks.stated.choices import Wrong, add_up, list_values
from nianbao.checks.stated.section_reading import SectionReading, StatedFigure
from nianbao.checks.wording import find_place, shorten
from nianbao.model.finding import Finding
from nianbao.model.i18n import _
from nianbao.model.text_rules import Balance, parse_sum
from nianbao.model.value_types import format_number


def judge(
    context: CheckContext, readings: list[SectionReading], figures: list[StatedFigure], wrong: Wrong
) -> Iterator[Finding]:
    """Find what does not add up; `wrong` has the figures that differ from the tables."""
    yield from _judge_sentences(context, figures, wrong)
    for _key, group in groupby(figures, key=lambda figure: figure.sentence.section):
        group_figures = list(group)
        for share in context.report.form.text_rules.shares:
            if not share.part:
                yield from shares.judge(context, group_figures, share, wrong)
    for reading in readings:
        own = [figure for figure in figures if figure.sentence.section == reading.section]
        right = {figure.position for figure in own if id(figure) not in wrong}
        told = {figure.position: wrong[id(figure)] for figure in own if id(figure) in wrong}
        yield from parts.judge(context, reading, right, told)


def _judge_sentences(context: CheckContext, figures: list[StatedFigure], wrong: Wrong) -> Iterator[Finding]:
    text_rules = context.report.form.text_rules
    for _key, group in groupby(figures, key=lambda figure: figure.sentence):
        group_figures = list(group)
        # If all agree with the table, only the balance of the table is judged.
        if any(id(figure) in wrong for figure in group_figures):
            yield from _find_broken_balances(context, group_figures, text_rules.balances, wrong)
        for share in text_rules.shares:
            if share.part:
                yield from shares.judge(context, group_figures, share, wrong)
        yield from changes.judge(context, group_figures, wrong)


def _find_broken_balances(
    context: CheckContext, group_figures: list[StatedFigure], balances: tuple[Balance, ...], wrong: Wrong
) -> Iterator[Finding]:
    for balance in balances:
        named = {figure for side in balance.holds.split("=") for _, figure in parse_sum(side)}
        stated = {figure.claim.id: figure for figure in reversed(group_figures) if figure.claim.id in named}
        texts = balance.holds, *balance.or_else
        if named == set(stated) and not any(_is_balanced(text, stated, wrong) for text in texts):
            values = {claim: figure.value for claim, figure in stated.items()}
            sides = [
                " + ".join(format_number(values[figure]) for _, figure in parse_sum(side))
                + f" = {format_number(add_up(side, values))}"
                for side in balance.holds.split("=")
            ]
            message = _("figures-in-sentence-disagree", left=sides[0], right=sides[1])
            notes = tuple(f"“{shorten(figure.words)}”" for figure in stated.values())
            first = group_figures[0]
            address, place = find_place(context, first.sentence.section, first.words)
            yield context.make_finding(address, message, notes=notes, place=place)


def _is_balanced(text: str, stated: Mapping[str, StatedFigure], wrong: Wrong) -> bool:
    """Return whether a balance holds, or would with what the figures that differ from the tables may be."""
    left, right = text.split("=")
    return any(add_up(left, values) == add_up(right, values) for values in list_values(stated, wrong))
