"""The checks of a form as spreadsheet formulas: the condition, and the text that is shown where it does not hold."""

import re
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from nianbao.model.form import Form
from nianbao.model.locale import Locale
from nianbao.model.relations import Check, Part
from nianbao.model.report import Report

PASS_MARK, ERROR_MARK = "✓", "✗"  # the first character of a check's result; that of a warning is of the locale
_TOLERANT = {"=": "ABS({difference})<={within}", ">=": "{difference}>=-{within}", "<=": "{difference}<={within}"}
_CONDITIONS = {  # formulas for a relation by the difference of its sides and the left side
    "=": "{difference}=0",
    ">=": "{difference}>=0",
    "<=": "{difference}<=0",
    "!=": "OR({difference}<>0,{left}=0)",
    "<=>": "({left}=0)=({right}=0)",
}
_SIGN_WORDS = {
    "=": "form-equal",
    ">=": "form-at-least",
    "<=": "form-at-most",
    "!=": "form-not-equal",
    "<=>": "form-both-or-neither",
}
_TEXT_LIMIT = 255  # characters of a text in a formula: Excel's specification
_DECIMALS = 4  # of money; sums are rounded because a spreadsheet calculates with binary fractions

FindCell = Callable[[str], str]


class CheckFormula(Struct, frozen=True):
    """A check as formulas: the `condition`, the `difference` of its sides, what must hold in words, and the mark."""

    check: Check
    condition: str
    difference: str
    text: str
    mark: str


def make_check_formulas(
    form: Form, checks: Iterable[Check], find_cell: FindCell, author: str, last_report: Report | None
) -> Iterator[CheckFormula]:
    """Make the formulas of those checks of a form that can be made in a spreadsheet.

    `find_cell` returns the reference of a figure's cell by its address. Figures of last year are written as numbers,
    and a check that needs them is left out without `last_report`; one that is for some authors only is left out for
    others, and where the author is not known.
    """
    for check in checks:
        needed = {slot.address for part in check.parts if part.term.previous for slot in part.slots}
        is_known = not needed or (last_report is not None and last_report.figures.keys() >= needed)
        if not check.is_linear:
            continue  # it is no plain sum
        applies = not check.relation.when or (author and re.search(check.relation.when, author))
        if is_known and applies:
            left, right = (_format_side(side, find_cell, last_report) for side in (check.left, check.right))
            difference = f"ROUND({left}-({right}),{_DECIMALS})"
            conditions = _CONDITIONS | (_TOLERANT if check.relation.within else {})
            condition = conditions[check.relation.sign].format(
                left=left, right=right, difference=difference, within=check.relation.within
            )
            mark = ERROR_MARK if check.relation.level == "error" else form.locale.say("form-warning-mark")
            yield CheckFormula(check, condition, difference, _describe_check(check, form), mark)


def _format_side(side: tuple[Part, ...], find_cell: FindCell, last_report: Report | None) -> str:
    text = ""
    for part in side:
        sign = ("-" if part.term.factor < 0 else "+" if text else "") + _format_factor(part)
        if part.term.constant is not None:
            text += f"{sign}{part.term.constant}"
        elif part.term.previous:
            text += sign + str(sum(last_report.figures[slot.address] for slot in part.slots) if last_report else 0)
        else:  # SUM counts an empty cell as 0, and a text too, which is marked in its own cell
            text += f"{sign}SUM({','.join(find_cell(slot.address) for slot in part.slots)})"
    return text


def _format_factor(part: Part) -> str:
    size = abs(part.term.factor)
    return "" if size == 1 else f"{size}*"


def format_words(locale: Locale, key: str, formula: str, **values: object) -> str:
    """Format words of a locale as a formula; `value` in them stands for the result of another formula."""
    before, after = locale.say(key, value="\0", **values).split("\0")
    return "&".join([*quote_text(before), formula, *quote_text(after)])


def quote_text(text: str) -> list[str]:
    """Quote a text for a formula, in as many pieces as Excel needs."""
    pieces = (text[start : start + _TEXT_LIMIT] for start in range(0, len(text), _TEXT_LIMIT))
    return ['"{}"'.format(piece.replace('"', '""')) for piece in pieces]


def _describe_check(check: Check, form: Form) -> str:
    """Describe what must hold with the labels of the form; of a total only that it is the sum of its parts."""
    if check.relation.total:
        return form.locale.say("form-sum", total=_describe_part(check.left[0], check, form))
    left, right = ("".join(_describe_terms(side, check, form)) for side in (check.left, check.right))
    return form.locale.say(_SIGN_WORDS[check.relation.sign], left=left, right=right)


def _describe_terms(side: tuple[Part, ...], check: Check, form: Form) -> Iterator[str]:
    say = form.locale.say
    for index, part in enumerate(side):
        yield say("form-minus") if part.term.factor < 0 else say("form-plus") if index else ""
        if part.term.constant is not None:
            yield str(part.term.constant)
        else:
            yield say("form-quoted-label", label=_describe_part(part, check, form))


def _describe_part(part: Part, check: Check, form: Form) -> str:
    label = check.name_part(part)
    if not part.term.previous:
        return label
    return form.locale.say(f"form-label-of-last-{form.kind.period_fact}", label=label)
