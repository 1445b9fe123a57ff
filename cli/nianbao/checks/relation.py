"""Judge the relations between figures that a form defines (勾稽关系), for every rule that they name."""

import re
from collections.abc import Iterator

from nianbao.checks import root_cause
from nianbao.checks.context import CheckContext
from nianbao.compose import document
from nianbao.model.finding import Finding
from nianbao.model.i18n import N_, _, translate
from nianbao.model.relations import Check, Part
from nianbao.model.report import Report

_MAX_TERMS = 8  # of one side; if there are more, only those that are not 0 are listed


def judge(context: CheckContext) -> Iterator[Finding]:
    """Find every relation of the form that is not satisfied; one finding for each root cause."""
    report = context.report
    for cause in root_cause.find_root_causes(report):
        yield _make_sum_finding(report, cause)
    equalities = {check for check in report.form.checks if check.relation.sign == "=" and not check.uses_previous}
    for check in report.broken:
        if check not in equalities and re.search(check.relation.when, context.author):
            yield _make_relation_finding(report, check)


def _make_sum_finding(report: Report, cause: root_cause.RootCause) -> Finding:
    check, *effects = cause.checks
    left, right = report.add_up_sides(check)
    label = (
        _("expected-value", value=cause.value)
        if cause.value is not None
        else _describe_gap(report, cause.address, check)
    )
    return Finding(
        rule=check.relation.rule,
        level=check.relation.level,
        place=report.facts.find_place(cause.address),
        message=_describe_check(report, check),
        address=cause.address,
        label=label,
        notes=(
            _("left-side-sum", left=left, made=_format_sum(report, check.left)),
            _("right-side-sum", right=right, made=_format_sum(report, check.right)),
            *(_("same-value-also-breaks", message=_describe_check(report, effect)) for effect in effects),
            *_describe_zero_total(report, check),
        ),
        fix=translate(check.relation.why),
    )


def _describe_zero_total(report: Report, check: Check) -> Iterator[str]:
    """Describe the two possible reasons for a written total of 0 whose parts are not 0."""
    left, right = report.add_up_sides(check)
    if check.relation.total and left == 0 and right:
        yield _("blank-or-split-cell")


def _describe_gap(report: Report, address: str, check: Check) -> str:
    left, right = report.add_up_sides(check)
    if check.relation.total and address == check.left[0].slots[0].address:
        return _("says-but-parts-sum-to", left=left, right=right)
    return _("figure-and-gap", figure=report.figures[address], gap=abs(left - right))


def _describe_check(report: Report, check: Check) -> str:
    left, right = report.add_up_sides(check)
    if check.relation.total:
        return _(
            "total-not-sum-of-parts", where=check.label, name=_label_part(check.left[0], check), left=left, right=right
        )
    words = [
        " ".join(_format_terms(report, check, side)) + (f" = {total}" if len(side) > 1 else "")
        for side, total in ((check.left, left), (check.right, right))
    ]
    return _("sides-should-be-equal", where=check.label, left=words[0], right=words[1])


_SIGN_TEXTS = {
    "=": (N_("is-not-equal-to"), N_("says-should-be")),
    ">=": (N_("is-less-than"), N_("says-should-be-at-least")),
    "<=": (N_("is-more-than"), N_("says-should-be-at-most")),
    "!=": (N_("is-exactly"), N_("both-are")),
    "<=>": (N_("one-side-zero"), N_("says-figure")),
}


def _make_relation_finding(report: Report, check: Check) -> Finding:
    left, right = report.add_up_sides(check)
    words = [" ".join(_format_terms(report, check, side)) for side in (check.left, check.right)]
    verb, label = _SIGN_TEXTS[check.relation.sign]
    address = check.left[0].slots[0].address
    sides = ((_("left-side"), left, check.left), (_("right-side"), right, check.right))
    return Finding(
        rule=check.relation.rule,
        level=check.relation.level,
        place=report.facts.find_place(address),
        message=f"{check.label}: {words[0]} {_(verb)} {words[1]}",
        address=address,
        label=_(label, left=left, right=right) if len(check.left) == 1 or check.relation.sign == "!=" else "",
        notes=tuple(
            f"{name} {total} = {_format_sum(report, side)}"
            for name, total, side in sides
            if len(side) > 1 or side[0].term.previous
        ),
        fix=translate(check.relation.why),
    )


def _format_terms(report: Report, check: Check, side: tuple[Part, ...]) -> Iterator[str]:
    for number, part in enumerate(side):
        sign = "- " if part.term.factor < 0 else "+ " if number else ""
        if part.term.constant is not None:
            yield f"{sign}{part.term.constant}"
        else:
            yield f"{sign}{_label_part(part, check)} {report.add_up_part(part)}"


def _label_part(part: Part, check: Check) -> str:
    """Return the label of a row, a column or a group of them."""
    return (_("last-years-prefix") if part.term.previous else "") + check.name_part(part)


def _format_sum(report: Report, side: tuple[Part, ...]) -> str:
    """Format a sum: every address with its figure; in a long sum only those that are not 0."""
    parts = [(part, slot.address) for part in side for slot in part.slots]
    shown = [
        (part, address)
        for part, address in parts
        if len(parts) <= _MAX_TERMS or report.get_figure(address, previous=part.term.previous)
    ]
    text = ""
    for part, address in shown:
        sign = " - " if part.term.factor < 0 else " + " if text else ""
        origin = report.previous if part.term.previous else report
        if origin is not None:
            file = f"{origin.facts.file} " if part.term.previous else ""
            text += f"{sign}{file}{address} {document.format_figure(origin, address)}"
    omitted = len(parts) - len(shown)
    return _("sum-with-zeros-left-out", sum=text or "0", left_out=omitted) if omitted else text or "0"
