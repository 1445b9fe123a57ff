"""The sums of a form as formulas of a spreadsheet: what must hold, and what a cell says where it does not."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nianbao.model.form import Check, Part
from nianbao.model.report import Report

PASS_MARK, ERROR_MARK, WARNING_MARK = "✓", "✗", "！"  # what a check says first: it holds, an error, a warning
_CONDITIONS = {  # what makes a relation hold, by the difference of its sides and the left one
    "=": "{gap}=0",
    ">=": "{gap}>=0",
    "<=": "{gap}<=0",
    "!=": "OR({gap}<>0,{left}=0)",
    "<=>": "({left}=0)=({right}=0)",
}
_SIGN_WORDS = {"=": "应等于", ">=": "不应小于", "<=": "不应大于", "!=": "不应正好等于", "<=>": "应同时有或没有："}
_DECIMALS = 4  # of money; a spreadsheet's own numbers are not exact

FindCell = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class SumFormula:
    """A check as a formula: whether it holds, by how much it does not, what it says in words, and how it is marked."""

    check: Check
    condition: str
    difference: str
    text: str
    mark: str


def make_sum_formulas(
    checks: Iterable[Check], where: FindCell, author: str, before: Report | None
) -> Iterator[SumFormula]:
    """Give those checks that can be made in a spreadsheet. `where` names the cell of a figure.

    Last year's figures take part as numbers where its report is known; a check for some authors only where the
    author is known to be one.
    """
    for check in checks:
        last = [slot.address for part in check.parts if part.term.before for slot in part.slots]
        known = not last or (before is not None and before.figures.keys() >= set(last))
        meant = not check.relation.when or (author and re.search(check.relation.when, author))
        if known and meant:
            left, right = (_format_side(side, where, before) for side in (check.left, check.right))
            gap = f"ROUND({left}-({right}),{_DECIMALS})"
            holds = _CONDITIONS[check.relation.sign].format(left=left, right=right, gap=gap)
            yield SumFormula(
                check,
                holds,
                gap,
                _describe_check(check),
                ERROR_MARK if check.relation.level == "error" else WARNING_MARK,
            )


def _format_side(side: tuple[Part, ...], where: FindCell, before: Report | None) -> str:
    text = ""
    for part in side:
        sign = "-" if part.term.factor < 0 else "+" if text else ""
        if part.term.constant is not None:
            text += f"{sign}{part.term.constant}"
        elif part.term.before:
            text += sign + str(sum(before.figures[slot.address] for slot in part.slots) if before else 0)
        else:  # SUM takes an empty cell for 0, and so a text, which is marked in its own cell
            text += f"{sign}SUM({','.join(where(slot.address) for slot in part.slots)})"
    return text


def _describe_check(check: Check) -> str:
    """Say what must hold by the labels of the form; of a total only that its parts make it."""
    if check.relation.total:
        return f"{_describe_part(check.left[0], check)}{_SIGN_WORDS['=']}各项之和"
    left, right = ("".join(_describe_terms(side, check)) for side in (check.left, check.right))
    return f"{left}{_SIGN_WORDS[check.relation.sign]}{right}"


def _describe_terms(side: tuple[Part, ...], check: Check) -> Iterator[str]:
    for at, part in enumerate(side):
        yield "－" if part.term.factor < 0 else "＋" if at else ""
        yield str(part.term.constant) if part.term.constant is not None else f"“{_describe_part(part, check)}”"


def _describe_part(part: Part, check: Check) -> str:
    path = part.slots[0].rows if check.relation.each == "column" else part.slots[0].columns
    ids = [heading for heading in path if heading.id]
    return ("上年的" if part.term.before else "") + ids[part.term.path.count(".")].label
