"""The checks of a form as spreadsheet formulas: the condition, and the text that is shown where it does not hold."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nianbao.model.relations import Check, Part
from nianbao.model.report import Report

PASS_MARK, ERROR_MARK, WARNING_MARK = "✓", "✗", "！"  # the first character of a check's result
_TOLERANT = {"=": "ABS({difference})<={within}", ">=": "{difference}>=-{within}", "<=": "{difference}<={within}"}
_CONDITIONS = {  # formulas for a relation by the difference of its sides and the left side
    "=": "{difference}=0",
    ">=": "{difference}>=0",
    "<=": "{difference}<=0",
    "!=": "OR({difference}<>0,{left}=0)",
    "<=>": "({left}=0)=({right}=0)",
}
_SIGN_WORDS = {"=": "应等于", ">=": "不应小于", "<=": "不应大于", "!=": "不应正好等于", "<=>": "应同时有或没有："}
_DECIMALS = 4  # of money; sums are rounded because a spreadsheet calculates with binary fractions

FindCell = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class CheckFormula:
    """A check as formulas: the `condition`, the `difference` of its sides, what must hold in words, and the mark."""

    check: Check
    condition: str
    difference: str
    text: str
    mark: str


def make_check_formulas(
    checks: Iterable[Check], find_cell: FindCell, author: str, last_report: Report | None
) -> Iterator[CheckFormula]:
    """Make the formulas of those checks that can be made in a spreadsheet.

    `find_cell` returns the reference of a figure's cell by its address. Figures of last year are written as numbers,
    and a check that needs them is left out without `last_report`; one that is for some authors only is left out for
    others, and where the author is not known. So are checks of the whole report.
    """
    for check in checks:
        needed = {slot.address for part in check.parts if part.term.previous for slot in part.slots}
        is_known = not needed or (last_report is not None and last_report.figures.keys() >= needed)
        if check.relation.each is None:
            continue  # its cells stand on several sheets, of which some are written later
        applies = not check.relation.when or (author and re.search(check.relation.when, author))
        if is_known and applies:
            left, right = (_format_side(side, find_cell, last_report) for side in (check.left, check.right))
            difference = f"ROUND({left}-({right}),{_DECIMALS})"
            conditions = _CONDITIONS | (_TOLERANT if check.relation.within else {})
            condition = conditions[check.relation.sign].format(
                left=left, right=right, difference=difference, within=check.relation.within
            )
            mark = ERROR_MARK if check.relation.level == "error" else WARNING_MARK
            yield CheckFormula(check, condition, difference, _describe_check(check), mark)


def _format_side(side: tuple[Part, ...], find_cell: FindCell, last_report: Report | None) -> str:
    text = ""
    for part in side:
        sign = "-" if part.term.factor < 0 else "+" if text else ""
        if part.term.constant is not None:
            text += f"{sign}{part.term.constant}"
        elif part.term.previous:
            text += sign + str(sum(last_report.figures[slot.address] for slot in part.slots) if last_report else 0)
        else:  # SUM counts an empty cell as 0, and a text too, which is marked in its own cell
            text += f"{sign}SUM({','.join(find_cell(slot.address) for slot in part.slots)})"
    return text


def _describe_check(check: Check) -> str:
    """Describe what must hold with the labels of the form; of a total only that it is the sum of its parts."""
    if check.relation.total:
        return f"{_describe_part(check.left[0], check)}{_SIGN_WORDS['=']}各项之和"
    left, right = ("".join(_describe_terms(side, check)) for side in (check.left, check.right))
    return f"{left}{_SIGN_WORDS[check.relation.sign]}{right}"


def _describe_terms(side: tuple[Part, ...], check: Check) -> Iterator[str]:
    for index, part in enumerate(side):
        yield "－" if part.term.factor < 0 else "＋" if index else ""
        yield str(part.term.constant) if part.term.constant is not None else f"“{_describe_part(part, check)}”"


def _describe_part(part: Part, check: Check) -> str:
    return ("上年的" if part.term.previous else "") + check.name_part(part)
