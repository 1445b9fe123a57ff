"""Judge percentages in a text by the figures that it states, or by those of the tables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain, product

from nianbao.checks.context import CheckContext
from nianbao.checks.stated.choices import Wrong, add_up, list_values
from nianbao.checks.stated.rounding import is_written_as
from nianbao.checks.stated.section_reading import Sentence, StatedFigure
from nianbao.checks.wording import add_up_claim, find_place, shorten
from nianbao.model.finding import Finding, Level
from nianbao.model.i18n import _
from nianbao.model.report import Report
from nianbao.model.text_rules import Share, parse_sum
from nianbao.model.value_types import format_number
from nianbao.model.wordings.patterns import compile_pattern


def judge(context: CheckContext, figures: Sequence[StatedFigure], share: Share, wrong: Wrong) -> Iterator[Finding]:
    """Find wrong percentages of one kind: of a stated part, or of the first number of their own phrase.

    One is right, too, if it is so of what figures that differ from the tables may be: these are reported already.
    """
    named = {share.part} | {path for text in share.whole for _sign, path in parse_sum(text)}
    stated = list(list_values({one.claim.id: one for one in reversed(figures) if one.claim.id in named}, wrong))
    wholes = [list(_list_stated_wholes(share, values)) for values in stated]
    if share.part and (share.part not in stated[0] or not wholes[0]):
        return
    for sentence in dict.fromkeys(figure.sentence for figure in figures):
        for match in (match for text in share.says for match in compile_pattern(text).finditer(sentence.text)):
            of_part = [one for one in figures if one.sentence == sentence and one.start == match.start(1)]
            if share.part:
                pairs = [(values[share.part], whole) for values, of in zip(stated, wholes, strict=True) for whole in of]
            else:
                parts = [Decimal(match[1]), *(Decimal(one) for figure in of_part for one in wrong.get(id(figure), ()))]
                # A figure of this report is a part of its tables; of others only the text can have the whole.
                in_tables = _list_wholes(context.report, share) if of_part else []
                pairs = list(product(parts, [*chain(*wholes), *in_tables]))
            written = Decimal(match.groups()[-1])
            if pairs and not any(is_written_as(100 * part / whole, written) for part, whole in pairs):
                is_certain = bool(wholes[0]) or all(one.certain and id(one) not in wrong for one in of_part)
                level: Level | None = None if is_certain else "note"
                yield _make_finding(context, sentence, match, pairs[: len(wholes[0]) or 1], level)


def _list_stated_wholes(share: Share, values: Mapping[str, Decimal]) -> Iterator[Decimal]:
    for text in share.whole:
        if all(path in values for _sign, path in parse_sum(text)) and (whole := add_up(text, values)):
            yield whole


def _make_finding(
    context: CheckContext,
    sentence: Sentence,
    match: re.Match[str],
    pairs: Sequence[tuple[Decimal, Decimal]],
    level: Level | None,
) -> Finding:
    rates = dict.fromkeys(f"{(100 * part / whole).quantize(Decimal('0.01'))}%" for part, whole in pairs)
    notes = tuple(f"{format_number(part)} ÷ {format_number(whole)}" for part, whole in pairs)
    words = sentence.quote(*match.span())
    message = _("text-differs-from-own-figures", words=shorten(words), right=_("or-between-figures").join(rates))
    address, place = find_place(context, sentence.section, words)
    return context.make_finding(address, message, level=level, notes=notes, place=place)


def _list_wholes(report: Report, share: Share) -> list[Decimal]:
    """List what the tables have for the figures of which a percentage may be."""
    claims = {path for text in share.whole for _sign, path in parse_sum(text)}
    sums = dict.fromkeys(text for claim in report.form.text_rules.claims if claim.id in claims for text in claim.equals)
    return [Decimal(total) for text in sums if (total := add_up_claim(report, text))]
