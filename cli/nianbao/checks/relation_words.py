"""Words for relations between figures: what a check says, and the sums of its sides."""

from collections.abc import Iterator

from msgspec.structs import replace

from nianbao.compose import document
from nianbao.model.i18n import N_, _
from nianbao.model.relations import Check, Part
from nianbao.model.report import Report

_MAX_TERMS = 8  # of one side; if there are more, only those that are not 0 are listed
_MAX_LISTED = 20  # of one side; of more, the first and the last are named


SIGN_TEXTS = {
    "=": (N_("is-not-equal-to"), N_("says-by-last-year")),
    ">=": (N_("is-less-than"), N_("says-should-be-at-least")),
    "<=": (N_("is-more-than"), N_("says-should-be-at-most")),
    "!=": (N_("is-exactly"), N_("both-are")),
    "<=>": (N_("one-side-zero"), N_("says-figure")),
}
_FUNCTION_TEXTS = {"count": N_("number-filled-in"), "min": N_("least-of-cells"), "max": N_("greatest-of-cells")}


def is_sum(check: Check) -> bool:
    """Return whether a check says that sums of one report are equal."""
    return check.relation.sign == "=" and not check.uses_previous


def describe_check(report: Report, check: Check) -> str:
    """Say that a check does not hold, with the figures of both sides."""
    left, right = report.add_up_sides(check)
    if not is_sum(check):
        sides = [" ".join(_format_terms(report, check, side)) for side in (check.left, check.right)]
        return f"{check.where}: {sides[0]} {_(SIGN_TEXTS[check.relation.sign][0])} {sides[1]}"
    if check.relation.total:
        return _(
            "total-not-sum-of-parts", where=check.where, name=_label_part(check.left[0], check), left=left, right=right
        )
    words = [
        " ".join(_format_terms(report, check, side)) + (f" = {total}" if len(side) > 1 else "")
        for side, total in ((check.left, left), (check.right, right))
    ]
    return _("sides-should-be-equal", where=check.where, left=words[0], right=words[1])


def _format_terms(report: Report, check: Check, side: tuple[Part, ...]) -> Iterator[str]:
    listed = [part for part in side if part.constant is not None or part.slots]
    if len(listed) > _MAX_TERMS:
        listed = [part for part in listed if report.add_up_part(part)]
    if len(listed) > _MAX_LISTED:
        first, last = (_format_term(report, check, part) for part in (listed[0], listed[-1]))
        yield _("figures-from-to", count=len(listed), first=first, last=last)
        return
    for number, part in enumerate(listed or side):
        yield ("- " if part.term.factor < 0 else "+ " if number else "") + _format_term(report, check, part)


def _format_term(report: Report, check: Check, part: Part) -> str:
    """Format a term without its sign: a number, or what it names with its value."""
    if part.term.constant is not None:
        return str(part.term.constant)
    factor = abs(part.term.factor)
    label, times = _label_part(part, check), "" if factor == 1 else f"{factor} × "
    if part.term.function in _FUNCTION_TEXTS:
        label = _(_FUNCTION_TEXTS[part.term.function], cells=_label_cells(part, check))
    elif part.term.function:
        label = f"{part.term.function}({label})"
    return f"{times}{label} {report.add_up_part(part)}"


def _label_cells(part: Part, check: Check) -> str:
    """Return the label of a row, a column or a group of them; of those that share none, of the first and the last."""
    first = _label_part(part, check)
    last = check.name_part(replace(part, slots=part.slots[-1:])) if part.slots else first
    return first if first.endswith(last) else _("from-first-to-last", first=first, last=last)


def _label_part(part: Part, check: Check) -> str:
    """Return the label of a row, a column or a group of them."""
    return (_("last-years-prefix") if part.term.previous else "") + check.name_part(part)


def describe_sides(report: Report, check: Check) -> Iterator[str]:
    """Describe what the sums of both sides are made of, where that is not said already."""
    left, right = report.add_up_sides(check)
    if check.condition:
        yield _("because-of-figures", figures=" ".join(_format_terms(report, check.condition, check.condition.left)))
    if is_sum(check):
        yield _("left-side-sum", left=left, made=_format_sum(report, check.left))
        yield _("right-side-sum", right=right, made=_format_sum(report, check.right))
        return
    for name, total, side in ((_("left-side"), left, check.left), (_("right-side"), right, check.right)):
        if len(side) > 1 or side[0].term.previous:
            yield f"{name} {total} = {_format_sum(report, side)}"


def _format_sum(report: Report, side: tuple[Part, ...]) -> str:
    """Format a sum: every address with its figure; in a long sum only those that are not 0."""
    parts = [(part, slot.address) for part in side for slot in part.slots]
    shown = [
        (part, address)
        for part, address in parts
        if (figure := report.find_figure(address, previous=part.term.previous)) is not None
        and (len(parts) <= _MAX_TERMS or figure)
    ]
    if len(shown) > _MAX_LISTED:
        (_part, first), (_last_part, last) = shown[0], shown[-1]
        return _("addresses-from-to", count=len(shown), first=first, last=last)
    text = ""
    for part, address in shown:
        sign = " - " if part.term.factor < 0 else " + " if text else ""
        origin = report.previous if part.term.previous else report
        if origin is not None:
            file = f"{origin.facts.file} " if part.term.previous else ""
            text += f"{sign}{file}{address} {document.format_figure(origin, address)}"
    omitted = len(parts) - len(shown)
    return _("sum-with-zeros-left-out", sum=text or "0", left_out=omitted) if omitted else text or "0"
