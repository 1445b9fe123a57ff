"""What a form says of its figures (勾稽关系), judged for every rule that the form's relations name."""

from collections.abc import Iterator

from nianbao import blame, page
from nianbao.finding import Finding
from nianbao.form import Check, Term
from nianbao.grid import Slot
from nianbao.report import Report

Side = tuple[tuple[int, tuple[Slot, ...]], ...]
_MANY = 8  # so many addresses of one side are written out; beyond, only those that are not zero


def judge(report: Report) -> Iterator[Finding]:
    """Find every relation of the form that does not hold, one finding for each cause."""
    for cause in blame.causes(report):
        yield _equality(report, cause)
    for check in report.broken:
        if check.relation.sign != "=":
            yield _inequality(report, check)


def _equality(report: Report, cause: blame.Blame) -> Finding:
    check, *effects = cause.checks
    left, right = report.sides(check)
    label = f"应为 {cause.value}" if cause.value is not None else _gap(report, cause.address, left, right, check)
    return Finding(
        rule=check.relation.rule,
        level=check.relation.level,
        place=report.facts.place(cause.address),
        message=_message(report, check),
        address=cause.address,
        label=label,
        notes=(
            f"左边 {left} = {_made(report, check.left)}",
            f"右边 {right} = {_made(report, check.right)}",
            *(f"同一处还使：{_message(report, effect)}" for effect in effects),
        ),
        fix=check.relation.why,
    )


def _gap(report: Report, address: str, left: object, right: object, check: Check) -> str:
    if check.relation.total and address == check.left[0][1][0].address:
        return f"写 {left}，各项之和是 {right}"
    return f"这里是 {report.figures[address]}，两边差 {abs(report.sides(check)[0] - report.sides(check)[1])}"


def _message(report: Report, check: Check) -> str:
    left, right = report.sides(check)
    if check.relation.total:
        name = _name(check.relation.left[0], check.left[0][1], check)
        return f"{check.where}: {name} {left} 不等于各项之和 {right}"
    sums = ((check.relation.left, check.left, left), (check.relation.right, check.right, right))
    words = [
        " ".join(_terms(report, check, terms, side)) + (f" = {total}" if len(side) > 1 else "")
        for terms, side, total in sums
    ]
    return f"{check.where}: {words[0]}，{words[1]}，应当相等"


def _inequality(report: Report, check: Check) -> Finding:
    left, right = report.sides(check)
    least = check.relation.sign == ">="
    words = [
        " ".join(_terms(report, check, terms, side))
        for terms, side in ((check.relation.left, check.left), (check.relation.right, check.right))
    ]
    address = check.left[0][1][0].address
    return Finding(
        rule=check.relation.rule,
        level=check.relation.level,
        place=report.facts.place(address),
        message=f"{check.where}: {words[0]} {'小于' if least else '大于'} {words[1]}",
        address=address,
        label=f"写 {left}，{'至少' if least else '至多'}应为 {right}",
        notes=tuple(
            f"{name} {total} = {_made(report, side)}"
            for name, total, side in (("左边", left, check.left), ("右边", right, check.right))
            if len(side) > 1
        ),
        fix=check.relation.why,
    )


def _terms(report: Report, check: Check, terms: tuple[Term, ...], side: Side) -> Iterator[str]:
    for at, (term, (factor, slots)) in enumerate(zip(terms, side, strict=True)):
        sign = "- " if factor < 0 else "+ " if at else ""
        yield f"{sign}{_name(term, slots, check)} {sum(report.figures[slot.address] for slot in slots)}"


def _name(term: Term, slots: tuple[Slot, ...], check: Check) -> str:
    """Call a row, a column or a group of them by its label on the form."""
    path = slots[0].rows if check.relation.each == "column" else slots[0].columns
    ids = [heading for heading in path if heading.id]
    return ids[term.path.count(".")].label


def _made(report: Report, side: Side) -> str:
    """Write a sum out: every address with its figure, or in a long sum those that are not zero."""
    parts = [(factor, slot.address) for factor, slots in side for slot in slots]
    shown = [part for part in parts if report.figures[part[1]]] if len(parts) > _MANY else parts
    text = ""
    for factor, address in shown:
        sign = " - " if factor < 0 else " + " if text else ""
        text += f"{sign}{address} {page.show(report, address)}"
    left_out = len(parts) - len(shown)
    return f"{text or '0'}（另 {left_out} 项为 0）" if left_out else text
